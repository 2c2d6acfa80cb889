"""Text into sentences and clauses, clauses into words, each with its place in the text.

A clause is the stretch in which words belong together: a negation, a wish and a verb say something only there. Danish
mail is punctuated carelessly, so that commas count only before a word that can open a clause, line breaks only where
the line is complete, and a run of words without any punctuation is cut before its pronouns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from mailbot.understanding.lexicon import abbreviated, fold, listed

_WORD = re.compile(r"[^\W_]+(?:[-'][^\W_]+)*|[👍✅🙋]|%")
_END = re.compile(r"[.!?…]+(?=[\s\"”»)\]]|$)|[:;]\s|\s[-–—]+\s|\n[ \t]*\n|\n|\s/\s|[()]|[!?]+|,(?=\s)")
_ORDINAL = re.compile(r"(?:^|[\s(])\d{1,2}$")
LONGEST = 24  # words in a clause before it is cut at the next pronoun
LIMIT = 20_000  # characters of one text that are looked at: more is no letter


class Word(NamedTuple):
    """A word in lower case with its place; `capital` where it is written with a capital letter."""

    text: str
    start: int
    end: int
    capital: bool
    table: bool = False  # opens a cell of a table (stands behind a tab)


@dataclass(frozen=True, slots=True)
class Clause:
    """Words that belong together. `sentence` numbers the sentence in its text, `asks` says that it ends in a question mark."""

    words: tuple[Word, ...]
    sentence: int
    asks: bool

    @property
    def start(self) -> int:
        return self.words[0].start

    @property
    def end(self) -> int:
        return self.words[-1].end


def clauses(text: str, start: int = 0, end: int | None = None) -> list[Clause]:
    """The clauses of `text[start:end]`; places count from the beginning of `text`."""
    stop = min(len(text) if end is None else end, start + LIMIT)
    folded = fold(text[start:stop]).replace("’", "'")
    found: list[Clause] = []
    sentence, pending = 0, []
    begin = 0
    for match in _breaks(text[start:stop], folded):
        mark = match.group().strip()
        piece = _words(text, folded, start, begin, match.start())
        soft = mark in (",", "/", "-", "–", "—", ":") or (mark in ("(", ")") and _asked_around(folded, match.start()))
        if piece:
            pending.append(piece)
        if not soft:
            found += _cut(pending, sentence, "?" in mark)
            sentence, pending = sentence + 1, []
        begin = match.end()
    if piece := _words(text, folded, start, begin, len(folded)):
        pending.append(piece)
    return found + _cut(pending, sentence, False)


def _asked_around(folded: str, at: int) -> bool:
    """Whether the question mark comes behind the bracket ("… én regning (EAN 579…)?"): then it belongs to the whole."""
    close = folded.find(")", at, at + 120)
    return close >= 0 and folded[close + 1 : close + 2] == "?"


def _breaks(text: str, folded: str) -> Iterator[re.Match[str]]:
    """The places where a clause may end: marks that are part of an abbreviation, a number or a list are none."""
    openers, subjects = listed("clauses", "openers"), listed("clauses", "subjects")
    for match in _END.finditer(folded):
        mark = match.group()
        if mark == "." and _goes_on(folded, match.start()):
            continue
        if mark == ",":
            word = _WORD.search(folded, match.end(), match.end() + 24)
            following = _WORD.search(folded, word.end(), word.end() + 16) if word else None
            inverted = following is not None and following.group() in subjects  # "…, hopper jeg på"
            if not word or (word.group() not in openers and not inverted):
                continue
        if mark == "\n" and not _complete(text, match.start()):
            continue
        yield match


def _goes_on(folded: str, at: int) -> bool:
    """Whether a point belongs to an abbreviation or to the number of a day or a row."""
    return abbreviated(folded, at) or _ORDINAL.search(folded, max(0, at - 3), at) is not None


def _complete(text: str, at: int) -> bool:
    """Whether the line that ends here is complete: the next one does not simply go on with it (format=flowed, RFC 3676)."""
    line = text[text.rfind("\n", 0, at) + 1 : at].rstrip()
    following = text[at + 1 : at + 2]
    return len(line) < 56 or not following.islower() or line[-1:] in ".!?:"


def _words(text: str, folded: str, offset: int, start: int, end: int) -> list[Word]:
    return [
        Word(match[0], at := offset + match.start(), offset + match.end(), text[at].isupper(), text[at - 1 : at] == "\t")
        for match in _WORD.finditer(folded, start, end)
    ]


def _cut(pieces: list[list[Word]], sentence: int, asks: bool) -> list[Clause]:
    return [Clause(tuple(part), sentence, asks) for piece in pieces for part in _shorten(piece)]


def _shorten(words: list[Word]) -> list[list[Word]]:
    if len(words) <= LONGEST:
        return [words]
    pronouns = listed("clauses", "cut_before")
    parts: list[list[Word]] = [[]]
    for word in words:
        if (word.text in pronouns and len(parts[-1]) >= 4) or len(parts[-1]) >= 2 * LONGEST:
            parts.append([])
        parts[-1].append(word)
    return parts
