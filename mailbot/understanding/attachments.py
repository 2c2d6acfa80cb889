"""Attachments as a second source: a signup form or a list as .xlsx, .docx, .pdf (text and form fields), .csv or .txt.

Each file is turned into lines, with tabs between cells, and read by the same machinery as a body. Capped in size,
unpacked size, pages, rows and time; XML with a DTD is refused. A missing library or a broken file is a note, never an
exception. (Office Open XML is ECMA-376.)
"""

from __future__ import annotations

import csv
import io
import re
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from xml.etree import ElementTree

from mailbot.mail.message import Attachment
from mailbot.understanding import blocks, layout, lists, rosters
from mailbot.understanding.entities import scan
from mailbot.understanding.facts import Record, from_mark
from mailbot.understanding.reading import Reason
from mailbot.understanding.rosters import Roster
from mailbot.understanding.voices import Line

MAX_FILES = 5
MAX_SIZE = 4_000_000  # bytes of one file
MAX_UNPACKED = 20_000_000  # bytes of all its parts
MAX_PARTS = 400
MAX_ROWS = 300
MAX_PAGES = 8
MAX_CHARS = 40_000
MAX_SECONDS = 3.0

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


class Unreadable(Exception):
    """A file that cannot be read; the text is the code of the note."""


@dataclass(slots=True)
class Attached:
    """What attachments tell: people, what is common to all of them, and doubts."""

    records: list[Record] = field(default_factory=list)
    common: Record = field(default_factory=Record)
    nobody: int = 0
    notes: list[Reason] = field(default_factory=list)


def read(attachments: Sequence[Attachment]) -> Attached:
    """Reads the attachments that may hold a signup; others are passed over in silence."""
    told = Attached()
    for attachment in attachments[: MAX_FILES * 4]:
        reader = _reader(attachment)
        if reader is None or len(told.notes) > MAX_FILES:
            continue
        if attachment.data is None or len(attachment.data) > MAX_SIZE:
            told.notes.append(Reason("attachment_too_large", {"name": attachment.name[:80]}))
            continue
        try:
            lines = list(islice(_capped(reader(attachment.data)), MAX_ROWS * 4))
        except Unreadable as problem:
            told.notes.append(Reason(str(problem), {"name": attachment.name[:80]}))
        except Exception:  # noqa: BLE001 - the readers raise whatever a hostile file makes them
            told.notes.append(Reason("attachment_unreadable", {"name": attachment.name[:80]}))
        else:
            _understand(told, lines, f"attachment:{attachment.name[:80]}")
    return told


def said(attachments: Sequence[Attachment]) -> str:
    """The names and the text of the attachments that may hold a signup, as far as they can be read; at most MAX_CHARS."""
    told: list[str] = []
    for attachment in attachments[:MAX_FILES]:
        reader = _reader(attachment)
        if reader is None:
            continue
        told.append(attachment.name.replace("-", " ").replace("_", " ")[:80])
        if attachment.data is not None and len(attachment.data) <= MAX_SIZE:
            with suppress(Exception):  # whatever a hostile file makes the readers raise: then its name must do
                told += islice(_capped(reader(attachment.data)), MAX_ROWS)
    return "\n".join(told)[:MAX_CHARS]


def text_of(name: str, data: bytes) -> str:
    """The text of one file (.docx, .pdf, .xlsx, .csv; anything else is taken for plain text), at most MAX_CHARS.

    Raises Unreadable with the code of the reason.
    """
    if len(data) > MAX_SIZE:
        raise Unreadable("attachment_too_large")
    reader = _reader(Attachment(name=name, content_type="", size=len(data), data=data)) or _text
    try:
        return "\n".join(_capped(reader(data)))[:MAX_CHARS]
    except Unreadable:
        raise
    except Exception as problem:  # the readers raise whatever a hostile file makes them
        raise Unreadable("attachment_unreadable") from problem


def _reader(attachment: Attachment) -> Callable[[bytes], Iterator[str]] | None:
    name, kind = attachment.name.lower(), attachment.content_type.lower()
    if name.endswith((".xlsx", ".xlsm")) or "spreadsheetml" in kind:
        return _sheet
    if name.endswith(".docx") or "wordprocessingml" in kind:
        return _document
    if name.endswith(".pdf") or kind == "application/pdf":
        return _pdf
    if name.endswith(".csv") or kind == "text/csv":
        return _csv
    return _text if name.endswith(".txt") else None


def _capped(lines: Iterator[str]) -> Iterator[str]:
    """Lines until the characters or the seconds are used up."""
    left, until = MAX_CHARS, time.monotonic() + MAX_SECONDS
    for line in lines:
        if left <= 0 or time.monotonic() > until:
            return
        yield line[:2_000]
        left -= len(line) + 1


