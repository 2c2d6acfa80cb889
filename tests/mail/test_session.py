"""Faults on the wire, on real servers: connections that break anywhere, stand still or talk nonsense, and what is said of it."""

from __future__ import annotations

import re
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date

import pytest
from samples import mail, with_picture
from servers.dovecot import Dovecot
from servers.person import Person
from servers.proxy import Proxy

from mailbot.demo.server import MailServer
from mailbot.mail.inbox import (
    Account,
    ConnectionLost,
    Inbox,
    InboxError,
    MailboxMissing,
    Password,
    SignInRefused,
    Throttled,
    Unreachable,
)
from mailbot.mail.parse import parse


@pytest.fixture
def proxy(person: Person) -> Iterator[Proxy]:
    with Proxy(person.port) as proxy:
        yield proxy


def test_a_connection_cut_at_any_byte_says_so_and_the_next_one_reads_everything(person: Person, proxy: Proxy) -> None:
    """Cut at each of many places of the whole conversation: no other exception, no hang, nothing half read."""
    raws = [mail(1), with_picture(2, 20_000), mail(3, "x" * 6_000)]
    person.deliver(*raws)
    before = person.look()
    with person.inbox(port=proxy.port) as inbox:
        whole = [i.raw for i in inbox.fetch("INBOX", since=date(2020, 1, 1))]
    total, losses = proxy.passed, 0
    for cut in [*range(1, 60, 9), *range(60, total, max(1, total // 30))]:
        proxy.cut_after = cut
        inbox = person.inbox(port=proxy.port, timeout=5)
        got = []
        try:
            got.extend(i.raw for i in inbox.fetch("INBOX", since=date(2020, 1, 1)))
        except (ConnectionLost, Unreachable):
            losses += 1
        proxy.cut_after = None
        assert got == whole[:len(got)]
        assert [i.raw for i in inbox.fetch("INBOX", since=date(2020, 1, 1))] == whole  # the same inbox connects again by itself
        inbox.close()
    assert losses > 10
    assert person.look() == before


def test_a_server_that_ends_while_we_wait_is_no_silence(person: Person, proxy: Proxy) -> None:
    with person.inbox(port=proxy.port) as inbox:
        list(inbox.fetch("INBOX"))
        threading.Timer(0.2, proxy.drop).start()
        started = time.monotonic()
        with pytest.raises(ConnectionLost, match="reconnecting"):
            inbox.wait(20)
        assert time.monotonic() - started < 5
        person.deliver(mail(1))
        assert len(list(inbox.fetch("INBOX"))) == 1


def test_the_embedded_server_drops_connections(embedded: MailServer) -> None:
    person = Person(embedded.imap_port, "bot@example.dk")
    with person.inbox() as inbox:
        threading.Timer(0.2, embedded.drop_imap).start()
        with pytest.raises(ConnectionLost):
            inbox.wait(20)
        assert inbox.status("INBOX")[0] > 0


def test_a_killed_session_is_noticed_at_once(dovecot: Dovecot, new_person: Callable[[Dovecot], Person]) -> None:
    with new_person(dovecot).inbox() as inbox:
        list(inbox.fetch("INBOX"))
        threading.Timer(0.2, dovecot.signal, (signal.SIGKILL,)).start()
        started = time.monotonic()
        with pytest.raises(ConnectionLost):
            inbox.wait(20)
        assert time.monotonic() - started < 5


def test_a_frozen_server_is_noticed_when_the_idle_is_renewed(dovecot: Dovecot, new_person: Callable[[Dovecot], Person]) -> None:
    """Half dead: the connection stands, nobody answers. The end of each IDLE asks for a sign of life."""
    with new_person(dovecot).inbox(timeout=0.5) as inbox:
        list(inbox.fetch("INBOX"))

        def freeze() -> None:
            frozen.extend(dovecot.signal(signal.SIGSTOP))

        frozen: list[int] = []
        threading.Timer(0.1, freeze).start()
        try:
            with pytest.raises(ConnectionLost, match=r"stopped answering \(no word for 0.5 s\)"):
                inbox.wait(0.4)
        finally:
            dovecot.signal(signal.SIGCONT)
        assert frozen


def test_uids_that_were_given_out_anew_are_fetched_anew(embedded: MailServer) -> None:
    person = Person(embedded.imap_port, "bot@example.dk")
    person.deliver(mail(1), mail(2))
    with person.inbox() as inbox:
        seen = list(inbox.fetch("INBOX"))
        cursor = seen[-1].uidvalidity, seen[-1].cursor
        embedded.reset_uidvalidity("bot@example.dk")
        again = list(inbox.fetch("INBOX", after=cursor, since=date(2020, 1, 1)))
        assert [parse(i.raw).fingerprint for i in again] == [parse(i.raw).fingerprint for i in seen]
        assert again[0].uidvalidity != seen[0].uidvalidity
        embedded.reset_uidvalidity("bot@example.dk")
        inbox.status("INBOX")
        inbox.after_handling("INBOX", again[0].uid, "flag")
    assert len(person.look()) == 2


def test_nothing_is_flagged_under_a_uid_that_means_another_message_by_now(embedded: MailServer) -> None:
    person = Person(embedded.imap_port, "bot@example.dk")
    person.deliver(mail(1))
    with person.inbox() as inbox:
        (found,) = inbox.fetch("INBOX")
        embedded.reset_uidvalidity("bot@example.dk")
        inbox.after_handling("INBOX", found.uid, "flag")
    assert person.look()[found.uid][0] == frozenset()


def saying(proxy: Proxy, command: bytes, answer: bytes) -> None:
    """Have the server answer its next completed `command` with this instead."""

    def change(data: bytes) -> bytes:
        return re.sub(rb"(?m)^(\S+) OK [^\r\n]*" + command + rb"[^\r\n]*", rb"\1 " + answer, data)

    proxy.change = change


def test_a_suggested_backoff_is_told(person: Person, proxy: Proxy) -> None:
    with person.inbox(port=proxy.port) as inbox:
        saying(proxy, b"completed", b"NO Request is throttled. Suggested Backoff Time: 12345 milliseconds")
        with pytest.raises(Throttled, match="asks for patience") as caught:
            list(inbox.fetch("INBOX"))
    assert caught.value.wait_seconds == 12.345


def test_a_session_whose_token_has_grown_old_asks_to_reconnect(person: Person, proxy: Proxy) -> None:
    with person.inbox(port=proxy.port) as inbox:
        list(inbox.fetch("INBOX"))
        proxy.change = lambda _data: b"* BYE Session invalidated - AccessTokenExpired\r\n"
        with pytest.raises(ConnectionLost, match=r"its access token is old; a fresh one"):
            inbox.status("INBOX")
        proxy.change = lambda data: data
        inbox.status("INBOX")
    assert proxy.connections == 2


def test_one_answer_that_cannot_be_read_condemns_no_other_message(dovecot: Dovecot, new_person: Callable[[Dovecot], Person]) -> None:
    person = new_person(dovecot)
    person.deliver(mail(1, "y" * 5_000), with_picture(2, 9_000), mail(3, "z" * 5_000))
    with Proxy(person.port) as proxy, person.inbox(port=proxy.port) as inbox:
        # the structure of the second message comes garbled, whenever it is asked for
        proxy.change = lambda data: data.replace(b'("image" "jpeg"', b'("image" "jpeg')
        found = list(inbox.fetch("INBOX"))
    assert [parse(i.raw).message_id for i in found] == [f"<m{n}@example.dk>" for n in (1, 2, 3)]
    assert "blåbærgrød" in parse(found[1].raw).text


# who cannot come in at all


def account(port: int, password: str = "secret", **other: object) -> Account:
    return Account("127.0.0.1", port, "none", "bot@example.dk", Password(password), 3)


def test_a_wrong_password_is_told_with_its_mend(person: Person) -> None:
    with pytest.raises(SignInRefused, match=r"refused the sign-in of .*check user and password"):
        Inbox(Account("127.0.0.1", person.port, "none", person.user, Password("wrong"), 5)).connect()


@pytest.mark.parametrize("password", ["pæsøwørd", 'quo"te\\', "sp ace"])
def test_any_password_can_be_said(password: str) -> None:
    with MailServer({"bot@example.dk": password}) as server, Inbox(account(server.imap_port, password)) as inbox:
        assert inbox.status("INBOX")


def test_a_server_that_is_not_there_is_told_with_its_mend() -> None:
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1:1 takes no connections; check host and port"):
        Inbox(account(1)).connect()
    with pytest.raises(Unreachable, match=r"no server is called no\.such\.invalid; check the spelling"):
        Inbox(Account("no.such.invalid", 993, "implicit", "x", Password(""))).connect()


def test_a_server_that_never_says_a_word_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(Unreachable, match=r"did not answer within 0.3 s"):
        Inbox(Account("127.0.0.1", silent.getsockname()[1], "none", "x", Password("x"), 0.3)).connect()


def test_without_tls_only_this_machine_is_talked_to() -> None:
    with pytest.raises(Unreachable, match=r'would send everything in the clear to mail\.example\.dk; use tls = "implicit"'):
        Account("mail.example.dk", 143, "none", "x", Password("x"))


def test_tls_is_verified(dovecot_tls: Dovecot, new_person: Callable[[Dovecot], Person], monkeypatch: pytest.MonkeyPatch) -> None:
    person = new_person(dovecot_tls)
    implicit = Account("localhost", dovecot_tls.tls_port, "implicit", person.user, Password(person.password), 5)
    starttls = Account("localhost", dovecot_tls.port, "starttls", person.user, Password(person.password), 5)
    for untrusted in (implicit, starttls):
        with pytest.raises(Unreachable, match=r"the certificate of localhost:.* cannot be trusted"):
            Inbox(untrusted).connect()
    with pytest.raises(Unreachable, match="speaks no TLS there"):
        Inbox(Account("localhost", dovecot_tls.port, "implicit", person.user, Password(""), 5)).connect()
    monkeypatch.setenv("SSL_CERT_FILE", str(dovecot_tls.certificate))
    for trusted in (implicit, starttls):
        with Inbox(trusted) as inbox:
            list(inbox.fetch("INBOX"))
            threading.Timer(0.2, person.deliver, (mail(1),)).start()
            assert inbox.wait(20) is True


def test_every_error_is_an_inbox_error() -> None:
    for kind in (ConnectionLost, MailboxMissing, SignInRefused, Throttled, Unreachable):
        assert issubclass(kind, InboxError)
