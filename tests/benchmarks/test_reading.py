"""How long reading takes, bytes to `Reading`: that it grows with the size and no faster, for input made to hurt as well, and
what it costs beside the standard library's bare parse and beside what others need only to split a message.

Run it as a script for the tables, or with `pytest -m benchmark`. Processor time, the best of some runs; ratios are of the same run.
"""

from __future__ import annotations

import email
import email.policy
import importlib
import importlib.util
import sys
import time
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import yaml

from mailbot.config import shipped_courses
from mailbot.mail.parse import parse
from mailbot.understanding.read import read
from mailbot.understanding.reading import Reading

CORPUS = Path(__file__).resolve().parent.parent / "corpus"
COURSES = shipped_courses()
OURS = frozenset({"lv@fremtidensbiblioteker.dk"})
WISH = "Hej Lisbet\n\nJeg vil gerne tilmelde mig Hverdagsledelse 2026. Jeg er souschef på Varde Bibliotek.\n\n"
STEEPEST = 2.3  # time(2n) / time(n)
LONGEST = 1.0  # seconds for any text of 5 MB
NOTHING = 0.02  # seconds that are too short to tell a slope by


def _cells(n: int) -> str:
    row = "<tr><td>Mette Holm</td><td>souschef</td><td>51 20 33 41</td><td>mho@vardebib.dk</td></tr>"
    return f"<p>{WISH}</p><table><tr><th>Navn</th><th>Titel</th><th>Mobil</th><th>Mail</th></tr>{row * (n // 4)}</table>"


def _quotes(n: int) -> str:
    """Quoted lines up to `n` levels deep."""
    return WISH + "".join(">" * depth + " Hej Mette Holm\n" for depth in (n >> shift for shift in range(n.bit_length())))


