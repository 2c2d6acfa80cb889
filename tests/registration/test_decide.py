"""The rows of DESIGN's table, one after the other (the long stories stand in test_signing_up.py and its neighbours)."""

from __future__ import annotations

from world import World, person

from mailbot.understanding.reading import Action, Intent


def test_a_free_seat_is_confirmed_and_a_full_course_waits_with_its_position() -> None:
    w = World.open(capacity=1)
    w.signup("2026-01-14 09:12", "Mette Holm <mho@greve.dk>")
    w.signup("2026-01-14 10:40", "Jesper Bro <jbr@soro.dk>")
    w.signup("2026-01-14 10:41", "Anna Lund <alu@koge.dk>")
    assert w.statuses() == {"Mette": "confirmed", "Jesper": "waiting 1", "Anna": "waiting 2"}
    assert (w.mail("mho"), w.mail("jbr")) == (["confirmation"], ["waiting"])
    assert w.posted("alu")[0].draft.seats[0].position == 2


def test_three_in_one_message_and_two_seats_make_one_letter_about_all() -> None:
    w = World.open(capacity=2)
    people = [person(f"{n} Dahl <{n.lower()}@slagelse.dk>") for n in ("Sanne", "Morten", "Demi")]
    w.signup("2026-01-20 11:37", "Bente Lassen <brla@slagelse.dk>")
    w = World.open(capacity=2)
    w.write("2026-01-20 11:37", "Bente Lassen <brla@slagelse.dk>", Intent.SIGNUP, *people, contact=True)
    assert w.statuses() == {"Sanne": "confirmed", "Morten": "confirmed", "Demi": "waiting 1"}
    assert w.mail("brla") == ["confirmation"]
    letter = w.posted("brla")[0].draft
    assert [(s.registration.person.name, s.news, s.position) for s in letter.seats] == [
        ("Sanne Dahl", "confirmation", None), ("Morten Dahl", "confirmation", None), ("Demi Dahl", "waiting", 1)]
    assert letter.subject_of == "message:m1"
    assert (w.mail("sanne"), w.mail("demi")) == (["confirmation"], ["waiting"])


def test_of_one_second_the_order_is_that_of_arrival_and_then_of_being_named() -> None:
    """Mail knows no time finer than a second: who is named second in the first message stands before the second message."""
    w = World.open(capacity=1)
    w.signup("2026-01-14 09:00", "Mette Holm <mho@greve.dk>")
    pair = [person(f"{n} Dahl <{n.lower()}@slagelse.dk>") for n in ("Sanne", "Morten")]
    w.write("2026-01-20 11:37", "Bente Lassen <brla@slagelse.dk>", Intent.SIGNUP, *pair, contact=True)
    w.signup("2026-01-20 11:37", "Anna Lund <alu@koge.dk>")
    w.signup("2026-01-20 11:37", "Jesper Bro <jbr@soro.dk>")
    queue = {"Mette": "confirmed", "Sanne": "waiting 1", "Morten": "waiting 2", "Anna": "waiting 3", "Jesper": "waiting 4"}
    assert w.statuses() == queue
    # whoever takes over takes the place as well, and whoever comes back stands at the end
    w.write("2026-01-21 10:00", "Bente Lassen <brla@slagelse.dk>", Intent.SUBSTITUTE, person("Demi Krogh <demi@slagelse.dk>"),
            withdrawn=("Sanne Dahl",))
    assert w.statuses()["Demi"] == "waiting 1"
    assert [w.statuses()[name] for name in ("Morten", "Anna", "Jesper")] == ["waiting 2", "waiting 3", "waiting 4"]


def test_an_unclear_signup_keeps_its_place_in_review_and_is_not_answered() -> None:
    w = World.open()
    w.signup("2026-01-14 09:12", "Mette Holm <mho@greve.dk>", action=Action.REVIEW)
    assert w.statuses() == {"Mette": "review"}
    assert w.letters == []
    assert w.items() == ["review"]
