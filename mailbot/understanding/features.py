"""The evidence for each intent: what the clauses do, seen in their context. Each feature is a number from 0 to 1.

The names here are those in `words/weights.toml`; a feature keeps the characters of the words that it came from, so that
the explanation can show them.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from functools import cache

from mailbot.mail.message import Message, Segment, SegmentKind
from mailbot.understanding.context import Answers, Context
from mailbot.understanding.heard import Feature, Heard, any_of, elsewhere, evidence, flag, other_topic, strongest, value
from mailbot.understanding.lexicon import alternatives, fold, listed, words
from mailbot.understanding.phrasing import lean, say
from mailbot.understanding.reading import Evidence
from mailbot.understanding.speech import Act, Condition, listen
from mailbot.understanding.surroundings import surround
from mailbot.understanding.topic import Names

DIGITS = re.compile(r"(?<!\d)\d(?:[ .\-\u00a0]{0,2}\d){11,13}(?!\d)")
ARROW = re.compile(r"[A-ZÆØÅ]\w{1,30}[ \t]{0,3}(?:->|=>|→|-->)[ \t]{0,3}[A-ZÆØÅ]\w")  # "Edith Rømer -> Joakim Vedel"
ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{2,63}")


@cache
def _label() -> re.Pattern[str]:
    """A label of a form at the beginning of a line."""
    return re.compile(rf"(?:^|\n)[ \t>*•-]{{0,20}}{alternatives(words('particles')['form_labels'])}[ \t]{{0,3}}[:.]", re.IGNORECASE)


@cache
def _title() -> re.Pattern[str]:
    """How a title ends, in small letters."""
    return re.compile(rf"{alternatives(listed('particles', 'title_endings'))}\b")


def hear(message: Message, context: Context, names: Names, ours: Collection[str]) -> Heard:
    """Listen to each part of the message and collect the features."""
    subject = listen(context.topic, names)
    topic = frozenset(
        ({"topic_course", "own_topic"} if context.subject else {"topic_course"}) if {"course", "generic"} & subject.groups else ()
    )
    own = listen(message.text, names, _own_spans(message), topic)
    forwarded = listen(message.text, names, [(s.start, s.end) for s in context.forwarded if not _from_us(s, ours)])
    history = listen(
        message.text, names, [(s.start, s.end) for s in context.history if s.sender and s.sender.email == message.sender.email]
    )
    heard = Heard(message, context, names, own, subject, forwarded, history)
    return replace(heard, features=_features(heard, ours) | _words(heard))


def _words(heard: Heard) -> dict[str, Feature]:
    """What the words speak for, learned from examples; these features may be negative."""
    text = heard.message.text
    said = say(heard.own, heard.subject, heard.forwarded, heard.context.answers)
    return {
        f"words_{intent.value}": Feature(
            leaning.score,
            tuple(Evidence("phrasing", "text", start, end, text[start:end][:200]) for (start, end), _ in leaning.places),
        )
        for intent, leaning in lean(said).items()
    }


def _own_spans(message: Message) -> list[tuple[int, int]]:
    """The sender's words: the new text, and what follows the sign-off (a PS is no signature)."""
    return [
        (s.start, s.end)
        for s in message.segments
        if s.depth == 0
        and s.kind in (SegmentKind.NEW, SegmentKind.SIGNATURE)
        and s.owner is not SegmentKind.HISTORY
        and (s.kind is SegmentKind.NEW or re.search(r"\bp\.?s\b", message.text[s.start : s.end], re.IGNORECASE))
    ]


def _from_us(segment: Segment, ours: Collection[str]) -> bool:
    return bool(segment.sender and segment.sender.email in ours)


def _features(heard: Heard, ours: Collection[str]) -> dict[str, Feature]:
    found: dict[str, Feature] = {}
    _departures(heard, found)
    _wishes(heard, found)
    _details(heard, found)
    _answers(heard, found)
    _doubts(heard, found)
    surround(heard, found, ours)
    return {name: f for name, f in found.items() if f.value > 0}


# -- what clauses do ---------------------------------------------------------------------------------


