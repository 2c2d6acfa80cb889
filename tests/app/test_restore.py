"""The machine is lost in the middle of a season: copy, mailbox and Sent bring back the same state, and nobody hears anything twice."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
import time_machine
from servers.dovecot import Dovecot
from servers.exim import Exim
from servers.person import Person
from servers.process import free_port
from typer.testing import CliRunner

from app.machine import BO, COURSE, EVA, HER, IDA, KARL, METTE, Season, assert_same
from app.office import eventually, signup, unrelated
from mailbot.app import repeat
from mailbot.cli import app, logs
from mailbot.cli.service import service_of
from mailbot.config import load
from mailbot.demo.server import MailServer
from mailbot.letters.templates import Templates
from mailbot.mail.errors import InboxError
from mailbot.registration.records import LetterState
from mailbot.store.sqlite import SqliteStore


@pytest.fixture(autouse=True)
def silence(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The commands run in this process here, where their log has nowhere to go."""
    monkeypatch.setattr(logs, "configure", lambda: None)
    monkeypatch.setattr(Templates, "check", lambda _self: None)   # a second each time
    monkeypatch.setenv("COLUMNS", "160")
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    yield
    structlog.reset_defaults()


@pytest.fixture(params=["embedded", "dovecot"])
def season(
    request: pytest.FixtureRequest, tmp_path: Path, new_person: Callable[[Dovecot], Person], monkeypatch: pytest.MonkeyPatch
) -> Season:
    if request.param == "embedded":
        return request.getfixturevalue("home")  # type: ignore[no-any-return]
    dovecot: Dovecot = request.getfixturevalue("dovecot")
    exim: Exim = request.getfixturevalue("exim")
    people = [METTE, BO, IDA, KARL, EVA, "lv@fremtidensbiblioteker.dk"]
    for address in people:  # other tests write to them as well
        shutil.rmtree(dovecot.maildir(address), ignore_errors=True)

    def arrived() -> list[bytes]:
        files = [path for address in people for path in dovecot.maildir(address).glob("*/*") if path.parent.name in ("new", "cur")]
        return [path.read_bytes() for path in sorted(files, key=lambda path: path.stat().st_mtime_ns)]

    return Season(tmp_path, new_person(dovecot), exim.port, arrived, monkeypatch, another_second)


def another_second() -> None:
    now = int(time.time())
    eventually(lambda: int(time.time()) > now)


@pytest.fixture
def home(embedded: MailServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Season]:
    """On the embedded server alone, where time passes as the test says."""
    person = Person(embedded.imap_port, "bot@example.dk", "secret", embedded)
    with time_machine.travel(datetime.now(UTC).replace(second=5), tick=True) as clock:
        yield Season(
            tmp_path, person, embedded.smtp_port, lambda: [x.raw for x in embedded.sent], monkeypatch, lambda: clock.shift(20)
        )


def test_the_lost_state_is_back_and_nobody_hears_anything_twice(season: Season) -> None:
    season.live()
    before, letters = season.state(), len(season.letters())
    assert season.statuses() == {
        "Mette Holm": "cancelled", "Bo Beck": "confirmed", "Ida Lund": "confirmed", "Karl Toft": "offered",
    }
    season.lose()
    told = season.restore()
    assert told["mailbox_read"]
    assert (told["commands"], told["commands_held_back"], told["letters_uncertain"], told["letters_unexplained"]) == (1, 0, [], [])
    assert_same(season.state(), before)
    for _ in range(2):
        assert season.once() == 0
    assert_same(season.state(), before)
    assert len(season.letters()) == letters
    season.write(f"Karl Toft <{KARL}>", "Ja tak til pladsen.\n\nKarl Toft", answers=season.letter_to(KARL))
    season.once()   # and life goes on
    assert season.statuses()["Karl Toft"] == "confirmed"
    eventually(lambda: len(season.letters()) > letters)
    season.nobody_heard_twice()


def test_of_messages_of_one_second_the_order_is_the_same_again(home: Season) -> None:
    """They came within a second, after the copy: by arrival, and whoever is named second in the first one is second."""
    home.person.deliver(unrelated(1))
    home.once()
    (home.copy,) = home.copies.glob("mailbot-*.db")
    names = ("Mette Holm", "Lars Friis")
    both = "".join(f"{name}, souschef, Nørreby Bibliotek, {name.split()[0].lower()}@eksempelby-kom.dk\r\n" for name in names)
    pair = signup("Mette Holm", METTE, 1).replace(
        b"Jeg vil gerne tilmeldes Hverdagsledelse 2026.", f"Jeg vil gerne tilmelde to til Hverdagsledelse 2026:\r\n\r\n{both}".encode()
    )
    at = datetime.now(UTC)
    home.person.deliver(signup("Ida Lund", IDA, 3), pair, unrelated(2), signup("Karl Toft", KARL, 4), signup("Bo Beck", BO, 2), at=at)
    home.once()
    before = home.state()
    assert [row["name"] for row in before["list"] if row["status"] == "confirmed"] == ["Ida Lund", "Mette Holm"]
    waiting = {row["position"]: row["name"] for row in before["list"] if row["status"] == "waiting"}
    assert waiting == {1: "Lars Friis", 2: "Karl Toft", 3: "Bo Beck"}
    home.lose()
    home.restore()
    assert_same(home.state(), before)


