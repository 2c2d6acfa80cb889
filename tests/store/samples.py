"""Small makers of records for these tests: what a test does not say is as plain as can be."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from mailbot.course import Course, Kind, Meeting, Status
from mailbot.registration.records import Draft, Item, ItemKind, LetterState, Outcome, Registration, Seat
from mailbot.store.base import Entry, Outgoing, Place
from mailbot.store.schema import APPLICATION_ID
from mailbot.understanding.reading import Address, Person

NOW = datetime(2026, 1, 20, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def course(**values: Any) -> Course:
    meetings = tuple(Meeting(date=date(2026, month, 11), start=time(10), end=time(15)) for month in (6, 8, 10, 11))
    return Course(**{
        "id": "ledelse-2026", "title": "Hverdagsledelse 2026", "signup_address": "lv@fremtidensbiblioteker.dk",
        "capacity": 24, "meetings": meetings, **values,
    })


def person(n: int = 1, **values: Any) -> Person:
    return Person(**{"name": f"Person {n}", "email": f"p{n}@bibliotek.dk", **values})


def registration(n: int = 1, **values: Any) -> Registration:
    return Registration(**{
        "id": n, "course": "ledelse-2026", "status": Status.CONFIRMED, "person": person(n),
        "received_at": NOW, "queued_at": NOW, **values,
    })


def draft(*people: Registration, **values: Any) -> Draft:
    first = people[0] if people else registration()
    return Draft(**{
        "kind": Kind.CONFIRMATION, "course": first.course, "to": Address(first.person.name or "", first.person.email or ""),
        "subject_of": f"registration:{first.id}", "seats": tuple(Seat(r) for r in people), **values,
    })


def outgoing(about: Draft, key: str = "", **values: Any) -> Outgoing:
    key = key or f"{about.subject_of}/{about.kind}/{about.to.email}/{about.version}"
    return Outgoing(**{
        "key": key, "draft": about, "subject": "SV: Tilmelding", "message_id": f"<{key}@bibliotek.dk>",
        "raw": f"To: {about.to.email}\r\nSubject: SV: Tilmelding\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nKære du\r\n".encode(),
        "recipients": (about.to.email,), "due_at": NOW, **values,
    })


def entry(n: int = 1, **values: Any) -> Entry:
    return Entry(**{
        "fingerprint": f"fp{n}", "message_id": f"<{n}@bibliotek.dk>", "received_at": NOW, "outcome": Outcome.HANDLED,
        "intent": "signup", "place": Place("lv", "INBOX", 7, n), "course": "ledelse-2026",
        "summary": {"from": f"p{n}@bibliotek.dk", "subject": "Tilmelding"}, **values,
    })


def item(n: int, **values: Any) -> Item:
    return Item(**{"id": n, "course": "ledelse-2026", "kind": ItemKind.REVIEW, "opened_at": NOW, **values})


SENT, PLANNED, WITHHELD = LetterState.SENT, LetterState.PLANNED, LetterState.WITHHELD


def make_version_1(path: Path) -> None:
    """A database as version 1 left it: one registration with its letter, its message and its history."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(Path(__file__).with_name("version-1.sql").read_text("utf-8"))
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def content(store: Any) -> Mapping[str, list[tuple[Any, ...]]]:
    """Every row of every table, to compare two states."""
    tables = [row["name"] for row in store.rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '%sqlite_%'")]
    return {name: sorted((tuple(row) for row in store.rows(f"SELECT * FROM {name}")), key=repr) for name in tables}
