"""What the invoice should carry, under its many names."""

from __future__ import annotations

import pytest

from mailbot.understanding import references

TEXTS = {
    "Skriv venligst rekv.nr. 20261107 på, ellers": "20261107",
    "PSP-element: XG-0000004417-00012": "XG-0000004417-00012",
    'mærkes "afd. 4417 / RAQM", ellers': "afd. 4417 / RAQM",
    '(skriv venligst "bib" som reference)': "bib",
    "der skal stå PSP XA-7710300-02 på.": "XA-7710300-02",
    "Regningen må I sende att. Jane Brodersen. EAN har I": "Jane Brodersen",
    "Rekv.nr. ....... 2291-06": "2291-06",
    "quoting cost centre 3320.": "3320",
    "et omkostningssted (40217)": "40217",
    "Den næste skal have IO-nr. 770041-12 på.": "770041-12",
    "fakturaen mærkes Kulturpuljen 2026, tak": "Kulturpuljen 2026",
    "PO 45-0093318 linje 10": "45-0093318 linje 10",
    "EAN 5798022222443, omk.sted 77120.": "77120",
    "rekvirent LSK-0417; ingen særlige": "LSK-0417",
    "gerne med ordren 300-552-1 som vores reference.": "300-552-1",
    'med teksten "Att. Lonnie Tofte".': "Lonnie Tofte",
    'Én samlet faktura: EAN 5798007759308, "Nykjær 5 pers."': "Nykjær 5 pers.",
    "skriv venligst EBS-KULT på fakturaen": "EBS-KULT",
    "Skriv Ledelse 26 på fakturaen": "Ledelse 26",
    "på regningen må I skrive Ledelse 26": "Ledelse 26",
    "personreference: Ole Friis": "Ole Friis",
    "ref. LBA/kursus": "LBA/kursus",
    "konteres 4410-22": "4410-22",
    "WBS-element P-00417": "P-00417",
    "købsordre 4500118276": "4500118276",
}


@pytest.mark.parametrize(("text", "value"), TEXTS.items())
def test_references(text: str, value: str) -> None:
    assert [r.value for r in references.find(text)] == [value]


@pytest.mark.parametrize(
    "text",
    [
        "i andet afsnit skal der stå 41.000 besøgende",
        "Skriv mit navn på fakturaen",
        "på fakturaen skriver I bare deres navn",
        "Vor ref. BA/ba",
        "mødet er i lokale 2210",
        "jeres faktura 2026-118 på 9.375 kr.",
        "EAN 5798009142108",
        "Skriv jer op til den 11. juni",
        "reference 7500 kr.",
    ],
)
def test_our_own_numbers_and_amounts_are_none(text: str) -> None:
    assert references.find(text) == []
