"""What a template may say: the values of a draft and its course, cleaned and written in the language of the course.

Each name that a template can use is made here, for every kind of letter (absent facts have a neutral value), so that a
wrong name in a template is always a mistake of the template.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailbot.course import Course, Kind, Meeting
from mailbot.letters import words as forms
from mailbot.letters.clean import block, foreign, line
from mailbot.letters.reasons import fields_of, sentence_of
from mailbot.letters.words import Words
from mailbot.registration.records import Draft, Seat
from mailbot.understanding.reading import Address, Reason


@dataclass(frozen=True, slots=True)
class PersonView:
    """A person as a letter speaks of them."""

    name: str
    first_name: str
    status: str
    news: str
    position: int | None
    missing: str            # "din titel og et EAN-nummer til fakturaen"
    missing_short: str      # "titel og EAN-nummer"
    example: str            # "souschef, EAN 5798…"
    details: tuple[tuple[str, str], ...]
    summary: str            # the details in a line
    wrong_ean: str          # digits in groups, of a number that is no EAN; "" where there is none (or a right one)
    wrong_ean_length: int
    asks: tuple[str, ...]   # the fields that are missing, by their names in the course file
    library: str
    addressee: bool


@dataclass(frozen=True, slots=True)
class GroupView:
    """People who share a status: `names` as a list in words ("du og Bo Lind"; `you`: the addressee is among them)."""

    status: str
    news: str               # "already" where they had it before
    names: str
    many: bool
    you: bool
    positions: str


@dataclass(frozen=True, slots=True)
class MeetingView:
    number: int
    date: str
    span: str
    when: str               # date and span
    place: str
    called_off: bool


@dataclass(frozen=True, slots=True)
class ResultView:
    """What became of a line of the administrator's."""

    line: str
    command: str
    sentence: str


def values(draft: Draft, course: Course, words: Words, sentences: Mapping[str, str]) -> dict[str, Any]:
    """All names of a template for this letter; `sentences` are those of reasons, by code."""
    people = tuple(_person(seat, draft, words) for seat in draft.seats)
    you = _is_addressee(draft)
    main = draft.seats[0].registration if draft.seats else None
    by = main.contact if main and you and main.contact and main.contact.email != draft.to.email else None
    return {
        **_course(course, words),
        **_facts(draft, course, words),
        "results": tuple(_result(r, words, sentences) for r in _sequence(draft.facts.get("results"))),
        "language": words.language,
        "greeting": words.greeting(_addressee(draft)),
        "people": people,
        "person": people[0] if people else None,
        "several": len(people) > 1,
        "you": you,
        "by": foreign(by.name or by.email) if by else "",
        "groups": _groups(people, words),
        "names": words.listing([p.name for p in people]),
        "lacking": tuple(p for p in people if p.missing),
        "mistaken": tuple(p for p in people if p.wrong_ean),
        "after_offer": bool(main and main.offered_at),
    }


def _course(course: Course, words: Words) -> dict[str, Any]:
    contact = course.contact
    name = line(contact.name) if contact else ""
    ahead = course.held_meetings
    return {
        "course": course.title,
        "organisers": words.listing(course.organisers),
        "contact": name or course.title,
        "contact_first": forms.first_name(name) or name or course.title,
        "contact_is_known": bool(name),
        "organisation": contact.organisation if contact and contact.organisation else (course.organisers[0] if course.organisers else ""),
        "signup_address": course.signup_address,
        "price": words.price(course),
        "deadline": words.date(course.signup_deadline) if course.signup_deadline else "",
        "cancel_free_until": words.date(course.cancel_free_until) if course.cancel_free_until else "",
        "terms": block(course.terms),
        "privacy": block(course.privacy),
        "meetings": tuple(_meeting(m, n, words) for n, m in enumerate(course.meetings, 1) if not m.called_off or m in ahead),
        "dates": words.meetings(ahead),
        "places_known": sum(bool(m.place) for m in ahead),
        "many_meetings": len(ahead) > 1,
    }


