"""Which course a message is about (DESIGN, "Which course?")."""

from __future__ import annotations

from datetime import date

import pytest

from mailbot.course import Course, Kind, Meeting
from mailbot.understanding.read import read
from mailbot.understanding.reading import Action, Address, Letter
from understanding.wording import COURSE, message


def course(id_: str, title: str, year: int) -> Course:
    meetings = tuple(Meeting(date=date(year, m.date.month, m.date.day), start=m.start, end=m.end) for m in COURSE.meetings)
    return COURSE.model_copy(update={"id": id_, "title": title, "aliases": (), "meetings": meetings})


NEXT = course("hverdagsledelse-2027", "Hverdagsledelse 2027", 2027)
OTHER = course("strategisk-ledelse-2026", "Strategisk bibliotekschefledelse 2026", 2026)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Jeg vil gerne tilmelde mig Hverdagsledelse 2026.", COURSE.id),
        ("Jeg vil gerne tilmelde mig Hverdagsledelse 2027.", NEXT.id),
        ("Jeg vil gerne tilmelde mig strategisk bibliotekschefledelse.", OTHER.id),
    ],
)
def test_the_title_and_the_year_decide(text: str, expected: str) -> None:
    assert read(message(text), [COURSE, NEXT, OTHER], None).course == expected


def test_the_letter_answered_decides_first() -> None:
    letter = Letter(key="k", kind=Kind.OFFER, course=OTHER.id, to=Address("Bo", "bk@egedal-bib.dk"))
    assert read(message("Ja tak!", subject="SV: Ledig plads"), [COURSE, OTHER], letter).course == OTHER.id


def test_the_writers_only_live_registration_decides_where_nothing_is_named() -> None:
    mail = message("Jeg må desværre melde fra igen.", subject="Min plads")
    assert read(mail, [COURSE, OTHER], None, writer_courses=[OTHER.id]).course == OTHER.id


def test_a_signup_that_names_no_course_is_shown() -> None:
    reading = read(message("Jeg tilmelder mig hermed kurset.\n\nMvh\nBo Krag", subject="Tilmelding"), [COURSE], None)
    assert reading.action is Action.REVIEW
    assert "course_unnamed" in {r.code for r in reading.reasons}


def test_the_year_of_another_course_is_shown() -> None:
    reading = read(message("Tilmelder mig hermed.\n\nMvh\nBo Krag", subject="SV: Hverdagsledelse 2025 - invitation"), [COURSE], None)
    assert reading.action is not Action.AUTO
