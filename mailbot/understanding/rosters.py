"""People in structures: table rows (or columns), blocks of labelled fields, list entries. Each becomes a record; what
is told once below or beside them is common to all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from mailbot.understanding import items, names
from mailbot.understanding.entities import scan, within
from mailbot.understanding.facts import SHARED, Found, Record
from mailbot.understanding.gazetteer import is_first_name
from mailbot.understanding.layout import Cell, Labelled, Table, fields_of
from mailbot.understanding.lexicon import affixes, alternatives, cues, pattern, words
from mailbot.understanding.values import fill, fill_all, surname
from mailbot.understanding.voices import Line


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
            roster.withdrawn += _people(next(cell for cell in row[1:] if _called(cell)))
        elif part == "comes" and head:
            record = _cells(zip(head, row[1:], strict=False), row[1:], module, source, roster)
            people += [record] if record else []
        elif part == "comes":
            people += _untitled([row[1:]], module, source, roster)
    return people


def _rows(rows: list[list[Cell]], head: list[tuple[str, ...]], module: str, source: str, roster: Roster) -> list[Record]:
    people = []
    answer = _yes_or_no(rows, head)
    if answer is not None:
        rows = [row for row in rows if len(row) > answer and cues("rows", "comes").match(row[answer].text)]
        head = [() if at == answer else keys for at, keys in enumerate(head)]
    for row in rows:
        record = _cells(zip(head, row, strict=False), row, module, source, roster)
        if record:
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
            roster.withdrawn += _people(gone)
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
            roster.withdrawn += _people(row[1])
            continue
        made = Record(place=row[0].start if row else 0, form="table", joins=2.0)
        for cell in row:
            marks = within(cell.text, cell.start)
            made.merge(one := items.record(cell.text, cell.start, marks, module, source=source))
            made.writer = made.writer or one.writer
            if "name" in one.fields:
                made.put("name", one.fields["name"])
        if "name" in made.fields or made.writer:
            people.append(made)
    return people


def from_labels(found: list[Labelled], lines: tuple[Line, ...], roster: Roster, source: str = "text") -> None:
    """The people of labelled blocks: a new one where a name (or any field of the record) comes again."""
    blocks = _Blocks(roster, lines, source)
    used = set(roster.lines)
    for entry in found:
        if entry.line not in used and not blocks.no_field(entry):
            blocks.take(entry)
    roster.records += [r for r in blocks.records if "name" in r.fields or r.writer]


@dataclass(slots=True)
class _Blocks:
    """Labelled blocks as far as they were read: the people in them and the one whose fields come now."""

    roster: Roster
    lines: tuple[Line, ...]
    source: str
    records: list[Record] = field(default_factory=list)
    current: Record | None = None
    last_line: int = -1
    below: bool = False  # past the last person, where a blank line parts off what is common

    def no_field(self, entry: Labelled) -> bool:
        """Whether an entry is no field of one person; who leaves, who is several, or nobody yet, goes to the roster."""
        keys = entry.fields
        if keys == ("withdrawn",):
            self.roster.withdrawn += _people(entry.value)
            self.roster.lines.add(entry.line)
            return True
        if "name" in keys and items.is_nobody(entry.value.text):
            self.roster.nobody += 1
            self.current = Record(form="nobody")
            return True
        if keys == ("name",) and len(_people(entry.value)) > 1:
            _several(entry, self.roster)
            return True
        if keys == ("reference",) and _each_their_own().search(entry.value.text):
            return True  # "MEK4 på hans faktura og IMS2 på min"
        if not entry.whole and self.current is None and _behind_a_name(self.lines[entry.line], entry):
            return True  # "… Lise Krogh (mail: …, mobil: …) og Bo Friis (mail: …)" is a sentence
        several_addresses = keys == ("email",) and entry.value.text.count("@") > 1
        nameless = bool({"name", "first_name"} & set(keys)) and not _is_person(entry)
        return keys == ("ignored",) or several_addresses or nameless

    def take(self, entry: Labelled) -> None:
        """Puts a field where it belongs: into the record of the block, or to what is common to all."""
        keys, value = entry.fields, entry.value
        if "name" in keys or "first_name" in keys:
            self._begin(value)
        elif keys == ("organisation",) and self._next_block(entry):
            self.current = Record(place=value.start, form="block", joins=2.0)
            self.records.append(self.current)
        target = self._target(entry)
        if keys == ("last_name",) and target is not self.roster.common and "name" in target.fields:
            surname(target, value, "blocks", self.source)
        else:
            fill_all(target, keys, value, "blocks", self.source, self.roster.domain)
        if len(keys) > 1 and "reference" in keys and "reference" not in target.fields:
            _remainder(target, value, "blocks", self.source)
        if entry.whole and not (set(keys) <= {"ean", "cvr", "phone", "email"} and _SENTENCE_BEHIND.search(value.text)):
            self._use_up(entry)
        self.last_line = entry.line

    def _next_block(self, entry: Labelled) -> bool:
        """Whether a place of work opens the block of somebody whose name comes below it: the one above has both."""
        parted = entry.line > self.last_line + 1 and self.lines[entry.line - 1].text != "" and not self.lines[self.last_line + 1].text
        return parted and self.current is not None and {"name", "organisation"} <= set(self.current.fields)

    def _begin(self, name: Cell) -> None:
        if self.current is None or "name" in self.current.fields or self.current.form == "nobody":
            self.current = Record(place=name.start, form="block", joins=2.0)
            self.records.append(self.current)

    def _target(self, entry: Labelled) -> Record:
        keys = entry.fields
        shared = set(keys) <= set(SHARED) and not any(k in r.fields for r in self.records for k in keys)
        apart = len(self.records) > 1 and entry.line > self.last_line + 1 and _gap(self.lines, self.last_line, entry.line)
        self.below = shared and (self.below or apart)
        return self.roster.common if self.current is None or self.below else self.current

    def _use_up(self, entry: Labelled) -> None:
        """The line of an entry says no more; its value may stand on one of the next two."""
        if _each_their_own().search(self.lines[entry.line].text):
            return
        following = (at for at in (entry.line + 1, entry.line + 2) if at < len(self.lines))
        self.roster.lines |= {entry.line, *(at for at in following if self.lines[at].start == entry.value.start)}


@cache
def _each_their_own() -> re.Pattern[str]:
    lists = words("references")
    return re.compile(rf"\w {alternatives(lists['on'])} {alternatives(lists['whose'])}(?!\w)")


def _behind_a_name(line: Line, entry: Labelled) -> bool:
    """Whether a label within a line stands in brackets behind somebody's name."""
    lead = line.text[: entry.value.start - line.start]
    opened = lead.rfind("(")
    return opened > lead.rfind(")") and any(m.kind == "name" and opened - 2 <= m.end <= opened for m in scan(lead[:opened]))


