"""Job titles, known by their last word (`afdelings|leder`, `souschef`) with what belongs to them before and after:
`konstitueret …`, `Kultur- og …`, `… for børn og unge`, `Head of …`. As written, never normalised.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from mailbot.understanding.lexicon import alternatives, listed, words

_WORD = re.compile(r"[^\W\d_]+(?:[-/'’][^\W\d_]+)*-?")


@dataclass(frozen=True, slots=True)
class Title:
    """A title `text[start:end]`, white space folded; `head` is its last word in lower case."""

    value: str
    start: int
    end: int
    head: str


_TOKEN = re.compile(
    r"(?<![\w@/.-])[^\W\d_][\w-]*(?![\w@]|\.\w)|(?<=[a-z]\.)[^\W\d_][\w-]*(?![\w@]|\.\w)|(?<=/)[^\W\d_][\w-]*(?![\w@]|\.\w)"
)
_ABBREVIATED = re.compile(r"(?<!\w)(?:afd|afs|bibl|sekt|omr|adm)\.\s?$", re.IGNORECASE)


@cache
def _english() -> tuple[frozenset[str], re.Pattern[str]]:
    """Titles of several words: the words that they begin with, and the pattern."""
    phrases = words("titles")["english"]
    return frozenset(p.split()[0] for p in phrases), re.compile(rf"{alternatives(phrases)}(?!\w)", re.IGNORECASE)


@cache
def _endings() -> tuple[str, ...]:
    return tuple(words("titles")["endings"])


@cache
def _plurals() -> tuple[str, ...]:
    return tuple(words("titles")["plural"])


_LEADS = re.compile(r"(?<!\w)(?:jeg|hun|han|vi|der) $", re.IGNORECASE)  # the verb
_ALL = re.compile(
    r"\b(?:begge|alle|alle tre|alle fire) (?:\w{2,3} )?$|\b(?:og|samt) (?:jeg|(?-i:[A-ZÆØÅ])[\w-]+(?: (?-i:[A-ZÆØÅ])[\w-]+){0,2}) er $",
    re.IGNORECASE,
)


def _of_several(text: str, token: re.Match[str]) -> bool:
    """Whether a title in the plural is each one's: `begge souschefer`, `vores tre teamledere: Ida Bang, Bo Friis …`."""
    if _ALL.search(text, max(0, token.start() - 50), token.start()):
        return True
    return bool(_OURS.search(text, max(0, token.start() - 30), token.start()) and _THEIR_NAMES.match(text, token.end()))


_OURS = re.compile(r"\b(?:vores|mine|de|disse|følgende|our|these)(?: (?:to|tre|fire|fem|seks|\d))?(?: [a-zæøå]{2,14})? $", re.IGNORECASE)
_THEIR_NAMES = re.compile(r":?,? (?:[A-ZÆØÅ][\w-]+[ ,]+){2}")


def _is_verb(text: str, token: re.Match[str]) -> bool:
    """`hun leder`, `Ebbe leder formidlingsteamet`."""
    if _LEADS.search(text, max(0, token.start() - 6), token.start()):
        return True
    named = _NAMED.search(text, max(0, token.start() - 30), token.start())
    return bool(named and token.group().islower() and _OBJECT.match(text, token.end()))


_NAMED = re.compile(r"(?<!\w)[A-ZÆØÅ][a-zæøå]+ $")
_OBJECT = re.compile(r" (?:vores |den |det |de )?[a-zæøå]{3,30}(?:et|en|erne|ene)(?![\w-])")


def _single(value: str, head: str) -> str:
    """`begge afdelingsledere`: each of them is an afdelingsleder."""
    many = next((p for p in _plurals() if head.endswith(p)), None)
    return value.replace(head, head[: -len(many)] + words("titles")["plural"][many]) if many else value


def _heads(text: str) -> Iterator[tuple[int, int, bool]]:
    """The spans of words that are titles by themselves, and of English phrases (True)."""
    begins, phrases = _english()
    whole_words, never = listed("titles", "whole"), listed("titles", "never")
    reached = 0
    for token in _TOKEN.finditer(text):
        low = token.group().lower()
        if token.start() < reached or low in never:
            continue
        if low == "leder" and not _OF.match(text, token.end()) and _is_verb(text, token):
            continue
        if low in begins and (phrase := phrases.match(text, token.start())):
            reached = phrase.end()
            yield token.start(), reached, True
        elif low.endswith(_plurals()) and _of_several(text, token):
            yield token.start(), token.end(), False
        elif (low.endswith(_endings()) and len(low) > 3) or low in whole_words:
            if text[token.start() - 1 : token.start()] == "." and not _ABBREVIATED.search(text, max(0, token.start() - 7), token.start()):
                continue
            short = _ABBREVIATED.search(text, max(0, token.start() - 7), token.start())
            yield short.start() if short else token.start(), token.end(), False


