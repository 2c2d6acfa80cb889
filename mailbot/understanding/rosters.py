"""People in structures: table rows (or columns), blocks of labelled fields, list entries. Each becomes a record; what
is told once below or beside them is common to all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mailbot.understanding import diets, items, names
from mailbot.understanding.entities import Mark, scan, within
from mailbot.understanding.facts import SHARED, Found, Record, best_phone, from_mark
from mailbot.understanding.gazetteer import is_first_name
from mailbot.understanding.layout import Cell, Labelled, Table, fields_of
from mailbot.understanding.lexicon import cues, pattern
from mailbot.understanding.numbers import check_digit_right
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


def fill(record: Record, key: str, cell: Cell, module: str, source: str = "text", domain: str = "") -> None:
    """Puts the value of a labelled field or a table cell into a record, in the form of that field."""
    text = re.sub(r"^[A-ZÆØÅ]{2,4}:\s+", "", cell.text)  # initials before an answer
    cell = Cell(text, cell.end - len(text), cell.end)
    if not text or (
        key != "dietary"
        and re.fullmatch(
            r"[\W_]*|n/?a|ingen|nej|uændret|samme(?: som .{0,30})?|ditto|do\.?|se (?:neden|oven|under).*|\?+", text, re.IGNORECASE
        )
    ):
        return
    marks = within(text, cell.start, domain, "tlf " if key == "phone" else "")

    def first(*kinds: str) -> Mark | None:
        return next((m for m in marks if m.kind in kinds and not (m.off and m.kind != "reference")), None)

    plain = Found(" ".join(text.split()), cell.start, cell.end, module, source)
    if key == "name" and (turned := names.turned(text)):
        record.put("name", Found(turned, cell.start, cell.end, module, source))
    elif key in ("name", "contact", "first_name"):
        made = items.record(text, cell.start, marks, module, source=source)
        if (
            key == "name"
            and "name" not in made.fields
            and len(text) < 60
            and not made.writer
            and not items.is_nobody(text)
            and not first("email", "phone", "title", "organisation")
        ):
            made.put("name", plain)
        record.writer = record.writer or (made.writer and key == "name")
        for one, found in made.fields.items():
            record.put(one, found)
    elif key in ("ean", "cvr", "phone"):
        _number(record, key, text, marks, plain, first("ean", "ean_invalid"), module, source)
    elif key == "email":
        mark = first("email")
        if mark:
            record.put("email", from_mark(mark, module, source))
    elif key == "invoice_email":
        mark = first("email")
        if mark:
            record.put("invoice_email", from_mark(mark, module, source))
    elif key == "dietary":
        value = diets.value(text)
        if value:
            at = cell.start + max(0, text.find(value))
            record.put("dietary", Found(value, at, at + len(value), module, source))
    elif key == "remarks":
        for mark in marks:
            if mark.kind in ("dietary", "reference", "phone", "email", "ean"):
                record.put(mark.kind, from_mark(mark, module, source))
        if cues("roles", "returning").search(text):
            record.returning = record.returning or plain
    elif key == "returning":
        if re.match(r"(?:(?:ja|yes|x|sand|true|2025|i 2025)\b|✓)", text, re.IGNORECASE):
            record.returning = plain
    elif key in ("title", "organisation", "municipality", "reference"):
        _words(record, key, plain, marks, module, source)


def _number(record: Record, key: str, text: str, marks: list[Mark], plain: Found, ean: Mark | None, module: str, source: str) -> None:
    digits = re.sub(r"\D", "", text)
    if key == "phone":
        phone = best_phone(marks)
        if phone:
            record.put("phone", from_mark(phone, module, source))
    elif key == "cvr":
        if len(digits) == 8:
            record.put("cvr", Found(digits, plain.start, plain.end, module, source))
    elif ean:
        record.put(ean.kind, from_mark(ean, module, source))
    elif 9 <= len(digits) <= 16 and len(digits) > len(text) * 0.6:
        right = len(digits) == 13 and check_digit_right(digits)
        record.put("ean" if right else "ean_invalid", Found(digits, plain.start, plain.end, module, source))
    for mark in marks:
        if mark.kind == "reference":
            record.put("reference", from_mark(mark, module, source))
        elif mark.kind == "cvr":
            record.put("cvr", from_mark(mark, module, source))


def _words(record: Record, key: str, plain: Found, marks: list[Mark], module: str, source: str) -> None:
    if len(plain.value) > 120 or "@" in plain.value:
        return
    ean = next((m for m in marks if m.kind in ("ean", "ean_invalid")), None)
    if key == "reference" and ean:
        record.put(ean.kind, from_mark(ean, module, source))
        return
    place = next((m for m in marks if m.kind == "organisation"), None)
    job = next((m for m in marks if m.kind == "title"), None)
    if key == "title" and place and job and job.end <= place.start:
        record.put("title", from_mark(job, module, source))
        record.put("organisation", from_mark(place, module, source))
        return
    area = key == "title" and job is not None and job.value == plain.value  # "mellemleder (formidling)"
    value = re.sub(r"\s*\([^)]{0,60}\)$", "", plain.value) if key != "reference" and not area else plain.value
    record.put(key, Found(value.strip(" .,;"), plain.start, plain.start + len(value), module, source))


def from_tables(tables: list[Table], roster: Roster, module: str = "tables", source: str = "text") -> None:
    """The people of tables: a row each, or a column each where the first column holds the labels."""
    for table in tables:
        rows = [list(row) for row in table.rows]
        head = [fields_of(c.text) for c in rows[0]]
        side = [fields_of(r[0].text) for r in rows if r]
        known, sided = sum(bool(h) for h in head), sum(bool(s) for s in side)
        if (swap := _swap(rows)) is not None:
            roster.records += _swapped(rows[1:], *swap, head, module, source, roster)
            roster.lines |= set(range(table.first, table.last + 1))
            continue
        if sided >= 2 and sided >= 0.6 * len(rows) and (known < 2 or sided > known):
            if max(len(r) for r in rows) == 2:
                continue  # two columns of label and value are labelled lines
            people = _columns(rows, module, source, roster)
        elif known and (known >= 2 or known * 2 >= len(head)):
            people = _rows(rows[1:], head, module, source, roster)
        else:
            people = _untitled(rows, module, source, roster)
        if people or roster.nobody or roster.withdrawn:
            roster.records += people
            roster.lines |= set(range(table.first, table.last + 1))


def _rows(rows: list[list[Cell]], head: list[tuple[str, ...]], module: str, source: str, roster: Roster) -> list[Record]:
    people = []
    answer = _yes_or_no(rows, head)
    if answer is not None:
        rows = [
            row
            for row in rows
            if len(row) > answer and re.match(r"(?:ja|yes|x|✓|deltager|tilmeldt)\b|✓|✔", row[answer].text, re.IGNORECASE)
        ]
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
        answers = [re.match(r"(ja|yes|nej|no|x|måske|✓|-)?(?:\W|$)", v) for v in values]
        if (
            values
            and all(answers)
            and any(v.startswith(("ja", "yes", "x", "✓")) for v in values)
            and any(v.startswith(("nej", "no", "-", "måske")) or not v for v in values)
        ):
            return at
    return None


def _columns(rows: list[list[Cell]], module: str, source: str, roster: Roster) -> list[Record]:
    people = []
    for column in range(1, max(len(r) for r in rows)):
        cells = [(fields_of(r[0].text), r[column]) for r in rows if len(r) > column]
        record = _cells(cells, [c for _, c in cells], module, source, roster)
        if record:
            people.append(record)
    return people


def _cells(cells: object, row: list[Cell], module: str, source: str, roster: Roster) -> Record | None:
    record = Record(place=row[0].start if row else 0, form="table", joins=2.0)
    last: Cell | None = None
    for keys, cell in cells:  # type: ignore[attr-defined]
        if "name" in keys and items.is_nobody(cell.text):
            roster.nobody += 1
            return None
        for key in keys:
            if key == "last_name":
                last = cell
            elif len(keys) > 1 or key not in ("ignored", "withdrawn"):
                fill(record, "contact" if len(keys) > 1 else key, cell, module, source, roster.domain)
                if key == "first_name" and "name" not in record.fields and cell.text:
                    record.put("name", Found(cell.text, cell.start, cell.end, module, source))
        if keys and "name" in keys and len(keys) > 1 and "name" not in record.fields:
            fill(record, "name", cell, module, source)
    if last is not None and last.text:
        first = record.fields.pop("name", None)
        value = f"{first.value} {last.text}" if first else last.text
        record.put(
            "name",
            Found(
                value,
                min(first.start, last.start) if first else last.start,
                max(first.end, last.end) if first else last.end,
                module,
                source,
            ),
        )
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
    module = "blocks"
    records: list[Record] = []
    current: Record | None = None
    last_line = -1
    first_part: Found | None = None
    below = False  # past the last person, where a blank line parts off what is common
    used = set(roster.lines)
    for entry in found:
        if entry.line in used:
            continue
        keys = entry.fields
        if keys == ("ignored",):
            continue
        if keys == ("withdrawn",):
            roster.withdrawn += _people(entry.value)
            roster.lines.add(entry.line)
            continue
        if "name" in keys and items.is_nobody(entry.value.text):
            roster.nobody += 1
            current = Record(form="nobody")
            continue
        if keys == ("email",) and entry.value.text.count("@") > 1:
            continue
        several = _people(entry.value) if keys == ("name",) else []
        if len(several) > 1:
            _several(entry, roster)
            continue
        if "name" in keys or "first_name" in keys:
            if not _is_person(entry):
                continue
            if current is None or "name" in current.fields or current.form == "nobody":
                current = Record(place=entry.value.start, form="block", joins=2.0)
                records.append(current)
        shared = set(keys) <= set(SHARED) and not any(k in r.fields for r in records for k in keys)
        below = shared and (below or (len(records) > 1 and entry.line > last_line + 1 and _gap(lines, last_line, entry.line)))
        loose = current is None or below
        target = roster.common if loose or current is None else current
        if keys == ("last_name",) and target is not roster.common and "name" in target.fields:
            first_part = target.fields.pop("name")
            target.put("name", Found(f"{first_part.value} {entry.value.text}", first_part.start, entry.value.end, module, source))
        else:
            for key in keys:
                fill(target, "contact" if len(keys) > 1 else key, entry.value, module, source, roster.domain)
                if key == "first_name" and "name" not in target.fields:
                    target.put("name", Found(entry.value.text, entry.value.start, entry.value.end, module, source))
        if len(keys) > 1 and "reference" in keys and "reference" not in target.fields:
            _remainder(target, entry.value, module, source)
        if entry.whole and not (set(keys) <= {"ean", "cvr", "phone", "email"} and re.search(r"[.!?]\s+[A-ZÆØÅ]\w+ \w", entry.value.text)):
            roster.lines.add(entry.line)
            roster.lines |= {at for at in (entry.line + 1, entry.line + 2) if at < len(lines) and lines[at].start == entry.value.start}
        last_line = entry.line
    roster.records += [r for r in records if "name" in r.fields or r.writer]


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
    people = [m for m in marks if m.kind == "name"]
    for at, person in enumerate(people):
        end = people[at + 1].start if at + 1 < len(people) else cell.end
        record = items.record(cell.text[person.start - cell.start : end - cell.start], person.start, marks, "blocks", "block")
        record.joins = 2.0
        roster.records.append(record)
    roster.lines.add(entry.line)
