"""Days and times of day as people write them: "torsdag den 11. juni", "10.–11. maj 2027", "24/11", "from 10 am to 3.30 pm".

Only what stands there is read; which year is meant where none is named is for the reader to tell (`next_after`).
Every pattern is bounded, so that the time is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time
from functools import cache

from mailbot.understanding.lexicon import alternatives, words

MOST_DAYS = 8  # of a stretch such as 10.–14. maj
YEARS = (1990, 2100)


@dataclass(frozen=True, slots=True)
class Day:
    """A day as written: `year` and `weekday` (0 is Monday) are None where they are not named."""

    day: int
    month: int
    year: int | None
    weekday: int | None

    def on(self, year: int) -> date | None:
        """The date in that year; None for 29 February in most."""
        try:
            return date(year, self.month, self.day)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Days:
    """One expression `text[start:end]` that names one day or several."""

    days: tuple[Day, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Hours:
    """From when to when; `end` is None where only one time is told. `text[at:to]`."""

    begin: time
    end: time | None
    at: int
    to: int


@cache
def _numbered(key: str) -> dict[str, int]:
    return {word: n for n, row in enumerate(words("invitation")[key]) for word in row}


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """A row of days with its month, one day of it, a month with its day (English), and a day in figures."""
    months, weekdays = (alternatives(_numbered(key)) for key in ("months", "weekdays"))
    lead = rf"(?:({weekdays})\.?,?\s{{1,2}})?(?:den\s|d\.\s?|the\s)?"
    one = rf"{lead}(\d{{1,2}})(?:\.|st\b|nd\b|rd\b|th\b)?"
    plain = re.sub(r"\((?!\?)", "(?:", one)
    join = r"\s{0,2}(?:,|og|and|samt|&|\+|-|–|—|til|to)\s{0,2}"
    year = r"(?:\s?,?\s?(\d{4})\b)?"
    row = rf"(?<![\d.,:/-])(?<!\w)({plain}(?:{join}{plain}){{0,6}})\s{{0,2}}(?:of\s)?({months})\b\.?{year}"
    english = rf"(?<!\w)(?:({weekdays}),?\s)?({months})\s({plain}(?:{join}{plain})?)(?![\w.:]\d|\d|\s?[ap]m){year}"
    figures = rf"(?<![\d.,:/-]){lead}(\d{{1,2}})\s?([./-])\s?(\d{{1,2}})(?:\s?[./ -]\s?(\d{{4}}|\d{{2}})(?![\d.:]))?(?![\d/:-])"
    return tuple(re.compile(p, re.IGNORECASE) for p in (row, rf"({join})?{one}", english, figures))  # type: ignore[return-value]


_ISO = re.compile(r"(?<![\d-])(\d{4})-(\d{2})-(\d{2})(?![\d-])")


def find(text: str) -> list[Days]:
    """The days of `text`, in order; what is no day of any year is left out."""
    row, one, english, figures = _patterns()
    found: list[Days] = []
    for match in row.finditer(text):
        days = tuple(_row(match.group(1), one, _numbered("months")[_key(match.group(2))] + 1, _year(match.group(3))))
        found += [Days(days, *match.span())] if days else []
    for match in english.finditer(text):
        days = tuple(_row(match.group(3), one, _numbered("months")[_key(match.group(2))] + 1, _year(match.group(4)), match.group(1)))
        found += [Days(days, *match.span())] if days else []
    for match in _ISO.finditer(text):
        day = _day(int(match.group(3)), int(match.group(2)), _year(match.group(1)), None)
        found += [Days((day,), *match.span())] if day else []
    for match in figures.finditer(text):
        day = _figures(text, match)
        found += [Days((day,), *match.span())] if day else []
    return list(_apart(sorted(found, key=lambda d: (d.start, -d.end))))


def _apart(found: Sequence[Days]) -> Iterator[Days]:
    reached = 0
    for days in found:
        if days.start >= reached:
            yield days
            reached = days.end


def _key(word: str) -> str:
    return word.lower().rstrip(".")


def _year(text: str | None) -> int | None:
    if text is None:
        return None
    year = int(text) + (2000 if len(text) == 2 else 0)
    return year if YEARS[0] <= year <= YEARS[1] else None


def _day(day: int, month: int, year: int | None, weekday: str | None) -> Day | None:
    made = Day(day, month, year, _numbered("weekdays")[_key(weekday)] if weekday else None)
    return made if 1 <= month <= 12 and made.on(year or 2024) else None  # 2024: a year with every day in it


def _row(text: str, one: re.Pattern[str], month: int, year: int | None, weekday: str | None = None) -> Iterator[Day]:
    """The days of "10., 11. og 12." or of the stretch "10.–12."; `weekday` stands before the month, as in English."""
    before: Day | None = None
    for match in one.finditer(text):
        day = _day(int(match.group(3)), month, year, match.group(2) or (None if before else weekday))
        if day is None:
            return
        stretch = (match.group(1) or "").strip().lower() in ("-", "–", "—", "til", "to")
        if before and stretch and before.day < day.day <= before.day + MOST_DAYS:
            yield from (Day(n, month, year, None) for n in range(before.day + 1, day.day))
        yield day
        before = day


def _figures(text: str, match: re.Match[str]) -> Day | None:
    """8.1.2027, 26-01-2027, 24/11; a dot or a dash needs its year (or "d." before it), else it is a time or a stretch."""
    weekday, day, mark, month, year = match.groups()
    named = match.group().lower().startswith(("d", "the")) or weekday
    if year is None and (mark == "-" or (mark == "." and not named) or (day, month) == ("24", "7")):
        return None
    if mark == "." and year is not None and len(year) == 2 and not named and text[match.end() : match.end() + 2].strip()[:1].isdigit():
        return None
    return _day(int(day), int(month), _year(year), weekday)


def next_after(day: Day, after: date) -> date | None:
    """The first such day later than `after`; where the weekday is told, the first within three years that falls on it."""
    years = [d for y in range(after.year, after.year + 4) if (d := day.on(y)) and d > after]
    fitting = [d for d in years[:3] if day.weekday is None or d.weekday() == day.weekday]
    return next(iter(fitting or years), None)


_TIME = r"(\d{1,2})(?:[.:](\d{2}))?(?!\d)\s?(am|pm|a\.m\.|p\.m\.)?"
_CLOCK = r"(?:\bkl(?:okken)?\.?\s{0,2}(?:ca\.?\s)?)"
_RANGE = re.compile(
    rf"(?<![\d.,:/-])({_CLOCK})?{_TIME}\s{{0,2}}(?:-|–|—|\btil\b|\bto\b|\buntil\b|\bog\b|\btill\b)\s{{0,2}}({_CLOCK})?{_TIME}(?![\w%]|[.:/-]\d)",
    re.IGNORECASE,
)
_SINGLE = re.compile(rf"{_CLOCK}{_TIME}|(?<![\d.,:/-])(\d{{1,2}})(?:[.:](\d{{2}}))?\s?(am|pm)\b", re.IGNORECASE)


def hours(text: str, start: int = 0, end: int | None = None, *, labelled: bool = False) -> list[Hours]:
    """The stretches of time ("kl. 10–15") in `text[start:end]`. `labelled`: a label says that figures there are times."""
    found = []
    for match in _RANGE.finditer(text, start, len(text) if end is None else end):
        clock, h1, m1, half1, clock2, h2, m2, half2 = match.groups()
        if not (labelled or clock or clock2 or (m1 and m2) or half2):
            continue
        to = _clock(h2, m2, half2)
        begin = _clock(h1, m1, half1 or (half2 if half2 and int(h1) != 12 and int(h1) < int(h2) and int(h2) != 12 else None))
        if begin and to and begin < to:
            found.append(Hours(begin, to, *match.span()))
    return found


def singles(text: str, start: int = 0, end: int | None = None) -> list[Hours]:
    """The single times ("kl. 10", "3 pm") in `text[start:end]`."""
    found = []
    for match in _SINGLE.finditer(text, start, len(text) if end is None else end):
        parts = match.groups()
        at = _clock(*(parts[:3] if parts[0] else parts[3:]))
        if at:
            found.append(Hours(at, None, *match.span()))
    return found


def _clock(hour: str | None, minute: str | None, half: str | None) -> time | None:
    h, m = int(hour or 99), int(minute or 0)
    if half:
        h = h % 12 + (12 if half.lower().startswith("p") else 0)
    return time(h, m) if h < 24 and m < 60 else None
