"""Who the words of a sentence stand for: a name, a first name, "jeg", "hun", "begge", each with the record of the
person. People whom the text has only by first name get a record too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache

from mailbot.understanding import names
from mailbot.understanding.entities import Mark
from mailbot.understanding.facts import Found, Record, from_mark
from mailbot.understanding.gazetteer import is_place
from mailbot.understanding.lexicon import alternatives, listed, words

MODULE = "prose"


@dataclass(slots=True)
class Prose:
    """What sentences tell: records of those named, the writer's own statements, and numbers told for all."""

    records: list[Record] = field(default_factory=list)
    writer: Record = field(default_factory=lambda: Record(writer=True))
    common: Record = field(default_factory=Record)
    owned: list[tuple[Mark, Record]] = field(default_factory=list)  # EAN, place, reference with the person of their sentence
    writer_name: str = ""
    loose: Record = field(default_factory=Record)  # a diet told by itself: the writer's or the only one's
    everyone: Record = field(default_factory=Record)  # said of all before anybody was named


@dataclass(frozen=True, slots=True)
class Ref:
    """A word that stands for somebody: a name, "jeg", "hun", "begge", a first name."""

    kind: str  # name, self, same, all, first, some
    start: int
    end: int
    record: Record | None = None
    some: tuple[Record, ...] = ()  # whom "de to første", "den sidste" count


@cache
def pronouns() -> re.Pattern[str]:
    lists = words("persons")
    own = [w for w in lists["self"] if w not in lists["self_apart"]]
    english_i = "|".join(rf"{i}(?={verb})" for i in lists["english_i"] for verb in lists["after_english_i"])
    her = alternatives(lists["english_her"])  # and not the Danish word for here
    english_her = rf"{her}(?= {alternatives(lists['after_english_her'])}\b)"
    english_her += "".join(rf"|(?<={re.escape(verb)} ){her}" for verb in lists["before_english_her"])
    return re.compile(
        rf"(?<!\w)(?:(?P<self>{alternatives(own)}|{english_i})"
        rf"|(?P<same>(?!{her}(?!\w)){alternatives(lists['same'])}|{english_her})|(?P<all>{alternatives(lists['all'])}))(?!\w)",
        re.IGNORECASE,
    )


_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_SURNAME = r"[A-ZÆØÅ][\w-]+(?:[ \u00a0][A-ZÆØÅ][\w-]+){0,2}"


def find(
    text: str, begin: int, stop: int, marks: list[Mark], prose: Prose, people: list[Record], writer_name: str, skip: tuple[str, ...]
) -> list[Ref]:
    refs: list[Ref] = []
    taken: list[tuple[int, int]] = [(m.start, m.end) for m in marks]
    for mark in marks:
        if mark.kind != "name":
            continue
        if writer_name and names.same(mark.value, writer_name) == 2:
            prose.writer.put("name", from_mark(mark, MODULE))
            prose.writer.spoken_of(mark.start, mark.end)
            refs.append(Ref("name", mark.start, mark.end, prose.writer))
            continue
        record = met(mark, text, people, writer_name, skip)
        if record is not None:
            refs.append(Ref("name", mark.start, mark.end, record))
    small = {names.first_name(r.name) for r in people if r.name.islower()}  # of those whose names the text has in small letters
    for word in _WORD.finditer(text, begin, stop):
        plain = word.group().removesuffix("s")
        if not word.group()[0].isupper() and plain not in small and word.group() not in small:
            continue
        if any(a < word.end() and word.start() < b for a, b in taken):
            continue
        owner = next((r for r in people if r.name and names.first_name(r.name) in (word.group(), plain)), None)
        if owner is not None and not _greeted(text, word.start()):
            owner.spoken_of(word.start(), word.end())
            refs.append(Ref("first", word.start(), word.end(), owner))
        elif writer_name and names.first_name(writer_name) == word.group():
            refs.append(Ref("first", word.start(), word.end(), prose.writer))
        elif (first := _first_met(text, word, people, skip)) is not None:
            refs.append(Ref("first", word.start(), word.end(), first))
    refs += [
        Ref(match.lastgroup or "", match.start(), match.end())
        for match in pronouns().finditer(text, begin, stop)
        if not any(a < match.end() and match.start() < b for a, b in taken)
    ]
    refs += _counted(text, begin, stop, people, refs)
    return _with_pronouns(text, sorted(refs, key=lambda r: r.start))


