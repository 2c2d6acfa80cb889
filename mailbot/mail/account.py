"""A sign-in to a mail server: where, how protected, who. Shared by the inbox (IMAP) and the transport (submission).

TLS is always verified; without TLS only this machine is talked to, so that no password ever travels in the clear.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import smtplib
import socket
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from imapclient.exceptions import IMAPClientAbortError

from mailbot.mail.errors import Unreachable

if TYPE_CHECKING:
    from imapclient import IMAPClient

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

Tls = Literal["implicit", "starttls", "none"]


class Credentials(Protocol):
    """How an account proves who it is. Both methods raise what the library raises where the server says no."""

    def login_imap(self, client: IMAPClient, user: str) -> None: ...

    def login_smtp(self, smtp: smtplib.SMTP, user: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Password:
    """Sign-in by password: PLAIN where it is offered, because LOGIN knows no letters beyond ASCII (RFC 4616, 3501)."""

    secret: str = field(repr=False)

    def login_imap(self, client: IMAPClient, user: str) -> None:
        if client.has_capability("AUTH=PLAIN"):
            client.plain_login(user, self.secret)
        else:
            client.login(user, self.secret)

    def login_smtp(self, smtp: smtplib.SMTP, user: str) -> None:
        if "PLAIN" in smtp.esmtp_features.get("auth", "").upper().split():
            answer_smtp(smtp, "PLAIN", f"\0{user}\0{self.secret}")
        else:
            smtp.login(user, self.secret)


def answer_smtp(smtp: smtplib.SMTP, mechanism: str, answer: str) -> None:
    """AUTH with an initial answer (RFC 4954). smtplib's own encodes to ASCII and fails at "ø". Raises SMTPAuthenticationError."""
    code, reply = smtp.docmd("AUTH", f"{mechanism} {base64.b64encode(answer.encode()).decode()}")
    if code == 334:  # XOAUTH2 explains its refusal in a challenge and waits for an empty answer
        why = reply
        code, reply = smtp.docmd("")
        with contextlib.suppress(binascii.Error):
            reply += b" " + base64.b64decode(why)
    if code not in (235, 503):
        raise smtplib.SMTPAuthenticationError(code, reply)


@dataclass(frozen=True, slots=True)
class Account:
    """`timeout` bounds each wait for the server, in seconds."""

    host: str
    port: int
    tls: Tls
    user: str
    auth: Credentials = field(repr=False)
    timeout: float = 30.0

    def __post_init__(self) -> None:
        if self.tls == "none" and self.host not in LOOPBACK:
            raise Unreachable(
                f'tls = "none" would send everything in the clear to {self.host}; use tls = "implicit" or "starttls" '
                '("none" is for a server on this machine)'
            )

    @property
    def place(self) -> str:
        return f"{self.host}:{self.port}"


def connection_broke(problem: Exception) -> bool:
    """Whether an IMAP sign-in ended with the connection: imapclient calls that a wrong password as well."""
    return any(isinstance(p, IMAPClientAbortError | OSError) for p in (problem, problem.__context__))


def tls_context() -> ssl.SSLContext:
    """Verifies the certificate and the host name, TLS 1.2 or newer."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def unreachable(account: Account, problem: Exception) -> Unreachable:
    """Why no connection came about, in words."""
    place = account.place
    match problem:
        case ssl.SSLCertVerificationError():
            return Unreachable(
                f"the certificate of {place} cannot be trusted ({problem.verify_message}); check the host's name, "
                "or ask whoever runs the server for a valid certificate"
            )
        case ssl.SSLError():
            return Unreachable(f'{place} speaks no TLS there ({problem.reason}); check port and tls ("implicit" or "starttls")')
        case socket.gaierror():
            return Unreachable(f"no server is called {account.host}; check the spelling of host, and that this machine is on the network")
        case TimeoutError():
            return Unreachable(f"{place} did not answer within {account.timeout:g} s; check host and port, and that no firewall is between")
        case ConnectionRefusedError():
            return Unreachable(f"{place} takes no connections; check host and port, and that the server runs")
        case _:
            return Unreachable(f"no connection to {place} ({str(problem)[:200]}); check host, port and network")
