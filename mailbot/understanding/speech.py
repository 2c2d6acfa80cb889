"""What each clause does: joins, leaves, replaces, corrects, asks, considers, says yes or no (`words/acts.toml`).

An act carries how clearly it is said, on which condition, about what, and the very words. Conditions bind within a
sentence: "if there is room" leaves a wish as clear as it was, "if my boss agrees" does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import groupby

from mailbot.understanding.clauses import LIMIT, Clause, Word, clauses
from mailbot.understanding.lexicon import listed, words
from mailbot.understanding.topic import Names
from mailbot.understanding.vocabulary import Found, is_person, vocabulary

DOING = frozenset({"join", "leave", "replace_hard", "correct", "supply"})
MODALS = frozenset({"mon", "kan", "kunne", "vil", "ville", "gider", "må", "could", "can", "would", "will", "kann", "können"})


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
    act: str
    strength: float
    all: frozenset[str]
    any: frozenset[str]
    none: frozenset[str]

    def holds(self, groups: frozenset[str]) -> bool:
        return self.all <= groups and not (self.none & groups) and (not self.any or bool(self.any & groups))


@cache
def _rules() -> tuple[_Rule, ...]:
    return tuple(
        _Rule(r["act"], r["strength"], frozenset(r["all"]), frozenset(r.get("any", ())), frozenset(r.get("none", ())))
        for r in words("acts")["rule"]
    )


@cache
def _doing() -> tuple[_Rule, ...]:
    return tuple(r for r in _rules() if r.act in DOING)


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
    for number, row in enumerate(heard):
        acts += _acts(row, number)
        before = frozenset(g for h in heard[number - 1] for g in h.groups) if number else frozenset()
        questions += _questions(row, number, before)
    groups = frozenset(g for row in heard for h in row for g in h.groups)
    every = tuple(h for row in heard for h in row)
    return Speech(tuple(acts), tuple(questions), groups, len(heard), sum(len(h.clause.words) for h in every), every)


def _together(row: list[HeardClause], topic: frozenset[str]) -> list[HeardClause]:
    """What clauses of one sentence lend each other: the course it speaks of, "X out and Y in", "nej, hvor dejligt"."""
    around = frozenset(g for h in row for g in h.groups)
    lent = {"near_course"} if {"course", "generic"} & around else set()
    texts = {w.text for h in row for w in h.clause.words}
    if {"seat", "name"} <= around and "anden" in texts:
        lent |= {"replace_hard", "replace"}  # "vi har fundet en anden til pladsen: Bo Krag"
    if texts & {"ud", "udgår", "fratræder"} and texts & {"ind", "indtræder", "tiltræder"} and "name" in around:
        lent |= {"replace_hard", "replace"}
    dropped = {"consider"} if "sent_before" in around else set()  # "er i tvivl, om jeg fik sendt den"
    changed = []
    for at, heard in enumerate(row):
        extra = set(lent)
        following = row[at + 1].clause.words[0].text if at + 1 < len(row) else ""
        if [w.text for w in heard.clause.words] == ["nej"] and following in ("hvor", "sikke"):
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
    _mark_question(clause, found)
    row = clause.words
    kept = [s for s in found.get("enrol", []) if not clause.words[s[0]].text.endswith(("eret", "ooket"))]  # "er reserveret": done by others
    if not kept:
        found.pop("enrol", None)
    _mark_particles(clause, found)
    if "@" in text[row[0].start : row[-1].end] and not {"self", "me", "third", "name"} & found.keys():
        found["address_only"] = [(0, 1)]
    if ("decline" in found or "decline_hard" in found) and "not_no" not in found:
        found["decline_real"] = found.get("decline_hard", found.get("decline", []))
    if text[row[0].start : row[0].end] == "I" and len(row) > 1 and "english" in names.language_of(row):
        found.setdefault("self", []).append((0, 1))
    return HeardClause(clause, found, frozenset(found))


def _mark_people(clause: Clause, found: dict[str, list[tuple[int, int]]]) -> None:
    row = clause.words
    leading = tuple(words("targets")["leading"])
    skip = {i for span in found.get("course", []) for i in range(*span)}
    no_names = listed("clauses", "no_names")
    for i, word in enumerate(row):
        if i in skip:
            continue
        if is_person(word.text, word.capital and i > 0):
            found.setdefault("person", []).append((i, i + 1))
        if word.text.endswith(leading):
            found.setdefault("title", []).append((i, i + 1))
        if word.text in ("mig", "os", "ham", "hende", "undertegnede") and {w.text for w in row[i + 1 : i + 4]} & {"på", "ind", "med", "op"}:
            found.setdefault("me_in", []).append((i, min(len(row), i + 4)))
        if word.capital and i and {w.text for w in row[i + 1 : i + 3]} & {"på", "ind", "med", "op"} and is_person(word.text, True):
            found.setdefault("me_in", []).append((i, min(len(row), i + 3)))
        following = row[i + 1] if i + 1 < len(row) else None
        if following and i + 1 not in skip and word.capital and following.capital and not {word.text, following.text} & no_names:
            found.setdefault("name", []).append((i, i + 2))
        if i and row[i - 1].text == "på" and word.text == "plads" and i + 1 == len(row):
            continue  # "er på plads": settled, no seat
        if word.text in ("plads", "stol") and i and (row[i - 1].text in ("hans", "hendes", "deres") or _genitive(row[i - 1], i)):
            found.setdefault("third_seat", []).append((i - 1, i + 1))
        if word.text == "fra" and i + 1 < len(row) and row[i + 1].capital:
            to = next((j for j in range(i + 2, min(len(row) - 1, i + 6)) if row[j].text == "til" and row[j + 1].capital), 0)
            if to and "change" in found:
                found.setdefault("replace_hard", []).append((i, to + 2))  # "ændret fra Regnar Thomsen til Sofia Kjeldahl"
        if word.text in ("plads", "pladsen", "stol", "stolen"):
            _mark_heir(row, i, found)
        if word.text in ("plads", "pladser", "pladsen", "place", "places", "seat", "seats", "stk"):
            found.setdefault("seat", []).append((i, i + 1))


def _genitive(word: Word, at: int) -> bool:
    return word.capital and at > 0 and word.text.endswith("s") and len(word.text) > 3


def _mark_heir(row: tuple[Word, ...], seat: int, found: dict[str, list[tuple[int, int]]]) -> None:
    """Whose seat goes to whom: "min plads går til Bo" hands it on, "… til en på ventelisten" gives it up."""
    if not (row[seat].text.endswith("en") or (seat and row[seat - 1].text in ("min", "vores", "hans", "hendes", "deres", "sin"))):
        return
    to = next((j for j in range(seat + 1, min(len(row), seat + 7)) if row[j].text in ("til", "videre")), 0)
    if not to or to + 1 >= len(row):
        return
    to += row[to + 1].text == "til"
    heir = row[to + 1] if to + 1 < len(row) else None
    if heir and heir.text in ("en", "nogen", "den", "andre", "næste", "nummer"):
        found.setdefault("seat_free", []).append((seat, to + 2))
    elif heir and is_person(heir.text, heir.capital):
        found.setdefault("replace_hard", []).append((seat, to + 2))


def _mark_particles(clause: Clause, found: dict[str, list[tuple[int, int]]]) -> None:
    """A particle that ends the clause carries the verb's meaning ("hopper af"); a statement about the reader is no wish."""
    texts = [w.text for w in clause.words]
    end = next(
        (i for i in range(len(texts) - 1, 0, -1) if texts[i] not in ("igen", "alligevel", "desværre", "nu", "her", "herfra", "også")), 0
    )
    if len(texts) > 2 and texts[end] in ("af", "fra", "ud"):
        found["final_off"] = [(max(0, end - 1), end + 1)]
    spoken_to = texts[0] in ("du", "i", "you") or (len(texts) > 1 and texts[0] in ("men", "så", "og") and texts[1] in ("du", "i"))
    if spoken_to and not {"me", "name", "third", "person"} & found.keys():
        found["reader_subject"] = [(0, 1)]


