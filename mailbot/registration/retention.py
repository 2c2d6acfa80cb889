"""What is kept after the last meeting, and until when (GDPR art. 5(1)(e)).

After the last meeting she acknowledges the final invoicing basis, once; only then, and `retention_days` after the last
meeting, the people of a course are erased. What the mails told of health and faith goes at once after the last meeting.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from mailbot.course import Course, Status
from mailbot.registration.change import Change
from mailbot.registration.reasons import RuleError
from mailbot.registration.records import Decision, Item, ItemKind, Roster
from mailbot.registration.worktime import morning, on_or_after
from mailbot.understanding.reading import Reason

WARNED = timedelta(days=7)  # before the erasure


def over(course: Course, now: datetime) -> bool:
    """Whether the last meeting has ended."""
    return now >= course.ends_at(course.held_meetings[-1])


def kept_until(course: Course) -> date:
    """The last day on which the people of the course are kept, once the invoicing basis is acknowledged."""
    return course.held_meetings[-1].date + timedelta(days=course.retention_days)


def erased_at(course: Course) -> datetime:
    """The midnight at which they may be erased."""
    return datetime.combine(kept_until(course) + timedelta(days=1), time(), course.zone)


def acknowledged(roster: Roster) -> bool:
    """Whether she has the final invoicing basis in her accounts; there may be nothing to invoice at all."""
    owes = any(r.status is Status.CONFIRMED or r.payable for r in roster.registrations)
    return not owes or any(i.closed_as == "approved" for i in _asked(roster))


def to_be_erased(roster: Roster, now: datetime) -> bool:
    return acknowledged(roster) and now >= erased_at(roster.course)


def retention_due(roster: Roster) -> Iterator[tuple[datetime, Reason]]:
    """What she is to be told of it, and when; what she was told already is left out."""
    course, items = roster.course, _asked(roster)
    ended, until = course.ends_at(course.held_meetings[-1]), kept_until(course)
    told = any(r.code == "erased_soon" for i in roster.items for r in i.reasons)
    if not acknowledged(roster) and not items:
        yield morning(on_or_after(ended.date() + timedelta(days=1)), course.zone), _final(course)
    elif acknowledged(roster) and roster.registrations and not told:
        yield max(morning(until - WARNED, course.zone), ended), Reason("erased_soon", {"until": until.isoformat()})


def _final(course: Course) -> Reason:
    return Reason("invoicing_final", {"until": kept_until(course).isoformat()})


def tell(change: Change, reason: Reason) -> None:
    kind = ItemKind.INVOICING if reason.code == "invoicing_final" else ItemKind.NOTICE
    change.open(kind, (reason,), propose=False)


def invoiced(roster: Roster, now: datetime) -> Decision:
    """She has the final invoicing basis: it stands in the accounts, and the course may be erased when its time comes."""
    if not over(roster.course, now):
        raise RuleError("meetings_to_come")
    if acknowledged(roster):
        raise RuleError("already_so")
    change = Change(roster, now)
    items = [i for i in _asked(roster) if i.closed_at is None]
    item = items[-1] if items else change.open(ItemKind.INVOICING, (_final(roster.course),), propose=False)
    change.close(item, "approved")
    change.note("invoiced")
    return change.decision()


def _asked(roster: Roster) -> list[Item]:
    return [i for i in roster.items if i.kind is ItemKind.INVOICING]
