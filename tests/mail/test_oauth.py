"""Sign-in by OAuth: tokens from a local provider over real HTTPS, accepted or refused by Dovecot, Exim and the embedded server."""

from __future__ import annotations

import json
import stat
import threading
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from servers.dovecot import Dovecot
from servers.exim import Exim
from servers.person import Person
from servers.provider import Form, Provider

from mailbot.demo.server import MailServer
from mailbot.mail.google import GoogleService, GoogleUser
from mailbot.mail.inbox import Account, Inbox, SignInRefused, Unreachable
from mailbot.mail.microsoft import MicrosoftApp, MicrosoftUser
from mailbot.mail.oauth import OAuth, TokenFile, explain, token_source
from mailbot.mail.transport import Transport

LETTER = b"Message-ID: <k@x>\r\nFrom: bot@example.dk\r\nSubject: x\r\n\r\nx\r\n"


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    with Provider() as provider:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(provider.certificate))
        monkeypatch.setenv("SSL_CERT_FILE", str(provider.certificate))
        yield provider


@pytest.fixture
def file(tmp_path: Path) -> TokenFile:
    return TokenFile(tmp_path / "data" / "tokens.json")


def app(provider: Provider, file: TokenFile) -> MicrosoftApp:
    return MicrosoftApp(provider.authority, "client-1", "hemmelig", file, known=False)


class Fixed:
    """A source of the tokens that it is given, in order; the last one stays."""

    def __init__(self, *tokens: str) -> None:
        self.tokens = list(tokens)

    def token(self, *, fresh: bool = False) -> str:
        if fresh and len(self.tokens) > 1:
            self.tokens.pop(0)
        return self.tokens[0]


# on the servers


def test_dovecot_takes_a_signed_token_and_refuses_an_old_or_forged_one(
    dovecot: Dovecot, new_person: Callable[[Dovecot], Person]
) -> None:
    person = new_person(dovecot)

    def account(*tokens: str) -> Account:
        return Account("127.0.0.1", dovecot.port, "none", person.user, OAuth(Fixed(*tokens)), 5)

    good, old = dovecot.token(person.user), dovecot.token(person.user, -10)
    with Inbox(account(good)) as inbox:
        assert inbox.status("INBOX")
    for bad in (old, good[:-4] + "AAAA", dovecot.token("somebody@else.dk")):
        with pytest.raises(SignInRefused):
            Inbox(account(bad)).connect()
    with Inbox(account(old, good)) as inbox:  # a token that ended meanwhile is replaced at once
        assert inbox.status("INBOX")


def test_exim_takes_a_token(exim: Exim) -> None:
    def account(*tokens: str) -> Account:
        return Account("127.0.0.1", exim.port, "none", "bot@example.dk", OAuth(Fixed(*tokens)), 5)

    for tokens in ((exim.token,), ("old", exim.token)):
        with Transport(account(*tokens), 100, "bot@example.dk") as out:
            assert out.send(LETTER, ["anna@example.dk"]).refused == ()
    with pytest.raises(SignInRefused):
        Transport(account("wrong"), 100, "bot@example.dk").connect()


def test_the_embedded_server_takes_a_token_on_both_sides(embedded: MailServer) -> None:
    embedded.issue_token("bot@example.dk", "t1")
    credentials = OAuth(Fixed("t1"))
    with Inbox(Account("127.0.0.1", embedded.imap_port, "none", "bot@example.dk", credentials, 5)) as inbox:
        assert inbox.status("INBOX")
    with Transport(Account("127.0.0.1", embedded.smtp_port, "none", "bot@example.dk", credentials, 5), 100, "bot@example.dk") as out:
        out.send(LETTER, ["anna@example.dk"])
    embedded.issue_token("bot@example.dk", "t1", -1)
    with pytest.raises(SignInRefused):
        Inbox(Account("127.0.0.1", embedded.imap_port, "none", "bot@example.dk", credentials, 5)).connect()


