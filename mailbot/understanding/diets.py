"""Diet and allergies, as written: from a label's value, or from sentences (`jeg er veganer`, `tåler ikke nødder`,
`spiser alt undtagen selleri`). "Ingen", "nej" and a dash are none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from mailbot.understanding.lexicon import alternatives, fold, listed, words


@dataclass(frozen=True, slots=True)
class Diet:
    """What somebody eats or does not bear, `text[start:end]`."""

    value: str
    start: int
    end: int


_TAIL = (
    r"(?=[.!?;:()\n|]|$|, (?:så|hvis|men|og jeg|og hun|og han|tak|bare|nå|jeg|hun|han|vi|mens|nemlig"
    r"|(?:de|den) \w+ (?:\w+ )?(?:er|har|spiser))| hvis | så | men | når | punktum| komma| fra nu|,? tak\b"
    r"|,? please|, om | (?:til|på) (?:mig|frokost)| \d)"
)


def _kinds() -> str:
    """Words that say a diet by themselves, and every `…allergi` or `…intolerant`."""
    allergy = "allergi|allergiker|allergikere|allergisk|intolerant|intolerans|intolerance|overfølsomhed"
    compound = rf"(?!mad|mat|føde|kost|foder)[^\W\d_]{{2,20}}-?(?:{allergy})"
    return rf"(?:{alternatives(words('diets')['kinds'])}|{compound}(?!\w))"


@cache
def _told() -> re.Pattern[str]:
    kinds = _kinds()
    return re.compile(
        rf"\b(?:tåler|tåle)(?: (?:jeg|hun|han|desværre|altså|i øvrigt|ellers|dog|heller|helt|slet|og|så|stadig|jo|nemlig"
        rf"|bare)){{0,4}} (?:ikke|ingen|hverken):? (?:at spise |at få )?(?P<bear>[^.!?;:()\n|]{{2,60}}?){_TAIL}"
        rf"|\b(?:ikke (?:kan )?(?:tåler?|spiser?)(?: er)?|må (?:jeg |hun |han |desværre |absolut ){{0,3}}(?:ikke|aldrig) (?:få|spise)"
        rf"|reagerer (?:\w+ )?på|får (?:\w+ )?(?:udslæt|mavepine|migræne|kløe|ondt i maven"
        rf"|dårlig mave) af) (?P<inverted>[^.!?;:()\n|]{{2,60}}?){_TAIL}"
        rf"|\b(?:allergi(?:sk)?|overfølsom(?:hed)?|intoleran(?:t|s|ce)) (?:over ?for|mod|imod|på|for) (?P<allergic>[^.!?;:()\n"
        rf"|]{{2,60}}?){_TAIL}"
        rf"|\b(?:allergic to|intolerant to|allergy to|allergi(?:er)?:) (?P<english>[^.!?;:()\n|]{{2,60}}?){_TAIL}"
        rf"|\bspiser?(?: (?:jeg|hun|han))? (?P<except>(?:alt|det hele)(?:,)? (?:undtagen|bortset fra|på nær|untagen"
        rf"|med undtagelse af|minus) [^.!?;:()\n|]{{2,60}}?){_TAIL}"
        rf"|\bspiser?(?: (?:jeg|hun|han|dog|helst|stadig|derfor|jo|desværre|fortsat|heller|altså"
        rf"|overhovedet)){{0,3}} (?P<eats>(?:ikke|ingen|kun|hverken|helst ikke"
        rf"|aldrig) [^.!?;:()\n|]{{2,50}}?){_TAIL}"
        rf"|\b(?:går (?:det )?\w+(?: \w+)?|bliver (?:meget )?\w+)[^.!?\n]{{0,20}}? (?:hvis jeg får|hvis jeg spiser"
        rf"|af(?: at spise)?) (?P<harm>[^.!?;:()\n|]{{2,50}}?){_TAIL}"
        rf"|\b(?P<kind>(?:(?:delvis|mest|næsten|streng|svær|kraftig|type [12][- ])\s)?(?<!\w){kinds}(?:(?: (?:og|samt|\+"
        rf"|and) |/|, ){kinds})*(?: type [12]\b)?(?:,? men (?:jeg |hun |han )?(?:spiser|tåler) [^.!?;:()\n|,]{{2,30}})?)(?!\w)"
        rf"|\b(?:dog|bare) ikke (?P<but>{alternatives(words('diets')['foods'])}(?!\w)[^.!?;:()\n|]{{0,40}}?){_TAIL}"
        rf"|\b(?P<without>(?:ingen|intet|uden|helst ikke|helst ingen|helst uden|undgår"
        rf"|no) (?:{alternatives(words('diets')['foods'])})(?!\w)[^.!?;:()\n|]{{0,60}}?)(?=[.!?;:()\n|]|$| fra nu"
        rf"| på (?:mig|ham|hende)\b| (?:til"
        rf"|for) (?!det|den)\w"
        rf"|,? tak\b| please)",
        re.IGNORECASE,
    )


_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_ENDINGS = ("erne", "ene", "e", "ne", "en", "et", "er", "r", "n", "t", "s")  # kødet, nødderne, eggs
_AND = re.compile(
    r"(?:,? (?:og|eller|samt|and|or|nor|&|\+|/) |, |/)"
    r"(?:(?:heller ikke|ikke|anden|andre|andet|alle|rå|bløde?|røget|røgede) ){0,2}$"
)
_RAW = re.compile(
    r"(?<!\w)(?:(?:rå|bløde?|røget|røgede|fed|fede|stærke?t?|kogte?|friske?|mørkt|lyst|rødt|alle former for|al slags"
    r"|upasteuriseret|upasteuriserede|raw) ){1,2}$"
)


@lru_cache(maxsize=4096)
def _edible(word: str) -> bool:
    """Whether a word is food: of the list, in any form, or a compound with a long one of them (`hasselnødder`)."""
    low = word.lower()
    foods = listed("diets", "foods")
    stems = {low, *(low.removesuffix(e) for e in _ENDINGS if low.endswith(e) and len(low) - len(e) > 2)}
    return len(low) < 30 and any(stem in foods or stem.endswith(_long()) for stem in stems)


@cache
def _long() -> tuple[str, ...]:
    return tuple(f for f in words("diets")["foods"] if len(f) > 3 and f not in words("diets")["never_last"])


def _runs(text: str) -> list[tuple[int, int]]:
    """The spans of foods that stand in a row: `nødder, rå fisk og bløde oste`."""
    runs: list[tuple[int, int]] = []
    for word in _WORD.finditer(text):
        if len(word.group()) > 30 or not _edible(word.group()):
            continue
        if runs and word.start() - runs[-1][1] < 40 and _AND.fullmatch(text[runs[-1][1] : word.start()]):
            runs[-1] = (runs[-1][0], word.end())
            continue
        lead = _RAW.search(text, max(0, word.start() - 30), word.start())
        runs.append((lead.start() if lead else word.start(), word.end()))
    return runs


@cache
def _before() -> re.Pattern[str]:
    """What stands right before food that somebody does not eat; `keep` is a part of the value."""
    lists = words("diets")
    return re.compile(
        rf"(?:{'|'.join(lists['avoiding'])}|(?P<keep>{'|'.join(lists['negated'])}))"
        rf"(?: (?:at (?:få|spise)|(?:nogen|al|alle) (?:slags|former) for|noget med|med|noget|nogen|spor af|meget|al|alt|any))? ?:? ?$",
        re.IGNORECASE,
    )


@cache
def _after() -> re.Pattern[str]:
    return re.compile(rf",? (?:{'|'.join(words('diets')['avoided'])})(?!\w)", re.IGNORECASE)


def _avoided(text: str, found: list[Diet]) -> list[Diet]:
    """Foods in a row that somebody keeps away from, told before them (`slut med rå fisk`) or after (`selleri er no go`)."""
    more = []
    for start, end in _runs(text):
        if any(start < d.end and d.start < end for d in found):
            continue
        if (lead := _before().search(text, max(0, start - 70), start)) is not None:
            start = lead.start("keep") if lead.group("keep") else start
        elif not _after().match(text, end):
            continue
        if (but := _BUT.match(text, end)) is not None:
            end = but.end()
        more.append(Diet(" ".join(text[start:end].split()), start, end))
    return more


_BUT = re.compile(r",? (?:but|men) [^.!?;:\n()]{2,40}? (?:is|are|er|går) (?:fine|ok|okay|fint|an)\b", re.IGNORECASE)
_NOT_YET = re.compile(r"^(?:er|at|meget|så) (?=\w)")
_NEGATED = re.compile(r"\b(?:(?:ikke|ingen|hverken|not)\s*|(?:heraf )?\d{1,2}[ \u00a0])$", re.IGNORECASE)
_OR = re.compile(r" (?:or|eller) ([^\W\d_]{3,20})")  # "halal or fish"
_ASIDE = re.compile(r" \(([^()\n]{2,60})\)")


def find(text: str) -> list[Diet]:
    """The diets that running text tells, in order. Where the text is nothing else (a cell), the whole of it."""
    found: list[Diet] = []
    for match in _told().finditer(text) if _likely().search(fold(text)) else ():
        group = match.lastgroup or ""
        start, end = match.span(group)
        if lead := _NOT_YET.match(text[start:end]):
            start += lead.end()
        value = " ".join(text[start:end].split()).strip(" ,-–")
        if group in ("bear", "harm", "inverted", "eats") and not _has_food(value):
            continue
        if group == "kind" and _NEGATED.search(text, max(0, start - 12), start):
            continue
        if group == "without" and re.search(r"\ballergi", value, re.IGNORECASE):
            continue
        if group == "kind" and (aside := _ASIDE.match(text, end)) and _has_food(aside.group(1)):
            end = aside.end()
            value = f"{value}{aside.group()}"
        if group == "kind" and (other := _OR.match(text, end)) and _edible(other.group(1)):
            end = other.end()
            value = f"{value}{other.group()}"
        if match.group() == text.strip() and group in ("bear", "allergic", "inverted"):
            start, end, value = match.start(), match.end(), " ".join(match.group().split())
        found.append(Diet(value, start, end))
    return _joined(text, sorted(found + _avoided(text, found), key=lambda d: d.start))


def _joined(text: str, found: list[Diet]) -> list[Diet]:
    """Two that one breath tells of one person are one: "pescetar og tåler ikke peberfrugt"."""
    joined: list[Diet] = []
    for diet in found:
        before = joined[-1] if joined else None
        if before and " ".join(text[before.end : diet.start].lower().split()) in listed("diets", "joined"):
            joined[-1] = Diet(" ".join(text[before.start : diet.end].split()), before.start, diet.end)
        else:
            joined.append(diet)
    return joined


def _has_food(text: str) -> bool:
    return any(_edible(word) for word in _WORD.findall(text) if len(word) < 30)


@cache
def _likely() -> re.Pattern[str]:
    kinds = alternatives(words("diets")["kinds"])
    return re.compile(
        rf"tåler?\b|må (?:\w+ ){{0,3}}(?:ikke|aldrig)|reagerer|udslæt|allergi|allergy|intoleran|overfølsom|spise|\bgår (?:det )?helt galt"
        rf"|\bfår (?:\w+ )?(?:mavepine|migræne|kløe|ondt|dårlig)|(?<!\w){kinds}|\b(?:ingen|intet|uden|undgår|helst"
        rf"|no) {alternatives(words('diets')['foods'])}"
    )


_YES = re.compile(r"^(?:ja|jo|yes)\b(?:[:,.!–-]| tak)+ *(?=\w)", re.IGNORECASE)
_NOTHING = re.compile(r"^(?:ingen|nej|ikke)\b(?:[^,.;]{0,30})(?:[,.;]\s*(?:men|dog|bare)?\s*)(?P<rest>.+)$", re.IGNORECASE)


def value(text: str) -> str | None:
    """The diet that a field or a cell tells; None where it says that there is nothing."""
    text = re.sub(r",? (?:tak|please)$", "", " ".join(text.split()).strip(" .,;:!"), flags=re.IGNORECASE)
    if not text or text.lower() in listed("diets", "none") or re.fullmatch(r"[\W_]*", text):
        return None
    text = _YES.sub("", text)
    nothing = _NOTHING.match(text)
    if nothing:
        rest = nothing.group("rest").strip()
        if _has_food(rest) or find(rest):
            return re.sub(r"^(?:men|dog|bare)\s+", "", rest)
        return text if _has_food(text.split(",")[0]) else None
    if re.match(r"(?:ingen|nej|no)\b", text, re.IGNORECASE) and not _has_food(text):
        return None
    return (
        re.sub(r"^(?:jeg |hun |han )?(?:er|spiser|har)\s+(?=\S)", "", text)
        if re.match(r"(?:jeg |hun |han )?(?:er|spiser|har)\s", text, re.IGNORECASE)
        else text
    )
