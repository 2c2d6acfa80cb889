"""Mail that machines write: out-of-office answers and delivery reports (RFC 3834, 3464). None of it is ever answered."""

from __future__ import annotations

from dataclasses import replace

from mailbot.course import Status
from mailbot.registration.change import Change
from mailbot.registration.matter import Matter
from mailbot.registration.offers import extend
from mailbot.registration.records import ItemKind, Outcome
from mailbot.registration.subjects import own, spoken_for
from mailbot.registration.trust import answered_letter
from mailbot.understanding.reading import Action, Failure, Reading, Reason


def automatic_reply(change: Change, reading: Reading, matter: Matter) -> None:
    """Extends an open offer to the person who is away; one that needs a person (somebody has left) is shown to her."""
    address = reading.origin.sender.email
    offered = own(change.roster, address, {Status.OFFERED}) + spoken_for(change.roster, address, {Status.OFFERED})
    extend(change, matter, offered)
    if reading.action is Action.REVIEW:
        about = own(change.roster, address) + spoken_for(change.roster, address)
        change.open(ItemKind.REVIEW, reading.reasons, [r.id for r in about], matter, propose=False)
        change.outcome = Outcome.REVIEW


def bounce(change: Change, reading: Reading) -> None:
    """A report on a letter of ours: the address is marked, and the administrator told."""
    letter = answered_letter(change.roster, reading.origin)
    if reading.action is Action.IGNORE and letter is None:
        return
    failed = [f for f in reading.origin.failures if _for_good(f)]
    if letter is not None and not reading.origin.failures:
        failed = [Failure(letter.to.email, "failed", "")]
    addresses = {f.recipient.lower() for f in failed}
    about = [r for r in change.roster.registrations if r.person.email in addresses or (r.contact and r.contact.email in addresses)]
    for r in about:
        if r.live and r.person.email in addresses and not r.undeliverable:
            change.put(replace(r, undeliverable=True), "undeliverable", address=r.person.email or "")
    values = {"addresses": ", ".join(sorted(addresses)), "status": ", ".join(sorted({f.status for f in failed if f.status}))}
    if failed or reading.action is Action.REVIEW:
        told = reading.reasons or (Reason("undeliverable", values),)
        change.open(ItemKind.BOUNCE, told, [r.id for r in about if r.live], propose=False)
        change.outcome = Outcome.REVIEW


def _for_good(failure: Failure) -> bool:
    return failure.action == "failed" and not failure.status.startswith("4")
