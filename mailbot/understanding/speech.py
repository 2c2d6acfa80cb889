"""What each clause does: joins, leaves, replaces, corrects, asks, considers, says yes or no (`words/acts.toml`).

An act carries how clearly it is said, on which condition, about what, and the very words. Conditions bind within a
sentence: "if there is room" leaves a wish as clear as it was, "if my boss agrees" does not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import groupby
from operator import attrgetter

from mailbot.understanding.clauses import LIMIT, Clause, Word, clauses
from mailbot.understanding.lexicon import affixes, listed, words
from mailbot.understanding.topic import Names
from mailbot.understanding.vocabulary import Found, is_person, vocabulary

DOING = frozenset({"join", "leave", "replace_hard", "correct", "supply"})
_LENT = frozenset({"meeting", "date", "whole", "other", "consider", "tentative", "course", "generic", "decided"})  # by all of a sentence


class Condition(StrEnum):
    NONE = ""
    ROOM = "room"  # if there is a place: no doubt about the wish
    OWN = "own"  # if the boss agrees, the budget allows, they decide
    INSIDE = "inside"  # stands inside the condition itself


@dataclass(frozen=True, slots=True)
class Act:
    """What a clause does: `kind` as in acts.toml, `strength` 0..1, the characters [start, end) that say so, and around
    them the condition, whether it is asked, considered or tentative, and which other groups of words the clause holds."""

    kind: str
    strength: float
    start: int
    end: int
    sentence: int
    condition: Condition = Condition.NONE
    asked: bool = False  # a question for information ("how do I sign up?"), not a polite request
    about: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Question:
    """A question that somebody must answer, by its characters."""

    start: int
    end: int
    sentence: int


@dataclass(frozen=True, slots=True)
class HeardClause:
    """A clause with the groups of words found in it and where, and the groups that hold for it (some lent by its sentence)."""

    clause: Clause
    found: Found
    groups: frozenset[str]


@dataclass(frozen=True, slots=True)
class Speech:
    """A text understood clause by clause; `groups` are all groups of words that occur in it."""

    acts: tuple[Act, ...] = ()
    questions: tuple[Question, ...] = ()
    groups: frozenset[str] = frozenset()
    sentences: int = 0
    words: int = 0
    clauses: tuple[HeardClause, ...] = ()

    def of(self, kind: str) -> list[Act]:
        return [a for a in self.acts if a.kind == kind]


@dataclass(frozen=True, slots=True)
class _Rule:
    place: int  # in the file
    act: str
    strength: float
    all: frozenset[str]
    any: frozenset[str]
    none: frozenset[str]

    def holds(self, groups: frozenset[str]) -> bool:
        return self.all <= groups and not (self.none & groups) and (not self.any or bool(self.any & groups))


@cache
def _rules() -> Mapping[str, tuple[_Rule, ...]]:
    """The rules, each under the one of the groups it needs that the fewest rules need."""
    rules = [
        _Rule(n, r["act"], r["strength"], frozenset(r["all"]), frozenset(r.get("any", ())), frozenset(r.get("none", ())))
        for n, r in enumerate(words("acts")["rule"])
    ]
    needed = Counter(group for rule in rules for group in rule.all)
    by_group: dict[str, tuple[_Rule, ...]] = {}
    for rule in rules:
        rarest = min(sorted(rule.all), key=lambda group: needed[group])
        by_group[rarest] = (*by_group.get(rarest, ()), rule)
    return by_group


def _holding(groups: frozenset[str]) -> list[_Rule]:
    """The rules that hold for a clause with these groups, in the order of the file."""
    rules = _rules()
    return sorted((rule for group in groups for rule in rules.get(group, ()) if rule.holds(groups)), key=attrgetter("place"))


def listen(text: str, names: Names, spans: Iterable[tuple[int, int]] | None = None, topic: frozenset[str] = frozenset()) -> Speech:
    """What is said in these stretches of `text` (all of it where none are given); `topic` are groups that hold for all of it."""
    heard: list[list[HeardClause]] = []
    budget = LIMIT
    for start, stop in [(0, len(text))] if spans is None else spans:
        end = min(stop, start + budget)
        budget -= max(0, end - start)
        if end <= start:
            break
        for _, sentence in groupby(clauses(text, start, end), key=lambda c: c.sentence):
            heard.append(_together([_hear(clause, names, text) for clause in sentence], topic))
    acts: list[Act] = []
    questions: list[Question] = []
    before: frozenset[str] = frozenset()
    for number, row in enumerate(heard):
        groups = _groups(row)
        acts += _acts(row, number, groups)
        questions += _questions(row, number, groups, before)
        before = groups
    every = tuple(h for row in heard for h in row)
    return Speech(tuple(acts), tuple(questions), _groups(every), len(heard), sum(len(h.clause.words) for h in every), every)


def _groups(row: Sequence[HeardClause]) -> frozenset[str]:
    return frozenset().union(*(h.groups for h in row))


def _together(row: list[HeardClause], topic: frozenset[str]) -> list[HeardClause]:
    """What clauses of one sentence lend each other: the course it speaks of, "X out and Y in", "nej, hvor dejligt"."""
    around = _groups(row)
    lent = {"near_course"} if {"course", "generic"} & around else set()
    texts = {w.text for h in row for w in h.clause.words}
    if {"seat", "name"} <= around and texts & _small("another"):
        lent |= {"replace_hard", "replace"}  # "vi har fundet en anden til pladsen: Bo Krag"
    if texts & _small("going") and texts & _small("coming") and "name" in around:
        lent |= {"replace_hard", "replace"}
    dropped = {"consider"} if "sent_before" in around else set()  # "er i tvivl, om jeg fik sendt den"
    changed = []
    for at, heard in enumerate(row):
        extra = set(lent)
        following = row[at + 1].clause.words[0].text if at + 1 < len(row) else ""
        first = heard.clause.words[0].text
        if len(heard.clause.words) == 1 and first in _small("bare_no") and following in _small("exclaims"):
            extra.add("not_no")
        changed.append(
            HeardClause(
                heard.clause, heard.found, (heard.groups | extra | topic) - dropped - ({"decline_real"} if "not_no" in extra else set())
            )
        )
    return changed


def _hear(clause: Clause, names: Names, text: str) -> HeardClause:
    found = dict(vocabulary().find(clause))
    names.mark(clause, found)
    _mark_people(clause, found)
    row = clause.words
    texts = [w.text for w in row]
    _mark_question(texts, clause.asks, found)
    if all(row[start].text.endswith(affixes("particles", "done_endings")) for start, _ in found.get("enrol", ())):
        found.pop("enrol", None)  # "er reserveret": done by others
    _mark_particles(texts, found)
    if "@" in text[row[0].start : row[-1].end] and not {"self", "me", "third", "name"} & found.keys():
        found["address_only"] = [(0, 1)]
    if ("decline" in found or "decline_hard" in found) and "not_no" not in found:
        found["decline_real"] = found.get("decline_hard", found.get("decline", []))
    if row[0].capital and row[0].text in _small("english_self") and not _small("english").isdisjoint(texts):
        found.setdefault("self", []).append((0, 1))
    return HeardClause(clause, found, frozenset(found))


def _small(key: str) -> frozenset[str]:
    return listed("particles", key)


def _mark_people(clause: Clause, found: dict[str, list[tuple[int, int]]]) -> None:
    row = clause.words
    leading = affixes("targets", "leading")
    skip = {i for span in found.get("course", []) for i in range(*span)}
    no_names = listed("clauses", "no_names")
    put_whom, put_where, seats = _small("put_whom"), _small("put_where"), _seats()
    for i, word in enumerate(row):
        if i in skip:
            continue
        person = is_person(word.text, word.capital and i > 0)
        if person:
            found.setdefault("person", []).append((i, i + 1))
        if word.text.endswith(leading):
            found.setdefault("title", []).append((i, i + 1))
        if word.text in put_whom and not put_where.isdisjoint(w.text for w in row[i + 1 : i + 4]):
            found.setdefault("me_in", []).append((i, min(len(row), i + 4)))
        if word.capital and i and person and not put_where.isdisjoint(w.text for w in row[i + 1 : i + 3]):
            found.setdefault("me_in", []).append((i, min(len(row), i + 3)))
        following = row[i + 1] if word.capital and i + 1 < len(row) else None
        if following and following.capital and i + 1 not in skip and not {word.text, following.text} & no_names:
            found.setdefault("name", []).append((i, i + 2))
        if word.text in seats:
            _mark_seat(row, i, found)
    if "change" in found:
        _mark_renamed(row, skip, found)


@cache
def _seats() -> frozenset[str]:
    return _small("seats") | _small("a_seat") | _small("the_seat")


def _mark_seat(row: tuple[Word, ...], i: int, found: dict[str, list[tuple[int, int]]]) -> None:
    """The seat at word `i`: one of somebody's, one that is handed on, or any."""
    word, before = row[i].text, row[i - 1] if i else None
    if before and i + 1 == len(row) and f"{before.text} {word}" in _small("settled"):
        return  # "er på plads": settled, no seat
    if word in _small("a_seat") and before and (before.text in _small("their_seat") or _genitive(before, i)):
        found.setdefault("third_seat", []).append((i - 1, i + 1))
    owned = before is not None and (before.text in _small("own_seat") or before.text in _small("their_seat"))
    if word in _small("the_seat") or (word in _small("a_seat") and owned):
        _mark_heir(row, i, found)
    if word in _small("seats"):
        found.setdefault("seat", []).append((i, i + 1))


