"""The book of messages: known again by their content or their place; of unrelated mail hardly anything is kept."""

from __future__ import annotations

from dataclasses import replace

from mailbot.registration.records import Decision, Outcome
from mailbot.store.base import Place
from mailbot.store.sqlite import SqliteStore
from mailbot.understanding.reading import Reason

from .samples import HOUR, NOW, entry

INBOX = ("lv", "INBOX")


def test_a_cursor_moves_on_and_never_back(store: SqliteStore) -> None:
    assert store.cursor(*INBOX) is None
    for uid in (5, 9, 7):
        store.advance(Place(*INBOX, 100, uid))
    assert store.cursor(*INBOX) == (100, 9)
    assert store.cursor("lv", "Junk") is None


def test_with_another_uidvalidity_a_mailbox_starts_anew(store: SqliteStore) -> None:
    store.advance(Place(*INBOX, 100, 900))
    store.advance(Place(*INBOX, 2**32 - 1, 3))
    assert store.cursor(*INBOX) == (2**32 - 1, 3)
    assert store.known_place(Place(*INBOX, 100, 900))
    assert not store.known_place(Place(*INBOX, 2**32 - 1, 900))


def test_a_place_that_was_worked_through_is_known(store: SqliteStore) -> None:
    """A sweep that meets the same content in another place does not fetch it again and again."""
    store.record(Decision(), NOW, entry=entry(1))
    copy = Place("lv", "Junk", 7, 1)
    assert store.known_place(Place(*INBOX, 7, 1))
    assert not store.known_place(copy)
    store.advance(copy)
    assert store.known_place(copy)


def test_the_same_content_in_another_place_is_entered_once(store: SqliteStore) -> None:
    store.record(Decision(), NOW, entry=entry(1))
    store.record(Decision(), NOW + HOUR, entry=entry(1, place=Place(*INBOX, 8, 44)))
    assert store.known_place(Place(*INBOX, 8, 44))
    assert store.entries() == (entry(1),)


def test_unrelated_mail_leaves_its_place_its_hash_and_how_it_ended(store: SqliteStore) -> None:
    reasons = (Reason("newsletter", {"sender": "nyhedsbrev@bibliotek.dk"}),)
    unrelated = entry(1, outcome=Outcome.IGNORED, intent="unrelated", summary=None, reasons=reasons, course=None)
    store.record(Decision(), NOW, entry=unrelated)
    assert store.entries() == (replace(unrelated, message_id="", reasons=(Reason("newsletter"),)),)
    assert b"nyhedsbrev" not in store.path.read_bytes() + store.path.with_name(store.path.name + "-wal").read_bytes()


def test_many_unrelated_messages_in_one_go(store: SqliteStore) -> None:
    unrelated = [entry(n, outcome=Outcome.IGNORED, summary=None, course=None) for n in range(1, 101)]
    store.record_ignored([*unrelated, unrelated[0]], NOW)
    assert store.counts(NOW) == {Outcome.HANDLED: 0, Outcome.REVIEW: 0, Outcome.IGNORED: 100}
    assert store.known("fp100") is Outcome.IGNORED
    assert store.known("fp101") is None


def test_entries_by_the_time_of_their_handling(store: SqliteStore) -> None:
    for n, outcome in enumerate((Outcome.HANDLED, Outcome.REVIEW, Outcome.REVIEW), 1):
        store.record(Decision(), NOW + n * HOUR, entry=entry(n, outcome=outcome, course=None if n == 3 else "ledelse-2026"))
    assert [e.fingerprint for e in store.entries(NOW + 2 * HOUR)] == ["fp2", "fp3"]
    assert [e.fingerprint for e in store.entries(course="ledelse-2026")] == ["fp1", "fp2"]
    assert store.counts(NOW + 2 * HOUR) == {Outcome.HANDLED: 0, Outcome.REVIEW: 2, Outcome.IGNORED: 0}


def test_failures_are_counted_until_the_message_is_entered(store: SqliteStore) -> None:
    place = Place(*INBOX, 7, 1)
    assert [store.failed_to_read(place, "fp1", "boom", NOW) for _ in range(3)] == [1, 2, 3]
    assert store.failed_to_read(Place(*INBOX, 7, 2), "", "boom", NOW) == 1
    assert store.failed_to_read(Place(*INBOX, 7, 3), "", "boom", NOW) == 1
    assert store.known("fp1") is None
    store.record(Decision(), NOW, entry=entry(1))
    assert store.failed_to_read(place, "fp1", "boom", NOW) == 1


def test_notes_hold_the_last_word(store: SqliteStore) -> None:
    store.note("last_error", "Sign-in refused", NOW)
    store.note("last_pass", "", NOW)
    store.note("last_error", "", NOW + HOUR)
    assert store.notes() == {"last_error": ("", NOW + HOUR), "last_pass": ("", NOW)}
