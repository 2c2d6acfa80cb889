"""Our letters and hers in Sent and Drafts: found by the letter key in X-Mailbot-Letter, which every server keeps.

A server may replace the Message-ID of what we submit, and some cannot search for a header they don't know. So a search
that finds nothing is followed by a look at the newest headers, and what is found is compared exactly.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.header import decode_header, make_header
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from typing import Any

from mailbot.mail.answers import internaldate
from mailbot.mail.errors import InboxError
from mailbot.mail.fetch import ranges, search_since
from mailbot.mail.session import Session

KEY = "X-Mailbot-Letter"
LOOK_BACK = 200       # newest messages whose headers are looked through where the search finds nothing
_FIELDS = "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID IN-REPLY-TO REFERENCES TO CC DATE SUBJECT X-MAILBOT-LETTER)]"
_ID = re.compile(r"<[^<>\s]{1,900}>")


@dataclass(frozen=True, slots=True)
class SentLetter:
    """A message in Sent or Drafts by its headers: `key` is that of a letter of ours, "" in mail that she wrote herself."""

    mailbox: str
    uid: int
    message_id: str
    key: str
    received_at: datetime
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    subject: str = ""
    date: str = ""


def find(session: Session, mailbox: str, key: str) -> SentLetter | None:
    """The newest message with this letter key."""
    if not key:
        return None
    session.select(mailbox)
    with session.talking() as client:
        client.noop()
        uids = sorted(int(uid) for uid in client.search(["HEADER", KEY, key]))
    found = [letter for letter in headers(session, mailbox, uids[-LOOK_BACK:]) if letter.key == key]
    if not found:
        with session.talking() as client:
            newest = sorted(int(uid) for uid in client.search("ALL"))[-LOOK_BACK:]
        found = [letter for letter in headers(session, mailbox, newest) if letter.key == key]
    return found[-1] if found else None


def since(session: Session, mailbox: str, day: date, after: tuple[int, int] | None = None) -> Iterator[SentLetter]:
    """All messages received there on this day or later, a day earlier at most, see `Inbox.sent_since`."""
    uidvalidity = session.select(mailbox, fresh=True).get(b"UIDVALIDITY")
    lowest = after[1] if after is not None and after[0] == uidvalidity else 0
    yield from headers(session, mailbox, [uid for uid in search_since(session, day) if uid >= lowest])


def headers(session: Session, mailbox: str, uids: list[int], *, readonly: bool = True) -> Iterator[SentLetter]:
    for some in ranges(uids, LOOK_BACK):
        session.select(mailbox, readonly=readonly)
        answers = session.fetch(some, ["INTERNALDATE", _FIELDS])
        for uid in sorted(set(answers) & set(uids)):
            yield _letter(mailbox, uid, answers[uid])


def _letter(mailbox: str, uid: int, data: dict[bytes, Any]) -> SentLetter:
    raw = next((value for key, value in data.items() if key.startswith(b"BODY[")), b"") or b""
    fields = BytesHeaderParser().parsebytes(raw[:100_000])

    def text(name: str) -> str:
        value = str(fields.get(name, ""))
        try:
            return " ".join(str(make_header(decode_header(value))).split())
        except (ValueError, LookupError):
            return " ".join(value.split())

    return SentLetter(
        mailbox=mailbox,
        uid=uid,
        message_id=next(iter(_ID.findall(text("Message-ID"))), ""),
        key=text(KEY),
        received_at=internaldate(data.get(b"INTERNALDATE")) or datetime.fromtimestamp(0, UTC),
        in_reply_to=tuple(_ID.findall(text("In-Reply-To"))),
        references=tuple(_ID.findall(text("References"))),
        to=tuple(a.lower() for _name, a in getaddresses([text("To"), text("Cc")]) if a),
        subject=text("Subject"),
        date=text("Date"),
    )


def append_once(session: Session, mailbox: str, raw: bytes, flags: tuple[bytes, ...]) -> None:
    """Lay a letter there, once: an earlier attempt may have broken off between the server's doing and its saying so."""
    key = BytesHeaderParser().parsebytes(raw[:100_000]).get(KEY, "").strip()
    if not key or find(session, mailbox, key) is None:
        append(session, mailbox, raw, flags)


def append(session: Session, mailbox: str, raw: bytes, flags: tuple[bytes, ...]) -> None:
    with session.talking() as client:
        client.append(mailbox, raw, flags)


def expunge(session: Session, mailbox: str, uid: int) -> None:
    """Remove one message for good, and no other that she has marked as deleted (RFC 4315)."""
    session.select(mailbox, readonly=False)
    if not session.can("UIDPLUS"):
        raise InboxError(f"{session.account.host} cannot remove a single message (no UIDPLUS); take the draft out of {mailbox!r} by hand")
    with session.talking() as client:
        client.add_flags([uid], [b"\\Deleted"], silent=True)
        client.uid_expunge([uid])
    session.unselect()


def settle(session: Session, mailbox: str, uidvalidity: int, uid: int, how: str) -> None:
    """Flag or move one message, see `Inbox.after_handling`."""
    action, _, target = how.partition(":")
    if action == "leave":
        return
    if session.select(mailbox, readonly=False).get(b"UIDVALIDITY") != uidvalidity:
        return  # the UID means another message by now
    try:
        if action == "move":
            _move(session, mailbox, uid, target)
        else:
            with session.talking() as client:
                client.add_flags([uid], [{"flag": b"\\Flagged", "answered": b"\\Answered"}[action]], silent=True)
    finally:
        session.unselect()


def _move(session: Session, mailbox: str, uid: int, target: str) -> None:
    known = next(iter(headers(session, mailbox, [uid], readonly=False)), None)
    if known is None:
        return
    session.select(target)  # says so where it is missing, before anything is touched
    copied = not session.can("MOVE") and _lies_in(session, target, known.message_id)  # an earlier attempt broke off there
    session.select(mailbox, readonly=False)
    with session.talking() as client:
        if client.has_capability("MOVE"):
            client.move([uid], target)
        elif client.has_capability("UIDPLUS"):
            if not copied:
                client.copy([uid], target)
            client.add_flags([uid], [b"\\Deleted"], silent=True)
            client.uid_expunge([uid])
        else:
            raise InboxError(
                f'{session.account.host} cannot move messages (neither MOVE nor UIDPLUS); set after_handling to "flag" or "leave"'
            )
    if known.message_id and not _lies_in(session, target, known.message_id):  # COPYUID is missing or wrong on many servers
        raise InboxError(
            f"{session.account.host} said that it moved a message to {target!r}, but it is not there; look for it in {mailbox!r}"
        )


def _lies_in(session: Session, mailbox: str, message_id: str) -> bool:
    if not message_id:
        return False
    session.select(mailbox, fresh=True)
    with session.talking() as client:
        client.noop()
        return bool(client.search(["HEADER", "Message-ID", message_id]))
