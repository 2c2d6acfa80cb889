"""Whatever happens in whatever order, the promises hold: a hypothesis state machine over random histories.

Few people, few seats and few addresses, so that they meet often. A crash between deciding and recording is a decision that
is recorded twice, or one that is lost and made again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from world import World, at, person

from mailbot.course import LIVE, Kind, Mode, Status
from mailbot.registration import manual
from mailbot.registration.decide import decide
from mailbot.registration.identity import same_person
from mailbot.registration.reasons import RuleError
from mailbot.registration.records import Decision, apply
from mailbot.registration.schedule import due
from mailbot.registration.seats import may_offer, units
from mailbot.understanding.reading import Action, Automatic, Intent, Person, Reading, Verdict

PEOPLE = [
    "Mette Holm <mho@greve.dk>", "Jesper Bro <jbr@soro.dk>", "Anna Lund <alu@koge.dk>", "Bo Beck <bob@greve.dk>",
    "Carl Dam <cda@gmail.com>", "Eva Friis <efr@koge.dk>", "Mette Holm Olsen <mho@greve.dk>", "Gry Ibsen <info@soro.dk>",
    "Hans Juul <info@soro.dk>",
]
WHO = st.sampled_from(PEOPLE)
AUTH = st.sampled_from([Verdict.PASS, Verdict.PASS, Verdict.PASS, Verdict.NONE, Verdict.FAIL])


class Life(RuleBasedStateMachine):
    @initialize(capacity=st.integers(1, 4), mode=st.sampled_from([Mode.AUTO, Mode.AUTO, Mode.DRAFT, Mode.OBSERVE]),
                after=st.sampled_from(["waiting", "confirmed", "review"]), offer_late=st.booleans(), receipts=st.booleans())
    def open(self, capacity: int, mode: Mode, after: str, offer_late: bool, receipts: bool) -> None:
        rules = {"capacity": capacity, "after_deadline": after, "offer_late": offer_late, "receipts": receipts}
        self.world = World.open(mode, **rules)
        self.again = World.open(mode, **rules)
        self.script: list[Callable[[World], object]] = []
        self.readings: list[tuple[str, Any]] = []
        self.lowest = capacity
        self.lowered = False

    # what happens

    def _when(self) -> str:
        return (self.world.now + timedelta(minutes=7)).astimezone(self.world.roster.course.zone).strftime("%Y-%m-%d %H:%M")

    def _do(self, step: Callable[[World], object]) -> None:
        self.script.append(step)
        with suppress(RuleError):
            step(self.world)

    def _write(self, who: str, intent: Intent, *people: Person, **more: Any) -> None:
        when = self._when()
        self._do(lambda world: world.write(when, who, intent, *people, **more))

    def _command(self, act: Callable[..., Decision], *args: Any) -> None:
        when = self._when()
        self._do(lambda world: world.command(when, act, *args))

    def teardown(self) -> None:
        """The same messages, commands and hours once more, from the beginning: the same state and the same letters."""
        for step in getattr(self, "script", ()):
            with suppress(RuleError):
                step(self.again)
        if hasattr(self, "script"):
            assert self.again.roster == self.world.roster
            assert [p.draft for p in self.again.letters] == [p.draft for p in self.world.letters]

    @rule(who=WHO, auth=AUTH, clear=st.booleans(), ean=st.sampled_from(["5798000123458", None]), left_over=st.booleans())
    def sign_up(self, who: str, auth: Verdict, clear: bool, ean: str | None, left_over: bool) -> None:
        action = Action.AUTO if clear or who < "M" else Action.REVIEW
        self._write(who, Intent.SIGNUP, person(who, ean=ean, waiting_only=left_over), auth=auth, action=action)

    @rule(writer=WHO, others=st.lists(WHO, min_size=1, max_size=3, unique=True), together=st.booleans(), addresses=st.booleans())
    def sign_up_others(self, writer: str, others: list[str], together: bool, addresses: bool) -> None:
        people = [person(o) if addresses else person(o, email=None) for o in others if o != writer]
        if people:
            self._write(writer, Intent.SIGNUP, *people, contact=True, together=together)

    @rule(who=WHO, auth=AUTH)
    def cancel(self, who: str, auth: Verdict) -> None:
        self._write(who, Intent.CANCEL, auth=auth)

    @rule(writer=WHO, name=WHO, auth=AUTH)
    def cancel_other(self, writer: str, name: str, auth: Verdict) -> None:
        self._write(writer, Intent.CANCEL, withdrawn=(name.partition(" <")[0],), auth=auth)

    @rule(who=WHO, successor=WHO, auth=AUTH)
    def hand_on(self, who: str, successor: str, auth: Verdict) -> None:
        self._write(who, Intent.SUBSTITUTE, person(successor), auth=auth)

    @rule(who=WHO, ean=st.sampled_from(["5798000123458", "5790001330552"]), auth=AUTH)
    def update(self, who: str, ean: str, auth: Verdict) -> None:
        self._write(who, Intent.UPDATE, Person(ean=ean), auth=auth)

    @rule(who=WHO, yes=st.booleans(), auth=AUTH, keyed=st.booleans())
    def answer(self, who: str, yes: bool, auth: Verdict, keyed: bool) -> None:
        letters = [p for p in self.world.letters if p.to == who.partition("<")[2].rstrip(">")]
        answers = letters[-1] if keyed and letters else None
        self._write(who, Intent.ACCEPT if yes else Intent.DECLINE, auth=auth, answers=answers)

    @rule(who=WHO)
    def out_of_office(self, who: str) -> None:
        self._write(who, Intent.AUTO_REPLY, automatic=Automatic.REPLY, action=Action.IGNORE)

    @rule(who=WHO, question=st.booleans())
    def ask(self, who: str, question: bool) -> None:
        self._write(who, Intent.QUESTION, action=Action.REVIEW, question=question)

    @rule(hours=st.sampled_from([1, 20, 48, 120, 24 * 21]))
    def time_passes(self, hours: int) -> None:
        until = self.world.now + timedelta(hours=hours)
        self._do(lambda world: world.wait_until(until))

    @rule(hours=st.sampled_from([30, 100, 24 * 30]))
    def the_service_is_down(self, hours: int) -> None:
        """Nothing runs for a while; afterwards all that was due is caught up with, and nobody is buried in letters."""
        world, before = self.world, len(self.world.letters)
        until = world.now + timedelta(hours=hours)
        self._do(lambda w: (setattr(w, "now", until), w.wait_until(until)))
        for decision in [due(world.roster, world.now)]:
            assert decision == Decision()
        kinds = [(p.to, p.kind, p.draft.subject_of) for p in world.letters[before:]]
        assert len(kinds) == len(set(kinds))

    @rule(number=st.integers(1, 60), act=st.sampled_from(
        [manual.confirm, manual.wait, manual.offer, manual.cancel, manual.approve, manual.reject, manual.withhold, manual.send_again]))
    def she_acts(self, number: int, act: Any) -> None:
        self._command(act, number)

    @rule(capacity=st.integers(1, 5))
    def she_changes_the_capacity(self, capacity: int) -> None:
        if capacity != self.world.roster.course.capacity:
            self._command(manual.set_capacity, capacity)

    @rule(mode=st.sampled_from(list(Mode)))
    def she_changes_the_mode(self, mode: Mode) -> None:
        if mode is not self.world.roster.settings.mode:
            self._command(manual.set_mode, mode)

    @rule()
    def she_pauses_or_resumes(self) -> None:
        act = manual.resume if self.world.roster.settings.paused else manual.pause
        self._command(act)

    @precondition(lambda self: self.world.last_reading is not None)
    @rule()
    def a_crash_before_the_commit(self) -> None:
        """What was decided and not recorded leaves no trace: decided again, it is the same."""
        world, reading = self.world, self.world.last_reading
        assert reading is not None
        before = world.roster
        assert decide(reading, before, world.now) == decide(reading, before, world.now)
        assert world.roster == before

    @precondition(lambda self: self.world.decisions)
    @rule()
    def a_crash_repeats_the_last_decision(self) -> None:
        """The commit went through, and the same decision is recorded once more: nothing changes."""
        roster, letters = self.world.roster, len(self.world.letters)
        last = self.world.decisions[-1]
        again = apply(roster, last)
        assert (again.registrations, again.items, again.course) == (roster.registrations, roster.items, roster.course)
        self.world.record(last)
        assert len(self.world.letters) == letters
        self.world.roster = roster

    @precondition(lambda self: self.world.last_reading is not None)
    @rule()
    def the_same_message_again(self) -> None:
        """Even if the book forgot it: no second seat, no second letter of the same key."""
        reading: Reading = self.world.last_reading
        if reading.intent is Intent.SIGNUP:
            self._do(lambda world: world.receive(reading))

    # what must always hold

    @invariant()
    def never_oversold(self) -> None:
        roster = self.world.roster
        seated = sum(r.seated for r in roster.registrations)
        allowed = max(roster.course.capacity, getattr(self, "seated_before", 0))
        assert seated <= allowed, f"{seated} seated of {roster.course.capacity}"
        self.seated_before = seated

    @invariant()
    def positions_have_no_holes(self) -> None:
        roster = self.world.roster
        waiting = [r for r in roster.registrations if r.status is Status.WAITING]
        assert sorted(roster.position(r.id) or 0 for r in waiting) == list(range(1, len(waiting) + 1))

    @invariant()
    def one_live_registration_per_person(self) -> None:
        live = [r for r in self.world.roster.registrations if r.status in LIVE and r.status is not Status.REVIEW]
        for n, a in enumerate(live):
            for b in live[n + 1:]:
                assert not (a.person.name == b.person.name and same_person(a.person, b.person, a.contact, b.contact).value == "yes"), (a, b)

    @invariant()
    def every_letter_once(self) -> None:
        keys = [p.record.key for p in self.world.letters]
        assert len(keys) == len(set(keys))

    @invariant()
    def every_freed_seat_is_offered_or_nobody_could_have_it(self) -> None:
        roster, now = self.world.roster, self.world.now
        if may_offer(roster, now) and roster.free_seats:
            for unit in units(roster.waiting):
                too_many = len(unit) > roster.free_seats
                late = any(r.late for r in unit) and not roster.course.offer_late
                assert too_many or late, f"{roster.free_seats} free, and {unit[0].person.name} waits"

    @invariant()
    def order_is_kept(self) -> None:
        """Who was offered a seat by the clock or a message stood before all who still wait and could have had it then."""
        world = self.world
        if not world.decisions or not world.last_was_message:
            return
        made = world.decisions[-1].registrations
        offered = [r for r in made if r.status is Status.OFFERED and r.offered_at == world.now and not r.group]
        waiting = [r for r in world.roster.waiting if not r.group and (world.roster.course.offer_late or not r.late)]
        for r in offered:
            assert all(r.queue_key < w.queue_key for w in waiting), (r, waiting)

    @invariant()
    def an_offer_without_a_letter_has_no_clock(self) -> None:
        for r in self.world.roster.registrations:
            if r.status is Status.OFFERED and r.offer_expires_at is not None:
                assert any(p.kind is Kind.OFFER and r.id in p.record.about and not p.draft.withheld for p in self.world.letters)

    @invariant()
    def nobody_forged_is_ever_written_to_or_booked(self) -> None:
        world = self.world
        if world.last_reading is not None and world.last_reading.origin.authentication is Verdict.FAIL and world.last_was_message:
            assert world.decisions[-1].letters == ()
            assert world.decisions[-1].registrations == ()

    @invariant()
    def limits_hold(self) -> None:
        world, zone = self.world, self.world.roster.course.zone
        per_day: dict[tuple[str, Any], int] = {}
        for p in world.letters:
            if not p.draft.withheld:
                key = (p.to, p.at.astimezone(zone).date())
                per_day[key] = per_day.get(key, 0) + 1
        assert all(n <= world.roster.course.max_letters_per_day for n in per_day.values())


Life.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck))
TestLife = Life.TestCase


def test_the_machine_starts_where_it_should() -> None:
    assert World.open().now == at("2026-01-01 09:00")
