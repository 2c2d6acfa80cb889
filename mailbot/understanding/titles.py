"""Job titles, known by their last word (`afdelings|leder`, `souschef`) with what belongs to them before and after:
`konstitueret …`, `Kultur- og …`, `… for børn og unge`, `Head of …`. As written, never normalised.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from mailbot.understanding.gazetteer import is_first_name
from mailbot.understanding.lexicon import affixes, alternatives, cues, group, listed, words

_WORD = re.compile(r"[^\W\d_]+(?:[-/'’][^\W\d_]+)*-?")


@dataclass(frozen=True, slots=True)
class Title:
    """A title `text[start:end]`, white space folded; `head` is its last word in lower case."""

    value: str
    start: int
    end: int
    head: str


_TOKEN = re.compile(
    r"(?<![\w@/.-])[^\W\d_][\w-]*(?![\w@]|\.\w)|(?<=[a-zA-ZæøåÆØÅ]\.)[^\W\d_][\w-]*(?![\w@]|\.\w)|(?<=/)[^\W\d_][\w-]*(?![\w@]|\.\w)"
)


def _any(*keys: str) -> str:
    return alternatives([word for key in keys for word in words("titles")[key]])


@cache
def _abbreviated() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){_any('shortened')}\.\s?$", re.IGNORECASE)


@cache
def _english() -> tuple[frozenset[str], re.Pattern[str]]:
    """Titles of several words: the words that they begin with, and the pattern."""
    phrases = words("titles")["english"]
    return frozenset(p.split()[0] for p in phrases), re.compile(rf"{alternatives(phrases)}(?!\w)", re.IGNORECASE)


@cache
def _plurals() -> tuple[str, ...]:
    return tuple(words("titles")["plural"])


def _of_several(text: str, token: re.Match[str]) -> bool:
    """Whether a title in the plural is each one's: `begge souschefer`, `vores tre teamledere: Ida Bang, Bo Friis …`."""
    if cues("titles", "all_are").search(text, max(0, token.start() - 50), token.start()):
        return True
    return bool(cues("titles", "our").search(text, max(0, token.start() - 30), token.start()) and _THEIR_NAMES.match(text, token.end()))


_THEIR_NAMES = re.compile(r":?,? (?:[A-ZÆØÅ][\w-]+[ ,]+){2}")


def _is_verb(text: str, token: re.Match[str]) -> bool:
    """`hun leder`, `Ebbe leder formidlingsteamet`."""
    if cues("titles", "who_leads").search(text, max(0, token.start() - 6), token.start()):
        return True
    lead = max(0, token.start() - 30)
    named = _NAMED.search(text, lead, token.start()) or cues("titles", "which_leads").search(text, lead, token.start())
    return bool(named and token.group().islower() and _object().match(text, token.end()))


_NAMED = re.compile(r"(?<!\w)[A-ZÆØÅ][a-zæøå]+ $")


@cache
def _object() -> re.Pattern[str]:
    """What somebody leads: `vores teamet`, `formidlingen`."""
    return re.compile(rf" (?:{_any('the')} )?[a-zæøå]{{3,30}}{alternatives(words('particles')['definite_endings'])}(?![\w-])")


def _single(value: str, head: str) -> str:
    """`begge afdelingsledere`: each of them is an afdelingsleder."""
    many = next((p for p in _plurals() if head.endswith(p)), None)
    return value.replace(head, head[: -len(many)] + words("titles")["plural"][many]) if many else value


def _heads(text: str) -> Iterator[tuple[int, int, bool]]:
    """The spans of words that are titles by themselves, and of English phrases (True)."""
    begins, phrases = _english()
    reached = 0
    for token in _TOKEN.finditer(text):
        if token.start() < reached or not _begins(token.group()):
            continue
        low = token.group().lower()
        if low in listed("titles", "verbs") and not _of().match(text, token.end()) and _is_verb(text, token):
            continue
        if low in begins and (phrase := phrases.match(text, token.start())):
            reached = phrase.end()
            yield token.start(), reached, True
        elif low.endswith(_plurals()) and _of_several(text, token):
            yield token.start(), token.end(), False
        elif is_head(low):
            if text[token.start() - 1 : token.start()] == "." and not _abbreviated().search(text, max(0, token.start() - 7), token.start()):
                continue
            short = _abbreviated().search(text, max(0, token.start() - 7), token.start())
            yield short.start() if short else token.start(), token.end(), False


