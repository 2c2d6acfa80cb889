"""Mailbox, database, process and clock go wrong around a running service: it goes on where it can, says what it cannot, and nothing
happens twice. The wire and the sign-in: `test_wire`."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from servers.dovecot import Dovecot
from servers.person import Person
from servers.proxy import Proxy

from app.office import Office, events, eventually, inside, running, signup
from mailbot.demo.server import MailServer
from mailbot.mail import fetch
from mailbot.registration.records import LetterState
from mailbot.store.base import DiskFull
from mailbot.store.sqlite import SqliteStore

BOT, COURSE = "bot@example.dk", "hverdagsledelse-2026"
METTE = signup("Mette Holm", "mho@eksempelby-kom.dk")
BO = signup("Bo Beck", "bobe@eksempelby-kom.dk", 2)


@pytest.fixture
def office(embedded: MailServer, tmp_path: Path) -> Office:
    return Office(tmp_path, Person(embedded.imap_port, BOT, "secret", embedded), embedded.smtp_port)


# the mailbox


def test_a_mailbox_that_is_renamed_while_it_runs(embedded: MailServer, tmp_path: Path) -> None:
    person = Person(embedded.imap_port, BOT, "secret", embedded)
    with person.client() as client:
        client.create_folder("Kurser")
    office = Office(tmp_path, person, embedded.smtp_port)
    office.environment["MAILBOT_IMAP__MAILBOX"] = "Kurser"
    with running(office), person.client() as client:
        client.rename_folder("Kurser", "Arkiv")
        embedded.drop_imap()
        eventually(lambda: any("was it renamed?" in e["problem"] for e in events(office, "inbox_trouble")))
        shown = json.loads(office.run("status", "--json").stdout)
        assert "there is no mailbox 'Kurser'" in shown["last_error"]
        with person.client() as again:
            again.rename_folder("Arkiv", "Kurser")
        embedded.deliver(BOT, METTE, "Kurser")
        eventually(lambda: embedded.sent)


def test_a_message_that_she_deletes_while_the_pass_reads_it(
    dovecot: Dovecot, new_person: Callable[[Dovecot], Person], embedded: MailServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It vanishes between the search and the fetch: the others are answered."""
    office = Office(tmp_path, new_person(dovecot), embedded.smtp_port)
    embedded.users[office.person.user] = "secret"
    office.person.deliver(METTE, BO)
    real = fetch.spots

    def spots(*asked: Any) -> list[fetch.Spot]:
        found = real(*asked)
        office.person.expunge(min(office.person.look()))
        return found

    monkeypatch.setattr(fetch, "spots", spots)
    with inside(office) as service:
        assert service.once().letters == 1
    assert [s.recipients for s in embedded.sent] == [("bobe@eksempelby-kom.dk",)]


def test_a_mailbox_in_which_nothing_may_be_flagged(embedded: MailServer, tmp_path: Path) -> None:
    """A folder that is shared read-only, say: the signup is answered, and she hears that it was not flagged."""
    with Proxy(embedded.imap_port) as proxy:
        office = Office(tmp_path, Person(proxy.port, BOT, "secret", embedded), embedded.smtp_port, after_handling='"flag"')
        proxy.change = lambda data: re.sub(rb"(?m)^([A-P]{4}\d+) OK [^\r\n]*STORE[^\r\n]*", rb"\1 NO [NOPERM] Permission denied", data)
        embedded.deliver(BOT, METTE)
        embedded.deliver(BOT, BO)
        with inside(office) as service:
            assert service.once().letters == 2
            assert "Permission denied" in service.store.notes()["last_error"][0]


def test_a_folder_for_handled_mail_that_is_not_there_stops_nobody(embedded: MailServer, tmp_path: Path) -> None:
    person = Person(embedded.imap_port, BOT, "secret", embedded)
    office = Office(tmp_path, person, embedded.smtp_port, after_handling='"move:Findes ikke"')
    embedded.deliver(BOT, METTE)
    embedded.deliver(BOT, BO)
    with inside(office) as service:
        assert service.once().letters == 2
        assert "there is no mailbox 'Findes ikke'" in service.store.notes()["last_error"][0]


