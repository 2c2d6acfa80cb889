"""A mail server inside the process: IMAP (RFC 3501) and submission (RFC 6409) on free ports of the loopback interface.

It is ready within milliseconds and needs no configuration, so the demo and the tests talk real IMAP and SMTP. It can
misbehave on purpose: replace Message-IDs and fill Sent as Exchange Online does, refuse, defer, drop connections before
or after it took a message, forget its UIDs, and let tokens expire.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import itertools
import re
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self, TypeVar

from mailbot.demo import MissingExtraError

try:
    from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
    from pymap.parsing.message import AppendMessage
    from pymap.parsing.specials.flag import Flag
except ImportError as problem:
    raise MissingExtraError from problem

from mailbot.demo.mailboxes import ImapSide

USERS = {"bot@example.dk": "secret"}
LARGEST = 50_000_000  # bytes of a submitted message
_MESSAGE_ID = re.compile(rb"^message-id:[^\n]*\n(?:[ \t][^\n]*\n)*", re.IGNORECASE | re.MULTILINE)
_XOAUTH2 = re.compile(r"user=([^\x01]*)\x01auth=Bearer ([^\x01]*)\x01\x01")

_T = TypeVar("_T")

Fault = Callable[[str, Any], "str | None"]


@dataclass(frozen=True, slots=True)
class Stored:
    """A message as it lies in a mailbox: flags as they are written in IMAP, INTERNALDATE aware."""

    uid: int
    flags: frozenset[str]
    received_at: datetime
    raw: bytes


@dataclass(frozen=True, slots=True)
class Submitted:
    """A message that was accepted by SMTP, as its recipients get it."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes


class _Session(Session):
    login_data = None  # the library's own is deprecated, and says so at every sign-in


class _Smtp(SMTP):
    def _create_session(self) -> Session:
        return _Session(self.loop)


