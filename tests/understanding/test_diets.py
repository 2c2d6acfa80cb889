"""Diet and allergies as written; "ingen" is none."""

from __future__ import annotations

import pytest

from mailbot.understanding import diets

SENTENCES = {
    "Du må godt skrive, at jeg er vegetar.": ["vegetar"],
    "Det går helt galt, hvis jeg får nødder eller skaldyr.": ["nødder eller skaldyr"],
    "I øvrigt tåler jeg ikke skaldyr, hvis nogen spørger": ["skaldyr"],
    "Lise spiser glutenfrit, og jeg spiser ikke svinekød.": ["glutenfrit", "ikke svinekød"],
    "ingen blåskimmel, rå fisk eller tatar til mig den 20/8, tak": ["ingen blåskimmel, rå fisk eller tatar"],
    "Jeg er vegetar, men spiser fisk.": ["vegetar, men spiser fisk"],
    "noteret, at jeg ikke tåler løg?": ["løg"],
    "heraf 2 vegetarer": [],
    "ingen allergier": [],
    "Jeg tåler ikke tog": [],
}


@pytest.mark.parametrize(("text", "found"), SENTENCES.items())
def test_diets_in_sentences(text: str, found: list[str]) -> None:
    assert [d.value for d in diets.find(text)] == found


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("ingen", None),
        ("-", None),
        ("Nej", None),
        ("Ingen allergier", None),
        ("Cøliaki", "Cøliaki"),
        ("Æg, fisk", "Æg, fisk"),
        ("ingen, men helst ikke lever", "helst ikke lever"),
        ("ingen svinekød", "ingen svinekød"),
    ],
)
def test_diets_in_fields(cell: str, value: str | None) -> None:
    assert diets.value(cell) == value
