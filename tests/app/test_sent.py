"""What she does herself in her mail program counts: her answers, the drafts that she sends, the drafts that are no longer true."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from servers.person import Person
from servers.process import free_port

from app.desk import Desk
from app.office import Office, signup
from mailbot.demo.server import MailServer
from mailbot.mail.sent import SentLetter
from mailbot.registration.records import ItemKind, LetterState
from mailbot.store.sqlite import SqliteStore

HERS = """\
From: Lisbet Vestergaard <bot@example.dk>
To: {to}
Subject: SV: Tilmelding
Message-ID: <hers@example.dk>
In-Reply-To: <{to}.1>
References: <{to}.1>

Hej. Fint, jeg har skrevet dig op. Kh Lisbet
"""


def office(server: MailServer, folder: Path, mode: str) -> Office:
    return Office(folder, Person(server.imap_port, "bot@example.dk", "secret", server), server.smtp_port, mode=mode)


def test_where_she_has_answered_herself_nothing_is_sent_on_top(embedded: MailServer, tmp_path: Path) -> None:
    here = office(embedded, tmp_path, "auto")
    embedded.deliver("bot@example.dk", signup("Mette Holm", "mho@eksempelby-kom.dk"))
    embedded.deliver("bot@example.dk", HERS.format(to="mho@eksempelby-kom.dk").replace("\n", "\r\n").encode(), "Sent")
    here.once()
    assert embedded.sent == []
    with SqliteStore(here.database) as store:
        roster = store.roster("hverdagsledelse-2026")
        assert [r.status for r in roster.registrations] == ["confirmed"]
        assert [i.kind for i in roster.items] == [ItemKind.TAKEN]
        assert {letter.state for letter in store.letters()} == {LetterState.WITHHELD}


def test_an_old_letter_of_hers_to_somebody_else_takes_nothing_over(embedded: MailServer, tmp_path: Path) -> None:
    here = office(embedded, tmp_path, "auto")
    embedded.deliver("bot@example.dk", HERS.format(to="bo@privat-eks.dk").replace("\n", "\r\n").encode(), "Sent")
    embedded.deliver("bot@example.dk", signup("Mette Holm", "mho@eksempelby-kom.dk"))
    here.once()
    assert len(embedded.sent) == 1


@pytest.fixture
def drafted(embedded: MailServer, tmp_path: Path) -> Office:
    here = office(embedded, tmp_path, "draft")
    embedded.deliver("bot@example.dk", signup("Mette Holm", "mho@eksempelby-kom.dk"))
    here.once()
    return here


def test_a_draft_that_she_sends_is_known_as_sent(embedded: MailServer, drafted: Office) -> None:
    (draft,) = embedded.messages("bot@example.dk", "Drafts")
    embedded.deliver("bot@example.dk", draft.raw, "Sent")
    embedded.remove("bot@example.dk", draft.uid, "Drafts")
    drafted.once()
    with SqliteStore(drafted.database) as store:
        (letter,) = store.letters()
        assert letter.state is LetterState.SENT


def test_a_draft_that_is_no_longer_true_is_taken_away(embedded: MailServer, drafted: Office) -> None:
    (draft,) = embedded.messages("bot@example.dk", "Drafts")
    cancelled = drafted.run("cancel", "1", "--quiet")
    assert cancelled.returncode == 0, cancelled.stderr
    drafted.once()
    assert draft.uid not in {m.uid for m in embedded.messages("bot@example.dk", "Drafts")}


def test_what_was_sent_lies_in_sent_once_whoever_files_it(tmp_path: Path) -> None:
    for name, provider_files in (("own", False), ("unknown", True)):
        with MailServer({"bot@example.dk": "secret"}, file_sent=provider_files) as server:
            (tmp_path / name).mkdir()
            here = office(server, tmp_path / name, "auto")
            server.deliver("bot@example.dk", signup("Mette Holm", "mho@eksempelby-kom.dk"))
            here.once()
            here.once()
            (copy,) = server.messages("bot@example.dk", "Sent")
            (letter,) = server.sent
            assert copy.raw == letter.raw
            assert copy.flags == {"\\Seen"}


def test_a_copy_that_could_not_be_filed_is_filed_by_the_next_pass(embedded: MailServer, tmp_path: Path) -> None:
    here = office(embedded, tmp_path, "observe")
    embedded.deliver("bot@example.dk", signup("Mette Holm", "mho@eksempelby-kom.dk"))
    here.once()
    assert here.run("digest", "--send").returncode == 0
    port = here.environment["MAILBOT_IMAP__PORT"] = str(free_port())
    assert port in here.run("once").stderr  # nobody can file now, but the digest goes out
    assert len(embedded.sent) == 1
    assert embedded.messages("bot@example.dk", "Sent") == []
    del here.environment["MAILBOT_IMAP__PORT"]
    here.once()
    assert [m.raw for m in embedded.messages("bot@example.dk", "Sent")] == [embedded.sent[0].raw]


def test_sent_is_read_as_it_grows_and_once_an_hour_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox, read = desk.service.inbox, list[int]()
    everything = inbox.sent_since

    def counted(folder: str, *since: Any, **after: Any) -> list[SentLetter]:
        found = list(everything(folder, *since, **after))
        if folder:  # the outbox looks as well where it files its copies, and names no folder
            read.append(len(found))
        return found

    monkeypatch.setattr(inbox, "sent_since", counted)
    for n in range(4):
        desk.arrive(signup(f"Anna {chr(65 + n)}lund", f"a{n}@eksempelby-kom.dk", n))
        desk.now += timedelta(minutes=1)
    assert read == [0, 1, 1, 1]
    desk.now += timedelta(hours=1)
    desk.arrive(signup("Bo Beck", "bobe@eksempelby-kom.dk"))
    assert read == [0, 1, 1, 1, 4]


def test_her_answer_that_lay_in_sent_before_the_message_was_booked_is_found_an_hour_later(desk: Desk) -> None:
    desk.person.deliver(HERS.format(to="mho@eksempelby-kom.dk").replace("\n", "\r\n").encode(), mailbox="Sent", at=desk.now)
    desk.arrive()
    desk.arrive(signup("Mette Holm", "mho@eksempelby-kom.dk"))
    desk.now += timedelta(minutes=61)
    desk.arrive()
    assert [i.kind for i in desk.roster.items] == [ItemKind.TAKEN]
