"""The digest as a letter: what the administrator should know today in her words, with an answer to each open matter.

It is a letter like the others: `templates/<language>/digest.txt` gives the plain text, the page is its twin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from mailbot.course import Course, Kind, Status
from mailbot.letters.clean import foreign, line
from mailbot.letters.compose import Composed, finish
from mailbot.letters.geography import best, located
from mailbot.letters.mime import Attachment
from mailbot.letters.overview import Digest, build
from mailbot.letters.pictures import pictures
from mailbot.letters.reasons import fields_of, sentence_of
from mailbot.letters.templates import Templates
from mailbot.letters.twin import plain
from mailbot.letters.words import Words
from mailbot.registration.records import Draft, Item, ItemKind, LetterRecord, Registration
from mailbot.understanding.reading import Address, Finding, Intent, Person

__all__ = ["Digest", "Link", "build", "compose_digest"]

Link = Callable[[str], str]   # a command ("godkend 12") to the address of a prefilled, signed answer ("mailto:…")
MOST_ITEMS, MOST_LINES, MOST_PLACES = 40, 30, 10
LONGEST_ADDRESS = 1900   # some mail programs cut longer ones
UTF8 = (("charset", "utf-8"),)


@dataclass(frozen=True, slots=True)
class ItemView:
    number: int
    who: str
    subject: str
    received: str
    reasons: tuple[str, ...]
    excerpt: str
    proposal: str
    answers: tuple[str, ...]     # links, as `twin` reads them


def compose_digest(
    digest: Digest,
    course: Course,
    *,
    key: str,
    to: Address,
    templates: Templates,
    link: Link | None = None,
    sentences: Mapping[str, str] | None = None,
    sender: Address | None = None,
    attachments: Sequence[Attachment] = (),
) -> Composed:
    """The digest to `to`, dated `digest.now`. `sentences` are those of other rooms' reasons, by code; `attachments` such as
    the spreadsheet go along. Raises TemplateError.

    Items beyond the first `MOST_ITEMS` go into an attached list, so that no mail program cuts the digest short.
    """
    words = templates.words(course.language)
    told = {**(sentences or {}), **templates.sentences(course.language)}
    shown = () if digest.quiet else pictures(digest)
    values = _values(digest, words, told, link)
    values |= {"greeting": words.greeting(to), "write_all": _write_all(digest), "code": f"mailbot-letter.{key}"}
    values |= {"pictures": {p.cid for p in shown}, **_picture_words(digest, words)}
    subject, body = templates.render(course.language, "digest", values)
    draft = Draft(kind=Kind.DIGEST, course=course.id, to=to, subject_of=f"digest:{digest.now:%Y-%m-%d}")
    files = [*shown, *attachments]
    if len(digest.items) > MOST_ITEMS:
        rest = templates.render(course.language, "items", {**values, "items": _items(digest.items, words, told, course, None)})
        files.append(Attachment(f"{course.id}-{digest.now:%Y-%m-%d}.txt", "text/plain", plain(rest[1]).encode(), parameters=UTF8))
    return finish(subject, body, draft, course, key=key, now=digest.now, templates=templates, sender=sender, attachments=files)


def _values(digest: Digest, words: Words, sentences: Mapping[str, str], link: Link | None) -> dict[str, Any]:
    course = digest.course
    return {
        "course": course.title,
        "capacity": course.capacity,
        "taken": digest.taken,
        "confirmed": digest.confirmed,
        "offered": len(digest.offered),
        "free": max(0, course.capacity - digest.taken),
        "waiting": len(digest.waiting),
        "count": len(digest.items),
        "items": _items(digest.items[:MOST_ITEMS], words, sentences, course, link),
        "more_items": max(0, len(digest.items) - MOST_ITEMS),
        "joined": _capped(_line(r, digest, words) for r in digest.joined),
        "changed": _capped(f"{_who(r)}: {fields_of(fields, words)}" for r, fields in digest.changed),
        "ended": _capped(f"{_who(r)}: {words.section('statuses')[r.status.value]}" for r in digest.ended),
        "offers": _capped(
            f"{_who(r)}: {words.moment(r.offer_expires_at, course)}" if r.offer_expires_at else _who(r) for r in digest.offered
        ),
        "lacking": _capped(f"{_who(r)}: {fields_of(digest.missing[r.id], words)}" for r in digest.people if r.id in digest.missing),
        "undelivered": _capped(_letter(x, words, sentences, link, "again") for x in digest.undelivered),
        "planned": _capped(_letter(x, words, sentences, link, "stop") for x in digest.planned),
        "withheld": _capped(_letter(x, words, sentences, None, "") for x in digest.withheld),
        "drafted": _capped(_letter(x, words, sentences, None, "") for x in digest.drafted),
        "places": tuple({"number": n, "when": words.meeting(m)} for n, m in digest.places),
        "ignored": digest.counts.get("ignored", 0),
        "handled": digest.counts.get("handled", 0),
        "health": tuple((words.section("health").get(k, line(k)), line(v, 200)) for k, v in digest.health.items()),
        "mode": words.section("modes")[digest.settings.mode.value],
        "observing": digest.settings.mode.value == "observe",
        "paused": digest.settings.paused,
        "quiet": digest.quiet,
        "deadline": words.date(course.signup_deadline) if course.signup_deadline else "",
        "since": words.date(digest.since.astimezone(course.zone).date(), year=False),
    }


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines to show and how many more there are."""

    shown: tuple[str, ...]
    more: int

    def __bool__(self) -> bool:
        return bool(self.shown)


