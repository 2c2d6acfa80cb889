"""What the rest of the house asks of a database: one narrow class of verbs, in the words of the records.

`SqliteStore` is the implementation; a second one (PostgreSQL) needs to fulfil this protocol and nothing else. Each verb
that changes something is one transaction. Times are aware and kept in UTC.
"""



from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from mailbot.course import Course, Mode
from mailbot.registration.records import Decision, Draft, LetterRecord, LetterState, Outcome, Registration, Roster, Settings
from mailbot.understanding.reading import Reason


class StoreError(Exception):
    """The database could not do it, and nothing of the verb was done. The text is for people: what is wrong, how to mend it."""


class Locked(StoreError):
    """Another process holds the database longer than we wait."""


class ReadOnly(StoreError):
    """The file or its folder cannot be written."""


class DiskFull(StoreError):
    """No room left for the change."""


class Corrupt(StoreError):
    """The file is damaged, or no database of mailbot's."""


class CannotOpen(StoreError):
    """The file is not there, or the system does not let us open it."""


class TooNew(StoreError):
    """A later version of mailbot has written this database."""


class Stale(StoreError):
    """The roster that a decision was made on was overtaken: read it again and decide again."""


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
    def save_course(self, course: Course, at: datetime, mode: Mode = Mode.OBSERVE) -> None:
        """Keep the course as its file says (a new one in this mode); what the administrator decided since stays on top."""

    def refiled(self, course: Course) -> Course:
        """The course as it would be in effect were it saved now."""

    def courses(self) -> tuple[Course, ...]:
        """All courses in effect, in the order they were first saved."""

    def roster(self, course: str) -> Roster:
        """Raises KeyError for a course that was never saved."""

    def settings(self, course: str) -> Settings:
        """Mode and pause alone, without the people. Raises KeyError for a course that was never saved."""

    def live_courses(self, address: str) -> tuple[str, ...]:
        """The courses in which this address has a live registration, its own or one that it made for others."""

    def set_mode(self, course: str, mode: Mode, at: datetime) -> None:
        """A change of mode withholds all planned letters to participants (those to the administrator go out in every mode)."""

    # messages
    def cursor(self, account: str, mailbox: str) -> tuple[int, int] | None:
        """(UIDVALIDITY, highest UID worked through), or None for a mailbox not seen before."""

    def advance(self, place: Place) -> None:
        """Everything up to this UID is worked through."""

    def known(self, fingerprint: str) -> Outcome | None:
        """How a message with this content ended, if it was handled before."""

    def known_place(self, place: Place) -> bool: ...

    def saw(self, places: Sequence[Place]) -> None:
        """What lies there is known by its content from another place: nobody need fetch it again."""

    def outcome_at(self, place: Place) -> Outcome | None:
        """How the message that was handled there ended; None where none was."""

    def record(
        self,
        decision: Decision,
        at: datetime,
        *,
        entry: Entry | None = None,
        letters: Sequence[Outgoing] = (),
        course: str | None = None,
    ) -> tuple[LetterRecord, ...]:
        """State, history, outgoing letters and the message's entry in one transaction; the letters as numbered.

        A letter whose key is recorded already is left as it is, and an entry that is recorded already leaves all as it
        is (so a repeated call changes nothing). `course` says whose settings or history they are where neither the
        entry nor the records do. Raises Stale where the course was changed since this store last read its roster, or
        where a new number is taken; ValueError where settings belong to no course.
        """

    def record_ignored(self, entries: Sequence[Entry], at: datetime) -> None:
        """Entries of messages that change nothing, many in one transaction (a commit costs a write to the disk each)."""

    def failed_to_read(self, place: Place, fingerprint: str, problem: str, at: datetime) -> int:
        """Count one more failure of this message; returns how often it has failed by now."""

    # outbox
    def reserve(self, now: datetime) -> Attempt | None:
        """The next letter that is due, its attempt committed before the network is touched; None if there is none."""

    def sending(self, number: int) -> None:
        """RESERVED becomes SENDING, committed just before the message's last byte goes out.

        Raises Stale where the letter is not reserved any more (its person was erased meanwhile): it must not go out.
        """

    def unsettled(self) -> tuple[Attempt, ...]:
        """Letters still RESERVED or SENDING from a run that broke off; `letter.state` says which."""

    def settle(self, number: int, state: LetterState, at: datetime, *, reason: Reason | None = None,
               retry_at: datetime | None = None, message_id: str = "", to_file: bool = False) -> None:
        """How the attempt ended; with `retry_at` the letter is planned again for then. What is SENT stays sent.

        `to_file`: its copy in Sent is still to be laid there.
        """

    def to_file(self) -> tuple[Attempt, ...]:
        """The oldest letters (a hundred at most) whose copies are still to be laid into Sent."""

    def filed(self, number: int) -> None:
        """The copy of this letter lies in Sent."""

    def next_letter_at(self) -> datetime | None:
        """When the next planned letter may go out; None where none is planned. Those of paused courses wait."""

    def drafted(self, course: str | None = None) -> tuple[LetterRecord, ...]:
        """Letters that lie in the Drafts mailbox."""

    def letter(self, key: str) -> LetterRecord | None: ...

    def letter_raw(self, number: int) -> bytes | None: ...

    def letters(self, course: str | None = None, state: LetterState | None = None) -> tuple[LetterRecord, ...]: ...

    def sent_since(self, at: datetime) -> int:
        """How many letters went out to participants since then, in all (limit `max_letters_per_hour`); those that she
        released after they were held do not count."""

    # looking
    def history(self, registration: int) -> tuple[HistoryLine, ...]: ...

    def registration(self, number: int) -> Registration | None: ...

    def entries(self, since: datetime | None = None, course: str | None = None) -> tuple[Entry, ...]: ...

    def counts(self, since: datetime) -> dict[Outcome, int]: ...

    def person(self, address: str) -> dict[str, Any]:
        """Everything that is kept about an address, as JSON: registrations, letters with their text, messages, history."""

    def forget(self, address: str, at: datetime) -> dict[str, int]:
        """Erase an address, leaving its hash. Returns how many registrations, letters … were erased; `payable` counts
        those among the registrations that were still to be invoiced."""

    def forgotten_at(self, address: str) -> datetime | None:
        """When this address was erased: mail of it that was received before then is not to be booked again."""

    def erase_course(self, course: str, at: datetime) -> dict[str, int]:
        """Erase all people of a course; what is left of it is its file. Returns counts as `forget` does."""

    def erase_sensitive(self, course: str) -> dict[str, int]:
        """Erase diets, excerpts of messages, and the copies of settled letters that may quote them."""

    def backup(self, target: Path, at: datetime | None = None) -> None:
        """A consistent, checked copy of the whole database as one file (mode 0600); a broken-off one leaves no trace.

        With `at` it says of itself that it is a copy of then (`copied_at`).
        """

    def copied_at(self) -> datetime | None:
        """When this copy was made, where it is one that was taken back and what happened since is still to be repeated."""

    def mark_as_repeated(self, at: datetime) -> None:
        """What happened since the copy was made is done once more."""

    def backup_nightly(self, folder: Path, keep_days: int, now: datetime) -> Path | None:
        """Today's copy (`mailbot-YYYY-MM-DD.db`, by the date of `now`), where there is none; older ones than `keep_days` go."""

    def note(self, name: str, value: str, at: datetime) -> None:
        """A small fact of the running service (last pass, last error) for `status` and the digest's line on health."""

    def notes(self) -> dict[str, tuple[str, datetime]]: ...

    def close(self) -> None: ...
