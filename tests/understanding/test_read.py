"""What messages want: the phrases of the table files, the corpus, and what must hold for any message."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.course import Kind
from mailbot.mail.message import Automatic, Verdict
from mailbot.mail.parse import parse
from mailbot.understanding.lexicon import words
from mailbot.understanding.read import read
from mailbot.understanding.reading import Action, Address, Intent, Letter, Reading
from understanding.wording import COURSE, HERE, Phrase, message, phrases

CORPUS = HERE.parent / "corpus"
MATTERS = {"signup", "cancel", "substitute", "update", "accept", "decline"}
FILES = sorted(HERE.glob("phrases*.txt"))
LEAVER = "Tina Holm <th@egedal-bib.dk>"


def understood(phrase: Phrase) -> Reading:
    sender = LEAVER if phrase.intent == "substitute" else "Bo Krag <bk@egedal-bib.dk>"
    return read(message(phrase.text, phrase.context, subject=phrase.subject, sender=sender), [COURSE], None)


@pytest.mark.parametrize("file", FILES, ids=lambda p: p.stem)
def test_phrases_are_read_as_they_are_meant(file: Path) -> None:
    pairs = [(p, understood(p)) for p in phrases(file)]
    wrong = [f"{p.intent} read as {r.intent.value}/{r.action.value}: {p.text}" for p, r in pairs if r.intent.value != p.intent]
    acted = [p.text for p, r in pairs if p.intent not in MATTERS and r.action is Action.AUTO]
    left = [p.text for p, r in pairs if p.intent in MATTERS and r.action is Action.IGNORE]
    # the table is fitted to these lines; what a new writer's are read like, fit.py --held-out tells
    assert len(acted) <= 0.004 * len(pairs), acted
    assert not left
    assert len(wrong) <= 0.06 * len(pairs), wrong


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[dict[str, object], Reading]]:
    folder = tmp_path_factory.mktemp("corpus")
    cases = [str(CORPUS / "cases" / name) for name in ("dev.yaml", "dev2.yaml")]
    subprocess.run([sys.executable, str(CORPUS / "build.py"), *cases, "--out", str(folder)], check=True, capture_output=True)
    found = []
    for path in sorted(folder.glob("*.eml")):
        mail = parse(path.read_bytes())
        failed = any("dmarc=fail" in result for result in mail.authentication_results)
        reading = read(mail, [COURSE], None, authentication=Verdict.FAIL if failed else Verdict.NONE)
        found.append((json.loads(path.with_suffix(".json").read_text("utf-8")) | {"id": path.stem}, reading))
    return found


def test_the_corpus_is_read_right(corpus: list[tuple[dict[str, object], Reading]]) -> None:
    wrong = [f"{g['id']}: {g['intent']} read as {r.intent.value}" for g, r in corpus if r.intent.value != g["intent"]]
    action = [f"{g['id']}: {g['action']} taken as {r.action.value}" for g, r in corpus if r.action.value != g["action"]]
    asks = [str(g["id"]) for g, r in corpus if r.question != bool(g.get("question")) and g["intent"] != "question"]
    assert len(wrong) <= 0.02 * len(corpus), wrong
    assert len(action) <= 0.03 * len(corpus), action
    assert len(asks) <= 0.02 * len(corpus), asks


def test_nothing_of_the_corpus_is_lost_or_acted_on_wrongly(corpus: list[tuple[dict[str, object], Reading]]) -> None:
    for gold, reading in corpus:
        if gold["intent"] in MATTERS:
            assert reading.action is not Action.IGNORE, gold["id"]
            assert reading.intent.value in {*MATTERS, "question"}, gold["id"]
        else:
            assert reading.action is not Action.AUTO, gold["id"]


def test_every_reason_has_a_danish_sentence(corpus: list[tuple[dict[str, object], Reading]]) -> None:
    codes = Counter(reason.code for _, reading in corpus for reason in reading.reasons)
    assert codes
    assert not set(codes) - set(words("reasons"))


def letter(kind: Kind) -> Letter:
    return Letter(key="k1", kind=kind, course=COURSE.id, to=Address("Bo Krag", "bk@egedal-bib.dk"))


@pytest.mark.parametrize(
    ("kind", "text", "intent"),
    [
        (Kind.OFFER, "Ja tak!", Intent.ACCEPT),
        (Kind.OFFER_LAPSED, "Jeg vil stadig gerne have pladsen", Intent.ACCEPT),
        (Kind.OFFER_REMINDER, "Nej tak", Intent.DECLINE),
        (Kind.MISSING_DETAILS, "5798009142108", Intent.UPDATE),
        (Kind.CONFIRMATION, "Jeg må desværre melde fra", Intent.CANCEL),
        (Kind.MEETING_REMINDER, "Jeg kan ikke komme på torsdag", Intent.QUESTION),
    ],
)
def test_our_record_of_the_letter_decides_even_where_nothing_is_quoted(kind: Kind, text: str, intent: Intent) -> None:
    reading = read(message(text, subject="SV: Hverdagsledelse 2026"), [COURSE], letter(kind))
    assert reading.intent is intent
    assert reading.course == COURSE.id
    assert reading.origin.answered == "k1"


def test_an_invitation_that_is_only_quoted_is_nobodys_wish() -> None:
    reading = read(message("Tak for jeres nyhed, spændende.", "invite"), [COURSE], None)
    assert reading.intent is not Intent.SIGNUP or reading.action is not Action.AUTO


def test_a_failed_authentication_is_shown_and_not_acted_on() -> None:
    mail = message("Jeg vil gerne tilmeldes Hverdagsledelse 2026.\n\nMvh\nBo Krag")
    assert read(mail, [COURSE], None).action is Action.AUTO
    failed = read(mail, [COURSE], None, authentication=Verdict.FAIL)
    assert failed.action is Action.REVIEW
    assert [r.code for r in failed.reasons] == ["authentication_failed"]


def test_a_mailing_of_many_is_never_acted_on() -> None:
    mail = replace(message("Jeg vil gerne tilmeldes Hverdagsledelse 2026.\n\nMvh\nBo Krag"), automatic=Automatic.BULK)
    assert read(mail, [COURSE], None).action is not Action.AUTO


def test_a_single_meeting_is_noted_with_its_date() -> None:
    reading = read(message("Jeg må desværre melde afbud til den 20. august.", "program"), [COURSE], None)
    assert (reading.intent, reading.action) == (Intent.QUESTION, Action.REVIEW)
    assert [d.isoformat() for d in reading.findings[0].absences] == ["2026-08-20"]


@pytest.mark.parametrize(
    ("text", "withdrawn", "coming"),
    [
        ("Rikke Lund skal på barsel. I stedet for hende deltager Mads Holm på Hverdagsledelse.", ("Rikke Lund",), ["Mads Holm"]),
        ("Jeg må afmelde alle tre fra Hverdagsledelse: Ane Holm, Bent Lund og Carl Dam.", ("Ane Holm", "Bent Lund", "Carl Dam"), []),
        ("Både Ib Lund og jeg må melde fra Hverdagsledelse.", ("Ib Lund", "Bo Krag"), []),
    ],
)
def test_who_leaves_and_who_comes(text: str, withdrawn: tuple[str, ...], coming: list[str]) -> None:
    reading = read(message(f"{text}\n\nMvh\nBo Krag"), [COURSE], None)
    assert reading.withdrawn == withdrawn
    assert [p.name for p in reading.participants] == coming


@pytest.mark.parametrize(("text", "intent"), [("ja", Intent.ACCEPT), ("Ja, det passer.", Intent.ACCEPT), ("nej", Intent.DECLINE)])
def test_a_bare_answer_to_our_question_is_clear(text: str, intent: Intent) -> None:
    reading = read(message(text, subject="SV: Hverdagsledelse 2026"), [COURSE], letter(Kind.VERIFY))
    assert (reading.intent, reading.action) == (intent, Action.AUTO)


@given(st.text(max_size=400), st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_text_is_read_without_an_exception(text: str, subject: str) -> None:
    mail = replace(message("x"), text=text, subject=subject, segments=())
    assert read(mail, [COURSE], None).action in set(Action)


@pytest.mark.parametrize(
    "text", ["\n" * 20_000, "> " * 5_000, "jeg " * 20_000, "5" * 5_000, "a\tb\n" * 5_000, "ja, " * 5_000, "skriv mig " * 3_000]
)
def test_hostile_text_is_read_quickly(text: str) -> None:
    from time import perf_counter

    mail = replace(message("x"), text=text, segments=())
    begun = perf_counter()
    read(mail, [COURSE], None)
    assert perf_counter() - begun < 2.0
