"""Offers of a freed seat: made in order, held for some days of working time, answered, reminded of, lapsed.

The clock of an offer starts when its letter goes out: at once in mode auto, and when the letter is seen in Sent in mode
draft (`letter_sent`). An offer without a clock cannot lapse. In mode observe nothing is offered and nothing lapses.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from mailbot.course import Kind, Mode, Status
from mailbot.registration.change import Change, both
from mailbot.registration.matter import Matter
from mailbot.registration.records import Decision, ItemKind, LetterRecord, Registration, Roster
from mailbot.registration.seats import Unit, may_offer, next_in_line, next_place
from mailbot.registration.worktime import days_on, lapse_at, latest_working_moment, morning, working_days_after
from mailbot.understanding.reading import Intent, Reason

NO_REMINDER_WITHIN = timedelta(hours=4)  # of the offer itself


def fill(change: Change) -> None:
    """Offer every free seat to whoever is next in line."""
    while may_offer(change.roster, change.now) and (unit := next_in_line(change.roster)) is not None:
        offer(change, unit)


def offer(change: Change, unit: Unit) -> None:
    """Hold a seat for each of the unit and write to them. There must be that many free seats."""
    for registration in unit:
        made = started(change, replace(registration, status=Status.OFFERED, offered_at=change.now, ended_at=None))
        change.put(made, "offered", **_until(made))
        change.tell(made, Kind.OFFER, to=both(made), facts={"expires_at": made.offer_expires_at})


def started(change: Change, registration: Registration) -> Registration:
    """The offer with its clock running from now, where the mode lets it run at once."""
    fresh = replace(registration, offer_expires_at=None, offer_reminder_at=None, offer_reminded=False, offer_extended=False)
    return clocked(change.roster, fresh, change.now) if change.roster.settings.mode is Mode.AUTO else fresh


def clocked(roster: Roster, registration: Registration, at: datetime) -> Registration:
    """The offer with its clock running from `at`."""
    return expiring(roster, registration, lapse_at(at, roster.course.offer_hours, roster.course.zone), since=at)


def expiring(roster: Roster, registration: Registration, expires_at: datetime, *, since: datetime) -> Registration:
    """With that end, and a reminder a day before it in working time, unless that is right after `since`."""
    reminder = latest_working_moment(expires_at - timedelta(hours=24), roster.course.zone)
    useful = reminder >= since + NO_REMINDER_WITHIN
    return replace(registration, offer_expires_at=expires_at, offer_reminder_at=reminder if useful else None)


def _until(registration: Registration) -> dict[str, str]:
    return {"expires_at": registration.offer_expires_at.isoformat()} if registration.offer_expires_at else {}


def letter_sent(roster: Roster, letter: LetterRecord, at: datetime) -> Decision:
    """The clock of an offer starts now that its letter has left (mode draft: seen in Sent; or sent again by hand)."""
    change = Change(roster, at)
    if letter.kind is Kind.OFFER:
        for number in letter.about:
            r = roster.get(number)
            if r is not None and r.status is Status.OFFERED and r.offer_expires_at is None:
                running = clocked(roster, r, at)
                change.put(running, "offer_clock_started", **_until(running))
    return change.decision()


# answers


def accept(change: Change, matter: Matter, registrations: Unit) -> None:
    """Those with an open offer have their seats."""
    for r in registrations:
        confirmed = replace(r, status=Status.CONFIRMED, confirmed_at=change.now, offer_expires_at=None, offer_reminder_at=None)
        change.put(confirmed, "accepted")
        change.close_about(r.id, Intent.ACCEPT, Intent.DECLINE)
        change.tell(confirmed, Kind.CONFIRMATION, to=(matter.writer, *both(confirmed)), facts={"question": matter.question, "late": False})


def accept_after_all(change: Change, matter: Matter, registrations: Unit) -> None:
    """The offer is gone: offered again if a seat is free and nobody waits, else at the end of the list."""
    at = matter.origin.received_at
    for r in registrations:
        free = change.roster.free_seats > 0 and not change.roster.waiting and may_offer(change.roster, change.now)
        place = next_place(change.roster, at)
        again = replace(r, queued_at=at, place=place, group="", ended_at=None, offer_expires_at=None, offer_reminder_at=None)
        if free:
            offer(change, (again,))
        else:
            waiting = change.put(replace(again, status=Status.WAITING), "waiting_again")
            change.tell(waiting, Kind.WAITING, facts={"question": matter.question})
    fill(change)


def decline(change: Change, matter: Matter, registrations: Unit) -> None:
    for r in registrations:
        declined = replace(r, status=Status.DECLINED, ended_at=change.now, offer_expires_at=None, offer_reminder_at=None)
        change.put(declined, "declined")
        change.close_about(r.id, Intent.ACCEPT, Intent.DECLINE)
        change.tell(declined, Kind.DECLINED, facts={"question": matter.question})
    fill(change)


def extend(change: Change, matter: Matter, registrations: Unit) -> None:
    """An out-of-office answer extends an offer once: to 9 on the working day after the return date that it names, else
    by two working days; never beyond the last moment at which a seat may still be offered."""
    zone = change.course.zone
    back_on = matter.origin.back_on
    for r in registrations:
        if r.offer_expires_at is None or r.offer_extended:
            continue
        until = morning(working_days_after(back_on, 1), zone) if back_on else days_on(r.offer_expires_at, 2, zone)
        until = max(r.offer_expires_at, min(until, change.course.last_offer_at.astimezone(UTC)))
        longer = expiring(change.roster, replace(r, offer_extended=True), until, since=change.now)
        if longer.offer_expires_at == r.offer_expires_at:
            longer = replace(r, offer_extended=True)
        elif longer.offer_reminder_at is not None:
            longer = replace(longer, offer_reminded=False)
        change.put(longer, "offer_extended", **_until(longer))
        told = Reason("offer_extended", {"expires_at": until.astimezone(zone).isoformat()})
        change.open(ItemKind.NOTICE, (told,), (r.id,), propose=False)


# time


def lapse(change: Change, registrations: Unit) -> None:
    for r in registrations:
        expired = replace(r, status=Status.EXPIRED, ended_at=change.now, offer_expires_at=None, offer_reminder_at=None)
        change.put(expired, "offer_lapsed")
        change.tell(expired, Kind.OFFER_LAPSED, to=both(expired))
    fill(change)


def remind(change: Change, registrations: Unit) -> None:
    for r in registrations:
        reminded = change.put(replace(r, offer_reminded=True), "offer_reminded")
        change.tell(reminded, Kind.OFFER_REMINDER, to=both(reminded), facts={"expires_at": reminded.offer_expires_at})
