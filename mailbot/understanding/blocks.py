"""People in blocks of labelled fields (`Navn: …`, `Titel: …`): a block each, or a line each with what follows in the same order
(`Navne: A og B`, `Titler: souschef og leder`). What stands apart from the blocks is common to all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise

from mailbot.understanding import items, names, titles
from mailbot.understanding.entities import scan, within
from mailbot.understanding.facts import SHARED, Found, Record
from mailbot.understanding.gazetteer import is_first_name
from mailbot.understanding.layout import Cell, Labelled
from mailbot.understanding.lexicon import alternatives, cues, words
from mailbot.understanding.rosters import Roster, people_of
from mailbot.understanding.values import fill, fill_all, surname
from mailbot.understanding.voices import Line


def from_labels(found: list[Labelled], lines: tuple[Line, ...], roster: Roster, source: str = "text") -> None:
    """The people of labelled blocks: a new one where a name (or any field of the record) comes again."""
    blocks = _Blocks(roster, lines, source)
    entries = _with_names([entry for entry in found if entry.line not in roster.lines], lines)
    groups = _groups(entries, lines)
    blocks.names_left = sum(bool({"name", "first_name"} & set(e.fields)) for e in entries)
    for group in groups:
        blocks.open(group)
        for entry in group:
            blocks.names_left -= bool({"name", "first_name"} & set(entry.fields))
            if not blocks.no_field(entry) and not blocks.in_turn(entry):
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
    names_left: int = 0  # how many names are still to come
    row: list[Record] = field(default_factory=list)  # the people of the last line of several names

    def open(self, group: list[Labelled]) -> None:
        """Begins a new person where the fields of a group come before its name: `Titel: souschef` above `Navn: Bo Friis`."""
        at = next((n for n, e in enumerate(group) if {"name", "first_name"} & set(e.fields)), 0)
        if not at or not _is_person(group[at]) or len(people_of(group[at].value)) > 1:
            return
        held = set(self.current.fields) if self.current is not None else set()
        before = [e for e in group[:at] if e.fields != ("ignored",)]
        if any(set(e.fields) <= set(SHARED) - held or {"withdrawn", "name"} & set(e.fields) for e in before):
            return
        self.current = Record(place=group[at].value.start, form="block", joins=2.0)
        self.records.append(self.current)

    def in_turn(self, entry: Labelled) -> bool:
        """Gives each of a line of names their own of a line of as many values: `Titler: souschef, leder og teamleder`."""
        if len(entry.fields) != 1 or {"name", "first_name", "last_name"} & set(entry.fields):
            return False
        key = entry.fields[0]
        cells = _row_of(entry.value, len(self.row))
        if len(self.row) > 1 and cells:
            for record, cell in zip(self.row, cells, strict=True):
                fill(record, key, cell, "blocks", self.source, self.roster.domain)
            self._use_up(entry)
            self.last_line = entry.line
            return True
        several_addresses = key == "email" and entry.value.text.count("@") > 1
        return several_addresses or (key == "title" and self.current is None and _several_titles(entry.value))  # for the sentences

    def no_field(self, entry: Labelled) -> bool:
        """Whether an entry is no field of one person; who leaves, who is several, or nobody yet, goes to the roster."""
        keys = entry.fields
        if keys == ("withdrawn",):
            self.roster.withdrawn += people_of(entry.value)
            self.roster.lines.add(entry.line)
            return True
        if "name" in keys and items.is_nobody(entry.value.text):
            self.roster.nobody += 1
            self.current = Record(form="nobody")
            return True
        if keys == ("name",) and len(people_of(entry.value)) > 1:
            self.row = _several(entry, self.roster)
            return True
        if keys == ("reference",) and _each_their_own().search(entry.value.text):
            return True  # "MEK4 på hans faktura og IMS2 på min"
        if not entry.whole and self.current is None and _behind_a_name(self.lines[entry.line], entry):
            return True  # "… Lise Krogh (mail: …, mobil: …) og Bo Friis (mail: …)" is a sentence
        if keys == ("ignored",) and entry.whole and len(entry.value.text.split()) <= 6 and people_of(entry.value):
            self.roster.lines.add(entry.line)  # "Nærmeste leder: Bo Friis" is nobody's entry
        nameless = bool({"name", "first_name"} & set(keys)) and not _is_person(entry)
        return keys == ("ignored",) or nameless

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
        elif cues("rows", "same_answer").fullmatch(value.text):
            self._as_above(target, keys)
        else:
            fill_all(target, keys, value, "blocks", self.source, self.roster.domain)
        if len(keys) > 1 and "reference" in keys and "reference" not in target.fields:
            _remainder(target, value, "blocks", self.source)
        if entry.whole and not (set(keys) <= {"ean", "cvr", "phone", "email"} and _SENTENCE_BEHIND.search(value.text)):
            self._use_up(entry)
        self.last_line = entry.line

    def _as_above(self, target: Record, keys: tuple[str, ...]) -> None:
        """`EAN: samme`: what the last block before says that says anything."""
        for key in keys:
            above = (r.fields[key] for r in reversed(self.records) if r is not target and key in r.fields)
            target.put(key, next(above, None))

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
        last = shared and len(self.records) > 1 and not self.names_left and set(keys) <= {"ean", "cvr", "invoice_email"}
        self.below = shared and (self.below or apart or last)  # a number below the last of several who have none
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


def _several(entry: Labelled, roster: Roster) -> list[Record]:
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
    made = []
    for at, person in enumerate(people):
        end = people[at + 1].start if at + 1 < len(people) else cell.end
        record = items.record(cell.text[person.start - cell.start : end - cell.start], person.start, marks, "blocks", "block")
        record.joins = 2.0
        made.append(record)
    roster.records += made
    roster.lines.add(entry.line)
    return made


def _with_names(entries: list[Labelled], lines: tuple[Line, ...]) -> list[Labelled]:
    """The entries, and the names that stand on a line of their own above those of one person: `1) Bo Friis` above `Titel: …`."""
    made: list[Labelled] = []
    for entry in entries:
        above = entry.line - 1
        personal = entry.whole and set(entry.fields) & {"title", "email", "phone", "dietary"}
        if personal and above >= 0 and not (made and made[-1].line >= above):
            line = lines[above]
            skip = items.bullet(line.text)
            text = line.text[skip:].rstrip(" :,")
            named = [m for m in scan(text) if m.kind == "name"]
            if len(text) < 60 and (names.known(text) or (len(named) == 1 and named[0].start == 0 and _NAMED.match(text, named[0].end))):
                made.append(Labelled(("name",), "", Cell(text, line.start + skip, line.start + skip + len(text)), above))
        made.append(entry)
    return made


_NAMED = re.compile(r"\s*(?:$|[,(]|[-–] )")


def _groups(entries: list[Labelled], lines: tuple[Line, ...]) -> list[list[Labelled]]:
    """The entries in groups, which blank lines part."""
    groups: list[list[Labelled]] = []
    for entry in entries:
        if not groups or _gap(lines, groups[-1][-1].line, entry.line):
            groups.append([])
        groups[-1].append(entry)
    return groups


_STRONG, _COMMAS = re.compile(r"\s*[;/|]\s*"), re.compile(r"\s*[,;/|]\s*")


def _row_of(cell: Cell, many: int) -> list[Cell]:
    """The `many` values of a row, between the marks that give as many; [] where none do."""
    lead = cues("whose", "in_turn").match(cell.text)
    text, start = (cell.text[lead.end() :].lstrip(" :"), 0) if lead else (cell.text, 0)
    start = cell.end - len(text)
    ends = [(m.start(), m.end()) for m in _and().finditer(text)]
    for marks in (_STRONG, _COMMAS):
        cuts = [m.span() for m in marks.finditer(text)]
        for spans in (cuts, sorted(cuts + ends[-1:]), sorted(cuts + ends))[: 3 if marks is _COMMAS else 1]:
            edges = [(0, 0), *spans, (len(text), len(text))]
            parts = [(a, b) for (_, a), (b, _) in pairwise(edges) if text[a:b].strip()]
            if len(parts) == many:
                return [Cell(text[a:b], start + a, start + b) for a, b in parts]
    return []


@cache
def _and() -> re.Pattern[str]:
    return re.compile(rf",? {alternatives(words('particles')['and'])} ")


def _several_titles(cell: Cell) -> bool:
    """Whether a value is a row of titles."""
    parts = next((row for n in range(2, 9) if (row := _row_of(cell, n)) and all(titles.whole(c.text) for c in row)), [])
    return len(parts) > 1
