"""The file and the administrator, key by key: who wins, who is asked, and what calendars are told."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mailbot.course import Course, Meeting
from mailbot.store.overrides import Contradiction, decide, flat, in_effect, refile

from .samples import course


def with_meeting(base: Course, number: int, **values: Any) -> Course:
    """The course with one meeting changed, counted from 1."""
    meetings = [m.model_copy(update=values) if n == number else m for n, m in enumerate(base.meetings, 1)]
    return base.model_copy(update={"meetings": tuple(meetings)})


CHANGES = st.fixed_dictionaries({}, optional={
    "capacity": st.integers(1, 50), "title": st.text(min_size=1, max_size=5).filter(str.strip),
    "price": st.none() | st.decimals(0, 9000, places=2),
    "reminders": st.lists(st.integers(0, 30), max_size=3).map(tuple), "signup_deadline": st.none() | st.dates(),
})
PLACES = st.dictionaries(st.integers(1, 4), st.sampled_from(["", "Odense", "Aarhus"]))


def edited(base: Course, changes: dict[str, Any], places: dict[int, str]) -> Course:
    result = Course.model_validate(base.model_dump() | changes)
    for number, place in places.items():
        result = with_meeting(result, number, place=place)
    return result


@given(CHANGES, PLACES)
def test_what_is_decided_is_in_effect(changes: dict[str, Any], places: dict[int, str]) -> None:
    wanted = edited(course(), changes, places)
    assert in_effect(course(), decide(course(), wanted)) == wanted
    assert decide(wanted, wanted) == {}


@given(CHANGES, PLACES, CHANGES, PLACES)
def test_her_word_stands_whatever_the_file_says(
    hers: dict[str, Any], her_places: dict[int, str], its: dict[str, Any], its_places: dict[int, str]
) -> None:
    wanted, file = edited(course(), hers, her_places), edited(course(), its, its_places)
    decided = decide(course(), wanted)
    after = refile(course(), decided, file)
    effective = flat(after.course)
    assert in_effect(file, after.decided) == after.course
    assert all(effective[key] == entry["value"] for key, entry in decided.items())
    contradicted = {key for key, entry in decided.items() if flat(file)[key] not in (entry["value"], entry["file"])}
    assert {c.key for c in after.contradictions} == contradicted
    assert refile(file, after.decided, file).contradictions == ()


def test_a_file_that_changes_a_meeting_raises_its_sequence() -> None:
    """Calendars take only what has a higher number than before (RFC 5545, section 3.8.7.4)."""
    moved = with_meeting(course(), 2, date=date(2026, 8, 25))
    after = refile(course(), {}, moved)
    assert [m.sequence for m in after.course.meetings] == [0, 1, 0, 0]
    again = refile(moved, after.decided, with_meeting(moved, 2, place="Odense"))
    assert [m.sequence for m in again.course.meetings] == [0, 2, 0, 0]
    assert again.contradictions == ()


def test_the_sequence_never_falls() -> None:
    placed = with_meeting(course(), 1, place="Odense", sequence=3)
    after = refile(course(), decide(course(), placed), with_meeting(course(), 1, place="Odense"))
    assert after.course.meetings[0] == placed.meetings[0]
    assert after.contradictions == ()


def test_a_meeting_that_the_file_drops_takes_what_was_decided_about_it_along() -> None:
    decided = decide(course(), with_meeting(course(), 4, place="Odense", sequence=1))
    shorter = course(meetings=course().meetings[:3])
    after = refile(course(), decided, shorter)
    assert after.course == shorter
    assert Contradiction("meetings.4.place", None, "Odense") in after.contradictions
    assert after.decided == {}


def test_a_meeting_that_she_added_stays() -> None:
    extra = Meeting(date=date(2026, 12, 1), start=course().meetings[0].start, end=course().meetings[0].end)
    longer = course().model_copy(update={"meetings": (*course().meetings, extra)})
    after = refile(course(), decide(course(), longer), course(capacity=30))
    assert after.course.meetings == longer.meetings
    assert after.contradictions == ()


def test_meetings_that_would_no_longer_stand_in_order_wait_for_her_word() -> None:
    hers = decide(course(), with_meeting(course(), 2, date=date(2026, 10, 1), sequence=1))
    file = with_meeting(course(capacity=30), 3, date=date(2026, 9, 1))
    after = refile(course(), hers, file)
    assert [m.date.month for m in after.course.meetings] == [6, 10, 10, 11]
    assert after.course.capacity == 30
    (told,) = after.contradictions
    assert told.key == "meetings"
    assert in_effect(file, after.decided) == after.course
