"""The whole bot over stored messages, without a network: the clock is set by the messages, letters go to files.

`replay` is what `mailbot replay` and the histories in the tests run. Between two messages, due work (reminders, offers
that lapse, digests) happens at its own time, exactly as it would have in the running service.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from mailbot.app.due import Happened, next_moment, work_due
from mailbot.app.handle import Handled, Received, Rules, handle
from mailbot.app.holding import limit_of
from mailbot.app.outbox import Delivered, Delivery, send_due
from mailbot.mail.parse import parse
from mailbot.registration.records import LetterRecord, LetterState
from mailbot.store.base import Attempt, Store

MOST_MOMENTS = 100_000


class Folder:
    """A carrier that writes each letter to `DIR/NNNN-<kind>.eml`. Raises OSError where the folder cannot be written."""

    def __init__(self, directory: Path, state: LetterState = LetterState.SENT) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory, self.state = directory, state
        self.written: list[tuple[str, LetterRecord]] = []
        self.count = len(list(directory.glob("[0-9][0-9][0-9][0-9]*-*.eml")))

    def carry(self, attempt: Attempt, before_last_byte: Callable[[], None]) -> Delivery:
        self.count += 1
        name = f"{self.count:04d}-{attempt.letter.kind.value}.eml"
        before_last_byte()
        (self.directory / name).write_bytes(attempt.raw)
        self.written.append((name, attempt.letter))
        return Delivered(self.state)

    def find(self, key: str) -> Delivered | None:  # noqa: ARG002 - a file may be written again, so nothing is ever in doubt
        return None

    def file(self, letters: Sequence[Attempt]) -> Iterator[int]:  # noqa: ARG002 - there is no Sent here
        return iter(())

    def rest(self) -> None:
        pass


def in_order_of_receipt(messages: Iterable[tuple[str, bytes]]) -> list[tuple[datetime, str, bytes]]:
    """Stored messages by the time of their receipt (topmost Received header, else Date), within a second as they are stored; those
    without any come first."""
    dated = []
    for name, raw in messages:
        message = parse(raw)
        dated.append((message.received_at or message.sent_at or datetime(1970, 1, 1, tzinfo=UTC), name, raw))
    return sorted(dated, key=lambda entry: entry[0])


class Replay:
    """A run of the bot over time. `run` yields the events of INTERFACE.md as dictionaries, in order."""

    def __init__(self, store: Store, rules: Rules, carrier: Folder, digest_at: time = time(7, 30)) -> None:
        self.store, self.rules, self.carrier, self.digest_at = store, rules, carrier, digest_at
        self.now = datetime.min.replace(tzinfo=UTC)

    def run(self, messages: Iterable[tuple[str, bytes]], until: datetime | None = None) -> Iterator[dict[str, Any]]:
        for at, name, raw in in_order_of_receipt(messages):
            if until is not None and at > until:
                break
            yield from self.advance(at)
            yield from self.receive(Received(raw, at, file=name))
        if until is not None:
            yield from self.advance(until)

    def receive(self, received: Received) -> Iterator[dict[str, Any]]:
        """One message at the clock's present time."""
        handled = None
        for _ in range(3):  # what fails three times is quarantined
            handled = handle(received, self.store, self.rules, self.now)
            if handled is None or handled.settled:
                break
        yield self._message_event(received, handled)
        yield from self._letters(handled.letters if handled else ())

    def advance(self, until: datetime) -> Iterator[dict[str, Any]]:
        """Let time pass: due work happens at its time, up to and including `until`."""
        if self.now.year == 1:
            self.now = until
        for _ in range(MOST_MOMENTS):
            moment = next_moment(self.store, self.now, self.digest_at)
            if moment is None or moment > until:
                break
            self.now = moment
            yield from self._due()
        self.now = max(self.now, until)
        yield from self._due()

    def _due(self) -> Iterator[dict[str, Any]]:
        for step in work_due(self.store, self.rules, self.now, self.digest_at):
            if step.decision.registrations or step.decision.reasons or step.decision.audit:
                yield self._due_event(step)
            yield from self._letters(step.letters)
        yield from self._letters(())

    def _letters(self, recorded: tuple[LetterRecord, ...]) -> Iterator[dict[str, Any]]:
        for letter in recorded:
            if letter.state is LetterState.WITHHELD:
                yield self._letter_event(letter)
        send_due(self.store, self.carrier, lambda: self.now, limit=limit_of(self.store, self.rules))
        for name, letter in self.carrier.written:
            yield self._letter_event(letter, name)
        self.carrier.written.clear()

    def _message_event(self, received: Received, handled: Handled | None) -> dict[str, Any]:
        message_id = parse(received.raw).message_id
        event: dict[str, Any] = {"at": self.now.isoformat(), "event": "message", "file": received.file, "message_id": message_id}
        if handled is None:
            return event | {"duplicate": True, "registrations": [], "reasons": ["known_already"]}
        reading = handled.reading
        return event | {
            "intent": reading.intent.value if reading else None,
            "action": reading.action.value if reading else None,
            "outcome": handled.entry.outcome.value,
            "registrations": list(handled.entry.registrations),
            "reasons": [reason.code for reason in handled.entry.reasons],
        }

    def _due_event(self, step: Happened) -> dict[str, Any]:
        return {
            "at": self.now.isoformat(),
            "event": "due",
            "course": step.course.id,
            "registrations": [r.id for r in step.decision.registrations],
            "reasons": [r.code for r in step.decision.reasons] or [a.code for a in step.decision.audit],
        }

    def _letter_event(self, letter: LetterRecord, file: str | None = None) -> dict[str, Any]:
        event: dict[str, Any] = {
            "at": self.now.isoformat(),
            "event": "letter",
            "kind": letter.kind.value,
            "to": letter.to.email,
            "subject": letter.subject,
            "file": file,
            "registration": letter.about[0] if letter.about else None,
        }
        if letter.state is LetterState.WITHHELD:
            event["withheld"] = letter.reason.code if letter.reason else "unknown"
        return event


def with_domain_trusted(rules: Rules, signup_address: str) -> Rules:
    """For stored mail: any host within the domain of the signup address is believed (INTERFACE: Configuration)."""
    domain = signup_address.rpartition("@")[2]
    return replace(rules, trusted=rules.trusted or (domain, f".{domain}"))
