"""Who is the same person, and who may be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.registration.identity import Same, domain, fold, same_domain, same_name, same_organisation, same_person
from mailbot.understanding.reading import Address, Person

YES, UNSURE, NO = Same.YES, Same.UNSURE, Same.NO


@pytest.mark.parametrize(
    ("a", "b", "verdict"),
    [
        ("Mette Holm", "mette  holm", YES),
        ("Mette Holm", "Holm, Mette", YES),
        ("Mette Kolding Holm", "Mette Holm", YES),
        ("Mette K. Holm", "Mette Kolding Holm", YES),
        ("Hans-Jørgen Thyregod", "Hans Jørgen Thyregod", YES),
        ("Søren Åkjær", "Soeren Aakjaer", YES),
        ("Gülay Demir", "Gulay Demir", YES),
        ("José Peña", "Jose Pena", YES),
        ("Mette Holm", "Mette Holm Jørgensen", YES),
        ("Anne Marie Holm", "Anne Sofie Holm", UNSURE),
        ("Mette Holm", "Mete Holm", UNSURE),
        ("Mette", "Mette Holm", UNSURE),
        ("Mette Holm", "Peter Holm", NO),
        ("Mette Holm", "Mette Lund", NO),
        ("Mette Holm", None, NO),
        ("", "", NO),
    ],
)
def test_names(a: str, b: str | None, verdict: Same) -> None:
    assert same_name(a, b) is verdict
    assert same_name(b, a) is verdict


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("a@greve.dk", "b@greve.dk", True),
        ("a@bib.greve.dk", "b@greve.dk", True),
        ("a@greve.dk", "b@koge.dk", False),
        ("a@gmail.com", "b@gmail.com", False),
        ("a@greve.dk", None, False),
        ("a@ngreve.dk", "b@greve.dk", False),
    ],
)
def test_domains(a: str, b: str | None, same: bool) -> None:
    assert same_domain(a, b) is same


def test_a_public_domain_says_nothing() -> None:
    assert (domain("x@hotmail.dk"), domain("x@greve.dk")) == ("", "greve.dk")


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("Slagelse Bibliotek", "Slagelse Bibliotekerne", True),
        ("Greve Bibliotek", "greve bibliotek", True),
        ("Aarhus Kommune", "Aarhus Kommunes Biblioteker", True),
        ("Greve Bibliotek", "Køge Bibliotek", False),
        ("Bibliotek", "Greve Bibliotek", False),
        (None, None, False),
    ],
)
def test_organisations(a: str | None, b: str | None, same: bool) -> None:
    assert same_organisation(a, b) is same


def p(name: str | None, email: str | None = None, organisation: str | None = None, **more: str) -> Person:
    return Person(name=name, email=email, organisation=organisation, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("a", "b", "verdict"),
    [
        (p("Mette Holm", "m@greve.dk"), p("Mette Holm", "m@greve.dk"), YES),
        (p("Mette Holm", "m@greve.dk"), p(None, "m@greve.dk"), YES),
        (p("Mette Holm", "m@greve.dk"), p("Bo Beck", "m@greve.dk"), NO),
        (p("Mette Holm", "m@greve.dk"), p("Mete Holm", "m@greve.dk"), UNSURE),
        (p("Mette Holm", "m@gmail.com", "Greve Bibliotek"), p("Mette Holm", "m@greve.dk", "Greve Bibliotek"), YES),
        (p("Mette Holm", "m@greve.dk"), p("Mette Holm", "mh@greve.dk"), YES),
        (p("Mette Holm", "m@greve.dk", "Greve"), p("Mette Holm", "m@koge.dk", "Køge"), NO),
        (p("Mette Holm", "m@greve.dk"), p("Mette Holm", "m@koge.dk"), NO),
        (p("Mette Holm", "m@greve.dk"), p("Mette Holm", "m@gmail.com"), UNSURE),
        (p("Mette Holm", "m@greve.dk"), p("Mette Holm", "m@gmail.com", phone="+4512345678"), UNSURE),
        (p("Mette Holm", "m@greve.dk", phone="+4512345678"), p("Mette Holm", "m@gmail.com", phone="+4512345678"), YES),
        (p("Mette Holm", "m@aarhus.dk", "Risskov Bibliotek"), p("Mette Holm", "mh@aarhus.dk", "Tilst Bibliotek"), UNSURE),
        (p("Mette Holm", None, "Greve"), p("Mette Holm", None, "Køge"), NO),
        (p("Mette", None, "Greve"), p("Mette Holm", "m@greve.dk", "Greve"), UNSURE),
    ],
)
def test_people(a: Person, b: Person, verdict: Same) -> None:
    assert same_person(a, b) is verdict
    assert same_person(b, a) is verdict


def test_who_has_no_address_counts_to_the_domain_of_who_wrote_for_them() -> None:
    boss = Address("Bente", "b@slagelse.dk")
    assert same_person(p("Sanne Dahl"), p("Sanne Dahl", "s@slagelse.dk"), boss, None) is YES


@given(st.text(max_size=400), st.text(max_size=400))
def test_any_text_is_compared_and_the_order_does_not_matter(a: str, b: str) -> None:
    assert same_name(a, b) is same_name(b, a)
    assert len(fold(a)) <= 12
