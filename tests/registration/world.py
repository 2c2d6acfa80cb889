"""A small world for telling histories: people write, time passes, and what was decided is recorded as a store would.

Times are written "2026-01-14 09:12" and are local to Copenhagen. `World.letters` is everything that was decided on, in
order, as `Posted`; what was withheld has a reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from mailbot.course import Contact, Course, Kind, Meeting, Mode
from mailbot.registration.decide import decide
from mailbot.registration.records import (
    Decision,
    Draft,
    Item,
    LetterRecord,
    LetterState,
    Registration,
    Roster,
    Settings,
    apply,
)
from mailbot.registration.schedule import due, next_due
from mailbot.understanding.reading import Action, Address, Automatic, Failure, Finding, Intent, Origin, Person, Reading, Reason, Verdict

ZONE = ZoneInfo("Europe/Copenhagen")
LISBET = Address("Lisbet Vestergaard", "lv@fremtidensbiblioteker.dk")
MEETINGS = (date(2026, 6, 11), date(2026, 8, 20), date(2026, 9, 29), date(2026, 11, 12))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


def course(**changes: Any) -> Course:
    values: dict[str, Any] = {
        "id": "hverdagsledelse-2026",
        "title": "Hverdagsledelse 2026",
        "signup_address": LISBET.email,
        "capacity": 3,
        "signup_deadline": date(2026, 3, 1),
        "contact": Contact(name=LISBET.name, email=LISBET.email),
        "meetings": tuple(Meeting(date=d, start=time(10), end=time(15)) for d in MEETINGS),
    }
    return Course(**(values | changes))


def person(text: str, **fields: Any) -> Person:
    """A complete person from "Mette Holm <mho@greve.dk>": title, library and EAN as a good signup gives them."""
    name, _, address = text.partition(" <")
    address = address.rstrip(">")
    library = address.partition("@")[2].partition(".")[0].capitalize() + " Bibliotek" if address else None
    given: dict[str, Any] = {"name": name or None, "email": address or None, "organisation": library}
    given |= {"title": "souschef", "ean": "5798000123458"}
    return Person(**(given | fields))


def address(text: str) -> Address:
    name, _, email = text.partition(" <")
    return Address(name, email.rstrip(">"))


@dataclass(frozen=True)
class Posted:
    at: datetime
    draft: Draft
    record: LetterRecord

    @property
    def kind(self) -> Kind:
        return self.draft.kind

    @property
    def to(self) -> str:
        return self.draft.to.email


@dataclass
class World:
    roster: Roster
    now: datetime
    letters: list[Posted] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    messages: int = 0
    last_reading: Reading | None = None
    last_was_message: bool = False

    @classmethod
    def open(cls, mode: Mode = Mode.AUTO, **changes: Any) -> World:
        return cls(Roster(course(**changes), Settings(mode=mode)), at("2026-01-01 09:00"))

    # what happens

    def wait_until(self, when: str | datetime) -> World:
        """Let time pass; what is due happens at its time, and nothing may be due for ever."""
        until = at(when) if isinstance(when, str) else when
        for _ in range(2000):
            moment = next_due(self.roster, self.now)
            if moment is None or moment > until:
                break
            self.now = max(self.now, moment)
            decision = due(self.roster, self.now)
            assert decision != Decision(), f"next_due said {moment}, and nothing was due"
            self.record(decision)
        else:
            raise AssertionError("due work does not come to rest")
        self.now = max(self.now, until)
        assert due(self.roster, self.now) == Decision()
        return self

    def receive(self, reading: Reading) -> Decision:
        decision = decide(reading, self.roster, self.now)
        assert decision == decide(reading, self.roster, self.now)
        self.record(decision)
        self.last_reading, self.last_was_message = reading, True
        return decision

    def write(
        self,
        when: str,
        sender: str,
        intent: Intent,
        *people: Person,
        action: Action = Action.AUTO,
        withdrawn: tuple[str, ...] = (),
        contact: bool = False,
        question: bool = False,
        answers: Posted | None = None,
        auth: Verdict = Verdict.PASS,
        also: tuple[Finding, ...] = (),
        course: str | None = "hverdagsledelse-2026",
        received: str = "",
        automatic: Automatic = Automatic.NO,
        back_on: date | None = None,
        failures: tuple[Failure, ...] = (),
        references: tuple[str, ...] = (),
        reasons: tuple[Reason, ...] = (),
        **finding: Any,
    ) -> Decision:
        """A message as it was understood, at `when`; `contact`: the writer is no participant."""
        self.wait_until(when)
        self.messages += 1
        writer = address(sender)
        origin = Origin(
            fingerprint=f"m{self.messages}",
            message_id=f"<m{self.messages}@{writer.email.partition('@')[2]}>",
            sender=writer,
            subject="Hverdagsledelse",
            received_at=at(received or when),
            references=references,
            authentication=auth,
            automatic=automatic,
            answered=answers.record.key if answers else "",
            answered_kind=answers.kind if answers else None,
            back_on=back_on,
            failures=failures,
            excerpt="...",
        )
        main = Finding(intent=intent, participants=people, withdrawn=withdrawn, **finding)
        return self.receive(Reading(
            origin=origin, course=course, findings=(main, *also), action=action, question=question,
            contact=writer if contact else None, confidence=0.95, reasons=reasons,
        ))

    def signup(self, when: str, who: str, *others: Person, **more: Any) -> Decision:
        """Somebody signs up themselves (and others)."""
        details = {k: more.pop(k) for k in list(more) if k in Person.__dataclass_fields__}
        return self.write(when, who, Intent.SIGNUP, person(who, **details), *others, **more)

    def cancel(self, when: str, who: str, *names: str, **more: Any) -> Decision:
        return self.write(when, who, Intent.CANCEL, withdrawn=names, **more)

    def accept(self, when: str, who: str, **more: Any) -> Decision:
        return self.write(when, who, Intent.ACCEPT, **more)

    def decline(self, when: str, who: str, **more: Any) -> Decision:
        return self.write(when, who, Intent.DECLINE, **more)

    def command(self, when: str, act: Callable[..., Decision], *args: Any, **more: Any) -> Decision:
        self.wait_until(when)
        decision = act(self.roster, *args, self.now, **more)
        self.record(decision)
        return decision

    def record(self, decision: Decision) -> None:
        """State and letters as a store records them; a letter that is there already is left as it is."""
        roster = apply(self.roster, decision)
        letters = {r.key: r for r in roster.letters}
        for number, reason in decision.withhold:
            letters = {k: replace(r, state=LetterState.WITHHELD, reason=reason) if r.number == number else r for k, r in letters.items()}
        next_id = roster.next_id
        for draft in decision.letters:
            key = f"{draft.subject_of}|{draft.kind}|{draft.to.email}|{draft.version}"
            if key in letters:
                continue
            state, reason = self._state(draft, roster)
            record = LetterRecord(
                number=next_id, key=key, kind=draft.kind, course=draft.course, to=draft.to,
                about=tuple(s.registration.id for s in draft.seats),
                subject_of=draft.subject_of, version=draft.version, state=state, planned_at=self.now,
                sent_at=self.now if state is LetterState.SENT else None, reason=reason,
            )
            letters[key] = record
            next_id += 1
            self.letters.append(Posted(self.now, draft, record))
        self.roster = replace(roster, letters=tuple(letters.values()), next_id=next_id)
        self.decisions.append(decision)
        self.last_was_message = False

    def _state(self, draft: Draft, roster: Roster) -> tuple[LetterState, Any]:
        if draft.withheld:
            return LetterState.WITHHELD, draft.withheld
        if roster.settings.mode is Mode.OBSERVE:
            return LetterState.WITHHELD, Reason("observe")
        return (LetterState.DRAFTED if roster.settings.mode is Mode.DRAFT else LetterState.SENT), None

    # what came of it

    def of(self, name: str) -> Registration:
        """The newest registration of the person with that name (or first name)."""
        return [r for r in self.roster.registrations if (r.person.name or "").startswith(name)][-1]

    def status(self, name: str) -> str:
        r = self.of(name)
        position = self.roster.position(r.id)
        return f"{r.status.value} {position}" if position else r.status.value

    def statuses(self) -> dict[str, str]:
        """By first name, everybody's newest registration."""
        names = [(r.person.name or "?").split()[0] for r in self.roster.registrations]
        return {name: self.status(name) for name in dict.fromkeys(names)}

    def mail(self, to: str, *, withheld: bool = False) -> list[str]:
        """The kinds of letters to an address (or the part of it before the @), in order."""
        return [p.kind.value for p in self.posted(to, withheld=withheld)]

    def posted(self, to: str, kind: Kind | None = None, *, withheld: bool = False) -> list[Posted]:
        return [
            p for p in self.letters
            if (p.to == to or p.to.partition("@")[0] == to) and bool(p.draft.withheld) is withheld and kind in (None, p.kind)
        ]

    @property
    def open_items(self) -> list[Item]:
        return [i for i in self.roster.items if i.closed_at is None]

    def items(self) -> list[str]:
        return [i.kind.value for i in self.open_items]

    def reasons(self) -> list[str]:
        return [r.code for i in self.open_items for r in i.reasons]


def later(when: datetime, **step: int) -> datetime:
    return when + timedelta(**step)
