"""Exports as a spreadsheet program reads them: text stays text, dates are dates, the basis adds up."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

import openpyxl
import pytest

from mailbot.course import Status
from mailbot.letters.invoicing import invoices
from mailbot.letters.preview import BO, CARL, METTE, NOW, SOFIE, registration, sample_course
from mailbot.letters.sheets import as_json, attachment, csv_table, workbook
from mailbot.letters.templates import Templates
from mailbot.registration.records import Roster

from .test_compose import HOSTILE

COURSE, WORDS = sample_course("da"), Templates().words("da")
ROSTER = Roster(
    COURSE,
    registrations=(
        registration(METTE, number=1),
        registration(BO, number=2, contact=SOFIE),
        registration(CARL, Status.WAITING, 3),
        registration(replace(CARL, name="Dorte Eg", cvr="12345678", organisation="Andeby"), number=4),
        replace(registration(replace(BO, name="Else Falk"), Status.CANCELLED, 5), payable=True),
        registration(replace(BO, name="Finn Gad"), Status.CANCELLED, 6),
    ),
)


def rows(name: str, roster: Roster = ROSTER) -> list[tuple[Any, ...]]:
    book = openpyxl.load_workbook(BytesIO(workbook(roster, WORDS, now=NOW)))
    return list(book[name].iter_rows(values_only=True))


def test_the_sheets_and_their_headers() -> None:
    book = openpyxl.load_workbook(BytesIO(workbook(ROSTER, WORDS, now=NOW)))
    assert book.sheetnames == ["Overblik", "Deltagere", "Venteliste", "Fakturering"]
    assert book["Deltagere"].freeze_panes == "A2"
    assert list(rows("Deltagere")[0])[:6] == ["Nr.", "Status", "Navn", "Titel", "Bibliotek", "Kommune"]
    assert ("Optagne", 3) in [r[:2] for r in rows("Overblik")]


def test_participants_with_numbers_as_text_and_dates_as_dates() -> None:
    table = rows("Deltagere")
    mette = dict(zip(table[0], table[1], strict=True))
    assert (mette["EAN-nummer"], mette["Telefon"], mette["Modtaget"]) == ("5798001234560", "12 34 56 78", datetime(2026, 1, 20, 9, 30))
    assert mette["Hensyn til mad"] == "vegetar"
    assert [r[0] for r in table[1:]] == [1, 2, 4]
    assert "Hensyn til mad" not in rows("Venteliste")[0]
    assert rows("Venteliste")[1][:3] == (1, 3, "Carl Madsen")


def test_the_invoicing_basis_adds_up() -> None:
    basis = invoices(ROSTER.registrations, COURSE)
    assert [(i.organisation, i.ean, i.cvr, len(i.people), i.net, i.gross) for i in basis] == [
        ("Andeby", "", "12345678", 1, Decimal("7500.00"), Decimal("9375.00")),
        ("Eksempelby Bibliotek", "5798001234560", "", 3, Decimal("22500.00"), Decimal("28125.00")),
    ]
    table = rows("Fakturering")
    assert table[2][6] == "Mette Holm Jørgensen, Bo Lind, Else Falk (afbud efter fristen)"
    assert table[-1][0] == "I alt"
    assert table[-1][7:] == (4, 30000, 7500, 37500)


def test_another_reference_is_another_invoice_and_no_price_is_no_amount() -> None:
    apart = (registration(METTE, number=1), registration(replace(BO, reference="PO 7"), number=2))
    assert len(invoices(apart, COURSE)) == 2
    assert invoices(apart, COURSE.model_copy(update={"price": None}))[0].net is None
    workbook(Roster(COURSE.model_copy(update={"price": None}), registrations=apart), WORDS, now=NOW)
    workbook(Roster(COURSE), WORDS, now=NOW)


def test_a_table_for_danish_excel() -> None:
    raw = csv_table(ROSTER, WORDS)
    assert raw.startswith(b"\xef\xbb\xbf")
    table = list(csv.reader(StringIO(raw.decode("utf-8-sig")), delimiter=";"))
    assert len(table) == 5
    assert "5798 0012 3456 0" in table[1]
    assert "20-01-2026 09:30" in table[1]


@pytest.mark.parametrize("words", [*HOSTILE, "+45 12 34", "-1", "@SUM(A1)", "\t=1", "mailto:x@y.dk", "1e5", "12", 'a;b"c'])
def test_no_formula_no_link_from_what_people_wrote(words: str) -> None:
    person = replace(METTE, name=words, title=words, organisation=words, reference=words, dietary=words)
    roster = Roster(COURSE, registrations=(registration(person), registration(person, Status.WAITING, 13)))
    book = openpyxl.load_workbook(BytesIO(workbook(roster, WORDS, now=NOW)))
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f"
                assert cell.hyperlink is None
                assert not isinstance(cell.value, str) or cell.data_type == "s"
    for row in csv.reader(StringIO(csv_table(roster, WORDS).decode("utf-8-sig")), delimiter=";"):
        assert len(row) == 17
        assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@"))]
    as_json(roster)


def test_json_has_the_keys_of_list_and_the_basis() -> None:
    made = json.loads(as_json(ROSTER, {3: ("ean",)}))
    assert {r["id"]: (r["status"], r["position"], r["missing"]) for r in made["registrations"]}[3] == ("waiting", 1, ["ean"])
    assert made["invoicing"][1]["gross"] == "28125.00"


def test_an_attachment_has_the_day_in_its_name() -> None:
    assert attachment(ROSTER, WORDS, now=NOW).name == "hverdagsledelse-2026-2026-01-20.xlsx"
