"""The mailbox of a person, read so that she never notices: BODY.PEEK and EXAMINE only, no flag and no folder touched.

What changes anything is asked for by name: laying a draft, filing a copy, and what `after_handling` is configured to do
with a message that was ours. Every method connects where needed and raises `InboxError`, whose text says how to mend it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Self

from mailbot.mail import fetch as fetching
from mailbot.mail import folders as naming
from mailbot.mail import sent as keeping
from mailbot.mail.account import Account, Credentials, Password
from mailbot.mail.errors import (
    ConnectionLost,
    InboxError,
    MailboxMissing,
    SignInRefused,
    Throttled,
    Unreachable,
)
from mailbot.mail.folders import Folders
from mailbot.mail.message import Inbound
from mailbot.mail.sent import SentLetter
from mailbot.mail.session import Session

__all__ = [
    "Account", "Backoff", "ConnectionLost", "Credentials", "Folders", "Inbox", "InboxError", "MailboxMissing", "Password",
    "SentLetter", "SignInRefused", "Throttled", "Unreachable",
]


@dataclass(slots=True)
class Backoff:
    """How long to wait before the next attempt: 1, 2, 4 … seconds, at most five minutes, each spread by up to a half.

    `spread()` gives a number from 0 to 1.
    """

    first: float = 1.0
    longest: float = 300.0
    spread: Callable[[], float] = random.random
    failures: int = field(default=0, init=False)

    def next(self) -> float:
        wait = min(self.first * 2.0 ** min(self.failures, 30), self.longest)
        self.failures += 1
        return wait * (0.5 + 0.5 * self.spread())

    def reset(self) -> None:
        self.failures = 0


class Inbox:
    """One account's mailboxes. `also` are further folders to sweep; `sent`, `drafts`, `junk` are found by themselves where empty."""

    def __init__(
        self, account: Account, mailbox: str = "INBOX", also: Sequence[str] = (), sent: str = "", drafts: str = "", junk: str = ""
    ) -> None:
        self.account, self.mailbox, self.also = account, mailbox, tuple(also)
        self._configured = {"sent": sent, "drafts": drafts, "junk": junk}
        self._session = Session(account)
        self._folders: Folders | None = None
        self._validity: dict[str, int] = {}              # mailbox -> the UIDVALIDITY under which its UIDs were given out
        self._seen_to: tuple[int, int] | None = None     # (UIDVALIDITY, UIDNEXT) of the mailbox when it was last fetched

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    @property
    def name(self) -> str:
        """The account, as cursors are kept under it."""
        return self.account.user

    def connect(self) -> None:
        """Connect and sign in where that is not done already."""
        self._session.connect()

    def close(self) -> None:
        self._session.close()

    def wake(self) -> None:
        """End `wait` at once. May be called from another thread or a signal handler."""
        self._session.wake()

    # what there is

    def folders(self) -> Folders:
        """Where Sent, Drafts and Junk are."""
        if self._folders is None:
            with self._session.talking() as client:
                listed = client.list_folders()
            self._folders = naming.find(listed, **self._configured)
        return self._folders

    def mailboxes(self) -> tuple[str, ...]:
        """What is read as it comes in."""
        return (self.mailbox,)

    def swept_mailboxes(self) -> tuple[str, ...]:
        """What is looked through now and then: the mailbox, `also`, and junk."""
        return tuple(dict.fromkeys(m for m in (self.mailbox, *self.also, self.folders().junk) if m))

    def status(self, mailbox: str) -> tuple[int, int]:
        """(UIDVALIDITY, UIDNEXT) of a mailbox."""
        answer = self._session.select(mailbox, fresh=True)
        uidvalidity = int(answer.get(b"UIDVALIDITY", 0))
        uidnext = int(answer.get(b"UIDNEXT", 0))
        if not uidnext:  # an old server: the highest UID says it as well
            uidnext = max(fetching.search_since(self._session, None), default=0) + 1
        self._validity[mailbox] = uidvalidity
        return uidvalidity, uidnext

    # reading

    def fetch(
        self, mailbox: str, *, after: tuple[int, int] | None = None, since: date | None = None, worth: Callable[[bytes], bool] | None = None
    ) -> Iterator[Inbound]:
        """Messages in the order of receipt. `after` is a cursor (UIDVALIDITY, UID): only what lies above it.

        Without a cursor, or when the mailbox's UIDVALIDITY is another: everything received on `since` or later (None: all).
        Between two messages the caller may use this inbox for something else.

        `worth` is asked of a message that says the same in plain text and in HTML, without the HTML yet: where it says no (the message
        concerns nobody here), that is all that is fetched of it.
        """
        uidvalidity, uidnext = self.status(mailbox)
        if mailbox == self.mailbox:
            self._seen_to = uidvalidity, uidnext
        places: list[fetching.Spot] = []
        if after is None or after[0] != uidvalidity:
            places = fetching.spots(self._session, fetching.search_since(self._session, since))
        elif uidnext > after[1] + 1:
            places = [s for s in fetching.spots(self._session, f"{after[1] + 1}:*") if s.uid > after[1]]
        yield from fetching.inbound(self._session, mailbox, uidvalidity, places, worth)

    def sweep(self, mailbox: str, since: date) -> tuple[int, dict[int, str]]:
        """(UIDVALIDITY, {UID: Message-ID}) of what was received since that day, so that what was never seen can be fetched."""
        uidvalidity, _uidnext = self.status(mailbox)
        uids = fetching.search_since(self._session, since)
        return uidvalidity, fetching.message_ids(self._session, mailbox, uids)

    def answered(self, mailbox: str, since: date) -> tuple[int, frozenset[int]]:
        """(UIDVALIDITY, UIDs) of what was received there since that day and carries \\Answered."""
        uidvalidity, _uidnext = self.status(mailbox)
        return uidvalidity, frozenset(fetching.search_since(self._session, since, "ANSWERED"))

    def fetch_uids(self, mailbox: str, uids: Sequence[int]) -> Iterator[Inbound]:
        """These messages, as far as they still are there. Their `cursor` is 0: others may be left below them."""
        if not uids:
            return
        uidvalidity, _uidnext = self.status(mailbox)
        places = fetching.spots(self._session, sorted(uids))
        yield from fetching.inbound(self._session, mailbox, uidvalidity, places, move_cursor=False)

    def wait(self, seconds: float) -> bool:
        """Wait for new mail, at most so long; True if there may be some, or if `wake` was called.

        A connection that died while nothing happened raises ConnectionLost.
        """
        if self._overlooked():
            return True
        return self._session.idle(self.mailbox, seconds)

    def _overlooked(self) -> bool:
        """Whether something came between the last fetch and now: its announcement may have been lost among other answers."""
        return self._seen_to is not None and self.status(self.mailbox) != self._seen_to

    # our letters

    def find_letter(self, key: str) -> SentLetter | None:
        """The letter with this key in Sent."""
        return keeping.find(self._session, self._folder("sent"), key)

    def find_draft(self, key: str) -> SentLetter | None:
        return keeping.find(self._session, self._folder("drafts"), key)

    def sent_since(self, mailbox: str, day: date, *, after: tuple[int, int] | None = None) -> Iterator[SentLetter]:
        """The headers of what was filed there ("" = Sent) since that day; those with `key == ""` she wrote herself.

        `after` is what `status` said at an earlier look: only what came later, all where UIDVALIDITY is another.
        """
        return keeping.since(self._session, mailbox or self._folder("sent"), day, after)

    def append_draft(self, raw: bytes) -> None:
        """Lay a letter into Drafts for her to send."""
        keeping.append_once(self._session, self._folder("drafts"), raw, (b"\\Draft", b"\\Seen"))

    def append_sent(self, raw: bytes) -> None:
        """File a copy in Sent, where the provider does not do that itself (Exchange Online and Google do).

        Whoever calls it has looked whether it lies there already.
        """
        keeping.append(self._session, self._folder("sent"), raw, (b"\\Seen",))

    def remove_draft(self, key: str) -> bool:
        """Take a draft of ours back; False where it is not there any more."""
        draft = self.find_draft(key)
        if draft is None:
            return False
        keeping.expunge(self._session, draft.mailbox, draft.uid)
        return True

    def _folder(self, use: str) -> str:
        name: str = getattr(self.folders(), use)
        if not name:
            raise MailboxMissing(f"no mailbox for {use} was found on {self.account.host}; name it in the settings: [imap] {use} = \"…\"")
        return name

    # what is done with a message that was ours

    def after_handling(self, mailbox: str, uid: int, how: str) -> None:
        """`how`: leave | flag (\\Flagged) | answered (\\Answered) | move:MAILBOX. Does nothing to a message that is gone."""
        keeping.settle(self._session, mailbox, self._validity.get(mailbox, 0), uid, how)
