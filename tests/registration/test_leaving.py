"""Histories of who leaves, and who takes over the seat.

Who wrote what when, and what the state and the letters were after each. Times are local to Copenhagen.
"""

from __future__ import annotations

from datetime import date

from people import ANNA, BOSS, JESPER, METTE, MORTEN, SANNE, full, offered
from world import World, person

from mailbot.course import Kind
from mailbot.registration import manual
from mailbot.understanding.reading import Action, Finding, Intent, Person, Verdict

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
    w.cancel("2026-01-23 09:00", "Bodil Krag <bok@greve.dk>", "Mette Holm")  # a Friday
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
        ["confirmation", "substituted"],
        ["confirmation", "substituted"],
        ["confirmation"],
    )


def test_a_successor_who_writes_for_themselves_is_verified() -> None:
    w = full()
    w.write(
        "2026-02-10 10:25",
        "Tanja Refs <tre@gmail.com>",
        Intent.SUBSTITUTE,
        Person(name="Tanja Refs", email="tre@gmail.com"),
        withdrawn=("Mette Holm",),
    )
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
