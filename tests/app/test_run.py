"""`mailbot run` in a process of its own against the embedded server: it waits, is woken, survives, and stops when told."""

from __future__ import annotations

import json
import signal
import time
from collections import Counter
from pathlib import Path

import pytest
from servers.person import Person

from app.office import Office, eventually, running, signup, unrelated
from mailbot.demo.server import MailServer
from mailbot.registration.records import LetterState
from mailbot.store.sqlite import SqliteStore


@pytest.fixture
def office(embedded: MailServer, tmp_path: Path) -> Office:
    return Office(tmp_path, Person(embedded.imap_port, "bot@example.dk", "secret", embedded), embedded.smtp_port)


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


FIRST = ("Mette", "Bo", "Ida", "Per", "Eva", "Karl", "Ole", "Anne", "Lars", "Birgit")
LAST = ("Holm", "Beck", "Lund", "Dahl", "Krogh", "Toft")


def _letters_of(server: MailServer) -> Counter[str]:
    return Counter(address for letter in server.sent for address in letter.recipients)


def test_sigterm_in_a_long_queue_ends_with_the_message_in_hand_and_the_next_start_goes_on(embedded: MailServer, tmp_path: Path) -> None:
    """500 messages wait. It stops in the middle of reading them, then in the middle of sending; nothing is lost, nothing is done twice."""
    office = Office(tmp_path, Person(embedded.imap_port, "bot@example.dk", "secret", embedded), embedded.smtp_port, capacity=500)
    people = [f"p{n}@eksempelby-kom.dk" for n in range(60)]
    for n, address in enumerate(people):
        embedded.deliver("bot@example.dk", signup(f"{FIRST[n % 10]} {LAST[n // 10]}", address, n))
        for other in range(7 + (n < 20)):
            embedded.deliver("bot@example.dk", unrelated(8 * n + other))

    def registered() -> int:
        with SqliteStore(office.database) as store:
            return len(store.entries()) and len(store.roster("hverdagsledelse-2026").registrations)

    service = office.start()
    try:
        began = eventually(lambda: office.database.exists() and registered())
        service.send_signal(signal.SIGTERM)
        assert service.wait(10) == 0
        assert began <= registered() < began + 15   # those that it took in while this test asked and told it to stop
        assert embedded.sent == []
    finally:
        service.kill()

    service = office.start()
    try:
        going = len(eventually(lambda: embedded.sent))
        service.send_signal(signal.SIGTERM)
        assert service.wait(10) == 0
        assert going <= len(embedded.sent) < going + 15
    finally:
        service.kill()

    office.once()
    assert _letters_of(embedded) == dict.fromkeys(people, 1)
    with SqliteStore(office.database) as store:
        assert len(store.entries()) == 500
        assert {letter.state.value for letter in store.letters()} == {"sent"}


def test_sigterm_ends_the_wait_for_the_pace_of_the_server(embedded: MailServer, tmp_path: Path) -> None:
    """One letter a minute: whoever stops it need not wait for the next one's turn."""
    office = Office(tmp_path, Person(embedded.imap_port, "bot@example.dk", "secret", embedded), embedded.smtp_port)
    settings = office.folder / "mailbot.toml"
    settings.write_text(settings.read_text("utf-8").replace("per_minute = 100000", "per_minute = 1"), "utf-8")
    for n, name in enumerate(("Mette Holm", "Bo Beck", "Ida Lund", "Per Dahl")):
        embedded.deliver("bot@example.dk", signup(name, f"{name[:2].lower()}@eksempelby-kom.dk", n))
    service = office.start()
    try:
        eventually(lambda: embedded.sent)
        with SqliteStore(office.database) as store:
            eventually(lambda: store.letters(state=LetterState.RESERVED))
        service.send_signal(signal.SIGTERM)
        assert service.wait(10) == 0
    finally:
        service.kill()
    assert len(embedded.sent) == 2   # the letter in hand goes, the others wait for the next start
    settings.write_text(settings.read_text("utf-8").replace("per_minute = 1", "per_minute = 100000"), "utf-8")
    office.once()
    assert set(_letters_of(embedded).values()) == {1}
    assert len(embedded.sent) == 4


def test_a_course_file_that_is_broken_while_it_runs_counts_at_the_next_start_which_says_so(office: Office, embedded: MailServer) -> None:
    file = office.folder / "course.toml"
    sound = file.read_text("utf-8")
    with running(office):
        file.write_text(sound.replace("capacity = 24", "capacity = mange"), "utf-8")
        embedded.deliver("bot@example.dk", signup("Mette Holm", "mho@eksempelby-kom.dk"))
        eventually(lambda: embedded.sent)   # it goes on with what it has read
        check = office.run("check")
        assert check.returncode == 3
        assert "course.toml" in check.stdout
    embedded.deliver("bot@example.dk", signup("Bo Beck", "bobe@eksempelby-kom.dk", 2))
    service = office.start()   # now it cannot
    assert service.wait(30) == 3
    assert office.log().rstrip().splitlines()[-1].startswith(f"mailbot: {file}: invalid value")
    assert [r["status"] for r in office.registrations()] == ["confirmed"]   # what is kept can be looked at all the same
    file.write_text(sound, "utf-8")
    assert office.once()["letters"] == 1


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
