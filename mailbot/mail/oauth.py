"""Sign-in by OAuth 2.0 access tokens over XOAUTH2, the main road to Microsoft 365 and one of two to Google.

`OAuth` is the `Credentials` for an account; it asks a `TokenSource` for a token at each sign-in. Sources renew a token five
minutes before it ends and keep it, and refresh tokens that were exchanged for newer ones, in a file that only its owner can read.
"""

from __future__ import annotations

import contextlib
import json
import os
import smtplib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from imapclient.exceptions import IMAPClientError

from mailbot.mail.account import answer_smtp, connection_broke
from mailbot.mail.errors import SignInRefused
from mailbot.mail.refusals import explain

if TYPE_CHECKING:
    from imapclient import IMAPClient

__all__ = ["EARLY", "OAuth", "SignInSource", "TokenFile", "TokenSource", "explain", "token_source"]

EARLY = 300.0  # seconds before its end at which a token is renewed


class TokenSource(Protocol):
    def token(self, *, fresh: bool = False) -> str:
        """An access token, `fresh`: none that was given out before. Raises SignInRefused, Unreachable."""


class SignInSource(TokenSource, Protocol):
    """A source that needs a person once."""

    def login(self, show: Callable[[str], None]) -> None:
        """Have somebody sign in; `show` is told in a sentence what she has to do. Raises SignInRefused, Unreachable."""


@dataclass(frozen=True, slots=True)
class OAuth:
    """XOAUTH2 with a token of this source. A token that the server refuses is replaced by a fresh one, once."""

    source: TokenSource = field(repr=False)

    def login_imap(self, client: IMAPClient, user: str) -> None:
        try:
            _imap(client, user, self.source.token())
        except IMAPClientError as problem:
            if connection_broke(problem):
                raise
            _imap(client, user, self.source.token(fresh=True))

    def login_smtp(self, smtp: smtplib.SMTP, user: str) -> None:
        try:
            answer_smtp(smtp, "XOAUTH2", _answer(user, self.source.token()))
        except smtplib.SMTPAuthenticationError:
            answer_smtp(smtp, "XOAUTH2", _answer(user, self.source.token(fresh=True)))


def _answer(user: str, token: str) -> str:
    return f"user={user}\x01auth=Bearer {token}\x01\x01"


def _imap(client: IMAPClient, user: str, token: str) -> None:
    """XOAUTH2: after a refusal the server explains itself in a challenge, which wants an empty answer."""
    answers = iter([_answer(user, token)])
    client.sasl_login("XOAUTH2", lambda _challenge: next(answers, ""))


class TokenFile:
    """Secrets in a JSON file with mode 0600, one text a section. A file that is missing or broken counts as empty."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, section: str) -> str:
        try:
            found = json.loads(self.path.read_text("utf-8"))
        except (OSError, ValueError):
            return ""
        return str(found.get(section, "")) if isinstance(found, dict) else ""

    def write(self, section: str, text: str) -> None:
        """Replace a section; the file is never half written. Raises SignInRefused where it cannot be written."""
        try:
            old = json.loads(self.path.read_text("utf-8"))
        except (OSError, ValueError):
            old = {}
        new = {**(old if isinstance(old, dict) else {}), section: text}
        draft = self.path.with_name(f"{self.path.name}.{os.getpid()}.new")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileNotFoundError):
                draft.unlink()
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                json.dump(new, file)
            draft.replace(self.path)
        except OSError as problem:
            raise SignInRefused(
                f"the sign-in could not be kept in {self.path} ({problem.strerror}); check [oauth] token_cache and who may write there"
            ) from problem


def token_source(
    provider: str,
    flow: str,
    *,
    cache: Path,
    tenant: str = "",
    client_id: str = "",
    client_secret: str = "",
    refresh_token: str = "",
    service_account: str = "",
    user: str = "",
    authority: str = "",
) -> TokenSource:
    """The source that the settings [oauth] describe. Raises SignInRefused where one that is needed is missing."""

    def need(**given: str) -> None:
        for key, value in given.items():
            if not value:
                raise SignInRefused(f"[oauth] {key} is missing, and {provider} needs it for {flow}; fill it in")

    file = TokenFile(cache)
    if provider == "microsoft" and flow in ("client_credentials", "device_code"):
        from mailbot.mail.microsoft import MicrosoftApp, MicrosoftUser

        need(client_id=client_id, tenant=tenant or authority)
        place = authority or f"https://login.microsoftonline.com/{tenant}"
        if flow == "device_code":
            return MicrosoftUser(place, client_id, file, known=not authority)
        need(client_secret=client_secret)
        return MicrosoftApp(place, client_id, client_secret, file, known=not authority)
    if provider == "google" and flow in ("refresh_token", "service_account"):
        from mailbot.mail.google import GoogleService, GoogleUser

        if flow == "service_account":
            need(service_account=service_account)
            return GoogleService(Path(service_account), user, file, authority=authority)
        need(client_id=client_id, client_secret=client_secret)
        return GoogleUser(client_id, client_secret, file, refresh_token=refresh_token, authority=authority)
    raise SignInRefused(
        f"{provider} has no sign-in called {flow!r}; [oauth] flow is client_credentials or device_code for microsoft, "
        "refresh_token or service_account for google"
    )
