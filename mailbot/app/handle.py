"""One message through the whole house: gather, decide (pure), record in one transaction.

Everything that a decision needs is gathered first, the decision itself touches nothing, and what it says is recorded
together with its letters and the message's entry. A crash before the commit leaves no trace, and the message is simply
handled again; a crash after it finds the message known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog

from mailbot.app.commands import Heard, listen
from mailbot.course import Course, Kind, Mode, Status
from mailbot.letters.compose import Composed, compose
from mailbot.letters.key import keys_in, letter_key
from mailbot.letters.mime import Attachment
from mailbot.letters.sheets import workbook
from mailbot.letters.templates import TemplateError, Templates
from mailbot.mail.authentication import verdict
from mailbot.mail.message import Automatic, Message
from mailbot.mail.parse import parse
from mailbot.registration.decide import decide
from mailbot.registration.missing import missing
from mailbot.registration.records import (
    Decision,
    Draft,
    Item,
    ItemKind,
    LetterRecord,
    LetterState,
    Outcome,
    Roster,
    apply,
)
from mailbot.store.base import Entry, Outgoing, Place, Stale, Store, StoreError
from mailbot.understanding.masking import mask_cpr, masked
from mailbot.understanding.read import read
from mailbot.understanding.reading import Action, Address, Intent, Letter, Reading, Reason

log = structlog.get_logger()

TO_HER = frozenset({Kind.DIGEST, Kind.COMMAND_REPLY})  # go out in every mode: they are for the administrator
COMMAND = "command"  # the intent of her lines in the book of messages
MOST_FAILURES = 3


@dataclass(frozen=True, slots=True)
class Rules:
    """What the shell knows beside the store: who the administrators are, whom to believe, how letters are worded."""

    administrators: tuple[str, ...]
    templates: Templates
    trusted: tuple[str, ...] = ()
    exchange_online: bool = False
    original: str = ""   # where her mail program on the web shows a message, with `{message_id}` in it

    def ours(self, courses: Sequence[Course]) -> frozenset[str]:
        addresses = (*self.administrators, *(a for c in courses for a in (c.signup_address, c.contact_email)))
        return frozenset(a.lower() for a in addresses)

    def administrators_of(self, course: Course) -> tuple[Address, ...]:
        """Who gets the digest of a course and may command it; by name where they are its contact."""
        contact = course.contact
        addresses = self.administrators or (course.contact_email,)
        return tuple(Address(contact.name if contact and contact.email.lower() == a.lower() else "", a.lower()) for a in addresses)

    def with_fallback(self, compose: Callable[[Templates], Composed]) -> Composed:
        """A letter by the administrator's templates; what she broke while we run is replaced by the shipped one, and logged."""
        try:
            return compose(self.templates)
        except TemplateError as problem:
            log.error("template_broken", problem=str(problem))
            return compose(Templates())


@dataclass(frozen=True, slots=True)
class Handled:
    """What became of a message: its entry in the book, the reading (None for what is not ours to read), its letters."""

    entry: Entry
    reading: Reading | None = None
    letters: tuple[LetterRecord, ...] = ()
    settled: bool = True     # False: it failed and will be tried again


@dataclass(frozen=True, slots=True)
class Received:
    """A raw message with the time of its receipt (aware) and where it lies (None in a replay)."""

    raw: bytes
    at: datetime | None
    place: Place | None = None
    file: str = ""


def handle(received: Received, store: Store, rules: Rules, now: datetime, *, shelf: list[Entry] | None = None) -> Handled | None:
    """Work one message through. None: its content is known already, and nothing was done.

    With a `shelf`, the entries of ignored messages are laid there for the caller to record, many in one commit.
    Raises StoreError where the database cannot be written; any other fault of a single message is counted, and the
    third time the message is set aside in quarantine for the administrator.
    """
    message = masked(parse(received.raw))
    if received.at is not None:
        message = replace(message, received_at=received.at)
    elif message.received_at is None:
        message = replace(message, received_at=message.sent_at or now)
    if store.known(message.fingerprint) is not None:
        return None
    try:
        return _until_fresh(lambda: _handle(message, received, store, rules, now, shelf))
    except StoreError:
        raise
    except Exception as problem:  # noqa: BLE001 - one poisonous message must not stop the others
        return _set_aside(message, received, store, problem, now)


