"""A message as it was listened to, and the features that are made of it: how strongly something is there, and which words
say so. The names of the features are those in `words/weights.toml`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from mailbot.mail.message import Message
from mailbot.understanding.context import Answers, Context
from mailbot.understanding.reading import Evidence
from mailbot.understanding.speech import Act, Speech
from mailbot.understanding.topic import Names


@dataclass(frozen=True, slots=True)
class Feature:
    """How strongly something is there, and the words that say so."""

    value: float
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Heard:
    """A message as it was listened to: its own words, its own subject, what it forwards, and what it answers."""

    message: Message
    context: Context
    names: Names
    own: Speech
    subject: Speech
    forwarded: Speech
    history: Speech
    features: dict[str, Feature] = field(default_factory=dict)

    @property
    def groups(self) -> frozenset[str]:
        """The groups of words in the sender's own text and subject."""
        return self.own.groups | self.subject.groups

    @property
    def answers_us(self) -> bool:
        """Whether it answers a letter or an invitation of ours."""
        return self.context.answers not in (Answers.NOTHING, Answers.OTHER)


def flag(holds: object) -> Feature:
    """A feature that is there or not."""
    return Feature(float(bool(holds)))


def value(found: Mapping[str, Feature], name: str) -> float:
    return found[name].value if name in found else 0.0


def any_of(found: Mapping[str, Feature], names: Iterable[str]) -> bool:
    return any(value(found, name) for name in names)


def evidence(heard: Heard, acts: Iterable[Act], source: str = "text") -> tuple[Evidence, ...]:
    text = heard.message.text if source == "text" else heard.context.topic
    return tuple(Evidence("speech", source, a.start, a.end, text[a.start : a.end][:200], a.strength) for a in acts)


def strongest(heard: Heard, acts: list[Act], source: str = "text") -> Feature:
    best = max(acts, key=lambda a: a.strength, default=None)
    return Feature(best.strength, evidence(heard, [best], source)) if best else Feature(0.0)


def said_or_headed(heard: Heard, kind: str) -> Feature:
    """The strongest act of a kind in the text or in the subject, with the words where they stand."""
    return max(strongest(heard, heard.own.of(kind)), strongest(heard, heard.subject.of(kind), "subject"), key=lambda f: f.value)


def elsewhere(act: Act, heard: Heard) -> bool:
    """Whether an act is about another event: one is named and the course is not, in the clause or else in the whole."""
    if "newsletter" in act.about:
        return True
    if "course" in act.about:
        return False
    if "other" in act.about:
        return True
    return other_topic(heard) and "generic" not in act.about


def other_topic(heard: Heard) -> bool:
    """The message speaks of another event and never of the course."""
    return "other" in heard.groups and "course" not in heard.groups


def to_us(message: Message, ours: Collection[str]) -> bool:
    return any(a.email in ours for a in (*message.to, *message.cc))


def to_colleague(heard: Heard, ours: Collection[str]) -> bool:
    """Written to somebody else, with us in Cc at most; who teaches the course is one of us."""
    message = heard.message
    teachers = {f.lower() for c in heard.names.courses for f in c.facilitators}
    return (
        bool(message.to)
        and not any(a.email in ours or a.name.lower() in teachers for a in message.to)
        and any(a.email in ours for a in message.cc)
    )