def _facts(draft: Draft, course: Course, words: Words) -> dict[str, Any]:
    """The draft's own facts (`registration.facts`), by the names that templates use; absent ones are empty."""
    facts = draft.facts
    main = draft.seats[0].registration if draft.seats else None
    expires = facts.get("expires_at") or (main.offer_expires_at if main else None)
    meeting, number = facts.get("meeting"), facts.get("number")
    names = [foreign(name_of(n)) for n in _sequence(facts.get("names"))] or [foreign(s.registration.person.name) for s in draft.seats]
    whom = [words["you_object"] if n == foreign(draft.to.name) else n for n in names]
    before = facts.get("before")
    wish = words.section("wishes").get(str(facts.get("intent", "")), "")
    return {
        "expires": words.moment(expires, course) if isinstance(expires, datetime) else "",
        "offer_days": -(-course.offer_hours // 24),
        "question": bool(facts.get("question")),
        "changed": _changed(facts.get("changed"), words),
        "changes": _changed(facts.get("changes"), words),
        "new_email": line(main.person.email) if main and facts.get("old_email") == draft.to.email else "",
        "last_request": facts.get("deadline") is True,
        "late": bool(facts.get("late")),
        "late_cancellation": bool(facts.get("late_cancellation")),
        "successor": foreign(name_of(facts.get("successor"))),
        "predecessor": foreign(name_of(facts.get("predecessor"))),
        "meeting": _meeting(meeting, number if isinstance(number, int) else 1, words) if isinstance(meeting, Meeting) else None,
        "before": _meeting(before, 1, words).when if isinstance(before, Meeting) else "",
        "change": str(facts.get("change", "")),
        "wish": wish.format(names=words.listing(whom)) if whom else wish.format(names=course.title),
        "asker": foreign(name_of(facts.get("asker"))),
        "own": bool(facts.get("own")),
        "text": block(facts.get("text", "")),
        "asked": tuple(str(f) for f in _sequence(facts.get("asked"))),
    }


def _result(result: object, words: Words, sentences: Mapping[str, str]) -> ResultView:
    """A line's result as the rules give it (`registration.commands.LineResult`)."""
    reason = getattr(result, "reason", None)
    values = {str(k): line(v) for k, v in (getattr(result, "values", None) or {}).items()}
    code, command = str(getattr(result, "code", "")), str(getattr(result, "command", ""))
    forms = words.section("results")
    sentence = sentence_of(reason, sentences, words) if isinstance(reason, Reason) else ""
    if not sentence and command == "status" and "seated" in values:
        sentence = forms["status"].format(**{**dict.fromkeys(("seated", "capacity", "waiting", "open"), "0"), **values})
    if not sentence and (command, code) == ("list", "done"):
        sentence = forms["list"]
    if not sentence and code == "not_understood" and values.get("nearest"):
        sentence = forms["nearest"].format(nearest=values["nearest"])
    return ResultView(line(getattr(result, "line", ""), 200), command, sentence or forms.get(code, code))


def _changed(fields: object, words: Words) -> str:
    return fields_of((str(f) for f in _sequence(fields)), words)


def _person(seat: Seat, draft: Draft, words: Words) -> PersonView:
    person = seat.registration.person
    name = foreign(person.name or person.email or "")
    itself = person.email == draft.to.email
    labels = words.section("fields")
    noted = dict(_details(seat, itself, words))
    short = words.section("summary")
    wrong = line(person.ean_invalid or "", 40)
    entries = [m for m in seat.missing if not (wrong and "ean" in m.split("|"))]
    return PersonView(
        name=name,
        first_name=forms.first_name(name) or name,
        status=seat.registration.status.value,
        news=seat.news,
        position=seat.position,
        missing=words.listing(_label(words, "missing", e) for e in entries) if entries else "",
        missing_short=words.listing(_label(words, "missing_short", e) for e in entries) if entries else "",
        example=", ".join(_label(words, "example", e) for e in entries),
        details=tuple((labels[key], value) for key, value in noted.items()),
        summary=", ".join(short.get(key, "{}").format(value) for key, value in noted.items() if key != "name"),
        wrong_ean=forms.ean(wrong),
        wrong_ean_length=len(wrong),
        asks=tuple(e.split("|")[0] for e in entries),
        library=foreign(person.organisation or ""),
        addressee=itself,
    )


def _details(seat: Seat, itself: bool, words: Words) -> Iterable[tuple[str, str]]:
    """What we noted, by field. A diet is shown to the person it is about; the contact sees that it was noted."""
    person = seat.registration.person
    shown = {
        "name": foreign(person.name or ""),
        "title": foreign(person.title or ""),
        "organisation": foreign(person.organisation or ""),
        "email": foreign(person.email or ""),
        "phone": forms.phone(person.phone) if person.phone else "",
        "ean": forms.ean(person.ean) if person.ean else "",
        "cvr": foreign(person.cvr or ""),
        "reference": foreign(person.reference or ""),
        "invoice_email": foreign(person.invoice_email or ""),
        "dietary": (foreign(person.dietary) if itself else words["noted_diet"]) if person.dietary else "",
        "returning": words["yes"] if person.returning else "",
    }
    return ((key, value) for key, value in shown.items() if value)


def _groups(people: Sequence[PersonView], words: Words) -> tuple[GroupView, ...]:
    """People by status (and by whether they had it before), in the order in which the statuses first come."""
    groups = []
    for status, news in dict.fromkeys((p.status, _known_before(p)) for p in people):
        members = sorted((p for p in people if (p.status, _known_before(p)) == (status, news)), key=lambda p: not p.addressee)
        names = words.listing(words["you"] if p.addressee else p.name for p in members)
        positions = words.listing(str(p.position) for p in members if p.position is not None)
        groups.append(GroupView(status, news, names, len(members) > 1, members[0].addressee, positions))
    return tuple(groups)


def _known_before(person: PersonView) -> str:
    return "already" if person.news in (Kind.ALREADY, Kind.UPDATED) else ""


def _meeting(meeting: Meeting, number: int, words: Words) -> MeetingView:
    when = words.meeting(meeting)
    return MeetingView(number, words.date(meeting.date), words.span(meeting), when, line(meeting.place, 300), meeting.called_off)


def _is_addressee(draft: Draft) -> bool:
    """Whether the letter speaks to the one person it is about: by address (the one before a change, too), else by name."""
    if len(draft.seats) != 1:
        return not draft.seats
    registration = draft.seats[0].registration
    if draft.to.email in (registration.person.email, draft.facts.get("old_email")):
        return True
    first = forms.first_name(draft.to.name)
    return registration.contact is None and bool(first) and first == forms.first_name(registration.person.name or "")


def _addressee(draft: Draft) -> Address:
    """Whom to greet: the person's name as registered wins over the display name of their address."""
    for seat in draft.seats:
        if seat.registration.person.email == draft.to.email and seat.registration.person.name:
            return Address(seat.registration.person.name, draft.to.email)
    return draft.to


def _label(words: Words, section: str, entry: str) -> str:
    """Words for a missing field; alternatives without words of their own ("phone|email") are joined by "or"."""
    table = words.section(section)
    return table.get(entry) or words.listing([table.get(part, part) for part in entry.split("|")], "or")


def _sequence(value: object) -> Sequence[object]:
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(value) if isinstance(value, Iterable) else ()


def name_of(value: object) -> str:
    """The name in whatever stands for a person: a text, an address, a person, a registration, a seat."""
    if value is None or isinstance(value, str):
        return value or ""
    for inner in ("registration", "person"):
        if hasattr(value, inner):
            return name_of(getattr(value, inner))
    return str(getattr(value, "name", "") or getattr(value, "email", "") or "")