def in_order(people: list[Record], before: int) -> list[Record]:
    """The people who are named before a place of the text, in its order."""
    named = {id(r): r for r in people if "name" in r.fields and r.form != "copied" and r.place < before}
    return sorted(named.values(), key=lambda r: r.place)


def _counted(text: str, begin: int, stop: int, people: list[Record], refs: list[Ref]) -> list[Ref]:
    """`De to første er vegetarer, den sidste har nøddeallergi`: those of a list by their place in it."""
    found: list[Ref] = []
    for match in _counting().finditer(text, begin, stop):
        listed_ = in_order(people, match.start())
        many = _number(match.group("many") or match.group("many2"))
        place = match.group("place").lower()
        if place in words("persons")["rest"]:
            told = [o for r in [*refs, *found] if r.start < match.start() for o in (*r.some, *([r.record] if r.record else []))]
            chosen = [r for r in listed_ if r not in told] if told else []
        elif place in words("persons")["last"]:
            chosen = listed_[-many:]
        else:
            at = next((n for n, row in enumerate(words("persons")["ordinals"]) if place in row), 0)
            chosen = listed_[at : at + many]
        if chosen and len(listed_) > len(chosen):
            found.append(Ref("some", match.start(), match.end(), None, tuple(chosen)))
    return found


def _number(word: str | None) -> int:
    return next((n for n, row in enumerate(words("roles")["numbers"], 1) if word and word.lower() in row), 1)


@cache
def _counting() -> re.Pattern[str]:
    lists = words("persons")
    place = alternatives([w for row in lists["ordinals"] for w in row] + lists["last"] + lists["rest"])
    many = alternatives(w for row in words("roles")["numbers"] for w in row)
    return re.compile(
        rf"(?<!\w){alternatives(lists['the'])} (?:(?P<many>{many}) )?(?P<place>{place})(?: (?P<many2>{many}))?"
        rf"(?= {alternatives([*lists['said_of'], *words('particles')['and']])}(?!\w)| ?[:(,;.]|\)?$)",
        re.IGNORECASE,
    )


def _first_met(text: str, word: re.Match[str], people: list[Record], skip: tuple[str, ...]) -> Record | None:
    """Somebody of whom the text has the first name, and perhaps says the last: `Kaya hedder Odgaard til efternavn`."""
    name = word.group()
    if len(name) < 2 or pronouns().fullmatch(name):
        return None  # "Hans mail er …"
    if name.lower() in listed("persons", "months") and not _framed(text, word):
        return None  # "from the August meeting"
    if not names.person_word(name) and names.person_word(name.removesuffix("s")):
        name = name.removesuffix("s")
    called = names.person_word(name) or (names.shaped(name) and not is_place(name) and _framed(text, word))
    if not called or _greeted(text, word.start()) or any(names.first_name(s) == name for s in skip):
        return None
    if text[word.end() : word.end() + 1] in ("@", ".") and text[word.end() + 1 : word.end() + 2].isalnum():
        return None
    made = Record(place=word.start())
    start, end, value = word.start(), word.start() + len(name), name
    if surname := re.compile(rf"(?<!\w){name}(?:{'|'.join(words('persons')['surnamed'])})[ \u00a0]({_SURNAME})").search(
        text, word.start(), word.start() + 400
    ):
        start, end, value = *surname.span(1), f"{name} {surname.group(1)}"
    elif surname := _surname_after().match(text, word.end()):
        start, end, value = *surname.span("surname"), f"{name} {surname.group('surname')}"
    made.fields["name"] = Found(value, start, end, MODULE, "text", 0.6)
    made.spoken_of(word.start(), word.end())
    people.append(made)
    return made