def _until_fresh(step: Callable[[], Handled]) -> Handled:
    """Repeat a step whose roster was overtaken by another writer (the command line beside the running service)."""
    for _ in range(4):
        try:
            return step()
        except Stale:
            continue
    return step()


def _handle(
    message: Message, received: Received, store: Store, rules: Rules, now: datetime, shelf: list[Entry] | None
) -> Handled:
    courses = store.courses()
    if message.letter_key and store.letter(message.letter_key) is not None:
        return _book(message, received, store, now, Decision(reasons=(Reason("our_own_letter"),)), None, shelf=shelf)
    heard = listen(message, courses, store, rules, now)
    if heard is not None:
        return _obey(heard, message, received, store, rules, now)
    ours = rules.ours(courses)
    answered = _answered(message, store)
    reading = read(
        message,
        courses,
        answered,
        authentication=verdict(message, rules.trusted, exchange_online=rules.exchange_online),
        ours=ours,
        writer_courses=store.live_courses(message.sender.email) if message.sender.email else (),
    )
    course = _course_for(reading, answered, courses)
    if _is_left_alone(reading) and message.automatic is Automatic.NO and (expected := _expected(message, store, courses)) is not None:
        reading, course = replace(reading, action=Action.REVIEW), expected
    if course is None or _is_left_alone(reading):
        return _book(message, received, store, now, Decision(reasons=reading.reasons), reading, shelf=shelf)
    roster = store.roster(course.id)
    decision = decide(reading, roster, now)
    return _book(message, received, store, now, decision, reading, roster=roster, rules=rules, shelf=shelf)


def _is_left_alone(reading: Reading) -> bool:
    return reading.action is Action.IGNORE and reading.intent is Intent.UNRELATED


def _expected(message: Message, store: Store, courses: Sequence[Course]) -> Course | None:
    """The course in which the writer was offered a seat: whatever they write meanwhile may be the answer, so she sees it."""
    address = message.sender.email
    live = store.live_courses(address) if address else ()
    rosters = (store.roster(c.id) for c in courses if c.id in live)
    offered = (r for roster in rosters for r in roster.registrations if r.status is Status.OFFERED)
    found = next((r.course for r in offered if address in (r.person.email, r.contact.email if r.contact else None)), None)
    return next((c for c in courses if c.id == found), None)


def _obey(heard: Heard, message: Message, received: Received, store: Store, rules: Rules, now: datetime) -> Handled:
    """Record what was commanded, and that its tokens are used."""
    for course, decision in heard.elsewhere:
        store.record(decision, now, course=course)
    summary = {"subject": message.subject[:200], "intent": COMMAND, "used": heard.used}
    return _book(
        message, received, store, now, heard.decision, None, roster=heard.roster, rules=rules, intent=COMMAND, summary=summary
    )


def _book(
    message: Message,
    received: Received,
    store: Store,
    now: datetime,
    decision: Decision,
    reading: Reading | None,
    *,
    roster: Roster | None = None,
    rules: Rules | None = None,
    shelf: list[Entry] | None = None,
    intent: str = "",
    summary: dict[str, Any] | None = None,
) -> Handled:
    entry = Entry(
        fingerprint=message.fingerprint,
        message_id=message.message_id if decision.outcome is not Outcome.IGNORED else "",
        received_at=message.received_at or now,
        outcome=decision.outcome,
        intent=reading.intent.value if reading else intent,
        place=received.place,
        course=roster.course.id if roster else None,
        file=received.file,
        reasons=decision.reasons or (reading.reasons if reading else ()),
        registrations=tuple(r.id for r in decision.registrations),
        summary=_summary(message, reading) if reading and decision.outcome is not Outcome.IGNORED else summary,
    )
    if shelf is not None and replace(decision, reasons=()) == Decision():
        shelf.append(entry)
        return Handled(entry, reading)
    letters = put_into_words(decision, roster, store, rules, now) if roster and rules else ()
    return Handled(entry, reading, store.record(decision, now, entry=entry, letters=letters))


def _summary(message: Message, reading: Reading) -> dict[str, Any]:
    return {
        "from": message.sender.email,
        "name": message.sender.name,
        "subject": message.subject[:200],
        "intent": reading.intent.value,
        "action": reading.action.value,
        "confidence": round(reading.confidence, 3),
        "question": reading.question,
    }


