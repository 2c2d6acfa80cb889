"""Messages from a mailbox, one after the other in the order of their receipt, fetched in batches and never marked as read.

First where each lies and when it came, then headers and structure, then only what is worth reading (see `slim`). What
vanishes in between is skipped. An answer that our IMAP library cannot digest condemns no neighbour: its batch is
repeated message by message, and the one at fault is fetched as plain bytes.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from mailbot.mail.errors import ConnectionLost
from mailbot.mail.message import Inbound
from mailbot.mail.session import Session, UnreadableAnswer
from mailbot.mail.slim import Node, OddStructure, assemble, items, plan

SMALL = 4_000               # bytes; up to here a message is fetched whole
MAX_WHOLE = 1_000_000       # bytes of a message whose structure cannot be followed
BATCH = 200                 # messages
BATCH_BYTES = 4_000_000     # bytes asked for at once
PLACES = 1_000              # messages whose place is asked for at once

FIELDS = (
    "From Sender To Cc Bcc Reply-To Subject Date Message-ID In-Reply-To References Return-Path Received-SPF "
    "Authentication-Results ARC-Authentication-Results X-MS-Exchange-Organization-AuthAs X-MS-Exchange-Organization-SCL "
    "MIME-Version Content-Type Content-Transfer-Encoding Content-Disposition X-Mailbot-Letter "
    "Auto-Submitted Precedence List-Id List-Unsubscribe List-Post List-Help List-Owner Feedback-ID "
    "X-Auto-Response-Suppress X-Autoreply X-Autorespond X-Auto-Reply X-Autoresponder X-Loop X-Failed-Recipients "
    "X-Spam-Flag X-Spam-Status X-Mailer Delivered-To Resent-From Thread-Topic Importance Content-Class"
)
HEADER = f"BODY.PEEK[HEADER.FIELDS ({FIELDS.upper()})]"

_BULK = re.compile(
    rb"^(?:list-unsubscribe|list-id|feedback-id)[ \t]*:|^precedence[ \t]*:[ \t]*(?:bulk|list)\b", re.IGNORECASE | re.MULTILINE
)


_ID = re.compile(rb"<[^<>\s]{1,900}>")


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a message lies and what is known of it before it is fetched."""

    uid: int
    received_at: datetime
    size: int
    flags: frozenset[str]


def search_since(session: Session, since: date | None) -> list[int]:
    """UIDs in the selected mailbox received on this day or later. A day more is asked for: SINCE is a date in the server's zone."""
    with session.talking() as client:
        client.noop()  # some servers search a snapshot from the last sync
        criteria = ["SINCE", since - timedelta(days=1)] if since else "ALL"
        return sorted(int(uid) for uid in client.search(criteria))


def spots(session: Session, uids: Sequence[int] | str) -> list[Spot]:
    """The places of these UIDs (or of a range like "17:*"), in the order of receipt."""
    found: list[Spot] = []
    for asked in [uids] if isinstance(uids, str) else ranges(uids, PLACES):
        for uid, data in session.fetch(asked, ["INTERNALDATE", "RFC822.SIZE", "FLAGS"]).items():
            if (at := aware(data.get(b"INTERNALDATE"))) is not None:
                flags = frozenset(f.decode("ascii", "replace") for f in data.get(b"FLAGS", ()))
                found.append(Spot(uid, at, int(data.get(b"RFC822.SIZE", 0)), flags))
    return sorted(found, key=lambda spot: (spot.received_at, spot.uid))


def ranges(uids: Sequence[int], most: int) -> Iterator[str]:
    """Sorted UIDs as IMAP sets ("3:7,9") of at most `most` messages each, short enough for any server's command line."""
    parts: list[str] = []
    count = 0
    start = previous = -1
    for uid in [*uids, -1]:
        if uid == previous + 1 and start >= 0 and count < most:
            previous, count = uid, count + 1
            continue
        if start >= 0:
            parts.append(str(start) if start == previous else f"{start}:{previous}")
        if parts and (count >= most or len(parts) > 300 or uid == -1):
            yield ",".join(parts)
            parts, count = [], 0
        start = previous = uid
        count += 1


def message_ids(session: Session, mailbox: str, uids: Sequence[int]) -> dict[int, str]:
    """The Message-ID of each of these messages, "" where there is none."""
    found: dict[int, str] = {}
    for some in ranges(sorted(uids), PLACES):
        session.select(mailbox)
        for uid, data in session.fetch(some, ["BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"]).items():
            raw = next((value for key, value in data.items() if key.startswith(b"BODY[")), b"") or b""
            match = _ID.search(raw)
            found[uid] = match[0].decode("utf-8", "replace") if match else ""
    return {uid: found[uid] for uid in uids if uid in found}


