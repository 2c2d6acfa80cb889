"""Meetings that get a place, move, or are called off, and who hears of it.

`Meeting.sequence` rises with each change, so that calendars replace the entry they have (RFC 5545, section 3.8.7.4).
"""

from __future__ import annotations

from datetime import date, datetime, time

from pydantic import ValidationError

from mailbot.course import LIVE, Course, Kind, Meeting, Status
from mailbot.registration.change import Change, one
from mailbot.registration.reasons import RuleError
from mailbot.registration.records import Decision, ItemKind, Roster
from mailbot.understanding.reading import Reason


def number_of(course: Course, meeting: int | date) -> int:
    """The number of a meeting, counted from 1, or of the one on that date."""
    numbers = [n for n, m in enumerate(course.meetings, 1) if meeting in (n, m.date)]
    if not numbers:
        raise RuleError("no_such_meeting", meeting=str(meeting))
    return numbers[0]


def place(roster: Roster, meeting: int | date, where: str, now: datetime) -> Decision:
    """The place of a meeting is known, or another one; those with a seat are told."""
    number = number_of(roster.course, meeting)
    where = " ".join(where.split())[:200]
    if not where:
        raise RuleError("not_valid", field="place", value="")
    if roster.course.meetings[number - 1].place == where:
        raise RuleError("already_so")
    return _changed(roster, number, "place", now, place=where)


def move_meeting(
    roster: Roster, meeting: int | date, day: date, now: datetime, *, start: time | None = None, end: time | None = None
) -> Decision:
    """Another day, and another time if given; everybody is told."""
    number = number_of(roster.course, meeting)
    before = roster.course.meetings[number - 1]
    start, end = start or before.start, end or before.end
    if (before.date, before.start, before.end, before.called_off) == (day, start, end, False):
        raise RuleError("already_so")
    return _changed(roster, number, "date", now, date=day, start=start, end=end, called_off=False)


def call_off(roster: Roster, meeting: int | date, now: datetime) -> Decision:
    """The meeting does not take place; everybody is told."""
    number = number_of(roster.course, meeting)
    if roster.course.meetings[number - 1].called_off:
        raise RuleError("already_so")
    return _changed(roster, number, "called_off", now, called_off=True)


def _changed(roster: Roster, number: int, what: str, now: datetime, **values: object) -> Decision:
    before = roster.course.meetings[number - 1]
    try:
        after = Meeting(**(before.model_dump() | values | {"sequence": before.sequence + 1}))
        meetings = (*roster.course.meetings[: number - 1], after, *roster.course.meetings[number:])
        course = Course.model_validate(roster.course.model_dump() | {"meetings": [m.model_dump() for m in meetings]})
    except ValidationError as problem:
        raise RuleError("meetings_out_of_order") from problem
    change = Change(roster, now)
    change.set_course(course, f"meeting_{what}", meeting=str(number), before=_words(before), after=_words(after))
    _tell(change, number, before, what)
    return change.decision()


def refiled(roster: Roster, course: Course, now: datetime) -> Decision:
    """The course as an edit of its file makes it: whoever comes hears of each meeting that got a place, moved or is called off.

    Where the file has more or fewer meetings than before, nobody can tell which one moved: she says so herself.
    Nothing, where no meeting changed.
    """
    old, new = roster.course.meetings, course.meetings
    news = [(n, a, what) for n, (a, b) in enumerate(zip(old, new, strict=False), 1) if (what := _what(a, b))]
    if not news and len(old) == len(new):
        return Decision()
    change = Change(roster, now)
    change.set_course(course, "meetings_refiled", meetings=", ".join(str(n) for n, _, _ in news))
    if len(old) != len(new):
        change.open(ItemKind.NOTICE, (Reason("meetings_recounted", {"before": str(len(old)), "after": str(len(new))}),), propose=False)
        return change.decision()
    for number, before, what in news:
        _tell(change, number, before, what)
    return change.decision()


def _what(before: Meeting, after: Meeting) -> str:
    """Which news there is of a meeting; "" for none."""
    if after.called_off and not before.called_off:
        return "called_off"
    if (before.date, before.start, before.end, before.called_off) != (after.date, after.start, after.end, after.called_off):
        return "date"
    return "place" if before.place != after.place else ""


def _tell(change: Change, number: int, before: Meeting, what: str) -> None:
    """A place is news to those with a seat, another day to all who may have arranged for the old one."""
    course, after = change.course, change.course.meetings[number - 1]
    told = {Status.CONFIRMED} if what == "place" else LIVE - {Status.REVIEW}
    if course.starts_at(before) > change.now or course.starts_at(after) > change.now:
        facts = {"number": number, "meeting": after, "change": what, "before": before}
        for r in change.roster.registrations:
            if r.status in told:
                change.tell(r, Kind.PLACE, to=one(r), facts=facts, alone=True)


def _words(meeting: Meeting) -> str:
    return f"{meeting.date} {meeting.start:%H:%M}-{meeting.end:%H:%M} {meeting.place}".strip()
