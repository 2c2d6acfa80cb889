"""Course files: the shipped one says what the invitation says, and each mistake is answered by a sentence that helps."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest

from mailbot.config import shipped_courses
from mailbot.course import CourseError, validate_course

GOOD = """
id = "kursus-2026"
title = "Kursus 2026"
signup_address = "kursus@forening.dk"
capacity = 10
[[meetings]]
date = 2026-06-11
start = 10:00:00
end = 15:00:00
"""


def course(text: str):
    return validate_course(tomllib.loads(text), "kursus.toml")


def test_the_shipped_course_says_what_the_invitation_says() -> None:
    (shipped,) = shipped_courses()
    assert shipped.title == "Hverdagsledelse 2026"
    assert [m.date for m in shipped.meetings] == [date(2026, 6, 11), date(2026, 8, 20), date(2026, 9, 29), date(2026, 11, 12)]
    assert {(m.start, m.end) for m in shipped.meetings} == {(time(10), time(15))}
    assert (shipped.price, shipped.price_with_vat) == (7500, 9375)
    assert shipped.signup_deadline == date(2026, 3, 1)
    assert shipped.contact_email == shipped.signup_address == "lv@fremtidensbiblioteker.dk"
    assert "Bibliotekschefforeningen" in shipped.organisers
    assert "Mikael Bierbaum" in shipped.facilitators
    assert "mellemledere" in shipped.target_group.lower()
    assert "2025" in shipped.returning_welcome


def test_only_five_keys_are_needed() -> None:
    made = course(GOOD)
    assert made.required == ("name", "email", "organisation", "title", "ean|cvr")
    assert (made.offer_hours, made.after_deadline, made.vat) == (72, "waiting", Decimal("0.25"))
    assert made.price is None
    assert made.signup_deadline is None
    assert made.contact_email == "kursus@forening.dk"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            ("capacity = 10", 'capacity = "mange"'),
            "kursus.toml: capacity must be a whole number (found 'mange'); it should read like capacity = 24",
        ),
        (("capacity = 10", ""), "kursus.toml: capacity is missing; it should read like capacity = 24"),
        (("capacity = 10", "capacity = 0"), "kursus.toml: capacity should be greater than or equal to 1 (found '0')"),
        (("capacity = 10", "capacity = 10\ncapasity = 4"), "kursus.toml: capasity is no key of a course file"),
        (("end = 15:00:00", "end = 09:00:00"), "kursus.toml: meeting 1 must end after it starts"),
        (
            ("date = 2026-06-11", 'date = "11. juni"'),
            "kursus.toml: meeting 1 date must be a date (found '11. juni'); it should read like date = 2026-06-11",
        ),
        (("kursus@forening.dk", "forening.dk"), "kursus.toml: signup_address is not written as it should be (found 'forening.dk')"),
        (("capacity = 10", 'capacity = 10\ntimezone = "Danmark"'), "kursus.toml: timezone is no time zone (found 'Danmark')"),
        (
            ("capacity = 10", 'capacity = 10\nrequired = ["navn"]'),
            "kursus.toml: required names 'navn', which is no field of a registration",
        ),
        (
            ("capacity = 10", 'capacity = 10\nafter_deadline = "afvis"'),
            "kursus.toml: after_deadline should be 'waiting', 'confirmed' or 'review'",
        ),
    ],
)
def test_a_mistake_is_answered_by_where_what_and_an_example(change: tuple[str, str], says: str) -> None:
    with pytest.raises(CourseError) as raised:
        course(GOOD.replace(*change))
    lines = str(raised.value).splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(says)


def test_every_mistake_has_its_own_line() -> None:
    with pytest.raises(CourseError) as raised:
        course('title = "Kursus"\ncapacity = "x"')
    assert len(str(raised.value).splitlines()) == 4  # id, signup_address, capacity, meetings


def test_meetings_out_of_order_are_refused() -> None:
    later = GOOD + "[[meetings]]\ndate = 2026-01-01\nstart = 10:00:00\nend = 15:00:00\n"
    with pytest.raises(CourseError, match="order of their dates"):
        course(later)


@pytest.mark.parametrize(
    ("received", "in_time"),
    [
        (datetime(2026, 3, 1, 22, 59, tzinfo=UTC), True),  # 23:59 local
        (datetime(2026, 3, 1, 23, 1, tzinfo=UTC), False),  # 00:01 on the 2nd
        (datetime(2026, 2, 28, 23, 30, tzinfo=UTC), True),
    ],
)
def test_the_deadline_day_counts_to_midnight_local_time(received: datetime, in_time: bool) -> None:
    assert shipped_courses()[0].in_time(received) is in_time


def test_no_offer_is_made_later_than_two_days_before_the_first_meeting() -> None:
    assert shipped_courses()[0].last_offer_at.isoformat() == "2026-06-09T10:00:00+02:00"
