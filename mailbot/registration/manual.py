"""What the administrator can do: to a registration, to the course, to the service. Items and letters are in `desk`.

Each function takes the roster first and the moment last, and gives a decision like any message does; what cannot be done
raises `RuleError`, with the reason `already_so` where it is done already. The mail commands and the command line both
call what `__all__` names.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from mailbot.course import SEATED, Course, Kind, Mode, Status
from mailbot.registration import offers
from mailbot.registration.change import Change, both
from mailbot.registration.checks import checked
from mailbot.registration.desk import answer, approve, hand_back, hold, keep, reject, send_again, take_over, withhold
from mailbot.registration.identity import find_person
from mailbot.registration.leaving import hand_on, leave
from mailbot.registration.limits import TO_HER, UNSENT
from mailbot.registration.matter import Matter
from mailbot.registration.meetings import call_off, move_meeting, place
from mailbot.registration.reasons import RuleError
from mailbot.registration.records import Decision, ItemKind, LetterState, Registration, Roster, Source
from mailbot.registration.signup import admit
from mailbot.understanding.reading import Address, Finding, Intent, Origin, Person, Reason

__all__ = [
    "add",
    "answer",
    "approve",
    "call_off",
    "cancel",
    "confirm",
    "correct",
    "hand_back",
    "hold",
    "keep",
    "move_meeting",
    "offer",
    "pause",
    "place",
    "reject",
    "resume",
    "send_again",
    "set_capacity",
    "set_mode",
    "substitute",
    "take_over",
    "wait",
    "withhold",
]


def _registration(roster: Roster, number: int) -> Registration:
    found = roster.get(number)
    if found is None:
        raise RuleError("unknown_number", number=str(number))
    return found


# one registration


def confirm(roster: Roster, registration: int, now: datetime, *, note: str = "") -> Decision:
    """Give a seat. Raises `full` where none is free."""
    r = _registration(roster, registration)
    if r.status is Status.CONFIRMED:
        raise RuleError("already_so")
    if r.status is Status.CANCELLED:
        raise RuleError("not_possible", status=r.status.value)
    if r.status is not Status.OFFERED and roster.free_seats == 0:
        raise RuleError("full", capacity=str(roster.course.capacity))
    change = Change(roster, now)
    confirmed = replace(
        r,
        status=Status.CONFIRMED,
        confirmed_at=now,
        ended_at=None,
        offer_expires_at=None,
        offer_reminder_at=None,
        note=note or r.note,
        group="",
    )
    change.put(confirmed, "confirmed", by="administrator")
    change.close_about(r.id, Intent.SIGNUP, Intent.ACCEPT, Intent.DECLINE)
    change.tell(confirmed, Kind.CONFIRMATION, to=both(confirmed), facts={"question": False, "late": confirmed.late})
    return change.decision()


def wait(roster: Roster, registration: int, now: datetime, *, note: str = "") -> Decision:
    """Put on the waiting list: from review at the place of the first receipt, else at the end."""
    r = _registration(roster, registration)
    if r.status is Status.WAITING:
        raise RuleError("already_so")
    if r.status in SEATED:
        raise RuleError("has_a_seat")
    if r.status is Status.CANCELLED:
        raise RuleError("not_possible", status=r.status.value)
    change = Change(roster, now)
    queued_at = r.queued_at if r.status is Status.REVIEW else now
    waiting = replace(r, status=Status.WAITING, queued_at=queued_at, ended_at=None, note=note or r.note)
    change.put(waiting, "waiting", by="administrator")
    change.close_about(r.id, Intent.SIGNUP)
    change.tell(
        waiting, Kind.LATE if waiting.late else Kind.WAITING, to=both(waiting), facts={"question": False, "late": r.late, "waiting": True}
    )
    offers.fill(change)
    return change.decision()


def offer(roster: Roster, registration: int, now: datetime, *, note: str = "") -> Decision:
    """Offer a free seat, out of turn or after the last day for offers; she decides."""
    r = _registration(roster, registration)
    if r.status is Status.OFFERED:
        raise RuleError("already_so")
    if r.status in (Status.CONFIRMED, Status.CANCELLED):
        raise RuleError("not_possible", status=r.status.value)
    if roster.settings.mode is Mode.OBSERVE:
        raise RuleError("observing")
    if roster.free_seats == 0:
        raise RuleError("full", capacity=str(roster.course.capacity))
    change = Change(roster, now)
    offers.offer(change, (replace(r, note=note or r.note),))
    change.close_about(r.id, Intent.SIGNUP)
    return change.decision()


def cancel(roster: Roster, registration: int, now: datetime, *, note: str = "") -> Decision:
    """Cancel, tell those concerned, and offer the seat to the next in line."""
    r = _registration(roster, registration)
    if r.status is Status.CANCELLED:
        raise RuleError("already_so")
    if not r.live:
        raise RuleError("not_possible", status=r.status.value)
    change = Change(roster, now)
    leave(change, None, replace(r, note=note or r.note))
    offers.fill(change)
    return change.decision()


def substitute(roster: Roster, registration: int, person: Person, now: datetime) -> Decision:
    """Hand the seat on to `person`."""
    r = _registration(roster, registration)
    if not r.live:
        raise RuleError("not_possible", status=r.status.value)
    same, _ = find_person([other for other in roster.registrations if other.live and other.id != r.id], person, None)
    if same:
        raise RuleError("already_registered", id=str(same[0].id))
    change = Change(roster, now)
    hand_on(change, None, r, person)
    return change.decision()


def add(roster: Roster, person: Person, now: datetime, *, seated: bool | None = None) -> Decision:
    """Somebody who signed up by telephone or stands in a spreadsheet, with the place of this moment.

    `seated` None: the rules decide, as for a signup that she said yes to; True: a seat, which must be free; False: the waiting list.
    """
    if not person.name and not person.email:
        raise RuleError("no_names", seats="1")
    same, _ = find_person([r for r in roster.registrations if r.live], person, None)
    if same:
        raise RuleError("already_registered", id=str(same[0].id))
    change = Change(roster, now)
    r = Registration(
        id=roster.next_id,
        course=roster.course.id,
        status=Status.REVIEW,
        person=replace(person, evidence={}),
        received_at=now,
        queued_at=now,
        late=not roster.course.in_time(now),
    )
    change.put(r, "added", by="administrator")
    if seated:
        if roster.free_seats == 0:
            raise RuleError("full", capacity=str(roster.course.capacity))
        confirmed = change.put(replace(r, status=Status.CONFIRMED, confirmed_at=now), "confirmed", by="administrator")
        change.tell(confirmed, Kind.CONFIRMATION, to=both(confirmed), facts={"question": False, "late": r.late})
    elif seated is False:
        waiting = change.put(replace(r, status=Status.WAITING), "waiting", by="administrator")
        change.tell(waiting, Kind.WAITING, to=both(waiting), facts={"question": False})
        offers.fill(change)
    else:
        admit(change, _granted(roster, person, now), [r])
    return change.decision()


def _granted(roster: Roster, person: Person, now: datetime) -> Matter:
    """A signup in her own name."""
    origin = Origin(fingerprint="", message_id="", sender=_herself(roster.course), subject="", received_at=now)
    return Matter(finding=Finding(intent=Intent.SIGNUP, participants=(person,)), origin=origin, granted=True, proved=True)


def _herself(course: Course) -> Address:
    return Address(course.contact.name if course.contact else "", course.contact_email.lower())


def correct(roster: Roster, registration: int, field: str, value: str, now: datetime) -> Decision:
    """Put another value into one field; the people concerned are told what we now have."""
    r = _registration(roster, registration)
    right = checked(field, value)
    if getattr(r.person, field) == right:
        raise RuleError("already_so")
    change = Change(roster, now)
    changes: dict[str, object] = {field: right}
    if field == "ean":
        changes["ean_invalid"] = None
    corrected = replace(
        r,
        person=replace(r.person, **changes),  # type: ignore[arg-type]  # `checked` knows the field
        sources={**r.sources, field: Source("", now)},
        undeliverable=r.undeliverable and field != "email",
    )
    change.put(corrected, "corrected", fields=field, by="administrator")
    if r.live and r.status is not Status.REVIEW:
        old = (Address(r.person.name or "", r.person.email),) if field == "email" and r.person.email else ()
        facts = {"changed": (field,), "old_email": old[0].email if old else "", "question": False}
        change.tell(corrected, Kind.UPDATED, to=(*both(corrected), *old), facts=facts)
    return change.decision()


# the course and the service


def set_capacity(roster: Roster, capacity: int, now: datetime) -> Decision:
    """More seats are offered at once; fewer take nobody's seat."""
    if capacity < 1:
        raise RuleError("too_few")
    if capacity == roster.course.capacity:
        raise RuleError("already_so")
    change = Change(roster, now)
    change.set_course(
        roster.course.model_copy(update={"capacity": capacity}), "capacity", before=str(roster.course.capacity), after=str(capacity)
    )
    offers.fill(change)
    return change.decision()


