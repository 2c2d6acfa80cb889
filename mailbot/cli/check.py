"""`mailbot check`: one line for each thing that must be right, and how to mend what is not."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mailbot.cli.common import course_files, explain, rules_of
from mailbot.config import Config, find, load
from mailbot.course import Course, Mode


@dataclass(frozen=True, slots=True)
class Result:
    what: str
    ok: bool
    says: str
    configuration: bool = False


def checks(path: Path | None, database: Path | None, now: datetime) -> Iterator[Result]:
    """Each check in turn; what depends on something broken is left out."""
    found = find(path)
    try:
        config = load(found)
    except Exception as problem:  # noqa: BLE001 - every fault becomes a line
        yield Result("settings", False, explain(problem)[0], True)
        return
    yield Result("settings", True, f"{found or 'none (mailbot init writes them)'}; mode {config.bot.mode.value}")
    courses: list[Course] = []
    yield _line("courses", lambda: _courses(config, courses), configuration=True)
    if courses:
        yield _line("templates", lambda: _templates(config, tuple(courses)), configuration=True)
    yield _line("database", lambda: _database(database or config.database))
    yield _line("clock", lambda: _clock(now, courses))
    if not config.imap.host or not config.imap.user:
        yield Result("imap", False, "host and user are not set; fill them in in [imap] of mailbot.toml", True)
        return
    yield _line("imap", lambda: _imap(config))
    yield _line("smtp", lambda: _smtp(config))
    if config.bot.mode is not Mode.OBSERVE and not config.bot.trusted_authserv and not config.on_microsoft:
        yield Result("authentication", True, "trusted_authserv is empty: cancellations by mail are verified by a letter first")


def _line(what: str, test: Callable[[], str], *, configuration: bool = False) -> Result:
    try:
        return Result(what, True, test())
    except Exception as problem:  # noqa: BLE001 - every fault becomes a line
        return Result(what, False, explain(problem)[0], configuration)


def _courses(config: Config, courses: list[Course]) -> str:
    courses.extend(course_files(None, config))
    return "; ".join(f"{c.title}: {c.capacity} seats, {len(c.meetings)} meetings, signups to {c.signup_address}" for c in courses)


def _templates(config: Config, courses: tuple[Course, ...]) -> str:
    templates = rules_of(config, courses).templates
    templates.check()
    return f"{config.templates or 'the shipped ones'} in order"


def _database(path: Path) -> str:
    from mailbot.store.sqlite import SqliteStore

    if not path.exists():
        probe = path.parent
        while not probe.exists():
            probe = probe.parent
        if not probe.is_dir():
            raise NotADirectoryError(20, "is no folder", str(probe))
        return f"{path} will be made at the first run"
    store = SqliteStore(path)
    try:
        people = sum(len(store.roster(c.id).registrations) for c in store.courses())
    finally:
        store.close()
    return f"{path} opens; {people} registrations"


def _clock(now: datetime, courses: list[Course]) -> str:
    if now.year < 2025:
        raise ValueError(f"this machine thinks it is {now:%Y-%m-%d}; set its clock, deadlines and offers depend on it")
    zone = courses[0].zone if courses else None
    return f"{now.astimezone(zone):%Y-%m-%d %H:%M %Z}"


def _imap(config: Config) -> str:
    from mailbot.app.connect import inbox_of

    inbox = inbox_of(config)
    inbox.connect()
    try:
        _, following = inbox.status(config.imap.mailbox)
        folders = inbox.folders()
        return (f"signed in to {config.imap.host} as {config.imap.user}; {config.imap.mailbox} up to UID {following - 1}; "
                f"Sent is {folders.sent or 'not found'}, Drafts {folders.drafts or 'not found'}")
    finally:
        inbox.close()


def _smtp(config: Config) -> str:
    from mailbot.app.connect import transport_of

    transport = transport_of(config)
    try:
        transport.connect()
    finally:
        transport.close()
    return f"signed in to {config.smtp.host} as {config.smtp.user or config.imap.user} from {socket.gethostname()}"
