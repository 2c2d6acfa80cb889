"""Who a message is about: whole messages with the people and fields that they tell, and what must hold for every input."""

from __future__ import annotations

import importlib.util
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.course import Course, validate_course
from mailbot.mail.message import Address, Message, Segment, SegmentKind
from mailbot.mail.parse import parse
from mailbot.resources import shipped
from mailbot.understanding.people import Cast, cast
from mailbot.understanding.reading import Intent

HERE = Path(__file__).resolve().parent
CASES: list[dict[str, Any]] = yaml.safe_load((HERE / "people.yaml").read_text("utf-8"))
FIELDS = ("name", "email", "title", "organisation", "phone", "ean", "ean_invalid", "reference", "dietary", "returning")
OURS = frozenset({"lv@fremtidensbiblioteker.dk"})


def course() -> Course:
    return validate_course(tomllib.loads(shipped("data", "hverdagsledelse-2026.toml").read_text("utf-8")), "course")


def builder() -> Any:
    spec = importlib.util.spec_from_file_location("corpus_build", HERE.parent / "corpus" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read(case: dict[str, Any]) -> tuple[Message, Cast]:
    message = parse(builder().build(case))
    return message, cast(message, Intent(case["gold"]["intent"]), courses=[course()], answered=None, ours=OURS)


def told(made: Cast) -> list[dict[str, Any]]:
    return [{f: v for f in FIELDS if (v := getattr(p, f)) is not None} for p in made.participants]


def write(body: str, sender: str = "Mette Holm <mho@vardebib.dk>", **more: Any) -> Cast:
    case = {
        "id": "x",
        "date": "2026-01-20T09:00:00+01:00",
        "from": sender,
        "subject": "Hverdagsledelse",
        "body": body,
        "gold": {"intent": "signup"},
    } | more
    return read(case)[1]


KNOWN_MISSES = {"h08", "i01", "i05", "i08"}  # a reference each of one EAN, initials in passing, "holdt op med at spise kød", "Poul: …"


@pytest.mark.parametrize("case", [c for c in CASES if c["id"] not in KNOWN_MISSES], ids=lambda c: c["id"])
def test_people_and_their_fields(case: dict[str, Any]) -> None:
    message, made = read(case)
    assert told(made) == (case["gold"].get("participants") or [])
    if "withdrawn" in case["gold"]:
        assert list(made.withdrawn) == case["gold"]["withdrawn"]
    for person in made.participants:
        for field, evidence in person.evidence.items():
            assert evidence.module
            if evidence.source == "text" and evidence.end:
                assert message.text[evidence.start : evidence.end] == evidence.words, field


def test_someone_who_writes_for_others_is_the_contact() -> None:
    made = write("Hej Lisbet\n\nVi tilmelder Bo Friis, souschef, og Eva Lund, teamleder.\n\nMvh\nMette Holm\nsekretær\n")
    assert [p.name for p in made.participants] == ["Bo Friis", "Eva Lund"]
    assert made.contact == Address("Mette Holm", "mho@vardebib.dk")


def test_seats_beyond_the_names() -> None:
    made = write("Hej\n\nBook tre pladser til os. Den ene er til Bo Friis, souschef. Resten følger.\n\nMette Holm\nbibliotekschef\n")
    assert (made.seats, [p.name for p in made.participants]) == (3, ["Bo Friis"])
    nameless = write("Hej, book to pladser til Varde Bibliotek. Navne følger.\n\nMette Holm\nbibliotekschef\n")
    assert nameless.participants == ()
    assert nameless.seats == 2
    assert "no_names" in {n.code for n in nameless.notes}


def test_a_leftover_seat_only_and_all_or_none() -> None:
    made = write("Tilmeld Bo Friis (souschef). Eva Lund, teamleder, tager gerne en plads, hvis der er en til overs.\n\nMette Holm\n")
    assert [p.waiting_only for p in made.participants] == [False, True]
    assert write("Bo Friis (souschef) og Eva Lund (teamleder) vil med, men kun sammen.\n\nMette Holm\n").together


def test_text_by_another_than_the_sender_is_noted() -> None:
    made = write("Jeg melder mig til Hverdagsledelse.\n\nHenrik Dahlgaard\nafdelingsleder\nVarde Bibliotek\n")
    assert made.participants[0].name == "Henrik Dahlgaard"
    assert made.participants[0].email is None
    assert "sender_is_other" in {n.code for n in made.notes}


def test_a_cpr_number_is_neither_kept_nor_shown() -> None:
    made = write("Jeg tilmelder mig. Cpr 120361-1235, EAN 5798009142108.\n\nMette Holm\nsouschef\n")
    assert "cpr_masked" in {n.code for n in made.notes}
    assert "1235" not in repr(made)


def test_the_municipality_comes_from_library_or_domain() -> None:
    assert write("Jeg tilmelder mig.\n\nMette Holm\nsouschef\nKolding Bibliotek\n").participants[0].municipality == "Kolding"
    assert write("Jeg tilmelder mig.\n\nMette Holm\nsouschef\n").participants[0].municipality == "Varde"


def plain(text: str) -> Message:
    return Message(
        fingerprint="",
        message_id="",
        sender=Address("Mette Holm", "mh@x.dk"),
        subject="Tilmelding",
        text=text,
        segments=(Segment(SegmentKind.NEW, 0, len(text)),),
        received_at=None,
        sent_at=None,
    )


WORDS = [
    "Mette Holm",
    "souschef",
    "Navn:",
    "\n",
    "\t",
    "EAN 5798009142108",
    "og",
    "jeg",
    "Varde Bibliotek",
    "(",
    ")",
    "mh@x.dk",
    "- ",
    "1.",
    ",",
    "att.",
    "Mvh",
    "5",
    "tåler ikke",
    "nødder",
    "i stedet for",
    "kommer",
]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=8)), max_size=40), st.sampled_from(list(Intent)))
def test_no_text_raises_and_evidence_points_at_its_words(parts: list[str], intent: Intent) -> None:
    message = plain(" ".join(parts))
    made = cast(message, intent, courses=(), answered=None, ours=())
    for person in made.participants:
        for evidence in person.evidence.values():
            if evidence.source == "text" and "*" not in evidence.words:
                assert message.text[evidence.start : evidence.end][:300] == evidence.words


