"""Names and addresses that only look like somebody's: letters of another alphabet, and words that run the other way."""

from __future__ import annotations

from email.header import Header

import pytest
from crash.story import letter

from app.desk import Desk, text_of
from app.office import signup

REAL = "Mette Holm"
OTHERS = {"Cyrillic": "М\u0435tt\u0435 Holm", "right to left": "\u202emloH etteM\u202c", "joined": "Mette\u200b Ho\u2060lm"}


def written_by(name: str, raw: bytes) -> bytes:
    """The display name as an encoded word, as mail programs write it."""
    return raw.replace(f"From: {name} <".encode(), f"From: {Header(name, 'utf-8').encode()} <".encode())


@pytest.mark.parametrize("name", OTHERS.values(), ids=OTHERS)
def test_a_name_that_looks_like_hers_cancels_nobody(desk: Desk, name: str) -> None:
    desk.arrive(signup(REAL, "mho@eksempelby-kom.dk"))
    raw = letter(name, "mho@eksempelby-korn.dk", "Afbud", "Jeg må desværre melde afbud til Hverdagsledelse 2026.")
    desk.arrive(written_by(name, raw))
    (hers, *others) = desk.roster.registrations
    assert hers.status == "confirmed"
    assert others == []
    digest = text_of(desk.digest())
    assert not set(digest) & set("\u202e\u202c\u200b\u2060")
    assert "mho@eksempelby-korn.dk" in digest  # she sees who it was


def test_who_looks_like_the_administrator_commands_nothing(desk: Desk) -> None:
    raw = desk.write(
        "pladser 99\npause", sender="Lisbet Vestergaard <lv@fremtidensbibliot\u0435ker.dk>",
        results="mx.fremtidensbiblioteker.dk; dmarc=pass header.from=xn--fremtidensbibliotker-qwf.dk",
    )
    assert desk.arrive(raw) == []
    assert desk.roster.course.capacity == 3
    assert not desk.roster.settings.paused
