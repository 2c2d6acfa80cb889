"""Libraries and other places of work, as written: `Hedensted Bibliotekerne`, `Biblioteket i Thy`, `KøgeBibliotekerne`,
`UC Fyn Biblioteket`, `Fjordlandets Gymnasium, Biblioteket`. A municipality counts only where no library is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from mailbot.understanding.gazetteer import is_first_name, is_place
from mailbot.understanding.lexicon import affixes, alternatives, cues, group, listed, words
from mailbot.understanding.titles import is_head as is_title


@dataclass(frozen=True, slots=True)
class Place:
    """An organisation `text[start:end]`. `rank`: 0 a library, 1 another institution, 2 a municipality."""

    value: str
    start: int
    end: int
    rank: int


_TOKEN = re.compile(r"(?<![\w@./])[^\W\d_][\w&’'-]*(?![\w@]|\.\w)")


@cache
def _named() -> frozenset[str]:
    """Institutions that go by these letters, which mean them only as they are written."""
    return frozenset(words("organisations")["named"])


def _heads(text: str) -> Iterator[tuple[int, int, str]]:
    """The spans of words that name a kind of place, with the kind."""
    for token in _TOKEN.finditer(text):
        kind = _names(token.group())
        if kind in ("library", "other"):
            yield token.start(), token.end(), kind
        elif kind == "genitive":
            yield token.start(), token.end() - 1, "library"
        elif kind == "named" and _BEHIND_NAMED.match(text, token.end()):
            yield token.start(), token.end(), kind
        elif kind == "municipality" and (before := _BEFORE.search(text, max(0, token.start() - 40), token.start())):
            yield before.start(), token.end(), kind


@lru_cache(4096)
def _names(word: str) -> str:
    """The kind of place that a word names, "" for none."""
    low = word.lower()
    for kind, key in (("library", "library"), ("genitive", "genitives"), ("other", "other")):
        if low.endswith(affixes("organisations", key)):
            return kind
    return "named" if word in _named() else "municipality" if low in listed("organisations", "municipality") else ""


_BEHIND_NAMED = re.compile(r" [A-ZÆØÅ]|[,.\n|]|$")
_BEFORE = re.compile(r"[A-ZÆØÅ][\w-]+ $")


_LEFT = re.compile(r"(?P<word>[^\W\d_][\w.’'-]*|&)(?P<gap>[ \u00a0])$")
_CAPITAL = r"[A-ZÆØÅ][\w-]+"
_FOLLOWING = re.compile(rf" ({_CAPITAL})")


@cache
def _in() -> re.Pattern[str]:
    """The place behind a kind of institution: `i Thy`, `for Sydslesvig e.V.`"""
    in_, union = alternatives(words("organisations")["in"]), group("organisations", "unions")
    return re.compile(rf"[ \u00a0]{in_}[ \u00a0](?P<place>[^\W\d_][\w-]+(?:[ \u00a0]{_CAPITAL})?)(?: {union})?")


_DIRECT = re.compile(r"[ \u00a0](?P<place>[A-ZÆØÅÁÉÍÓÚÝ][\w-]+)")


@cache
def _own_library() -> re.Pattern[str]:
    """The library of an institution, named right behind it: `UC Fyn Biblioteket`."""
    return re.compile(rf"(?:,? {group('organisations', 'own_library')}|, {group('organisations', 'own_library_apart')})(?=\W|$)")


@cache
def _house_before() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)([A-ZÆØÅ]\w{{1,20}}{alternatives(words('organisations')['house_endings'])}), $")


@cache
def _in_small_letters() -> re.Pattern[str]:
    """Before `bibliotek`: `på havneparken bibliotek`, `souschef, havneparken bibliotek`."""
    at, title = alternatives(words("persons")["from_there"]), alternatives(words("titles")["endings"])
    return re.compile(rf"(?:(?<!\w){at}|{title},) ((?:[a-zæøå-]{{3,20}} ){{1,2}})$")


@cache
def _institution() -> re.Pattern[str]:
    return re.compile(rf"[ \u00a0]{alternatives(words('organisations')['housed'])}[ \u00a0](?=[A-ZÆØÅ])")


@cache
def _joined() -> re.Pattern[str]:
    joints = alternatives([*words("particles")["and"], "/", "+"])
    return re.compile(rf"[ \u00a0]{joints}[ \u00a0]{alternatives(words('organisations')['joined'])}(?!\w)", re.IGNORECASE)


def is_head(word: str) -> bool:
    low = word.lower()
    return (
        low in listed("organisations", "library")
        or low in listed("organisations", "other")
        or low.endswith(affixes("organisations", "library_endings"))
    )


def find(text: str) -> list[Place]:
    """The organisations of `text`, in order, the longest reading of each."""
    found: list[Place] = []
    for start, end, kind in _heads(text):
        if found and start < found[-1].end:
            continue
        place = _grow(text, start, end, kind)
        if place is None:
            continue
        if found and place.start < found[-1].end:
            before = found.pop()
            place = _place(text, min(before.start, place.start), max(before.end, place.end), min(before.rank, place.rank))
        elif found and text[found[-1].end : place.start] == ", " and _housed(found[-1], place):
            place = _place(text, found.pop().start, place.end, 0)
        found.append(place)
    never = listed("organisations", "never")
    return [p for p in found if not any(w in p.value.lower() for w in never)]


def _housed(library: Place, host: Place) -> bool:
    """Whether a library whose name has no town is part of the institution behind it: `Medicinsk Bibliotek, Regionshospital Nord`."""
    parts = library.value.lower().split()
    if library.rank or len(parts) > 3 or any(is_place(p) or is_place(p.removesuffix("s")) for p in parts):
        return False
    return any(word.lower().endswith(affixes("organisations", "hosts")) for word in host.value.split())


def _place(text: str, start: int, end: int, rank: int) -> Place:
    return Place(" ".join(text[start:end].split()), start, end, rank)


def _grow(text: str, at: int, stop: int, kind: str) -> Place | None:
    """The organisation around a word for one; None where the word stands alone (`på biblioteket`)."""
    word = text[at:stop]
    low = word.lower()
    if kind == "municipality":
        return _place(text, at, stop, 2) if word[0].isupper() else None
    start = _left(text, at)
    if low in listed("organisations", "of_an_institution") and start == at and (inside := _institution().match(text, stop)):
        named = [p for p in find(text[inside.end() : inside.end() + 80]) if p.start == 0 and p.rank < 2]
        if named:  # the library of an institution, which is what it is known by
            return Place(named[0].value, inside.end(), inside.end() + named[0].end, 1)
    if kind == "named":
        end = stop
        while more := _FOLLOWING.match(text, end):
            end = more.end()
        if library := _own_library().match(text, end):
            end = library.end()
        return _place(text, start, end, 1)
    end = _right(text, stop, low)
    rank = 0 if kind == "library" or any(w in text[start:end].lower() for w in affixes("organisations", "joined_to_place")) else 1
    bare = _bare(word, kind)
    if start == at and kind == "library":
        start = _left_in_small_letters(text, at)
    if start == at and end > stop and (house := _house_before().search(text, max(0, at - 40), at)):
        start = house.start(1)  # "Søhuset, Bibliotek & Borgerservice"
    if start == at and (_nameless(text[start:end]) or low.startswith(affixes("organisations", "houses"))):
        rank = 1  # "Kulturhus & Bibliotek", "hovedbiblioteket i Grenaa": one house of a library
    if start == at and end == stop and not bare:
        return None
    if start == at and not bare and not word[0].isupper() and not _definite(low):
        return None
    return _place(text, start, end, rank)


def _left_in_small_letters(text: str, at: int) -> int:
    """Where the name before `bibliotek` begins, if it has one in small letters."""
    small = _in_small_letters().search(text, max(0, at - 50), at)
    return small.start(1) if small and _unknown_words(small.group(1)) else at


def _nameless(value: str) -> bool:
    """Whether every word says only what kind of place it is: `Bibliotek og Borgerservice`."""
    said = [w.lower() for w in re.findall(r"[^\W\d_]+", value)]
    kinds = [*(listed("organisations", key) for key in ("library", "other", "joined")), listed("particles", "and")]
    return len(said) > 1 and all(any(w in kind for kind in kinds) for w in said)


def _unknown_words(before: str) -> bool:
    """Whether the words before `bibliotek` may be a name: none of the words of a sentence."""
    return not any(
        w in listed("names", "starters")
        or w in listed("organisations", "kinds")
        or w.removesuffix("s") in listed("organisations", "stems")
        or is_title(w)
        or w.endswith(affixes("organisations", "definite_genitives"))
        for w in before.split()
    )


def _definite(low: str) -> bool:
    return low.endswith(affixes("organisations", "definite"))


def _bare(word: str, kind: str) -> bool:
    """Whether the single word names a place by itself: `Koldingbibliotekerne`, `Bøgehøjskolen`, `Býarbókasavnið`."""
    low = word.lower()
    if low in listed("organisations", "names_itself"):
        return True
    if low in listed("organisations", "library") or low in listed("organisations", "other"):
        return False
    stem = _kind().sub("", low).rstrip("-")
    if not stem or {stem, stem.removesuffix("s")} & listed("organisations", "stems"):
        return False
    if kind == "library":
        return word[0].isupper() or is_place(stem)
    return word[0].isupper() and len(stem) > 2 and low.endswith(affixes("organisations", "names_itself_endings"))


@cache
def _kind() -> re.Pattern[str]:
    """The last part of a word, which says what kind of place it is."""
    return re.compile(rf"{group('organisations', 'kind_endings')}$")


_CAPITALISED = re.compile(r"(?<!\w)[A-ZÆØÅ][\w-]+ $")


@cache
def _school() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){group('organisations', 'schools')} $")


def _left(text: str, start: int) -> int:
    """Grows to the left over capitalised words, `og`/`&` between them, `Kommunes` and known fixed beginnings."""
    reached = start
    for _ in range(6):
        word = _LEFT.search(text, max(0, reached - 45), reached)
        if not word:
            break
        if _is_article(text, word):
            return word.start()
        further = _over_joint(text, word, reached < start) if _is_joint(word) else _over_word(text, word)
        if further is None:
            break
        reached = further
    return reached


def _is_article(text: str, word: re.Match[str]) -> bool:
    """Whether a name begins with this word: `Det Kgl. Bibliotek`."""
    return word.group("word").lower() in listed("organisations", "articles") and text[word.end() :].lower().startswith(
        affixes("organisations", "royal")
    )


def _is_joint(word: re.Match[str]) -> bool:
    return word.group("word").lower().rstrip(".") in listed("organisations", "joints")


def _over_joint(text: str, joint: re.Match[str], inside: bool) -> int | None:
    """Where the word before `og` or `&` begins, if both stand `inside` a name (`Kultur og Bibliotek`)."""
    before = _LEFT.search(text, max(0, joint.start() - 45), joint.start())
    if not before or not (inside or before.group("word").endswith("-") or _in_a_name(text, joint, before)):
        return None
    word = before.group("word")
    starts = word.lower() in listed("names", "starters") and joint.group("word").isalpha()  # "Hov & Bygge" begins no sentence
    named = word[0].isupper() and not starts and not is_first_name(word)
    return before.start() if named else None


def _in_a_name(text: str, joint: re.Match[str], before: re.Match[str]) -> bool:
    """Whether two capitalised words stand before `og Bibliotek`, the first the town: `Glostrup Bogby og Bibliotek`."""
    town = _LEFT.search(text, max(0, before.start() - 45), before.start())
    if not town or not cues("organisations", "house_joined").match(text, joint.end()):
        return False
    both = town.group("word"), before.group("word")
    return all(word[0].isupper() and not _of_a_sentence(word.lower()) for word in both) and not is_first_name(both[0])


def _over_word(text: str, at: re.Match[str]) -> int | None:
    """Where a word begins that belongs to the name behind it; None where it does not."""
    word = at.group("word")
    low = word.lower().rstrip(".")
    if word in listed("organisations", "of") and (school := _school().search(text, max(0, at.start() - 30), at.start())):
        return school.start()
    if word.endswith(".") and low not in listed("organisations", "shortened"):
        return None
    town_before = (
        low in listed("organisations", "towns_own") and word[0].isupper() and _CAPITALISED.search(text, max(0, at.start() - 25), at.start())
    )
    if not town_before and _of_a_sentence(low):
        return None
    if not (town_before or word[0].isupper() or is_place(low) or low in listed("organisations", "small")):
        return None
    twin = _TWIN.search(text, max(0, at.start() - 30), at.start())
    return twin.start() if twin and not _of_a_sentence(twin.group(1).lower()) and not is_first_name(twin.group(1)) else at.start()


_TWIN = re.compile(r"(?<!\w)([A-ZÆØÅ][^\W\d_]{2,20})/$")  # the other town of two: "Nibe/Farsø Bibliotek"


def _of_a_sentence(low: str) -> bool:
    """Whether a word is the sentence's, a title or a kind of library, and so no name even with a capital."""
    return (
        low in listed("names", "starters")
        or low in listed("organisations", "kinds")
        or is_title(low)
        or (low in listed("names", "never") and not is_place(low) and low not in listed("organisations", "named_after"))
    )


