"""Signing up: who is new, who is here already, and what standing the new ones get.

One live registration per person and course. The place is by the time of receipt and, within a message, by the order in
which people are named; a registration that waited in review keeps the place of its first receipt.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from mailbot.course import LIVE, Kind, Status
from mailbot.registration.change import Change, both, own_address
from mailbot.registration.identity import Same, find_person, same_domain, same_person
from mailbot.registration.matter import Matter, is_ours
from mailbot.registration.offers import fill
from mailbot.registration.records import ItemKind, Outcome, Registration, identity_hash
from mailbot.registration.review import receipt
from mailbot.registration.seats import Unit, next_place, room_for, units
from mailbot.registration.trust import May, Standing, may, standing
from mailbot.registration.updates import merge, sources
from mailbot.understanding.reading import Address, Intent, Person, Reason


@dataclass(frozen=True, slots=True)
class Found:
    """One person of a signup: here already, or to be registered; `doubts` say why a person must look first."""

    person: Person
    known: Registration | None = None
    doubts: tuple[Reason, ...] = ()


def signup(change: Change, matter: Matter, *, clear: bool = True) -> tuple[Reason, ...]:
    """Carry out a signup; the reasons why some of it is left to the administrator, if it is.

    `clear` False: nobody is booked; whoever is new is kept in review, with the place that the receipt gives them.
    """
    people = _distinct(matter.finding.participants)
    if not people:
        return (Reason("no_names", {"seats": str(matter.finding.seats or 1)}),)
    found = [_find(change, matter, person) for person in people]
    admitted: list[Registration] = []
    kept: list[int] = []
    reasons: list[Reason] = []
    for one in found:
        if one.known is not None and (one.known.status is not Status.REVIEW or not clear):
            reasons += _again(change, matter, one.known, one.person, clear=clear)
        elif one.known is not None:
            admitted.append(merge(one.known, one.person, matter, overwrite=True).registration)
        else:
            registration = _new(change, matter, one.person)
            change.put(registration, "signed_up")
            if clear and not one.doubts:
                admitted.append(registration)
            else:
                kept.append(registration.id)
                reasons += one.doubts
    if admitted:
        admit(change, matter, admitted)
    asked_for = matter.finding.seats or 0
    if asked_for > len(people):
        reasons.append(Reason("more_seats_than_names", {"seats": str(asked_for), "names": str(len(people))}))
    if kept:
        change.open(ItemKind.REVIEW, (*matter.reasons, *reasons), kept, matter)
        return ()
    return tuple(reasons)


def admit(change: Change, matter: Matter, registrations: list[Registration]) -> None:
    """Give each (or each group) the standing that the course, the clock and the free seats allow, and tell them."""
    kept: list[int] = []
    for unit in units(registrations):
        status, kind = _standing_for(change, matter, unit)
        for r in unit:
            late = not change.course.in_time(r.received_at)
            confirmed_at = change.now if status is Status.CONFIRMED else None
            booked = replace(r, status=status, late=late, confirmed_at=confirmed_at)
            change.put(booked, "kept_for_review" if status is Status.REVIEW else status.value)
            if status is Status.REVIEW:
                kept.append(r.id)
            else:
                change.close_about(r.id, Intent.SIGNUP)
            if kind is not None:
                facts = {"question": matter.question, "late": late, "waiting": status is Status.WAITING}
                change.tell(booked, kind, to=_answer_to(change, matter, booked), facts=facts)
    if kept:
        _keep(change, matter, kept)
    fill(change)


def _keep(change: Change, matter: Matter, registrations: list[int]) -> None:
    """A clear signup that the course's own rules leave to the administrator."""
    too_close = change.now > change.course.last_offer_at
    if too_close:
        receipt(change, matter)
    waiting = [i for i in change.roster.items if i.closed_at is None and set(registrations) <= set(i.registrations)]
    if not waiting:
        reason = Reason("too_close_to_start" if too_close else "after_deadline")
        change.open(ItemKind.REVIEW, (*matter.reasons, reason), registrations, matter)
    change.outcome = Outcome.REVIEW


