"""Delivery reports: RFC 3464, and what older servers write instead (qmail, Exim, Postfix, Exchange and their like).

A report tells which recipients failed or wait, and which message of ours it is about: its Message-ID, References and
letter key are read from the returned copy or its headers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from mailbot.mail import headers
from mailbot.mail.message import Address, Failure, Report
from mailbot.mail.mime import Part, read_fields

MAX_FAILURES = 200

_BLANK = re.compile(rb"\r?\n[ \t]*\r?\n")
_ADDRESS = re.compile(r"(?<![\w.+@-])[\w.+'/-]{1,100}@[\w-]{1,60}(?:\.[\w-]{1,60}){1,6}(?![\w@-])")
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_DAEMON = re.compile(
    r"(?:mailer[-_.]?daemon|postmaster|mail[-_.]?daemon|mail[-_.]?delivery|mdaemon|bounces?|microsoftexchange\w*)(?:$|[-_.+@\d])",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"undeliver|undelivered|delivery (?:status|failure|report|has failed|notification|problem|failed)|mail delivery"
    r"|returned mail|failure notice|non[- ]?delivery|nondeliver"
    r"|not delivered|could not be delivered|warning: (?:message|could not)|delayed|forsinket|kan ikke leveres"
    r"|kunne ikke leveres|ikke leveret|uleveret|leveringsfejl"
    r"|meddelelse om (?:manglende )?levering|levering mislykke|unzustellbar|nicht zugestellt|zustellung|kan inte levereras"
    r"|kunde inte levereras|olevererbar|kan ikke leveres"
    r"|user unknown|mail (?:error|failure|system error)|message status - undeliverable|rejected|returned to sender|bounce"
    r"|failure delivery|processing error",
    re.IGNORECASE,
)
_DELAYED = re.compile(
    r"delayed|not yet (?:been )?delivered|has not yet been|forsinke|still (?:being )?(?:trying|retried)|(?:will be"
    r"|being) retried|will continue|continue trying|prøver igen"
    r"|fortsætter med at|fördröjd|försenad|verzögert|could not be delivered for the last",
    re.IGNORECASE,
)
_GIVEN_UP = re.compile(r"giv(?:ing|en) up|permanent|not going to try|no further attempts|too long", re.IGNORECASE)
_LABEL = re.compile(
    r"(?::|;|\b(?:recipients?|modtager(?:en)?|to|til|smtp|user|address|adressen?|for|mottagare|empfänger|mailbox|rcpt to))\W*$",
    re.IGNORECASE,
)
_HEADER_LABEL = re.compile(r"(?:to|til|an|till|from|fra|cc|subject|emne|sent|sender|reply-to|received on)\W*$", re.IGNORECASE)
_FAILS = re.compile(
    r"fail|unknown|unable|not |ikke|reject|denied|afvist|[45]\d\d|full|error|inactive|disabled|invalid|undeliver"
    r"|unavailable|mislykke|quota|nicht|inte ", re.IGNORECASE)
_COPY = re.compile(
    r"^[ \t>*-]{0,20}(?:below this line is|this is a copy of|here is a copy|the (?:body|header)s? of (?:the|your)"
    r"|original message|oprindelige? (?:meddelelse|mail|besked)"
    r"|message header|(?:unsent|returned|undeliverable) (?:message|mail)|message headers follow"
    r"|your (?:original )?message(?: (?:follows|reads|is below))|original mail header|-{3,} ?header)",
    re.IGNORECASE | re.MULTILINE,
)
_HEADER_BLOCK = re.compile(
    r"^(?:received|return-path|message-id|from|date|subject|mime-version|x-[\w-]{1,40})[ \t]?:", re.IGNORECASE | re.MULTILINE,
)


def read(root: Part, sender: Address, subject: str, text: str) -> Report | None:
    """The delivery report that the message is, None where it is none. `text` is its own text, without attached messages."""
    parts = list(root.own())
    failures = [failure for part in parts if part.content_type in ("message/delivery-status", "message/global-delivery-status")
                for failure in _failures(part.content(200_000))]
    head, _, copy = _cut(text)
    if not failures:
        declared = root.content_type == "multipart/report" and root.param("report-type").lower() == "delivery-status"
        if not declared and not _may_report(root, sender, subject):
            return None
        failures = _told(root, head, sender, subject)
        if not failures and not declared:
            return None
    return _about(_original(parts, copy), failures[:MAX_FAILURES])


def _may_report(root: Part, sender: Address, subject: str) -> bool:
    """Whether the message comes from a mail system and speaks of delivery."""
    paths = root.all("return-path")
    null = bool(paths) and not headers.address_of(headers.raw_text(paths[0])).email
    daemon = bool(_DAEMON.match(sender.email)) or "mail delivery" in sender.name.lower() or null or bool(root.all("x-failed-recipients"))
    return daemon and bool(_SUBJECT.search(subject) or root.all("x-failed-recipients"))


def _failures(content: bytes) -> Iterable[Failure]:
    """The per-recipient fields of message/delivery-status (RFC 3464, section 2.3)."""
    for block in _BLANK.split(content.strip() + b"\n")[:MAX_FAILURES + 1]:
        fields = dict(reversed(read_fields(block.lstrip() + b"\n", 0, len(block) + 1)[0]))
        recipient = _recipient(fields.get("final-recipient", b"")) or _recipient(fields.get("original-recipient", b""))
        if not recipient:
            continue
        original = _recipient(fields.get("original-recipient", b""))
        status = _STATUS.search(headers.raw_text(fields.get("status", b"")))
        action = headers.text(fields.get("action", b"")).lower().split(" ")[0]
        code = headers.text(fields.get("diagnostic-code", b""))
        diagnostic = code.partition(";")[2].strip() or code
        known = action if action in ("failed", "delayed", "delivered", "relayed", "expanded") else _action(status[1] if status else "")
        yield Failure(original if "@" in original else recipient, known, status[1] if status else "", diagnostic[:500])


def _recipient(value: bytes) -> str:
    written = headers.text(value).rpartition(";")[2].strip()
    return headers.address_of(written).email or written.strip("<>").lower()[:200]


def _action(status: str) -> str:
    return {"2": "delivered", "4": "delayed"}.get(status[:1], "failed")


def _cut(text: str) -> tuple[str, str, str]:
    """The report's own words, and the copy of our message below them."""
    match = _COPY.search(text)
    return (text[:match.start()], match[0], text[match.end():]) if match else (text, "", text)


