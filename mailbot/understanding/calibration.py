"""How far the confidence can be believed: of what is acted on with 0.9, how much is right?

    python -m mailbot.understanding.calibration DIR

DIR holds `<id>.eml` and `<id>.json` (gold labels) as `tests/corpus/build.py` writes them. Prints a table of confidence
against the share that was read right. A tool of ours; nothing else imports it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mailbot.understanding.reading import Action, Reading

BANDS = (0.0, 0.5, 0.62, 0.75, 0.9, 0.97)


@dataclass(frozen=True, slots=True)
class Band:
    """The readings with a confidence in [low, high): how many, how many had the right intent, their mean confidence."""

    low: float
    high: float
    count: int
    right: int
    mean: float


def table(pairs: Iterable[tuple[Reading, str]], *, acted: bool) -> list[Band]:
    """Confidence against truth for pairs of a reading and the right intent; `acted`: only where it would act."""
    chosen = [(r.confidence, r.intent.value == truth) for r, truth in pairs if not acted or r.action is Action.AUTO]
    bands = []
    for low, high in zip(BANDS, (*BANDS[1:], 1.01), strict=True):
        inside = [(c, right) for c, right in chosen if low <= c < high]
        mean = sum(c for c, _ in inside) / len(inside) if inside else 0.0
        bands.append(Band(low, min(high, 1.0), len(inside), sum(right for _, right in inside), mean))
    return bands


def shown(bands: Sequence[Band]) -> str:
    """The table as text, one band a line."""
    lines = [f"{'confidence':>14} {'n':>5} {'right':>6} {'share':>7} {'mean':>6}"]
    for band in bands:
        share = f"{band.right / band.count:7.3f}" if band.count else "      –"
        lines.append(f"{band.low:>6.2f} – {band.high:.2f} {band.count:>6} {band.right:>6} {share} {band.mean:>6.3f}")
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Reads the folder named by the only argument; 2 for wrong usage."""
    from pathlib import Path
    from tomllib import loads

    from mailbot.course import validate_course
    from mailbot.mail.parse import parse
    from mailbot.resources import shipped
    from mailbot.understanding.read import read

    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        sys.stderr.write("usage: python -m mailbot.understanding.calibration DIR\n")
        return 2
    course = validate_course(loads(shipped("data", "hverdagsledelse-2026.toml").read_text("utf-8")), "hverdagsledelse-2026.toml")
    pairs = []
    for path in sorted(Path(arguments[0]).glob("*.eml")):
        truth = json.loads(path.with_suffix(".json").read_text("utf-8"))["intent"]
        pairs.append((read(parse(path.read_bytes()), [course], None), truth))
    for title, acted in (("all readings", False), ("acted on", True)):
        sys.stdout.write(f"{title}\n{shown(table(pairs, acted=acted))}\n\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
