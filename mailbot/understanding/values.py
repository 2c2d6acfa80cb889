"""One labelled value, a field of a form or the cell of a table: put into a record in the form of its field, which is known
from the label and so may be less than the field would need to be known in running text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mailbot.understanding import diets, items, names
from mailbot.understanding.entities import Mark, within
from mailbot.understanding.facts import Found, Record, best_phone, from_mark
from mailbot.understanding.layout import Cell
from mailbot.understanding.lexicon import cues, words
from mailbot.understanding.numbers import check_digit_right

_INITIALS = re.compile(r"^[A-ZÆØÅ]{2,4}:\s+")  # before an answer
_QUOTES = "\"'”“„»«’"
_SENTENCE_BEHIND = re.compile(r"(?<=[a-zæøå]{3})\. (?=[A-ZÆØÅ]\w+ \w+ \w)")
_EIGHT = re.compile(r"[2-9](?:[ .\-/]{0,2}\d){7}")  # however they are grouped


@dataclass(frozen=True, slots=True)
class _Value:
    """The value of the field `key`: its text, as it stands at `start`, and what is marked in it."""

    key: str
    text: str
    start: int
    marks: list[Mark]
    module: str
    source: str

    @property
    def plain(self) -> Found:
        return Found(" ".join(self.text.split()), self.start, self.start + len(self.text), self.module, self.source)

    def first(self, *kinds: str) -> Mark | None:
        return next((m for m in self.marks if m.kind in kinds and not (m.off and m.kind != "reference")), None)

    def found(self, mark: Mark) -> Found:
        return from_mark(mark, self.module, self.source)


def fill(record: Record, key: str, cell: Cell, module: str, source: str = "text", domain: str = "") -> None:
    """Puts the value of a labelled field or a table cell into a record, in the form of that field."""
    text = _INITIALS.sub("", cell.text)
    said = not cues("rows", "no_answer").fullmatch(text) if key != "dietary" else not cues("rows", "same_answer").fullmatch(text)
    if not text or not said or key not in _WAYS:
        return
    start = cell.end - len(text)
    lead = f"{words('labels')['phone'][0]} " if key == "phone" else ""  # a number behind it is a telephone
    _WAYS[key](record, _Value(key, text, start, within(text, start, domain, lead), module, source))


def fill_all(record: Record, keys: tuple[str, ...], cell: Cell, module: str, source: str = "text", domain: str = "") -> None:
    """The value of a label that names these fields; several (`Navn/titel`) are told apart by what they look like."""
    for key in keys:
        fill(record, "contact" if len(keys) > 1 else key, cell, module, source, domain)
        if key == "first_name":
            record.put("name", Found(cell.text, cell.start, cell.end, module, source))


def surname(record: Record, cell: Cell, module: str, source: str) -> None:
    """Puts a last name behind the first name that the record holds."""
    first = record.fields.pop("name", None)
    parts = [part for part in (first, Found(cell.text, cell.start, cell.end, module, source)) if part]
    value = " ".join(part.value for part in parts)
    record.put("name", Found(value, min(p.start for p in parts), max(p.end for p in parts), module, source))


def _person(record: Record, value: _Value) -> None:
    if value.key == "name" and (turned := names.turned(value.text)):
        record.put("name", Found(turned, value.start, value.start + len(value.text), value.module, value.source))
        return
    made = items.record(value.text, value.start, value.marks, value.module, source=value.source)
    if (
        value.key == "name"
        and "name" not in made.fields
        and len(value.text) < 60
        and not made.writer
        and not items.is_nobody(value.text)
        and not value.first("email", "phone", "title", "organisation")
    ):
        made.put("name", value.plain)
    record.writer = record.writer or (made.writer and value.key == "name")
    for key, found in made.fields.items():
        record.put(key, found)


def _address(record: Record, value: _Value) -> None:
    if mark := value.first("email"):
        record.put(value.key, value.found(mark))


def _number(record: Record, value: _Value) -> None:
    if value.key == "phone":
        if phone := best_phone(value.marks):
            record.put("phone", value.found(phone))
        elif _EIGHT.fullmatch(value.text):
            digits = re.sub(r"\D", "", value.text)
            record.put("phone", Found(f"+45{digits}", value.plain.start, value.plain.end, value.module, value.source, 0.8))
    elif value.key == "cvr":
        digits = re.sub(r"\D", "", value.text)
        if len(digits) == 8:
            record.put("cvr", Found(digits, value.plain.start, value.plain.end, value.module, value.source))
    else:
        _ean(record, value)
    for mark in value.marks:
        if mark.kind in ("reference", "cvr"):
            record.put(mark.kind, value.found(mark))


def _ean(record: Record, value: _Value) -> None:
    """An EAN as it is found in text, else any number of about its length: the field says what it is meant to be."""
    digits = re.sub(r"\D", "", value.text)
    if mark := value.first("ean", "ean_invalid"):
        record.put(mark.kind, value.found(mark))
    elif 9 <= len(digits) <= 16 and len(digits) > len(value.text) * 0.6:
        right = len(digits) == 13 and check_digit_right(digits)
        plain = value.plain
        record.put("ean" if right else "ean_invalid", Found(digits, plain.start, plain.end, value.module, value.source))


def _diet(record: Record, value: _Value) -> None:
    if diet := diets.value(value.text):
        at = value.start + max(0, value.text.find(diet))
        record.put("dietary", Found(diet, at, at + len(diet), value.module, value.source))


def _remarks(record: Record, value: _Value) -> None:
    for mark in value.marks:
        if mark.kind in ("dietary", "reference", "phone", "email", "ean"):
            record.put(mark.kind, value.found(mark))
    if cues("roles", "returning").search(value.text):
        record.returning = record.returning or value.plain


def _work(record: Record, value: _Value) -> None:
    """`Hvad: faglig leder`: a job, where it is one."""
    if (job := value.first("title")) is not None:
        record.put("title", value.found(job))


def _returning(record: Record, value: _Value) -> None:
    if cues("rows", "was_there").match(value.text):
        record.returning = value.plain


def _words(record: Record, value: _Value) -> None:
    key, plain = value.key, value.plain
    if (behind := _SENTENCE_BEHIND.search(plain.value)) is not None:
        plain = Found(plain.value[: behind.start()], plain.start, plain.start + behind.start(), plain.module, plain.source)
    if len(plain.value) > 120 or "@" in plain.value:
        return
    ean = next((m for m in value.marks if m.kind in ("ean", "ean_invalid")), None)
    if key == "reference" and ean:
        record.put(ean.kind, value.found(ean))
        return
    place = next((m for m in value.marks if m.kind == "organisation"), None)
    job = next((m for m in value.marks if m.kind == "title"), None)
    if key == "title" and place and job and job.end <= place.start:
        record.put("title", value.found(job))
        record.put("organisation", value.found(place))
        return
    if key == "title" and job and job.end - job.start > len(job.value):
        record.put("title", value.found(job))  # "begge afdelingsledere"
        return
    if key == "reference" and len(quoted := plain.value.strip(_QUOTES)) + 2 == len(plain.value):
        plain = Found(quoted, plain.start + 1, plain.end - 1, plain.module, plain.source)
    area = key == "title" and job is not None and job.value == plain.value  # "mellemleder (formidling)"
    text = re.sub(r"\s*\([^)]{0,60}\)$", "", plain.value) if key != "reference" and not area else plain.value
    record.put(key, Found(text.strip(" .,;"), plain.start, plain.start + len(text), value.module, value.source))


_WAYS: Mapping[str, Callable[[Record, _Value], None]] = {
    **dict.fromkeys(("name", "contact", "first_name"), _person),
    **dict.fromkeys(("email", "invoice_email"), _address),
    **dict.fromkeys(("ean", "cvr", "phone"), _number),
    **dict.fromkeys(("title", "organisation", "municipality", "reference"), _words),
    "dietary": _diet,
    "work": _work,
    "remarks": _remarks,
    "returning": _returning,
}
