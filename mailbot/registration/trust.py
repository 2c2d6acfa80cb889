"""Who may act for whom (DESIGN: Trust). From is forgeable: what can harm somebody needs a proof of the sender, either our
own server's word (RFC 8601) or an answer to a letter that only they got; else the registered address is asked.
"""

from __future__ import annotations

from enum import Enum

from mailbot.course import Kind
from mailbot.registration.change import Change, one
from mailbot.registration.identity import same_domain
from mailbot.registration.matter import Matter, is_ours
from mailbot.registration.records import Draft, ItemKind, LetterRecord, Registration, Roster
from mailbot.understanding.reading import Intent, Origin, Reason, Verdict


class Standing(Enum):
    """What the writer is to a registration."""

    OWN = "own"
    CONTACT = "contact"
    ADMINISTRATOR = "administrator"
    COLLEAGUE = "colleague"  # same organisation's mail domain, or the successor
    STRANGER = "stranger"


class May(Enum):
    YES = "yes"
    VERIFY = "verify"
    NO = "no"  # a person must look


def answered_letter(roster: Roster, origin: Origin) -> LetterRecord | None:
    return next((r for r in roster.letters if r.key == origin.answered), None) if origin.answered else None


def proved(roster: Roster, origin: Origin) -> bool:
    """Whether the message proves its sender: our server vouches, or it answers a letter sent to this very address."""
    letter = answered_letter(roster, origin)
    keyed = letter is not None and bool(origin.sender.email) and letter.to.email == origin.sender.email
    return origin.authentication is Verdict.PASS or (keyed and origin.authentication is not Verdict.FAIL)


def standing(roster: Roster, matter: Matter, registration: Registration) -> Standing:
    writer = matter.writer.email
    if not writer:
        return Standing.STRANGER
    if is_ours(writer, roster.course):
        return Standing.ADMINISTRATOR
    if writer == registration.person.email:
        return Standing.OWN
    if registration.contact and writer == registration.contact.email:
        return Standing.CONTACT
    registered = registration.person.email or (registration.contact.email if registration.contact else None)
    successor = matter.finding.intent is Intent.SUBSTITUTE and any(p.email == writer for p in matter.finding.participants)
    return Standing.COLLEAGUE if successor or same_domain(writer, registered) else Standing.STRANGER


def may(roster: Roster, matter: Matter, registration: Registration, *, harm: bool) -> May:
    """Whether the matter may be carried out on this registration. `harm`: it can take something away from somebody."""
    if matter.granted:
        return May.YES
    who = standing(roster, matter, registration)
    if who is Standing.STRANGER:
        return May.NO
    if who is Standing.COLLEAGUE:
        return May.VERIFY
    if not harm or matter.proved:
        return May.YES
    return May.NO if who is Standing.ADMINISTRATOR else May.VERIFY


def ask(change: Change, matter: Matter, registrations: tuple[Registration, ...], *, changes: tuple[str, ...] = ()) -> bool:
    """Ask the registered address whether it is meant so; a yes there carries it out.

    Returns False, and leaves it to the administrator, where there is nobody to ask or they were asked already today.
    """
    addresses = {a.email for r in registrations for a in one(r)}
    if len(addresses) != 1:
        return False
    to = one(registrations[0])[0]
    zone, today = change.course.zone, change.now
    asked = any(
        r.kind is Kind.VERIFY and r.to.email == to.email and r.planned_at.astimezone(zone).date() == today.astimezone(zone).date()
        for r in change.roster.letters
    )
    if asked:
        return False
    numbers = tuple(r.id for r in registrations)
    change.open(ItemKind.VERIFY, (Reason("asked_registered_address", {"to": to.email}), *matter.reasons), numbers, matter)
    successor = matter.finding.participants[0] if matter.finding.intent is Intent.SUBSTITUTE and matter.finding.participants else None
    change.write(
        Draft(
            kind=Kind.VERIFY,
            course=change.course.id,
            to=to,
            subject_of=f"registration:{registrations[0].id}" if len(registrations) == 1 else f"message:{matter.origin.fingerprint}",
            seats=tuple(change.seat(r) for r in registrations),
            reply=matter.thread if to.email == matter.writer.email else registrations[0].thread,
            facts={
                "intent": matter.finding.intent.value,
                "asker": matter.writer,
                "own": to.email == matter.writer.email,
                "names": tuple(r.person.name or r.person.email or "" for r in registrations),
                "successor": (successor.name or successor.email or "") if successor else "",
                "changes": changes,
            },
        )
    )
    return True
