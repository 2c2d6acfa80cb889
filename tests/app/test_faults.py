"""What goes wrong around a running service, on real servers: it goes on where it can, says what it cannot, and nothing happens twice."""

from __future__ import annotations

import json
import random
import re
import signal
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from servers.dovecot import Dovecot
from servers.person import Person
from servers.provider import Provider
from servers.proxy import Proxy

from app.office import Office, eventually, signup
from mailbot.app.service import Service
from mailbot.cli.service import service_of
from mailbot.config import load
from mailbot.demo.server import MailServer
from mailbot.mail import fetch
from mailbot.mail.inbox import InboxError
from mailbot.registration.records import LetterState
from mailbot.store.base import DiskFull
from mailbot.store.sqlite import SqliteStore

BOT, COURSE = "bot@example.dk", "hverdagsledelse-2026"
METTE = signup("Mette Holm", "mho@eksempelby-kom.dk")
BO = signup("Bo Beck", "bobe@eksempelby-kom.dk", 2)

@pytest.fixture
def office(embedded: MailServer, tmp_path: Path) -> Office:
    return Office(tmp_path, Person(embedded.imap_port, BOT, "secret", embedded), embedded.smtp_port)


@contextmanager
def running(office: Office) -> Iterator[subprocess.Popen[str]]:
    service = office.start()
    try:
        eventually(lambda: '"event": "pass"' in office.log(), 90)
        yield service
    finally:
        service.kill()
        service.wait()


