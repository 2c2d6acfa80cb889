"""What a message answers: which of our letters, known by its record or by its wording in the quoted history.

"Ja tak" means one thing under an offer and another under an invitation, and a bare number is an answer only where
somebody asked for it.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from mailbot.course import Kind
from mailbot.mail.message import Message, Segment, SegmentKind
from mailbot.understanding.lexicon import affixes, alternatives, listed, words
from mailbot.understanding.reading import Letter

LOOKED_AT = 3_000  # characters of a quoted letter
OURS = 2.5  # what a phrase of our own templates counts for, where any other phrase counts one


class Answers(StrEnum):
    """What the message is an answer to."""

    NOTHING = "nothing"
    OFFER = "offer"
    CONFIRMATION = "confirmation"
    REQUEST = "request"
    INVITATION = "invitation"
    NUDGE = "nudge"
    PROGRAMME = "programme"
    WAITING = "waiting"
    VERIFY = "verify"
    ENDED = "ended"  # our letter that somebody has left
    OWN = "own"  # an earlier mail of the writer
    OTHER = "other"  # some other thread


_KINDS = {
    Kind.OFFER: Answers.OFFER, Kind.OFFER_REMINDER: Answers.OFFER, Kind.OFFER_LAPSED: Answers.OFFER,
    Kind.CONFIRMATION: Answers.CONFIRMATION, Kind.UPDATED: Answers.CONFIRMATION, Kind.ALREADY: Answers.CONFIRMATION,
    Kind.SUBSTITUTED: Answers.CONFIRMATION, Kind.MISSING_DETAILS: Answers.REQUEST, Kind.MEETING_REMINDER: Answers.PROGRAMME,
    Kind.PLACE: Answers.PROGRAMME, Kind.THANKS: Answers.PROGRAMME, Kind.WAITING: Answers.WAITING, Kind.LATE: Answers.WAITING,
    Kind.VERIFY: Answers.VERIFY, Kind.CANCELLED: Answers.ENDED, Kind.DECLINED: Answers.ENDED,
}  # fmt: skip
_ORDER = (
    Answers.OFFER,
    Answers.REQUEST,
    Answers.NUDGE,
    Answers.CONFIRMATION,
    Answers.INVITATION,
    Answers.PROGRAMME,
    Answers.WAITING,
    Answers.VERIFY,
    Answers.ENDED,
)
WEIGHT = {Answers.OFFER: 1.2, Answers.REQUEST: 1.6, Answers.NUDGE: 2.0, Answers.WAITING: 1.1, Answers.VERIFY: 1.5}


@dataclass(frozen=True, slots=True)
class Context:
    """What surrounds the new text. `subject` is the sender's own one ("" where it repeats another's), `topic` the
    subject without its prefixes; `history` and `forwarded` are the quoted parts, nearest first."""

    answers: Answers
    subject: str
    topic: str
    reply: bool
    forward: bool
    history: tuple[Segment, ...]
    forwarded: tuple[Segment, ...]
    asked: tuple[str, ...] = ()


def context(message: Message, answered: Letter | None, ours: Collection[str]) -> Context:
    """What the message answers, from our record of the letter, else from the nearest quoted message and the subject."""
    topic, reply, forward = strip_prefixes(message.subject)
    history = tuple(s for s in message.segments if s.kind is SegmentKind.HISTORY)
    forwarded = tuple(s for s in message.segments if s.kind is SegmentKind.FORWARDED)
    answers = (
        _KINDS.get(answered.kind, Answers.OTHER)
        if answered
        else _recognised(message, topic, reply, history or _sent_on(forwarded, ours), ours)
    )
    asked = answered.asked if answered else ()
    own = "" if reply or forward else topic
    return Context(answers, own, topic, reply or bool(answered), forward, history, forwarded, asked)


def _sent_on(forwarded: tuple[Segment, ...], ours: Collection[str]) -> tuple[Segment, ...]:
    """A letter of ours to somebody else that is sent back to us with an answer above it ("VS: Tilbud om plads")."""
    return forwarded if forwarded and forwarded[0].sender and forwarded[0].sender.email in ours else ()


def strip_prefixes(subject: str) -> tuple[str, bool, bool]:
    """The subject without "SV:", "VS:" and their kin, whether it is a reply, and whether a forward."""
    reply = forward = False
    rest = subject.strip()[:500]
    while match := _prefix().match(rest):
        word = match.group(1).lower()
        reply = reply or word in listed("letters", "reply_prefixes")
        forward = forward or word in listed("letters", "forward_prefixes")
        rest = rest[match.end() :]
    return rest.strip(), reply, forward


@cache
def _prefix() -> re.Pattern[str]:
    known = alternatives(listed("letters", "reply_prefixes") | listed("letters", "forward_prefixes"))
    return re.compile(rf"\s*({known})(?:\[\d+\]|\(\d+\))?\s?:\s*", re.IGNORECASE)


def _recognised(message: Message, topic: str, reply: bool, history: tuple[Segment, ...], ours: Collection[str]) -> Answers:
    """The kind of letter that the nearest quoted message is; the sender's own earlier mail is OWN."""
    if not history:
        if reply or any(part.startswith(affixes("letters", "answering")) for part in _PARTS.split(topic.lower())):
            return recognise("", topic) or (Answers.OTHER if reply else Answers.NOTHING)
        return Answers.NOTHING
    nearest = history[0]
    text = message.text[nearest.start : nearest.end]
    for segment in history[1:]:
        if segment.depth == nearest.depth and len(text) < LOOKED_AT:
            text += message.text[segment.start : segment.end]
    sender = nearest.sender.email if nearest.sender else ""
    if sender and sender == message.sender.email and sender not in ours:
        return Answers.OWN
    return recognise(text, nearest.subject or topic) or (Answers.OTHER if reply else Answers.NOTHING)


_PARTS = re.compile(r"\s[-–—:|/]\s|,\s")  # of a subject


def recognise(text: str, subject: str) -> Answers | None:
    """The kind of letter that a text with this subject is, by its wording; None where it has none of ours."""
    folded = " ".join(f"{subject}\n{text}"[:LOOKED_AT].lower().replace(">", " ").split())
    best, most = None, 0.0
    table = words("letters")
    for kind in _ORDER:
        count = sum(cue in folded for cue in table.get(kind.value, ())) * WEIGHT.get(kind, 1.0)
        count += OURS * sum(cue in folded for cue in table["written"].get(kind.value, ()))
        if count > most:
            best, most = kind, count
    return best
