"""What can go wrong on the wire. Each error's text is one English sentence for people: what happened and how to mend it.

`InboxError` and its kind come from `Inbox`, `TransportError` and its kind from `Transport`; a server that cannot be
reached or refuses the sign-in is both.
"""

from __future__ import annotations


class MailError(Exception):
    """Any trouble with a mail server."""


class InboxError(MailError):
    """The inbox cannot be read or changed."""


class TransportError(MailError):
    """A letter was not, or not surely, taken by the submission server."""


class Unreachable(InboxError, TransportError):
    """No connection, or none that can be trusted."""


class SignInRefused(InboxError, TransportError):
    """The server knows us not, or no longer."""


class ConnectionLost(InboxError):
    """The connection broke, or stands still; a new one is needed."""


class UnreadableAnswer(ConnectionLost):
    """The server's answer, or what arrived of it, makes no sense to our IMAP library."""


class MailboxMissing(InboxError):
    """There is no mailbox (folder) of that name."""


class Throttled(InboxError):
    """The server asks to come back in `wait_seconds`."""

    def __init__(self, text: str, wait_seconds: float) -> None:
        super().__init__(text)
        self.wait_seconds = wait_seconds


class Deferred(TransportError):
    """Refused for now (4yz, or the connection broke before the last byte): `code` 0 without a reply; `retry_after` seconds, if said."""

    def __init__(self, code: int, text: str, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.code, self.text, self.retry_after = code, text, retry_after


class Refused(TransportError):
    """Refused for good (5yz); `recipients` are those that were refused with their replies, if it was not the whole letter."""

    def __init__(self, code: int, text: str, recipients: dict[str, str] | None = None) -> None:
        super().__init__(text)
        self.code, self.text, self.recipients = code, text, recipients or {}


class Uncertain(TransportError):
    """The connection broke between the final dot and its reply: nobody knows whether the letter left (RFC 1047)."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text
