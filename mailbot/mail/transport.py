"""Submission (RFC 6409) of finished letters, with an exact answer to "did it leave?".

A letter is sent, deferred, refused, or *uncertain*: that last one exactly when the connection broke after the final dot
of DATA was under way and before its reply came (RFC 1047). `smtplib.sendmail` hides where it broke, so the steps are taken one by one.
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import socket
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from mailbot.mail.account import Account, tls_context, unreachable
from mailbot.mail.errors import Deferred, Refused, SignInRefused, TransportError, Uncertain, Unreachable
from mailbot.mail.refusals import explain, suggested_wait

__all__ = ["Accepted", "Deferred", "Refused", "SignInRefused", "Transport", "TransportError", "Uncertain", "Unreachable", "pace"]

BURST = 50              # letters on one connection; servers limit it (Exchange Online: 30 a minute)
REPLY_TIMEOUT = 300.0   # seconds to wait for the reply to the final dot: RFC 5321, 4.5.3.2.6 says ten minutes

_MESSAGE_ID = re.compile(r"<[^<>\s@]{1,300}@[^<>\s@]{1,300}>")
_BROKEN = (OSError, smtplib.SMTPServerDisconnected)

_NO_ADDRESS = re.compile(r"[\x00-\x20<>\x7f]")


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server has the letter. `message_id` is the one that it names in its reply ("" if it names none): Exchange gives its own.

    `refused` are recipients that it did not take, with its replies; the others get the letter.
    """

    reply: str
    message_id: str = ""
    refused: tuple[tuple[str, str], ...] = ()


def pace(sent: Sequence[float], now: float, per_minute: int) -> float:
    """Seconds to wait before the next letter, so that no minute sees more than `per_minute`. `sent` are the times of the last ones."""
    recent = sorted(t for t in sent if t > now - 60)
    return max(0.0, recent[-per_minute] + 60 - now) if len(recent) >= per_minute else 0.0


