"""Names borne in Denmark and the public libraries: hints read from `data/names.csv` and `data/libraries.csv`.

Both score and never gate: the lists are incomplete, and ordinary words (Bo, Dan, Have, Lang) are names too.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from mailbot.resources import shipped
from mailbot.understanding.lexicon import affixes, alternatives, words

_FOLDED = str.maketrans(
    {
        "æ": "ae",
        "ø": "oe",
        "å": "aa",
        "ö": "o",
        "ä": "a",
        "ü": "u",
        "é": "e",
        "è": "e",
        "á": "a",
        "ó": "o",
        "í": "i",
        "ú": "u",
        "ð": "d",
        "þ": "th",
        "ß": "ss",
    }
)


@dataclass(frozen=True, slots=True)
class Library:
    """One municipality's public library; `domains` are those of its web and mail and of the municipality."""

    municipality: str
    name: str
    domains: tuple[str, ...]


@cache
def _names() -> tuple[Mapping[str, int], Mapping[str, int]]:
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    with shipped("data", "names.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            (first if row["kind"] == "first" else last)[row["name"].lower()] = int(row["bearers"])
    return first, last


@cache
def libraries() -> tuple[Library, ...]:
    with shipped("data", "libraries.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Library(row["municipality"], row["library"], (*row["library_domains"].split(), row["municipality_domain"]))
            for row in csv.DictReader(file)
        )


def is_first_name(token: str) -> bool:
    """Whether the token, or the first part of a hyphenated one, is borne as a first name."""
    token = token.lower()
    first = _names()[0]
    return token in first or ("-" in token and token.partition("-")[0] in first)


def is_last_name(token: str) -> bool:
    """Whether the token, or the last part of a hyphenated one, is borne as a last name or is formed like one."""
    token = token.lower()
    last = _names()[1]
    tail = token.rpartition("-")[2]
    return token in last or tail in last or (len(tail) > 5 and tail.endswith(affixes("names", "last_endings")))


@cache
def _by_domain() -> Mapping[str, Library]:
    return {domain: library for library in libraries() for domain in library.domains if domain}


@cache
def _by_place() -> Mapping[str, Library]:
    return {library.municipality.lower(): library for library in libraries()}


@cache
def _place_pattern() -> re.Pattern[str]:
    names = sorted({re.escape(library.municipality) for library in libraries()}, key=len, reverse=True)
    return re.compile(rf"(?<!\w)({'|'.join(names)})s?(?=\W|$|-?{alternatives(words('organisations')['joined_to_place'])})", re.IGNORECASE)


def is_place(token: str) -> bool:
    """Whether the token is the name of a municipality, also in the genitive."""
    token = token.lower()
    return token in _by_place() or token.removesuffix("s") in _by_place()


def municipality_named(text: str) -> str | None:
    """The municipality that a library's name or a short text tells; None where it tells none."""
    hit = _place_pattern().search(text)
    if hit:
        return _by_place()[hit.group(1).lower()].municipality
    folded = text.lower()
    return next((library.municipality for library in libraries() if library.name.lower() in folded), None)


def municipality_of(domain: str) -> str | None:
    """The municipality of a mail domain: the listed one, or the one whose name its labels spell (`kolding-eks.dk`)."""
    domain = domain.lower()
    parts = domain.split(".")
    for at in range(len(parts) - 1):
        library = _by_domain().get(".".join(parts[at:]))
        if library:
            return library.municipality
    lists = words("organisations")
    label = re.sub(rf"(?:{'|'.join(lists['in_domains'])})\b", "", parts[-2] if len(parts) > 1 else domain)
    label = re.sub(rf"(?:{'|'.join([*lists['in_domains'], *lists['ending_domains']])})$", "", label.strip("-.")).strip("-")
    return _by_spelling().get(label)


@cache
def _by_spelling() -> Mapping[str, str]:
    spelled: dict[str, str] = {}
    for library in libraries():
        name = library.municipality.lower()
        for table in (_FOLDED, str.maketrans({"æ": "ae", "ø": "o", "å": "a"})):
            spelled[re.sub(r"[ -]", "", name.translate(table))] = library.municipality
    return spelled


def ascii_fold(text: str) -> str:
    """Lower case without the letters that addresses lack (æ as ae, ø as oe, å as aa, accents dropped)."""
    return text.lower().translate(_FOLDED)
