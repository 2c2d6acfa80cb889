"""The days of an invitation: which are meetings, with their times and places, and which is the last day to sign up.

Days in one row ("14. januar, 11. februar og 18. marts 2027, kl. 10–15") share what is said of the row. A year that is not
named is the first that comes after the day before it, after the deadline, or after `today`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from functools import cache
from itertools import pairwise

from mailbot.understanding import dates, organisations
from mailbot.understanding.dates import Day, Hours
from mailbot.understanding.gazetteer import municipality_named
from mailbot.understanding.leaflet import cue, labelled, value
from mailbot.understanding.lexicon import alternatives, words
from mailbot.understanding.reading import Reason

MOST_MEETINGS = 60
NEAR = 160  # characters around a day that speak of it
LONGEST_PLACE = 120


@dataclass(frozen=True, slots=True)
class Held:
    """A meeting as the invitation tells it; None and "" for what it does not tell."""

    on: date
    begin: time | None = None
    end: time | None = None
    place: str = ""


@dataclass(slots=True)
class Programme:
    """The days of a course. `doubts` are what somebody should look at."""

    meetings: list[Held] = field(default_factory=list)
    deadline: date | None = None
    cancel_free_until: date | None = None
    doubts: list[Reason] = field(default_factory=list)


@dataclass(slots=True)
class _Row:
    """Days that stand in one row, `text[start:end]`, and what they are: "meeting", "deadline", "cancel", "other"."""

    days: list[Day]
    start: int
    end: int
    role: str = "meeting"
    on: list[date] = field(default_factory=list)
    hours: Hours | None = None
    place: str = ""
    same: bool = False


def read(text: str, today: date) -> Programme:
    """The programme that `text` tells; `today` is the day from which days without a year are counted."""
    rows = list(_rows(text))
    for before, row in zip([None, *rows], rows, strict=False):
        row.role = _role(text, row, before.end if before else 0)
    made = Programme()
    meetings = [row for row in rows if row.role == "meeting"]
    _give_years(text, rows, meetings, today)
    made.deadline = _one(rows, "deadline", meetings)
    made.cancel_free_until = _one(rows, "cancel", meetings)
    for n, row in enumerate(meetings):
        _tell(text, row, next((r.start for r in rows if r.start >= row.end), len(text)))
        if row.same and n:
            row.place = row.place or meetings[n - 1].place
    made.meetings = _held(text, [row for row in meetings if row.on], made.deadline)
    made.doubts = [*_wrong_weekdays(rows), *_wrong_number(text, made.meetings)]
    return made


def _rows(text: str) -> Iterator[_Row]:
    """The expressions of the text, those that follow one another at once taken together."""
    row: _Row | None = None
    for found in dates.find(text)[: 4 * MOST_MEETINGS]:
        if row and found.start - row.end < 12 and _join().fullmatch(text, row.end, found.start):
            row.days += found.days
            row.end = found.end
            continue
        if row:
            yield row
        row = _Row(list(found.days), found.start, found.end)
    if row:
        yield row


@cache
def _join() -> re.Pattern[str]:
    """What may stand between days of one row."""
    joined, before = words("calendar")["and"], words("calendar")["before_date"]
    return re.compile(rf"\s*(?:[,;&•*-]|{alternatives(joined)})?\s*{alternatives([*joined, *before])}?\s*", re.IGNORECASE)


@cache
def _date_lead() -> str:
    return rf"(?:{alternatives(words('calendar')['before_date'])}\s)"


_END = re.compile(r"[.!?]\s+(?=[A-ZÆØÅ»\"“*•])|\n\s*\n|\n\s*[*•\-–]\s")


def _role(text: str, row: _Row, reached: int) -> str:
    """What a row of days is, by the words of its sentence."""
    before = _sentence_before(text, row.start, max(reached, row.start - NEAR))
    after = text[row.end : row.end + 60].split("\n")[0]
    lone = text[text.rfind("\n", 0, row.start) + 1 : row.start]
    if cue("", "early").search(before) or cue("", "sent").search(lone):
        return "other"
    if cue("", "cancel").search(before):
        return "cancel"
    if cue("", "opens").search(before[-40:]):
        return "other"
    behind = cue("", "deadline_after")
    if cue("", "deadline").search(before[-60:]) or behind.match(after.lstrip(" ,.)")) or behind.match(after.lstrip()):
        return "deadline"
    dated = row.start < 400 and re.fullmatch(rf"[^\W\d]{{2,20}}(?: [^\W\d]{{1,20}})?,? {_date_lead()}?", lone) and not after.strip()
    return "other" if dated else "meeting"


def _sentence_before(text: str, at: int, floor: int) -> str:
    """What stands before `at` in its sentence, from `floor` on."""
    window = text[floor:at]
    cut = max((m.end() for m in _END.finditer(window)), default=0)
    return window[cut:]


# -- years --------------------------------------------------------------------------------------


@cache
def _year() -> re.Pattern[str]:
    other = alternatives(words("invitation")["not_a_year"])
    return re.compile(rf"(?<![\d.,/-])(20[2-9]\d)(?:\s?[/–-]\s?(?:20)?\d{{2}})?(?![\d-])(?!\s?-?{other})")


def _give_years(text: str, rows: Sequence[_Row], meetings: Sequence[_Row], today: date) -> None:
    """Turn every day into a date: a year that stands last in a row counts for the row, else the order of the days tells."""
    deadlines = [d for row in rows if row.role == "deadline" for d in row.days if d.year]
    known = deadlines[0].on(deadlines[0].year or 0) if deadlines else None
    said = {int(m.group(1)) for m in _year().finditer(text)} - {d.year for row in rows for d in row.days}
    ahead = sorted(y for y in said if y >= today.year - 1)
    base = known or (date(ahead[0], 1, 1) - timedelta(days=1) if ahead else today)
    for row in meetings:
        _backwards(row)
        for day in row.days:
            on = day.on(day.year) if day.year else dates.next_after(day, base)
            if on:
                row.on.append(on)
                base = on
    first = min((on for row in meetings for on in row.on), default=None)
    for row in rows:
        if row.role != "meeting":
            row.on = [on for d in row.days if (on := d.on(d.year) if d.year else _last_before(d, first, today))]


def _backwards(row: _Row) -> None:
    """24. november, 15. december og 19. januar 2028: the year of the last counts for all, less one before a New Year."""
    for n in range(len(row.days) - 2, -1, -1):
        this, following = row.days[n], row.days[n + 1]
        if this.year is None and following.year is not None:
            later = (this.month, this.day) > (following.month, following.day)
            row.days[n] = replace(this, year=following.year - later)


def _last_before(day: Day, first: date | None, today: date) -> date | None:
    if first is None:
        return dates.next_after(day, today)
    on = [d for y in (first.year, first.year - 1) if (d := day.on(y)) and d <= first]
    fitting = [d for d in on if day.weekday is None or d.weekday() == day.weekday]
    return next(iter(fitting or on), None)


def _one(rows: Iterable[_Row], role: str, meetings: Sequence[_Row]) -> date | None:
    """The day of that role; one before the first meeting, where there are several."""
    first = min((on for row in meetings for on in row.on), default=date.max)
    told = [on for row in rows if row.role == role for on in row.on]
    return next((on for on in told if on <= first), None)


# -- times and places ---------------------------------------------------------------------------


def _tell(text: str, row: _Row, following: int) -> None:
    """What is said of a row of days between it and the next day, within its paragraph; else on its line before it."""
    end = min(following, row.end + 2 * NEAR, *(at for at in (text.find("\n\n", row.end),) if at >= 0))
    told = dates.hours(text, row.end, end)
    line = text.rfind("\n", 0, row.start) + 1
    row.hours = told[0] if told else next(iter(dates.hours(text, line, row.start)), None)
    stretch = _unlabelled(text, row.end, end)
    row.place = _place_in(stretch, row.hours, row.end)
    row.same = bool(cue("place", "same").search(stretch))


@cache
def _label() -> re.Pattern[str]:
    """A line (or cell) that begins with a label of any kind: "Sted:", "Hvor?"."""
    return re.compile(r"\n[ \t*•]*[A-ZÆØÅ][^\n:?.]{1,30}[:?]")


def _unlabelled(text: str, start: int, end: int) -> str:
    """`text[start:end]` up to the next line that begins with a label."""
    hit = _label().search(text, start, end)
    return text[start : hit.start() if hit else end]


def _place_in(stretch: str, hours: Hours | None, at: int) -> str:
    """The place named in what follows a day: in a cell or a line of its own, or after "på"."""
    if hours and at <= hours.at < at + len(stretch):
        stretch = stretch[: hours.at - at] + "\t" + stretch[hours.to - at :]
    for piece in re.split(r"\t|\n|\s{2,}|(?:^|\s)[|–—-]\s", stretch)[:8]:
        cell = _without_lead(_bare(piece))
        shaped = cell[:1].isupper() or cell.lower().startswith(tuple(words("invitation")["place"]["online"]))
        if shaped and len(cell) <= LONGEST_PLACE and is_place(cell) and not _prose(cell):
            return cell
    hit = _after_preposition().search(stretch)
    return _tidy(hit.group(1)) if hit and is_place(hit.group(1)) else ""


def _bare(piece: str) -> str:
    """Without the marks around it; brackets only where they hold all of it."""
    piece = piece.strip(" ,;:.|")
    return piece[1:-1].strip() if piece.startswith("(") and piece.endswith(")") and piece.count("(") == 1 else piece


def _without_lead(cell: str) -> str:
    return re.sub(rf"^{alternatives(words('invitation')['place']['before'])}\s", "", cell, count=1, flags=re.IGNORECASE)


def _prose(cell: str) -> bool:
    goes_on = alternatives(words("invitation")["place"]["prose"])
    sentence = re.search(rf"[.!?] [A-ZÆØÅ]|, {goes_on}\b", cell) or cue("place", "held").search(cell)
    return bool(sentence) or len(cell.split()) > 14


@cache
def _after_preposition() -> re.Pattern[str]:
    before, article = (alternatives(words("invitation")["place"][key]) for key in ("before", "articles"))
    return re.compile(rf"(?<!\w){before}\s((?:{article} )?[A-ZÆØÅ0-9][^.,;:()\n]{{1,80}}(?:\n[^.,;:()\n]{{1,40}})?)")


def _tidy(place: str) -> str:
    """Cut where the place ends in running text."""
    after = alternatives(words("invitation")["place"]["after"])
    cut = re.split(rf"\s{after}\b|\s[–-]\s", " ".join(place.split()), maxsplit=1)[0]
    return cut.strip(" .,;:")


def is_place(text: str) -> bool:
    """Whether a short text names a place where people can meet, and not that it will be told later."""
    lists = words("invitation")["place"]
    low = text.lower()
    if len(text) < 3 or cue("place", "unknown").search(low):
        return False
    tokens = set(re.findall(r"\w+", low))
    return bool(
        tokens & {*lists["words"], *lists["online"]}
        or any(t.endswith(tuple(lists["endings"])) for t in tokens)
        or re.search(r"\b\d{4} [A-ZÆØÅ]", text)
        or organisations.find(text)
        or municipality_named(text)
    )


def _held(text: str, rows: Sequence[_Row], deadline: date | None) -> list[Held]:
    """The meetings by date, with the times of their own row, else of a row beside it, else those of the whole course."""
    usual, general = _general_hours(text), _general_place(text)
    told = [row.hours for row in rows]
    held: dict[date, Held] = {}
    for n, row in enumerate(rows):
        near = next((h for h in [*told[:n][::-1], *told[n:]] if h), None)
        for k, on in enumerate(row.on):
            if deadline and on <= deadline:
                continue
            time_of = row.hours or _of_weekday(text, on, k if len(row.on) > 1 else len(held)) or usual or near
            made = Held(on, time_of.begin if time_of else None, time_of.end if time_of else None, row.place or general)
            before = held.get(on)
            held[on] = made if before is None else replace(before, place=before.place or made.place)
    return [held[on] for on in sorted(held)][:MOST_MEETINGS]


def _general_hours(text: str) -> Hours | None:
    """The times behind the label "Tid:", else the first stretch of time of the text."""
    for start, end in labelled(text, "time"):
        if told := dates.hours(text, start, end, labelled=True):
            return told[0]
    return next(iter(dates.hours(text)), None)


def _general_place(text: str) -> str:
    place = value(text, "place").strip(" .")
    if place and is_place(place) and not dates.find(place):
        return place[:LONGEST_PLACE]
    held = cue("place", "held").search(text)
    if held and (hit := re.compile(r"[A-ZÆØÅ0-9][^.;:()\n]{1,80}").match(text, held.end())) and is_place(hit.group()):
        return _tidy(hit.group())
    return ""


def _of_weekday(text: str, on: date, nth: int) -> Hours | None:
    """Times told of a weekday or a day's number: "Tirsdag begynder vi kl. 8.30 og slutter kl. 15"."""
    ordinals = words("invitation")["ordinal_days"]
    names = [*words("calendar")["weekdays"][on.weekday()], *(ordinals[nth] if nth < len(ordinals) else [])]
    for match in re.finditer(rf"(?i)(?<!\w){alternatives(names)}(?!\w)(?!\s{_date_lead()}?\d)", text):
        stop = _END.search(text, match.end(), match.end() + NEAR)
        end = stop.start() if stop else min(len(text), match.end() + NEAR)
        if told := dates.hours(text, match.end(), end):
            return told[0]
        single = dates.singles(text, match.end(), end)
        if len(single) > 1 and single[0].begin < single[-1].begin:
            return Hours(single[0].begin, single[-1].begin, single[0].at, single[-1].to)
    return None


# -- doubts -------------------------------------------------------------------------------------


def _wrong_weekdays(rows: Iterable[_Row]) -> Iterator[Reason]:
    for row in rows:
        for day, on in zip(row.days, row.on, strict=False):
            if day.weekday is not None and day.weekday != on.weekday():
                yield Reason("wrong_weekday", {"date": on.isoformat()})


def _wrong_number(text: str, meetings: Sequence[Held]) -> Iterator[Reason]:
    """The invitation speaks of four meetings, and another number of days was found."""
    numbers = {word: n for n, row in enumerate(words("invitation")["numbers"], 1) for word in row}
    kinds = alternatives(words("invitation")["gatherings"])
    told = [m.group(1).lower() for m in re.finditer(rf"(?i)(?<!\w)({alternatives(numbers)}|\d{{1,2}})\s{kinds}(?!\w)", text)]
    said = {numbers.get(word) or int(word) for word in told}
    if said and len(meetings) not in said:
        yield Reason("other_number", {"said": str(max(said)), "found": str(len(meetings))})
    if any((b.on - a.on).days > 400 for a, b in pairwise(meetings)):
        yield Reason("far_apart", {})
