"""A machine that may be lost in the middle of a season: its copies lie on another disk, its mail on a server."""

from __future__ import annotations

import email
import json
import re
import shutil
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from servers.person import Person
from typer.testing import CliRunner

from app.office import Office, eventually, signup, unrelated
from mailbot.cli import app
from mailbot.cli.service import service_of
from mailbot.config import load
from mailbot.store.sqlite import SqliteStore

COURSE = "hverdagsledelse-2026"
HER = "Lisbet Vestergaard <lv@fremtidensbiblioteker.dk>"
METTE, BO, IDA = "mette.holm@eksempelby-kom.dk", "bo.beck@nordskov-kom.dk", "ida.lund@vestby-kom.dk"
KARL, EVA = "karl.toft@soendervig-kom.dk", "eva.krogh@andeby-kom.dk"
Letters = list[EmailMessage]


def _to_the_minute(value: Any) -> Any:
    return value[:16] if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT\d\d:", value) else value


class Season:
    """An installation on a machine that may be lost, its copies on another disk, its mail on a server."""

    def __init__(
        self, tmp_path: Path, person: Person, smtp_port: int, sent: Callable[[], list[bytes]], monkeypatch: pytest.MonkeyPatch,
        later: Callable[[], object],
    ) -> None:  # fmt: skip
        self.later = later   # what comes after is of another second, as mail knows no finer time
        monkeypatch.setenv("MAILBOT_IMAP__PASSWORD", person.password)
        self.disk, self.person, self.smtp_port, self.sent = tmp_path / "disk", person, smtp_port, sent
        self.copies = tmp_path / "other" / "copies"
        self.machine()
        self.number = 0

    def machine(self) -> None:
        """A new machine with the settings, as an IT department sets it up again."""
        self.disk.mkdir()
        self.office = Office(self.disk, self.person, self.smtp_port, capacity=2, backup_to=f'"{self.copies.as_posix()}"')

    def write(self, sender: str, text: str, *, answers: EmailMessage | None = None, subject: str = "Hverdagsledelse 2026") -> None:
        """Somebody writes; it is authenticated by our own server."""
        self.number += 1
        made = EmailMessage()
        domain = email.utils.parseaddr(sender)[1].partition("@")[2]
        made["Authentication-Results"] = f"mx.fremtidensbiblioteker.dk; dmarc=pass header.from={domain}"
        made["From"], made["To"], made["Message-ID"] = sender, "lv@fremtidensbiblioteker.dk", f"<{self.number}@{domain}>"
        made["Subject"] = f"SV: {answers['Subject']}" if answers else subject
        if answers:
            made["In-Reply-To"], made["References"] = answers["Message-ID"], f"{answers['References']} {answers['Message-ID']}"
        made.set_content(text)
        self.person.deliver(made.as_bytes(policy=policy.SMTP))

    def once(self) -> int:
        """A pass, a little later; how many letters left."""
        self.later()
        with self.store() as store:
            service = service_of(load(self.disk / "mailbot.toml"), store, lambda: datetime.now(UTC))
            try:
                return service.once().letters
            finally:
                service.inbox.close()

    def store(self) -> SqliteStore:
        return SqliteStore(self.office.database)

    def run(self, *words: str) -> str:
        """What a command prints."""
        done = CliRunner().invoke(app, [*words, "--config", str(self.disk / "mailbot.toml")])
        assert done.exit_code == 0, (done.output, done.exception)
        return done.stdout

    def letters(self) -> Letters:
        return [email.message_from_bytes(raw, policy=policy.default) for raw in self.sent()]  # type: ignore[misc]

    def letter_to(self, address: str) -> EmailMessage:
        """The latest one."""
        return eventually(lambda: [x for x in self.letters() if address in str(x["To"])])[-1]  # type: ignore[no-any-return]

    def state(self) -> dict[str, Any]:
        """All that a person can see; times to the minute, since the clock of a letter is kept to the second."""
        with self.store() as store:
            roster = store.roster(COURSE)
            letters = {x.key: (x.number, x.kind.value, x.state.value, x.to.email, x.about) for x in store.letters()}
            places = {r.id: roster.position(r.id) for r in roster.registrations}
            items = [(i.id, i.kind.value, i.closed_as, i.registrations, i.subject) for i in roster.items]
            offers = {r.id: str(r.offer_expires_at)[:19] for r in roster.registrations}
            outcomes = sorted((e.fingerprint, e.outcome.value) for e in store.entries())
        listed = [{k: _to_the_minute(v) for k, v in row.items()} for row in json.loads(self.run("list", "--json"))]
        return {"list": listed, "letters": letters, "places": places, "items": items, "offers": offers,
                "messages": outcomes, "capacity": roster.course.capacity}

    def live(self) -> None:
        """A beginning, the nightly copy in the middle, and what came after it."""
        self.person.deliver(
            signup("Mette Holm", METTE, 1), unrelated(1), signup("Bo Beck", BO, 2), signup("Ida Lund", IDA, 3),
        )
        self.once()   # two seats, one waits; then the nightly copy is made
        (self.copy,) = self.copies.glob("mailbot-*.db")
        self.person.deliver(signup("Karl Toft", KARL, 4), unrelated(2))
        self.write(f"Mette Holm <{METTE}>", "Jeg må desværre melde afbud til Hverdagsledelse 2026.\n\nMette Holm", subject="Afbud")
        self.once()   # Ida is offered the seat
        self.write(f"Ida Lund <{IDA}>", "Ja tak til pladsen.\n\nIda Lund", answers=self.letter_to(IDA))
        self.once()
        self.run("digest", "--send")
        self.once()
        self.write(HER, "pladser 3", answers=self.letter_to("lv@fremtidensbiblioteker.dk"))
        self.once()   # Karl is offered the third
        self.write(f"Bo Beck <{BO}>", "Hej. Er der parkering ved huset? Mvh Bo Beck", answers=self.letter_to(BO))
        self.once()

    def lose(self) -> None:
        shutil.rmtree(self.disk)
        self.machine()

    def restore(self, *words: str) -> dict[str, Any]:
        return dict(json.loads(self.run("restore", str(self.copy), "--yes", "--json", *words)))

    def statuses(self) -> dict[str, str]:
        with self.store() as store:
            return {str(r.person.name): r.status.value for r in store.roster(COURSE).registrations}

    def nobody_heard_twice(self) -> None:
        keys = Counter(str(x["X-Mailbot-Letter"]) for x in self.letters())
        assert [key for key, n in keys.items() if n > 1] == []
        with self.store() as store:
            assert keys.keys() == {x.key for x in store.letters() if x.state.value == "sent"}


def assert_same(now: dict[str, Any], before: dict[str, Any]) -> None:
    for name, value in before.items():
        assert now[name] == value, name
