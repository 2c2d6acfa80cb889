"""Which course a message is about (DESIGN, "Which course?"), and whether that is in doubt.

The one of the letter answered; else the one that the message names, by title and year; else the one that the quoted
thread names; else, for a signup, the only one open; else the writer's only live registration; else none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from mailbot.course import Course
from mailbot.understanding.clauses import Clause, clauses
from mailbot.understanding.context import Answers
from mailbot.understanding.heard import Heard, other_topic
from mailbot.understanding.reading import Intent, Letter
from mailbot.understanding.topic import YEAR, Names, dates_in


@dataclass(frozen=True, slots=True)
class Which:
    """The course's id (None: nobody can tell) and the reason code of a doubt ("" for none)."""

    course: str | None
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class _Mention:
    ids: Counter[str]
    other_year: bool


def which_course(heard: Heard, courses: Sequence[Course], answered: Letter | None, writer_courses: Sequence[str], intent: Intent) -> Which:
    if answered and any(c.id == answered.course for c in courses):
        return Which(answered.course)
    message, context = heard.message, heard.context
    own = _mentions(heard.names, (h.clause for h in heard.own.clauses if "course" in h.found))
    if not own.ids:
        own = _mentions(heard.names, (h.clause for h in heard.subject.clauses if "course" in h.found))
    if own.ids:
        return _settled(own, courses, writer_courses, message.received_at, intent)
    if other_topic(heard):
        return Which(None, "other_event")
    parts = (*context.history, *context.forwarded)
    quoted = (*(s.subject for s in parts), *(message.text[s.start : s.end] for s in parts))
    thread = _mentions(heard.names, (clause for text in quoted for clause in clauses(text)))
    if thread.ids:
        return _settled(thread, courses, writer_courses, message.received_at, intent)
    live = [c.id for c in courses if c.id in set(writer_courses)]
    if intent is not Intent.SIGNUP:
        return (
            Which(live[0])
            if len(live) == 1
            else Which(_only(courses, message.received_at), "" if _generic(heard) or _inside(heard) else "course_unnamed")
        )
    only = _only(courses, message.received_at)
    if only is None:
        return Which(live[0] if len(live) == 1 else None, "course_unclear")
    return Which(only, "" if _generic(heard) or _by_dates(heard, courses) else "course_unnamed")


def _generic(heard: Heard) -> bool:
    """The course is called "the leadership course" or the like, and no other network or course is hinted at."""
    groups = heard.own.groups | heard.subject.groups
    return "generic" in groups and "newsletter" not in groups


def _by_dates(heard: Heard, courses: Sequence[Course]) -> bool:
    """The course is told by the dates of its meetings: two of them at least are named."""
    rows = [h.clause.words for h in (*heard.own.clauses, *heard.subject.clauses)]
    return any(len({day for row in rows for day in dates_in(row, course)}) > 1 for course in courses)


def _inside(heard: Heard) -> bool:
    """Somebody speaks as one who takes part: of the meetings, of a seat of theirs, in answer to a letter of ours."""
    groups = heard.own.groups | heard.subject.groups
    return bool({"registered", "meeting", "date"} & groups) or heard.context.answers not in (Answers.NOTHING, Answers.OTHER)


def _mentions(names: Names, said: Iterable[Clause]) -> _Mention:
    """How often each course is named; a year right behind the name narrows it down."""
    count: Counter[str] = Counter()
    other_year = ours = False
    for clause in said:
        row = clause.words
        i = 0
        while i < len(row):
            ids, length = names.named(row, i)
            if ids:
                year = row[i + length].text if i + length < len(row) else ""
                if YEAR.fullmatch(year):
                    fitting = [c.id for c in names.courses if c.id in ids and year in c.years]
                    other_year = other_year or not fitting
                    ours = ours or bool(fitting)
                    count.update(fitting)
                else:
                    count.update(ids)
            i += length or 1
    if other_year and not ours and not count:
        count.update(c.id for c in names.courses[:1])
    return _Mention(count, other_year and not ours)


def _settled(mention: _Mention, courses: Sequence[Course], writer_courses: Sequence[str], at: datetime | None, intent: Intent) -> Which:
    """The course of the most mentions; several with as many are told apart by who is open and where the writer is."""
    most = max(mention.ids.values())
    best = [c for c in courses if mention.ids.get(c.id) == most]
    if len(best) > 1:
        mine = [c for c in best if c.id in writer_courses]
        open_now = [c for c in best if _open(c, at)]
        best = mine if len(mine) == 1 and intent is not Intent.SIGNUP else open_now if len(open_now) == 1 else best
    doubt = "other_year" if mention.other_year else "course_unclear" if len(best) > 1 else ""
    return Which(best[0].id, doubt)


def _only(courses: Sequence[Course], at: datetime | None) -> str | None:
    open_now = [c for c in courses if _open(c, at)]
    return open_now[0].id if len(open_now) == 1 else courses[0].id if len(courses) == 1 else None


def _open(course: Course, at: datetime | None) -> bool:
    """Whether signups may come in: after it opened and before its last meeting is over."""
    if at is None:
        return True
    day = at.astimezone(course.zone).date()
    return (course.signup_opens is None or course.signup_opens <= day) and day <= course.meetings[-1].date