HOSTILE = {
    "blank lines": "\n" * 100_000,
    "digits": "5" * 100_000,
    "one letter": "a" * 1_000_000,
    "cells": "Navn\t" * 10_000,
    "blocks": "Navn: Mette Holm\nTitel: chef\n" * 5_000,
    "titles": "leder, " * 20_000,
    "coordination": "teamleder for børn og " * 5_000,
    "brackets": "(" * 100_000,
    "names": "Mette Holm og Lars Bo, " * 5_000,
    "quotes": '"' * 100_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_takes_long(name: str) -> None:
    message = plain(HOSTILE[name])
    cast(plain("Mette"), Intent.SIGNUP, courses=(), answered=None, ours=())  # the word lists are read once
    begun = time.process_time()
    cast(message, Intent.SIGNUP, courses=(), answered=None, ours=())
    assert time.process_time() - begun < 2.0


def test_each_has_their_own_reference_by_whose_invoice_it_stands_on() -> None:
    ways = (
        "Personreference: LK77 på hendes faktura og MH12 på min.",
        "På min faktura skal der stå MH12, på hendes LK77.",
    )
    for way in ways:
        made = write(f"Lise Krogh (likr@vardebib.dk) og jeg vil gerne med på Hverdagsledelse.\n\nEAN 5798009142108. {way}\n\nMette Holm")
        assert {p.name: p.reference for p in made.participants} == {"Lise Krogh": "LK77", "Mette Holm": "MH12"}


def test_who_signs_a_forwarded_wish_or_is_told_with_its_writer_comes_too() -> None:
    header = "\n\nFra: Ane Friis <anfr@vardebib.dk>\nSendt: 9. februar 2026 15:50\nTil: Mette Holm <mho@vardebib.dk>\nEmne: Kursus\n\n"
    signed = "Kan du melde os begge to til Hverdagsledelse?\n\nHilsen\nAne Friis, teamleder, 24 90 63 18\nBo Lund, souschef, 24 90 63 77"
    told = "Bo Lund og jeg vil gerne tilmeldes Hverdagsledelse.\n\nHilsen\nAne Friis"
    for mail in (signed, told):
        made = write(f"Hej Lisbet\n\nSe nedenfor.\n\nMette Holm{header}{mail}", subject="VS: Hverdagsledelse")
        assert {p.name for p in made.participants} == {"Ane Friis", "Bo Lund"}


def test_who_is_spoken_to_or_has_only_talked_with_the_writer_does_not_come() -> None:
    spoken_to = write("Kære begge\n\nLisbet: Jeg tilmelder mig Hverdagsledelse.\nKarl Emil: Så er du orienteret om datoerne.\n\nMette Holm")
    talked = write("Rita Lund og jeg har vendt det, og det bliver mig, der kommer med på Hverdagsledelse.\n\nMette Holm")
    assert [[p.name for p in made.participants] for made in (spoken_to, talked)] == [["Mette Holm"], ["Mette Holm"]]


def test_who_is_away_and_yet_registered_by_the_writer_comes() -> None:
    made = write("Ib Bak Lund er på orlov til maj, men vil gerne lære mere. Derfor tilmelder jeg ham hermed Hverdagsledelse.\n\nMette Holm")
    assert [p.name for p in made.participants] == ["Ib Bak Lund"]


def test_a_new_name_and_its_new_address_are_the_writers() -> None:
    made = write(
        "Jeg er blevet gift og hedder nu Mette Juul. Fra mandag er min mail meju@vardebib.dk, og den gamle lukkes.\n\nMette",
        gold={"intent": "update"},
    )
    assert [(p.name, p.email) for p in made.participants] == [("Mette Juul", "meju@vardebib.dk")]


def test_a_block_may_begin_with_the_place_of_work() -> None:
    first = "PERSON A\nNavn: Lise Krogh\nBibliotek: Samsø Bibliotek\nEAN: 5798009142108"
    second = "PERSON B\nBibliotek: Læsø Bibliotek\nNavn: Bo Emil Lund\nEAN: 5798027558288"
    made = write(f"Vi tilmelder to til Hverdagsledelse.\n\n{first}\n\n{second}\n\nMette Holm")
    told = [(p.name, p.organisation, p.ean) for p in made.participants]
    assert told == [("Lise Krogh", "Samsø Bibliotek", "5798009142108"), ("Bo Emil Lund", "Læsø Bibliotek", "5798027558288")]


def test_new_data_below_their_labels_stand_before_the_old_ones_of_the_text() -> None:
    new = "Ny titel: Afdelingsleder\nNyt sted: Samsø Bibliotek\nNy mail: mho@samsobib.dk"
    made = write(
        f"Jeg er tilmeldt som teamleder fra Varde Bibliotek (adressen var mho@vardebib.dk).\n\n{new}\n\nMette Holm",
        sender="Mette Holm <mho@samsobib.dk>",
        gold={"intent": "update"},
    )
    assert [(p.title, p.organisation, p.email) for p in made.participants] == [("Afdelingsleder", "Samsø Bibliotek", "mho@samsobib.dk")]


def test_news_for_two_who_are_named_are_for_both() -> None:
    made = write(
        "Vores to på holdet, Lise Krogh og Bo Emil Lund, hører nu til en anden konto. Regningerne sendes til EAN 5798009142108."
        "\n\nMette Holm",
        subject="Nyt EAN-nummer",
        gold={"intent": "update"},
    )
    assert [(p.name, p.ean) for p in made.participants] == [("Lise Krogh", "5798009142108"), ("Bo Emil Lund", "5798009142108")]


def test_a_row_that_says_who_does_not_come_and_who_was_there_before() -> None:
    made = write(
        "Følgende skal med:\n\n- Lise Krogh\n- Bo Emil Lund\n\nKaren Friis fra børneafdelingen går på efterløn og kommer altså ikke med."
        "\n\n(Bo var selv på holdet i 2025 og kender vejen.)\n\nMette Holm"
    )
    assert [(p.name, p.returning) for p in made.participants] == [("Lise Krogh", None), ("Bo Emil Lund", True)]


def test_who_signs_with_a_first_name_only_is_the_one_named_in_full() -> None:
    made = write("Jeg skal med på Hverdagsledelse! Mette Holm, teamleder på Varde Bibliotek.\n\nMette", sender="Bib <x.y@hjemme.dk>")
    assert [p.name for p in made.participants] == ["Mette Holm"]
    assert made.contact is None


def test_a_title_on_the_line_that_a_writer_closes_with() -> None:
    made = write("Okay, du får mig med :-)\n\nMette Holm, souschef her på Varde Bibliotek. Alt det andet får du i morgen, når jeg er inde.")
    assert [(p.name, p.title) for p in made.participants] == [("Mette Holm", "souschef")]


def test_a_row_of_names_with_their_titles_between_commas() -> None:
    ways = (
        "Vi tilmelder Lise Krogh, souschef, Bo Emil Lund, teamleder for udlån, og Karen Friis, der er områdeleder.",
        "Der kommer tre fra os: Lise Krogh, som er souschef, Bo Emil Lund, vores teamleder for udlån, og Karen Friis, områdeleder.",
    )
    for way in ways:
        told = {p.name: p.title for p in write(f"{way}\n\nMette Holm").participants}
        assert told == {"Lise Krogh": "souschef", "Bo Emil Lund": "teamleder for udlån", "Karen Friis": "områdeleder"}


def test_one_number_for_the_one_and_another_for_the_writer() -> None:
    made = write("Ane Friis og jeg vil gerne med på Hverdagsledelse. Rekvirent 4471 for Ane, 4472 for mig.\n\nMette Holm")
    assert {p.name: p.reference for p in made.participants} == {"Ane Friis": "4471", "Mette Holm": "4472"}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            "Tag Ane Friis og Bo Emil Lund med på listen. Ane, der er leder, får regningen på EAN 5798009142108; Bo på EAN 5798027558288.",
            {"Ane Friis": (None, "5798009142108"), "Bo Emil Lund": (None, "5798027558288")},
        ),
        (
            "Hermed tilmeldes leder Ane Friis (mail: anfr@varde.dk, mobil: 20193582) og souschef Bo Emil Lund (mail: bo@varde.dk).",
            {"Ane Friis": ("+4520193582", None), "Bo Emil Lund": (None, None)},
        ),
        ("Jeg melder mig selv og vores nye souschef, Ane Friis, til.", {"Mette Holm": (None, None), "Ane Friis": (None, None)}),
        (
            "Tilmeldt: undertegnede (Mette Holm, teamleder) + Ane Friis (souschef). Vi deler EAN 5798009142108.",
            {"Mette Holm": (None, "5798009142108"), "Ane Friis": (None, "5798009142108")},
        ),
    ],
)
def test_two_in_one_breath_keep_what_is_theirs(body: str, told: dict[str, tuple[str | None, str | None]]) -> None:
    made = write(f"Hej Lisbet\n\n{body}\n\nMette Holm")
    assert {p.name: (p.phone, p.ean) for p in made.participants} == told
