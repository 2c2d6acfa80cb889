"""The administrator's daily mail: gathered from the store, worded in `letters`, recorded like any other letter."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from mailbot.app.handle import Rules, outgoing
from mailbot.app.tokens import link_token, mailto
from mailbot.course import Kind
from mailbot.letters.compose import Composed
from mailbot.letters.digest import Digest, build, compose_digest
from mailbot.letters.key import letter_key
from mailbot.letters.sheets import attachment
from mailbot.letters.templates import Templates
from mailbot.registration.missing import missing
from mailbot.registration.records import Decision, Draft, Outcome, Roster
from mailbot.store.base import Outgoing, Store
from mailbot.understanding.lexicon import words
from mailbot.understanding.reading import Address

STALE = timedelta(hours=26)


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

    def link(line: str) -> str:
        return mailto(course.signup_address, f"{course.title}: {line.strip()}", line, link_token(secret, course.id, line, told.now))

    def made(templates: Templates) -> Composed:
        monday = told.now.astimezone(course.zone).weekday() == 0
        lists = (attachment(roster, templates.words(course.language), now=told.now),) if monday and roster.registrations else ()
        return compose_digest(
            told, course, key=key, to=to, templates=templates, link=link, sentences=sentences_of_readings(), attachments=lists
        )  # fmt: skip

    return rules.with_fallback(made)


def sentences_of_readings() -> Mapping[str, str]:
    """Understanding's reasons in Danish, one sentence each."""
    return {code: str(sentence) for code, sentence in words("reasons").items()}


def _told(roster: Roster, store: Store, now: datetime) -> Digest:
    lacking = {r.id: fields for r in roster.registrations if r.live and (fields := missing(r, roster.course))}
    since = now - timedelta(days=3 if now.astimezone(roster.course.zone).weekday() == 0 else 1)
    counts = {outcome.value: n for outcome, n in store.counts(since).items()}
    return build(roster, now=now, counts=counts, missing=lacking, health=_health(store, now))


def _health(store: Store, now: datetime) -> dict[str, str]:
    """What is not as it should be with the service itself; nothing where all is well."""
    notes = store.notes()
    health = {}
    if "last_error" in notes and now - notes["last_error"][1] < STALE:
        health["last_error"] = notes["last_error"][0]
    return health
