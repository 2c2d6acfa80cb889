"""Access tokens from Microsoft Entra for Exchange Online, by Microsoft's own library: as an application, or for a person.

The library renews five minutes early and stores rotated refresh tokens; here its cache is read before and written after each use.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from mailbot.mail.errors import SignInRefused, Unreachable
from mailbot.mail.oauth import TokenFile
from mailbot.mail.refusals import explain

APP_SCOPES = ["https://outlook.office365.com/.default"]
USER_SCOPES = ["https://outlook.office.com/IMAP.AccessAsUser.All", "https://outlook.office.com/SMTP.Send"]
SECTION = "microsoft"
TIMEOUT = 30  # seconds


class _Microsoft:
    """`authority` is https://HOST/TENANT; `known` says that the host is Microsoft's own and needs no further check."""

    def __init__(self, authority: str, client_id: str, file: TokenFile, *, known: bool = True) -> None:
        self.authority, self.client_id, self.file, self.known = authority, client_id, file, known
        self._application: Any = None
        self._cache: Any = None

    def _make(self, msal: Any, **common: Any) -> Any:
        raise NotImplementedError

    def _app(self) -> Any:
        """The library's application with the stored tokens. Raises Unreachable, SignInRefused."""
        try:
            import msal
        except ImportError as problem:
            raise SignInRefused('sign-in to Microsoft 365 needs one more library; add it with: pip install "mailbot[oauth]"') from problem
        try:
            if self._application is None:
                self._cache = msal.SerializableTokenCache()
                self._application = self._make(
                    msal, client_id=self.client_id, authority=self.authority, token_cache=self._cache, timeout=TIMEOUT,
                    instance_discovery=None if self.known else False,
                )
            self._cache.deserialize(self._stored())
        except OSError as problem:  # requests' errors among them
            raise self._unreachable(problem) from problem
        except ValueError as problem:  # the library's word for a tenant that is not there
            text = f"{problem} {problem.__context__ or ''}"
            raise SignInRefused(
                explain(text) or f"{self.authority} is no place to sign in ({str(problem)[:200]}); check [oauth] tenant and authority"
            ) from problem
        return self._application

    def _stored(self) -> str:
        text = self.file.read(SECTION)
        try:
            sound = isinstance(json.loads(text), dict)
        except ValueError:
            sound = False
        return text if sound else "{}"

    def _ask(self, question: Callable[[Any], Any]) -> str:
        app = self._app()
        try:
            answer = question(app)
        except OSError as problem:
            raise self._unreachable(problem) from problem
        except ValueError as problem:
            raise SignInRefused(f"Microsoft's answer could not be read ({str(problem)[:200]}); try again later") from problem
        if self._cache.has_state_changed:
            self.file.write(SECTION, self._cache.serialize())
        if answer is None:
            raise SignInRefused("nobody has signed in yet, or too long ago; run: mailbot login")
        if "access_token" not in answer:
            text = f"{answer.get('error', '')}: {answer.get('error_description', '')}"
            self._application = None  # it remembers a refusal for a minute; what was mended meanwhile must count at once
            raise SignInRefused(explain(text) or f"Microsoft refused the sign-in ({text[:300]}); check [oauth]")
        return str(answer["access_token"])

    def _unreachable(self, problem: OSError) -> Unreachable:
        return Unreachable(f"{self.authority} cannot be reached ({type(problem).__name__}); check the network, and [oauth] authority")


class MicrosoftApp(_Microsoft):
    """Client credentials: the application itself has access to the mailbox (IMAP.AccessAsApp, SMTP.SendAsApp)."""

    def __init__(self, authority: str, client_id: str, client_secret: str, file: TokenFile, *, known: bool = True) -> None:
        super().__init__(authority, client_id, file, known=known)
        self._secret = client_secret

    def _make(self, msal: Any, **common: Any) -> Any:
        return msal.ConfidentialClientApplication(client_credential=self._secret, **common)

    def token(self, *, fresh: bool = False) -> str:
        def question(app: Any) -> Any:
            if fresh:
                app.remove_tokens_for_client()
            return app.acquire_token_for_client(APP_SCOPES)

        return self._ask(question)


class MicrosoftUser(_Microsoft):
    """Device code: a person signs in once in a browser, anywhere; afterwards her refresh token does."""

    def _make(self, msal: Any, **common: Any) -> Any:
        return msal.PublicClientApplication(**common)

    def token(self, *, fresh: bool = False) -> str:
        def question(app: Any) -> Any:
            accounts = app.get_accounts()
            return app.acquire_token_silent_with_error(USER_SCOPES, account=accounts[0], force_refresh=fresh) if accounts else None

        return self._ask(question)

    def login(self, show: Callable[[str], None]) -> None:
        def question(app: Any) -> Any:
            for account in app.get_accounts():
                app.remove_account(account)
            flow = app.initiate_device_flow(USER_SCOPES)
            if "user_code" not in flow:
                return flow
            show(f"Open {flow['verification_uri']} in a browser, enter the code {flow['user_code']} and sign in as the mailbox's owner.")
            return app.acquire_token_by_device_flow(flow)

        self._ask(question)