@cache
def _before() -> re.Pattern[str]:
    """Words that belong to the title behind them: listed ones, and the adjectives of professions (`børnefaglig`,
    `koordinerende`, `pædagogisk-administrativ`)."""
    listed_ = alternatives(words("titles")["before"])
    not_ = alternatives(words("titles")["not_before"])
    return re.compile(
        rf"(?:(?<!\w)(?:(?:[^\W\d_]{{2,20}}-)?{listed_}|(?!{not_}(?!\w))[^\W\d_]{{2,20}}(?:faglige?|iske?|erende)"
        rf"|[^\W\d_]+-,? (?:og|&|and)|[^\W\d_]+-, [^\W\d_]+- (?:og|&)) )+$",
        re.IGNORECASE,
    )


_LEADING = ("de", "den", "det", "vores", "min", "nye", "ny", "digitale", "lokale", "små", "store", "hele", "to", "tre")
_NAME_NEXT = re.compile(r" [A-ZÆØÅ]")
_OF = re.compile(r"[ \u00a0](?P<prep>for|af|of|i|inden for|over|ved|på)[ \u00a0]+(?=[^\W\d_])", re.IGNORECASE)
_NEXT = re.compile(r"(?P<gap>, |[ \u00a0](?:&|/)[ \u00a0]|[ \u00a0])(?P<word>[^\W\d_](?:[\w\-'’]*\w)?-?)")


@lru_cache(4096)  # what strangers write must not fill the memory
def is_head(word: str) -> bool:
    """Whether a single word is a title (`souschef`)."""
    low = word.lower()
    return low not in listed("titles", "never") and (
        low in listed("titles", "whole") or (low.endswith(tuple(words("titles")["endings"])) and len(low) > 3)
    )


def find(text: str) -> list[Title]:
    """The titles in running text, in order."""
    found: list[Title] = []
    for start, stop, english in _heads(text):
        word = text[start:stop].lower()
        if found and start < found[-1].end:
            continue
        head = start
        lead = _before().search(text, max(0, start - 60), start)
        start = lead.start() if lead else start
        if found and start < found[-1].end:
            start = found.pop().start if start <= found[-1].start else head
        foreign = english and text[head].isupper() and not word.startswith(("leder", "chef", "leiter", "teamleder"))
        end = _with_area(text, _capitals(text, stop)) if foreign else _qualifier(text, stop, word)
        if end == stop and (bare := _PREPOSITION.search(text, head, end)):
            end = bare.start()  # "leder for et hold"
        if (
            word in ("manager", "director", "librarian", "coordinator", "supervisor", "secretary", "consultant", "partner")
            and text[head].isupper()
        ):
            modifiers = re.compile(r"(?:[A-Z][\w&-]+ ){1,3}$").search(text, max(0, start - 50), start)
            start = modifiers.start() if modifiers else start
        if (last := re.search(r"\S+$", text[start:end])) and last.start() and is_head(last.group()) and _OF.match(text, end):
            end = _qualifier(text, end, last.group().lower())  # "… og leder af udlånet"
        end = _further(text, end)
        twice = english and found and text[found[-1].end : start] == " / "  # the same in English
        if (found and not twice and text[found[-1].end : start] in ("/", " / ", " & ", " ")) or (
            found
            and text[found[-1].end : start] == " og "
            and word not in ("mellemleder", found[-1].head)
            and not _enumerated(text, found)
            and not _NAME_NEXT.match(text, end)
        ):
            start = found.pop().start
        found.append(Title(_single(" ".join(text[start:end].split()), word), start, end, word))
    return found


def _enumerated(text: str, found: list[Title]) -> bool:
    """Whether titles stand in a row, a person each: `souschef, teamleder og …`, `hhv. teamleder og …`."""
    row = len(found) > 1 and text[found[-2].end : found[-1].start] == ", "
    return row or bool(_RESPECTIVELY.search(text, max(0, found[-1].start - 16), found[-1].start))


_RESPECTIVELY = re.compile(r"\b(?:hhv\.?|henholdsvis|respectively):? $", re.IGNORECASE)


