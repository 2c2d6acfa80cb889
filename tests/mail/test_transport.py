"""Submission to real servers: what left, what did not, and the one case in which nobody knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from servers.dovecot import Dovecot
from servers.exim import Exim
from servers.person import Person
from servers.proxy import Proxy

from mailbot.demo.server import MailServer
from mailbot.mail.inbox import Account, Password
from mailbot.mail.transport import Accepted, Deferred, Refused, SignInRefused, Transport, Uncertain, Unreachable, pace

BOT = "bot@example.dk"
LETTER = (
    b"Message-ID: <k1@letters.example.dk>\r\nFrom: bot@example.dk\r\nTo: anna@example.dk\r\nSubject: Tilmelding\r\n"
    b"X-Mailbot-Letter: k1\r\nReferences: <k1@letters.example.dk>\r\n\r\nK\xc3\xa6re Anna\r\n.\r\n..to punktummer\r\nHilsen"
)


def transport(port: int, *, password: str = "secret", per_minute: int = 1000, timeout: float = 5.0) -> Transport:
    return Transport(Account("127.0.0.1", port, "none", BOT, Password(password), timeout), per_minute, BOT)


def outcome(to: Transport, *recipients: str, letter: bytes = LETTER) -> Any:
    try:
        return to.send(letter, recipients)
    except (Deferred, Refused, Uncertain) as problem:
        return problem


# the embedded server


def test_a_letter_arrives_as_it_was_written(embedded: MailServer) -> None:
    with transport(embedded.smtp_port) as out:
        assert out.send(LETTER, ["anna@example.dk", "bo@example.org"]) == Accepted("250 2.0.0 OK: queued")
    (sent,) = embedded.sent
    assert (sent.sender, sent.recipients, sent.raw) == (BOT, ("anna@example.dk", "bo@example.org"), LETTER + b"\r\n")


def test_the_message_id_that_the_server_gives_is_told() -> None:
    with MailServer(replace_message_ids=True, file_sent=True) as server, transport(server.smtp_port) as out:
        accepted = out.send(LETTER, ["anna@example.dk"])
        assert accepted.message_id.endswith("@eurprd.demo>")
        with Person(server.imap_port, BOT).inbox() as inbox:
            found = inbox.find_letter("k1")
        assert found is not None
        assert found.message_id == accepted.message_id
        assert found.references == ("<k1@letters.example.dk>",)


def test_the_last_byte_is_announced_before_it_goes(embedded: MailServer) -> None:
    seen: list[int] = []
    with transport(embedded.smtp_port) as out:
        out.send(LETTER, ["anna@example.dk"], lambda: seen.append(len(embedded.sent)))
    assert seen == [0]
    assert len(embedded.sent) == 1


def test_a_letter_that_is_held_back_at_the_last_byte_has_not_left(embedded: MailServer) -> None:
    class Full(Exception):
        pass

    def full() -> None:
        raise Full

    with transport(embedded.smtp_port) as out:
        with pytest.raises(Full):
            out.send(LETTER, ["anna@example.dk"], full)
        assert embedded.sent == []
        out.send(LETTER, ["anna@example.dk"])
    assert len(embedded.sent) == 1


@pytest.mark.parametrize(("fault", "left"), [("drop", 0), ("drop-after-accept", 1)])
def test_a_break_after_the_final_dot_is_uncertain(embedded: MailServer, fault: str, left: int) -> None:
    embedded.fault = lambda stage, _what: fault if stage == "DATA" else None
    with transport(embedded.smtp_port) as out:
        with pytest.raises(Uncertain, match="look for it in Sent before sending it again"):
            out.send(LETTER, ["anna@example.dk"])
        assert len(embedded.sent) == left
        embedded.fault = None
        out.send(LETTER, ["anna@example.dk"])
    assert len(embedded.sent) == left + 1


@pytest.mark.parametrize(
    ("stage", "reply", "kind", "code"),
    [
        ("MAIL", "432 4.3.2 Concurrent connections limit exceeded", Deferred, 432),
        ("MAIL", "554 5.2.252 SendAsDenied", Refused, 554),
        ("RCPT", "450 4.2.0 Greylisted", Deferred, 450),
        ("RCPT", "550 5.1.1 no such user", Refused, 550),
        ("DATA", "452 4.2.2 Mailbox full", Deferred, 452),
        ("DATA", "554 5.7.1 spam", Refused, 554),
        ("DATA", "421 4.4.2 closing", Deferred, 421),
    ],
)
def test_replies_at_every_stage(embedded: MailServer, stage: str, reply: str, kind: type[Exception], code: int) -> None:
    embedded.fault = lambda at, _what: reply if at == stage else None
    with transport(embedded.smtp_port) as out:
        problem = outcome(out, "anna@example.dk")
        assert type(problem) is kind
        assert problem.code == code
        assert embedded.sent == []
        embedded.fault = None
        out.send(LETTER, ["anna@example.dk"])


def test_one_dead_address_stops_nobody_else_and_is_told(embedded: MailServer) -> None:
    embedded.fault = lambda stage, what: "550 5.1.1 unknown" if (stage, what) == ("RCPT", "dead@example.org") else None
    with transport(embedded.smtp_port) as out:
        accepted = out.send(LETTER, ["dead@example.org", "anna@example.dk"])
    assert accepted.refused == (("dead@example.org", "550 5.1.1 unknown"),)
    assert embedded.sent[0].recipients == ("anna@example.dk",)


def test_while_one_address_must_wait_nobody_gets_it_so_that_no_one_gets_it_twice(embedded: MailServer) -> None:
    embedded.fault = lambda stage, what: "450 4.2.0 Greylisted" if (stage, what) == ("RCPT", "slow@example.org") else None
    with transport(embedded.smtp_port) as out:
        assert isinstance(outcome(out, "anna@example.dk", "slow@example.org"), Deferred)
    assert embedded.sent == []


def test_a_suggested_backoff_is_told(embedded: MailServer) -> None:
    embedded.fault = lambda stage, _what: "451 4.7.0 Throttled. Suggested Backoff Time: 90000 milliseconds" if stage == "MAIL" else None
    with transport(embedded.smtp_port) as out, pytest.raises(Deferred) as caught:
        out.send(LETTER, ["anna@example.dk"])
    assert caught.value.retry_after == 90


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        ("535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant", "Set-CASMailbox"),
        ("550 5.7.30 Basic authentication is not supported for Client Submission", 'auth = "oauth2"'),
        ("535 5.7.8 no", "check user and password"),
    ],
)
def test_a_refused_sign_in_is_explained(embedded: MailServer, reply: str, sentence: str) -> None:
    embedded.fault = lambda stage, _what: reply if stage == "AUTH" else None
    with pytest.raises(SignInRefused, match=sentence):
        transport(embedded.smtp_port).connect()


def test_a_sign_in_that_may_succeed_later_is_deferred(embedded: MailServer) -> None:
    embedded.fault = lambda stage, _what: "454 4.7.0 Temporary authentication failure" if stage == "AUTH" else None
    with pytest.raises(Deferred):
        transport(embedded.smtp_port).connect()


def test_several_letters_share_a_connection_and_a_dead_one_is_replaced(embedded: MailServer) -> None:
    with Proxy(embedded.smtp_port) as proxy, transport(proxy.port) as out:
        for _ in range(3):
            out.send(LETTER, ["anna@example.dk"])
        assert proxy.connections == 1
        proxy.drop()
        out.send(LETTER, ["anna@example.dk"])
        assert proxy.connections == 2
    assert len(embedded.sent) == 4


def test_addresses_beyond_ascii_are_written_to(embedded: MailServer) -> None:
    with transport(embedded.smtp_port) as out:
        out.send(LETTER, ["bjørn@blåbær.example"])
        out.send(LETTER, ["anna@example.dk"])
    assert [s.recipients for s in embedded.sent] == [("bjørn@blåbær.example",), ("anna@example.dk",)]


@pytest.mark.parametrize("address", ["a\r\nRCPT TO:<b@example.dk>", "a b@example.dk", "<a@example.dk>", "a\0@example.dk"])
def test_what_is_no_address_is_refused(embedded: MailServer, address: str) -> None:
    with transport(embedded.smtp_port) as out:
        assert isinstance(outcome(out, address), Refused)
    assert embedded.sent == []


def test_a_cut_at_any_byte_never_hides_a_letter_that_left_nor_claims_one_that_did_not(embedded: MailServer) -> None:
    """Whatever breaks: sent letters are Accepted or Uncertain, and what is called deferred has not left."""
    with Proxy(embedded.smtp_port) as proxy:
        with transport(proxy.port) as out:
            out.send(LETTER, ["anna@example.dk"])
        down, up = proxy.passed, proxy.uploaded
        for direction, total in (("cut_after", down), ("cut_upload_after", up)):
            for cut in range(1, total + 8, 9):
                embedded.sent.clear()
                setattr(proxy, direction, cut)
                out = transport(proxy.port, timeout=3)
                try:
                    answer: Any = out.send(LETTER, ["anna@example.dk"])
                except (Deferred, Uncertain, Unreachable, SignInRefused) as problem:
                    answer = problem
                out.close()
                setattr(proxy, direction, None)
                left = len(embedded.sent)
                assert left <= 1
                if left:
                    assert isinstance(answer, Accepted | Uncertain), (direction, cut, answer)
                if isinstance(answer, Accepted):
                    assert left == 1


# Exim


@pytest.mark.parametrize(
    ("recipient", "kind", "code"),
    [
        ("reject550", Refused, 550), ("defer451", Deferred, 451), ("d421", Deferred, 421), ("drop", Refused, 554),
        ("dropdata", Deferred, 421), ("spam", Refused, 554), ("full", Deferred, 452),
    ],
)
def test_exims_refusals(exim: Exim, recipient: str, kind: type[Exception], code: int) -> None:
    with transport(exim.port) as out:
        problem = outcome(out, f"{recipient}@example.org")
        assert (type(problem), problem.code) == (kind, code)
        assert isinstance(outcome(out, "anna@example.dk"), Accepted)  # the next letter is not harmed


def test_greylisting_passes_at_the_second_attempt(exim: Exim) -> None:
    with transport(exim.port) as out:
        assert isinstance(outcome(out, "grey@example.org"), Deferred)
        assert isinstance(outcome(out, "grey@example.org"), Accepted)


@pytest.mark.parametrize(
    ("fault", "kind", "code", "words"),
    [
        ("defer", Deferred, 432, "Concurrent connections"),
        ("drop", Deferred, 421, "not available"),
        ("sendas", Refused, 554, "permission SendAs in Exchange"),
    ],
)
def test_exchange_like_trouble(exim: Exim, fault: str, kind: type[Exception], code: int, words: str) -> None:
    with transport(exim.port) as out:
        with exim.fault(fault):
            problem = outcome(out, "anna@example.dk")
        assert (type(problem), problem.code) == (kind, code)
        assert words in str(problem)
        assert isinstance(outcome(out, "anna@example.dk"), Accepted)


def test_a_letter_goes_by_exim_into_dovecot(exim: Exim, dovecot: Dovecot, new_person: Callable[[Dovecot], Person]) -> None:
    person = new_person(dovecot)
    with transport(exim.port) as out:
        out.send(LETTER, [person.user])
    (raw,) = person.raws()
    assert raw.endswith(b"K\xc3\xa6re Anna\r\n.\r\n..to punktummer\r\nHilsen\r\n")
    assert b"Return-Path: <bot@example.dk>" in raw
    assert b"X-Mailbot-Letter: k1" in raw


def test_a_wrong_password_at_exim(exim: Exim) -> None:
    with pytest.raises(SignInRefused, match=r"refused the sign-in of bot@example\.dk"):
        transport(exim.port, password="wrong").connect()


def test_nobody_there() -> None:
    with pytest.raises(Unreachable, match="takes no connections; check host and port"):
        transport(1).connect()


# the pace


def test_the_pace() -> None:
    assert pace([], 100, 2) == 0
    assert pace([50, 90], 100, 2) == 10
    assert pace([50, 90], 111, 2) == 0
    assert pace([30, 45, 99, 100], 100, 3) == 5


@given(st.lists(st.floats(0, 200), max_size=60), st.integers(1, 10))
def test_no_minute_sees_more_than_its_share(arrivals: list[float], per_minute: int) -> None:
    sent: list[float] = []
    now = 0.0
    for arrival in sorted(arrivals):
        now = max(now, arrival)
        now += pace(sent, now, per_minute)
        sent.append(now)
    for start in sent:
        assert len([t for t in sent if start <= t < start + 59.999]) <= per_minute


def test_the_transport_waits_for_its_turn(embedded: MailServer) -> None:
    now = [1000.0]

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    slept: list[float] = []
    account = Account("127.0.0.1", embedded.smtp_port, "none", BOT, Password("secret"), 5)
    with Transport(account, 2, BOT, clock=lambda: now[0], sleep=sleep) as out:
        for _ in range(5):
            out.send(LETTER, ["anna@example.dk"])
            now[0] += 1
    assert slept == [58, 58]
