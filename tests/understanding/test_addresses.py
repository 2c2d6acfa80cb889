"""Mail addresses in text, and whose they are."""

from __future__ import annotations

import pytest

from mailbot.understanding import addresses


def test_addresses_in_text() -> None:
    text = "Skriv til RTV@lemvigbib.dk, <tisb@ringsted.dk> eller post(at)huset.dk. Ikke @mig."
    assert [s.email for s in addresses.find(text)] == ["rtv@lemvigbib.dk", "tisb@ringsted.dk", "post@huset.dk"]


@pytest.mark.parametrize(
    ("email", "name"),
    [
        ("fatima.alhassan@x.dk", "Fatima Al-Hassan"),
        ("hbt@x.dk", "Hanne Brix Thomsen"),
        ("pask@x.dk", "Palle Skaarup"),
        ("leoj@x.dk", "Lars Emil Ø. Johansen"),
        ("soda@x.dk", "Søren Dam"),
        ("thae@x.dk", "Þórdís Ævarsdóttir"),
        ("birgitte.lauge.soerensen@x.dk", "Birgitte Lauge Sørensen"),
    ],
)
def test_an_address_fits_its_owner(email: str, name: str) -> None:
    assert addresses.belongs(email, name)
    assert not addresses.belongs("bogholderi@x.dk", name)
