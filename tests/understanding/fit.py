"""Learns `words/phrasing.tsv` from the labelled phrases and the corpus.

    python tests/understanding/fit.py [--write] [--held-out FILE …]

needs numpy and scipy, which mailbot itself does not. `--held-out` fits on all other files and reports how the whole file is
read then, together with the rules: the figure that tells how a new writer will be understood.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import numpy as np  # noqa: E402

from mailbot.mail.message import Message  # noqa: E402
from mailbot.mail.parse import parse  # noqa: E402
from mailbot.understanding.context import context  # noqa: E402
from mailbot.understanding.features import hear  # noqa: E402
from mailbot.understanding.intent import choose  # noqa: E402
from mailbot.understanding.lexicon import words  # noqa: E402
from mailbot.understanding.phrasing import SCORED, say  # noqa: E402
from mailbot.understanding.robots import robot  # noqa: E402
from mailbot.understanding.topic import Names  # noqa: E402
from understanding.learning import Example, cases, chances, learn, matrix, write  # noqa: E402
from understanding.wording import COURSE, casts, message, phrases  # noqa: E402

TABLE = ROOT / "mailbot/understanding/words/phrasing.tsv"
NAMES = [i.value for i in SCORED]
OURS = frozenset({"lv@fremtidensbiblioteker.dk"})
PENALTY = 0.2
CORPUS = 4.0  # whole messages count as much as so many phrases
HEAD = """# What words speak for: pattern, then hundredths for {names}.
# Written by tests/understanding/fit.py; change the examples, not this file. ~class (concepts.toml), ^ first, $ last,
# ! in a negated clause, _ any word, S: subject, F: forwarded, @ in answer to such a letter.
"""


@dataclass(frozen=True, kw_only=True)
class Read(Example):
    """An example with what the rules alone say of each intent."""

    rules: tuple[float, ...]


def examples() -> list[Read]:
    found: list[Read] = []
    for file, name, raw, gold in cases():
        found += _example(file, name, parse(raw), gold["intent"])
    for file in sorted(HERE.glob("phrases*.txt")):
        for line in phrases(file):
            found += _example(file.stem, line.text, message(line.text, line.context, subject=line.subject), line.intent)
    for file in sorted(HERE.glob("parts*.txt")):
        for cast in casts(file):
            found += _example(file.stem, cast.text, message(cast.text), cast.intent)
    return found


def _example(file: str, text: str, mail: Message, truth: str) -> list[Read]:
    if truth not in NAMES or robot(mail, None):
        return []
    heard = hear(mail, context(mail, None, OURS), Names((COURSE,)), OURS)
    said = say(heard.own, heard.subject, heard.forwarded, heard.context.answers)
    rules = choose({n: f for n, f in heard.features.items() if not n.startswith("words_")}).scores
    patterns = [*said.patterns, *(f"{p}@{said.setting}" for p in said.patterns if p[:2] not in ("S:", "F:"))]
    share = 1.0 if file.startswith(("phrases", "parts")) else CORPUS
    known = {"file": file, "text": text, "truth": NAMES.index(truth), "patterns": tuple(patterns), "scale": said.scale, "share": share}
    return [Read(**known, rules=tuple(rules[i] for i in SCORED))]


def held_out(data: list[Read], file: str) -> str:
    rest, test = [e for e in data if e.file != file], [e for e in data if e.file == file]
    known, weights = learn(rest, len(NAMES), PENALTY)
    heat = float(words("weights")["temperature"])
    guess = chances(matrix(test, known) @ weights / heat + np.array([e.rules for e in test]))
    best, sure = guess.argmax(1), guess.max(1)
    right = best == np.array([e.truth for e in test])
    rules = np.array([e.rules for e in test]).argmax(1) == np.array([e.truth for e in test])
    bands = [(low, int((sure >= low).sum()), float(right[sure >= low].mean()) if (sure >= low).any() else 1.0) for low in (0.7, 0.8, 0.9)]
    told = ", ".join(f"≥ {low}: {n} at {share:.3f}" for low, n, share in bands)
    misses = [
        f"  {NAMES[e.truth]} → {NAMES[b]} {c:.2f}: {e.text[:110]!r}" for e, b, c, r in zip(test, best, sure, right, strict=True) if not r
    ]
    return "\n".join([f"{file}: {len(test)} read {right.mean():.4f} (rules alone {rules.mean():.4f}); {told}", *misses])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--held-out", nargs="*", default=[])
    parser.add_argument("--quiet", action="store_true")
    args = parser.parse_args()
    data = examples()
    for file in args.held_out:
        report = held_out(data, file)
        print(report.splitlines()[0] if args.quiet else report, flush=True)  # noqa: T201
    if args.write:
        known, weights = learn(data, len(NAMES), PENALTY)
        print(f"{write(TABLE, HEAD.format(names=' '.join(NAMES)), known, weights)} patterns")  # noqa: T201


if __name__ == "__main__":
    main()
