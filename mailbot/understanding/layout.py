"""Where a body is more than sentences: labelled fields (`Titel: souschef`, `Rekv.nr. .... 2291-06`), blocks of them,
tables (tabs between cells, or a cell a line as Word's text part has it) and lists of people. Each becomes records.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise

from mailbot.understanding.lexicon import alternatives, cues, words
from mailbot.understanding.names import person_word
from mailbot.understanding.voices import Line

MAX_CELLS = 4_000


@dataclass(frozen=True, slots=True)
class Cell:
    """A value `text[start:end]` of the source."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Labelled:
    """One labelled value. `fields` are the fields its label names (several for `Navn/titel`); `line` its line's index."""

    fields: tuple[str, ...]
    label: str
    value: Cell
    line: int
    whole: bool = True  # the line is nothing else


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, with the lines they stand on."""

    rows: tuple[tuple[Cell, ...], ...]
    first: int
    last: int


@cache
def _fields() -> Mapping[str, str]:
    return {_plain(label): key for key, labels in words("labels").items() if key not in ("was", "comes") for label in labels}


def _plain(label: str) -> str:
    return " ".join(re.sub(r"[^\w@]+", " ", label.lower()).split())


@cache
def _around_labels() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """What may stand around a label: `nr` behind it, `din` before it, and whatever follows on `til`, `på`."""
    number, owner, details = (alternatives(words("rows")[key]) for key in ("label_numbers", "label_owners", "label_details"))
    return re.compile(rf"\b{number}$"), re.compile(rf"^{owner}\s+"), re.compile(rf"\s{details}\s.*$")


@cache
def _between_labels() -> re.Pattern[str]:
    return re.compile(rf"\s*(?:/|\+|&|,|\b{alternatives(words('particles')['and'])}\b)\s*")


@lru_cache(4096)  # what strangers write must not fill the memory
def fields_of(label: str) -> tuple[str, ...]:
    """The fields that a label names; () where it is none that we know. Case, points and "nr." don't matter."""
    plain = _plain(label)
    if not plain or len(plain) > 60 or len(label) > 200:
        return ()
    known = _fields()
    number, owner, details = _around_labels()
    tries = [
        plain,
        number.sub("", plain).strip(),
        re.sub(r"\s*\b\d{1,2}$", "", plain),
        owner.sub("", plain),
        details.sub("", plain),
        plain if person_word(label.split()[0].removesuffix("s")) else re.sub(r"^\w+s\s+", "", plain),
        _plain(cues("rows", "label_order").sub("", label)),
    ]
    for one in tries:
        if one in known:
            return (known[one],)
    parts = [p for p in _between_labels().split(label.lower().strip(" :.")) if p]
    if len(parts) > 1:
        found = [known.get(_plain(p), "") for p in parts]
        if all(found):
            return tuple(dict.fromkeys(found))
    return ()


_LABEL = re.compile(r"(?P<label>[^\W\d_][\w .,/()&+@\-]{0,44}?)\s*(?P<sep>\.{3,}\s*:?|:(?!//)|\?(?= )|=|\t|\s{3,}|\s[–-]\s)\s*")
_INLINE = re.compile(
    r"(?:^|[,;/|•·.(]\s{0,3}|\s{2,}|\s[-–]\s)(?P<label>[^\W\d_](?:[\w/]|-(?=\w)| (?![-–] )|\.(?! ?[A-ZÆØÅ])){0,28}?)\s{0,3}:\s{0,3}(?!//)"
)


def labelled(lines: tuple[Line, ...]) -> list[Labelled]:
    """The labelled values of the lines, in order."""
    found: list[Labelled] = []
    for at, line in enumerate(lines):
        if not line.text or len(line.text) > 600:
            continue
        found += _labels_of(lines, at, line)
    return found or _headed(lines)


def _headed(lines: tuple[Line, ...]) -> list[Labelled]:
    """Values below labels that stand alone on their lines, without a colon, where there are at least three."""
    found: list[Labelled] = []
    filled = [(at, line) for at, line in enumerate(lines) if line.text]
    for (at, line), (_, below) in pairwise(filled):
        fields = fields_of(line.text) if len(line.text) < 35 else ()
        if fields and fields != ("ignored",) and not fields_of(below.text) and len(below.text) < 120:
            found.append(Labelled(fields, line.text, Cell(below.text, below.start, below.end), at))
    return found if len(found) > 2 else []


def _labels_of(lines: tuple[Line, ...], at: int, line: Line) -> list[Labelled]:
    if re.match(r"\[\s*\]", line.text):
        return []  # a box that is not ticked
    lead = re.match(r"(?:[-–*•·>#]\s*|\d{1,2}[.)]\s*|\[[xX✓]\]\s*)*", line.text)
    skip = lead.end() if lead else 0
    spots = _spots(line.text, skip)
    found = []
    for nth, (_, begin, fields, label) in enumerate(spots):
        last = nth + 1 == len(spots)
        raw = line.text[begin : len(line.text) if last else spots[nth + 1][0]]
        value = raw.strip(" \t\u00a0,;/|•·_" if last else " \t\u00a0,;/|•·–-_")
        start = line.start + begin + (raw.index(value) if value else 0)
        cell = Cell(value, start, start + len(value))
        if not value and last:
            cell = _next_line(lines, at) or cell
        found.append(Labelled(fields, label, cell, at, spots[0][0] <= skip))
    return found


