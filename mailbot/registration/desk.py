"""The administrator's desk: her yes and no to open items, her answers, threads she takes over, letters she stops or repeats.

Her yes carries out an item's proposal exactly as if the message had been clear; numbers may name an item or, for yes and
no, a registration in review.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from mailbot.course import Kind, Mode, Status
from mailbot.registration import offers
from mailbot.registration.change import Change
from mailbot.registration.decide import carry_out
from mailbot.registration.matter import Matter, from_item
from mailbot.registration.missing import missing
from mailbot.registration.reasons import RuleError
from mailbot.registration.records import (
    Decision,
    Draft,
    Item,
    ItemKind,
    LetterRecord,
    LetterState,
    Registration,
    Roster,
    Thread,
)
from mailbot.registration.signup import admit, signup
from mailbot.understanding.reading import Address, Finding, Intent, Origin, Reason

LONGEST_ANSWER = 10_000  # characters


def item_of(roster: Roster, number: int) -> Item:
    found = next((i for i in roster.items if i.id == number), None)
    if found is None:
        raise RuleError("unknown_number", number=str(number))
    return found


def _open_item(roster: Roster, number: int) -> Item:
    item = item_of(roster, number)
    if item.closed_at is not None:
        raise RuleError("already_so")
    return item


def approve(roster: Roster, number: int, now: datetime) -> Decision:
    """Yes to an item, or to a registration in review: carry out what it proposes."""
    r = roster.get(number)
    if r is not None:
        if r.status is Status.CONFIRMED:
            raise RuleError("already_so")
        if r.status is not Status.REVIEW:
            raise RuleError("not_possible", status=r.status.value)
        signup = _signup_of(r)
        change = Change(roster, now, signup)
        admit(change, signup, [r])
        return change.decision()
    item = _open_item(roster, number)
    matter = from_item(item)
    if item.kind is ItemKind.TAKEN or (matter is None and item.kind is ItemKind.REVIEW):
        raise RuleError("nothing_proposed")
    change = Change(roster, now, matter)
    change.close(item, "approved")
    if matter is not None:
        _carry_out(change, item, matter)
    return change.decision()


def _carry_out(change: Change, item: Item, matter: Matter) -> None:
    in_review = [r for n in item.registrations if (r := change.roster.get(n)) is not None and r.status is Status.REVIEW]
    if matter.finding.intent is Intent.SIGNUP and in_review:
        admit(change, matter, in_review)
        return
    left = carry_out(change, matter)
    hard = [reason for reason in left if reason.code not in ("more_seats_than_names", "overwrites")]
    if hard:
        raise RuleError(hard[0].code, **hard[0].values)


def keep(roster: Roster, number: int, now: datetime) -> Decision:
    """The people whom an item proposes to sign up, in review, for her to say what they get. Raises `nothing_proposed`."""
    item = _open_item(roster, number)
    matter = from_item(item)
    if matter is None or matter.finding.intent is not Intent.SIGNUP:
        raise RuleError("nothing_proposed")
    change = Change(roster, now, matter)
    change.close(item, "approved")
    signup(change, matter, clear=False)
    decision = change.decision()
    kept = tuple(r for r in decision.registrations if r.status is Status.REVIEW)
    if not kept:
        raise RuleError("nothing_proposed")
    return replace(decision, registrations=kept, letters=())


def _signup_of(r: Registration) -> Matter:
    """The signup that a registration came from, as far as the registration remembers it."""
    writer = r.contact or Address(r.person.name or "", r.person.email or "")
    thread = r.thread or Thread("")
    origin = Origin(
        fingerprint=r.message,
        message_id=thread.message_id,
        sender=writer,
        subject=thread.subject,
        received_at=r.received_at,
        references=thread.references,
    )
    return Matter(
        finding=Finding(intent=Intent.SIGNUP, participants=(r.person,)), origin=origin, contact=r.contact, granted=True, proved=True
    )


def reject(roster: Roster, number: int, now: datetime, *, note: str = "") -> Decision:
    """No to an item, or to a registration in review. Nobody is written to: how to say it is hers."""
    change = Change(roster, now)
    r = roster.get(number)
    if r is not None:
        if r.status is Status.REJECTED:
            raise RuleError("already_so")
        if r.status is not Status.REVIEW:
            raise RuleError("not_possible", status=r.status.value)
        _reject(change, r, note)
        change.close_about(r.id, Intent.SIGNUP)
        return change.decision()
    item = _open_item(roster, number)
    for n in item.registrations:
        about = roster.get(n)
        if about is not None and about.status is Status.REVIEW and item.proposal and item.proposal.intent is Intent.SIGNUP:
            _reject(change, about, note)
    change.close(item, "rejected")
    return change.decision()


def _reject(change: Change, r: Registration, note: str) -> None:
    change.put(replace(r, status=Status.REJECTED, ended_at=change.now, note=note or r.note), "rejected", by="administrator")


def answer(roster: Roster, number: int, text: str, now: datetime) -> Decision:
    """Her words to whoever wrote the message of an item."""
    item = item_of(roster, number)
    text = text.strip()[:LONGEST_ANSWER]
    if not text:
        raise RuleError("not_valid", field="text", value="")
    if item.sender is None or not item.sender.email:
        raise RuleError("nobody_to_answer")
    change = Change(roster, now)
    if item.closed_at is None and item.kind is ItemKind.QUESTION:
        change.close(item, "answered")
    change.note("answered", None, item=str(item.id))
    seats = tuple(change.seat(r) for n in item.registrations if (r := roster.get(n)) is not None)
    change.write(
        Draft(
            kind=Kind.ANSWER,
            course=roster.course.id,
            to=item.sender,
            subject_of=f"message:{item.message}",
            version=roster.next_id,  # she may answer more than once, and the roster does not keep old answers
            seats=seats,
            reply=item.thread,
            facts={"text": text},
        )
    )
    return change.decision()


def take_over(
    roster: Roster, thread: Thread, writer: Address, now: datetime, *, subject: str = "", written_at: datetime | None = None
) -> Decision:
    """She answered in this thread herself: nothing more is sent there, planned letters to the writer among it.

    What she wrote (at `written_at`, None: now) before she handed the thread back takes it over no more.
    """
    ids = {thread.message_id, *thread.references} - {""}
    for item in roster.items:
        holds = item.closed_at is None or (written_at or now) <= item.closed_at
        if item.kind is ItemKind.TAKEN and holds and item.thread is not None:
            theirs = {item.thread.message_id, *item.thread.references}
            if ids & theirs:
                raise RuleError("already_so")
    change = Change(roster, now)
    about = tuple(r.id for r in roster.registrations if r.live and writer.email in (r.person.email, r.contact.email if r.contact else None))
    item = change.open(ItemKind.TAKEN, (Reason("taken_over"),), about, propose=False)
    change.update_item(item, sender=writer, thread=thread, subject=(subject or thread.subject)[:200])
    for letter in roster.letters:
        if letter.state is LetterState.PLANNED and letter.to.email == writer.email:
            change.withhold(letter.number, Reason("taken_over"))
    return change.decision()


def hand_back(roster: Roster, number: int, now: datetime) -> Decision:
    """Go on in a thread that she took over, or with the letters that are held."""
    item = _open_item(roster, number)
    if item.kind not in (ItemKind.TAKEN, ItemKind.HELD):
        raise RuleError("nothing_proposed")
    change = Change(roster, now)
    change.close(item, "approved")
    return change.decision()


def hold(roster: Roster, limit: int, now: datetime) -> Decision:
    """No more letters leave but those to her, until she says go on. Nothing, where that is so already."""
    if any(i.kind is ItemKind.HELD and i.closed_at is None for i in roster.items):
        return Decision()
    change = Change(roster, now)
    change.open(ItemKind.HELD, (Reason("letters_held", {"limit": str(limit)}),), propose=False)
    return change.decision()


def letter_of(roster: Roster, number: int) -> LetterRecord:
    found = next((letter for letter in roster.letters if letter.number == number), None)
    if found is None:
        raise RuleError("unknown_number", number=str(number))
    return found


def withhold(roster: Roster, letter: int, now: datetime) -> Decision:
    """Stop a letter that is planned or lies in the drafts. An offer that nobody hears of has no clock: the seat stays hers to give."""
    record = letter_of(roster, letter)
    if record.state is LetterState.WITHHELD:
        raise RuleError("already_so")
    if record.state not in (LetterState.PLANNED, LetterState.DRAFTED):
        raise RuleError("not_planned")
    change = Change(roster, now)
    change.withhold(record.number, Reason("withheld_by_her"))
    change.note("withheld", record.about[0] if record.about else None, letter=str(record.number), kind=record.kind.value)
    others = {
        n
        for o in roster.letters
        if o.kind is Kind.OFFER and o.number != record.number and o.state not in (LetterState.WITHHELD, LetterState.FAILED)
        for n in o.about
    }
    if record.kind is Kind.OFFER:
        for n in record.about:
            r = roster.get(n)
            if r is not None and r.status is Status.OFFERED and n not in others:
                change.put(replace(r, offer_expires_at=None, offer_reminder_at=None), "offer_clock_stopped")
    return change.decision()


def send_again(roster: Roster, number: int, now: datetime) -> Decision:
    """A letter once more, as things stand now: by its own number, or the last one about a registration."""
    record = _last_about(roster, number) if roster.get(number) else letter_of(roster, number)
    about = [r for n in record.about if (r := roster.get(n)) is not None]
    holds, facts_of = REPEATABLE.get(record.kind, (None, None))
    if holds is None or facts_of is None or not about or any(r.status is not holds for r in about):
        raise RuleError("cannot_send_again", kind=record.kind.value)
    if record.kind is Kind.MISSING_DETAILS and not any(missing(r, roster.course) for r in about):
        raise RuleError("cannot_send_again", kind=record.kind.value)
    change = Change(roster, now)
    for r in about:
        if record.kind is Kind.OFFER and r.offer_expires_at is None and roster.settings.mode is Mode.AUTO:
            r = change.put(offers.started(change, r), "offer_clock_started")
        change.note("sent_again", r.id, letter=str(record.number))
        change.tell(r, record.kind, to=(record.to,), facts=facts_of(r))
    return change.decision()


def _last_about(roster: Roster, registration: int) -> LetterRecord:
    about = [letter for letter in roster.letters if registration in letter.about and letter.kind in REPEATABLE]
    if not about:
        raise RuleError("cannot_send_again", kind="")
    return max(about, key=lambda letter: letter.number)


_Facts = Callable[[Registration], Mapping[str, object]]


def _answer_facts(r: Registration) -> Mapping[str, object]:
    return {"question": False, "late": r.late, "waiting": r.status is Status.WAITING}


def _offer_facts(r: Registration) -> Mapping[str, object]:
    return {"expires_at": r.offer_expires_at}


# letters that can be repeated, the status in which they are still true, and their facts
REPEATABLE: Mapping[Kind, tuple[Status, _Facts]] = {
    Kind.CONFIRMATION: (Status.CONFIRMED, _answer_facts),
    Kind.WAITING: (Status.WAITING, _answer_facts),
    Kind.LATE: (Status.WAITING, _answer_facts),
    Kind.OFFER: (Status.OFFERED, _offer_facts),
    Kind.MISSING_DETAILS: (Status.CONFIRMED, lambda _: {"deadline": False}),
    Kind.CANCELLED: (Status.CANCELLED, lambda r: {"late_cancellation": r.payable, "question": False}),
}
