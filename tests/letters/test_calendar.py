"""The calendar file, read back by icalendar and by eye."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import icalendar
import pytest

from mailbot.course import Course
from mailbot.letters.calendar import calendar
from mailbot.letters.preview import NOW, sample_course

COURSE = sample_course("da")


def changed(**changes: object) -> Course:
    meetings = [m.model_copy(update=changes) if n == 1 else m for n, m in enumerate(COURSE.meetings)]
    return COURSE.model_copy(update={"meetings": tuple(meetings)})


def events(course: Course) -> list[icalendar.Event]:
    return list(icalendar.Calendar.from_ical(calendar(course, now=NOW)).walk("VEVENT"))


def test_four_meetings_published_at_their_local_times() -> None:
    made = icalendar.Calendar.from_ical(calendar(COURSE, now=NOW))
    assert str(made["METHOD"]) == "PUBLISH"
    assert [str(e["UID"]) for e in events(COURSE)] == [f"hverdagsledelse-2026-meeting-{n}@fremtidensbiblioteker.dk" for n in range(1, 5)]
    starts = [e["DTSTART"].dt for e in events(COURSE)]
    assert starts[0] == datetime(2026, 6, 11, 8, tzinfo=UTC)  # summer time
    assert starts[3] == datetime(2026, 11, 12, 9, tzinfo=UTC)  # winter time
    assert all("LOCATION" not in e and str(e["STATUS"]) == "CONFIRMED" for e in events(COURSE))


def test_a_place_a_change_and_a_cancellation_keep_the_uid() -> None:
    placed = events(changed(place='Odense, "Borgernes Hus"; 1. sal', sequence=3))[1]
    assert (str(placed["LOCATION"]), int(placed["SEQUENCE"])) == ('Odense, "Borgernes Hus"; 1. sal', 3)
    off = events(changed(called_off=True, sequence=4))[1]
    assert (str(off["STATUS"]), str(off["UID"])) == ("CANCELLED", str(placed["UID"]))


def test_the_clock_changes_stand_in_the_file() -> None:
    text = calendar(COURSE, now=NOW).decode()
    assert "DTSTART:20260329T020000" in text
    assert "DTSTART:20261025T030000" in text
    assert text.count("\r\n") == text.count("\n")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


@pytest.mark.parametrize("zone", ["UTC", "America/Nuuk", "Australia/Lord_Howe"])
def test_other_zones(zone: str) -> None:
    course = COURSE.model_copy(update={"timezone": zone})
    for event, meeting in zip(events(course), course.meetings, strict=True):
        assert event["DTSTART"].dt == datetime.combine(meeting.date, meeting.start, ZoneInfo(zone))


def test_the_same_in_the_same_out() -> None:
    assert calendar(COURSE, now=NOW) == calendar(COURSE, now=NOW)
