"""Where people come from, by whatever tells it."""

from __future__ import annotations

import pytest

from mailbot.letters.geography import best, located, outline, place_of, places
from mailbot.understanding.reading import Person


@pytest.mark.parametrize(
    ("person", "name"),
    [
        (Person(email="a@odense.dk"), "Odense"),
        (Person(municipality="Brønderslev Kommune"), "Brønderslev"),
        (Person(organisation="Odense Hovedbibliotek"), "Odense"),
        (Person(organisation="Aarhus Kommunes Biblioteker"), "Aarhus"),
        (Person(organisation="Nordborg", email="x@gmail.com"), None),
        (Person(), None),
    ],
)
def test_a_person_is_placed(person: Person, name: str | None) -> None:
    place = place_of(person)
    assert (place.name if place else None) == name


def test_the_best_towns_lie_between() -> None:
    people = [Person(municipality=m) for m in ("Odense", "Nyborg", "Odense", "Esbjerg")]
    assert best(located(people))[0].name == "Odense"
    assert best({}) == ()


def test_every_municipality_lies_on_the_map() -> None:
    assert len(places()) == 98
    points = [p for _, shape in outline() for p in shape]
    assert min(x for x, _ in points) > 8
    for place in places():
        assert any(abs(x - place.longitude) < 0.9 and abs(y - place.latitude) < 0.5 for x, y in points), place