def test_the_whole_way_from_the_provider_into_the_mailbox(
    provider: Provider, file: TokenFile, dovecot: Dovecot, new_person: Callable[[Dovecot], Person]
) -> None:
    """The first token that is cached was revoked: the mailbox refuses it, and a fresh one opens."""
    person = new_person(dovecot)
    tokens = [dovecot.token(person.user, -10), dovecot.token(person.user)]
    provider.mint = lambda _form: tokens[min(len(provider.forms) - 1, 1)]
    account = Account("127.0.0.1", dovecot.port, "none", person.user, OAuth(app(provider, file)), 5)
    with Inbox(account) as inbox:
        assert inbox.status("INBOX")
    assert len(provider.forms) == 2


# Microsoft


def test_an_application_gets_a_token_once_and_keeps_it_for_the_next_run(provider: Provider, file: TokenFile) -> None:
    provider.mint = lambda _form: f"token-{len(provider.forms)}"
    source = app(provider, file)
    assert [source.token(), source.token()] == ["token-1", "token-1"]
    assert app(provider, file).token() == "token-1"
    (form,) = provider.forms
    assert (form["grant_type"], form["scope"]) == ("client_credentials", "https://outlook.office365.com/.default")
    assert source.token(fresh=True) == "token-2"
    assert app(provider, file).token() == "token-2"


def test_a_token_is_renewed_five_minutes_early(provider: Provider, file: TokenFile) -> None:
    provider.mint = lambda _form: f"token-{len(provider.forms)}"
    provider.expires_in = 299
    source = app(provider, file)
    assert [source.token(), source.token()] == ["token-1", "token-2"]
    provider.expires_in = 400
    assert [source.token(), source.token()] == ["token-3", "token-3"]


def test_tokens_lie_in_a_file_for_its_owner_only(provider: Provider, file: TokenFile) -> None:
    app(provider, file).token()
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert [p.name for p in file.path.parent.iterdir()] == ["tokens.json"]


def test_a_broken_token_file_counts_as_empty(provider: Provider, file: TokenFile) -> None:
    file.path.parent.mkdir()
    for broken in ("{", "[]", '"x"', '{"microsoft": "{", "google": "[]"}', '{"microsoft": 3, "google": "{\\"ends\\": []}"}'):
        file.path.write_text(broken)
        assert app(provider, file).token() == "token"
        file.path.write_text(broken)
        assert GoogleUser("c", "s", file, refresh_token="r", authority=provider.authority).token() == "token"


@pytest.mark.parametrize(
    ("description", "mend"),
    [
        ("AADSTS700016: Application with identifier 'x' was not found", "check client_id and tenant"),
        ("AADSTS7000215: Invalid client secret provided", "the secret's .value"),
        ("AADSTS65001: The user or administrator has not consented", "consent"),
        ("AADSTS53003: Access has been blocked by Conditional Access", "Conditional Access"),
        ("AADSTS99999: something new", "check \\[oauth\\]"),
    ],
)
def test_microsofts_refusals_are_explained(provider: Provider, file: TokenFile, description: str, mend: str) -> None:
    provider.refuse = "invalid_request", description
    with pytest.raises(SignInRefused, match=mend):
        app(provider, file).token()


def test_what_was_mended_after_a_refusal_counts_at_once(provider: Provider, file: TokenFile) -> None:
    source = app(provider, file)
    provider.refuse = "invalid_client", "AADSTS7000222: The provided client secret keys are expired."
    with pytest.raises(SignInRefused):
        source.token()
    provider.refuse = None
    assert source.token()


def test_a_tenant_that_is_not_there_is_explained(provider: Provider, file: TokenFile) -> None:
    provider.missing_tenant = True
    with pytest.raises(SignInRefused, match="tenant"):
        app(provider, file).token()


