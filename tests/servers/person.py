"""The human at the other end of a mailbox: another mail program that delivers, flags, moves, deletes and looks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from imapclient import IMAPClient

from mailbot.mail.inbox import Account, Inbox, Password


@dataclass(frozen=True)
class Person:
    """A mailbox on some server: who may read it, and what its owner does there."""

    port: int
    user: str
    password: str = "secret"
    server: Any = None       # the MailServer or Dovecot behind it

    def account(self, *, port: int | None = None, timeout: float = 10.0) -> Account:
        return Account("127.0.0.1", port or self.port, "none", self.user, Password(self.password), timeout)

    def inbox(self, *, port: int | None = None, timeout: float = 10.0, **settings: Any) -> Inbox:
        return Inbox(self.account(port=port, timeout=timeout), **settings)

    @contextmanager
    def client(self, mailbox: str | None = None) -> Iterator[IMAPClient]:
        with IMAPClient("127.0.0.1", self.port, ssl=False, timeout=10) as client:
            client.login(self.user, self.password)
            client.normalise_times = False
            if mailbox:
                client.select_folder(mailbox)
            yield client

    def deliver(self, *raws: bytes, mailbox: str = "INBOX", at: datetime | None = None, flags: tuple[bytes, ...] = ()) -> None:
        with self.client() as client:
            for raw in raws:
                client.append(mailbox, raw, flags, msg_time=at)

    def look(self, mailbox: str = "INBOX") -> dict[int, tuple[frozenset[bytes], int]]:
        """UID -> (flags but \\Recent, size) of every message."""
        with self.client() as client:
            client.select_folder(mailbox, readonly=True)
            uids = client.search("ALL")
            found = client.fetch(uids, ["FLAGS", "RFC822.SIZE"]) if uids else {}
        return {uid: (frozenset(data[b"FLAGS"]) - {b"\\Recent"}, data[b"RFC822.SIZE"]) for uid, data in found.items()}

    def raws(self, mailbox: str = "INBOX") -> list[bytes]:
        with self.client() as client:
            client.select_folder(mailbox, readonly=True)
            uids = client.search("ALL")
            found = client.fetch(uids, ["BODY.PEEK[]"]) if uids else {}
        return [found[uid][b"BODY[]"] for uid in sorted(found)]

    def expunge(self, uid: int, mailbox: str = "INBOX") -> None:
        with self.client(mailbox) as client:
            client.delete_messages([uid])
            client.expunge()
