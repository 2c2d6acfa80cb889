"""Courses, modes and what the administrator decided."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from mailbot.course import Kind, Mode, Status
from mailbot.registration.records import Decision, ItemKind, LetterState, Settings
from mailbot.store.sqlite import SqliteStore
from mailbot.understanding.reading import Address

from .samples import HOUR, NOW, content, course, draft, outgoing, registration

ID = "ledelse-2026"


def test_courses_stand_in_the_order_in_which_they_came(store: SqliteStore) -> None:
    store.save_course(course(id="a-2027"), NOW)
    store.save_course(course(title="Ny titel"), NOW)
    assert [(c.id, c.title) for c in store.courses()] == [(ID, "Ny titel"), ("a-2027", "Hverdagsledelse 2026")]


def test_a_new_course_observes(store: SqliteStore) -> None:
    store.save_course(course(id="ny"), NOW)
    assert store.roster("ny").settings == Settings(mode=Mode.OBSERVE, since=NOW)


def test_an_unknown_course_has_no_roster(store: SqliteStore) -> None:
    with pytest.raises(KeyError):
        store.roster("unknown")
    with pytest.raises(KeyError):
        store.set_mode("unknown", Mode.AUTO, NOW)
    with pytest.raises(KeyError):
        store.settings("unknown")


class TestMode:
    def plan(self, store: SqliteStore) -> None:
        her = Address("Lisbet", "lv@fremtidensbiblioteker.dk")
        digest = draft(kind=Kind.DIGEST, to=her, subject_of="digest:2026-01-20")
        store.record(Decision(registrations=(registration(),)), NOW, letters=[outgoing(draft(registration())), outgoing(digest)])

    def test_a_change_withholds_what_was_planned_for_participants(self, store: SqliteStore) -> None:
        self.plan(store)
        store.set_mode(ID, Mode.DRAFT, NOW + HOUR)
        confirmation, digest = store.letters()
        assert confirmation.state is LetterState.WITHHELD
        assert confirmation.reason is not None
        assert confirmation.reason.code == "mode_changed"
        assert digest.state is LetterState.PLANNED   # for her, in every mode
        assert store.roster(ID).settings == store.settings(ID) == Settings(mode=Mode.DRAFT, since=NOW + HOUR)
        store.set_mode(ID, Mode.AUTO, NOW + 2 * HOUR)
        assert store.letters()[0].state is LetterState.WITHHELD   # no backlog is released

    def test_the_same_mode_again_changes_nothing(self, store: SqliteStore) -> None:
        self.plan(store)
        before = content(store)
        store.set_mode(ID, Mode.AUTO, NOW + HOUR)
        assert content(store) == before

    def test_by_mail_it_is_the_same_and_her_answer_still_goes_out(self, store: SqliteStore) -> None:
        self.plan(store)
        reply = draft(kind=Kind.COMMAND_REPLY, to=Address("", "lv@fremtidensbiblioteker.dk"), subject_of="message:fp9")
        store.record(Decision(settings=Settings(mode=Mode.OBSERVE, since=NOW + HOUR)), NOW + HOUR, letters=[outgoing(reply)])
        assert [letter.state.value for letter in store.letters()] == ["withheld", "planned", "planned"]

    def test_a_pause_holds_letters_back_and_lets_them_go_again(self, store: SqliteStore) -> None:
        self.plan(store)
        settings = store.roster(ID).settings
        store.record(Decision(settings=replace(settings, paused=True)), NOW)
        reserved = store.reserve(NOW)
        assert reserved is not None
        assert reserved.letter.kind is Kind.DIGEST
        assert store.reserve(NOW) is None
        assert store.next_letter_at() is None
        store.roster(ID)
        store.record(Decision(settings=settings), NOW)
        assert store.next_letter_at() == NOW
        assert store.reserve(NOW) is not None


class TestDecided:
    """What the administrator said wins over the file, until the file says the same."""

    def decide(self, store: SqliteStore, **values: object) -> None:
        store.record(Decision(course=store.roster(ID).course.model_copy(update=values)), NOW)

    def test_it_stands_after_the_file_is_read_again(self, store: SqliteStore) -> None:
        self.decide(store, capacity=26)
        store.save_course(course(), NOW + HOUR)
        assert store.roster(ID).course.capacity == 26
        store.save_course(course(title="Ny titel"), NOW + HOUR)   # another key of the file
        assert (store.courses()[0].capacity, store.courses()[0].title) == (26, "Ny titel")
        assert store.roster(ID).items == ()

    def test_a_contradiction_is_asked_about_once(self, store: SqliteStore) -> None:
        self.decide(store, capacity=26)
        for _ in range(2):
            store.save_course(course(capacity=20), NOW + HOUR)
        roster = store.roster(ID)
        assert roster.course.capacity == 26
        (item,) = roster.items
        assert (item.kind, item.id, roster.next_id) == (ItemKind.CONFLICT, 1, 2)
        assert dict(item.reasons[0].values) == {"key": "capacity", "file": "20", "decided": "26"}
        store.save_course(course(capacity=22), NOW + HOUR)
        assert len(store.roster(ID).items) == 2   # another edit, another question

    def test_the_file_may_take_it_over(self, store: SqliteStore) -> None:
        self.decide(store, capacity=26)
        store.save_course(course(capacity=26), NOW)
        store.save_course(course(capacity=28), NOW)
        assert store.roster(ID).course.capacity == 28
        assert store.roster(ID).items == ()

    def test_she_may_take_it_back(self, store: SqliteStore) -> None:
        self.decide(store, capacity=26)
        self.decide(store, capacity=24)
        store.save_course(course(capacity=30), NOW)
        assert store.roster(ID).course.capacity == 30

    def test_the_place_of_one_meeting(self, store: SqliteStore) -> None:
        meetings = list(course().meetings)
        meetings[1] = meetings[1].model_copy(update={"place": "Odense Hovedbibliotek", "sequence": 1})
        self.decide(store, meetings=tuple(meetings))
        store.save_course(course(capacity=30), NOW)
        effective = store.roster(ID).course
        assert effective.meetings == tuple(meetings)
        assert effective.capacity == 30


def test_the_last_digest_is_known_by_its_letter(store: SqliteStore) -> None:
    assert store.roster(ID).digest_sent_on is None
    for day in ("2026-01-20", "2026-01-19"):
        store.record(Decision(), NOW, letters=[outgoing(draft(kind=Kind.DIGEST, subject_of=f"digest:{day}"))])
    assert store.roster(ID).digest_sent_on == date(2026, 1, 20)


def test_the_courses_of_an_address(store: SqliteStore) -> None:
    store.save_course(course(id="kursus-2"), NOW)
    people = (
        registration(1),
        registration(2, course="kursus-2", contact=Address("", "p1@bibliotek.dk")),
        registration(3, status=Status.CANCELLED),
    )
    store.record(Decision(registrations=people), NOW)
    assert store.live_courses("p1@bibliotek.dk") == ("kursus-2", ID)
    assert store.live_courses("p3@bibliotek.dk") == ()
    assert store.live_courses("") == ()