def _spots(text: str, skip: int) -> list[tuple[int, int, tuple[str, ...], str]]:
    """Where labels and their values begin in a line: one at its head and more with colons, or at least two within."""
    head = _LABEL.match(text, skip)
    fields = fields_of(head.group("label")) if head else ()
    if head and fields and not (head.group("sep").strip() in ("–", "-", "=") and fields == ("ignored",)):
        first = [(head.start(), head.end(), fields, head.group("label"))]
        return first + _inline(text, head.end()) if ":" in head.group("sep") else first
    within = _inline(text, skip)
    return within if len(within) > 1 else []


def _inline(text: str, start: int) -> list[tuple[int, int, tuple[str, ...], str]]:
    if ":" not in text:
        return []
    return [
        (match.start(), match.end(), fields, match.group("label"))
        for match in _INLINE.finditer(text, start)
        if len(match.group("label")) > 1 and (fields := fields_of(match.group("label")))
    ]


def _next_line(lines: tuple[Line, ...], at: int) -> Cell | None:
    """The value of a label that stands alone on its line."""
    for line in lines[at + 1 : at + 3]:
        if line.text:
            head = _LABEL.match(line.text)
            if (head and fields_of(head.group("label"))) or len(line.text) > 120:
                return None
            if line is not lines[at + 1] and line.text.endswith(".") and len(line.text.split()) > 4:
                return None  # a sentence of its own, below an empty field
            return Cell(line.text, line.start, line.end)
    return None


def tables(lines: tuple[Line, ...]) -> list[Table]:
    """The tables of the lines: with tabs (or bars, or wide gaps), else a cell a line."""
    found: list[Table] = []
    at, cells = 0, 0
    while at < len(lines) and cells < MAX_CELLS:
        rows, last = _tabbed(lines, at)
        if len(rows) >= 2:
            found.append(Table(tuple(rows), at, last))
            cells += sum(len(r) for r in rows)
            at = last + 1
            continue
        stacked = _stacked(lines, at)
        if stacked:
            found.append(stacked)
            at = stacked.last + 1
            continue
        at += 1
    return found


_BARS = re.compile(r"^\|.*\|$")


def _cut(line: Line) -> list[Cell]:
    text = line.text
    if _BARS.match(text):
        inner, offset, separator = text[1:-1], 1, re.compile(r"\|")
    elif "\t" in text:
        inner, offset, separator = text, 0, re.compile(r"\t")
    elif text.count(";") >= 2 and "<" not in text:
        inner, offset, separator = text, 0, re.compile(r";")
    elif " / " in text:
        inner, offset, separator = text, 0, re.compile(r"\s/\s")
    elif re.search(r"\S\s{2,}\S", text):
        inner, offset, separator = text, 0, re.compile(r"\s{2,}")
    else:
        return []
    cells, at = [], 0
    for cut in [*separator.finditer(inner), None]:
        end = cut.start() if cut else len(inner)
        value = inner[at:end].strip(" \u00a0\t")
        start = line.start + offset + at + (inner[at:end].index(value) if value else 0)
        cells.append(Cell(value, start, start + len(value)))
        if cut:
            at = cut.end()
    return cells


def _tabbed(lines: tuple[Line, ...], at: int) -> tuple[list[tuple[Cell, ...]], int]:
    rows: list[tuple[Cell, ...]] = []
    last = at
    for index in range(at, len(lines)):
        line = lines[index]
        if not line.text or re.fullmatch(r"[|\s:\-+=]+", line.text):
            if rows:
                continue
            break
        cells = _cut(line)
        if len(cells) < 2 or (rows and "\t" in lines[at].text and "\t" not in line.text):
            break
        rows.append(tuple(cells))
        last = index
    if rows and not any("\t" in lines[i].text or _BARS.match(lines[i].text) for i in range(at, last + 1)):
        heads = [fields_of(c.text) for c in rows[0]]
        if sum(bool(h) for h in heads) < 2 or not any("name" in h or "first_name" in h for h in heads):
            return [], at
    return rows, last


def _stacked(lines: tuple[Line, ...], at: int) -> Table | None:
    """A table whose cells stand a line each: a run of two or more labels, then that many lines a row."""
    heads: list[Cell] = []
    index = at
    while index < len(lines) and len(heads) < 9:
        line = lines[index]
        if line.text:
            if not 0 < len(fields_of(line.text)) < 3 or len(line.text) > 45 or ":" in line.text[:-1] or re.search(r"\d{3}", line.text):
                break
            heads.append(Cell(line.text, line.start, line.end))
        index += 1
    if len(heads) > 2 and fields_of(heads[0].text) == fields_of(heads[1].text):
        heads.pop(0)  # a heading above the table
    if len(heads) < 2 or not any({"name", "first_name"} & set(fields_of(h.text)) for h in heads):
        return None
    spaced = sum(not x.text for x in lines[at:index]) >= len(heads) - 1
    rows: list[tuple[Cell, ...]] = [tuple(heads)]
    row: list[Cell] = []
    blanks, last = 0, index - 1
    while index < len(lines):
        line = lines[index]
        if not line.text:
            blanks += 1
            if spaced and blanks % 2 == 0 and blanks:
                row.append(Cell("", line.start, line.start))
        elif _labels_of(lines, index, line) and ":" in line.text:
            return None  # a form with a heading
        elif len(line.text) > 90 or (not row and re.search(r"[.!?]$", line.text) and len(line.text) > 30):
            break
        else:
            blanks = 0
            row.append(Cell(line.text, line.start, line.end))
        if len(row) == len(heads):
            rows.append(tuple(row))
            row, last = [], index
        index += 1
    return Table(tuple(rows), at, last) if len(rows) > 1 else None
