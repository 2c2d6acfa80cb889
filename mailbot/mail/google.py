"""Access tokens from Google (RFC 6749): by a person's refresh token, or by a service account with domain-wide delegation (RFC 7523)."""

from __future__ import annotations

import base64
import hashlib
import http.server
import json
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mailbot.mail.errors import SignInRefused, Unreachable
from mailbot.mail.oauth import EARLY, TokenFile
from mailbot.mail.refusals import explain

SCOPE = "https://mail.google.com/"
TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
CONSENT_URL = "https://accounts.google.com/o/oauth2/v2/auth"
SECTION = "google"
TIMEOUT = 30          # seconds
PATIENCE = 300.0      # seconds that a person gets to sign in
MAX_ANSWER = 100_000  # bytes

_SIGNED_IN = b"<!doctype html><meta charset=utf-8><title>mailbot</title><p>Signed in. You can close this window.</p>"


class _Google:
    """`authority` replaces Google's own address ("" = Google): tokens come from AUTHORITY/token, consent from AUTHORITY/auth."""

    def __init__(self, file: TokenFile, *, authority: str = "", clock: Callable[[], float] = time.time) -> None:
        if authority and not authority.startswith("https://"):
            raise SignInRefused(f"[oauth] authority must begin with https://, and {authority} does not")
        self.file, self._clock = file, clock
        self._token_url = f"{authority}/token" if authority else TOKEN_URL
        self._consent_url = f"{authority}/auth" if authority else CONSENT_URL

    def token(self, *, fresh: bool = False) -> str:
        known = self._known()
        good = known.get("for") == self._whose() and known.get("access") and float(known.get("ends", 0)) - EARLY > self._clock()
        if good and not fresh:
            return str(known["access"])
        return self._keep(self._post(self._grant(known)), known)

    def _whose(self) -> str:
        raise NotImplementedError

    def _grant(self, known: dict[str, Any]) -> dict[str, str]:
        raise NotImplementedError

    def _known(self) -> dict[str, Any]:
        try:
            known = json.loads(self.file.read(SECTION) or "{}")
            float(known.get("ends", 0))
        except (ValueError, TypeError, AttributeError):
            return {}
        return dict(known)

    def _keep(self, answer: dict[str, Any], known: dict[str, Any]) -> str:
        """Store what came; a refresh token that came along replaces the old one."""
        access = str(answer["access_token"])
        ends = self._clock() + float(answer.get("expires_in", 3600))
        kept = {"for": self._whose(), "access": access, "ends": ends, "refresh": answer.get("refresh_token") or known.get("refresh", "")}
        self.file.write(SECTION, json.dumps(kept))
        return access

    def _post(self, form: dict[str, str]) -> dict[str, Any]:
        request = urllib.request.Request(self._token_url, urllib.parse.urlencode(form).encode())  # noqa: S310 - https, see __init__
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as reply:  # noqa: S310
                body = reply.read(MAX_ANSWER)
        except urllib.error.HTTPError as problem:
            text = problem.read(MAX_ANSWER).decode("utf-8", "replace")
            raise SignInRefused(explain(text) or f"Google refused the sign-in ({text[:300]}); check [oauth]") from problem
        except OSError as problem:
            raise Unreachable(f"{self._token_url} cannot be reached ({problem}); check the network") from problem
        try:
            answer = json.loads(body)
            answer["access_token"], float(answer.get("expires_in", 3600))
        except (ValueError, TypeError, KeyError) as problem:
            raise SignInRefused(f"{self._token_url} gave no token; check [oauth] authority") from problem
        return dict(answer)


