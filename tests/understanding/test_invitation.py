"""Invitations in nine layouts, whose facts were written down before the reader was; and whatever text, nothing raises."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.understanding import dates
from mailbot.understanding.figures import capacity, price
from mailbot.understanding.invitation import Invitation, read
from mailbot.understanding.leaflet import MOST_TEXT

FOLDER = Path(__file__).resolve().parent / "invitations"
EXPECTED: dict[str, dict[str, Any]] = yaml.safe_load((FOLDER / "expected.yaml").read_text("utf-8"))
TODAY = date(2026, 11, 24)


def facts(found: Invitation) -> dict[str, Any]:
    contact, cost = found.contact, found.price
    return {
        "title": found.title,
        "language": found.language,
        "meetings": [
            [m.on, f"{m.begin:%H:%M}" if m.begin else None, f"{m.end:%H:%M}" if m.end else None, m.place] for m in found.meetings
        ],
        "deadline": found.deadline,
        "cancel_free_until": found.cancel_free_until,
        "price": str(cost.amount) if cost else None,
        "vat": str(cost.vat) if cost else None,
        "capacity": found.capacity,
        "address": found.address,
        "contact": [contact.name, contact.email, found.organisation] if contact else None,
        "organisers": list(found.organisers),
        "facilitators": list(found.facilitators),
    }


@pytest.mark.parametrize("name", EXPECTED)
def test_an_invitation_is_read_as_it_says(name: str) -> None:
    expected = dict(EXPECTED[name])
    found = read((FOLDER / f"{name}.txt").read_text("utf-8"), expected.pop("today"))
    assert facts(found) == {"cancel_free_until": None, **expected}


def doubts(text: str) -> list[str]:
    return [d.code for d in read(text, TODAY).doubts]


def test_what_somebody_should_look_at_is_said() -> None:
    several = read((FOLDER / "prices.txt").read_text("utf-8"), TODAY).doubts
    assert {d.code for d in several} == {"other_price"}
    assert len(several) == 3
    assert doubts("Kursus 2027\nVi mødes tirsdag den 3. februar 2027 kl. 10-15.") == ["wrong_weekday"]
    assert doubts("Kursus 2027\nVi holder fire møder: 3. februar 2027 og 4. marts 2027 kl. 10-15.") == ["other_number"]
    assert doubts("Kursus 2027\nPris: 500 kr.\nSkriv til a@x-eks.dk eller b@x-eks.dk.") == ["several_addresses", "vat_unsaid"]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("den 11. juni", [(11, 6, None)]),
        ("11., 12. og 13. maj 2027", [(11, 5, 2027), (12, 5, 2027), (13, 5, 2027)]),
        ("11.-13. maj", [(11, 5, None), (12, 5, None), (13, 5, None)]),
        ("mandag d. 10. – tirsdag den 11. maj", [(10, 5, None), (11, 5, None)]),
        ("24/11", [(24, 11, None)]),
        ("8.1.2027", [(8, 1, 2027)]),
        ("26-01-27", [(26, 1, 2027)]),
        ("2027-01-26", [(26, 1, 2027)]),
        ("January 14th, 2027", [(14, 1, 2027)]),
        ("April 12-14, 2027", [(12, 4, 2027), (13, 4, 2027), (14, 4, 2027)]),
        ("Monday, May 3 and 10 am", [(3, 5, None)]),
        ("the 14th of January", [(14, 1, None)]),
        ("åbent 24/7, kl. 9.30, 3-6-årige, 31. juni, 1/2, maj 2027", [(1, 2, None)]),
    ],
)
def test_days_as_people_write_them(text: str, days: list[tuple[int, int, int | None]]) -> None:
    assert [(d.day, d.month, d.year) for found in dates.find(text) for d in found.days] == days


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("kl. 10-15", ("10:00", "15:00")),
        ("fra kl. 10 til 15", ("10:00", "15:00")),
        ("9.30 - 15.30", ("09:30", "15:30")),
        ("from 10 am to 3.30 pm", ("10:00", "15:30")),
        ("9:00–16:00", ("09:00", "16:00")),
        ("3-6-årige", None),
        ("10-15", None),
        ("kl. 15-10", None),
        ("kl. 25-30", None),
    ],
)
def test_hours_as_people_write_them(text: str, told: tuple[str, str] | None) -> None:
    found = [(f"{h.begin:%H:%M}", f"{h.end:%H:%M}") for h in dates.hours(text)]
    assert found == ([told] if told else [])


@pytest.mark.parametrize(
    ("text", "amount", "vat"),
    [
        ("Pris: 7.500 kr. + moms", "7500", "0.25"),
        ("Pris: kr. 9.375,00 inkl. moms", "7500", "0.25"),
        ("Det koster 3.333,33 kr. ekskl. moms", "3333.33", "0.25"),
        ("Prisen er 4 000 kroner plus moms", "4000", "0.25"),
        ("Fee: DKK 4,500 excl. VAT", "4500", "0.25"),
        ("Pris: 2.000,- (momsfrit)", "2000", "0"),
        ("Medlemmer: 2.000 kr.\nAndre: 3.000 kr. ekskl. moms", "3000", "0.25"),
        ("Pris 3.900 kr. ekskl. moms (medlemmer 2.900 kr.)", "3900", "0.25"),
        ("Pris: 2.000 kr. for studerende, 3.000 kr. ekskl. moms for andre", "3000", "0.25"),
        ("Medlemmer kr. 1.950,- ekskl. moms. Ikke-medlemmer kr. 2.450,- ekskl. moms.", "2450", "0.25"),
        ("Deltagelse er gratis", "0", "0.25"),
        ("Afmelding er gratis", None, None),
        ("Gebyr på 500 kr. ved udeblivelse", None, None),
        ("Kurset har 24 pladser", None, None),
    ],
)
def test_prices(text: str, amount: str | None, vat: str | None) -> None:
    found = price(text)
    assert (str(found.amount), str(found.vat)) == (amount, vat) if found else amount is None


@pytest.mark.parametrize(
    ("text", "seats"),
    [
        ("Der er plads til 16", 16), ("Max. 12 deltagere", 12), ("limited to 20 participants", 20), ("Antal pladser: maks. 24", 24),
        ("plads til tolv", 12), ("Sidste år var vi 14 afsted", None), ("2 pladser", 2), ("Holdet er på 20 personer", 20),
        ("Places: 24", 24), ("plads til 0", None),
    ],
)  # fmt: skip
def test_seats(text: str, seats: int | None) -> None:
    assert capacity(text) == seats


PIECES = st.sampled_from([
    "24/11", " 12. ", "juni", "kl. 10", "-15", "senest ", "pris: ", "9.999.999 kr. ", "moms", "\n", "\n\n", "Sted: ",
    "Odense", "plads til ",
    "»", "kurset ", "tirsdag", "\x00", "\u202e", "{{ 1 }}", '"""', "\t", "a@b.dk ", "31.12.9999", "29. februar ",
    "Invitation til ", "dag 1 ", "\ud800",
])  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES | st.text(max_size=12), max_size=40).map("".join))
def test_whatever_is_written_nothing_raises(text: str) -> None:
    found = read(text, TODAY)
    assert sorted(m.on for m in found.meetings) == [m.on for m in found.meetings]
    assert len({m.on for m in found.meetings}) == len(found.meetings)


@pytest.mark.parametrize(
    "piece",
    ["24/11 ", "12. ", "kl. 10-", "Aa Bb ", "a@b.dk ", "Sted:\n", "9.999 kr. ", "og ", "plads til ", "»", "\n\n\n", "1., ", "fra ", " ",
     "\t", " \n", "*", "– ", "A. ", "Kursus 2027\n", "Målgruppe\n\n", "kurset foregår på ", "udbydes af A, "],
)  # fmt: skip
def test_a_text_without_end_is_read_in_time(piece: str) -> None:
    began = time.monotonic()
    read(piece * (2 * MOST_TEXT // len(piece)), TODAY)
    assert time.monotonic() - began < 5
