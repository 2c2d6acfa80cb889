"""Watched from outside: systemd hears that the service is ready and alive, monitoring hears of good passes only."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from servers.person import Person

from app.office import Office
from mailbot.demo.server import MailServer

HOW_EXPOSED = 2.0  # systemd's figure from 0 (safe) to 10


@pytest.fixture
def office(embedded: MailServer, tmp_path: Path) -> Office:
    return Office(tmp_path, Person(embedded.imap_port, "bot@example.dk", "secret", embedded), embedded.smtp_port)


@pytest.mark.skipif(sys.platform == "win32", reason="systemd's channel is a Unix socket")
def test_the_service_says_that_it_is_ready_alive_and_stopping(office: Office) -> None:
    address = office.folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(str(address))
        channel.settimeout(30)
        office.environment["NOTIFY_SOCKET"] = str(address)
        service = office.start()
        try:
            assert channel.recv(100) == b"READY=1"
            assert channel.recv(100) == b"WATCHDOG=1"
            service.terminate()
            told = iter(lambda: channel.recv(100), b"STOPPING=1")
            assert set(told) <= {b"WATCHDOG=1"}
            assert service.wait(20) == 0
        finally:
            service.kill()
            service.wait()


def test_a_supervisor_that_went_away_stops_nobody(office: Office) -> None:
    office.environment["NOTIFY_SOCKET"] = str(office.folder / "nobody-listens")
    assert office.once()["letters"] == 0


def test_the_unit_names_this_installation(office: Office) -> None:
    unit = office.run("service").stdout
    (command,) = re.findall(r"^ExecStart=(.*) run$", unit, re.MULTILINE)
    assert Path(command).is_absolute()
    assert "{" not in unit


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_the_unit_is_hardened(office: Office) -> None:
    unit = office.folder / "mailbot.service"
    unit.write_text(office.run("service").stdout, "utf-8")
    said = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", f"--threshold={HOW_EXPOSED * 10:.0f}", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stdout + said.stderr


@contextmanager
def monitoring() -> Iterator[tuple[str, list[str]]]:
    """A server over real HTTP that writes down what was asked for: its address, and the list."""
    asked: list[str] = []

    class Desk(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Desk) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/alive", asked
        finally:
            server.shutdown()
            thread.join()


def test_only_a_pass_that_read_the_mailbox_counts_as_life(office: Office) -> None:
    with monitoring() as (address, asked):
        refused = office.run("once", MAILBOT_BOT__PING_URL=address, MAILBOT_IMAP__PASSWORD="wrong")
        assert refused.returncode == 1
        assert not asked
        assert office.run("status").returncode == 1

        assert office.run("once", MAILBOT_BOT__PING_URL=address).returncode == 0
        assert asked == ["/alive"]
        assert office.run("status").returncode == 0
