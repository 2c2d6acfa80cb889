"""The records of this room: registrations, the roster they stand in, and decisions about them.

Everything is frozen. A `Roster` is one course as it stands; a `Decision` is the difference that a message, a command or
the passing of time makes, and `apply` makes the next roster of both, so that whole histories run without a database.
All times are aware; numbers (`Registration.id`, `Item.id`, `LetterRecord.number`) come from one counter for the whole
database, so that a number in the digest means one thing only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from mailbot.course import LIVE, SEATED, Course, Kind, Mode, Status
from mailbot.understanding.reading import Address, Evidence, Finding, Person, Reason


def identity_hash(address: str) -> str:
    """What is left of somebody who was erased: enough to know the address again, not to tell it. Any spelling of it will do."""
    return hashlib.sha256(b"mailbot forgotten " + address.strip().lower().encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value of a registration came from: a message by fingerprint and its evidence; "" for the administrator."""

    message: str
    at: datetime
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Thread:
    """The message that a letter answers (RFC 5322, section 3.6.4): its id, its references, its subject."""

    message_id: str
    references: tuple[str, ...] = ()
    subject: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """One person in one course.

    `person` holds the details (its evidence is left empty; `sources` has it by field). `received_at` is the time of
    receipt of the message; `queued_at` orders the waiting list and differs from `received_at` where somebody goes to its
    end; `place` is the order among those of one second: of arrival and, within a message, of being named. `contact` wrote
    for them. `group` names people who want all or none.
    """

    id: int
    course: str
    status: Status
    person: Person
    received_at: datetime
    queued_at: datetime
    place: int = 0
    message: str = ""
    contact: Address | None = None
    thread: Thread | None = None
    late: bool = False
    group: str = ""
    part_will_do: bool = False
    offered_at: datetime | None = None
    offer_expires_at: datetime | None = None
    offer_reminder_at: datetime | None = None
    offer_reminded: bool = False
    offer_extended: bool = False
    confirmed_at: datetime | None = None
    ended_at: datetime | None = None      # cancelled, declined, expired, rejected
    payable: bool = False                 # cancelled later than `cancel_free_until`: the invoicing basis keeps the row
    absences: tuple[date, ...] = ()
    undeliverable: bool = False           # a bounce said so of the address
    missing_asked: int = 0                # how often what is missing was asked for, the confirmation included
    missing_asked_at: datetime | None = None
    note: str = ""
    sources: Mapping[str, Source] = field(default_factory=dict)

    @property
    def live(self) -> bool:
        return self.status in LIVE

    @property
    def seated(self) -> bool:
        return self.status in SEATED

    @property
    def queue_key(self) -> tuple[bool, bool, datetime, int, int]:
        """The strict order of the waiting list: left-over seats last, late ones behind those in time, then receipt."""
        return (self.person.waiting_only, self.late, self.queued_at, self.place, self.id)


class LetterState(StrEnum):
    PLANNED = "planned"
    RESERVED = "reserved"      # an attempt is under way; broken off here, nothing was sent
    SENDING = "sending"        # the message itself is being handed over; broken off here, nobody knows
    SENT = "sent"
    DRAFTED = "drafted"        # lies in the Drafts mailbox
    FAILED = "failed"          # refused for good
    UNCERTAIN = "uncertain"    # accepted or not: nobody knows
    WITHHELD = "withheld"      # deliberately not sent; the reason says why


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterRecord:
    """A letter as the roster remembers it: enough for limits, reminders, threads and the digest."""

    number: int
    key: str
    kind: Kind
    course: str
    to: Address
    about: tuple[int, ...]
    subject_of: str            # "registration:12", "message:<fingerprint>", "course:<id>", "digest:2026-01-20"
    version: int
    state: LetterState
    planned_at: datetime
    sent_at: datetime | None = None
    subject: str = ""
    message_id: str = ""
    reason: Reason | None = None


