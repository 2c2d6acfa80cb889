"""CPR numbers: recognised, masked, never kept. Everybody masks before anything is stored, shown or logged.

A CPR number is a date of birth (ddmmyy) and four digits. The check digit proves nothing since 2007, so that ten digits
with a dash or a space are taken for one where the date is possible; ten digits in a row only where a word says so.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

from mailbot.mail.message import Address, Message
from mailbot.understanding.lexicon import alternatives, words

_DATE = r"(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d\d"


@cache
def _cpr() -> re.Pattern[str]:
    return re.compile(
        rf"(?<![^\W_])(?<![\-.])(?P<plain>{_DATE}(?:[-–]|[ \u00a0])\d{{4}})(?![^\W_]|-|[ \u00a0]\d)"
        rf"|(?<!\w){alternatives(words('cpr')['before'])}[^\d\n]{{0,20}}(?P<told>\d{{6}}[ \u00a0-]?\d{{4}})(?!\d)",
        re.IGNORECASE,
    )


_TEN = re.compile(r"\d(?<!\d\d)\d{5}[-–\s]?\d{4}(?!\d)")  # what every CPR number looks like


def find_cpr(text: str) -> list[tuple[int, int]]:
    """The spans of CPR numbers in `text`."""
    if not _TEN.search(text):
        return []
    return [m.span(m.lastgroup or 0) for m in _cpr().finditer(text)]


def mask_cpr(text: str) -> str:
    """`text` with each digit of a CPR number replaced by `*`; the length stays the same, so that spans stay true."""
    parts, at = [], 0
    for start, end in find_cpr(text):
        parts += [text[at:start], re.sub(r"\d", "*", text[start:end])]
        at = end
    return "".join([*parts, text[at:]]) if parts else text


def masked(message: Message) -> Message:
    """The message without CPR numbers in what is kept of it as it came: subject, names of people and of files.

    Its text stays, so that the reader can tell that there was one; what is taken out of the text is masked there.
    """
    return replace(
        message,
        subject=mask_cpr(message.subject),
        sender=_named(message.sender),
        reply_to=tuple(map(_named, message.reply_to)),
        to=tuple(map(_named, message.to)),
        cc=tuple(map(_named, message.cc)),
        attachments=tuple(replace(a, name=mask_cpr(a.name)) for a in message.attachments),
    )


def _named(address: Address) -> Address:
    return Address(mask_cpr(address.name), mask_cpr(address.email))
