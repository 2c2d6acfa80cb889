"""What a user can get wrong ends in one sentence and the right exit code, nothing is lost, and the service goes on where it can."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.person import Person
from servers.process import free_port

from app.office import Office, signup
from mailbot.demo.server import MailServer
from mailbot.registration.records import ItemKind, LetterState
from mailbot.store.sqlite import SqliteStore


@pytest.fixture
def office(embedded: MailServer, tmp_path: Path) -> Office:
    return Office(tmp_path, Person(embedded.imap_port, "bot@example.dk", "secret", embedded), embedded.smtp_port)


def change(office: Office, name: str, before: str, after: str) -> None:
    path = office.folder / name
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after), "utf-8")


def one_sentence(stderr: str) -> str:
    """What a person sees: the line of the program among its logs. A traceback is a defect."""
    assert "Traceback" not in stderr
    (line,) = [line for line in stderr.splitlines() if line.startswith("mailbot: ")]
    return line


def test_a_broken_course_file(office: Office) -> None:
    change(office, "course.toml", "capacity = 24", 'capacity = "mange"')
    done = office.run("once")
    assert done.returncode == 3
    assert "course.toml: capacity must be a whole number (found 'mange'); it should read like capacity = 24" in one_sentence(done.stderr)


def test_broken_settings(office: Office) -> None:
    change(office, "mailbot.toml", 'mode = "auto"', 'mode = "sometimes"')
    done = office.run("once")
    assert done.returncode == 3
    assert "should be 'observe', 'draft' or 'auto'" in one_sentence(done.stderr)


def test_a_missing_password(office: Office) -> None:
    del office.environment["MAILBOT_IMAP__PASSWORD"]
    done = office.run("once")
    assert done.returncode == 3
    assert "MAILBOT_IMAP__PASSWORD" in one_sentence(done.stderr)


def test_a_wrong_password(office: Office) -> None:
    done = office.run("once", MAILBOT_IMAP__PASSWORD="wrong")
    assert done.returncode == 1
    assert "password" in one_sentence(done.stderr).lower()
    assert "wrong" not in done.stderr


def test_a_server_that_is_not_there(office: Office) -> None:
    change(office, "mailbot.toml", f"port = {office.person.port}", f"port = {free_port()}")
    done = office.run("once")
    assert done.returncode == 1
    assert "check host and port" in one_sentence(done.stderr)


def test_letters_wait_while_the_way_out_is_closed(office: Office, embedded: MailServer) -> None:
    embedded.deliver("bot@example.dk", signup("Mette Holm", "mho@eksempelby-kom.dk"))
    done = office.run("once", MAILBOT_SMTP__PORT=str(free_port()))
    assert done.returncode == 0, done.stderr
    with SqliteStore(office.database) as store:
        (letter,) = store.letters(state=LetterState.PLANNED)
        assert letter.reason is not None
        assert letter.reason.code == "deferred"
    assert [r["status"] for r in office.registrations()] == ["confirmed"]


def test_a_flood_of_letters_is_held_until_she_says_go_on(office: Office, embedded: MailServer) -> None:
    change(office, "course.toml", "max_letters_per_hour = 100000", "max_letters_per_hour = 2")
    for n, name in enumerate(("Mette Holm", "Bo Beck", "Ida Lund")):
        embedded.deliver("bot@example.dk", signup(name, f"{name.split()[0].lower()}@eksempelby-kom.dk", n))
    assert office.once()["letters"] == 3   # two confirmations, and the question to her
    assert office.once()["letters"] == 0
    told = embedded.sent[-1].raw.decode()
    assert (len(embedded.sent), "lv@fremtidensbiblioteker.dk" in told, "X-Mailbot-Letter" in told) == (3, True, True)
    assert "max_letters_per_hour" in office.run("status", "--json").stdout
    with SqliteStore(office.database) as store:
        (held,) = store.roster("hverdagsledelse-2026").items
    assert held.kind is ItemKind.HELD
    assert office.run("resume").returncode == 0
    assert office.once()["letters"] == 1


def test_a_template_with_an_unknown_word(office: Office) -> None:
    letters = office.folder / "templates" / "da"
    letters.mkdir(parents=True)
    (letters / "confirmation.txt").write_text("Emne: Hej\n\nKære {{ deltagerens_navn }}\n", "utf-8")
    change(office, "mailbot.toml", "[bot]\n", '[bot]\ntemplates = "templates"\n')
    done = office.run("check")
    assert done.returncode == 3
    assert "deltagerens_navn" in done.stdout
    once = office.run("once")
    assert once.returncode == 3
    assert "confirmation.txt" in one_sentence(once.stderr)


def test_a_database_that_is_none(office: Office) -> None:
    office.database.write_text("this is a shopping list, not a database\n" * 100, "utf-8")
    done = office.run("once")
    assert done.returncode == 1
    assert "mailbot.db" in one_sentence(done.stderr)
    assert office.database.read_text("utf-8").startswith("this is a shopping list")


def test_a_database_that_cannot_be_written(office: Office, embedded: MailServer) -> None:
    """A folder in the place of SQLite's log stops writing for everybody, root too."""
    office.once()
    for ending in ("-wal", "-shm"):
        office.database.with_name(office.database.name + ending).unlink(missing_ok=True)
    office.database.with_name(office.database.name + "-wal").mkdir()
    embedded.deliver("bot@example.dk", signup("Mette Holm", "mho@eksempelby-kom.dk"))
    done = office.run("once")
    assert done.returncode == 1
    assert "mailbot.db" in one_sentence(done.stderr)
    office.database.with_name(office.database.name + "-wal").rmdir()
    assert office.once()["letters"] == 1


