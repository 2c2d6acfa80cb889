"""A small season that meets every step of the service, and what must be the same however often it was killed.

Three seats and five people who want them, two of them in one message; one with a seat cancels, the next is offered it and
says yes. Mail that was ours is moved or flagged, our letters are filed in Sent by us or (as at Exchange) by the provider.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any, Self
from zlib import crc32

from app.office import Office, signup, unrelated
from servers.person import Person

from mailbot.demo.server import MailServer
from mailbot.registration.records import LetterState
from mailbot.store.sqlite import SqliteStore

BOT = "bot@example.dk"
BEGIN = datetime(2026, 2, 2, 9, tzinfo=UTC)
COURSE = "hverdagsledelse-2026"

LETTER = """\
Authentication-Results: mx.fremtidensbiblioteker.dk; dmarc=pass header.from={domain}
From: {name} <{address}>
To: lv@fremtidensbiblioteker.dk
Subject: {subject}
Date: Mon, 02 Feb 2026 11:00:00 +0100
Message-ID: <{id}@{domain}>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

{text}

Venlig hilsen
{name}
"""


def letter(name: str, address: str, subject: str, text: str) -> bytes:
    domain = address.partition("@")[2]
    number = crc32(f"{address} {subject}".encode())
    return LETTER.format(name=name, address=address, domain=domain, subject=subject, text=text, id=number).replace("\n", "\r\n").encode()


TWO = """Vi vil gerne tilmelde to til Hverdagsledelse 2026:

- Carl Dam, souschef, cada@nordskov-kom.dk
- Dorte Emborg, teamleder, doem@nordskov-kom.dk

