"""`mailbot restore`: a safety copy taken back, what happened since done once more, shown before it goes on."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailbot.cli.common import ConfigOption, DatabaseOption, JsonOption, NowOption, console, moment, print_json, rules_of, settings

if TYPE_CHECKING:
    from datetime import datetime

    from mailbot.app.repeat import Repeated
    from mailbot.config import Config
    from mailbot.registration.records import Registration
    from mailbot.store.sqlite import SqliteStore

SHOWN = 12  # names in a line of the table
ONLY_HERE = "What was done on the command line since then cannot be repeated: look at `mailbot list` and do it again."


@dataclass(slots=True)
class Difference:
    """What the repetition makes of the copy; `lost` is what the replaced database, if it can be read, had beyond that."""

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def restore(
    copy: Annotated[Path, typer.Argument(help="The safety copy.", metavar="FILE")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Do not read the mailbox now; the first pass does it.")] = False,
    json: JsonOption = False,
    config: ConfigOption = None,
    database: DatabaseOption = None,
    now: NowOption = None,
) -> None:
    """Put a safety copy in the place of the database, and repeat what the mailbox and Sent tell of the time since.

    Nothing is sent while it does that, and what lies in Sent is not sent again. What it found is shown before anything is
    replaced; the replaced database is kept beside the new one.

    [dim]mailbot restore /media/usb/mailbot-2026-02-01.db[/dim]
    """
    from mailbot.app.lock import only_one
    from mailbot.store.restore import discard, put_in_place, stage
    from mailbot.store.sqlite import SqliteStore

    loaded, at = settings(config), moment(now)
    path = database or loaded.database
    with only_one(path):
        staged = stage(copy, path, *([loaded.path(loaded.bot.backup_to)] if loaded.bot.backup_to else []))
        with SqliteStore(staged, secret=loaded.signing_key) as store:
            store.mark_as_copy()
            before = _people(store)
            told, why = _repeat(loaded, store, at, offline=offline)
            difference = _difference(before, _people(store), _people_of(path))
        if not json:
            _show(told, why, difference)
        if not yes and not typer.confirm(f"Put it in the place of {path}?"):
            discard(staged)
            raise typer.Abort
        aside = put_in_place(staged, path, at)
    if json:
        print_json(_facts(told, why, difference) | {"database": str(path), "replaced": str(aside) if aside else None})
    else:
        print(f"{path} is now the copy {copy}" + (f"; what was there lies in {aside}" if aside else ""))


def _repeat(config: Config, store: SqliteStore, at: datetime, *, offline: bool) -> tuple[Repeated | None, str]:
    """What was repeated; or None, and why the mailbox was not read."""
    from mailbot.app.connect import inbox_of
    from mailbot.app.repeat import Repetition, moved_to
    from mailbot.cli.logs import configure
    from mailbot.mail.errors import MailError

    if offline:
        return None, "The mailbox was not read (--offline)."
    if not config.imap.host:
        return None, "The mailbox was not read (imap host is not set)."
    configure()
    inbox = inbox_of(config)
    try:
        return Repetition(
            store, rules_of(config, store.courses()), inbox, files=not config.provider_files_sent,
            digest_at=config.bot.digest_at, moved_to=moved_to(config.bot.after_handling),
        ).run(at), ""
    except MailError as problem:
        return None, f"The mailbox could not be read: {problem}."
    finally:
        inbox.close()


def _people(store: SqliteStore) -> dict[int, Registration]:
    return {r.id: r for course in store.courses() for r in store.roster(course.id).registrations}


def _people_of(path: Path) -> dict[int, Registration]:
    """Those of the database in use, as far as it can be read."""
    from mailbot.store.base import StoreError
    from mailbot.store.sqlite import SqliteStore

    with suppress(StoreError, OSError, ValueError):
        if path.exists():
            with SqliteStore(path, create=False) as store:
                return _people(store)
    return {}


def _difference(before: dict[int, Registration], after: dict[int, Registration], lost: dict[int, Registration]) -> Difference:
    def named(r: Registration) -> str:
        return f"#{r.id} {r.person.name or r.person.email or ''} ({r.status.value})"

    kept = {(r.course, r.person.name, r.person.email, r.status) for r in after.values()}
    return Difference(
        new=[named(r) for n, r in after.items() if n not in before],
        changed=[named(r) for n, r in after.items() if n in before and r != before[n]],
        lost=[named(r) for r in lost.values() if (r.course, r.person.name, r.person.email, r.status) not in kept],
    )


def _facts(told: Repeated | None, why: str, difference: Difference) -> dict[str, Any]:
    facts: dict[str, Any] = {"mailbox_read": told is not None, "why_not": why or None}
    facts |= {"new": difference.new, "changed": difference.changed, "lost": difference.lost}
    if told is not None:
        facts |= {"messages": told.messages, "commands": told.commands, "commands_held_back": told.held_back}
        for name in ("recognised", "to_go", "uncertain"):
            facts[f"letters_{name}"] = [{"key": x.key, "kind": x.kind.value, "to": x.to.email} for x in getattr(told, name)]
        facts["letters_unexplained"] = [{"key": x.key, "to": list(x.to), "at": x.received_at.isoformat()} for x in told.unexplained]
    return facts


def _show(told: Repeated | None, why: str, difference: Difference) -> None:
    from mailbot.cli.tables import table, words

    out = console()
    if told is None:
        out.print(f"{why} The first `mailbot once` or `mailbot run` does that before it sends anything: it repeats what came since the "
                  "copy was made, marks what lies in Sent as sent, and only then goes on.")
    made = table("", "", "")
    rows: list[tuple[str, int, list[str]]] = [
        ("registrations new", len(difference.new), difference.new),
        ("registrations changed", len(difference.changed), difference.changed),
        ("registrations of the replaced database that are lost", len(difference.lost), difference.lost),
    ]
    if told is not None:
        rows += [
            ("messages handled again", told.messages, []),
            ("commands by mail repeated", told.commands, []),
            ("commands by mail held back for you (numbers may differ)", told.held_back, []),
            ("letters recognised in Sent, not sent again", len(told.recognised), []),
            ("letters that never left and will go out", len(told.to_go), [f"{x.kind.value} → {x.to.email}" for x in told.to_go]),
            ("letters that may have left: you decide", len(told.uncertain), [f"{x.kind.value} → {x.to.email}" for x in told.uncertain]),
            ("letters in Sent that nothing in the mail explains", len(told.unexplained), [", ".join(x.to) for x in told.unexplained]),
        ]
    for label, count, names in rows:
        made.add_row(label, str(count), words("; ".join(names[:SHOWN]) + ("; …" if len(names) > SHOWN else ""), most=400))
    made.columns[0].no_wrap = made.columns[2].no_wrap = False
    out.print(made)
    out.print(ONLY_HERE)
