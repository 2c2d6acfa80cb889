"""How fast a large mailbox is read, beside `mbsync` pulling the same one in the same run from the same Dovecot.

Run it as a script for the table, or with `pytest -m benchmark`. Bytes are those that Dovecot itself counted for the session, memory is
the peak of a process that does nothing else.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]

from mailbox_maker import write  # noqa: E402
from servers import dovecot as dovecot_server  # noqa: E402
from servers import process  # noqa: E402
from servers.dovecot import Dovecot  # noqa: E402

from mailbot.app.worth import worth_of  # noqa: E402
from mailbot.config import shipped_courses  # noqa: E402
from mailbot.mail.inbox import Account, Inbox, Password  # noqa: E402
from mailbot.mail.parse import parse  # noqa: E402

TOTAL, SIZE = 10_000, 526_000_000
OURS, THEIRS, HASTY, WHOLE, SMALL = (f"{name}@example.dk" for name in ("ours", "mbsync", "hasty", "whole", "small"))

MBSYNC = """\
FSync {fsync}

IMAPStore remote
Host 127.0.0.1
Port {port}
User {user}
Pass {password}
SSLType None
AuthMechs LOGIN

MaildirStore local
Path {folder}/
Inbox {folder}/INBOX
SubFolders Verbatim

Channel inbox
Far :remote:INBOX
Near :local:INBOX
Sync Pull New
Create Near
SyncState *
"""


def our_pass(port: int, user: str, whole: bool) -> dict[str, Any]:
    """One pass over everything, then passes that find nothing new; seconds, messages, peak memory in MB.

    `whole` parses and understands each message as the service does; without it only the wire is measured.
    """
    if whole:
        from mailbot.understanding.read import read
        from mailbot.understanding.reading import Intent

        courses = shipped_courses()
    started, found, cursor, signups = time.perf_counter(), 0, (0, 0), 0
    with Inbox(Account("127.0.0.1", port, "none", user, Password(dovecot_server.PASSWORD), 60)) as inbox:
        for inbound in inbox.fetch("INBOX", since=datetime(2025, 11, 1, tzinfo=UTC).date(), worth=worth_of(shipped_courses())):
            found += 1
            cursor = inbound.uidvalidity, inbound.cursor or cursor[1]
            signups += read(parse(inbound.raw), courses, None).intent is Intent.SIGNUP if whole else b"tilmelde mig" in inbound.raw
        first = time.perf_counter() - started
        again = _best(lambda: list(inbox.fetch("INBOX", after=cursor)))
        anew = _best(lambda: (inbox.close(), list(inbox.fetch("INBOX", after=cursor))))
    peak = int(re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[0]) / 1024  # getrusage counts the parent's as well
    return {"found": found, "signups": signups, "first": first, "again": again, "anew": anew, "memory": peak}


def _best(action: Callable[[], object]) -> float:
    times = []
    for _ in range(3):
        started = time.perf_counter()
        action()
        times.append(time.perf_counter() - started)
    return min(times)


def in_a_process(server: Dovecot, user: str, whole: bool) -> dict[str, Any]:
    command = [sys.executable, __file__, "pass", str(server.port), user, str(int(whole))]
    result: dict[str, Any] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    result["bytes"] = server_bytes(server, user)
    return result


def server_bytes(server: Dovecot, user: str) -> int:
    """The bytes that Dovecot sent in the longest session of this user."""
    return max(int(n) for n in re.findall(rf"imap\({re.escape(user)}\).*? out=(\d+)", server.log()))


def mbsync_pass(server: Dovecot, user: str, fsync: str) -> tuple[float, float]:
    """Seconds of mbsync's first and second pass, with `fsync` "yes" (as it comes) or "no"."""
    folder = process.folder("mbm")
    (folder / "rc").write_text(MBSYNC.format(port=server.port, user=user, password=dovecot_server.PASSWORD, folder=folder, fsync=fsync))
    times = []
    try:
        for _ in range(2):
            started = time.perf_counter()
            subprocess.run(["mbsync", "-q", "-c", str(folder / "rc"), "-a"], check=True, capture_output=True, text=True)
            times.append(time.perf_counter() - started)
    finally:
        shutil.rmtree(folder)
    return times[0], times[1]


