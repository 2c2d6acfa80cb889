"""Our letters and hers in Sent and Drafts, and what is done with mail that was ours: on the embedded server and Dovecot, then on
Dovecot dressed as Exchange Online, as Courier and as a server that can do little."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from samples import mail, untouched
from servers.dovecot import Dovecot
from servers.person import Person

from mailbot.mail.inbox import Folders, InboxError, MailboxMissing

LETTER = mail(50, extra="X-Mailbot-Letter: k7f3\r\nIn-Reply-To: <m1@example.dk>\r\nReferences: <k7f3@letters> <m1@example.dk>\r\n")


def test_a_letter_is_found_in_sent_by_exactly_its_key(person: Person) -> None:
    person.deliver(mail(51, extra="X-Mailbot-Letter: k7f3-other\r\n"), LETTER, mail(52), mailbox="Sent")
    with untouched(person, "Sent"), person.inbox() as inbox:
        found = inbox.find_letter("k7f3")
        assert found is not None
        assert (found.message_id, found.key, found.mailbox) == ("<m50@example.dk>", "k7f3", "Sent")
        assert found.references == ("<k7f3@letters>", "<m1@example.dk>")
        assert inbox.find_letter("k7f") is None
        assert inbox.find_letter("") is None


def test_drafts_are_laid_once_found_and_taken_back(person: Person) -> None:
    with person.inbox() as inbox:
        inbox.append_draft(LETTER)
        inbox.append_draft(LETTER)
        ((uid, (flags, _size)),) = person.look("Drafts").items()
        assert b"\\Draft" in flags
        person.deliver(mail(60), mailbox="Drafts", flags=(b"\\Deleted",))
        found = inbox.find_draft("k7f3")
        assert found is not None
        assert found.uid == uid
        assert inbox.remove_draft("k7f3") is True
        assert inbox.remove_draft("k7f3") is False
        assert len(person.look("Drafts")) == 1  # hers, marked as deleted, is hers to expunge


def test_her_own_answers_are_told_from_our_letters(person: Person) -> None:
    hers = mail(70, extra="In-Reply-To: <m2@example.dk>\r\n")
    with person.inbox() as inbox:
        inbox.append_sent(LETTER)
        person.deliver(hers, mailbox="Sent")
        ours, her = inbox.sent_since("", date(2020, 1, 1))
    assert (ours.key, her.key) == ("k7f3", "")
    assert her.in_reply_to == ("<m2@example.dk>",)
    assert her.to == ("bot@example.dk",)
    assert her.subject == "Mail 70"


def test_what_came_into_sent_after_an_earlier_look(person: Person) -> None:
    with person.inbox() as inbox:
        inbox.append_sent(LETTER)
        seen_to = inbox.status("Sent")
        assert list(inbox.sent_since("", date(2020, 1, 1), after=seen_to)) == []
        person.deliver(mail(71), mail(72), mailbox="Sent")
        new = list(inbox.sent_since("", date(2020, 1, 1), after=seen_to))
        anew = list(inbox.sent_since("", date(2020, 1, 1), after=(seen_to[0] - 1, seen_to[1])))
    assert [letter.subject for letter in new] == ["Mail 71", "Mail 72"]
    assert len(anew) == 3


# after handling


@pytest.mark.parametrize(("how", "flag"), [("flag", b"\\Flagged"), ("answered", b"\\Answered")])
def test_a_message_that_was_ours_is_flagged_and_no_other(person: Person, how: str, flag: bytes) -> None:
    person.deliver(mail(1), mail(2))
    with person.inbox() as inbox:
        first, second = inbox.fetch("INBOX")
        inbox.after_handling("INBOX", first.uid, how)
        inbox.after_handling("INBOX", 99_999, how)
        inbox.after_handling("INBOX", second.uid, "leave")
    flags = {uid: flags for uid, (flags, _size) in person.look().items()}
    assert flags == {first.uid: {flag}, second.uid: set()}


def test_a_message_that_was_ours_is_moved(person: Person) -> None:
    with person.client() as client:
        client.create_folder("Færdig")
    person.deliver(mail(1), mail(2), flags=(b"\\Seen",))
    with person.inbox() as inbox:
        first, _second = inbox.fetch("INBOX")
        inbox.after_handling("INBOX", first.uid, "move:Færdig")
        inbox.after_handling("INBOX", first.uid, "move:Færdig")
    assert person.raws() == [mail(2)]
    assert person.raws("Færdig") == [mail(1)]
    assert [flags for flags, _size in person.look("Færdig").values()] == [{b"\\Seen"}]


def test_a_move_to_a_mailbox_that_is_not_there_changes_nothing(person: Person) -> None:
    person.deliver(mail(1))
    with untouched(person), person.inbox() as inbox:
        (found,) = inbox.fetch("INBOX")
        with pytest.raises(MailboxMissing, match="Findes ikke"):
            inbox.after_handling("INBOX", found.uid, "move:Findes ikke")


# other providers


def test_exchange_names_its_folders_in_danish(exchange: Dovecot, new_person: Callable[[Dovecot], Person]) -> None:
    person = new_person(exchange)
    with person.inbox() as inbox:
        assert inbox.folders() == Folders("Sendt post", "Kladder", "Uønsket mail")
        inbox.append_draft(LETTER)
        inbox.append_sent(LETTER)
        assert inbox.find_letter("k7f3") is not None
        assert inbox.remove_draft("k7f3")
        assert inbox.swept_mailboxes() == ("INBOX", "Uønsket mail")


def test_courier_keeps_everything_below_inbox_and_moves_by_copying(courier: Dovecot, new_person: Callable[[Dovecot], Person]) -> None:
    person = new_person(courier)
    with person.client() as client:
        client.create_folder("INBOX.done")
    person.deliver(mail(1), mail(2))
    person.deliver(mail(3), flags=(b"\\Deleted",))
    with person.inbox() as inbox:
        assert inbox.folders() == Folders("INBOX.Sendte elementer", "INBOX.Drafts", "")
        first, *_rest = inbox.fetch("INBOX")
        inbox.after_handling("INBOX", first.uid, "move:INBOX.done")
    assert person.raws("INBOX.done") == [mail(1)]
    assert person.raws() == [mail(2), mail(3)]


def test_a_server_that_can_neither_move_nor_expunge_one_message_is_left_alone(
    poor: Dovecot, new_person: Callable[[Dovecot], Person]
) -> None:
    person = new_person(poor)
    with person.client() as client:
        client.create_folder("done")
    person.deliver(mail(1))
    with untouched(person), person.inbox() as inbox:
        (found,) = inbox.fetch("INBOX")
        with pytest.raises(InboxError, match=r'neither MOVE nor UIDPLUS.*"flag" or "leave"'):
            inbox.after_handling("INBOX", found.uid, "move:done")
        inbox.append_draft(LETTER)
        with pytest.raises(InboxError, match="take the draft out of 'Drafts' by hand"):
            inbox.remove_draft("k7f3")
