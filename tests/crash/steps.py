"""The service killed at every step between network and database, and what came of it: a table, steps × outcome.

`python tests/crash/steps.py` kills at each step of both profiles (about N minutes); `--every 10` at each tenth.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]

from crash.story import PROFILES, Nursery, Profile, outcome, tell  # noqa: E402


def kills(profile: Profile, nursery: Nursery, every: int = 1, first: int = 1) -> Counter[tuple[str, str]]:
    """(step, outcome) -> how often, for each `every`-th step. Raises AssertionError where a promise was broken."""
    whole = tell(profile, nursery)
    assert outcome(whole, whole) == "the same"
    found: Counter[tuple[str, str]] = Counter()
    for number in range(first, len(whole.steps) + 1, every):
        killed = tell(profile, nursery, number)
        try:
            found[killed.steps[number - 1] if number <= len(killed.steps) else "?", outcome(whole, killed)] += 1
        except AssertionError as problem:
            raise AssertionError(f"{profile.name}, killed at step {number} ({whole.steps[number - 1]}): {problem}") from problem
    return found


def table(found: Counter[tuple[str, str]]) -> str:
    outcomes = sorted({o for _, o in found})
    steps = sorted({s for s, _ in found})
    lines = ["| killed | " + " | ".join(outcomes) + " |", "| --- |" + " ---: |" * len(outcomes)]
    lines += [f"| {s} | " + " | ".join(str(found[s, o] or "") for o in outcomes) + " |" for s in steps]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1)
    every = parser.parse_args().every
    with Nursery() as nursery:
        for profile in PROFILES:
            began = time.monotonic()
            found = kills(profile, nursery, every)
            took = time.monotonic() - began
            sys.stdout.write(f"\n{profile.name}: {sum(found.values())} kills in {took:.0f} s\n\n{table(found)}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
