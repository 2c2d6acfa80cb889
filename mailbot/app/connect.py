"""From settings to connections: the inbox, the transport, and the carrier that takes letters away as the mode says."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from mailbot.app.handle import TO_HER
from mailbot.app.outbox import Delivered, Delivery, Later, Refused, Unknown
from mailbot.config import Config, ConfigError
from mailbot.course import Mode
from mailbot.mail import errors
from mailbot.mail.account import Account, Credentials, Password
from mailbot.mail.inbox import Inbox
from mailbot.mail.oauth import OAuth, TokenSource, token_source
from mailbot.mail.transport import Transport
from mailbot.registration.records import LetterState
from mailbot.store.base import Attempt, Store

if TYPE_CHECKING:
    import smtplib

    from imapclient import IMAPClient

log = structlog.get_logger()


def inbox_of(config: Config) -> Inbox:
    """The inbox of these settings, not connected yet. Raises ConfigError where a secret is missing."""
    imap = config.imap
    account = Account(imap.host, imap.port, imap.tls, imap.user, Renewed(config, smtp=False))
    return Inbox(account, imap.mailbox, imap.also, imap.sent, imap.drafts, imap.junk)


def transport_of(config: Config, sleep: Callable[[float], object] = time.sleep) -> Transport:
    """The way out, not connected yet. Raises ConfigError where host or secret is missing."""
    smtp = config.smtp
    if not smtp.host:
        raise ConfigError("smtp host is not set; fill it in in [smtp] of mailbot.toml, such as host = \"smtp.office365.com\"")
    user = smtp.user or config.imap.user
    account = Account(smtp.host, smtp.port, smtp.tls, user, Renewed(config, smtp=True))
    return Transport(account, smtp.per_minute, sender=user, sleep=sleep)


def tokens_of(config: Config) -> TokenSource:
    """Where access tokens come from. Raises SignInRefused where a setting is missing."""
    oauth = config.oauth
    return token_source(
        oauth.provider,
        oauth.flow,
        cache=config.path(oauth.token_cache),
        tenant=oauth.tenant,
        client_id=oauth.client_id,
        client_secret=oauth.client_secret.get_secret_value() if oauth.client_secret else "",
        refresh_token=oauth.refresh_token.get_secret_value() if oauth.refresh_token else "",
        service_account=str(config.path(oauth.service_account)) if oauth.service_account else "",
        user=config.imap.user,
        authority=oauth.authority,
    )


@dataclass(slots=True)
class Renewed:
    """Credentials whose secret may be renewed while we run: after a failed sign-in the settings are read again, and where they
    say something else now, that is tried at once."""

    config: Config
    smtp: bool
    held: Credentials = field(init=False)

    def __post_init__(self) -> None:
        self.held = _credentials(self.config, smtp=self.smtp)

    def login_imap(self, client: IMAPClient, user: str) -> None:
        self._try(lambda credentials: credentials.login_imap(client, user))

    def login_smtp(self, smtp: smtplib.SMTP, user: str) -> None:
        self._try(lambda credentials: credentials.login_smtp(smtp, user))

    def _try(self, login: Callable[[Credentials], None]) -> None:
        try:
            login(self.held)
            return
        except Exception:
            if not self._read_again():
                raise
        login(self.held)

    def _read_again(self) -> bool:
        """Whether there is something new. Raises SignInRefused where the settings cannot be used as they stand."""
        try:
            now = self.config.again()
            if now == self.config:
                return False
            self.config, self.held = now, _credentials(now, smtp=self.smtp)
        except ConfigError as problem:
            raise errors.SignInRefused(str(problem)) from problem
        return True


def _credentials(config: Config, *, smtp: bool) -> Credentials:
    if config.imap.auth == "oauth2":
        return OAuth(tokens_of(config))
    secret = (config.smtp.password if smtp else None) or config.imap.password
    if secret is None:
        raise ConfigError(
            "there is no password for the mailbox: set MAILBOT_IMAP__PASSWORD, or MAILBOT_IMAP__PASSWORD_FILE to a file that holds it, "
            'or password_command = "…" in [imap]'
        )
    return Password(secret.get_secret_value())


@dataclass(slots=True)
class Post:
    """Carries letters: by SMTP in mode auto, into the Drafts mailbox in mode draft; those to the administrator always by SMTP.

    `files`: the provider does not file in Sent what it sends, so we do.
    """

    store: Store
    inbox: Inbox
    transport: Transport
    files: bool = False

    def carry(self, attempt: Attempt, before_last_byte: Callable[[], None]) -> Delivery:
        letter = attempt.letter
        mode = self.store.settings(letter.course).mode
        try:
            if mode is Mode.DRAFT and letter.kind not in TO_HER:
                before_last_byte()
                self.inbox.append_draft(attempt.raw)
                return Delivered(LetterState.DRAFTED)
            accepted = self.transport.send(attempt.raw, attempt.recipients, before_last_byte)
        except errors.Uncertain as problem:
            return Unknown(str(problem))
        except errors.Refused as problem:
            return Refused(str(problem))
        except errors.Deferred as problem:
            return Later(str(problem), timedelta(seconds=problem.retry_after) if problem.retry_after else None)
        except errors.Throttled as problem:
            return Later(str(problem), timedelta(seconds=problem.wait_seconds))
        except errors.MailError as problem:
            return Later(str(problem))
        return Delivered(LetterState.SENT, accepted.message_id, to_file=self.files)

    def find(self, key: str) -> Delivered | None:
        """Look in Sent, then in Drafts. An inbox that cannot be reached leaves the question open, and raises."""
        sent = self.inbox.find_letter(key) if self.inbox.folders().sent else None
        if sent is not None:
            return Delivered(LetterState.SENT, sent.message_id)
        draft = self.inbox.find_draft(key) if self.inbox.folders().drafts else None
        return Delivered(LetterState.DRAFTED, draft.message_id) if draft is not None else None

    def file(self, letters: Sequence[Attempt]) -> Iterator[int]:
        """What lies there already (an earlier attempt broke off, or the provider files after all) is left as it is."""
        if self.inbox.folders().sent:
            first = min(attempt.letter.sent_at or attempt.letter.planned_at for attempt in letters)
            there = {letter.key for letter in self.inbox.sent_since("", first.date())}
            for attempt in letters:
                if attempt.letter.key not in there:
                    self.inbox.append_sent(attempt.raw)
                yield attempt.letter.number
        else:
            yield from (attempt.letter.number for attempt in letters)

    def rest(self) -> None:
        """A burst is over."""
        self.transport.close()


def carrier_of(config: Config, store: Store, inbox: Inbox, sleep: Callable[[float], object] = time.sleep) -> Post:
    """`sleep` waits where the pace asks for it, and may be woken."""
    return Post(store, inbox, transport_of(config, sleep), files=not config.provider_files_sent)
