"""What the rest of the house asks of a database: one narrow class of verbs, in the words of the records.

`SqliteStore` is the implementation; a second one (PostgreSQL) needs to fulfil this protocol and nothing else. Each verb
that changes something is one transaction. Times are aware and kept in UTC.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from mailbot.course import Course, Kind, Mode
from mailbot.registration.records import Decision, Draft, LetterRecord, LetterState, Outcome, Reason, Registration, Roster


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message lies: UIDs mean something only together with the mailbox's UIDVALIDITY (RFC 3501, 2.3.1.1)."""

    account: str
    mailbox: str
    uidvalidity: int
    uid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A message in the book: enough to know it again, and no more of unrelated mail than that.

    `summary` (sender, subject, what was understood; JSON) is kept for messages that are ours, None for unrelated ones.
    """

    fingerprint: str
    message_id: str
    received_at: datetime
    outcome: Outcome
    intent: str
    place: Place | None = None
    course: str | None = None
    file: str = ""                       # of a replay
    reasons: tuple[Reason, ...] = ()
    registrations: tuple[int, ...] = ()
    summary: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A composed letter. `recipients` are the envelope's; `raw` is complete (RFC 5322, CRLF), its Message-ID fixed."""

    key: str
    draft: Draft
    subject: str
    message_id: str
    raw: bytes
    recipients: tuple[str, ...]
    state: LetterState = LetterState.PLANNED
    due_at: datetime
    reason: Reason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A letter that is reserved for sending: `attempts` counts this one."""

    letter: LetterRecord
    raw: bytes
    recipients: tuple[str, ...]
    attempts: int


@dataclass(frozen=True, slots=True)
class HistoryLine:
    at: datetime
    code: str
    registration: int | None
    values: dict[str, str] = field(default_factory=dict)
    message: str = ""


class Store(Protocol):
    def secret_key(self) -> bytes:
        """32 random bytes, made once for this database: letter keys and command tokens are signed with them."""

    # courses
    def save_course(self, course: Course, at: datetime) -> None:
        """Keep the course as its file says; what the administrator decided since stays on top."""

    def courses(self) -> tuple[Course, ...]:
        """All courses in effect, in the order they were first saved."""

    def roster(self, course: str) -> Roster: ...

    def set_mode(self, course: str, mode: Mode, at: datetime) -> None:
        """A change of mode withholds all planned letters."""

    # messages
    def cursor(self, account: str, mailbox: str) -> tuple[int, int] | None:
        """(UIDVALIDITY, highest UID worked through), or None for a mailbox not seen before."""

    def advance(self, place: Place) -> None:
        """Everything up to this UID is worked through."""

    def known(self, fingerprint: str) -> Outcome | None:
        """How a message with this content ended, if it was handled before."""

    def known_place(self, place: Place) -> bool: ...

    def record(
        self,
        decision: Decision,
        at: datetime,
        *,
        entry: Entry | None = None,
        letters: Sequence[Outgoing] = (),
    ) -> tuple[LetterRecord, ...]:
        """State, history, outgoing letters and the message's entry in one transaction; the letters as numbered.

        A letter whose key is recorded already is left as it is (so a repeated call changes nothing).
        """

    def failed_to_read(self, place: Place, fingerprint: str, problem: str, at: datetime) -> int:
        """Count one more failure of this message; returns how often it has failed by now."""

    # outbox
    def reserve(self, now: datetime) -> Attempt | None:
        """The next letter that is due, its attempt committed before the network is touched; None if there is none."""

    def sending(self, number: int) -> None:
        """RESERVED becomes SENDING, committed just before the message's last byte goes out."""

    def unsettled(self) -> tuple[Attempt, ...]:
        """Letters still RESERVED or SENDING from a run that broke off; `letter.state` says which."""

    def settle(self, number: int, state: LetterState, at: datetime, *, reason: Reason | None = None,
               retry_at: datetime | None = None, message_id: str = "") -> None:
        """How the attempt ended; with `retry_at` the letter is planned again for then."""

    def letter(self, key: str) -> LetterRecord | None: ...

    def letter_raw(self, number: int) -> bytes | None: ...

    def letters(self, course: str | None = None, state: LetterState | None = None) -> tuple[LetterRecord, ...]: ...

    def sent_since(self, at: datetime) -> int:
        """How many letters went out since then, in all (limit `max_letters_per_hour`)."""

    # looking
    def history(self, registration: int) -> tuple[HistoryLine, ...]: ...

    def registration(self, number: int) -> Registration | None: ...

    def entries(self, since: datetime | None = None, course: str | None = None) -> tuple[Entry, ...]: ...

    def counts(self, since: datetime) -> dict[Outcome, int]: ...

    def person(self, address: str) -> dict[str, Any]: ...

    def forget(self, address: str, at: datetime) -> dict[str, int]: ...

    def backup(self, target: Path) -> None: ...

    def note(self, name: str, value: str, at: datetime) -> None:
        """A small fact of the running service (last pass, last error) for `status` and the digest's line on health."""

    def notes(self) -> dict[str, tuple[str, datetime]]: ...

    def letters_of_kind(self, kind: Kind, course: str) -> Iterator[LetterRecord]: ...

    def close(self) -> None: ...
