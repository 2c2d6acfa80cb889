"""The text of an invitation as its readers want it: cleaned, as sentences, and as labelled lines ("Pris: …", "Målgruppe").

Word lists: `words/invitation.toml`. Every pattern is bounded, so that the time is linear in the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

from mailbot.understanding.lexicon import alternatives, words

MOST_TEXT = 40_000
MOST_LINE = 1_000
_GAP = r"[^.!?\n]{0,80}?"
_LISTED = r"[ \t]*(?:[*•]|[–-][ \t])[ \t]*"
_STRUCTURED = re.compile(rf"\t| {{3,}}|^{_LISTED}|^[^\n:?]{{2,30}}[:?]")
_WIDE = re.compile(r"[ \t]{9,}|\t+(?=\t)")


@cache
def end() -> re.Pattern[str]:
    """The white space between two sentences: behind a mark that belongs to no abbreviation, before a capital."""
    short = {*words("clauses")["abbreviations"], *words("invitation")["abbreviations"]}
    lead = "".join(rf"(?<!\b{re.escape(word)}\.)" for word in sorted(short))
    return re.compile(rf"{lead}(?<=[.!?])\s+(?=[A-ZÆØÅ»\"“])")


def clean(text: str) -> str:
    """The first `MOST_TEXT` characters in NFC, with plain line ends, no control or direction marks, no gaps without end."""
    text = unicodedata.normalize("NFC", re.sub(r"\r\n?|[\u2028\u2029\f\v]", "\n", text[:MOST_TEXT]).replace("\u00a0", " "))
    kept = "".join(c for c in text if c in "\n\t" or unicodedata.category(c)[0] != "C")
    lines = "\n".join(line[:MOST_LINE].rstrip() for line in _WIDE.sub(" " * 8, kept).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines)


@cache
def cue(part: str, key: str) -> re.Pattern[str]:
    """A list of small patterns of `words/invitation.toml`; … stands for a few words of the same sentence."""
    lists = words("invitation")
    entries = lists[part][key] if part else lists[key]
    return re.compile("|".join(f"(?:{entry.replace('…', _GAP)})" for entry in entries), re.IGNORECASE | re.MULTILINE)


def sentences(text: str) -> Iterator[str]:
    """The sentences of the text, wrapped lines joined; a line of a table or a list stands for itself."""
    for paragraph in re.split(r"\n[ \t]*\n", text):
        flowing, listed = "", False
        for line in paragraph.split("\n"):
            structured = bool(_STRUCTURED.search(line))
            if structured or (listed and line[:1].isupper()):
                yield from _cut(flowing)
                flowing, listed = line, structured
            else:
                flowing = f"{flowing} {line.strip()}".strip()
        yield from _cut(flowing)


def _cut(flowing: str) -> Iterator[str]:
    for piece in end().split(flowing):
        if piece.strip():
            yield " ".join(piece.split())


@cache
def _behind(key: str) -> re.Pattern[str]:
    names = alternatives(words("invitation")["labels"][key])
    return re.compile(rf"(?im)^(?:{_LISTED})?[ \t]*{names}[ \t]*(?:[:?]|$)[ \t]*")


def labelled(text: str, key: str) -> Iterator[tuple[int, int]]:
    """Where the words stand behind each label of that kind: on its line, or on the next line."""
    for match in _behind(key).finditer(text):
        start = match.end()
        while start < len(text) and text[start] in "\n \t" and "\n\n" not in text[match.end() : start + 1]:
            start += 1
        end = text.find("\n", start)
        yield start, end if end >= 0 else len(text)


def value(text: str, key: str) -> str:
    """The words behind the first label of that kind that has any, "" where there is none."""
    return next((found for start, end in labelled(text, key) if (found := text[start:end].strip())), "")


def section(text: str, key: str) -> str:
    """The words behind a label of that kind, up to the next blank line; only its line where they begin there."""
    for match in _behind(key).finditer(text):
        line, _, below = text[match.end() :].partition("\n")
        if line.strip():
            return line.strip()
        if below.strip():
            return below.lstrip("\n").split("\n\n")[0]
    return ""
