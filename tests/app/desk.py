"""The administrator at her mail, on whatever server: gets what the bot sends, answers it, sees what became of it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from servers.person import Person

from app.office import Office, signup
from mailbot.app.digest import digest_decision
from mailbot.cli.service import service_of
from mailbot.config import load
from mailbot.course import Status
from mailbot.demo.server import MailServer
from mailbot.registration.records import Decision, Item, Roster
from mailbot.store.sqlite import SqliteStore

HER = "Lisbet Vestergaard <lv@fremtidensbiblioteker.dk>"
COURSE = "hverdagsledelse-2026"
PASS = "mx.fremtidensbiblioteker.dk; dmarc=pass header.from=fremtidensbiblioteker.dk"
FAIL = "mx.fremtidensbiblioteker.dk; dmarc=fail header.from=fremtidensbiblioteker.dk"


class Desk:
    """The clock is hers."""

    def __init__(self, person: Person, smtp_port: int, folder: Path, **bot: Any) -> None:
        self.person = person
        self.office = Office(folder, person, smtp_port, **bot)
        self.store = SqliteStore(self.office.database)
        self.now = datetime.now(UTC) - timedelta(days=20)  # Dovecot takes no mail from the future
        config = load(folder / "mailbot.toml", self.office.environment)
        self.service = service_of(config, self.store, lambda: self.now)
        self.read = 0
        self.number = 0

    def arrive(self, *raws: bytes) -> list[EmailMessage]:
        """These messages come in and one pass is made; what was sent meanwhile."""
        for raw in raws:
            self.person.deliver(raw, at=self.now)
        self.service.once()
        return self.letters()

    def letters(self) -> list[EmailMessage]:
        """What lies in Sent and bears a letter key, and was not looked at yet."""
        sent = [message_from_bytes(raw, policy=policy.default) for raw in self.person.raws("Sent")]
        ours = [letter for letter in sent if letter["X-Mailbot-Letter"]]
        new, self.read = ours[self.read :], len(ours)
        return new

    def digest(self) -> EmailMessage:
        decision, letters = digest_decision(self.roster, self.store, self.service.rules, self.now)
        self.store.record(decision, self.now, letters=letters)
        (digest,) = self.arrive()
        return digest

    def write(
        self, text: str, *, answers: EmailMessage | None = None, quoting: str = "", sender: str = HER, results: str = "", **headers: str
    ) -> bytes:
        """A message of hers, in the thread of the letter that it answers."""
        self.number += 1
        made = EmailMessage()
        if results:
            made["Authentication-Results"] = results
        made["From"], made["To"], made["Message-ID"] = sender, "lv@fremtidensbiblioteker.dk", f"<hers-{self.number}@her.dk>"
        made["Subject"] = f"SV: {answers['Subject']}" if answers else headers.pop("Subject", "Linjer")
        if answers:
            made["In-Reply-To"] = answers["Message-ID"]
            made["References"] = f"{answers['References']} {answers['Message-ID']}"
        for name, value in headers.items():
            made[name.replace("_", "-")] = value
        made.set_content(f"{text}\n{quoting}")
        return made.as_bytes(policy=policy.SMTP)

    @property
    def roster(self) -> Roster:
        return self.store.roster(COURSE)

    def statuses(self) -> dict[int, str]:
        return {r.id: r.status.value for r in self.roster.registrations}

    def close(self) -> None:
        self.service.inbox.close()
        self.store.close()

    def open_items(self) -> list[Item]:
        return [i for i in self.roster.items if i.closed_at is None]

def embedded_desk(server: MailServer, folder: Path, **bot: Any) -> Desk:
    return Desk(Person(server.imap_port, "bot@example.dk", "secret", server), server.smtp_port, folder, **bot)


def text_of(letter: EmailMessage) -> str:
    """The plain text on one line."""
    part = letter.get_body(("plain",))
    assert part is not None
    return " ".join(str(part.get_content()).split())


def quoted(letter: EmailMessage) -> str:
    part = letter.get_body(("plain",))
    assert part is not None
    body = "".join(f"> {line}\n" for line in str(part.get_content()).splitlines())
    return f"\nDen tir. 24. nov. 2026 kl. 07.30 skrev Lisbet Vestergaard <lv@fremtidensbiblioteker.dk>:\n\n{body}"


def links(letter: EmailMessage) -> dict[str, str]:
    """What each `mailto:` link of a digest prefills: the body by its first line."""
    page = letter.get_body(("html",))
    assert page is not None
    found = {}
    for href in re.findall(r'href="(mailto:[^"?]+\?[^"]+)"', str(page.get_content())):
        parts = urlsplit(href.replace("&amp;", "&"))
        values = parse_qs(parts.query)
        if "body" not in values:  # the letter to everybody
            continue
        assert unquote(parts.path) == "lv@fremtidensbiblioteker.dk"
        assert values["subject"][0].startswith("Hverdagsledelse 2026")
        found[values["body"][0].splitlines()[0].strip()] = values["body"][0]
    return found


QUESTION = """\
From: Anne Krog <akr@eksempelby-kom.dk>
To: lv@fremtidensbiblioteker.dk
Subject: Spørgsmål om Hverdagsledelse 2026
Message-ID: <spm@eksempelby-kom.dk>
Content-Type: text/plain; charset=utf-8

Hej Lisbet

Er der parkering ved biblioteket, når vi mødes på Hverdagsledelse 2026?

Venlig hilsen
Anne Krog
"""


def forged_signup(name: str, address: str) -> bytes:
    """A signup that its own domain disowns: it waits for her."""
    return b"Authentication-Results: mx.fremtidensbiblioteker.dk; dmarc=fail\r\n" + signup(name, address)


def make_busy(desk: Desk) -> Desk:
    """Three seats taken (1, 3, 5), one waits (7), a question (9), two signups that look forged (10, 11)."""
    people = ("Mette Holm", "Bo Beck", "Ida Lund", "Per Dahl")
    desk.arrive(
        *(signup(name, f"{name[:2].lower()}@bib{n}-kom.dk", n) for n, name in enumerate(people)),
        QUESTION.replace("\n", "\r\n").encode(),
        forged_signup("Ole Friis", "of@bib8-kom.dk"),
        forged_signup("Eva Krogh", "ek@bib9-kom.dk"),
    )
    assert desk.statuses() == {1: "confirmed", 3: "confirmed", 5: "confirmed", 7: "waiting"}
    assert [i.id for i in desk.open_items()] == [9, 10, 11]
    return desk


def put(desk: Desk, number: int, status: Status) -> None:
    found = desk.roster.get(number)
    assert found is not None
    desk.store.record(Decision(registrations=(replace(found, status=status),)), desk.now)


def kinds(letters: list[EmailMessage], desk: Desk) -> list[tuple[str, str]]:
    records = [desk.store.letter(letter["X-Mailbot-Letter"]) for letter in letters]
    return [(record.kind.value, record.to.email) for record in records if record is not None]


def outcome(reply: EmailMessage) -> dict[str, str]:
    """What the reply says of each line."""
    return dict(re.findall(r"- »([^«]*)«: (.*?)(?= - »|$)", re.split(" Det kan du svare| Er der mere, så", text_of(reply))[0]))
