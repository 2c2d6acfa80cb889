"""Histories of who signs up, alone, with others, and again.

Who wrote what when, and what the state and the letters were after each. Times are local to Copenhagen.
"""

from __future__ import annotations

import pytest
from people import ANNA, BO, BOSS, DEMI, JESPER, METTE, MORTEN, SANNE, full
from world import World, at, person

from mailbot.course import Kind
from mailbot.registration import manual
from mailbot.understanding.reading import Action, Intent, Reason, Verdict

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
        "5790001330552",
        "afdelingsleder",
        ["confirmation", "updated"],
    )
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
        ("Mette Kolding Holm <mho@greve.dk>", True),  # middle name
        ("METTE HOLM <mho@greve.dk>", True),
        ("Mette <mho@greve.dk>", True),
        ("Bo Beck <mho@greve.dk>", False),  # two names on one address
        ("Mette Holm <mette.holm@greve.dk>", True),  # another address in the same house
        ("Mette K. Holm <mho@greve.dk>", True),
        ("Mette Holm <mho@koge.dk>", False),  # one name at two libraries
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