class GoogleUser(_Google):
    """A person's consent, kept as a refresh token: from the settings, or from `login`."""

    def __init__(
        self, client_id: str, client_secret: str, file: TokenFile, *, refresh_token: str = "", authority: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(file, authority=authority, clock=clock)
        self.client_id, self._secret, self._given = client_id, client_secret, refresh_token

    def _whose(self) -> str:
        """Another refresh token in the settings makes what is stored worthless."""
        return f"{self.client_id} {hashlib.sha256(self._given.encode()).hexdigest()[:16]}"

    def _grant(self, known: dict[str, Any]) -> dict[str, str]:
        refresh = (str(known.get("refresh", "")) if known.get("for") == self._whose() else "") or self._given
        if not refresh:
            raise SignInRefused("nobody has signed in yet; run: mailbot login")
        return {"grant_type": "refresh_token", "refresh_token": refresh, "client_id": self.client_id, "client_secret": self._secret}

    def login(self, show: Callable[[str], None]) -> None:
        """Consent in a browser on this machine (RFC 8252, 7.3, with PKCE, RFC 7636)."""
        verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
        with _Callback(("127.0.0.1", 0), state) as server:
            back = f"http://127.0.0.1:{server.server_address[1]}"
            question = {
                "client_id": self.client_id, "redirect_uri": back, "response_type": "code", "scope": SCOPE, "access_type": "offline",
                "prompt": "consent", "state": state, "code_challenge_method": "S256",
                "code_challenge": _base64(hashlib.sha256(verifier.encode()).digest()),
            }
            show(f"Open this address in a browser on this machine and sign in as the mailbox's owner: "
                 f"{self._consent_url}?{urllib.parse.urlencode(question)}")
            code = server.wait(PATIENCE)
        self._keep(self._post({
            "grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier,
            "client_id": self.client_id, "client_secret": self._secret,
        }), {})


class GoogleService(_Google):
    """A service account that may act for `user`; `key` is the JSON file that Google's console gives."""

    def __init__(self, key: Path, user: str, file: TokenFile, *, authority: str = "", clock: Callable[[], float] = time.time) -> None:
        super().__init__(file, authority=authority, clock=clock)
        self.key, self.user = key, user

    def _whose(self) -> str:
        return f"{self.key} {self.user}"

    def _grant(self, known: dict[str, Any]) -> dict[str, str]:  # noqa: ARG002
        try:
            import jwt
        except ImportError as problem:
            raise SignInRefused('a service account needs one more library; add it with: pip install "mailbot[oauth]"') from problem
        now = int(self._clock())
        try:
            key = json.loads(self.key.read_text("utf-8"))
            claims = {
                "iss": key["client_email"], "sub": self.user, "scope": SCOPE, "aud": self._token_url, "iat": now, "exp": now + 3600,
            }
            assertion = jwt.encode(claims, key["private_key"], algorithm="RS256", headers={"kid": key.get("private_key_id", "")})
        except (OSError, ValueError, KeyError, TypeError, jwt.PyJWTError) as problem:
            raise SignInRefused(
                f"{self.key} is no key of a service account ({type(problem).__name__}); download it anew as JSON from Google's console"
            ) from problem
        return {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class _Callback(http.server.HTTPServer):
    """Waits on the loopback interface for the browser to come back with a code."""

    def __init__(self, address: tuple[str, int], state: str) -> None:
        super().__init__(address, _CallbackHandler)
        self.state, self.code, self.refusal = state, "", ""

    def wait(self, seconds: float) -> str:
        until = time.monotonic() + seconds
        while not self.code and not self.refusal:
            left = until - time.monotonic()
            if left <= 0:
                raise SignInRefused("nobody signed in in time; run again: mailbot login")
            self.timeout = left
            self.handle_request()
        if self.refusal:
            raise SignInRefused(f"the sign-in was not completed ({self.refusal}); run again: mailbot login")
        return self.code


class _CallbackHandler(http.server.BaseHTTPRequestHandler):
    server: _Callback
    timeout = 10

    def do_GET(self) -> None:
        answer = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        right = secrets.compare_digest(answer.get("state", [""])[0].encode(), self.server.state.encode())
        if right:
            self.server.code = answer.get("code", [""])[0]
            self.server.refusal = "" if self.server.code else answer.get("error", ["no code"])[0][:100]
        self.send_response(200 if right else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(_SIGNED_IN if right else b"")

    def log_message(self, *_message: object) -> None:
        """The code must not stand in a log."""
