"""Diet and allergies, as written: from a label's value, or from sentences (`jeg er veganer`, `tåler ikke nødder`,
`spiser alt undtagen selleri`). "Ingen", "nej" and a dash are none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from mailbot.understanding.lexicon import alternatives, fold, listed, words


@dataclass(frozen=True, slots=True)
class Diet:
    """What somebody eats or does not bear, `text[start:end]`."""

    value: str
    start: int
    end: int


_CLAUSE = r"[^.!?;:()\n|]{2,80}"
_TAIL = (
    r"(?=[.!?;:()\n|]|$|, (?:så|hvis|men|og jeg|og hun|og han|tak|bare|nå|jeg)| hvis | så | men | når | punktum| komma| fra nu|,? tak\b"
    r"|,? please|, om | til (?:mig|frokost)| \d)"
)


@cache
def _told() -> re.Pattern[str]:
    kinds = alternatives(words("diets")["kinds"])
    return re.compile(
        rf"\b(?:tåler|tåle)(?: (?:jeg|hun|han|desværre|altså|i øvrigt|ellers|dog|heller|helt|slet|og|så"
        rf"|bare)){{0,4}} (?:ikke|ingen|hverken) (?:at spise |at få )?(?P<bear>[^.!?;:()\n|]{{2,60}}?){_TAIL}"
        rf"|\b(?:ikke (?:kan )?(?:tåler?|spiser?)|må (?:jeg |hun |han )?(?:ikke|aldrig) (?:få|spise)|reagerer på"
        rf"|får udslæt af) (?P<inverted>[^.!?;:()\n|]{{2,60}}?){_TAIL}"
        rf"|\ballergi(?:sk)? (?:over ?for|mod|imod|på) (?P<allergic>[^.!?;:()\n|]{{2,60}}?){_TAIL}"
        rf"|\b(?:allergic to|intolerant to|allergi:) (?P<english>[^.!?;:()\n|]{{2,60}}?){_TAIL}"
        rf"|\bspiser?(?: (?:jeg|hun|han))? (?P<except>(?:alt|det hele)(?:,)? (?:undtagen|bortset fra|på nær|untagen"
        rf"|med undtagelse af|minus) [^.!?;:()\n|]{{2,60}}?){_TAIL}"
        rf"|\bspiser?(?: (?:jeg|hun|han|dog|helst))? (?P<eats>(?:ikke|ingen|kun|hverken|helst ikke"
        rf"|aldrig) [^.!?;:()\n|]{{2,50}}?){_TAIL}"
        rf"|\b(?:går (?:det )?\w+(?: \w+)?|bliver (?:meget )?\w+)[^.!?\n]{{0,20}}? (?:hvis jeg får|hvis jeg spiser"
        rf"|af(?: at spise)?) (?P<harm>[^.!?;:()\n|]{{2,50}}?){_TAIL}"
        rf"|\b(?P<kind>(?:(?:ikke|delvis|mest|næsten|streng|svær|kraftig|type 1[- ])\s)?(?<!\w){kinds}(?:(?: (?:og|samt|\+"
        rf"|and) |/|, ){kinds})*(?:,? men (?:jeg |hun |han )?(?:spiser|tåler) [^.!?;:()\n|,]{{2,30}})?)(?!\w)"
        rf"|\b(?P<without>(?:ingen|intet|uden|helst ikke|helst uden|undgår"
        rf"|no) (?:{alternatives(words('diets')['foods'])})(?!\w)[^.!?;:()\n|]{{0,60}}?)(?=[.!?;:()\n|]|$| fra nu| til (?:mig|hende"
        rf"|ham)|,? tak\b| please)",
        re.IGNORECASE,
    )


@cache
def _food() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)\w{{0,12}}{alternatives(words('diets')['foods'])}", re.IGNORECASE)


_SELF_NEGATED = re.compile(r"\b(?:ikke|ingen|hverken|heraf \d+|\d+)\s*$", re.IGNORECASE)


def find(text: str) -> list[Diet]:
    """The diets that running text tells, in order."""
    found: list[Diet] = []
    if not _likely().search(fold(text)):
        return found
    for match in _told().finditer(text):
        group = match.lastgroup or ""
        start, end = match.span(group)
        value = " ".join(match.group(group).split()).strip(" ,-–")
        if group in ("bear", "harm", "inverted", "eats", "allergic", "english") and not (
            _food().search(value) or group in ("allergic", "english")
        ):
            continue
        if group == "kind" and _SELF_NEGATED.search(text, max(0, start - 12), start):
            continue
        if group == "without" and re.search(r"\ballergi", value, re.IGNORECASE):
            continue
        found.append(Diet(value, start, end))
    return found


@cache
def _likely() -> re.Pattern[str]:
    kinds = alternatives(words("diets")["kinds"])
    return re.compile(
        rf"tåler?\b|må (?:\w+ )?(?:ikke|aldrig)|reagerer|udslæt|allergi|allergy|intoleran|spise|\bgår (?:det )?helt galt"
        rf"|(?<!\w){kinds}|\b(?:ingen|intet|uden|undgår|helst) {alternatives(words('diets')['foods'])}"
    )


_NOTHING = re.compile(r"^(?:ingen|nej|ikke)\b(?:[^,.;]{0,30})(?:[,.;]\s*(?:men|dog|bare)?\s*)(?P<rest>.+)$", re.IGNORECASE)


def value(text: str) -> str | None:
    """The diet that a field or a cell tells; None where it says that there is nothing."""
    text = re.sub(r",? (?:tak|please)$", "", " ".join(text.split()).strip(" .,;:!"), flags=re.IGNORECASE)
    if not text or text.lower() in listed("diets", "none") or re.fullmatch(r"[\W_]*", text):
        return None
    nothing = _NOTHING.match(text)
    if nothing:
        rest = nothing.group("rest").strip()
        if _food().search(rest) or find(rest):
            return re.sub(r"^(?:men|dog|bare)\s+", "", rest)
        return text if _food().search(text.split(",")[0]) else None
    if re.match(r"(?:ingen|nej|no)\b", text, re.IGNORECASE) and not _food().search(text):
        return None
    return (
        re.sub(r"^(?:jeg |hun |han )?(?:er|spiser|har)\s+(?=\S)", "", text)
        if re.match(r"(?:jeg |hun |han )?(?:er|spiser|har)\s", text, re.IGNORECASE)
        else text
    )