def inbound(session: Session, mailbox: str, uidvalidity: int, places: Sequence[Spot], *, move_cursor: bool = True) -> Iterator[Inbound]:
    """These messages in this order. Between two of them the caller may use the session for something else."""
    cursors = _cursors(places) if move_cursor else {}
    for batch in _batches(places):
        if session.select(mailbox).get(b"UIDVALIDITY") != uidvalidity:
            raise ConnectionLost(f"{mailbox} was rebuilt on the server while it was read; it is read anew")
        raws = _raws(session, batch)
        for spot in batch:
            raw = raws.pop(spot.uid, None)
            if raw is not None:
                cursor = cursors.get(spot.uid, 0)
                yield Inbound(session.account.user, mailbox, uidvalidity, spot.uid, spot.received_at, raw, spot.flags, cursor)


def _cursors(places: Sequence[Spot]) -> dict[int, int]:
    """For each message the UID up to which everything is done once it and those before it are: order of receipt is not order of UID."""
    cursors: dict[int, int] = {}
    lowest_left: int | None = None
    highest = max((spot.uid for spot in places), default=0)
    for spot in reversed(places):
        cursors[spot.uid] = highest if lowest_left is None else lowest_left - 1
        lowest_left = spot.uid if lowest_left is None else min(lowest_left, spot.uid)
    return cursors


def _batches(places: Sequence[Spot]) -> Iterator[list[Spot]]:
    batch: list[Spot] = []
    size = 0
    for spot in places:
        if batch and (len(batch) >= BATCH or size + min(spot.size, MAX_WHOLE) > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(spot)
        size += min(spot.size, MAX_WHOLE)
    if batch:
        yield batch


def _raws(session: Session, batch: Sequence[Spot]) -> dict[int, bytes]:
    try:
        small = [spot.uid for spot in batch if spot.size <= SMALL]
        large = [spot.uid for spot in batch if spot.size > SMALL]
        return {**_whole(session, small), **_slim(session, large)}
    except UnreadableAnswer:
        mailbox = session.last_selected
        if len(batch) == 1:
            session.select(mailbox)
            return _whole(session, [batch[0].uid], MAX_WHOLE)
        raws: dict[int, bytes] = {}
        for spot in batch:
            session.select(mailbox)
            raws.update(_raws(session, [spot]))
        return raws


def _whole(session: Session, uids: Sequence[int], most: int | None = None) -> dict[int, bytes]:
    item = "BODY.PEEK[]" + (f"<0.{most}>" if most else "")
    return {
        uid: raw for uid, data in _fetch(session, uids, [item]).items()
        if (raw := next((v for k, v in data.items() if k.startswith(b"BODY[")), None)) is not None
    }


def _slim(session: Session, uids: Sequence[int]) -> dict[int, bytes]:
    headers: dict[int, bytes] = {}
    plans: dict[int, Node] = {}
    odd: list[int] = []
    for uid, data in _fetch(session, uids, ["BODYSTRUCTURE", HEADER]).items():
        header = next((v for k, v in data.items() if k.startswith(b"BODY[")), None)
        if header is None or b"BODYSTRUCTURE" not in data:
            continue
        try:
            headers[uid], plans[uid] = header, plan(data[b"BODYSTRUCTURE"], bulk=bool(_BULK.search(header)))
        except OddStructure:
            odd.append(uid)
    raws = _whole(session, odd, MAX_WHOLE)
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for uid, node in plans.items():
        groups[tuple(items(node))].append(uid)
    for wanted, members in groups.items():
        parts: Mapping[int, Mapping[bytes, bytes]] = _fetch(session, members, list(wanted)) if wanted else {uid: {} for uid in members}
        for uid in members:
            if uid in parts:
                raws[uid] = assemble(headers[uid], plans[uid], parts[uid])
    return raws


def _fetch(session: Session, uids: Iterable[int], wanted: Sequence[str]) -> dict[int, Any]:
    found: dict[int, Any] = {}
    asked = set(uids)
    for some in ranges(sorted(asked), BATCH):
        found.update(session.fetch(some, wanted))
    return {uid: data for uid, data in found.items() if uid in asked}


def aware(at: Any) -> datetime | None:
    if not isinstance(at, datetime):
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
