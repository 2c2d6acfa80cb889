"""Erasing what its time has come for: once a day what is sensitive, after the last meeting; in the end a whole course."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import structlog

from mailbot.course import Course
from mailbot.registration.records import Decision
from mailbot.registration.retention import erased_at, over, to_be_erased
from mailbot.store.base import Store
from mailbot.understanding.reading import Reason

log = structlog.get_logger()


def erase_due(store: Store, now: datetime) -> Iterator[tuple[Course, Decision]]:
    """Erase what is due; gives each course with what was erased, in counts."""
    for course in store.courses():
        if not over(course, now):
            continue
        if to_be_erased(store.roster(course.id), now):
            counts = store.erase_course(course.id, now)
            log.info("course_erased", course=course.id, **counts)
            yield course, Decision(reasons=(Reason("course_erased", _texts(counts)),))
            continue
        note, today = f"sensitive_erased:{course.id}", now.astimezone(course.zone).date().isoformat()
        if store.notes().get(note, ("", now))[0] != today:
            counts = store.erase_sensitive(course.id)
            store.note(note, today, now)
            if any(counts.values()):
                log.info("sensitive_erased", course=course.id, **counts)
                yield course, Decision(reasons=(Reason("sensitive_erased", _texts(counts)),))


def erasures(store: Store) -> Iterator[datetime]:
    """When the next erasures of whole courses fall due, and of what is sensitive in those that have just ended."""
    for course in store.courses():
        yield erased_at(course)
        yield course.ends_at(course.held_meetings[-1])


def _texts(counts: dict[str, int]) -> dict[str, str]:
    return {key: str(n) for key, n in counts.items() if n}
