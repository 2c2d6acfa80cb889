"""Two weeks of a season minute by minute: 300 participants, faults and restarts at random, the promises looked at in each.

`python tests/crash/soak.py` lets 20,000 minutes pass on a clock of its own. Mail goes over real IMAP and SMTP to the
embedded server; as in the service, a pass happens when mail has come or something falls due, and every 28 minutes. The
promises are those of the registration rules' own random histories (`test_machine`), held against the database.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
import time as watch
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "registration")]

import structlog  # noqa: E402
from app.office import signup  # noqa: E402
from test_machine import Life  # noqa: E402

from crash.load import somebody  # noqa: E402
from crash.story import COURSE, letter  # noqa: E402
from mailbot.app.connect import Post  # noqa: E402
from mailbot.app.handle import Rules  # noqa: E402
from mailbot.app.service import Service  # noqa: E402
from mailbot.course import Contact, Course, Kind, Meeting, Mode, Status  # noqa: E402
from mailbot.demo.server import MailServer  # noqa: E402
from mailbot.letters.templates import Templates  # noqa: E402
from mailbot.mail.errors import MailError  # noqa: E402
from mailbot.mail.inbox import Account, Inbox, Password  # noqa: E402
from mailbot.mail.transport import Transport  # noqa: E402
from mailbot.registration.records import LetterState, Registration  # noqa: E402
from mailbot.store.sqlite import SqliteStore  # noqa: E402

BEGIN = datetime(2026, 2, 2, 7, tzinfo=UTC)
BOT = "bot@example.dk"
ALWAYS = ("never_oversold", "positions_have_no_holes", "one_live_registration_per_person", "every_letter_once", "limits_hold")
SETTLED = ("every_freed_seat_is_offered_or_nobody_could_have_it", "an_offer_without_a_letter_has_no_clock")
WORDS = (
    ("SV: Tilmelding", "Jeg må desværre melde afbud til Hverdagsledelse 2026."),
    ("SV: Tilmelding", "Jeg må desværre melde afbud til Hverdagsledelse 2026."),
    ("Nyt EAN", "Vores EAN-nummer er 5790001330552. Det gælder min tilmelding til Hverdagsledelse 2026."),
    ("Sted", "Hvor skal vi mødes den første dag på Hverdagsledelse 2026?"),
)


class Killed(BaseException):
    """The end of a process, as far as that can be had within one."""


class Fragile(SqliteStore):
    """A store whose process dies now and then around a commit."""

    chance: random.Random
    risk = 0.0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        moment = self.chance.random() / self.risk if self.risk else 1.0
        with super().transaction():
            yield
            if moment < 0.5:
                raise Killed
        if moment < 1.0:
            raise Killed


@dataclass
class Season:
    """`risk`: how likely each commit ends the process; faults of the servers come every hundred minutes or so."""

    folder: Path
    server: MailServer
    people: int
    chance: random.Random
    risk: float = 0.02
    now: datetime = BEGIN
    signed_up: list[tuple[str, str]] = field(default_factory=list)
    answered: set[int] = field(default_factory=set)
    count: Counter[str] = field(default_factory=Counter)
    fault_until: datetime = BEGIN
    seated_before: int = 0

    def open(self, days: int) -> None:
        start = (BEGIN + timedelta(days=days)).date()
        self.course = Course(
            id=COURSE, title="Hverdagsledelse 2026", aliases=("hverdagsledelse",), signup_address="lv@fremtidensbiblioteker.dk",
            capacity=self.people * 2 // 3, signup_opens=BEGIN.date(), signup_deadline=start - timedelta(days=5),
            max_letters_per_hour=100_000, reminders=(3, 1), contact=Contact(name="Lisbet Vestergaard", email="lv@fremtidensbiblioteker.dk"),
            meetings=(Meeting(date=start, start=datetime(2026, 1, 1, 10).time(), end=datetime(2026, 1, 1, 15).time()),),
        )
        self.start()

    def start(self) -> None:
        """A new process: all that was in memory is gone."""
        account = Account("127.0.0.1", self.server.imap_port, "none", BOT, Password("secret"), 10)
        way_out = Account("127.0.0.1", self.server.smtp_port, "none", BOT, Password("secret"), 10)
        store = Fragile(self.folder / "mailbot.db")
        store.chance = self.chance
        store.save_course(self.course, self.now, Mode.AUTO)
        store.risk = self.risk
        inbox = Inbox(account)
        post = Post(store, inbox, Transport(way_out, 1_000_000, BOT), files=True)
        rules = Rules((), Templates(), trusted=("mx.fremtidensbiblioteker.dk",))
        self.store = store
        self.service = Service(store=store, rules=rules, inbox=inbox, carrier=post, clock=lambda: self.now, idle_minutes=28)

    def end(self) -> None:
        """As a kill leaves it: nobody signs off."""
        self.service.inbox._session._drop()
        self.service.carrier.transport._abandon()  # type: ignore[attr-defined]
        self.store.close()

    def live(self, minutes: int) -> None:
        wake = self.now
        for minute in range(minutes):
            self.now = BEGIN + timedelta(minutes=minute)
            self._trouble()
            wrote = self._somebody_writes(2.2 * self.people / minutes)
            if wrote or self.now >= wake:
                self._pass()
                with suppress(Killed):
                    wake = self.now + timedelta(seconds=max(60.0, self.service._patience()))
        self.server.fault, self.fault_until, self.risk = None, self.now, 0.0
        for _ in range(8):  # all that was deferred is due by then
            self.end()
            self.start()
            self.now += timedelta(hours=1)
            self._pass()

    def _pass(self) -> None:
        whole = False
        self.count["passes"] += 1
        try:
            self.service.once()
            whole = True
        except MailError:
            self.count["passes that met a fault"] += 1
            self.service.inbox.close()
        except Killed:
            self.count["kills"] += 1
            self.end()
            self.start()
        self._look(whole)

    def _look(self, whole: bool) -> None:
        """The promises of `test_machine`, each told a world that is the database."""
        roster = self.store.roster(COURSE)
        letters = [
            SimpleNamespace(
                to=x.to.email, kind=x.kind, at=x.planned_at, record=x,
                draft=SimpleNamespace(withheld=x.reason if x.state is LetterState.WITHHELD else None, subject_of=x.subject_of),
            )
            for x in self.store.letters() if x.kind is not Kind.DIGEST
        ]
        life: Any = SimpleNamespace(world=SimpleNamespace(roster=roster, now=self.now, letters=letters), seated_before=self.seated_before)
        for promise in (*ALWAYS, *(SETTLED if whole else ())):
            getattr(Life, promise)(life)
            self.count["promises looked at"] += 1
        self.seated_before = life.seated_before
        keys = Counter((r, found[1]) for s in self.server.sent for r in s.recipients if (found := _KEY.search(s.raw)))
        assert [k for k, n in keys.items() if n > 1] == []

    def _trouble(self) -> None:
        if self.now >= self.fault_until:
            self.server.fault = None
        if self.chance.random() > 0.01:
            return
        kind = self.chance.choice(("451", "drop", "drop-after-accept", "auth", "imap", "uidvalidity", "restart"))
        self.count[f"fault: {kind}"] += 1
        self.fault_until = self.now + timedelta(minutes=self.chance.randint(1, 30))
        if kind == "imap":
            self.server.drop_imap()
        elif kind == "uidvalidity":
            self.server.reset_uidvalidity(BOT)
        elif kind == "restart":
            self.end()
            self.start()
        else:
            replies = {"451": ("RCPT", "451 4.7.500 Server busy"), "auth": ("AUTH", "454 4.7.0 Temporary failure")}
            stage, reply = replies.get(kind, ("DATA", kind))
            self.server.fault = lambda at, _what: reply if at == stage and self.chance.random() < 0.5 else None

    def _somebody_writes(self, likely: float) -> bool:
        if self.chance.random() > likely:
            return False
        kind = self.chance.random()
        if kind < 0.22:
            raw = self._answer_to_an_offer()
        elif kind < 0.42 and self.signed_up:
            who = self.chance.choice(self.signed_up)
            subject, text = self.chance.choice(WORDS)
            raw = letter(*who, f"{subject} {self.count['messages']}", text)
        else:
            raw = self._signup()
        if raw is None:
            return False
        self.server.deliver(BOT, raw, at=self.now)
        self.count["messages"] += 1
        return True

    def _signup(self) -> bytes | None:
        n = len(self.signed_up)
        if n >= self.people:
            return None
        self.signed_up.append(somebody(n))
        return signup(*self.signed_up[-1], n)

    def _answer_to_an_offer(self) -> bytes | None:
        def open_to(r: Registration) -> bool:
            return r.status is Status.OFFERED and r.id not in self.answered

        r = next((r for r in self.store.roster(COURSE).registrations if open_to(r)), None)
        if r is None or not r.person.name or not r.person.email:
            return None
        self.answered.add(r.id)
        if self.chance.random() < 0.3:
            return None  # silence: the offer lapses
        text = "Ja tak til pladsen." if self.chance.random() < 0.7 else "Nej tak, jeg vil ikke have pladsen alligevel."
        return letter(r.person.name, r.person.email, f"SV: Der er plads til dig på Hverdagsledelse 2026 {r.id}", text)


_KEY = re.compile(rb"(?m)^X-Mailbot-Letter: (\S+)")


def soak(minutes: int, people: int, seed: int = 2026) -> dict[str, int]:
    """Let that many minutes pass. Raises AssertionError where a promise is broken; returns what happened, counted."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    with MailServer({BOT: "secret"}) as server, tempfile.TemporaryDirectory() as folder:
        season = Season(Path(folder), server, people, random.Random(seed))
        season.open(days=max(7, minutes // 1440 - 1))
        season.live(minutes)
        roster, letters = season.store.roster(COURSE), season.store.letters()
        assert not season.store.unsettled()
        registered = {r.person.email for r in roster.registrations}
        lost = [who for who in season.signed_up if who[1] not in registered]
        assert lost == [], lost
        assert {x.state for x in letters} <= {LetterState.SENT, LetterState.WITHHELD, LetterState.UNCERTAIN, LetterState.PLANNED}
        assert all(x.state is not LetterState.PLANNED for x in letters if x.planned_at < season.now - timedelta(hours=6))
        result = {"minutes": minutes, "people": len(season.signed_up), **dict(sorted(season.count.items()))}
        result |= {f"registrations {k}": n for k, n in sorted(Counter(r.status.value for r in roster.registrations).items())}
        result |= {f"letters {k}": n for k, n in sorted(Counter(x.state.value for x in letters).items())}
        season.end()
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=20_000)
    parser.add_argument("--people", type=int, default=300)
    given, began = parser.parse_args(), watch.monotonic()
    for name, value in soak(given.minutes, given.people).items():
        sys.stdout.write(f"{name:<32}{value:>8}\n")
    sys.stdout.write(f"{'seconds':<32}{watch.monotonic() - began:>8.0f}\n")


if __name__ == "__main__":
    main()
