"""Rows and records: what is asked for stands in columns of its own, all else in one JSON column named `rest`.

So a field that a record gains later needs no migration. Times are kept in UTC, in one width, so that they sort as text;
numbers that people write (EAN, telephone) stay text. Reading back is pydantic's work.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import from_json

from mailbot.course import Kind
from mailbot.registration.records import Item, LetterRecord, LetterState, Registration
from mailbot.store.base import Entry, HistoryLine, Outgoing, Place
from mailbot.understanding.reading import Address, Reason

Row = sqlite3.Row

PERSON = (
    "name", "email", "title", "organisation", "municipality", "phone", "ean", "ean_invalid", "cvr", "reference",
    "invoice_email", "dietary", "returning", "waiting_only",
)
_COLUMN = {"returning": "took_part_before"}  # RETURNING is a word of SQL that Datasette does not quote
STANDING = (
    "id", "course", "status", "received_at", "queued_at", "place", "message", "late", "offered_at", "offer_expires_at",
    "confirmed_at", "ended_at", "payable", "note",
)
ITEM = ("id", "course", "kind", "opened_at", "closed_at", "closed_as", "message", "subject", "received_at", "excerpt")

MOST_REMEMBERED = 20_000  # rows that did not change are not read twice: most of a roster is the same from message to message

_REGISTRATION = TypeAdapter(Registration)
_ITEM = TypeAdapter(Item)
_ENTRY = TypeAdapter(Entry)
_REASON = TypeAdapter(Reason)


def stamp(at: datetime) -> str:
    """An aware time in UTC, as it is stored: `2026-01-20T08:00:00.000000+00:00`."""
    try:
        at = at.astimezone(UTC)
    except OverflowError:  # a date of the year 1 or 9999 in a hostile header
        at = at.replace(tzinfo=UTC)
    return at.isoformat(timespec="microseconds")


def moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def clean(text: str) -> str:
    """Text as UTF-8 can hold it: half a surrogate pair, which hostile mail can bring about, becomes a question mark."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def plain(value: object) -> Any:
    """A record as values that JSON knows."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {clean(str(key)): plain(v) for key, v in value.items()}
    if isinstance(value, tuple | list):
        return [plain(v) for v in value]
    return value


def sealed(identity: str, secret: bytes) -> str:
    """A person's identity hash as it is stored: without the database's secret nobody can try addresses against it."""
    return hashlib.blake2b(identity.encode(), key=secret, digest_size=16).hexdigest()


class Forgotten(frozenset[str]):
    """The stored hashes; `identity_hash(address) in forgotten` asks for an address."""

    secret: bytes

    def __contains__(self, identity: object) -> bool:
        return super().__contains__(sealed(str(identity), self.secret))


def forgotten(stored: Iterable[str], secret: bytes) -> Forgotten:
    people = Forgotten(stored)
    people.secret = secret
    return people


def dumps(value: object) -> str:
    return json.dumps(plain(value), ensure_ascii=False, separators=(",", ":"))


def registration_row(registration: Registration) -> dict[str, Any]:
    rest = plain(registration)
    contact, sources = rest.pop("contact"), rest.pop("sources")
    return {
        **{name: rest.pop(name) for name in STANDING},
        **{_COLUMN.get(name, name): rest["person"].pop(name) for name in PERSON},
        "contact_name": contact and contact["name"],
        "contact_email": contact and contact["email"],
        "sources": dumps(sources),
        "rest": dumps(rest),
    }


@lru_cache(MOST_REMEMBERED)
def registration_of(row: Row) -> Registration:
    values = from_json(row["rest"])
    values |= {name: row[name] for name in STANDING}
    values["person"] |= {name: row[_COLUMN.get(name, name)] for name in PERSON}
    values["contact"] = _address(row["contact_name"], row["contact_email"])
    values["sources"] = from_json(row["sources"])
    return _REGISTRATION.validate_python(values)


def item_row(item: Item) -> dict[str, Any]:
    rest = plain(item)
    sender = rest.pop("sender")
    return {
        **{name: rest.pop(name) for name in ITEM},
        "sender_name": sender and sender["name"],
        "sender_email": sender and sender["email"],
        "registrations": dumps(rest.pop("registrations")),
        "rest": dumps(rest),
    }


@lru_cache(MOST_REMEMBERED)
def item_of(row: Row) -> Item:
    values = from_json(row["rest"])
    values |= {name: row[name] for name in ITEM}
    values["sender"] = _address(row["sender_name"], row["sender_email"])
    values["registrations"] = from_json(row["registrations"])
    return _ITEM.validate_python(values)


def letter_row(letter: Outgoing, number: int, at: datetime) -> dict[str, Any]:
    draft = letter.draft
    return {
        "number": number,
        "key": clean(letter.key),
        "kind": draft.kind.value,
        "course": draft.course,
        "to_name": clean(draft.to.name),
        "to_email": clean(draft.to.email),
        "about": dumps([seat.registration.id for seat in draft.seats]),
        "subject_of": clean(draft.subject_of),
        "version": draft.version,
        "state": letter.state.value,
        "planned_at": stamp(at),
        "due_at": stamp(letter.due_at),
        "subject": clean(letter.subject),
        "message_id": clean(letter.message_id),
        "reason": None if letter.reason is None else dumps(letter.reason),
        "recipients": dumps(letter.recipients),
        "raw": letter.raw,
    }


LETTER_COLUMNS = (
    "number, key, kind, course, to_name, to_email, about, subject_of, version, state, planned_at, sent_at, subject,"
    " coalesce(server_message_id, message_id) AS message_id, reason"
)


@lru_cache(MOST_REMEMBERED)
def letter_of(row: Row) -> LetterRecord:
    """By hand: a roster holds thousands of these."""
    return LetterRecord(
        number=row["number"],
        key=row["key"],
        kind=Kind(row["kind"]),
        course=row["course"],
        to=Address(row["to_name"], row["to_email"]),
        about=tuple(from_json(row["about"])),
        subject_of=row["subject_of"],
        version=row["version"],
        state=LetterState(row["state"]),
        planned_at=datetime.fromisoformat(row["planned_at"]),
        sent_at=moment(row["sent_at"]),
        subject=row["subject"],
        message_id=row["message_id"],
        reason=None if row["reason"] is None else _REASON.validate_json(row["reason"]),
    )


def entry_row(entry: Entry, at: datetime) -> dict[str, Any]:
    """Of unrelated mail no more than how it was known and how it ended."""
    unrelated = entry.outcome == "ignored" and entry.summary is None
    reasons = [Reason(reason.code) for reason in entry.reasons] if unrelated else entry.reasons
    return {
        "fingerprint": clean(entry.fingerprint),
        "message_id": "" if unrelated else clean(entry.message_id),
        "received_at": stamp(entry.received_at),
        "handled_at": stamp(at),
        "outcome": entry.outcome.value,
        "intent": clean(entry.intent),
        "course": entry.course,
        "file": clean(entry.file),
        "reasons": dumps(reasons),
        "registrations": dumps(entry.registrations),
        "summary": None if entry.summary is None else dumps(entry.summary),
    }


def entry_of(row: Row) -> Entry:
    values = {name: row[name] for name in ("fingerprint", "message_id", "received_at", "outcome", "intent", "course", "file")}
    values |= {name: from_json(row[name]) for name in ("reasons", "registrations")}
    values["summary"] = None if row["summary"] is None else from_json(row["summary"])
    if row["uid"] is not None:
        values["place"] = Place(row["account"], row["mailbox"], row["uidvalidity"], row["uid"])
    return _ENTRY.validate_python(values)


def history_of(row: Row) -> HistoryLine:
    return HistoryLine(datetime.fromisoformat(row["at"]), row["code"], row["registration"], from_json(row["details"]), row["message"])


def _address(name: str | None, email: str | None) -> Address | None:
    return None if name is None or email is None else Address(name, email)
