"""Histories of offers, what time brings, and what is asked for.

Who wrote what when, and what the state and the letters were after each. Times are local to Copenhagen.
"""

from __future__ import annotations

from datetime import date

import pytest
from people import ANNA, BO, BOSS, JESPER, METTE, SANNE, full, offered
from world import World, at

from mailbot.course import Kind
from mailbot.registration import manual
from mailbot.registration.reasons import RuleError
from mailbot.understanding.reading import Action, Automatic, Intent, Person, Verdict

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
    w.cancel("2026-02-05 10:00", METTE)  # Thursday
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
