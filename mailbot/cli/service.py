"""`demo`, `init`, `check`, `run` and `once`: setting up and running the service."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mailbot.cli.common import ConfigOption, DatabaseOption, Failed, JsonOption, NowOption, console, moment, settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from mailbot.app.handle import Rules
    from mailbot.app.service import Service
    from mailbot.config import Config
    from mailbot.course import Course
    from mailbot.store.sqlite import SqliteStore


def add_to(app: typer.Typer) -> None:
    app.command(rich_help_panel="Start")(demo)
    app.command(rich_help_panel="Start")(init)
    app.command(rich_help_panel="Start")(check)
    app.command(rich_help_panel="Run")(run)
    app.command(rich_help_panel="Run")(once)
    app.command("service", rich_help_panel="Run")(unit)


def demo(
    keep: Annotated[Path | None, typer.Option("--keep", help="Leave database, letters and digest in this folder.", metavar="DIR")] = None,
    open_: Annotated[bool, typer.Option("--open", help="Open the digest in the browser.")] = False,
) -> None:
    """See it work: a mail server of its own, a sample inbox, the whole service. No network, no settings.

    [dim]mailbot demo --keep demo[/dim]
    """
    from mailbot.demo.run import run_demo

    digest = run_demo(console(), keep)
    if open_:
        typer.launch(digest.as_uri())


def init(
    folder: Annotated[Path, typer.Argument(help="Where to put them.", metavar="DIR")] = Path(),
) -> None:
    """Write a commented mailbot.toml and copy the course file and the templates, to edit.

    [dim]mailbot init[/dim]
    """
    from mailbot.resources import shipped

    copies = (
        (shipped("data", "mailbot.toml"), folder / "mailbot.toml"),
        (shipped("data", "hverdagsledelse-2026.toml"), folder / "data" / "hverdagsledelse-2026.toml"),
        (shipped("templates"), folder / "templates"),
    )
    for source, target in copies:
        if target.exists() and target.resolve() != source.resolve():
            print(f"{target} is there already and was left alone")
            continue
        if target.resolve() == source.resolve():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copyfile(source, target)
        print(f"{target} written")
    print("Now fill in host and user in mailbot.toml, put the password into MAILBOT_IMAP__PASSWORD, and run: mailbot check")


def check(config: ConfigOption = None, database: DatabaseOption = None, json: JsonOption = False) -> None:
    """Test settings, course files, templates, database, sign-in and clock; one line each: right, or how to mend it.

    [dim]mailbot check[/dim]
    """
    from mailbot.cli.check import checks
    from mailbot.cli.common import print_json

    results = list(checks(config, database, moment(None)))
    if json:
        print_json([{"what": r.what, "ok": r.ok, "says": r.says} for r in results])
    else:
        from rich.text import Text

        out = console()
        for r in results:
            out.print(Text.assemble(("✓ " if r.ok else "✗ ", "green" if r.ok else "red"), (f"{r.what:<16}", "bold"), r.says))
    if not all(r.ok for r in results):
        raise typer.Exit(3 if any(not r.ok and r.configuration for r in results) else 1)


def once(config: ConfigOption = None, database: DatabaseOption = None, now: NowOption = None, json: JsonOption = False) -> None:
    """One pass: fetch, handle, do what is due, send. For cron.

    [dim]mailbot once[/dim]
    """
    from mailbot.cli.common import print_json, progress

    with running(config, database, lambda: moment(now)) as service, progress("Reading mail", quiet=json) as step:
        service.seen = lambda _handled: step()
        try:
            done = service.once()
        finally:
            service.inbox.close()
    if json:
        print_json({"messages": {o.value: n for o, n in done.outcomes.items()}, "due": done.due, "letters": done.letters})
    else:
        told = ", ".join(f"{n} {o.value}" for o, n in done.outcomes.items()) or "nothing new"
        print(f"{told}; {done.letters} letters sent")


def run(config: ConfigOption = None, database: DatabaseOption = None) -> None:
    """The service: waits for mail, handles it, does what is due, until SIGTERM (it finishes the message or letter in hand).

    [dim]mailbot run[/dim]
    """
    import signal
    import time

    from mailbot.app.clock import SteadyClock

    def seconds() -> float:
        """Where the system tells it, with those that the machine slept."""
        return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()

    clock = SteadyClock(lambda: moment(None), seconds)
    with running(config, database, clock) as service:
        service.doubt = clock.doubt

        def end(*_: Any) -> None:
            service.stop.set()
            service.inbox.wake()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)
        service.run()


def unit() -> None:
    """Show a hardened unit file for systemd, with the path of this installation; its first lines say how to use it.

    [dim]mailbot service | sudo tee /etc/systemd/system/mailbot.service[/dim]
    """
    import sys

    from mailbot.resources import shipped

    program = shutil.which(sys.argv[0]) or shutil.which("mailbot") or "mailbot"
    executable = str(Path(program).absolute())
    home = "read-only" if executable.startswith(("/home/", "/root/")) else "yes"
    print(shipped("data", "mailbot.service").read_text("utf-8").replace("{executable}", executable).replace("{protect_home}", home), end="")


def running(config: Path | None, database: Path | None, clock: Callable[[], datetime]) -> Any:
    """A context with the service of these settings: alone on its database, its courses saved, its templates tried."""
    from contextlib import contextmanager

    @contextmanager
    def context() -> Any:
        from mailbot.app.lock import only_one
        from mailbot.cli.common import open_store
        from mailbot.cli.logs import configure

        configure()
        loaded = settings(config)
        with only_one(database or loaded.database), open_store(loaded, database, create=True) as store:
            yield service_of(loaded, store, clock)

    return context()


def service_of(config: Config, store: SqliteStore, clock: Callable[[], datetime]) -> Service:
    from threading import Event

    from mailbot.app.connect import carrier_of, inbox_of
    from mailbot.app.service import Service
    from mailbot.cli.common import course_files, rules_of

    if not config.imap.host or not config.imap.user:
        raise Failed("imap host and user are not set; run `mailbot init` and fill them in in mailbot.toml")
    courses = course_files(None, config)
    rules = rules_of(config, courses)
    keep_courses(store, courses, config, rules, clock())
    rules.templates.check()
    inbox, stop = inbox_of(config), Event()
    return Service(
        store=store,
        rules=rules,
        inbox=inbox,
        carrier=carrier_of(config, store, inbox, sleep=stop.wait),
        clock=clock,
        stop=stop,
        digest_at=config.bot.digest_at,
        sweep_days=config.bot.sweep_days,
        idle_minutes=config.bot.idle_minutes,
        after_handling=config.bot.after_handling,
        backup_to=config.path(config.bot.backup_to) if config.bot.backup_to else None,
        backup_days=config.bot.backup_days,
        ping_url=config.bot.ping_url,
    )


def keep_courses(store: SqliteStore, courses: tuple[Course, ...], config: Config, rules: Rules, now: datetime) -> None:
    """Save the courses; the mode of the settings counts for new ones, and for all where the settings were changed."""
    from mailbot.app.opening import change_mode, keep_course

    noted = store.notes().get("configured_mode", ("", now))[0]
    for course in courses:
        new = keep_course(course, store, rules, config.bot.mode, now)
        if not new and noted and noted != config.bot.mode.value:
            change_mode(course.id, store, rules, config.bot.mode, now)
    store.note("configured_mode", config.bot.mode.value, now)
