"""What our own server says of the sender: Authentication-Results (RFC 8601), with the alignment of DMARC (RFC 7489).

Only the topmost header counts, and only with an authserv-id that we trust: whatever stands below may be forged. Exchange
Online writes no authserv-id; there the topmost header is its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailbot.mail.message import Message, Verdict

MAX_LENGTH = 20_000

# Below these, the part before belongs to somebody else: the second level of country domains, and providers' common domains.
_SECOND_LEVELS = frozenset({
    "co", "com", "org", "net", "ac", "gov", "edu", "gob", "or", "ne", "go", "nom", "ltd", "plc", "sch",
    "nhs", "gouv", "asso",
})
_SHARED = frozenset({
    "onmicrosoft.com", "gappssmtp.com", "herokuapp.com", "azurewebsites.net", "github.io", "pages.dev", "web.app", "blogspot.com",
    "co.no", "eu.org",
})
_RESULT = re.compile(r"\s*([a-z0-9][a-z0-9_-]{0,40})(?:\s*/\s*\d+)?\s*=\s*([a-z][a-z0-9_-]{0,40})", re.IGNORECASE)
_PROPERTY = re.compile(
    r"([a-z][a-z0-9_-]{0,30}\.[a-z0-9][a-z0-9_.-]{0,40})\s*=\s*(?:\"([^\"]{0,300})\"|([^\s;\"]{1,400}))",
    re.IGNORECASE,
)
_SEVERAL = "several addresses in From"


@dataclass(frozen=True, slots=True)
class Result:
    """One method's result, lower case: `properties` such as ("header.d", "example.dk")."""

    method: str
    result: str
    properties: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str:
        return next((value for key, value in self.properties if key == name), "")


def results(value: str) -> tuple[str, tuple[Result, ...]]:
    """The authserv-id (lower case, "" where there is none) and the results of an Authentication-Results value."""
    pieces = _pieces(value[:MAX_LENGTH])
    server = ""
    if pieces and not _RESULT.match(pieces[0]):
        words = pieces.pop(0).split()
        server = words[0].strip('"').rstrip(".").lower() if words else ""
    found: list[Result] = []
    for piece in pieces[:100]:
        match = _RESULT.match(piece)
        if match:
            properties = tuple((key.lower(), (quoted or bare).lower()) for key, quoted, bare in _PROPERTY.findall(piece, match.end()))
            found.append(Result(match[1].lower(), match[2].lower(), properties))
    return server, tuple(found)


def _pieces(value: str) -> list[str]:
    """`value` without comments, cut at the semicolons outside quotes."""
    pieces: list[str] = []
    kept: list[str] = []
    comment, quoted, escaped = 0, False, False
    for character in value:
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
            continue
        elif character == '"' and not comment:
            quoted = not quoted
        elif not quoted and character in "()":
            comment = max(comment + (1 if character == "(" else -1), 0)
            kept.append(" ")
            continue
        elif character == ";" and not quoted and not comment:
            pieces.append("".join(kept))
            kept = []
            continue
        if not comment:
            kept.append(character)
    return [piece for piece in [*pieces, "".join(kept)] if piece.strip()]


def verdict(message: Message, trusted: Sequence[str], *, exchange_online: bool = False) -> Verdict:
    """PASS or FAIL as our own server judged the sender, NONE where it said nothing that can be trusted.

    `trusted` are the authserv-ids of our own server, in full or as ".example.dk" for every host of that domain.
    `exchange_online`: the account is on Exchange Online, which marks mail from inside the tenant, strips that mark from
    outside mail, and writes its results without an authserv-id.
    """
    several = any(problem.startswith(_SEVERAL) for problem in message.problems)
    if exchange_online and not several and dict(message.headers).get("x-ms-exchange-organization-authas", "").strip().lower() == "internal":
        return Verdict.PASS
    if not message.authentication_results:
        return Verdict.NONE
    server, found = results(message.authentication_results[0])
    if not (_is_trusted(server, trusted) if server else exchange_online):
        return Verdict.NONE
    verdict = _judge(found, message.sender.email.rpartition("@")[2])
    return Verdict.NONE if several and verdict is Verdict.PASS else verdict


def _is_trusted(server: str, trusted: Sequence[str]) -> bool:
    entries = [entry.strip().rstrip(".").lower() for entry in trusted]
    return any(server == entry or (entry.startswith(".") and server.endswith(entry)) for entry in entries if entry)


def _judge(found: Sequence[Result], domain: str) -> Verdict:
    dmarc = next((result for result in found if result.method == "dmarc"), None)
    if dmarc and dmarc.result == "fail":
        return Verdict.FAIL
    if dmarc and dmarc.result == "pass":
        return Verdict.PASS if aligned(dmarc.get("header.from") or domain, domain) else Verdict.NONE
    signed = [result for result in found if result.method == "dkim"]
    sent = [result for result in found if result.method == "spf"]
    if any(result.result == "pass" and aligned(result.get("header.d") or result.get("header.i"), domain) for result in signed):
        return Verdict.PASS
    if any(result.result == "pass" and aligned(result.get("smtp.mailfrom"), domain) for result in sent):
        return Verdict.PASS
    if dmarc is None and any(result.result == "fail" for result in sent) and signed and all(result.result == "fail" for result in signed):
        return Verdict.FAIL
    return Verdict.NONE


def aligned(one: str, other: str) -> bool:
    """Whether two domains (or addresses) are of one organisation: DMARC's relaxed alignment."""
    return bool(one and other) and organisational(one) == organisational(other) != ""


def organisational(domain: str) -> str:
    """The organisational domain, by a small rule instead of the public suffix list: two labels, three below a known second
    level such as co.uk or a domain that a provider shares among its customers."""
    labels = domain.rpartition("@")[2].strip(" .").lower().split(".")
    if len(labels) < 2 or not all(labels):
        return ""
    shared = ".".join(labels[-2:]) in _SHARED or (len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVELS)
    keep = 3 if shared else 2
    return ".".join(labels[-keep:]) if len(labels) >= keep else ""
