"""Commands by mail: the administrator's answers to digests, and the links in them, carried out line by line (DESIGN: Trust).

A line is carried out if the message comes from an administrator's address and carries a token that is good for it; only
`pause` needs none. Nothing is written here: what was heard goes back as one decision, with the letter that accounts for
every line, and is recorded like any other.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from mailbot.app import tokens
from mailbot.course import Course, Kind
from mailbot.mail.authentication import verdict
from mailbot.mail.message import Automatic, Message, SegmentKind, Verdict
from mailbot.registration.commands import Command, LineResult, Unknown, Words, execute, read_lines
from mailbot.registration.records import Decision, Draft, Item, ItemKind, Outcome, Roster, Thread, apply
from mailbot.resources import shipped
from mailbot.store.base import Store
from mailbot.understanding.masking import mask_cpr
from mailbot.understanding.origin import excerpt, received
from mailbot.understanding.reading import Address, Reason

if TYPE_CHECKING:
    from mailbot.app.handle import Rules

ANSWERABLE = frozenset({Kind.DIGEST, Kind.COMMAND_REPLY})
HARMLESS = frozenset({"list", "status", "help"})   # they change nothing, so they may be asked again and again
UNSIGNED = "command_without_token"
MOST_REPLIES = 30                                  # a day: two machines that answer each other come to rest


@dataclass(frozen=True, slots=True)
class Heard:
    """A message of commands: the decision on `roster`, the uses of tokens to remember, and what it means elsewhere."""

    roster: Roster
    decision: Decision
    used: tuple[str, ...] = ()
    elsewhere: tuple[tuple[str, Decision], ...] = ()   # course, decision: a pause without a token holds everywhere


@dataclass(frozen=True, slots=True)
class Pass:
    """A genuine token of a message: for this `line` only, or ("") for any."""

    token: str
    course: str
    issued: datetime
    line: str = ""


@cache
def command_words() -> Words:
    """The words of commands, as they ship with the program."""
    return tomllib.loads(shipped("data", "commands.toml").read_text("utf-8"))


def listen(message: Message, courses: Sequence[Course], store: Store, rules: Rules, now: datetime) -> Heard | None:
    """What a message of an administrator commands. None: it is no command, and is to be understood like any other."""
    hers = [c for c in courses if any(a.email == message.sender.email for a in rules.administrators_of(c))]
    if not hers or message.automatic is not Automatic.NO:
        return None
    written = tokens.without(mask_cpr(message.of(SegmentKind.NEW)))
    lines = list(dict.fromkeys(read_lines(written, command_words())))
    found = tokens.find(message.text, (*message.references, *message.in_reply_to))
    passes = _passes(found, lines, hers, store)
    carries = bool(passes or found.links)
    if not _is_meant(message, lines, carries):
        return None
    authentication = verdict(message, rules.trusted, exchange_online=rules.exchange_online)
    course = next((p.course for p in passes), hers[-1].id)
    roster = store.roster(course)
    if authentication is Verdict.FAIL or (authentication is Verdict.NONE and not passes):
        return _forged(message, roster, authentication, now)
    heard = _carried_out(message, lines, [p for p in passes if p.course == course], roster, store, rules, now, carries=carries)
    if passes:
        return heard
    pauses = [line for line in lines if isinstance(line, Command) and line.name == "pause"]
    others = (store.roster(c.id) for c in hers if c.id != course) if pauses else ()
    return replace(heard, elsewhere=tuple((other.course.id, execute(pauses, other, now)[0]) for other in others))


def _passes(found: tokens.Found, lines: Iterable[Command | Unknown], hers: Sequence[Course], store: Store) -> list[Pass]:
    """The tokens that we issued, in time or not: those of links that fit a line of the message, and answerable letters."""
    secret, own = store.secret_key(), {c.id for c in hers}
    texts = dict.fromkeys(text for line in lines if isinstance(line, Command) for text in _signed_texts(line))
    passes = [
        Pass(token, course, issued, text)
        for token in found.links[:50]
        for course in sorted(own)
        for text in texts
        if (issued := tokens.issued_at(secret, token, course, text)) is not None
    ]
    letters = (store.letter(key) for key in found.keys[:50])
    return passes + [Pass(x.key, x.course, x.planned_at) for x in letters if x is not None and x.kind in ANSWERABLE and x.course in own]


def _signed_texts(command: Command) -> tuple[str, ...]:
    """What a link's token may have been issued for: the line as it is, or its beginning where the link left the rest to her."""
    if command.name == "answer":
        return (command.line, command.line.partition(":")[0] + ":")
    begins = {"place": 2, "correct": 3}.get(command.name)
    return (command.line, " ".join(command.line.split()[:begins])) if begins else (command.line,)


def _is_meant(message: Message, lines: Sequence[Command | Unknown], carries: bool) -> bool:
    """Whether a message wants to command. Mail that she passes on is a signup more likely, and her words are about it."""
    forwarded = any(segment.kind is SegmentKind.FORWARDED for segment in message.segments)
    if carries:
        return not forwarded or any(isinstance(line, Command) for line in lines)
    return bool(lines) and isinstance(lines[0], Command) and not forwarded


