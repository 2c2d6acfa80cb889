"""Messages from a mailbox, one after the other in the order of their receipt, fetched in batches and never marked as read.

First where each lies and when it came, then headers and structure, then only what is worth reading (see `slim`). What
vanishes in between is skipped. An answer that our IMAP library cannot digest condemns no neighbour: its batch is
repeated message by message, and the one at fault is fetched as plain bytes.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from mailbot.mail import headers, mime
from mailbot.mail.answers import internaldate
from mailbot.mail.automatic import classify
from mailbot.mail.errors import ConnectionLost, UnreadableAnswer
from mailbot.mail.message import Address, Automatic, Inbound
from mailbot.mail.session import Session
from mailbot.mail.slim import Node, OddStructure, assemble, items, plan, twins

Worth = Callable[[bytes], bool]  # whether the HTML of a message is worth fetching, by the message without it

SMALL = 4_000               # bytes; up to here a message is fetched whole
MAX_WHOLE = 1_000_000       # bytes of a message whose structure cannot be followed
BATCH = 100                 # messages
BATCH_BYTES = 2_000_000     # bytes asked for at once
PLACES = 1_000              # messages whose place is asked for at once

# what `parse` and `authentication` read; the list is repeated in every answer, and yet a fraction of what Exchange's headers are
FIELDS = (
    "From Sender To Cc Reply-To Subject Date Message-ID In-Reply-To References Return-Path Authentication-Results "
    "X-MS-Exchange-Organization-AuthAs X-Mailbot-Letter MIME-Version Content-Type Content-Transfer-Encoding Content-Class "
    "Auto-Submitted Precedence X-Precedence X-Autoreply X-Autorespond X-Autoresponder X-Autoresponse X-Auto-Reply X-Autoreply-From "
    "X-Mail-Autoreply X-Vacation List-Id List-Post List-Unsubscribe List-Unsubscribe-Post List-Help List-Owner List-Subscribe "
    "List-Archive Mailing-List Feedback-ID X-Campaign X-CampaignID X-Campaign-ID X-Mailchimp-ID X-MC-User X-CSA-Complaints "
    "X-Failed-Recipients Delivered-To X-Original-To Envelope-To"
)
HEADER = f"BODY.PEEK[HEADER.FIELDS ({FIELDS.upper()})]"

_MAYBE_BULK = re.compile(rb"^(?:list-|x-precedence:|precedence:|feedback-id:|x-c|x-m)", re.IGNORECASE | re.MULTILINE)
_ID = re.compile(rb"<[^<>\s]{1,900}>")


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a message lies and what is known of it before it is fetched."""

    uid: int
    received_at: datetime
    size: int
    flags: frozenset[str]


def search_since(session: Session, since: date | None, flag: str = "ALL") -> list[int]:
    """UIDs in the selected mailbox received on this day or later, of those with a flag ("ANSWERED") where one is named.

    A day more is asked for: SINCE is a date in the server's zone.
    """
    with session.talking() as client:
        client.noop()  # some servers search a snapshot from the last sync
        criteria = [flag, "SINCE", since - timedelta(days=1)] if since else flag
        return sorted(int(uid) for uid in client.search(criteria))


def spots(session: Session, uids: Sequence[int] | str) -> list[Spot]:
    """The places of these UIDs (or of a range like "17:*"), in the order of receipt."""
    found: list[Spot] = []
    for asked in [uids] if isinstance(uids, str) else ranges(uids, PLACES):
        for uid, data in session.fetch(asked, ["INTERNALDATE", "RFC822.SIZE", "FLAGS"]).items():
            at, size, flags = (data.get(item) for item in (b"INTERNALDATE", b"RFC822.SIZE", b"FLAGS"))
            if (received_at := internaldate(at)) is not None:
                known = frozenset(f.decode("ascii", "replace") for f in flags or () if isinstance(f, bytes))
                found.append(Spot(uid, received_at, size if isinstance(size, int) else 0, known))
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


