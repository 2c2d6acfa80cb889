"""Reading and waiting on real servers: the embedded one and Dovecot."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from samples import mail, untouched, with_picture
from servers.dovecot import Dovecot
from servers.person import Person
from servers.proxy import Proxy

from mailbot.mail import fetch as fetching
from mailbot.mail.inbox import Backoff, MailboxMissing
from mailbot.mail.parse import parse

# reading


def test_messages_come_in_the_order_of_receipt_and_leave_no_trace(person: Person) -> None:
    noon = datetime(2026, 11, 3, 12, tzinfo=UTC)
    for number, hours in ((1, 2), (2, 0), (3, 1)):
        person.deliver(mail(number), at=noon + timedelta(hours=hours), flags=(b"\\Seen",) if number == 2 else ())
    with untouched(person), person.inbox() as inbox:
        found = list(inbox.fetch("INBOX", since=date(2026, 11, 3)))
    assert [parse(i.raw).message_id for i in found] == ["<m2@example.dk>", "<m3@example.dk>", "<m1@example.dk>"]
    assert [i.received_at for i in found] == [noon, noon + timedelta(hours=1), noon + timedelta(hours=2)]
    assert [i.raw for i in found] == [mail(2), mail(3), mail(1)]
    assert "\\Seen" in found[0].flags
    assert found[0].account == person.user
    with person.client() as client:
        assert client.select_folder("INBOX")[b"RECENT"] == 3  # not even that was taken from her


def test_the_cursor_never_passes_a_message_that_is_not_done_yet(person: Person) -> None:
    noon = datetime(2026, 11, 3, 12, tzinfo=UTC)
    for number, hours in ((1, 2), (2, 0), (3, 1), (4, 3)):
        person.deliver(mail(number), at=noon + timedelta(hours=hours))
    with person.inbox() as inbox:
        found = list(inbox.fetch("INBOX"))
    first = min(i.uid for i in found)
    assert [i.uid - first for i in found] == [1, 2, 0, 3]
    assert [i.cursor - first for i in found] == [-1, -1, 2, 3]


def test_only_what_lies_above_the_cursor_is_fetched(person: Person) -> None:
    person.deliver(mail(1), mail(2))
    with person.inbox() as inbox:
        seen = list(inbox.fetch("INBOX"))
        cursor = seen[-1].uidvalidity, seen[-1].cursor
        assert list(inbox.fetch("INBOX", after=cursor)) == []
        person.deliver(mail(3))
        assert [parse(i.raw).message_id for i in inbox.fetch("INBOX", after=cursor)] == ["<m3@example.dk>"]
        person.expunge(seen[-1].uid)
        assert [parse(i.raw).message_id for i in inbox.fetch("INBOX", after=cursor)] == ["<m3@example.dk>"]


def test_a_cursor_of_another_uidvalidity_is_worthless(person: Person) -> None:
    person.deliver(mail(1))
    with person.inbox() as inbox:
        uidvalidity, uidnext = inbox.status("INBOX")
        again = list(inbox.fetch("INBOX", after=(uidvalidity + 1, uidnext), since=date(2020, 1, 1)))
    assert len(again) == 1


def test_since_reaches_a_day_back_because_the_servers_day_is_not_ours(person: Person) -> None:
    person.deliver(mail(1), at=datetime(2026, 11, 1, 12, tzinfo=UTC))
    person.deliver(mail(2), at=datetime(2026, 11, 2, 12, tzinfo=UTC))
    person.deliver(mail(3), at=datetime(2026, 11, 3, 12, tzinfo=UTC))
    with person.inbox() as inbox:
        assert [parse(i.raw).message_id for i in inbox.fetch("INBOX", since=date(2026, 11, 3))] == ["<m2@example.dk>", "<m3@example.dk>"]


def test_an_empty_mailbox_gives_nothing(person: Person) -> None:
    with person.inbox() as inbox:
        assert list(inbox.fetch("INBOX", since=date(2026, 1, 1))) == []
        assert inbox.sweep("INBOX", date(2026, 1, 1))[1] == {}
        assert list(inbox.fetch_uids("INBOX", [])) == []


def test_a_large_picture_is_not_fetched_and_the_message_reads_the_same(person: Person) -> None:
    raw = with_picture(1, 3_000_000)
    person.deliver(raw)
    with untouched(person), person.inbox() as inbox:
        (found,) = inbox.fetch("INBOX")
    assert len(found.raw) < 3_000
    slim, full = parse(found.raw), parse(raw)
    assert slim.fingerprint == full.fingerprint
    assert (slim.text, slim.sender, slim.subject) == (full.text, full.sender, full.subject)
    (picture,) = slim.attachments
    assert (picture.name, picture.content_type, picture.data) == ("stort billede.jpg", "image/jpeg", None)


def test_small_attachments_that_may_hold_signups_come_whole(person: Person) -> None:
    sheet = b"navn;email\r\n" + b"Anna;anna@example.dk\r\n" * 400
    raw = (
        b"Message-ID: <s@example.dk>\r\nFrom: a@example.dk\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
        b"Content-Type: text/plain\r\n\r\nSe vedlagte\r\n--b\r\nContent-Type: application/octet-stream; name=liste.csv\r\n"
        b"Content-Disposition: attachment; filename=\"alle deltagere.csv\"\r\n\r\n" + sheet + b"\r\n--b--\r\n"
    )
    person.deliver(raw)
    with person.inbox() as inbox:
        (found,) = inbox.fetch("INBOX")
    (csv,) = parse(found.raw).attachments
    assert csv.name == "alle deltagere.csv"
    assert csv.data is not None
    assert csv.data.rstrip() == sheet.rstrip()


def test_a_forwarded_message_is_read_without_its_pictures(person: Person) -> None:
    raw = (
        b"Message-ID: <f@example.dk>\r\nFrom: a@example.dk\r\nSubject: VS\r\nContent-Type: multipart/mixed; boundary=out\r\n\r\n--out\r\n"
        b"Content-Type: text/plain\r\n\r\nSe nedenfor\r\n--out\r\nContent-Type: message/rfc822\r\n\r\n" + with_picture(7, 500_000)
        + b"\r\n--out--\r\n"
    )
    person.deliver(raw)
    with person.inbox() as inbox:
        (found,) = inbox.fetch("INBOX")
    assert len(found.raw) < 4_000
    assert parse(found.raw).fingerprint == parse(raw).fingerprint
    assert "blåbærgrød" in parse(found.raw).text


def test_a_newsletter_is_cut_short(person: Person) -> None:
    head = "Message-ID: <n@example.dk>\r\nFrom: nyt@example.dk\r\nList-Unsubscribe: <https://example.dk>\r\nMIME-Version: 1.0\r\n"
    html = "<p>" + "Nyt fra os. " * 20_000 + "</p>"
    person.deliver((head + "Content-Type: text/html; charset=utf-8\r\n\r\n" + html + "\r\n").encode())
    with person.inbox() as inbox:
        (found,) = inbox.fetch("INBOX")
    assert len(found.raw) < 10_000
    assert "Nyt fra os." in parse(found.raw).text


def test_html_is_fetched_only_of_what_is_worth_it(person: Person) -> None:
    raw = (
        b"Message-ID: <w@example.dk>\r\nFrom: a@example.dk\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain\r\n\r\n" + b"Jeg melder mig til. " * 20 + b"\r\n"
        b"--b\r\nContent-Type: text/html\r\n\r\n<table><tr><td>" + b"Jeg melder mig til. " * 400 + b"</td></tr></table>\r\n--b--\r\n"
    )
    person.deliver(raw)
    asked: list[bytes] = []

    def broken(_raw: bytes) -> bool:
        raise ZeroDivisionError

    with untouched(person), person.inbox() as inbox:
        (slim,) = inbox.fetch("INBOX", worth=lambda raw: bool(asked.append(raw)))
        for worth in (None, lambda _raw: True, broken):
            (full,) = inbox.fetch("INBOX", worth=worth)
            assert parse(full.raw).fingerprint == parse(raw).fingerprint
    assert asked == [slim.raw]
    assert len(slim.raw) < 900
    assert parse(slim.raw).text.startswith("Jeg melder mig til.")


def test_what_vanishes_between_search_and_fetch_is_skipped(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "BATCH", 2)
    person.deliver(*(mail(n) for n in range(6)), with_picture(6, 50_000))
    with person.inbox() as inbox:
        messages = inbox.fetch("INBOX")
        first = next(messages)
        person.expunge(first.uid + 3)
        person.expunge(first.uid + 6)
        uids = [first.uid, *(i.uid for i in messages)]
    if isinstance(person.server, Dovecot):  # the embedded server shows a session what it knew when it began
        assert uids == [first.uid + n for n in (0, 1, 2, 4, 5)]


def test_the_inbox_may_be_used_between_two_messages(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "BATCH", 1)
    person.deliver(mail(1), mail(2), mail(3))
    with person.inbox() as inbox:
        uids = []
        for inbound in inbox.fetch("INBOX"):
            uids.append(inbound.uid)
            assert inbox.find_letter("no-such-key") is None
            inbox.after_handling("INBOX", inbound.uid, "flag")
    assert len(uids) == 3
    assert all(b"\\Flagged" in flags for flags, _size in person.look().values())


def test_a_sweep_names_what_the_last_days_hold(person: Person) -> None:
    person.deliver(mail(1), at=datetime(2026, 10, 1, 12, tzinfo=UTC))
    person.deliver(mail(2), b"Subject: no id\r\n\r\nx\r\n", at=datetime(2026, 11, 20, 12, tzinfo=UTC))
    with untouched(person), person.inbox() as inbox:
        uidvalidity, found = inbox.sweep("INBOX", date(2026, 11, 15))
        assert uidvalidity == inbox.status("INBOX")[0]
        assert list(found.values()) == ["<m2@example.dk>", ""]
        (again,) = inbox.fetch_uids("INBOX", [*found][:1])
    assert again.raw == mail(2)
    assert again.cursor == 0


def test_junk_and_other_folders_are_swept(person: Person) -> None:
    with person.client() as client:
        client.create_folder("Tilmeldinger æøå")
    person.deliver(mail(9), mailbox="Junk")
    with person.inbox(also=("Tilmeldinger æøå",)) as inbox:
        assert inbox.mailboxes() == ("INBOX",)
        assert inbox.swept_mailboxes() == ("INBOX", "Tilmeldinger æøå", "Junk")
        assert list(inbox.sweep("Junk", date(2020, 1, 1))[1].values()) == ["<m9@example.dk>"]
        assert inbox.sweep("Tilmeldinger æøå", date(2020, 1, 1))[1] == {}


def test_a_mailbox_that_was_renamed_is_missed_by_name(person: Person) -> None:
    with person.client() as client:
        client.create_folder("Kursus")
    person.deliver(mail(1), mailbox="Kursus")
    with person.inbox(mailbox="Kursus") as inbox:
        assert len(list(inbox.fetch("Kursus"))) == 1
        with person.client() as client:
            client.rename_folder("Kursus", "Kursus 2026")
        with pytest.raises(MailboxMissing, match=r"there is no mailbox 'Kursus' on .*; was it renamed\?"):
            list(inbox.fetch("Kursus"))
        assert len(list(inbox.fetch("Kursus 2026"))) == 1


# waiting


def later(action: Callable[[], object], seconds: float = 0.2) -> None:
    threading.Timer(seconds, action).start()


def test_new_mail_ends_a_wait(person: Person) -> None:
    with person.inbox() as inbox:
        list(inbox.fetch("INBOX"))
        later(lambda: person.deliver(mail(1)))
        started = time.monotonic()
        assert inbox.wait(20) is True
        assert time.monotonic() - started < 5


def test_mail_that_came_before_the_wait_ends_it_at_once(person: Person) -> None:
    with person.inbox() as inbox:
        list(inbox.fetch("INBOX"))
        person.deliver(mail(1))
        started = time.monotonic()
        assert inbox.wait(20) is True
        assert time.monotonic() - started < 5


def test_mail_that_was_announced_among_other_answers_ends_a_wait_at_once(person: Person) -> None:
    with person.inbox() as inbox:
        list(inbox.fetch("INBOX"))
        person.deliver(mail(1))
        inbox.folders()  # the server tells of new mail with this answer, and will not tell again
        started = time.monotonic()
        assert inbox.wait(20) is True
        assert time.monotonic() - started < 5


def test_mail_that_is_announced_in_one_breath_with_idle_ends_a_wait_at_once(person: Person) -> None:
    with Proxy(person.port) as proxy, person.inbox(port=proxy.port) as inbox:
        list(inbox.fetch("INBOX"))
        proxy.change = lambda data: data + b"* 1 EXISTS\r\n" if data.startswith(b"+ ") else data
        started = time.monotonic()
        assert inbox.wait(20) is True
        assert time.monotonic() - started < 5


def test_flags_that_she_sets_do_not_end_a_wait_and_silence_does_by_its_time(person: Person) -> None:
    person.deliver(mail(1))
    with person.inbox() as inbox:
        (found,) = inbox.fetch("INBOX")

        def flag() -> None:
            with person.client("INBOX") as client:
                client.add_flags([found.uid], [b"\\Flagged"])

        later(flag, 0.1)
        started = time.monotonic()
        assert inbox.wait(1.0) is False
        assert 0.9 < time.monotonic() - started < 5


def test_wake_ends_a_wait_from_another_thread_or_before_it_began(person: Person) -> None:
    with person.inbox() as inbox:
        list(inbox.fetch("INBOX"))
        later(inbox.wake)
        started = time.monotonic()
        assert inbox.wait(20) is True
        inbox.wake()
        inbox.wake()
        assert inbox.wait(20) is True
        assert time.monotonic() - started < 5
        assert inbox.wait(0.1) is False


def test_mail_is_noticed_however_it_falls_together_with_the_start_of_idling(person: Person) -> None:
    with person.inbox() as inbox, person.client() as client:
        for number in range(8):
            list(inbox.fetch("INBOX"))
            sender = threading.Timer(number * 0.002, client.append, ("INBOX", mail(number)))
            sender.start()
            started = time.monotonic()
            assert inbox.wait(20) is True
            sender.join()
            assert time.monotonic() - started < 5


def test_without_idle_the_mailbox_is_polled(
    poor: Dovecot, new_person: Callable[[Dovecot], Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailbot.mail.session.POLL_EVERY", 0.2)
    person = new_person(poor)
    with person.inbox() as inbox:
        list(inbox.fetch("INBOX"))
        assert inbox.wait(0.3) is False
        later(lambda: person.deliver(mail(1)))
        assert inbox.wait(20) is True


def test_backoff_doubles_to_five_minutes_and_starts_again() -> None:
    backoff = Backoff(spread=lambda: 1.0)
    assert [backoff.next() for _ in range(10)] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]
    backoff.reset()
    assert backoff.next() == 1
    assert Backoff(spread=lambda: 0.0).next() == 0.5
