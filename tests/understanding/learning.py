"""Learning from labelled examples: a multinomial logistic regression with a quadratic penalty over sparse patterns.

Needs numpy and scipy, which mailbot itself does not. Patterns that weigh little are dropped and the rest is fitted again,
so that the tables of `words/*.tsv` stay short.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from mailbot.understanding.lexicon import UNIT

CORPUS = Path(__file__).resolve().parent.parent / "corpus"
RARE = 2  # a pattern must occur in as many examples
LITTLE = 0.1  # patterns that weigh less for every class are dropped


@dataclass(frozen=True, kw_only=True)
class Example:
    """The patterns of an example, each counting `scale`; which class it is; and how many examples it stands for."""

    file: str
    text: str
    truth: int
    patterns: tuple[str, ...]
    scale: float
    share: float = 1.0


def cases() -> Iterator[tuple[str, str, bytes, dict[str, Any]]]:
    """Every message of the corpus but for the unseen parts: its file, its id, its bytes, its gold label."""
    with tempfile.TemporaryDirectory() as folder:
        for file in sorted((CORPUS / "cases").glob("*.yaml")):
            if file.name.startswith("unseen"):
                continue
            out = Path(folder) / file.stem
            subprocess.run([sys.executable, str(CORPUS / "build.py"), str(file), "--out", str(out)], check=True, capture_output=True)
            for path in sorted(out.glob("*.eml")):
                yield file.stem, path.stem, path.read_bytes(), json.loads(path.with_suffix(".json").read_text("utf-8"))


def matrix(data: Sequence[Example], known: dict[str, int]) -> Any:
    rows, columns, values = [], [], []
    for row, e in enumerate(data):
        here = [known[p] for p in e.patterns if p in known]
        rows += [row] * len(here)
        columns += here
        values += [e.scale] * len(here)
    return csr_matrix((values, (rows, columns)), shape=(len(data), len(known)))


def chances(scores: Any) -> Any:
    risen = np.exp(scores - scores.max(1, keepdims=True))
    return risen / risen.sum(1, keepdims=True)


def fit(data: Sequence[Example], known: dict[str, int], classes: int, penalty: float) -> Any:
    x, truth = matrix(data, known), np.array([e.truth for e in data])
    shape, row = (len(known), classes), np.arange(len(data))
    wanted = np.zeros((len(data), classes))
    wanted[row, truth] = 1
    share = np.array([e.share for e in data])
    turned = x.T.tocsr()

    def loss(flat: Any) -> tuple[float, Any]:
        weights = flat.reshape(shape)
        guess = chances(x @ weights)
        cost = -(share * np.log(np.maximum(guess[row, truth], 1e-12))).sum() + penalty / 2 * (weights**2).sum()
        return cost, (turned @ (share[:, None] * (guess - wanted)) + penalty * weights).ravel()

    return minimize(loss, np.zeros(shape[0] * shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 80}).x.reshape(shape)


def learn(data: Sequence[Example], classes: int, penalty: float) -> tuple[dict[str, int], Any]:
    """The patterns that are worth keeping with their row, and the weights."""
    count = Counter(p for e in data for p in e.patterns)
    known = {p: n for n, p in enumerate(sorted(p for p in count if count[p] >= RARE))}
    weights = fit(data, known, classes, penalty)
    kept = [p for p, n in known.items() if np.abs(weights[n] - weights[n].mean()).max() >= LITTLE]
    known = {p: n for n, p in enumerate(kept)}
    return known, fit(data, known, classes, penalty)


def write(table: Path, head: str, known: dict[str, int], weights: Any) -> int:
    """Writes the table; how many patterns it has."""
    numbers = np.rint((weights - weights.mean(1, keepdims=True)) * UNIT).astype(int)
    lines = ["\t".join([p, *(str(n) if n else "" for n in numbers[at])]) for p, at in known.items() if numbers[at].any()]
    table.write_text(head + "\n".join(lines) + "\n", "utf-8")
    return len(lines)
