"""What is kept about a person, and that nothing is left of it when they are to be forgotten."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from mailbot.course import Kind, Status
from mailbot.registration.records import Audit, Decision, LetterState, Outcome, Source, Thread, identity_hash
from mailbot.store.base import Stale
from mailbot.store.sqlite import SqliteStore
from mailbot.understanding.reading import Address, Evidence, Finding, Intent, Person

from .samples import HOUR, NOW, course, draft, entry, item, outgoing, person, registration

ID = "ledelse-2026"
METTE = "mette.holm@bibliotek.dk"
BOSS = Address("Bo Krag", "bo.krag@bibliotek.dk")
HER = Address("Lisbet", "lv@fremtidensbiblioteker.dk")


def bytes_of(store: SqliteStore) -> bytes:
    """All that lies on the disk."""
    return b"".join(path.read_bytes() for path in store.path.parent.iterdir())


def a_course_with_mette(store: SqliteStore) -> None:
    """Bo signs up Mette and Person 2; Mette corrects her EAN; a digest tells of it; somebody asks about her."""
    words = Evidence("fields", "text", 0, 10, "Mette Holm")
    mette = registration(
        1, person=Person(name="Mette Holm", email=METTE, dietary="ingen nødder-mette"), contact=BOSS, message="fp1", payable=True,
        sources={"name": Source("fp1", NOW, words), "dietary": Source("fp1", NOW, words)},
    )
    second = registration(2, contact=BOSS, message="fp1", thread=Thread("<1@bibliotek.dk>", (), "Tilmelding: Mette Holm m.fl."))
    raw = "Content-Type: text/plain; charset=utf-8\r\n\r\nKære Bo, Mette Holm er tilmeldt\r\n".encode()
    store.record(
        Decision(outcome=Outcome.HANDLED, registrations=(mette, second), audit=(Audit("signed_up", 1, {"name": "Mette Holm"}),)), NOW,
        entry=entry(1, summary={"from": BOSS.email, "subject": "Tilmelding"}, registrations=(1, 2)),
        letters=[outgoing(draft(mette, second, to=BOSS, subject_of="message:fp1"), raw=raw), outgoing(draft(mette), raw=raw)],
    )
    store.record(
        Decision(outcome=Outcome.HANDLED, registrations=(mette,), audit=(Audit("field_changed", 1, {"by": METTE}),)), NOW + HOUR,
        entry=entry(2, summary={"from": METTE, "subject": "Mit EAN, hilsen Mette"}, registrations=(1,)),
    )
    question = item(
        20, sender=Address("", "chef@bibliotek.dk"), excerpt="Kommer Mette Holm?", registrations=(1,), message="fp3",
        proposal=Finding(intent=Intent.UPDATE, participants=(Person(name="Mette Holm", email=METTE, dietary="nødder-mette"),)),
    )
    store.record(Decision(items=(question, item(21, registrations=(1, 2), excerpt="Mette Holm og en til?"))), NOW + HOUR)
    digest = outgoing(draft(kind=Kind.DIGEST, to=HER, subject_of="digest:2026-01-20"), raw=raw)
    (sent,) = store.record(Decision(), NOW + HOUR, letters=[digest])
    store.settle(sent.number, LetterState.SENT, NOW + HOUR)


class TestPerson:
    def test_everything_about_an_address(self, store: SqliteStore) -> None:
        a_course_with_mette(store)
        all_of_it = json.loads(json.dumps(store.person(f" {METTE.upper()} ")))
        assert [r["person"]["dietary"] for r in all_of_it["registrations"]] == ["ingen nødder-mette"]
        assert all_of_it["registrations"][0]["sources"]["name"]["evidence"]["words"] == "Mette Holm"
        assert [(x["to"]["email"], x["text"]) for x in all_of_it["letters"]] == [
            (BOSS.email, "Kære Bo, Mette Holm er tilmeldt\n"), (METTE, "Kære Bo, Mette Holm er tilmeldt\n"),
        ]
        assert [m["fingerprint"] for m in all_of_it["messages"]] == ["fp1", "fp2"]
        assert [i["id"] for i in all_of_it["items"]] == [20, 21]
        assert [h["code"] for h in all_of_it["history"]] == ["signed_up", "field_changed"]
        assert all_of_it["forgotten_at"] is None

    def test_who_wrote_for_others_is_told_of_them(self, store: SqliteStore) -> None:
        a_course_with_mette(store)
        about = store.person(BOSS.email)
        assert [r["id"] for r in about["registrations"]] == [1, 2]
        assert [m["fingerprint"] for m in about["messages"]] == ["fp1"]

    def test_nobody(self, store: SqliteStore) -> None:
        a_course_with_mette(store)
        about = store.person("nobody@example.org")
        assert not any(about[key] for key in about if key != "address")


class TestForget:
    def test_no_byte_of_her_is_left_on_the_disk(self, store: SqliteStore) -> None:
        a_course_with_mette(store)
        assert b"Mette Holm" in bytes_of(store)
        counts = store.forget(METTE.title(), NOW + 2 * HOUR)
        assert counts == {"registrations": 1, "payable": 1, "messages": 2, "items": 2, "letters": 2, "history": 2, "contacts": 0}
        left = bytes_of(store).lower()
        assert b"mette" not in left

    def test_what_is_about_others_stays(self, store: SqliteStore) -> None:
        a_course_with_mette(store)
        store.forget(METTE, NOW + 2 * HOUR)
        roster = store.roster(ID)
        assert [r.id for r in roster.registrations] == [2]
        assert roster.registrations[0].contact == BOSS
        assert [(i.id, i.registrations, i.closed_as) for i in roster.items] == [(20, (), "forgotten"), (21, (2,), "")]
        letter, digest = store.letters()
        assert (letter.to.email, letter.about, letter.state) == (BOSS.email, (2,), LetterState.WITHHELD)
        assert digest.state is LetterState.SENT
        assert store.known("fp2") is Outcome.HANDLED   # so a sweep does not book it again

    def test_a_proposal_about_others_as_well_goes_on_without_her(self, store: SqliteStore) -> None:
        both = Finding(intent=Intent.SIGNUP, participants=(Person(name="Mette Holm", email=METTE), person(2)), withdrawn=(METTE, "Per"))
        store.record(Decision(items=(item(1, sender=BOSS, contact=BOSS, excerpt="Hermed Mette og en til", proposal=both),)), NOW)
        store.forget(METTE, NOW)
        (left,) = store.roster(ID).items
        rest = Finding(intent=Intent.SIGNUP, participants=(person(2),), withdrawn=("Per",))
        assert left == item(1, sender=BOSS, contact=BOSS, proposal=rest)

    def test_her_hash_stays_and_tells_nobody_who_she_was(self, store: SqliteStore) -> None:
        store.forget(METTE, NOW)
        assert identity_hash(METTE) in store.roster(ID).forgotten
        assert identity_hash("another@bibliotek.dk") not in store.roster(ID).forgotten
        assert identity_hash(METTE).encode() not in bytes_of(store)
        assert store.forgotten_at(f" {METTE.upper()}") == NOW
        assert store.forgotten_at("another@bibliotek.dk") is None

    def test_who_wrote_for_others_leaves_them_their_seats(self, store: SqliteStore) -> None:
        a_course_with_mette(store)
        counts = store.forget(BOSS.email, NOW)
        assert (counts["registrations"], counts["contacts"]) == (0, 2)
        assert [r.contact for r in store.roster(ID).registrations] == [None, None]
        assert b"bo.krag" not in bytes_of(store).lower()

    def test_twice_is_once(self, store: SqliteStore) -> None:
        a_course_with_mette(store)
        store.forget(METTE, NOW)
        assert set(store.forget(METTE, NOW + HOUR).values()) == {0}

    def test_a_running_decision_about_her_is_overtaken(self, store: SqliteStore) -> None:
        a_course_with_mette(store)
        roster = store.roster(ID)
        store.forget(METTE, NOW)
        with pytest.raises(Stale):
            store.record(Decision(registrations=(replace(roster.registrations[0], status=Status.CANCELLED),)), NOW)


class TestRetention:
    def test_diets_and_questions_go_first(self, store: SqliteStore) -> None:
        a_course_with_mette(store)
        for letter in store.letters(state=LetterState.PLANNED):
            store.settle(letter.number, LetterState.SENT, NOW)
        assert store.erase_sensitive(ID) == {"diets": 1, "excerpts": 2, "letters": 3}
        roster = store.roster(ID)
        assert roster.registrations[0].person == Person(name="Mette Holm", email=METTE)
        assert set(roster.registrations[0].sources) == {"name"}
        assert roster.items[0].proposal == Finding(intent=Intent.UPDATE, participants=(Person(name="Mette Holm", email=METTE),))
        assert "nødder".encode() not in bytes_of(store)

    def test_a_letter_that_is_still_to_go_out_keeps_its_words(self, store: SqliteStore) -> None:
        a_course_with_mette(store)
        store.erase_sensitive(ID)
        assert store.reserve(NOW) is not None

    def test_a_year_later_the_course_is_erased_and_stays_so(self, store: SqliteStore) -> None:
        store.save_course(course(id="kursus-2"), NOW)
        a_course_with_mette(store)
        store.record(Decision(registrations=(registration(90, course="kursus-2", person=person(90)),)), NOW)
        counts = store.erase_course(ID, NOW + 2 * HOUR)
        assert counts["registrations"] == 2
        left = bytes_of(store).lower()
        assert b"mette" not in left
        assert b"bo.krag" not in left
        store.save_course(course(capacity=99), NOW)
        assert [c.id for c in store.courses()] == ["kursus-2"]
        assert [r.id for r in store.roster("kursus-2").registrations] == [90]
        assert store.known("fp1") is Outcome.HANDLED
