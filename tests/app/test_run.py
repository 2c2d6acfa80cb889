"""`mailbot run` in a process of its own against the embedded server: it waits, is woken, survives, and stops when told."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from servers.person import Person

from app.office import Office, eventually, signup, unrelated
from mailbot.demo.server import MailServer


@pytest.fixture
def office(embedded: MailServer, tmp_path: Path) -> Office:
    return Office(tmp_path, Person(embedded.imap_port, "bot@example.dk", "secret", embedded), embedded.smtp_port)


@contextmanager
def running(office: Office) -> Iterator[subprocess.Popen[str]]:
    service = office.start()
    try:
        eventually(lambda: '"event": "pass"' in office.log())
        yield service
    finally:
        service.kill()
        service.wait()


def test_a_signup_that_arrives_while_it_idles_is_answered_at_once(office: Office, embedded: MailServer) -> None:
    with running(office):
        began = time.monotonic()
        embedded.deliver("bot@example.dk", signup("Mette Holm", "mho@eksempelby-kom.dk"))
        eventually(lambda: embedded.sent)
        assert time.monotonic() - began < 5  # about a second; the machine may be busy
        (letter,) = embedded.sent
        assert letter.recipients == ("mho@eksempelby-kom.dk",)

        embedded.drop_imap()
        embedded.deliver("bot@example.dk", signup("Bo Beck", "bobe@eksempelby-kom.dk", 2))
        eventually(lambda: len(embedded.sent) == 2)


def test_it_stops_at_sigterm_and_finishes_what_it_holds(office: Office, embedded: MailServer) -> None:
    with running(office) as service:
        embedded.deliver("bot@example.dk", signup("Mette Holm", "mho@eksempelby-kom.dk"))
        eventually(lambda: embedded.sent)
        service.send_signal(signal.SIGTERM)
        assert service.wait(20) == 0
    assert office.once()["letters"] == 0


def test_a_second_service_on_the_same_database_says_so_and_stops(office: Office) -> None:
    with running(office):
        second = office.run("once")
    assert second.returncode == 1
    assert "another mailbot already serves" in second.stderr
    assert office.run("once").returncode == 0  # the lock died with its process


def test_observe_sends_nothing_but_keeps_the_state(embedded: MailServer, tmp_path: Path) -> None:
    office = Office(tmp_path, Person(embedded.imap_port, "bot@example.dk", "secret", embedded), embedded.smtp_port, mode="observe")
    embedded.deliver("bot@example.dk", signup("Mette Holm", "mho@eksempelby-kom.dk"))
    office.once()
    assert embedded.sent == []
    assert [r["status"] for r in office.registrations()] == ["confirmed"]
    shown = json.loads(office.run("show", "1", "--json").stdout)
    assert [(letter["kind"], letter["state"], letter["reason"]) for letter in shown["letters"]] == [("confirmation", "withheld", "observe")]


def test_draft_lays_letters_in_drafts(embedded: MailServer, tmp_path: Path) -> None:
    office = Office(tmp_path, Person(embedded.imap_port, "bot@example.dk", "secret", embedded), embedded.smtp_port, mode="draft")
    embedded.deliver("bot@example.dk", signup("Mette Holm", "mho@eksempelby-kom.dk"))
    office.once()
    assert embedded.sent == []
    (draft,) = embedded.messages("bot@example.dk", "Drafts")
    assert b"X-Mailbot-Letter:" in draft.raw


def test_an_answer_is_known_by_its_letter_key_even_where_the_server_gives_its_own_message_id(tmp_path: Path) -> None:
    with MailServer({"bot@example.dk": "secret"}, replace_message_ids=True, file_sent=True) as exchange:
        office = Office(tmp_path, Person(exchange.imap_port, "bot@example.dk", "secret", exchange), exchange.smtp_port)
        exchange.deliver("bot@example.dk", signup("Mette Holm", "mho@eksempelby-kom.dk"))
        office.once()
        (letter,) = exchange.sent
        headers = dict(line.split(": ", 1) for line in letter.raw.decode().split("\r\n\r\n")[0].replace("\r\n ", " ").split("\r\n"))
        answer = (
            f"From: Mette Holm <mho@eksempelby-kom.dk>\r\nTo: lv@fremtidensbiblioteker.dk\r\nSubject: SV: Tilmelding\r\n"
            f"Message-ID: <answer@x>\r\nIn-Reply-To: {headers['Message-ID']}\r\n"
            f"References: {headers['References']} {headers['Message-ID']}\r\n\r\nJeg er desvaerre noedt til at melde fra. Mette\r\n"
        )
        exchange.deliver("bot@example.dk", answer.encode())
        office.once()
        assert [r["status"] for r in office.registrations()] == ["cancelled"]  # no authentication but the key of her letter


def test_flags_and_folders_stay_as_they_were(office: Office, embedded: MailServer) -> None:
    embedded.deliver("bot@example.dk", signup("Mette Holm", "mho@eksempelby-kom.dk"))
    embedded.deliver("bot@example.dk", unrelated(1), flags=("\\Seen",))
    embedded.deliver("bot@example.dk", unrelated(2), flags=("\\Flagged",))
    before = [(m.uid, m.flags, m.raw) for m in embedded.messages("bot@example.dk")]
    office.once()
    assert [(m.uid, m.flags, m.raw) for m in embedded.messages("bot@example.dk")] == before