class Transport:
    """Sends letters from `sender` (the reverse-path), several on one connection. `close` or leave the context when a burst is over.

    `clock` gives seconds that only grow, `sleep` waits; the pace is kept with them.
    """

    def __init__(
        self,
        account: Account,
        per_minute: int,
        sender: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self.account, self.per_minute, self.sender = account, per_minute, sender
        self._clock, self._sleep = clock, sleep
        self._smtp: smtplib.SMTP | None = None
        self._on_connection = 0
        self._sent: deque[float] = deque(maxlen=max(1, per_minute))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def connect(self) -> None:
        """Connect and sign in. Raises Unreachable, SignInRefused, Deferred."""
        self._connection()

    def close(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException, ValueError):
                if smtp.sock is not None:
                    smtp.sock.settimeout(min(2.0, self.account.timeout))
                smtp.quit()
            smtp.close()

    def wait_seconds(self) -> float:
        """How long the pace asks to wait before the next letter."""
        return pace(tuple(self._sent), self._clock(), self.per_minute)

    def send(self, raw: bytes, recipients: Sequence[str], before_last_byte: Callable[[], None] = lambda: None) -> Accepted:
        """Hand one letter over. `raw` is complete (RFC 5322); `before_last_byte` is called when only the final dot is missing.

        Raises Deferred, Refused (nobody gets it), Uncertain, SignInRefused, Unreachable. What `before_last_byte` raises comes
        through, and the letter has not left.
        """
        if (wait := self.wait_seconds()) > 0:
            self._sleep(wait)
        smtp = self._connection()
        self._sent.append(self._clock())
        try:
            refused = self._envelope(smtp, raw, recipients)
            self._text(smtp, raw)
            before_last_byte()
        except _BROKEN as problem:
            self._abandon()
            raise Deferred(0, f"the connection to {self.account.place} broke before the letter was handed over ({problem})") from problem
        except (Deferred, Refused):
            raise
        except BaseException:
            self._abandon()  # the server waits for the rest of the letter: only hanging up makes it forget what it has
            raise
        return self._final_dot(smtp, refused)

    def _connection(self) -> smtplib.SMTP:
        """An open connection with a fresh transaction; an old, silent or worn one is replaced."""
        if self._smtp is not None:
            try:
                if self._on_connection < BURST and self._smtp.rset()[0] == 250:
                    self._on_connection += 1
                    return self._smtp
            except (*_BROKEN, smtplib.SMTPException):
                pass
            self.close()
        self._smtp, self._on_connection = self._connect(), 1
        return self._smtp

    def _connect(self) -> smtplib.SMTP:
        account = self.account
        try:
            if account.tls == "implicit":
                smtp: smtplib.SMTP = smtplib.SMTP_SSL(account.host, account.port, timeout=account.timeout, context=tls_context())
            else:
                smtp = smtplib.SMTP(account.host, account.port, timeout=account.timeout)
        except smtplib.SMTPConnectError as problem:
            raise self._deferred(int(problem.smtp_code), _words(problem.smtp_error)) from problem
        except (OSError, smtplib.SMTPException) as problem:
            raise unreachable(account, problem) from problem
        try:
            if smtp.sock is not None:
                smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if account.tls == "starttls":
                smtp.starttls(context=tls_context())
            smtp.ehlo_or_helo_if_needed()
            self._sign_in(smtp)
        except BaseException as problem:
            smtp.close()
            if isinstance(problem, smtplib.SMTPNotSupportedError):
                raise Unreachable(f'{account.place} offers no STARTTLS; try tls = "implicit" with port 465') from problem
            if isinstance(problem, (OSError, smtplib.SMTPException)):
                raise unreachable(account, problem) from problem
            raise
        return smtp

    def _sign_in(self, smtp: smtplib.SMTP) -> None:
        try:
            self.account.auth.login_smtp(smtp, self.account.user)
        except smtplib.SMTPAuthenticationError as problem:
            text = f"{problem.smtp_code} {_words(problem.smtp_error)}"
            if problem.smtp_code // 100 == 4:
                raise self._deferred(problem.smtp_code, text) from problem
            raise SignInRefused(
                explain(text) or f"{self.account.place} refused the sign-in of {self.account.user} ({text}); check user and password"
            ) from problem

    def _envelope(self, smtp: smtplib.SMTP, raw: bytes, recipients: Sequence[str]) -> tuple[tuple[str, str], ...]:
        """MAIL and RCPT; the recipients that were refused, where at least one was taken."""
        for address in (self.sender, *recipients):
            if _NO_ADDRESS.search(address):
                raise Refused(0, f"{address!r} is no address that mail can be sent to")
        code, reply = smtp.mail(self.sender, self._options(smtp, raw, recipients))
        if code != 250:
            raise self._no(code, _words(reply))
        refused: dict[str, tuple[int, str]] = {}
        for recipient in recipients:
            code, reply = smtp.rcpt(recipient)
            if code not in (250, 251):
                refused[recipient] = code, _words(reply)
            if code == 421:
                break
        if len(refused) < len(recipients) and all(code // 100 == 5 for code, _ in refused.values()):
            return tuple((recipient, f"{code} {text}") for recipient, (code, text) in refused.items())
        # nobody, or somebody only for now: then nobody gets it now, so that no one gets it twice later
        code, text = min(refused.values())
        problem = self._no(code, text)
        if isinstance(problem, Refused):
            problem.recipients.update({recipient: f"{c} {t}" for recipient, (c, t) in refused.items()})
        raise problem

    def _options(self, smtp: smtplib.SMTP, raw: bytes, recipients: Sequence[str]) -> tuple[str, ...]:
        """ESMTP parameters that this letter needs (RFC 1870, 6152, 6531). Raises Refused where the server lacks one."""
        options = [f"SIZE={len(raw)}"] if smtp.has_extn("size") else []
        international = not all(a.isascii() for a in (self.sender, *recipients)) or not raw.partition(b"\r\n\r\n")[0].isascii()
        if international:
            if not smtp.has_extn("smtputf8"):
                raise Refused(0, f"{self.account.place} cannot deliver to addresses with letters beyond a-z (no SMTPUTF8)")
            options.append("SMTPUTF8")
        smtp.command_encoding = "utf-8" if international else "ascii"
        if not raw.isascii():
            if not smtp.has_extn("8bitmime"):
                raise Refused(0, f"{self.account.place} takes 7-bit letters only (no 8BITMIME), and this one is not")
            options.append("BODY=8BITMIME")
        return tuple(options)

    def _text(self, smtp: smtplib.SMTP, raw: bytes) -> None:
        """DATA and everything but the final dot."""
        code, reply = smtp.docmd("DATA")
        if code != 354:
            raise self._no(code, _words(reply))
        text = re.sub(rb"\r\n|\r|\n", b"\r\n", raw)
        text = re.sub(rb"(?m)^\.", b"..", text)
        smtp.send(text if text.endswith(b"\r\n") else text + b"\r\n")

    def _final_dot(self, smtp: smtplib.SMTP, refused: tuple[tuple[str, str], ...]) -> Accepted:
        try:
            if smtp.sock is not None:
                smtp.sock.settimeout(max(self.account.timeout, REPLY_TIMEOUT) if self.account.timeout >= 30 else self.account.timeout)
            smtp.send(b".\r\n")
            code, reply = smtp.getreply()
            if smtp.sock is not None:
                smtp.sock.settimeout(self.account.timeout)
        except (*_BROKEN, smtplib.SMTPException) as problem:
            self._abandon()
            raise Uncertain(
                f"the connection to {self.account.place} broke while it took the letter ({problem}); "
                "look for it in Sent before sending it again"
            ) from problem
        text = _words(reply)
        if code != 250:
            raise self._no(code, text)
        found = _MESSAGE_ID.search(text)
        return Accepted(f"{code} {text}", found[0] if found else "", refused)

    def _no(self, code: int, text: str) -> Deferred | Refused:
        if code == 421 or code < 0:
            self._abandon()  # the server hangs up
        if code // 100 == 5:
            return Refused(code, explain(f"{code} {text}") or f"{code} {text}")
        return self._deferred(code, text)

    def _deferred(self, code: int, text: str) -> Deferred:
        return Deferred(max(code, 0), f"{code} {text}", suggested_wait(text) if "Suggested" in text else None)

    def _abandon(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()


def _words(reply: bytes | str) -> str:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return " ".join(text.split())[:500]