_SENTENCE_BEHIND = re.compile(r"[.!?]\s+[A-ZÆØÅ]\w+ \w")


def _remainder(record: Record, cell: Cell, module: str, source: str) -> None:
    """`EAN og reference: 5798… / SOLB`: what is left beside the number."""
    left = [p for p in items.split(cell.text, cell.start) if not re.search(r"\d{6}|@", p.text) and len(p.text) < 40]
    if len(left) == 1:
        record.put("reference", Found(left[0].text, left[0].start, left[0].end, module, source))


def _is_person(entry: Labelled) -> bool:
    """Whether a labelled "name" is a person's: no sentence, no course."""
    text = entry.value.text
    if not text or len(text) > 150:
        return False
    if "name" not in entry.fields:
        return True
    head = re.split(r"[,;(/]|\s[-–]\s", text)[0].strip()
    return (
        items.is_self(text)
        or names.shaped(head)
        or names.known(head)
        or any(m.kind == "name" for m in scan(text))
        or (len(head.split()) <= 4 and is_first_name(head.split()[0] if head.split() else ""))
    )


def _gap(lines: tuple[Line, ...], before: int, after: int) -> bool:
    return any(not lines[at].text for at in range(before + 1, after))


def _people(cell: Cell) -> list[Found]:
    marks = [m for m in scan(cell.text) if m.kind == "name"]
    if not marks and (names.shaped(cell.text) or names.known(cell.text)):
        return [Found(cell.text, cell.start, cell.end, "blocks")]
    return [Found(m.value, m.start + cell.start, m.end + cell.start, "blocks") for m in marks]


def _several(entry: Labelled, roster: Roster) -> None:
    """`Deltagere: Tina Holm (souschef), Lars Holm og Bo Friis`: one record a name, with what follows it."""
    cell = entry.value
    marks = within(cell.text, cell.start)
    if (behind := _SENTENCE_BEHIND.search(cell.text)) is not None:  # what follows is told of all
        told = items.record(cell.text[behind.start() + 2 :], cell.start + behind.start() + 2, marks, "blocks", "block")
        for key in SHARED:
            roster.common.put(key, told.fields.get(key))
        cell = Cell(cell.text[: behind.start() + 1], cell.start, cell.start + behind.start() + 1)
        marks = [m for m in marks if m.end <= cell.end]
    people = [m for m in marks if m.kind == "name"]
    for at, person in enumerate(people):
        end = people[at + 1].start if at + 1 < len(people) else cell.end
        record = items.record(cell.text[person.start - cell.start : end - cell.start], person.start, marks, "blocks", "block")
        record.joins = 2.0
        roster.records.append(record)
    roster.lines.add(entry.line)
