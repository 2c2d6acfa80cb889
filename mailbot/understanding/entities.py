"""One pass over a stretch of text: everything that can be recognised by itself, as marks with their spans. What was
recognised first is not read as something else later: addresses, references, numbers, titles, places, then names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from mailbot.understanding import addresses, diets, masking, names, numbers, organisations, references, titles
from mailbot.understanding.lexicon import affixes, alternatives, cues, ending, words

MAX_TEXT = 20_000  # characters of one stretch that are looked at


@dataclass(frozen=True, slots=True)
class Mark:
    """Something recognised at `text[start:end]`. `kind` is a field's name, or `name`, `fax`, `other`. `rank` orders
    candidates of a kind (telephones: 0 direct … 2 main; organisations: 0 library … 2 municipality). `off`: an old or
    wrong number, or a reference that is a person."""

    kind: str
    value: str
    start: int
    end: int
    rank: int = 0
    off: bool = False
    score: float = 1.0


def scan(text: str, start: int = 0, end: int | None = None, domain: str = "") -> list[Mark]:
    """The marks of `text[start:end]` in order, with spans in `text`. `domain` is the writer's (country of telephones)."""
    stretch = text[start : min(end if end is not None else len(text), start + MAX_TEXT)]
    stretch = masking.mask_cpr(stretch)
    marks = sorted(_marks(stretch, domain), key=lambda m: (m.start, -m.end))
    return [Mark(m.kind, m.value, m.start + start, m.end + start, m.rank, m.off, m.score) for m in marks]


def within(value: str, start: int, domain: str = "", lead: str = "") -> list[Mark]:
    """The marks of a value that stands at `start` of its source. `lead` is read before it, as if it stood there ("tlf ")."""
    shift = start - len(lead)
    return [
        Mark(m.kind, m.value, m.start + shift, m.end + shift, m.rank, m.off, m.score)
        for m in scan(lead + value, domain=domain)
        if m.start >= len(lead)
    ]


def _marks(text: str, domain: str) -> Iterator[Mark]:
    spots = addresses.find(text)
    claimed = [(s.start, s.end) for s in spots] + addresses.urls(text)
    yield from (Mark("email", s.email, s.start, s.end, off=numbers.negated(text, s.start, s.end)) for s in spots)
    found = [r for r in references.find(text) if not _overlaps(r.start, r.end, claimed)]
    claimed += [(r.label_start if r.person else r.start, r.end) for r in found]
    yield from (Mark("reference", r.value, r.start, r.end, int(r.person), r.person) for r in found)
    for number in numbers.find(text, claimed, domain):
        claimed.append((number.start, number.end))
        yield Mark(number.kind, number.value, number.start, number.end, number.rank, number.negated)
    jobs = [t for t in titles.find(text) if not _overlaps(t.start, t.end, claimed)]
    places = [p for p in organisations.find(text) if not _overlaps(p.start, p.end, claimed)]
    jobs = [t for t in jobs if not any(p.start <= t.start and t.end <= p.end for p in places)]
    jobs = [_office(text, t, places) for t in jobs]
    jobs = [_bracketed(text, t, [*claimed, *((p.start, p.end) for p in places)]) for t in jobs]
    for place in places:
        inside = any(_overlaps(place.start, place.end, [(t.start, t.end)]) for t in jobs)
        left = bool(cues("organisations", "left").search(text, max(0, place.start - 90), place.start))
        yield Mark("organisation", place.value, place.start, place.end, place.rank + 2 * inside, left)
    yield from (Mark("title", t.value, t.start, t.end, off=_taken_back(text, t, jobs)) for t in jobs)
    yield from (Mark("dietary", d.value, d.start, d.end) for d in diets.find(text))
    claimed += [(p.start, p.end) for p in places] + [(t.start, t.end) for t in jobs]
    yield from (Mark("name", n.value, n.start, n.end, score=n.score) for n in names.find(text, claimed, _loud(text)))


def _office(text: str, title: titles.Title, places: list[organisations.Place]) -> titles.Title:
    """`leder af Søby Bibliotek` is a title and a place of work; `leder af formidling` is all title."""
    for place in places:
        lead = text[title.start : place.start]
        if (
            title.start < place.start < title.end <= place.end
            and place.rank == 0
            and not text[place.start : place.end].lower().startswith(affixes("organisations", "joined_to_place"))
        ):
            of = ending("titles", "of").search(lead)
            shorter = lead[: of.start()].rstrip() if of else lead
            if shorter != lead:
                return titles.Title(" ".join(shorter.split()), title.start, title.start + len(shorter), title.head)
    return title


def _taken_back(text: str, title: titles.Title, jobs: list[titles.Title]) -> bool:
    """Whether another title follows in the place of this one: `teamleder, nej, souschef`."""
    return bool(numbers.corrected().match(text, title.end)) and any(0 < job.start - title.end < 60 for job in jobs)


@cache
def _area() -> re.Pattern[str]:
    return re.compile(rf", [A-ZÆØÅ][\w-]+(?: {alternatives(words('particles')['and'])} [\w-]+| [A-ZÆØÅ][\w-]+){{0,2}}(?=\))")


def _bracketed(text: str, title: titles.Title, taken: list[tuple[int, int]]) -> titles.Title:
    """`(teamleder, Læring)`: in brackets the area belongs to the title."""
    area = _area().match(text, title.end)
    if not area or text[title.start - 1 : title.start] != "(" or _overlaps(*area.span(), taken):
        return title
    return titles.Title(title.value + area.group(), title.start, area.end(), title.head)


def _overlaps(start: int, end: int, spans: list[tuple[int, int]]) -> bool:
    return any(start < b and a < end for a, b in spans)


_QUIET = re.compile(r"[a-zæøå]{2} [a-zæøå]{2}")


def _loud(text: str) -> bool:
    """Whether somebody writes in capitals throughout."""
    if _QUIET.search(text, 0, 2000):
        return False
    letters = [c for c in text[:2000] if c.isalpha()]
    return len(letters) > 30 and sum(c.isupper() for c in letters) > 0.8 * len(letters)
