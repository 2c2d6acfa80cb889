"""What a message changes: the rows of DESIGN's table, and review for every pair of status and intent that no row names.

`decide` is pure: the same reading, roster and moment give the same decision. A matter that its rule does not carry out
comes back with the reasons why, and becomes an item for the administrator, with the finding as its proposal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from mailbot.course import Kind, Status
from mailbot.registration.change import Change
from mailbot.registration.identity import Same, same_name
from mailbot.registration.leaving import cancel, substitute
from mailbot.registration.machines import automatic_reply, bounce
from mailbot.registration.matter import Matter, from_item, from_reading
from mailbot.registration.missing import missing
from mailbot.registration.offers import accept, accept_after_all, decline
from mailbot.registration.plain_answers import answered_from_the_file
from mailbot.registration.records import Decision, Item, ItemKind, Outcome, Registration, Roster
from mailbot.registration.review import receipt, review
from mailbot.registration.signup import signup
from mailbot.registration.subjects import ANSWERABLE, own, spoken_for, unknown
from mailbot.registration.trust import May, answered_letter, may, proved
from mailbot.registration.updates import FIELDS, update
from mailbot.understanding.reading import Action, Automatic, Intent, Reading, Reason, Verdict

_ANSWER = re.compile(r"\s{0,9}(?:sv|re|aw|antw)\s{0,3}:", re.IGNORECASE)
Rule = Callable[[Change, Matter], tuple[Reason, ...]]


def decide(reading: Reading, roster: Roster, now: datetime) -> Decision:
    """What the reading changes in this course's roster at `now` (aware)."""
    origin = reading.origin
    matters = from_reading(reading, roster.course, proved=proved(roster, origin))
    change = Change(roster, now, matters[0])
    change.reasons += reading.reasons
    if reading.intent is Intent.BOUNCE:
        bounce(change, reading)
    elif reading.intent is Intent.AUTO_REPLY:
        automatic_reply(change, reading, matters[0])
    elif reading.action is Action.IGNORE:
        return Decision(reasons=reading.reasons)
    elif (why := _not_by_itself(change, reading, matters[0])) is not None:
        _to_review(change, reading, matters, why)
    else:
        for matter in matters:
            _one(change, matter)
        if reading.question and reading.intent is not Intent.QUESTION and change.outcome is not Outcome.REVIEW:
            _question(change, matters[0])
        elif reading.reasons and not change.opened and reading.intent is not Intent.QUESTION:
            change.open(ItemKind.NOTICE, reading.reasons, change.touched, matters[0], propose=False)
    return change.decision()


def _not_by_itself(change: Change, reading: Reading, matter: Matter) -> tuple[Reason, ...] | None:
    """Why nothing of this message may be carried out without a person; None where it may."""
    origin = reading.origin
    if origin.authentication is Verdict.FAIL:
        return (Reason("authentication_failed"),)
    if not origin.sender.email:
        return (Reason("no_sender"),)
    if origin.automatic is not Automatic.NO:
        return (Reason("written_by_a_machine"),)
    if taken_over(change.roster, matter) is not None:
        return (Reason("taken_over"),)
    if reading.course is None and reading.intent is Intent.SIGNUP:
        return (Reason("course_unknown"),)
    unclear = reading.action is Action.REVIEW and reading.intent is not Intent.QUESTION
    return () if unclear and not _tells_what_is_missing(change, reading, matter) else None


def _tells_what_is_missing(change: Change, reading: Reading, matter: Matter) -> bool:
    """Whether a message of few words (a bare number) tells just what we lack of its writer; then it answers our request."""
    people, mine = matter.finding.participants, own(change.roster, matter.writer.email)
    doubts = {reason.code for reason in reading.reasons}
    if reading.intent is not Intent.UPDATE or doubts != {"low_confidence"} or len(people) != 1 or len(mine) != 1:
        return False
    lacking = set(missing(mine[0], change.course))
    told = {f for f in FIELDS if getattr(people[0], f)} - {"name", "email"}
    return bool(told) and told <= lacking


