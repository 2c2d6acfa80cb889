"""The digest as a letter: what the administrator should know today in her words, with an answer to each open matter.

It is a letter like the others: `templates/<language>/digest.txt` gives the plain text, the page is its twin.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from mailbot.course import Course, Kind, Status
from mailbot.letters.clean import foreign, line
from mailbot.letters.compose import Composed, finish
from mailbot.letters.geography import best, distance, located
from mailbot.letters.matters import Desk, Link, who
from mailbot.letters.mime import Attachment
from mailbot.letters.overview import Digest, build, last_time
from mailbot.letters.pictures import pictures
from mailbot.letters.reasons import fields_of, sentence_of
from mailbot.letters.templates import Templates
from mailbot.letters.twin import plain
from mailbot.letters.words import Words
from mailbot.registration.records import Draft, LetterRecord, Registration
from mailbot.understanding.reading import Address

__all__ = ["Digest", "Link", "build", "compose_digest", "last_time"]

GUIDE = "vejledning.txt"  # the attachment of that name is spoken of
MOST_PLACES = 10
ROOM = ((25, 20), (12, 10), (6, 5))   # how many items, and lines of each list: less, where they are long
LARGEST_PAGE = 98_000    # bytes; Gmail cuts off after 102 kB
LONGEST_ADDRESS = 1900   # some mail programs cut longer ones
UTF8 = (("charset", "utf-8"),)


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
    original: str = "",
) -> Composed:
    """The digest to `to`, dated `digest.now`. `sentences` are those of other rooms' reasons, by code; `attachments` such as
    the spreadsheet go along; `original` is where her mail program on the web shows a message, with `{message_id}` in it.
    Raises TemplateError.

    What would make the page too long for some mail programs stands in an attached text, with all the rest.
    """
    words = templates.words(course.language)
    told = {**(sentences or {}), **templates.sentences(course.language)}
    desk = Desk(course=course, words=words, sentences=told, people={r.id: r for r in digest.people}, link=link, original=original)
    shown = () if digest.quiet else pictures(digest)
    values: dict[str, Any] = {"greeting": words.greeting(to), "write_all": _write_all(digest, words), "code": f"mailbot-letter.{key}"}
    values |= {"guide": any(a.name == GUIDE for a in attachments), "pictures": {p.cid for p in shown}, **_picture_words(digest, words)}
    draft = Draft(kind=Kind.DIGEST, course=course.id, to=to, subject_of=f"digest:{digest.now:%Y-%m-%d}")
    values |= _values(digest, desk)
    whole = {name: tuple(lines) for name, lines in _lines(digest, desk).items()}
    rest: tuple[Attachment, ...] = ()
    for room in ROOM:
        if not rest and _is_cut(whole, room):
            rest = _rest(digest, values | whole, templates)
        subject, body = templates.render(course.language, "digest", values | _capped(whole, room, words))
        files = [*shown, *attachments, *rest]
        made = finish(subject, body, draft, course, key=key, now=digest.now, templates=templates, sender=sender, attachments=files)
        if len(made.html.encode()) - sum(len(p.content) * 4 // 3 for p in shown) <= LARGEST_PAGE:
            break
    return made


def _is_cut(whole: Mapping[str, Sequence[object]], room: tuple[int, int]) -> bool:
    return any(len(lines) > room[name != "items"] for name, lines in whole.items())


def _rest(digest: Digest, values: Mapping[str, Any], templates: Templates) -> tuple[Attachment]:
    """The whole digest as a text to read."""
    _, body = templates.render(digest.course.language, "digest", {**values, "more_items": 0, "pictures": (), "write_all": ()})
    text = plain(body.rpartition("\n\n--\n\n")[0])
    return (Attachment(f"{digest.course.id}-{digest.now:%Y-%m-%d}.txt", "text/plain", text.encode(), parameters=UTF8),)


def _values(digest: Digest, desk: Desk) -> dict[str, Any]:
    course, words = digest.course, desk.words
    left_alone, wrong = words.section("left_alone"), words.section("troubles")
    kinds = sorted(digest.left_alone.items(), key=lambda pair: -pair[1])
    return {
        "course": course.title,
        "capacity": course.capacity,
        "taken": digest.taken,
        "confirmed": digest.confirmed,
        "offered": len(digest.offered),
        "free": max(0, course.capacity - digest.taken),
        "waiting": len(digest.waiting),
        "count": len(digest.items),
        "ignored": digest.counts.get("ignored", 0),
        "left_alone": words.listing(f"{n} {left_alone.get(kind, left_alone['unrelated'])}" for kind, n in kinds if n),
        "handled": digest.counts.get("handled", 0),
        "reviewed": digest.counts.get("review", 0),
        "troubles": tuple(
            wrong.get(code, wrong["last_error"]).format(at=words.recently(at, digest.now, course), what=foreign(what, 200))
            for code, at, what in digest.troubles
        ),
        "health": tuple(
            (words.section("health").get(k, line(k)), words.recently(v, digest.now, course) if isinstance(v, datetime) else line(v, 200))
            for k, v in digest.health.items()
        ),
        "mode": words.section("modes")[digest.settings.mode.value],
        "observing": digest.settings.mode.value == "observe",
        "paused": digest.settings.paused,
        "resume": desk.answer("resume_all"),
        "quiet": digest.quiet,
        "deadline": words.date(course.signup_deadline) if course.signup_deadline else "",
        "since": words.date(digest.since.astimezone(course.zone).date(), year=False),
    }


def _lines(digest: Digest, desk: Desk) -> dict[str, Iterable[object]]:
    """The lists of the digest, by name; "items" are views, the others lines of text."""
    words, course = desk.words, digest.course
    statuses, kinds = words.section("statuses"), desk.words.section("kinds")
    positions = {r.id: n for n, r in enumerate(digest.waiting, 1)}
    return {
        "items": desk.items(digest.items),
        "joined": (_line(r, positions, words) for r in digest.joined),
        "changed": (f"{who(r)}: {fields_of(fields, words)}" for r, fields in digest.changed),
        "ended": (f"{who(r)}: {statuses[r.status.value]}" for r in digest.ended),
        "offers": (
            f"{who(r)}: {words.moment(r.offer_expires_at, course) if r.offer_expires_at else words['no_clock']}"
            for r in digest.offered
        ),
        "lacking": (f"{who(r)}: {fields_of(digest.missing[r.id], words)}" for r in digest.people if r.id in digest.missing),
        "absent": (f"{who(r)}: {words.listing(words.date(d, year=False) for d in days)}" for r, days in digest.absent),
        "unreachable": (f"{foreign(r.person.name or '')} · {desk.answer('address', number=r.id)}" for r in digest.unreachable),
        "undelivered": (_letter(x, desk, "again") for x in digest.undelivered),
        "planned": (_letter(x, desk, "stop") for x in digest.planned),
        "coming": (
            f"{words.recently(at, digest.now, course)}: {kinds[kind.value]} → {_names(names, words)}" for at, kind, names in digest.coming
        ),
        "withheld": (_withheld(x, desk) for x in digest.withheld),
        "drafted": (_letter(x, desk, "stop") for x in digest.drafted),
        "taken_over": (
            f"{desk.title(i)}{f' – {about}' if (about := desk.item(i).about) else ''} · {desk.answer('resume', i)}"
            for i in digest.taken_over
        ),
        "places": (
            f"{words['meeting_without_place'].format(n=n, when=words.meeting(m))} · {desk.answer('place', number=n)}"
            for n, m in digest.places
        ),
    }  # fmt: skip


def _names(names: Sequence[str], words: Words) -> str:
    """The first three, and how many more."""
    shown = [foreign(name) for name in names[:3]]
    return words.listing([*shown, words["others"].format(number=len(names) - 3)] if len(names) > 3 else shown)


def _capped(whole: Mapping[str, Sequence[object]], room: tuple[int, int], words: Words) -> dict[str, Any]:
    """As much of it as there is room for: items, and of each list so many lines, the last of them saying how many more there are."""
    items, (most_items, most) = whole["items"], room
    more = words["more_lines"]
    capped = {n: x if len(x) <= most else (*x[:most], more.format(n=len(x) - most)) for n, x in whole.items()}
    return {**capped, "items": items[:most_items], "more_items": max(0, len(items) - most_items)}


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
        "kilometres": round(distance(best(counts)[0], counts) / 5) * 5 if counts else 0,
    }


def _write_all(digest: Digest, words: Words) -> tuple[str, ...]:
    """Links to everybody who has a seat, in bcc (RFC 6068); several where one would be too long for a mail program."""
    people = (r for r in digest.people if r.status is Status.CONFIRMED)
    addresses = list(dict.fromkeys(a for r in people if (a := r.person.email or (r.contact.email if r.contact else ""))))
    start = f"mailto:{quote(digest.course.signup_address, safe='@')}?subject={quote(digest.course.title)}&bcc="
    parts = list(_split([quote(line(a), safe="@") for a in addresses], LONGEST_ADDRESS - len(start)))
    label = words["write_all"] if len(parts) == 1 else words["write_part"]
    return tuple(f"[{label.format(n=n, of=len(parts))}]({start}{','.join(part)})" for n, part in enumerate(parts, 1))


def _split(addresses: Iterable[str], most: int) -> Iterator[list[str]]:
    """Runs of addresses that take at most so many characters with their commas."""
    part: list[str] = []
    for address in addresses:
        if part and sum(map(len, part)) + len(part) + len(address) > most:
            yield part
            part = []
        part.append(address)
    if part:
        yield part


def _line(registration: Registration, positions: Mapping[int, int], words: Words) -> str:
    status = words.section("statuses")[registration.status.value]
    position = positions.get(registration.id)
    return f"{who(registration)}: {status} ({position})" if position else f"{who(registration)}: {status}"


def _letter(letter: LetterRecord, desk: Desk, command: str) -> str:
    text = f"{desk.words.section('kinds')[letter.kind.value]} → {foreign(letter.to.name or letter.to.email)}"
    if letter.reason:
        text += f": {sentence_of(letter.reason, desk.sentences, desk.words)}"
    return f"{text} · {desk.answer(command, number=letter.number)}"


def _withheld(letter: LetterRecord, desk: Desk) -> str:
    """Who did not get what, and why (that nothing is sent in observe, the heading says)."""
    text = f"{letter.number} {foreign(letter.to.name or letter.to.email)}: {desk.words.section('kinds')[letter.kind.value]}"
    if letter.reason is None or letter.reason.code == "observe":
        return text
    return f"{text}. {sentence_of(letter.reason, desk.sentences, desk.words)}"
