"""Registrations out to files and in from a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailbot.cli.common import (
    ConfigOption,
    CourseOption,
    DatabaseOption,
    Failed,
    JsonOption,
    NowOption,
    UsageError,
    moment,
    only_course,
    open_store,
    print_json,
    progress,
    rules_of,
    settings,
)

if TYPE_CHECKING:
    from mailbot.understanding.reading import Person

# What columns of a spreadsheet may be called, in Danish and English; whatever else stands there is left out.
COLUMNS: Mapping[str, str] = {
    "navn": "name", "name": "name", "deltager": "name",
    "mail": "email", "e-mail": "email", "email": "email", "mailadresse": "email",
    "titel": "title", "stilling": "title", "title": "title",
    "bibliotek": "organisation", "organisation": "organisation", "arbejdssted": "organisation",
    "telefon": "phone", "tlf": "phone", "mobil": "phone", "phone": "phone",
    "ean": "ean", "ean-nummer": "ean", "reference": "reference", "rekvisition": "reference", "kost": "dietary", "allergi": "dietary",
}  # fmt: skip
MOST_ROWS = 5000


def add_to(app: typer.Typer) -> None:
    app.command(rich_help_panel="People")(export)
    app.command("import", rich_help_panel="People")(import_)


def export(
    target: Annotated[Path, typer.Argument(help="FILE.xlsx, FILE.csv or FILE.json.", metavar="FILE")],
    invoicing: Annotated[bool, typer.Option("--invoicing", help="The invoicing basis (a .csv file holds one table only).")] = False,
    course: CourseOption = None,
    config: ConfigOption = None,
    database: DatabaseOption = None,
    now: NowOption = None,
) -> None:
    """Write participants, waiting list and invoicing basis to a file.

    [dim]mailbot export deltagere.xlsx[/dim]
    [dim]mailbot export faktura.csv --invoicing[/dim]
    """
    from mailbot.letters import sheets
    from mailbot.registration.missing import missing

    loaded, at = settings(config), moment(now)
    with open_store(loaded, database) as store:
        chosen = only_course(store, course)
        roster = store.roster(chosen.id)
        words = rules_of(loaded, store.courses()).templates.words(chosen.language)
    match target.suffix.lower():
        case ".xlsx":
            data = sheets.workbook(roster, words, now=at)
        case ".csv":
            data = sheets.csv_table(roster, words, basis=invoicing)
        case ".json":
            data = sheets.as_json(roster, {r.id: missing(r, roster.course) for r in roster.registrations if r.live})
        case other:
            raise UsageError(f"{other or 'no ending'!r} is no kind of file that is written; name FILE.xlsx, FILE.csv or FILE.json")
    target.write_bytes(data)
    target.chmod(0o600)
    print(f"{target} written")


def import_(
    source: Annotated[Path, typer.Argument(help="FILE.xlsx or FILE.csv with a line of headings.", metavar="FILE")],
    send: Annotated[bool, typer.Option("--send", help="Also send the letters.")] = False,
    course: CourseOption = None,
    json: JsonOption = False,
    config: ConfigOption = None,
    database: DatabaseOption = None,
    now: NowOption = None,
) -> None:
    """Add everybody in a spreadsheet, in its order. Who is registered already is left as they are.

    Columns: Navn, Mail, Titel, Bibliotek, Telefon, EAN, Reference, Kost (or their English names).

    [dim]mailbot import tilmeldte.xlsx[/dim]
    """
    from mailbot.cli.record import carry_out, checked_person
    from mailbot.registration import manual
    from mailbot.registration.reasons import RuleError

    people: list[Person] = []
    for number, row in enumerate(rows(source), 2):
        try:
            people.append(checked_person(**row))
        except UsageError as problem:
            raise UsageError(f"{source}, line {number}: {str(problem).removeprefix('--')}") from problem
    loaded, at = settings(config), moment(now)
    results: list[dict[str, Any]] = []
    with open_store(loaded, database) as store:
        chosen = only_course(store, course)
        rules = rules_of(loaded, store.courses())
        for person in counted(people, quiet=json):
            try:
                decision = carry_out(store, rules, chosen.id, at, partial(manual.add, person=person, now=at), send=send)
                results.append({"name": person.name, "id": decision.registrations[0].id, "status": decision.registrations[0].status.value})
            except RuleError as problem:
                results.append({"name": person.name, "left_out": problem.reason.code})
    if json:
        print_json(results)
        return
    added = [r for r in results if "id" in r]
    for r in results:
        print(f"{r.get('id', '-')}: {r['name']} " + (f"is {r['status']}" if "id" in r else f"left out ({r['left_out']})"))
    print(f"{len(added)} of {len(results)} added" + ("" if send else "; no letters were sent"))


def counted(people: Sequence[Person], *, quiet: bool) -> Iterator[Person]:
    with progress("Adding", quiet=quiet, total=len(people)) as step:
        for person in people:
            yield person
            step()


def rows(source: Path) -> Iterator[dict[str, str | None]]:
    """The lines of a spreadsheet by our field names. Raises UsageError for a file that has no column of names."""
    match source.suffix.lower():
        case ".csv":
            text = _text(source.read_bytes())
            lines = list(csv.reader(text.splitlines(), delimiter=";" if text.partition("\n")[0].count(";") else ","))
        case ".xlsx":
            lines = _sheet(source)
        case other:
            raise UsageError(f"{other or 'no ending'!r} is no kind of file that is read; name FILE.xlsx or FILE.csv")
    fields = [COLUMNS.get(heading.strip().casefold()) for heading in lines[0]] if lines else []
    if "name" not in fields:
        raise UsageError(f"{source}: the first line names no column Navn; it should read like Navn;Mail;Titel;Bibliotek;EAN")
    for line in lines[1:]:
        row = {field: value for field, value in zip(fields, line, strict=False) if field and value.strip()}
        if row:
            yield dict(row)


def _text(data: bytes) -> str:
    """UTF-8, else what Danish Excel writes as plain .csv."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _sheet(source: Path) -> list[list[str]]:
    try:
        import openpyxl
    except ImportError as problem:
        raise Failed('reading .xlsx needs one more library; add it with: pip install "mailbot[attachments]"') from problem
    try:
        book = openpyxl.load_workbook(source, read_only=True, data_only=True)
    except OSError:
        raise
    except Exception as problem:  # openpyxl raises whatever a broken file makes it stumble over
        raise Failed(f"{source} cannot be read as .xlsx; save it again from the spreadsheet program") from problem
    try:
        return [[_cell(value) for value in line] for line in book.worksheets[0].iter_rows(max_row=MOST_ROWS, values_only=True)]
    finally:
        book.close()


def _cell(value: object) -> str:
    """A cell as text; Excel keeps an EAN that was typed as a number as one."""
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
