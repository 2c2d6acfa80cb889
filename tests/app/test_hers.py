"""What she does in the mailbox herself is hers: an answer that only `\\Answered` tells of, a message that she moved or deleted."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.desk import Desk, kinds, outcome, quoted, text_of
from app.office import signup
from mailbot.registration.records import ItemKind, LetterState

SIGNUP = signup("Mette Holm", "mho@eksempelby-kom.dk")
LATER = (
    b"From: Mette Holm <mho@eksempelby-kom.dk>\r\nTo: lv@fremtidensbiblioteker.dk\r\nSubject: SV: Tilmelding\r\n"
    b"Message-ID: <later@eksempelby-kom.dk>\r\nIn-Reply-To: <mho@eksempelby-kom.dk.1>\r\nReferences: <mho@eksempelby-kom.dk.1>\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n\r\nHej Lisbet\r\n\r\n"
    b"Jeg m\xc3\xa5 desv\xc3\xa6rre melde afbud til Hverdagsledelse 2026.\r\n\r\nMette Holm\r\n"
)


def answer(desk: Desk, mailbox: str = "INBOX") -> None:
    """She answers the newest message there with a program that keeps no copy."""
    with desk.person.client(mailbox) as client:
        client.add_flags([max(client.search("ALL"))], [b"\\Answered"])


def taken(desk: Desk) -> list[int]:
    return [i.id for i in desk.open_items() if i.kind is ItemKind.TAKEN]


def test_answered_without_a_letter_in_sent_takes_the_thread_over(desk: Desk) -> None:
    """Booked, nothing sent on top, and the digest says so; what comes later in the thread is proposed to her."""
    desk.person.deliver(SIGNUP, at=desk.now, flags=(b"\\Answered",))
    assert desk.arrive() == []
    assert desk.statuses() == {1: "confirmed"}
    assert {x.state for x in desk.roster.letters} == {LetterState.WITHHELD}
    (number,) = taken(desk)
    digest = desk.digest()
    assert "Her har du selv svaret" in text_of(digest)
    assert f"Mette Holm: Tilmelding – 1 Mette Holm (har plads) · fortsæt {number}" in text_of(digest)
    assert desk.arrive(LATER) == []
    assert desk.statuses() == {1: "confirmed"}
    (proposed,) = [i for i in desk.open_items() if i.kind is ItemKind.REVIEW]
    assert [r.code for r in proposed.reasons] == ["taken_over"]

    letters = desk.arrive(desk.write(f"fortsæt {number}\ngodkend {proposed.id}", answers=digest, quoting=quoted(digest)))
    assert ("cancelled", "mho@eksempelby-kom.dk") in kinds(letters, desk)
    assert desk.statuses() == {1: "cancelled"}
    desk.now += timedelta(hours=1)
    desk.service.sent.flagged.clear()  # as after a new start
    desk.arrive()
    assert taken(desk) == []  # the flag is still there, and counts once


def test_what_she_answers_after_us_is_hers_from_then_on(desk: Desk) -> None:
    assert kinds(desk.arrive(SIGNUP), desk) == [("confirmation", "mho@eksempelby-kom.dk")]
    assert taken(desk) == []
    answer(desk)
    desk.arrive()
    assert len(taken(desk)) == 1
    assert desk.arrive(LATER) == []


def test_our_own_flag_and_an_answer_to_somebody_else_take_nothing_over(desk: Desk) -> None:
    desk.service.after_handling = "answered"
    desk.arrive(SIGNUP)
    assert {flag for flags, _ in desk.person.look().values() for flag in flags} == {b"\\Answered"}
    desk.arrive()
    assert taken(desk) == []
    desk.service.after_handling = "leave"
    desk.arrive(signup("Bo Beck", "bb@bib-kom.dk", 2))
    hers = desk.write("Se lige den her", sender="Lisbet <lv@fremtidensbiblioteker.dk>").replace(
        b"To: lv@fremtidensbiblioteker.dk", b"To: chef@fremtidensbiblioteker.dk\r\nIn-Reply-To: <bb@bib-kom.dk.2>"
    )
    desk.person.deliver(hers, mailbox="Sent", at=desk.now)
    answer(desk)
    desk.arrive()
    assert taken(desk) == []


@pytest.mark.parametrize("how", ["moved", "deleted"])
def test_what_she_moves_or_deletes_is_hers(desk: Desk, how: str) -> None:
    """Before we saw it, it is not ours to see; afterwards it stays booked, is not brought back and not booked again."""

    def away(uid: int) -> None:
        with desk.person.client() as client:
            if not client.folder_exists("Arkiv"):
                client.create_folder("Arkiv")
        with desk.person.client("INBOX") as client:
            if how == "moved":
                client.copy([uid], "Arkiv")
            client.delete_messages([uid])
            client.expunge()

    desk.person.deliver(SIGNUP, at=desk.now)
    away(max(desk.person.look()))
    assert desk.arrive() == []
    assert desk.statuses() == {}
    desk.service.after_handling = "flag"
    assert len(desk.arrive(signup("Bo Beck", "bb@bib-kom.dk", 2))) == 1
    away(max(desk.person.look()))
    desk.service.swept_at = None
    assert desk.arrive() == []
    assert desk.person.look() == {}
    assert list(desk.statuses().values()) == ["confirmed"]
    (reply,) = desk.arrive(desk.write("status", answers=desk.digest()))
    assert outcome(reply)["status"].startswith("1 af 3 pladser er taget")
