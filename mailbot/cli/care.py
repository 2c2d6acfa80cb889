"""Looking after an installation: letters to look at, safety copies, personal data, the state of the service."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailbot.cli.common import (
    ConfigOption,
    CourseFiles,
    DatabaseOption,
    Failed,
    JsonOption,
    NowOption,
    UsageError,
    course_files,
    moment,
    open_store,
    print_json,
    rules_of,
    settings,
)
from mailbot.cli.restore import restore

if TYPE_CHECKING:
    from mailbot.store.sqlite import SqliteStore

STALE_AFTER = timedelta(hours=1)


def add_to(app: typer.Typer) -> None:
    for command in (letters, backup, restore, person, forget, privacy, status, login):
        app.command(rich_help_panel="Care")(command)


def letters(
    html: Annotated[Path, typer.Option("--html", help="Folder for one page and one text a letter.", metavar="DIR")],
    course: CourseFiles = None,
    config: ConfigOption = None,
) -> None:
    """Write every kind of letter with sample data, to look at after editing the templates.

    [dim]mailbot letters --html /tmp/letters[/dim]
    """
    from mailbot.letters.preview import write

    loaded = settings(config)
    for chosen in course_files(course, loaded):
        for path in write(html / chosen.id, chosen, rules_of(loaded, (chosen,)).templates):
            print(path)


def backup(
    target: Annotated[Path, typer.Argument(help="The copy to make.", metavar="FILE")],
    config: ConfigOption = None,
    database: DatabaseOption = None,
) -> None:
    """Make a safety copy of the database, also while the service runs; it is checked after writing.

    [dim]mailbot backup /media/usb/mailbot.db[/dim]
    """
    with open_store(settings(config), database) as store:
        store.backup(target, moment(None))
    print(f"{target} written and checked")


def person(
    address: Annotated[str, typer.Argument(help="A mail address.", metavar="ADDRESS")],
    config: ConfigOption = None,
    database: DatabaseOption = None,
) -> None:
    """Everything that is kept about a person, as JSON (GDPR article 15).

    [dim]mailbot person mho@bibliotek.dk[/dim]
    """
    with open_store(settings(config), database) as store:
        print_json(store.person(address))


def forget(
    address: Annotated[str, typer.Argument(help="A mail address.", metavar="ADDRESS")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: JsonOption = False,
    config: ConfigOption = None,
    database: DatabaseOption = None,
    now: NowOption = None,
) -> None:
    """Erase a person; what is left is a hash, so that nothing registers them again. It cannot be undone.

    [dim]mailbot forget mho@bibliotek.dk[/dim]
    """
    from mailbot.store.base import StoreError

    loaded, beside = settings(config), ""
    with open_store(loaded, database) as store:
        accounts = _for_the_accounts(store, address)
        if not json:
            for row in accounts:
                print("for the accounts, where it must stay (it is erased here): " + ", ".join(f"{k} {v}" for k, v in row.items() if v))
        if not yes:
            typer.confirm(f"Erase everything about {address}?", abort=True)
        erased = store.forget(address, moment(now))
        if loaded.bot.backup_to:
            try:
                store.write_forgotten(loaded.path(loaded.bot.backup_to))
            except StoreError as problem:  # the disk of the copies is away
                beside = f"; that could not be written beside the safety copies, tonight's copy does it ({problem})"
    if json:
        print_json(erased | {"for_the_accounts": accounts})
        return
    print(", ".join(f"{n} {what}" for what, n in erased.items()) + " erased; the mail itself lies in the mailbox, delete it there" + beside)


def _for_the_accounts(store: SqliteStore, address: str) -> list[dict[str, Any]]:
    """What the invoicing basis says of them, for which the law wants the accounts to be kept."""
    from mailbot.course import Status

    return [
        {"course": course.id, "registration": r.id, "name": r.person.name, "ean": r.person.ean, "cvr": r.person.cvr,
         "reference": r.person.reference, "price": course.price}
        for course in store.courses()
        for r in store.roster(course.id).registrations
        if (r.person.email or "").lower() == address.strip().lower() and (r.payable or r.status is Status.CONFIRMED)
    ]  # fmt: skip


def privacy(
    language: Annotated[str | None, typer.Option("--lang", help="da or en; else the language of the course.")] = None,
    json: JsonOption = False,
    course: CourseFiles = None,
    config: ConfigOption = None,
) -> None:
    """What personal data is stored where, why, for how long, who sees it and how it is erased (GDPR article 30), as Markdown.

    [dim]mailbot privacy --lang en > record.md[/dim]
    """
    from dataclasses import asdict

    from mailbot.app.privacy import markdown, record

    loaded = settings(config)
    courses = course_files(course, loaded)
    language = language or courses[0].language
    if language not in ("da", "en"):
        raise UsageError(f"{language!r} is no language of ours; write da or en")
    made = record(loaded, courses, language)
    if json:
        print_json(asdict(made))
    else:
        print(markdown(made), end="")


def status(config: ConfigOption = None, database: DatabaseOption = None, json: JsonOption = False, now: NowOption = None) -> None:
    """Is the service well? Exit code 0 if its last pass is less than an hour ago and no restore is still to be finished, else 1.

    [dim]mailbot status --json[/dim]
    """
    from mailbot.registration.records import LetterState

    at = moment(now)
    with open_store(settings(config), database) as store:
        notes = store.notes()
        waiting = store.letters(state=LetterState.PLANNED)
        uncertain = len(store.letters(state=LetterState.UNCERTAIN))
        failed = len(store.letters(state=LetterState.FAILED))
        copied_at = store.copied_at()
        open_items = sum(item.closed_at is None for c in store.courses() for item in store.roster(c.id).items)
    last = notes["last_pass"][1] if "last_pass" in notes else None
    facts = {
        "last_pass": last.isoformat() if last else None,
        "letters_waiting": len(waiting),
        "oldest_waiting": min((letter.planned_at for letter in waiting), default=None),
        "waiting_because": next((x.reason.values["why"] for x in waiting if x.reason is not None and "why" in x.reason.values), None),
        "letters_uncertain": uncertain,
        "letters_failed": failed,
        "open_items": open_items,
        "last_error": notes["last_error"][0] if "last_error" in notes else None,
        "to_repeat_since": copied_at.isoformat() if copied_at else None,
    }
    if json:
        print_json(facts)
    else:
        for key, value in facts.items():
            print(f"{key.replace('_', ' '):<18} {value if value is not None else '-'}")
    if copied_at is not None:
        raise Failed(
            f"the database is a safety copy of {copied_at:%Y-%m-%d %H:%M %Z}, and what happened since is still to be repeated; nothing is "
            "sent until then. The first pass that reaches the mailbox does it: is `mailbot run` running? (`mailbot once` does it as well)"
        )
    if last is None or at - last > STALE_AFTER:
        raise Failed("the last pass is " + (f"of {last:%Y-%m-%d %H:%M %Z}" if last else "still to come") + "; is `mailbot run` running?")


def login(config: ConfigOption = None) -> None:
    """Sign in once, where a person must (device code at Microsoft, consent at Google), or try the application's sign-in.

    [dim]mailbot login[/dim]
    """
    from mailbot.app.connect import tokens_of

    loaded = settings(config)
    if loaded.imap.auth != "oauth2":
        raise Failed('sign-in is by password here; set auth = "oauth2" in [imap] and fill in [oauth] first')
    source = tokens_of(loaded)
    interactive = getattr(source, "login", None)
    if interactive is not None:
        interactive(print)
    else:
        source.token(fresh=True)
    print(f"signed in; the token is kept in {loaded.path(loaded.oauth.token_cache)}")
