"""Tokens: the secrets by which the administrator's lines are told from those of anybody who writes her name in From.

A *link token* is made for one command line of one course and stands in the body that a `mailto:` link prefills (RFC
6068); the time of its issue is part of it, and an HMAC-SHA256 with the store's secret key binds all three. A digest (and
a reply to commands) carries its letter key instead, in its text and in References: good for any lines. Both last 14 days.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from mailbot.letters.key import keys_in

LIFETIME = timedelta(days=14)
_AHEAD = timedelta(minutes=10)   # how far the clocks of two servers may differ
_LONGEST_TEXT = 300_000          # characters in which tokens are looked for
_MAC_BYTES = 16                  # with four of time: twenty bytes are 32 signs of base32
_TOKEN = re.compile(r"mailbot-(letter|link)[.]?([a-z2-7]{32})(?![a-z0-9])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """What a message carries: keys of letters, latest first, and link tokens, each once."""

    keys: tuple[str, ...]
    links: tuple[str, ...]


def find(text: str, references: Iterable[str]) -> Found:
    """The tokens in a message's whole text (what it quotes included) and in its References."""
    marked = [(kind.lower(), token.lower()) for kind, token in _TOKEN.findall(text[:_LONGEST_TEXT])]
    keys = (*keys_in(references), *(token for kind, token in marked if kind == "letter"))
    return Found(tuple(dict.fromkeys(keys)), tuple(dict.fromkeys(token for kind, token in marked if kind == "link")))


def without(text: str) -> str:
    """The text with tokens taken out, so that none is read as a line."""
    return _TOKEN.sub("", text[:_LONGEST_TEXT])


def canonical(line: str) -> str:
    """A command line as it is signed: case and white space don't count."""
    return " ".join(line.casefold().split())


def link_token(secret: bytes, course: str, line: str, issued: datetime) -> str:
    """A token for this line of this course, 32 lower-case letters and digits of base32; `issued` is aware."""
    seconds = int(issued.timestamp()).to_bytes(4, "big")
    return base64.b32encode(seconds + _mac(secret, "link", course, canonical(line), seconds.hex())[:_MAC_BYTES]).decode("ascii").lower()


def issued_at(secret: bytes, token: str, course: str, line: str) -> datetime | None:
    """When this token was issued for this line of this course (UTC); None where it never was."""
    issued = datetime.fromtimestamp(int.from_bytes(base64.b32decode(token.upper())[:4], "big"), UTC)
    return issued if hmac.compare_digest(link_token(secret, course, line, issued), token) else None


def in_time(issued: datetime, at: datetime) -> bool:
    """Whether a token of this age is still good at a moment (both aware)."""
    return -_AHEAD <= at - issued <= LIFETIME


def use_of(secret: bytes, token: str, line: str) -> str:
    """What is remembered of a line that a token was used for; it tells neither of them."""
    return _mac(secret, "use", token, canonical(line))[:12].hex()


def mailto(address: str, subject: str, line: str, token: str) -> str:
    """The link to a prefilled message: the line, then the token in a line of its own (RFC 6068; CRLF as %0D%0A)."""
    body = f"{line}\r\n\r\nmailbot-link.{token}\r\n"
    return f"mailto:{quote(address, safe='@')}?subject={quote(subject, safe='')}&body={quote(body, safe='')}"


def _mac(secret: bytes, *parts: str) -> bytes:
    return hmac.new(secret, json.dumps(("command", *parts)).encode(), hashlib.sha256).digest()
