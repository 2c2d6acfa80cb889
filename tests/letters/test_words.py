"""How dates, money, numbers and names are written."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

import pytest

from mailbot.course import Course, Meeting
from mailbot.letters import words as forms
from mailbot.letters.preview import EXPIRES, sample_course
from mailbot.letters.templates import Templates
from mailbot.understanding.reading import Address

DA, EN = Templates().words("da"), Templates().words("en")


def meeting(month: int, day: int, start: time = time(10), year: int = 2026) -> Meeting:
    return Meeting(date=date(year, month, day), start=start, end=time(15))


def test_dates_in_danish_and_english() -> None:
    assert DA.meeting(meeting(6, 11)) == "torsdag den 11. juni 2026 kl. 10–15"
    assert EN.meeting(meeting(6, 11)) == "Thursday 11 June 2026, 10:00–15:00"
    assert DA.span(meeting(6, 11, time(9, 30))) == "kl. 9.30–15"
    assert DA.moment(EXPIRES, sample_course("da")) == "fredag den 23. januar kl. 10.30"


@pytest.mark.parametrize(
    ("meetings", "phrase"),
    [
        ([meeting(6, 11)], "torsdag den 11. juni 2026 kl. 10–15"),
        ([meeting(6, 11), meeting(8, 20)], "torsdag den 11. juni og torsdag den 20. august 2026, begge dage kl. 10–15"),
        (
            [meeting(6, 11), meeting(8, 20), meeting(9, 29)],
            "torsdag den 11. juni, torsdag den 20. august og tirsdag den 29. september 2026, alle dage kl. 10–15",
        ),
        ([meeting(6, 11), meeting(8, 20, time(12))], "torsdag den 11. juni kl. 10–15 og torsdag den 20. august 2026 kl. 12–15"),
        (
            [meeting(12, 17), meeting(1, 14, year=2027)],
            "torsdag den 17. december 2026 og torsdag den 14. januar 2027, begge dage kl. 10–15",
        ),
    ],
)
def test_meetings_in_one_phrase(meetings: list[Meeting], phrase: str) -> None:
    assert DA.meetings(meetings) == phrase


@pytest.mark.parametrize(
    ("amount", "text"), [("7500", "7.500 kr."), ("9375.00", "9.375 kr."), ("1234567.5", "1.234.567,50 kr."), ("0", "0 kr.")]
)
def test_money(amount: str, text: str) -> None:
    assert DA.money(Decimal(amount)) == text


def test_price_with_and_without_vat() -> None:
    course = sample_course("da")

    def price(**changes: object) -> str:
        return DA.price(Course.model_validate(course.model_dump() | changes))

    assert price() == "7.500 kr. + moms pr. deltager (9.375 kr. inkl. moms)"
    assert price(vat=0) == "7.500 kr. pr. deltager"
    assert price(price=None) == price(price=0) == ""


def test_numbers_in_groups() -> None:
    assert forms.ean("5798001234567") == "5798 0012 3456 7"
    assert forms.phone("+4512345678") == "12 34 56 78"
    assert forms.phone("+4722123456").startswith("+47 22")
    assert forms.phone("nonsense") == "nonsense"


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Mette Holm", "Mette"),
        ("Holm, Mette (KULT)", "Mette"),
        ("METTE HOLM", "Mette"),
        ("mette holm", "Mette"),
        ("Anne-Marie Bo", "Anne-Marie"),
        ("mho", ""),
        ("", ""),
        ("m", ""),
        ("12345", ""),
        ("Åse Ærø", "Åse"),
        ("<script>", ""),
    ],
)
def test_first_names(name: str, first: str) -> None:
    assert forms.first_name(name) == first


@pytest.mark.parametrize(
    ("to", "greeting"),
    [
        (Address("Mette Holm", "mho@x.dk"), "Kære Mette,"),
        (Address("Brønderslev Bibliotek", "post@x.dk"), "Kære kolleger,"),
        (Address("", "bibliotek@x.dk"), "Kære kolleger,"),
        (Address("", "mho@x.dk"), "Kære kollega,"),
    ],
)
def test_greetings(to: Address, greeting: str) -> None:
    assert DA.greeting(to) == greeting


def test_lists_and_genitives() -> None:
    assert [DA.listing(x) for x in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a og b", "a, b og c"]
    assert [DA.genitive(n) for n in ("Lisbet", "Jens", "Max")] == ["Lisbets", "Jens'", "Max'"]
    assert EN.genitive("Jens") == "Jens’s"