def _understand(told: Attached, lines: list[str], source: str) -> None:
    at, made = 0, []
    for text in lines:
        stripped = text.strip(" \u00a0")
        made.append(Line(stripped, at, at + len(stripped)))
        at += len(stripped) + 1
    whole = "\n".join(line.text for line in made)
    roster = Roster()
    marks = scan(whole)
    rows = tuple(made)
    rosters.from_tables(layout.tables(rows), roster, source=source)
    blocks.from_labels(layout.labelled(rows), rows, roster, source=source)
    if not roster.records:
        lists.from_lists(rows, marks, roster, (), source=source)
    told.records += [r for r in roster.records if r.name]
    told.nobody += roster.nobody
    for mark in marks:
        if (
            mark.kind in ("ean", "ean_invalid", "reference")
            and not mark.off
            and not any(f.start <= mark.start < f.end for r in roster.records for f in r.fields.values())
        ):
            roster.common.put(mark.kind, from_mark(mark, "attachments", source))
    told.common.merge(roster.common)


# -- the formats --------------------------------------------------------------------------------


def _open(data: bytes) -> zipfile.ZipFile:
    """The archive of an office file, its unpacked size checked before anything is unpacked."""
    archive = zipfile.ZipFile(io.BytesIO(data))
    parts = archive.infolist()
    if len(parts) > MAX_PARTS or sum(p.file_size for p in parts) > MAX_UNPACKED:
        raise Unreadable("attachment_too_large")
    for part in parts:
        if part.filename.endswith((".xml", ".rels")):
            with archive.open(part) as file:
                if b"<!DOCTYPE" in file.read(4_000).upper():
                    raise Unreadable("attachment_unreadable")
    return archive


def _sheet(data: bytes) -> Iterator[str]:
    _open(data).close()
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise Unreadable("attachment_reader_missing") from None
    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    try:
        for sheet in book.worksheets[:4]:
            for row in islice(sheet.iter_rows(max_col=30, values_only=True), MAX_ROWS):
                cells = [_cell(value) for value in row]
                if any(cells):
                    yield "\t".join(cells).rstrip("\t")
            yield ""
    finally:
        book.close()


def _cell(value: object) -> str:
    """A cell as text; an EAN that a spreadsheet took for a number keeps its digits."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return " ".join(str(value).split())[:500]


def _document(data: bytes) -> Iterator[str]:
    with _open(data) as archive, archive.open("word/document.xml") as file:
        root = ElementTree.fromstring(file.read(MAX_UNPACKED))  # noqa: S314 - size capped, DTDs refused above
    body = root.find(f"{_WORD}body")
    yield from _blocks(body if body is not None else root, 0)


def _blocks(parent: ElementTree.Element, depth: int) -> Iterator[str]:
    for child in parent:
        if child.tag == f"{_WORD}p":
            yield _words(child)
        elif child.tag == f"{_WORD}tbl":
            for row in child.iter(f"{_WORD}tr"):
                cells = [" ".join(filter(None, (_words(p) for p in cell.iter(f"{_WORD}p")))) for cell in row.iter(f"{_WORD}tc")]
                yield (
                    "\t".join(cells).rstrip("\t")
                    if len(cells) != 2 or not cells[1]
                    else f"{cells[0].rstrip(' :')}:\t{cells[1]}"
                    if layout.fields_of(cells[0])
                    else "\t".join(cells)
                )
            yield ""
        elif depth < 20:
            yield from _blocks(child, depth + 1)


def _words(paragraph: ElementTree.Element) -> str:
    pieces = []
    for node in paragraph.iter():
        if node.tag == f"{_WORD}t":
            pieces.append(node.text or "")
        elif node.tag in (f"{_WORD}tab", f"{_WORD}br"):
            pieces.append(" ")
    return " ".join("".join(pieces).split())


def _pdf(data: bytes) -> Iterator[str]:
    try:
        from pypdf import PdfReader
    except ImportError:
        raise Unreadable("attachment_reader_missing") from None
    if not any(mark in data for mark in (b"/Font", b"/AcroForm", b"/ObjStm")):
        raise Unreadable("scan_without_text")  # a page without a font is a picture
    reader = PdfReader(io.BytesIO(data))
    told = False
    for name, entry in list((reader.get_fields() or {}).items())[:200]:
        value = entry.get("/V")
        if isinstance(value, str) and value.strip():
            told = True
            yield f"{str(entry.get('/TU') or name)[:60]}: {value[:300]}"
    for page in islice(reader.pages, MAX_PAGES):
        text = page.extract_text() or ""
        told = told or bool(text.strip())
        yield from text.split("\n")
        yield ""
    if not told:
        raise Unreadable("scan_without_text")


def _csv(data: bytes) -> Iterator[str]:
    text = _decoded(data)
    head = text[:2_000].split("\n")[0]
    delimiter = max(";,\t", key=head.count)
    for row in islice(csv.reader(io.StringIO(text), delimiter=delimiter), MAX_ROWS):
        yield "\t".join(" ".join(cell.split()) for cell in row)


def _text(data: bytes) -> Iterator[str]:
    yield from _decoded(data).split("\n")


def _decoded(data: bytes) -> str:
    try:
        return re.sub(r"\r\n?", "\n", data.decode("utf-8-sig"))[:MAX_CHARS]
    except UnicodeDecodeError:
        return re.sub(r"\r\n?", "\n", data.decode("cp1252", "replace"))[:MAX_CHARS]
