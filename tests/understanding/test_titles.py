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
