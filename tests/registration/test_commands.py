"""Her lines carried out: every line is accounted for, each once, and one decision says it all."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from world import World, person

from mailbot.course import Mode
from mailbot.registration.commands import Command, LineResult, execute, read_lines
from mailbot.understanding.reading import Action, Intent

WORDS = tomllib.loads((Path(__file__).parents[2] / "data" / "commands.toml").read_text("utf-8"))


def say(w: World, text: str, **more: Any) -> tuple[LineResult, ...]:
    decision, results = execute(read_lines(text, WORDS), w.roster, w.now, **more)
    w.record(decision)
    return results


def desk() -> World:
    """Two seats: Mette has one, Bo and Carl wait in review, Anna asked something."""
    w = World.open(capacity=2)
    w.signup("2026-01-13 09:00", "Mette Holm <mho@greve.dk>")
    w.signup("2026-01-13 10:00", "Bo Beck <bob@koge.dk>", action=Action.REVIEW)
    w.signup("2026-01-13 11:00", "Carl Dam <cda@soro.dk>", action=Action.REVIEW)
    w.write("2026-01-13 12:00", "Anna Lund <alu@faxe.dk>", Intent.QUESTION, action=Action.REVIEW)
    return w


def items(w: World) -> list[int]:
    return [i.id for i in w.open_items]


def test_yes_to_several_in_one_line_and_the_later_ones_see_the_earlier() -> None:
    w = desk()
    bo, carl, _ = items(w)
    results = say(w, f"godkend {bo}, {carl}")
    assert [r.code for r in results] == ["done", "done"]
    assert w.statuses() == {"Mette": "confirmed", "Bo": "confirmed", "Carl": "waiting 1"}
    assert items(w) == [i.id for i in w.roster.items if i.kind.value == "question"]


def test_a_number_may_name_the_registration_as_well() -> None:
    w = desk()
    say(w, f"godkend {w.of('Bo').id}\nafvis {w.of('Carl').id}: ikke leder")
    assert w.statuses() == {"Mette": "confirmed", "Bo": "confirmed", "Carl": "rejected"}
    assert (w.of("Carl").note, len(items(w))) == ("ikke leder", 1)


def test_the_same_lines_again_change_nothing_and_say_so() -> None:
    w = desk()
    text = f"godkend {w.of('Bo').id}\npladser 3\nsted 1 Odense\nafvis {w.of('Carl').id}\ntilstand auto"
    assert [r.code for r in say(w, text)] == ["done"] * 4 + ["already"]
    before = len(w.letters)
    assert [r.code for r in say(w, text)] == ["already"] * 5
    assert len(w.letters) == before


def test_what_cannot_be_done_is_refused_with_the_reason_and_the_rest_goes_on() -> None:
    w = desk()
    mette, bo = w.of("Mette").id, w.of("Bo").id
    results = say(w, f"godkend 999\ngokend 2\npladser 0\nret {mette} ean 123\ntilstand observe\ntilbyd {bo}\npladser 5")
    assert [(r.code, r.reason.code if r.reason else r.values.get("nearest", "")) for r in results] == [
        ("refused", "unknown_number"), ("not_understood", "godkend 12"), ("refused", "too_few"), ("refused", "not_valid"),
        ("done", ""), ("refused", "observing"), ("done", "")]
    assert (w.roster.settings.mode, w.roster.course.capacity) == (Mode.OBSERVE, 5)


def test_what_the_token_does_not_allow_is_not_done() -> None:
    w = desk()
    bo, carl, _ = items(w)

    def allowed(command: Command) -> bool:
        return command.name == "approve" and command.numbers == (bo,)

    assert [r.code for r in say(w, f"godkend {bo}\ngodkend {carl}", allowed=allowed)] == ["done", "not_allowed"]
    assert (w.status("Bo"), w.status("Carl")) == ("confirmed", "review")


def test_her_words_go_to_the_asker() -> None:
    w = desk()
    question = items(w)[-1]
    say(w, f"svar {question}: Kære Anna\n\nJa, det kan du.\nMvh Lisbet")
    assert (w.mail("alu"), w.posted("alu")[0].draft.facts["text"]) == (["answer"], "Kære Anna\n\nJa, det kan du.")
    assert question not in items(w)


def test_somebody_added_in_a_line() -> None:
    w = desk()
    say(w, "tilføj Eva Friis, souschef, Ribe Bibliotek, efr@ribe.dk, 5798000123458")
    added = w.of("Eva")
    assert (added.status.value, added.person.title, added.person.organisation, added.person.email, added.person.ean) == (
        "confirmed", "souschef", "Ribe Bibliotek", "efr@ribe.dk", "5798000123458")


def test_two_places_in_one_mail_are_two_letters() -> None:
    w = desk()
    assert [r.code for r in say(w, "sted 1 Odense\nsted 2 Vejle")] == ["done", "done"]
    assert w.mail("mho") == ["confirmation", "place", "place"]
    assert [p.draft.version for p in w.posted("mho")] == [1, 1, 2]


def test_a_meeting_moved_and_called_off() -> None:
    w = desk()
    assert [r.code for r in say(w, "flyt 2 2026-08-21 9.00-14.30\naflys 3\nflyt 1 2026-12-24")] == ["done", "done", "refused"]
    second, third = w.roster.course.meetings[1:3]
    assert (second.date.isoformat(), second.start.hour, third.called_off) == ("2026-08-21", 9, True)


def test_status_counts() -> None:
    w = desk()
    (result,) = say(w, "status")
    assert result.values == {"mode": "auto", "paused": "no", "seated": "1", "capacity": "2", "waiting": "0", "open": "3"}


def test_pause_and_go_on() -> None:
    w = desk()
    assert [r.code for r in say(w, "pause\npause\nfortsæt\nfortsæt")] == ["done", "already", "done", "already"]


def test_a_cancelled_registration_offers_the_seat_on() -> None:
    w = World.open(capacity=1)
    w.signup("2026-01-13 09:00", "Mette Holm <mho@greve.dk>")
    w.signup("2026-01-13 10:00", "Bo Beck <bob@koge.dk>")
    say(w, f"meld {w.of('Mette').id} fra")
    assert w.statuses() == {"Mette": "cancelled", "Bo": "offered"}
    assert person("Bo Beck").name == "Bo Beck"