def _to_review(change: Change, reading: Reading, matters: tuple[Matter, ...], why: tuple[Reason, ...]) -> None:
    """Everything to the administrator. An unclear signup keeps its place in review; what may be forged keeps nothing."""
    for matter in matters:
        intent = matter.finding.intent
        if intent is Intent.SIGNUP and not why and matter.finding.participants:
            left = signup(change, matter, clear=False)
            if left:
                review(change, matter, left)
        else:
            review(change, matter, why)
    if not why and reading.intent is Intent.SIGNUP:
        receipt(change, matters[0])
    change.outcome = Outcome.REVIEW


# one matter


def _one(change: Change, matter: Matter) -> None:
    verified = _answers_verification(change, matter)
    if verified is not None:
        verify_answered(change, matter, verified)
        return
    rule = RULES.get(matter.finding.intent)
    if rule is None:
        review(change, matter, ())
        return
    reasons = rule(change, matter)
    if reasons:
        review(change, matter, reasons)


def _signup(change: Change, matter: Matter) -> tuple[Reason, ...]:
    return _accept(change, matter) if _takes_the_offer(change, matter) else signup(change, matter)


def _takes_the_offer(change: Change, matter: Matter) -> bool:
    """Whether what reads like a signup is a yes in other words ("I would love to have the seat"): of somebody whose offer is
    open, about nobody else, and an answer or without any of the details that a signup has."""
    origin, people = matter.origin, matter.finding.participants
    mine = own(change.roster, matter.writer.email, {Status.OFFERED})
    if len(mine) != 1 or len(people) != 1 or people[0].waiting_only or matter.finding.seats:
        return False
    about = people[0].email in (None, matter.writer.email) and same_name(people[0].name, mine[0].person.name) is not Same.NO
    since = mine[0].offered_at
    details = {f for f in FIELDS if getattr(people[0], f)} - {"name", "email"}
    return about and since is not None and origin.received_at > since and (not details or bool(_ANSWER.match(origin.subject)))


def _accept(change: Change, matter: Matter) -> tuple[Reason, ...]:
    answerable = _answering(change, matter)
    offered = _with(answerable, Status.OFFERED)
    gone = _with(answerable, Status.EXPIRED) + _with(answerable, Status.DECLINED)
    if offered or (gone and not _with(answerable, Status.CONFIRMED) + _with(answerable, Status.WAITING)):
        refused = _refused(change, matter, offered or gone)
        if refused:
            return refused
        if offered:
            accept(change, matter, offered)
            return ()
        if change.now > change.course.last_offer_at:
            return (Reason("too_close_to_start"),)
        accept_after_all(change, matter, gone[-1:])
        return ()
    if _with(answerable, Status.CONFIRMED):
        change.note("already_confirmed", _with(answerable, Status.CONFIRMED)[0].id)
        return ()
    return (_no_offer(change, matter, answerable),)


def _decline(change: Change, matter: Matter) -> tuple[Reason, ...]:
    answerable = _answering(change, matter)
    offered = _with(answerable, Status.OFFERED)
    if not offered:
        return (_no_offer(change, matter, answerable),)
    refused = _refused(change, matter, offered)
    if refused:
        return refused
    decline(change, matter, offered)
    return ()


def _answering(change: Change, matter: Matter) -> tuple[Registration, ...]:
    """The registrations that a yes or no may be about: those of the letter answered, else the writer's own (with those of
    the same group that the writer signed up: they want all or none), else those that the writer answers for."""
    writer = matter.writer.email
    mine, theirs = own(change.roster, writer, ANSWERABLE), spoken_for(change.roster, writer, ANSWERABLE)
    letter = answered_letter(change.roster, matter.origin)
    if letter is not None and letter.to.email == writer:
        about = tuple(r for r in mine + theirs if r.id in letter.about)
        if about:
            return about
    groups = {r.group for r in mine} - {""}
    together = tuple(r for r in theirs if r.group in groups)
    if _with(mine, Status.OFFERED) or not theirs:
        return mine + together
    return theirs if _with(theirs, Status.OFFERED) or not mine else mine


def _with(registrations: tuple[Registration, ...], status: Status) -> tuple[Registration, ...]:
    return tuple(r for r in registrations if r.status is status)