def test_a_provider_that_cannot_be_reached_is_told(file: TokenFile) -> None:
    with pytest.raises(Unreachable, match="cannot be reached"):
        MicrosoftApp("https://127.0.0.1:1/tenant", "c", "s", file, known=False).token()
    with pytest.raises(Unreachable, match="cannot be reached"):
        GoogleUser("c", "s", file, refresh_token="r", authority="https://127.0.0.1:1").token()


def test_a_person_signs_in_once_with_a_code(provider: Provider, file: TokenFile) -> None:
    provider.rotate, provider.device_polls = "refresh-1", 2
    source = MicrosoftUser(provider.authority, "client-1", file, known=False)
    with pytest.raises(SignInRefused, match="run: mailbot login"):
        source.token()
    shown: list[str] = []
    source.login(shown.append)
    assert shown == ["Open https://microsoft.com/devicelogin in a browser, enter the code ABC123 and sign in as the mailbox's owner."]
    provider.mint = lambda _form: "token-2"
    again = MicrosoftUser(provider.authority, "client-1", file, known=False)
    assert again.token() == "token"
    provider.rotate = "refresh-2"
    assert again.token(fresh=True) == "token-2"
    assert provider.forms[-1]["refresh_token"] == "refresh-1"
    again.token(fresh=True)
    assert provider.forms[-1]["refresh_token"] == "refresh-2"  # the rotated one was stored


# Google


def test_a_refresh_token_gives_access_tokens_and_a_rotated_one_is_kept(provider: Provider, file: TokenFile) -> None:
    now = [1000.0]
    provider.mint = lambda _form: f"token-{len(provider.forms)}"

    def source() -> GoogleUser:
        return GoogleUser("client-1", "hemmelig", file, refresh_token="refresh-1", authority=provider.authority, clock=lambda: now[0])

    assert [source().token(), source().token()] == ["token-1", "token-1"]
    assert provider.forms[0] == {
        "grant_type": "refresh_token", "refresh_token": "refresh-1", "client_id": "client-1", "client_secret": "hemmelig"}
    now[0] += 3600 - 301
    assert source().token() == "token-1"
    now[0] += 2
    provider.rotate = "refresh-2"
    assert source().token() == "token-2"
    assert source().token(fresh=True) == "token-3"
    assert provider.forms[-1]["refresh_token"] == "refresh-2"
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


def test_a_new_refresh_token_in_the_settings_replaces_what_was_stored(provider: Provider, file: TokenFile) -> None:
    GoogleUser("c", "s", file, refresh_token="one", authority=provider.authority).token()
    GoogleUser("c", "s", file, refresh_token="two", authority=provider.authority).token()
    assert [f["refresh_token"] for f in provider.forms] == ["one", "two"]


def test_googles_refusals_are_explained(provider: Provider, file: TokenFile) -> None:
    provider.refuse = "invalid_grant", "Token has been expired or revoked."
    with pytest.raises(SignInRefused, match="sign in anew with: mailbot login"):
        GoogleUser("c", "s", file, refresh_token="r", authority=provider.authority).token()
    with pytest.raises(SignInRefused, match="nobody has signed in yet"):
        GoogleUser("c", "s", file, authority=provider.authority).token()
    with pytest.raises(SignInRefused, match=r"must begin with https://"):
        GoogleUser("c", "s", file, authority="http://example.dk")


def test_a_person_consents_in_the_browser(provider: Provider, file: TokenFile) -> None:
    provider.rotate = "refresh-9"
    source = GoogleUser("client-1", "hemmelig", file, authority=provider.authority)
    pages: list[int] = []

    def browse(sentence: str) -> None:
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(sentence.split()[-1]).query))
        assert (query["code_challenge_method"], query["access_type"]) == ("S256", "offline")

        def visit() -> None:
            for state in ("forged", query["state"]):
                answer = urllib.parse.urlencode({"state": state, "code": "code-1"})
                try:
                    with urllib.request.urlopen(f"{query['redirect_uri']}/?{answer}", timeout=5) as page:
                        pages.append(page.status)
                except urllib.error.HTTPError as problem:
                    pages.append(problem.code)

        threading.Thread(target=visit).start()

    source.login(browse)
    assert pages[0] == 404
    form = provider.forms[0]
    assert (form["grant_type"], form["code"]) == ("authorization_code", "code-1")
    assert len(form["code_verifier"]) >= 43
    provider.forms.clear()
    assert source.token(fresh=True) == "token"
    assert provider.forms[0]["refresh_token"] == "refresh-9"