def _genitive(word: Word, at: int) -> bool:
    return word.capital and at > 0 and word.text.endswith("s") and len(word.text) > 3


def _mark_heir(row: tuple[Word, ...], seat: int, found: dict[str, list[tuple[int, int]]]) -> None:
    """Whose seat goes to whom: "min plads går til Bo" hands it on, "… til en på ventelisten" gives it up."""
    ways = _small("to") | _small("onward")
    to = next((j for j in range(seat + 1, min(len(row), seat + 7)) if row[j].text in ways), 0)
    if not to or to + 1 >= len(row):
        return
    to += row[to + 1].text in _small("to")
    heir = row[to + 1] if to + 1 < len(row) else None
    if heir and heir.text in _small("anybody_next"):
        found.setdefault("seat_free", []).append((seat, to + 2))
    elif heir and is_person(heir.text, heir.capital):
        found.setdefault("replace_hard", []).append((seat, to + 2))


def _mark_renamed(row: tuple[Word, ...], skip: set[int], found: dict[str, list[tuple[int, int]]]) -> None:
    """ "Ændret fra Regnar Thomsen til Sofia Kjeldahl"."""
    for i, word in enumerate(row[:-1]):
        if i not in skip and word.text in _small("from") and row[i + 1].capital:
            to = next((j for j in range(i + 2, min(len(row) - 1, i + 6)) if row[j].text in _small("to") and row[j + 1].capital), 0)
            if to:
                found.setdefault("replace_hard", []).append((i, to + 2))