class ItemKind(StrEnum):
    """What needs the administrator."""

    REVIEW = "review"          # a reading that a careful assistant would not act on alone
    QUESTION = "question"      # somebody asks
    VERIFY = "verify"          # waits for a yes from the registered address; `proposal` is what it would do
    BOUNCE = "bounce"          # a letter did not arrive
    QUARANTINE = "quarantine"  # a message that could not be read three times
    CONFLICT = "conflict"      # the course file contradicts what the administrator decided
    UNCERTAIN = "uncertain"    # a letter that may or may not have been sent
    NOTICE = "notice"          # something she should know, nothing to decide
    TAKEN = "taken"            # she answered herself; the bot holds back in this thread
    INVOICING = "invoicing"    # the final invoicing basis waits for her word; without it nothing is erased
    HELD = "held"              # more letters than `max_letters_per_hour`; while it is open, none leaves but those to her


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An open matter for the administrator, by number. `proposal` is what the bot would do if she says yes."""

    id: int
    course: str
    kind: ItemKind
    opened_at: datetime
    message: str = ""                  # fingerprint
    message_id: str = ""
    sender: Address | None = None
    subject: str = ""
    received_at: datetime | None = None
    excerpt: str = ""
    registrations: tuple[int, ...] = ()
    reasons: tuple[Reason, ...] = ()
    proposal: Finding | None = None
    contact: Address | None = None
    thread: Thread | None = None
    authenticated: bool = False
    closed_at: datetime | None = None
    closed_as: str = ""                # "approved", "rejected", "answered", "verified", "expired", "superseded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the administrator said, which wins over the course file. `since` is when the mode last changed."""

    mode: Mode = Mode.OBSERVE
    since: datetime | None = None
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Roster:
    """One course as it stands. `course` is in effect (her changes applied), `next_id` the next free number.

    `letters` holds the letters of this course (all of the last two days, and every one about a registration);
    `forgotten` the hashes of people who were erased (`identity_hash`).
    """

    course: Course
    settings: Settings = field(default_factory=Settings)
    registrations: tuple[Registration, ...] = ()
    letters: tuple[LetterRecord, ...] = ()
    items: tuple[Item, ...] = ()
    next_id: int = 1
    forgotten: frozenset[str] = frozenset()
    digest_sent_on: date | None = None

    def get(self, registration_id: int) -> Registration | None:
        return next((r for r in self.registrations if r.id == registration_id), None)

    @property
    def waiting(self) -> tuple[Registration, ...]:
        """The waiting list in its order; position 1 is the first."""
        return tuple(sorted((r for r in self.registrations if r.status is Status.WAITING), key=lambda r: r.queue_key))

    def position(self, registration_id: int) -> int | None:
        return next((n for n, r in enumerate(self.waiting, 1) if r.id == registration_id), None)

    @property
    def free_seats(self) -> int:
        """Seats neither confirmed nor offered; never below 0 (a lowered capacity takes nobody's seat)."""
        return max(0, self.course.capacity - sum(r.seated for r in self.registrations))


@dataclass(frozen=True, slots=True)
class Seat:
    """A registration in a letter: as it stands after the decision, its place on the waiting list, what it lacks."""

    registration: Registration
    position: int | None = None
    missing: tuple[str, ...] = ()
    news: str = ""    # what happened to it: a letter kind's value ("confirmation", "waiting", "updated", …)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A letter before it is put into words. (subject_of, kind, to, version) is unique: the same draft is never sent twice.

    `seats` are the people it speaks of, first the one it is mainly about. `facts` are further values for the template,
    named in `letters` for each kind. `due_at` None: now. `withheld`: recorded and not sent, with the reason.
    """

    kind: Kind
    course: str
    to: Address
    subject_of: str
    version: int = 1
    seats: tuple[Seat, ...] = ()
    reply: Thread | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    due_at: datetime | None = None
    withheld: Reason | None = None


class Outcome(StrEnum):
    HANDLED = "handled"
    REVIEW = "review"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Audit:
    """One line of history: what happened, to which registration (None: to the course), and the values of it."""

    code: str
    registration: int | None = None
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What changes: new or changed registrations and items (whole, by id), letters to write, history to keep."""

    outcome: Outcome = Outcome.IGNORED
    registrations: tuple[Registration, ...] = ()
    items: tuple[Item, ...] = ()
    letters: tuple[Draft, ...] = ()
    audit: tuple[Audit, ...] = ()
    reasons: tuple[Reason, ...] = ()
    settings: Settings | None = None
    course: Course | None = None          # the course in effect, where a command changed it
    withhold: tuple[tuple[int, Reason], ...] = ()   # planned letters (by number) that are no longer to be sent


def apply(roster: Roster, decision: Decision) -> Roster:
    """The roster after the decision (its letters left out: they are numbered when they are recorded)."""
    registrations = {r.id: r for r in roster.registrations} | {r.id: r for r in decision.registrations}
    items = {i.id: i for i in roster.items} | {i.id: i for i in decision.items}
    highest = max([roster.next_id - 1, *registrations, *items])
    return replace(
        roster,
        course=decision.course or roster.course,
        settings=decision.settings or roster.settings,
        registrations=tuple(registrations.values()),
        items=tuple(items.values()),
        next_id=highest + 1,
    )
