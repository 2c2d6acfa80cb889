"""Clauses: where a sentence ends, where a comma counts, and that every word keeps its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.understanding.clauses import clauses
from mailbot.understanding.speech import listen
from mailbot.understanding.topic import Names
from understanding.wording import COURSE

NAMES = Names((COURSE,))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Jeg kommer. Tak!", [["jeg", "kommer"], ["tak"]]),
        ("Vi mødes kl. 10 den 11. juni.", [["vi", "mødes", "kl", "10", "den", "11", "juni"]]),
        ("Hvis der er plads, vil jeg gerne med", [["hvis", "der", "er", "plads"], ["vil", "jeg", "gerne", "med"]]),
        ("Anne Møller, teamleder, Egedal", [["anne", "møller", "teamleder", "egedal"]]),
        ("Navn: Bo", [["navn"], ["bo"]]),
    ],
)
def test_where_clauses_end(text: str, expected: list[list[str]]) -> None:
    assert [[w.text for w in c.words] for c in clauses(text)] == expected


@given(st.text(max_size=300))
def test_every_word_stands_where_it_says(text: str) -> None:
    for clause in clauses(text):
        for word in clause.words:
            assert 0 <= word.start < word.end <= len(text)


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("Jeg tilmelder mig Hverdagsledelse", "join"),
        ("Jeg tilmedler mig hverdagsledlse", "join"),
        ("jeg oensker at deltage i hverdagsledelse", "join"),
        ("Jeg må desværre melde afbud", "leave"),
        ("Bo Krag overtager min plads", "replace"),
        ("Mit EAN er forkert", "correct"),
        ("Jeg overvejer at deltage", "consider"),
    ],
)
def test_what_a_clause_does(text: str, act: str) -> None:
    assert act in {a.kind for a in listen(text, NAMES).acts}


@pytest.mark.parametrize(
    "text", ["Vil du skrive mig på?", "Kan I registrere mig som deltager?", "Hvordan har du det?", "Hvor er det dejligt!"]
)
def test_polite_requests_and_small_talk_are_no_questions(text: str) -> None:
    assert listen(text, NAMES).questions == ()


@pytest.mark.parametrize(
    "text",
    ["Hvad koster det?", "hvad koster det", "Jeg vil høre om prisen er med moms", "Er der parkering?", "Kan du sige, hvor vi skal mødes?"],
)
def test_questions_with_and_without_a_mark(text: str) -> None:
    assert listen(text, NAMES).questions
