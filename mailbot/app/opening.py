"""What a start may change: the course files were edited, or the settings name another mode.

Both are decisions like those that she takes by mail: who comes hears of a moved meeting, and a change of mode releases no
backlog. They are recorded before the file is saved, so that a crash in between leaves nothing untold and tells nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from mailbot.app.handle import Rules, put_into_words
from mailbot.course import Course, Mode
from mailbot.registration.manual import set_mode
from mailbot.registration.meetings import refiled
from mailbot.registration.records import Decision, Roster
from mailbot.store.base import Stale, Store


def keep_course(course: Course, store: Store, rules: Rules, mode: Mode, now: datetime) -> bool:
    """Save the course as its file says; participants hear of meetings that changed. True if it is new, and starts in `mode`."""
    new = course.id not in {c.id for c in store.courses()}
    if not new:
        _decide(course.id, lambda roster: refiled(roster, store.refiled(course), now), store, rules, now)
    store.save_course(course, now, mode)
    return new


def change_mode(course: str, store: Store, rules: Rules, mode: Mode, now: datetime) -> None:
    """Another mode, if it is another: planned letters are withheld, open offers get their time again."""
    _decide(course, lambda roster: Decision() if roster.settings.mode is mode else set_mode(roster, mode, now), store, rules, now)


def _decide(course: str, decide: Callable[[Roster], Decision], store: Store, rules: Rules, now: datetime) -> None:
    while True:
        roster = store.roster(course)
        decision = decide(roster)
        if decision == Decision():
            return
        try:
            store.record(decision, now, letters=put_into_words(decision, roster, store, rules, now), course=course)
        except Stale:  # the command line was faster: decide anew
            continue
        return
