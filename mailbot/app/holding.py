"""Too many letters within an hour: they are held, and she is asked at once (DESIGN: Mail out).

The limit is the smallest `max_letters_per_hour` of all courses. While a course's letters are held, only those to the
administrator leave; her `fortsæt` releases them, and only what is planned later counts towards the next hour.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import structlog

from mailbot.app.digest import digest_decision
from mailbot.app.handle import TO_HER, Rules
from mailbot.app.outbox import Limit
from mailbot.app.trouble import note_trouble
from mailbot.registration.manual import hold
from mailbot.registration.records import Decision, LetterState, apply
from mailbot.store.base import Stale, Store

log = structlog.get_logger()


def limit_of(store: Store, rules: Rules) -> Limit | None:
    """The limit of the house; None where there is no course yet."""
    courses = store.courses()
    if not courses:
        return None
    return Limit(min(c.max_letters_per_hour for c in courses), lambda per_hour, now: _hold(store, rules, per_hour, now))


def _hold(store: Store, rules: Rules, per_hour: int, now: datetime) -> None:
    for course in store.courses():
        due = (x for x in store.letters(course.id, LetterState.PLANNED) if x.kind not in TO_HER)
        while any(due):
            roster = store.roster(course.id)
            decision = hold(roster, per_hour, now)
            if decision == Decision():
                break
            subject = f"digest:held-{decision.items[0].id}"
            told, letters = digest_decision(apply(roster, decision), store, rules, now, subject_of=subject)
            try:
                store.record(replace(decision, letters=told.letters), now, letters=letters)
            except Stale:
                continue
            log.warning("letters_held", course=course.id, per_hour=per_hour)
            note_trouble(store, "held", f"more than {per_hour} letters within an hour; they wait (max_letters_per_hour)", now)
            break
