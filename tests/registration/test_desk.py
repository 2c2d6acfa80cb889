"""Histories of updates, modes, questions, machines, and what the administrator does herself.

Who wrote what when, and what the state and the letters were after each. Times are local to Copenhagen.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from people import ANNA, BO, BOSS, JESPER, METTE, full, offered
from world import World, at, person

from mailbot.course import Kind, Mode
from mailbot.registration import manual
from mailbot.registration.offers import letter_sent
from mailbot.registration.reasons import RuleError
from mailbot.registration.records import Thread
from mailbot.registration.schedule import next_due
from mailbot.understanding.reading import Action, Address, Automatic, Failure, Intent, Person, Reason, Verdict

# updates


def test_a_bare_number_fills_what_was_asked_for() -> None:
    w = World.open()
    w.signup("2026-01-14 09:00", METTE, ean=None)
    assert w.posted("mho")[0].draft.seats[0].missing == ("ean",)
    w.write("2026-01-15 09:00", METTE, Intent.UPDATE, Person(ean="5790001330552"), answers=w.posted("mho")[0], auth=Verdict.NONE)
    assert (w.of("Mette").person.ean, w.mail("mho")) == ("5790001330552", ["confirmation", "updated"])
    w.wait_until("2026-03-10 09:00")
    assert "missing_details" not in w.mail("mho")


def test_a_bare_number_from_the_contact_is_for_all_who_lack_it() -> None:
    w = World.open()
    two = [person("Sanne Dahl", email=None, ean=None), person("Morten Dahl", email=None, ean=None)]
    w.write("2026-01-20 11:37", BOSS, Intent.SIGNUP, *two, contact=True)
    w.write("2026-01-21 09:00", BOSS, Intent.UPDATE, Person(ean="5790001330552"), contact=True)
    assert {r.person.ean for r in w.roster.registrations} == {"5790001330552"}
    assert w.mail("brla") == ["confirmation", "updated"]


def test_a_bare_number_that_is_hard_to_read_is_taken_where_it_was_asked_for_and_else_is_not() -> None:
    unsure = {"action": Action.REVIEW, "reasons": (Reason("low_confidence"),)}
    world = World.open()
    world.signup("2026-01-12 09:00", "Mette Holm <mho@greve.dk>", ean=None)
    world.write("2026-01-13 09:00", "Mette Holm <mho@greve.dk>", Intent.UPDATE, Person(ean="5790001330552"), **unsure)
    assert (world.of("Mette").person.ean, world.mail("mho")) == ("5790001330552", ["confirmation", "updated"])
    world.write("2026-01-14 09:00", "Mette Holm <mho@greve.dk>", Intent.UPDATE, Person(ean="5798000123458"), **unsure)
    assert world.of("Mette").person.ean == "5790001330552"
    assert world.items()[-1] == "review"


def test_the_newest_word_wins_and_an_older_one_does_not() -> None:
    w = World.open()
    w.signup("2026-01-14 09:00", METTE)
    w.write("2026-01-16 09:00", METTE, Intent.UPDATE, Person(title="chef"))
    w.write("2026-01-17 09:00", METTE, Intent.UPDATE, Person(title="souschef"), received="2026-01-15 09:00")
    assert w.of("Mette").person.title == "chef"
    assert w.of("Mette").sources["title"].message == "m2"


def test_a_wrong_correction_of_the_ean_asks_for_a_valid_one() -> None:
    w = World.open()
    w.signup("2026-01-14 09:00", METTE)
    w.write("2026-01-16 09:00", METTE, Intent.UPDATE, Person(ean_invalid="5790001330553"))
    letter = w.posted("mho", Kind.UPDATED)[0].draft
    assert (letter.seats[0].missing, letter.seats[0].registration.person.ean) == (("ean",), "5798000123458")
    w.write("2026-01-17 09:00", METTE, Intent.UPDATE, Person(ean="5790001330552"))
    assert (w.of("Mette").person.ean, w.of("Mette").person.ean_invalid) == ("5790001330552", None)


def test_a_change_of_address_is_confirmed_to_the_old_one() -> None:
    w = World.open()
    w.signup("2026-01-14 09:00", METTE)
    w.write("2026-01-16 09:00", METTE, Intent.UPDATE, Person(name="Mette Holm", email="mette@holm.dk"))
    assert w.of("Mette").person.email == "mette@holm.dk"
    assert (w.mail("mho@greve.dk"), w.mail("mette@holm.dk")) == (["confirmation", "updated"], ["updated"])
    assert w.posted("mho@greve.dk", Kind.UPDATED)[0].draft.facts["old_email"] == "mho@greve.dk"


def test_an_unproved_change_of_address_is_asked_back() -> None:
    w = World.open()
    w.signup("2026-01-14 09:00", METTE)
    w.write("2026-01-16 09:00", METTE, Intent.UPDATE, Person(email="evil@x.dk"), auth=Verdict.NONE)
    assert (w.of("Mette").person.email, w.mail("evil@x.dk"), w.items()) == ("mho@greve.dk", [], ["verify"])


def test_a_colleague_may_fill_but_must_ask_to_overwrite() -> None:
    w = World.open()
    w.signup("2026-01-14 09:00", METTE, ean=None)
    bodil = "Bodil Krag <bok@greve.dk>"
    w.write("2026-01-15 09:00", bodil, Intent.UPDATE, Person(name="Mette Holm", ean="5790001330552"))
    assert (w.of("Mette").person.ean, w.mail("mho"), w.mail("bok")) == ("5790001330552", ["confirmation", "updated"], ["thanks"])
    w.write("2026-01-16 09:00", bodil, Intent.UPDATE, Person(name="Mette Holm", title="chef"))
    assert (w.of("Mette").person.title, w.mail("mho")[-1], w.items()) == ("souschef", "verify", ["verify"])
    w.accept("2026-01-16 10:00", METTE)
    assert (w.of("Mette").person.title, w.items()) == ("chef", [])


def test_an_update_in_review_is_merged_without_a_letter() -> None:
    w = World.open()
    w.signup("2026-01-14 09:00", METTE, action=Action.REVIEW, ean=None)
    w.write("2026-01-15 09:00", METTE, Intent.UPDATE, Person(ean="5790001330552"))
    assert (w.status("Mette"), w.of("Mette").person.ean, w.letters) == ("review", "5790001330552", [])


def test_an_update_of_somebody_unknown_goes_to_review() -> None:
    w = full()
    w.write("2026-01-15 09:00", "Ole Fynbo <ofy@nyborg.dk>", Intent.UPDATE, Person(ean="5790001330552"))
    assert (w.reasons(), w.mail("ofy")) == (["unknown_person"], [])


# modes


def test_observe_keeps_the_state_and_offers_nothing() -> None:
    w = World.open(Mode.OBSERVE, capacity=1)
    w.signup("2026-01-13 09:00", METTE)
    w.signup("2026-01-13 10:00", JESPER)
    w.cancel("2026-01-14 10:00", METTE)
    w.signup("2026-01-14 11:00", ANNA)
    assert w.statuses() == {"Mette": "cancelled", "Jesper": "waiting 1", "Anna": "waiting 2"}
    assert {p.record.reason.code for p in w.letters if p.record.reason} == {"observe"}
    w.command("2026-01-15 09:00", manual.set_mode, Mode.AUTO)
    assert w.statuses() == {"Mette": "cancelled", "Jesper": "offered", "Anna": "waiting 1"}


def test_in_draft_the_clock_starts_when_the_letter_is_seen_in_sent() -> None:
    w = World.open(Mode.DRAFT, capacity=1)
    w.signup("2026-01-13 09:00", METTE)
    w.signup("2026-01-13 10:00", JESPER)
    w.cancel("2026-01-14 10:00", METTE)
    assert (w.status("Jesper"), w.of("Jesper").offer_expires_at) == ("offered", None)
    w.wait_until("2026-01-26 10:00")
    assert w.status("Jesper") == "offered"
    w.record(letter_sent(w.roster, w.posted("jbr", Kind.OFFER)[0].record, w.now))
    assert w.of("Jesper").offer_expires_at == at("2026-01-29 10:00")
    w.wait_until("2026-01-29 10:00")
    assert w.status("Jesper") == "expired"


def test_a_change_of_mode_withholds_what_was_laid_in_drafts_and_offers_anew() -> None:
    w = World.open(Mode.DRAFT, capacity=1)
    w.signup("2026-01-13 09:00", METTE)
    w.signup("2026-01-13 10:00", JESPER)
    w.cancel("2026-01-14 10:00", METTE)
    decision = w.command("2026-01-15 09:00", manual.set_mode, Mode.AUTO)
    assert len(decision.withhold) == 2
    assert {reason.code for _, reason in decision.withhold} == {"mode_changed"}
    assert (w.status("Jesper"), w.of("Jesper").offer_expires_at) == ("offered", at("2026-01-19 09:00"))
    assert [p.draft.version for p in w.posted("jbr", Kind.OFFER)] == [1, 2]


def test_back_from_observing_open_offers_get_their_time_again() -> None:
    w = offered(offer_hours=72)
    w.command("2026-02-03 09:00", manual.set_mode, Mode.OBSERVE)
    w.wait_until("2026-02-10 10:00")
    assert w.status("Jesper") == "offered"
    w.command("2026-02-10 10:00", manual.set_mode, Mode.AUTO)
    assert w.of("Jesper").offer_expires_at == at("2026-02-13 10:00")


def test_a_draft_that_is_no_longer_true_is_withdrawn() -> None:
    w = World.open(Mode.DRAFT, capacity=1)
    w.signup("2026-01-13 09:00", METTE)
    w.signup("2026-01-13 10:00", JESPER)
    decision = w.cancel("2026-01-13 12:00", METTE)
    numbers = [w.posted("mho", Kind.CONFIRMATION)[0].record.number, w.posted("jbr", Kind.WAITING)[0].record.number]
    assert [(n, reason.code) for n, reason in decision.withhold] == [(n, "no_longer_true") for n in numbers]


def test_a_pause_holds_everything_and_gives_offers_their_time_again() -> None:
    w = offered(offer_hours=72)
    w.command("2026-02-03 09:00", manual.pause)
    w.wait_until("2026-02-10 10:00")
    assert w.status("Jesper") == "offered"
    w.command("2026-02-10 10:00", manual.resume)
    assert w.of("Jesper").offer_expires_at == at("2026-02-13 10:00")


# questions, machines, floods


def test_a_question_is_shown_and_answered_by_a_person_only() -> None:
    w = World.open()
    w.write("2026-01-14 09:00", METTE, Intent.QUESTION, action=Action.REVIEW, question=True)
    assert (w.statuses(), w.letters, w.items()) == ({}, [], ["question"])
    w.command("2026-01-14 12:00", manual.answer, w.open_items[0].id, "Ja, der er parkering.")
    assert (w.mail("mho"), w.items()) == (["answer"], [])
    assert w.posted("mho")[0].draft.facts["text"] == "Ja, der er parkering."


def test_the_course_file_answers_what_it_knows_once_a_day_and_tells_her() -> None:
    w = World.open(answer_facts=True, price=Decimal(7500))
    w.write("2026-01-14 09:00", METTE, Intent.QUESTION, action=Action.REVIEW, question=True, asked=("price", "deadline"))
    assert (w.mail("mho"), w.items()) == (["answer"], ["notice"])
    assert w.posted("mho")[0].draft.facts["asked"] == ("price", "deadline")
    w.write("2026-01-14 10:00", METTE, Intent.QUESTION, action=Action.REVIEW, question=True, asked=("price",))
    assert (w.mail("mho"), w.items()) == (["answer"], ["notice", "question"])


@pytest.mark.parametrize(
    ("rules", "asked", "when"),
    [
        ({"answer_facts": False}, ("deadline",), "2026-01-14 09:00"),
        ({"answer_facts": True}, (), "2026-01-14 09:00"),
        ({"answer_facts": True}, ("deadline", "price"), "2026-01-14 09:00"),  # the file has no price
        ({"answer_facts": True}, ("place",), "2026-01-14 09:00"),  # and no place
        ({"answer_facts": True}, ("deadline",), "2026-03-14 09:00"),  # that has passed
        ({"answer_facts": True}, ("signup",), "2026-03-14 09:00"),
    ],
)
def test_what_the_course_file_cannot_answer_is_for_a_person(rules: dict[str, bool], asked: tuple[str, ...], when: str) -> None:
    w = World.open(**rules)
    w.write(when, METTE, Intent.QUESTION, action=Action.REVIEW, question=True, asked=asked)
    assert (w.letters, w.items()) == ([], ["question"])


def test_an_answer_to_an_answer_is_for_a_person() -> None:
    w = World.open(answer_facts=True)
    w.write("2026-01-14 09:00", METTE, Intent.QUESTION, action=Action.REVIEW, asked=("dates",))
    w.write("2026-01-15 09:00", METTE, Intent.QUESTION, action=Action.REVIEW, asked=("dates",), answers=w.posted("mho")[0])
    assert (w.mail("mho"), w.items()) == (["answer"], ["notice", "question"])


def test_a_receipt_goes_once_a_thread() -> None:
    w = World.open(receipts=True)
    w.write("2026-01-14 09:00", METTE, Intent.QUESTION, action=Action.REVIEW)
    w.write("2026-01-16 09:00", METTE, Intent.QUESTION, action=Action.REVIEW, references=("<m1@greve.dk>", "<x@y>"))
    w.write("2026-01-18 09:00", METTE, Intent.QUESTION, action=Action.REVIEW)
    assert w.mail("mho") == ["receipt", "receipt"]


def test_an_out_of_office_answer_to_a_confirmation_changes_nothing() -> None:
    w = World.open()
    w.signup("2026-01-14 09:00", METTE)
    before = w.roster
    w.write("2026-01-14 09:01", METTE, Intent.AUTO_REPLY, action=Action.IGNORE, automatic=Automatic.REPLY, back_on=date(2026, 2, 1))
    assert w.roster == before


def test_a_robot_that_looks_like_a_signup_is_shown_and_not_answered() -> None:
    w = World.open(receipts=True)
    w.signup("2026-01-14 09:00", METTE, automatic=Automatic.ROBOT)
    assert (w.statuses(), w.letters, w.reasons()) == ({}, [], ["written_by_a_machine"])


def test_a_robot_that_answers_each_of_ours_stays_bounded() -> None:
    w = World.open()
    w.signup("2026-01-14 09:00", METTE)
    for minute in range(1, 50):
        w.signup(f"2026-01-14 10:{minute:02}", METTE)
    assert w.mail("mho") == ["confirmation", "already"]
    assert {p.draft.withheld.code for p in w.posted("mho", withheld=True) if p.draft.withheld} == {"once_a_day"}


def test_one_address_gets_so_many_letters_a_day_and_no_more() -> None:
    w = World.open(max_letters_per_day=4)
    w.signup("2026-01-14 09:00", METTE)
    for minute in range(10):
        w.write(f"2026-01-14 10:{minute:02}", METTE, Intent.UPDATE, Person(title=f"titel {minute}"))
    assert len(w.mail("mho")) == 4
    w.write("2026-01-15 10:00", METTE, Intent.UPDATE, Person(title="chef"))
    assert len(w.mail("mho")) == 5


def test_a_bounce_marks_the_address_and_tells_her() -> None:
    w = World.open()
    w.signup("2026-01-14 09:00", METTE)
    w.write(
        "2026-01-14 09:05",
        "Mail Delivery System <mailer-daemon@greve.dk>",
        Intent.BOUNCE,
        action=Action.REVIEW,
        answers=w.letters[0],
        automatic=Automatic.REPORT,
        failures=(Failure("mho@greve.dk", "failed", "5.1.1"),),
    )
    assert (w.of("Mette").undeliverable, w.items(), w.mail("mho")) == (True, ["bounce"], ["confirmation"])
    w.wait_until("2026-06-12 09:00")
    assert {p.draft.withheld.code for p in w.posted("mho", withheld=True) if p.draft.withheld} == {"undeliverable"}


def test_a_bounce_of_somebody_elses_letter_is_left_alone() -> None:
    w = full()
    decision = w.write(
        "2026-01-14 09:05",
        "x <mailer-daemon@x.dk>",
        Intent.BOUNCE,
        action=Action.IGNORE,
        automatic=Automatic.REPORT,
        failures=(Failure("bodil@x.dk", "failed", "5.1.1"),),
    )
    assert (decision.outcome.value, w.items()) == ("ignored", [])


def test_an_unheard_offer_has_no_clock() -> None:
    w = full(max_letters_per_day=1)
    w.cancel("2026-01-13 12:00", METTE)
    assert (w.status("Jesper"), w.of("Jesper").offer_expires_at, w.reasons()) == ("offered", None, ["offer_not_written"])


# her own hand


def test_a_thread_that_she_took_over_is_left_to_her() -> None:
    w = World.open()
    w.write("2026-01-14 09:00", METTE, Intent.QUESTION, action=Action.REVIEW)
    w.command("2026-01-14 12:00", manual.take_over, Thread("<m1@greve.dk>"), Address("Mette Holm", "mho@greve.dk"))
    w.signup("2026-01-14 13:00", METTE, references=("<m1@greve.dk>",))
    assert (w.statuses(), w.letters, w.items()) == ({}, [], ["question", "taken", "review"])
    w.command("2026-01-14 14:00", manual.approve, w.open_items[-1].id)
    assert (w.status("Mette"), w.mail("mho")) == ("confirmed", ["confirmation"])


def test_a_thread_handed_back_goes_on_by_itself() -> None:
    w = World.open()
    w.write("2026-01-14 09:00", METTE, Intent.QUESTION, action=Action.REVIEW)
    w.command("2026-01-14 12:00", manual.take_over, Thread("<m1@greve.dk>"), Address("Mette Holm", "mho@greve.dk"))
    w.command("2026-01-14 12:30", manual.hand_back, w.open_items[1].id)
    w.signup("2026-01-14 13:00", METTE, references=("<m1@greve.dk>",))
    assert w.status("Mette") == "confirmed"


def test_an_administrators_forward_is_the_first_writers_signup() -> None:
    w = World.open()
    w.write("2026-01-14 09:00", "Lisbet Vestergaard <lv@fremtidensbiblioteker.dk>", Intent.SIGNUP, person(METTE), contact=True)
    assert (w.status("Mette"), w.of("Mette").contact, [p.to for p in w.letters]) == ("confirmed", None, ["mho@greve.dk"])


def test_added_by_telephone() -> None:
    w = full()
    w.command("2026-02-01 09:00", manual.add, person(BO))
    assert (w.status("Bo"), w.mail("bbe")) == ("waiting 3", ["waiting"])
    with pytest.raises(RuleError, match="already_registered"):
        manual.add(w.roster, person(BO), w.now)


def test_she_may_answer_a_question_twice_and_both_go_out() -> None:
    w = World.open()
    w.write("2026-01-14 09:00", METTE, Intent.QUESTION, action=Action.REVIEW)
    item = w.open_items[0].id
    w.command("2026-01-14 12:00", manual.answer, item, "Ja.")
    w.roster = replace(w.roster, letters=())  # the roster does not keep old letters about nobody
    w.command("2026-01-20 12:00", manual.answer, item, "Og nej.")
    assert len({p.record.key for p in w.posted("mho", Kind.ANSWER)}) == 2


def test_the_same_messages_give_the_same_state() -> None:
    first, second = offered(), offered()
    assert (first.roster, first.decisions) == (second.roster, second.decisions)


def test_she_cannot_confirm_beyond_the_capacity() -> None:
    w = full()
    with pytest.raises(RuleError, match="full"):
        manual.confirm(w.roster, w.of("Jesper").id, w.now)


def test_she_stops_a_planned_letter_and_sends_another_again() -> None:
    w = offered()
    offer = w.posted("jbr", Kind.OFFER)[0].record
    with pytest.raises(RuleError, match="not_planned"):
        manual.withhold(w.roster, offer.number, w.now)
    w.command("2026-02-02 12:00", manual.send_again, offer.number)
    assert [p.draft.version for p in w.posted("jbr", Kind.OFFER)] == [1, 2]


def test_her_correction_is_told() -> None:
    w = full()
    w.command("2026-02-01 09:00", manual.correct, w.of("Mette").id, "ean", "5790 0013 3055 2")
    assert (w.of("Mette").person.ean, w.mail("mho")[-1]) == ("5790001330552", "updated")
    with pytest.raises(RuleError, match="not_valid"):
        manual.correct(w.roster, w.of("Mette").id, "ean", "123", w.now)


def test_an_offer_made_before_the_change_of_clocks_is_held_for_its_true_hours() -> None:
    w = full(offer_hours=24, signup_deadline=None)
    w.cancel("2026-03-27 10:00", METTE)  # Friday before the last Sunday of March
    assert w.of("Jesper").offer_expires_at == at("2026-03-30 09:00")
    assert w.now + timedelta(hours=24) < w.of("Jesper").offer_expires_at  # type: ignore[operator]


@pytest.mark.parametrize("clock", ["05:10", "07:06", "08:59"])
def test_a_request_that_is_late_goes_at_nine_and_not_in_the_night(clock: str) -> None:
    w = World.open()
    w.signup("2026-01-05 13:00", METTE, ean=None)
    w.now = at(f"2026-01-22 {clock}")  # the service was down on the day that it was due
    assert next_due(w.roster, w.now) == at("2026-01-22 09:00")
    w.wait_until(f"2026-01-22 {clock}")
    w.wait_until("2026-01-22 09:00")
    assert w.mail("mho") == ["confirmation", "missing_details"]
