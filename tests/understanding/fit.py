"""Fits `words/weights.toml` to labelled messages, close to the weights that a person set.

    python tests/understanding/fit.py [--write] [--folds 5]

Logistic regression by gradient descent, with a penalty for every step away from the weights in the file, so that the
table stays a table that one can read. `--folds` reports how weights fitted on some of the messages read the others.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import json  # noqa: E402
from tomllib import loads  # noqa: E402

from mailbot.mail.parse import parse  # noqa: E402
from mailbot.understanding.intent import SCORED  # noqa: E402
from mailbot.understanding.read import understand  # noqa: E402
from mailbot.understanding.robots import robot  # noqa: E402
from understanding.wording import COURSE, message, phrases  # noqa: E402

WEIGHTS = ROOT / "mailbot/understanding/words/weights.toml"
NAMES = [i.value for i in SCORED]
OURS = frozenset({"lv@fremtidensbiblioteker.dk"})
Example = tuple[str, dict[str, float], str]


def examples() -> list[Example]:
    found: list[Example] = []
    with tempfile.TemporaryDirectory() as folder:
        cases = [str(p) for p in sorted((ROOT / "tests/corpus/cases").glob("*.yaml")) if not p.name.startswith("unseen")]
        subprocess.run([sys.executable, str(ROOT / "tests/corpus/build.py"), *cases, "--out", folder], check=True, capture_output=True)
        for path in sorted(Path(folder).glob("*.eml")):
            truth = json.loads(path.with_suffix(".json").read_text("utf-8"))["intent"]
            found += _example(path.stem, parse(path.read_bytes()), truth)
    for file in sorted(HERE.glob("phrases*.txt")):
        for line in phrases(file):
            found += _example(line.text, message(line.text, line.context, subject=line.subject), line.intent)
    return found


def _example(key: str, mail, truth: str) -> list[Example]:  # type: ignore[no-untyped-def]
    if truth not in NAMES or robot(mail, None):
        return []
    heard, _ = understand(mail, [COURSE], None, OURS)
    return [(key, {name: f.value for name, f in heard.features.items()}, truth)]


def probabilities(weights: dict[str, dict[str, float]], bias: dict[str, float], features: dict[str, float]) -> dict[str, float]:
    scores = {i: bias.get(i, 0.0) + sum(w * features[f] for f, w in weights[i].items() if f in features) for i in NAMES}
    top = max(scores.values())
    shares = {i: math.exp(s - top) for i, s in scores.items()}
    total = sum(shares.values())
    return {i: s / total for i, s in shares.items()}


def fit(
    data: list[Example], prior: dict[str, dict[str, float]], bias: dict[str, float], *, pull: float, steps: int = 150
) -> dict[str, dict[str, float]]:
    weights = {i: dict(prior[i]) for i in NAMES}
    memory = {i: dict.fromkeys(prior[i], 1e-3) for i in NAMES}
    for _ in range(steps):
        slope = {i: {f: pull * (weights[i][f] - prior[i][f]) for f in prior[i]} for i in NAMES}
        for _, features, truth in data:
            chances = probabilities(weights, bias, features)
            for i in NAMES:
                error = chances[i] - (i == truth)
                if abs(error) > 1e-4:
                    for f in prior[i]:
                        if f in features:
                            slope[i][f] += error * features[f]
        for i in NAMES:
            for f in prior[i]:
                memory[i][f] += slope[i][f] ** 2
                weights[i][f] -= 0.25 * slope[i][f] / math.sqrt(memory[i][f])
    return weights


def right(data: list[Example], weights: dict[str, dict[str, float]], bias: dict[str, float]) -> tuple[float, float, list[str]]:
    hits, loss, misses = 0, 0.0, []
    for key, features, truth in data:
        chances = probabilities(weights, bias, features)
        best = max(NAMES, key=lambda i: chances[i])
        hits += best == truth
        loss -= math.log(max(chances[truth], 1e-9))
        if best != truth:
            misses.append(f"{key[:60]!r}: {truth} read as {best} {chances[best]:.2f}")
    return hits / len(data), loss / len(data), misses


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--folds", type=int, default=0)
    parser.add_argument("--pull", type=float, default=0.6)
    args = parser.parse_args()
    table = loads(WEIGHTS.read_text("utf-8"))
    prior = {i: {k: float(v) for k, v in table.get(i, {}).items()} for i in NAMES}
    bias = {k: float(v) for k, v in table["bias"].items()}
    data = examples()
    print(f"{len(data)} examples; as they stand: {right(data, prior, bias)[:2]}")  # noqa: T201
    if args.folds:
        parts = [[e for e in data if int(hashlib.sha256(e[0].encode()).hexdigest(), 16) % args.folds == n] for n in range(args.folds)]
        total, misses = 0.0, []
        for n, part in enumerate(parts):
            weights = fit([e for m, p in enumerate(parts) if m != n for e in p], prior, bias, pull=args.pull)
            share, _, missed = right(part, weights, bias)
            total += share * len(part)
            misses += missed
        print(f"read by weights fitted on the others: {total / len(data):.4f}", *misses, sep="\n  ")  # noqa: T201
    weights = fit(data, prior, bias, pull=args.pull)
    share, loss, misses = right(data, weights, bias)
    print(f"fitted: {share:.4f} loss {loss:.4f}", *misses, sep="\n  ")  # noqa: T201
    if args.write:
        text, section = [], ""
        for line in WEIGHTS.read_text("utf-8").splitlines():
            if header := re.match(r"\[(\w+)\]", line):
                section = header.group(1)
            elif section in NAMES and (entry := re.match(r'("?[^"=]+"?) = [-\d.]+(.*)', line)):
                line = f"{entry.group(1)} = {round(weights[section][entry.group(1).strip(chr(34))], 2)}{entry.group(2)}"
            text.append(line)
        WEIGHTS.write_text("\n".join(text) + "\n", "utf-8")


if __name__ == "__main__":
    main()
