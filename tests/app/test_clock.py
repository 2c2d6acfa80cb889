"""A machine whose clock jumps: nothing is done because of one wild reading, and what stays is believed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.desk import Desk, embedded_desk, kinds
from app.office import signup
from mailbot.app.clock import SteadyClock
from mailbot.demo.server import MailServer

START = datetime(2026, 2, 2, 10, tzinfo=UTC)
YEARS = timedelta(days=5 * 365)


@dataclass
class Machine:
    """Its clock can be set; its counter only grows."""

    time: datetime = START
    counted: float = 1000.0

    def passes(self, **span: float) -> None:
        self.time += timedelta(**span)
        self.counted += timedelta(**span).total_seconds()

    def clock(self) -> SteadyClock:
        return SteadyClock(lambda: self.time, lambda: self.counted)


def test_time_goes_on_as_the_machine_says_and_small_corrections_count_at_once() -> None:
    machine = Machine()
    clock = machine.clock()
    machine.passes(days=20)   # asleep, say: the counter knows
    assert clock() == machine.time
    for seconds in (400, -500):
        machine.time += timedelta(seconds=seconds)
        assert clock() == machine.time
    assert clock.doubt() is None


@pytest.mark.parametrize("step", [YEARS, -YEARS, timedelta(minutes=11)])
def test_a_step_that_is_gone_again_was_none(step: timedelta) -> None:
    machine = Machine()
    clock = machine.clock()
    machine.time += step
    machine.passes(minutes=20)
    assert clock() == machine.time - step
    assert clock.doubt() == step
    machine.passes(minutes=29)
    assert clock() == machine.time - step
    machine.time -= step
    assert (clock(), clock.doubt()) == (machine.time, None)


@pytest.mark.parametrize("step", [YEARS, -YEARS])
def test_a_step_that_stays_is_believed_after_half_an_hour(step: timedelta) -> None:
    machine = Machine()
    clock = machine.clock()
    machine.time += step
    assert clock() == machine.time - step
    machine.passes(minutes=29)
    assert clock() == machine.time - step
    machine.passes(minutes=1)
    assert (clock(), clock.doubt()) == (machine.time, None)


def test_a_clock_that_jumps_about_is_not_believed() -> None:
    machine = Machine()
    clock = machine.clock()
    for minutes in range(0, 120, 20):
        machine.time += timedelta(days=1)
        machine.passes(minutes=20)
        assert clock() == START + timedelta(minutes=minutes + 20)


@contextmanager
def offered(server: MailServer, folder: Path, machine: Machine) -> Iterator[Desk]:
    """One seat; Bo was offered it when Mette left."""
    with closing(embedded_desk(server, folder, capacity=1)) as desk:
        machine.time = desk.now
        clock = machine.clock()
        desk.service.clock, desk.service.doubt = clock, clock.doubt
        desk.arrive(signup("Mette Holm", "mho@eksempelby-kom.dk"), signup("Bo Beck", "bobe@nordskov-kom.dk", 2))
        assert desk.office.run("cancel", "1", "--now", machine.time.isoformat()).returncode == 0
        desk.service.once()
        assert "offered" in desk.statuses().values()
        yield desk


def test_an_offer_does_not_lapse_at_a_wild_reading(embedded: MailServer, tmp_path: Path) -> None:
    machine = Machine()
    with offered(embedded, tmp_path, machine) as desk:
        before = desk.statuses()
        desk.letters()
        machine.time += YEARS
        machine.passes(minutes=5)
        desk.service.once()
        assert desk.statuses() == before
        assert kinds(desk.letters(), desk) == []
        said = json.loads(desk.office.run("status", "--json").stdout)["last_error"]
        assert said.startswith("the clock of this machine jumped ahead by 1825 days, 0:00:00")
        machine.time -= YEARS
        desk.service.once()
        assert desk.statuses() == before


def test_an_offer_lapses_where_the_new_time_stays(embedded: MailServer, tmp_path: Path) -> None:
    machine = Machine()
    with offered(embedded, tmp_path, machine) as desk:
        machine.time += timedelta(days=10)
        desk.service.once()
        assert "offered" in desk.statuses().values()
        machine.passes(minutes=31)
        desk.service.once()
        assert "expired" in desk.statuses().values()
