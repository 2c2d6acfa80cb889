"""Which letters may go: the limits that keep a robot that answers each of ours bounded, and people unpestered.

Letters that change nothing go once a kind, address and local day; all together at most `max_letters_per_day` to one
address; nothing goes to an address that is a machine's by its name (RFC 3834, section 2, and RFC 2142), to our own, or,
of our own accord, to one that a bounce came back from. What may not go is recorded with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from mailbot.course import LIVE, SEATED, Kind, Status
from mailbot.registration.matter import is_ours
from mailbot.registration.records import Draft, LetterRecord, LetterState, Roster
from mailbot.understanding.reading import Reason

CHANGES_NOTHING = frozenset({Kind.RECEIPT, Kind.ALREADY, Kind.VERIFY})
OF_OUR_OWN_ACCORD = frozenset({Kind.MISSING_DETAILS, Kind.OFFER_REMINDER, Kind.MEETING_REMINDER})
TO_HER = frozenset({Kind.DIGEST, Kind.COMMAND_REPLY})
UNSENT = frozenset({LetterState.PLANNED, LetterState.DRAFTED})

# in which statuses a letter is still true; letters of other kinds tell of what happened, and stay so
TRUE_WHILE: Mapping[Kind, frozenset[Status]] = {
    Kind.CONFIRMATION: frozenset({Status.CONFIRMED}),
    Kind.WAITING: frozenset({Status.WAITING}),
    Kind.LATE: frozenset({Status.WAITING, Status.REVIEW}),
    Kind.OFFER: frozenset({Status.OFFERED}),
    Kind.OFFER_REMINDER: frozenset({Status.OFFERED}),
    Kind.MISSING_DETAILS: SEATED,
    Kind.MEETING_REMINDER: SEATED,
    Kind.VERIFY: LIVE,
}

_MACHINE = re.compile(r"^(?:mailer-daemon|postmaster|(?:no|do-?not)[-_.]?reply|bounces?|auto-?reply)(?:[-+_.]|@|$)")


def is_machine(address: str) -> bool:
    return bool(_MACHINE.match(address.lower()))


def limited(drafts: Iterable[Draft], roster: Roster, now: datetime) -> tuple[Draft, ...]:
    """The drafts, each with its version, and those that may not go with the reason why."""
    kept: list[Draft] = []
    for draft in drafts:
        address = draft.to.email
        versions = [r.version for r in roster.letters if (r.subject_of, r.kind, r.to.email) == (draft.subject_of, draft.kind, address)]
        versions += [d.version for d in kept if (d.subject_of, d.kind, d.to.email) == (draft.subject_of, draft.kind, address)]
        if draft.version == 1 and versions:
            draft = replace(draft, version=max(versions) + 1)
        kept.append(replace(draft, withheld=draft.withheld or _why_not(draft, kept, roster, now)))
    return tuple(kept)


def untrue(roster: Roster, changed: Iterable[int]) -> tuple[int, ...]:
    """The numbers of unsent letters that speak of these registrations and are true of nobody in them any more."""
    touched = set(changed)
    status = {r.id: r.status for r in roster.registrations}
    return tuple(
        letter.number
        for letter in roster.letters
        if letter.state in UNSENT
        and letter.kind in TRUE_WHILE
        and touched & set(letter.about)
        and not any(status.get(n) in TRUE_WHILE[letter.kind] for n in letter.about)
    )


def _why_not(draft: Draft, before: Iterable[Draft], roster: Roster, now: datetime) -> Reason | None:
    address = draft.to.email
    if draft.kind in TO_HER:
        return None
    if not address:
        return Reason("no_address")
    if is_ours(address, roster.course):
        return Reason("our_own_address")
    if is_machine(address):
        return Reason("machine_address")
    if draft.kind in OF_OUR_OWN_ACCORD and any(r.undeliverable and r.person.email == address for r in roster.registrations):
        return Reason("undeliverable")
    kinds = [r.kind for r in roster.letters if r.to.email == address and _counts_today(r, roster, now)]
    kinds += [d.kind for d in before if d.to.email == address and d.withheld is None]
    if draft.kind in CHANGES_NOTHING and draft.kind in kinds:
        return Reason("once_a_day")
    if len(kinds) >= roster.course.max_letters_per_day:
        return Reason("too_many_today", {"limit": str(roster.course.max_letters_per_day)})
    return None


def _counts_today(letter: LetterRecord, roster: Roster, now: datetime) -> bool:
    zone = roster.course.zone
    withheld = letter.state is LetterState.WITHHELD and not (letter.reason and letter.reason.code == "observe")
    return (
        not withheld and letter.state is not LetterState.FAILED and letter.planned_at.astimezone(zone).date() == now.astimezone(zone).date()
    )
