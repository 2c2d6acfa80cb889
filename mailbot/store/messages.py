"""The book of messages: what was seen, where it lies, how it ended, and what could not be read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from mailbot.registration.records import Outcome
from mailbot.store.base import Entry, Place
from mailbot.store.records import clean, entry_of, entry_row, stamp
from mailbot.store.session import Session

ENTRIES = (
    "SELECT message.*, account, mailbox, uidvalidity, uid FROM message LEFT JOIN place ON place.id ="
    " (SELECT min(id) FROM place WHERE message = fingerprint)"
)


class Messages(Session):
    def cursor(self, account: str, mailbox: str) -> tuple[int, int] | None:
        row = self.row("SELECT uidvalidity, uid FROM cursor WHERE account = ? AND mailbox = ?", account, mailbox)
        return None if row is None else (row["uidvalidity"], row["uid"])

    def advance(self, place: Place) -> None:
        """Everything up to this UID is worked through, this place among it; a cursor never goes back."""
        with self.transaction():
            self.change(
                "INSERT INTO cursor (account, mailbox, uidvalidity, uid) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                " uid = iif(uidvalidity = excluded.uidvalidity, max(uid, excluded.uid), excluded.uid), uidvalidity = excluded.uidvalidity",
                clean(place.account), clean(place.mailbox), place.uidvalidity, place.uid,
            )
            self._lies_at(place, None)

    def known(self, fingerprint: str) -> Outcome | None:
        row = self.row("SELECT outcome FROM message WHERE fingerprint = ?", clean(fingerprint))
        return None if row is None else Outcome(row["outcome"])

    def known_place(self, place: Place) -> bool:
        found = self.row(
            "SELECT 1 FROM place WHERE account = ? AND mailbox = ? AND uidvalidity = ? AND uid = ?",
            clean(place.account), clean(place.mailbox), place.uidvalidity, place.uid,
        )
        return found is not None

    def saw(self, places: Sequence[Place]) -> None:
        with self.transaction():
            for place in places:
                self._lies_at(place, None)

    def outcome_at(self, place: Place) -> Outcome | None:
        row = self.row(
            "SELECT outcome FROM place JOIN message ON fingerprint = message"
            " WHERE account = ? AND mailbox = ? AND uidvalidity = ? AND uid = ?",
            clean(place.account), clean(place.mailbox), place.uidvalidity, place.uid,
        )
        return None if row is None else Outcome(row["outcome"])

    def failed_to_read(self, place: Place, fingerprint: str, problem: str, at: datetime) -> int:
        message = clean(fingerprint or f"{place.account}/{place.mailbox}/{place.uidvalidity}/{place.uid}")
        with self.transaction():
            self.change(
                "INSERT INTO failure (message, times, problem, at) VALUES (?, 1, ?, ?)"
                " ON CONFLICT DO UPDATE SET times = times + 1, problem = excluded.problem, at = excluded.at",
                message, clean(problem[:500]), stamp(at),
            )
            (row,) = self.rows("SELECT times FROM failure WHERE message = ?", message)
        return int(row["times"])

    def record_ignored(self, entries: Sequence[Entry], at: datetime) -> None:
        with self.transaction():
            for entry in entries:
                self._enter(entry, at)

    def entries(self, since: datetime | None = None, course: str | None = None) -> tuple[Entry, ...]:
        """Messages handled since then, in that order."""
        rows = self.rows(
            f"{ENTRIES} WHERE handled_at >= ? AND (? IS NULL OR course = ?) ORDER BY handled_at, message.rowid",
            "" if since is None else stamp(since), course, course,
        )
        return tuple(map(entry_of, rows))

    def counts(self, since: datetime) -> dict[Outcome, int]:
        """How many messages ended how since then; every outcome is named."""
        rows = self.rows("SELECT outcome, count(*) AS n FROM message WHERE handled_at >= ? GROUP BY outcome", stamp(since))
        return dict.fromkeys(Outcome, 0) | {Outcome(row["outcome"]): row["n"] for row in rows}

    def note(self, name: str, value: str, at: datetime) -> None:
        with self.transaction():
            self.put("note", [{"name": name, "value": clean(value), "at": stamp(at)}], "name")

    def notes(self) -> dict[str, tuple[str, datetime]]:
        return {row["name"]: (row["value"], datetime.fromisoformat(row["at"])) for row in self.rows("SELECT * FROM note")}

    def _enter(self, entry: Entry, at: datetime) -> bool:
        """Within a transaction. False where the message was entered before: then only its place is new."""
        row = entry_row(entry, at)
        new = self.row("SELECT 1 FROM message WHERE fingerprint = ?", row["fingerprint"]) is None
        if new:
            self.put("message", [row])
            self.change("DELETE FROM failure WHERE message = ?", row["fingerprint"])
        if entry.place is not None:
            self._lies_at(entry.place, row["fingerprint"])
        return new

    def _lies_at(self, place: Place, fingerprint: str | None) -> None:
        self.change(
            "INSERT INTO place (account, mailbox, uidvalidity, uid, message) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET message = coalesce(message, excluded.message)",
            clean(place.account), clean(place.mailbox), place.uidvalidity, place.uid, fingerprint,
        )
