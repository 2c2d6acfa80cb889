"""Titles as written: with what belongs to them, and no further."""

from __future__ import annotations

import pytest

from mailbot.understanding import titles

RUNNING = {
    "er teamleder for børn og unge på Varde Bibliotek": ["teamleder for børn og unge"],
    "Han er sektionsleder for publikumsservice og træffes på mail": ["sektionsleder for publikumsservice"],
    "teamleder for voksenformidling, og jeg sidder": ["teamleder for voksenformidling"],
    "leder af formidling på Vordingborg": ["leder af formidling"],
    "Kultur- og bibliotekschef": ["Kultur- og bibliotekschef"],
    "konstitueret børnebibliotekschef. Mailen": ["konstitueret børnebibliotekschef"],
    "the Head of Research Services, who": ["Head of Research Services"],
    "teamleder for børn, unge og voksne i Odense": ["teamleder for børn, unge og voksne"],
    "afd.leder, Glumsø": ["afd.leder"],
    "Teamleder/specialkonsulent": ["Teamleder/specialkonsulent"],
    "Jeg sidder som børnefaglig leder og har": ["børnefaglig leder"],
    "vores digitale teamleder Bashir": ["digitale teamleder"],
    "koordinerende leder i Varde": ["koordinerende leder"],
    "pædagogisk-administrativ leder": ["pædagogisk-administrativ leder"],
    "fagligt ansvarlig teamleder Sanne Kruse": ["fagligt ansvarlig teamleder"],
    "er daglig leder af filialen i Nexø under": ["daglig leder af filialen i Nexø"],
    "(leder af Borgerservice og Bibliotek i Viby)": ["leder af Borgerservice og Bibliotek i Viby"],
    "leder af hovedbiblioteket i Grenaa": ["leder af hovedbiblioteket i Grenaa"],
    "områdeleder for biblioteket i Fjerritslev.": ["områdeleder"],
    "leder af afdelingen for børn og unge": ["leder af afdelingen for børn og unge"],
    "mellemleder (formidling og fysisk bibliotek)": ["mellemleder (formidling og fysisk bibliotek)"],
    "teamleder i Børn og teamleder i Kultur": ["teamleder i Børn", "teamleder i Kultur"],
    "Teamleder Drift & Logistik": ["Teamleder Drift & Logistik"],
    "Jeg er udviklingskonsulent med personaleansvar": ["udviklingskonsulent"],
    "Head of Children's Services": ["Head of Children's Services"],
    "Gruppeleder / Head of Group": ["Gruppeleder", "Head of Group"],
    "Jeg er leder for et team på otte": ["leder"],
    "jeg leder et hold, og hun leder efter en plads": [],
    "når jeg er tilbage hedder jeg leder af læselyst": ["leder af læselyst"],
    "teamleder (han er vegetar)": ["teamleder"],
    "er faktisk leder nu": ["leder"],
    "for mellemledere på bibliotekerne": [],
    "jeg er leder og vil gerne": ["leder"],
}


@pytest.mark.parametrize(("text", "found"), RUNNING.items())
def test_titles_in_running_text(text: str, found: list[str]) -> None:
    assert [t.value for t in titles.find(text)] == found
    assert all(" ".join(text[t.start : t.end].split()) == t.value for t in titles.find(text))


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("Teamleder, Børn og Familier", "Teamleder, Børn og Familier"),
        ("Souschef på Faxe Bibliotek", "Souschef"),
        ("v/ daglig leder", "daglig leder"),
        ("Åbent alle dage", None),
    ],
)
def test_a_field_that_is_a_title(text: str, whole: str | None) -> None:
    assert titles.whole(text) == whole


def test_who_leads() -> None:
    assert titles.leads("souschef")
    assert titles.leads("afdelingsleder for børn")
    assert not titles.leads("bibliotekar")
    assert not titles.leads("Formand for Kultur- og Idrætsudvalget")
