"""Whole letters: every kind in both languages, the headers, the twins, and names that mean harm."""

from __future__ import annotations

import email
import re
from dataclasses import replace
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.course import Course, Kind, Status
from mailbot.letters.compose import Composed, answering, compose
from mailbot.letters.key import letter_key
from mailbot.letters.preview import EXPIRES, METTE, NOW, SOFIE, THREAD, drafts, sample_course, samples, seat, write
from mailbot.letters.templates import LANGUAGES, Templates
from mailbot.registration.records import Draft, Seat, Thread
from mailbot.understanding.reading import Address, Person

from .test_twin import said

TEMPLATES = Templates()
COURSE = sample_course("da")
GOLDEN = Path(__file__).parent / "confirmation.txt"
ALL = [pytest.param(letter, id=f"{language}-{name}") for language, name, letter in samples(TEMPLATES)]


def letter(draft: Draft, course: Course = COURSE) -> Composed:
    return compose(draft, course, key=letter_key(b"k", draft), now=NOW, templates=TEMPLATES)


def to_mette(kind: Kind, *seats: Seat, reply: Thread | None = None, to: Address | None = None, **facts: object) -> Draft:
    whom = to or Address(METTE.name or "", METTE.email or "")
    return Draft(kind=kind, course=COURSE.id, to=whom, subject_of="registration:12", seats=seats, reply=reply, facts=facts)


def parsed(raw: bytes) -> EmailMessage:
    return cast(EmailMessage, email.message_from_bytes(raw, policy=default))


def test_every_kind_but_the_digest_has_samples() -> None:
    assert {draft.kind for _, draft in drafts(COURSE)} | {Kind.DIGEST} == set(Kind)
    assert all((TEMPLATES.path(language, f"{kind.value}.txt")).exists() for kind in Kind for language in LANGUAGES)


@pytest.mark.parametrize("made", ALL)
def test_every_letter_is_sound(made: Composed) -> None:
    message = parsed(made.raw)
    assert made.raw.isascii()
    assert b"\n" not in made.raw.replace(b"\r\n", b"")
    assert max(map(len, made.raw.split(b"\r\n"))) <= 200
    assert not message.defects
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().replace("\r\n", "\n") == made.text
    assert not re.search(r"\{[{%]|%\}|\}\}|None|undefined|  +,|\n{3}|\( |  \.", made.text), made.text
    assert not re.search(r"[!]{2}|\bDe\b|[ ]$", made.subject)
    for header in (
        "Auto-Submitted",
        "X-Auto-Response-Suppress",
        "X-Mailbot-Letter",
        "References",
        "Message-ID",
        "Content-Language",
        "Date",
    ):
        assert message[header], header
    assert "OOF" not in message["X-Auto-Response-Suppress"]


@pytest.mark.parametrize("made", ALL)
def test_the_page_says_what_the_text_says(made: Composed) -> None:
    text = "".join(line.removeprefix("- ") for line in made.text.split("\n"))
    assert said(made.html) == "".join(text.split())


def test_a_confirmation_as_it_is_read() -> None:
    """Read it aloud; if it is better than the file, replace the file."""
    made = letter(to_mette(Kind.CONFIRMATION, seat(replace(METTE, ean=None), missing=("ean",)), reply=THREAD))
    assert f"{made.subject}\n\n{made.text}" == GOLDEN.read_text("utf-8")


def test_an_answer_continues_the_thread() -> None:
    thread = Thread("<b@x.dk>", ("<a@x.dk>",), "Re: SV: sv: Tilmelding")
    made = parsed(letter(to_mette(Kind.CONFIRMATION, seat(METTE), reply=thread)).raw)
    assert made["Subject"] == "SV: Tilmelding"
    assert made["In-Reply-To"] == "<b@x.dk>"
    assert made["References"].split()[0].startswith("<mailbot-letter.")
    assert made["References"].split()[1:] == ["<a@x.dk>", "<b@x.dk>"]
    assert made["Auto-Submitted"] == "auto-replied"


