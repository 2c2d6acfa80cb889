"""Working time: weekends, Danish holidays, days closed by custom, nights, changes of clocks, leap days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from world import ZONE, at

from mailbot.registration.worktime import (
    days_on,
    is_working_day,
    lapse_at,
    latest_working_moment,
    on_or_after,
    on_or_before,
    working_days_after,
)

MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2029, 12, 31), timezones=st.just(UTC))


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2026-02-02", True),
        ("2026-02-07", False),    # Saturday
        ("2026-04-02", False),    # Maundy Thursday
        ("2026-04-03", False),    # Good Friday
        ("2026-04-06", False),    # Easter Monday
        ("2026-05-01", True),     # Great Prayer Day was abolished in 2024
        ("2026-05-14", False),    # Ascension Day
        ("2026-06-05", False),    # Constitution Day, by custom
        ("2026-12-24", False),
        ("2026-12-25", False),
        ("2026-12-31", False),
        ("2027-01-01", False),
        ("2028-02-29", True),
    ],
)
def test_which_days_work(day: str, works: bool) -> None:
    assert is_working_day(date.fromisoformat(day)) is works


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-02-02 10:00", 72, "2026-02-05 10:00"),    # Monday to Thursday
        ("2026-02-05 10:00", 48, "2026-02-09 09:00"),    # would end on Saturday
        ("2026-02-02 07:00", 24, "2026-02-03 09:00"),    # too early: at nine that day
        ("2026-02-02 17:00", 24, "2026-02-04 09:00"),    # too late: at nine the next
        ("2026-02-02 16:00", 24, "2026-02-03 16:00"),
        ("2026-02-06 17:00", 24, "2026-02-09 09:00"),
        ("2026-03-31 10:00", 48, "2026-04-07 09:00"),    # over Easter
        ("2026-06-04 10:00", 24, "2026-06-08 09:00"),    # over 5 June and a weekend
        ("2026-12-22 10:00", 48, "2026-12-28 09:00"),    # over Christmas
        ("2026-03-27 12:00", 72, "2026-03-30 13:00"),    # the clocks went forward: 72 true hours
        ("2026-10-23 12:00", 72, "2026-10-26 11:00"),    # and back
    ],
)
def test_when_an_offer_lapses(start: str, hours: int, end: str) -> None:
    assert lapse_at(at(start), hours, ZONE) == at(end)


@given(MOMENTS, st.integers(1, 400))
def test_an_offer_is_held_its_hours_and_lapses_in_working_time(start: datetime, hours: int) -> None:
    end = lapse_at(start, hours, ZONE)
    local = end.astimezone(ZONE)
    assert end - start >= timedelta(hours=hours)
    assert is_working_day(local.date())
    assert 8 <= local.hour <= 16


@pytest.mark.parametrize(
    ("moment", "before"),
    [
        ("2026-02-04 10:00", "2026-02-04 10:00"),
        ("2026-02-08 09:00", "2026-02-06 16:00"),
        ("2026-02-09 07:59", "2026-02-06 16:00"),
        ("2026-02-09 18:00", "2026-02-09 16:00"),
        ("2026-04-06 12:00", "2026-04-01 16:00"),
    ],
)
def test_the_last_working_moment(moment: str, before: str) -> None:
    assert latest_working_moment(at(moment), ZONE) == at(before)


@given(st.dates(date(2025, 1, 1), date(2029, 12, 1)), st.integers(1, 30))
def test_working_days_count_forth_and_back(day: date, count: int) -> None:
    start = on_or_after(day)
    assert working_days_after(working_days_after(start, count), -count) == start
    assert on_or_before(on_or_after(day)) >= day


def test_two_working_days_on() -> None:
    assert days_on(at("2026-02-06 11:30"), 2, ZONE) == at("2026-02-10 11:30")
    assert days_on(at("2026-02-06 23:30"), 2, ZONE) == at("2026-02-10 16:00")
    assert days_on(at("2026-02-06 03:30"), 2, ZONE) == at("2026-02-10 09:00")