def _named_after(text: str, end: int) -> int:
    """The end of the capitalised place behind `Biblioteket`, `Kulturhuset`: `Kulturhuset Valby`, `Biblioteket Sønderbro`."""
    direct = _DIRECT.match(text, end)
    if not direct:
        return end
    place = direct.group("place").lower()
    known = is_place(place) or place in listed("organisations", "districts")
    if place in listed("names", "starters") or (place in listed("names", "never") and not known) or (is_first_name(place) and not known):
        return end
    return direct.end()


@cache
def _branch() -> re.Pattern[str]:
    """The town of one house behind a library of several, at the end of a line or before a number."""
    after = alternatives(words("organisations")["after_branch"])
    return re.compile(rf"(?:, | ?/ ?)([A-ZÆØÅ][^\W\d_]{{2,20}})(?=\s*(?:$|[\n.;)|]|, ?(?:(?i:{after})|\+?\d)))")


@cache
def _of_a_municipality() -> re.Pattern[str]:
    return re.compile(rf" {_CAPITAL} {alternatives(word.capitalize() for word in words('organisations')['municipality'])}")


@cache
def _union() -> re.Pattern[str]:
    return re.compile(rf" {group('organisations', 'unions')}")


def _town(word: str) -> bool:
    """Whether the word behind a library of several houses may be the town of one: no name, title, department or new clause."""
    low = word.lower()
    return is_place(low) or not (
        low in listed("names", "starters")
        or low in listed("names", "never")
        or low in listed("titles", "areas")
        or low in listed("titles", "stop_after")
        or is_first_name(low)
        or is_title(low)
        or is_head(low)
        or low.endswith(affixes("organisations", "departments"))
    )


