"""An installation under test: settings in a folder, the service in a process of its own, real servers around it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from servers.person import Person

from mailbot.app.service import Service
from mailbot.cli.service import service_of
from mailbot.config import load
from mailbot.store.sqlite import SqliteStore

HERE = Path(__file__).resolve().parent
CASES = HERE.parent / "corpus" / "cases"
# The rules look at the clock of the machine here, so the course lies far ahead of it.
COURSE = """
id = "hverdagsledelse-2026"
title = "Hverdagsledelse 2026"
aliases = ["hverdagsledelse", "lederforløb om hverdagsledelse"]
signup_address = "{signup}"
signup_opens = 2020-01-01
capacity = {capacity}
price = 7500
max_letters_per_hour = 100000
contact = {{ name = "Lisbet Vestergaard", email = "lv@fremtidensbiblioteker.dk" }}
[[meetings]]
date = 2099-06-11
start = 10:00:00
end = 15:00:00
"""


class Office:
    """`person` owns the mailbox; letters go out through the submission server on `smtp_port`."""

    def __init__(self, folder: Path, person: Person, smtp_port: int, *, mode: str = "auto", capacity: int = 24, **bot: str) -> None:
        self.folder, self.person = folder, person
        self.database = folder / "mailbot.db"
        (folder / "course.toml").write_text(COURSE.format(signup="lv@fremtidensbiblioteker.dk", capacity=capacity), "utf-8")
        lines = "".join(f"{key} = {value}\n" for key, value in bot.items())
        (folder / "mailbot.toml").write_text(
            f"""[imap]
host = "127.0.0.1"
port = {person.port}
tls = "none"
user = "{person.user}"
[smtp]
host = "127.0.0.1"
port = {smtp_port}
tls = "none"
per_minute = 100000
[bot]
database = "mailbot.db"
courses = ["course.toml"]
mode = "{mode}"
digest_at = 23:59:00
trusted_authserv = ["mx.fremtidensbiblioteker.dk"]
{lines}""",
            "utf-8",
        )
        self.environment = os.environ | {"MAILBOT_IMAP__PASSWORD": person.password, "PYTHONUNBUFFERED": "1"}

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "mailbot", *words]

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """A command, to its end."""
        env = self.environment | environment
        return subprocess.run(self.command(*words), cwd=self.folder, env=env, capture_output=True, text=True, timeout=300, check=False)

    def once(self) -> dict[str, Any]:
        done = self.run("once", "--json")
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    def start(self, *words: str) -> subprocess.Popen[str]:
        with (self.folder / "log").open("a") as log:
            return subprocess.Popen(self.command(*(words or ("run",))), cwd=self.folder, env=self.environment, stderr=log, text=True)

    def log(self) -> str:
        return (self.folder / "log").read_text("utf-8")

    def registrations(self) -> list[dict[str, Any]]:
        listed = self.run("list", "--json")
        assert listed.returncode == 0, listed.stderr
        return list(json.loads(listed.stdout))


def cases(*names: str) -> list[tuple[dict[str, Any], bytes]]:
    """The corpus cases of these files with their raw messages."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("corpus_build", CASES.parent / "build.py")
    assert spec is not None
    assert spec.loader is not None
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    found = [case for name in names for case in yaml.safe_load((CASES / f"{name}.yaml").read_text("utf-8"))]
    return [(case, build.build(case)) for case in found]


def eventually(condition: Callable[[], Any], seconds: float = 30.0) -> Any:
    """Wait for something that another process brings about; what it gave at last. Fails after so many seconds."""
    end = time.monotonic() + seconds
    while not (seen := condition()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)
    return seen


@contextmanager
def running(office: Office) -> Iterator[subprocess.Popen[str]]:
    """The service in a process of its own, its first pass made."""
    service = office.start()
    try:
        eventually(lambda: '"event": "pass"' in office.log(), 90)
        yield service
    finally:
        service.kill()
        service.wait()


@contextmanager
def inside(office: Office, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Iterator[Service]:
    """The service of these settings within this process, for what cannot be done to one from outside."""
    config = load(office.folder / "mailbot.toml", office.environment)
    with SqliteStore(office.database) as store:
        service = service_of(config, store, clock)
        try:
            yield service
        finally:
            service.inbox.close()


def events(office: Office, name: str) -> list[dict[str, Any]]:
    """What a running service logged under this name."""
    lines = [json.loads(line) for line in office.log().splitlines() if line.startswith("{")]
    return [line for line in lines if line["event"] == name]


SIGNUP = """\
From: {name} <{address}>
To: lv@fremtidensbiblioteker.dk
Subject: Tilmelding
Date: Mon, 02 Feb 2026 10:00:00 +0100
Message-ID: <{address}.{number}>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

Hej Lisbet

Jeg vil gerne tilmeldes Hverdagsledelse 2026.

Venlig hilsen
{name}
Souschef, Nørreby Bibliotek
EAN 5798000123458
"""


def signup(name: str, address: str, number: int = 1) -> bytes:
    return SIGNUP.format(name=name, address=address, number=number).replace("\n", "\r\n").encode()


UNRELATED = """\
From: Bo Friis <bo@privat-eks.dk>
To: lv@fremtidensbiblioteker.dk
Subject: Frokost {number}
Date: Mon, 02 Feb 2026 10:00:00 +0100
Message-ID: <frokost-{number}@privat-eks.dk>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

Hej Lisbet. Skal vi spise frokost paa torsdag? Kh Bo
"""


def unrelated(number: int) -> bytes:
    return UNRELATED.format(number=number).replace("\n", "\r\n").encode()
