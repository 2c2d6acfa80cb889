"""`read`: a message as a `Reading` — what it wants, for whom, in which course, how sure that is, and what to do.

The order is: machines first, then what each clause does (`speech`), what that means in its context (`features`,
`intent`), about whom (`people`), in which course (`which_course`), and whether to act on it (`safety`). Pure: no clock,
no network; it never raises for bad input.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, timedelta

from mailbot.course import Course
from mailbot.mail.message import Message, SegmentKind, Verdict
from mailbot.understanding.clauses import clauses
from mailbot.understanding.company import Cast
from mailbot.understanding.context import context
from mailbot.understanding.features import hear
from mailbot.understanding.heard import Heard
from mailbot.understanding.intent import Choice, choose
from mailbot.understanding.lexicon import words
from mailbot.understanding.origin import origin, received
from mailbot.understanding.people import cast, coming_and_leaving
from mailbot.understanding.plain_questions import asked_facts
from mailbot.understanding.reading import Action, Finding, Intent, Letter, Reading, Reason
from mailbot.understanding.robots import by_words, robot
from mailbot.understanding.safety import SURE, after_all, judge, second_matter, told_by_people
from mailbot.understanding.speech import DOING
from mailbot.understanding.topic import Names, dates_in
from mailbot.understanding.which_course import which_course

NOBODY = frozenset({Intent.QUESTION, Intent.UNRELATED})  # who is in them does not matter, and most mail is of these
WITH_PEOPLE = frozenset({Intent.SIGNUP, Intent.SUBSTITUTE, Intent.UPDATE})


def read(
    message: Message,
    courses: Sequence[Course],
    answered: Letter | None,
    *,
    authentication: Verdict = Verdict.NONE,
    ours: Collection[str] = (),
    writer_courses: Sequence[str] = (),
) -> Reading:
    """What the message wants.

    `answered` is our letter that it replies to, `ours` the addresses of the administrators and for signups,
    `writer_courses` the ids of courses in which the writer has a live registration.
    """
    ours = ours or frozenset(a.lower() for c in courses for a in (c.signup_address, c.contact_email))
    if machine := robot(message, answered):
        return _of_a_machine(message, machine, answered, authentication, ours)
    heard, choice = understand(message, courses, answered, ours)
    if (machine := by_words(message)) and not _wants_something(heard, choice):
        return _of_a_machine(message, machine, answered, authentication, ours)
    choice = after_all(heard, choice)
    which = which_course(heard, courses, answered, writer_courses, choice.intent)
    people = Cast() if choice.intent in NOBODY else cast(message, choice.intent, courses=courses, answered=answered, ours=ours)
    beside, both = second_matter(heard, choice), Cast()
    if beside:
        both = coming_and_leaving(message, courses=courses, answered=answered, ours=ours)
        beside = beside if told_by_people(choice, beside, both) else None
    verdict = judge(heard, choice, people, which, authentication, ours, beside, registered=which.course in writer_courses)
    course = next((c for c in courses if c.id == which.course), None)
    finding = _finding(choice.intent, people)
    if choice.intent is Intent.QUESTION:
        finding = replace(finding, absences=_absences(heard, course), asked=() if which.doubt else asked_facts(heard))
    findings: tuple[Finding, ...] = (finding,)
    if beside:
        findings = _apart(finding, both)
    return Reading(
        origin=origin(message, answered, authentication, ours),
        course=which.course if choice.intent is not Intent.UNRELATED else None,
        findings=findings,
        action=verdict.action,
        question=choice.intent is not Intent.UNRELATED
        and ("asks" in heard.features or ("asks_subject" in heard.features and choice.intent is Intent.QUESTION)),
        contact=people.contact,
        confidence=choice.confidence,
        runner_up=choice.runner_up,
        reasons=_with_dates(verdict.reasons, finding.absences),
        evidence={name: f.evidence[0] for name, f in heard.features.items() if f.evidence},
        weighed={intent: choice.contributions[intent] for intent in (choice.intent, choice.runner_up[0])},
    )


def _wants_something(heard: Heard, choice: Choice) -> bool:
    """Whether something is clearly wanted, with the course or a number: then an absence is only mentioned."""
    clear = choice.confidence >= SURE or any(act.kind in DOING for act in heard.own.acts)
    return choice.intent is not Intent.UNRELATED and clear and bool({"course", "number"} & heard.features.keys())


def _finding(intent: Intent, people: Cast) -> Finding:
    return Finding(
        intent=intent,
        participants=people.participants if intent in WITH_PEOPLE else (),
        withdrawn=people.withdrawn if intent in (Intent.CANCEL, Intent.SUBSTITUTE) else (),
        seats=people.seats if intent is Intent.SIGNUP else None,
        together=people.together,
        part_will_do=people.part_will_do,
    )


def _apart(first: Finding, both: Cast) -> tuple[Finding, ...]:
    """Two matters of different people; only the first where nobody can tell who comes and who leaves."""
    if not both.participants or not both.withdrawn:
        return (first,)
    matters = (replace(first, intent=Intent.SIGNUP, participants=both.participants, withdrawn=()), _finding(Intent.CANCEL, both))
    return matters if first.intent is Intent.SIGNUP else matters[::-1]


def understand(message: Message, courses: Sequence[Course], answered: Letter | None, ours: Collection[str]) -> tuple[Heard, Choice]:
    """What a message that a person wrote says, and the intent that it speaks for."""
    heard = hear(message, context(message, answered, ours), Names(tuple(courses)), ours)
    return heard, choose(heard.features)


def _of_a_machine(
    message: Message,
    machine: tuple[Intent, Action, tuple[Reason, ...]],
    answered: Letter | None,
    authentication: Verdict,
    ours: Collection[str],
) -> Reading:
    intent, action, reasons = machine
    return Reading(
        origin=origin(message, answered, authentication, ours, away=intent is Intent.AUTO_REPLY),
        course=answered.course if answered else None,
        findings=(Finding(intent=intent),),
        action=action,
        confidence=0.99,
        reasons=reasons,
    )


def _absences(heard: Heard, course: Course | None) -> tuple[date, ...]:
    """The dates of single meetings that somebody gives up: named, "today", "tomorrow", or the next one."""
    if course is None or not {"absent", "replace_once"} & heard.features.keys():
        return ()
    message = heard.message
    text = message.of(SegmentKind.NEW)
    rows = [c.words for c in clauses(text)]
    named = {day for row in rows for day in dates_in(row, course)}
    if not named and heard.context.topic:
        named = {day for c in clauses(heard.context.topic) for day in dates_in(c.words, course)}
    if not named:
        today = received(message).astimezone(course.zone).date()
        spoken = {w.text for row in rows for w in row}
        near = [today + timedelta(days=n) for n, word in enumerate(words("calendar")["days_ahead"]) if word in spoken]
        meetings = [m.date for m in course.held_meetings if m.date >= today]
        named = {m for m in meetings if m in near} or set(meetings[:1])
    return tuple(sorted(named))


def _with_dates(reasons: tuple[Reason, ...], absences: tuple[date, ...]) -> tuple[Reason, ...]:
    days = ", ".join(f"{d.day}/{d.month}" for d in absences)
    return tuple(Reason(r.code, {"dates": days}) if r.code == "single_meeting" else r for r in reasons)
