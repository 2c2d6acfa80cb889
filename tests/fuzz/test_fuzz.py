"""A short campaign of hostile mail, one bomb of each kind at a hundredth of its size, and what earlier campaigns found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz.bombs import HEAD, PLAIN, WORDS, bombs
from fuzz.campaign import is_auto, message
from fuzz.house import House, acts
from fuzz.mutations import GENTLE

FINDINGS = sorted(Path(__file__).with_name("findings").glob("*.eml"))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.end_of_day()
    made.close()


@pytest.mark.parametrize("path", FINDINGS, ids=lambda path: path.stem)
def test_what_was_found_is_mended(house: House, path: Path) -> None:
    handled = house.take(path.read_bytes())
    assert not (acts(handled) and path.stem.startswith("half-read"))


def test_bombs(house: House) -> None:
    for make in bombs(100).values():
        house.take(make())


@pytest.mark.parametrize("name", ["nested 1,000 deep", "one boundary for all levels", "200,000 header lines", "a header of 10 MB"])
def test_what_could_not_be_read_whole_is_not_acted_on(house: House, name: str) -> None:
    assert not acts(house.take(bombs()[name]()))


@pytest.mark.slow
@pytest.mark.parametrize("name", bombs())
def test_a_bomb(house: House, name: str) -> None:
    house.take(bombs()[name]())


def test_the_same_words_in_an_ordinary_message_are_acted_on(house: House) -> None:
    assert acts(house.take(HEAD + PLAIN + WORDS))


def test_mutated_mail(house: House) -> None:
    for seed in range(40):
        raw, origin, ways = message(seed)
        handled = house.take(raw)
        if origin is not None and set(ways) <= GENTLE.keys() and acts(handled):
            assert is_auto(origin), (seed, ways)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=3000) | st.text(max_size=3000).map(lambda text: text.encode("utf-8", "surrogateescape")))
def test_any_bytes(house: House, raw: bytes) -> None:
    house.take(raw)
    house.take(HEAD + PLAIN + raw)
