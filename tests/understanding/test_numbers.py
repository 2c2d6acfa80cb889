"""EAN, CVR and telephones: every spelling people use, the check digit, and which of two is meant."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.understanding import numbers

SPELLINGS = {
    "EAN: 5798009142108": "5798009142108",
    "EAN 5798.0031.47093": "5798003147093",
    "57 98 00 96 92 21 4": "5798009692214",
    "EAN 579 801 564 7864 dækker os begge": "5798015647864",
    "ean 5798 008 536 564 hvis det er det": "5798008536564",
    "brug 5798-0028-8413-5, det er vores": "5798002884135",
    "EAN 579801 244419 0": "5798012444190",
    "EAN 5798 - 0028 - 8413 - 5": "5798002884135",
    "Prøv med 5798 0024 7539 5 i stedet.": "5798002475395",
    "EAN 5798000340756 4093 6128": "5798000340756",
    "EAN: 5798 0028\n8413 5": "5798002884135",
}


@pytest.mark.parametrize(("text", "ean"), SPELLINGS.items())
def test_an_ean_in_every_spelling(text: str, ean: str) -> None:
    found = numbers.find(text)
    assert (found[0].kind, found[0].value) == ("ean", ean)
    assert text[found[0].start : found[0].end].strip() == text[found[0].start : found[0].end]


@pytest.mark.parametrize(
    ("text", "digits"),
    [("EAN: 5798004575991", "5798004575991"), ("ean 579800107270.", "579800107270"), ("EAN er 57980027650522.", "57980027650522")],
)
def test_what_was_meant_as_an_ean_but_cannot_be_one(text: str, digits: str) -> None:
    assert [(n.kind, n.value) for n in numbers.find(text)] == [("ean_invalid", digits)]


@pytest.mark.parametrize(
    "text",
    [
        "skal nu til 5798003423494 og altså ikke til det, jeg skrev i min tilmelding (5798006060573), det lukker nemlig.",
        "Det gamle (5798006060573) virker ikke længere. Brug fremover 5798003423494.",
        "EAN er 5798006060573, nej stop, det skal være 5798003423494.",
    ],
)
def test_of_two_eans_the_old_one_is_marked(text: str) -> None:
    assert {n.value: n.negated for n in numbers.find(text)} == {"5798003423494": False, "5798006060573": True}


@pytest.mark.parametrize(
    ("text", "domain", "phones"),
    [
        ("T 96 63 17 52\nM 23 88 41 07", "x.dk", [("+4596631752", 1), ("+4523884107", 0)]),
        ("Reception 79 73 10 44\nDirekte 79 73 52 18", "x.dk", [("+4579731044", 2), ("+4579735218", 0)]),
        ("Tlf.: 76 16 20 10 (direkte) / 76 16 20 00 (hovednr.)", "x.dk", [("+4576162010", 0), ("+4576162000", 2)]),
        ("tlf. (+298) 31 58 20", "x.fo", [("+298315820", 1)]),
        ("Tlf. 340525", "x.fo", [("+298340525", 1)]),
        ("Tlf. +49 (0)461 8697-143", "x.de", [("+494618697143", 1)]),
        ("Tel.: 0461 8697 151", "x.de", [("+494618697151", 1)]),
        ("Mobil: 911 22 333", "x.no", [("+4791122333", 0)]),
        ("11. juni, 20. august, 29. september 2026 kl. 10", "x.dk", []),
        ("12. november 2026 9375 kr.", "x.dk", []),
    ],
)
def test_telephones_with_the_preference_of_their_labels(text: str, domain: str, phones: list[tuple[str, int]]) -> None:
    assert [(n.value, n.rank) for n in numbers.find(text, domain=domain) if n.kind == "phone"] == phones


def test_a_fax_and_a_cvr_number_are_no_telephone() -> None:
    assert [n.kind for n in numbers.find("CVR 34 71 90 26\nFax 74 52 90 36")] == ["cvr", "fax"]


@given(st.text(alphabet="0123456789 .-\nEAN:579tlf+()", max_size=200))
def test_spans_point_at_digits_and_never_overlap(text: str) -> None:
    found = numbers.find(text)
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert all("".join(c for c in text[n.start : n.end] if c.isdigit()) for n in found)
    assert all(len(n.value) == 13 and numbers.check_digit_right(n.value) for n in found if n.kind == "ean")
