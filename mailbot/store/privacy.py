"""Personal data: what is kept about an address, and how it is erased (GDPR art. 15 and 17, retention).

What is erased is overwritten on the disk (`secure_delete`, and the log is emptied). Of a forgotten address a keyed
hash stays, of its messages the fingerprint, so that neither a sweep nor a restored copy books the person again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from email import message_from_bytes, policy
from typing import Any, NamedTuple

from pydantic_core import from_json

from mailbot.registration.records import Item, LetterState, identity_hash
from mailbot.store.messages import ENTRIES
from mailbot.store.outbox import Outbox
from mailbot.store.records import (
    LETTER_COLUMNS,
    Row,
    dumps,
    entry_of,
    history_of,
    item_of,
    item_row,
    letter_of,
    moment,
    plain,
    registration_of,
    registration_row,
    sealed,
    stamp,
)
from mailbot.understanding.reading import Reason

_UNSENT = (LetterState.PLANNED.value, LetterState.RESERVED.value)
_NAMES_THEM = "EXISTS (SELECT 1 FROM json_each(registrations) WHERE value IN (SELECT id FROM registration WHERE email = ?1))"
_CONCERNS_ITEM = f"sender_email = ?1 OR instr(lower(rest), ?1) OR instr(lower(excerpt), ?1) OR {_NAMES_THEM}"
_CONCERNS_MESSAGE = f"lower(json_extract(summary, '$.from')) = ?1 OR {_NAMES_THEM}"
_BARE = "summary = NULL, message_id = '', registrations = '[]'"


class Erased(NamedTuple):
    """Somebody who is to be forgotten: their address, their registrations, the lower-case words that name them."""

    address: str
    numbers: frozenset[int]
    terms: frozenset[str]


def without(item: Item, erased: Erased, at: datetime) -> Item:
    """An item about them alone is emptied and closed; one about others as well loses what it says of them."""
    proposal = item.proposal
    if proposal is not None:
        people = tuple(p for p in proposal.participants if (p.email or "").lower() != erased.address)
        leaving = tuple(name for name in proposal.withdrawn if name.lower() not in erased.terms)
        proposal = replace(proposal, participants=people, withdrawn=leaving)
    others = tuple(n for n in item.registrations if n not in erased.numbers)
    alone = (
        (item.sender is not None and item.sender.email == erased.address)
        or (bool(item.registrations) and not others)
        or (proposal is not None and item.proposal is not None and bool(item.proposal.participants) and not proposal.participants)
    )
    if alone:
        return Item(
            id=item.id, course=item.course, kind=item.kind, opened_at=item.opened_at, message=item.message,
            closed_at=item.closed_at or at, closed_as=item.closed_as or "forgotten",
        )
    touched = others != item.registrations or proposal != item.proposal or _mentions(erased.terms, item.excerpt)
    return replace(
        item, registrations=others, proposal=proposal, excerpt="" if touched else item.excerpt,
        subject=_unless(erased.terms, item.subject),
        contact=None if item.contact and item.contact.email == erased.address else item.contact,
        thread=item.thread and replace(item.thread, subject=_unless(erased.terms, item.thread.subject)),
    )


def _mentions(terms: Iterable[str], *texts: str) -> bool:
    return any(term in text.lower() for text in texts for term in terms)


def _unless(terms: Iterable[str], text: str) -> str:
    return "" if _mentions(terms, text) else text


class Privacy(Outbox):
    def person(self, address: str) -> dict[str, Any]:
        address = address.strip().lower()
        with self.snapshot():
            registrations = self.rows("SELECT * FROM registration WHERE email = ? OR contact_email = ? ORDER BY id", address, address)
            own = {r["id"] for r in registrations if r["email"] == address}
            letters = [
                row for row in self.rows(f"SELECT {LETTER_COLUMNS}, raw FROM letter ORDER BY number")  # noqa: S608
                if row["to_email"] == address or own & set(from_json(row["about"]))
            ]
            marks = ",".join("?" * len(registrations))
            audit = self.rows(f"SELECT * FROM audit WHERE registration IN ({marks}) ORDER BY id", *(r["id"] for r in registrations))  # noqa: S608
            forgotten = self.forgotten_at(address)
            return {
                "address": address,
                "registrations": [plain(registration_of(row)) for row in registrations],
                "letters": [plain(letter_of(row)) | {"text": _text(row["raw"])} for row in letters],
                "items": [plain(item_of(row)) for row in self.rows(f"SELECT * FROM item WHERE {_CONCERNS_ITEM} ORDER BY id", address)],  # noqa: S608
                "messages": [plain(entry_of(row)) for row in self._messages(address)],
                "history": [plain(history_of(row)) for row in audit],
                "forgotten_at": forgotten and stamp(forgotten),
            }

    def _messages(self, address: str) -> list[Any]:
        return self.rows(f"{ENTRIES} WHERE {_CONCERNS_MESSAGE} ORDER BY handled_at", address)

    def forget(self, address: str, at: datetime) -> dict[str, int]:
        address = address.strip().lower()
        with self.transaction():
            self.put("forgotten", [{"identity": sealed(identity_hash(address), self.sealing_key()), "at": stamp(at)}], "identity")
            counts = self._erase_address(address, at)
        self._empty_log()
        return counts

    def forgotten_at(self, address: str) -> datetime | None:
        row = self.row("SELECT at FROM forgotten WHERE identity = ?", sealed(identity_hash(address), self.sealing_key()))
        return None if row is None else moment(row["at"])

    def _erase_address(self, address: str, at: datetime) -> dict[str, int]:
        gone = self.rows("SELECT * FROM registration WHERE email = ?", address)
        numbers = {row["id"] for row in gone}
        # A first name alone ("Bo") stands in too many words of others.
        terms = {address} | {row["name"].lower() for row in gone if row["name"] and " " in row["name"]}
        courses = {row["course"] for row in self.rows("SELECT course FROM registration WHERE email = ?1 OR contact_email = ?1", address)}
        courses |= {row["course"] for row in self.rows("SELECT course FROM letter WHERE to_email = ?", address)}
        counts = {"registrations": len(gone), "payable": sum(row["payable"] for row in gone)}
        counts["messages"] = self.change(f"UPDATE message SET {_BARE} WHERE {_CONCERNS_MESSAGE}", address)  # noqa: S608
        counts["letters"] = self._erase_letters(address, numbers, courses)
        counts["history"] = self._erase_history(terms, numbers)
        counts["contacts"] = self.change(
            "UPDATE registration SET contact_name = NULL, contact_email = NULL WHERE contact_email = ?", address
        )
        self.change("DELETE FROM registration WHERE email = ?", address)
        counts["items"] = self._erase_items(Erased(address, frozenset(numbers), frozenset(terms)), at)
        self._erase_mentions(terms)
        for course in courses:
            self.change("UPDATE course SET revision = revision + 1 WHERE id = ?", course)
        return counts

    def _erase_items(self, erased: Erased, at: datetime) -> int:
        changed = [
            (before, after) for row in self.rows("SELECT * FROM item")
            if (after := without(before := item_of(row), erased, at)) != before
        ]
        self.put("item", [item_row(after) for _, after in changed], "id")
        return len(changed)

    def _erase_mentions(self, terms: set[str]) -> None:
        """Words about them in the registrations of others, such as the subject of a mail that named them all."""
        for row in self.rows("SELECT * FROM registration"):
            if not _mentions(terms, row["rest"], row["sources"], row["note"]):
                continue
            other = registration_of(row)
            sources = {
                field: replace(source, evidence=replace(source.evidence, words=_unless(terms, source.evidence.words)))
                if source.evidence else source
                for field, source in other.sources.items()
            }
            thread = other.thread and replace(other.thread, subject=_unless(terms, other.thread.subject))
            other = replace(other, note=_unless(terms, other.note), thread=thread, sources=sources)
            self.put("registration", [registration_row(other)], "id")

    def _erase_letters(self, address: str, numbers: set[int], courses: set[str]) -> int:
        """Letters to them go, letters to others lose what they say of them; so do the administrator's digests and lists."""
        erased = self.change("DELETE FROM letter WHERE to_email = ? AND kind NOT IN ('digest', 'command_reply')", address)
        for row in self.rows("SELECT number, about, state, reason FROM letter WHERE about <> '[]'"):
            about = from_json(row["about"])
            if not numbers & set(about):
                continue
            unsent = row["state"] in _UNSENT
            self.change(
                "UPDATE letter SET raw = NULL, subject = '', to_name = '', about = ?, state = ?, reason = ? WHERE number = ?",
                dumps([n for n in about if n not in numbers]), LetterState.WITHHELD.value if unsent else row["state"],
                dumps(Reason("forgotten")) if unsent else row["reason"], row["number"],
            )
            erased += 1
        for course in courses:
            self.change(
                "UPDATE letter SET raw = NULL WHERE course = ? AND kind IN ('digest', 'command_reply') AND state NOT IN (?, ?, 'sending')",
                course, *_UNSENT,
            )
        return erased

    def _erase_history(self, terms: set[str], numbers: set[int]) -> int:
        erased = 0
        for row in self.rows("SELECT id, registration, details FROM audit"):
            if row["registration"] in numbers or _mentions(terms, row["details"]):
                erased += self.change("UPDATE audit SET details = '{}', message = '' WHERE id = ?", row["id"])
        return erased

    def erase_course(self, course: str, at: datetime) -> dict[str, int]:
        with self.transaction():
            counts = {"payable": self.rows("SELECT count(*) AS n FROM registration WHERE course = ? AND payable", course)[0]["n"]}
            counts["messages"] = self.change(f"UPDATE message SET {_BARE} WHERE course = ?", course)  # noqa: S608
            counts["history"] = self.change("DELETE FROM audit WHERE course = ?", course)
            counts["letters"] = self.change("DELETE FROM letter WHERE course = ?", course)
            counts["items"] = self.change("DELETE FROM item WHERE course = ?", course)
            counts["registrations"] = self.change("DELETE FROM registration WHERE course = ?", course)
            self.change("UPDATE course SET erased_at = ?, revision = revision + 1 WHERE id = ?", stamp(at), course)
        self._empty_log()
        return counts

    def erase_sensitive(self, course: str) -> dict[str, int]:
        with self.transaction():
            diets = self.change(
                "UPDATE registration SET dietary = NULL, sources = json_remove(sources, '$.dietary'),"
                " rest = json_remove(rest, '$.person.evidence.dietary') WHERE course = ?1"
                " AND (dietary IS NOT NULL OR json_extract(sources, '$.dietary') IS NOT NULL)",
                course,
            )
            excerpts = self.change("UPDATE item SET excerpt = '' WHERE course = ? AND excerpt <> ''", course)
            for row in self.rows("SELECT * FROM item WHERE course = ? AND instr(rest, 'dietary')", course):
                self.put("item", [_without_diets(row)], "id")
            letters = self.change(
                "UPDATE letter SET raw = NULL WHERE course = ? AND raw IS NOT NULL AND state NOT IN (?, ?, 'sending', 'drafted')",
                course, *_UNSENT,
            )
            self.change("UPDATE audit SET details = '{}' WHERE course = ? AND instr(details, 'dietary')", course)
            self.change("UPDATE course SET revision = revision + 1 WHERE id = ?", course)
        self._empty_log()
        return {"diets": diets, "excerpts": excerpts, "letters": letters}

    def _empty_log(self) -> None:
        """The write-ahead log still holds the pages from before; a reader who is at it only puts this off."""
        self.rows("PRAGMA wal_checkpoint(TRUNCATE)")


def _without_diets(row: Row) -> dict[str, Any]:
    item = item_row(item_of(row))
    rest = from_json(item["rest"])
    for person in (rest.get("proposal") or {}).get("participants", ()):
        person["dietary"] = None
        person["evidence"].pop("dietary", None)
    return item | {"rest": dumps(rest)}


def _text(raw: bytes | None) -> str:
    """The words of a letter of ours; "" where its copy was erased."""
    if raw is None:
        return ""
    body = message_from_bytes(raw, policy=policy.default).get_body(("plain",))
    return str(body.get_content()).replace("\r\n", "\n") if body else ""
