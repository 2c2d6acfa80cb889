"""Whether a text may concern a course at all: a cheap look before more of a message is fetched. Errs on the side of yes."""

from __future__ import annotations

from collections.abc import Sequence

from mailbot.course import Course
from mailbot.mail.message import Message
from mailbot.understanding.lexicon import words

SHORTEST_NAME = 5


def may_concern(message: Message, courses: Sequence[Course]) -> bool:
    """True where subject or text hold a stem of words/hints.toml or a word of a course's names, or where there is no text."""
    text = f"{message.subject} {message.text}".casefold()
    names = (part for c in courses for name in (c.title, *c.aliases) for part in name.casefold().split() if len(part) >= SHORTEST_NAME)
    return not message.text.strip() or any(stem in text for stem in (*words("hints")["stems"], *names))
