"""One IMAP connection (RFC 3501): sign-in, selecting mailboxes, idling, and every failure put into a sentence.

After any timeout or broken answer the connection is worthless, so it is closed at once and the error says so; whoever
uses it connects again. One session belongs to one thread; only `wake` may be called from elsewhere.
"""

from __future__ import annotations

import contextlib
import re
import select
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, ProtocolError

from mailbot.mail.account import Account, connection_broke, tls_context, unreachable
from mailbot.mail.answers import fetched
from mailbot.mail.errors import ConnectionLost, InboxError, MailboxMissing, SignInRefused, Throttled, Unreachable, UnreadableAnswer
from mailbot.mail.refusals import explain, suggested_wait

RENEW_IDLE = 240.0   # seconds; servers and routers forget quiet connections, many after 5 to 30 minutes
POLL_EVERY = 30.0    # seconds between looks where the server cannot idle

_NEWS = (b"EXISTS", b"RECENT")
# what imapclient's parser raises on an answer that is cut or hostile
_BAD_LINE = (ValueError, IndexError, KeyError, TypeError, AssertionError, AttributeError, RecursionError)
_UNREADABLE = re.compile(r"got more than|unexpected response")


class Session:
    """A connection that is made by `connect` and thrown away by `close` or any failure."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._client: IMAPClient | None = None
        self._selected: tuple[str, bool, dict[bytes, Any]] | None = None
        self.last_selected = ""
        self._bell: tuple[socket.socket, socket.socket] | None = None  # heard on the one, rung at the other; while connected

    def connect(self) -> None:
        """Connect and sign in, if that is not done. Raises Unreachable, SignInRefused, Throttled."""
        if self._client is not None:
            return
        account = self.account
        context = tls_context() if account.tls != "none" else None
        try:
            client = IMAPClient(account.host, account.port, ssl=account.tls == "implicit", ssl_context=context, timeout=account.timeout)
        except (OSError, IMAPClientError) as problem:
            raise _throttled(str(problem)) or unreachable(account, problem) from problem
        try:
            client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else 40 ms a command
            if account.tls == "starttls":
                client.starttls(context)
            self._sign_in(client)
            client._cached_capabilities = None  # what a server can do it tells after the sign-in
            client.capabilities()
        except InboxError:
            _hang_up(client)
            raise
        except (OSError, IMAPClientError, *_BAD_LINE) as problem:
            _hang_up(client)
            raise _throttled(str(problem)) or unreachable(account, problem) from problem
        self._client = client
        if self._bell is None:
            self._bell = socket.socketpair()
            for end in self._bell:
                end.setblocking(False)

    def _sign_in(self, client: IMAPClient) -> None:
        user = self.account.user
        try:
            self.account.auth.login_imap(client, user)
        except IMAPClientError as problem:
            if connection_broke(problem):
                raise unreachable(self.account, problem) from problem
            text = _plain(problem)
            raise _throttled(text) or SignInRefused(
                explain(text) or f"{self.account.place} refused the sign-in of {user} ({text}); check user and password"
            ) from problem

    def close(self) -> None:
        """Sign off politely, if there is somebody to say it to."""
        client = self._let_go()
        if client is not None:
            with contextlib.suppress(OSError, IMAPClientError, *_BAD_LINE):
                client.socket().settimeout(min(2.0, self.account.timeout))
                client.logout()
            _hang_up(client)

    @contextmanager
    def talking(self) -> Iterator[IMAPClient]:
        """The client, with whatever it raises put into our errors; connects first where needed."""
        self.connect()
        client = self._client
        assert client is not None
        try:
            yield client
        except (ProtocolError, *_BAD_LINE) as problem:
            self._drop()
            raise UnreadableAnswer(_unreadable(self.account, problem)) from problem
        except (IMAPClientAbortError, OSError, EOFError) as problem:
            self._drop()
            if _UNREADABLE.search(_plain(problem)):
                raise UnreadableAnswer(_unreadable(self.account, problem)) from problem
            why = _farewell(client) or problem
            raise _throttled(_plain(why)) or ConnectionLost(_lost(self.account, why)) from problem
        except IMAPClientError as problem:
            text = _plain(problem)
            if _UNREADABLE.search(text):
                self._drop()
                raise UnreadableAnswer(_unreadable(self.account, problem)) from problem
            if (slow := _throttled(text)) is not None:
                raise slow from problem
            if "* BYE" in text or _farewell(client):
                self._drop()
                raise ConnectionLost(_lost(self.account, problem)) from problem
            raise InboxError(f"{self.account.place} refused a command ({text}); if this comes again, tell the maintainers") from problem

    def _drop(self) -> None:
        client = self._let_go()
        if client is not None:
            _hang_up(client)

    def _let_go(self) -> IMAPClient | None:
        """Forget the connection and all that goes with it."""
        client, self._client, self._selected = self._client, None, None
        bell, self._bell = self._bell, None
        for end in bell or ():
            end.close()
        return client

    def can(self, capability: str) -> bool:
        with self.talking() as client:
            return bool(client.has_capability(capability))

    def select(self, mailbox: str, *, readonly: bool = True, fresh: bool = False) -> dict[bytes, Any]:
        """Select (EXAMINE where `readonly`) unless it is selected already; the server's answer. Raises MailboxMissing."""
        self.connect()
        if self._selected is not None and self._selected[:2] == (mailbox, readonly) and not fresh:
            return self._selected[2]
        self._selected = None
        try:
            with self.talking() as client:
                answer: dict[bytes, Any] = client.select_folder(mailbox, readonly=readonly)
        except (ConnectionLost, Throttled, Unreachable, SignInRefused):
            raise
        except InboxError as problem:
            with self.talking() as client:
                exists = any(name == mailbox for _flags, _separator, name in client.list_folders("", mailbox))
            if not exists:
                raise MailboxMissing(
                    f"there is no mailbox {mailbox!r} on {self.account.host}; was it renamed? Put its new name into the settings"
                ) from problem
            raise
        self._selected, self.last_selected = (mailbox, readonly, answer), mailbox
        return answer

    def unselect(self) -> None:
        """Forget the selection, so that the next `select` asks the server."""
        self._selected = None

    def fetch(self, uids: str, items: Iterable[str]) -> dict[int, dict[bytes, Any]]:
        """UID FETCH of a set such as "3:7,9" in the selected mailbox: {UID: {item: value}} for what is still there.

        Not imapclient's `fetch`, which takes no ranges and loses everything when one message of many has vanished.
        """
        with self.talking() as client:
            for _ in range(2):
                status, data = client._imap.uid("FETCH", uids, f"({' '.join(items)})")
                if status == "OK":
                    break
                text = _plain(IMAPClientError(data[0]))
                if "EXPUNGEISSUED" not in text and "no longer exist" not in text:  # RFC 5530
                    raise IMAPClientError(f"FETCH failed: {text}")
                data = client._imap.untagged_responses.pop("FETCH", [None])
                client.noop()  # let go of what vanished
            return fetched(data)

    # waiting

    def wake(self) -> None:
        """End a wait at once, or the next one on this connection. Safe from other threads and in signal handlers."""
        bell = self._bell
        if bell is not None:
            with contextlib.suppress(OSError):
                bell[1].send(b"!")

    @property
    def _ear(self) -> socket.socket:
        assert self._bell is not None
        return self._bell[0]

    def idle(self, mailbox: str, seconds: float) -> bool:
        """Wait at most `seconds` for news in this mailbox; True if there may be some, or if woken."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.select(mailbox)
            slice_ = min(left, RENEW_IDLE if self.can("IDLE") else POLL_EVERY)
            news, woken = self._idle_once(slice_) if self.can("IDLE") else self._poll_once(slice_)
            if news or woken:
                self._silence_bell()
                return True
        return False

    def _idle_once(self, seconds: float) -> tuple[bool, bool]:
        """One IDLE (RFC 2177). Its end doubles as the proof that the server still lives: no answer to DONE in time raises."""
        with self.talking() as client:
            client.idle()
            woken = self._listen(client, seconds)
            _text, answers = client.idle_done()
        return _is_news(answers), woken

    def _poll_once(self, seconds: float) -> tuple[bool, bool]:
        woken = bool(select.select([self._ear], [], [], seconds)[0])
        with self.talking() as client:
            _text, answers = client.noop()
        return _is_news(answers), woken

    def _listen(self, client: IMAPClient, seconds: float) -> bool:
        """Until the server or the bell is heard or time is up; True for the bell.

        Not imapclient's `idle_check`: it takes half a line for a broken one and a dead connection for silence.
        """
        sock = client.socket()
        if _buffered(client, sock):
            return False
        readable, _, _ = select.select([sock, self._ear], [], [], seconds)
        return self._ear in readable

    def _silence_bell(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._ear.recv(64):
                pass


def _farewell(client: IMAPClient) -> IMAPClientAbortError | None:
    """What the server said before it hung up (BYE, RFC 3501, 7.1.5): in the middle of IDLE the library only tells of the end."""
    said = client._imap.untagged_responses.get("BYE")
    return IMAPClientAbortError(b" ".join(x for x in said if isinstance(x, bytes)).decode("ascii", "replace")) if said else None


def _buffered(client: IMAPClient, sock: Any) -> bool:
    """Whether something arrived together with the answer to IDLE: it lies in a buffer, and the socket will stay quiet."""
    if getattr(sock, "pending", lambda: 0)():
        return True
    imap = client._imap
    if hasattr(imap, "_readbuf"):  # Python 3.14
        return bool(imap._readbuf)
    timeout = sock.gettimeout()
    sock.settimeout(0)
    try:
        return bool(imap.file.peek(1))
    except OSError:  # TLS says so where there is nothing to read
        return False
    finally:
        sock.settimeout(timeout)


def _is_news(answers: list[Any]) -> bool:
    return any(len(a) > 1 and a[1] in _NEWS for a in answers)


def _hang_up(client: IMAPClient) -> None:
    with contextlib.suppress(OSError, IMAPClientError, *_BAD_LINE):
        client.shutdown()


def _plain(problem: Exception) -> str:
    """The server's words without Python's decoration."""
    text = str(problem.args[0]) if problem.args else type(problem).__name__
    return re.sub(r"^command: \w+ => |^b'|'$|[\r\n\x00]+", " ", text[:500]).strip()[:300]


def _throttled(text: str) -> Throttled | None:
    wait = suggested_wait(text)
    if wait is None:
        return None
    return Throttled(f"the server asks for patience ({text[:200]}); the next attempt comes in {wait:.0f} s", wait)


def _unreadable(account: Account, problem: Exception) -> str:
    return f"{account.place} sent an answer that cannot be read ({type(problem).__name__}: {_plain(problem)[:100]}); reconnecting"


def _lost(account: Account, problem: Exception) -> str:
    if "AccessTokenExpired" in str(problem):
        return f"{account.place} ended the session because its access token is old; a fresh one is fetched when reconnecting"
    if isinstance(problem, TimeoutError):
        return f"{account.place} stopped answering (no word for {account.timeout:g} s); reconnecting"
    return f"the connection to {account.place} broke ({_plain(problem)}); reconnecting"