def _mark_particles(texts: list[str], found: dict[str, list[tuple[int, int]]]) -> None:
    """A particle that ends the clause carries the verb's meaning ("hopper af"); a statement about the reader is no wish."""
    end = next((i for i in range(len(texts) - 1, 0, -1) if texts[i] not in _small("after_off")), 0)
    if len(texts) > 2 and texts[end] in _small("off"):
        found["final_off"] = [(max(0, end - 1), end + 1)]
    joined = len(texts) > 1 and texts[0] in _small("joining") and texts[1] in _small("reader")
    if (joined or texts[0] in _small("reader")) and not {"me", "name", "third", "person"} & found.keys():
        found["reader_subject"] = [(0, 1)]


def _mark_question(texts: list[str], asks: bool, found: dict[str, list[tuple[int, int]]]) -> None:
    if asks:
        found["asks"] = [(0, len(texts))]
    modals = _small("modals")
    modal = next((i for i, word in enumerate(texts[:4]) if word in modals), len(texts))
    if modal + 1 < len(texts) and _pleads(texts[modal + 1], texts, asks, found):
        found["request"] = [(modal, modal + 2)]
        if not _small("polite_not").isdisjoint(texts[modal + 2 : modal + 4]):  # "vil du ikke …" asks politely
            for group in ("not", "unable", "decline", "negative"):
                found.pop(group, None)
    present = texts[0].endswith("r") and texts[0] not in _small("no_plea")
    if asks and present and len(texts) > 2 and texts[1] in _small("reader"):
        found["request"] = [(0, 2)]  # "retter du det på listen?"
    span = next(iter(found.get("ask", ())), None)
    if span and span[0] > 1 and not asks and (texts[span[0]] in modals or texts[span[0]] in _small("knows")):
        found.pop("ask")  # "regningen må I sende" is no question
    if not listed("clauses", "wh").isdisjoint(texts[:3]) or (texts[0] in _small("whether") and len(texts) > 2):
        found["info"] = [(0, 1)]


def _pleads(who: str, texts: list[str], asks: bool, found: Found) -> bool:
    """Whether "kan …", "må …" with this word behind it asks politely for something: of the reader, or for oneself."""
    if who in _small("asked_reader"):
        return True
    if not asks:
        return False
    ours = who in _small("asked_self") and _small("still_possible").isdisjoint(texts) and "meeting" not in found
    return ours or "plea" in found or (who in _small("asked_third") and "replace" in found)


