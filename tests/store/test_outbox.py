"""The outbox: an attempt is committed before the network is touched, and what was sent stays sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailbot.registration.records import Decision, LetterState
from mailbot.store.base import Stale
from mailbot.store.sqlite import SqliteStore
from mailbot.understanding.reading import Reason

from .samples import HOUR, NOW, draft, outgoing, registration


def plan(store: SqliteStore, number: int = 1, **values: object) -> int:
    """A confirmation for a person of that number; returns the letter's own number."""
    person = registration(number)
    (letter,) = store.record(Decision(), NOW, letters=[outgoing(draft(person), **values)])
    return letter.number


def test_the_oldest_that_is_due_goes_first(store: SqliteStore) -> None:
    late, early, later = plan(store, 1, due_at=NOW + HOUR), plan(store, 2, due_at=NOW), plan(store, 3, due_at=NOW + 2 * HOUR)
    assert store.next_letter_at() == NOW
    order = []
    while (attempt := store.reserve(NOW + HOUR)) is not None:
        order.append(attempt.letter.number)
    assert order == [early, late]
    assert store.next_letter_at() == NOW + 2 * HOUR
    assert store.letters(state=LetterState.PLANNED)[0].number == later


def test_what_is_reserved_is_nobody_elses(store: SqliteStore, path: Path) -> None:
    plan(store)
    attempt = store.reserve(NOW)
    assert attempt is not None
    assert (attempt.attempts, attempt.letter.state) == (1, LetterState.RESERVED)
    with SqliteStore(path) as other:
        assert other.reserve(NOW) is None


def test_a_crash_leaves_what_can_be_told_apart(store: SqliteStore, path: Path) -> None:
    plan(store, 1)
    plan(store, 2)
    first, second = store.reserve(NOW), store.reserve(NOW)
    assert first is not None
    assert second is not None
    store.sending(second.letter.number)
    store.close()
    with SqliteStore(path) as after:
        assert [(a.letter.number, a.letter.state.value, a.raw == first.raw) for a in after.unsettled()] == [
            (first.letter.number, "reserved", True), (second.letter.number, "sending", False),
        ]


def test_a_deferred_letter_waits_for_its_time_and_counts_its_attempts(store: SqliteStore) -> None:
    number = plan(store)
    store.reserve(NOW)
    store.settle(number, LetterState.PLANNED, NOW, reason=Reason("deferred", {"why": "432 4.3.2"}), retry_at=NOW + HOUR)
    assert store.reserve(NOW) is None
    assert store.next_letter_at() == NOW + HOUR
    attempt = store.reserve(NOW + HOUR)
    assert attempt is not None
    assert attempt.attempts == 2
    assert attempt.letter.reason == Reason("deferred", {"why": "432 4.3.2"})
    assert store.unsettled() == (attempt,)


def test_what_was_sent_stays_sent_under_the_id_that_the_server_gave_it(store: SqliteStore) -> None:
    number = plan(store, key="k")
    store.reserve(NOW)
    store.sending(number)
    store.settle(number, LetterState.SENT, NOW + HOUR, message_id="<from-the-server@outlook.com>")
    store.settle(number, LetterState.PLANNED, NOW + HOUR)
    letter = store.letter("k")
    assert letter is not None
    assert (letter.state, letter.sent_at, letter.message_id) == (LetterState.SENT, NOW + HOUR, "<from-the-server@outlook.com>")
    assert store.reserve(NOW + HOUR) is None
    assert store.sent_since(NOW + HOUR) == 1
    assert store.sent_since(NOW + 2 * HOUR) == 0


def test_without_an_id_of_the_server_ours_stands(store: SqliteStore) -> None:
    number = plan(store, key="k")
    store.settle(number, LetterState.SENT, NOW)
    assert store.letters()[0].message_id == "<k@bibliotek.dk>"


def test_a_draft_is_sent_when_it_is_seen_in_sent(store: SqliteStore) -> None:
    number = plan(store)
    store.reserve(NOW)
    store.settle(number, LetterState.DRAFTED, NOW)
    (drafted,) = store.drafted("ledelse-2026")
    assert drafted.sent_at is None
    assert store.drafted("another") == ()
    store.settle(number, LetterState.SENT, NOW + HOUR)
    assert store.drafted() == ()
    assert store.letters()[0].sent_at == NOW + HOUR


def test_a_letter_whose_person_was_erased_meanwhile_does_not_go_out(store: SqliteStore) -> None:
    number = plan(store)
    store.reserve(NOW)
    store.forget("p1@bibliotek.dk", NOW)
    with pytest.raises(Stale):
        store.sending(number)
    store.settle(number, LetterState.FAILED, NOW)   # and says nothing of it


def test_only_what_is_reserved_goes_out(store: SqliteStore) -> None:
    number = plan(store)
    with pytest.raises(Stale):
        store.sending(number)
    assert store.letters()[0].state is LetterState.PLANNED


def test_a_letter_whose_copy_was_erased_does_not_go_out_again(store: SqliteStore) -> None:
    number = plan(store)
    store.settle(number, LetterState.FAILED, NOW)
    store.erase_sensitive("ledelse-2026")
    store.settle(number, LetterState.PLANNED, NOW)
    assert store.reserve(NOW) is None
    assert store.next_letter_at() is None


def test_withheld_letters_are_kept_with_their_words(store: SqliteStore) -> None:
    number = plan(store, state=LetterState.WITHHELD, reason=Reason("observe"))
    assert store.reserve(NOW + HOUR) is None
    assert store.letter_raw(number) is not None
    assert store.letters(state=LetterState.WITHHELD)[0].reason == Reason("observe")


def test_a_letter_is_found_by_its_key(store: SqliteStore) -> None:
    number = plan(store, key="k")
    letter = store.letter("k")
    assert letter is not None
    assert letter.number == number
    assert store.letter("unknown") is None
    assert store.letter_raw(99) is None
