"""The records of this room: what a raw message is turned into, and what the inbox hands over.

A `Message` holds everything that later rooms need and nothing that needs the network: decoded headers, the whole
text as one string, and the parts of that text (new text, signature, forwarded, history) as spans of it, so that every
finding can point at the very characters it came from.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Address:
    """An address with its display name: `email` is lower case ("" where none could be read), `name` decoded and folded."""

    name: str
    email: str


class SegmentKind(StrEnum):
    NEW = "new"                # what the sender wrote, inline answers between quoted lines among it
    SIGNATURE = "signature"    # from the sign-off or the signature's separator on
    FORWARDED = "forwarded"    # somebody else's message that the sender passes on
    HISTORY = "history"        # quoted earlier messages of the thread


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch `text[start:end]` of `Message.text`. Segments are in order and cover the whole text.

    `sender`, `to`, `cc`, `date` (as written) and `subject` are read from the header lines that introduce a forwarded
    or quoted message; `depth` is its nesting, 0 for the sender's own words. A signature inside a forwarded message is
    a SIGNATURE segment of the same depth as the message, and `owner` then names the kind of that message.
    """

    kind: SegmentKind
    start: int
    end: int
    depth: int = 0
    owner: SegmentKind = SegmentKind.NEW
    sender: Address | None = None
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    date: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that is no body text. `data` is None where it was too large or of no use and was not fetched; `size` in bytes."""

    name: str
    content_type: str
    size: int
    data: bytes | None = None


class Automatic(StrEnum):
    """Why a message was written by a machine (RFC 3834, 3464, 8098, 2369), else NO."""

    NO = "no"
    REPLY = "reply"              # out of office, ticket receipts: Auto-Submitted, Precedence, or their subject
    CALENDAR = "calendar"        # an answer to a meeting request
    RECEIPT = "receipt"          # a read receipt
    REPORT = "report"            # a delivery report
    BULK = "bulk"                # newsletters and lists
    ROBOT = "robot"              # null reverse-path, noreply, mailer-daemon


@dataclass(frozen=True, slots=True)
class Failure:
    """One recipient of a delivery report (RFC 3464): `action` failed|delayed|delivered|relayed|expanded, `status` like 5.1.1."""

    recipient: str
    action: str
    status: str
    diagnostic: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A delivery report, and what it tells of the message that it is about."""

    failures: tuple[Failure, ...]
    original_message_id: str = ""
    original_references: tuple[str, ...] = ()
    original_subject: str = ""
    original_from: Address | None = None
    original_to: tuple[Address, ...] = ()
    letter_key: str = ""       # the original's X-Mailbot-Letter


class Verdict(StrEnum):
    """What a trusted server says of the sender (RFC 8601)."""

    PASS = "pass"   # noqa: S105 - dmarc=pass, or dkim or spf pass aligned with From
    FAIL = "fail"   # dmarc=fail
    NONE = "none"   # nothing that can be trusted


@dataclass(frozen=True, slots=True)
class Message:
    """A message as later rooms see it. Times are aware; addresses are lower case; `text` has "\\n" line ends and is NFC.

    `fingerprint` identifies the content (trace headers left out), `message_id` is "" where there is none. `received_at`
    is the date of the topmost Received header, else of Date, else None; who fetched the message by IMAP replaces it by
    the INTERNALDATE. `headers` holds each header that was not decoded into a field, name lower case, in order.
    `problems` are short English notes on what could not be read; `whole` is False where so much of it could not that nobody
    should act on what was.
    """

    fingerprint: str
    message_id: str
    sender: Address
    subject: str
    text: str
    segments: tuple[Segment, ...]
    received_at: datetime | None
    sent_at: datetime | None
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    return_path: str | None = None     # "" is the null reverse-path, None an absent header
    attachments: tuple[Attachment, ...] = ()
    automatic: Automatic = Automatic.NO
    report: Report | None = None
    authentication_results: tuple[str, ...] = ()   # unfolded, topmost first
    letter_key: str = ""                           # X-Mailbot-Letter of this very message
    headers: tuple[tuple[str, str], ...] = ()
    problems: tuple[str, ...] = ()
    whole: bool = True

    def of(self, *kinds: SegmentKind) -> str:
        """The text of all segments of these kinds, in order."""
        return "".join(self.text[s.start:s.end] for s in self.segments if s.kind in kinds)


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message as it was fetched: where it lies, when the server received it (INTERNALDATE, aware), its flags, its bytes.

    `raw` may be slimmer than the stored message: parts that nobody needs are replaced by empty ones. Messages come in
    the order of receipt, which is not that of their UIDs: `cursor` is the UID up to which everything is done once this
    message and those before it are (0: nothing more than before).
    """

    account: str
    mailbox: str
    uidvalidity: int
    uid: int
    received_at: datetime
    raw: bytes
    flags: frozenset[str] = field(default_factory=frozenset)
    cursor: int = 0