def _wishes(heard: Heard, found: dict[str, Feature]) -> None:
    joins = [a for a in heard.own.of("join") if not elsewhere(a, heard)]
    if found["replace_once"].value:
        joins = [a for a in joins if "enrol" in a.about]  # who sends a stand-in joins nothing
    clear = [
        a for a in joins if not a.asked and a.condition in (Condition.NONE, Condition.ROOM) and not _undecided(a) and not _one_meeting(a)
    ]
    held = [
        a
        for a in joins
        if not a.asked
        and a not in clear
        and (
            "request" in a.about
            or "tentative" in a.about
            or ("enrol" in a.about and a.condition is not Condition.INSIDE and "self" not in a.about)
        )
    ]
    found["join"] = strongest(heard, clear)
    found["join_held"] = strongest(heard, held)
    found["join_perhaps"] = strongest(heard, [a for a in joins if a not in clear and a not in held and not a.asked])
    found["join_asked"] = strongest(heard, [a for a in joins if a.asked])
    if not clear and "course" in heard.groups:
        found["plea"] = strongest(heard, [a for a in heard.own.of("plea") if not elsewhere(a, heard)])
    found["join_elsewhere"] = strongest(heard, [a for a in heard.own.of("join") if elsewhere(a, heard)])
    if heard.context.subject:
        own = [a for a in heard.subject.of("join") if not elsewhere(a, heard) and not a.asked]
        found["join_subject"] = strongest(heard, own, "subject")
        if (
            "signup_word" in heard.subject.groups
            and not other_topic(heard)
            and not heard.subject.questions
            and "leave" not in heard.subject.groups
        ):
            found["signup_subject"] = Feature(1.0)
    passed = [a for a in heard.forwarded.of("join") if "other" not in a.about or "course" in a.about]
    found["join_forwarded"] = strongest(heard, passed)


def _undecided(act: Act) -> bool:
    return "tentative" in act.about or ("consider" in act.about and ("decided" not in act.about or "not" in act.about))


def _one_meeting(act: Act) -> bool:
    return bool({"meeting", "date"} & act.about) and "whole" not in act.about and "enrol" not in act.about and "to_course" not in act.about


def _departures(heard: Heard, found: dict[str, Feature]) -> None:
    leaves = [a for a in heard.own.of("leave") if not elsewhere(a, heard) and a.condition is not Condition.INSIDE and not a.asked]
    absent = [
        a for a in leaves if {"meeting", "date"} & a.about and "whole" not in a.about and a.condition is not Condition.OWN
    ] + heard.own.of("late")
    clear = [a for a in leaves if a not in absent and a.condition is Condition.NONE]
    found["leave"] = strongest(heard, [a for a in clear if a.strength > 0.9])
    if found["leave"].value and not heard.own.of("again") and not heard.own.of("late"):
        absent = []
    found["leave_soft"] = strongest(heard, [a for a in clear if a.strength <= 0.9])
    found["absent"] = strongest(heard, absent)
    found["leave_asked"] = strongest(heard, [a for a in heard.own.of("leave") if a.asked])
    found["leave_elsewhere"] = strongest(heard, [a for a in heard.own.of("leave") if elsewhere(a, heard)])
    if heard.context.subject and {"leave"} & heard.subject.groups and not other_topic(heard) and "newsletter" not in heard.groups:
        found["leave_subject"] = Feature(1.0)
    replaces = [
        a
        for a in heard.own.of("replace")
        if not elsewhere(a, heard) and a.condition is not Condition.INSIDE and (not a.asked or "replace_hard" in a.about)
    ]
    single = bool({"meeting", "date"} & heard.groups) and bool(heard.own.of("again"))
    once = [a for a in replaces if single or ({"meeting", "date"} & a.about and "whole" not in a.about)]
    found["replace"] = strongest(heard, [a for a in replaces if a not in once])
    found["arrow"] = flag(ARROW.search(heard.message.of(SegmentKind.NEW)[:20_000]))
    found["replace_subject"] = flag({"replace_hard", "replace"} & heard.subject.groups and heard.context.subject)
    found["replace_hard"] = strongest(heard, [a for a in heard.own.of("replace_hard") if not once and not elsewhere(a, heard)])
    found["replace_once"] = strongest(heard, once)
    found["leave_forwarded"] = strongest(heard, heard.forwarded.of("leave") + heard.forwarded.of("replace"))
    found["job"] = strongest(heard, heard.own.of("job"))


def _details(heard: Heard, found: dict[str, Feature]) -> None:
    text = heard.message.of(SegmentKind.NEW)
    found["correct"] = strongest(heard, [a for a in heard.own.of("correct") if not elsewhere(a, heard)])
    found["supply"] = strongest(heard, [a for a in heard.own.of("supply") if not elsewhere(a, heard)])
    found["data"] = strongest(heard, heard.own.of("data"))
    number = DIGITS.search(text[:20_000])
    if number:
        found["number"] = Feature(1.0, (Evidence("features", "text", 0, 0, number.group()),))
    if (
        heard.context.subject
        and {"change", "change_strong", "data_word", "supply_strong"} & heard.subject.groups
        and not other_topic(heard)
    ):
        found["data_subject"] = Feature(1.0)
        found["change_subject"] = flag({"change", "change_strong"} & heard.subject.groups)
    labels = len(_label().findall(text[:20_000]))
    found["form"] = Feature(min(1.0, labels / 3))
    lines = [line for line in fold(text[:20_000]).splitlines() if line.strip()]
    titled = [bool(_title().search(line)) for line in lines]
    people = sum(title or ("@" in line and ADDRESS.search(line) is not None) for title, line in zip(titled, lines, strict=True))
    found["people"] = Feature(min(1.0, people / 2))
    found["brief"] = Feature(max(0.0, 1 - heard.own.words / 15))
    found["title"] = flag(any(titled))