def test_while_the_mailbox_is_away_nothing_is_sent_and_the_first_pass_repeats_it(home: Season) -> None:
    home.live()
    before, letters = home.state(), len(home.letters())
    home.lose()
    port = home.person.port
    settings = home.disk / "mailbot.toml"
    working = settings.read_text("utf-8")
    settings.write_text(working.replace(f"port = {port}", f"port = {free_port()}", 1), "utf-8")
    told = home.restore()
    assert not told["mailbox_read"]
    assert "check host and port" in told["why_not"]
    with pytest.raises(InboxError):
        home.once()
    assert len(home.letters()) == letters   # the copy still has letters to send, as far as it knows
    said = home.office.run("status", "--json")
    with home.store() as store:
        assert json.loads(said.stdout)["to_repeat_since"] == store.copied_at().isoformat()
    assert said.returncode == 1
    assert "still to be repeated; nothing is sent until then" in said.stderr
    settings.write_text(working, "utf-8")
    assert home.once() == 0
    assert json.loads(home.run("status", "--json"))["to_repeat_since"] is None   # and exit code 0
    assert_same(home.state(), before)
    home.nobody_heard_twice()


def test_a_copy_that_somebody_lays_there_by_hand_is_no_trap(home: Season) -> None:
    home.live()
    before = home.state()
    home.lose()
    shutil.copy(home.copy, home.office.database)
    assert home.once() == 0
    assert_same(home.state(), before)
    home.nobody_heard_twice()


