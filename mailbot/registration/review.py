"""What a person must look at: the item that says why, and the receipt that tells the writer so where the course wants one."""

from __future__ import annotations

from mailbot.course import Kind
from mailbot.registration.change import Change
from mailbot.registration.matter import Matter, is_ours
from mailbot.registration.records import Draft, ItemKind, Outcome, Registration
from mailbot.registration.subjects import own, spoken_for
from mailbot.understanding.reading import Intent, Reason


def review(change: Change, matter: Matter, reasons: tuple[Reason, ...], registrations: tuple[Registration, ...] = ()) -> None:
    """An item for the administrator, proposing what the matter says."""
    about = registrations or (*own(change.roster, matter.writer.email), *spoken_for(change.roster, matter.writer.email))
    question = matter.finding.intent is Intent.QUESTION
    change.open(
        ItemKind.QUESTION if question else ItemKind.REVIEW,
        (*matter.reasons, *reasons),
        [r.id for r in about],
        matter,
        propose=not question,
    )
    change.reasons += reasons
    change.outcome = Outcome.REVIEW


def receipt(change: Change, matter: Matter) -> None:
    """We have your mail, a person will answer: where the course wants it, once a thread."""
    thread = matter.thread
    root = _root(thread.message_id, thread.references) if thread else ""
    before = any(
        item.thread is not None
        and _root(item.thread.message_id, item.thread.references) == root
        and item.message != matter.origin.fingerprint
        for item in change.start.items
    )
    if change.course.receipts and not (root and before) and not is_ours(matter.writer.email, change.course):
        change.write(
            Draft(
                kind=Kind.RECEIPT,
                course=change.course.id,
                to=matter.writer,
                subject_of=f"message:{matter.origin.fingerprint}",
                reply=thread,
            )
        )


def _root(message_id: str, references: tuple[str, ...]) -> str:
    return references[0] if references else message_id
