"""An OAuth provider on this machine, over real HTTPS: discovery, client credentials, device code, refresh tokens, JWT assertions.

It answers as Microsoft's and Google's do as far as our sign-in needs it, and records each request's form.
"""

from __future__ import annotations

import base64
import http.server
import json
import shutil
import ssl
import threading
import urllib.parse
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from servers import process

Form = dict[str, str]


class Provider:
    """`mint(form)` makes an access token for a request; `refuse` (error, description) is the answer instead where it is set."""

    def __init__(self, mint: Callable[[Form], str] = lambda _form: "token") -> None:
        self.mint = mint
        self.refuse: tuple[str, str] | None = None
        self.missing_tenant = False
        self.expires_in = 3600
        self.rotate = ""            # the refresh token that comes along
        self.forms: list[Form] = []
        self.device_polls = 0       # how often "authorization_pending" comes first

    def __enter__(self) -> Self:
        self.dir = process.folder("mbo")
        self.certificate, key = process.certificate(self.dir)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        provider = self

        class Handler(_Handler):
            owner = provider

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self._server.server_address[1]}"
        self.authority = f"{self.url}/tenant"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
        shutil.rmtree(self.dir)

    def answer(self, form: Form) -> tuple[int, dict[str, Any]]:
        self.forms.append(form)
        if self.refuse:
            return 400, {"error": self.refuse[0], "error_description": self.refuse[1]}
        if form.get("grant_type", "").endswith("device_code") and self.device_polls > 0:
            self.device_polls -= 1
            return 400, {"error": "authorization_pending"}
        token: dict[str, Any] = {"access_token": self.mint(form), "token_type": "Bearer", "expires_in": self.expires_in}
        if self.rotate:
            token["refresh_token"] = self.rotate
        if "device_code" in form.get("grant_type", ""):
            token |= {"scope": "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send",
                      "client_info": _part({"uid": "u", "utid": "t"}), "id_token": _id_token(form)}
        return 200, token


def _part(values: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).rstrip(b"=").decode()


def _id_token(form: Form) -> str:
    claims = {"iss": "x", "aud": form.get("client_id"), "exp": 9_999_999_999, "iat": 1, "sub": "s", "oid": "u", "tid": "t",
              "preferred_username": "lv@example.dk"}
    return ".".join((_part({"alg": "none"}), _part(claims), ""))


class _Handler(http.server.BaseHTTPRequestHandler):
    owner: Provider

    def do_GET(self) -> None:
        url = self.owner.url
        if self.owner.missing_tenant:
            return self._say(400, {"error": "invalid_tenant", "error_description": "AADSTS90002: Tenant 'tenant' not found."})
        return self._say(200, {
            "issuer": f"{self.owner.authority}/v2.0",
            "authorization_endpoint": f"{url}/tenant/auth",
            "token_endpoint": f"{url}/tenant/token",
            "device_authorization_endpoint": f"{url}/tenant/devicecode",
        })

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {key: values[0] for key, values in urllib.parse.parse_qs(body).items()}
        if self.path.endswith("/devicecode"):
            return self._say(200, {"user_code": "ABC123", "device_code": "dev", "verification_uri": "https://microsoft.com/devicelogin",
                                   "expires_in": 60, "interval": 0.01, "message": "m"})
        return self._say(*self.owner.answer(form))

    def _say(self, status: int, values: dict[str, Any]) -> None:
        body = json.dumps(values).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_message: object) -> None:
        pass