@lru_cache(4096)
def _begins(word: str) -> bool:
    """Whether a title may begin with the word."""
    low = word.lower()
    return low not in listed("titles", "never") and (low in _english()[0] or low.endswith(_plurals()) or is_head(low))


@cache
def _before() -> re.Pattern[str]:
    """Words that belong to the title behind them: listed ones, and the adjectives of professions (`børnefaglig`,
    `koordinerende`, `pædagogisk-administrativ`)."""
    joint = _joint()
    return re.compile(
        rf"(?:(?<!\w)(?:(?:[^\W\d_]{{2,20}}-)?{_any('before')}"
        rf"|(?!{_any('not_before')}(?!\w))[^\W\d_]{{2,20}}{group('titles', 'adjectives_of_jobs')}"
        rf"|[^\W\d_]+-,? {joint}|[^\W\d_]+-, [^\W\d_]+- {joint}) )+$",
        re.IGNORECASE,
    )


def _joint() -> str:
    return rf"(?:{_any('joined', 'english_joined')}|&)"


_NAME_NEXT = re.compile(r" [A-ZÆØÅ]")
_NEXT = re.compile(r"(?P<gap>, |[ \u00a0](?:&|/)[ \u00a0]|[ \u00a0])(?P<word>[^\W\d_](?:[\w\-'’]*\w)?-?)")


@cache
def _of() -> re.Pattern[str]:
    return re.compile(rf"[ \u00a0](?P<prep>{_any('prepositions')})[ \u00a0]+(?=[^\W\d_])", re.IGNORECASE)


@lru_cache(4096)  # what strangers write must not fill the memory
def is_head(word: str) -> bool:
    """Whether a single word is a title (`souschef`)."""
    low = word.lower()
    return low not in listed("titles", "never") and (
        low in listed("titles", "whole") or (low.endswith(affixes("titles", "endings")) and len(low) > 3)
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
        foreign = english and text[head].isupper() and not word.startswith(affixes("titles", "not_english"))
        end = _with_area(text, _capitals(text, stop)) if foreign else _qualifier(text, stop, word)
        if end == stop and (bare := _preposition().search(text, head, end)):
            end = bare.start()  # "leder for et hold"
        if word in listed("titles", "english_words") and text[head].isupper():
            modifiers = re.compile(r"(?:[A-Z][\w&-]+ ){1,3}$").search(text, max(0, start - 50), start)
            start = modifiers.start() if modifiers else start
        if (last := re.search(r"\S+$", text[start:end])) and last.start() and is_head(last.group()) and _of().match(text, end):
            end = _qualifier(text, end, last.group().lower())  # "… og leder af udlånet"
        end = _further(text, end)
        twice = english and found and text[found[-1].end : start] == " / "  # the same in English
        if (found and not twice and text[found[-1].end : start] in ("/", " / ", " & ", " ")) or (
            found
            and text[found[-1].end : start].strip(" ") in words("titles")["joined"]
            and word not in (*words("titles")["level"], found[-1].head)
            and not _enumerated(text, found)
            and not _NAME_NEXT.match(text, end)
        ):
            start = found.pop().start
        found.append(Title(_single(" ".join(text[start:end].split()), word), start, end, word))
    return found


def _enumerated(text: str, found: list[Title]) -> bool:
    """Whether titles stand in a row, a person each: `souschef, teamleder og …`, `hhv. teamleder og …`."""
    row = len(found) > 1 and text[found[-2].end : found[-1].start] == ", "
    return row or bool(cues("titles", "respectively").search(text, max(0, found[-1].start - 16), found[-1].start))


@cache
def _area() -> re.Pattern[str]:
    """What a department is about: `i Børn`, `Drift & Logistik`, `(formidling og fysisk bibliotek)`."""
    area = rf"{_any('areas')}{_any('area_endings')}?(?!\w)"
    capital = rf"(?=[A-ZÆØÅ])(?i:{area})"
    joined, in_ = _any("joined"), _any("in_area")
    more = rf"(?:,? (?:{joined}|&) [^\W\d_][\w-]+|, {capital})"
    return re.compile(
        rf"[ \u00a0](?:{in_}[ \u00a0])?{capital}{more}{{0,3}}|[ \u00a0]{in_}[ \u00a0]{_any('areas_in_small')}(?!\w)"
        rf"|[ \u00a0]\((?i:{area})(?:(?:,| {joined}| &)? [^\W\d_][\w-]+){{0,4}}\)"
    )


@cache
def _unit() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){_any('units')}$")