def test_uids_given_out_anew_bring_nothing_twice(office: Office, embedded: MailServer) -> None:
    embedded.deliver(BOT, METTE)
    with inside(office) as service:
        assert service.once().letters == 1
        embedded.reset_uidvalidity(BOT)
        embedded.deliver(BOT, BO)
        done = service.once()
        assert (done.messages, done.letters) == (1, 1)
        assert [r.person.name for r in service.store.roster(COURSE).registrations] == ["Mette Holm", "Bo Beck"]


def test_a_killed_session_on_dovecot_is_followed_by_another(
    dovecot: Dovecot, new_person: Callable[[Dovecot], Person], embedded: MailServer, tmp_path: Path
) -> None:
    office = Office(tmp_path, new_person(dovecot), embedded.smtp_port)
    embedded.users[office.person.user] = "secret"  # the way out knows her as well
    with running(office):
        eventually(lambda: dovecot.signal(signal.SIGKILL))
        office.person.deliver(METTE)
        eventually(lambda: embedded.sent)
    assert "reconnecting" in events(office, "inbox_trouble")[0]["problem"]


# the database


def test_a_full_disk(office: Office, embedded: MailServer) -> None:
    """Nothing half done is kept, nothing is sent; with room again the same message is answered."""
    embedded.deliver(BOT, METTE)
    with inside(office) as service:
        connection = service.store.connection  # type: ignore[attr-defined]
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
        for n in range(40):  # there is a little room in the last pages
            embedded.deliver(BOT, signup(f"Anna {chr(65 + n % 26)}lund{'e' * (n // 26)}", f"a{n}@eksempelby-kom.dk", n + 10))
        with pytest.raises(DiskFull, match="the disk is full; make room"):
            service.once()
        sent = len(embedded.sent)
        roster = service.store.roster(COURSE)
        assert len(roster.letters) == len(roster.registrations)
        connection.execute("PRAGMA max_page_count = 1000000")
        service.inbox.close()
        service.once()
    recipients = [r for s in embedded.sent for r in s.recipients]
    assert len(recipients) == len(set(recipients)) == 41
    assert sent < 41


