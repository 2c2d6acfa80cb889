"""Names of people: found as runs of capitalised words, scored by the lists, and compared with one another.

The lists score and never gate: names of every origin are names. What is no name (days, places, offices) stands in
`words/names.toml`; what is an organisation or a title was taken before, and comes in as `claimed`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise

from mailbot.mail.message import Address
from mailbot.understanding import organisations, titles
from mailbot.understanding.addresses import belongs
from mailbot.understanding.gazetteer import ascii_fold, is_first_name, is_last_name, is_place
from mailbot.understanding.lexicon import affixes, alternatives, cues, ending, listed, pattern, words

_WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Name:
    """A name `text[start:end]`, white space folded; `score` 0..1 says how sure."""

    value: str
    start: int
    end: int
    score: float


def find(text: str, claimed: Sequence[tuple[int, int]] = (), loud: bool = False) -> list[Name]:
    """Full names (two words or more) in `text`, in order. `loud`: the text is written in capitals throughout."""
    found: list[Name] = []
    run: list[re.Match[str]] = []
    spans = sorted(claimed)
    at = 0
    for match in _WORD.finditer(text):
        if not run and not match.group()[0].isupper():
            continue  # no name begins here, as most words
        while at < len(spans) and spans[at][1] <= match.start():
            at += 1
        taken = at < len(spans) and spans[at][0] < match.end()
        if run and not _continues(text, run[-1].end(), match.start(), run[-1].group()):
            found += _name(text, run, loud)
            run = []
        if not taken and (
            _capital(match.group(), loud) or _loud_on(run, match.group()) or (run and match.group().lower() in listed("names", "particles"))
        ):
            run.append(match)
        elif run:
            found += _name(text, run, loud)
            run = []
    return found + _name(text, run, loud) or _small(text, spans)


def _small(text: str, claimed: Sequence[tuple[int, int]]) -> list[Name]:
    """The names in a text that is written in small letters throughout: a first name before a last name."""
    if len(text) < 40 or sum(map(str.isupper, text[:2000])) * 100 > len(text[:2000]):
        return []
    found: list[Name] = []
    for first, last in pairwise(_WORD.finditer(text)):
        start, end = first.start(), last.end()
        named = text[first.end() : last.start()] == " " and first.group().islower() and _first(first.group()) and _last(last.group())
        if named and not any(start < b and a < end for a, b in claimed) and not (found and start < found[-1].end):
            found.append(Name(text[start:end], start, end, 0.8))
    return found


def _first(word: str) -> bool:
    return len(word) > 2 and person_word(word.capitalize())


def _last(word: str) -> bool:
    return len(word) > 2 and is_last_name(word) and word not in listed("names", "starters") and word not in listed("names", "never")


def _continues(text: str, end: int, start: int, last: str) -> bool:
    gap = text[end:start]
    return (
        gap in (" ", "\u00a0")
        or ((len(last) <= 2 or last.lower() in listed("names", "shortened")) and gap in (".", ". "))
        or (gap == "  " and "\n" not in gap)
    )


def _loud_on(run: list[re.Match[str]], word: str) -> bool:
    """Whether a word in capitals goes on with a name in capitals: `KAREN-MARIE STAUN`."""
    first = run[0].group() if run else ""
    return bool(first) and word.isupper() and first.isupper() and len(word) > 2 and is_first_name(first.split("-")[0])


def _capital(word: str, loud: bool) -> bool:
    if loud:
        return word.isupper()
    return word[0].isupper() and (len(word) <= 2 or not word.isupper() or "-" in word or is_last_name(word) or is_first_name(word))


def _name(text: str, run: list[re.Match[str]], loud: bool) -> list[Name]:
    """The name in a run of capitalised words; none where it is something else."""
    words = _spoken(run) if loud else list(run)
    if words and re.compile(r"(?: [A-ZÆØÅ]\w*)?,? ?\d").match(text, words[-1].end()) and any(_street(w.group().lower()) for w in words):
        return []
    words = _trimmed(words)
    cut = next((at for at, w in enumerate(words) if _foreign(w.group())), None)
    if cut is not None:
        return _name(text, words[:cut], loud) + _name(text, words[cut + 1 :], loud)
    if (
        len(words) > 2
        and not is_first_name(words[0].group())
        and is_first_name(words[1].group())
        and _sentence_start(text, words[0].start())
        and not is_last_name(words[0].group())
    ):
        words.pop(0)
    if not 2 <= len(words) <= 6:
        return []
    last = words[-1].group()
    score = 0.5 + 0.25 * is_first_name(words[0].group()) + 0.25 * (is_last_name(last) or is_last_name(last.removesuffix("s")))
    if _no_person(text, words, score, loud):
        return []
    start, end = words[0].start(), words[-1].end()
    value = " ".join(text[start:end].split())
    owner = _owner(text, value, end)
    return [Name(owner, start, end - (len(value) - len(owner)), score)]


def _trimmed(words: list[re.Match[str]]) -> list[re.Match[str]]:
    """The words without degrees, titles and words of the sentence around the name."""
    words = list(words)
    while words and words[-1].group().lower() in listed("names", "particles"):
        words.pop()
    while len(words) > 2 and words[0].group().lower() in listed("names", "degrees"):
        words.pop(0)
    while words and (words[0].group().lower() in listed("names", "starters") or titles.is_head(words[0].group())):
        words.pop(0)
    if words and words[-1].group().lower().removesuffix("s") in listed("names", "starters") and not is_last_name(words[-1].group()):
        words.pop()
    return words


def _no_person(text: str, words: list[re.Match[str]], score: float, loud: bool) -> bool:
    """Whether capitalised words that could be a name are likelier a place, or a heading."""
    first, last = words[0].group(), words[-1].group()
    if (loud and score < 1.0 and not is_first_name(first)) or all(len(w.group()) == 1 for w in words):
        return True  # a heading, or "P.S."
    if all(is_place(w.group()) for w in words) or (score == 0.5 and is_place(last) and len(words) == 2):
        return True
    if score < 0.8 and ending("names", "near").search(text, max(0, words[0].start() - 9), words[0].start()):
        return True
    return score == 0.5 and len(last) == 1


def _street(word: str) -> bool:
    return word in listed("names", "streets") or word.endswith(affixes("names", "street_endings"))


def _spoken(run: list[re.Match[str]]) -> list[re.Match[str]]:
    """In a text of capitals: from the first word that is a first name up to the next small word."""
    first = next(
        (at for at, w in enumerate(run) if is_first_name(w.group()) and w.group().lower() not in listed("names", "starters")), len(run)
    )
    last = next((at for at in range(first, len(run)) if run[at].group().lower() in listed("names", "starters")), len(run))
    return run[first:last]


def _owner(text: str, value: str, end: int) -> str:
    """The name without the s of a genitive (`Grethe Mikkelsens plads`)."""
    plain = re.sub(r"(?:'s|’s|'|’)$", "", value)
    if plain == value and value.endswith("s") and re.compile(r"[ \u00a0][a-zæøå]").match(text, end):
        last = value.rsplit(" ", 1)[-1]
        if not is_last_name(last) and pattern("names", "belongings").match(text, end + 1):
            return value[:-1]
        if not is_last_name(last) and is_last_name(last[:-1]):
            return value[:-1]
    return plain


def person_word(word: str) -> bool:
    """Whether a single word is likelier a first name than anything else: `Astrid: …`."""
    return (
        bool(word)
        and word[0].isupper()
        and is_first_name(word)
        and word.lower() not in listed("names", "starters")
        and word.lower() not in listed("names", "never")
    )


def never(word: str) -> bool:
    """Whether a word is never part of a name: days, offices, departments."""
    return word.lower().strip(",.&-") in listed("names", "never")


@lru_cache(4096)
def _foreign(word: str) -> bool:
    low = word.lower()
    return low in listed("names", "never") or titles.is_head(word) or organisations.is_head(word)


def _sentence_start(text: str, at: int) -> bool:
    before = text[max(0, at - 3) : at].strip(" \u00a0")
    return not before or before[-1] in ".!?:\n–-*•>"


def shaped(text: str) -> bool:
    """Whether a short text looks like the name of one person and nothing else: words without digits or small verbs."""
    words = _WORD.findall(text)
    rest = re.sub(r"[.\s'’\-–]", "", _WORD.sub("", text))
    if not 1 <= len(words) <= 6 or rest or len(text) > 60:
        return False
    if any(_foreign(w) or w.lower() in listed("names", "starters") for w in words if len(w) > 1):
        return False
    return all(w[0].isupper() or w.lower() in listed("names", "particles") for w in words)


def known(text: str) -> bool:
    """Whether a lower-case text is still plainly a name (`mette holm`)."""
    words = text.split()
    return 2 <= len(words) <= 4 and is_first_name(words[0]) and is_last_name(words[-1])


@cache
def _behind_name() -> re.Pattern[str]:
    """What parts the name in a header from what follows: `Bo Krag / Kultur`, `Bo Krag via Outlook`."""
    return re.compile(rf"\s*(?:[/|]|\s[-–]\s| {alternatives(words('names')['through'])} )")


@lru_cache(256)
def display(address: Address) -> str:
    """The person's name that a From or Cc header shows, "" where it shows none (an address, initials, an organisation)."""
    name = address.name.strip().strip("'\"")
    name = re.sub(r"\s*[(\[][^)\]]{0,80}(?:[)\]]|$)", "", name)
    name = _behind_name().split(name)[0].strip()
    if "@" in name:
        return ""
    if name.count(",") == 1:
        last, first = (part.strip() for part in name.split(","))
        if not first or not last:
            name = first or last
        elif organisations.find(first) or titles.find(first):
            name = last
        elif (shaped(first) and shaped(last)) or (is_first_name(first.split()[0]) and not organisations.find(name)):
            name = f"{first} {last}"
    if (
        not name
        or cues("names", "no_person").search(name)
        or organisations.find(name)
        or (name.isupper() and " " not in name and len(name) <= 6)
    ):
        return ""
    words = _WORD.findall(name)
    if len(words) > 1 and words[0].lower() in listed("names", "degrees") | listed("names", "courtesies"):
        name, words = name.partition(" ")[2].strip(), words[1:]
    while len(words) > 1 and titles.is_head(words[0]):
        name, words = name.partition(words[0])[2].strip(), words[1:]
    if len(words) == 1 and not is_first_name(words[0]) and not belongs(address.email, words[0]):
        return ""
    if not words or any(_foreign(w) for w in words) or not (name[0].isupper() or known(name) or is_first_name(words[0])):
        return ""
    return " ".join(name.split())