def _right(text: str, end: int, head: str) -> int:
    """Grows to the right: `& Borgerservice`, `i Thy`, `for Sydslesvig e.V.`, `, Biblioteket`."""
    reached = end
    while (more := _FOLLOWING.match(text, reached)) and is_head(more.group(1)):
        reached = more.end()
    english = text.endswith(tuple(words("organisations")["before_town"]), 0, reached)
    city = _FOLLOWING.match(text, reached) if english else None
    if city and (is_place(city.group(1)) or city.group(1).lower() in listed("organisations", "districts")):
        reached = city.end()
    if joined := _joined().match(text, reached):
        reached = joined.end()
        if (town := _DIRECT.match(text, reached)) and is_place(town.group("place")):
            reached = town.end()
        if named := _of_a_municipality().match(text, reached):
            reached = named.end()
    inside = _in().match(text, reached)
    if (
        head
        and inside
        and inside.group("place")[0].isupper()
        and (_definite(head) or text[reached : inside.end()].split()[0] in listed("organisations", "for"))
    ):
        place = inside.group("place").lower()
        if place not in listed("names", "never") or place in listed("organisations", "districts") or is_place(place):
            reached = inside.end()
    elif (
        _definite(head) and (head in listed("organisations", "library") or head.endswith(affixes("organisations", "library_endings")))
    ) or head.endswith(affixes("organisations", "before_place")):
        reached = _named_after(text, reached)
    if head.endswith(affixes("organisations", "hosts")) and (own := cues("organisations", "hosts_library").match(text, reached)):
        reached = own.end()
    if campus := _own_library().match(text, reached):
        reached = campus.end()
    if head.endswith(affixes("organisations", "several_houses")) and (branch := _branch().match(text, reached)) and _town(branch.group(1)):
        reached = branch.end()
    if union := _union().match(text, reached):
        reached = union.end()
    return reached
