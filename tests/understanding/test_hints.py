"""What may concern a course is fetched whole; what surely does not, is not."""

from __future__ import annotations

import pytest

from mailbot.config import shipped_courses
from mailbot.mail.parse import parse
from mailbot.understanding.hints import may_concern


@pytest.mark.parametrize(
    ("subject", "text", "expected"),
    [
        ("Tilmelding", "Se nedenfor", True),
        ("Hej", "Tæl mig med til hverdagsledelse", True),
        ("Hej", "", True),
        ("EAN", "5798000123458", True),
        ("Frokost", "Skal vi spise sammen på torsdag? Kh Bo", False),
        ("Build 4711 failed", "The build of main failed after 3 minutes.", False),
    ],
)
def test_what_may_concern_a_course(subject: str, text: str, expected: bool) -> None:
    raw = f"From: a@b.dk\r\nSubject: {subject}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}".encode()
    assert may_concern(parse(raw), shipped_courses()) is expected
