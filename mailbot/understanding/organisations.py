"""Libraries and other places of work, as written: `Hedensted Bibliotekerne`, `Biblioteket i Thy`, `KøgeBibliotekerne`,
`UC Fyn Biblioteket`, `Fjordlandets Gymnasium, Biblioteket`. A municipality counts only where no library is named.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from mailbot.understanding.gazetteer import is_first_name, is_place, library_names
from mailbot.understanding.lexicon import alternatives, listed, words
from mailbot.understanding.titles import is_head as is_title

GENERIC = ("hoved", "folke", "lokal", "børne", "skole", "central", "universitets", "gymnasie", "uddannelses", "forsknings", "voksen", "fag", "kommune", "by", "musik", "filial", "stads", "lands", "høj", "efter", "fri", "folkehøj", "folke-", "ungdoms", "bydels", "kultur", "for", "grund", "privat", "land", "barn", "køre", "real")


@dataclass(frozen=True, slots=True)
class Place:
    """An organisation `text[start:end]`. `rank`: 0 a library, 1 another institution, 2 a municipality."""

    value: str
    start: int
    end: int
    rank: int


@cache
def _heads() -> re.Pattern[str]:
    lists = words("organisations")
    return re.compile(
        rf"(?<![\w@./])(?P<library>[^\W\d_]?[\w&’'-]{{0,40}}?{alternatives(lists['library'])})(?![\w@]|\.\w)"
        rf"|(?<![\w@./])(?P<other>[^\W\d_]?[\w’'-]{{0,30}}?{alternatives(lists['other'])})(?![\w@-]|\.\w)"
        r"|(?<![\w@./])(?P<named>(?-i:UC|VIA|Absalon|DBC|Nota|KP|UCL|UCN)(?= (?-i:[A-ZÆØÅ])|[,.\n|]|$))"
        r"|(?<![\w@./])(?P<municipality>[A-ZÆØÅ][\w-]+ (?:Kommune|Regionskommune|kommune))(?!\w)", re.IGNORECASE)


_LEFT = re.compile(r"(?P<word>[^\W\d_][\w.’'-]*|&)(?P<gap>[ \u00a0])$")
_IN = re.compile(r"[ \u00a0](?:i|på|ved|for|of)[ \u00a0](?P<place>[^\W\d_][\w-]+(?:[ \u00a0][A-ZÆØÅ][\w-]+)?)(?: e\.\s?V\.)?")
_DIRECT = re.compile(r"[ \u00a0](?P<place>[A-ZÆØÅÁÉÍÓÚÝ][\w-]+)")


@cache
def _joined() -> re.Pattern[str]:
    return re.compile(rf"[ \u00a0](?:&|og|/|\+)[ \u00a0]{alternatives(words('organisations')['joined'])}(?!\w)", re.IGNORECASE)


def is_head(word: str) -> bool:
    low = word.lower()
    return low in listed("organisations", "library") or low in listed("organisations", "other") or low.endswith(("bibliotekerne", "biblioteket", "bibliotek", "biblioteker"))


def find(text: str) -> list[Place]:
    """The organisations of `text`, in order, the longest reading of each."""
    found: list[Place] = []
    for match in library_names().finditer(text):
        end = _right(text, match.end(), "")
        found.append(_place(text, match.start(), end, 0))
    for match in _heads().finditer(text):
        if any(p.start < match.end() and match.start() < p.end for p in found):
            continue
        place = _grow(text, match)
        if place and not any(p.start < place.end and place.start < p.end for p in found):
            found.append(place)
    never = listed("organisations", "never")
    return sorted((p for p in found if not any(w in p.value.lower() for w in never)), key=lambda p: p.start)


def _place(text: str, start: int, end: int, rank: int) -> Place:
    return Place(" ".join(text[start:end].split()), start, end, rank)


def _grow(text: str, match: re.Match[str]) -> Place | None:
    """The organisation around a word for one; None where the word stands alone (`på biblioteket`)."""
    kind = match.lastgroup or ""
    word = match.group()
    low = word.lower()
    if kind == "municipality":
        return _place(text, match.start(), match.end(), 2) if word[0].isupper() else None
    start = _left(text, match.start())
    if kind == "named":
        end = match.end()
        while more := re.compile(r" [A-ZÆØÅ][\w-]+").match(text, end):
            end = more.end()
        return _place(text, start, end, 1)
    end = _right(text, match.end(), low)
    rank = 0 if kind == "library" else 1
    bare = _bare(word, kind)
    if start == match.start() and end == match.end() and not bare:
        return None
    if start == match.start() and not bare and not word[0].isupper() and not _definite(low):
        return None
    return _place(text, start, end, rank)


def _definite(low: str) -> bool:
    return low.endswith(("et", "erne", "en", "ið"))


def _bare(word: str, kind: str) -> bool:
    """Whether the single word names a place by itself: `Koldingbibliotekerne`, `Bøgehøjskolen`, `Býarbókasavnið`."""
    low = word.lower()
    if low in ("býarbókasavnið", "landsbókasavnið", "statsbiblioteket"):
        return True
    if low in listed("organisations", "library") or low in listed("organisations", "other"):
        return False
    stem = re.sub(r"(?:bibliotek(?:et|er|erne)?|\w{0,4}skolen?|gymnasi(?:um|et)|museet|arkivet|centret|center|huset|hus|fonden?|foreningen?|akademiet|universitet)$", "", low).rstrip("-")
    if not stem or stem in GENERIC or (stem.endswith("s") and stem[:-1] in GENERIC):
        return False
    if kind == "library":
        return word[0].isupper() or is_place(stem)
    return word[0].isupper() and len(stem) > 2 and low.endswith(("skolen", "gymnasiet", "huset", "museet"))


def _left(text: str, start: int) -> int:
    """Grows to the left over capitalised words, `og`/`&` between them, `Kommunes` and known fixed beginnings."""
    reached = start
    for _ in range(6):
        step = _LEFT.search(text, max(0, reached - 45), reached)
        if not step:
            break
        word = step.group("word")
        low = word.lower().rstrip(".")
        if word in ("og", "&", "i") or low in ("og",):
            before = _LEFT.search(text, max(0, step.start() - 45), step.start())
            if not before or not before.group("word")[0].isupper() or before.group("word").lower() in listed("names", "starters") or reached == start or low == "i" or is_first_name(before.group("word")):
                break
            reached = before.start()
            continue
        if word.endswith(".") and low not in ("kgl", "skt", "sct", "st"):
            break
        if low == "det" and text[step.end():].lower().startswith(("kgl", "kongelige")):
            reached = step.start()
            break
        if low in listed("names", "starters") or is_title(low) or (low in listed("names", "never") and not is_place(low) and low not in ("campus", "university", "kommune", "kommunes", "region", "center", "københavn", "aarhus", "fyn", "bornholm", "uc", "via", "kultur", "research", "sjælland", "museum", "skole", "børn", "nørrebro", "valby", "vesterbro", "østerbro", "amager")):
            break
        if word[0].isupper() or is_place(low) or low in ("kommunes", "kgl", "kongelige", "bys"):
            reached = step.start()
        else:
            break
    return reached


def _right(text: str, end: int, head: str) -> int:
    """Grows to the right: `& Borgerservice`, `i Thy`, `for Sydslesvig e.V.`, `, Biblioteket`."""
    reached = end
    while (more := re.compile(r" ([A-ZÆØÅ][\w-]+)").match(text, reached)) and is_head(more.group(1)):
        reached = more.end()
    if joined := _joined().match(text, reached):
        reached = joined.end()
    inside = _IN.match(text, reached)
    if head and inside and inside.group("place")[0].isupper() and (_definite(head) or text[reached:inside.end()].lower().startswith((" for ", " of "))):
        place = inside.group("place").lower()
        if place not in listed("names", "never") or place in ("københavn", "aarhus", "nørrebro", "valby"):
            reached = inside.end()
    elif head and _definite(head) and (direct := _DIRECT.match(text, reached)) and head in listed("organisations", "library") | {"læsehuset", "kulturhuset", "gymnasiet", "skolen"}:
        place = direct.group("place").lower()
        if place not in listed("names", "starters") and (place not in listed("names", "never") or place in ("københavn", "aarhus")):
            reached = direct.end()
    if campus := re.compile(r",? (?:Biblioteket|biblioteket|Campus Library)(?=\W|$)|, Bibliotek(?=\W|$)").match(text, reached):
        reached = campus.end()
    if union := re.compile(r" (?:e\.\s?V\.|A/S|ApS|S/I)").match(text, reached):
        reached = union.end()
    return reached