def test_a_service_account_signs_for_itself(provider: Provider, file: TokenFile, tmp_path: Path) -> None:
    jwt = pytest.importorskip("jwt")
    rsa = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.rsa")
    from cryptography.hazmat.primitives import serialization

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    path = tmp_path / "service.json"
    path.write_text(json.dumps({"client_email": "bot@project.iam.gserviceaccount.com", "private_key": pem, "private_key_id": "k9"}))

    def mint(form: Form) -> str:
        claims = jwt.decode(form["assertion"], key.public_key(), algorithms=["RS256"], audience=f"{provider.authority}/token")
        return f"{claims['iss']} for {claims['sub']}: {claims['scope']}"

    provider.mint = mint
    source = GoogleService(path, "lv@example.dk", file, authority=provider.authority)
    assert source.token() == "bot@project.iam.gserviceaccount.com for lv@example.dk: https://mail.google.com/"
    assert source.token() == source.token()
    assert len(provider.forms) == 1
    path.write_text("{}")
    with pytest.raises(SignInRefused, match="is no key of a service account"):
        source.token(fresh=True)


# settings


@pytest.mark.parametrize(
    ("provider_name", "flow", "given", "sentence"),
    [
        ("microsoft", "client_credentials", {"tenant": "t"}, r"\[oauth\] client_id is missing"),
        ("microsoft", "client_credentials", {"tenant": "t", "client_id": "c"}, r"client_secret is missing"),
        ("microsoft", "device_code", {"client_id": "c"}, r"tenant is missing"),
        ("google", "service_account", {}, r"service_account is missing"),
        ("google", "device_code", {}, r"flow is client_credentials or device_code for microsoft"),
    ],
)
def test_what_is_missing_in_the_settings_is_named(
    provider_name: str, flow: str, given: dict[str, str], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(SignInRefused, match=sentence):
        token_source(provider_name, flow, cache=tmp_path / "t", **given)


@pytest.mark.parametrize(
    ("provider_name", "flow", "kind"),
    [
        ("microsoft", "client_credentials", MicrosoftApp), ("microsoft", "device_code", MicrosoftUser),
        ("google", "refresh_token", GoogleUser), ("google", "service_account", GoogleService),
    ],
)
def test_the_settings_choose_the_source(provider_name: str, flow: str, kind: type, tmp_path: Path) -> None:
    source = token_source(
        provider_name, flow, cache=tmp_path / "t", tenant="t", client_id="c", client_secret="s", service_account="k.json", user="u")
    assert isinstance(source, kind)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("535 5.7.139 Authentication unsuccessful", "Set-CASMailbox"),
        ("550 5.7.30 Basic authentication is not supported", "oauth2"),
        ("NO User is authenticated but not connected.", "Add-MailboxPermission"),
        ("AADSTS700016: x", "client_id and tenant"),
        ("AADSTS7000215: x", "value"),
        ("AADSTS7000222: x", "expired"),
        ("AADSTS65001: x", "consented"),
        ("AADSTS50034: x", "no such user"),
        ("AADSTS53003: x", "Conditional Access"),
        ("AADSTS90002: x", "no such tenant"),
        ("AADSTS7000219: unknown", ""),
        ("535 5.7.1390 unknown", ""),
        ("all is well", ""),
    ],
)
def test_well_known_refusals(text: str, words: str) -> None:
    found = explain(text)
    assert words in found
    assert bool(found) == bool(words)
