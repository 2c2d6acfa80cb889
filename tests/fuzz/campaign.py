"""A campaign of hostile mail: `python -m fuzz.campaign --minutes 60 --seed 1 --findings DIR`, from the folder `tests`.

A seed names one message, so each finding can be made again. Findings are laid into DIR, one file a kind of trouble, cut
down as far as the trouble stays.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

from app.office import cases

from fuzz.bombs import bombs
from fuzz.house import Broken, House, acts
from fuzz.mutations import GENTLE, mutated, random_bytes

A_DAY = 40  # messages in one house


@cache
def corpus() -> tuple[bytes, ...]:
    return tuple(raw for _, raw in cases("dev", "dev2", "own", "more", "fresh"))


def message(seed: int) -> tuple[bytes, bytes | None, tuple[str, ...]]:
    """The message of this number, the one that it was made of, and how."""
    rng = random.Random(seed)
    if rng.random() < 0.05:
        return random_bytes(rng), None, ("random_bytes",)
    whole = corpus()
    origin = rng.choice(whole)
    raw, ways = mutated(rng, origin, whole)
    return raw, origin, ways


@cache
def is_auto(origin: bytes) -> bool:
    """Whether a message is acted on as it is, by a house that knows nothing of it."""
    with tempfile.TemporaryDirectory(dir=scratch()) as folder:
        house = House(Path(folder))
        try:
            return acts(house.take(origin))
        finally:
            house.close()


def scratch() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def trouble(raw: bytes, origin: bytes | None = None, ways: tuple[str, ...] = ()) -> str:
    """What a message brings about in a new house; "" if nothing."""
    with tempfile.TemporaryDirectory(dir=scratch()) as folder:
        house = House(Path(folder))
        try:
            handled = house.take(raw)
            house.end_of_day()
            if origin is not None and ways and set(ways) <= GENTLE.keys() and acts(handled) and not is_auto(origin):
                return f"acted on, by {', '.join(ways)}"
        except Broken as problem:
            return str(problem)
        except Exception:  # noqa: BLE001 - this is what we look for
            return traceback.format_exc()[-600:]
        finally:
            house.close()
    return ""


def kind(problem: str) -> str:
    return re.sub(r"[\d.]+", "N", problem)[-120:]


def smaller(raw: bytes, wanted: str, seconds: float = 60.0, find: Callable[[bytes], str] = trouble) -> bytes:
    """The message without what the trouble does not need."""
    end = time.monotonic() + seconds
    size = len(raw) // 2
    while size >= 1 and time.monotonic() < end:
        at = 0
        while at < len(raw) and time.monotonic() < end:
            shorter = raw[:at] + raw[at + size :]
            if kind(find(shorter)) == wanted:
                raw = shorter
            else:
                at += size
        size //= 2
    return raw


def campaign(minutes: float, seed: int, findings: Path, *, with_bombs: bool = True) -> Counter[str]:
    findings.mkdir(parents=True, exist_ok=True)
    end, counts, seen, slowest = time.monotonic() + 60 * minutes, Counter[str](), set[str](), 0.0
    for name, make in bombs().items() if with_bombs else ():
        raw, began = make(), time.process_time()
        note(findings, counts, seen, f"bomb {name}", raw, trouble(raw))
        say(f"bomb {name}: {len(raw) / 1e6:.1f} MB, {time.process_time() - began:.2f} s")
    while time.monotonic() < end:
        with tempfile.TemporaryDirectory(dir=scratch()) as folder:
            house = House(Path(folder))
            day: list[int] = []
            for _ in range(A_DAY):
                raw, origin, ways = message(seed)
                began, problem = time.process_time(), ""
                try:
                    handled = house.take(raw)
                    if origin is not None and set(ways) <= GENTLE.keys() and acts(handled) and not is_auto(origin):
                        problem = f"acted on, by {', '.join(ways)}"
                except Broken as found:
                    problem = str(found)
                except Exception:  # noqa: BLE001
                    problem = traceback.format_exc()[-600:]
                slowest = max(slowest, time.process_time() - began)
                counts["messages"] += 1
                counts.update(f"by {way}" for way in ways)
                note(findings, counts, seen, f"seed {seed}", raw, problem)
                day.append(seed)
                seed += 1
            try:
                house.end_of_day()
            except Exception as found:  # noqa: BLE001
                problem = str(found) if isinstance(found, Broken) else traceback.format_exc()[-600:]
                guilty = next((s for s in day if trouble(message(s)[0])), day[-1])
                note(findings, counts, seen, f"seed {guilty} at the end of a day", message(guilty)[0], problem)
            house.close()
        if counts["messages"] % 400 == 0:
            say(
                json.dumps({"seed": seed, "messages": counts["messages"], "findings": len(seen), "slowest_s": round(slowest, 2)}),
            )
    return counts


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def note(findings: Path, counts: Counter[str], seen: set[str], name: str, raw: bytes, problem: str) -> None:
    if not problem:
        return
    counts["findings"] += 1
    if kind(problem) in seen:
        return
    seen.add(kind(problem))
    say(f"FINDING {name}: {problem}")
    if len(raw) < 200_000 and kind(trouble(raw)) == kind(problem):
        raw = smaller(raw, kind(problem))
    file = findings / (hashlib.sha256(kind(problem).encode()).hexdigest()[:10])
    file.with_suffix(".eml").write_bytes(raw[:3_000_000])
    file.with_suffix(".txt").write_text(f"{name}\n{problem}\n", "utf-8")


if __name__ == "__main__":
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--minutes", type=float, default=60)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--findings", type=Path, default=Path("findings"))
    words.add_argument("--no-bombs", action="store_true")
    given = words.parse_args()
    say(json.dumps(campaign(given.minutes, given.seed, given.findings, with_bombs=not given.no_bombs), indent=1))
