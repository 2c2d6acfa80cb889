"""Days and times of day as people write them: "torsdag den 11. juni", "10.–11. maj 2027", "24/11", "from 10 am to 3.30 pm".

Only what stands there is read; which year is meant where none is named is for the reader to tell (`next_after`).
Every pattern is bounded, so that the time is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from functools import cache
from types import MappingProxyType

from mailbot.understanding.lexicon import affixes, alternatives, listed, words

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
def months() -> Mapping[str, int]:
    """The names of the months, each with its number from 1 to 12."""
    return _numbered("months", 1)


@cache
def weekdays() -> Mapping[str, int]:
    """The names of the weekdays in full, each with its number: 0 is Monday."""
    return _numbered("weekdays", 0)


@cache
def _weekdays_by_a_date() -> Mapping[str, int]:
    """The same and their abbreviations, which mean a day only beside a date."""
    return MappingProxyType({**weekdays(), **_numbered("short_weekdays", 0)})


def _numbered(key: str, first: int) -> Mapping[str, int]:
    return MappingProxyType({word: n for n, row in enumerate(words("calendar")[key], first) for word in row})


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """A row of days with its month, one day of it, a month with its day (English), and a day in figures."""
    calendar = words("calendar")
    month, weekday = alternatives(months()), alternatives(_weekdays_by_a_date())
    before = "|".join(re.escape(word) + (r"\s?" if word.endswith(".") else r"\s") for word in calendar["before_date"])
    lead = rf"(?:({weekday})\.?,?\s{{1,2}})?(?:{before})?"
    one = rf"{lead}(\d{{1,2}})(?:\.|{alternatives(calendar['ordinals'])}\b)?"
    plain = re.sub(r"\((?!\?)", "(?:", one)
    join = rf"\s{{0,2}}(?:[,&+–—-]|{alternatives([*calendar['and'], *calendar['to']])})\s{{0,2}}"
    year = r"(?:\s?,?\s?(\d{4})\b)?"
    row = rf"(?<![\d.,:/-])(?<!\w)({plain}(?:{join}{plain}){{0,6}})\s{{0,2}}(?:{alternatives(calendar['of'])}\s)?({month})\b\.?{year}"
    english = rf"(?<!\w)(?:({weekday}),?\s)?({month})\s({plain}(?:{join}{plain})?)(?![\w.:]\d|\d|\s?[ap]m){year}"
    figures = rf"(?<![\d.,:/-]){lead}(\d{{1,2}})\s?([./-])\s?(\d{{1,2}})(?:\s?[./ -]\s?(\d{{4}}|\d{{2}})(?![\d.:]))?(?![\d/:-])"
    return tuple(re.compile(p, re.IGNORECASE) for p in (row, rf"({join})?{one}", english, figures))  # type: ignore[return-value]


_ISO = re.compile(r"(?<![\d-])(\d{4})-(\d{2})-(\d{2})(?![\d-])")


def find(text: str) -> list[Days]:
    """The days of `text`, in order; what is no day of any year is left out."""
    row, one, english, figures = _patterns()
    found: list[Days] = []
    for match in row.finditer(text):
        days = tuple(_row(match.group(1), one, months()[_key(match.group(2))], _year(match.group(3))))
        found += [Days(days, *match.span())] if days else []
    for match in english.finditer(text):
        days = tuple(_row(match.group(3), one, months()[_key(match.group(2))], _year(match.group(4)), match.group(1)))
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
    made = Day(day, month, year, _weekdays_by_a_date()[_key(weekday)] if weekday else None)
    return made if 1 <= month <= 12 and made.on(year or 2024) else None  # 2024: a year with every day in it


def _row(text: str, one: re.Pattern[str], month: int, year: int | None, weekday: str | None = None) -> Iterator[Day]:
    """The days of "10., 11. og 12." or of the stretch "10.–12."; `weekday` stands before the month, as in English."""
    before: Day | None = None
    for match in one.finditer(text):
        day = _day(int(match.group(3)), month, year, match.group(2) or (None if before else weekday))
        if day is None:
            return
        join = (match.group(1) or "").strip().lower()
        stretch = join in ("-", "–", "—") or join in listed("calendar", "to")
        if before and stretch and before.day < day.day <= before.day + MOST_DAYS:
            yield from (Day(n, month, year, None) for n in range(before.day + 1, day.day))
        yield day
        before = day


def _figures(text: str, match: re.Match[str]) -> Day | None:
    """8.1.2027, 26-01-2027, 24/11; a dot or a dash needs its year (or "d." before it), else it is a time or a stretch."""
    weekday, day, mark, month, year = match.groups()
    named = match.group().lower().startswith(affixes("calendar", "before_date")) or weekday
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


@cache
def _times() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A stretch of time, and a single time."""
    at, about, until = (alternatives(words("calendar")[key]) for key in ("clock", "about", "until"))
    clock = rf"(?:\b{at}\.?\s{{0,2}}(?:{about}\.?\s)?)"
    stretch = rf"(?<![\d.,:/-])({clock})?{_TIME}\s{{0,2}}(?:[–—-]|\b{until}\b)\s{{0,2}}({clock})?{_TIME}(?![\w%]|[.:/-]\d)"
    single = rf"{clock}{_TIME}|(?<![\d.,:/-])(\d{{1,2}})(?:[.:](\d{{2}}))?\s?(am|pm)\b"
    return re.compile(stretch, re.IGNORECASE), re.compile(single, re.IGNORECASE)


def hours(text: str, start: int = 0, end: int | None = None, *, labelled: bool = False) -> list[Hours]:
    """The stretches of time ("kl. 10–15") in `text[start:end]`. `labelled`: a label says that figures there are times."""
    found = []
    for match in _times()[0].finditer(text, start, len(text) if end is None else end):
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
    for match in _times()[1].finditer(text, start, len(text) if end is None else end):
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
