"""What the words themselves speak for, learned from labelled messages: `words/phrasing.tsv`, a line a pattern.

The groups of `speech.toml` and the rules of `acts.toml` know what people usually say; this layer knows how the words of
messages that they do not understand are distributed over the intents. A pattern is a word, its neighbours, a class of
words (`concepts.toml`) or two of them, what stands in the subject, and each of these again for what the message
answers. The scores are a plain sum, so that the words that decided can be shown. `tests/understanding/fit.py` writes the table.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from operator import itemgetter

from mailbot.understanding.context import Answers
from mailbot.understanding.lexicon import listed, weights, words
from mailbot.understanding.reading import Intent
from mailbot.understanding.speech import HeardClause, Speech

SCORED = (Intent.SIGNUP, Intent.CANCEL, Intent.SUBSTITUTE, Intent.UPDATE, Intent.ACCEPT, Intent.DECLINE, Intent.QUESTION, Intent.UNRELATED)
CLAUSES = 20  # of a text that are looked at
ROW = 40  # words of a clause that are looked at
NEAR = 6  # places that two classes of words may stand apart
SPOKEN = 0.5  # from this score on the words that spoke for an intent are kept
SCALE = 2.8
FADE = 0.4  # a pattern counts SCALE, divided by the words of the message (and 8 more) to this power

# Which of our letters are answered alike
SETTING = {
    Answers.NOTHING: "plain", Answers.OTHER: "plain", Answers.INVITATION: "invited", Answers.NUDGE: "invited", Answers.OFFER: "offered",
    Answers.CONFIRMATION: "in", Answers.PROGRAMME: "in", Answers.OWN: "in", Answers.REQUEST: "asked", Answers.WAITING: "waiting",
    Answers.VERIFY: "verify", Answers.ENDED: "ended",
}  # fmt: skip
Place = tuple[int, int]  # characters of the text; (0, 0) where a pattern has none
Token = tuple[str, int, int]  # what stands for a stretch of words of a clause: its first word, its end
Weights = tuple[float, ...]
NOTHING: Weights = (0.0,) * len(SCORED)


@dataclass(frozen=True, slots=True)
class Said:
    """The patterns of a message with their places, how many words it has, and what it answers."""

    patterns: Mapping[str, Place]
    length: int
    setting: str

    @property
    def scale(self) -> float:
        return float(SCALE / (8 + self.length) ** FADE)


@dataclass(frozen=True, slots=True)
class Leaning:
    """How much the words speak for an intent, against the mean of all, and where it is clear, the places that said most of it."""

    score: float
    places: tuple[tuple[Place, float], ...]


def say(own: Speech, subject: Speech, forwarded: Speech, answers: Answers) -> Said:
    """The patterns of a message."""
    found: dict[str, Place] = {}
    length = 0
    for clause in own.clauses[:CLAUSES]:
        length += len(clause.clause.words)
        for name, place in _of_clause(clause):
            if name not in found:
                found[name] = place
    for mark, speech in (("S", subject), ("F", forwarded)):
        for clause in speech.clauses[:CLAUSES]:
            for name in _single(clause):
                found.setdefault(f"{mark}:{name}", (0, 0))
    found["length:" + str(min(6, int(math.log2(1 + length))))] = (0, 0)
    found["all"] = (0, 0)
    return Said(found, min(length, CLAUSES * ROW), SETTING[answers])


def lean(said: Said) -> dict[Intent, Leaning]:
    """What the table says about the patterns of a message."""
    table, scale = _table(said.setting), said.scale
    known = [name for name in said.patterns if name in table]
    places = [(0, 0), *(said.patterns[name] for name in known)]
    leanings = {}
    for intent, column in zip(SCORED, zip(NOTHING, *map(table.__getitem__, known), strict=True), strict=True):
        score = scale * sum(column)
        best: list[tuple[Place, float]] = []
        if score > SPOKEN:
            best = [(place, scale * weight) for place, weight in zip(places, column, strict=True) if weight > 0 and place[1]]
            best.sort(key=itemgetter(1), reverse=True)
        leanings[intent] = Leaning(score, tuple(best[:3]))
    return leanings


@cache
def _table(setting: str) -> Mapping[str, Weights]:
    """The weights of each pattern in answer to such a letter; for each pattern they sum to nothing."""
    table = dict(_rows().get("", {}))
    for name, row in _rows().get(setting, {}).items():
        known = table.get(name)
        table[name] = tuple(a + b for a, b in zip(known, row, strict=True)) if known else row
    return table


@cache
def _rows() -> Mapping[str, Mapping[str, Weights]]:
    """The lines of the table by what is answered ("" for anything), then by pattern."""
    rows: dict[str, dict[str, Weights]] = {}
    for pattern, row in weights("phrasing").items():
        name, _, where = pattern.partition("@")
        rows.setdefault(where, {})[name] = row
    return rows


# -- patterns ------------------------------------------------------------------------------------


def _of_clause(heard: HeardClause) -> Iterator[tuple[str, Place]]:
    row = heard.clause.words[:ROW]
    if not row:
        return
    whole = (row[0].start, row[-1].end)
    tokens = _tokens(heard)
    texts = [t for t, _, _ in tokens]
    places = [(row[i].start, row[j - 1].end) for _, i, j in tokens]
    negated = not _nots().isdisjoint(texts)
    yield from zip(texts, places, strict=True)
    for i, (text, place) in enumerate(zip(texts, places, strict=True)):
        if negated:
            yield f"!{text}", place
        if i + 1 < len(texts):
            yield f"{text} {texts[i + 1]}", (place[0], places[i + 1][1])
        if i + 2 < len(texts):
            yield f"{text} _ {texts[i + 2]}", (place[0], places[i + 2][1])
            yield f"{text} {texts[i + 1]} {texts[i + 2]}", (place[0], places[i + 2][1])
    yield f"^{texts[0]}", places[0]
    yield f"^{' '.join(texts[:2])}", whole
    yield f"{texts[-1]}$", places[-1]
    if heard.clause.asks:
        yield "?", whole
    yield from _of_concepts(heard, tokens, places)


def _of_concepts(heard: HeardClause, tokens: Sequence[Token], places: Sequence[Place]) -> Iterator[tuple[str, Place]]:
    classed = [(at, name) for at, token in enumerate(tokens) for name in _alike_of(heard, token)]
    for n, (at, name) in enumerate(classed):
        yield f"~{name}", places[at]
        for to, other in classed[n + 1 : n + 24]:
            if to - at > NEAR:
                break
            if to > at and other != name:
                yield f"~{name}>{other}", (places[at][0], places[to][1])


def _single(heard: HeardClause) -> Iterator[str]:
    for token in _tokens(heard):
        yield token[0]
        yield from (f"~{name}" for name in _alike_of(heard, token))


def _tokens(heard: HeardClause) -> list[Token]:
    """The words of a clause, with a class in place of each name, number, date, title and course; (token, first word, end)."""
    row = heard.clause.words[:ROW]
    course = {i for span in heard.found.get("course", ()) for i in range(*span)}
    names = {i for span in heard.found.get("name", ()) for i in range(*span)}
    days = {start for start, _ in heard.found.get("date", ())}
    found: list[Token] = []
    for i, word in enumerate(row):
        if i in course:
            text = "<course>"
        elif i in names:
            text = "<name>"
        elif i in days:
            text = "<day>"
        else:
            text = token(word.text)
            if word.capital and i and not text.startswith("<") and _unknown(word.text):
                text = "<name>"
        if found and text == found[-1][0] and text in ("<name>", "<number>", "<course>", "<title>", "<library>"):
            found[-1] = (text, found[-1][1], i + 1)
        else:
            found.append((text, i, i + 1))
    return found


@lru_cache(4096)
def token(word: str) -> str:
    instead, endings = _instead()
    if word in instead:
        return f"<{instead[word]}>"
    if any(c.isdecimal() for c in word):
        if not word.isdecimal():
            return "<number>"
        return "<ean>" if len(word) >= 12 else "<phone>" if len(word) == 8 else "<year>" if len(word) == 4 and word < "2100" else "<number>"
    for ending, name in endings:
        if word.endswith(ending):
            return f"<{name}>"
    return _stem(word)


def _stem(word: str) -> str:
    return next((word[: -len(e)] for e in words("concepts")["stems"]["endings"] if word.endswith(e) and len(word) - len(e) >= 3), word)


@cache
def _instead() -> tuple[Mapping[str, str], tuple[tuple[str, str], ...]]:
    table = words("concepts")["instead"]
    whole = {word: name for name, entries in table.items() for word in entries if not word.startswith("*")}
    return whole, tuple((word[1:], name) for name, entries in table.items() for word in entries if word.startswith("*"))


def _alike_of(heard: HeardClause, token: Token) -> tuple[str, ...]:
    """The classes of alike words that a token belongs to; a class in place of a word counts as one, too."""
    text, at, _ = token
    return (text[1:-1],) if text.startswith("<") else alike(heard.clause.words[at].text)


@lru_cache(4096)
def alike(word: str) -> tuple[str, ...]:
    whole, stems = _alike()
    found = set(whole.get(word, ()))
    for length in range(2, len(word) + 1):
        found |= stems.get(word[:length], set())
    return tuple(sorted(found))


@cache
def _alike() -> tuple[Mapping[str, set[str]], Mapping[str, set[str]]]:
    whole: dict[str, set[str]] = {}
    stems: dict[str, set[str]] = {}
    for name, entries in words("concepts")["alike"].items():
        for entry in entries:
            (stems if entry.endswith("*") else whole).setdefault(entry.rstrip("*"), set()).add(name)
    return whole, stems


@lru_cache(4096)
def _unknown(word: str) -> bool:
    return len(word) > 1 and not alike(word) and word not in listed("clauses", "no_names")


@cache
def _nots() -> frozenset[str]:
    return frozenset(_stem(word) for word in words("speech")["not"])