def test_news_keeps_the_thread_but_says_itself_in_the_subject() -> None:
    made = parsed(letter(to_mette(Kind.OFFER, seat(METTE, Status.OFFERED), reply=THREAD, expires_at=EXPIRES)).raw)
    assert made["Subject"] == "Der er plads til dig på Hverdagsledelse 2026"
    assert made["In-Reply-To"] == THREAD.message_id
    assert made["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize(
    ("subject", "answer"),
    [
        ("Tilmelding", "SV: Tilmelding"),
        ("SV: Tilmelding", "SV: Tilmelding"),
        ("Re: SV: AW[2]: Tilmelding", "SV: Tilmelding"),
        ("VS: Tilmelding", "SV: VS: Tilmelding"),
        ("", ""),
        ("SV:", ""),
        ("Svar udbedes", "SV: Svar udbedes"),
    ],
)
def test_one_prefix(subject: str, answer: str) -> None:
    assert answering(subject, "SV") == answer


def test_long_chains_of_references_keep_their_ends() -> None:
    thread = Thread("<last@x.dk>", tuple(f"<{n}{'x' * 80}@x.dk>" for n in range(500)), "Hej")
    made = letter(to_mette(Kind.RECEIPT, reply=thread))
    references = parsed(made.raw)["References"].split()
    assert len(references) == 20
    assert references[-1] == "<last@x.dk>"
    assert references[0].startswith("<mailbot-letter.")


def test_the_calendar_goes_with_a_seat_only() -> None:
    def files(draft: Draft) -> list[str | None]:
        return [p.get_filename() for p in parsed(letter(draft).raw).walk() if p.get_content_type() == "text/calendar"]

    assert files(to_mette(Kind.CONFIRMATION, seat(METTE))) == ["hverdagsledelse-2026.ics"]
    assert files(to_mette(Kind.WAITING, seat(METTE, Status.WAITING, position=1))) == []
    part = next(p for p in parsed(letter(to_mette(Kind.CONFIRMATION, seat(METTE))).raw).walk() if p.get_content_type() == "text/calendar")
    assert dict(part["Content-Type"].params)["method"] == "PUBLISH"


def test_one_letter_speaks_of_all_three_and_of_the_writer_as_du() -> None:
    carl, bo = Person(name="Carl Madsen"), Person(name="Bo Lind")
    group = (
        seat(bo, contact=SOFIE, number=2),
        seat(Person(name="Sofie Lund", email=SOFIE.email), number=1),
        seat(carl, Status.WAITING, position=1, contact=SOFIE, number=3),
    )
    text = " ".join(letter(to_mette(Kind.CONFIRMATION, *group, to=SOFIE)).text.split())
    assert "Kære Sofie, Tak for tilmeldingen til Hverdagsledelse 2026." in text
    assert "Du og Bo Lind har fået plads, og Carl Madsen står som nr. 1 på ventelisten." in text


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("579800123456", "det har 12 cifre, og et EAN-nummer har 13"),
        ("5798001234567", "cifrene passer ikke sammen"),
    ],
)
def test_a_number_that_is_no_ean_is_named(number: str, words: str) -> None:
    person = replace(METTE, ean=None, ean_invalid=number)
    text = " ".join(letter(to_mette(Kind.CONFIRMATION, seat(person, missing=("ean",)))).text.split())
    assert "kan ikke være et EAN-nummer" in text
    assert words in text
    assert "Vi mangler" not in text


def test_diet_is_shown_to_the_person_only() -> None:
    assert "vegetar" in letter(to_mette(Kind.CONFIRMATION, seat(METTE))).text
    other = letter(to_mette(Kind.CONFIRMATION, seat(METTE, contact=SOFIE), to=SOFIE)).text
    assert "vegetar" not in other
    assert "noteret" in other


