"""Whether a message may concern a course at all: a cheap look before more of it is fetched. Errs on the side of yes."""

from __future__ import annotations

from collections.abc import Sequence

from mailbot.course import Course
from mailbot.understanding.lexicon import words

SHORTEST_NAME = 6


def hints(courses: Sequence[Course]) -> tuple[str, ...]:
    """What a message that concerns a course will hardly do without, in small letters: the stems of words/hints.toml and
    the long words of the courses' names."""
    names = {part for c in courses for name in (c.title, *c.aliases) for part in name.casefold().split() if len(part) >= SHORTEST_NAME}
    return (*words("hints")["stems"], *sorted(names))
