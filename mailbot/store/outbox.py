"""The outbox: what is reserved, what became of it, and which letters there are.

An attempt is committed before the network is touched. What a crash leaves RESERVED was not sent; what it leaves
SENDING, nobody knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic_core import from_json

from mailbot.registration.records import LetterRecord, LetterState
from mailbot.store.base import Attempt, Outgoing, Stale
from mailbot.store.courses import TO_HER
from mailbot.store.records import LETTER_COLUMNS, Row, clean, dumps, letter_of, letter_row, moment, stamp
from mailbot.store.session import Session
from mailbot.understanding.reading import Reason

NO_RETRY_LATER = timedelta(hours=5)   # a retry planned for later than any is was planned by a clock that went wrong
PLANNED, RESERVED, SENDING = LetterState.PLANNED.value, LetterState.RESERVED.value, LetterState.SENDING.value
_ATTEMPT = f"SELECT {LETTER_COLUMNS}, raw, recipients, attempts FROM letter"  # noqa: S608
_LETTER = f"SELECT {LETTER_COLUMNS} FROM letter"  # noqa: S608
# Letters of a course that is paused, or whose letters are held, wait, but for those to the administrator.
_READY = (
    "state = 'planned' AND raw IS NOT NULL AND (kind IN (?, ?) OR course IN (SELECT id FROM course WHERE NOT paused"
    " AND id NOT IN (SELECT course FROM item WHERE kind = 'held' AND closed_at IS NULL)))"
)


class Outbox(Session):
    def reserve(self, now: datetime) -> Attempt | None:
        """The oldest letter that is due, its attempt committed; None if there is none."""
        at = stamp(now)
        with self.transaction():
            row = self.row(
                f"SELECT number FROM letter WHERE {_READY} AND (due_at <= ? OR due_at <= planned_at)"  # noqa: S608
                " AND (coalesce(retry_at, '') <= ? OR retry_at > ?) ORDER BY due_at, number LIMIT 1",
                *TO_HER, at, at, stamp(now + NO_RETRY_LATER),
            )
            if row is None:
                return None
            self.change("UPDATE letter SET state = ?, attempts = attempts + 1 WHERE number = ?", RESERVED, row["number"])
            (row,) = self.rows(f"{_ATTEMPT} WHERE number = ?", row["number"])
        return _attempt_of(row)

    def sending(self, number: int) -> None:
        with self.transaction():
            if not self.change("UPDATE letter SET state = ? WHERE number = ? AND state = ?", SENDING, number, RESERVED):
                raise Stale(f"letter {number} is not to be sent any more")

    def unsettled(self) -> tuple[Attempt, ...]:
        return tuple(map(_attempt_of, self.rows(f"{_ATTEMPT} WHERE state IN (?, ?) ORDER BY number", RESERVED, SENDING)))

    def settle(self, number: int, state: LetterState, at: datetime, *, reason: Reason | None = None,
               retry_at: datetime | None = None, message_id: str = "", to_file: bool = False) -> None:
        with self.transaction():
            self.change(
                "UPDATE letter SET state = ?, reason = ?, retry_at = ?, sent_at = iif(? = 'sent', ?, sent_at),"
                " server_message_id = coalesce(?, server_message_id), to_file = ? WHERE number = ? AND state <> 'sent'",
                state.value, None if reason is None else dumps(reason), retry_at and stamp(retry_at), state.value, stamp(at),
                clean(message_id) or None, int(to_file), number,
            )

    def to_file(self) -> tuple[Attempt, ...]:
        rows = self.rows(f"{_ATTEMPT} WHERE state = 'sent' AND to_file AND raw IS NOT NULL ORDER BY number LIMIT 100")
        return tuple(map(_attempt_of, rows))

    def filed(self, number: int) -> None:
        with self.transaction():
            self.change("UPDATE letter SET to_file = 0 WHERE number = ?", number)

    def next_letter_at(self) -> datetime | None:
        row = self.row(f"SELECT min(max(due_at, coalesce(retry_at, ''))) AS at FROM letter WHERE {_READY}", *TO_HER)  # noqa: S608
        return moment(row["at"]) if row else None

    def letter(self, key: str) -> LetterRecord | None:
        row = self.row(f"{_LETTER} WHERE key = ?", clean(key))
        return None if row is None else letter_of(row)

    def letter_raw(self, number: int) -> bytes | None:
        row = self.row("SELECT raw FROM letter WHERE number = ?", number)
        return None if row is None else row["raw"]

    def letters(self, course: str | None = None, state: LetterState | None = None) -> tuple[LetterRecord, ...]:
        wanted = state and state.value
        rows = self.rows(f"{_LETTER} WHERE (? IS NULL OR course = ?) AND (? IS NULL OR state = ?) ORDER BY number",
                         course, course, wanted, wanted)
        return tuple(map(letter_of, rows))

    def drafted(self, course: str | None = None) -> tuple[LetterRecord, ...]:
        return self.letters(course, LetterState.DRAFTED)

    def sent_since(self, at: datetime) -> int:
        (row,) = self.rows(
            "SELECT count(*) AS n FROM letter WHERE sent_at >= ? AND kind NOT IN (?, ?)"
            " AND planned_at > (SELECT coalesce(max(closed_at), '') FROM item WHERE kind = 'held')",
            stamp(at), *TO_HER,
        )
        return int(row["n"])

    def _plan(self, letters: Sequence[Outgoing], first: int, at: datetime) -> tuple[LetterRecord, ...]:
        """Within a transaction: number and keep the letters from `first` on; the same letter is not kept twice."""
        kept = []
        for letter in letters:
            row = self._recorded(letter)
            if row is None:
                self.put("letter", [letter_row(letter, first, at)])
                first += 1
                row = self._recorded(letter)
                assert row is not None
            kept.append(letter_of(row))
        return tuple(kept)

    def _recorded(self, letter: Outgoing) -> Row | None:
        draft = letter.draft
        return self.row(
            f"{_LETTER} WHERE key = ? OR (course = ? AND subject_of = ? AND kind = ? AND to_email = ? AND version = ?)",
            clean(letter.key), draft.course, clean(draft.subject_of), draft.kind.value, clean(draft.to.email), draft.version,
        )

    def _withhold(self, number: int, reason: Reason) -> None:
        """What has not gone out yet; a draft stays in its mailbox until the shell takes it away."""
        self.change("UPDATE letter SET state = ?, reason = ? WHERE number = ? AND state IN (?, ?)",
                    LetterState.WITHHELD.value, dumps(reason), number, PLANNED, LetterState.DRAFTED.value)


def _attempt_of(row: Row) -> Attempt:
    return Attempt(letter=letter_of(row), raw=row["raw"], recipients=tuple(from_json(row["recipients"])), attempts=row["attempts"])
