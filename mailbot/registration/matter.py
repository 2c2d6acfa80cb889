"""A matter: one finding together with what the rules need of the message it came in.

It is made of a `Reading`, or, when somebody says yes later, of the `Item` that was opened for it. So a yes carries out
exactly what would have happened at once, had the message been clear.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailbot.course import Course
from mailbot.registration.records import Item, Thread
from mailbot.understanding.reading import Address, Automatic, Finding, Origin, Reading, Reason, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """`granted`: somebody who may has said yes. `contact`: the writer, where they write for others. `proved`: the
    message itself proves its sender (authenticated, or an answer to a letter that only they got)."""

    finding: Finding
    origin: Origin
    contact: Address | None = None
    question: bool = False
    proved: bool = False
    granted: bool = False
    course_known: bool = True
    reasons: tuple[Reason, ...] = ()

    @property
    def writer(self) -> Address:
        return self.origin.sender

    @property
    def thread(self) -> Thread | None:
        origin = self.origin
        return Thread(origin.message_id, origin.references, origin.subject) if origin.message_id else None


def is_ours(address: str, course: Course) -> bool:
    """Whether it is the administrator's or the mailbox' own address."""
    return address.lower() in (course.contact_email.lower(), course.signup_address.lower())


def from_reading(reading: Reading, course: Course, *, proved: bool) -> tuple[Matter, ...]:
    """One matter for each finding; a question stands beside the first."""
    contact = None if reading.contact and is_ours(reading.contact.email, course) else reading.contact
    return tuple(
        Matter(
            finding=finding,
            origin=reading.origin,
            contact=contact,
            question=reading.question and n == 0,
            proved=proved,
            course_known=reading.course is not None,
            reasons=reading.reasons,
        )
        for n, finding in enumerate(reading.findings)
    )


def from_item(item: Item) -> Matter | None:
    """What the item proposes, granted; None where it proposes nothing."""
    if item.proposal is None:
        return None
    thread = item.thread or Thread(item.message_id)
    origin = Origin(
        fingerprint=item.message,
        message_id=thread.message_id,
        sender=item.sender or Address("", ""),
        subject=thread.subject or item.subject,
        received_at=item.received_at or item.opened_at,
        references=thread.references,
        authentication=Verdict.PASS if item.authenticated else Verdict.NONE,
        automatic=Automatic.NO,
        excerpt=item.excerpt,
    )
    return Matter(finding=item.proposal, origin=origin, contact=item.contact, granted=True, proved=True)
