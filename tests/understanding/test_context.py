"""Every letter of ours is known again by its wording where somebody answers below it, without our record of it."""

from __future__ import annotations

import pytest

from mailbot.letters.compose import Composed
from mailbot.letters.preview import samples
from mailbot.letters.templates import Templates
from mailbot.mail.parse import parse
from mailbot.understanding.context import Answers, context
from understanding.wording import OURS

EXPECTED = {
    "confirmation": Answers.CONFIRMATION,
    "updated": Answers.CONFIRMATION,
    "already": Answers.CONFIRMATION,
    "substituted": Answers.CONFIRMATION,
    "missing_details": Answers.REQUEST,
    "meeting_reminder": Answers.PROGRAMME,
    "place": Answers.PROGRAMME,
    "thanks": Answers.PROGRAMME,
    "waiting": Answers.WAITING,
    "late": Answers.WAITING,
    "offer": Answers.OFFER,
    "offer_reminder": Answers.OFFER,
    "offer_lapsed": Answers.OFFER,
    "verify": Answers.VERIFY,
    "cancelled": Answers.ENDED,
    "declined": Answers.ENDED,
}
ASKS_NOTHING = {"receipt", "answer", "command_reply"}  # an answer to these is read by its own words
LETTERS = [(language, name, letter) for language, name, letter in samples(Templates()) if name.partition("-")[0] not in ASKS_NOTHING]


@pytest.mark.parametrize(("language", "name", "letter"), LETTERS, ids=[f"{language}-{name}" for language, name, _ in LETTERS])
def test_a_letter_quoted_below_an_answer_is_known(language: str, name: str, letter: Composed) -> None:
    quoted = "".join(f"> {line}\n" for line in letter.text.splitlines())
    raw = (
        f"From: Bo Krag <bk@egedal-bib.dk>\nTo: {OURS}\nSubject: Re: {letter.subject}\nMIME-Version: 1.0\n"
        "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
        f"Ja.\n\nDen 19. jan. 2026 kl. 11.13 skrev {OURS}:\n\n{quoted}"
    )
    message = parse(raw.encode())
    assert context(message, None, frozenset({"lv@fremtidensbiblioteker.dk"})).answers is EXPECTED[name.partition("-")[0]]


@pytest.mark.parametrize(
    ("subject", "answers"),
    [
        ("Svar på tilbud om plads", Answers.OFFER),
        ("Svar vedr. din bekræftelse", Answers.CONFIRMATION),
        ("Svar på spørgsmål", Answers.NOTHING),
        ("Ledig plads til dig", Answers.NOTHING),  # a seller writes that, too
    ],
)
def test_who_answers_in_a_mail_of_its_own_says_so_in_the_subject(subject: str, answers: Answers) -> None:
    raw = f"From: Bo Krag <bk@egedal-bib.dk>\nTo: {OURS}\nSubject: {subject}\n\nHej".encode()
    assert context(parse(raw), None, (OURS,)).answers is answers
