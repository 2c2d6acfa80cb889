"""Killed at random under load, on Dovecot and Exim: people sign up, withdraw and say yes while the service dies again and again.

`python tests/crash/load.py` kills 500 times. Half of the kills come at a random step between network and database (see
`doomed`), half at a random moment. Afterwards every mailbox is looked into: nobody lost, no seat too many, nothing twice.
"""

from __future__ import annotations

import argparse
import email
import random
import smtplib
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import policy
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent)]

from app.office import Office, eventually, signup, unrelated  # noqa: E402
from servers.dovecot import Dovecot  # noqa: E402
from servers.exim import Exim  # noqa: E402
from servers.person import Person  # noqa: E402

from crash.story import COURSE, Nursery, letter  # noqa: E402
from mailbot.course import Status  # noqa: E402
from mailbot.registration.records import LetterState  # noqa: E402
from mailbot.store.sqlite import SqliteStore  # noqa: E402

FIRST = ("Anna", "Bent", "Carla", "Dorte", "Emil", "Frida", "Gorm", "Helle", "Ida", "Jens", "Karla", "Lone", "Mads", "Nanna", "Ole")
LAST = ("Holm", "Krogh", "Lund", "Toft", "Winther", "Dahl", "Friis", "Gram", "Juhl", "Koch", "Lind", "Mork", "Norup", "Otzen", "Palle")
SUBJECT = "SV: Der er plads til dig på Hverdagsledelse 2026"


def somebody(n: int) -> tuple[str, str]:
    """Name and address of the n-th person: first and last names meet once, for these two and the library make a person."""
    return f"{FIRST[n % 15]} {LAST[n // 15 % 15]}{('', 'gaard', 'strup')[n // 225]}", f"p{n}@nordskov{n % 40}-kom.dk"


@dataclass
class People:
    """Those who write, in a thread of their own: a signup every `pause` seconds or so, now and then a change of mind."""

    office: Office
    lmtp_port: int
    most: int
    pause: float
    chance: random.Random
    signed_up: list[tuple[str, str]] = field(default_factory=list)
    written: int = 0
    answered: set[int] = field(default_factory=set)

    def run(self, stop: threading.Event) -> None:
        with smtplib.LMTP("127.0.0.1", self.lmtp_port) as lmtp:
            while not stop.wait(self.chance.uniform(0, 2 * self.pause)):
                raw = self._next()
                if raw is not None:
                    lmtp.sendmail("sender@eksempel-eks.dk", [self.office.person.user], raw)
                    self.written += 1

    def _next(self) -> bytes | None:
        kind = self.chance.random()
        if kind < 0.15 and self.signed_up:
            name, address = self.chance.choice(self.signed_up)
            text = f"Jeg må desværre melde afbud til Hverdagsledelse 2026. ({self.written})"
            return letter(name, address, f"Afbud {self.written}", text)
        if kind < 0.35:
            return self._yes()
        if kind < 0.4:
            return unrelated(self.written)
        n = len(self.signed_up)
        if n >= self.most:
            return None
        self.signed_up.append(somebody(n))
        return signup(*self.signed_up[-1], n)

    def _yes(self) -> bytes | None:
        """Who was offered a seat, and has heard of it, takes it."""
        if not self.office.database.exists():
            return None
        with SqliteStore(self.office.database) as store:
            roster = store.roster(COURSE) if store.courses() else None
        for r in roster.registrations if roster else ():
            if r.status is Status.OFFERED and r.id not in self.answered and r.person.name and r.person.email:
                self.answered.add(r.id)
                return letter(r.person.name, r.person.email, f"{SUBJECT} {r.id}", "Ja tak til pladsen.")
        return None


