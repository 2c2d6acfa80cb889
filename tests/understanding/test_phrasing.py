"""The learned layer: its patterns, its table, and that it can say which words spoke."""

from __future__ import annotations

from time import perf_counter

import pytest

from mailbot.understanding.context import Answers, context
from mailbot.understanding.features import hear
from mailbot.understanding.phrasing import SCORED, SETTING, Said, _rows, lean, say
from mailbot.understanding.read import read
from mailbot.understanding.reading import Intent
from mailbot.understanding.speech import listen
from mailbot.understanding.topic import Names
from understanding.wording import COURSE, message

NAMES = Names((COURSE,))
EMPTY = listen("", NAMES)


def said(text: str, answers: Answers = Answers.NOTHING) -> Said:
    return say(listen(text, NAMES), EMPTY, EMPTY, answers)


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("Jeg kommer på Hverdagsledelse 2026", "på <course>"),  # the course by any of its names
        ("Vi sender Anne Møller Hansen", "send <name>"),  # endings cut, names classed
        ("Regningen går til 5798009142108", "til <ean>"),
        ("Ring på 40512287", "på <phone>"),
        ("Hun er afdelingsleder", "<han> er <title>"),
        ("Jeg kommer ikke", "!<jeg>"),  # everything in a negated clause is marked
        ("Kom nu", "^kom"),
        ("Er der plads?", "?"),
        ("Giv min stol videre", "~give>plads"),  # alike words are one class
        ("Skænk sædet bort", "~give>plads"),
    ],
)
def test_patterns(text: str, pattern: str) -> None:
    assert pattern in said(text).patterns


def test_places_are_those_of_the_words() -> None:
    text = "Kære Lisbet. Jeg hopper på Hverdagsledelse."
    start, end = said(text).patterns["på <course>"]
    assert text[start:end] == "på Hverdagsledelse"


def test_the_table_is_sound() -> None:
    settings = set(SETTING.values())
    for where, rows in _rows().items():
        assert where == "" or where in settings
        for name, weights in rows.items():
            assert len(weights) == len(SCORED), name
            assert abs(sum(weights)) < 0.05, name


def test_nothing_said_is_weighed_without_an_error() -> None:
    assert set(lean(said(""))) == set(SCORED)


def test_the_words_that_spoke_are_shown() -> None:
    reading = read(message("Jeg hopper på Hverdagsledelse 2026."), [COURSE], None)
    proof = reading.evidence["words_signup"]
    assert reading.intent is Intent.SIGNUP
    assert proof.module == "phrasing"
    assert proof.words
    assert "words_signup" in reading.weighed[Intent.SIGNUP]


def test_it_knows_idioms_that_no_rule_knows() -> None:
    mail = message("Jeg lægger billetten tilbage i skålen. Lykke til med det hele.", "confirm")
    heard = hear(mail, context(mail, None, ()), NAMES, ())
    assert heard.features["words_cancel"].value == max(heard.features[f"words_{i.value}"].value for i in SCORED)


@pytest.mark.parametrize("word", ["jeg ", "plads giv ", "Anne Bo ", "5 ", "ikke, "])
def test_time_is_linear(word: str) -> None:
    def taken(times: int) -> float:
        speech = listen(word * times, NAMES)
        begun = perf_counter()
        for _ in range(5):
            lean(say(speech, EMPTY, EMPTY, Answers.NOTHING))
        return perf_counter() - begun

    taken(500)
    assert taken(4000) < 4 * taken(1000) + 0.2
