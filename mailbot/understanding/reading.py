"""The records of this room: what was understood of a message, with the words that say so.

A `Reading` is all that the rules get to see of a message. It therefore repeats the few facts of the message that the
rules need (who sent it, when it was received, whether the sender is authenticated) as `Origin`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from mailbot.course import Kind
from mailbot.mail.message import Address, Automatic, Failure, Verdict

__all__ = [
    "Action", "Address", "Automatic", "Evidence", "Failure", "Finding", "Intent", "Letter", "Origin", "Person", "Reading", "Reason",
    "Verdict",
]  # fmt: skip


class Intent(StrEnum):
    SIGNUP = "signup"
    CANCEL = "cancel"
    SUBSTITUTE = "substitute"
    UPDATE = "update"
    ACCEPT = "accept"
    DECLINE = "decline"
    QUESTION = "question"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    UNRELATED = "unrelated"


class Action(StrEnum):
    """What a careful assistant would do with the reading; permission is decided by the rules."""

    AUTO = "auto"
    REVIEW = "review"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a value came from: the module that found it, the source ("text", "subject", "from", "cc", "domain",
    "letter", or "attachment:NAME") with the character span in it, and the words there."""

    module: str
    source: str
    start: int
    end: int
    words: str
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Reason:
    """A code with values; templates put it into words. Codes are snake_case and listed in `reasons` of their room."""

    code: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What a message tells about one person; None where it does not tell. Formats as in corpus labels:
    `email` lower case, `phone` E.164, `ean` 13 digits with a right check digit, `ean_invalid` the digits of a number
    that was meant as an EAN, `cvr` 8 digits. `evidence` is keyed by field name."""

    name: str | None = None
    email: str | None = None
    title: str | None = None
    organisation: str | None = None
    municipality: str | None = None
    phone: str | None = None
    ean: str | None = None
    ean_invalid: str | None = None
    reference: str | None = None
    dietary: str | None = None
    returning: bool | None = None
    cvr: str | None = None
    invoice_email: str | None = None
    waiting_only: bool = False
    evidence: Mapping[str, Evidence] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One matter of a message. `withdrawn` are names or addresses of those who leave; empty means the sender.
    `seats` counts what is asked for where that is more than the people named. `together`: the group wants all or none;
    `part_will_do`: all are wished for, but some seats will do. `absences`: dates of single meetings given up. `asked`: what
    a plain question asks of the course's own file (`plain_questions.FACTS`), empty where a person must answer."""

    intent: Intent
    participants: tuple[Person, ...] = ()
    withdrawn: tuple[str, ...] = ()
    seats: int | None = None
    together: bool = False
    part_will_do: bool = False
    absences: tuple[date, ...] = ()
    asked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter of ours that a message answers, as far as the reader needs it. `people` are the names and addresses of
    the registrations it was about; `asked` the fields it asked for."""

    key: str
    kind: Kind
    course: str
    to: Address
    people: tuple[Address, ...] = ()
    asked: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The message itself, as far as the rules need it. Times are aware. `answered` is the key of the letter that it
    replies to ("" if none); `to_us` whether a signup address stands in To or Cc."""

    fingerprint: str
    message_id: str
    sender: Address
    subject: str
    received_at: datetime
    sent_at: datetime | None = None
    references: tuple[str, ...] = ()
    reply_to: Address | None = None
    authentication: Verdict = Verdict.NONE
    automatic: Automatic = Automatic.NO
    answered: str = ""
    answered_kind: Kind | None = None
    to_us: bool = True
    excerpt: str = ""          # the first words of the new text, at most 300 characters, CPR masked
    failures: tuple[Failure, ...] = ()
    back_on: date | None = None   # the return date that an out-of-office answer names


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was understood. `findings[0]` is the main matter; more only where a message holds two that can be told apart.
    `question`: it also asks something that a person must answer. `contact`: the writer, where the writer is no
    participant. `runner_up`: the next best intent with its confidence. `course`: the id of the course or None."""

    origin: Origin
    course: str | None
    findings: tuple[Finding, ...]
    action: Action
    question: bool = False
    contact: Address | None = None
    confidence: float = 0.0
    runner_up: tuple[Intent, float] | None = None
    reasons: tuple[Reason, ...] = ()
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    weighed: Mapping[Intent, Mapping[str, float]] = field(default_factory=dict)   # what each sign added, for the two best intents

    @property
    def intent(self) -> Intent:
        return self.findings[0].intent

    @property
    def participants(self) -> tuple[Person, ...]:
        return self.findings[0].participants

    @property
    def withdrawn(self) -> tuple[str, ...]:
        return self.findings[0].withdrawn

    @property
    def seats(self) -> int | None:
        return self.findings[0].seats
