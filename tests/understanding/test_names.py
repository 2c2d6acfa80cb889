"""Names of every origin in text and headers, and which names are one person's."""

from __future__ import annotations

import pytest

from mailbot.mail.message import Address
from mailbot.understanding import names

TEXTS = {
    "min kollega Yusuf Demir, som": ["Yusuf Demir"],
    "Philip von Ahnen, konstitueret": ["Philip von Ahnen"],
    "melde Þórdís Ævarsdóttir til": ["Þórdís Ævarsdóttir"],
    "J.P. Mølgaard": ["J.P. Mølgaard"],
    "Lars Emil Ø. Johansen": ["Lars Emil Ø. Johansen"],
    "Hans Chr. Clausen, driftsleder": ["Hans Chr. Clausen"],
    "både Camilla Bruhn og Niels-Peter Agerskov ud": ["Camilla Bruhn", "Niels-Peter Agerskov"],
    "på Grethe Mikkelsens vegne": ["Grethe Mikkelsen"],
    "Victor Albecks Vej 1, 8000 Aarhus": [],
    "Jeg arbejder i Store Heddinge": [],
}


@pytest.mark.parametrize(("text", "found"), TEXTS.items())
def test_names_in_text(text: str, found: list[str]) -> None:
    assert [n.value for n in names.find(text)] == found


@pytest.mark.parametrize(
    ("shown", "name"),
    [
        ("Jensen, Mette", "Mette Jensen"),
        ("Petersen-Thaysen, Jens-Uwe", "Jens-Uwe Petersen-Thaysen"),
        ("Rasmus Qvist Mathiesen (RAQM)", "Rasmus Qvist Mathiesen"),
        ("Erik Tychsen/BIB/TOENDER", "Erik Tychsen"),
        ("Dr. Hildegard Matzen", "Hildegard Matzen"),
        ("Herlev Bibliotek", ""),
        ("DMRA", ""),
        ("Økonomi Kultur og Fritid", ""),
        ("mette.holm@x.dk", ""),
    ],
)
def test_the_person_that_a_header_shows(shown: str, name: str) -> None:
    assert names.display(Address(shown, "x@y.dk")) == name


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Mette Krogh Jensen", "Mette Jensen", 2),
        ("Britta H. Jakobsen", "Britta Hald Jakobsen", 2),
        ("Gitte Lauge", "Birgitte Lauge Sørensen", 2),
        ("Minh Anh Nguyen", "Thi Minh Anh Nguyen", 2),
        ("Tina Holm", "Lars Holm", 0),
        ("Søren Dam", "Karen Bach", 0),
        ("Hanne Thorn", "Hanne Bloch", 1),
    ],
)
def test_whether_two_names_are_one_persons(one: str, other: str, same: int) -> None:
    assert names.same(one, other) == same
    assert names.same(other, one) == same
