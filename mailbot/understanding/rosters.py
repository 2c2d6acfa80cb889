"""People in tables: a row each, or a column each; and the roster of all that structures tell (labelled blocks and lists have modules
of their own). What is told once below or beside people is common to all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from mailbot.understanding import items, names
from mailbot.understanding.entities import scan, within
from mailbot.understanding.facts import Found, Record
from mailbot.understanding.layout import Cell, Table, fields_of
from mailbot.understanding.lexicon import affixes, alternatives, cues, pattern, words
from mailbot.understanding.values import fill, fill_all, surname


@dataclass(slots=True)
class Roster:
    """What structures tell: records, what is common to all, names of those who leave, seats without a name."""

    records: list[Record] = field(default_factory=list)
    common: Record = field(default_factory=Record)
    loose: Record = field(default_factory=Record)  # data without a name: the writer's, or the only participant's
    withdrawn: list[Found] = field(default_factory=list)
    nobody: int = 0
    domain: str = ""  # the writer's: the country of telephones
    lines: set[int] = field(default_factory=set)  # the lines that were used up


def from_tables(tables: list[Table], roster: Roster, module: str = "tables", source: str = "text") -> None:
    """The people of tables: a row each, or a column each where the first column holds the labels."""
    for table in tables:
        people = _of_table([list(row) for row in table.rows], module, source, roster)
        if people is not None and (people or roster.nobody or roster.withdrawn):
            roster.records += people
            roster.lines |= set(range(table.first, table.last + 1))


def _of_table(rows: list[list[Cell]], module: str, source: str, roster: Roster) -> list[Record] | None:
    """The people of one table, by what its first row and its first column are; None where it is no table of people."""
    head = [fields_of(c.text) for c in rows[0]]
    side = [fields_of(r[0].text) for r in rows if r]
    known, sided = sum(bool(h) for h in head), sum(bool(s) for s in side)
    if (swap := _swap(rows)) is not None:
        return _swapped(rows[1:], *swap, head, module, source, roster)
    titled = known >= 2 and not any(map(_called, rows[0]))
    if _each_with_a_part(rows[1:] if titled else rows):
        return _by_part(rows[1:] if titled else rows, head[1:] if titled else [], module, source, roster)
    if sided >= 2 and sided >= 0.6 * len(rows) and (known < 2 or sided > known):
        # two columns of label and value are labelled lines
        return None if max(len(r) for r in rows) == 2 else _columns(rows, module, source, roster)
    if known and (known >= 2 or known * 2 >= len(head)):
        return _rows(rows[1:], head, module, source, roster)
    return _untitled(rows, module, source, roster)


def _each_with_a_part(rows: list[list[Cell]]) -> bool:
    """Whether each row begins with what somebody does, and a name follows: `Deltager | Bo Friis | …`, `Ud | …`, `Faktura | …`."""
    parts = [_part(row[0].text) for row in rows if len(row) > 1]
    return len(parts) == len(rows) > 1 and all(parts) and "comes" in parts and all(any(_called(c) for c in row[1:]) for row in rows)


def _called(cell: Cell) -> bool:
    return len(cell.text.split()) > 1 and _one_name(cell.text)


def _part(text: str) -> str:
    """What somebody of a table does: `comes`, `leaves`, `other` (pays, approves); "" where the text does not say."""
    if len(text) > 30:
        return ""
    fields = fields_of(text)
    if fields == ("withdrawn",) or pattern("labels", "was").fullmatch(text.strip(" :")):
        return "leaves"
    if "name" in fields or pattern("labels", "comes").fullmatch(text.strip(" :")):
        return "comes"
    return "other" if fields in (("ean",), ("ignored",), ("contact",), ("email",), ("reference",)) else ""


def _by_part(rows: list[list[Cell]], head: list[tuple[str, ...]], module: str, source: str, roster: Roster) -> list[Record]:
    people = []
    for row in rows:
        part = _part(row[0].text)
        if part == "leaves":
            roster.withdrawn += people_of(next(cell for cell in row[1:] if _called(cell)))
        elif part == "comes" and head:
            record = _cells(zip(head, row[1:], strict=False), row[1:], module, source, roster)
            people += [record] if record else []
        elif part == "comes":
            people += _untitled([row[1:]], module, source, roster)
    return people


def _rows(rows: list[list[Cell]], head: list[tuple[str, ...]], module: str, source: str, roster: Roster) -> list[Record]:
    people: list[Record] = []
    answer = _yes_or_no(rows, head)
    if answer is not None:
        rows = [row for row in rows if len(row) > answer and cues("rows", "comes").match(row[answer].text)]
        head = [() if at == answer else keys for at, keys in enumerate(head)]
    for row in rows:
        record = _cells(zip(head, row, strict=False), row, module, source, roster)
        if record:
            for keys, cell in zip(head, row, strict=False):
                if people and cues("rows", "same_answer").fullmatch(cell.text):
                    for key in keys:
                        record.put(key, people[-1].fields.get(key))
            people.append(record)
    return people


def _swap(rows: list[list[Cell]]) -> tuple[int, int] | None:
    """The columns of who was and who comes instead: `Før | Nu`, `Tilmeldt hidtil | Ny deltager`; below them are names."""
    old = [at for at, cell in enumerate(rows[0]) if len(cell.text) < 40 and pattern("labels", "was").search(cell.text)]
    new = [at for at, cell in enumerate(rows[0]) if len(cell.text) < 40 and pattern("labels", "comes").search(cell.text) and at not in old]
    if len(old) != 1 or len(new) != 1:
        return None
    cells = [row[at].text for row in rows[1:] for at in (old[0], new[0]) if len(row) > at]
    return (old[0], new[0]) if cells and all(_one_name(c) or items.is_nobody(c) or not c for c in cells) else None


def _one_name(text: str) -> bool:
    head = re.split(r"[,;(/]|\s[-–]\s", text)[0].strip()
    return names.shaped(head) or names.known(head)


def _swapped(
    rows: list[list[Cell]], old: int, new: int, head: list[tuple[str, ...]], module: str, source: str, roster: Roster
) -> list[Record]:
    people = []
    for row in rows:
        gone = row[old] if len(row) > old else None
        keys = [("name",) if at == new else () if at == old else h for at, h in enumerate(head)]
        record = _cells(zip(keys, row, strict=False), row[new : new + 1], module, source, roster)
        if gone and gone.text and not (record and names.same(record.name, gone.text) == 2):
            roster.withdrawn += people_of(gone)
        elif gone and record:
            continue  # the same person before and after
        people += [record] if record else []
    return people


def _yes_or_no(rows: list[list[Cell]], head: list[tuple[str, ...]]) -> int | None:
    """The column that says who takes part: only yes and no, both of them."""
    for at, keys in enumerate(head):
        if keys == ("dietary",) or keys == ("returning",):
            continue
        values = [row[at].text.lower() for row in rows if len(row) > at]
        yes, no = affixes("rows", "yes"), affixes("rows", "no")
        if (
            values
            and all(_answer().match(v) for v in values)
            and any(v.startswith(yes) for v in values)
            and any(v.startswith(no) or not v for v in values)
        ):
            return at
    return None


@cache
def _answer() -> re.Pattern[str]:
    return re.compile(rf"{alternatives([*words('rows')['yes'], *words('rows')['no']])}?(?:\W|$)")


def _columns(rows: list[list[Cell]], module: str, source: str, roster: Roster) -> list[Record]:
    people = []
    for column in range(1, max(len(r) for r in rows)):
        cells = [(fields_of(r[0].text), r[column]) for r in rows if len(r) > column]
        record = _cells(cells, [c for _, c in cells], module, source, roster)
        if record:
            people.append(record)
    return people


def _cells(cells: Iterable[tuple[tuple[str, ...], Cell]], row: list[Cell], module: str, source: str, roster: Roster) -> Record | None:
    record = Record(place=row[0].start if row else 0, form="table", joins=2.0)
    last: Cell | None = None
    for keys, cell in cells:
        if "name" in keys and items.is_nobody(cell.text):
            roster.nobody += 1
            return None
        if keys == ("last_name",):
            last = cell
        elif keys not in (("ignored",), ("withdrawn",)):
            fill_all(record, keys, cell, module, source, roster.domain)
        if "name" in keys and len(keys) > 1 and "name" not in record.fields:
            fill(record, "name", cell, module, source)
    if last is not None and last.text:
        surname(record, last, module, source)
    if "name" in record.fields:
        record.place = record.fields["name"].start
    return record if ("name" in record.fields or record.writer) else None


def _untitled(rows: list[list[Cell]], module: str, source: str, roster: Roster) -> list[Record]:
    people = []
    for row in rows:
        if len(row) > 1 and pattern("labels", "was").fullmatch(row[0].text.strip(" :")):
            roster.withdrawn += people_of(row[1])
            continue
        made = Record(place=row[0].start if row else 0, form="table", joins=2.0)
        for cell in row:
            marks = within(cell.text, cell.start)
            made.merge(one := items.record(cell.text, cell.start, marks, module, source=source))
            made.writer = made.writer or one.writer
            if turned := names.turned(cell.text):
                made.put("name", Found(turned, cell.start, cell.end, module, source))
            elif "name" in one.fields:
                made.put("name", one.fields["name"])
        if "name" in made.fields or made.writer:
            people.append(made)
    return people


def people_of(cell: Cell) -> list[Found]:
    """The names of a cell or a labelled value."""
    marks = [m for m in scan(cell.text) if m.kind == "name"]
    if not marks and (names.shaped(cell.text) or names.known(cell.text)):
        return [Found(cell.text, cell.start, cell.end, "blocks")]
    return [Found(m.value, m.start + cell.start, m.end + cell.start, "blocks") for m in marks]