@cache
def _area() -> re.Pattern[str]:
    """What a department is about: `i Børn`, `Drift & Logistik`, `(formidling og fysisk bibliotek)`."""
    area = rf"{alternatives(words('titles')['areas'])}(?:området|teamet|afdelingen|sektionen)?(?!\w)"
    capital = rf"(?=[A-ZÆØÅ])(?i:{area})"
    more = rf"(?:,? (?:og|&) [^\W\d_][\w-]+|, {capital})"
    return re.compile(
        rf"[ \u00a0](?:i[ \u00a0])?{capital}{more}{{0,3}}|[ \u00a0]i[ \u00a0]borgerservice(?!\w)"
        rf"|[ \u00a0]\((?i:{area})(?:(?:,| og| &)? [^\W\d_][\w-]+){{0,4}}\)"
    )


_UNIT = re.compile(
    r"(?<!\w)(?:filialen|afdelingen|teamet|sektionen|enheden|gruppen|området|hovedbiblioteket|lokalbiblioteket|servicepunktet"
    r"|børnebiblioteket|bogcaféen|Bibliotek)$"
)
_IN_TOWN = re.compile(r"[ \u00a0](?:i|på)[ \u00a0][A-ZÆØÅ][\w-]+(?![\w-]|[ \u00a0](?:[A-ZÆØÅ]|[Bb]ibliotek|[Kk]ulturhus|[Mm]edborgerhus))")


def _further(text: str, end: int) -> int:
    """The end of what comes after a title besides `for …`: its area, its town."""
    if _UNIT.search(text, max(0, end - 20), end):
        if town := _IN_TOWN.match(text, end):
            return town.end()
        return _qualifier(text, end, "") if text[end : end + 5] == " for " else end
    if area := _area().match(text, end):
        another = next((w for w in _WORD.finditer(text, end, area.end()) if is_head(w.group())), None)  # "… og teamleder i Kultur"
        return end + len(re.sub(r"(?:,? (?:og|&)|,)? $", "", text[end : another.start()])) if another else area.end()
    return end


def _capitals(text: str, end: int) -> int:
    """An English title goes on while its words are capitalised: Head of Research Services and Data."""
    reached = end
    while match := re.compile(r" (?:(?:and|&|of|for|the) )?[A-Z][\w-]*(?:['’]s(?!\w))?").match(text, reached):
        reached = match.end()
    return reached


def _with_area(text: str, end: int) -> int:
    """`Team Lead, Digital Services`: the area behind an English title, up to the end of the clause."""
    area = _ENGLISH_AREA.match(text, end)
    return area.end() if area and not _WORKPLACE.search(area.group()) else end


_ENGLISH_AREA = re.compile(r",(?: (?:[A-Z][\w-]+|and|&)){1,5}(?=[;.)]|\n\n|$)")
_WORKPLACE = re.compile(r"Librar|Universit|College|School|Bibliotek|Campus|Institute|Museum|Dr\b")


def _qualifier(text: str, end: int, head: str) -> int:
    """The end of `for børn og unge` after a title, which stops where a clause begins."""
    at = _area_begins(text, end, head)
    first = re.compile(r"[^\W\d_](?:[\w\-'’]*\w)?-?").match(text, at) if at is not None else None
    if at is None or first is None or _A_LIBRARY.match(text, at) or _HEADS.match(text, at):
        return end
    if first.group().lower() in listed("titles", "stop_after") - {"de", "den", "det", "vores", "min"}:
        return end
    reached = first.end()
    for _ in range(8):
        further = _one_word_more(text, reached)
        if further is None:
            break
        reached = further
    return reached


def _area_begins(text: str, end: int, head: str) -> int | None:
    """Where the area of a title begins, behind its preposition; None where none follows that belongs to a title."""
    if head.endswith((" for", " af", " av", " för", " of", " der", " på")):
        return end + 1 if text[end : end + 1] in (" ", "\u00a0") else end
    match = _OF.match(text, end)
    if not match:
        return None
    prep = match.group("prep").lower()
    leads_ = prep in ("for", "inden for", "of") or (prep == "af" and head.endswith(("leder", "formand", "ansvarlig", "chef")))
    return match.end() if leads_ else None