class MailServer:
    """`with MailServer() as server:` runs it in a thread of its own; every method may be called from any thread.

    `users` maps addresses to passwords, `tokens` access tokens to (address, Unix time of their end). `fault(stage, what)` is asked
    at "AUTH" (user), "MAIL" (address), "RCPT" (address) and "DATA" (envelope); it returns None, an SMTP reply, or at DATA "drop"
    or "drop-after-accept": the connection ends before or after the message was taken, without a reply.
    """

    def __init__(
        self,
        users: Mapping[str, str] = USERS,
        *,
        keywords: tuple[str, ...] = ("$MailbotDone",),
        special_use: bool = True,
        replace_message_ids: bool = False,
        file_sent: bool = False,
    ) -> None:
        self.users = dict(users)
        self.tokens: dict[str, tuple[str, float]] = {}
        self.sent: list[Submitted] = []
        self.fault: Fault | None = None
        self.replace_message_ids = replace_message_ids
        self.file_sent = file_sent
        self.imap_port = self.smtp_port = 0
        self._keywords, self._special_use = keywords, special_use
        self._numbers = itertools.count(1)

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._trouble: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(ready,), name="mail server", daemon=True)
        self._thread.start()
        if not ready.wait(10) or self._trouble:
            raise RuntimeError("the embedded mail server did not start") from self._trouble
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(5)

    # from the test's or the demo's side

    def deliver(self, user: str, raw: bytes, mailbox: str = "INBOX", *, at: datetime | None = None, flags: tuple[str, ...] = ()) -> int:
        """Lay a message into a mailbox with this INTERNALDATE (aware; None: now); returns its UID."""
        return int(self._do(self._store(user, mailbox, raw, at, flags)))

    def messages(self, user: str, mailbox: str = "INBOX") -> list[Stored]:
        """All messages of a mailbox in the order of their UIDs."""

        async def look() -> list[Stored]:
            box = await self._imap.mailbox(user, mailbox)
            return [
                Stored(m.uid, frozenset(bytes(f).decode() for f in m.permanent_flags), m.internal_date, bytes(m._content))
                async for m in box.messages()
            ]

        return self._do(look())

    def remove(self, user: str, uid: int, mailbox: str = "INBOX") -> None:
        """Expunge a message, as another mail program would."""

        async def delete() -> None:
            await (await self._imap.mailbox(user, mailbox)).delete([uid])

        self._do(delete())

    def reset_uidvalidity(self, user: str, mailbox: str = "INBOX") -> None:
        """Make all UIDs that anybody remembers worthless."""

        async def reset() -> None:
            box = await self._imap.mailbox(user, mailbox)
            box._uid_validity += 1

        self._do(reset())

    def drop_imap(self) -> None:
        """Cut all IMAP connections."""

        async def drop() -> None:
            self._imap.drop()

        self._do(drop())

    def issue_token(self, user: str, token: str, seconds: float = 3600) -> None:
        """Accept this access token for XOAUTH2 until it ends."""
        self.tokens[token] = user, time.time() + seconds

    # inside the loop

    def _do(self, work: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def _run(self, ready: threading.Event) -> None:
        try:
            asyncio.run(self._main(ready))
        except BaseException as problem:  # noqa: BLE001 - handed to the thread that waits
            self._trouble = problem
            ready.set()

    async def _main(self, ready: threading.Event) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        self._imap = ImapSide(self.users, self.tokens, self._keywords, self._special_use)
        imap = await self._imap.start()
        smtp = await self._loop.create_server(self._session, "127.0.0.1", 0)
        self.imap_port, self.smtp_port = (server.sockets[0].getsockname()[1] for server in (imap, smtp))
        ready.set()
        await self._stopping.wait()
        imap.close()
        smtp.close()
        self._imap.drop()

    def _session(self) -> SMTP:
        return _Smtp(self, authenticator=self._check_password, auth_require_tls=False, data_size_limit=LARGEST, enable_SMTPUTF8=True,
                     hostname="demo", loop=self._loop)

    async def _store(self, user: str, mailbox: str, raw: bytes, at: datetime | None = None, flags: tuple[str, ...] = ()) -> int:
        box = await self._imap.mailbox(user, mailbox)
        letter = AppendMessage(raw, at or datetime.now(UTC), frozenset(Flag(f.encode()) for f in flags))
        return int((await box.append(letter, recent=True)).uid)

    def _asked(self, stage: str, what: Any) -> str | None:
        return self.fault(stage, what) if self.fault else None

    def _check_password(self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
        if not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        user = data.login.decode("utf-8", "replace")
        return self._sign_in(user, self.users.get(user) == data.password.decode("utf-8", "replace"))

    async def auth_XOAUTH2(self, _server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802 - aiosmtpd finds it by this name
        answer = args[1].encode() if len(args) > 1 else b""
        try:
            match = _XOAUTH2.fullmatch(base64.b64decode(answer).decode())
        except (binascii.Error, UnicodeDecodeError):
            match = None
        user, token = match.groups() if match else ("", "")
        holder, end = self.tokens.get(token, ("", 0.0))
        return self._sign_in(user, bool(user) and holder == user and end > time.time())

    def _sign_in(self, user: str, right: bool) -> AuthResult:
        if refusal := self._asked("AUTH", user):
            return AuthResult(success=False, handled=False, message=refusal)
        return AuthResult(success=right, handled=False, auth_data=user)

    async def handle_MAIL(self, _server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802
        if session.auth_data is None:
            return "530 5.7.57 Client not authenticated to send mail"
        if reply := self._asked("MAIL", address):
            return reply
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]) -> str:  # noqa: N802
        if reply := self._asked("RCPT", address):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        reply = self._asked("DATA", envelope)
        if reply == "drop":
            _cut(server)
            return "421 4.4.2 never sent"
        if reply and reply != "drop-after-accept":
            return reply
        raw = envelope.original_content or b""
        accepted = "250 2.0.0 OK: queued"
        if self.replace_message_ids:
            message_id = f"<DU0PR{next(self._numbers):05}@eurprd.demo>"
            raw, accepted = _with_message_id(raw, message_id), f"250 2.0.0 OK {message_id} [Hostname=demo]"
        await self._deliver(str(session.auth_data), envelope, raw)
        if reply:
            _cut(server)
        return accepted

    async def _deliver(self, user: str, envelope: Envelope, raw: bytes) -> None:
        recipients = tuple(str(r) for r in envelope.rcpt_tos)
        self.sent.append(Submitted(envelope.mail_from or "", recipients, raw))
        if self.file_sent:
            await self._store(user, "Sent", raw, flags=("\\Seen",))
        for recipient in recipients:
            if recipient.lower() in self.users:
                await self._store(recipient.lower(), "INBOX", f"Return-Path: <{envelope.mail_from or ''}>\r\n".encode() + raw)


def _cut(server: SMTP) -> None:
    if isinstance(server.transport, asyncio.WriteTransport):
        server.transport.abort()


def _with_message_id(raw: bytes, message_id: str) -> bytes:
    """The message under another Message-ID, which is what Exchange Online makes of every submission."""
    header, blank, body = raw.partition(b"\r\n\r\n")
    rest = _MESSAGE_ID.sub(b"", header + b"\r\n")
    return b"Message-ID: " + message_id.encode() + b"\r\n" + rest.removesuffix(b"\r\n") + blank + body
