"""Libraries and other places of work in all their spellings."""

from __future__ import annotations

import pytest

from mailbot.understanding import organisations

PLACES = {
    "Hedensted Bibliotekerne": "Hedensted Bibliotekerne",
    "her på Lemvig Bibliotek i knap et år": "Lemvig Bibliotek",
    "tre fra Guldborgsund-bibliotekerne:": "Guldborgsund-bibliotekerne",
    "på biblioteket i Hundested. ean": "biblioteket i Hundested",
    "Alle fra Biblioteket i Thy. EAN": "Biblioteket i Thy",
    "Fjordlandets Gymnasium, Biblioteket": "Fjordlandets Gymnasium, Biblioteket",
    "leder af PLC på Bøgehøjskolen og": "Bøgehøjskolen",
    "Det Kgl. Bibliotek": "Det Kgl. Bibliotek",
    "Dansk Centralbibliotek for Sydslesvig e.V.": "Dansk Centralbibliotek for Sydslesvig e.V.",
    "on behalf of Fjord University Library I": "Fjord University Library",
    "KOLDINGBIBLIOTEKERNE": "KOLDINGBIBLIOTEKERNE",
    "Fra Aabenraa Biblioteker og Kulturhuse sender vi": "Aabenraa Biblioteker og Kulturhuse",
    "Sønderborg Bibliotek, Kultur og Borgerservice": "Sønderborg Bibliotek",
    "Ringsted Bibliotek & Borgerservice": "Ringsted Bibliotek & Borgerservice",
    "til Faaborg Biblioteks mellemledere": "Faaborg Bibliotek",
    "souschef på thisted bibliotek": "thisted bibliotek",
    "Morsø Kommune": "Morsø Kommune",
    "Afdelingsleder, Mariagerfjord Bibliotekerne, Hobro": "Mariagerfjord Bibliotekerne, Hobro",
    "RUDERSDAL BIBLIOTEKERNE / Birkerød": "RUDERSDAL BIBLIOTEKERNE / Birkerød",
    "Vidå Bibliotekerne, EAN 5798073608838": "Vidå Bibliotekerne",
    "Vejle Bibliotekerne, Anders": "Vejle Bibliotekerne",
    "leder, Marstal Læsestue, EAN": "Marstal Læsestue",
    "The School of Design Library is small": "School of Design Library",
    "Sektionschef, Esbjerg Byens Biblioteker": "Esbjerg Byens Biblioteker",
    "på Søhuset, Bibliotek & Borgerservice": "Søhuset, Bibliotek & Borgerservice",
    "Bibliotek og Kulturhus Vallensbæk": "Bibliotek og Kulturhus Vallensbæk",
}


@pytest.mark.parametrize(("text", "place"), PLACES.items())
def test_places_of_work(text: str, place: str) -> None:
    assert [p.value for p in organisations.find(text)] == [place]


def test_a_kind_of_place_without_a_name_is_the_last_resort() -> None:
    assert [p.rank for p in organisations.find("leder af Kulturhus & Bibliotek")] == [1]


@pytest.mark.parametrize(
    "text", ["vi på biblioteket", "Vi uddannelsesbiblioteker har", "Tænketanken Fremtidens Biblioteker", "Regning via EAN"]
)
def test_what_is_nobodys_place(text: str) -> None:
    assert organisations.find(text) == []
