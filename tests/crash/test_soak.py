"""A short season with faults and kills; `soak.py` lets 20,000 minutes pass for 300 people (-m benchmark)."""

from __future__ import annotations

import pytest

from crash.soak import soak


@pytest.mark.slow
def test_a_short_season_with_faults_and_kills() -> None:
    seen = soak(1_500, 20)
    assert seen["people"] == 20
    assert seen["kills"] > 2
    assert seen["promises looked at"] > 300


@pytest.mark.benchmark
def test_twenty_thousand_minutes() -> None:
    assert soak(20_000, 300)["people"] == 300
