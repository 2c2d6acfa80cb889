"""Exports of a course: a workbook (.xlsx), a table for Danish Excel (.csv), and everything as JSON.

What people wrote is text and stays text: no cell becomes a formula or a link (in CSV a leading quote sees to that), EAN and
telephone numbers keep their digits, dates are dates. Diet stands in the list of participants only.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

import xlsxwriter

from mailbot.course import Status
from mailbot.letters import words as forms
from mailbot.letters.clean import line
from mailbot.letters.invoicing import Invoice, invoices
from mailbot.letters.mime import Attachment
from mailbot.letters.words import Words
from mailbot.registration.records import Registration, Roster

Cell = str | int | Decimal | date | datetime | None
XLSX = "vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST, WIDEST = 500, 44
LINE, MOST_LINES = 15, 12  # points, lines of a cell that are shown
A4 = 9  # as Excel numbers sizes of paper
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_FIELDS = (
    "name", "title", "organisation", "municipality", "email", "phone", "ean", "cvr", "reference", "invoice_email", "dietary", "returning",
)


def workbook(roster: Roster, words: Words, *, now: datetime) -> bytes:
    """Summary, participants, waiting list and invoicing basis as .xlsx; `now` (aware) is when it was made."""
    file = BytesIO()
    plain = dict.fromkeys(("strings_to_formulas", "strings_to_urls", "strings_to_numbers"), False)
    book = xlsxwriter.Workbook(file, {"in_memory": True, **plain})
    local = now.astimezone(roster.course.zone).replace(tzinfo=None, microsecond=0)
    book.set_properties({"title": roster.course.title, "created": local})
    names = words.section("sheets")
    _sheet(book, names["summary"], summary(roster, words, now), header=False)
    _sheet(book, names["people"], people(roster, words))
    _sheet(book, names["waiting"], waiting(roster, words))
    _sheet(book, names["invoicing"], invoicing(roster, words), total=True)
    book.close()
    return file.getvalue()


def attachment(roster: Roster, words: Words, *, now: datetime) -> Attachment:
    """The workbook as a file that goes along with a letter, named by course and day."""
    day = now.astimezone(roster.course.zone).date()
    return Attachment(f"{roster.course.id}-{day.isoformat()}.xlsx", f"application/{XLSX}", workbook(roster, words, now=now))


def csv_table(roster: Roster, words: Words, *, basis: bool = False) -> bytes:
    """The participants and the waiting list as .csv: UTF-8 with BOM, semicolons, CRLF, as Danish Excel opens it.

    `basis`: the invoicing basis instead.
    """
    file = StringIO()
    writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
    for row in invoicing(roster, words, grouped=True) if basis else people(roster, words, everybody=True, grouped=True):
        writer.writerow([_safe(cell) for cell in row])
    return b"\xef\xbb\xbf" + file.getvalue().encode("utf-8")


def as_json(roster: Roster, missing: Mapping[int, Sequence[str]] | None = None) -> bytes:
    """One object: the registrations (keys as those of `mailbot list --json`) and the invoicing basis; amounts as text."""
    made = {
        "course": roster.course.id,
        "registrations": [_object(r, roster, (missing or {}).get(r.id, ())) for r in _in_order(roster.registrations)],
        "invoicing": [_invoice_object(i) for i in invoices(roster.registrations, roster.course)],
    }
    return (json.dumps(made, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "replace")


def summary(roster: Roster, words: Words, now: datetime) -> list[list[Cell]]:
    """The course in a few figures."""
    course, columns, sheets = roster.course, words.section("columns"), words.section("sheets")
    basis = invoices(roster.registrations, course)
    seated = sum(r.seated for r in roster.registrations)
    rows: list[list[Cell]] = [
        [columns["course"], course.title],
        [columns["made"], _local(now, roster)],
        [columns["capacity"], course.capacity],
        [columns["seats"], seated],
        [columns["free"], roster.free_seats],
        [sheets["waiting"], len(roster.waiting)],
    ]
    if basis and basis[0].net is not None:
        rows += [[columns["net"], sum(i.net or 0 for i in basis)], [columns["gross"], sum(i.gross or 0 for i in basis)]]
    return rows


def people(roster: Roster, words: Words, *, everybody: bool = False, grouped: bool = False) -> list[list[Cell]]:
    """Those with a seat or an offer (`everybody`: all who are live), in the order of receipt; the first row is the header.

    `grouped`: EAN and telephone in groups, which keeps spreadsheet programs from taking them for numbers.
    """
    columns = words.section("columns")
    header = [columns["id"], columns["status"], *_labels(words), columns["absences"], columns["contact"], columns["received"]]
    chosen = (r for r in _in_order(roster.registrations) if (r.live if everybody else r.seated))
    rows = [
        [
            r.id, words.section("statuses")[r.status.value], *_details(r, words, grouped=grouped),
            words.listing(f"{d.day}/{d.month}" for d in r.absences), _contact(r), _local(r.received_at, roster),
        ]
        for r in chosen
    ]
    return [list(header), *rows]


def waiting(roster: Roster, words: Words) -> list[list[Cell]]:
    """The waiting list in its order."""
    columns = words.section("columns")
    keep = [n for n, field in enumerate(_FIELDS) if field != "dietary"]
    labels = _labels(words)
    rows: list[list[Cell]] = [[columns["position"], columns["id"], *(labels[n] for n in keep), columns["contact"], columns["received"]]]
    for position, r in enumerate(roster.waiting, 1):
        details = _details(r, words)
        rows.append([position, r.id, *(details[n] for n in keep), _contact(r), _local(r.received_at, roster)])
    return rows


def invoicing(roster: Roster, words: Words, *, grouped: bool = False) -> list[list[Cell]]:
    """The invoicing basis, one row a payer, the total last; `grouped` as for `people`."""
    columns, fields = words.section("columns"), words.section("fields")
    rows: list[list[Cell]] = [[
        columns["payer"], fields["ean"], fields["cvr"], fields["invoice_email"], fields["reference"], columns["attention"],
        columns["participants"], columns["count"], columns["net"], columns["vat"], columns["gross"],
    ]]
    basis = invoices(roster.registrations, roster.course)
    for i in basis:
        names = ", ".join(_billed(r, words) for r in i.people)
        ean = forms.ean(i.ean) if grouped and i.ean else i.ean
        rows.append([i.organisation, ean, i.cvr, i.invoice_email, i.reference, i.attention, names, len(i.people), i.net, i.vat, i.gross])
    if basis and basis[0].net is not None:
        columns_of_money = zip(*((i.net, i.vat, i.gross) for i in basis), strict=True)
        sums = [sum((amount or Decimal() for amount in column), Decimal()) for column in columns_of_money]
        rows.append([columns["total"], *[None] * 6, sum(len(i.people) for i in basis), *sums])
    return rows


def _billed(r: Registration, words: Words) -> str:
    name = line(r.person.name or r.person.email or "")
    return name if r.status is Status.CONFIRMED else words.section("columns")["late_cancellation"].format(name=name)


def _labels(words: Words) -> list[str]:
    return [words.section("fields")[field] for field in _FIELDS]


def _details(r: Registration, words: Words, *, grouped: bool = False) -> list[Cell]:
    shown: dict[str, Any] = {field: getattr(r.person, field) for field in _FIELDS}
    shown["returning"] = words["yes"] if r.person.returning else ""
    shown["phone"] = forms.phone(r.person.phone) if r.person.phone else ""
    if grouped and r.person.ean:
        shown["ean"] = forms.ean(r.person.ean)
    return [line(value, LONGEST) if value else "" for value in shown.values()]


def _contact(r: Registration) -> str:
    return line(r.contact.name or r.contact.email) if r.contact else ""


def _in_order(registrations: Iterable[Registration]) -> list[Registration]:
    return sorted(registrations, key=lambda r: (r.received_at, r.place, r.id))


def _local(moment: datetime, roster: Roster) -> datetime:
    """Local time without its zone, as spreadsheets have it."""
    return moment.astimezone(roster.course.zone).replace(tzinfo=None, second=0, microsecond=0)


def _sheet(book: Any, name: str, rows: Sequence[Sequence[Cell]], *, header: bool = True, total: bool = False) -> None:
    """One sheet: bold header that stays in sight, columns as wide as their words, a bold last row where it is the total."""
    sheet = book.add_worksheet(name[:31])
    top, bold = {"valign": "top"}, {"bold": True, "valign": "top"}
    formats = {
        "head": book.add_format({**bold, "bottom": 1, "text_wrap": True}), "label": book.add_format(bold),
        "text": book.add_format({**top, "num_format": "@", "text_wrap": True}), "number": book.add_format({**top, "num_format": "0"}),
        "moment": book.add_format({**top, "num_format": "dd-mm-yyyy hh:mm", "align": "left"}),
        "money": book.add_format({**top, "num_format": "#,##0.00"}), "last": book.add_format({**bold, "top": 1}),
        "sum": book.add_format({**bold, "num_format": "#,##0.00", "top": 1}),
    }
    for y, row in enumerate(rows):
        last = total and y == len(rows) - 1 and y > 0
        for x, cell in enumerate(row):
            _write(sheet, y, x, cell, formats, head=header and y == 0, label=not header and x == 0, last=last)
        lines = max((-(-len(_shown(cell)) // (WIDEST - 6)) for cell in row), default=1)
        if lines > 1:
            sheet.set_row(y, LINE * min(lines, MOST_LINES))  # not every program makes room for wrapped words by itself
    for x in range(max((len(row) for row in rows), default=0)):
        longest = max(len(_shown(row[x])) for row in rows if x < len(row))
        sheet.set_column(x, x, min(WIDEST, max(6, longest + 2)))
    if header:
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(0, len(rows) - 1 - total), len(rows[0]) - 1)
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)


def _write(sheet: Any, y: int, x: int, cell: Cell, formats: Mapping[str, Any], *, head: bool, label: bool, last: bool) -> None:
    if isinstance(cell, datetime):
        sheet.write_datetime(y, x, cell, formats["moment"])
    elif isinstance(cell, Decimal):
        sheet.write_number(y, x, float(cell), formats["sum" if last else "money"])
    elif isinstance(cell, int):
        sheet.write_number(y, x, cell, formats["last" if last else "number"])
    elif cell is None or cell == "":
        sheet.write_blank(y, x, None, formats["last" if last else "text"])
    else:
        kind = "head" if head else "label" if label else "last" if last else "text"
        sheet.write_string(y, x, line(cell, 10 * LONGEST), formats[kind])


def _shown(cell: Cell) -> str:
    return "" if cell is None else "00-00-0000 00:00" if isinstance(cell, datetime) else str(cell)


def _safe(cell: Cell) -> str:
    """A cell of a CSV table: one that a spreadsheet program would take for a formula gets a quote in front."""
    if isinstance(cell, Decimal):
        return f"{cell:.2f}".replace(".", ",")
    text = f"{cell:%d-%m-%Y %H:%M}" if isinstance(cell, datetime) else line(_shown(cell), 10 * LONGEST)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _object(r: Registration, roster: Roster, missing: Sequence[str]) -> dict[str, Any]:
    person = {field: getattr(r.person, field) for field in _FIELDS}
    return {
        "id": r.id, "course": roster.course.id, "status": r.status.value, "position": roster.position(r.id), **person,
        "contact": {"name": r.contact.name, "email": r.contact.email} if r.contact else None,
        "received_at": r.received_at.isoformat(),
        "offer_expires_at": r.offer_expires_at.isoformat() if r.offer_expires_at else None,
        "absences": [d.isoformat() for d in r.absences], "payable": r.payable, "missing": list(missing),
    }


def _invoice_object(i: Invoice) -> dict[str, Any]:
    return {
        "payer": i.organisation, "ean": i.ean, "cvr": i.cvr, "invoice_email": i.invoice_email, "reference": i.reference,
        "attention": i.attention, "registrations": [r.id for r in i.people],
        **{k: None if v is None else str(v) for k, v in (("net", i.net), ("vat", i.vat), ("gross", i.gross))},
    }