@cache
def _in_town() -> re.Pattern[str]:
    return re.compile(rf"[ \u00a0]{_any('in_town')}[ \u00a0][A-ZÆØÅ][\w-]+(?![\w-]|[ \u00a0](?:[A-ZÆØÅ]|(?i:{_any('no_town')})))")


@cache
def _and_at_end() -> re.Pattern[str]:
    return re.compile(rf"(?:,? (?:{_any('joined')}|&)|,)? $")


def _further(text: str, end: int) -> int:
    """The end of what comes after a title besides `for …`: its area, its town."""
    if _unit().search(text, max(0, end - 20), end):
        town = _in_town().match(text, end)
        return town.end() if town else _qualifier(text, end, "")
    if area := _area().match(text, end):
        another = next((w for w in _WORD.finditer(text, end, area.end()) if is_head(w.group())), None)  # "… og teamleder i Kultur"
        return end + len(_and_at_end().sub("", text[end : another.start()])) if another else area.end()
    return end


def _capitals(text: str, end: int) -> int:
    """An English title goes on while its words are capitalised: Head of Research Services and Data."""
    reached = end
    while (match := _english_areas()[0].match(text, reached)) and not is_first_name(match.group().split()[-1]):
        reached = match.end()
    return reached


def _with_area(text: str, end: int) -> int:
    """`Team Lead, Digital Services`: the area behind an English title, up to the end of the clause."""
    area = _english_areas()[1].match(text, end)
    return area.end() if area and not _workplace().search(area.group()) else end


@cache
def _english_areas() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """The next word of an area behind an English title, and the whole area behind a comma."""
    return (
        re.compile(rf" (?:(?:{_any('english_joined', 'english_of')}|&) )?[A-Z][\w-]*(?:['’]s(?!\w))?"),
        re.compile(rf",(?: (?:[A-Z][\w-]+|{_any('english_joined')}|&)){{1,5}}(?=[;.)]|\n\n|$)"),
    )


@cache
def _workplace() -> re.Pattern[str]:
    return re.compile(group("titles", "workplaces"))


def _qualifier(text: str, end: int, head: str) -> int:
    """The end of `for børn og unge` after a title, which stops where a clause begins."""
    at = _area_begins(text, end, head)
    first = re.compile(r"[^\W\d_](?:[\w\-'’]*\w)?-?").match(text, at) if at is not None else None
    if at is None or first is None or _a_library().match(text, at) or _staff().match(text, at):
        return end
    if first.group().lower() in listed("titles", "stop_after") - listed("titles", "the"):
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
    if _preposition(foreign=True).search(head):
        return end + 1 if text[end : end + 1] in (" ", "\u00a0") else end
    match = _of().match(text, end)
    if not match:
        return None
    prep = match.group("prep").lower()
    of_what = prep in listed("titles", "area_prepositions")
    of_whom = prep in listed("titles", "leader_prepositions") and head.endswith(affixes("titles", "leader_endings"))
    return match.end() if of_what or of_whom else None


