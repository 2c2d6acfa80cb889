"""All or nothing, whatever breaks off when.

As isync's tests do it: a process is killed before each single statement of a verb, and what it leaves is compared with
the state before and after. Then at random moments under way, and last a power cut: the log ends at any byte.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mailbot.course import Mode
from mailbot.registration.records import Audit, Decision, LetterState, Outcome, Settings
from mailbot.store import session
from mailbot.store.copies import verify
from mailbot.store.sqlite import SqliteStore
from mailbot.understanding.reading import Reason

from .samples import NOW, content, course, draft, entry, item, make_version_1, outgoing, registration

ID = "ledelse-2026"
FORKS = pytest.mark.skipif(not hasattr(os, "fork"), reason="a process for each statement is too slow elsewhere")
session_connect = session.connect


def signup(store: SqliteStore, n: int) -> None:
    """Message n as the service books it: two people, a question, their letters, their history."""
    first = store.roster(ID).next_id
    people = (registration(first), registration(first + 1))
    decision = Decision(
        outcome=Outcome.HANDLED, registrations=people, items=(item(first + 2),), audit=tuple(Audit("signed_up", r.id) for r in people)
    )
    letters = [outgoing(draft(r)) for r in people]
    store.record(decision, NOW, entry=entry(n, registrations=tuple(r.id for r in people)), letters=letters)


def send(store: SqliteStore) -> None:
    attempt = store.reserve(NOW)
    if attempt is not None:
        store.sending(attempt.letter.number)
        store.settle(attempt.letter.number, LetterState.SENT, NOW)


VERBS: dict[str, Callable[[SqliteStore], object]] = {
    "record": lambda store: signup(store, 2),
    "reserve": lambda store: store.reserve(NOW),
    "settle": lambda store: store.settle(4, LetterState.FAILED, NOW, reason=Reason("refused")),
    "advance": lambda store: store.advance(entry(9).place),  # type: ignore[arg-type]
    "set_mode": lambda store: store.set_mode(ID, Mode.DRAFT, NOW),
    "settings": lambda store: store.record(Decision(settings=Settings(paused=True), course=course(capacity=30)), NOW),
    "save_course": lambda store: store.save_course(course(capacity=30), NOW),
    "forget": lambda store: store.forget("p1@bibliotek.dk", NOW),
    "erase_sensitive": lambda store: store.erase_sensitive(ID),
    "erase_course": lambda store: store.erase_course(ID, NOW),
}


@pytest.fixture
def start(tmp_path: Path) -> Path:
    path = tmp_path / "start.db"
    with SqliteStore(path) as store:
        store.save_course(course(), NOW)
        store.set_mode(ID, Mode.AUTO, NOW)
        signup(store, 1)
    return path


def killed_before_statement(number: int, path: Path, verb: Callable[[SqliteStore], object] | None) -> bool:
    """Run the verb (None: opening the file itself) in a process of its own that dies before its n-th statement.

    False where it came to its end.
    """
    child = os.fork()
    if child == 0:
        left = iter(range(number - 1, -1, -1))

        def connect(*args: Any, **options: Any) -> Any:
            connection = session_connect(*args, **options)
            connection.set_trace_callback(lambda _: next(left) or os.kill(os.getpid(), signal.SIGKILL))
            return connection

        try:
            if verb is None:
                session.connect = connect
                SqliteStore(path)
            else:
                store = SqliteStore(path)
                store.connection.set_trace_callback(lambda _: next(left) or os.kill(os.getpid(), signal.SIGKILL))
                verb(store)
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


@FORKS
@pytest.mark.parametrize("verb", VERBS)
def test_killed_before_any_statement_it_is_all_or_nothing(verb: str, start: Path, tmp_path: Path) -> None:
    after = tmp_path / "after.db"
    shutil.copy(start, after)
    with SqliteStore(start) as store:
        nothing = content(store)
    with SqliteStore(after) as store:
        VERBS[verb](store)
        all_of_it = content(store)
    assert nothing != all_of_it
    seen = []
    for number in range(1, 200):
        path = tmp_path / f"{number}.db"
        shutil.copy(start, path)
        killed = killed_before_statement(number, path, VERBS[verb])
        with SqliteStore(path) as store:
            left = content(store)
        assert left in (nothing, all_of_it), f"killed before statement {number}"
        seen.append(left == all_of_it)
        if not killed:
            break
    assert seen[-1]
    assert not seen[0]
    assert seen == sorted(seen)   # once it is there it stays
    assert len(seen) > 3


CHILD = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from store.test_crash import serve
serve(Path(sys.argv[1]))
"""


