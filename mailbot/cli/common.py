"""What the commands share: options, the console, opening the database, and errors put into sentences."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from mailbot.app.handle import Rules
    from mailbot.config import Config
    from mailbot.course import Course
    from mailbot.store.sqlite import SqliteStore

ConfigOption = Annotated[Path | None, typer.Option("--config", help="Settings file; else mailbot.toml here, else MAILBOT_CONFIG.")]
DatabaseOption = Annotated[Path | None, typer.Option("--database", help="Database file, instead of the one in the settings.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")]
NowOption = Annotated[str | None, typer.Option("--now", help="Pretend it is this time (ISO 8601 with offset).", metavar="TIME")]
CourseOption = Annotated[
    str | None,
    typer.Option("--course", help="Course id, where several are kept.", metavar="ID", autocompletion=lambda ctx: course_ids(ctx)),
]
NumberArgument = Annotated[
    int, typer.Argument(help="The number that list and the digest show.", metavar="ID", autocompletion=lambda ctx: numbers(ctx))
]
CourseFiles = Annotated[list[Path] | None, typer.Option("--course", help="Course file; may be repeated.", metavar="FILE")]


class UsageError(Exception):
    """A command line that makes no sense together; exit code 2."""


class Failed(Exception):
    """Something that could not be done; the text says what and how to mend it. Exit code 1."""


def explain(problem: Exception) -> tuple[str, int]:
    """The sentence for stderr and the exit code. Names of the user's files may stand in it, mail text never."""
    from mailbot.config import ConfigError
    from mailbot.course import CourseError
    from mailbot.letters.templates import TemplateError

    if isinstance(problem, ConfigError | CourseError | TemplateError):
        return str(problem), 3
    if isinstance(problem, UsageError):
        return str(problem), 2
    if isinstance(problem, BrokenPipeError):
        os.close(1)  # the reader of our output went away; nothing more to say
        return "the output was cut short", 1
    if isinstance(problem, OSError) and problem.strerror:
        return f"{problem.filename or 'the system'}: {problem.strerror}; check the path, the room on the disk and who may write there", 1
    if type(problem).__module__.startswith("mailbot."):
        return str(problem), 1
    if "MAILBOT_DEBUG" in os.environ:
        raise problem
    what = f"{type(problem).__name__}: {problem}".strip()[:300]
    return f"a fault in the program ({what}); nothing half done is kept. Run it again with MAILBOT_DEBUG=1 and report what it prints", 1


def console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, soft_wrap=False)


def moment(now: str | None) -> datetime:
    """The time of day, or what --now says. Raises UsageError for a time without an offset."""
    if now is None:
        return datetime.now(UTC)
    try:
        at = datetime.fromisoformat(now)
    except ValueError as problem:
        raise UsageError(f"{now!r} is no time; write it like 2026-02-01T12:00:00+01:00") from problem
    if at.tzinfo is None:
        raise UsageError(f"{now!r} lacks its offset; write it like 2026-02-01T12:00:00+01:00")
    return at


def settings(path: Path | None) -> Config:
    from mailbot.config import find, load

    return load(find(path))


def course_files(files: list[Path] | None, config: Config) -> tuple[Course, ...]:
    """The courses of these files, else of the settings, else the shipped one."""
    from mailbot.config import load_courses, shipped_courses

    paths = files or [config.path(name) for name in config.bot.courses]
    return load_courses(paths) if paths else shipped_courses()


def rules_of(config: Config, courses: tuple[Course, ...]) -> Rules:
    from mailbot.app.handle import Rules
    from mailbot.letters.templates import Templates

    return Rules(
        administrators=config.bot.administrators or tuple(dict.fromkeys(c.contact_email for c in courses)),
        templates=Templates(config.templates) if config.templates else Templates(),
        trusted=config.bot.trusted_authserv,
        exchange_online=config.on_microsoft,
        original=config.original,
    )


@contextmanager
def open_store(config: Config, database: Path | None, *, create: bool = False) -> Iterator[SqliteStore]:
    """The database of the settings or of --database. Raises StoreError, and Failed where there is none yet."""
    from mailbot.store.sqlite import SqliteStore

    path = database or config.database
    if not create and not path.exists():
        raise Failed(f"{path}: there is no database yet; `mailbot once` or `mailbot run` makes it, --database names another")
    store = SqliteStore(path, secret=config.signing_key)
    try:
        yield store
    finally:
        store.close()


def only_course(store: SqliteStore, wanted: str | None) -> Course:
    """The course of that id, or the only one."""
    courses = store.courses()
    if not courses:
        raise Failed("the database holds no course yet; name its file in [bot] courses and run `mailbot once`")
    if wanted is None and len(courses) == 1:
        return courses[0]
    found = next((c for c in courses if c.id == wanted), None)
    if found is None:
        known = ", ".join(c.id for c in courses)
        what = "which course? name one with --course" if wanted is None else f"there is no course {wanted!r}; known are"
        raise UsageError(f"{what}: {known}")
    return found


def print_json(value: Any) -> None:
    import json

    print(json.dumps(value, ensure_ascii=False, default=str))


@contextmanager
def progress(what: str, *, quiet: bool = False, total: int | None = None) -> Iterator[Callable[[], None]]:
    """Long work shows on a terminal's stderr how far it has come; elsewhere, and with `quiet`, nothing. Call what it gives at each step."""
    if quiet or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console(stderr=True), transient=True, redirect_stdout=False, redirect_stderr=False) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)


def course_ids(context: typer.Context) -> list[tuple[str, str]]:
    """For the shell's completion: the courses of the database with their titles; none where it cannot be opened."""
    return _from_store(context, lambda store: [(c.id, c.title) for c in store.courses()])


def numbers(context: typer.Context) -> list[tuple[str, str]]:
    """For the shell's completion: the numbers of registrations with their names."""

    def live(store: SqliteStore) -> list[tuple[str, str]]:
        rosters = (store.roster(c.id) for c in store.courses())
        return [(str(r.id), r.person.name or "") for roster in rosters for r in roster.registrations if r.live]

    return _from_store(context, live)


def _from_store(context: typer.Context, ask: Callable[[SqliteStore], list[tuple[str, str]]]) -> list[tuple[str, str]]:
    given = context.params
    try:
        with open_store(settings(_path(given.get("config"))), _path(given.get("database"))) as store:
            return [(value, "".join(c if c.isprintable() else " " for c in says)[:60]) for value, says in ask(store)]
    except Exception:  # noqa: BLE001 - whatever is wrong, pressing Tab is no place to hear of it
        return []


def _path(value: Any) -> Path | None:
    return Path(value) if value else None