def _mark_question(clause: Clause, found: dict[str, list[tuple[int, int]]]) -> None:
    texts = [w.text for w in clause.words]
    if clause.asks:
        found["asks"] = [(0, len(texts))]
    for i, word in enumerate(texts[:4]):
        if word in MODALS and i + 1 < len(texts):
            who = texts[i + 1]
            ours = who in ("jeg", "vi", "i") and clause.asks and "stadig" not in texts and "nå" not in texts and "meeting" not in found
            ours = ours or (clause.asks and ("plea" in found or (who in ("han", "hun", "de") and "replace" in found)))
            if who in ("du", "i", "de", "you", "dere", "ni") or ours:
                found["request"] = [(i, i + 2)]
                if "ikke" in texts[i + 2 : i + 4]:  # "vil du ikke …" asks politely
                    for group in ("not", "unable", "decline", "negative"):
                        found.pop(group, None)
            break
    if clause.asks and len(texts) > 2 and texts[0].endswith("r") and texts[1] in ("du", "i") and texts[0] not in ("har", "er"):
        found["request"] = [(0, 2)]  # "retter du det på listen?"
    span = next(iter(found.get("ask", ())), None)
    if span and span[0] > 1 and texts[span[0]] in (*MODALS, "ved") and not clause.asks:
        found.pop("ask")  # "regningen må I sende" is no question
    if any(t in listed("clauses", "wh") for t in texts[:3]) or (texts[0] == "om" and len(texts) > 2):
        found["info"] = [(0, 1)]


