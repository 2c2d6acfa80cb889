"""Carrying out the administrator's lines, one after the other, in one decision.

Every line is accounted for: done, done already, refused with the reason, not allowed, or not understood with the nearest
command. Who may send lines, and with which token, is checked before they come here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from mailbot.course import Mode, Status
from mailbot.registration import manual
from mailbot.registration.checks import checked
from mailbot.registration.filed import as_filed
from mailbot.registration.lines import WITH_NUMBERS, Command, Unknown, Words, parse_move, read_lines
from mailbot.registration.reasons import RuleError
from mailbot.registration.records import Decision, ItemKind, LetterRecord, LetterState, Outcome, Roster, apply
from mailbot.registration.retention import invoiced
from mailbot.understanding.reading import Person, Reason

__all__ = ["Command", "LineResult", "Unknown", "Words", "after", "execute", "read_lines"]


@dataclass(frozen=True, slots=True)
class LineResult:
    """What became of a line (of each number in it). `code`: done, already, refused, not_allowed, not_understood.

    `command` and `number` as read; `reason` why not; `values` for the template: `nearest`, and what `status` counts.
    """

    line: str
    code: str
    command: str = ""
    number: int | None = None
    reason: Reason | None = None
    values: Mapping[str, str] = field(default_factory=dict)


def execute(
    lines: Sequence[Command | Unknown], roster: Roster, now: datetime, *, allowed: Callable[[Command], bool] = lambda _: True
) -> tuple[Decision, tuple[LineResult, ...]]:
    """One decision for all lines, each carried out on the roster as the ones before it leave it, and what became of each."""
    total = Decision(outcome=Outcome.HANDLED)
    results: list[LineResult] = []
    for line in lines:
        if isinstance(line, Unknown):
            results.append(LineResult(line.line, "not_understood", values={"nearest": line.nearest}))
            continue
        if not allowed(line):
            results.append(LineResult(line.line, "not_allowed", line.name))
            continue
        for number, act in _acts(line, now):
            result = LineResult(line.line, "done", line.name, number)
            try:
                decision = act(roster)
            except RuleError as problem:
                already = problem.reason.code == "already_so"
                results.append(replace(result, code="already" if already else "refused", reason=problem.reason))
                continue
            results.append(replace(result, values=_counts(roster) if line.name == "status" else {}))
            total = _together(total, decision)
            roster = after(roster, decision, now)
    return total, tuple(results)


_Act = Callable[[Roster], Decision]


def _acts(c: Command, now: datetime) -> list[tuple[int | None, _Act]]:
    """What to do, for each number of the line."""
    if c.name in WITH_NUMBERS:
        return [(n, _each(c, n, now)) for n in c.numbers]
    number = c.numbers[0] if c.numbers else None
    return [(number, _single(c, number, now))]


def _each(c: Command, n: int, now: datetime) -> _Act:
    match c.name:
        case "approve":
            return lambda roster: _approve(roster, n, now)
        case "reject":
            return lambda roster: manual.reject(roster, n, now, note=c.rest)
        case "wait" | "offer":
            return lambda roster: _in_review(roster, n, now, manual.wait if c.name == "wait" else manual.offer, c.rest)
        case "cancel":
            return lambda roster: manual.cancel(roster, n, now, note=c.rest)
        case "send":
            return lambda roster: manual.send_again(roster, n, now)
        case _:
            return lambda roster: manual.withhold(roster, n, now)


def _approve(roster: Roster, number: int, now: datetime) -> Decision:
    """Yes to what is in review; a seat for who waits or whose offer is gone; the file's word instead of an earlier one of hers."""
    r = roster.get(number)
    if (item := next((i for i in roster.items if i.id == number), None)) is not None and item.kind is ItemKind.CONFLICT:
        closed = manual.approve(roster, number, now)
        return _together(closed, as_filed(after(roster, closed, now), item, now))
    if r is not None and r.status is not Status.REVIEW:
        return manual.confirm(roster, number, now)
    return manual.approve(roster, number, now)


def _in_review(roster: Roster, number: int, now: datetime, act: Callable[..., Decision], note: str) -> Decision:
    """The same for a registration, and for all that an item keeps in review."""
    if roster.get(number) is not None:
        return act(roster, number, now, note=note)
    item = next((i for i in roster.items if i.id == number), None)
    if item is None:
        raise RuleError("unknown_number", number=str(number))
    kept = [n for n in item.registrations if (r := roster.get(n)) is not None and r.status is Status.REVIEW]
    if item.closed_at is not None:
        raise RuleError("already_so")
    total = Decision(outcome=Outcome.HANDLED)
    if not kept:
        total = manual.keep(roster, number, now)
        kept, roster = [r.id for r in total.registrations], after(roster, total, now)
    for n in kept:
        decision = act(roster, n, now, note=note)
        total, roster = _together(total, decision), after(roster, decision, now)
    return total