def set_mode(roster: Roster, mode: Mode, now: datetime) -> Decision:
    """Another mode. All that was planned is withheld, so that no backlog is released; an offer whose letter never left
    goes back to the list, and open offers get their full time again."""
    if mode is roster.settings.mode:
        raise RuleError("already_so")
    change = Change(roster, now)
    for letter in roster.letters:
        if letter.state in UNSENT and letter.kind not in TO_HER:
            change.withhold(letter.number, Reason("mode_changed"))
    change.set_settings(replace(roster.settings, mode=mode, since=now), "mode", before=roster.settings.mode.value, after=mode.value)
    planned = {n for letter in roster.letters if letter.kind is Kind.OFFER and letter.state is LetterState.PLANNED for n in letter.about}
    for r in roster.registrations:
        if r.status is Status.OFFERED and (r.offer_expires_at is None or r.id in planned):
            change.put(replace(r, status=Status.WAITING, offer_expires_at=None, offer_reminder_at=None), "offer_withdrawn", by="mode")
    _restart_clocks(change)
    offers.fill(change)
    return change.decision()


def pause(roster: Roster, now: datetime) -> Decision:
    """Nothing is offered, lapses or falls due until `resume`."""
    if roster.settings.paused:
        raise RuleError("already_so")
    change = Change(roster, now)
    change.set_settings(replace(roster.settings, paused=True), "paused")
    return change.decision()


def resume(roster: Roster, now: datetime) -> Decision:
    """Go on, with the letters that are held as well; open offers get their full time again, since nobody could be heard."""
    held = [i for i in roster.items if i.kind is ItemKind.HELD and i.closed_at is None]
    if not roster.settings.paused and not held:
        raise RuleError("already_so")
    change = Change(roster, now)
    for item in held:
        change.close(item, "approved")
    if roster.settings.paused:
        change.set_settings(replace(roster.settings, paused=False), "resumed")
    _restart_clocks(change)
    offers.fill(change)
    return change.decision()


def _restart_clocks(change: Change) -> None:
    if change.roster.settings.mode is Mode.OBSERVE:
        return
    for r in change.roster.registrations:
        if r.status is Status.OFFERED and r.offer_expires_at is not None:
            again = offers.clocked(change.roster, r, change.now)
            assert again.offer_expires_at is not None
            if again.offer_expires_at > r.offer_expires_at:
                change.put(replace(again, offer_reminded=False), "offer_extended", expires_at=again.offer_expires_at.isoformat())