def _acts(row: list[HeardClause], number: int) -> list[Act]:
    conditions = [_condition(h) for h in row]
    found: list[Act] = []
    for at, heard in enumerate(row):
        condition = conditions[at] and Condition.INSIDE
        outer = [c for c in conditions if c]
        if not condition and outer:
            condition = Condition.OWN if Condition.OWN in outer else outer[0]
        around = frozenset(g for h in row for g in h.groups)
        best: dict[str, Act] = {}
        for rule in _rules():
            if rule.holds(heard.groups) and rule.strength > (best[rule.act].strength if rule.act in best else 0):
                start, end = _place(heard, rule)
                best[rule.act] = Act(
                    rule.act,
                    rule.strength,
                    start,
                    end,
                    number,
                    condition or Condition.NONE,
                    _asked(heard, row),
                    heard.groups
                    | (
                        around
                        & {"meeting", "date", "whole", "other", "consider", "tentative", "course", "generic", "disclaimer", "decided"}
                    ),
                )
        found += [a for a in best.values() if "disclaimer" not in a.about]
    return found


def _place(heard: HeardClause, rule: _Rule) -> tuple[int, int]:
    """The characters of the words that made the rule hold: the longest finding of each group that it names."""
    spans = [max(heard.found[g], key=lambda s: s[1] - s[0]) for g in rule.all if g in heard.found] or [(0, len(heard.clause.words))]
    row = heard.clause.words
    return row[min(s[0] for s in spans)].start, row[max(s[1] for s in spans) - 1].end


def _condition(heard: HeardClause) -> Condition:
    """Whether a clause is a condition, and of which kind; one that binds nothing is none."""
    groups = heard.groups
    if "if" not in groups or heard.found["if"][0][0] > 2 or heard.clause.words[0].text == "selv":
        return _verb_first(heard)
    if len(heard.clause.words) <= 4 and heard.clause.words[heard.found["if"][0][0]].text == "inden" and "self" not in groups:
        return Condition.NONE  # "lige inden vinterferien": a time
    if "room" in groups:
        return Condition.ROOM
    return Condition.NONE if "harmless" in groups else Condition.OWN


def _verb_first(heard: HeardClause) -> Condition:
    """ "Er der plads, vil jeg gerne med": a condition without "hvis" (only about room, the rest is too uncertain)."""
    texts = [w.text for w in heard.clause.words]
    if heard.clause.asks:
        return Condition.NONE
    if texts[:2] in (["er", "der"], ["bliver", "der"]) and "room" in heard.groups:
        return Condition.ROOM
    if "skulle" in texts[:2] and {"room", "leave", "third", "anyone", "negative"} & heard.groups:
        return Condition.ROOM
    return Condition.NONE


def _asked(heard: HeardClause, row: Sequence[HeardClause]) -> bool:
    """Whether the clause asks for information: a question that is no polite request, or a clause that says what is asked."""
    if "info" in heard.groups:
        return True
    if any("ask" in h.groups and "request" not in h.groups for h in row if h is not heard) and heard.clause.asks:
        return True
    return heard.clause.asks and "request" not in heard.groups


def _questions(row: list[HeardClause], number: int, before: frozenset[str]) -> list[Question]:
    """The question of a sentence, unless it only asks politely for what it does anyway, or how we are."""
    groups = frozenset(g for h in row for g in h.groups)
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
    return ("request" in heard.groups or not heard.clause.asks) and any(r.holds(heard.groups) for r in _doing())


def _opens_like_a_question(heard: HeardClause) -> bool:
    """People on phones leave the mark out: "er der parkering", "hvad koster det", "kan man komme for sent"."""
    texts = [w.text for w in heard.clause.words]
    if texts and texts[0] in ("hej", "kære", "goddag", "hi") and len(texts) > 3:
        texts = texts[2:]
    return " ".join(texts[:2]) in listed("clauses", "question_openings") or (
        bool(texts)
        and texts[0] in ("hvad", "hvor", "hvornår", "hvordan", "hvem", "hvilken", "hvilke")
        and len(texts) > 2
        and texts[1] != "der"
    )
