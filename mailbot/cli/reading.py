"""`parse` and `replay`: how messages are read, and what the whole bot would do with them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailbot.cli.common import (
    ConfigOption,
    CourseFiles,
    JsonOption,
    UsageError,
    console,
    course_files,
    moment,
    print_json,
    progress,
    rules_of,
    settings,
)

if TYPE_CHECKING:
    from mailbot.course import Course
    from mailbot.mail.message import Message
    from mailbot.understanding.reading import Person, Reading

PERSON = (
    "name", "email", "title", "organisation", "municipality", "phone", "ean", "ean_invalid", "reference", "dietary", "returning",
    "cvr", "invoice_email", "waiting_only",
)  # fmt: skip
MODES = ["auto", "draft", "observe"]
Paths = Annotated[list[Path], typer.Argument(help="A raw message, a folder of .eml, an mbox file or a Maildir.", metavar="PATH…")]


def add_to(app: typer.Typer) -> None:
    app.command(rich_help_panel="Look")(parse)
    app.command(rich_help_panel="Look")(replay)


def parse(
    paths: Paths,
    course: CourseFiles = None,
    json: JsonOption = False,
    html: Annotated[Path | None, typer.Option("--html", help="Write what was found, highlighted, as a page.", metavar="FILE")] = None,
    config: ConfigOption = None,
) -> None:
    """Show how messages are read: what they want, who they are about, and the words that say so.

    [dim]mailbot parse message.eml[/dim]
    [dim]mailbot parse --json ~/Maildir[/dim]
    """
    courses = course_files(course, settings(config))
    pages = []
    with progress("Reading", quiet=json or sys.stdout.isatty()) as step:  # on a terminal the messages themselves show it
        for name, message, reading in readings(paths, courses):
            step()
            if json:
                print_json(as_json(name, message, reading))
            else:
                from mailbot.cli.explain import show

                show(console(), name, message, reading)
            if html:
                from mailbot.understanding.explain import explanation, page

                pages.append(page(explanation(message, reading)))
    if html:
        html.write_text("\n".join(pages), "utf-8")


def readings(paths: Sequence[Path], courses: Sequence[Course]) -> Iterator[tuple[str, Message, Reading]]:
    from mailbot.mail.archive import messages
    from mailbot.mail.authentication import verdict
    from mailbot.mail.parse import parse as to_message
    from mailbot.understanding.read import read

    domains = {c.signup_address.rpartition("@")[2] for c in courses}
    trusted = tuple(sorted(domains | {f".{domain}" for domain in domains}))
    ours = frozenset(a.lower() for c in courses for a in (c.signup_address, c.contact_email))
    for path in paths:
        for name, raw in messages(path):
            message = to_message(raw)
            yield name, message, read(message, courses, None, authentication=verdict(message, trusted), ours=ours)


def as_json(name: str, message: Message, reading: Reading) -> dict[str, Any]:
    """One line of `parse --json` (INTERFACE.md); keys without a value are left out."""
    row: dict[str, Any] = {
        "file": name,
        "message_id": message.message_id,
        "course": reading.course,
        "intent": reading.intent.value,
        "action": reading.action.value,
        "question": reading.question,
        "participants": [person_as_json(p) for p in reading.participants],
        "seats": reading.seats,
        "withdrawn": list(reading.withdrawn),
        "contact": {"name": reading.contact.name, "email": reading.contact.email} if reading.contact else None,
        "confidence": round(reading.confidence, 4),
        "reasons": [{"code": r.code, **r.values} for r in reading.reasons],
        "evidence": {
            f"{n}.{field}": {"module": e.module, "source": e.source, "span": [e.start, e.end], "words": e.words}
            for n, p in enumerate(reading.participants) for field, e in p.evidence.items()
        },
    }  # fmt: skip
    return {key: value for key, value in row.items() if value is not None or key in ("course", "message_id")}


def person_as_json(person: Person) -> dict[str, Any]:
    return {field: value for field in PERSON if (value := getattr(person, field)) not in (None, False, "")}


def replay(
    paths: Paths,
    database: Annotated[Path, typer.Option("--database", help="Database to make or go on with.", metavar="FILE")],
    outgoing: Annotated[Path, typer.Option("--outgoing", help="Folder for the letters.", metavar="DIR")],
    course: CourseFiles = None,
    until: Annotated[str | None, typer.Option("--until", help="Go on to this time (ISO 8601 with offset).", metavar="TIME")] = None,
    mode: Annotated[str, typer.Option("--mode", help="auto, draft or observe.", autocompletion=lambda: MODES)] = "auto",
    json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """What would the bot have done? The whole of it over stored messages, without a network.

    The clock is set by the messages; reminders, offers and digests happen at their time in between.

    [dim]mailbot replay ~/Maildir --database /tmp/try.db --outgoing /tmp/letters --until 2026-03-01T12:00:00+01:00[/dim]
    """
    from mailbot.course import Mode

    if mode not in set(Mode):
        raise UsageError(f"{mode!r} is no mode; it is auto, draft or observe")
    end = moment(until) if until else None
    events = replay_events(paths, database, outgoing, course, Mode(mode), end, settings(config))
    if json:
        for event in events:
            print_json(event)
        return
    from mailbot.cli.tables import replay_table

    replay_table(console(), shown(events))


def shown(events: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The events as they are, counted on a terminal: the table comes only when all is done."""
    with progress("Replaying messages") as step:
        for event in events:
            if event["event"] == "message":
                step()
            yield event


def replay_events(
    paths: Sequence[Path], database: Path, outgoing: Path, files: list[Path] | None, mode: Any, until: Any, config: Any
) -> Iterator[dict[str, Any]]:
    from mailbot.app.opening import change_mode, keep_course
    from mailbot.app.replay import Folder, Replay, in_order_of_receipt, with_domain_trusted
    from mailbot.mail.archive import messages
    from mailbot.registration.records import LetterState
    from mailbot.store.sqlite import SqliteStore

    courses = course_files(files, config)
    stored = [entry for path in paths for entry in messages(path)]
    first = next((at for at, _, _ in in_order_of_receipt(stored)), until)
    store = SqliteStore(database)
    try:
        rules = with_domain_trusted(rules_of(config, courses), courses[0].signup_address)
        for course in courses if first is not None else ():
            keep_course(course, store, rules, mode, first)
            change_mode(course.id, store, rules, mode, first)
        folder = Folder(outgoing, LetterState.DRAFTED if mode == "draft" else LetterState.SENT)
        yield from Replay(store, rules, folder, config.bot.digest_at).run(stored, until)
    finally:
        store.close()
