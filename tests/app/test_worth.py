"""What may concern a course is fetched whole; what surely does not, is not."""

from __future__ import annotations

import base64

import pytest

from mailbot.app.worth import worth_of
from mailbot.config import shipped_courses

WORTH = worth_of(shipped_courses())
CASES = [
    ("Tilmelding", "Se nedenfor", True),
    ("Hej", "Tæl mig med til hverdagsledelse", True),
    ("EAN", "5798000123458", True),
    ("Svar", "Jeg tager pladsen", True),
    ("Frokost", "Skal vi spise sammen paa torsdag? Kh Bo", False),
    ("Build 4711 failed", "The build of main failed after 3 minutes.", False),
]


@pytest.mark.parametrize(("subject", "text", "expected"), CASES)
def test_by_its_plain_text(subject: str, text: str, expected: bool) -> None:
    head = f"From: x@y.dk\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
    assert WORTH(f"{head}\r\n{text}".encode()) is expected
    encoded = base64.b64encode(text.encode()).decode()
    assert WORTH(f"{head}Content-Transfer-Encoding: base64\r\n\r\n{encoded}\r\n".encode()) is expected


def test_where_there_is_no_text_everything_is() -> None:
    assert WORTH(b"From: x@y.dk\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n\r\n")
