"""Whether the HTML of a message is worth fetching, by its plain text: asked for thousands of messages, so it must be quick."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mailbot.course import Course
from mailbot.mail.parse import parse
from mailbot.understanding.hints import hints


def worth_of(courses: Sequence[Course]) -> Callable[[bytes], bool]:
    """A test of raw messages. What is encoded in base64 must be decoded to be seen; anything else shows its ASCII as it is."""
    wanted = hints(courses)
    plain = tuple(hint.encode() for hint in wanted if hint.isascii())

    def worth(raw: bytes) -> bool:
        seen = raw.lower()
        if b"base64" not in seen:
            return any(hint in seen for hint in plain)
        message = parse(raw)
        text = f"{message.subject} {message.text}".casefold()
        return not message.text.strip() or any(hint in text for hint in wanted)

    return worth
