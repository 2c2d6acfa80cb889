"""Plain questions answered from the course's own file, where the administrator wants that (`answer_facts`).

Only what the file knows, only to somebody who has had no such answer today, and never as a reply to an answer: whoever asks
again wants a person.
"""

from __future__ import annotations

from mailbot.course import Course, Kind
from mailbot.registration.change import Change
from mailbot.registration.matter import Matter, is_ours
from mailbot.registration.records import Draft, ItemKind
from mailbot.understanding.reading import Reason


def answered_from_the_file(change: Change, matter: Matter) -> bool:
    """Answers the question, and tells the administrator so; False where a person must."""
    course, asked = change.course, matter.finding.asked
    if not course.answer_facts or not asked or not all(_known(course, fact, change) for fact in asked) or _again(change, matter):
        return False
    change.open(ItemKind.NOTICE, (Reason("answered_from_the_file", {"asked": ",".join(asked)}),), (), matter, propose=False)
    change.write(
        Draft(
            kind=Kind.ANSWER,
            course=course.id,
            to=matter.writer,
            subject_of=f"message:{matter.origin.fingerprint}",
            reply=matter.thread,
            facts={"asked": asked},
        )
    )
    return True


def _known(course: Course, fact: str, change: Change) -> bool:
    """Whether the file tells it, and it still helps: a deadline that has passed is for a person to speak of."""
    late = not course.in_time(change.now)
    return {
        "price": bool(course.price),
        "deadline": course.signup_deadline is not None and not late,
        "dates": True,
        "place": any(m.place for m in course.held_meetings),
        "signup": not late,
    }[fact]


def _again(change: Change, matter: Matter) -> bool:
    """Somebody of ours, an answer to a letter that was itself an answer, or the second question of a day."""
    writer, zone = matter.writer.email, change.course.zone
    today = change.now.astimezone(zone).date()
    answered = any(
        letter.kind is Kind.ANSWER and letter.to.email == writer and letter.planned_at.astimezone(zone).date() == today
        for letter in change.start.letters
    )
    return answered or matter.origin.answered_kind is Kind.ANSWER or is_ours(writer, change.course)
