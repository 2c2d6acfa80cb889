"""FETCH answers (RFC 3501, 7.4.2) as values: numbers, bytes, None and tuples of them.

imapclient reads them letter by letter and by recursion; this reader takes a tenth of the time, which is most of a large
pass, and any depth of nesting. It knows only what it is given by imaplib: text, and literals beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

MAX_DEPTH = 200

_TOKEN = re.compile(
    rb'[ \t]*(?:(?P<bracket>[()])|"(?P<quoted>(?:[^"\\]|\\.)*)"|~?\{\d+\+?\}\Z'
    rb'|(?P<atom>[^\s()"\[{]+(?:\[[^\]"]*\])?(?:<\d+>)?))', re.DOTALL
)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_DATE = re.compile(rb"\s?(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")
_MONTHS = [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"]


def fetched(data: Iterable[Any]) -> dict[int, dict[bytes, Any]]:
    """{UID: {item: value}} of imaplib's untagged FETCH data; item names upper case. What has no UID is left out. Raises ValueError."""
    found: dict[int, dict[bytes, Any]] = {}
    pieces: list[Any] = []
    for piece in data:
        pieces.append(piece)
        if isinstance(piece, tuple):
            continue  # a literal: the answer goes on
        if piece is not None:
            answer = _values(pieces)
            if len(answer) != 2 or not isinstance(answer[1], tuple) or len(answer[1]) % 2:
                raise ValueError("an answer to FETCH is a list of pairs")
            items = {bytes(key).upper(): value for key, value in zip(answer[1][::2], answer[1][1::2], strict=True)}
            if isinstance(uid := items.get(b"UID"), int):
                found.setdefault(uid, {}).update(items)
        pieces = []
    if pieces:
        raise ValueError("an answer to FETCH broke off")
    return found


def _values(pieces: Iterable[Any]) -> list[Any]:
    """The tokens of one answer, lists as tuples."""
    stack: list[list[Any]] = [[]]
    for piece in pieces:
        text, literal = piece if isinstance(piece, tuple) else (piece, None)
        at, end = 0, len(text.rstrip())
        while at < end:
            match = _TOKEN.match(text, at, end)
            if match is None:
                raise ValueError(f"not understood: {text[at:at + 40]!r}")
            at = match.end()
            if match["bracket"] == b"(":
                if len(stack) > MAX_DEPTH:
                    raise ValueError("nested too deeply")
                stack.append([])
            elif match["bracket"]:
                if len(stack) < 2:
                    raise ValueError("a bracket too many")
                inner = tuple(stack.pop())
                stack[-1].append(inner)
            elif (quoted := match["quoted"]) is not None:
                stack[-1].append(_ESCAPED.sub(rb"\1", quoted) if b"\\" in quoted else quoted)
            elif atom := match["atom"]:
                stack[-1].append(None if atom.upper() == b"NIL" else int(atom) if atom.isdigit() and len(atom) < 20 else atom)
        if literal is not None:
            stack[-1].append(literal)
    if len(stack) != 1:
        raise ValueError("a bracket too few")
    return stack[0]


def internaldate(value: Any) -> datetime | None:
    """An INTERNALDATE such as "17-Jul-2026 02:44:25 +0200" in UTC; None where it is none."""
    match = _DATE.fullmatch(value) if isinstance(value, bytes) else None
    if match is None or match[2].lower() not in _MONTHS:
        return None
    offset = timedelta(hours=int(match[8]), minutes=int(match[9])) * (-1 if match[7] == b"-" else 1)
    day, year, hour, minute, second = (int(match[n]) for n in (1, 3, 4, 5, 6))
    month = _MONTHS.index(match[2].lower()) + 1
    try:
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=timezone(offset)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
