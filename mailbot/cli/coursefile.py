"""A course file written from an invitation: what was read stands in it, what was not is a guess that says so or a comment.

The file has the comments of the shipped one (`data/new-course.txt`); the notes for whoever runs the command are in
English, one sentence each.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from mailbot.cli.common import Failed
from mailbot.course import DEFAULT_REQUIRED
from mailbot.resources import shipped
from mailbot.understanding.invitation import Invitation
from mailbot.understanding.programme import Held

COLUMN = 42  # where the comments stand
SEATS = 24  # written where the invitation names no number, with a comment that says so
START, END = time(10), time(15)
OPEN_MONTHS = 4  # before the deadline
MOST_BYTES = 4_000_000
_ASCII = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "é": "e", "ü": "u", "ö": "o", "ä": "a"})

UNREADABLE = {
    "attachment_too_large": "is too large to be read; save the text alone",
    "attachment_reader_missing": 'needs one more library to be read; add it with: pip install "mailbot[attachments]"',
    "scan_without_text": "is a picture without text; copy its text into a .txt file",
    "attachment_unreadable": "cannot be read; save it again, or copy its text into a .txt file",
}
DOUBTS = {
    "several_addresses": "several addresses stand in it; {address} is taken for signups",
    "other_price": "another price stands in it: {words}",
    "vat_unsaid": "it does not say whether VAT is in the price; none is taken to be",
    "wrong_weekday": "the weekday told for {date} is another one in the calendar",
    "other_number": "it speaks of {said} meetings or days, {found} were found",
    "far_apart": "more than a year lies between two meetings; are the years right?",
}


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to look at: `kind` is "missing" or "check", `key` the line of the course file."""

    kind: str
    key: str
    says: str


def text_and_day(path: Path) -> tuple[str, date | None]:
    """The text of an invitation (.txt, .eml, .docx, .pdf) and, of a mail, the day of its date. Raises Failed."""
    from mailbot.understanding.attachments import Unreadable, text_of

    if path.stat().st_size > MOST_BYTES:
        raise Failed(f"{path} {UNREADABLE['attachment_too_large']}")
    data = path.read_bytes()
    if path.suffix.lower() == ".eml":
        return _of_mail(data)
    try:
        return text_of(path.name, data), None
    except Unreadable as problem:
        raise Failed(f"{path} {UNREADABLE.get(str(problem), UNREADABLE['attachment_unreadable'])}") from problem


def _of_mail(data: bytes) -> tuple[str, date | None]:
    from mailbot.mail.parse import parse
    from mailbot.understanding.attachments import said

    message = parse(data)
    subject = re.sub(r"(?i)^(?:\s{0,3}(?:sv|vs|re|fwd?|videresendt)\s?:){1,5}\s*", "", message.subject)
    body, attached = message.text, said(message.attachments)
    text = attached if len(attached) > len(body) else f"{subject}\n\n{body}"
    return text, message.sent_at.date() if message.sent_at else None


def compose(invitation: Invitation, capacity: int | None, opens: date | None, stem: str) -> str:
    """The course file. `opens` is the day of the invitation where it is known; `stem` names it where it has no title."""
    environment = Environment(  # noqa: S701 - this makes TOML, each value quoted by `_toml`
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, undefined=StrictUndefined
    )
    environment.filters["toml"] = _toml
    environment.globals["key"] = _key
    template = environment.from_string(shipped("data", "new-course.txt").read_text("utf-8"))
    price = invitation.price
    made = template.render(
        id=_id(invitation, stem), title=invitation.title or None, aliases=invitation.aliases, language=invitation.language,
        address=invitation.address or None, opens=opens or _opens(invitation), deadline=invitation.deadline,
        capacity=capacity or invitation.capacity or SEATS, capacity_guessed=not (capacity or invitation.capacity),
        price=price.amount if price else None, other_prices=price.others if price else (), vat=price.vat if price else Decimal("0.25"),
        required=DEFAULT_REQUIRED, terms=invitation.terms, cancel_free_until=invitation.cancel_free_until, contact=invitation.contact,
        organisation=invitation.organisation, organisers=invitation.organisers, facilitators=invitation.facilitators,
        target_group=invitation.target_group, returning_welcome=invitation.returning_welcome,
        meetings=[_meeting(m) for m in invitation.meetings],
    )  # fmt: skip
    return "\n".join(line.rstrip() for line in made.rstrip().split("\n")) + "\n"