def _single(c: Command, number: int | None, now: datetime) -> _Act:
    n = number or 0
    match c.name:
        case "correct":
            name, _, value = c.rest.partition(" ")
            return lambda roster: manual.correct(roster, n, name, value, now)
        case "answer":
            return lambda roster: manual.answer(roster, n, c.rest, now)
        case "capacity":
            return lambda roster: manual.set_capacity(roster, n, now)
        case "add":
            return lambda roster: manual.add(roster, _person(c.rest), now)
        case "place":
            return lambda roster: manual.place(roster, c.meeting or 0, c.rest, now)
        case "move":
            day, start, end = parse_move(c.rest) or (date.min, None, None)
            return lambda roster: manual.move_meeting(roster, c.meeting or 0, day, now, start=start, end=end)
        case "call_off":
            return lambda roster: manual.call_off(roster, c.meeting or 0, now)
        case "mode":
            return lambda roster: manual.set_mode(roster, Mode(c.rest), now)
        case "invoiced":
            return lambda roster: invoiced(roster, now)
        case "pause":
            return lambda roster: manual.pause(roster, now)
        case "resume":
            return lambda roster: manual.hand_back(roster, n, now) if c.numbers else manual.resume(roster, now)
        case _:  # list, status, help: nothing changes; the reply brings it
            return lambda _roster: Decision(outcome=Outcome.HANDLED)


def _person(text: str) -> Person:
    """ "Name, title, library, mail, EAN": the address and the number are known by their form, the rest by their order."""
    values: dict[str, str] = {}
    plain = iter(("name", "title", "organisation", "municipality", "reference"))
    for part in (p.strip() for p in re.split(r"[,;]", text)[:12]):
        digits = re.sub(r"\D", "", part)
        if not part:
            continue
        if "@" in part:
            values["email"] = checked("email", part.strip("<>"))
        elif len(digits) in (12, 13, 14) and len(part) <= 24:
            values["ean"] = checked("ean", part)
        elif len(digits) >= 8 and len(part) <= 20:
            values["phone"] = checked("phone", part)
        elif (name := next(plain, None)) is not None:
            values[name] = part[:200]
    return Person(**values)  # type: ignore[arg-type]  # fields of Person


def _counts(roster: Roster) -> dict[str, str]:
    seated = sum(r.seated for r in roster.registrations)
    return {
        "mode": roster.settings.mode.value,
        "paused": "yes" if roster.settings.paused else "no",
        "seated": str(seated),
        "capacity": str(roster.course.capacity),
        "waiting": str(len(roster.waiting)),
        "open": str(sum(i.closed_at is None and i.kind is not ItemKind.TAKEN for i in roster.items)),
    }


def _together(first: Decision, second: Decision) -> Decision:
    """Both, the later one winning where they speak of the same thing."""
    return replace(
        first,
        registrations=tuple(({r.id: r for r in first.registrations} | {r.id: r for r in second.registrations}).values()),
        items=tuple(({i.id: i for i in first.items} | {i.id: i for i in second.items}).values()),
        letters=first.letters + second.letters,
        audit=first.audit + second.audit,
        reasons=first.reasons + second.reasons,
        settings=second.settings or first.settings,
        course=second.course or first.course,
        withhold=first.withhold + second.withhold,
    )


def after(roster: Roster, decision: Decision, now: datetime) -> Roster:
    """The roster after a decision with the letters of it, for the limits and versions of what follows; they have no number yet."""
    roster = apply(roster, decision)
    drafted = tuple(
        LetterRecord(
            number=-1,
            key="",
            kind=d.kind,
            course=d.course,
            to=d.to,
            about=tuple(s.registration.id for s in d.seats),
            subject_of=d.subject_of,
            version=d.version,
            state=LetterState.WITHHELD if d.withheld else LetterState.PLANNED,
            planned_at=now,
            reason=d.withheld,
        )
        for d in decision.letters
    )
    gone = dict(decision.withhold)
    letters = (replace(r, state=LetterState.WITHHELD, reason=gone[r.number]) if r.number in gone else r for r in roster.letters)
    return replace(roster, letters=(*letters, *drafted))
