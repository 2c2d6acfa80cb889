"""The service: one pass over the mailbox, and the loop around it until somebody says stop.

A pass fetches what is new, handles each message, does the work that is due and sends what is planned. Every step is
recorded before the next, so a pass may break off anywhere, and once told to stop it ends with the message or the letter
in hand. Trouble with one side never stops the other: while the inbox cannot be reached, due work and sending go on, but
no offer lapses whose answer may lie there.
"""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from threading import Event

import structlog

from mailbot.app.clock import BELIEVED_AFTER
from mailbot.app.due import next_moment, work_due
from mailbot.app.handle import Handled, Received, Rules, handle
from mailbot.app.holding import limit_of
from mailbot.app.outbox import Carrier, file_copies, send_due, settle_interrupted
from mailbot.app.repeat import Repetition, moved_to
from mailbot.app.sent import SentFolder
from mailbot.app.supervision import notify
from mailbot.app.trouble import kind_of, note_trouble
from mailbot.app.worth import worth_of
from mailbot.course import Mode
from mailbot.mail.errors import MailError
from mailbot.mail.inbox import Backoff, ConnectionLost, Inbox, InboxError, SignInRefused, Throttled, Unreachable
from mailbot.mail.message import Inbound
from mailbot.registration.records import Outcome
from mailbot.store.base import DiskFull, Entry, Locked, Place, Store, StoreError

log = structlog.get_logger()

SWEEP_EVERY = timedelta(hours=1)
LONGEST_WAIT = timedelta(minutes=28)   # servers may end an idle connection after 30 (RFC 2177)
SHELF = 200                            # so many ignored messages are booked in one commit
NEVER = datetime.min.replace(tzinfo=UTC)
BEAT = 60.0                            # seconds between signs of life while waiting for a server to recover


@dataclass(slots=True)
class Pass:
    """What one pass did: messages by outcome, letters that left, work that fell due."""

    outcomes: dict[Outcome, int] = field(default_factory=dict)
    letters: int = 0
    due: int = 0

    @property
    def messages(self) -> int:
        return sum(self.outcomes.values())


