"""After a safety copy was taken back: what the mailbox and Sent tell of the time since is done once more.

Messages are handled again in the order of their receipt, each at the time at which it was answered (the Date of our
letter in Sent), and due work only where Sent shows that it was done. The same decisions give the same letter keys: a
letter that lies in Sent is marked as sent. Nothing is sent here. What Sent does not hold never left the house, where the
provider files by itself what it sends; where we do that, it is uncertain, and the administrator decides. Every step is
recorded once, so that a repetition that broke off may begin again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from email.utils import parsedate_to_datetime

import structlog

from mailbot.app.commands import listen
from mailbot.app.digest import digest_decision
from mailbot.app.due import next_moment
from mailbot.app.handle import TO_HER, Handled, Received, Rules, handle, put_into_words
from mailbot.app.sent import SentFolder
from mailbot.app.worth import worth_of
from mailbot.course import Kind, Mode
from mailbot.letters.key import keys_in, letter_key
from mailbot.mail.inbox import Inbox
from mailbot.mail.message import Inbound
from mailbot.mail.parse import parse
from mailbot.mail.sent import SentLetter
from mailbot.registration.records import Decision, Draft, Item, ItemKind, LetterRecord, LetterState, Outcome
from mailbot.registration.schedule import due
from mailbot.store.base import Entry, Place, Store
from mailbot.understanding.masking import mask_cpr
from mailbot.understanding.reading import Address, Reason

log = structlog.get_logger()

DAY = timedelta(days=1)
ONE_PASS = timedelta(minutes=30)   # a pass that was cut off cannot have read mail of longer after its first message
MOST_STEPS = 10_000


@dataclass(slots=True)
class Repeated:
    """What was done once more, and what Sent says of its letters. `unexplained`: letters of ours that nothing in the mail
    explains, such as those of the command line; `held_back`: commands by mail that were therefore not repeated."""

    messages: int = 0
    commands: int = 0
    held_back: int = 0
    recognised: list[LetterRecord] = field(default_factory=list)
    to_go: list[LetterRecord] = field(default_factory=list)
    uncertain: list[LetterRecord] = field(default_factory=list)
    unexplained: list[SentLetter] = field(default_factory=list)


@dataclass(slots=True)
class Repetition:
    """`files`: we, and not the provider, lay copies into Sent. `moved_to`: where handled messages are moved, "" for nowhere.

    `stop` is asked before each step; what is left is done when it begins again.
    """

    store: Store
    rules: Rules
    inbox: Inbox
    files: bool
    digest_at: time
    moved_to: str = ""
    stop: Callable[[], bool] = lambda: False
    known: dict[str, tuple[SentLetter, LetterState]] = field(default_factory=dict, init=False)   # letter key → where it lies
    hers: list[SentLetter] = field(default_factory=list, init=False)
    told: Repeated = field(default_factory=Repeated, init=False)
    clock: datetime = field(default=datetime.min.replace(tzinfo=UTC), init=False)

    def run(self, now: datetime) -> Repeated:
        """Do it all. Raises InboxError where the mailbox cannot be read, StoreError; then it is to be called again."""
        copied_at = self.store.copied_at()
        if copied_at is None:
            return self.told
        self.clock = copied_at
        self._look_into_sent((copied_at - DAY).date())
        self._settle(self.store.letters())
        end = max((s.received_at for s, state in self.known.values() if state is LetterState.SENT), default=copied_at)
        messages = [m for m in self._messages(copied_at) if m.received_at <= now]
        end = self._doubtful_until(max(end, copied_at), messages)
        for at, step in sorted(self._events(messages, end), key=lambda event: event[0]):
            if self.stop():
                return self.told
            self._advance(at)
            step(self.clock)
        self._advance(end)
        self._judge_the_rest(end)
        self.told.unexplained = [s for key, (s, _) in self.known.items() if self.store.letter(key) is None and _since(s, copied_at)]
        self._erase_again(messages)
        self.store.mark_as_repeated(now)
        log.info("repeated", messages=self.told.messages, recognised=len(self.told.recognised), uncertain=len(self.told.uncertain))
        return self.told

    # what there is

    def _look_into_sent(self, since: date) -> None:
        folders = self.inbox.folders()
        for folder, state in ((folders.drafts, LetterState.DRAFTED), (folders.sent, LetterState.SENT)):
            for letter in self.inbox.sent_since(folder, since) if folder else ():
                if letter.key:
                    self.known[letter.key] = letter, state
                elif state is LetterState.SENT:
                    self.hers.append(letter)

    def _messages(self, copied_at: datetime) -> list[Inbound]:
        """What the copy does not know, in the order of receipt; of one second first what was handled and moved, then by arrival."""
        account, since = self.inbox.name, (copied_at - DAY).date()
        main, worth = self.inbox.mailbox, worth_of(self.store.courses())
        found = list(self.inbox.fetch(main, after=self.store.cursor(account, main), since=since, worth=worth))
        mailboxes = list(dict.fromkeys((*filter(None, (self.moved_to,)), *self.inbox.swept_mailboxes())))
        for mailbox in mailboxes:
            uidvalidity, uids = self.inbox.sweep(mailbox, since)
            fetched = {m.uid for m in found if m.mailbox == mailbox}
            unseen = [uid for uid in uids if uid not in fetched and not self.store.known_place(Place(account, mailbox, uidvalidity, uid))]
            found += self.inbox.fetch_uids(mailbox, unseen)
        return sorted(found, key=lambda m: (m.received_at, mailboxes.index(m.mailbox), m.uid))

    def _doubtful_until(self, end: datetime, messages: list[Inbound]) -> datetime:
        """Until when letters may have left of which nothing lies in Sent: those of the pass in which the machine was lost."""
        later = next((m.received_at for m in messages if m.received_at > end), None)
        return end if later is None or not self.files else later + ONE_PASS

    def _events(self, messages: list[Inbound], end: datetime) -> Iterator[tuple[datetime, Callable[[datetime], None]]]:
        answered: dict[str, datetime] = {}
        for letter, _ in self.known.values():
            for message_id in letter.in_reply_to:
                answered[message_id] = min(decided(letter), answered.get(message_id, decided(letter)))
        at = self.clock
        for message in messages:
            if message.received_at > end:
                break
            read = parse(message.raw)
            at = max(at, message.received_at, answered.get(read.message_id, at))
            for key in keys_in((*read.references, *read.in_reply_to)):  # an answer comes after what it answers, also within a second
                at = max(at, decided(self.known[key][0]) + timedelta(microseconds=1)) if key in self.known else at
            yield at, lambda now, message=message: self._repeat(message, now)  # type: ignore[misc]
        for letter in self.hers:
            if letter.received_at >= self.clock:
                yield letter.received_at, lambda now, letter=letter: self._hers(letter, now)  # type: ignore[misc]
        yield from self._digests(end)

    def _digests(self, end: datetime) -> Iterator[tuple[datetime, Callable[[datetime], None]]]:
        """Those that lie in Sent: her answers to them carry their keys."""
        for course in self.store.courses():
            day = (self.clock - DAY).astimezone(course.zone).date()
            while day <= end.astimezone(course.zone).date():
                for to in self.rules.administrators_of(course):
                    draft = Draft(kind=Kind.DIGEST, course=course.id, to=to, subject_of=f"digest:{day.isoformat()}")
                    found = self.known.get(letter_key(self.store.secret_key(), draft))
                    if found is not None:
                        yield decided(found[0]), lambda now, course=course.id: self._digest(course, now)  # type: ignore[misc]
                        break
                day += DAY

    # the steps

    def _repeat(self, inbound: Inbound, now: datetime) -> None:
        place = Place(inbound.account, inbound.mailbox, inbound.uidvalidity, inbound.uid)
        received = Received(inbound.raw, inbound.received_at, place)
        if self._commands(inbound, now) and self._misses_letters(now):
            self._hold_back(received, place, now)
            return
        handled: Handled | None = None
        for _ in range(3):  # what fails three times is set aside
            handled = handle(received, self.store, self.rules, now)
            if handled is None or handled.settled:
                break
        if handled is not None:
            self.told.messages += 1
            self.told.commands += handled.entry.intent == "command"
            self._settle(handled.letters)

    def _erase_again(self, messages: list[Inbound]) -> None:
        """Who was erased after all that was written by or about them is again: it counted for the seats of others, and is gone now."""
        told = [(parse(m.raw).sender.email, m.received_at) for m in messages]
        told += [(r.person.email or "", r.received_at) for c in self.store.courses() for r in self.store.roster(c.id).registrations]
        last: dict[str, datetime] = {}
        for address, at in told:
            last[address] = max(at, last.get(address, at))
        for address in filter(None, last):
            erased = self.store.forgotten_at(address)
            if erased is not None and last[address] <= erased:
                self.store.forget(address, erased)

    def _misses_letters(self, now: datetime) -> bool:
        """Whether letters to participants left before now that nothing explains. Then the numbers of registrations may be
        others than those that she saw, and a line of hers might hit somebody else."""
        own = self.rules.ours(self.store.courses())
        return any(
            decided(letter) < now and _since(letter, self.store.copied_at() or now) and not own.issuperset(letter.to)
            and self.store.letter(key) is None
            for key, (letter, _) in self.known.items()
        )

    def _commands(self, inbound: Inbound, now: datetime) -> bool:
        message = replace(parse(inbound.raw), received_at=inbound.received_at)
        if self.store.known(message.fingerprint) is not None:
            return False
        return listen(message, self.store.courses(), self.store, self.rules, now) is not None

    def _hold_back(self, received: Received, place: Place, now: datetime) -> None:
        message = parse(received.raw)
        course = self.store.courses()[-1]
        roster, reason = self.store.roster(course.id), Reason("command_not_repeated")
        item = Item(
            id=roster.next_id, course=course.id, kind=ItemKind.NOTICE, opened_at=now, message=message.fingerprint,
            message_id=message.message_id, sender=Address(message.sender.name, message.sender.email),
            subject=mask_cpr(message.subject)[:200], received_at=received.at, reasons=(reason,),
        )
        entry = Entry(
            fingerprint=message.fingerprint, message_id=message.message_id, received_at=received.at or now, outcome=Outcome.REVIEW,
            intent="command", place=place, course=course.id, reasons=(reason,),
        )
        self.store.record(Decision(outcome=Outcome.REVIEW, items=(item,), reasons=(reason,)), now, entry=entry)
        self.told.held_back += 1

    def _hers(self, letter: SentLetter, now: datetime) -> None:
        SentFolder(self.store, self.inbox).take_note(letter, now)

    def _digest(self, course: str, now: datetime) -> None:
        decision, letters = digest_decision(self.store.roster(course), self.store, self.rules, now)
        self._settle(self.store.record(decision, now, letters=letters))

    def _advance(self, until: datetime) -> None:
        """Let time pass: due work at its time, where Sent shows that it was done by then."""
        for _ in range(MOST_STEPS):
            moment = next_moment(self.store, self.clock, self.digest_at)
            if moment is None or moment > until:
                break
            self.clock = moment
            self._due(until)
        self.clock = max(self.clock, until)
        self._due(until)

    def _due(self, until: datetime) -> None:
        for course in self.store.courses():
            for _ in range(MOST_STEPS):
                roster = self.store.roster(course.id)
                decision = due(roster, self.clock)
                letters = put_into_words(decision, roster, self.store, self.rules, self.clock)
                done_at = [decided(self.known[x.key][0]) for x in letters if x.key in self.known]
                goes_out = any(x.state is LetterState.PLANNED for x in letters)
                if decision == Decision() or (goes_out and not done_at) or max(done_at, default=until) > until:
                    break
                if done_at and min(done_at) > self.clock:  # it was done later than it fell due: decide as of then
                    self.clock = min(done_at)
                    continue
                self._settle(self.store.record(decision, self.clock, letters=letters, course=course.id))

    # letters

    def _settle(self, letters: tuple[LetterRecord, ...]) -> None:
        """What lies in Sent was sent, at the time that Sent says; what lies in Drafts is laid there."""
        for letter in letters:
            found, state = self.known.get(letter.key, (None, LetterState.SENT))
            if found is None or letter.state is LetterState.SENT or letter.state is state:
                continue
            if letter.state is LetterState.DRAFTED:
                SentFolder(self.store, self.inbox).take_note(found, max(self.clock, found.received_at))
            else:
                self.store.settle(letter.number, state, found.received_at, message_id=self._given(found, letter))
            self.told.recognised.append(letter)

    @staticmethod
    def _given(found: SentLetter, letter: LetterRecord) -> str:
        return found.message_id if found.message_id != letter.message_id else ""

    def _judge_the_rest(self, end: datetime) -> None:
        modes = {c.id: self.store.settings(c.id).mode for c in self.store.courses()}
        for letter in (*self.store.letters(state=LetterState.PLANNED), *self.store.letters(state=LetterState.RESERVED)):
            drafts = modes.get(letter.course) is Mode.DRAFT and letter.kind not in TO_HER
            if self.files and not drafts and letter.planned_at <= end:
                self.store.settle(letter.number, LetterState.UNCERTAIN, end, reason=Reason("not_in_sent", {"at": end.isoformat()}))
                self.told.uncertain.append(letter)
            else:
                self.told.to_go.append(letter)


def _since(letter: SentLetter, at: datetime) -> bool:
    return letter.received_at >= at.replace(microsecond=0)  # INTERNALDATE knows seconds only


def decided(letter: SentLetter) -> datetime:
    """When a letter of ours was decided on: its Date, which the server leaves alone; else when it was filed."""
    with suppress(ValueError, TypeError):
        at = parsedate_to_datetime(letter.date)
        if at.tzinfo is not None:
            return at
    return letter.received_at


def moved_to(after_handling: str) -> str:
    return after_handling.partition(":")[2] if after_handling.startswith("move:") else ""