def _told(root: Part, text: str, sender: Address, subject: str) -> list[Failure]:
    """The recipients that a report in plain words names, each with the words up to the next."""
    text = text[:50_000]
    ours = {address.email for address in headers.addresses(b", ".join(root.all("to")))} | {sender.email}
    named = {address.email for value in root.all("x-failed-recipients") for address in headers.addresses(value)}
    found = [match for match in _ADDRESS.finditer(text) if _names_recipient(match, text, ours, named)]
    delayed = bool(_DELAYED.search(subject) or _DELAYED.search(text[:3_000])) and not _GIVEN_UP.search(text[:3_000])
    action = "delayed" if delayed else "failed"
    failures: dict[str, Failure] = {}
    ends = [*(match.start() for match in found[1:]), len(text)]
    for match, following in zip(found, ends, strict=False):
        words = " ".join(text[match.end():min(following, match.end() + 800)].split()).strip(" :<>;,")
        recipient = match[0].strip(".'").lower()
        before = failures.get(recipient)
        words = f"{before.diagnostic} {words}".strip() if before else words
        status = _STATUS.search(words)
        failures[recipient] = Failure(recipient, action, status[1] if status else "", words[:500])
    for recipient in sorted(named - failures.keys()):
        failures[recipient] = Failure(recipient, action, "")
    return list(failures.values())


def _names_recipient(match: re.Match[str], text: str, ours: set[str], named: set[str]) -> bool:
    """Whether an address in the report's words is a recipient: it opens its line, or the words around it speak of failure."""
    address = match[0].strip(".'").lower()
    if named:
        return address in named
    if address in ours or _DAEMON.match(address):
        return False
    line_start = text.rfind("\n", 0, match.start()) + 1
    before = text[line_start:match.start()].rstrip(" \t<\"'([").lstrip(" \t>*-")
    if not before:
        return True
    around = text[max(line_start - 80, 0):match.end() + 200]
    return bool(_LABEL.search(before[-200:]) and not _HEADER_LABEL.match(before) and _FAILS.search(around))


def _original(parts: Sequence[Part], copy: str) -> dict[str, list[bytes]]:
    """The header fields of the message that the report is about."""
    fields: tuple[tuple[str, bytes], ...] = ()
    for part in parts:
        if part.content_type.startswith("message/") and part.children:
            fields = part.children[0].fields
        elif part.content_type in ("text/rfc822-headers", "message/rfc822-headers", "text/rfc822", "message/global-headers"):
            content = part.content(200_000).lstrip()
            fields = read_fields(content, 0, len(content))[0]
        if fields:
            break
    if not fields and (start := _HEADER_BLOCK.search(copy[:100_000])):
        content = copy[start.start():start.start() + 50_000].encode("utf-8", "replace")
        fields = read_fields(content, 0, len(content))[0]
    found: dict[str, list[bytes]] = {}
    for name, value in fields:
        found.setdefault(name, []).append(value)
    return found


def _about(original: dict[str, list[bytes]], failures: Sequence[Failure]) -> Report:
    def first(name: str) -> bytes:
        return original.get(name, [b""])[0]

    senders = headers.addresses(first("from"))
    return Report(
        failures=tuple(failures),
        original_message_id=next(iter(headers.ids(first("message-id"))), ""),
        original_references=headers.ids(first("references")),
        original_subject=headers.text(first("subject"))[:1_000],
        original_from=senders[0] if senders else None,
        original_to=headers.addresses(b", ".join(original.get("to", []))),
        letter_key=headers.text(first("x-mailbot-letter"))[:200],
    )
