"""Words of strangers made harmless before they stand in a letter, a header or a spreadsheet.

Escaping for HTML and quoting for headers is done where the value is written; here goes what may stand nowhere: line
breaks in a line, control and direction marks, endless names, and links that would make our letters carry advertising.
"""

from __future__ import annotations

import re
import unicodedata

_LINK = re.compile(r"(?:\b[a-z][a-z0-9+.]{1,15}://|\bwww\.)\S+", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
MOST = 120  # characters of a value in a letter


def visible(text: str) -> str:
    """NFC without control, format (bidi marks, zero-width), private and surrogate characters; line breaks stay."""
    if text.isprintable():
        return unicodedata.normalize("NFC", text)
    kept = (c if c in "\n\t" or unicodedata.category(c)[0] != "C" else "" for c in text.replace("\r\n", "\n").replace("\r", "\n"))
    return unicodedata.normalize("NFC", "".join(kept))


def line(text: object, most: int = MOST) -> str:
    """One visible line of at most `most` characters; "" for None. Unicode's own line separators count as white space,
    and nothing in it reads as a link of ours (`twin`)."""
    words = _SPACE.sub(" ", visible(_SPACE.sub(" ", "" if text is None else str(text)[: 8 * most]))).strip().replace("](", "] (")
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def foreign(text: object, most: int = MOST) -> str:
    """A line in a stranger's words: as `line`, with web addresses cut out."""
    return line(_LINK.sub("…", line(text, 4 * most)), most)


def block(text: object, most: int = 20_000) -> str:
    """Several visible lines (the administrator's own words), at most two line breaks in a row."""
    lines = [piece.rstrip() for piece in visible(str(text)[:most]).replace("](", "] (").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