def _one_word_more(text: str, reached: int) -> int | None:
    """The end of the next word of an area, with `og` and what it joins; None where the area ends."""
    step = _NEXT.match(text, reached)
    if not step:
        return None
    if step.group("gap").strip() == "/" and text.count(" / ", max(0, reached - 60), reached + 60) > 1:
        return None  # one of the things in a row: "navn / titel / bibliotek"
    word, gap, stops = step.group("word"), step.group("gap"), listed("titles", "stop_after")
    if word in words("titles")["joined"] or word in words("titles")["english_joined"]:
        more = _NEXT.match(text, step.end()) if gap != ", " else None
        if not more or more.group("word") in stops or more.group("gap") == ", " or _verbal(text, more):
            return None
        return more.end()
    if word in stops:
        return None
    if gap == ", ":
        row = _row().match(text, step.end())
        return step.end() if row and not is_head(word) else None
    goes_on = (
        word[0].isupper()
        or text[reached - 1] == "-"
        or text[:reached].rsplit(" ", 1)[-1].lower() in listed("titles", "the") | listed("titles", "before_area")
        or gap.strip()
        or _noun_follows(text, reached, word)
    )
    return step.end() if goes_on else None


@cache
def _row() -> re.Pattern[str]:
    return re.compile(rf"(?:, [\w-]+){{0,2}} {_joint()} [\w-]+")


@cache
def _staff() -> re.Pattern[str]:
    """`for seks bibliotekarer`, `for 12 ansatte`, `for tre.`: how many, not of what."""
    two, *more = words("roles")["numbers"][1:]
    several = [word for row in more for word in row]
    many = alternatives([*two, *several, *words("titles")["numbers"]])
    return re.compile(
        rf"(?:\d{{1,3}}|{alternatives(several)})(?=[.,;!)\n]|$)"
        rf"|(?:\d{{1,3}}|{many})[ \u00a0](?:\w{{2,12}} )?{group('titles', 'staff')}\b",
        re.IGNORECASE,
    )


@cache
def _preposition(foreign: bool = False) -> re.Pattern[str]:
    return re.compile(rf" {_any('open', *(['open_too'] if foreign else []))}$", re.IGNORECASE)


@cache
def _a_library() -> re.Pattern[str]:
    """Where somebody works: `biblioteket i Thy`."""
    return re.compile(rf"{_any('houses')}[ \u00a0]{_any('in_area')}[ \u00a0][A-ZÆØÅ]")


def _noun_follows(text: str, reached: int, word: str) -> bool:
    """Whether the word just taken was an adjective, so that this one is still the noun: `for digital formidling`."""
    last = re.search(r"[\w-]+$", text[max(0, reached - 30) : reached])
    return (
        bool(last and last.group().lower().endswith(affixes("titles", "adjective_endings")))
        and len(word) > 3
        and last is not None
        and last.group().lower() not in listed("titles", "no_adjectives")
    )


def _verbal(text: str, more: re.Match[str]) -> bool:
    """Whether `og X` begins a new clause: X is followed by a pronoun, an infinitive's mark or an adverb."""
    word = more.group("word").lower()
    if word.endswith(affixes("titles", "verb_endings")) and not word.endswith(affixes("titles", "no_verb_endings")):
        return True
    return bool(_behind_a_verb().match(text, more.end()))


@cache
def _behind_a_verb() -> re.Pattern[str]:
    return re.compile(rf" {_any('behind_verbs')}(?!\w)")


@cache
def _place_begins() -> re.Pattern[str]:
    return re.compile(rf"\s{_any('at')}\s(?=[A-ZÆØÅ])|\s{group('titles', 'place_begins')}|\s*[(\[]")


def whole(text: str) -> str | None:
    """The title that a field, a cell or a piece of a signature line is: as written, up to a place (`… på Varde Bibliotek`).

    None where the text is no title.
    """
    text = text.strip(" \t\u00a0,;:.–-|/·•*")
    if not text or len(text) > 120:
        return None
    for title in find(text):
        lead = text[: title.start].strip().lower()
        if lead and not cues("titles", "lead_in").fullmatch(lead):
            return None
        rest = _place_begins().split(text[title.start :])[0].strip(" ,;.–-")
        return " ".join(rest.split()) if not re.search(r"\d{4}|@", rest) else title.value
    return None


def leads(title: str) -> bool:
    """Whether a title speaks of leading others; False where it is a known title without leadership."""
    low = title.lower()
    if any(word in low for word in listed("titles", "leadership")):
        return True
    return not low.endswith(tuple(listed("titles", "no_leadership"))) and not any(
        w in low.split() for w in listed("titles", "no_leadership")
    )