def _answers(heard: Heard, found: dict[str, Feature]) -> None:
    found["yes"] = strongest(heard, heard.own.of("yes"))
    found["no"] = strongest(heard, heard.own.of("no"))
    if found["no"].value >= 1.0:
        found["yes"] = Feature(0.3 * found["yes"].value, found["yes"].evidence)  # "ja, det var ærgerligt", "ja tak til 2027, men …"
    if not heard.answers_us and found["yes"].value >= 1.0 and not found["no"].value:
        found["takes_offer"] = strongest(heard, heard.own.of("offered"))
    found["positive"] = strongest(heard, heard.own.of("positive"))
    found["negative"] = strongest(heard, heard.own.of("negative"))
    found["registered"] = strongest(heard, heard.own.of("registered"))
    found["swap"] = _swap(heard)
    found["another"] = Feature(max(found["leave"].value, found["leave_soft"].value) * float(_another(heard)))
    answers = heard.context.answers
    found[f"answers_{answers.value}"] = Feature(1.0)
    for name in (
        "yes", "no", "join", "join_perhaps", "leave", "leave_soft", "number", "data", "people", "title", "supply", "correct",
        "registered", "replace", "brief", "positive", "negative", "job", "swap",
    ):  # fmt: skip
        found[f"{name}@{answers.value}"] = found.get(name, Feature(0.0))


def _another(heard: Heard) -> bool:
    """Whether the text gives the address of somebody else: who leaves and says how to reach a colleague sends that colleague."""
    found = ADDRESS.findall(heard.message.of(SegmentKind.NEW)[:20_000])
    return any(a.lower().rstrip(".") != heard.message.sender.email for a in found)


def _swap(heard: Heard) -> Feature:
    """One person goes, another comes, and a seat is spoken of: "Anne er stoppet. Vi sender Bo, så pladsen ikke går til spilde"."""
    goes = [a for a in (*heard.own.of("leave"), *heard.own.of("job")) if {"name", "self", "me", "third"} & a.about]
    comes = [
        a
        for a in heard.own.of("join")
        if {"name", "third", "person"} & a.about and (not {"self"} & a.about or "send" in a.about or "name" in a.about)
    ]
    seat = {"seat", "registered"} & heard.own.groups or heard.context.answers in (Answers.CONFIRMATION, Answers.PROGRAMME, Answers.REQUEST)
    named = "name" in frozenset().union(*(a.about for a in comes)) if comes else False
    return Feature(float(bool(goes and comes and seat and named)), evidence(heard, [*goes[:1], *comes[:1]]))


def _doubts(heard: Heard, found: dict[str, Feature]) -> None:
    text = heard.message.text
    asked = heard.own.questions
    found["asks"] = Feature(
        float(bool(asked)), tuple(Evidence("speech", "text", q.start, q.end, text[q.start : q.end][:200]) for q in asked)
    )
    about_us = {"course", "generic", "date"} & heard.groups and "other_year" not in heard.groups
    here = about_us or heard.answers_us
    found["asks_here"] = flag(asked and here)
    found["here"] = flag(here)
    found["asks_subject"] = flag(heard.subject.questions and not heard.context.reply)
    found["consider"] = strongest(heard, heard.own.of("consider"))
    found["tentative"] = strongest(heard, heard.own.of("tentative"))
    found["endorse"] = flag(heard.context.forwarded and (heard.own.of("endorse") or heard.own.of("green")))
    found["suggest"] = strongest(heard, heard.own.of("suggest"))
    found["green"] = strongest(heard, heard.own.of("green"))
    found["green_light"] = Feature(
        found["green"].value * float(any(a.kind == "join" for a in heard.history.acts) or heard.context.answers is Answers.NUDGE)
    )
    acting = ("join", "join_held", "join_perhaps", "leave", "leave_soft", "replace", "absent", "asks", "consider")
    found["subject_alone"] = Feature(value(found, "join_subject") * float(not any_of(found, acting)))
