"""Traits of who is named: by side, by distance, by what stands around; and the table that weighs them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.understanding.lexicon import weights
from mailbot.understanding.parts import PARTS, Part, patterns, shares, traits
from mailbot.understanding.reading import Intent
from mailbot.understanding.sentences import sentences

TEXT = "Vi har fået ny leder. I stedet for Bo Krag kommer Ida Holm. Hun er souschef."


def of(name: str, text: str = TEXT) -> frozenset[str]:
    def place(who: str) -> tuple[int, int]:
        return text.index(who), text.index(who) + len(who)

    others = [place(who) for who in ("Bo Krag", "Ida Holm") if who != name]
    return traits(text, sentences(text, 0, len(text)), [place(name)], others)


@pytest.mark.parametrize(
    ("name", "trait"),
    [
        ("Bo Krag", "<0for"),  # right before the name
        ("Bo Krag", "<sted"),  # anywhere before it, without its ending
        ("Bo Krag", "<for sted"),  # two neighbours, the nearer first
        ("Bo Krag", ">0komm"),
        ("Bo Krag", ">|komm"),  # before the next person named
        ("Bo Krag", "><other>"),  # the next person named, as one word
        ("Ida Holm", "<|komm"),
        ("Ida Holm", "<sted"),
        ("Ida Holm", ">end"),  # nothing follows in the sentence
        ("Ida Holm", "next:<han>"),  # the next sentence goes on with "hun"
        ("Bo Krag", "last:<title>"),  # the one before speaks of a "leder"
    ],
)
def test_traits(name: str, trait: str) -> None:
    assert trait in of(name)


def test_what_stands_behind_another_person_is_not_close() -> None:
    assert "<|sted" not in of("Ida Holm")
    assert "<|sted" in of("Bo Krag")


def test_who_is_named_nowhere_has_no_traits_of_words() -> None:
    assert traits(TEXT, sentences(TEXT, 0, len(TEXT)), [], []) == frozenset()
    assert traits(TEXT, [], [(0, 2)], []) == frozenset()


def test_each_trait_is_asked_for_alone_and_for_the_intent() -> None:
    assert set(patterns({"<0for"}, Intent.CANCEL)) == {"<0for", "<0for@cancel", "all", "all@cancel"}


def test_the_table_is_sound() -> None:
    intents = {i.value for i in Intent}
    for trait, row in weights("parts").items():
        assert len(row) == len(PARTS), trait
        assert abs(sum(row)) < 0.05, trait
        assert "@" not in trait or trait.rpartition("@")[2] in intents


@given(st.text(max_size=300), st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), max_size=8), st.sampled_from(list(Intent)))
def test_any_text_gives_shares_that_are_a_whole(text: str, places: list[tuple[int, int]], intent: Intent) -> None:
    spans = [(min(p), max(p)) for p in places]
    found = traits(text, sentences(text, 0, len(text)), spans, spans)
    chances = shares(found, intent)
    assert set(chances) == set(Part)
    assert abs(sum(chances.values()) - 1) < 1e-9
