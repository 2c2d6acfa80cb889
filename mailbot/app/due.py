"""What time alone brings about: reminders, offers that lapse, the digest. Each course in turn, until nothing is due."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from mailbot.app.digest import digest_decision
from mailbot.app.handle import Rules, put_into_words
from mailbot.app.retention import erase_due, erasures
from mailbot.course import Course
from mailbot.registration.records import Decision, LetterRecord, Roster
from mailbot.registration.retention import acknowledged, kept_until
from mailbot.registration.schedule import due, next_due
from mailbot.registration.worktime import is_working_day
from mailbot.store.base import Stale, Store

MOST_STEPS = 1000  # a rule that never comes to rest is a defect, and must not hold up the inbox


@dataclass(frozen=True, slots=True)
class Happened:
    """One step of due work in one course."""

    course: Course
    decision: Decision
    letters: tuple[LetterRecord, ...]


def work_due(
    store: Store, rules: Rules, now: datetime, digest_at: time, *, heard_to: datetime | None = None
) -> tuple[Happened, ...]:  # fmt: skip
    """Do all that is due now, digests last, so that they tell of the rest. `heard_to`: until when mail was read (None: now)."""
    happened: list[Happened] = []
    for course in store.courses():
        for _ in range(MOST_STEPS):
            try:
                roster = store.roster(course.id)
                decision = due(roster, now, heard_to)
                if decision == Decision():
                    break
                letters = store.record(decision, now, letters=put_into_words(decision, roster, store, rules, now))
            except Stale:
                continue
            happened.append(Happened(course, decision, letters))
        else:
            raise RuntimeError(f"due work for {course.id} does not come to rest")
    happened += [Happened(course, decision, ()) for course, decision in erase_due(store, now)]
    for course in store.courses():
        roster = store.roster(course.id)
        if digest_is_due(roster, now, digest_at):
            decision, outgoing = digest_decision(roster, store, rules, now)
            happened.append(Happened(course, decision, store.record(decision, now, letters=outgoing)))
    return tuple(happened)


def digest_is_due(roster: Roster, now: datetime, digest_at: time) -> bool:
    """On working days from `digest_at` on, local time, once a day, from the opening of the course to its retention's end."""
    local = now.astimezone(roster.course.zone)
    return (
        roster.digest_sent_on != local.date()
        and local.timetz().replace(tzinfo=None) >= digest_at
        and is_working_day(local.date())
        and within_season(roster, local)
    )


def within_season(roster: Roster, local: datetime) -> bool:
    """Until the people of the course are erased, for which she must have acknowledged the invoicing basis."""
    opens = roster.course.signup_opens
    opened = opens is None or local.date() >= opens
    return opened and (local.date() <= kept_until(roster.course) or not acknowledged(roster))


def next_moment(store: Store, now: datetime, digest_at: time) -> datetime | None:
    """When the next work falls due, after `now`: a rule, a planned letter, a digest. None: never again."""
    moments = list(_moments(store, now, digest_at))
    return min((m for m in moments if m > now), default=None)


def _moments(store: Store, now: datetime, digest_at: time) -> Iterable[datetime]:
    waiting = store.next_letter_at()
    if waiting is not None:
        yield waiting
    yield from erasures(store)
    for course in store.courses():
        roster = store.roster(course.id)
        moment = next_due(roster, now)
        if moment is not None:
            yield moment
        local = now.astimezone(course.zone)
        for day in range(12):
            at = datetime.combine(local.date() + timedelta(days=day), digest_at, course.zone)
            if at > now and is_working_day(at.date()) and within_season(roster, at):
                yield at
                break
