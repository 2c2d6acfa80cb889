"""Diet and allergies, as written: from a label's value, or from sentences (`jeg er veganer`, `tåler ikke nødder`,
`spiser alt undtagen selleri`). "Ingen", "nej" and a dash are none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from mailbot.understanding.lexicon import affixes, alternatives, cues, fold, group, listed, pattern, words


@dataclass(frozen=True, slots=True)
class Diet:
    """What somebody eats or does not bear, `text[start:end]`."""

    value: str
    start: int
    end: int


_MORE = r"[^.!?;:()\n|]"  # what goes on in the same breath


def _any(key: str) -> str:
    return group("diets", key)


def _kinds() -> str:
    """Words that say a diet by themselves, and every `…allergi` or `…intolerant`."""
    compound = rf"(?!{_any('no_allergies')})[^\W\d_]{{2,20}}-?{alternatives(words('diets')['allergies'])}"
    return rf"(?:{alternatives(words('diets')['kinds'])}|{compound}(?!\w))"


def _until(key: str) -> str:
    """Where the food that a sentence names ends."""
    return rf"(?=[.!?;:()\n|]|$|{_any(key)})"


@cache
def _told() -> re.Pattern[str]:
    """A diet as sentences tell it. Its group says how: as food behind words for not bearing it, or in these very words."""
    kinds, foods, until = _kinds(), alternatives(words("diets")["foods"]), _until("ends")
    behind = {"bear": ("not_borne", 60), "inverted": ("not_eaten", 60), "allergic": ("allergic", 60), "english": ("labels", 60)}
    ways = [rf"\b{_any(key)} (?P<{name}>{_MORE}{{2,{most}}}?){until}" for name, (key, most) in behind.items()]
    ways += [
        rf"\b{_any('eats_even')} (?P<part>(?!{_any('of_course')})(?:(?! men )[^.!?;:()\n|]){{2,50}}"
        rf" {_any('but_not')},? {_MORE}{{2,40}}?){until}",
        rf"\b{_any('eats')} (?P<except>{_any('all_but')} {_MORE}{{2,60}}?){until}",
        rf"\b{_any('eats_even')} (?P<eats>{_any('only')} {_MORE}{{2,50}}?){until}",
        rf"\b{_any('falls_ill')}[^.!?\n]{{0,20}}? {_any('of')} (?P<harm>{_MORE}{{2,50}}?){until}",
        rf"\b(?P<kind>(?:{_any('degrees')}\s)?(?<!\w){kinds}(?:(?: {_any('kinds_joined')} |/|, ){kinds})*{_any('types')}?"
        rf"(?:{_any('kind_but')} [^.!?;:()\n|,]{{2,30}})?)(?!\w)",
        rf"\b{_any('just_not')} (?P<but>{foods}(?!\w){_MORE}{{0,40}}?){until}",
        rf"\b(?P<without>{_any('without')} {foods}(?!\w){_MORE}{{0,60}}?){_until('ends_without')}",
    ]
    return re.compile("|".join(ways), re.IGNORECASE)


_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


@cache
def _between() -> re.Pattern[str]:
    """Between two foods of a row: `, og heller ikke rå `."""
    return re.compile(
        rf"(?:,? (?:{alternatives(words('diets')['foods_joined'])}|[&+/]) |, |/)(?:(?:{_any('further')}|{_any('raw')}) ){{0,2}}$"
    )


@cache
def _prepared() -> re.Pattern[str]:
    """How a food is made, before it: `rå `, `alle former for `."""
    return re.compile(rf"(?<!\w)(?:{_any('raw')} ){{1,2}}$")


@lru_cache(maxsize=4096)
def _edible(word: str) -> bool:
    """Whether a word is food: of the list, in any form, or a compound with a long one of them (`hasselnødder`)."""
    low = word.lower()
    foods = listed("diets", "foods")
    stems = {low, *(low.removesuffix(e) for e in affixes("diets", "endings") if low.endswith(e) and len(low) - len(e) > 2)}
    return len(low) < 30 and any(stem in foods or stem.endswith(_long()) for stem in stems)


@cache
def _long() -> tuple[str, ...]:
    return tuple(f for f in words("diets")["foods"] if len(f) > 3 and f not in words("diets")["never_last"])


def _runs(text: str) -> list[tuple[int, int]]:
    """The spans of foods that stand in a row: `nødder, rå fisk og bløde oste`."""
    runs: list[tuple[int, int]] = []
    for word in _WORD.finditer(text):
        if not _edible(word[0]):
            continue
        if runs and word.start() - runs[-1][1] < 40 and _between().fullmatch(text[runs[-1][1] : word.start()]):
            runs[-1] = (runs[-1][0], word.end())
            continue
        lead = _prepared().search(text, max(0, word.start() - 30), word.start())
        runs.append((lead.start() if lead else word.start(), word.end()))
    return runs


@cache
def _before() -> re.Pattern[str]:
    """What stands right before food that somebody does not eat; `keep` is a part of the value."""
    lead = rf"(?:{_any('avoiding')}|(?P<keep>{_any('negated')}))"
    return re.compile(rf"{lead}(?: {_any('before_food')})? ?:? ?$", re.IGNORECASE)


@cache
def _after() -> re.Pattern[str]:
    return re.compile(rf",? {_any('avoided')}(?!\w)", re.IGNORECASE)


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
        if (but := cues("diets", "but_fine").match(text, end)) is not None:
            end = but.end()
        more.append(Diet(" ".join(text[start:end].split()), start, end))
    return more


_ASIDE = re.compile(r" \(([^()\n]{2,60})\)")


@cache
def _not_yet() -> re.Pattern[str]:
    """Words before the food itself: `tåler ikke, er …`."""
    return re.compile(rf"{alternatives(words('diets')['no_food_yet'])} (?=\w)")


@cache
def _or_else() -> re.Pattern[str]:
    return re.compile(rf" {alternatives(words('diets')['or'])} ([^\W\d_]{{3,20}})")  # "halal or fish"


def find(text: str) -> list[Diet]:
    """The diets that running text tells, in order. Where the text is nothing else (a cell), the whole of it."""
    found: list[Diet] = []
    for match in _told().finditer(text) if _likely().search(fold(text)) else ():
        group = match.lastgroup or ""
        start, end = match.span(group)
        if lead := _not_yet().match(text, start, end):
            start = lead.end()
        value = " ".join(text[start:end].split()).strip(" ,-–")
        if group in ("bear", "harm", "inverted", "eats") and not _has_food(value):
            continue
        if group == "part" and not (_has_food(value) or cues("diets", "all").match(value)):
            continue
        if group == "allergic" and cues("diets", "no_food").match(value) and not _has_food(value):
            continue  # "allergisk over for katte"
        if group == "kind" and cues("diets", "denied").search(text, max(0, start - 12), start):
            continue
        if group == "without" and cues("diets", "allergy").search(value):
            continue
        if group == "kind" and (aside := _ASIDE.match(text, end)) and _has_food(aside.group(1)):
            end = aside.end()
            value = f"{value}{aside.group()}"
        if group == "kind" and (but := cues("diets", "but_fine").match(text, end)) is not None:
            end = but.end()
            value = " ".join(text[start:end].split())
        if group == "kind" and (other := _or_else().match(text, end)) and _edible(other.group(1)):
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


def is_food(text: str) -> bool:
    """Whether a text is food and nothing else: `tomat`, `nødder og æg`."""
    runs = _runs(text)
    return len(runs) == 1 and runs[0] == (0, len(text))


def _has_food(text: str) -> bool:
    return any(_edible(word) for word in _WORD.findall(text) if len(word) < 30)


@cache
def _likely() -> re.Pattern[str]:
    """What a text has that tells a diet, most of which tell none."""
    kinds, foods = (alternatives(words("diets")[key]) for key in ("kinds", "foods"))
    return re.compile(rf"{_any('likely')}|(?<!\w){kinds}|\b{_any('likely_before_food')} {foods}")


@cache
def _nothing() -> re.Pattern[str]:
    """`Ingen, men …`: something after all behind a no."""
    no, but = _any("no"), alternatives(words("diets")["but"])
    return re.compile(rf"{no}\b[^,.;]{{0,30}}[,.;]\s*{but}?\s*(?P<rest>.+)$", re.IGNORECASE)


@cache
def _around() -> tuple[re.Pattern[str], ...]:
    """What is left out of a field: a thank-you, a yes, a `but`, and `jeg er`."""
    thanks, yes, but, who, has = (alternatives(words("diets")[key]) for key in ("thanks", "yes", "but", "who", "has"))
    around = (rf",? {thanks}$", rf"^{yes}\b(?:[:,.!–-]| {thanks})+ *(?=\w)", rf"^{but}\s+", rf"^(?:{who} )?{has}\s+(?=\S)")
    return tuple(re.compile(one, re.IGNORECASE) for one in around)


def value(text: str) -> str | None:
    """The diet that a field or a cell tells; None where it says that there is nothing."""
    thanks, yes, but, is_ = _around()
    text = thanks.sub("", " ".join(text.split()).strip(" .,;:!"))
    if not text or text.lower() in listed("diets", "none") or re.fullmatch(r"[\W_]*", text):
        return None
    text = yes.sub("", text)
    nothing = _nothing().match(text)
    if nothing:
        rest = nothing.group("rest").strip()
        if _has_food(rest) or find(rest):
            return but.sub("", rest)
        return text if _has_food(text.split(",")[0]) else None
    if pattern("diets", "nothing").match(text) and not _has_food(text):
        return None
    return is_.sub("", text)