def test_a_full_disk_after_the_letter_left_sends_it_no_second_time(
    office: Office, embedded: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded.deliver(BOT, METTE)
    with inside(office) as service:
        with monkeypatch.context() as patch:
            def no_room(*_: object, **__: object) -> None:
                raise DiskFull("mailbot.db: the disk is full; make room and try again")

            patch.setattr(service.store, "settle", no_room)
            with pytest.raises(DiskFull):
                service.once()
        service.inbox.close()
        service.once()
        (letter,) = service.store.letters()
    assert letter.state is LetterState.UNCERTAIN  # this server keeps no copy of what it sends, and ours was not filed
    assert len(embedded.sent) == 1


def test_a_running_service_waits_out_a_locked_database(office: Office, embedded: MailServer) -> None:
    with running(office):
        holder = sqlite3.connect(office.database, isolation_level=None, check_same_thread=False)
        holder.execute("BEGIN IMMEDIATE")
        embedded.deliver(BOT, METTE)
        eventually(lambda: events(office, "database_trouble"))
        assert embedded.sent == []
        holder.execute("ROLLBACK")
        holder.close()
        eventually(lambda: embedded.sent)
    assert "in use by another process" in events(office, "database_trouble")[0]["problem"]


def test_a_damaged_database(office: Office, embedded: MailServer) -> None:
    for n in range(30):
        embedded.deliver(BOT, signup(f"Anna {chr(65 + n % 26)}lund", f"a{n}@eksempelby-kom.dk", n))
    with inside(office) as service:
        service.once()
    size = office.database.stat().st_size
    with office.database.open("rb+") as file:  # the header stays, so that it opens; what follows is noise
        file.seek(4096)
        file.write(b"\xa5" * (size - 4096))
    done = office.run("once")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "damaged; keep the file, and take the last copy with `mailbot restore`" in done.stderr


def test_a_folder_for_copies_that_cannot_be_written_stops_nobody(office: Office, embedded: MailServer, tmp_path: Path) -> None:
    """A file in the place of the folder stops writing for everybody, root too."""
    (tmp_path / "disk").write_text("", "utf-8")
    office.environment["MAILBOT_BOT__BACKUP_TO"] = str(tmp_path / "disk" / "copies")
    embedded.deliver(BOT, METTE)
    assert office.once()["letters"] == 1
    shown = json.loads(office.run("status", "--json").stdout)
    assert shown["last_error"].startswith("backup: ")
    assert str(tmp_path / "disk") in shown["last_error"]


# the process


def test_sigterm_in_the_middle_of_a_letter(office: Office, embedded: MailServer) -> None:
    """The signal comes while the server takes the letter: it is sent and recorded, the service ends well, and the next start files it."""
    with running(office) as service:
        def end(at: str, _what: Any) -> None:
            if at == "DATA":
                service.send_signal(signal.SIGTERM)

        embedded.fault = end  # type: ignore[assignment]
        embedded.deliver(BOT, METTE)
        assert service.wait(30) == 0
    embedded.fault = None
    assert len(embedded.sent) == 1
    with SqliteStore(office.database) as store:
        assert [x.state for x in store.letters()] == [LetterState.SENT]
    assert office.once()["letters"] == 0
    assert len(embedded.messages(BOT, "Sent")) == len(embedded.sent) == 1


def test_the_clock_jumps_ahead_and_back(office: Office, embedded: MailServer) -> None:
    """A machine that believes for a while that it is 2031: what it planned then is not held up until 2031."""
    now = datetime.now(UTC)
    embedded.deliver(BOT, METTE)
    with inside(office, lambda: now) as service:
        service.once()
        now += timedelta(days=5 * 365)
        embedded.fault = lambda at, _what: "451 4.7.500 Server busy" if at == "RCPT" else None
        embedded.deliver(BOT, BO)
        service.once()
        assert len(service.store.letters(state=LetterState.PLANNED)) > 0
        now = datetime.now(UTC)
        embedded.fault = None
        service.once()
        embedded.deliver(BOT, signup("Ida Lund", "ida@eksempelby-kom.dk", 3))
        service.once()
        people = [r.person.email for r in service.store.roster(COURSE).registrations if r.live]
        assert service.store.letters(state=LetterState.PLANNED) == ()
    assert len(people) == 3
    confirmed = [r for s in embedded.sent for r in s.recipients if r.endswith("@eksempelby-kom.dk")]
    assert sorted(set(confirmed)) == sorted(people)
    assert len({s.raw for s in embedded.sent}) == len(embedded.sent)


def test_letters_of_a_wrong_clock_do_not_count_for_the_hour(office: Office, embedded: MailServer) -> None:
    now = datetime.now(UTC) + timedelta(days=30)
    text = (office.folder / "course.toml").read_text("utf-8")
    (office.folder / "course.toml").write_text(text.replace("max_letters_per_hour = 100000", "max_letters_per_hour = 2"), "utf-8")
    for n, name in enumerate(("Mette Holm", "Bo Beck")):
        embedded.deliver(BOT, signup(name, f"{name.split()[0].lower()}@eksempelby-kom.dk", n))
    with inside(office, lambda: now) as service:
        assert service.once().letters >= 2
        now = datetime.now(UTC)
        embedded.deliver(BOT, signup("Ida Lund", "ida@eksempelby-kom.dk", 3))
        assert service.once().letters == 1