def serve(path: Path) -> None:
    """A service that books one message after the other and sends letters, until it is killed."""
    with SqliteStore(path) as store:
        for n in range(1, 1_000_000):
            if store.known(f"fp{n}") is None:
                signup(store, n)
                send(store)
                sys.stdout.write(f"{n}\n")
                sys.stdout.flush()


def consistent(store: SqliteStore) -> Iterator[str]:
    """What is wrong in a state that a killed service left; nothing, if all is well."""
    roster = store.roster(ID)
    people, items = {r.id for r in roster.registrations}, {i.id for i in roster.items}
    letters = {letter.about[0]: letter.number for letter in roster.letters}
    for booked in store.entries():
        if booked.outcome is Outcome.HANDLED:
            first = booked.registrations[0]
            whole = {first, first + 1} <= people and first + 2 in items and {first, first + 1} <= set(letters)
            if not (whole and len(store.history(first)) == len(store.history(first + 1)) == 1):
                yield f"{booked.fingerprint} is there in part"
    if len(people) != 2 * len(store.entries()) or len(letters) != len(people) or len(items) != len(store.entries()):
        yield "there is more than the messages brought"
    numbers = [*people, *items, *letters.values()]
    if len(set(numbers)) != len(numbers) or roster.next_id != max(numbers, default=0) + 1:
        yield "a number was given twice, or one was lost"


def test_killed_at_random_under_way_nothing_is_lost_or_half_done(path: Path) -> None:
    moments = random.Random(2026)
    with SqliteStore(path) as store:
        store.save_course(course(), NOW)
        store.set_mode(ID, Mode.AUTO, NOW)
    booked = 0
    for _ in range(6):
        with subprocess.Popen([sys.executable, "-c", CHILD, path, Path(__file__).parents[1]], stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout
            told = child.stdout.readline()
            time.sleep(moments.uniform(0, 0.15))   # not to wait for something: the moment of the kill
            child.kill()
            told = (told + child.stdout.read()).splitlines(keepends=True)
        booked = max(booked, *(int(line) for line in told if line.endswith("\n")))
        with SqliteStore(path) as store:
            assert list(consistent(store)) == []
            assert len(store.entries()) >= booked   # what was told is kept
            for attempt in store.unsettled():
                store.settle(attempt.letter.number, LetterState.PLANNED, NOW)
    assert booked > 6
    verify(path)


def test_a_power_cut_leaves_the_log_at_any_byte(path: Path, tmp_path: Path) -> None:
    """What was committed before is whole, and the last message is there with all it brings or not at all."""
    cuts = random.Random(2026)
    with SqliteStore(path) as store:
        store.save_course(course(), NOW)
        signup(store, 1)
        store.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        signup(store, 2)
        data, log = path.read_bytes(), path.with_name(path.name + "-wal").read_bytes()
    torn = tmp_path / "torn.db"
    outcomes = set()
    for cut in [0, len(log), *(cuts.randrange(len(log)) for _ in range(60))]:
        torn.write_bytes(data)
        torn.with_name("torn.db-wal").write_bytes(log[:cut])
        with SqliteStore(torn) as left:
            assert list(consistent(left)) == []
            outcomes.add(len(left.entries()))
    assert outcomes == {1, 2}


@FORKS
@pytest.mark.parametrize("version", [0, 1])
def test_killed_while_it_is_brought_up_to_date(version: int, tmp_path: Path) -> None:
    """From nothing, and from version 1: the next one who opens it does it all."""
    for number in range(1, 400, 3):
        path = tmp_path / str(number) / "mailbot.db"
        path.parent.mkdir()
        if version:
            make_version_1(path)
        killed = killed_before_statement(number, path, None)
        with SqliteStore(path) as store:
            store.save_course(course(), NOW)
            assert len(store.roster(ID).registrations) == version
            assert store.rows("SELECT * FROM open_items") == []
        if not killed:
            break
    assert not killed
    assert number > 15