def _answered(message: Message, store: Store) -> Letter | None:
    """The letter of ours that the message replies to, known by the key in its References."""
    for key in keys_in((*message.references, *message.in_reply_to)):
        record = store.letter(key)
        if record is None:
            continue
        registrations = [r for n in record.about if (r := store.registration(n)) is not None]
        roster = store.roster(record.course)
        return Letter(
            key=key,
            kind=record.kind,
            course=record.course,
            to=record.to,
            people=tuple(Address(r.person.name or "", r.person.email or "") for r in registrations),
            asked=tuple(dict.fromkeys(field for r in registrations for field in missing(r, roster.course))),
        )
    return None


def _course_for(reading: Reading, answered: Letter | None, courses: Sequence[Course]) -> Course | None:
    """The course to decide in: the one that was understood, else (so that nothing vanishes) the one it most likely means."""
    wanted = reading.course or (answered.course if answered else None)
    return next((c for c in courses if c.id == wanted), courses[-1] if courses else None)


def put_into_words(decision: Decision, roster: Roster, store: Store, rules: Rules, now: datetime) -> tuple[Outgoing, ...]:
    """The decision's drafts as complete letters, in the state that the mode asks for."""
    after = apply(roster, decision)
    secret = store.secret_key()
    return tuple(_outgoing(draft, after, letter_key(secret, draft), rules, now) for draft in decision.letters)


def _outgoing(draft: Draft, after: Roster, key: str, rules: Rules, now: datetime) -> Outgoing:
    def made(templates: Templates) -> Composed:
        attached = (_list(after, templates, now),) if draft.facts.get("list") else ()
        return compose(draft, after.course, key=key, now=now, templates=templates, attachments=attached)

    letter = rules.with_fallback(made)
    state, reason = _state(draft, after.settings.mode)
    return outgoing(draft, letter, key, state=state, due_at=draft.due_at or now, reason=reason)


def _list(roster: Roster, templates: Templates, now: datetime) -> Attachment:
    """Participants, waiting list and invoicing basis as a workbook."""
    content = workbook(roster, templates.words(roster.course.language), now=now)
    return Attachment(f"{roster.course.id}.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", content)


def outgoing(
    draft: Draft, letter: Composed, key: str, *, due_at: datetime, state: LetterState = LetterState.PLANNED, reason: Reason | None = None
) -> Outgoing:
    """A composed letter as the outbox takes it."""
    return Outgoing(
        key=key, draft=draft, subject=letter.subject, message_id=letter.message_id, raw=letter.raw, recipients=letter.recipients,
        state=state, due_at=due_at, reason=reason,
    )  # fmt: skip


def _state(draft: Draft, mode: Mode) -> tuple[LetterState, Reason | None]:
    if draft.withheld:
        return LetterState.WITHHELD, draft.withheld
    if mode is Mode.OBSERVE and draft.kind not in TO_HER:
        return LetterState.WITHHELD, Reason("observe")
    return LetterState.PLANNED, None


def _set_aside(message: Message, received: Received, store: Store, problem: Exception, now: datetime) -> Handled:
    """Count the failure; the third one books the message as quarantined, so that it stops nobody else and is seen."""
    description = mask_cpr(f"{type(problem).__name__}: {problem}"[:300])
    log.warning("message_failed", problem=type(problem).__name__, exc_info=True)
    place = received.place or Place("", received.file, 0, 0)
    entry = Entry(
        fingerprint=message.fingerprint, message_id=message.message_id, received_at=message.received_at or now,
        outcome=Outcome.REVIEW, intent="", place=received.place, file=received.file, reasons=(Reason("quarantined"),),
    )
    if store.failed_to_read(place, message.fingerprint, description, now) < MOST_FAILURES:
        return Handled(entry, settled=False)
    courses = store.courses()
    if not courses:
        return Handled(entry, letters=store.record(Decision(outcome=Outcome.REVIEW), now, entry=entry))
    roster = store.roster(courses[-1].id)
    item = Item(
        id=roster.next_id, course=roster.course.id, kind=ItemKind.QUARANTINE, opened_at=now, message=message.fingerprint,
        message_id=message.message_id, sender=message.sender, subject=message.subject[:200], received_at=message.received_at,
        reasons=(Reason("quarantined", {"problem": description}),),
    )
    decision = Decision(outcome=Outcome.REVIEW, items=(item,), reasons=item.reasons)
    return Handled(replace(entry, course=roster.course.id), letters=store.record(decision, now, entry=entry))