def turned(text: str) -> str | None:
    """`Yıldız, Ahmet` as `Ahmet Yıldız`; None where the text is no last name before a first name."""
    last, comma, first = (part.strip() for part in text.partition(","))
    if not comma or not first or len(first.split()) > 3 or len(last.split()) > 3 or not (shaped(last) and shaped(first)):
        return None
    return f"{first} {last}" if is_first_name(first.split()[0]) and not (len(last.split()) > 1 and is_first_name(last.split()[0])) else None


def tokens(name: str) -> list[str]:
    return [t for t in re.split(r"[^a-zA-Z]+", ascii_fold(name)) if t] or [name.lower()]


@lru_cache(4096)
def same(one: str, other: str) -> int:
    """Whether two names may be one person's: 0 no, 1 only the first names agree, 2 surely enough."""
    a, b = tokens(one), tokens(other)
    if a == b or set(a) == set(b):
        return 2
    if len(set(a) & set(b)) >= 2 and (set(a) <= set(b) or set(b) <= set(a)):
        return 2
    if not _like(a[0], b[0]):
        return 0
    if len(a) == 1 or len(b) == 1:
        return 2
    shared = any(_agree(x, y) for x in a[1:] for y in b[1:])
    return 2 if shared else 1


_SPELT = (("ph", "f"), ("ch", "k"), ("ck", "k"), ("c", "k"), ("th", "t"), ("w", "v"), ("z", "s"), ("y", "i"), ("aa", "a"))


@lru_cache(4096)  # what strangers write must not fill the memory
def _sound(word: str) -> str:
    """A name as it sounds, however it is spelt: Christoffer and Kristoffer, Sophie and Sofie."""
    for letters, plain in _SPELT:
        word = word.replace(letters, plain)
    return re.sub(r"(.)\1", r"\1", word)


def _agree(x: str, y: str) -> bool:
    return x == y or _sound(x) == _sound(y) or (min(len(x), len(y)) == 1 and x[0] == y[0])


def _like(x: str, y: str) -> bool:
    """First names that agree: the same, an initial, or a short form (Gitte for Birgitte)."""
    short, long = sorted((x, y), key=len)
    return (
        x == y
        or _sound(x) == _sound(y)
        or (len(short) == 1 and long[0] == short)
        or (len(short) >= 4 and (long.endswith(short) or long.startswith(short)))
    )


@lru_cache(4096)
def first_name(name: str) -> str:
    words = _WORD.findall(name)
    return words[0] if words else name
