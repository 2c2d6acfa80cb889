"""A clock that believes no single wild reading: a step of the machine's time counts only once it has lasted.

A machine's time is set by NTP, by people, by virtual machines that are resumed. Offers would lapse, reminders go out and
courses be erased by a reading that is gone a minute later. So time goes on by a counter that nobody sets, and follows the
machine's time in all that is small, or that stays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

LARGEST_STEP = timedelta(minutes=10)   # what NTP and leap seconds do is less
BELIEVED_AFTER = timedelta(minutes=30)


@dataclass(slots=True)
class SteadyClock:
    """`wall` is the machine's time (aware), `counter` gives seconds that only grow, also while the machine sleeps.

    What it says at first is the machine's time: with what could that be compared?
    """

    wall: Callable[[], datetime]
    counter: Callable[[], float]
    _at: datetime = field(init=False)        # the time that was believed …
    _counted: float = field(init=False)      # … when the counter stood there
    _doubted: tuple[timedelta, float] | None = field(default=None, init=False)   # by how much it stepped, and where the counter stood

    def __post_init__(self) -> None:
        self._at, self._counted = self.wall(), self.counter()

    def __call__(self) -> datetime:
        wall, counted = self.wall(), self.counter()
        expected = self._at + timedelta(seconds=counted - self._counted)
        step = wall - expected
        if abs(step) > LARGEST_STEP and not self._has_lasted(step, counted):
            return expected
        self._at, self._counted, self._doubted = wall, counted, None
        return wall

    def _has_lasted(self, step: timedelta, counted: float) -> bool:
        if self._doubted is None or abs(step - self._doubted[0]) > LARGEST_STEP:
            self._doubted = step, counted
        return counted - self._doubted[1] >= BELIEVED_AFTER.total_seconds()

    def doubt(self) -> timedelta | None:
        """How far the machine's time has stepped (ahead: positive), where that is not believed yet."""
        self()
        return self._doubted[0] if self._doubted else None
