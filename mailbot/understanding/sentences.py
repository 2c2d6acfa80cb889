"""Sentences of running text, the words of a sentence around a name, and the one thing that is told without a label or a
name: having taken part in 2025.
"""

from __future__ import annotations

import re

from mailbot.understanding.facts import Found, Record
from mailbot.understanding.lexicon import abbreviated, cue_in, pattern

MAX_MENTIONS = 12  # of one person; more is a novel

_END = re.compile(
    r"(?=[.!?])(?<![ .][A-ZÆØÅ])(?<!\d)[.!?]+(?=\s|$)"
    r"|\n\s*\n|[\U0001F300-\U0001FAFF]+\S?(?=\s)|(?<=\d)\.(?=\s+[A-ZÆØÅ])"
)


def sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The spans of the sentences of `text[start:end]`; line breaks within a paragraph don't end one, blank lines do."""
    spans, at = [], start
    for match in _END.finditer(text, start, end):
        if match.group() == "." and abbreviated(text, match.start()):
            continue
        spans.append((at, match.end()))
        at = match.end()
    spans.append((at, end))
    return [(a, b) for a, b in spans if text[a:b].strip()]


def context(text: str, record: Record, spans: list[tuple[int, int]], others: list[Record]) -> tuple[str, str]:
    """The words of the sentence before and after a record's name, as far as the next person named."""
    return _around(text, record, record.mention or _named(record), spans, others)


def contexts(text: str, record: Record, spans: list[tuple[int, int]], others: list[Record]) -> list[tuple[str, str]]:
    """`context` for each place where sentences speak of the person."""
    return [_around(text, record, here, spans, others) for here in record.mentions[:MAX_MENTIONS] or [_named(record)]]


def _named(record: Record) -> tuple[int, int]:
    name = record.fields["name"]
    return name.start, name.end


def _around(text: str, record: Record, here: tuple[int, int], spans: list[tuple[int, int]], others: list[Record]) -> tuple[str, str]:
    begin, stop = max(0, here[0] - 80), here[1] + 80
    begin, stop = next(((a, b) for a, b in spans if a <= here[0] < b), (begin, stop))
    for other in others:
        if other is record:
            continue
        for place in other.mentions[:MAX_MENTIONS]:
            if begin <= place[0] and place[1] <= here[0]:
                begin = place[1]
            elif here[1] <= place[0] < stop:
                stop = place[0]
    return text[begin : here[0]], text[here[1] : stop]


def returning(text: str, spans: list[tuple[int, int]], people: list[int]) -> Found | None:
    """Words that say that the writer took part in 2025; not those about somebody of whom the sentence speaks after them.
    `people`: where others are named."""
    for begin, stop in spans:
        hit = cue_in("roles", "returning", text, begin, stop)
        if hit is None or cue_in("roles", "not_returning", text, begin, stop):
            continue
        others = [at for at in people if begin <= at < hit.end()]
        others += [m.start() for m in pattern("particles", "of_others").finditer(text, begin, hit.start())]
        selves = [m.start() for m in pattern("particles", "of_self").finditer(text, begin, hit.end())]
        if max(others, default=-1) <= max(selves, default=-1):
            return Found("true", hit.start(), hit.end(), "sentences", "text", 0.9)
    return None
