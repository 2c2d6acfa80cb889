"""The message itself, as far as the rules need it: `Origin`, with an excerpt and the return date of an absence."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from functools import cache

from mailbot.mail.message import Message, SegmentKind, Verdict
from mailbot.understanding.clauses import clauses
from mailbot.understanding.dates import months, weekdays
from mailbot.understanding.heard import to_us
from mailbot.understanding.lexicon import alternatives, listed, words
from mailbot.understanding.masking import mask_cpr
from mailbot.understanding.reading import Letter, Origin

EXCERPT = 300
_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})[./-](\d{1,2})(?:[./-](\d{4}|\d{2}))?(?!\d)")


def origin(message: Message, answered: Letter | None, authentication: Verdict, ours: Collection[str], *, away: bool = False) -> Origin:
    """The facts of the message. `away` says that it is an out-of-office answer, whose return date is looked for.

    `received_at` falls back to the sent date, and to the epoch where a message has none at all.
    """
    return Origin(
        fingerprint=message.fingerprint,
        message_id=message.message_id,
        sender=message.sender,
        subject=message.subject,
        received_at=received(message),
        sent_at=message.sent_at,
        references=message.references,
        reply_to=message.reply_to[0] if message.reply_to else None,
        authentication=authentication,
        automatic=message.automatic,
        answered=answered.key if answered else "",
        answered_kind=answered.kind if answered else None,
        to_us=to_us(message, ours),
        excerpt=excerpt(message),
        failures=message.report.failures if message.report else (),
        back_on=back_on(message.of(SegmentKind.NEW), received(message).date()) if away else None,
    )


def received(message: Message) -> datetime:
    return message.received_at or message.sent_at or datetime.fromtimestamp(0, UTC)


def excerpt(message: Message) -> str:
    """The first words of the new text on one line, CPR numbers masked before anything is cut."""
    text = message.of(SegmentKind.NEW)[: 20 * EXCERPT]
    return " ".join(mask_cpr(text).split())[:EXCERPT].rstrip()


def back_on(text: str, today: date) -> date | None:
    """The day on which somebody is back: "tilbage den 3. august", "until 20 February" (then the day after), "på mandag"."""
    best: date | None = None
    for clause in clauses(text):
        row = [w.text for w in clause.words]
        for i in range(len(row)):
            day = _date_at(row, i, today) or _weekday_at(row, i, today)
            if day is None:
                continue
            before = row[max(0, i - 8) : i]
            if listed("out_of_office", "back") & (set(before) | set(row[i + 1 : i + 5])):
                return day
            if _until(before) and (best is None or day > best):
                best = day
    return best + timedelta(days=1) if best else _numeric(text, today)


def _until(before: list[str]) -> bool:
    return " ".join(before).endswith(_untils())


@cache
def _untils() -> tuple[str, ...]:
    """How the words before the last day of an absence end: "until", "indtil den", "til og med mandag den"."""
    leads = ["", *(f" {word}" for word in words("out_of_office")["before_last_day"])]
    days = ["", *(f" {day}" for day in weekdays())]
    return tuple(f"{cue}{day}{lead}" for cue in listed("out_of_office", "until") for day in days for lead in leads)


@cache
def _ordinal() -> re.Pattern[str]:
    return re.compile(rf"(\d{{1,2}}){alternatives(words('calendar')['ordinals'])}?")


def _date_at(row: list[str], i: int, today: date) -> date | None:
    following = row[i + 1] if i + 1 < len(row) else ""
    if row[i].isdecimal() and len(row[i]) <= 2 and following in months():
        year = row[i + 2] if i + 2 < len(row) else ""
        return _day(int(row[i]), months()[following], int(year) if re.fullmatch(r"20\d\d", year) else 0, today)
    if row[i] in months() and (ordinal := _ordinal().fullmatch(following)):
        return _day(int(ordinal.group(1)), months()[row[i]], 0, today)
    return None


def _weekday_at(row: list[str], i: int, today: date) -> date | None:
    following = row[i + 1] if i + 1 < len(row) else ""
    if row[i] not in weekdays() or following.isdecimal() or following in listed("out_of_office", "before_last_day"):
        return None  # "mandag den 3. august" is told by its date
    return today + timedelta(days=(weekdays()[row[i]] - today.weekday() - 1) % 7 + 1)


def _numeric(text: str, today: date) -> date | None:
    """ "tilbage 3/8": a date in figures near a word of return."""
    folded = text[:4000].lower()
    for match in _NUMERIC.finditer(folded):
        before = folded[max(0, match.start() - 40) : match.start()]
        year = int(match.group(3) or 0)
        day = _day(int(match.group(1)), int(match.group(2)), year + 2000 if 0 < year < 100 else year, today)
        if day and any(cue in before for cue in listed("out_of_office", "back")):
            return day
        if day and any(cue in before for cue in listed("out_of_office", "until")):
            return day + timedelta(days=1)
    return None


def _day(day: int, month: int, year: int, today: date) -> date | None:
    """A date without a year is the next one to come (a week's grace for answers that are out of date)."""
    try:
        found = date(year or today.year, month, day)
        if not year and found < today - timedelta(days=7):
            found = date(today.year + 1, month, day)
    except ValueError:
        return None
    return found