@pytest.mark.parametrize("at", [2, 5, 8])
def test_a_restore_that_breaks_off_is_repeated(home: Season, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    home.live()
    before = home.state()
    home.lose()
    calls, real = 0, SqliteStore.settle if at == 8 else repeat.handle

    def broken(*words: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == min(at, 6):
            raise KeyboardInterrupt
        return real(*words, **more)   # type: ignore[operator]

    with monkeypatch.context() as patch:
        patch.setattr(*((SqliteStore, "settle", broken) if at == 8 else (repeat, "handle", broken)))
        done = CliRunner().invoke(app, ["restore", str(home.copy), "--yes", "--config", str(home.disk / "mailbot.toml")])
        assert done.exit_code != 0
    assert not home.office.database.exists()
    home.restore()
    assert_same(home.state(), before)
    # and where it breaks off in the service, on the copy itself
    home.lose()
    home.restore("--offline")
    with monkeypatch.context() as patch:
        patch.setattr(*((SqliteStore, "settle", broken) if at == 8 else (repeat, "handle", broken)))
        calls = 0
        with pytest.raises(KeyboardInterrupt):
            home.once()
    assert home.once() == 0
    assert_same(home.state(), before)
    home.nobody_heard_twice()


def test_a_repetition_that_is_told_to_stop_goes_on_at_the_next_start(home: Season, monkeypatch: pytest.MonkeyPatch) -> None:
    home.live()
    before, letters = home.state(), len(home.letters())
    home.lose()
    home.restore("--offline")
    real, handled = repeat.handle, 0
    with home.store() as store:
        service = service_of(load(home.disk / "mailbot.toml"), store, lambda: datetime.now(UTC))

        def stopped(*words: Any, **more: Any) -> Any:
            nonlocal handled
            handled += 1
            service.stop.set()
            return real(*words, **more)

        with monkeypatch.context() as patch:
            patch.setattr(repeat, "handle", stopped)
            assert service.once().letters == 0
        service.inbox.close()
        assert (handled, store.copied_at() is None) == (1, False)
    assert home.once() == 0
    assert_same(home.state(), before)
    assert len(home.letters()) == letters
    home.nobody_heard_twice()


def test_who_says_no_keeps_what_is_there(home: Season) -> None:
    home.live()
    before = home.office.database.read_bytes()
    done = CliRunner().invoke(app, ["restore", str(home.copy), "--config", str(home.disk / "mailbot.toml")], input="n\n")
    assert done.exit_code == 1
    assert "letters recognised in Sent, not sent again" in done.stdout
    assert "command line" in done.stdout
    assert home.office.database.read_bytes() == before
    assert not list(home.disk.glob(".mailbot.db.restored*"))


def test_mail_that_came_in_the_last_pass_may_have_been_answered_so_she_decides(home: Season) -> None:
    """We file copies ourselves here: a letter may have left without its copy, in the pass in which the machine was lost."""
    home.live()
    letters = len(home.letters())
    home.lose()
    home.person.deliver(signup("Eva Krogh", EVA, 5))
    told = home.restore()
    assert [(x["kind"], x["to"]) for x in told["letters_uncertain"]] == [("waiting", EVA)]
    assert home.once() == 0
    assert home.statuses()["Eva Krogh"] == "waiting"
    assert len(home.letters()) == letters
    with home.store() as store:
        assert [x.to.email for x in store.letters(state=LetterState.UNCERTAIN)] == [EVA]


def test_where_the_provider_files_what_is_not_in_sent_never_left(home: Season, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(load(home.disk / "mailbot.toml")), "provider_files_sent", property(lambda _: True))
    home.person.server.file_sent = True
    home.live()
    letters = len(home.letters())
    home.lose()
    home.person.deliver(signup("Eva Krogh", EVA, 5))
    told = home.restore()
    assert told["letters_uncertain"] == []
    assert home.once() == 1   # to Eva, once
    assert len(home.letters()) == letters + 1
    assert home.once() == 0
    home.nobody_heard_twice()


def test_after_work_on_the_command_line_numbers_may_differ_so_her_lines_are_not_repeated(home: Season) -> None:
    home.person.deliver(signup("Mette Holm", METTE, 1))
    home.once()
    (home.copy,) = home.copies.glob("mailbot-*.db")
    home.run("add", "--name", "Eva Krogh", "--email", EVA)
    home.once()
    home.run("digest", "--send")
    home.once()
    home.person.deliver(signup("Bo Beck", BO, 2))
    home.once()
    with home.store() as store:
        bo = next(r.id for r in store.roster(COURSE).registrations if r.person.email == BO)
    home.later()
    home.write(HER, f"afmeld {bo}", answers=home.letter_to("lv@fremtidensbiblioteker.dk"))
    home.once()
    assert home.statuses()["Bo Beck"] == "cancelled"
    home.lose()
    told = home.restore()
    assert (told["commands"], told["commands_held_back"]) == (0, 1)
    assert BO in str(told["letters_unexplained"])   # about a number that is none any more
    assert home.statuses()["Mette Holm"] == "confirmed"   # whoever has that number now
    with home.store() as store:
        (item,) = [i for i in store.roster(COURSE).items if i.reasons and i.reasons[0].code == "command_not_repeated"]
        assert item.closed_at is None


@pytest.mark.parametrize("gone", [BO, KARL, EVA], ids=["in the copy", "signed up after it", "by her chief after it"])
def test_who_was_erased_after_the_copy_is_erased_from_it_again(home: Season, gone: str) -> None:
    home.live()
    home.write(f"Ida Lund <{IDA}>", f"Vil du også tilmelde min kollega Eva Krogh, teamleder, {EVA}, til Hverdagsledelse 2026?\n\nIda Lund")
    home.once()
    home.run("forget", gone, "--yes")
    home.lose()
    home.restore()
    with home.store() as store:
        assert store.forgotten_at(gone) is not None
        assert not [r for r in store.roster(COURSE).registrations if r.person.email == gone]
    home.once()
    assert gone.encode() not in home.office.database.read_bytes()


def test_the_owners_secret_key_signs_letters_and_survives_all(home: Season, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILBOT_SECRET_KEY", "a long secret of the owner")
    home.person.deliver(signup("Mette Holm", METTE, 1))
    assert home.run("digest", "--send") is not None if home.office.database.exists() else True
    with SqliteStore(home.office.database, secret=load(home.disk / "mailbot.toml").signing_key) as store:
        own = store.secret_key()
        assert own != store.sealing_key()
        assert own == load(home.disk / "mailbot.toml").signing_key


def test_what_fell_due_since_the_copy_is_done_at_its_time(home: Season) -> None:
    """An offer is reminded of and lapses, the next one is made, digests go out; all of it after the copy."""
    monday = datetime.fromisoformat("2026-11-23T10:00:00+01:00")

    def at(days: int, hour: int, minute: int = 0) -> time_machine.travel:
        return time_machine.travel(monday.replace(hour=hour, minute=minute) + timedelta(days=days), tick=True)

    with at(0, 10):
        people = (("Mette Holm", METTE), ("Bo Beck", BO), ("Ida Lund", IDA), ("Karl Toft", KARL))
        home.person.deliver(*(signup(name, address, n) for n, (name, address) in enumerate(people)))
        home.once()
        (home.copy,) = home.copies.glob("mailbot-*.db")
    with at(1, 11):
        home.write(f"Mette Holm <{METTE}>", "Jeg må desværre melde afbud til Hverdagsledelse 2026.\n\nMette Holm", subject="Afbud")
        home.once()
    with at(1, 23, 59):
        assert home.once() == 1   # the digest
    for day in (2, 3, 4, 5):
        for hour in (9, 14):
            with at(day, hour, 1):
                home.once()
    assert home.statuses()["Ida Lund"] == "expired"
    assert home.statuses()["Karl Toft"] == "offered"
    with at(5, 15):
        before, letters = home.state(), len(home.letters())
        home.lose()
        told = home.restore()
        assert (told["letters_uncertain"], told["letters_unexplained"]) == ([], [])
        assert_same(home.state(), before)
        assert home.once() == 0
        assert_same(home.state(), before)
        assert len(home.letters()) == letters
        home.nobody_heard_twice()
