"""What goes wrong on the wire and at the sign-in around a running service: it goes on, says what it cannot, and nothing happens twice."""

from __future__ import annotations

import json
import random
import re
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from servers.dovecot import Dovecot
from servers.person import Person
from servers.provider import Provider
from servers.proxy import Proxy
from structlog.testing import capture_logs

from app.office import Office, events, eventually, inside, running, signup
from mailbot.app.service import Service
from mailbot.demo.server import MailServer
from mailbot.mail.inbox import InboxError
from mailbot.registration.records import LetterState

BOT, COURSE = "bot@example.dk", "hverdagsledelse-2026"
METTE = signup("Mette Holm", "mho@eksempelby-kom.dk")
BO = signup("Bo Beck", "bobe@eksempelby-kom.dk", 2)


@pytest.fixture
def office(embedded: MailServer, tmp_path: Path) -> Office:
    return Office(tmp_path, Person(embedded.imap_port, BOT, "secret", embedded), embedded.smtp_port)


# the wire


def test_cut_at_random_bytes_of_both_connections(
    embedded: MailServer, dovecot: Dovecot, new_person: Callable[[Dovecot], Person], tmp_path: Path
) -> None:
    """Each pass may fail, and says so; in the end it is as if nothing had been, but for letters in doubt."""
    chance, person = random.Random(2026), new_person(dovecot)
    embedded.users[person.user] = "secret"
    person.deliver(METTE, BO)
    with Proxy(person.port) as imap, Proxy(embedded.smtp_port) as smtp:
        office = Office(tmp_path, Person(imap.port, person.user, "secret", dovecot), smtp.port)
        now, failed = datetime.now(UTC), list[str]()
        with inside(office, lambda: now) as service:
            for _ in range(30):
                imap.cut_after, smtp.cut_upload_after = chance.randrange(60, 6000), chance.choice([None, chance.randrange(30, 4000)])
                try:
                    service.once()
                except InboxError as problem:
                    failed.append(str(problem))
                service.inbox.close()
                now += timedelta(minutes=30)
            imap.cut_after = smtp.cut_upload_after = None
            now += timedelta(hours=5)
            service.once()
            assert [r.status for r in service.store.roster(COURSE).registrations] == ["confirmed", "confirmed"]
            settled = {x.to.email: x.state for x in service.store.letters() if x.kind == "confirmation"}
    assert len(failed) > 3
    assert all(re.search("reconnecting|no connection to", sentence) for sentence in failed)
    received = [r for s in embedded.sent for r in s.recipients if r in settled]
    assert len(received) == len(set(received))
    assert all(a in received or state is LetterState.UNCERTAIN for a, state in settled.items())


def test_an_old_token_ends_the_session_and_the_service_goes_on(embedded: MailServer, tmp_path: Path) -> None:
    """`BYE … AccessTokenExpired` in the middle of waiting, as Exchange Online says it."""
    with Proxy(embedded.imap_port) as proxy:
        office = Office(tmp_path, Person(proxy.port, BOT, "secret", embedded), embedded.smtp_port)
        with running(office):
            proxy.change = lambda _data: b"* BYE Session invalidated - AccessTokenExpired\r\n"
            embedded.deliver(BOT, METTE)
            eventually(lambda: events(office, "inbox_trouble"))
            proxy.change = lambda data: data
            eventually(lambda: embedded.sent)
    assert "its access token is old; a fresh one is fetched" in events(office, "inbox_trouble")[0]["problem"]


def test_a_server_that_asks_for_patience_gets_as_much_as_it_wants(embedded: MailServer, tmp_path: Path) -> None:
    with Proxy(embedded.imap_port) as proxy:
        office = Office(tmp_path, Person(proxy.port, BOT, "secret", embedded), embedded.smtp_port)
        with running(office):
            busy = rb"\1 NO Request is throttled. Suggested Backoff Time: 700 milliseconds"
            proxy.change = lambda data: re.sub(rb"(?m)^([A-P]{4}\d+) OK [^\r\n]*", busy, data)
            embedded.deliver(BOT, METTE)
            eventually(lambda: events(office, "throttled"))
            proxy.change = lambda data: data
            eventually(lambda: embedded.sent)
    assert events(office, "throttled")[0]["seconds"] == 0.7


@pytest.mark.parametrize(
    ("stage", "reply", "seconds"),
    [("RCPT", "450 4.2.0 Greylisted, try again", 60), ("MAIL", "432 4.3.2 Concurrent connections limit exceeded", 60),
     ("MAIL", "421 4.3.2 Service not available", 60), ("DATA", "451 4.7.0 Suggested Backoff Time: 90000 milliseconds", 90)],
)
def test_a_letter_that_must_wait_comes_again_when_it_may(
    office: Office, embedded: MailServer, stage: str, reply: str, seconds: int
) -> None:
    embedded.deliver(BOT, METTE)
    embedded.fault = lambda at, _what: reply if at == stage else None
    now = datetime.now(UTC)
    with inside(office, lambda: now) as service:
        assert service.once().letters == 0
        (letter,) = service.store.letters(state=LetterState.PLANNED)
        assert letter.reason is not None
        assert reply[:3] in str(letter.reason.values["why"])
        embedded.fault = None
        now += timedelta(seconds=seconds - 1)
        assert service.once().letters == 0
        now += timedelta(seconds=2)
        assert service.once().letters == 1
    assert len(embedded.sent) == 1