def _one_word_more(text: str, reached: int) -> int | None:
    """The end of the next word of an area, with `og` and what it joins; None where the area ends."""
    step = _NEXT.match(text, reached)
    if not step:
        return None
    if step.group("gap").strip() == "/" and text.count(" / ", max(0, reached - 60), reached + 60) > 1:
        return None  # one of the things in a row: "navn / titel / bibliotek"
    word, gap, stops = step.group("word"), step.group("gap"), listed("titles", "stop_after")
    if word in ("og", "and"):
        more = _NEXT.match(text, step.end()) if gap != ", " else None
        if not more or more.group("word") in stops or more.group("gap") == ", " or _verbal(text, more):
            return None
        return more.end()
    if word in stops:
        return None
    if gap == ", ":
        row = re.compile(r"(?:, [\w-]+){0,2} (?:og|&|and) [\w-]+").match(text, step.end())
        return step.end() if row and not is_head(word) else None
    goes_on = (
        word[0].isupper()
        or text[reached - 1] == "-"
        or text[:reached].rsplit(" ", 1)[-1].lower() in _LEADING
        or gap.strip()
        or _noun_follows(text, reached, word)
    )
    return step.end() if goes_on else None


_HEADS = re.compile(  # "for seks bibliotekarer", "for 12 ansatte", "for tre.": how many, not of what
    r"(?:\d{1,3}|tre|fire|fem|seks|syv|otte|ni|ti|three|four|five|six)(?=[.,;!)\n]|$)|"
    r"(?:\d{1,3}|to|tre|fire|fem|seks|syv|otte|ni|ti|elleve|tolv|fjorten|femten|seksten|tyve|tredive|two|three|four|five"
    r"|six|seven|eight|nine|ten|twelve)[ \u00a0](?:\w{2,12} )?"
    r"(?:[\w-]{0,20}(?:arer|enter|ledere|tører|ister|ansatte|medarbejdere|formidlere|folk|kolleger|mennesker|assistenter)"
    r"|people|staff|librarians|år|years?|måneder|months)\b",
    re.IGNORECASE,
)
_PREPOSITION = re.compile(r" (?:for|af|av|för)$", re.IGNORECASE)
_A_LIBRARY = re.compile(r"biblioteket[ \u00a0]i[ \u00a0][A-ZÆØÅ]")  # where somebody works


def _noun_follows(text: str, reached: int, word: str) -> bool:
    """Whether the word just taken was an adjective, so that this one is still the noun: `for digital formidling`."""
    last = re.search(r"[\w-]+$", text[max(0, reached - 30) : reached])
    return (
        bool(last and last.group().lower().endswith(("e", "al", "isk", "lig")))
        and len(word) > 3
        and last is not None
        and last.group().lower() not in ("unge", "familie", "borgerservice", "skole")
    )


def _verbal(text: str, more: re.Match[str]) -> bool:
    """Whether `og X` begins a new clause: X is followed by a pronoun, an infinitive's mark or an adverb."""
    word = more.group("word").lower()
    if word.endswith(("es", "ede")) and not word.endswith(("ydelses", "elles")):
        return True
    return bool(re.compile(r" (?:jeg|mig|gerne|at|hun|han|ikke|også|den|det|en|et|selv|meget)(?!\w)").match(text, more.end()))


def whole(text: str) -> str | None:
    """The title that a field, a cell or a piece of a signature line is: as written, up to a place (`… på Varde Bibliotek`).

    None where the text is no title.
    """
    text = text.strip(" \t\u00a0,;:.–-|/·•*")
    if not text or len(text) > 120:
        return None
    for title in find(text):
        lead = text[: title.start].strip().lower()
        if lead and not re.fullmatch(
            r"(?:v/|som|stilling som|er|ansat som|nyansat|ny|den|jeg er|titel:?|stilling:?|og|ph\.?d\.?|cand\.[\w.]+|kommende"
            r"|vores|overordnet)?",
            lead,
        ):
            return None
        rest = re.split(r"\s(?:på|ved|hos|at)\s(?=[A-ZÆØÅ])|\si\s(?:en|et|vores)\s|\ssamme sted\b|\s*[(\[]", text[title.start :])[0].strip(
            " ,;.–-"
        )
        return " ".join(rest.split()) if not re.search(r"\d{4}|@", rest) else title.value
    return None


def leads(title: str) -> bool:
    """Whether a title speaks of leading others; False where it is a known title without leadership."""
    low = title.lower()
    if re.search(r"leder|chef|bestyrer|head|lead|manager|director|direktør|koordinator|souschef|rektor|forstander|leiar|sjef", low):
        return True
    return not low.endswith(tuple(listed("titles", "no_leadership"))) and not any(
        w in low.split() for w in listed("titles", "no_leadership")
    )
