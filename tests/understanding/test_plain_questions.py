"""Plain questions: what the course's own file can answer, and all that looks like it and is another question."""

from __future__ import annotations

import pytest

from mailbot.understanding.lexicon import words
from mailbot.understanding.plain_questions import FACTS
from mailbot.understanding.read import read
from mailbot.understanding.reading import Action, Intent
from understanding.wording import COURSE, message


def asked(text: str, subject: str = "Hverdagsledelse 2026") -> tuple[str, ...]:
    found = read(message(text, subject=subject), [COURSE], None)
    assert found.intent is Intent.QUESTION
    assert found.action is Action.REVIEW
    return found.findings[0].asked


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("Hej Lisbet\n\nHvad koster det at deltage i Hverdagsledelse?", ("price",)),
        ("Kære Lisbet Vestergaard\nJeg vil gerne høre, hvad prisen er pr. deltager?\nMange tak", ("price",)),
        ("Hvornår er sidste frist for tilmelding?", ("deadline",)),
        ("Hvornår ligger møderne, og hvor foregår det?", ("dates", "place")),
        ("Hvordan tilmelder man sig?\n\nPå forhånd tak", ("signup",)),
        ("Hvor meget koster det, og hvad er fristen?", ("price", "deadline")),
    ],
)
def test_a_plain_question_is_known_by_all_its_words(text: str, facts: tuple[str, ...]) -> None:
    assert asked(text) == facts


@pytest.mark.parametrize(
    "text",
    [
        "Hvad koster det for studerende?",
        "Hvad koster det, hvis jeg kun kommer to gange?",
        "Hvornår er der frokost?",
        "Hvor mange pladser er der?",
        "Hvornår er fristen? Jeg kan først svare efter påske.",
        "Hvad er prisen, og er der rabat for to?",
        "Hvad koster Hverdagsledelse 2031?",
        "Hvordan tilmelder jeg min kollega?",
    ],
)
def test_one_word_more_is_another_question(text: str) -> None:
    assert asked(text) == ()


def test_a_question_without_the_course_is_not_answered() -> None:
    assert asked("Hvad koster det?", subject="Jeres foredrag") == ()


def test_every_fact_has_its_words() -> None:
    assert {f for f in FACTS if words("questions")[f]["one"] and words("questions")[f]["also"]} == set(FACTS)