def test_a_slow_server_is_waited_for(embedded: MailServer, tmp_path: Path) -> None:
    """Twenty bytes at a time, both ways: it takes longer, and each letter goes once."""
    embedded.deliver(BOT, METTE)
    embedded.deliver(BOT, BO)
    with Proxy(embedded.imap_port) as imap, Proxy(embedded.smtp_port) as smtp:
        imap.pace, smtp.pace = (20, 0.001), (400, 0.001)
        office = Office(tmp_path, Person(imap.port, BOT, "secret", embedded), smtp.port)
        with inside(office) as service:
            assert service.once().letters == 2
            assert service.once().letters == 0
    assert len(embedded.messages(BOT, "Sent")) == 2


def test_a_half_dead_idle_is_given_up_and_told(
    dovecot: Dovecot, new_person: Callable[[Dovecot], Person], embedded: MailServer, tmp_path: Path
) -> None:
    """The connection stands and nobody answers: the end of an IDLE asks for a sign of life, and a new connection is made."""
    office = Office(tmp_path, new_person(dovecot), embedded.smtp_port)
    embedded.users[office.person.user] = "secret"
    def trouble(service: Service) -> None:
        try:
            eventually(lambda: dovecot.signal(signal.SIGSTOP))
            eventually(lambda: any(line["event"] == "inbox_trouble" for line in logged))
            dovecot.signal(signal.SIGCONT)
            office.person.deliver(METTE)
            eventually(lambda: embedded.sent)
        finally:
            dovecot.signal(signal.SIGCONT)
            service.stop.set()
            service.inbox.wake()

    with inside(office) as service, capture_logs() as logged:
        service.once()
        service.inbox.account = service.inbox._session.account = replace(service.inbox.account, timeout=0.5)
        service.inbox.close()
        service.idle_minutes = 0.01  # type: ignore[assignment]
        thread = threading.Thread(target=trouble, args=(service,))
        thread.start()
        service.run()
        thread.join()
    first = next(line for line in logged if line["event"] == "inbox_trouble")
    assert "stopped answering (no word for 0.5 s); reconnecting" in first["problem"]
    assert [s.recipients for s in embedded.sent] == [("mho@eksempelby-kom.dk",)]


@pytest.mark.parametrize(("stage", "reply"), [("RCPT", "550 5.1.1 User unknown"), ("DATA", "554 5.7.1 Looks like spam")])
def test_a_letter_that_is_refused_for_good_is_told_to_her_and_not_tried_again(
    office: Office, embedded: MailServer, stage: str, reply: str
) -> None:
    embedded.fault = lambda at, what: reply if at == stage and "lv@" not in str(what) else None
    embedded.deliver(BOT, METTE)
    office.once()
    embedded.fault = None
    office.once()
    assert embedded.sent == []
    assert json.loads(office.run("status", "--json").stdout)["letters_failed"] == 1
    digest = " ".join(office.run("digest").stdout.split())
    assert f"bekræftelse → Mette Holm: Mailserveren afviste det: {reply}" in digest


# the sign-in


def test_a_password_that_is_changed_while_it_runs(office: Office, embedded: MailServer) -> None:
    with running(office):
        embedded.users[BOT] = "another"
        embedded.drop_imap()
        eventually(lambda: any("check user and password" in e["problem"] for e in events(office, "inbox_trouble")))
        shown = json.loads(office.run("status", "--json").stdout)
        assert "refused the sign-in of bot@example.dk" in shown["last_error"]
        embedded.users[BOT] = "secret"
        embedded.deliver(BOT, METTE)
        eventually(lambda: embedded.sent)


def test_a_sign_in_that_is_refused_on_the_way_out(office: Office, embedded: MailServer) -> None:
    """As Exchange Online says it where SMTP sign-in is switched off: the letters wait, and `status` has the mend."""
    refusal = "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant."
    embedded.fault = lambda at, _what: refusal if at == "AUTH" else None
    embedded.deliver(BOT, METTE)
    office.once()
    shown = json.loads(office.run("status", "--json").stdout)
    assert shown["letters_waiting"] == 1
    assert "Set-CASMailbox -Identity ADDRESS -SmtpClientAuthenticationDisabled $false" in shown["waiting_because"]


def test_a_token_that_ends_and_a_secret_that_ends(tmp_path: Path) -> None:
    """Client credentials as at Microsoft 365: a token that ran out is replaced, a secret that ran out is told with its mend."""
    lives = 2.0
    with MailServer({BOT: "secret"}) as server, Provider() as provider:
        def mint(_form: dict[str, str]) -> str:
            token = f"token-{len(provider.forms)}"
            server.issue_token(BOT, token, lives)
            return token

        provider.mint = mint
        office = Office(tmp_path, Person(server.imap_port, BOT, "secret", server), server.smtp_port)
        office.environment |= {
            "MAILBOT_IMAP__AUTH": "oauth2", "MAILBOT_OAUTH__AUTHORITY": provider.authority, "MAILBOT_OAUTH__CLIENT_ID": "app",
            "MAILBOT_OAUTH__TENANT": "tenant", "MAILBOT_OAUTH__CLIENT_SECRET": "hemmelig", "MAILBOT_OAUTH__TOKEN_CACHE": "tokens.json",
            "SSL_CERT_FILE": str(provider.certificate), "REQUESTS_CA_BUNDLE": str(provider.certificate),
        }
        with running(office):
            threading.Event().wait(2.1)  # the token's two seconds
            provider.refuse = ("invalid_client", "AADSTS7000222: The provided client secret keys are expired.")
            server.drop_imap()
            eventually(lambda: any("client secret has expired" in e["problem"] for e in events(office, "inbox_trouble")))
        provider.refuse, lives = None, 3600.0
        server.deliver(BOT, METTE)
        with running(office):  # msal itself remembers a refusal for a minute, within one process
            eventually(lambda: server.sent)
        assert "hemmelig" not in office.log()
        assert "token-" not in office.log()
