"""A change in the making: the roster as it becomes, step by step, and at the end the one `Decision` that says it all.

The rules put registrations and items here and tell which news there is; who gets which letter is settled once, when
everything is known, so that positions are right and several pieces of news to one address become one letter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from mailbot.course import Course, Kind, Status
from mailbot.registration.limits import limited, untrue
from mailbot.registration.matter import Matter, is_ours
from mailbot.registration.missing import missing
from mailbot.registration.records import (
    Audit,
    Decision,
    Draft,
    Item,
    ItemKind,
    Outcome,
    Registration,
    Roster,
    Seat,
    Settings,
    Thread,
    apply,
)
from mailbot.understanding.reading import Address, Intent, Reason

# News of these kinds to one address become one letter; its kind is the best news in it, and this is the order.
ANSWERS_TO_A_SIGNUP = (Kind.CONFIRMATION, Kind.WAITING, Kind.LATE, Kind.UPDATED, Kind.ALREADY)
REPLACED_BY_OFFER = frozenset({Kind.WAITING, Kind.LATE, Kind.ALREADY, Kind.UPDATED})
ASKS_WHAT_IS_MISSING = frozenset({Kind.CONFIRMATION, Kind.MISSING_DETAILS})


@dataclass(frozen=True, slots=True)
class _News:
    registration: int
    kind: Kind
    to: tuple[Address, ...]
    facts: Mapping[str, object] = field(default_factory=dict)
    version: int = 1
    spread: bool = True  # False: never put together with other news


class Change:
    """The difference that one message, one command or the passing of time makes. Not to be kept: call `decision` once."""

    def __init__(self, roster: Roster, now: datetime, matter: Matter | None = None) -> None:
        self.start = self.roster = roster
        self.now = now
        self.matter = matter
        self.reasons: list[Reason] = []
        self.outcome = Outcome.IGNORED
        self._registrations: dict[int, Registration] = {}
        self._items: dict[int, Item] = {}
        self._audit: list[Audit] = []
        self._news: list[_News] = []
        self._drafts: list[Draft] = []
        self._withhold: list[tuple[int, Reason]] = []
        self._course: Course | None = None
        self._settings: Settings | None = None

    # what the rules do

    @property
    def course(self) -> Course:
        return self.roster.course

    @property
    def opened(self) -> bool:
        """Whether something was laid on her desk already."""
        return bool(self._items)

    @property
    def touched(self) -> tuple[int, ...]:
        return tuple(self._registrations)

    def put(self, registration: Registration, code: str, **values: str) -> Registration:
        """A new or changed registration, with its line of history."""
        self._registrations[registration.id] = registration
        self._apply(Decision(registrations=(registration,)))
        self.note(code, registration.id, **values)
        return registration

    def note(self, code: str, registration: int | None = None, **values: str) -> None:
        self._audit.append(Audit(code, registration, values))
        self.outcome = Outcome.HANDLED if self.outcome is Outcome.IGNORED else self.outcome

    def open(
        self,
        kind: ItemKind,
        reasons: Iterable[Reason] = (),
        registrations: Iterable[int] = (),
        matter: Matter | None = None,
        *,
        propose: bool = True,
    ) -> Item:
        """A matter for the administrator. With `propose`, her yes carries out the finding."""
        matter = matter or self.matter
        item = Item(
            id=self.roster.next_id,
            course=self.course.id,
            kind=kind,
            opened_at=self.now,
            registrations=tuple(registrations),
            reasons=_distinct(reasons),
        )
        if matter is not None:
            origin = matter.origin
            item = replace(
                item,
                message=origin.fingerprint,
                message_id=origin.message_id,
                sender=origin.sender,
                subject=origin.subject[:200],
                received_at=origin.received_at,
                excerpt=origin.excerpt,
                thread=matter.thread,
                contact=matter.contact,
                authenticated=matter.proved,
                proposal=matter.finding if propose else None,
            )
        self._items[item.id] = item
        self._apply(Decision(items=(item,)))
        self.note("item_opened", None, item=str(item.id), kind=kind.value)
        return item

    def update_item(self, item: Item, **changes: object) -> Item:
        item = replace(item, **changes)  # type: ignore[arg-type]  # the callers name fields of Item
        self._items[item.id] = item
        self._apply(Decision(items=(item,)))
        return item

    def close(self, item: Item, closed_as: str) -> None:
        self.update_item(item, closed_at=self.now, closed_as=closed_as)
        self.note("item_closed", None, item=str(item.id), closed_as=closed_as)

    def close_about(self, registration: int, *intents: Intent) -> None:
        """Close what proposed one of these about this registration, now that nobody else in it waits for a word."""
        for item in self.roster.items:
            proposed = item.proposal is not None and item.proposal.intent in intents and item.kind in (ItemKind.REVIEW, ItemKind.VERIFY)
            if item.closed_at is None and proposed and registration in item.registrations:
                signup = item.proposal is not None and item.proposal.intent is Intent.SIGNUP
                others = [r for r in self.roster.registrations if r.id in item.registrations and r.id != registration]
                if not any(r.status is Status.REVIEW if signup else r.live for r in others):
                    self.close(item, "superseded")

    def set_course(self, course: Course, code: str, **values: str) -> None:
        self._course = course
        self._apply(Decision(course=course))
        self.note(code, None, **values)

    def set_settings(self, settings: Settings, code: str, **values: str) -> None:
        self._settings = settings
        self._apply(Decision(settings=settings))
        self.note(code, None, **values)

    def withhold(self, letter: int, reason: Reason) -> None:
        self._withhold.append((letter, reason))

    def tell(
        self,
        registration: Registration,
        kind: Kind,
        *,
        facts: Mapping[str, object] | None = None,
        to: Iterable[Address] | None = None,
        version: int = 1,
        alone: bool = False,
    ) -> None:
        """There is news about this registration. `to` None: whoever wrote the message, and the participant."""
        recipients = tuple(self._concerned(registration) if to is None else to)
        if kind is Kind.OFFER:  # instead of "you are on the waiting list", in one breath
            replaced = [n for n in self._news if n.registration == registration.id and n.kind in REPLACED_BY_OFFER]
            self._news = [n for n in self._news if n not in replaced]
            recipients = tuple(dict.fromkeys((*recipients, *(a for n in replaced for a in n.to))))
        self._news.append(_News(registration.id, kind, recipients, facts or {}, version, spread=not alone))

    def write(self, draft: Draft) -> None:
        """A letter that is about no registration's news: an answer, a receipt, a question back."""
        self._drafts.append(draft)

    def _concerned(self, registration: Registration) -> tuple[Address, ...]:
        if self.matter is None or is_ours(self.matter.writer.email, self.course):
            return both(registration)
        return (self.matter.writer, *own_address(registration))

    def _apply(self, decision: Decision) -> None:
        self.roster = apply(self.roster, decision)

    # what comes of it

    def decision(self) -> Decision:
        drafts = limited((*self._letters(), *self._drafts), self.roster, self.now)
        self._count_asked(drafts)
        self._stop_clocks(drafts)
        stopped = {number for number, _ in self._withhold}
        for number in untrue(self.roster, self._registrations):
            if number not in stopped:
                self.withhold(number, Reason("no_longer_true"))
        return Decision(
            outcome=self.outcome,
            registrations=tuple(self._registrations.values()),
            items=tuple(self._items.values()),
            letters=drafts,
            audit=tuple(self._audit),
            reasons=_distinct(self.reasons),
            settings=self._settings,
            course=self._course,
            withhold=tuple(self._withhold),
        )

    def _letters(self) -> Iterable[Draft]:
        """One letter for each address and family of news, the writer of the message first."""
        bundles: dict[tuple[object, ...], list[tuple[Address, _News]]] = {}
        writer = self.matter.writer.email if self.matter else ""
        for rank in (0, 1):
            for number, news in enumerate(self._news):
                family = "signup" if news.kind in ANSWERS_TO_A_SIGNUP else news.kind.value
                for address in {a.email: a for a in reversed(news.to)}.values():
                    if (address.email != writer) is bool(rank):
                        key = (address.email, family, news.version, None if news.spread else number)
                        bundles.setdefault(key, []).append((address, news))
        for bundle in bundles.values():
            yield self._letter(bundle[0][0], [news for _, news in bundle])

    def _letter(self, to: Address, bundle: list[_News]) -> Draft:
        bundle = list({news.registration: news for news in bundle}.values())
        kind = min((n.kind for n in bundle), key=lambda k: ANSWERS_TO_A_SIGNUP.index(k) if k in ANSWERS_TO_A_SIGNUP else 0)
        bundle.sort(key=lambda n: n.kind is not kind)
        several = len(bundle) > 1 and self.matter is not None
        facts: dict[str, object] = {}
        for news in reversed(bundle):
            facts |= news.facts
        if kind is Kind.UPDATED:
            facts["changed"] = tuple(dict.fromkeys(f for n in bundle for f in _texts(n.facts.get("changed"))))
        first = self._current(bundle[0].registration)
        return Draft(
            kind=kind,
            course=self.course.id,
            to=to,
            subject_of=f"message:{self.matter.origin.fingerprint}" if several and self.matter else f"registration:{first.id}",
            version=bundle[0].version,
            seats=tuple(
                self.seat(self._current(n.registration), n.kind) for n in sorted(bundle, key=lambda n: (n.kind is not kind, n.registration))
            ),
            reply=self._thread_with(to, first),
            facts=facts,
        )

    def seat(self, registration: Registration, news: Kind | None = None) -> Seat:
        return Seat(registration, self.roster.position(registration.id), missing(registration, self.course), news.value if news else "")

    def _thread_with(self, to: Address, registration: Registration) -> Thread | None:
        """Letters continue the thread in which their recipient wrote to us."""
        if self.matter is not None and to.email == self.matter.writer.email:
            return self.matter.thread
        wrote = registration.contact.email if registration.contact else registration.person.email
        return registration.thread if to.email == wrote else None

    def _current(self, number: int) -> Registration:
        found = self.roster.get(number)
        assert found is not None
        return found

    def _count_asked(self, drafts: Iterable[Draft]) -> None:
        """Remember of whom what is missing was asked, and when; once for several letters about one person."""
        asked = {
            s.registration.id
            for d in drafts
            if d.kind in ASKS_WHAT_IS_MISSING
            for s in d.seats
            if s.missing and s.news in ("confirmation", "missing_details")
        }
        for number in asked:
            r = self._current(number)
            self._registrations[number] = replace(r, missing_asked=r.missing_asked + 1, missing_asked_at=self.now)
            self._apply(Decision(registrations=(self._registrations[number],)))

    def _stop_clocks(self, drafts: Iterable[Draft]) -> None:
        """An offer that nobody gets to hear of must not lapse: its clock stands still, and she is told."""
        heard = {s.registration.id for d in drafts if d.kind is Kind.OFFER and d.withheld is None for s in d.seats}
        for number in dict.fromkeys(n.registration for n in self._news if n.kind is Kind.OFFER):
            r = self._current(number)
            if number not in heard and r.status is Status.OFFERED:
                self.put(replace(r, offer_expires_at=None, offer_reminder_at=None), "offer_clock_stopped")
                self.open(
                    ItemKind.NOTICE,
                    (Reason("offer_not_written", {"name": r.person.name or r.person.email or ""}),),
                    (number,),
                    propose=False,
                )


def own_address(registration: Registration) -> tuple[Address, ...]:
    """The participant, where they have an address."""
    person = registration.person
    return (Address(person.name or "", person.email),) if person.email else ()


def both(registration: Registration) -> tuple[Address, ...]:
    """Who wrote for them, and the participant."""
    contact = (registration.contact,) if registration.contact else ()
    return (*own_address(registration), *contact)


def one(registration: Registration) -> tuple[Address, ...]:
    """The participant, or who wrote for them where the participant has no address."""
    return own_address(registration) or ((registration.contact,) if registration.contact else ())


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(v) for v in value) if isinstance(value, tuple) else ()


def _distinct(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    kept: list[Reason] = []
    for reason in reasons:
        if reason not in kept:
            kept.append(reason)
    return tuple(kept)
