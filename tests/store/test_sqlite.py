"""`record`: all or nothing, once, and never on a roster that was overtaken."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import perf_counter

import pytest

from mailbot.course import Kind, Mode, Status
from mailbot.registration.records import Audit, Decision, LetterState, Outcome, Settings
from mailbot.store.base import Stale, Store
from mailbot.store.sqlite import SqliteStore
from mailbot.understanding.reading import Address, Reason

from .samples import HOUR, NOW, content, course, draft, entry, item, outgoing, registration


def signup() -> Decision:
    """Two people and a question, with their history."""
    people = (registration(1), registration(2, status=Status.WAITING))
    return Decision(outcome=Outcome.HANDLED, registrations=people, items=(item(3),), audit=(Audit("signed_up", 1), Audit("signed_up", 2)))


def letters_of(decision: Decision) -> list:
    return [outgoing(draft(r)) for r in decision.registrations]


def test_it_is_a_store(store: SqliteStore) -> None:
    kept: Store = store
    assert len(kept.secret_key()) == 32


def test_one_message_is_recorded_with_all_that_it_brings(store: SqliteStore) -> None:
    decision = signup()
    letters = store.record(decision, NOW, entry=entry(), letters=letters_of(decision))
    roster = store.roster("ledelse-2026")
    assert roster.registrations == decision.registrations
    assert roster.items == decision.items
    assert roster.letters == letters
    assert [letter.number for letter in letters] == [4, 5]   # one counter for people, items and letters
    assert roster.next_id == 6
    assert [(line.code, line.message) for line in store.history(1)] == [("signed_up", "fp1")]
    assert store.entries() == (entry(),)


def test_recorded_again_nothing_changes(store: SqliteStore) -> None:
    decision = signup()
    first = store.record(decision, NOW, entry=entry(), letters=letters_of(decision))
    before = content(store)
    changed = replace(decision, registrations=(registration(1, note="zum zweiten"),), audit=(Audit("signed_up", 2),))
    assert store.record(changed, NOW + HOUR, entry=entry(), letters=letters_of(decision)) == first
    assert content(store) == before


def test_work_that_fell_due_recorded_again_changes_nothing(store: SqliteStore) -> None:
    """Without a message it is the letters' keys, the numbers and the words of the history that make it the same."""
    decision = signup()
    first = store.record(decision, NOW, letters=letters_of(decision))
    before = content(store)
    assert store.record(decision, NOW, letters=letters_of(decision)) == first
    after = content(store)
    assert after.pop("course") != before.pop("course")  # its revision moved on
    assert after == before


def test_where_one_part_fails_nothing_is_kept(store: SqliteStore) -> None:
    before = content(store)
    broken = replace(signup(), audit=(Audit("signed_up", 1), Audit("of_nobody", 99)))
    with pytest.raises(Exception, match="FOREIGN KEY"):
        store.record(broken, NOW, entry=entry(), letters=letters_of(broken))
    assert content(store) == before
    assert store.record(signup(), NOW, entry=entry(), letters=letters_of(signup()))


def test_the_same_letter_under_another_key_is_the_same_letter(store: SqliteStore) -> None:
    """(what it is about, kind, to, version) is unique, too: a new secret key sends nothing twice."""
    store.record(Decision(registrations=(registration(),)), NOW)
    first = store.record(Decision(), NOW, letters=[outgoing(draft(registration()), key="a")])
    assert store.record(Decision(), NOW, letters=[outgoing(draft(registration()), key="b")]) == first
    assert len(store.letters()) == 1
    other = Address("", "p1-privat@mail.dk")
    (second,) = store.record(Decision(), NOW, letters=[outgoing(draft(registration(), to=other), key="c")])
    assert second.number == first[0].number + 1


def test_two_courses_may_have_their_digest_on_one_day(store: SqliteStore) -> None:
    store.save_course(course(id="kursus-2"), NOW)
    digest = draft(kind=Kind.DIGEST, to=Address("", "lv@fremtidensbiblioteker.dk"), subject_of="digest:2026-01-20")
    store.record(Decision(), NOW, letters=[outgoing(digest, key="a"), outgoing(replace(digest, course="kursus-2"), key="b")])
    assert [letter.course for letter in store.letters()] == ["ledelse-2026", "kursus-2"]


