"""Who takes over a seat and who gives it up, however the message tells it."""

from __future__ import annotations

import pytest

from mailbot.understanding.people import Cast
from understanding.test_people import write

FORWARDED = """

Fra: Bo Emil Lund <boel@vardebib.dk>
Sendt: 9. februar 2026 15:50
Til: Mette Holm <mho@vardebib.dk>
Emne: SV: Min stol

{}

Bo Emil Lund
Souschef
"""


def swap(body: str, **more: str) -> Cast:
    return write(body, gold={"intent": "substitute"}, **more)


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("Jeg må desværre melde fra, og Bo træder i stedet, se herunder.", "Det vil jeg gerne. Jeg har sat kryds i kalenderen."),
        ("Som det ses nedenfor, har Bo Emil Lund sagt ja til at overtage min plads på Hverdagsledelse.", "Ja, jeg overtager den gerne."),
    ],
)
def test_who_answers_in_a_forwarded_mail_that_they_take_the_seat_is_the_successor(above: str, below: str) -> None:
    made = swap(f"Hej Lisbet\n\n{above}\n\nMette Holm{FORWARDED.format(below)}", subject="VS: Min stol")
    assert [(p.name, p.email, p.title) for p in made.participants] == [("Bo Emil Lund", "boel@vardebib.dk", "Souschef")]
    assert made.withdrawn == ()
    assert made.contact is None


@pytest.mark.parametrize(
    "body",
    [
        "Deltager Ane Friis bedes udskiftet med Lise Krogh, souschef.",
        "Pladsen, som er besat af vores teamleder Ane Friis, beklædes fremover af\n\nNavn: Lise Krogh\nStilling: souschef",
        "Det bliver Lise Krogh, der kommer på Hverdagsledelse, ikke Ane Friis. Hun er souschef.",
        "Pladsen, der står i Ane Friis' navn, skal gå til Lise Krogh. Lise er souschef.",
        "Ane er på orlov, så souschef Lise Krogh møder for Ane Friis.",
        "Nye navne på holdet: før Ane Friis, nu Lise Krogh. Titel: souschef.",
        "Lise Krogh erstatter Ane Friis. Hendes data: souschef, 20193582.",
        "I stedet for Ane kommer hendes vikar, souschef Lise Krogh. Ane Friis skal på orlov.",
    ],
)
def test_one_comes_and_another_goes(body: str) -> None:
    made = swap(f"Hej Lisbet\n\n{body}\n\nMette Holm")
    assert [(p.name, p.title) for p in made.participants] == [("Lise Krogh", "souschef")]
    assert made.withdrawn == ("Ane Friis",)


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("Overtager plads efter Ib Thor Lund", "Jeg har fået Ib Thor Lunds kontor, og han har overladt mig sin plads på holdet."),
        ("Ny på posten", "Jeg er ny teamleder efter Ib Bo Lund. Han var tilmeldt Hverdagsledelse, og den plads vil jeg gerne have."),
        ("Ny leder", "Som ny leder efter Ib Bo Lund får jeg hans plads på Hverdagsledelse."),
        ("Plads", "Ib Bo Lund har afstået sin plads til mig. Jeg er teamleder samme sted."),
        ("Jeg kommer i stedet for Ib", "Ib Lund er stoppet, og det er aftalt, at jeg får hans plads på Hverdagsledelse."),
    ],
)
def test_the_writer_takes_over(subject: str, body: str) -> None:
    assert [p.name for p in swap(f"Hej Lisbet\n\n{body}\n\nMette Holm", subject=subject).participants] == ["Mette Holm"]


def test_a_card_below_the_words_that_announce_it_is_one_person_with_the_area_of_the_title() -> None:
    card = "Lise Krogh\nteamleder, Digital Dannelse\nlikr@vardebib.dk\nmobil 20 19 35 82\ntåler ikke fisk"
    made = swap(f"Jeg går på pension, og min stol på Hverdagsledelse får min afløser:\n\n{card}\n\nBetalingen er uændret.\n\nMette Holm")
    (person,) = made.participants
    told = (person.name, person.title, person.email, person.phone, person.dietary)
    assert told == ("Lise Krogh", "teamleder, Digital Dannelse", "likr@vardebib.dk", "+4520193582", "fisk")
