"""Free seats and who they are for: the strict order of receipt, groups that want all or none, left-over seats.

A group that wants all or none waits as one, in the place of its first member; a seat that does not suffice for it goes
to the next in line rather than stay empty. Nobody passes somebody who stands ahead and could have the seat.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from mailbot.course import Mode
from mailbot.registration.records import Registration, Roster

Unit = tuple[Registration, ...]  # who is seated together: one person, or a group


def units(registrations: Iterable[Registration]) -> list[Unit]:
    """In the order given; a group stands where its first member stands."""
    made: dict[object, list[Registration]] = {}
    for r in registrations:
        made.setdefault(r.group if r.group and not r.part_will_do else r.id, []).append(r)
    return [tuple(unit) for unit in made.values()]


def next_place(roster: Roster, at: datetime) -> int:
    """The place of whoever queues up at `at` now: mail knows the second only, and within one the order of arrival counts."""
    return max((r.place for r in roster.registrations if r.queued_at == at), default=-1) + 1


def may_offer(roster: Roster, now: datetime) -> bool:
    """Whether seats are offered at all now: not while observing or paused, and not shortly before the first meeting."""
    settings = roster.settings
    return settings.mode is not Mode.OBSERVE and not settings.paused and now <= roster.course.last_offer_at


def next_in_line(roster: Roster) -> Unit | None:
    """Who is to be offered a seat now: the first on the waiting list for whom the free seats suffice."""
    free = roster.free_seats
    for unit in units(roster.waiting):
        late = any(r.late for r in unit)
        if len(unit) <= free and (roster.course.offer_late or not late):
            return unit
    return None


def room_for(roster: Roster, newcomers: Unit) -> bool:
    """Whether newcomers can have seats at once: those who wait ahead of them, and could have a seat, come first."""
    free = roster.free_seats
    inside = {r.id for r in newcomers}
    key = min(r.queue_key for r in newcomers)
    for unit in units(r for r in roster.waiting if r.id not in inside and r.queue_key < key):
        free -= len(unit) if len(unit) <= free else 0
    return len(newcomers) <= free
