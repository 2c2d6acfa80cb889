"""What strangers write is harmless wherever it is shown: every field, in every letter, in the digest, in every export."""

from __future__ import annotations

import csv
import email
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import fields, replace
from email.policy import default
from io import BytesIO, StringIO

import openpyxl
import pytest

from mailbot.course import Status
from mailbot.letters.compose import Composed, compose
from mailbot.letters.digest import build, compose_digest
from mailbot.letters.preview import METTE, NOW, drafts, registration, sample_course
from mailbot.letters.sheets import as_json, csv_table, workbook
from mailbot.letters.templates import Templates
from mailbot.registration.records import Draft, Item, ItemKind, Roster
from mailbot.understanding.reading import Address, Finding, Intent, Person, Reason

COURSE, TEMPLATES = sample_course("da"), Templates()
WORDS = TEMPLATES.words("da")
HOSTILE = {
    "formula": "=cmd|' /C calc'!A0",
    "sum": "@SUM(1)",
    "hidden formula": "\u200b=1+1",
    "wide formula": "＝1+1",
    "right to left": "\u202egpj.exe\u202c\u200f",
    "long": "x" * 500,
    "html": "<img src=x onerror=alert(1)><script>alert(1)</script>",
    "attribute": "\"><a href='https://evil.example'>",
    "nul": "Mette\x00\x1b[31m\x08Holm",
    "lines": "Mette\r\nBcc: evil@evil.example\r\n\r\nHej\n- punkt\n\u2028---",
    "template": "{{ 7 * 7 }}{% raw %}",
    "surrogate": "Mette \ud800 Holm",
}
TEXTS = [f.name for f in fields(Person) if isinstance(getattr(METTE, f.name), str | None) and f.name not in ("returning",)]


def person(words: str) -> Person:
    return replace(METTE, **dict.fromkeys(TEXTS, words))


def letters(words: str) -> Iterator[Composed]:
    """Every kind of letter, everything in it that others wrote replaced."""
    bad, whom = person(words), Address(words, "m@x-eks.dk")
    for _, draft in drafts(COURSE):
        seats = tuple(replace(s, registration=replace(s.registration, person=bad, contact=whom)) for s in draft.seats)
        facts = {key: words if isinstance(value, str) and key in ("successor",) else value for key, value in draft.facts.items()}
        facts |= {"asker": whom} if "asker" in facts else {}
        facts |= {"names": (words,)} if "names" in facts else {}
        reply = replace(draft.reply, subject=words) if draft.reply else None
        yield composed(replace(draft, seats=seats, facts=facts, to=whom, reply=reply))


def composed(draft: Draft) -> Composed:
    return compose(draft, COURSE, key="k" * 32, now=NOW, templates=TEMPLATES)


def roster(words: str) -> Roster:
    bad, whom = person(words), Address(words, "m@x-eks.dk")
    people = tuple(registration(bad, status, number, contact=whom) for number, status in enumerate((Status.CONFIRMED, Status.WAITING), 1))
    said = Item(
        id=9, course=COURSE.id, kind=ItemKind.REVIEW, opened_at=NOW, sender=whom, subject=words, excerpt=words,
        reasons=(Reason("unknown_person", {"name": words, "nearest": words}), Reason(words)),
        proposal=Finding(intent=Intent.SIGNUP, participants=(bad,), withdrawn=(words,)),
    )  # fmt: skip
    return Roster(COURSE, registrations=people, items=(said,))


def harmless(made: Composed) -> None:
    for shown in (made.subject, made.text, made.html):
        assert not [c for c in shown if unicodedata.category(c)[0] == "C" and c not in "\n\t"]
        assert not re.search("x{301}", shown)  # of an excerpt the digest shows 300
    assert not re.search(r"<script|<img src=x|<a href=.https?://evil", made.html)
    assert "\n" not in made.subject
    assert "14 49" not in made.text
    message = email.message_from_bytes(made.raw, policy=default)
    assert message["Bcc"] is None
    assert not [part for part in message.walk() if part.defects]
    assert max(len(row) for row in made.raw.split(b"\r\n")) < 999


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE)
def test_in_every_letter(words: str) -> None:
    for made in letters(words):
        harmless(made)


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE)
def test_in_the_digest(words: str) -> None:
    digest = build(roster(words), now=NOW)
    harmless(compose_digest(digest, COURSE, key="k" * 32, to=Address("", "lv@x-eks.dk"), templates=TEMPLATES))


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE)
def test_in_every_export(words: str) -> None:
    bad = roster(words)
    book = openpyxl.load_workbook(BytesIO(workbook(bad, WORDS, now=NOW)))
    for cell in (cell for sheet in book for row in sheet.iter_rows() for cell in row):
        assert cell.data_type in ("s", "n", "d")
        assert cell.hyperlink is None
        assert not isinstance(cell.value, str) or not [c for c in cell.value if unicodedata.category(c)[0] == "C"]
    for raw in (csv_table(bad, WORDS), csv_table(bad, WORDS, basis=True)):
        table = list(csv.reader(StringIO(raw.decode("utf-8-sig")), delimiter=";"))
        assert len({len(row) for row in table}) == 1
        cells = [cell for row in table for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "＝"))]
        assert not [c for cell in cells for c in cell if unicodedata.category(c)[0] == "C"]
    assert len(json.loads(as_json(bad))["registrations"]) == 2


def test_the_invoicing_basis_for_danish_excel() -> None:
    good = Roster(COURSE, registrations=(registration(METTE),))
    table = list(csv.reader(StringIO(csv_table(good, WORDS, basis=True).decode("utf-8-sig")), delimiter=";"))
    assert table[1][1] == "5798 0012 3456 0"
    assert table[-1][-3:] == ["7500,00", "1875,00", "9375,00"]
