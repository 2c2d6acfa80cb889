"""The short version of `steps.py` and `load.py`, which kill at every step and five hundred times at random (-m benchmark)."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

import pytest
from servers import dovecot, exim

from crash import load, steps
from crash.story import PROFILES, Nursery, Profile, outcome, tell

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="a process for each kill is too slow elsewhere")
SERVERS = pytest.mark.skipif(bool(dovecot.missing() or exim.missing()), reason=dovecot.missing() or exim.missing() or "-")
# the last thing done before the kill: what lies between two of these is the same to everybody out there
MOMENTS = (
    "before commit of record", "done, not heard: IMAP UID MOVE", "before SMTP final dot", "done, not heard: SMTP final dot",
    "done, not heard: IMAP APPEND ends",
)


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as nursery:
        yield nursery


def test_killed_at_the_moments_that_matter_it_ends_as_if_nothing_had_been(nursery: Nursery) -> None:
    own = PROFILES[0]
    whole = tell(own, nursery)
    assert outcome(whole, whole) == "the same"
    found = Counter(outcome(whole, tell(own, nursery, whole.steps.index(step) + 1)) for step in MOMENTS)
    assert found == {"the same": 3, "uncertain, shown; it had not left": 1, "uncertain, shown; it had left": 1}


def test_where_the_provider_files_in_sent_a_letter_that_left_is_found_there(nursery: Nursery) -> None:
    exchange = PROFILES[1]
    whole = tell(exchange, nursery)
    for step in ("done, not heard: SMTP final dot", "before commit of settle"):
        killed = tell(exchange, nursery, whole.steps.index(step) + 1)
        assert outcome(whole, killed) == "the same", step
        assert killed.uncertain == []


@SERVERS
@pytest.mark.slow
def test_killed_at_random_under_load() -> None:
    assert load.kills(8, people=12, capacity=5, pause=0.05)["kills"] == 8


@pytest.mark.benchmark
@pytest.mark.parametrize("profile", PROFILES, ids=lambda p: p.name)
def test_killed_at_every_step(profile: Profile, nursery: Nursery, capsys: pytest.CaptureFixture[str]) -> None:
    found = steps.kills(profile, nursery)
    with capsys.disabled():
        steps.sys.stdout.write(steps.table(found) + "\n")
    assert sum(found.values()) > 200


@SERVERS
@pytest.mark.benchmark
def test_killed_five_hundred_times() -> None:
    assert load.kills(500)["kills"] == 500