def notes(invitation: Invitation, capacity: int | None, opens: date | None) -> Iterator[Note]:
    """What was not found, and what somebody should check."""
    if not (capacity or invitation.capacity):
        yield Note("missing", "capacity", f"it names no number of seats; {SEATS} is a guess, set the right one (or say --capacity)")
    for key, value, says in (
        ("title", invitation.title, "it has no title; write one"),
        ("signup_address", invitation.address, "no address for signups stands in it; write it"),
        ("meetings", invitation.meetings, "no dates were found; write the meetings"),
        ("signup_deadline", invitation.deadline, "it names no last day for signups; without one all are in time"),
        ("price", invitation.price, "it names no price; letters will not speak of one"),
        ("contact", invitation.contact, "it names nobody to write to; letters are signed with the signup address"),
    ):
        if not value:
            yield Note("missing", key, says)
    if any(m.begin is None or m.end is None for m in invitation.meetings):
        yield Note("missing", "meetings", f"it does not tell every time of day; {START:%H:%M} to {END:%H:%M} stand in for it")
    if invitation.meetings and not all(m.place for m in invitation.meetings):
        yield Note("missing", "place", "it does not name every place; set them later with `mailbot place`")
    if opens is None and _opens(invitation):
        yield Note("check", "signup_opens", f"it names no opening; mail from before {_opens(invitation)} will not be read")
    for doubt in invitation.doubts:
        key = {"several_addresses": "signup_address", "other_price": "price", "vat_unsaid": "price"}.get(doubt.code, "meetings")
        yield Note("check", key, DOUBTS[doubt.code].format(**doubt.values))


def found(invitation: Invitation) -> Iterator[tuple[str, str]]:
    """What was read, a line each, for the terminal."""
    yield "title", invitation.title
    for m in invitation.meetings:
        hours = f"{m.begin:%H:%M}-{m.end:%H:%M}" if m.begin and m.end else ""
        yield "meeting", " ".join(filter(None, (f"{m.on:%a %Y-%m-%d}", hours, m.place)))
    yield "deadline", str(invitation.deadline or "")
    yield "cancel until", str(invitation.cancel_free_until or "")
    yield "signups to", invitation.address
    yield "price", f"kr. {invitation.price.amount} without VAT, VAT {invitation.price.vat:%}" if invitation.price else ""
    yield "capacity", str(invitation.capacity or "")
    yield "contact", f"{invitation.contact.name} <{invitation.contact.email}>" if invitation.contact else ""
    yield "organisers", ", ".join(invitation.organisers)
    yield "facilitators", ", ".join(invitation.facilitators)


def _meeting(m: Held) -> Mapping[str, Any]:
    start = m.begin or START
    late = (datetime.combine(m.on, start) + timedelta(hours=1)).time()
    end = m.end or (END if start < END else late if late > start else time(23, 59))
    return {"on": m.on, "start": start, "end": end, "place": m.place, "guessed": m.begin is None or m.end is None}


def _opens(invitation: Invitation) -> date | None:
    """The first of the month, some months before the deadline: too early reads a little more mail, too late loses signups."""
    until = invitation.deadline or (invitation.meetings[0].on if invitation.meetings else None)
    if until is None:
        return None
    months = until.year * 12 + until.month - 1 - OPEN_MONTHS
    return date(months // 12, months % 12 + 1, 1)


def _id(invitation: Invitation, stem: str) -> str:
    name = invitation.title or stem
    if not re.search(r"\b20\d\d\b", name) and invitation.meetings:
        name = f"{name} {invitation.meetings[0].on.year}"
    return re.sub(r"[^a-z0-9]+", "-", name.lower().translate(_ASCII)).strip("-")[:60].strip("-") or "course"


def _key(name: str, value: Any, example: str | None = None) -> str:
    """`name = value`, so wide that the comments stand below one another; without a value, a comment that shows one."""
    if value is None:
        shown = example if example and (example.isdigit() or re.fullmatch(r"[\d-]+", example)) else _toml(example)
        return f"# {name} = {shown}".ljust(COLUMN - 1) + " "
    said = f"{name} = {_toml(value)}"
    return said.ljust(COLUMN) if len(said) < COLUMN else said + "   "


def _toml(value: Any) -> str:
    """A value as TOML writes it (its basic strings are those of JSON)."""
    match value:
        case bool():
            return "true" if value else "false"
        case date() | time() | Decimal() | int():
            return value.isoformat() if isinstance(value, date | time) else str(value)
        case list() | tuple():
            return "[" + ", ".join(_toml(v) for v in value) + "]"
        case _:
            return json.dumps(str(value), ensure_ascii=False)
