"""Her yes to the course file against an earlier word of hers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest

from mailbot.letters.preview import sample_course
from mailbot.registration.filed import as_filed
from mailbot.registration.reasons import RuleError
from mailbot.registration.records import Item, ItemKind, Roster
from mailbot.understanding.reading import Reason

NOW = datetime(2026, 1, 20, 8, 0, tzinfo=UTC)
ROSTER = Roster(sample_course("da"))


def conflict(key: str, said: str) -> Item:
    reason = Reason("file_contradicts", {"key": key, "file": said, "decided": "x"})
    return Item(id=9, course=ROSTER.course.id, kind=ItemKind.CONFLICT, opened_at=NOW, reasons=(reason,))


@pytest.mark.parametrize(
    ("key", "said", "field", "value"),
    [
        ("meetings.2.place", "Vejle", "place", "Vejle"),
        ("meetings.2.date", "2026-08-21", "date", date(2026, 8, 21)),
        ("meetings.2.start", "09:30:00", "start", time(9, 30)),
        ("meetings.2.end", "16:00:00", "end", time(16, 0)),
        ("meetings.2.called_off", "True", "called_off", True),
    ],
)
def test_a_meeting_as_the_file_has_it(key: str, said: str, field: str, value: object) -> None:
    course = as_filed(ROSTER, conflict(key, said), NOW).course
    assert course is not None
    assert getattr(course.meetings[1], field) == value
    assert course.meetings[1].sequence == ROSTER.course.meetings[1].sequence + 1


def test_the_capacity() -> None:
    course = as_filed(ROSTER, conflict("capacity", "30"), NOW).course
    assert course is not None
    assert course.capacity == 30


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("meetings.2.place", ""),
        ("meetings.9.start", "10:00:00"),
        ("meetings", "…"),
        ("price", "9"),
        ("meetings.2.called_off", "False"),
        ("capacity", "x"),
    ],
)
def test_what_no_command_can_do_is_refused_with_a_reason(key: str, said: str) -> None:
    with pytest.raises(RuleError):
        as_filed(ROSTER, conflict(key, said), NOW)
    with pytest.raises(RuleError):
        as_filed(ROSTER, replace(conflict(key, said), reasons=()), NOW)
