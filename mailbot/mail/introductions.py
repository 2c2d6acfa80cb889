"""The lines by which mail clients introduce a quoted or forwarded message: Outlook's header blocks, "Den … skrev …:",
"---------- Forwarded message", GroupWise's ">>> name date >>>" and their like in five languages.

Works on lines from which quote marks are already taken. Every pattern is anchored and linear.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailbot.mail.headers import address_of, addresses
from mailbot.mail.message import Address

MAX_LINE = 400        # a longer line introduces nothing
MAX_BLOCK = 40        # lines of a header block

_LABELS = {
    "from": "fra|from|von|från|afsender|avsender|avsändare|frá|de",
    "date": "sendt|sent|gesendet|skickat|dato|date|datum|sendt den|dagsetning|sent at",
    "to": "til|to|an|till",
    "cc": "cc|kopi|kopia|kopie|kopi til",
    "subject": "emne|subject|betreff|ämne|evni|vedrørende",
    "other": "bcc|reply-to|svar til|vedhæftede filer|vedhæftet|attachments|anlagen|bifogade filer|prioritet|vigtighed|importance|priority"
             "|følsomhed|sensitivity|organisation|message-id|resent-from",
}
_KEYS = {label: key for key, labels in _LABELS.items() for label in labels.split("|")}
_HEADER = re.compile(
    rf"[*_]?({'|'.join(sorted(map(re.escape, _KEYS), key=len, reverse=True))})[ \t]?:[*_]{{0,2}}(?=\s|$|<|\")[ \t]*(.*)",
    re.IGNORECASE,
)
_FORWARD = re.compile(
    r"-{2,} ?(?:forwarded message|videresendt (?:meddelelse|besked|mail|e-mail|melding)|weitergeleitete (?:nachricht|mail)|forwarded mail"
    r"|vidarebefordrat (?:meddelande|mejl)|doorgestuurd bericht) ?(?:-{2,}|$|fra |from |von |från )"
    r"|(?:start på (?:den )?videresendte? (?:besked|meddelelse|mail|e-mail|melding)|begin forwarded message"
    r"|anfang der weitergeleiteten (?:nachricht|e-mail)"
    r"|vidarebefordrat (?:brev|mejl)|börjar vidarebefordrat (?:brev|meddelande)|påbörjat vidarebefordrat (?:brev|mejl)"
    r"|videresendt melding) ?:?$"
    r"|(?:-{2,} ?)?(?:videresendt af|forwarded by|weitergeleitet von|vidarebefordrat av|videresendt av) .{1,150}$",
    re.IGNORECASE,
)
_ORIGINAL = re.compile(
    r"-{2,} ?(?:oprindelig (?:meddelelse|besked|mail|e-mail|aftale)|original ?(?:message|meddelelse|appointment|mail|besked)"
    r"|ursprüngliche (?:nachricht|mail)|ursprungligt meddelande|opprinnelig melding|upprunalegur póstur|svar på) ?-{2,}",
    re.IGNORECASE,
)
_RULE = re.compile(r"[_=—-]{5,}$")
_VERB = re.compile(r"\b(?:skrev|wrote|schrieb|schreef|skreiv|skrifaði|a écrit|hat geschrieben)\b", re.IGNORECASE)
_OPENING = re.compile(
    r"(?:-{2,5} ?)?(?:den|d\.|on|am|på|le|op|þann|tann|(?:man|tirs?|ons|tors?|fre|lør|søn)(?:dag)?\.?"
    r"|\d{1,2}(?=[./ -]))(?!\w)",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
_TIME = re.compile(
    r"\d{1,2}[:.]\d\d(?:[:.]\d\d)?(?: ?[ap]\.?m\.?)?(?: ?(?:cet|cest|gmt|utc|[+-]\d{4}))?\b,?|\b(?:19|20)\d\d\b,?",
    re.IGNORECASE,
)
_GROUPWISE = re.compile(r">>> ?([^>\n]{3,150}(?:<[^<>\n]{3,80}>)?[^>\n]{0,60}\d[^>\n]{0,30}) ?>>>$")
_YOU = re.compile(r"(?:du|you|sie|i) (?:skrev|wrote|schrieben) ?:$", re.IGNORECASE)
_PREFIX = re.compile(r"\s*(sv|re|aw|svar|antw|vs|fw|fwd|wg|vb|videresendt|videresend)\s*(?:\[\d+\])?\s*[:;]", re.IGNORECASE)
_FORWARDS = frozenset({"vs", "fw", "fwd", "wg", "vb", "videresendt", "videresend"})


@dataclass(frozen=True, slots=True)
class Introduction:
    """What introduces a message: `lines` it takes, whether it says that it is a forward (None: it could be either), whether
    quote marks must follow (`quoting`), and what it tells of the message."""

    lines: int
    forward: bool | None
    quoting: bool = False
    sender: Address | None = None
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    date: str = ""
    subject: str = ""


def is_forward(subject: str) -> bool | None:
    """Whether the subject's prefix says that the message forwards (VS, FW …) or answers (SV, Re …); None without one."""
    match = _PREFIX.match(subject)
    return None if match is None else match[1].lower() in _FORWARDS


def forwards(line: str) -> bool:
    """Whether the line announces a forwarded message in words."""
    return len(line) <= MAX_LINE and bool(_FORWARD.match(line))