def _carried_out(
    message: Message, lines: Sequence[Command | Unknown], passes: Sequence[Pass], roster: Roster, store: Store, rules: Rules,
    now: datetime, *, carries: bool,
) -> Heard:  # fmt: skip
    secret, at = store.secret_key(), received(message)
    used = _used(store, passes)
    judged = {c: _judged(c, passes, used, secret, at, carries=carries) for c in lines if isinstance(c, Command)}
    decision, results = execute(lines, roster, now, allowed=lambda c: not isinstance(judged[c], Reason))
    denied = {c.line: why for c, why in judged.items() if isinstance(why, Reason)}
    results = tuple(_explained(r, denied) for r in results)
    done = {r.line for r in results if r.code in ("done", "already")}
    uses = [use for c, use in judged.items() if isinstance(use, str) and use and c.line in done]
    if denied and not passes and not _is_told(message, roster):
        decision = _with_item(message, decision, roster, ItemKind.NOTICE, Reason(UNSIGNED), now)
    reply = _reply(message, results, roster, rules, now, once_a_day=not carries and not done)
    return Heard(roster, replace(decision, letters=(*decision.letters, reply)), used=tuple(uses))


def _is_told(message: Message, roster: Roster) -> bool:
    """Whether an open notice says already that she sends lines without a token."""
    notices = [i for i in roster.items if i.closed_at is None and i.reasons == (Reason(UNSIGNED),)]
    return any(i.sender is not None and i.sender.email == message.sender.email for i in notices)


def _judged(
    command: Command, passes: Sequence[Pass], used: frozenset[str], secret: bytes, at: datetime, *, carries: bool
) -> Reason | str:
    """Why a line is not allowed, else what to remember of it ("": nothing)."""
    if command.name == "pause":
        return ""
    mine = [p for p in passes if p.line == "" or p.line in _signed_texts(command)]
    if not mine:
        return Reason("token_wrong" if carries else "token_missing")
    fresh = [p for p in mine if tokens.in_time(p.issued, at)]
    if not fresh:
        return Reason("token_expired")
    if command.name in HARMLESS:
        return ""
    uses = (tokens.use_of(secret, p.token, p.line or f"{command.line} {command.rest}") for p in fresh)
    return next((use for use in uses if use not in used), Reason("token_used"))


def _used(store: Store, passes: Sequence[Pass]) -> frozenset[str]:
    """What these tokens were used for already: it stands in the book, beside the messages that did it."""
    if not passes:
        return frozenset()
    since = min(p.issued for p in passes) - timedelta(days=1)
    return frozenset(use for entry in store.entries(since, passes[0].course) if entry.summary for use in entry.summary.get("used", ()))


def _explained(result: LineResult, denied: Mapping[str, Reason]) -> LineResult:
    if result.code != "not_allowed":
        return result
    reason = denied.get(result.line)
    spent = reason is not None and reason.code == "token_used"
    return replace(result, code="already" if spent else result.code, reason=reason)


def _reply(
    message: Message, results: Sequence[LineResult], roster: Roster, rules: Rules, now: datetime, *, once_a_day: bool
) -> Draft:
    """The letter that accounts for every line; where nothing was allowed at all, one a day (its key says which day)."""
    course = roster.course
    to = next((a for a in rules.administrators_of(course) if a.email == message.sender.email), message.sender)
    recent = [x for x in roster.letters if x.kind is Kind.COMMAND_REPLY and now - x.planned_at < timedelta(days=1)]
    return Draft(
        kind=Kind.COMMAND_REPLY,
        course=course.id,
        to=to,
        subject_of=f"commands:{now.astimezone(course.zone):%Y-%m-%d}" if once_a_day else f"message:{message.fingerprint}",
        reply=Thread(message.message_id, message.references, message.subject),
        facts={"results": tuple(results), "list": any((r.command, r.code) == ("list", "done") for r in results)},
        withheld=Reason("too_many_today", {"limit": str(MOST_REPLIES)}) if len(recent) >= MOST_REPLIES else None,
    )


def _forged(message: Message, roster: Roster, authentication: Verdict, now: datetime) -> Heard:
    """Somebody writes her name in From: nothing is done, nobody is answered, she sees it."""
    code = "authentication_failed" if authentication is Verdict.FAIL else "command_not_proved"
    return Heard(roster, _with_item(message, Decision(), roster, ItemKind.REVIEW, Reason(code), now))


def _with_item(message: Message, decision: Decision, roster: Roster, kind: ItemKind, reason: Reason, now: datetime) -> Decision:
    item = Item(
        id=apply(roster, decision).next_id,
        course=roster.course.id,
        kind=kind,
        opened_at=now,
        message=message.fingerprint,
        message_id=message.message_id,
        sender=Address(message.sender.name, message.sender.email),
        subject=mask_cpr(message.subject)[:200],
        received_at=received(message),
        excerpt=excerpt(message),
        reasons=(reason,),
        thread=Thread(message.message_id, message.references, message.subject),
    )
    return replace(decision, outcome=Outcome.REVIEW, items=(*decision.items, item), reasons=(*decision.reasons, reason))
