"""Working time: which days count, when an offer may lapse, and when we write of our own accord.

Working days are Monday to Friday without Danish public holidays and without 5 June, 24 and 31 December, when offices are
closed by custom. All arithmetic with hours is done in UTC, so that a night with a change of clocks has its true length;
days and times of day are local to the zone given.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

OPENS, CLOSES, MORNING = time(8), time(16), time(9)
CLOSED_BY_CUSTOM = frozenset({(6, 5), (12, 24), (12, 31)})
DAY = timedelta(days=1)

_HOLIDAYS = holidays.country_holidays("DK")


@lru_cache(maxsize=4096)
def is_working_day(day: date) -> bool:
    return day.weekday() < 5 and (day.month, day.day) not in CLOSED_BY_CUSTOM and day not in _HOLIDAYS


def on_or_after(day: date) -> date:
    """The working day nearest to `day` that is not before it."""
    while not is_working_day(day):
        day += DAY
    return day


def on_or_before(day: date) -> date:
    """The working day nearest to `day` that is not after it."""
    while not is_working_day(day):
        day -= DAY
    return day


def working_days_after(day: date, count: int) -> date:
    """The `count`-th working day after `day`; before it where `count` is negative."""
    step = DAY if count > 0 else -DAY
    for _ in range(abs(count)):
        day += step
        while not is_working_day(day):
            day += step
    return day


def at(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """That local time of that day, in UTC."""
    return datetime.combine(day, clock, zone).astimezone(UTC)


def morning(day: date, zone: ZoneInfo) -> datetime:
    """9 o'clock local, in UTC: the hour at which we write of our own accord."""
    return at(day, MORNING, zone)


def lapse_at(start: datetime, hours: int, zone: ZoneInfo) -> datetime:
    """When something held for at least `hours` from `start` lapses: then, if that is in working time, else at 9 on that
    or the next working day, whichever comes first. In UTC."""
    end = (start.astimezone(UTC) + timedelta(hours=hours)).astimezone(zone)
    if is_working_day(end.date()):
        if OPENS <= end.time() <= CLOSES:
            return end.astimezone(UTC)
        if end.time() < OPENS:
            return morning(end.date(), zone)
    return morning(on_or_after(end.date() + DAY), zone)


def latest_working_moment(moment: datetime, zone: ZoneInfo) -> datetime:
    """`moment` itself in working time, else the last working moment before it. In UTC."""
    local = moment.astimezone(zone)
    if is_working_day(local.date()) and local.time() >= OPENS:
        return moment.astimezone(UTC) if local.time() <= CLOSES else at(local.date(), CLOSES, zone)
    return at(on_or_before(local.date() - DAY), CLOSES, zone)


def days_on(moment: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The same time of day `days` working days later, brought into working time. In UTC."""
    local = moment.astimezone(zone)
    clock = min(max(local.time(), MORNING), CLOSES)
    return at(working_days_after(local.date(), days), clock, zone)
