"""The word lists of this room: one TOML file a matter in `words/`, read once, and the patterns made of them.

The files are commented in Danish, so that somebody who knows the language but no programming can extend them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from pathlib import Path
from sys import maxsize
from types import MappingProxyType
from typing import Any

LONGEST_ABBREVIATION = 8
UNIT = 100  # what a weight of 1 is in a learned table
_FOLDER = Path(__file__).resolve().parent / "words"


@cache
def words(name: str) -> Mapping[str, Any]:
    """The word list `words/NAME.toml`. Raises FileNotFoundError where there is none."""
    return MappingProxyType(tomllib.loads((_FOLDER / f"{name}.toml").read_text("utf-8")))


@cache
def listed(name: str, key: str) -> frozenset[str]:
    """One list of a file as a set of lower-case words."""
    return frozenset(word.lower() for word in words(name)[key])


@cache
def affixes(name: str, key: str) -> tuple[str, ...]:
    """One list of a file in lower case, for `str.startswith` and `str.endswith`."""
    return tuple(word.lower() for word in words(name)[key])


@cache
def weights(name: str) -> Mapping[str, tuple[float, ...]]:
    """The learned table `words/NAME.tsv`: each pattern with its weight for every class, in the order that the head gives."""
    rows = (line.split("\t") for line in (_FOLDER / f"{name}.tsv").read_text("utf-8").splitlines() if not line.startswith("# "))
    return {pattern: tuple(int(w) / UNIT if w else 0.0 for w in row) for pattern, *row in rows}


def alternatives(entries: Iterable[str]) -> str:
    """A group that matches any of the entries, the longest first; a space stands for any white space within a line.

    What several begin with is written once, so that the time hardly grows with the list."""
    return f"(?:{_branches(sorted(set(entries), key=lambda entry: (-len(entry), entry)))})"


def _branches(entries: Iterable[str]) -> str:
    """The alternatives by their first characters, in the order in which they were."""
    rests: dict[str, list[str]] = {}
    for entry in entries:
        rests.setdefault(entry[:1], []).append(entry[1:])
    return "|".join(
        _characters(first) + (_characters(rest[0]) if len(rest) == 1 else f"(?:{_branches(rest)})") for first, rest in rests.items()
    )


def _characters(text: str) -> str:
    return re.escape(text).replace("\\ ", r"[ \u00a0\t]+")


@cache
def pattern(name: str, key: str) -> re.Pattern[str]:
    """Whole words or phrases of one list, in any case."""
    return re.compile(rf"(?<!\w){alternatives(words(name)[key])}(?!\w)", re.IGNORECASE)


@cache
def group(name: str, key: str) -> str:
    """One list whose entries are small patterns, as a group for a larger pattern."""
    return "(?:" + "|".join(words(name)[key]) + ")"


@cache
def ending(name: str, key: str) -> re.Pattern[str]:
    """A stretch of text that ends with one of the small patterns of a list (and white space)."""
    return re.compile(rf"\b{group(name, key)}\s*$", re.IGNORECASE)


@cache
def cues(name: str, key: str) -> re.Pattern[str]:
    """One list whose entries are small patterns themselves (`…` stands for up to a few words of the same clause)."""
    return re.compile(_any_of(_small_patterns(name, key)), re.IGNORECASE)


def cue_in(name: str, key: str, text: str, start: int = 0, stop: int = maxsize) -> re.Match[str] | None:
    """The first match of such a list in `text[start:stop]`, as `cues` finds it but in a fraction of the time: the entries
    without capital letters are looked for in folded text."""
    folded, cased = _by_case(name, key)
    found = folded.search(fold(text), start, stop) if folded else None
    other = cased.search(text, start, stop) if cased else None
    return min((match for match in (found, other) if match), key=re.Match.start, default=None)


@cache
def _by_case(name: str, key: str) -> tuple[re.Pattern[str] | None, re.Pattern[str] | None]:
    """The entries of a list without capital letters, and those with some."""
    entries = _small_patterns(name, key)
    folded, cased = [e for e in entries if not _CAPITAL.search(e)], [e for e in entries if _CAPITAL.search(e)]
    return re.compile(_any_of(folded)) if folded else None, re.compile(_any_of(cased), re.IGNORECASE) if cased else None


def _small_patterns(name: str, key: str) -> list[str]:
    return [entry.replace("…", _GAP) for entry in words(name)[key]]


def _any_of(entries: list[str]) -> str:
    """Any of some small patterns. Those that begin with a word are tried only where a word begins, which is most of the time
    that they cost."""
    at_word = "|".join(f"(?:{e.removeprefix(_EDGE)})" for e in entries if e.startswith(_EDGE))
    anywhere = [f"(?:{e})" for e in entries if not e.startswith(_EDGE)]
    return "|".join([rf"\b(?=\w)(?:{at_word})", *anywhere] if at_word else anywhere)


def abbreviated(text: str, at: int) -> bool:
    """Whether the point at `text[at]` ends an abbreviation and no sentence."""
    return _abbreviations().search(text, max(0, at - LONGEST_ABBREVIATION), at) is not None


@cache
def _abbreviations() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){alternatives(words('clauses')['abbreviations'])}$", re.IGNORECASE)


_EDGE = r"\b"
_CAPITAL = re.compile(r"(?<!\\)[A-ZÆØÅ]")
_GAP = r"[^.!?;:\n]{0,60}?"


@lru_cache(16)  # one text is asked about many things
def fold(text: str) -> str:
    """Lower case with every character in its place, so that spans stay true."""
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
