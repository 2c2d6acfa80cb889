"""The course as data: what is taught, when, for how many, and by which rules seats are given.

Every room may import this module. It also owns the two vocabularies that all rooms share: the status of a
registration and the kinds of letters. A course is validated here from the parsed TOML of its file; reading the
file is the business of `mailbot.config`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator


class Status(StrEnum):
    """Where a registration stands (DESIGN: Life of a registration)."""

    CONFIRMED = "confirmed"
    WAITING = "waiting"
    OFFERED = "offered"
    REVIEW = "review"
    CANCELLED = "cancelled"
    DECLINED = "declined"
    EXPIRED = "expired"
    REJECTED = "rejected"


LIVE = frozenset({Status.CONFIRMED, Status.WAITING, Status.OFFERED, Status.REVIEW})
SEATED = frozenset({Status.CONFIRMED, Status.OFFERED})  # these occupy a seat


class Kind(StrEnum):
    """The kinds of letters that we send."""

    CONFIRMATION = "confirmation"
    WAITING = "waiting"
    LATE = "late"
    UPDATED = "updated"
    ALREADY = "already"
    MISSING_DETAILS = "missing_details"
    CANCELLED = "cancelled"
    SUBSTITUTED = "substituted"
    OFFER = "offer"
    OFFER_REMINDER = "offer_reminder"
    OFFER_LAPSED = "offer_lapsed"
    DECLINED = "declined"
    MEETING_REMINDER = "meeting_reminder"
    PLACE = "place"
    RECEIPT = "receipt"
    VERIFY = "verify"
    DIGEST = "digest"
    COMMAND_REPLY = "command_reply"
    ANSWER = "answer"
    THANKS = "thanks"


class Mode(StrEnum):
    """How far the bot may go by itself."""

    OBSERVE = "observe"
    DRAFT = "draft"
    AUTO = "auto"


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Contact(_Record):
    """Who runs the course and signs the letters."""

    name: str
    email: str
    organisation: str = ""


class Meeting(_Record):
    """One meeting. `date`, `start` and `end` are local to the course; `place` is "" until it is known.

    `sequence` counts the changes of this meeting for calendars (RFC 5545, section 3.8.7.4).
    """

    date: date
    start: time
    end: time
    place: str = ""
    sequence: Annotated[int, Field(ge=0)] = 0
    called_off: bool = False

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.end <= self.start:
            raise ValueError("must end after it starts")
        return self


DEFAULT_REQUIRED = ("name", "email", "organisation", "title", "ean|cvr")
REQUIRABLE = frozenset({
    "name", "email", "organisation", "title", "ean", "cvr", "phone", "reference", "dietary", "municipality", "invoice_email",
})


class Course(_Record):
    """A course with its rules. Dates are local to `timezone`; `price` is in kroner per participant without VAT.

    What the file leaves out of the course's own facts (price, deadline, opening) is None and is not mentioned in letters.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    title: Annotated[str, Field(min_length=1)]
    aliases: tuple[str, ...] = ()
    language: Literal["da", "en"] = "da"
    timezone: str = "Europe/Copenhagen"
    signup_address: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
    signup_opens: date | None = None
    signup_deadline: date | None = None
    capacity: Annotated[int, Field(ge=1, le=100_000)]
    price: Annotated[Decimal, Field(ge=0)] | None = None
    vat: Annotated[Decimal, Field(ge=0, le=1)] = Decimal("0.25")
    after_deadline: Literal["waiting", "confirmed", "review"] = "waiting"
    offer_hours: Annotated[int, Field(ge=1)] = 72
    last_offer_days: Annotated[int, Field(ge=0)] = 2
    offer_late: bool = False
    receipts: bool = False
    answer_facts: bool = False
    max_letters_per_day: Annotated[int, Field(ge=1)] = 12
    max_letters_per_hour: Annotated[int, Field(ge=1)] = 60
    reminders: tuple[Annotated[int, Field(ge=0, le=365)], ...] = (14, 3)
    retention_days: Annotated[int, Field(ge=0)] = 365
    required: tuple[str, ...] = DEFAULT_REQUIRED
    cancel_free_until: date | None = None
    terms: str = ""
    privacy: str = ""
    contact: Contact | None = None
    organisers: tuple[str, ...] = ()
    facilitators: tuple[str, ...] = ()
    target_group: str = ""
    returning_welcome: str = ""
    meetings: Annotated[tuple[Meeting, ...], Field(min_length=1)]

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as problem:
            raise ValueError("is no time zone") from problem
        return value

    @field_validator("required")
    @classmethod
    def _known_fields(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for entry in value:
            for field in entry.split("|"):
                if field not in REQUIRABLE:
                    raise ValueError(f"names {field!r}, which is no field of a registration; known are {', '.join(sorted(REQUIRABLE))}")
        return value

    @field_validator("meetings")
    @classmethod
    def _in_order(cls, value: tuple[Meeting, ...]) -> tuple[Meeting, ...]:
        if any(a.date >= b.date for a, b in pairwise(value) if not (a.called_off or b.called_off)):
            raise ValueError("must stand in the order of their dates")
        return value

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def contact_email(self) -> str:
        """The administrator's address: the contact's, else the address that signups go to."""
        return self.contact.email if self.contact else self.signup_address

    @property
    def price_with_vat(self) -> Decimal | None:
        return None if self.price is None else self.price * (1 + self.vat)

    def starts_at(self, meeting: Meeting) -> datetime:
        return datetime.combine(meeting.date, meeting.start, self.zone)

    def ends_at(self, meeting: Meeting) -> datetime:
        return datetime.combine(meeting.date, meeting.end, self.zone)

    @property
    def held_meetings(self) -> tuple[Meeting, ...]:
        """The meetings that take place, in order (all of them, should all be called off)."""
        return tuple(m for m in self.meetings if not m.called_off) or self.meetings

    @property
    def years(self) -> frozenset[str]:
        """The years that the course may be called by: those of its meetings and of its title."""
        return frozenset({*(str(m.date.year) for m in self.meetings), *re.findall(r"\b20\d\d\b", self.title)})

    @property
    def last_offer_at(self) -> datetime:
        """No seat is offered, and no signup booked by itself, after this moment."""
        return self.starts_at(self.held_meetings[0]) - timedelta(days=self.last_offer_days)

    def in_time(self, received_at: datetime) -> bool:
        """Whether a signup came by the deadline: the whole last day counts, local time."""
        return self.signup_deadline is None or received_at.astimezone(self.zone).date() <= self.signup_deadline


EXAMPLES: Mapping[str, str] = {
    "id": 'id = "hverdagsledelse-2026"',
    "title": 'title = "Hverdagsledelse 2026"',
    "aliases": 'aliases = ["hverdagsledelse"]',
    "language": 'language = "da"',
    "timezone": 'timezone = "Europe/Copenhagen"',
    "signup_address": 'signup_address = "lv@fremtidensbiblioteker.dk"',
    "signup_opens": "signup_opens = 2025-11-01",
    "signup_deadline": "signup_deadline = 2026-03-01",
    "capacity": "capacity = 24",
    "price": "price = 7500",
    "vat": "vat = 0.25",
    "after_deadline": 'after_deadline = "waiting"',
    "offer_hours": "offer_hours = 72",
    "last_offer_days": "last_offer_days = 2",
    "reminders": "reminders = [14, 3]",
    "required": 'required = ["name", "email", "organisation", "title", "ean|cvr"]',
    "contact": 'contact = { name = "Lisbet Vestergaard", email = "lv@fremtidensbiblioteker.dk" }',
    "organisers": 'organisers = ["Tænketanken Fremtidens Biblioteker"]',
    "meetings": '[[meetings]] with date = 2026-06-11, start = 10:00:00, end = 15:00:00 and place = ""',
    "date": "date = 2026-06-11",
    "start": "start = 10:00:00",
    "end": "end = 15:00:00",
    "place": 'place = "Odense Hovedbibliotek"',
}


class CourseError(ValueError):
    """A course file that cannot be used; the text says where, what is wrong and how it should read."""


def validate_course(raw: Mapping[str, Any], source: str) -> Course:
    """A course from the parsed TOML of `source` (named in messages).

    Raises CourseError with one line for each mistake: file, key, what is wrong, an example of right.
    """
    try:
        return Course.model_validate(raw)
    except ValidationError as problem:
        # A broken meeting is left out of the tuple and would be reported as missing, too.
        errors = [e for e in problem.errors() if e["type"] != "too_short" or not e["input"]]
        raise CourseError("\n".join(_sentence(error, source) for error in errors)) from problem


PLAIN: Mapping[str, str] = {
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "decimal_parsing": "must be a number",
    "decimal_type": "must be a number",
    "string_type": "must be a text in quotes",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "date_from_datetime_parsing": "must be a date",
    "date_from_datetime_inexact": "must be a date without a time of day",
    "date_parsing": "must be a date",
    "date_type": "must be a date",
    "time_parsing": "must be a time of day",
    "time_type": "must be a time of day",
    "tuple_type": "must be a list in square brackets",
    "too_short": "must hold at least one entry",
    "model_type": "must be a table",
}


def plain_error(error: Any) -> str:
    """What is wrong with one value, in words for people: of a pydantic error's dictionary. Containers are not repeated."""
    wrong = PLAIN.get(error["type"]) or str(error["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    if error["type"] == "string_pattern_mismatch":
        wrong = "is not written as it should be"
    value = error["input"]
    return wrong if isinstance(value, dict | list | tuple) else f"{wrong} (found {str(value)!r})"


def _sentence(error: Any, source: str) -> str:
    path = [str(step + 1) if isinstance(step, int) else str(step) for step in error["loc"]]
    key = " ".join(path).replace("meetings ", "meeting ") or "the file"
    name = next((str(step) for step in reversed(error["loc"]) if not isinstance(step, int)), "meetings")
    example = EXAMPLES.get(name) or EXAMPLES.get(str(error["loc"][0]) if error["loc"] else "", "")
    hint = f"; it should read like {example}" if example else ""
    if error["type"] == "missing":
        return f"{source}: {key} is missing{hint}"
    if error["type"] == "extra_forbidden":
        return f"{source}: {key} is no key of a course file; check its spelling or remove the line"
    return f"{source}: {key} {plain_error(error)}{hint}"
