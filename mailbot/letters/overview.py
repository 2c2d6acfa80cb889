"""What the administrator should know today: one course as it stands, and what is new since the last digest.

Pure: a roster and a few figures of the shell in, a `Digest` out. Diet is no part of it, and of messages it holds the
excerpts of open items only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from mailbot.course import Course, Kind, Meeting, Status
from mailbot.registration.records import Item, ItemKind, LetterRecord, LetterState, Registration, Roster, Settings

ENDED = frozenset({Status.CANCELLED, Status.DECLINED, Status.EXPIRED})
PLACE_NEEDED = timedelta(days=21)   # a meeting so near without a place is worth a warning
LATE_DRAFT = timedelta(days=2)      # so long may a draft lie unsent where nobody counts working days
URGENCY = (   # first those that are few and must not be lost behind many others
    ItemKind.HELD, ItemKind.UNCERTAIN, ItemKind.QUARANTINE, ItemKind.BOUNCE, ItemKind.CONFLICT, ItemKind.INVOICING,
    ItemKind.REVIEW, ItemKind.QUESTION, ItemKind.VERIFY, ItemKind.TAKEN, ItemKind.NOTICE,
)
TO_HER = frozenset({Kind.DIGEST, Kind.COMMAND_REPLY})

Coming = tuple[datetime, Kind, tuple[str, ...]]   # when, which letter, the names of those who get it
Trouble = tuple[str, datetime, str]               # what (a word of the templates), when, in the words of the program


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """Registrations and letters are of this course; `since` and `now` are aware. `missing` is keyed by registration.

    `taken_over` are threads that she took over herself, `absent` the days that somebody stays away, `places` meetings near without
    a place, by number. `counts` are the messages since `since` by outcome, `left_alone` those ignored by what they were;
    `coming` is what the next day brings by itself: when, which kind, to whom.
    """

    course: Course
    settings: Settings
    now: datetime
    since: datetime
    people: tuple[Registration, ...]
    waiting: tuple[Registration, ...]
    items: tuple[Item, ...]
    taken_over: tuple[Item, ...]
    joined: tuple[Registration, ...]
    changed: tuple[tuple[Registration, tuple[str, ...]], ...]
    ended: tuple[Registration, ...]
    offered: tuple[Registration, ...]
    absent: tuple[tuple[Registration, tuple[date, ...]], ...]
    unreachable: tuple[Registration, ...]
    missing: Mapping[int, tuple[str, ...]]
    undelivered: tuple[LetterRecord, ...]
    planned: tuple[LetterRecord, ...]
    withheld: tuple[LetterRecord, ...]
    drafted: tuple[LetterRecord, ...]
    places: tuple[tuple[int, Meeting], ...]
    counts: Mapping[str, int] = field(default_factory=dict)
    left_alone: Mapping[str, int] = field(default_factory=dict)
    coming: tuple[Coming, ...] = ()
    health: Mapping[str, str | datetime] = field(default_factory=dict)
    troubles: tuple[Trouble, ...] = ()

    @property
    def confirmed(self) -> int:
        return sum(r.status is Status.CONFIRMED for r in self.people)

    @property
    def taken(self) -> int:
        return self.confirmed + len(self.offered)

    @property
    def quiet(self) -> bool:
        """Nothing happened and nothing waits."""
        news = (self.items, self.joined, self.changed, self.ended, self.undelivered, self.places, self.drafted, self.withheld)
        return not any((*news, self.planned, self.coming, self.troubles, [i for i in self.taken_over if i.opened_at > self.since]))


def build(
    roster: Roster,
    *,
    now: datetime,
    since: datetime | None = None,
    entries: Sequence[object] = (),
    counts: Mapping[str, int] | None = None,
    health: Mapping[str, str | datetime] | None = None,
    missing: Mapping[int, tuple[str, ...]] | None = None,
    left_alone: Mapping[str, int] | None = None,
    coming: Sequence[Coming] = (),
    troubles: Sequence[Trouble] = (),
    drafts_since: datetime | None = None,
) -> Digest:
    """The digest of a course at `now`; `since` is the last one (else a day ago, over a weekend from Friday).

    `counts` are messages by outcome ("handled", "review", "ignored"), else they are counted from `entries` (anything with
    an `outcome`); `missing` the fields to ask for by registration; `health` short facts to show as they are, by name, and
    `troubles` what went wrong with the service; drafts from before `drafts_since` (else two days ago) have waited too long.
    """
    course, began = roster.course, since or last_time(roster, now)
    live = tuple(r for r in roster.registrations if r.live)
    waiting = sorted((i for i in roster.items if i.closed_at is None), key=lambda i: (URGENCY.index(i.kind), i.opened_at, i.id))
    today = now.astimezone(course.zone).date()
    return Digest(
        course=course,
        settings=roster.settings,
        now=now,
        since=began,
        people=tuple(sorted(live, key=lambda r: (r.received_at, r.place, r.id))),
        waiting=roster.waiting,
        items=tuple(i for i in waiting if i.kind is not ItemKind.TAKEN),
        taken_over=tuple(i for i in waiting if i.kind is ItemKind.TAKEN),
        joined=tuple(r for r in live if r.received_at > began and r.status is not Status.REVIEW),
        changed=tuple((r, fields) for r in live if r.received_at <= began and (fields := _changed_since(r, began))),
        ended=tuple(r for r in roster.registrations if r.status in ENDED and r.ended_at and r.ended_at > began),
        offered=tuple(sorted((r for r in live if r.status is Status.OFFERED), key=lambda r: (r.offer_expires_at or now, r.id))),
        absent=tuple((r, days) for r in live if r.seated and (days := tuple(d for d in r.absences if d >= today))),
        unreachable=tuple(r for r in live if r.undeliverable),
        missing={r.id: missing[r.id] for r in live if r.status is Status.CONFIRMED and missing.get(r.id)} if missing else {},
        undelivered=_letters(roster, (LetterState.FAILED, LetterState.UNCERTAIN), began),
        planned=tuple(x for x in roster.letters if x.state is LetterState.PLANNED and x.kind not in TO_HER),
        withheld=tuple(x for x in _letters(roster, (LetterState.WITHHELD,), began) if x.kind not in TO_HER),
        drafted=tuple(x for x in roster.letters if x.state is LetterState.DRAFTED and x.planned_at < (drafts_since or now - LATE_DRAFT)),
        places=tuple(
            (n, m) for n, m in enumerate(course.meetings, 1)
            if not m.place and not m.called_off and timedelta() < course.starts_at(m) - now <= PLACE_NEEDED
        ),
        counts=dict(counts) if counts is not None else _counted(entries),
        left_alone=dict(left_alone or {}),
        coming=tuple(coming),
        health=dict(health or {}),
        troubles=tuple(troubles),
    )


def last_time(roster: Roster, now: datetime) -> datetime:
    """Since when there is news: the last digest before today, else a day ago (on Mondays since Friday)."""
    today = datetime.combine(now.astimezone(roster.course.zone).date(), time(0), roster.course.zone)
    earlier = [x.planned_at for x in roster.letters if x.kind is Kind.DIGEST and x.planned_at < today]
    if earlier:
        return max(earlier)
    if roster.digest_sent_on is not None and roster.digest_sent_on < today.date():
        return datetime.combine(roster.digest_sent_on, time(0), roster.course.zone)
    return now - timedelta(days=3 if today.weekday() == 0 else 1)


def _changed_since(registration: Registration, since: datetime) -> tuple[str, ...]:
    """Fields that a message or the administrator told since then (that somebody has a diet is not news for a digest)."""
    return tuple(name for name, source in registration.sources.items() if source.at > since and name != "dietary")


def _letters(roster: Roster, states: Sequence[LetterState], since: datetime) -> tuple[LetterRecord, ...]:
    return tuple(x for x in roster.letters if x.state in states and _settled_at(x) > since)


def _settled_at(letter: LetterRecord) -> datetime:
    """When a letter failed or became uncertain (its reason says it), else when it was planned."""
    at = letter.reason.values.get("at", "") if letter.reason else ""
    try:
        return datetime.fromisoformat(at) if letter.state in (LetterState.FAILED, LetterState.UNCERTAIN) else letter.planned_at
    except ValueError:
        return letter.planned_at


def _counted(entries: Sequence[object]) -> dict[str, int]:
    found: dict[str, int] = {}
    for entry in entries:
        outcome = str(getattr(entry, "outcome", ""))
        found[outcome] = found.get(outcome, 0) + 1
    return found
