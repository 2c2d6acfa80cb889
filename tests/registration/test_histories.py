"""Histories: who wrote what when, and what the state and the letters were after each. One for each row of DESIGN's table
and each rule of the life of a registration; times are local to Copenhagen."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from world import World, at, person

from mailbot.course import Kind, Mode
from mailbot.registration import manual
from mailbot.registration.offers import letter_sent
from mailbot.registration.reasons import RuleError
from mailbot.registration.records import Thread
from mailbot.registration.schedule import next_due
from mailbot.understanding.reading import Action, Address, Automatic, Failure, Finding, Intent, Person, Reason, Verdict

METTE, JESPER, ANNA, BO = "Mette Holm <mho@greve.dk>", "Jesper Bro <jbr@soro.dk>", "Anna Lund <alu@koge.dk>", "Bo Beck <bbe@lemvig.dk>"
BOSS = "Bente Lassen <brla@slagelse.dk>"
SANNE, MORTEN, DEMI = (person(f"{n} Dahl <{n.lower()}@slagelse.dk>") for n in ("Sanne", "Morten", "Demi"))


def full(capacity: int = 1, **changes: object) -> World:
    """A full course with Mette in the first seat, then Jesper and Anna waiting (with capacity 1)."""
    w = World.open(capacity=capacity, **changes)
    w.signup("2026-01-13 09:00", METTE)
    w.signup("2026-01-13 10:00", JESPER)
    w.signup("2026-01-13 11:00", ANNA)
    return w


def offered(**changes: object) -> World:
    """Mette has left, and Jesper holds her seat as an offer since Monday at ten; Anna waits."""
    w = full(**changes)
    w.cancel("2026-02-02 10:00", METTE)
    return w


# signing up


def test_a_signup_with_a_free_seat_is_confirmed() -> None:
    w = World.open()
    w.signup("2026-01-14 09:12", METTE)
    assert (w.status("Mette"), w.mail("mho")) == ("confirmed", ["confirmation"])


def test_a_full_course_puts_people_on_the_list_in_order() -> None:
    w = full()
    assert w.statuses() == {"Mette": "confirmed", "Jesper": "waiting 1", "Anna": "waiting 2"}
    assert w.posted("alu", Kind.WAITING)[0].draft.seats[0].position == 2


def test_the_order_is_the_time_of_receipt_and_not_of_handling() -> None:
    w = full()
    w.signup("2026-01-20 09:00", BO, received="2026-01-13 09:30")
    assert w.statuses() == {"Mette": "confirmed", "Jesper": "waiting 2", "Anna": "waiting 3", "Bo": "waiting 1"}


def test_the_deadline_day_counts_to_midnight_local_time() -> None:
    w = World.open()
    w.signup("2026-03-01 23:59", METTE)
    w.signup("2026-03-02 00:00", JESPER)
    assert w.statuses() == {"Mette": "confirmed", "Jesper": "waiting 1"}
    assert w.mail("jbr") == ["late"]
    assert w.posted("jbr")[0].draft.facts["waiting"] is True


def test_late_ones_wait_behind_those_in_time_and_are_offered_nothing_by_themselves() -> None:
    w = full(capacity=2)
    w.signup("2026-03-05 09:00", BO)
    assert (w.status("Anna"), w.status("Bo")) == ("waiting 1", "waiting 2")
    w.cancel("2026-03-06 09:00", METTE)
    w.cancel("2026-03-06 09:10", JESPER)
    assert (w.status("Anna"), w.status("Bo")) == ("offered", "waiting 1")
    assert w.roster.free_seats == 1


def test_offer_late_offers_to_late_ones_too() -> None:
    w = World.open(offer_late=True)
    w.signup("2026-03-05 09:00", BO)
    assert (w.status("Bo"), w.mail("bbe")) == ("offered", ["offer"])


def test_late_is_confirmed_where_the_course_says_so() -> None:
    w = World.open(after_deadline="confirmed", capacity=1)
    w.signup("2026-03-05 09:00", METTE)
    w.signup("2026-03-05 10:00", JESPER)
    assert w.statuses() == {"Mette": "confirmed", "Jesper": "waiting 1"}
    assert w.posted("mho")[0].draft.facts["late"] is True
    assert w.mail("jbr") == ["late"]


def test_late_goes_to_review_where_the_course_says_so_and_is_told_kindly() -> None:
    w = World.open(after_deadline="review")
    w.signup("2026-03-05 09:00", METTE)
    assert (w.status("Mette"), w.mail("mho"), w.items()) == ("review", ["late"], ["review"])
    assert w.posted("mho")[0].draft.facts["waiting"] is False
    w.command("2026-03-05 12:00", manual.approve, w.open_items[0].id)
    assert (w.status("Mette"), w.mail("mho"), w.items()) == ("confirmed", ["late", "confirmation"], [])


def test_shortly_before_the_first_meeting_a_person_decides() -> None:
    w = World.open(after_deadline="confirmed")
    w.signup("2026-06-09 10:01", METTE)
    assert (w.status("Mette"), w.mail("mho"), w.items()) == ("review", [], ["review"])


def test_shortly_before_the_first_meeting_there_is_a_receipt_if_the_course_wants_it() -> None:
    w = World.open(after_deadline="confirmed", receipts=True)
    w.signup("2026-06-09 10:01", METTE)
    assert (w.status("Mette"), w.mail("mho")) == ("review", ["receipt"])


def test_outside_the_target_group_waits_in_review_with_the_place_of_its_receipt() -> None:
    w = World.open(capacity=1)
    w.signup("2026-01-14 09:00", METTE, action=Action.REVIEW)
    w.signup("2026-01-14 10:00", JESPER)
    w.signup("2026-01-14 11:00", ANNA)
    w.command("2026-01-15 09:00", manual.approve, w.open_items[0].id)
    assert w.statuses() == {"Mette": "waiting 1", "Jesper": "confirmed", "Anna": "waiting 2"}
    assert (w.mail("mho"), w.items()) == (["waiting"], [])


def test_a_receipt_goes_out_only_if_the_course_wants_it() -> None:
    for receipts, letters in ((True, ["receipt"]), (False, [])):
        w = World.open(receipts=receipts)
        w.signup("2026-01-14 09:00", METTE, action=Action.REVIEW)
        assert (w.status("Mette"), w.mail("mho")) == ("review", letters)


def test_a_clear_signup_after_an_unclear_one_is_booked_with_the_first_place() -> None:
    w = World.open()
    w.signup("2026-01-14 09:00", METTE, action=Action.REVIEW)
    w.signup("2026-01-15 09:00", METTE)
    assert (w.status("Mette"), w.mail("mho"), w.items()) == ("confirmed", ["confirmation"], [])
    assert w.of("Mette").received_at == at("2026-01-14 09:00")


def test_a_rejected_person_hears_nothing_and_signing_up_again_goes_to_review() -> None:
    w = World.open()
    w.signup("2026-01-14 09:00", METTE, action=Action.REVIEW)
    w.command("2026-01-15 09:00", manual.reject, w.open_items[0].id)
    assert (w.status("Mette"), w.letters, w.items()) == ("rejected", [], [])
    w.signup("2026-01-16 09:00", METTE)
    assert (w.status("Mette"), w.letters, w.reasons()) == ("review", [], ["rejected_before"])


def test_a_forged_signup_is_neither_booked_nor_answered() -> None:
    w = World.open(receipts=True)
    w.signup("2026-01-14 09:00", METTE, auth=Verdict.FAIL)
    assert (w.statuses(), w.letters, w.reasons()) == ({}, [], ["authentication_failed"])
    w.command("2026-01-15 09:00", manual.approve, w.open_items[0].id)
    assert (w.status("Mette"), w.mail("mho")) == ("confirmed", ["confirmation"])


def test_a_signup_needs_no_proof() -> None:
    w = World.open()
    w.signup("2026-01-14 09:00", METTE, auth=Verdict.NONE)
    assert w.status("Mette") == "confirmed"


def test_a_signup_for_no_known_course_goes_to_review() -> None:
    w = World.open()
    w.signup("2026-01-14 09:00", METTE, course=None)
    assert (w.statuses(), w.letters, w.reasons()) == ({}, [], ["course_unknown"])


def test_a_signup_that_also_asks_is_booked_and_a_person_answers() -> None:
    w = World.open(receipts=True)
    w.signup("2026-01-14 09:00", METTE, question=True)
    assert (w.status("Mette"), w.mail("mho"), w.items()) == ("confirmed", ["confirmation"], ["question"])
    assert w.posted("mho")[0].draft.facts["question"] is True


def test_seats_without_names_go_to_review() -> None:
    w = World.open()
    w.write("2026-01-14 09:00", BOSS, Intent.SIGNUP, seats=3, contact=True)
    assert (w.statuses(), w.letters, w.reasons()) == ({}, [], ["no_names"])


def test_more_seats_than_names_books_the_named_and_shows_the_rest() -> None:
    w = World.open()
    w.write("2026-01-14 09:00", BOSS, Intent.SIGNUP, SANNE, seats=3, contact=True)
    assert (w.statuses(), w.mail("brla"), w.reasons()) == ({"Sanne": "confirmed"}, ["confirmation"], ["more_seats_than_names"])


# several people in one message


def test_a_chief_signs_up_three_and_each_with_an_address_hears() -> None:
    w = World.open(capacity=2)
    w.write("2026-01-20 11:37", BOSS, Intent.SIGNUP, SANNE, MORTEN, DEMI, contact=True)
    assert w.statuses() == {"Sanne": "confirmed", "Morten": "confirmed", "Demi": "waiting 1"}
    assert (w.mail("brla"), w.mail("sanne"), w.mail("demi")) == (["confirmation"], ["confirmation"], ["waiting"])
    assert len(w.posted("brla")[0].draft.seats) == 3


def test_people_without_an_address_are_written_to_through_the_one_who_signed_them_up() -> None:
    w = World.open()
    w.write("2026-01-20 11:37", BOSS, Intent.SIGNUP, person("Sanne Dahl", email=None), person("Morten Dahl", email=None), contact=True)
    w.wait_until("2026-06-12 09:00")
    assert [k for k in w.mail("brla") if k == "meeting_reminder"] == ["meeting_reminder"] * 2
    assert len(w.posted("brla", Kind.MEETING_REMINDER)[0].draft.seats) == 2


def test_myself_and_a_colleague() -> None:
    w = World.open()
    w.signup("2026-01-20 11:37", METTE, person("Bo Beck", email=None, organisation="Greve Bibliotek"))
    assert w.mail("mho") == ["confirmation"]
    assert len(w.posted("mho")[0].draft.seats) == 2
    assert w.of("Bo").contact.email == "mho@greve.dk"  # type: ignore[union-attr]


def test_all_or_none_waits_together_and_is_offered_together() -> None:
    w = World.open(capacity=3)
    w.signup("2026-01-13 09:00", METTE)
    w.signup("2026-01-13 10:00", JESPER)
    w.write("2026-01-14 09:00", BOSS, Intent.SIGNUP, SANNE, MORTEN, contact=True, together=True)
    assert (w.status("Sanne"), w.status("Morten")) == ("waiting 1", "waiting 2")
    assert w.roster.free_seats == 1
    w.cancel("2026-02-02 10:00", METTE)
    assert (w.status("Sanne"), w.status("Morten")) == ("offered", "offered")
    assert (w.mail("brla"), w.mail("sanne")) == (["waiting", "offer"], ["waiting", "offer"])
    w.accept("2026-02-03 10:00", BOSS)
    assert (w.status("Sanne"), w.status("Morten")) == ("confirmed", "confirmed")
    assert w.mail("brla") == ["waiting", "offer", "confirmation"]


def test_a_seat_too_few_for_a_group_goes_to_the_next() -> None:
    w = World.open(capacity=1)
    w.write("2026-01-14 09:00", BOSS, Intent.SIGNUP, SANNE, MORTEN, contact=True, together=True)
    w.signup("2026-01-14 10:00", METTE)
    assert w.statuses() == {"Sanne": "waiting 1", "Morten": "waiting 2", "Mette": "confirmed"}


def test_part_of_the_group_will_do() -> None:
    w = World.open(capacity=1)
    w.write("2026-01-14 09:00", BOSS, Intent.SIGNUP, SANNE, MORTEN, contact=True, together=True)
    w.write("2026-01-15 09:00", BOSS, Intent.UPDATE, part_will_do=True)
    assert w.statuses() == {"Sanne": "offered", "Morten": "waiting 1"}


def test_a_left_over_seat_is_never_confirmed_without_a_yes() -> None:
    w = World.open(capacity=2)
    w.signup("2026-01-13 09:00", METTE)
    w.signup("2026-01-13 10:00", BO, waiting_only=True)
    assert (w.status("Bo"), w.mail("bbe")) == ("offered", ["offer"])
    w.decline("2026-01-14 10:00", BO)
    w = full()
    w.signup("2026-01-13 12:00", BO, waiting_only=True)
    w.signup("2026-01-13 13:00", "Carl Dam <cda@ringsted.dk>")
    assert (w.status("Carl"), w.status("Bo")) == ("waiting 3", "waiting 4")


def test_late_ones_come_before_those_who_only_want_what_is_left() -> None:
    w = full()
    w.signup("2026-01-14 09:00", BO, waiting_only=True)
    w.signup("2026-03-05 09:00", "Carl Dam <cda@ringsted.dk>")
    assert (w.status("Carl"), w.status("Bo")) == ("waiting 3", "waiting 4")


def test_a_note_of_the_reader_is_told_to_her_and_holds_nothing_back() -> None:
    w = World.open()
    w.signup("2026-01-14 09:00", METTE, reasons=(Reason("chief_of_library", {"name": "Mette Holm"}),))
    assert (w.status("Mette"), w.items(), w.reasons()) == ("confirmed", ["notice"], ["chief_of_library"])


# the same person again


def test_signing_up_twice_makes_one_registration() -> None:
    w = World.open()
    w.signup("2026-01-14 09:00", METTE)
    w.signup("2026-01-15 09:00", METTE)
    assert (len(w.roster.registrations), w.mail("mho")) == (1, ["confirmation", "already"])


def test_signing_up_again_with_something_new_merges_it() -> None:
    w = World.open()
    w.signup("2026-01-14 09:00", METTE, ean=None)
    w.signup("2026-01-15 09:00", METTE, ean="5790001330552", title="afdelingsleder")
    assert (w.of("Mette").person.ean, w.of("Mette").person.title, w.mail("mho")) == (
        "5790001330552", "afdelingsleder", ["confirmation", "updated"])
    assert w.posted("mho", Kind.UPDATED)[0].draft.facts["changed"] == ("title", "ean")


def test_boss_and_self_are_one_registration() -> None:
    w = World.open()
    w.write("2026-01-14 09:00", BOSS, Intent.SIGNUP, person("Sanne Dahl", email=None), contact=True)
    w.signup("2026-01-15 09:00", "Sanne Dahl <sanne@slagelse.dk>")
    assert len(w.roster.registrations) == 1
    assert (w.of("Sanne").person.email, w.mail("sanne")) == ("sanne@slagelse.dk", ["updated"])


def test_self_and_then_boss_fills_but_does_not_overwrite() -> None:
    w = World.open()
    w.signup("2026-01-14 09:00", "Sanne Dahl <sanne@slagelse.dk>", title=None)
    w.write("2026-01-15 09:00", BOSS, Intent.SIGNUP, person("Sanne Dahl", email=None, title="leder", ean="5790001330552"), contact=True)
    assert len(w.roster.registrations) == 1
    assert (w.of("Sanne").person.title, w.of("Sanne").person.ean) == ("leder", "5798000123458")
    assert w.reasons() == ["overwrites"]


@pytest.mark.parametrize(
    ("again", "same"),
    [
        ("Mette Kolding Holm <mho@greve.dk>", True),      # middle name
        ("METTE HOLM <mho@greve.dk>", True),
        ("Mette <mho@greve.dk>", True),
        ("Bo Beck <mho@greve.dk>", False),                # two names on one address
        ("Mette Holm <mette.holm@greve.dk>", True),       # another address in the same house
        ("Mette K. Holm <mho@greve.dk>", True),
        ("Mette Holm <mho@koge.dk>", False),              # one name at two libraries
    ],
)
def test_who_is_the_same_person(again: str, same: bool) -> None:
    w = World.open()
    w.signup("2026-01-14 09:00", METTE)
    w.signup("2026-01-15 09:00", again)
    assert len(w.roster.registrations) == (1 if same else 2)
    assert w.items() == []


@pytest.mark.parametrize("again", ["Mete Holm <mho@greve.dk>", "Mette Holm <mette77@gmail.com>"])
def test_when_unsure_a_person_decides(again: str) -> None:
    w = World.open()
    w.signup("2026-01-14 09:00", METTE)
    w.signup("2026-01-15 09:00", again, organisation=None, ean=None)
    assert [r.status.value for r in w.roster.registrations] == ["confirmed", "review"]
    assert w.reasons() == ["maybe_same_person"]


def test_two_spellings_with_danish_letters() -> None:
    w = World.open()
    w.signup("2026-01-14 09:00", "Søren Åkjær <sak@greve.dk>")
    w.signup("2026-01-15 09:00", "Soeren Aakjaer <sak@greve.dk>")
    assert len(w.roster.registrations) == 1


def test_from_a_private_address_the_answer_goes_where_we_know_them() -> None:
    w = World.open()
    w.signup("2026-01-14 09:00", METTE)
    w.signup("2026-01-15 09:00", "Mette Holm <mette77@gmail.com>", organisation="Greve Bibliotek")
    assert len(w.roster.registrations) == 1
    assert (w.mail("mette77"), w.mail("mho")) == ([], ["confirmation", "already"])


def test_a_shared_mailbox_holds_two_people() -> None:
    w = World.open()
    w.signup("2026-01-14 09:00", "Gry Ibsen <info@soro.dk>")
    w.signup("2026-01-15 09:00", "Hans Juul <info@soro.dk>")
    w.cancel("2026-01-16 09:00", "Hans Juul <info@soro.dk>")
    assert w.statuses() == {"Gry": "confirmed", "Hans": "cancelled"}


def test_cancelled_and_signed_up_again_is_a_new_registration_at_the_end() -> None:
    w = full()
    w.cancel("2026-01-20 09:00", JESPER)
    w.signup("2026-01-21 09:00", JESPER)
    assert [r.status.value for r in w.roster.registrations] == ["confirmed", "cancelled", "waiting", "waiting"]
    assert w.status("Jesper") == "waiting 2"


# cancelling


def test_a_cancellation_frees_the_seat_for_the_first_on_the_list() -> None:
    w = offered()
    assert w.statuses() == {"Mette": "cancelled", "Jesper": "offered", "Anna": "waiting 1"}
    assert (w.mail("mho"), w.mail("jbr")) == (["confirmation", "cancelled"], ["waiting", "offer"])


def test_cancelling_an_offer_passes_it_on() -> None:
    w = offered()
    w.cancel("2026-02-02 11:00", JESPER)
    assert w.statuses() == {"Mette": "cancelled", "Jesper": "cancelled", "Anna": "offered"}


def test_leaving_the_list_moves_the_others_up() -> None:
    w = full()
    w.cancel("2026-01-20 09:00", JESPER)
    assert (w.status("Anna"), w.mail("jbr"), w.mail("alu")) == ("waiting 1", ["waiting", "cancelled"], ["waiting"])


def test_cancelling_in_review() -> None:
    w = World.open()
    w.signup("2026-01-14 09:00", METTE, action=Action.REVIEW)
    w.cancel("2026-01-15 09:00", METTE)
    assert (w.status("Mette"), w.mail("mho"), w.items()) == ("cancelled", ["cancelled"], [])


def test_only_peter_leaves() -> None:
    w = World.open()
    w.write("2026-01-20 11:37", BOSS, Intent.SIGNUP, SANNE, MORTEN, contact=True)
    w.cancel("2026-01-21 09:00", BOSS, "Morten")
    assert w.statuses() == {"Sanne": "confirmed", "Morten": "cancelled"}
    assert (w.mail("brla"), w.mail("morten")) == (["confirmation", "cancelled"], ["confirmation", "cancelled"])


def test_a_late_cancellation_is_kept_for_the_invoice() -> None:
    w = full(cancel_free_until=date(2026, 3, 1))
    w.cancel("2026-03-01 23:50", METTE)
    w.accept("2026-03-02 09:00", JESPER)
    w.cancel("2026-03-02 10:00", JESPER)
    assert (w.of("Mette").payable, w.of("Jesper").payable) == (False, True)
    letters = [*w.posted("mho", Kind.CANCELLED), *w.posted("jbr", Kind.CANCELLED)]
    assert [p.draft.facts["late_cancellation"] for p in letters] == [False, True]


def test_cancelling_somebody_unknown_goes_to_review_with_the_nearest_names() -> None:
    w = full()
    w.cancel("2026-01-20 09:00", "Jonas Bro <jbo@soro.dk>", "Jesper Brandt")
    assert (w.status("Jesper"), w.mail("jbo"), w.reasons()) == ("waiting 1", [], ["unknown_person"])
    assert "Jesper Bro" in w.open_items[0].reasons[0].values["nearest"]


def test_cancelling_twice_goes_to_review_without_a_letter() -> None:
    w = full()
    w.cancel("2026-01-20 09:00", JESPER)
    w.cancel("2026-01-21 09:00", JESPER)
    assert (w.mail("jbr"), w.reasons()) == (["waiting", "cancelled"], ["already_ended"])


def test_an_unproved_cancellation_is_asked_back_and_a_yes_carries_it_out() -> None:
    w = full()
    w.cancel("2026-01-20 09:00", METTE, auth=Verdict.NONE)
    assert (w.status("Mette"), w.mail("mho"), w.items()) == ("confirmed", ["confirmation", "verify"], ["verify"])
    w.accept("2026-01-20 10:00", METTE, answers=w.posted("mho", Kind.VERIFY)[0], auth=Verdict.NONE)
    assert (w.status("Mette"), w.status("Jesper"), w.items()) == ("cancelled", "offered", [])
    assert w.mail("mho") == ["confirmation", "verify", "cancelled"]


def test_no_to_the_question_leaves_everything_as_it_is() -> None:
    w = full()
    w.cancel("2026-01-20 09:00", METTE, auth=Verdict.NONE)
    w.decline("2026-01-20 10:00", METTE)
    assert (w.status("Mette"), w.items(), w.mail("mho")) == ("confirmed", [], ["confirmation", "verify"])


def test_a_letter_that_only_they_got_proves_the_sender() -> None:
    w = full()
    w.cancel("2026-01-20 09:00", METTE, auth=Verdict.NONE, answers=w.posted("mho")[0])
    assert w.status("Mette") == "cancelled"


def test_somebody_elses_letter_proves_nothing() -> None:
    w = full()
    w.cancel("2026-01-20 09:00", METTE, auth=Verdict.NONE, answers=w.posted("jbr")[0])
    assert (w.status("Mette"), w.items()) == ("confirmed", ["verify"])


def test_a_forged_cancellation_is_not_even_asked_back() -> None:
    w = full()
    w.cancel("2026-01-20 09:00", METTE, auth=Verdict.FAIL)
    assert (w.status("Mette"), w.mail("mho"), w.reasons()) == ("confirmed", ["confirmation"], ["authentication_failed"])


def test_a_colleague_is_verified_with_the_registered_address() -> None:
    w = full()
    w.cancel("2026-01-20 09:00", "Bodil Krag <bok@greve.dk>", "Mette Holm")
    assert (w.status("Mette"), w.mail("mho"), w.mail("bok")) == ("confirmed", ["confirmation", "verify"], [])
    w.accept("2026-01-20 10:00", METTE)
    assert (w.status("Mette"), w.mail("bok")) == ("cancelled", ["cancelled"])


def test_a_question_unanswered_for_two_working_days_goes_to_review() -> None:
    w = full()
    w.cancel("2026-01-23 09:00", "Bodil Krag <bok@greve.dk>", "Mette Holm")      # a Friday
    w.wait_until("2026-01-27 08:59")
    assert w.items() == ["verify"]
    w.wait_until("2026-01-27 09:00")
    assert (w.items(), w.reasons()) == (["review"], ["asked_registered_address", "verify_unanswered"])
    w.command("2026-01-28 09:00", manual.approve, w.open_items[0].id)
    assert (w.status("Mette"), w.status("Jesper")) == ("cancelled", "offered")


def test_who_was_signed_up_by_the_boss_leaves_by_themselves_with_the_bosss_yes() -> None:
    w = World.open()
    w.write("2026-01-14 09:00", BOSS, Intent.SIGNUP, person("Sanne Dahl", email=None), contact=True)
    w.cancel("2026-01-20 09:00", "Sanne Dahl <sanne@slagelse.dk>")
    assert (w.status("Sanne"), w.mail("brla"), w.items()) == ("confirmed", ["confirmation", "verify"], ["verify"])
    w.accept("2026-01-20 10:00", BOSS)
    assert (w.status("Sanne"), w.mail("sanne")) == ("cancelled", ["cancelled"])


def test_a_stranger_goes_to_review() -> None:
    w = full()
    w.cancel("2026-01-20 09:00", "Ukendt Person <x@gmail.com>", "Mette Holm")
    assert (w.status("Mette"), w.mail("mho"), w.reasons()) == ("confirmed", ["confirmation"], ["not_allowed"])


def test_two_matters_in_one_message() -> None:
    w = World.open()
    w.signup("2026-01-14 09:00", METTE)
    signup = Finding(intent=Intent.SIGNUP, participants=(person("Bo Beck <bob@greve.dk>"),))
    w.cancel("2026-01-20 09:00", METTE, also=(signup,))
    assert w.statuses() == {"Mette": "cancelled", "Bo": "confirmed"}
    assert (w.mail("mho"), w.mail("bob")) == (["confirmation", "cancelled", "confirmation"], ["confirmation"])


def test_of_two_the_writer_leaves_at_once_and_the_colleague_is_asked() -> None:
    world = World.open(capacity=2)
    for who in ("Mette Holm <mho@greve.dk>", "Bo Beck <bob@greve.dk>", "Jesper Bro <jbr@soro.dk>"):
        world.signup("2026-01-12 09:00", who)
    world.cancel("2026-01-19 09:00", "Mette Holm <mho@greve.dk>", "Mette Holm", "Bo Beck")
    assert world.statuses() == {"Mette": "cancelled", "Bo": "confirmed", "Jesper": "offered"}
    assert world.mail("bob") == ["confirmation", "verify"]
    world.accept("2026-01-20 09:00", "Bo Beck <bob@greve.dk>", answers=world.posted("bob", Kind.VERIFY)[0])
    assert world.statuses() == {"Mette": "cancelled", "Bo": "cancelled", "Jesper": "offered"}


def test_a_colleague_who_cancels_for_two_has_each_of_them_asked() -> None:
    world = World.open(capacity=2)
    for who in ("Mette Holm <mho@greve.dk>", "Bo Beck <bob@greve.dk>"):
        world.signup("2026-01-12 09:00", who)
    world.cancel("2026-01-19 09:00", "Gry Ibsen <gry@greve.dk>", "Mette Holm", "Bo Beck")
    assert (world.mail("bob"), world.mail("mho")) == (["confirmation", "verify"], ["confirmation", "verify"])
    world.accept("2026-01-20 09:00", "Bo Beck <bob@greve.dk>")
    assert world.statuses() == {"Mette": "confirmed", "Bo": "cancelled"}


def test_of_two_the_one_at_another_library_is_left_to_her() -> None:
    world = World.open(capacity=2)
    for who in ("Mette Holm <mho@greve.dk>", "Jesper Bro <jbr@soro.dk>"):
        world.signup("2026-01-12 09:00", who)
    world.cancel("2026-01-19 09:00", "Mette Holm <mho@greve.dk>", "Mette Holm", "Jesper Bro")
    assert world.statuses() == {"Mette": "cancelled", "Jesper": "confirmed"}
    assert (world.items(), world.reasons()) == (["review"], ["not_allowed"])
    world.command("2026-01-20 09:00", manual.approve, world.open_items[0].id)
    assert world.statuses() == {"Mette": "cancelled", "Jesper": "cancelled"}


# offers


def test_yes_confirms_and_the_next_moves_up() -> None:
    w = offered()
    w.accept("2026-02-03 09:30", JESPER)
    assert w.statuses() == {"Mette": "cancelled", "Jesper": "confirmed", "Anna": "waiting 1"}
    assert w.mail("jbr") == ["waiting", "offer", "confirmation"]
    w.wait_until("2026-02-20 12:00")
    assert "offer_lapsed" not in w.mail("jbr")


def test_a_yes_that_reads_like_a_signup_is_a_yes_and_a_whole_signup_is_none() -> None:
    world = World.open(capacity=1)
    world.signup("2026-01-12 09:00", "Mette Holm <mho@greve.dk>")
    world.signup("2026-01-12 10:00", "Bo Beck <bob@koge.dk>")
    world.cancel("2026-01-19 09:00", "Mette Holm <mho@greve.dk>")
    world.signup("2026-01-19 10:00", "Bo Beck <bob@koge.dk>")
    assert world.status("Bo") == "offered"
    assert world.mail("bob") == ["waiting", "offer", "already"]
    world.write("2026-01-19 11:00", "Bo Beck <bob@koge.dk>", Intent.SIGNUP, Person(name="Bo Beck", email="bob@koge.dk"), auth=Verdict.NONE)
    assert world.status("Bo") == "offered"
    world.write("2026-01-19 12:00", "Bo Beck <bob@koge.dk>", Intent.SIGNUP, Person(name="Bo Beck", email="bob@koge.dk"))
    assert world.status("Bo") == "confirmed"
    assert world.mail("bob")[-1] == "confirmation"


def test_yes_twice_is_one_yes() -> None:
    w = offered()
    w.accept("2026-02-03 09:30", JESPER)
    w.accept("2026-02-03 09:40", JESPER)
    assert (w.mail("jbr"), w.items()) == (["waiting", "offer", "confirmation"], [])


def test_no_passes_the_seat_on() -> None:
    w = offered()
    w.decline("2026-02-03 09:30", JESPER)
    assert w.statuses() == {"Mette": "cancelled", "Jesper": "declined", "Anna": "offered"}
    assert (w.mail("jbr"), w.mail("alu")) == (["waiting", "offer", "declined"], ["waiting", "offer"])


def test_silence_is_reminded_of_and_then_passes_the_seat_on() -> None:
    w = offered(offer_hours=72)
    w.wait_until("2026-02-04 09:59")
    assert w.mail("jbr") == ["waiting", "offer"]
    w.wait_until("2026-02-04 10:00")
    assert w.mail("jbr") == ["waiting", "offer", "offer_reminder"]
    w.wait_until("2026-02-05 10:00")
    assert w.statuses() == {"Mette": "cancelled", "Jesper": "expired", "Anna": "offered"}
    assert w.mail("jbr") == ["waiting", "offer", "offer_reminder", "offer_lapsed"]


def test_an_offer_never_lapses_on_a_weekend() -> None:
    w = full(offer_hours=48)
    w.cancel("2026-02-05 10:00", METTE)       # Thursday
    assert w.of("Jesper").offer_expires_at == at("2026-02-09 09:00")
    assert w.of("Jesper").offer_reminder_at == at("2026-02-06 16:00")


def test_yes_after_the_lapse_gets_a_free_seat_if_nobody_waits() -> None:
    w = offered()
    w.cancel("2026-02-03 09:00", ANNA)
    w.wait_until("2026-02-06 09:00")
    assert (w.status("Jesper"), w.roster.free_seats) == ("expired", 1)
    w.accept("2026-02-06 10:00", JESPER)
    assert (w.status("Jesper"), w.mail("jbr")[-1]) == ("offered", "offer")
    w.accept("2026-02-06 11:00", JESPER)
    assert w.status("Jesper") == "confirmed"


def test_yes_after_the_lapse_goes_to_the_end_of_the_list_if_somebody_waits() -> None:
    w = offered()
    w.signup("2026-02-03 09:00", BO)
    w.wait_until("2026-02-06 09:00")
    w.accept("2026-02-06 10:00", JESPER)
    assert (w.status("Bo"), w.status("Jesper"), w.mail("jbr")[-1]) == ("waiting 1", "waiting 2", "waiting")


def test_yes_after_a_no() -> None:
    w = offered()
    w.decline("2026-02-03 09:00", JESPER)
    w.accept("2026-02-03 12:00", JESPER)
    assert (w.status("Anna"), w.status("Jesper")) == ("offered", "waiting 1")


@pytest.mark.parametrize("writer", ["Jesper Bro <jesper77@gmail.com>", "Bodil Krag <bok@soro.dk>"])
def test_yes_from_another_address_goes_to_the_administrator(writer: str) -> None:
    w = offered()
    w.accept("2026-02-03 09:30", writer, answers=w.posted("jbr", Kind.OFFER)[0])
    assert (w.status("Jesper"), w.items(), w.mail("jbr")) == ("offered", ["review"], ["waiting", "offer"])


def test_an_unproved_yes_goes_to_the_administrator_and_her_yes_counts() -> None:
    w = offered()
    w.accept("2026-02-03 09:30", JESPER, auth=Verdict.NONE)
    assert (w.status("Jesper"), w.reasons()) == ("offered", ["not_proved"])
    w.command("2026-02-03 12:00", manual.approve, w.open_items[0].id)
    assert (w.status("Jesper"), w.items()) == ("confirmed", [])


def test_the_contact_may_say_yes_for_who_they_signed_up() -> None:
    w = World.open(capacity=1)
    w.signup("2026-01-13 09:00", METTE)
    w.write("2026-01-14 09:00", BOSS, Intent.SIGNUP, SANNE, contact=True)
    w.cancel("2026-02-02 10:00", METTE)
    w.accept("2026-02-03 09:00", BOSS)
    assert w.status("Sanne") == "confirmed"
    assert (w.mail("brla"), w.mail("sanne")) == (["waiting", "offer", "confirmation"],) * 2


def test_yes_while_waiting_goes_to_review() -> None:
    w = full()
    w.accept("2026-01-20 09:00", JESPER)
    assert (w.status("Jesper"), w.reasons(), w.mail("jbr")) == ("waiting 1", ["no_open_offer"], ["waiting"])


def test_no_offer_is_made_shortly_before_the_first_meeting() -> None:
    w = full()
    w.cancel("2026-06-09 10:01", METTE)
    assert (w.status("Jesper"), w.roster.free_seats) == ("waiting 1", 1)
    w.command("2026-06-09 12:00", manual.offer, w.of("Jesper").id)
    assert w.status("Jesper") == "offered"


def test_an_out_of_office_answer_extends_the_offer_once() -> None:
    w = offered(offer_hours=72)
    w.write("2026-02-02 10:01", JESPER, Intent.AUTO_REPLY, action=Action.IGNORE, automatic=Automatic.REPLY, back_on=date(2026, 2, 6))
    assert w.of("Jesper").offer_expires_at == at("2026-02-09 09:00")
    assert (w.items(), w.mail("jbr")) == (["notice"], ["waiting", "offer"])
    w.write("2026-02-05 10:01", JESPER, Intent.AUTO_REPLY, action=Action.IGNORE, automatic=Automatic.REPLY, back_on=date(2026, 3, 6))
    assert w.of("Jesper").offer_expires_at == at("2026-02-09 09:00")


def test_an_out_of_office_answer_without_a_date_gives_two_working_days() -> None:
    w = offered(offer_hours=72)
    w.write("2026-02-02 10:01", JESPER, Intent.AUTO_REPLY, action=Action.IGNORE, automatic=Automatic.REPLY)
    assert w.of("Jesper").offer_expires_at == at("2026-02-09 10:00")


def test_more_seats_are_offered_at_once_and_fewer_take_nobodys() -> None:
    w = full()
    w.command("2026-01-20 09:00", manual.set_capacity, 2)
    assert w.statuses() == {"Mette": "confirmed", "Jesper": "offered", "Anna": "waiting 1"}
    w.command("2026-01-20 10:00", manual.set_capacity, 1)
    assert w.statuses() == {"Mette": "confirmed", "Jesper": "offered", "Anna": "waiting 1"}
    w.cancel("2026-01-20 11:00", METTE)
    assert w.status("Anna") == "waiting 1"


# substitution


def test_a_substitution_keeps_the_seat_and_the_payer() -> None:
    w = full()
    w.write("2026-02-10 10:25", METTE, Intent.SUBSTITUTE, Person(name="Tanja Refs", email="tre@greve.dk", title="afdelingsleder"))
    assert w.statuses() == {"Mette": "cancelled", "Jesper": "waiting 1", "Anna": "waiting 2", "Tanja": "confirmed"}
    tanja = w.of("Tanja").person
    assert (tanja.ean, tanja.organisation, tanja.title, tanja.phone) == ("5798000123458", "Greve Bibliotek", "afdelingsleder", None)
    assert (w.mail("mho"), w.mail("tre"), w.mail("jbr")) == (["confirmation", "substituted"], ["confirmation"], ["waiting"])
    assert w.posted("mho", Kind.SUBSTITUTED)[0].draft.facts["successor"] == "Tanja Refs"
    assert w.posted("tre")[0].draft.facts["predecessor"] == "Mette Holm"


def test_a_place_on_the_list_and_an_offer_are_handed_on_too() -> None:
    w = offered()
    before = w.of("Jesper").offer_expires_at
    w.write("2026-02-03 09:00", JESPER, Intent.SUBSTITUTE, Person(name="Tanja Refs", email="tre@soro.dk"))
    w.write("2026-02-03 09:10", ANNA, Intent.SUBSTITUTE, Person(name="Karl Top", email="kto@koge.dk"))
    assert (w.status("Tanja"), w.status("Karl")) == ("offered", "waiting 1")
    assert (w.of("Tanja").offer_expires_at, w.mail("tre"), w.mail("kto")) == (before, ["offer"], ["waiting"])


def test_the_contact_swaps_one_of_three() -> None:
    w = World.open()
    w.write("2026-01-20 11:37", BOSS, Intent.SIGNUP, SANNE, MORTEN, contact=True)
    tanja = Person(name="Tanja Refs", email="tre@slagelse.dk")
    w.write("2026-01-21 09:00", BOSS, Intent.SUBSTITUTE, tanja, withdrawn=("Morten",), contact=True)
    assert w.statuses() == {"Sanne": "confirmed", "Morten": "cancelled", "Tanja": "confirmed"}
    assert w.of("Tanja").contact.email == "brla@slagelse.dk"  # type: ignore[union-attr]
    assert (w.mail("brla"), w.mail("morten"), w.mail("tre")) == (
        ["confirmation", "substituted"], ["confirmation", "substituted"], ["confirmation"])


def test_a_successor_who_writes_for_themselves_is_verified() -> None:
    w = full()
    w.write("2026-02-10 10:25", "Tanja Refs <tre@gmail.com>", Intent.SUBSTITUTE, Person(name="Tanja Refs", email="tre@gmail.com"),
            withdrawn=("Mette Holm",))
    assert (w.status("Mette"), w.mail("mho")) == ("confirmed", ["confirmation", "verify"])
    w.accept("2026-02-10 11:00", METTE)
    assert (w.status("Mette"), w.status("Tanja"), w.mail("tre")) == ("cancelled", "confirmed", ["confirmation"])


def test_a_successor_who_is_here_already_goes_to_review() -> None:
    w = full()
    w.write("2026-02-10 10:25", METTE, Intent.SUBSTITUTE, Person(name="Jesper Bro", email="jbr@soro.dk"))
    assert (w.status("Mette"), w.status("Jesper"), w.reasons()) == ("confirmed", "waiting 1", ["already_registered"])


def test_a_substitution_in_review_stays_in_review_and_sends_nothing() -> None:
    w = World.open()
    w.signup("2026-01-14 09:00", METTE, action=Action.REVIEW)
    w.write("2026-01-15 09:00", METTE, Intent.SUBSTITUTE, Person(name="Tanja Refs", email="tre@greve.dk"))
    assert (w.status("Mette"), w.status("Tanja"), w.letters) == ("cancelled", "review", [])
    assert w.items() == ["review"]
    w.command("2026-01-16 09:00", manual.approve, w.open_items[0].id)
    assert (w.status("Tanja"), w.mail("tre")) == ("confirmed", ["confirmation"])


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


# what is missing


def test_what_is_missing_is_asked_for_three_times_at_most() -> None:
    w = World.open()
    w.signup("2026-01-14 09:00", METTE, ean=None)
    w.wait_until("2026-01-21 08:59")
    assert w.mail("mho") == ["confirmation"]
    w.wait_until("2026-01-21 09:00")
    assert w.mail("mho") == ["confirmation", "missing_details"]
    w.wait_until("2026-02-23 09:00")
    assert w.mail("mho") == ["confirmation", "missing_details", "missing_details"]
    w.wait_until("2026-05-01 09:00")
    assert w.mail("mho") == ["confirmation", "missing_details", "missing_details"]


def test_an_ean_or_a_cvr_number_will_do() -> None:
    w = World.open()
    w.signup("2026-01-14 09:00", METTE, ean=None, cvr="25313763")
    assert w.posted("mho")[0].draft.seats[0].missing == ()


def test_who_waits_is_not_pestered_for_details() -> None:
    w = World.open(capacity=1)
    w.signup("2026-01-13 09:00", METTE)
    w.signup("2026-01-14 09:00", JESPER, ean=None)
    w.wait_until("2026-03-01 12:00")
    assert w.mail("jbr") == ["waiting"]


# time


def test_a_year_of_reminders_to_who_stays_and_none_to_who_waits() -> None:
    w = World.open(capacity=2)
    for when, who in (("2026-01-20 10:14", METTE), ("2026-01-21 09:07", JESPER), ("2026-01-22 13:55", ANNA)):
        w.signup(when, who)
    w.cancel("2026-07-01 09:45", JESPER)
    w.wait_until("2026-11-20 12:00")
    count = {who: w.mail(who).count("meeting_reminder") for who in ("mho", "jbr", "alu")}
    assert count == {"mho": 8, "jbr": 2, "alu": 0}


def test_reminders_go_at_nine_on_the_day_or_the_working_day_before() -> None:
    w = World.open()
    w.signup("2026-01-20 10:14", METTE)
    w.wait_until("2026-09-30 12:00")
    days = ("2026-05-28", "2026-06-08", "2026-08-06", "2026-08-17", "2026-09-15", "2026-09-25")
    assert [p.at for p in w.posted("mho", Kind.MEETING_REMINDER)] == [at(f"{day} 09:00") for day in days]


def test_who_just_joined_is_not_reminded_of_what_was_due_before() -> None:
    w = World.open(after_deadline="confirmed")
    w.signup("2026-05-29 10:00", METTE)
    w.wait_until("2026-06-12 09:00")
    assert w.mail("mho") == ["confirmation", "meeting_reminder"]


def test_a_missed_run_catches_up_with_the_last_reminder_only() -> None:
    w = World.open()
    w.signup("2026-01-20 10:14", METTE)
    w.now = at("2026-06-09 11:00")
    w.wait_until("2026-06-09 11:00")
    assert [p.draft.facts["days"] for p in w.posted("mho", Kind.MEETING_REMINDER)] == [2]


def test_a_missed_run_that_ends_at_night_waits_for_the_morning() -> None:
    w = World.open()
    w.signup("2026-01-20 10:14", METTE)
    w.now = at("2026-06-09 03:00")
    w.wait_until("2026-06-09 12:00")
    assert [p.at for p in w.posted("mho", Kind.MEETING_REMINDER)] == [at("2026-06-09 09:00")]


def test_a_reminder_that_the_next_one_is_about_to_repeat_is_skipped() -> None:
    w = World.open()
    w.signup("2026-01-20 10:14", METTE)
    w.now = at("2026-06-07 12:00")
    w.wait_until("2026-06-12 09:00")
    assert [p.at for p in w.posted("mho", Kind.MEETING_REMINDER)] == [at("2026-06-08 09:00")]


def test_who_cannot_come_to_one_meeting_is_noted_and_not_reminded_of_it() -> None:
    w = World.open()
    w.signup("2026-01-20 10:14", METTE)
    w.write("2026-05-01 09:00", METTE, Intent.QUESTION, action=Action.REVIEW, absences=(date(2026, 8, 20),))
    assert (w.status("Mette"), w.of("Mette").absences, w.items()) == ("confirmed", (date(2026, 8, 20),), ["question"])
    w.wait_until("2026-11-20 09:00")
    assert w.mail("mho").count("meeting_reminder") == 6


def test_a_place_is_told_to_those_with_a_seat() -> None:
    w = full()
    w.command("2026-04-01 09:00", manual.place, 2, "Odense Hovedbibliotek")
    assert (w.roster.course.meetings[1].place, w.roster.course.meetings[1].sequence) == ("Odense Hovedbibliotek", 1)
    assert (w.mail("mho")[-1], w.mail("jbr")) == ("place", ["waiting"])
    with pytest.raises(RuleError, match="already_so"):
        manual.place(w.roster, 2, "Odense Hovedbibliotek", w.now)


def test_a_moved_meeting_is_told_to_everybody_and_reminded_of_anew() -> None:
    w = full()
    w.wait_until("2026-06-08 12:00")
    w.command("2026-06-08 13:00", manual.move_meeting, 1, date(2026, 6, 25))
    assert (w.mail("mho")[-1], w.mail("jbr")[-1]) == ("place", "place")
    w.wait_until("2026-06-26 09:00")
    assert w.mail("mho").count("meeting_reminder") == 4


def test_a_meeting_called_off_is_told_once_and_not_reminded_of() -> None:
    w = full()
    w.command("2026-04-01 09:00", manual.call_off, date(2026, 8, 20))
    w.wait_until("2026-08-21 09:00")
    assert (w.mail("mho").count("place"), w.mail("mho").count("meeting_reminder")) == (1, 2)


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
    w.write("2026-01-14 09:05", "Mail Delivery System <mailer-daemon@greve.dk>", Intent.BOUNCE, action=Action.REVIEW, answers=w.letters[0],
            automatic=Automatic.REPORT, failures=(Failure("mho@greve.dk", "failed", "5.1.1"),))
    assert (w.of("Mette").undeliverable, w.items(), w.mail("mho")) == (True, ["bounce"], ["confirmation"])
    w.wait_until("2026-06-12 09:00")
    assert {p.draft.withheld.code for p in w.posted("mho", withheld=True) if p.draft.withheld} == {"undeliverable"}


def test_a_bounce_of_somebody_elses_letter_is_left_alone() -> None:
    w = full()
    decision = w.write("2026-01-14 09:05", "x <mailer-daemon@x.dk>", Intent.BOUNCE, action=Action.IGNORE, automatic=Automatic.REPORT,
                       failures=(Failure("bodil@x.dk", "failed", "5.1.1"),))
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
    w.roster = replace(w.roster, letters=())       # the roster does not keep old letters about nobody
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
    w.cancel("2026-03-27 10:00", METTE)       # Friday before the last Sunday of March
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
