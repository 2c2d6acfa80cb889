"""Learns `words/phrasing.tsv` from the labelled phrases and the corpus.

    python tests/understanding/fit.py [--write] [--held-out FILE …]

needs numpy and scipy, which mailbot itself does not. A multinomial logistic regression with a quadratic penalty; patterns that
weigh little are dropped and the rest is fitted again. `--held-out` fits on all other files and reports how the whole file is
read then, together with the rules: the figure that tells how a new writer will be understood.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import numpy as np  # noqa: E402
from scipy.optimize import minimize  # noqa: E402
from scipy.sparse import csr_matrix  # noqa: E402

from mailbot.mail.message import Message  # noqa: E402
from mailbot.mail.parse import parse  # noqa: E402
from mailbot.understanding.context import context  # noqa: E402
from mailbot.understanding.features import hear  # noqa: E402
from mailbot.understanding.intent import choose  # noqa: E402
from mailbot.understanding.lexicon import words  # noqa: E402
from mailbot.understanding.phrasing import SCORED, UNIT, say  # noqa: E402
from mailbot.understanding.robots import robot  # noqa: E402
from mailbot.understanding.topic import Names  # noqa: E402
from understanding.wording import COURSE, message, phrases  # noqa: E402

TABLE = ROOT / "mailbot/understanding/words/phrasing.tsv"
NAMES = [i.value for i in SCORED]
OURS = frozenset({"lv@fremtidensbiblioteker.dk"})
PENALTY = 0.4
RARE = 2  # a pattern must occur in as many messages
LITTLE = 0.1  # patterns that weigh less for every intent are dropped
CORPUS = 4.0  # whole messages count as much as so many phrases
HEAD = """# What words speak for: pattern, then hundredths for {names}.
# Written by tests/understanding/fit.py; change the examples, not this file. ~class (concepts.toml), ^ first, $ last,
# ! in a negated clause, _ any word, S: subject, F: forwarded, @ in answer to such a letter.
"""


@dataclass(frozen=True)
class Example:
    file: str
    text: str
    truth: int
    patterns: tuple[str, ...]
    scale: float
    rules: tuple[float, ...]


def examples() -> list[Example]:
    found: list[Example] = []
    with tempfile.TemporaryDirectory() as folder:
        for cases in sorted((ROOT / "tests/corpus/cases").glob("*.yaml")):
            if cases.name.startswith("unseen"):
                continue
            out = Path(folder) / cases.stem
            built = subprocess.run(
                [sys.executable, str(ROOT / "tests/corpus/build.py"), str(cases), "--out", str(out)], capture_output=True
            )
            if built.returncode:
                print(f"{cases.name} does not build: left out")  # noqa: T201
                continue
            for path in sorted(out.glob("*.eml")):
                truth = json.loads(path.with_suffix(".json").read_text("utf-8"))["intent"]
                found += _example(cases.stem, path.stem, parse(path.read_bytes()), truth)
    for file in sorted(HERE.glob("phrases*.txt")):
        for line in phrases(file):
            found += _example(file.stem, line.text, message(line.text, line.context, subject=line.subject), line.intent)
    return found


def _example(file: str, text: str, mail: Message, truth: str) -> list[Example]:
    if truth not in NAMES or robot(mail, None):
        return []
    heard = hear(mail, context(mail, None, OURS), Names((COURSE,)), OURS)
    said = say(heard.own, heard.subject, heard.forwarded, heard.context.answers)
    rules = choose({n: f for n, f in heard.features.items() if not n.startswith("words_")}).scores
    patterns = [*said.patterns, *(f"{p}@{said.setting}" for p in said.patterns if p[:2] not in ("S:", "F:"))]
    return [Example(file, text, NAMES.index(truth), tuple(patterns), said.scale, tuple(rules[i] for i in SCORED))]


def matrix(data: list[Example], known: dict[str, int]) -> Any:
    rows, columns, values = [], [], []
    for row, e in enumerate(data):
        here = [known[p] for p in e.patterns if p in known]
        rows += [row] * len(here)
        columns += here
        values += [e.scale] * len(here)
    return csr_matrix((values, (rows, columns)), shape=(len(data), len(known)))


def shares(scores: Any) -> Any:
    risen = np.exp(scores - scores.max(1, keepdims=True))
    return risen / risen.sum(1, keepdims=True)


def fit(data: list[Example], known: dict[str, int]) -> Any:
    x, truth = matrix(data, known), np.array([e.truth for e in data])
    shape, row = (len(known), len(NAMES)), np.arange(len(data))
    wanted = np.zeros((len(data), len(NAMES)))
    wanted[row, truth] = 1
    share = np.array([1.0 if e.file.startswith("phrases") else CORPUS for e in data])
    turned = x.T.tocsr()

    def loss(flat: Any) -> tuple[float, Any]:
        weights = flat.reshape(shape)
        chances = shares(x @ weights)
        cost = -(share * np.log(np.maximum(chances[row, truth], 1e-12))).sum() + PENALTY / 2 * (weights**2).sum()
        return cost, (turned @ (share[:, None] * (chances - wanted)) + PENALTY * weights).ravel()

    return minimize(loss, np.zeros(shape[0] * shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 80}).x.reshape(shape)


def learn(data: list[Example]) -> tuple[dict[str, int], Any]:
    count = Counter(p for e in data for p in e.patterns)
    known = {p: n for n, p in enumerate(sorted(p for p in count if count[p] >= RARE))}
    weights = fit(data, known)
    kept = [p for p, n in known.items() if np.abs(weights[n] - weights[n].mean()).max() >= LITTLE]
    known = {p: n for n, p in enumerate(kept)}
    return known, fit(data, known)


def held_out(data: list[Example], file: str) -> str:
    rest, test = [e for e in data if e.file != file], [e for e in data if e.file == file]
    known, weights = learn(rest)
    heat = float(words("weights")["temperature"])
    chances = shares(matrix(test, known) @ weights / heat + np.array([e.rules for e in test]))
    best, sure = chances.argmax(1), chances.max(1)
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
        known, weights = learn(data)
        numbers = np.rint((weights - weights.mean(1, keepdims=True)) * UNIT).astype(int)
        lines = ["\t".join([p, *(str(n) if n else "" for n in numbers[at])]) for p, at in known.items() if numbers[at].any()]
        TABLE.write_text(HEAD.format(names=" ".join(NAMES)) + "\n".join(lines) + "\n", "utf-8")
        print(f"{len(lines)} patterns")  # noqa: T201


if __name__ == "__main__":
    main()