def inbound(
    session: Session, mailbox: str, uidvalidity: int, places: Sequence[Spot], worth: Worth | None = None, *, move_cursor: bool = True
) -> Iterator[Inbound]:
    """These messages in this order. Between two of them the caller may use the session for something else."""
    cursors = _cursors(places) if move_cursor else {}
    for batch in _batches(places):
        if session.select(mailbox).get(b"UIDVALIDITY") != uidvalidity:
            raise ConnectionLost(f"{mailbox} was rebuilt on the server while it was read; it is read anew")
        raws = _raws(session, batch, worth)
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


def _raws(session: Session, batch: Sequence[Spot], worth: Worth | None) -> dict[int, bytes]:
    try:
        small = [spot.uid for spot in batch if spot.size <= SMALL]
        large = [spot.uid for spot in batch if spot.size > SMALL]
        return {**_whole(session, small), **_slim(session, large, worth)}
    except UnreadableAnswer:
        mailbox = session.last_selected
        if len(batch) == 1:
            session.select(mailbox)
            return _whole(session, [batch[0].uid], MAX_WHOLE)
        raws: dict[int, bytes] = {}
        for spot in batch:
            session.select(mailbox)
            raws.update(_raws(session, [spot], worth))
        return raws


def _whole(session: Session, uids: Sequence[int], most: int | None = None) -> dict[int, bytes]:
    item = "BODY.PEEK[]" + (f"<0.{most}>" if most else "")
    return {
        uid: raw for uid, data in _fetch(session, uids, [item]).items()
        if (raw := next((v for k, v in data.items() if k.startswith(b"BODY[")), None)) is not None
    }


def _slim(session: Session, uids: Sequence[int], worth: Worth | None) -> dict[int, bytes]:
    heads: dict[int, bytes] = {}
    plans: dict[int, Node] = {}
    odd: list[int] = []
    for uid, data in _fetch(session, uids, ["BODYSTRUCTURE", HEADER]).items():
        header = next((v for k, v in data.items() if k.startswith(b"BODY[")), None)
        if header is None or b"BODYSTRUCTURE" not in data:
            continue
        try:
            heads[uid], plans[uid] = header, plan(data[b"BODYSTRUCTURE"], bulk=_is_bulk(header))
        except OddStructure:
            odd.append(uid)
    second = {uid: twins(node) if worth else frozenset() for uid, node in plans.items()}
    parts = _parts(session, {uid: tuple(i for i in items(node) if i not in second[uid]) for uid, node in plans.items()})
    raws = _whole(session, odd, MAX_WHOLE)
    raws |= {uid: assemble(heads[uid], plans[uid], found) for uid, found in parts.items()}
    wanted = {uid: tuple(sorted(second[uid])) for uid in parts if second[uid] and _is_worth(worth, raws[uid])}
    for uid, more in _parts(session, wanted).items():
        raws[uid] = assemble(heads[uid], plans[uid], {**parts[uid], **more})
    return raws


def _parts(session: Session, wanted: Mapping[int, tuple[str, ...]]) -> dict[int, Mapping[bytes, bytes]]:
    """The wanted parts of each message that still is there; those that want the same are asked for together."""
    found: dict[int, Mapping[bytes, bytes]] = {}
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for uid, asked in wanted.items():
        groups[asked].append(uid)
    for asked, members in groups.items():
        found.update(_fetch(session, members, list(asked)) if asked else {uid: {} for uid in members})
    return found


def _is_bulk(header: bytes) -> bool:
    """Whether `parse` will call it bulk mail, without reading more of it than that takes."""
    if not _MAYBE_BULK.search(header):
        return False
    root, _problems = mime.split(header)
    sender, *_others = (*headers.addresses(root.first("from")), Address("", ""))
    recipients = frozenset(a.email for name in ("to", "cc") for a in headers.addresses(root.first(name)) if a.email)
    return classify(root, headers.text(root.first("subject")), sender, recipients, reported=False) is Automatic.BULK


def _is_worth(worth: Worth | None, raw: bytes) -> bool:
    try:
        return worth is None or worth(raw)
    except Exception:  # noqa: BLE001 - when in doubt, fetch it
        return True


def _fetch(session: Session, uids: Iterable[int], wanted: Sequence[str]) -> dict[int, Any]:
    found: dict[int, Any] = {}
    asked = set(uids)
    for some in ranges(sorted(asked), BATCH):
        found.update(session.fetch(some, wanted))
    return {uid: data for uid, data in found.items() if uid in asked}
