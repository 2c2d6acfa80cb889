"""The digest as it leaves the house: on working days, to the administrator, with the lists on Mondays."""

from __future__ import annotations

import email
from datetime import datetime, timedelta
from email import policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from app.office import signup
from mailbot.app.due import work_due
from mailbot.app.handle import Received, Rules, handle
from mailbot.config import shipped_courses
from mailbot.course import Kind, Mode
from mailbot.letters.templates import Templates
from mailbot.store.sqlite import SqliteStore

AT = datetime.fromisoformat("2026-02-06T10:00:00+01:00")  # a Friday
RULES = Rules(administrators=("lv@fremtidensbiblioteker.dk",), templates=Templates())


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    made = SqliteStore(tmp_path / "mailbot.db")
    (course,) = shipped_courses()
    made.save_course(course, AT)
    made.set_mode(course.id, Mode.OBSERVE, AT)
    return made


def digests(store: SqliteStore, at: datetime) -> list[EmailMessage]:
    """Those that fall due at this time."""
    recorded = [letter for step in work_due(store, RULES, at, datetime.fromisoformat("2026-01-01T07:30").time()) for letter in step.letters]
    raws = [store.letter_raw(letter.number) for letter in recorded if letter.kind is Kind.DIGEST]
    return [email.message_from_bytes(raw, policy=policy.default) for raw in raws if raw]  # type: ignore[misc]


def sheets(message: EmailMessage) -> list[str]:
    return [part.get_filename() or "" for part in message.iter_attachments() if (part.get_filename() or "").endswith(".xlsx")]


def test_it_goes_out_once_on_a_working_day_and_in_every_mode(store: SqliteStore) -> None:
    handle(Received(signup("Mette Holm", "mho@eksempelby-kom.dk"), AT), store, RULES, AT)
    assert digests(store, AT.replace(hour=7, minute=0)) == []
    (first,) = digests(store, AT)
    assert first["To"].addresses[0].addr_spec == "lv@fremtidensbiblioteker.dk"
    assert "1 af 24 pladser" in str(first["Subject"])
    assert digests(store, AT + timedelta(hours=1)) == []
    assert digests(store, AT + timedelta(days=1)) == []  # Saturday


def test_the_lists_come_along_on_mondays(store: SqliteStore) -> None:
    handle(Received(signup("Mette Holm", "mho@eksempelby-kom.dk"), AT), store, RULES, AT)
    assert [sheets(m) for m in digests(store, AT)] == [[]]
    assert [sheets(m) for m in digests(store, AT + timedelta(days=3))] == [["hverdagsledelse-2026-2026-02-09.xlsx"]]


def test_the_guide_comes_along_with_the_first_alone(store: SqliteStore) -> None:
    (first,) = digests(store, AT)
    guides = [part for part in first.iter_attachments() if part.get_filename() == "vejledning.txt"]
    assert [part.get_content().splitlines()[0] for part in guides] == ["# Sådan arbejder du sammen med mailbot"]
    (second,) = digests(store, AT + timedelta(days=3))
    assert [part.get_filename() for part in second.iter_attachments() if part.get_content_type() == "text/plain"] == []


def test_a_diet_never_stands_in_it(store: SqliteStore) -> None:
    raw = signup("Mette Holm", "mho@eksempelby-kom.dk").replace(b"EAN 5798", b"Jeg er veganer.\r\nEAN 5798")
    handle(Received(raw, AT), store, RULES, AT)
    (registration,) = store.roster("hverdagsledelse-2026").registrations
    assert registration.person.dietary
    (digest,) = digests(store, AT)
    assert "vegan" not in str(digest).lower()