@contextmanager
def inside(office: Office, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Iterator[Service]:
    """The service of these settings within this process, for what cannot be done to one from outside."""
    config = load(office.folder / "mailbot.toml", office.environment)
    with SqliteStore(office.database) as store:
        service = service_of(config, store, clock)
        try:
            yield service
        finally:
            service.inbox.close()


def events(office: Office, name: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in office.log().splitlines() if line.startswith("{")]
    return [line for line in lines if line["event"] == name]


# the wire


def test_cut_at_random_bytes_of_both_connections(
    embedded: MailServer, dovecot: Dovecot, new_person: Callable[[Dovecot], Person], tmp_path: Path
) -> None:
    """Each pass may fail, and says so; in the end it is as if nothing had been, but for letters in doubt."""
    chance, person = random.Random(2026), new_person(dovecot)
    embedded.users[person.user] = "secret"
    person.deliver(METTE, BO)
    with Proxy(person.port) as imap, Proxy(embedded.smtp_port) as smtp:
        office = Office(tmp_path, Person(imap.port, person.user, "secret", dovecot), smtp.port)
        now, failed = datetime.now(UTC), list[str]()
        with inside(office, lambda: now) as service:
            for _ in range(30):
                imap.cut_after, smtp.cut_upload_after = chance.randrange(60, 6000), chance.choice([None, chance.randrange(30, 4000)])
                try:
                    service.once()
                except InboxError as problem:
                    failed.append(str(problem))
                service.inbox.close()
                now += timedelta(minutes=30)
            imap.cut_after = smtp.cut_upload_after = None
            now += timedelta(hours=5)
            service.once()
            assert [r.status for r in service.store.roster(COURSE).registrations] == ["confirmed", "confirmed"]
            settled = {x.to.email: x.state for x in service.store.letters() if x.kind == "confirmation"}
    assert len(failed) > 3
    assert all(re.search("reconnecting|no connection to", sentence) for sentence in failed)
    received = [r for s in embedded.sent for r in s.recipients if r in settled]
    assert len(received) == len(set(received))
    assert all(a in received or state is LetterState.UNCERTAIN for a, state in settled.items())


def test_an_old_token_ends_the_session_and_the_service_goes_on(embedded: MailServer, tmp_path: Path) -> None:
    """`BYE … AccessTokenExpired` in the middle of waiting, as Exchange Online says it."""
    with Proxy(embedded.imap_port) as proxy:
        office = Office(tmp_path, Person(proxy.port, BOT, "secret", embedded), embedded.smtp_port)
        with running(office):
            proxy.change = lambda _data: b"* BYE Session invalidated - AccessTokenExpired\r\n"
            embedded.deliver(BOT, METTE)
            eventually(lambda: events(office, "inbox_trouble"))
            proxy.change = lambda data: data
            eventually(lambda: embedded.sent)
    assert "its access token is old; a fresh one is fetched" in events(office, "inbox_trouble")[0]["problem"]


def test_a_server_that_asks_for_patience_gets_as_much_as_it_wants(embedded: MailServer, tmp_path: Path) -> None:
    with Proxy(embedded.imap_port) as proxy:
        office = Office(tmp_path, Person(proxy.port, BOT, "secret", embedded), embedded.smtp_port)
        with running(office):
            busy = rb"\1 NO Request is throttled. Suggested Backoff Time: 700 milliseconds"
            proxy.change = lambda data: re.sub(rb"(?m)^([A-P]{4}\d+) OK [^\r\n]*", busy, data)
            embedded.deliver(BOT, METTE)
            eventually(lambda: events(office, "throttled"))
            proxy.change = lambda data: data
            eventually(lambda: embedded.sent)
    assert events(office, "throttled")[0]["seconds"] == 0.7


@pytest.mark.parametrize(
    ("stage", "reply", "seconds"),
    [("RCPT", "450 4.2.0 Greylisted, try again", 60), ("MAIL", "432 4.3.2 Concurrent connections limit exceeded", 60),
     ("MAIL", "421 4.3.2 Service not available", 60), ("DATA", "451 4.7.0 Suggested Backoff Time: 90000 milliseconds", 90)],
)
def test_a_letter_that_must_wait_comes_again_when_it_may(
    office: Office, embedded: MailServer, stage: str, reply: str, seconds: int
) -> None:
    embedded.deliver(BOT, METTE)
    embedded.fault = lambda at, _what: reply if at == stage else None
    now = datetime.now(UTC)
    with inside(office, lambda: now) as service:
        assert service.once().letters == 0
        (letter,) = service.store.letters(state=LetterState.PLANNED)
        assert letter.reason is not None
        assert reply[:3] in str(letter.reason.values["why"])
        embedded.fault = None
        now += timedelta(seconds=seconds - 1)
        assert service.once().letters == 0
        now += timedelta(seconds=2)
        assert service.once().letters == 1
    assert len(embedded.sent) == 1


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


# the process


def test_sigterm_in_the_middle_of_a_letter(office: Office, embedded: MailServer) -> None:
    """The signal comes while the server takes the letter: it is sent, recorded and filed, and the service ends well."""
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
    assert len(embedded.messages(BOT, "Sent")) == 1


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


# the sign-in


def test_a_token_that_ends_and_a_secret_that_ends(tmp_path: Path) -> None:
    """Client credentials as at Microsoft 365: a token that ran out is replaced, a secret that ran out is told with its mend."""
    lives = 2.0
    with MailServer({BOT: "secret"}) as server, Provider() as provider:
        def mint(_form: dict[str, str]) -> str:
            token = f"token-{len(provider.forms)}"
            server.issue_token(BOT, token, lives)
            return token

        provider.mint = mint
        office = Office(tmp_path, Person(server.imap_port, BOT, "secret", server), server.smtp_port)
        office.environment |= {
            "MAILBOT_IMAP__AUTH": "oauth2", "MAILBOT_OAUTH__AUTHORITY": provider.authority, "MAILBOT_OAUTH__CLIENT_ID": "app",
            "MAILBOT_OAUTH__TENANT": "tenant", "MAILBOT_OAUTH__CLIENT_SECRET": "hemmelig", "MAILBOT_OAUTH__TOKEN_CACHE": "tokens.json",
            "SSL_CERT_FILE": str(provider.certificate), "REQUESTS_CA_BUNDLE": str(provider.certificate),
        }
        with running(office):
            threading.Event().wait(2.1)  # the token's two seconds
            provider.refuse = ("invalid_client", "AADSTS7000222: The provided client secret keys are expired.")
            server.drop_imap()
            eventually(lambda: any("client secret has expired" in e["problem"] for e in events(office, "inbox_trouble")))
        provider.refuse, lives = None, 3600.0
        server.deliver(BOT, METTE)
        with running(office):  # msal itself remembers a refusal for a minute, within one process
            eventually(lambda: server.sent)
        assert "hemmelig" not in office.log()
        assert "token-" not in office.log()