EAN 5798000123458"""

STAGES: tuple[tuple[bytes, ...], ...] = (
    (
        signup("Anna Friis", "anfr@soendervig-kom.dk", 1),
        unrelated(1),
        signup("Bo Beck", "bobe@eksempelby-kom.dk", 2),
        letter("Gerda Toft", "geto@nordskov-kom.dk", "To tilmeldinger", TWO),
        signup("Emil Gram", "emgr@vestby-kom.dk", 3),
    ),
    (letter("Anna Friis", "anfr@soendervig-kom.dk", "Afbud", "Jeg må desværre melde afbud til Hverdagsledelse 2026."),),
    (letter("Dorte Emborg", "doem@nordskov-kom.dk", "SV: Der er plads til dig på Hverdagsledelse 2026", "Ja tak til pladsen."),),
)


@dataclass(frozen=True)
class Profile:
    """Who files in Sent, what Message-ID a letter keeps, what becomes of mail that was ours."""

    name: str
    after_handling: str
    exchange: bool

    def server(self) -> MailServer:
        return MailServer({BOT: "secret"}, replace_message_ids=self.exchange, file_sent=self.exchange)


PROFILES = (Profile("own server, mail is moved", "move:Tilmeldinger", False), Profile("like Exchange, mail is flagged", "flag", True))


class Nursery:
    """Starts processes from one that has everything imported: a fifth of a second each instead of two."""

    def __enter__(self) -> Self:
        doomed = Path(__file__).with_name("doomed.py")
        self.process = subprocess.Popen([sys.executable, str(doomed)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._heard() == "ready"
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin is not None
        with self.process:
            self.process.stdin.close()

    def run(self, office: Office, *words: str, kill_at: int = 0, kill_after: float = 0.0) -> tuple[int, list[str]]:
        """How `mailbot WORDS` ended (-9: killed), and the steps that it took."""
        assert self.process.stdin is not None
        env = {k: v for k, v in office.environment.items() if k.startswith("MAILBOT_")}
        trace = office.folder / "trace"
        order = {
            "words": words, "cwd": str(office.folder), "env": env, "kill_at": kill_at, "kill_after": kill_after, "trace": str(trace),
        }
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return int(self._heard()), trace.read_text("utf-8").splitlines()

    def _heard(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


@dataclass
class Final:
    """What is left in the end. `state` is everything but letters that nobody knows about; those are `uncertain`."""

    state: dict[str, Any]
    received: Counter[tuple[str, str]]        # recipient, letter by its subject
    filed: Counter[tuple[str, str]]
    twice: list[tuple[str, str]]
    uncertain: list[tuple[str, str]]
    shown: bool
    steps: list[str]


@contextmanager
def office_of(profile: Profile, server: MailServer) -> Iterator[Office]:
    folder = Path(tempfile.mkdtemp(prefix="mbk"))
    person = Person(server.imap_port, BOT, "secret", server)
    with person.client() as client:
        client.create_folder("Tilmeldinger")
    try:
        yield Office(folder, person, server.smtp_port, capacity=3, after_handling=f'"{profile.after_handling}"')
    finally:
        shutil.rmtree(folder)


def tell(profile: Profile, nursery: Nursery, kill_at: int = 0) -> Final:
    """The whole season; once, at step `kill_at` of all its passes, the service is killed and started again."""
    with profile.server() as server, office_of(profile, server) as office:
        steps: list[str] = []
        for day, stage in enumerate(STAGES):
            for n, raw in enumerate(stage):
                server.deliver(BOT, raw, at=BEGIN + timedelta(days=day, minutes=n))
            code, taken = nursery.run(office, "once", "--json", kill_at=max(0, kill_at - len(steps)))
            steps += taken
            if code == -9:
                kill_at = 0
                code, _ = nursery.run(office, "once", "--json")
            assert code == 0, (office.folder / "stderr").read_text("utf-8")
        code, _ = nursery.run(office, "once", "--json")
        assert code == 0
        assert json.loads((office.folder / "stdout").read_text("utf-8")) == {"messages": {}, "due": 0, "letters": 0}
        return _final(server, office, nursery, steps)


def _final(server: MailServer, office: Office, nursery: Nursery, steps: list[str]) -> Final:
    with SqliteStore(office.database) as store:
        roster, letters, entries = store.roster(COURSE), store.letters(), store.entries()
        history = sorted((line.code, r.id) for r in roster.registrations for line in store.history(r.id))
        assert not store.unsettled()
        assert store.to_file() == ()
    lost = [(x.to.email, x.subject) for x in letters if x.state is LetterState.UNCERTAIN]
    state = {
        "registrations": [(r.id, r.person.name, r.status.value, roster.position(r.id)) for r in roster.registrations],
        "letters": sorted((x.to.email, x.subject, x.kind.value, "sent" if x.state == "uncertain" else x.state.value) for x in letters),
        "history": history,
        "items": sorted((i.kind.value, i.closed_as) for i in roster.items),
        "messages": sorted((e.message_id, e.outcome.value) for e in entries),
        "mailboxes": {
            name: sorted((_subject(m.raw), *sorted(m.flags)) for m in server.messages(BOT, name)) for name in ("INBOX", "Tilmeldinger")
        },
    }
    received = Counter((r, _subject(s.raw)) for s in server.sent for r in s.recipients)
    filed = [message_from_bytes(m.raw, policy=policy.compat32) for m in server.messages(BOT, "Sent")]
    twice = [k for k, n in Counter((r, _key(s.raw)) for s in server.sent for r in s.recipients).items() if n > 1]
    twice += [k for k, n in Counter(("Sent", str(m["X-Mailbot-Letter"])) for m in filed).items() if n > 1]
    return Final(
        state, received, Counter((str(m["To"]).rpartition("<")[2].rstrip(">"), _decoded(str(m["Subject"]))) for m in filed),
        twice, lost, _shown(office, nursery, [x.to.name for x in letters if x.state is LetterState.UNCERTAIN]), steps,
    )


def _shown(office: Office, nursery: Nursery, names: list[str]) -> bool:
    """Whether the administrator is told of each letter in doubt: by `status`, and by name in the digest."""
    if not names:
        return True
    nursery.run(office, "status", "--json")
    status = json.loads((office.folder / "stdout").read_text("utf-8"))
    nursery.run(office, "digest")
    digest = (office.folder / "stdout").read_text("utf-8")
    return status["letters_uncertain"] == len(names) and all(name in digest for name in names)


def _key(raw: bytes) -> str:
    return str(message_from_bytes(raw, policy=policy.compat32)["X-Mailbot-Letter"])


def _subject(raw: bytes) -> str:
    return _decoded(str(message_from_bytes(raw, policy=policy.compat32)["Subject"]))


def _decoded(header: str) -> str:
    return " ".join(str(make_header(decode_header(header))).split())


def outcome(whole: Final, killed: Final) -> str:
    """In a word what the kill did, compared with the run that was not killed. Raises AssertionError for a broken promise."""
    assert killed.twice == []
    assert killed.state == whole.state
    doubt = Counter(killed.uncertain)
    missing = whole.received - killed.received
    assert killed.received <= whole.received
    assert missing <= doubt, f"lost: {missing - doubt}"
    assert whole.filed - killed.filed <= doubt
    assert killed.filed <= whole.filed
    assert killed.shown
    if not doubt:
        return "the same"
    assert sum(doubt.values()) == 1
    return "uncertain, shown; it had not left" if missing else "uncertain, shown; it had left"