def kills(number: int, *, people: int = 400, capacity: int = 150, pause: float = 0.25, seed: int = 2026) -> dict[str, int | float]:
    """Run, kill, start again, `number` times; then let it finish and look. Raises AssertionError for a broken promise."""
    chance = random.Random(seed)
    with Dovecot(["bot@example.dk"]) as dovecot, Exim(dovecot.lmtp_port) as exim, tempfile.TemporaryDirectory() as folder:
        office = Office(Path(folder), Person(dovecot.port, "bot@example.dk", "secret", dovecot), exim.port, capacity=capacity)
        writers = People(office, dovecot.lmtp_port, people, pause, random.Random(seed + 1))
        stop, began, killed = threading.Event(), time.monotonic(), 0
        thread = threading.Thread(target=writers.run, args=(stop,))
        with Nursery() as nursery:
            thread.start()
            try:
                while killed < number:
                    at_step, after = (chance.randint(1, 250), 0.0) if killed % 2 else (0, chance.uniform(0.05, 2.0))
                    code, _ = nursery.run(office, "run", kill_at=at_step, kill_after=after or 4.0)
                    assert code == -9, (office.folder / "stderr").read_text("utf-8")
                    killed += 1
                    _never_oversold(office, capacity)
            finally:
                stop.set()
                thread.join()
            took = time.monotonic() - began
            for hours in (0, 0, 1, 2):  # what was deferred meanwhile is due by then
                now = (datetime.now(UTC) + timedelta(hours=hours)).isoformat()
                code, _ = nursery.run(office, "once", "--now", now)
                assert code == 0, (office.folder / "stderr").read_text("utf-8")
        return {"kills": killed, "seconds": round(took), "messages": writers.written, **_looked_into(office, dovecot, writers, capacity)}


def _never_oversold(office: Office, capacity: int) -> None:
    if office.database.exists():
        with SqliteStore(office.database) as store:
            if store.courses():
                assert sum(r.seated for r in store.roster(COURSE).registrations) <= capacity


def _looked_into(office: Office, dovecot: Dovecot, writers: People, capacity: int) -> dict[str, int]:
    with SqliteStore(office.database) as store:
        roster, letters = store.roster(COURSE), store.letters()
        assert not store.unsettled()
        assert store.to_file() == ()
    _never_oversold(office, capacity)
    registered = Counter(r.person.email for r in roster.registrations)
    lost = [who for who in writers.signed_up if who[1] not in registered]
    assert lost == [], lost
    live = Counter(r.person.email for r in roster.registrations if r.live)
    assert [address for address, n in live.items() if n > 1] == []
    state = {x.key: x.state for x in letters}
    assert LetterState.PLANNED not in state.values()
    sent = Counter((x.to.email, x.key) for x in letters if x.state is LetterState.SENT)
    addresses = {x.to.email for x in letters}

    def arrived() -> Counter[tuple[str, str]]:
        return Counter((address, _key(p)) for address in addresses for p in dovecot.maildir(address).glob("new/*"))

    eventually(lambda: sent <= arrived(), 60)  # Exim says 250 before it has delivered
    there = arrived()
    assert [k for k, n in there.items() if n > 1] == []
    filed = Counter(str(email.message_from_bytes(raw, policy=policy.compat32)["X-Mailbot-Letter"]) for raw in office.person.raws("Sent"))
    assert [k for k, n in filed.items() if n > 1] == []
    assert {key for _, key in sent} <= set(filed)
    uncertain = [x for x in letters if x.state is LetterState.UNCERTAIN]
    return {
        "signups": len(writers.signed_up), "registrations": len(roster.registrations),
        "seated": sum(r.seated for r in roster.registrations),
        "letters": len(letters), "sent": len(sent), "uncertain": len(uncertain),
        "uncertain_but_arrived": sum((x.to.email, x.key) in there for x in uncertain), "lost": 0, "oversold": 0, "twice": 0,
    }


def _key(path: Path) -> str:
    return str(email.message_from_bytes(path.read_bytes(), policy=policy.compat32)["X-Mailbot-Letter"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    for name, value in kills(parser.parse_args().kills).items():
        sys.stdout.write(f"{name.replace('_', ' '):<24}{value:>8}\n")


if __name__ == "__main__":
    main()