# what hurts -> (the larger size, the text of a size)
HOSTILE: dict[str, tuple[int, Callable[[int], str]]] = {
    "blank lines": (100_000, lambda n: WISH + "\n" * n),
    "quote levels": (10_000, _quotes),
    "one long line": (5_000_000, lambda n: WISH + "x" * n),
    "one line of words": (5_000_000, lambda n: WISH + "souschef Mette Holm og " * (n // 23)),
    "digits": (5_000, lambda n: WISH + "EAN " + "5" * n),
    "grouped digits": (5_000, lambda n: WISH + "EAN " + "57 98 " * (n // 4)),
    "table cells": (10_000, _cells),
    "names": (20_000, lambda n: WISH + "".join(f"- Mette Holm{chr(97 + i % 26)}, souschef, a{i}@vardebib.dk\n" for i in range(n // 20))),
    "sentences": (200_000, lambda n: WISH + "Hun er leder af børn og unge, og min kollega Bo Friis vil også med. " * (n // 68)),
    "labels": (100_000, lambda n: WISH + "Navn: Mette Holm\nTitel: souschef\n\n" * (n // 34)),
    "addresses": (100_000, lambda n: WISH + "a.b@c.dk, " * (n // 10)),
    "brackets": (100_000, lambda n: WISH + "(" * n),
}


def message(text: str) -> bytes:
    """A raw message with this text, as HTML where it begins with a tag."""
    made = EmailMessage()
    made["From"] = "Mette Holm <mho@vardebib.dk>"
    made["To"] = "lv@fremtidensbiblioteker.dk"
    made["Subject"] = "Hverdagsledelse"
    made["Date"] = "Tue, 20 Jan 2026 09:00:00 +0100"
    made.set_content(text, subtype="html" if text.startswith("<") else "plain", cte="8bit")
    return made.as_bytes(policy=email.policy.SMTP.clone(max_line_length=None, cte_type="8bit"))


def understood(raw: bytes) -> Reading:
    return read(parse(raw), COURSES, None, ours=OURS)


def seconds(work: Callable[[], object], runs: int = 3) -> float:
    """The least processor time that `work` took in some runs."""
    best = float("inf")
    for _ in range(runs):
        begin = time.process_time()
        work()
        best = min(best, time.process_time() - begin)
    return best


def slope(size: int, text: Callable[[int], str]) -> tuple[float, float]:
    """The seconds for `size`, and how many times those for half of it that is."""
    half, whole = message(text(size // 2)), message(text(size))
    understood(half)
    short, long = seconds(lambda: understood(half)), seconds(lambda: understood(whole))
    return long, long / short


def corpus() -> list[bytes]:
    """The raw messages of the corpora that everybody may look at."""
    spec = importlib.util.spec_from_file_location("corpus_build", CORPUS / "build.py")
    assert spec is not None
    assert spec.loader is not None
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    files = [path for path in sorted(CORPUS.glob("cases/*.yaml")) if not path.name.startswith("unseen")]
    return [build.build(case) for path in files for case in yaml.safe_load(path.read_text("utf-8"))]


def _text(raw: bytes) -> str:
    """The words of a message by the standard library alone."""
    body = email.message_from_bytes(raw, policy=email.policy.default).get_body(("plain", "html"))
    try:
        return str(body.get_content()) if body else ""
    except (LookupError, KeyError):
        return ""


def _peers() -> dict[str, Callable[[bytes], object]]:
    """What others do to split a message, where they are installed; each parses with the standard library first."""
    found: dict[str, Callable[[bytes], object]] = {}
    for name, module in (("mail-parser-reply", "mailparser_reply"), ("quotequail", "quotequail")):
        try:
            peer: Any = importlib.import_module(module)
        except ImportError:
            continue
        if name == "quotequail":
            found[name] = lambda raw, peer=peer: peer.quote(_text(raw))  # type: ignore[misc]
        else:
            found[name] = lambda raw, peer=peer: peer.EmailReplyParser(languages=["da", "en"]).read(text=_text(raw))  # type: ignore[misc]
    return found


def throughput(raws: Sequence[bytes]) -> dict[str, float]:
    """Milliseconds a message."""
    work: dict[str, Callable[[bytes], object]] = {
        "stdlib, policy.default": lambda raw: email.message_from_bytes(raw, policy=email.policy.default),
        "stdlib, policy.compat32": lambda raw: email.message_from_bytes(raw, policy=email.policy.compat32),
        "stdlib, policy.default, and the text": _text,
        **_peers(),
        "mailbot, parse": parse,
        "mailbot, bytes to Reading": understood,
    }
    for one in work.values():
        one(raws[0])

    def all_of(one: Callable[[bytes], object]) -> None:
        for raw in raws:
            one(raw)

    return {name: 1000 * seconds(lambda one=one: all_of(one), 2) / len(raws) for name, one in work.items()}  # type: ignore[misc]


@pytest.mark.benchmark
@pytest.mark.parametrize("name", HOSTILE)
def test_time_grows_with_the_size_and_no_faster(name: str) -> None:
    longest, ratio = slope(*HOSTILE[name])
    assert longest <= LONGEST
    assert ratio <= STEEPEST or longest <= NOTHING


@pytest.mark.benchmark
def test_reading_costs_no_more_than_some_bare_parses() -> None:
    spent = throughput(corpus())
    sys.stdout.write(table(spent) + "\n")
    assert spent["mailbot, bytes to Reading"] <= 8 * spent["stdlib, policy.default"]


def table(spent: dict[str, float]) -> str:
    bare = spent["stdlib, policy.default"]
    rows = [f"{name:38} {ms:8.2f} ms {1000 / ms:8.0f} /s {ms / bare:8.2f} x" for name, ms in spent.items()]
    return "\n".join(["", *rows])


def main() -> None:
    sys.stdout.write(f"{'':20} {'size':>10} {'seconds':>8} {'time(2n)/time(n)':>18}" + "\n")
    for name, (size, text) in HOSTILE.items():
        longest, ratio = slope(size, text)
        sys.stdout.write(f"{name:20} {size:10} {longest:8.3f} {ratio:18.2f}" + "\n")
    raws = corpus()
    sys.stdout.write(f"\n{len(raws)} messages, {sum(map(len, raws)) / len(raws) / 1000:.1f} kB each" + "\n")
    sys.stdout.write(table(throughput(raws)) + "\n")


if __name__ == "__main__":
    sys.exit(main())
