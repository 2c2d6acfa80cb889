"""The demo: a season's mail arrives message by message, and the very service that one would run answers it.

Only two things differ from a real installation: the mail server runs in this process, and the clock is set by the
messages, so that deadlines, offers and digests of three months happen within seconds.
"""

from __future__ import annotations

import email
import logging
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import policy
from pathlib import Path

from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.text import Text

from mailbot.app.connect import carrier_of, inbox_of
from mailbot.app.digest import preview
from mailbot.app.due import next_moment
from mailbot.app.handle import Handled, Rules
from mailbot.app.replay import in_order_of_receipt, with_domain_trusted
from mailbot.app.service import Service
from mailbot.cli.logs import configure
from mailbot.cli.tables import COLOURS, registrations, table, words
from mailbot.config import Config, Imap, Smtp, shipped_courses
from mailbot.course import Course, Kind, Mode
from mailbot.demo.server import MailServer
from mailbot.letters.templates import Templates
from mailbot.mail.archive import messages
from mailbot.mail.parse import parse
from mailbot.resources import shipped
from mailbot.store.sqlite import SqliteStore

CAPACITY = 8                      # small, so that a waiting list forms before one's eyes
DAYS_AFTER = timedelta(days=2)    # so long the calendar runs on after the last message
PASSWORD = "demo"  # noqa: S105 - of the server in this process


@dataclass(slots=True)
class Clock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True, slots=True)
class Row:
    at: datetime
    file: str
    sender: str
    handled: Handled


def run_demo(console: Console, keep: Path | None) -> Path:
    """Run the demo on this console; returns the path of the digest's page. `keep` is where the files are left."""
    configure(logging.ERROR)  # the table tells it better
    folder = keep or Path(tempfile.mkdtemp(prefix="mailbot-demo-"))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mailbot.db").unlink(missing_ok=True)
    shutil.rmtree(folder / "letters", ignore_errors=True)
    course = shipped_courses()[0].model_copy(update={"capacity": CAPACITY})
    inbox = in_order_of_receipt(messages(shipped("data", "sample-inbox")))
    began = time.perf_counter()
    store = SqliteStore(folder / "mailbot.db")
    with MailServer({course.signup_address: PASSWORD}) as server:
        service, clock = _service(server, store, course, folder, inbox[0][0])
        rows = list(_season(console, service, clock, server, course, inbox))
        store.note("last_pass", "", clock())  # the clock jumped to the morning of the digest
        letters = _write_letters(server, folder)
        digest = preview(store.roster(course.id), store, service.rules, clock())
        (folder / "digest.html").write_text(digest.html, "utf-8")
        _show(console, rows, service, course, digest.subject, digest.text)
    store.close()
    _where(console, folder, len(rows), letters, time.perf_counter() - began)
    return (folder / "digest.html").resolve()


def _service(server: MailServer, store: SqliteStore, course: Course, folder: Path, start: datetime) -> tuple[Service, Clock]:
    config = Config(
        imap=Imap(host="127.0.0.1", port=server.imap_port, tls="none", user=course.signup_address, password=PASSWORD),  # type: ignore[arg-type]
        smtp=Smtp(host="127.0.0.1", port=server.smtp_port, tls="none", per_minute=100_000, password=PASSWORD),  # type: ignore[arg-type]
        folder=folder,
    )
    clock = Clock(start)
    store.save_course(course, start)
    store.set_mode(course.id, Mode.AUTO, start)
    rules = with_domain_trusted(Rules(administrators=(course.contact_email,), templates=Templates()), course.signup_address)
    connection = inbox_of(config)
    service = Service(store=store, rules=rules, inbox=connection, carrier=carrier_of(config, store, connection), clock=clock)
    return service, clock


def _season(
    console: Console, service: Service, clock: Clock, server: MailServer, course: Course, inbox: list[tuple[datetime, str, bytes]]
) -> Iterator[Row]:
    handled: list[Handled] = []
    service.seen = handled.append
    columns = (TextColumn("[bold]{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[at]}"))
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("Reading the inbox", total=len(inbox), at="")
        for at, file, raw in inbox:
            progress.update(task, at=f"{at:%d %b %Y}")
            _let_time_pass(service, clock, at)
            server.deliver(course.signup_address, raw, at=at)
            service.once()
            sender = parse(raw).sender
            yield from (Row(at, file, sender.name or sender.email, h) for h in handled if h.reading)  # not our own digests
            handled.clear()
            progress.advance(task)
        _let_time_pass(service, clock, clock.now + DAYS_AFTER)
    service.inbox.close()


def _let_time_pass(service: Service, clock: Clock, until: datetime) -> None:
    """Do what falls due on the way, each at its own time."""
    while (moment := next_moment(service.store, clock.now, service.digest_at)) is not None and moment <= until:
        clock.now = moment
        service.work()
    clock.now = until


def _write_letters(server: MailServer, folder: Path) -> int:
    letters = folder / "letters"
    letters.mkdir()
    for number, letter in enumerate(server.sent, 1):
        (letters / f"{number:04d}.eml").write_bytes(letter.raw)
    return len(server.sent)


def _show(console: Console, rows: list[Row], service: Service, course: Course, subject: str, digest: str) -> None:
    shown = table("Day", "From", "Understood", "Done", "Letters, or why not")
    for row in rows:
        reading, outcome = row.handled.reading, row.handled.entry.outcome.value
        understood = f"{reading.intent.value} {reading.confidence:.2f}" if reading else ""
        kinds = Counter(letter.kind.value for letter in row.handled.letters)
        sent = ", ".join(kind if n == 1 else f"{n} × {kind}" for kind, n in kinds.items())
        why = ", ".join(reason.code.replace("_", " ") for reason in row.handled.entry.reasons[:2])
        shown.add_row(
            f"{row.at:%d %b}", words(row.sender, most=20), Text(understood), Text(outcome, style=COLOURS.get(outcome, "magenta")),
            words(sent, "blue", 44) if sent else words(why, "dim", 44),
        )  # fmt: skip
    console.print(shown)
    console.print()
    roster = service.store.roster(course.id)
    registrations(console, [(roster, r) for r in roster.registrations])
    confirmation = next((x for x in service.store.letters(course.id) if x.kind is Kind.CONFIRMATION and x.sent_at), None)
    raw = service.store.letter_raw(confirmation.number) if confirmation else None
    if confirmation and raw:
        plain = email.message_from_bytes(raw, policy=policy.default).get_body(("plain",))
        _paper(console, plain.get_content() if plain else "", f"{confirmation.to.email}: {confirmation.subject}")
    _paper(console, digest, subject)


def _paper(console: Console, text: str, title: str) -> None:
    console.print()
    console.print(Panel(Text(text.strip()), title=words(title, "bold", 86), width=min(console.width, 92)))


def _where(console: Console, folder: Path, messages_read: int, letters: int, seconds: float) -> None:
    console.print(
        Text.assemble(
            ("\n" + f"{messages_read} messages read, {letters} letters sent over SMTP in {seconds:.1f} seconds.", "bold"),
            f"\nDatabase, letters and digest lie in {folder}\n",
            f"Look on: mailbot list --database {folder / 'mailbot.db'}\n         mailbot show 1 --database {folder / 'mailbot.db'}",
        )
    )