@cache
def _surname_after() -> re.Pattern[str]:
    """The last name in the sentence after the one that ends with the first: `… gider Bo. Han hedder Krag til efternavn`."""
    said = "|".join(words("persons")["surname_after"]).replace("…", f"(?P<surname>{_SURNAME})")
    return re.compile(rf"[^.!?\n]{{0,60}}[.,;(–-] ?(?:{said})")


def _framed(text: str, word: re.Match[str]) -> bool:
    """Whether only somebody's name can stand there, whatever it is: `både Kaya og jeg`, `Kaya hedder …`."""
    behind, before = _frame()
    lead = text[max(0, word.start() - 12) : word.start()]
    return bool(behind.match(text[word.end() : word.end() + 40]) or before.search(lead))


@cache
def _frame() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What stands behind and before a name that only somebody's name can be."""
    lists = words("persons")
    return re.compile("|".join(lists["behind_first_name"])), re.compile(rf"(?:{'|'.join(lists['before_first_name'])})$")


def _with_pronouns(text: str, refs: list[Ref]) -> list[Ref]:
    """ "Hun" means the person named last before it in the sentence, if there is one."""
    recent: Record | None = None
    made = []
    for ref in refs:
        if ref.record is not None and not ref.record.writer and not (recent and _bracketed(text, ref)):
            recent = ref.record
        made.append(Ref("same", ref.start, ref.end, recent) if ref.kind == "same" and recent is not None else ref)
    return made


def _bracketed(text: str, ref: Ref) -> bool:
    """Whether somebody is named in brackets only, beside the one that the sentence is about."""
    before = text[max(0, ref.start - 60) : ref.start]
    return before.rfind("(") > before.rfind(")")


def met(mark: Mark, text: str, people: list[Record], writer_name: str, skip: tuple[str, ...]) -> Record | None:
    """The record of a name: a known person's, or a new one; None for the writer and for whom the mail is written to."""
    if writer_name and names.same(mark.value, writer_name) == 2:
        return None
    if any(names.same(mark.value, other) == 2 for other in skip) or _greeted(text, mark.start):
        return None
    record = next(
        (r for r in people if r.name and (names.same(r.name, mark.value) == 2 or names.same(r.name, re.sub(r"s$", "", mark.value)) == 2)),
        None,
    )
    if record is not None and mark.value.endswith("s") and names.same(record.name, mark.value) != 2:
        record.spoken_of(mark.start, mark.end)
        return record
    if record is None:
        record = Record(place=mark.start)
        record.fields["name"] = from_mark(mark, MODULE)
        people.append(record)
    elif len(mark.value) > len(record.name) or record.form == "copied":
        record.fields["name"] = from_mark(mark, MODULE)
    record.spoken_of(mark.start, mark.end)
    return record


def _greeted(text: str, start: int) -> bool:
    return _greeting().fullmatch(text, text.rfind("\n", 0, start) + 1, start) is not None


@cache
def _greeting() -> re.Pattern[str]:
    greeting = alternatives([*words("particles")["greetings"], *words("persons")["addressed"]])
    return re.compile(rf"\s*{greeting}(?:{'|'.join(words('persons')['greeted_before'])})?\s*", re.IGNORECASE)


def resolve(ref: Ref, prose: Prose, last: list[Record]) -> list[Record]:
    if ref.record is not None:
        return [ref.record]
    if ref.some:
        return list(ref.some)
    if ref.kind == "self":
        return [prose.writer]
    if ref.kind == "same":
        return last[-1:] or [prose.loose]
    return [prose.everyone]
