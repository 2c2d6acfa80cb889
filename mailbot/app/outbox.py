"""The outbox: reserve, commit, send, record. A letter is never sent twice, not even after a crash.

The attempt is committed before the network is touched, and once more just before the message's last byte goes out. So
a run that broke off before that is simply repeated, and one that broke off after it is settled by looking for the
letter's key in Sent; where it is not there, the letter is *uncertain* and the administrator decides. Where the provider
does not file what it sends, a copy is laid into Sent once the letter is recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from mailbot.mail.errors import MailError
from mailbot.registration.records import LetterState
from mailbot.store.base import Attempt, Store
from mailbot.understanding.reading import Reason

log = structlog.get_logger()

FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=4)
HOUR = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Delivered:
    """How a letter left the house: SENT or DRAFTED, with the Message-ID that the server gave it ("" if it kept ours).

    `to_file`: nobody but us lays its copy into Sent.
    """

    state: LetterState
    message_id: str = ""
    to_file: bool = False


@dataclass(frozen=True, slots=True)
class Later:
    """The server asked to come back; `wait` is what it suggested, None where it said nothing."""

    why: str
    wait: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    why: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The connection broke between the last byte and the reply."""

    why: str


Delivery = Delivered | Later | Refused | Unknown


class Carrier(Protocol):
    """What takes letters away: SMTP, the Drafts mailbox, a folder of files."""

    def carry(self, attempt: Attempt, before_last_byte: Callable[[], None]) -> Delivery: ...

    def find(self, key: str) -> Delivered | None:
        """Look for a letter in Sent (or Drafts) by its key. Raises MailError where nobody can look now."""

    def file(self, letters: Sequence[Attempt]) -> Iterator[int]:
        """Lay copies of these into Sent, each once; gives the number of each that is done. Raises MailError."""

    def rest(self) -> None:
        """A burst is over; connections may be given back."""


def retry_after(attempts: int) -> timedelta:
    """1, 2, 4 … minutes, at most four hours."""
    return min(FIRST_RETRY * (1 << min(attempts - 1, 10)), LONGEST_RETRY)


def settle_interrupted(store: Store, carrier: Carrier, now: datetime) -> None:
    """What an earlier run left half done: repeat what never began, look for the rest in Sent.

    Raises MailError where Sent cannot be read; nothing is guessed meanwhile.
    """
    for attempt in store.unsettled():
        number = attempt.letter.number
        if attempt.letter.state is LetterState.RESERVED:
            store.settle(number, LetterState.PLANNED, now, retry_at=now)
            continue
        found = carrier.find(attempt.letter.key)
        if found is not None:
            store.settle(number, found.state, now, message_id=found.message_id)
        else:
            log.warning("letter_uncertain", letter=number)
            store.settle(number, LetterState.UNCERTAIN, now, reason=Reason("broke_off_while_sending", {"at": now.isoformat()}))


@dataclass(frozen=True, slots=True)
class Limit:
    """So many letters within any hour; `hold` is called where more are due, and sees to it that they wait."""

    per_hour: int
    hold: Callable[[int, datetime], None]


def send_due(
    store: Store, carrier: Carrier, clock: Callable[[], datetime], *,
    most: int = 1000, limit: Limit | None = None, stop: Callable[[], bool] = lambda: False,
) -> int:  # fmt: skip
    """Send what is due, at most `most` letters and as many within an hour as the limit says; returns how many left the house.

    Once `stop` says so, no further letter is begun.
    """
    gone = 0
    for _ in range(most):
        if stop():
            break
        now = clock()
        lately = store.sent_since(now - HOUR) - store.sent_since(now + HOUR)  # less what a clock gone wrong has dated ahead
        if limit is not None and lately >= limit.per_hour:
            limit.hold(limit.per_hour, now)
        attempt = store.reserve(now)
        if attempt is None:
            break
        gone += _send(attempt, store, carrier, clock)
    carrier.rest()
    return gone


def file_copies(store: Store, carrier: Carrier, stop: Callable[[], bool] = lambda: False) -> None:
    """What was sent and has no copy in Sent yet. Raises MailError where nobody can file now; the next pass goes on."""
    while not stop() and (letters := store.to_file()):
        for number in carrier.file(letters):
            store.filed(number)
            if stop():
                break


def _ended(code: str, why: str, at: datetime) -> Reason:
    """With the time, since the next digest must tell of a letter that was planned days before it failed."""
    return Reason(code, {"why": why[:200], "at": at.isoformat()})


def _send(attempt: Attempt, store: Store, carrier: Carrier, clock: Callable[[], datetime]) -> bool:
    letter = attempt.letter
    delivery = carrier.carry(attempt, lambda: store.sending(letter.number))
    now = clock()
    match delivery:
        case Delivered(state, message_id, to_file):
            store.settle(letter.number, state, now, message_id=message_id, to_file=to_file)
            log.info("letter_" + state.value, letter=letter.number, kind=letter.kind.value)
            return True
        case Later(why, wait):
            if now - letter.planned_at > GIVE_UP_AFTER:
                store.settle(letter.number, LetterState.FAILED, now, reason=_ended("gave_up", why, now))
            else:
                retry_at = now + (wait or retry_after(attempt.attempts))
                store.settle(letter.number, LetterState.PLANNED, now, reason=Reason("deferred", {"why": why[:200]}), retry_at=retry_at)
            log.warning("letter_deferred", letter=letter.number, attempts=attempt.attempts)
        case Refused(why):
            store.settle(letter.number, LetterState.FAILED, now, reason=_ended("refused", why, now))
            log.warning("letter_refused", letter=letter.number)
        case Unknown(why):
            try:
                found = carrier.find(letter.key)
            except MailError:  # it stays SENDING, and the next pass looks again
                return False
            if found is not None:
                store.settle(letter.number, found.state, now, message_id=found.message_id)
                return True
            store.settle(letter.number, LetterState.UNCERTAIN, now, reason=_ended("broke_off_while_sending", why, now))
            log.warning("letter_uncertain", letter=letter.number)
    return False