@dataclass(slots=True)
class Service:
    """`clock` tells the time (aware), `doubt` how far the machine's has stepped where it is not
    believed; `seen` is told of every message that was handled, for progress on a terminal.

    `stop` may be set by another thread or a signal: what is begun is finished, the rest is for the next start.
    """

    store: Store
    rules: Rules
    inbox: Inbox
    carrier: Carrier
    clock: Callable[[], datetime]
    digest_at: time = time(7, 30)
    sweep_days: int = 7
    idle_minutes: int = 4
    after_handling: str = "leave"
    seen: Callable[[Handled], None] = lambda _handled: None
    backup_to: Path | None = None
    backup_days: int = 30
    ping_url: str = ""
    stop: Event = field(default_factory=Event)
    doubt: Callable[[], timedelta | None] = lambda: None
    swept_at: datetime | None = None
    heard_to: datetime = NEVER  # until when all mail was read
    sent: SentFolder = field(init=False)

    def __post_init__(self) -> None:
        self.sent = SentFolder(self.store, self.inbox)

    def once(self) -> Pass:
        """One pass. Raises InboxError where the inbox cannot be read (due work and sending are done all the same)."""
        done = Pass()
        notify("WATCHDOG=1")
        self._look_at_the_clock()
        began = self.clock()
        try:
            self.inbox.connect()
            self._repeat()
            self._receive(done)
            self.heard_to = began
            if not self.stop.is_set():
                self._look_at_sent()
        except Throttled:
            raise
        except InboxError as problem:
            note_trouble(self.store, kind_of(problem), str(problem), self.clock())
            raise
        finally:
            self.work(done)
        if self.stop.is_set():
            return done
        self.store.note("last_pass", "", self.clock())  # only a pass that read the mailbox counts as well
        if self.ping_url:
            ping(self.ping_url)
        return done

    def _look_at_the_clock(self) -> None:
        step = self.doubt()
        if step is not None:
            way = "ahead" if step > timedelta() else "back"
            problem = f"the clock of this machine jumped {way} by {abs(step)}; that counts once it has stayed so for {BELIEVED_AFTER}"
            log.warning("clock_stepped", problem=problem)
            note_trouble(self.store, "clock_stepped", problem, self.clock())

    def run(self) -> None:
        """Passes until `stop`: woken by new mail, by work that falls due, by the sweep. Reconnects with growing patience."""
        backoff = Backoff()
        notify("READY=1")
        while not self.stop.is_set():
            wait: float
            try:
                done = self.once()
                backoff.reset()
                log.info("pass", messages=done.messages, letters=done.letters, due=done.due)
                wait = self._patience()
                if wait > 0 and not self.stop.is_set():
                    self.inbox.wait(wait)
                continue
            except Throttled as problem:
                wait = problem.wait_seconds
                log.warning("throttled", seconds=wait)
            except InboxError as problem:
                wait = backoff.next()
                log.warning("inbox_trouble", problem=str(problem), retry_in=round(wait, 1))
            except (Locked, DiskFull) as problem:  # nothing half done is kept; it goes on when there is room again
                wait = backoff.next()
                log.error("database_trouble", problem=str(problem), retry_in=round(wait, 1))
            self.inbox.close()
            self._rest(wait)
        notify("STOPPING=1")
        self.inbox.close()

    def _rest(self, seconds: float) -> None:
        """Wait, and show signs of life meanwhile: a server that is away for an hour is no reason to be started anew."""
        while seconds > 0 and not self.stop.is_set():
            notify("WATCHDOG=1")
            self.stop.wait(min(seconds, BEAT))
            seconds -= BEAT

    def _patience(self) -> float:
        """Seconds until something falls due by itself."""
        now = self.clock()
        moment = next_moment(self.store, now, self.digest_at)
        patience = min(timedelta(minutes=self.idle_minutes), LONGEST_WAIT)
        if moment is not None:
            patience = min(patience, moment - now)
        return max(0.0, patience.total_seconds())

    def _repeat(self) -> None:
        """Where the database is a copy that was taken back: what happened since, before anything else."""
        if self.store.copied_at() is not None:
            files = bool(getattr(self.carrier, "files", False))
            moved = moved_to(self.after_handling)
            Repetition(self.store, self.rules, self.inbox, files, self.digest_at, moved, self.stop.is_set).run(self.clock())

    def _receive(self, done: Pass) -> None:
        """What lies behind the cursor, and now and then what the last days hold and was never seen."""
        account, now, worth = self.inbox.name, self.clock(), worth_of(self.store.courses())
        settled = True
        for mailbox in self.inbox.mailboxes():
            cursor = self.store.cursor(account, mailbox)
            new = self.inbox.fetch(mailbox, after=cursor, since=self._opening(now), worth=worth)
            settled = self._handle_all(new, done) and settled
        if self.swept_at is None or abs(now - self.swept_at) >= SWEEP_EVERY:  # the clock may go back
            for mailbox in self.inbox.swept_mailboxes():
                settled = self._handle_all(self._overlooked(account, mailbox, now), done) and settled
            self.swept_at = now
        if not settled:
            self.swept_at = None  # what failed is tried again in the next pass

    def _overlooked(self, account: str, mailbox: str, now: datetime) -> Iterator[Inbound]:
        since = max(self._opening(now), (now - timedelta(days=self.sweep_days)).date())
        uidvalidity, found = self.inbox.sweep(mailbox, since)
        unseen = [uid for uid in found if not self.store.known_place(Place(account, mailbox, uidvalidity, uid))]
        yield from self.inbox.fetch_uids(mailbox, unseen)

    def _handle_all(self, messages: Iterator[Inbound], done: Pass) -> bool:
        """Handle these messages; True if none of them failed. The cursor moves on only when all before it is in the book."""
        shelf: list[Entry] = []
        copies: list[Place] = []
        done_to: Place | None = None
        settled = True
        while (inbound := None if self.stop.is_set() else next(messages, None)) is not None:
            notify("WATCHDOG=1")
            place = Place(inbound.account, inbound.mailbox, inbound.uidvalidity, inbound.uid)
            handled = handle(Received(inbound.raw, inbound.received_at, place), self.store, self.rules, self.clock(), shelf=shelf)
            settled = settled and (handled is None or handled.settled)
            if inbound.cursor and settled:
                done_to = replace(place, uid=inbound.cursor)
            if len(shelf) + len(copies) >= SHELF:
                self._put_away(shelf, copies, done_to)
            if handled is None:  # an earlier run may have broken off before it was flagged or moved
                self._tidy(place, self.store.outcome_at(place))
                copies.append(place)
            elif handled.settled:
                self._after(handled, place, done)
        self._put_away(shelf, copies, done_to)
        return settled

    def _put_away(self, shelf: list[Entry], copies: list[Place], done_to: Place | None) -> None:
        """Book what was ignored and where copies lie (many in one commit), then move the cursor."""
        if shelf:
            self.store.record_ignored(shelf, self.clock())
            shelf.clear()
        if copies:
            self.store.saw(copies)
            copies.clear()
        if done_to is not None:
            self.store.advance(done_to)

    def _after(self, handled: Handled, place: Place, done: Pass) -> None:
        done.outcomes[handled.entry.outcome] = done.outcomes.get(handled.entry.outcome, 0) + 1
        self._tidy(place, handled.entry.outcome)
        self.seen(handled)

    def _tidy(self, place: Place, outcome: Outcome | None) -> None:
        """Flag or move what was ours, as she wishes. What the server refuses stops no message; she hears of it."""
        if outcome is not Outcome.HANDLED or self.after_handling == "leave":
            return
        try:
            self.inbox.after_handling(place.mailbox, place.uid, self.after_handling)
        except (ConnectionLost, Throttled, Unreachable, SignInRefused):
            raise  # the next pass does it
        except InboxError as problem:
            log.warning("not_tidied", problem=str(problem))
            note_trouble(self.store, "not_tidied", str(problem), self.clock())

    def _look_at_sent(self) -> None:
        """Before anything goes out: what did she do herself meanwhile?"""
        now = self.clock()
        first = self.sent.seen_to is None
        since = self._opening(now) if first else (now - timedelta(days=self.sweep_days)).date()
        self.sent.look(since, now)
        for mailbox in self.inbox.mailboxes():
            self.sent.look_at_flags(mailbox, since, now, ours=self.after_handling == "answered")
        if any(self.store.settings(c.id).mode is Mode.DRAFT for c in self.store.courses()):
            self.sent.tidy_drafts(since)

    def _opening(self, now: datetime) -> date:
        """A new installation starts where the first course opened for signups, else with the days that are swept."""
        opened = [c.signup_opens for c in self.store.courses() if c.signup_opens]
        return min(opened) if opened else (now - timedelta(days=self.sweep_days)).date()

    def work(self, done: Pass | None = None) -> None:
        """The half of a pass that needs no inbox: settle what broke off, do what is due, send what is planned."""
        done = done or Pass()
        if self.stop.is_set() or self.store.copied_at() is not None:  # of a copy that was taken back, Sent must first tell what went out
            return
        now = self.clock()
        try:
            settle_interrupted(self.store, self.carrier, now)
        except MailError as problem:  # nobody can look into Sent now: those letters wait, the others need not
            log.warning("cannot_look_into_sent", problem=str(problem)[:200])
        done.due += len(work_due(self.store, self.rules, now, self.digest_at, heard_to=self.heard_to))
        done.letters += send_due(self.store, self.carrier, self.clock, limit=limit_of(self.store, self.rules), stop=self.stop.is_set)
        try:
            file_copies(self.store, self.carrier, self.stop.is_set)
        except MailError as problem:  # the copies wait
            log.warning("cannot_file_in_sent", problem=str(problem)[:200])
        if self.backup_to is not None and not self.stop.is_set():
            self._back_up(self.backup_to, now)

    def _back_up(self, folder: Path, now: datetime) -> None:
        """Tonight's copy. A disk that is away must not stop the service, but is said."""
        try:
            if self.store.backup_nightly(folder, self.backup_days, now) is not None:
                self.store.note("backup", "", now)
        except (StoreError, OSError) as problem:
            log.error("backup_failed", problem=str(problem))
            note_trouble(self.store, "backup_failed", f"backup: {problem}", now)


def ping(url: str) -> None:
    """Tell the monitoring that a pass went well; what goes wrong here is only logged."""
    try:
        with urllib.request.urlopen(url, timeout=10):  # noqa: S310 - the owner's own address, checked to be http(s)
            pass
    except (OSError, ValueError) as problem:
        log.warning("ping_failed", problem=str(problem)[:200])