def introduction(lines: Sequence[str], at: int) -> Introduction | None:
    """The introduction that begins at `lines[at]` (stripped lines), or None."""
    line = lines[at]
    if not line or len(line) > MAX_LINE:
        return None
    first = line[0]
    if first in "-_=—" or (first in "sSbBaAvVpPfFwWdD" and _FORWARD.match(line)):
        found = _marked(lines, at)
        if found:
            return found
    if first == ">":
        return _groupwise(line)
    header = _HEADER.match(line)
    if header:
        return _block(lines, at, 0, None) if _KEYS[header[1].lower()] == "from" else None
    return _attribution(lines, at)


def _marked(lines: Sequence[str], at: int) -> Introduction | None:
    """A separator or announcement with a header block below it."""
    line = lines[at]
    forward = True if _FORWARD.match(line) else False if _ORIGINAL.match(line) else None
    if forward is None and not _RULE.match(line):
        return None
    below = _next_filled(lines, at + 1, 4)
    if below is not None:
        found = _block(lines, below, below - at, forward, marked=forward is not None)
        if found:
            return found
    return Introduction(1, forward) if forward is not None else None


def _next_filled(lines: Sequence[str], at: int, reach: int) -> int | None:
    return next((i for i in range(at, min(at + reach, len(lines))) if lines[i]), None)


def _block(lines: Sequence[str], at: int, before: int, forward: bool | None, *, marked: bool = False) -> Introduction | None:
    """A block of header lines from `at` on, `before` lines below the separator."""
    found: dict[str, str] = {}
    key, end, i = "", at, at
    while i < min(at + MAX_BLOCK, len(lines)):
        line = lines[i]
        match = _HEADER.match(line) if len(line) <= 20_000 else None
        if match and (name := _KEYS[match[1].lower()]) not in found:
            key = name
            found[key] = match[2].strip(" *_")
        elif match or (line and i > end) or (line and key not in ("to", "cc", "from", "subject")):
            break  # a second From, or words after a blank line, are the message itself
        elif line:
            if found[key] and not _continues(found[key], line):
                break
            found[key] += f" {line}"
        elif i > end + 1:
            break
        end = i + 1 if line else end
        i += 1
    dated = any(map(str.isdigit, found.get("date", "")))
    addressed = "@" in found.get("from", "") and ("to" in found or "subject" in found)
    if not found.get("from") or not (dated or addressed or (marked and len(found) > 1)):
        return None
    return Introduction(
        before + end - at, forward, sender=_address(found["from"]), to=_addresses(found.get("to", "")),
        cc=_addresses(found.get("cc", "")), date=found.get("date", "")[:100], subject=found.get("subject", "")[:500],
    )


def _continues(value: str, line: str) -> bool:
    """Whether `line` goes on with a header's value: a folded list of addresses, or an address below its name."""
    return value.endswith((";", ",", "<")) or line.startswith(("<", ";")) or bool(re.match(r"\S+@\S+[>;]", line))


def _plain(value: str) -> str:
    return value.replace("[mailto:", "<").replace("<mailto:", "<").replace("]", ">")


def _address(value: str) -> Address:
    value = re.sub(r"[ \t](?:på vegne af|on behalf of|im auftrag von|på vegne av|via)[ \t].*", "", _plain(value[:500]), flags=re.IGNORECASE)
    return address_of(value)


def _addresses(value: str) -> tuple[Address, ...]:
    return addresses(_plain(value[:20_000]).encode())[:100] if value else ()


def _groupwise(line: str) -> Introduction | None:
    match = _GROUPWISE.match(line)
    if not match:
        return None
    cut = _DIGIT.search(match[1], match[1].rfind(">") + 1)
    at = cut.start() if cut else len(match[1])
    return Introduction(1, None, sender=_address(match[1][:at]), date=match[1][at:].strip())


def _attribution(lines: Sequence[str], at: int) -> Introduction | None:
    """"Den 12. feb. 2026 kl. 09.30 skrev Navn <adresse>:", which may run over three lines."""
    joined = lines[at]
    opens = _OPENING.match(joined)
    if not opens and ":" not in joined[-2:]:
        return None
    for taken in range(1, 4):
        if taken > 1:
            if at + taken > len(lines) or not lines[at + taken - 1] or len(joined) > MAX_LINE:
                return None
            joined += " " + lines[at + taken - 1]
        if joined.endswith((":", ": *", ":*")):
            verb = _VERB.search(joined)
            return _attributed(joined, verb, taken, bool(opens)) if verb else None
        if not opens:
            return None
    return None


def _attributed(line: str, verb: re.Match[str], taken: int, opens: bool) -> Introduction | None:
    head, tail = line[:verb.start()].strip(" ,*-"), line[verb.end():].strip(" :*")
    if _YOU.match(line):
        return Introduction(taken, None, quoting=True)
    dated = bool(_DIGIT.search(head if tail else line))
    if opens and dated and tail and not head.endswith(">"):
        sure = "@" in tail or (_TIME.search(head) is not None and len(tail.split()) < 7)
        return Introduction(taken, None, quoting=not sure, sender=_address(tail), date=head.partition(" ")[2])
    if tail and not (_DIGIT.search(tail) and re.match(r"(?:den|on|am|følgende|the following)\b", tail, re.IGNORECASE)):
        return None  # "Lisbet skrev i invitationen:"
    times = list(_TIME.finditer(head)) if opens else []
    cut = times[-1].end() if times else 0
    name = head[cut:].strip(" ,")
    certain = bool(times) or "@" in head
    date = (head[:cut].partition(" ")[2] or tail).strip(" ,")
    return Introduction(taken, None, quoting=not certain, sender=_address(name) if name else None, date=date)
