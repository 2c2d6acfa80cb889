"""The administrator's daily mail: gathered from the store, worded in `letters`, recorded like any other letter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from mailbot.app.handle import Rules, outgoing
from mailbot.app.tokens import link_token, mailto
from mailbot.app.trouble import troubles
from mailbot.course import Kind
from mailbot.letters.compose import Composed
from mailbot.letters.digest import GUIDE, Digest, build, compose_digest, last_time
from mailbot.letters.key import letter_key
from mailbot.letters.mime import Attachment
from mailbot.letters.overview import Coming
from mailbot.letters.sheets import attachment
from mailbot.letters.templates import Templates
from mailbot.registration.commands import after
from mailbot.registration.missing import missing
from mailbot.registration.records import Decision, Draft, Item, Outcome, Roster
from mailbot.registration.schedule import due, next_due
from mailbot.registration.worktime import days_on
from mailbot.resources import shipped
from mailbot.store.base import Entry, Outgoing, Store
from mailbot.understanding import diets
from mailbot.understanding.lexicon import words
from mailbot.understanding.reading import Address

UNSENT_DAYS = 2   # working days that a draft may lie before she is reminded of it
MOST_STEPS = 30   # of what comes, so much is worked out ahead


def digest_decision(
    roster: Roster, store: Store, rules: Rules, now: datetime, *, subject_of: str = ""
) -> tuple[Decision, tuple[Outgoing, ...]]:
    """Today's digest for each administrator, as drafts and as complete letters. `subject_of`: one out of turn."""
    subject_of = subject_of or f"digest:{now.astimezone(roster.course.zone).date().isoformat()}"
    told, secret = _told(roster, store, now), store.secret_key()
    letters = []
    for to in rules.administrators_of(roster.course):
        draft = Draft(kind=Kind.DIGEST, course=roster.course.id, to=to, subject_of=subject_of)
        key = letter_key(secret, draft)
        letters.append(outgoing(draft, _composed(told, roster, rules, secret, key, to), key, due_at=now))
    return Decision(outcome=Outcome.HANDLED, letters=tuple(letter.draft for letter in letters)), tuple(letters)


def preview(roster: Roster, store: Store, rules: Rules, now: datetime) -> Composed:
    """Today's digest, to look at."""
    to = rules.administrators_of(roster.course)[0]
    draft = Draft(kind=Kind.DIGEST, course=roster.course.id, to=to, subject_of="digest:preview")
    secret = store.secret_key()
    return _composed(_told(roster, store, now), roster, rules, secret, letter_key(secret, draft), to)


def _composed(told: Digest, roster: Roster, rules: Rules, secret: bytes, key: str, to: Address) -> Composed:
    course = roster.course
    owner = _owns(to, roster, rules)
    told = replace(told, items=tuple(_discreet(i) if owner else replace(i, excerpt="") for i in told.items))

    def link(line: str) -> str:
        return mailto(course.signup_address, f"{course.title}: {line.strip()}", line, link_token(secret, course.id, line, told.now))

    def made(templates: Templates) -> Composed:
        monday = told.now.astimezone(course.zone).weekday() == 0
        lists = (attachment(roster, templates.words(course.language), now=told.now),) if monday and roster.registrations else ()
        first = not any(x.kind is Kind.DIGEST and x.to.email == to.email for x in roster.letters)
        return compose_digest(
            told, course, key=key, to=to, templates=templates, link=link, sentences=sentences_of_readings(),
            attachments=(*lists, guide()) if first else lists,
            original=rules.original,
        )  # fmt: skip

    return rules.with_fallback(made)


def guide() -> Attachment:
    """The guide for the administrator, which goes along with their first digest."""
    text = shipped("data", "vejledning.md").read_bytes()
    return Attachment(GUIDE, "text/plain", text, parameters=(("charset", "utf-8"),))


def _discreet(item: Item) -> Item:
    """An item whose words tell nothing of what somebody does not eat: the participants' list alone does."""
    return replace(item, excerpt=_without_diets(item.excerpt), subject=_without_diets(item.subject))


def _without_diets(text: str) -> str:
    for diet in sorted(diets.find(text), key=lambda d: -d.start):
        text = f"{text[: diet.start]}…{text[diet.end :]}"
    return text


def _owns(to: Address, roster: Roster, rules: Rules) -> bool:
    """Whether the mailbox is theirs: what others wrote is quoted to nobody else (DESIGN: Trust)."""
    administrators = [a.email for a in rules.administrators_of(roster.course)]
    owners = {roster.course.contact_email.lower(), roster.course.signup_address.lower()} & set(administrators)
    return to.email in (owners or administrators[:1])


def sentences_of_readings() -> Mapping[str, str]:
    """Understanding's reasons in Danish, one sentence each."""
    return {code: str(sentence) for code, sentence in words("reasons").items()}


def _told(roster: Roster, store: Store, now: datetime) -> Digest:
    since, course = last_time(roster, now), roster.course
    entries = [e for e in store.entries(since) if e.course in (None, course.id)]
    left_alone = Counter(_kind(e) for e in entries if e.outcome is Outcome.IGNORED)
    notes = store.notes()
    return build(
        roster,
        now=now,
        since=since,
        counts=Counter(e.outcome.value for e in entries),
        left_alone=left_alone,
        missing={r.id: fields for r in roster.registrations if r.live and (fields := missing(r, course))},
        coming=_coming(roster, now),
        health={name: notes[name][1] for name in ("last_pass", "backup") if name in notes},
        troubles=troubles(notes, since, now),
        drafts_since=days_on(now, -UNSENT_DAYS, course.zone),
    )


def _kind(entry: Entry) -> str:
    """What an ignored message was."""
    return "own" if any(reason.code == "our_own_letter" for reason in entry.reasons) else entry.intent


def _coming(roster: Roster, now: datetime) -> list[Coming]:
    """What the rules would send by themselves before the next working day is over, were nothing to happen meanwhile."""
    end = days_on(now, 1, roster.course.zone)
    found: dict[tuple[datetime, Kind], list[str]] = {}
    for _ in range(MOST_STEPS):
        at = next_due(roster, now)
        if at is None or at > end:
            break
        decision = due(roster, at)
        if at <= now and not decision.letters:
            break
        for draft in decision.letters:
            names = found.setdefault((at, draft.kind), [])
            names.append(draft.to.name or draft.to.email)
        roster, now = after(roster, decision, at), at
    return [(at, kind, tuple(names)) for (at, kind), names in found.items()]
