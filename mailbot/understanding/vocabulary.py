"""The classes of words and expressions in `words/speech.toml` and `words/events.toml`, found in a clause.

An expression is a row of words with alternatives, prefixes, gaps and HVEM (a stretch that names people). Everything is
looked up by the first word, so that the time is linear in the text and does not grow with the lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from mailbot.understanding.clauses import Clause, Word
from mailbot.understanding.lexicon import affixes, listed, words

GAP = 7  # words that "…" may skip
PEOPLE = 7  # words that HVEM may take
FUZZY, LONGEST = 8, 40  # letters from which, and up to which, a word is known with one slip in it
_ASCII = str.maketrans({"å": "aa", "æ": "ae", "ø": "oe"})

Span = tuple[int, int]  # words [i, j) of a clause
Found = Mapping[str, list[Span]]


@dataclass(frozen=True, slots=True)
class _Step:
    """One place of an expression: whole words and beginnings that fit, whether a gap may stand before it, or people."""

    whole: frozenset[str]
    prefixes: tuple[str, ...]
    gap: bool = False
    people: bool = False

    def fits(self, word: str) -> bool:
        return word in self.whole or (bool(self.prefixes) and word.startswith(self.prefixes))


@dataclass(frozen=True, slots=True)
class _Entry:
    group: str
    steps: tuple[_Step, ...]
    needs: frozenset[str] = frozenset()  # the words that its last place takes (empty: it takes beginnings or people)


@dataclass(frozen=True, slots=True)
class _Known:
    """A word as it is spelt right, the groups that it belongs to by itself, and the longer expressions that it opens."""

    text: str
    groups: tuple[str, ...]
    opens: tuple[_Entry, ...]


class Vocabulary:
    """All groups of some word lists."""

    def __init__(self, lists: Iterable[tuple[str, Sequence[str]]]) -> None:
        self._single: dict[str, set[str]] = {}
        self._first: dict[str, list[_Entry]] = {}
        self._prefix: dict[str, list[_Entry]] = {}
        for group, entries in lists:
            for entry in entries:
                self._add(group, entry)
        self._lengths = sorted({len(p) for p in self._prefix})
        self._slips: dict[str, str] = {}
        for known in [*self._single, *self._first]:
            if len(known) >= FUZZY and known.isalpha():
                for slip in _deletions(known):
                    self._slips.setdefault(slip, known)
        self._known = lru_cache(16_384)(self._look_up)

    def _add(self, group: str, entry: str) -> None:
        steps = _steps(entry)
        first, last = steps[0], steps[-1]
        open_end = len(steps) == 1 or last.people or last.prefixes
        made = _Entry(group, steps, frozenset() if open_end else last.whole)
        for word in first.whole:
            for spelling in {word, word.translate(_ASCII)}:
                if len(steps) == 1:
                    self._single.setdefault(spelling, set()).add(group)
                else:
                    self._first.setdefault(spelling, []).append(made)
        for prefix in first.prefixes:  # with both spellings, see _steps
            self._prefix.setdefault(prefix, []).append(made)

    def find(self, clause: Clause) -> dict[str, list[Span]]:
        """The groups that occur in the clause, each with the words that say so."""
        found: dict[str, list[Span]] = {}
        known = [self._known(w.text) for w in clause.words]
        texts = [k.text for k in known]
        present = frozenset(texts)
        for i, word in enumerate(known):
            for group in word.groups:
                found.setdefault(group, []).append((i, i + 1))
            for entry in word.opens:
                if entry.needs and entry.needs.isdisjoint(present):
                    continue
                if end := _follow(entry.steps, 1, texts, clause.words, i + 1):
                    found.setdefault(entry.group, []).append((i, end))
        return found

    def _look_up(self, written: str) -> _Known:
        word = self._spelling(written)
        opens = [*self._first.get(word, ())]
        for length in self._lengths:
            opens += self._prefix.get(word[:length], ()) if length <= len(word) else ()
        return _Known(word, tuple(self._single.get(word, ())), tuple(opens))

    def _spelling(self, word: str) -> str:
        """The word itself, or the one that it is a slip of."""
        if word[-3:] == word[-1:] * 3:
            word = word.rstrip(word[-1]) + word[-1]  # "jaaaa"
        if not FUZZY - 1 <= len(word) <= LONGEST or word in self._single or word in self._first:
            return word
        if word in self._slips:
            return self._slips[word]
        if any(word[:length] in self._prefix for length in self._lengths if length >= 5):
            return word
        return next((self._slips.get(d, d) for d in _deletions(word) if d in self._slips or d in self._single), word)


def _steps(entry: str) -> tuple[_Step, ...]:
    steps: list[_Step] = []
    gap = False
    for part in entry.split():
        if part == "…":
            gap = True
            continue
        options = part.lower().split("/") if part != "/" else [part]
        whole = {o for o in options if not o.endswith("*")}
        whole |= {o.translate(_ASCII) for o in whole}
        beginnings = {o[:-1] for o in options if o.endswith("*")}
        prefixes = tuple(sorted(beginnings | {b.translate(_ASCII) for b in beginnings}))
        steps.append(_Step(frozenset(whole), prefixes, gap, part == "HVEM"))
        gap = False
    return tuple(steps)


def _follow(steps: tuple[_Step, ...], at: int, texts: list[str], row: Sequence[Word], i: int) -> int:
    """Where the expression ends that goes on with `steps[at]` at word `i`; 0 where it does not."""
    if at == len(steps):
        return i
    step = steps[at]
    if step.people:
        return _people(steps, at, texts, row, i)
    for j in range(i, min(len(texts), i + (GAP if step.gap else 0) + 1)):
        if j > i and texts[j - 1] in listed("clauses", "ends_gap"):
            return 0  # what follows belongs to another statement
        if step.fits(texts[j]) and (end := _follow(steps, at + 1, texts, row, j + 1)):
            return end
    return 0


def _people(steps: tuple[_Step, ...], at: int, texts: list[str], row: Sequence[Word], i: int) -> int:
    """HVEM: a stretch with a pronoun, a name or a person noun in it, and nobody who is spoken to."""
    seen = False
    for j in range(i, min(len(texts), i + PEOPLE)):
        if seen and (end := _follow(steps, at + 1, texts, row, j)):
            return end
        if texts[j] in listed("clauses", "spoken_to") or (not seen and len(texts[j]) > 3 and texts[j].isdecimal()):
            return 0  # "fjern 5798 …" means a number, and its last figure is no count of people
        seen = seen or is_person(texts[j], row[j].capital)
    end = min(len(texts), i + PEOPLE)
    return _follow(steps, at + 1, texts, row, end) if seen else 0


@lru_cache(4096)
def is_person(word: str, capital: bool) -> bool:
    """Whether a word can stand for somebody: a pronoun, a number of people, a title, a name."""
    if word in listed("clauses", "people") or word.endswith(affixes("clauses", "people_endings")):
        return True
    return (
        capital
        and len(word) > 1
        and word not in listed("clauses", "no_names")
        and not word.startswith(affixes("clauses", "no_names_begin"))
    )


def _deletions(word: str) -> list[str]:
    """The word with one letter left out, and with two neighbours swapped."""
    return [word[:i] + word[i + 1 :] for i in range(1, len(word))] + [
        word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(1, len(word) - 1)
    ]


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary of this room, built once."""
    lists = [
        (group, entries) for name in ("speech", "events") for group, entries in words(name).items() if group not in ("endings", "ours")
    ]
    return Vocabulary(lists)
