"""Fixtures that all rooms share: mailboxes on the embedded server and on Debian's Dovecot, Exim for submission."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest
from servers import dovecot as dovecot_server
from servers import exim as exim_server
from servers.dovecot import Dovecot
from servers.exim import Exim
from servers.person import Person

from mailbot.demo.server import MailServer

USERS = [f"bot{n}@example.dk" for n in range(400)]


@pytest.fixture
def embedded() -> Iterator[MailServer]:
    with MailServer({"bot@example.dk": "secret", "anna@example.dk": "secret"}) as server:
        yield server


def _dovecot(profile: str, *, tls: bool = False) -> Iterator[Dovecot]:
    if why := dovecot_server.missing():
        pytest.skip(why)
    with Dovecot(USERS, profile, tls=tls) as server:
        yield server


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """One server for all tests; `new_person` gives each test a mailbox of its own."""
    yield from _dovecot("plain")


@pytest.fixture(scope="session")
def dovecot_tls() -> Iterator[Dovecot]:
    yield from _dovecot("plain", tls=True)


@pytest.fixture(scope="session")
def exchange() -> Iterator[Dovecot]:
    yield from _dovecot("exchange")


@pytest.fixture(scope="session")
def courier() -> Iterator[Dovecot]:
    yield from _dovecot("courier")


@pytest.fixture(scope="session")
def poor() -> Iterator[Dovecot]:
    yield from _dovecot("poor")


@pytest.fixture(scope="session")
def exim(dovecot: Dovecot) -> Iterator[Exim]:
    """A submission server that delivers into `dovecot`."""
    if why := exim_server.missing():
        pytest.skip(why)
    with Exim(dovecot.lmtp_port) as server:
        yield server


@pytest.fixture(scope="session")
def new_person() -> Callable[[Dovecot], Person]:
    """A mailbox on this Dovecot that no other test has used."""
    numbers = itertools.count()
    return lambda server: Person(server.port, USERS[next(numbers)], dovecot_server.PASSWORD, server)


@pytest.fixture(params=["embedded", "dovecot"])
def person(request: pytest.FixtureRequest, new_person: Callable[[Dovecot], Person]) -> Person:
    """A new mailbox: first on the embedded server, then on Dovecot."""
    if request.param == "embedded":
        server = request.getfixturevalue("embedded")
        return Person(server.imap_port, "bot@example.dk", "secret", server)
    return new_person(request.getfixturevalue("dovecot"))