def _refused(change: Change, matter: Matter, registrations: tuple[Registration, ...]) -> tuple[Reason, ...]:
    """An offer costs money or a seat: answered by the participant or the contact, and proved; nobody is asked back."""
    verdicts = {may(change.roster, matter, r, harm=True) for r in registrations}
    return () if verdicts == {May.YES} else (Reason("not_proved"),)


def _no_offer(change: Change, matter: Matter, answerable: tuple[Registration, ...]) -> Reason:
    if answerable:
        return Reason("no_open_offer", {"status": answerable[-1].status.value})
    return unknown(change.roster, matter, matter.writer.name or matter.writer.email)


def _asks(change: Change, matter: Matter) -> tuple[Reason, ...]:
    _question(change, matter)
    return ()


def _question(change: Change, matter: Matter) -> None:
    """Nothing is answered that needs a person; giving up a single meeting is noted on the registration."""
    mine = own(change.roster, matter.writer.email) or spoken_for(change.roster, matter.writer.email)
    finding = matter.finding
    if finding.intent is Intent.QUESTION and answered_from_the_file(change, matter):
        return
    if finding.absences and len(mine) == 1:
        absences = tuple(sorted({*mine[0].absences, *finding.absences}))
        if absences != mine[0].absences:
            change.put(replace(mine[0], absences=absences), "absence_noted", dates=", ".join(d.isoformat() for d in absences))
    reasons = [*matter.reasons]
    if finding.absences:
        reasons = [r for r in reasons if r.code != "single_meeting"]  # the next one says it with the dates
        reasons.append(Reason("absent", {"dates": ", ".join(d.isoformat() for d in finding.absences)}))
    if finding.intent is Intent.QUESTION:
        receipt(change, matter)  # before the item, which would count as an earlier one of the thread
        change.outcome = Outcome.REVIEW
    change.open(ItemKind.QUESTION, reasons, [r.id for r in mine], matter, propose=False)


RULES: Mapping[Intent, Rule] = {
    Intent.SIGNUP: _signup,
    Intent.CANCEL: cancel,
    Intent.SUBSTITUTE: substitute,
    Intent.UPDATE: update,
    Intent.ACCEPT: _accept,
    Intent.DECLINE: _decline,
    Intent.QUESTION: _asks,
}


# answers to "is this really you?", threads that she took over, and her own yes


def _answers_verification(change: Change, matter: Matter) -> Item | None:
    """The open question to the registered address that this yes or no answers, if it does."""
    if matter.finding.intent not in (Intent.ACCEPT, Intent.DECLINE) or not matter.proved:
        return None
    letter = answered_letter(change.roster, matter.origin)
    if letter is not None and letter.kind is not Kind.VERIFY:
        return None
    if letter is None and _with(_answering(change, matter), Status.OFFERED):
        return None
    mine = {r.id for r in (*own(change.roster, matter.writer.email), *spoken_for(change.roster, matter.writer.email))}
    waiting = [i for i in change.roster.items if i.kind is ItemKind.VERIFY and i.closed_at is None and set(i.registrations) <= mine]
    if letter is not None:
        waiting = [i for i in waiting if set(i.registrations) & set(letter.about)]
    return waiting[-1] if waiting else None


def verify_answered(change: Change, matter: Matter, item: Item) -> None:
    """A yes carries out what was asked, exactly as if it had been clear; a no ends it."""
    asked = from_item(item)
    if matter.finding.intent is Intent.DECLINE or asked is None:
        change.close(item, "rejected")
        return
    change.close(item, "verified")
    change.matter = asked
    left = carry_out(change, asked)
    if left:
        review(change, asked, left)


def carry_out(change: Change, matter: Matter) -> tuple[Reason, ...]:
    """A matter that somebody said yes to; the reasons, where it cannot be done even so."""
    rule = RULES.get(matter.finding.intent)
    return rule(change, matter) if rule is not None else ()


def taken_over(roster: Roster, matter: Matter) -> Item | None:
    """The item that says that the administrator answers this thread herself, until she tells us to go on."""
    ids = {matter.origin.message_id, *matter.origin.references} - {""}
    for item in roster.items:
        if item.kind is ItemKind.TAKEN and item.closed_at is None and item.thread is not None:
            theirs = {item.thread.message_id, *item.thread.references} - {""}
            if ids & theirs:
                return item
    return None
