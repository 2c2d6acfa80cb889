"""Mail addresses (RFC 5322's addr-spec as people write it) in running text, and whose they are: the local part is set
against names (`fatima.alhassan`, `hbt`, `pask` for Palle Skaarup).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from mailbot.understanding.gazetteer import ascii_fold
from mailbot.understanding.lexicon import listed

_ADDRESS = re.compile(r"(?<![\w.+\-@])[\w.+\-']{1,64}(?:@|\(at\)|\[at\])[\w\-]{1,63}(?:\.[\w\-]{1,63}){1,6}(?![\w@])", re.IGNORECASE)
_SIGN = re.compile(r"@|[(\[][Aa][Tt][)\]]")  # in every address
_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"]{2,500}", re.IGNORECASE)
_PLAIN = str.maketrans({"æ": "a", "ø": "o", "å": "a", "ö": "o", "ä": "a", "ü": "u"})


@dataclass(frozen=True, slots=True)
class Spot:
    """An address `text[start:end]`, lower case."""

    email: str
    start: int
    end: int


def find(text: str) -> list[Spot]:
    """The addresses of `text`, in order."""
    found: list[Spot] = []
    if not _SIGN.search(text):
        return found
    for match in _ADDRESS.finditer(text):
        email = re.sub(r"[(\[]at[)\]]", "@", match.group().lower()).strip(".'-")
        if not email.split("@")[0].strip(".+-'_") or "." not in email.split("@")[1]:
            continue
        if email.split("@")[0] in listed("names", "placeholders"):
            continue
        found.append(Spot(email, match.start(), match.end()))
    return found


def urls(text: str) -> list[tuple[int, int]]:
    return [m.span() for m in _URL.finditer(text)]


def local(email: str) -> str:
    return email.partition("@")[0]


def domain(email: str) -> str:
    return email.rpartition("@")[2]


@lru_cache(1024)
def belongs(email: str, name: str) -> int:
    """How well an address fits a name: 0 not at all, 1 the initials or beginnings of its parts, 2 whole parts."""
    letters = re.sub(r"[^a-z]", "", ascii_fold(local(email)))
    if not letters or not name:
        return 0
    for spelling in {ascii_fold, _plain}:
        tokens = [t for t in re.split(r"[^a-z]+", spelling(name)) if t]
        if not tokens:
            continue
        if len(tokens) > 1 and tokens[0] in letters and tokens[-1] in letters:
            return 2
        folded = re.sub(r"[^a-z]", "", spelling(local(email)))
        if len(folded) >= 2 and _prefixes(folded, tokens):
            whole = any(len(t) > 3 and t in folded for t in tokens)
            return 2 if whole else 1
    return 0


def _plain(text: str) -> str:
    return ascii_fold(text.lower().translate(_PLAIN))


def _prefixes(letters: str, tokens: list[str]) -> bool:
    """Whether `letters` is made of beginnings of the tokens, in order, the first token and one more among them."""
    if len(letters) > 40 or len(tokens) > 8:
        return False
    reached = {at for at in range(1, len(letters) + 1) if tokens[0].startswith(letters[:at])}
    whole = tokens[0] == letters
    for token in tokens[1:]:
        reached |= {
            at + more
            for at in reached
            for more in range(1, min(len(token), len(letters) - at) + 1)
            if token.startswith(letters[at : at + more])
        }
    return whole or (len(letters) in reached and (len(tokens) == 1 or not tokens[0].startswith(letters)))
