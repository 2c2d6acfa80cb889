"""Raw bytes to a `Message`: the shape of RFC 5322 and MIME, read so that nothing a sender can write raises or takes long.

The text is the rendition that tells most: HTML where there is any (it keeps tables, and lines are not wrapped), unless the
plain text says clearly more. Attached messages follow the text as forwarded ones.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from mailbot.mail import automatic, body, charset, headers, html, mime, report
from mailbot.mail.introductions import is_forward
from mailbot.mail.message import Address, Attachment, Message, Segment, SegmentKind

MAX_TEXT = 500_000          # characters of text that are kept
MAX_TEXT_BYTES = 4 * MAX_TEXT  # bytes of a text part that are decoded
MAX_HTML_BYTES = 5_000_000
MAX_DATA = 5_000_000        # bytes of an attachment that are kept
MAX_ATTACHMENTS = 100
MAX_KEPT = 20_000_000       # bytes of all attachments together

_FIELDS = frozenset({
    "from", "to", "cc", "reply-to", "subject", "date", "message-id", "in-reply-to", "references", "return-path", "received",
    "authentication-results", "x-mailbot-letter", "content-type", "content-transfer-encoding", "mime-version",
})
_REPORTED = frozenset({
    "message/delivery-status", "message/global-delivery-status", "message/disposition-notification", "text/rfc822-headers",
    "message/rfc822-headers", "message/global-headers",
})
_WORD = re.compile(r"\w+")
_SEVERAL_SENDERS = "several addresses in From (RFC 5322, section 3.6.2); the first is taken"
_NO_SENDER = "no sender address"
_NO_TEXT = re.compile(r"^(?:--\S{1,200}\n{1,4}Content-[A-Za-z-]{1,40}:|BEGIN:VCALENDAR)", re.MULTILINE)  # MIME that was not taken apart
_ASCII = re.compile(r"[^!-~]+")


def parse(raw: bytes) -> Message:
    """The message in `raw`. Never raises; `problems` tells what could not be read."""
    root, problems = mime.split(raw)
    return _message(root, problems)


@dataclass(slots=True)
class _Content:
    """What the walk over the parts finds: texts to read in order, attached messages, attachments."""

    texts: list[str] = field(default_factory=list)
    messages: list[mime.Part] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    kept: int = 0

    def attach(self, part: mime.Part) -> None:
        if len(self.attachments) >= MAX_ATTACHMENTS:
            return
        useless = part.content_type.startswith(("image/", "audio/", "video/", "multipart/"))
        data = None
        if not useless and 0 < part.size <= MAX_DATA and self.kept + part.size <= MAX_KEPT:
            data = part.content(MAX_DATA)
            self.kept += len(data)
        name = headers.fold(headers.words(part.filename)).replace("/", "_").replace("\\", "_")[:200]
        omitted = part.first("x-mailbot-omitted")[:12]  # the inbox left the content out
        size = len(data) if data is not None else int(omitted) if omitted.isdigit() else part.size
        self.attachments.append(Attachment(name, part.content_type, size, data))


def _message(root: mime.Part, problems: list[str]) -> Message:
    senders = headers.addresses(b", ".join(root.all("from")))
    if len(senders) > 1 or len(root.all("from")) > 1:
        problems.append(_SEVERAL_SENDERS)
    sender = next((address for address in senders if address.email), senders[0] if senders else Address("", ""))
    if not sender.email:
        problems.append(_NO_SENDER)
    subject = headers.text(root.first("subject"))[:1_000]
    references = headers.ids(root.first("references"))
    in_reply_to = headers.ids(root.first("in-reply-to"))
    to, cc = headers.addresses(b", ".join(root.all("to"))), headers.addresses(b", ".join(root.all("cc")))
    context = body.Context(
        sender=sender, recipients=frozenset(address.email for address in to + cc if address.email), subject=subject,
        reply=bool(references or in_reply_to) or is_forward(subject) is not None,
    )
    content = _Content()
    _collect(root, content)
    own = "".join(content.texts)
    reported = report.read(root, sender, subject, own)
    text, segments = _compose(content, context, problems, returned=reported is not None)
    message_id = next(iter(headers.ids(root.first("message-id"))), "")
    sent_at = headers.date(root.first("date"))
    return Message(
        fingerprint=_fingerprint(sender, to, subject, message_id, root.first("date"), text),
        message_id=message_id, sender=sender, subject=subject, text=text, segments=segments,
        received_at=headers.date(root.first("received").rpartition(b";")[2]) or sent_at, sent_at=sent_at,
        in_reply_to=in_reply_to, references=references, reply_to=headers.addresses(b", ".join(root.all("reply-to"))), to=to, cc=cc,
        return_path=headers.reverse_path(root.all("return-path")), attachments=tuple(content.attachments),
        automatic=automatic.classify(root, subject, sender, context.recipients, reported=reported is not None), report=reported,
        authentication_results=tuple(headers.text(value) for value in root.all("authentication-results")[:50]),
        letter_key=headers.text(root.first("x-mailbot-letter"))[:200],
        headers=tuple((name, headers.text(value)[:4_000]) for name, value in root.fields if name not in _FIELDS), problems=tuple(problems),
        whole=bool(sender.email) and set(problems) <= {_SEVERAL_SENDERS, _NO_SENDER} and _NO_TEXT.search(own) is None,
    )


def _fingerprint(sender: Address, to: Iterable[Address], subject: str, message_id: str, date: bytes, text: str) -> str:
    """A hash of the content. Of headers only printable ASCII counts, since some servers alter raw 8-bit bytes there; of the
    text no white space; attachments not at all, since a slim fetch leaves large ones out."""
    known = [sender.email, *sorted(address.email for address in to), subject, message_id, headers.raw_text(date)]
    parts = [_ASCII.sub("", part).replace("?", "") for part in known] + ["".join(text.split())]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def _collect(part: mime.Part, content: _Content) -> None:
    """Walks the parts (their nesting is capped by `mime`) and sorts them into texts, messages and attachments."""
    kind = part.content_type
    if kind == "multipart/alternative":
        _choose(part, content)
    elif kind in _REPORTED:
        return
    elif kind.startswith("multipart/"):
        for child in part.children:
            _collect(child, content)
    elif part.children:
        content.messages.append(part.children[0])
    elif kind in ("text/plain", "text/html", "text/enriched") and part.disposition != "attachment" and not part.filename:
        text = _text(part)
        if text.strip():
            content.texts.append(text)
    elif part.size or part.filename:
        content.attach(part)


def _choose(part: mime.Part, content: _Content) -> None:
    """Of the renditions of multipart/alternative the last that holds HTML, else the last with text (RFC 2046, 5.1.4); the
    plain one where the HTML says clearly less. Attachments of all are kept."""
    found: list[tuple[bool, _Content]] = []
    for child in part.children:
        one = _Content()
        _collect(child, one)
        found.append((any(inner.content_type == "text/html" for inner in child.own()), one))
        content.messages.extend(one.messages)
        content.attachments.extend(one.attachments)
    rich = next((one.texts for has_html, one in reversed(found) if has_html and one.texts), [])
    plain = next((one.texts for has_html, one in reversed(found) if not has_html and one.texts), [])
    if rich and plain and 10 * _weight(rich) < 7 * _weight(plain):
        rich = []
    content.texts.extend(rich or plain)


def _weight(texts: list[str]) -> int:
    return sum(len(_WORD.findall(text[:100_000])) for text in texts)


def _text(part: mime.Part) -> str:
    is_html = part.content_type == "text/html"
    text = charset.mend(charset.decode(part.content(MAX_HTML_BYTES if is_html else MAX_TEXT_BYTES), part.param("charset")))
    if is_html:
        return charset.clean(html.to_text(text))
    text = charset.clean(text[:MAX_TEXT + 1])  # one more, so that the cut is noted
    if part.param("format").lower() == "flowed":
        return body.flow(text, part.param("delsp").lower() == "yes")
    return body.fold_doubled(text)


def _compose(content: _Content, context: body.Context, problems: list[str], *, returned: bool) -> tuple[str, tuple[Segment, ...]]:
    """The whole text and its segments: the message's own, then each attached message as a forwarded one, or as history
    where a delivery report returns it."""
    text = body.unquote_forwards("\n".join(text.rstrip("\n") + "\n" for text in content.texts))
    segments = list(body.split(text[:MAX_TEXT], context))
    for part in content.messages[:20]:
        inner = _message(part, problems)
        if len(text) + len(inner.text) > MAX_TEXT:
            problems.append("an attached message was too long to be read")
            continue
        segments.extend(_shifted(inner, len(text), SegmentKind.HISTORY if returned else SegmentKind.FORWARDED))
        text += inner.text
        content.attachments.extend(inner.attachments)
    if len(text) > MAX_TEXT:
        problems.append(f"only the first {MAX_TEXT} characters of the text were read")
        text = text[:MAX_TEXT]
    return text, tuple(segments)


def _shifted(inner: Message, by: int, kind: SegmentKind) -> list[Segment]:
    """The segments of an attached message, as those of one of this kind that begins at `by`."""
    sent = inner.sent_at.isoformat() if inner.sent_at else ""
    found: list[Segment] = []
    for segment in inner.segments:
        inside = {SegmentKind.NEW: kind, SegmentKind.FORWARDED: kind}
        owner, own = inside.get(segment.owner, segment.owner), inside.get(segment.kind, segment.kind)
        moved = replace(segment, kind=own, owner=owner, start=segment.start + by, end=segment.end + by, depth=segment.depth + 1)
        if segment.depth == 0:
            moved = replace(moved, sender=inner.sender, to=inner.to, cc=inner.cc, date=sent, subject=inner.subject)
        found.append(moved)
    return found
