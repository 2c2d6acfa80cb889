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
    "jeg spiser stadig ikke fisk (tak fordi I huskede det)": ["ikke fisk"],
    "dog er jeg vegetar (æg og fisk går fint).": ["vegetar (æg og fisk går fint)"],
    "derfor er det slut med rå fisk og bløde oste, når vi ses": ["rå fisk og bløde oste"],
    "I don't eat meat, but fish is fine. Cheers": ["don't eat meat, but fish is fine"],
    "Selleri er no go for mig": ["Selleri"],
    "Æg er jeg allergisk over for, og løg holder jeg mig fra": ["Æg", "løg"],
    "Jeg har det skidt med skaldyr.": ["skaldyr"],
    "Skaldyr må jeg ikke få": ["Skaldyr"],
    "Lars har en kraftig mandelallergi": ["kraftig mandelallergi"],
    "hun er intolerant over for fruktose": ["fruktose"],
    "Jeg er altædende, men ikke paprika": ["ikke paprika"],
    "Ingen fisk til Henrik, tak.": ["Ingen fisk"],
    "min kollega er allergiker (nødder, sesam)": ["allergiker (nødder, sesam)"],
    "allergisk over for hvidløg": ["allergisk over for hvidløg"],
    "Hun er pescetar og tåler ikke hvidløg": ["pescetar og tåler ikke hvidløg"],
    "Hun er vegetar, og jeg tåler ikke løg": ["vegetar", "løg"],
    "så ingen rå æg og ingen bløde oste": ["ingen rå æg og ingen bløde oste"],
    "men jeg kan ikke fordrage koriander": ["koriander"],
    "Jeg kan ikke lide lange møder": [],
    "Jeg er heldigvis ikke vegetar": [],
    "Jeg må ikke glemme, at der er intet andet": [],
    "Kan I holde kagen varm?": [],
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
