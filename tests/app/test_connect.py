"""Secrets that are renewed while the service runs: it goes on with the new ones, without a restart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from servers.person import Person
from servers.provider import Provider

from app.office import Office, eventually, signup
from mailbot.demo.server import MailServer

BOT = "bot@example.dk"
METTE = signup("Mette Holm", "mho@eksempelby-kom.dk")


@pytest.fixture
def office(embedded: MailServer, tmp_path: Path) -> Office:
    return Office(tmp_path, Person(embedded.imap_port, BOT, "secret", embedded), embedded.smtp_port)


@contextmanager
def running(office: Office) -> Iterator[None]:
    service = office.start()
    try:
        eventually(lambda: events(office, "pass"))
        yield
    finally:
        service.kill()
        service.wait()


def events(office: Office, name: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in office.log().splitlines() if line.startswith("{")]
    return [event for event in found if event["event"] == name]


@pytest.mark.parametrize("kept_by", ["file", "command"])
def test_a_password_that_was_changed(office: Office, embedded: MailServer, kept_by: str) -> None:
    """The server knows the new one first: until it is laid down here as well, the log says so; then it goes on by itself."""
    secret = office.folder / "app-password"
    secret.write_text("secret\n", "utf-8")
    del office.environment["MAILBOT_IMAP__PASSWORD"]
    if kept_by == "file":
        office.environment["MAILBOT_IMAP__PASSWORD_FILE"] = str(secret)
    else:
        settings = office.folder / "mailbot.toml"
        settings.write_text(settings.read_text("utf-8").replace("[imap]\n", f"[imap]\npassword_command = \"cat '{secret}'\"\n"), "utf-8")
    with running(office):
        embedded.users[BOT] = "renewed"
        embedded.drop_imap()
        (refused, *_) = eventually(lambda: [e for e in events(office, "inbox_trouble") if "refused the sign-in" in e["problem"]])
        assert "check user and password" in refused["problem"]
        embedded.deliver(BOT, METTE)
        secret.write_text("renewed\n", "utf-8")
        eventually(lambda: embedded.sent)  # IMAP and SMTP both have the new one
    assert "renewed" not in office.log()


def test_a_password_file_that_is_away_for_a_moment(office: Office, embedded: MailServer) -> None:
    """Whatever writes it may replace it: that is a refused sign-in like another, and told as one."""
    secret = office.folder / "app-password"
    secret.write_text("secret\n", "utf-8")
    del office.environment["MAILBOT_IMAP__PASSWORD"]
    office.environment["MAILBOT_IMAP__PASSWORD_FILE"] = str(secret)
    with running(office):
        secret.unlink()
        embedded.users[BOT] = "renewed"
        embedded.drop_imap()
        eventually(lambda: [e for e in events(office, "inbox_trouble") if "which cannot be read" in e["problem"]])
        secret.write_text("renewed\n", "utf-8")
        embedded.deliver(BOT, METTE)
        eventually(lambda: embedded.sent)


def test_a_client_secret_that_ran_out(office: Office, embedded: MailServer) -> None:
    """Microsoft's run out after two years at most."""
    secret = office.folder / "client-secret"
    secret.write_text("old\n", "utf-8")
    with Provider() as provider:
        def mint(form: dict[str, str]) -> str:
            token = f"token-{len(provider.forms)}"
            embedded.issue_token(BOT, token)
            return token

        provider.mint = mint
        office.environment |= {
            "MAILBOT_IMAP__AUTH": "oauth2", "MAILBOT_OAUTH__AUTHORITY": provider.authority, "MAILBOT_OAUTH__CLIENT_ID": "app",
            "MAILBOT_OAUTH__TENANT": "tenant", "MAILBOT_OAUTH__CLIENT_SECRET_FILE": str(secret),
            "MAILBOT_OAUTH__TOKEN_CACHE": "tokens.json",
            "SSL_CERT_FILE": str(provider.certificate), "REQUESTS_CA_BUNDLE": str(provider.certificate),
        }
        with running(office):
            provider.refuse = ("invalid_client", "AADSTS7000222: The provided client secret keys are expired.")
            embedded.tokens.clear()
            embedded.drop_imap()
            eventually(lambda: [e for e in events(office, "inbox_trouble") if "client secret has expired" in e["problem"]])
            provider.forms.clear()
            secret.write_text("new\n", "utf-8")
            eventually(lambda: [f for f in provider.forms if f.get("client_secret") == "new"])
            provider.refuse = None
            embedded.deliver(BOT, METTE)
            eventually(lambda: embedded.sent)