def test_a_colleague_is_not_taken_for_the_participant() -> None:
    text = letter(to_mette(Kind.CANCELLED, seat(METTE, Status.CANCELLED), to=Address("Ida Bech", "ida@eksempelbib.dk"))).text
    assert "Mette Holm Jørgensen er nu meldt fra" in " ".join(text.split())


HOSTILE = (
    "<script>alert(1)</script>",
    "{{ 7*7 }}{% for x in y %}",
    "Mette\r\nBcc: evil@x.dk\r\n\r\nHej",
    "\u202eettem\u202c",
    "x" * 500,
    "=cmd|' /C calc'!A0",
    "[klik](https://evil.example)",
    "![x](cid:y)",
    "Mette\n- punkt\n---",
    "=?utf-8?q?evil?=",
    "\x00\x1b[31m",
    '"Mette" <evil@x.dk>',
    "Se http://evil.example/gratis",
    "\ud800",
)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_names_are_harmless(name: str, language: str) -> None:
    person = replace(METTE, name=name, title=name, organisation=name, reference=name, dietary=name)
    draft = Draft(
        kind=Kind.CONFIRMATION,
        course="c",
        to=Address(name, "m@x.dk"),
        subject_of="r",
        seats=(seat(person, missing=("ean",), contact=SOFIE),),
        reply=Thread(f"<a@x.dk>\r\nBcc: e@x.dk {name}", (name, "<b@x.dk>"), name),
        facts={"successor": name, "asker": Address(name, "q@x.dk")},
    )
    made = letter(draft, sample_course(language))
    message = parsed(made.raw)
    assert message["Bcc"] is None
    assert len(message.get_all("To", [])) == 1
    assert [a.addr_spec for a in message["To"].addresses] == ["m@x.dk"]
    assert "<script" not in made.html.replace("&lt;script", "")
    assert "evil.example" not in made.html + made.text + str(message["Subject"])
    assert "49" not in made.text
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00\x1b]", made.text + made.html)
    assert len(made.subject) < 200
    assert said(made.html) == "".join("".join(x.removeprefix("- ") for x in made.text.split("\n")).split())


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=60), st.lists(st.text(max_size=80), max_size=3))
def test_no_header_can_be_injected(name: str, subject: str, address: str, references: list[str]) -> None:
    thread = Thread(references[0] if references else "", tuple(references), subject)
    raw = letter(Draft(kind=Kind.RECEIPT, course="c", to=Address(name, f"{address}@x.dk"), subject_of="r", reply=thread)).raw
    head = raw.partition(b"\r\n\r\n")[0]
    names = [line.partition(b":")[0] for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert names == [
        n
        for n in (
            b"From",
            b"To",
            b"Subject",
            b"Date",
            b"Message-ID",
            b"In-Reply-To",
            b"References",
            b"Auto-Submitted",
            b"X-Auto-Response-Suppress",
            b"X-Mailbot-Letter",
            b"Content-Language",
            b"MIME-Version",
            b"Content-Type",
        )
        if n != b"In-Reply-To" or b"\r\nIn-Reply-To:" in head
    ]
    assert raw.isascii()


def test_the_same_in_the_same_out() -> None:
    draft = to_mette(Kind.CONFIRMATION, seat(METTE), reply=THREAD)
    assert letter(draft) == letter(draft)


def test_previews_are_written(tmp_path: Path) -> None:
    files = write(tmp_path / "new" / "folder", COURSE, TEMPLATES)
    assert len(files) == 2 * len(list(drafts(COURSE)))
    assert all(path.stat().st_size > 100 for path in files)


def test_a_moved_meeting_is_told_with_the_time_it_had() -> None:
    made = {name: letter for language, name, letter in samples(Templates()) if language == "da"}
    assert "som skulle have været torsdag den 4. juni" in " ".join(made["place-moved"].text.split())
    assert "som skulle have været" not in made["place"].text


def test_who_is_asked_about_themselves_is_spoken_to() -> None:
    made = {name: letter for language, name, letter in samples(Templates()) if language == "da"}
    assert "bedt os om at melde dig fra" in " ".join(made["verify"].text.split())