def measure(total: int = TOTAL, size: int = SIZE) -> dict[str, Any]:
    with Dovecot([OURS, THEIRS, HASTY, WHOLE, SMALL]) as server:
        written = write(server.maildir(OURS), total, size)
        write(server.maildir(SMALL), total // 10, size // 10)
        for user in (THEIRS, HASTY, WHOLE):  # the same files, an index of its own
            shutil.copytree(server.maildir(OURS), server.maildir(user), copy_function=lambda a, b: Path(b).hardlink_to(a))
        process.Ordinary.find().own(server.dir / "home")
        hasty, _second = mbsync_pass(server, HASTY, "no")
        first, second = mbsync_pass(server, THEIRS, "yes")
        return {
            "written": written, "mbsync": {"hasty": hasty, "first": first, "second": second, "bytes": server_bytes(server, THEIRS)},
            "ours": in_a_process(server, OURS, False), "whole": in_a_process(server, WHOLE, True),
            "small": in_a_process(server, SMALL, False),
        }


def _compared(ours: float, theirs: float) -> tuple[str, str, str]:
    return f"{ours:.1f}", f"{theirs:.1f}", f"{ours / theirs:.1%}"


def table(found: dict[str, Any]) -> str:
    ours, theirs, whole, small = found["ours"], found["mbsync"], found["whole"], found["small"]
    rows = [
        ("", "mailbot", "mbsync", "ratio"),
        ("first pass, s", *_compared(ours["first"], theirs["first"])),
        ("  mbsync with FSync no, s", *_compared(ours["first"], theirs["hasty"])),
        ("  parsed and understood, s", f"{whole['first']:.1f}", "", ""),
        ("bytes from the server, MB", *_compared(ours["bytes"] / 1e6, theirs["bytes"] / 1e6)),
        ("  parsed and understood, MB", f"{whole['bytes'] / 1e6:.1f}", "", f"{whole['bytes'] / theirs['bytes']:.1%}"),
        ("peak memory, MB", f"{ours['memory']:.0f}", "", ""),
        ("  parsed and understood, MB", f"{whole['memory']:.0f}", "", ""),
        ("nothing new, ms", f"{ours['again'] * 1e3:.1f}", f"{theirs['second'] * 1e3:.0f}", f"{ours['again'] / theirs['second']:.1%}"),
        ("  connecting anew, ms", f"{ours['anew'] * 1e3:.1f}", "", f"{ours['anew'] / theirs['second']:.1%}"),
        ("  in a tenth of the mailbox, ms", f"{small['again'] * 1e3:.1f}", "", ""),
    ]
    head = f"{ours['found']} messages of {found['written'] / 1e6:.0f} MB, {ours['signups']} signups seen, {whole['signups']} understood"
    return "\n".join([head, *(f"{a:34}{b:>10}{c:>10}{d:>8}" for a, b, c, d in rows)])


@pytest.mark.benchmark
def test_a_large_mailbox_is_read_in_a_fraction_of_a_mirrors_time_and_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    if why := dovecot_server.missing() or ("" if shutil.which("mbsync") else "mbsync is not installed (Debian: isync)"):
        pytest.skip(why)
    found = measure()
    with capsys.disabled():
        print("\n" + table(found))  # noqa: T201
    ours, theirs = found["ours"], found["mbsync"]
    assert (ours["found"], ours["signups"]) == (TOTAL, TOTAL // 100)
    assert ours["first"] < theirs["first"] / 2
    assert ours["bytes"] < theirs["bytes"] * 0.05
    assert ours["memory"] < 120
    assert ours["again"] < theirs["second"] / 10


if __name__ == "__main__":
    if sys.argv[1:2] == ["pass"]:
        print(json.dumps(our_pass(int(sys.argv[2]), sys.argv[3], sys.argv[4] == "1")))  # noqa: T201
    else:
        print(table(measure()))  # noqa: T201
