"""Leaving: a cancellation frees the seat for the next in line, a substitution hands it on with its payer and its place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from mailbot.course import LIVE, Kind, Status
from mailbot.registration.change import Change, both, one, own_address
from mailbot.registration.identity import find_person, same_organisation
from mailbot.registration.matter import Matter, is_ours
from mailbot.registration.offers import fill
from mailbot.registration.records import Registration
from mailbot.registration.review import review
from mailbot.registration.subjects import meant, own
from mailbot.registration.trust import May, ask, may, standing
from mailbot.registration.updates import sources
from mailbot.understanding.reading import Address, Intent, Person, Reason

LETTER_OF = {Status.CONFIRMED: Kind.CONFIRMATION, Status.WAITING: Kind.WAITING, Status.OFFERED: Kind.OFFER}


def cancel(change: Change, matter: Matter) -> tuple[Reason, ...]:
    """Carry out a cancellation; the reasons why it is left to the administrator, if it is.

    Of several people, those leave at once for whom the writer may say so; the others are asked, each at their address.
    """
    found = meant(change.roster, matter, matter.finding.withdrawn)
    if found.reasons:
        return found.reasons
    free = tuple(r for r in found.registrations if may(change.roster, matter, r, harm=True) is May.YES)
    for registration in free:
        leave(change, matter, registration)
    fill(change)
    refused: list[Registration] = []
    for party in _parties(r for r in found.registrations if r not in free):
        part = _narrowed(change, matter, party) if len(party) < len(found.registrations) else matter
        if any(may(change.roster, matter, r, harm=True) is May.NO for r in party) or not ask(change, part, party):
            refused += party
    if refused and len(refused) < len(found.registrations):
        review(change, _narrowed(change, matter, refused), _not_allowed(change, matter, refused), tuple(refused))
        return ()
    return _not_allowed(change, matter, refused) if refused else ()


def _parties(registrations: Iterable[Registration]) -> list[tuple[Registration, ...]]:
    """Those who are asked with one letter: by the address that it goes to."""
    made: dict[tuple[Address, ...], list[Registration]] = {}
    for r in registrations:
        made.setdefault(one(r), []).append(r)
    return [tuple(party) for party in made.values()]


def _narrowed(change: Change, matter: Matter, registrations: Iterable[Registration]) -> Matter:
    """The same wish for these people only, by address where they have one to themselves."""
    names = []
    for r in registrations:
        alone = r.person.email is not None and len(own(change.roster, r.person.email)) == 1
        names.append((r.person.email if alone else r.person.name) or "")
    return replace(matter, finding=replace(matter.finding, withdrawn=tuple(names)))


def _not_allowed(change: Change, matter: Matter, registrations: Iterable[Registration]) -> tuple[Reason, ...]:
    who = ", ".join(sorted({standing(change.roster, matter, r).value for r in registrations}))
    return (Reason("not_allowed", {"who": who}),)


def _permission(change: Change, matter: Matter, registrations: tuple[Registration, ...]) -> tuple[Reason, ...] | None:
    """None: go ahead. Else the matter ends here: asked (no reasons) or for the administrator (with reasons)."""
    verdicts = {may(change.roster, matter, r, harm=True) for r in registrations}
    if verdicts == {May.YES}:
        return None
    if May.NO not in verdicts and ask(change, matter, registrations):
        return ()
    return _not_allowed(change, matter, registrations)


def leave(change: Change, matter: Matter | None, registration: Registration, *, to: Sequence[Address] | None = None) -> Registration:
    """One registration is cancelled, and those concerned are told. Whoever calls offers the free seat afterwards."""
    late = registration.status is Status.CONFIRMED and is_late(change, matter)
    gone = replace(
        registration,
        status=Status.CANCELLED,
        ended_at=change.now,
        payable=late,
        offer_expires_at=None,
        offer_reminder_at=None,
        group="",
    )
    change.put(gone, "cancelled", before=registration.status.value)
    change.close_about(gone.id, *Intent)
    change.tell(gone, Kind.CANCELLED, to=to, facts={"late_cancellation": late, "question": bool(matter and matter.question)})
    return gone


def is_late(change: Change, matter: Matter | None) -> bool:
    """Whether a cancellation that came now came later than `cancel_free_until` (the whole day counts, local time)."""
    free_until = change.course.cancel_free_until
    said_at = matter.origin.received_at if matter else change.now
    return free_until is not None and said_at.astimezone(change.course.zone).date() > free_until


def substitute(change: Change, matter: Matter) -> tuple[Reason, ...]:
    """Carry out a substitution; the reasons why it is left to the administrator, if it is."""
    successors = matter.finding.participants
    found = meant(change.roster, matter, matter.finding.withdrawn)
    if found.reasons:
        return found.reasons
    if len(found.registrations) != len(successors) or not successors:
        return (Reason("unequal_substitution", {"leave": str(len(found.registrations)), "come": str(len(successors))}),)
    doubts = tuple(reason for person in successors for reason in _doubts(change, matter, person, found.registrations))
    if doubts:
        return doubts
    refused = _permission(change, matter, found.registrations)
    if refused is not None:
        return refused
    for leaver, person in zip(found.registrations, successors, strict=True):
        hand_on(change, matter, leaver, person)
    return ()


def _doubts(change: Change, matter: Matter, person: Person, leavers: tuple[Registration, ...]) -> tuple[Reason, ...]:
    if not person.name and not person.email:
        return (Reason("no_names", {"seats": "1"}),)
    others = [r for r in change.roster.registrations if r.status in LIVE and r not in leavers]
    same, unsure = find_person(others, person, None)
    if same:
        return (Reason("already_registered", {"id": str(same[0].id)}),)
    if unsure and not matter.granted:
        return (Reason("maybe_same_person", {"id": str(unsure[0].id), "name": unsure[0].person.name or ""}),)
    return ()


def hand_on(change: Change, matter: Matter | None, leaver: Registration, person: Person) -> Registration:
    """The same status and place for the successor; from review to review, with no letters."""
    successor = _successor(change, matter, leaver, person)
    change.put(
        replace(leaver, status=Status.CANCELLED, ended_at=change.now, group="", offer_expires_at=None, offer_reminder_at=None),
        "substituted",
        before=leaver.status.value,
        successor=str(successor.id),
    )
    change.put(successor, "substitutes", predecessor=str(leaver.id))
    if leaver.status is Status.REVIEW:
        for item in change.roster.items:
            if item.closed_at is None and leaver.id in item.registrations:
                about = tuple(successor.id if n == leaver.id else n for n in item.registrations)
                change.update_item(item, registrations=about)
        return successor
    change.close_about(leaver.id, *Intent)
    question = bool(matter and matter.question)
    name = person.name or person.email or ""
    writer = matter.writer if matter and not is_ours(matter.writer.email, change.course) else None
    told = [writer] if writer and writer.email != person.email else []
    change.tell(leaver, Kind.SUBSTITUTED, to=(*told, *own_address(leaver)), facts={"successor": name, "question": question})
    facts: dict[str, object] = {"question": question, "late": successor.late, "predecessor": leaver.person.name or ""}
    if leaver.status is Status.OFFERED:
        facts = {"expires_at": successor.offer_expires_at, "predecessor": leaver.person.name or ""}
    to = own_address(successor) or both(successor)
    change.tell(successor, LETTER_OF[leaver.status], to=to, facts=facts)
    return successor


def _successor(change: Change, matter: Matter | None, leaver: Registration, person: Person) -> Registration:
    """Seat, payer and contact are handed on; phone, title, diet and address are the successor's own."""
    old = leaver.person
    same_house = not person.organisation or same_organisation(person.organisation, old.organisation)
    pays_otherwise = bool(person.ean or person.ean_invalid or person.cvr or person.invoice_email)
    inherited: dict[str, object] = {}
    if same_house:
        inherited |= {"organisation": person.organisation or old.organisation, "municipality": person.municipality or old.municipality}
    if not pays_otherwise:
        inherited |= {f: getattr(old, f) for f in ("ean", "ean_invalid", "cvr", "invoice_email")}
    inherited["reference"] = person.reference or (None if pays_otherwise else old.reference)
    contact = leaver.contact
    if person.email is None and contact is None:
        contact = Address(old.name or "", old.email) if old.email else None
    handed = {f: leaver.sources[f] for f in inherited if getattr(person, f) is None and f in leaver.sources}
    own = sources(person, matter, tuple(person.evidence)) if matter else {}
    return replace(
        leaver,
        id=change.roster.next_id,
        person=replace(person, evidence={}, waiting_only=old.waiting_only, **inherited),  # type: ignore[arg-type]  # fields of Person
        message=matter.origin.fingerprint if matter else "",
        contact=contact if contact is None or contact.email != person.email else None,
        thread=matter.thread if matter and matter.writer.email in (person.email, contact.email if contact else None) else None,
        offered_at=leaver.offered_at if leaver.status is Status.OFFERED else None,
        confirmed_at=change.now if leaver.status is Status.CONFIRMED else None,
        absences=(),
        undeliverable=False,
        missing_asked=0,
        missing_asked_at=None,
        note="",
        sources={**handed, **own},
    )