@pytest.fixture
def poisoned(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A reader that chokes on one message: what no test mail can do any more, a defect may do again."""
    import mailbot.app.handle as shell

    real = shell.read

    def read(message, *rest, **words):  # type: ignore[no-untyped-def]
        if "poison" in message.subject:
            raise RecursionError("poison")
        return real(message, *rest, **words)

    monkeypatch.setattr(shell, "read", read)
    return


@pytest.mark.usefixtures("poisoned")
def test_a_message_that_chokes_the_reader_three_times_is_set_aside_and_stops_nobody(office: Office, embedded: MailServer) -> None:
    from datetime import UTC, datetime

    from mailbot.cli.service import service_of
    from mailbot.config import load

    embedded.deliver("bot@example.dk", signup("Bo Beck", "bobe@eksempelby-kom.dk").replace(b"Subject: Tilmelding", b"Subject: poison"))
    embedded.deliver("bot@example.dk", signup("Mette Holm", "mho@eksempelby-kom.dk", 2))
    config = load(office.folder / "mailbot.toml", office.environment)
    with SqliteStore(office.database) as store:
        service = service_of(config, store, lambda: datetime.now(UTC))
        assert service.once().letters == 1  # the other one is answered in the first pass
        for _ in range(3):
            service.once()
        (item,) = store.roster("hverdagsledelse-2026").items
        assert item.kind == "quarantine"
        assert service.once().messages == 0
        service.inbox.close()
    digest = " ".join(office.run("digest").stdout.split())
    assert "Bo Beck: poison" in digest
    assert "Mailen kunne ikke læses i tre forsøg, så den er lagt til side. Se på den i mailboksen." in digest


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["list"], 1, "there is no database yet"),
        (["parse", "/nowhere/at/all.eml"], 1, "/nowhere/at/all.eml"),
        (["list", "--status", "happy"], 2, "'happy' is no status"),
        (["add", "--name", "Bo", "--email", "bo"], 2, "is no address"),
        (["replay", ".", "--database", "x.db", "--outgoing", "out", "--mode", "sometimes"], 2, "is no mode"),
        (["digest", "--now", "yesterday"], 2, "is no time"),
    ],
)
def test_a_wrong_command_line(office: Office, words: list[str], code: int, says: str) -> None:
    done = office.run(*words)
    assert done.returncode == code
    assert says in one_sentence(done.stderr)
