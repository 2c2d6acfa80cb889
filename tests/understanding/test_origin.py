"""The facts of a message: the excerpt without CPR, and when somebody is back."""

from __future__ import annotations

from datetime import date

import pytest

from mailbot.mail.message import Verdict
from mailbot.understanding.origin import EXCERPT, back_on, origin
from understanding.wording import message

TODAY = date(2026, 2, 12)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Jeg holder ferie og er tilbage mandag den 23. februar.", date(2026, 2, 23)),
        ("Jeg holder vinterferie til og med fredag den 20. februar og læser ikke mails.", date(2026, 2, 21)),
        ("Lige nu er jeg på barsel og er først tilbage på kontoret den 3. august 2026.", date(2026, 8, 3)),
        ("Jeg er til møde i København i dag og svarer på mails igen på mandag.", date(2026, 2, 16)),
        ("I am out of office until 27 February.", date(2026, 2, 28)),
        ("I will be back on March 2.", date(2026, 3, 2)),
        ("Jeg er tilbage 3/8.", date(2026, 8, 3)),
        ("Jeg er på ferie.", None),
        ("Jeg er tilbage den 31. februar.", None),
    ],
)
def test_when_somebody_is_back(text: str, expected: date | None) -> None:
    assert back_on(text, TODAY) == expected


def test_the_excerpt_is_short_and_without_cpr() -> None:
    found = origin(message("Mit CPR er 010190-1234. " + "Hej " * 200), None, Verdict.PASS, {"lv@fremtidensbiblioteker.dk"})
    assert len(found.excerpt) <= EXCERPT
    assert "1234" not in found.excerpt
    assert found.to_us
    assert found.authentication is Verdict.PASS
