"""Which intent the features speak for: weighted sums, a softmax, and what each feature contributed.

The weights stand in `words/weights.toml`; nothing here knows what a feature means. The signs that the rules find count
`rules` times what is written there, since they were made with old examples at hand; the learned ones (`words_…`) in full.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from mailbot.understanding.heard import Feature
from mailbot.understanding.lexicon import words
from mailbot.understanding.phrasing import SCORED
from mailbot.understanding.reading import Intent

LEAVE = 0.6  # a message is unrelated only from this probability on: below it the next best is shown to the administrator


@dataclass(frozen=True, slots=True)
class Choice:
    """The intent that won with its probability, the next best, and for each intent what every feature added to it."""

    intent: Intent
    confidence: float
    runner_up: tuple[Intent, float]
    contributions: Mapping[Intent, Mapping[str, float]]
    probabilities: Mapping[Intent, float]
    scores: Mapping[Intent, float]
    by_rules: Intent  # what the rules alone, without the learned words, would have chosen


@cache
def _weights() -> tuple[float, Mapping[Intent, Mapping[str, float]], Mapping[Intent, float]]:
    table = words("weights")
    rules = float(table["rules"])
    bias = {Intent(k): rules * float(v) for k, v in table["bias"].items()}
    weights = {i: {k: rules * float(v) for k, v in table.get(i.value, {}).items()} | {f"words_{i.value}": 1.0} for i in SCORED}
    return float(table["temperature"]), weights, bias


def choose(features: Mapping[str, Feature]) -> Choice:
    """The most probable of the intents that a person can have."""
    temperature, weights, bias = _weights()
    contributions = {
        intent: {name: weight * features[name].value for name, weight in weights[intent].items() if name in features} for intent in SCORED
    }
    scores = {intent: (bias.get(intent, 0.0) + sum(parts.values())) / temperature for intent, parts in contributions.items()}
    highest = max(scores.values())
    shares = {intent: math.exp(score - highest) for intent, score in scores.items()}
    total = sum(shares.values())
    probabilities = {intent: share / total for intent, share in shares.items()}
    first, second = sorted(SCORED, key=lambda i: -probabilities[i])[:2]
    if first is Intent.UNRELATED and probabilities[first] < LEAVE:
        first, second = second, first
    ruled = {i: bias.get(i, 0.0) + sum(w for name, w in contributions[i].items() if not name.startswith("words_")) for i in SCORED}
    by_rules = max(SCORED, key=lambda i: ruled[i])
    return Choice(first, probabilities[first], (second, probabilities[second]), contributions, probabilities, scores, by_rules)
