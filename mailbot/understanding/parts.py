"""What part somebody has in a message — comes, leaves, or is only mentioned — learned from labelled messages: `words/parts.tsv`.

The lists of `roles` know what is usually said around a name; this layer knows how the words around names in messages that
they do not understand are distributed over the three parts, and what the lists are worth. A trait is a word of the
sentence (or its class, or two neighbours) by the side of the name on which it stands, or a word of the sentences around.
The writer is looked at in the same way, around "jeg" and "vi". `tests/understanding/fit_parts.py` writes the table.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import pairwise

from mailbot.understanding.clauses import clauses
from mailbot.understanding.lexicon import weights
from mailbot.understanding.phrasing import alike, token
from mailbot.understanding.reading import Intent

Span = tuple[int, int]
Said = tuple[str, tuple[str, ...]]  # what stands for a word, and the classes of alike words that it belongs to
SCALE = 2.0
FADE = 0.4  # a trait counts SCALE, divided by their number (and 8 more) to this power
CLOSE = 3  # words beside the name that count by their distance, too
REACH = 30  # words of a sentence on each side of the name that are looked at
AROUND = 8  # words of the sentences before and after that are looked at
MENTIONS = 6  # of one person that are looked at


class Part(StrEnum):
    """What somebody does with a seat."""

    COMES = "comes"
    LEAVES = "leaves"
    MENTIONED = "mentioned"


PARTS = tuple(Part)


def traits(text: str, sentences: Sequence[Span], mentions: Iterable[Span], others: Sequence[Span]) -> frozenset[str]:
    """The traits of somebody whom `text` speaks of at `mentions`, while others are named at `others`; all by their characters."""
    found: set[str] = set()
    for start, end in list(mentions)[:MENTIONS]:
        at = next((n for n, (a, b) in enumerate(sentences) if a <= start < b), None)
        if at is None:
            continue
        begin, stop = sentences[at]
        found.update(_beside("<", _said(text, begin, start, others)[::-1][:REACH]))
        found.update(_beside(">", _said(text, end, stop, others)[:REACH]))
        if at:
            found.update(f"last:{one}" for one in _names(_said(text, *sentences[at - 1], others)[-AROUND:]))
        if at + 1 < len(sentences):
            found.update(f"next:{one}" for one in _names(_said(text, *sentences[at + 1], others)[:AROUND]))
    return frozenset(found)


def _beside(side: str, row: Sequence[Said]) -> Iterator[str]:
    """The words on one side of a name, the nearest first; those before the next person named count apart."""
    if not row:
        yield f"{side}end"
    for one in _names(row):
        yield f"{side}{one}"
    for n, said in enumerate(row[:CLOSE]):
        for one in _names([said]):
            yield f"{side}{n}{one}"
    for here, beyond in pairwise(row):
        yield f"{side}{here[0]} {beyond[0]}"
    until = next((n for n, (word, _) in enumerate(row) if word == OTHER), len(row))
    for one in _names(row[:until]):
        yield f"{side}|{one}"


OTHER = "<other>"


def _names(row: Sequence[Said]) -> Iterator[str]:
    for word, classes in row:
        yield word
        yield from (f"~{name}" for name in classes)


def _said(text: str, start: int, end: int, others: Sequence[Span]) -> list[Said]:
    """The words between two places; others who are named are one word each."""
    found: list[Said] = []
    held: Span | None = None
    for word in (w for clause in clauses(text, start, end) for w in clause.words):
        here = next((o for o in others if o[0] < word.end and word.start < o[1]), None)
        if here is None:
            said = token(word.text)
            found.append((said, (said[1:-1],) if said.startswith("<") else alike(word.text)))
        elif here != held:
            found.append((OTHER, ()))
        held = here
    return found


def patterns(found: Collection[str], intent: Intent) -> Iterator[str]:
    """What the table is asked for: each trait, and each in a message that wants this."""
    for trait in (*found, "all"):
        yield trait
        yield f"{trait}@{intent.value}"


def scale(found: Collection[str]) -> float:
    return float(SCALE / (8 + len(found)) ** FADE)


def shares(found: Collection[str], intent: Intent) -> Mapping[Part, float]:
    """How probable each part is for somebody with these traits."""
    table, unit = weights("parts"), scale(found)
    rows = [row for pattern in patterns(found, intent) if (row := table.get(pattern))]
    sums = [unit * sum(column) for column in zip(*rows, strict=True)] or [0.0] * len(PARTS)
    risen = [math.exp(s - max(sums)) for s in sums]
    return {part: value / sum(risen) for part, value in zip(PARTS, risen, strict=True)}