def _capped(lines: Iterable[str]) -> Lines:
    everything = tuple(lines)
    return Lines(everything[:MOST_LINES], max(0, len(everything) - MOST_LINES))


def _picture_words(digest: Digest, words: Words) -> dict[str, Any]:
    """What the pictures show, in words, and the towns that lie best for everybody."""
    forms, course = words.section("pictures"), digest.course
    counts = located(r.person for r in digest.people)
    far = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0].name))
    named = [forms["place"].format(name=p.name, number=n) for p, n in far[:MOST_PLACES]]
    if len(far) > MOST_PLACES:
        named.append(forms["more"].format(number=len(far) - MOST_PLACES))
    first = min((r.received_at for r in digest.people), default=digest.now).astimezone(course.zone).date()
    deadline = forms["deadline"].format(deadline=words.date(course.signup_deadline)) if course.signup_deadline else ""
    return {
        "signups_words": forms["signups"].format(number=len(digest.people), first=words.date(first, year=False), deadline=deadline).strip(),
        "map_words": forms["map"].format(places=words.listing(named)),
        "best_places": words.listing((p.name for p in best(counts)), "or"),
    }


def _write_all(digest: Digest) -> str:
    """A mailto with everybody who has a seat in bcc (RFC 6068); "" where there is nobody, or it would be too long to work."""
    people = (r for r in digest.people if r.status is Status.CONFIRMED)
    addresses = dict.fromkeys(r.person.email or (r.contact.email if r.contact else "") for r in people)
    bcc = ",".join(quote(line(a), safe="@") for a in addresses if a)
    address = f"mailto:{quote(digest.course.signup_address, safe='@')}?bcc={bcc}&subject={quote(digest.course.title)}"
    return address if bcc and len(address) <= LONGEST_ADDRESS else ""


def _items(
    items: Iterable[Item], words: Words, sentences: Mapping[str, str], course: Course, link: Link | None
) -> tuple[ItemView, ...]:
    return tuple(_item(item, words, sentences, course, link) for item in items)


def _item(item: Item, words: Words, sentences: Mapping[str, str], course: Course, link: Link | None) -> ItemView:
    sender = item.sender
    who = foreign(sender.name or sender.email) if sender else ""
    return ItemView(
        number=item.id,
        who=f"{who} <{line(sender.email)}>" if sender and sender.name and sender.email else who,
        subject=foreign(item.subject),
        received=words.moment(item.received_at or item.opened_at, course),
        reasons=tuple(dict.fromkeys(sentence_of(r, sentences, words) for r in item.reasons))[:6],
        excerpt=foreign(item.excerpt, 300),
        proposal=_proposal(item.proposal, words) if item.proposal else "",
        answers=tuple(_answer(command, item.id, words, link) for command in _commands(item)),
    )


def _commands(item: Item) -> tuple[str, ...]:
    """The answers that fit an open matter, the likely one first."""
    if item.kind is ItemKind.TAKEN:
        return ("resume", "reject")
    if item.kind is ItemKind.QUESTION:
        return ("answer", "reject")
    if item.proposal is None:
        return ("answer", "reject") if item.sender and item.kind is ItemKind.REVIEW else ("reject",)
    return ("approve", "wait", "reject") if item.proposal.intent is Intent.SIGNUP else ("approve", "reject")


def _answer(command: str, number: int, words: Words, link: Link | None) -> str:
    text = words.section("commands")[command].format(n=number)
    return f"[{text.strip()}]({link(text)})" if link else text.strip()


def _proposal(finding: Finding, words: Words) -> str:
    form = words.section("proposals").get(finding.intent.value, "")
    people = words.listing(_described(p) for p in finding.participants) or words.section("proposals")["the_writer"]
    withdrawn = words.listing(foreign(w) for w in finding.withdrawn) or words.section("proposals")["the_writer"]
    return form.format(people=people, withdrawn=withdrawn)


def _described(person: Person) -> str:
    parts = (person.name or person.email, person.title, person.organisation)
    return ", ".join(foreign(part) for part in parts if part)


def _who(registration: Registration) -> str:
    person = registration.person
    name, house = foreign(person.name or person.email or ""), foreign(person.organisation or "")
    return f"{registration.id} {name} ({house})" if house else f"{registration.id} {name}"


def _line(registration: Registration, digest: Digest, words: Words) -> str:
    status = words.section("statuses")[registration.status.value]
    if registration.status is Status.WAITING:
        position = next((n for n, r in enumerate(digest.waiting, 1) if r.id == registration.id), None)
        status += f" ({position})" if position else ""
    return f"{_who(registration)}: {status}"


def _letter(letter: LetterRecord, words: Words, sentences: Mapping[str, str], link: Link | None, command: str) -> str:
    text = f"{words.section('kinds')[letter.kind.value]} → {foreign(letter.to.name or letter.to.email)}"
    if letter.reason:
        text += f": {sentence_of(letter.reason, sentences, words)}"
    return f"{text} · {_answer(command, letter.number, words, link)}" if command else text
