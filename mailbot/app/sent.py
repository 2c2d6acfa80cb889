"""What she did herself in her mail program: letters she sent, drafts of ours that she sent or that are no longer true.

Sent is looked into before anything goes out, so that a thread that she has answered herself is hers (DESIGN: Mail in, her
own answers). Only what is new there is read, and once an hour the last days again. Some mail programs keep no copy there: then
`\\Answered` says it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property

import structlog

from mailbot.course import Mode
from mailbot.mail.inbox import Inbox
from mailbot.mail.sent import SentLetter
from mailbot.registration import manual
from mailbot.registration.offers import letter_sent
from mailbot.registration.reasons import RuleError
from mailbot.registration.records import Decision, ItemKind, LetterState, Outcome, Roster, Thread
from mailbot.store.base import Entry, Place, Stale, Store
from mailbot.understanding.reading import Address

log = structlog.get_logger()
AGAIN_EVERY = timedelta(hours=1)   # what she answered before it was booked is found then


class Ours:
    """What a look into Sent compares with, fetched from the store when it is asked for, once a look."""

    def __init__(self, store: Store) -> None:
        self.store = store

    @cached_property
    def entries(self) -> dict[str, Entry]:
        """The messages that were ours, by Message-ID."""
        return {entry.message_id: entry for entry in self.store.entries() if entry.message_id and entry.outcome is not Outcome.IGNORED}

    @cached_property
    def drafting(self) -> frozenset[str]:
        """The courses whose letters she sends herself."""
        return frozenset(c.id for c in self.store.courses() if self.store.settings(c.id).mode is Mode.DRAFT)


@dataclass(slots=True)
class SentFolder:
    """`seen_to` is (UIDVALIDITY, UIDNEXT) of Sent when it was last looked into, `whole_at` when all of the last days was read,
    `told` the ids of messages that letters there answer (those sent of our own accord aside), `flagged` the places at which
    `\\Answered` was seen."""

    store: Store
    inbox: Inbox
    seen_to: tuple[int, int] | None = None
    whole_at: datetime | None = None
    told: set[str] = field(default_factory=set)
    flagged: set[Place] = field(default_factory=set)

    def look(self, since: date, now: datetime) -> None:
        """Take note of what is new in Sent since that day. Does nothing where the account has no such folder."""
        folder = self.inbox.folders().sent
        if not folder or (present := self.inbox.status(folder)) == self.seen_to:
            return
        whole = self.whole_at is None or abs(now - self.whole_at) >= AGAIN_EVERY  # the clock may go back
        ours = Ours(self.store)
        for letter in self.inbox.sent_since(folder, since, after=None if whole else self.seen_to):
            self._take_note(letter, ours, now)
        self.seen_to = present
        self.whole_at = now if whole else self.whole_at

    def take_note(self, letter: SentLetter, now: datetime) -> None:
        """Of one letter that lies in Sent."""
        self._take_note(letter, Ours(self.store), now)

    def _take_note(self, letter: SentLetter, ours: Ours, now: datetime) -> None:
        if letter.key:
            self._went_out(letter, ours, now)
            return
        self.told.update(letter.in_reply_to)
        mine = (ours.entries.get(i) for i in (*letter.in_reply_to, *letter.references))
        if (entry := next(filter(None, mine), None)) is not None:
            self._answered(letter, entry, now)

    def _went_out(self, letter: SentLetter, ours: Ours, now: datetime) -> None:
        """A draft of ours that she sent: its clock starts then."""
        record = self.store.letter(letter.key)
        if record is not None and record.course in ours.drafting:
            self.told.update(letter.in_reply_to)
        if record is None or record.state is not LetterState.DRAFTED:
            return
        self.store.settle(record.number, LetterState.SENT, letter.received_at, message_id=letter.message_id)
        self._record(record.course, lambda roster: letter_sent(roster, record, letter.received_at), now)

    def look_at_flags(self, mailbox: str, since: date, now: datetime, *, ours: bool) -> None:
        """Take note of what she marked as answered without a letter in Sent. `ours`: we set that flag on what we handled."""
        uidvalidity, uids = self.inbox.answered(mailbox, since)
        places = {Place(self.inbox.name, mailbox, uidvalidity, uid) for uid in uids} - self.flagged
        if not places:
            return
        self.flagged |= places
        for entry in self.store.entries(datetime.combine(since, time(), UTC) - timedelta(days=2)):
            hers = entry.outcome is Outcome.REVIEW or (entry.outcome is Outcome.HANDLED and not ours)
            if hers and entry.place in places and entry.message_id and entry.message_id not in self.told:
                self._marked(entry, now)

    def _marked(self, entry: Entry, now: datetime) -> None:
        summary = entry.summary or {}
        writer = Address(str(summary.get("name", "")), str(summary.get("from", "")))
        if entry.course is None or not writer.email:
            return
        thread = Thread(entry.message_id, (), str(summary.get("subject", "")))

        def decide(roster: Roster) -> Decision:
            """The flag stays when she has handed the thread back: it counts once."""
            known = (i.thread.message_id for i in roster.items if i.kind is ItemKind.TAKEN and i.thread is not None)
            return Decision() if entry.message_id in known else manual.take_over(roster, thread, writer, now)

        self._record(entry.course, decide, now)

    def _answered(self, letter: SentLetter, entry: Entry, now: datetime) -> None:
        """She answered one of ours herself: the thread is hers until she hands it back."""
        summary = entry.summary or {}
        writer = Address(str(summary.get("name", "")), str(summary.get("from", "")))
        if entry.course is None or writer.email not in letter.to:
            return
        thread = Thread(entry.message_id, letter.references, str(summary.get("subject", "")))
        written_at = letter.received_at
        self._record(entry.course, lambda roster: manual.take_over(roster, thread, writer, now, written_at=written_at), now)
        log.info("thread_taken_over")

    def _record(self, course: str, decide: Callable[[Roster], Decision], now: datetime) -> None:
        while True:
            try:
                decision = decide(self.store.roster(course))
                if decision != Decision():
                    self.store.record(decision, now, course=course)
            except Stale:
                continue
            except RuleError:  # it is so already
                pass
            return

    def tidy_drafts(self, since: date) -> None:
        """Take those of our drafts away that are no longer true, so that nobody sends them."""
        folder = self.inbox.folders().drafts
        if not folder:
            return
        for draft in list(self.inbox.sent_since(folder, since)):
            record = self.store.letter(draft.key) if draft.key else None
            if record is not None and record.state is LetterState.WITHHELD:
                self.inbox.remove_draft(draft.key)