class TestOvertaken:
    """A second writer: the command line beside the running service."""

    def test_a_number_that_somebody_else_got_is_stale(self, store: SqliteStore, path: Path) -> None:
        store.roster("ledelse-2026")
        with SqliteStore(path) as other:
            other.record(Decision(registrations=(registration(1),)), NOW)
        with pytest.raises(Stale):
            store.record(Decision(registrations=(registration(1, note="another"),)), NOW, entry=entry())
        assert store.known("fp1") is None
        assert store.roster("ledelse-2026").registrations == (registration(1),)

    def test_a_change_on_an_old_roster_is_stale_and_goes_through_on_a_fresh_one(self, store: SqliteStore, path: Path) -> None:
        store.record(Decision(registrations=(registration(1),)), NOW)
        store.roster("ledelse-2026")
        with SqliteStore(path) as other:
            other.record(Decision(registrations=(registration(1, status=Status.CANCELLED),)), NOW)
        update = Decision(registrations=(registration(1, note="ny titel"),))
        with pytest.raises(Stale):
            store.record(update, NOW)
        store.roster("ledelse-2026")
        store.record(update, NOW)

    def test_one_roster_is_good_for_one_decision(self, store: SqliteStore) -> None:
        store.roster("ledelse-2026")
        store.record(Decision(registrations=(registration(1),)), NOW)
        with pytest.raises(Stale):
            store.record(Decision(registrations=(registration(2),)), NOW)

    def test_a_number_of_a_letter_is_taken(self, store: SqliteStore) -> None:
        store.record(Decision(), NOW, letters=[outgoing(draft(registration(9)))])
        with pytest.raises(Stale):
            store.record(Decision(items=(item(1),)), NOW)

    def test_a_number_of_another_course_is_taken(self, store: SqliteStore) -> None:
        store.save_course(course(id="kursus-2"), NOW)
        store.record(Decision(registrations=(registration(1),)), NOW)
        with pytest.raises(Stale):
            store.record(Decision(registrations=(registration(1, course="kursus-2"),)), NOW)

    def test_other_courses_do_not_overtake(self, store: SqliteStore) -> None:
        store.save_course(course(id="kursus-2"), NOW)
        store.roster("ledelse-2026")
        store.record(Decision(settings=Settings(paused=True)), NOW, course="kursus-2")
        store.record(Decision(settings=Settings(paused=True)), NOW, course="ledelse-2026")

    def test_neither_letters_nor_other_mail_overtake(self, store: SqliteStore) -> None:
        store.roster("ledelse-2026")
        store.record(Decision(), NOW, entry=entry(1, outcome=Outcome.IGNORED, summary=None, course=None))
        store.note("last_pass", "", NOW)
        store.record(Decision(registrations=(registration(1),)), NOW)


class TestWhoseSettings:
    def test_the_only_course_needs_no_name(self, store: SqliteStore) -> None:
        store.record(Decision(settings=Settings(mode=Mode.DRAFT, since=NOW)), NOW)
        assert store.roster("ledelse-2026").settings.mode is Mode.DRAFT

    def test_of_two_courses_one_must_be_named(self, store: SqliteStore) -> None:
        store.save_course(course(id="kursus-2"), NOW)
        with pytest.raises(ValueError, match="say which"):
            store.record(Decision(settings=Settings(paused=True)), NOW)
        store.record(Decision(settings=Settings(paused=True)), NOW, entry=entry(course="kursus-2"))
        assert store.roster("kursus-2").settings.paused
        assert not store.roster("ledelse-2026").settings.paused


def test_a_planned_letter_is_withheld_and_keeps_its_reason(store: SqliteStore) -> None:
    (letter,) = store.record(Decision(registrations=(registration(),)), NOW, letters=[outgoing(draft(registration()))])
    why = Reason("answered_herself", {"subject": "SV: Tilmelding"})
    store.record(Decision(withhold=((letter.number, why),)), NOW)
    assert store.letters() == (replace(letter, state=LetterState.WITHHELD, reason=why),)
    assert store.reserve(NOW + HOUR) is None


def test_a_letter_under_way_is_not_withheld(store: SqliteStore) -> None:
    (letter,) = store.record(Decision(registrations=(registration(),)), NOW, letters=[outgoing(draft(registration()))])
    store.reserve(NOW)
    store.record(Decision(withhold=((letter.number, Reason("stopped")),)), NOW)
    assert store.letters()[0].state is LetterState.RESERVED


def test_history_is_kept_in_order_with_its_message(store: SqliteStore) -> None:
    lines = (Audit("signed_up", 1), Audit("capacity", None, {"to": "26"}))
    store.record(Decision(registrations=(registration(),), audit=lines), NOW, entry=entry(1))
    change = Audit("field_changed", 1, {"field": "ean", "from": "", "to": "5798000123458"})
    store.record(Decision(registrations=(registration(),), audit=(change,)), NOW + HOUR, entry=entry(2))
    first, second = store.history(1)
    assert (first.code, first.message) == ("signed_up", "fp1")
    assert (second.code, second.message, second.at, dict(second.values)) == ("field_changed", "fp2", NOW + HOUR, change.values)


def test_a_roster_of_500_people_is_read_at_once(store: SqliteStore) -> None:
    """500 registrations with two letters each: a message costs two or three such readings."""
    people = tuple(registration(n) for n in range(1, 501))
    letters = [outgoing(draft(r, kind=kind)) for r in people for kind in (Kind.CONFIRMATION, Kind.MEETING_REMINDER)]
    store.record(Decision(registrations=people), NOW, letters=letters)
    times = []
    for _ in range(5):
        start = perf_counter()
        roster = store.roster("ledelse-2026")
        times.append(perf_counter() - start)
    assert len(roster.registrations) == 500
    assert len(roster.letters) == 1000
    assert min(times) < 0.05


def test_the_roster_remembers_letters_about_people_and_of_the_last_two_days(store: SqliteStore) -> None:
    someone = Address("", "spam@firma.dk")

    def receipt(n: int) -> list:
        return [outgoing(draft(kind=Kind.RECEIPT, to=someone, subject_of=f"message:{n}"))]

    store.record(Decision(registrations=(registration(),)), NOW, letters=[outgoing(draft(registration()))])
    store.record(Decision(), NOW, letters=receipt(1))
    store.record(Decision(), NOW + timedelta(days=3), letters=receipt(2))
    assert [letter.subject_of for letter in store.roster("ledelse-2026").letters] == ["registration:1", "message:2"]