def _standing_for(change: Change, matter: Matter, unit: Unit) -> tuple[Status, Kind | None]:
    course = change.course
    late = any(not course.in_time(r.received_at) for r in unit)
    if change.now > course.last_offer_at and not matter.granted:
        return Status.REVIEW, None
    if late and course.after_deadline == "review" and not matter.granted:
        return Status.REVIEW, Kind.LATE
    wait = any(r.person.waiting_only for r in unit) or (late and course.after_deadline == "waiting")
    keyed = tuple(replace(r, late=late) for r in unit)
    if not wait and room_for(change.roster, keyed):
        return Status.CONFIRMED, Kind.CONFIRMATION
    return Status.WAITING, Kind.LATE if late else Kind.WAITING


def _answer_to(change: Change, matter: Matter, registration: Registration) -> tuple[Address, ...]:
    if is_ours(matter.writer.email, change.course):
        return both(registration)
    return (matter.writer, *own_address(registration))


def _distinct(people: tuple[Person, ...]) -> tuple[Person, ...]:
    """Somebody named twice in one message is one person."""
    kept: list[Person] = []
    for person in people:
        if not any(person.name and same_person(person, other) is Same.YES for other in kept):
            kept.append(person)
    return tuple(kept)


def contact_for(change: Change, matter: Matter, person: Person) -> Address | None:
    """Who wrote for this person: the writer, unless they wrote for themselves or are the administrator."""
    writer = matter.contact or matter.writer
    if not writer.email or writer.email == person.email or is_ours(writer.email, change.course):
        return None
    return writer


def _find(change: Change, matter: Matter, person: Person) -> Found:
    roster = change.roster
    if not person.name and not person.email:
        return Found(person, doubts=(Reason("no_names", {"seats": "1"}),))
    contact = contact_for(change, matter, person)
    same, unsure = find_person([r for r in roster.registrations if r.status in LIVE], person, contact)
    if len(same) == 1:
        return Found(person, known=same[0])
    if (same or unsure) and not matter.granted:
        other = (same or unsure)[0]
        return Found(
            person, doubts=(Reason("maybe_same_person", {"id": str(other.id), "name": other.person.name or other.person.email or ""}),)
        )
    rejected, _ = find_person([r for r in roster.registrations if r.status is Status.REJECTED], person, contact)
    if rejected and not matter.granted:
        return Found(person, doubts=(Reason("rejected_before", {"id": str(rejected[-1].id)}),))
    if person.email and identity_hash(person.email) in roster.forgotten and not matter.granted:
        return Found(person, doubts=(Reason("forgotten"),))
    return Found(person)


def _new(change: Change, matter: Matter, person: Person) -> Registration:
    origin = matter.origin
    finding = matter.finding
    named = tuple(f for f in person.evidence)
    return Registration(
        id=change.roster.next_id,
        course=change.course.id,
        status=Status.REVIEW,
        person=replace(person, evidence={}),
        received_at=origin.received_at,
        queued_at=origin.received_at,
        place=next_place(change.roster, origin.received_at),
        message=origin.fingerprint,
        contact=contact_for(change, matter, person),
        thread=matter.thread,
        late=not change.course.in_time(origin.received_at),
        group=origin.fingerprint if finding.together and not finding.part_will_do and len(finding.participants) > 1 else "",
        absences=finding.absences,
        sources=sources(person, matter, named),
    )


def _again(change: Change, matter: Matter, known: Registration, person: Person, *, clear: bool) -> tuple[Reason, ...]:
    """Somebody who is here already signs up again: details merged, no second seat."""
    if not clear:
        return (Reason("already_registered", {"id": str(known.id)}),)
    who = standing(change.roster, matter, known)
    may_overwrite = may(change.roster, matter, known, harm=False) is May.YES
    merged = merge(known, person, matter, overwrite=may_overwrite)
    if merged.news:
        change.put(merged.registration, "updated", fields=", ".join(merged.news))
    else:
        change.note("already_registered", known.id)
    to = _answer_to(change, matter, known)
    if who is Standing.STRANGER and not same_domain(matter.writer.email, known.person.email):
        to = both(known)  # what we know of them goes to the address that we know
    facts = {"question": matter.question, "changed": merged.news, "old_email": ""}
    change.tell(merged.registration, Kind.UPDATED if merged.news else Kind.ALREADY, to=to, facts=facts)
    other = tuple(f for f in merged.kept if f != "email")
    return (Reason("overwrites", {"fields": ", ".join(other)}),) if other and not may_overwrite else ()
