"""Confidence means what it says: of what is acted on with 0.9 or more, at least 98 % is right.

    python tests/understanding/test_calibration.py [CASES.yaml …]

prints the table for the development cases and the phrases, or for the files named.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mailbot.mail.parse import parse
from mailbot.understanding.read import read
from mailbot.understanding.reading import Action, Reading
from understanding.wording import COURSE, HERE, message, phrases

CORPUS = HERE.parent / "corpus"
BANDS = (0.0, 0.5, 0.7, 0.8, 0.9, 0.97)
Pair = tuple[Reading, str]


def of_cases(files: Iterable[Path], folder: Path) -> list[Pair]:
    """Readings with the right intent, for cases in YAML built into `folder`."""
    subprocess.run([sys.executable, str(CORPUS / "build.py"), *map(str, files), "--out", str(folder)], check=True, capture_output=True)
    return [
        (read(parse(path.read_bytes()), [COURSE], None), json.loads(path.with_suffix(".json").read_text("utf-8"))["intent"])
        for path in sorted(folder.glob("*.eml"))
    ]


def of_phrases() -> list[Pair]:
    lines = [p for file in sorted(HERE.glob("phrases*.txt")) for p in phrases(file)]
    return [(read(message(p.text, p.context, subject=p.subject), [COURSE], None), p.intent) for p in lines]


def table(pairs: Iterable[Pair]) -> list[tuple[float, float, int, int, float]]:
    """For each band of confidence: its ends, how many readings, how many right, their mean confidence."""
    chosen = [(r.confidence, r.intent.value == truth) for r, truth in pairs]
    rows = []
    for low, high in zip(BANDS, (*BANDS[1:], 1.01), strict=True):
        inside = [(c, right) for c, right in chosen if low <= c < high]
        rows.append((low, high, len(inside), sum(right for _, right in inside), sum(c for c, _ in inside) / max(1, len(inside))))
    return rows


def shown(pairs: list[Pair]) -> str:
    lines = [f"{'confidence':>14} {'n':>5} {'right':>6} {'share':>7} {'mean':>6}"]
    lines += [
        f"{low:6.2f} – {min(high, 1):.2f} {n:>6} {right:>6} {right / n if n else 0:7.3f} {mean:6.3f}"
        for low, high, n, right, mean in table(pairs)
    ]
    return "\n".join(lines)


def acted(pairs: Iterable[Pair]) -> list[Pair]:
    return [(r, truth) for r, truth in pairs if r.action is Action.AUTO]


def test_what_is_acted_on_with_confidence_is_right(tmp_path: Path) -> None:
    pairs = of_cases([CORPUS / "cases" / n for n in ("dev.yaml", "dev2.yaml", "own.yaml")], tmp_path) + of_phrases()
    sure = [(r, truth) for r, truth in acted(pairs) if r.confidence >= 0.9]
    right = sum(r.intent.value == truth for r, truth in sure)
    assert len(sure) > 300
    assert right >= 0.98 * len(sure), shown(acted(pairs))


def main() -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        files = [Path(a) for a in sys.argv[1:]]
        pairs = (
            of_cases(files, Path(folder))
            if files
            else (of_cases([CORPUS / "cases" / n for n in ("dev.yaml", "dev2.yaml", "own.yaml")], Path(folder)) + of_phrases())
        )
    print(f"all readings\n{shown(pairs)}\n\nacted on\n{shown(acted(pairs))}")  # noqa: T201


if __name__ == "__main__":
    main()