def _acts(row: list[HeardClause], number: int, groups: frozenset[str]) -> list[Act]:
    """The acts of the clauses of a sentence (`groups` are all of it), of each kind the strongest one in a clause."""
    if "disclaimer" in groups:
        return []
    found: list[Act] = []
    for heard in row:
        best: dict[str, _Rule] = {}
        for rule in _holding(heard.groups):
            if rule.strength > (best[rule.act].strength if rule.act in best else 0):
                best[rule.act] = rule
        for rule in best.values():
            start, end = _place(heard, rule)
            about = heard.groups | (groups & _LENT)
            found.append(Act(rule.act, rule.strength, start, end, number, _bound(heard, row), _asked(heard, row), about))
    return found


def _bound(heard: HeardClause, row: Sequence[HeardClause]) -> Condition:
    """On which condition of its sentence a clause says something."""
    if _condition(heard):
        return Condition.INSIDE
    outer = [c for c in map(_condition, row) if c]
    return Condition.OWN if Condition.OWN in outer else outer[0] if outer else Condition.NONE


def _place(heard: HeardClause, rule: _Rule) -> tuple[int, int]:
    """The characters of the words that made the rule hold: the longest finding of each group that it names."""
    spans = [max(heard.found[g], key=lambda s: s[1] - s[0]) for g in rule.all if g in heard.found] or [(0, len(heard.clause.words))]
    row = heard.clause.words
    return row[min(s[0] for s in spans)].start, row[max(s[1] for s in spans) - 1].end


def _condition(heard: HeardClause) -> Condition:
    """Whether a clause is a condition, and of which kind; one that binds nothing is none."""
    groups = heard.groups
    row = heard.clause.words
    if "if" not in groups or heard.found["if"][0][0] > 2 or row[0].text in _small("even"):
        return _verb_first(heard)
    if len(row) <= 4 and row[heard.found["if"][0][0]].text in _small("time_before") and "self" not in groups:
        return Condition.NONE  # "lige inden vinterferien": a time
    if "anyone" in groups and row[heard.found["if"][0][0]].text in _small("time_before"):
        return Condition.NONE  # "inden nogen andre får samme idé"
    if "room" in groups:
        return Condition.ROOM
    return Condition.NONE if "harmless" in groups else Condition.OWN


def _verb_first(heard: HeardClause) -> Condition:
    """ "Er der plads, vil jeg gerne med": a condition without "hvis" (only about room, the rest is too uncertain)."""
    if heard.clause.asks:
        return Condition.NONE
    opening = [w.text for w in heard.clause.words[:2]]
    if "room" in heard.groups and " ".join(opening) in _small("room_openings"):
        return Condition.ROOM
    if not _small("should").isdisjoint(opening) and {"room", "leave", "third", "anyone", "negative"} & heard.groups:
        return Condition.ROOM
    return Condition.NONE


def _asked(heard: HeardClause, row: Sequence[HeardClause]) -> bool:
    """Whether the clause asks for information: a question that is no polite request, or a clause that says what is asked."""
    if "info" in heard.groups:
        return True
    if any("ask" in h.groups and "request" not in h.groups for h in row if h is not heard) and heard.clause.asks:
        return True
    return heard.clause.asks and "request" not in heard.groups


def _questions(row: list[HeardClause], number: int, groups: frozenset[str], before: frozenset[str]) -> list[Question]:
    """The question of a sentence (`groups` are all of it, `before` those of the one before), unless it only asks politely for
    what it does anyway, or how we are."""
    if "chat" in groups:
        return []
    if row[-1].clause.words[-1].table:
        return []  # a column "Deltager?"
    if row[-1].clause.asks:
        told = {"diet", "change", "change_strong", "supply_strong", "replace_hard"} & (groups | before)
        polite = any(_does(h) for h in row) or (told and any("request" in h.groups for h in row))
        wanted = any({"ask", "info"} & h.groups for h in row) or not polite
    else:
        doing = any(_does(h) for h in row)
        wanted = not doing and ("ask" in groups or (len(row) == 1 and _opens_like_a_question(row[0])))
    return [Question(row[0].clause.start, row[-1].clause.end, number)] if wanted else []


def _does(heard: HeardClause) -> bool:
    """Whether a clause does something that a question mark leaves as it is: "vil du skrive mig på?"."""
    return ("request" in heard.groups or not heard.clause.asks) and any(rule.act in DOING for rule in _holding(heard.groups))


def _opens_like_a_question(heard: HeardClause) -> bool:
    """People on phones leave the mark out: "er der parkering", "hvad koster det", "kan man komme for sent"."""
    texts = [w.text for w in heard.clause.words]
    if len(texts) > 3 and texts[0] in _small("greetings"):
        texts = texts[2:]
    return " ".join(texts[:2]) in listed("clauses", "question_openings") or (
        len(texts) > 2 and texts[0] in _small("bare_question_words") and texts[1] not in _small("no_question_second")
    )
