"""What time alone brings about: offers that lapse or are reminded of, free seats, what is missing, meeting reminders,
questions to a registered address that nobody answered.

Each `_…_due` function says for whom something is due and when, done ones left out; `due` does what lies behind `now`,
`next_due` finds the nearest. A run that was missed catches up without a burst: of several reminders only the last one
goes out, and none that would be pointless by now. Letters of our own accord go out at a sensible hour.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mailbot.course import Course, Kind, Meeting, Mode, Status
from mailbot.registration.change import Change, both, one
from mailbot.registration.missing import missing
from mailbot.registration.offers import fill, lapse, remind
from mailbot.registration.records import Decision, Item, ItemKind, Registration, Roster
from mailbot.registration.retention import retention_due, tell
from mailbot.registration.seats import may_offer, next_in_line
from mailbot.registration.worktime import MORNING, days_on, morning, on_or_before, working_days_after
from mailbot.understanding.reading import Reason

ASK_AGAIN_AFTER = 5  # working days
BEFORE_DEADLINE = 5  # working days
VERIFY_WITHIN = 2  # working days
NOT_ASKED_WITHIN = 3  # working days between two requests for what is missing
LAST_HOUR = 21


def due(roster: Roster, now: datetime, heard_to: datetime | None = None) -> Decision:
    """Everything that is due at `now` (aware). Empty (`Decision()`) where nothing is; nothing is due while paused.

    `heard_to`: until when mail was read, where that is not `now`. Whoever may have answered in time is not silent.
    """
    if roster.settings.paused:
        return Decision()
    change = Change(roster, now)
    offers = list(_offers_due(roster))
    ended = [(at, r) for at, r, over in offers if at <= now and over]
    if lapsed := tuple(r for at, r in ended if at <= (heard_to or now)):
        lapse(change, lapsed)
    over_by_now = [r for _, r in ended]
    if to_remind := tuple(r for at, r, over in offers if at <= now and not over and r not in over_by_now):
        remind(change, to_remind)
    fill(change)
    for at, r, last in _missing_due(roster, now):
        if at <= now:
            change.note("missing_asked", r.id)
            change.tell(r, Kind.MISSING_DETAILS, to=both(r), facts={"deadline": last})
    for reminder in _reminders_due(roster, now):
        if reminder.at <= now:
            _remind_of(change, reminder)
    for at, item in _unanswered(roster):
        if at <= now:
            change.update_item(item, kind=ItemKind.REVIEW, reasons=(*item.reasons, Reason("verify_unanswered")))
            change.note("verify_unanswered", None, item=str(item.id))
    for at, reason in retention_due(roster):
        if at <= now:
            tell(change, reason)
    return change.decision()


def next_due(roster: Roster, now: datetime) -> datetime | None:
    """When `due` would next do something, in UTC: `now` where it would at once, None where never."""
    if roster.settings.paused:
        return None
    moments = [at for at, _, _ in _offers_due(roster)]
    moments += [at for at, _, _ in _missing_due(roster, now)]
    moments += [reminder.at for reminder in _reminders_due(roster, now)]
    moments += [at for at, _ in _unanswered(roster)]
    moments += [at for at, _ in retention_due(roster)]
    if may_offer(roster, now) and next_in_line(roster) is not None:
        moments.append(now)
    return max(now, min(moments)).astimezone(UTC) if moments else None


def _offers_due(roster: Roster) -> Iterator[tuple[datetime, Registration, bool]]:
    """(when, whose, whether the offer lapses then; else it is a reminder)."""
    if roster.settings.mode is Mode.OBSERVE:
        return
    for r in roster.registrations:
        if r.status is not Status.OFFERED or r.offer_expires_at is None:
            continue
        yield r.offer_expires_at, r, True
        if r.offer_reminder_at is not None and not r.offer_reminded:
            yield r.offer_reminder_at, r, False


def _missing_due(roster: Roster, now: datetime) -> Iterator[tuple[datetime, Registration, bool]]:
    """(when, whose, whether it is the request before the deadline)."""
    course, zone = roster.course, roster.course.zone
    if now >= course.ends_at(course.held_meetings[-1]):
        return
    final = morning(working_days_after(course.signup_deadline, -BEFORE_DEADLINE), zone) if course.signup_deadline else None
    for r in roster.registrations:
        if r.status is not Status.CONFIRMED or r.missing_asked_at is None or not missing(r, course):
            continue
        asked = r.missing_asked_at.astimezone(zone).date()
        if r.missing_asked == 1:
            yield _at_a_sensible_hour(morning(working_days_after(asked, ASK_AGAIN_AFTER), zone), now, course), r, False
        if final is not None and course.in_time(now) and final >= morning(working_days_after(asked, NOT_ASKED_WITHIN), zone):
            yield _at_a_sensible_hour(final, now, course), r, True


@dataclass(frozen=True, slots=True)
class _Reminder:
    at: datetime
    registration: Registration
    number: int
    meeting: Meeting
    days: int

    @property
    def version(self) -> int:
        """One for each date of a meeting and each reminder of it, so that none goes out twice and a moved meeting has its own."""
        return self.meeting.date.toordinal() * 1000 + self.days


def _reminders_due(roster: Roster, now: datetime) -> Iterator[_Reminder]:
    course = roster.course
    sent = {(number, letter.version) for letter in roster.letters if letter.kind is Kind.MEETING_REMINDER for number in letter.about}
    for number, meeting in enumerate(course.meetings, 1):
        if meeting.called_off or course.starts_at(meeting) <= now:
            continue
        for r in roster.registrations:
            if r.status is Status.CONFIRMED and meeting.date not in r.absences:
                yield from _reminders_of(_Reminder(now, r, number, meeting, 0), sent, course, now)


def _reminders_of(blank: _Reminder, sent: set[tuple[int, int]], course: Course, now: datetime) -> Iterator[_Reminder]:
    """The reminders of one meeting that one person still has to get, the nearest meeting day last."""
    r, meeting = blank.registration, blank.meeting
    joined = r.confirmed_at or r.received_at
    moments = {
        days: morning(on_or_before(meeting.date - timedelta(days=days)), course.zone)
        for days in sorted(set(course.reminders), reverse=True)
    }
    days_left = list(moments)
    done = [days for days in days_left if (r.id, meeting.date.toordinal() * 1000 + days) in sent]
    for n, days in enumerate(days_left):
        at = moments[days]
        later = days_left[n + 1 :]
        nearer_to_the_next = any(moments[d] - now <= now - at for d in later)
        if at > joined and not any(d <= days for d in done) and not (at <= now and nearer_to_the_next):
            yield _Reminder(_at_a_sensible_hour(at, now, course), r, blank.number, meeting, days)


def _remind_of(change: Change, reminder: _Reminder) -> None:
    left = (reminder.meeting.date - change.now.astimezone(change.course.zone).date()).days
    facts = {"number": reminder.number, "meeting": reminder.meeting, "days": left}
    change.note("meeting_reminded", reminder.registration.id, meeting=str(reminder.number), days=str(reminder.days))
    change.tell(reminder.registration, Kind.MEETING_REMINDER, to=one(reminder.registration), facts=facts, version=reminder.version)


def _unanswered(roster: Roster) -> Iterator[tuple[datetime, Item]]:
    for item in roster.items:
        if item.kind is ItemKind.VERIFY and item.closed_at is None:
            yield days_on(item.opened_at, VERIFY_WITHIN, roster.course.zone), item


def _at_a_sensible_hour(moment: datetime, now: datetime, course: Course) -> datetime:
    """What is late by now waits for the morning, should it be night."""
    local = now.astimezone(course.zone)
    if moment > now or MORNING.hour <= local.hour < LAST_HOUR:
        return moment
    return morning(local.date() + timedelta(days=local.hour >= LAST_HOUR), course.zone)
