"""The IMAP side of the embedded server: pymap's in-memory backend (RFC 3501), mended and extended where we need it.

It touches pymap's internals, so pyproject pins its version. What is mended is said beside it; what is added are sign-in
by token (XOAUTH2), special-use folders (RFC 6154) and custom keywords that can be switched off, as on Exchange Online.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from argparse import Namespace
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mailbot.demo import MissingExtraError

try:
    from proxyprotocol.sock import SocketInfo
    from pymap.backend.dict import Config, DictBackend, Identity, Login
    from pymap.backend.dict import mailbox as dict_mailbox
    from pymap.backend.dict.filter import FilterSet
    from pymap.backend.dict.mailbox import LoadedMessage, MailboxData, MailboxSet
    from pymap.config import BackendCapability
    from pymap.exceptions import InvalidAuth
    from pymap.imap import IMAPServer
    from pymap.listtree import ListEntry, ListTree
    from pymap.mime import MessageContent
    from pymap.parsing.specials.flag import Flag
    from pymap.user import UserMetadata
    from pysasl import SASLAuth
    from pysasl.creds.external import ExternalCredentials
    from pysasl.mechanism.login import LoginMechanism
    from pysasl.mechanism.oauth import OAuth2Mechanism
    from pysasl.mechanism.plain import PlainMechanism
except ImportError as problem:
    raise MissingExtraError from problem

SPECIAL_USE = {"Sent": b"Sent", "Drafts": b"Drafts", "Junk": b"Junk"}


class _Mailbox(MailboxData):
    """A mailbox that knows custom keywords and loses no wake-up."""

    keywords: frozenset[Flag] = frozenset()

    @property
    def permanent_flags(self) -> frozenset[Flag]:
        return super().permanent_flags | self.keywords

    async def update_selected(self, selected: Any, *, wait_on: Any = None) -> Any:
        # pymap loses a wake-up that arrives while IDLE is writing: don't wait for what has already happened
        if selected.mod_sequence not in (None, self._mod_sequences.highest):
            wait_on = None
        return await super().update_selected(selected, wait_on=wait_on)


setattr(dict_mailbox, "MailboxData", _Mailbox)  # noqa: B010 - MailboxSet looks the class up by this name


class _Loaded(LoadedMessage):
    """A message that numbers the parts of an attached message as RFC 3501 does: without a level for the message itself."""

    def _get_subpart(self, section: Sequence[int] | None) -> MessageContent:
        part = self.content
        for depth, number in enumerate(section or ()):
            if depth and part.is_rfc822:
                part = part.body.nested[0]
            if part.body.has_nested and not part.is_rfc822:
                part = part.body.nested[number - 1]
            elif number != 1:
                raise IndexError(number)
        return part


setattr(dict_mailbox, "LoadedMessage", _Loaded)  # noqa: B010 - Message looks the class up by this name


class _SpecialEntry(ListEntry):
    @property
    def attributes(self) -> Sequence[bytes]:
        return [*super().attributes, *([SPECIAL_USE[self.name]] if self.name in SPECIAL_USE else [])]


class _SpecialTree(ListTree):
    def list_matching(self, ref_name: str, filter_: str) -> Iterable[ListEntry]:
        return (_SpecialEntry(e.name, e.exists, e.marked, e.has_children) for e in super().list_matching(ref_name, filter_))


class _Mailboxes(MailboxSet):
    async def list_mailboxes(self) -> ListTree:
        return _SpecialTree(self.delimiter).update("INBOX", *self._set)


class _Config(Config):
    special_use = True

    @property
    def tls_auth(self) -> SASLAuth:
        return SASLAuth([PlainMechanism(), LoginMechanism(), OAuth2Mechanism()])

    @property
    def backend_capability(self) -> BackendCapability:
        return BackendCapability(idle=True, object_id=True, multi_append=True, custom=[b"SPECIAL-USE"] if self.special_use else None)


class _Login(Login):
    """Passwords of `users`; `access_tokens` maps a token to its user and the Unix time of its end."""

    users: Mapping[str, str]
    access_tokens: Mapping[str, tuple[str, float]]

    async def authenticate(self, credentials: Any) -> Identity:
        if isinstance(credentials, ExternalCredentials):
            user, end = self.access_tokens.get(credentials._token or "", ("", 0.0))
            name, accepted = credentials.authzid, bool(user) and end > time.time() and user == credentials.authzid
        else:
            name = credentials.authcid
            accepted = name in self.users and self.users[name] == getattr(credentials, "_secret", None)
        if not accepted:
            raise InvalidAuth
        self.users_dict.setdefault(name, UserMetadata(self.config, name))
        return Identity(name, self, None, set())


class _Buffered:
    """One segment for each response, as real servers send them; pymap writes many small ones."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer, self._pending = writer, bytearray()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._writer, name)

    def write(self, data: bytes) -> None:
        self._pending += data

    def writelines(self, lines: Iterable[bytes]) -> None:
        self._pending += b"".join(lines)

    def flush(self) -> None:
        data, self._pending = bytes(self._pending), bytearray()
        self._writer.write(data)

    async def drain(self) -> None:
        self.flush()
        await self._writer.drain()

    def close(self) -> None:
        self.flush()
        self._writer.close()


class ImapSide:
    """Mailboxes in memory and the connections to them. Belongs to one event loop."""

    def __init__(
        self, users: Mapping[str, str], tokens: Mapping[str, tuple[str, float]], keywords: Iterable[str], special_use: bool
    ) -> None:
        _Mailbox.keywords = frozenset(Flag(k.encode()) for k in keywords)
        self.users = users
        self._connections: set[asyncio.StreamWriter] = set()
        self._config = _Config.from_args(Namespace(
            demo_data=False, demo_user="-", demo_password="-",  # noqa: S106 - there is no such user
            host="127.0.0.1", port=0, debug=False, cert=None, key=None, passlib_cfg=None, tls=False, proxy_protocol=None,
            inherited_sockets=None,
        ))
        self._config.special_use = special_use
        self._config.apply_context()
        login = _Login(self._config)
        login.users, login.access_tokens = users, tokens
        self._backend = DictBackend(login, self._config)
        self._server = IMAPServer(login, self._config)

    async def start(self) -> asyncio.Server:
        for user in self.users:
            boxes = _Mailboxes()
            self._config.set_cache[user] = boxes, FilterSet()
            for name in ("Sent", "Drafts", "Junk"):
                await boxes.add_mailbox(name)
        return await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=2**26)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # pymap's own callback keeps no reference to the task, and Python 3.13 then collects idle sessions
        self._connections.add(writer)
        buffered: Any = _Buffered(writer)
        try:
            await self._server(reader, buffered, SocketInfo.get(buffered, None, unique_id=uuid.uuid4().bytes))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client, or drop(), cut the connection
        finally:
            self._connections.discard(writer)

    def drop(self) -> None:
        """Cut every connection without a goodbye."""
        for writer in list(self._connections):
            writer.transport.abort()

    async def mailbox(self, user: str, name: str) -> Any:
        return await self._config.set_cache[user][0].get_mailbox(name)
