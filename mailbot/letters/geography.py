"""Where in Denmark participants come from, and which places lie best for all of them.

A person is placed by their address's domain, their municipality or the name of their library, from `data/libraries.csv`;
who cannot be placed is left out. Distances are great circles, good enough to choose a town by.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from math import asin, cos, radians, sqrt

from mailbot.resources import shipped
from mailbot.understanding.reading import Person

EARTH_KM = 6371.0


@dataclass(frozen=True, slots=True)
class Place:
    """A municipality, at its main town. Degrees north and east."""

    name: str
    region: str
    latitude: float
    longitude: float


@cache
def places() -> tuple[Place, ...]:
    return tuple(place for place, _ in _rows())


def located(people: Iterable[Person]) -> Counter[Place]:
    """How many come from where; people who cannot be placed are not counted."""
    return Counter(place for person in people if (place := place_of(person)) is not None)


def place_of(person: Person) -> Place | None:
    domains, patterns = _index()
    domain = (person.email or "").rpartition("@")[2]
    if domain in domains:
        return domains[domain]
    for text in (person.municipality, person.organisation):
        folded = (text or "")[:200].casefold()
        for pattern, place in patterns:
            if pattern.search(folded):
                return place
    return None


def best(counts: Mapping[Place, int], most: int = 3) -> tuple[Place, ...]:
    """The towns (of `data/towns.txt`) with the shortest way for all together; none where nobody could be placed."""
    if not counts:
        return ()
    return tuple(sorted(_towns(), key=lambda p: (distance(p, counts), p.name))[:most])


def distance(place: Place, counts: Mapping[Place, int]) -> float:
    """How many kilometres people have to a place on average; 0 where nobody could be placed."""
    return sum(n * kilometres(place, q) for q, n in counts.items()) / max(1, sum(counts.values()))


def kilometres(a: Place, b: Place) -> float:
    half = sqrt(
        (1 - cos(radians(b.latitude - a.latitude))) / 2
        + cos(radians(a.latitude)) * cos(radians(b.latitude)) * (1 - cos(radians(b.longitude - a.longitude))) / 2
    )
    return 2 * EARTH_KM * asin(min(1.0, half))


@cache
def outline() -> tuple[tuple[str, tuple[tuple[float, float], ...]], ...]:
    """Denmark in shapes: (name, points as degrees east and north); those named "water" are lines over the land."""
    lines = [x for x in shipped("data", "denmark.txt").read_text("utf-8").splitlines() if x and not x.startswith("#")]
    shapes = (line.partition(":") for line in lines)
    return tuple((name, tuple(_point(p) for p in points.split())) for name, _, points in shapes)


def _point(text: str) -> tuple[float, float]:
    east, _, north = text.partition(",")
    return float(east), float(north)


@cache
def _towns() -> tuple[Place, ...]:
    names = {name.strip() for name in shipped("data", "towns.txt").read_text("utf-8").splitlines()}
    return tuple(place for place in places() if place.name in names)


@cache
def _index() -> tuple[Mapping[str, Place], tuple[tuple[re.Pattern[str], Place], ...]]:
    """Places by mail domain, and by the names of municipality and library as whole words (a genitive s allowed), longest first."""
    domains: dict[str, Place] = {}
    names: dict[str, Place] = {}
    for place, row in _rows():
        for domain in re.split(r"[;\s]+", f"{row['library_domains']} {row['municipality_domain']}"):
            if domain:
                domains[domain.lower()] = place
        names[place.name.casefold()] = names[row["library"].casefold()] = place
    ordered = sorted(names, key=len, reverse=True)
    return domains, tuple((re.compile(rf"(?<!\w){re.escape(name)}s?(?!\w)"), names[name]) for name in ordered if name)


@cache
def _rows() -> tuple[tuple[Place, Mapping[str, str]], ...]:
    with shipped("data", "libraries.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return tuple((Place(r["municipality"], r["region"], float(r["latitude"]), float(r["longitude"])), r) for r in rows)
