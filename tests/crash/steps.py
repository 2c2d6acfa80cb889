"""The service killed at every step between network and database, and what came of it: a table, steps × outcome.

`python tests/crash/steps.py` kills at each step of both profiles, some 500 in all; `--each 1` at one step of each kind.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]

from crash.story import PROFILES, Nursery, Profile, outcome, tell  # noqa: E402


def kills(profile: Profile, nursery: Nursery, each: int = 0) -> Counter[tuple[str, str]]:
    """(step, outcome) -> how often; at every step, or (`each`) at so many of each kind. Raises AssertionError for a broken promise."""
    whole = tell(profile, nursery)
    assert outcome(whole, whole) == "the same"
    found: Counter[tuple[str, str]] = Counter()
    for number in _some(whole.steps, each) if each else range(1, len(whole.steps) + 1):
        killed = tell(profile, nursery, number)
        try:
            found[killed.steps[number - 1], outcome(whole, killed)] += 1
        except AssertionError as problem:
            raise AssertionError(f"{profile.name}, killed at step {number} ({whole.steps[number - 1]}): {problem}") from problem
    return found


def _some(steps: list[str], each: int) -> list[int]:
    """The numbers of `each` steps of every kind, chosen at random, the same ones in every run."""
    chance = random.Random(2026)
    kinds = {kind: [n for n, step in enumerate(steps, 1) if step == kind] for kind in steps}
    return sorted(n for numbers in kinds.values() for n in chance.sample(numbers, min(each, len(numbers))))


def table(found: Counter[tuple[str, str]]) -> str:
    outcomes = sorted({o for _, o in found})
    steps = sorted({s for s, _ in found})
    lines = ["| killed | " + " | ".join(outcomes) + " |", "| --- |" + " ---: |" * len(outcomes)]
    lines += [f"| {s} | " + " | ".join(str(found[s, o] or "") for o in outcomes) + " |" for s in steps]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=0, help="so many steps of each kind; 0: all")
    each = parser.parse_args().each
    with Nursery() as nursery:
        for profile in PROFILES:
            began = time.monotonic()
            found = kills(profile, nursery, each)
            took = time.monotonic() - began
            sys.stdout.write(f"\n{profile.name}: {sum(found.values())} kills in {took:.0f} s\n\n{table(found)}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
