"""Sample letters of every kind: what `mailbot letters` shows, what `templates.check()` renders, what the tests look at.

The people are invented; a course may be given, so that the administrator sees her own titles, dates and prices.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

from mailbot.course import Course, Kind, Status, validate_course
from mailbot.letters.compose import Composed, compose
from mailbot.letters.key import letter_key
from mailbot.letters.templates import LANGUAGES, Templates
from mailbot.registration.records import Draft, Registration, Seat, Thread
from mailbot.resources import shipped
from mailbot.understanding.reading import Address, Person, Reason

NOW = datetime(2026, 1, 20, 8, 30, tzinfo=UTC)
EXPIRES = NOW + timedelta(days=3, hours=1)
METTE = Person(
    name="Mette Holm Jørgensen", email="mhj@eksempelbib.dk", title="souschef", organisation="Eksempelby Bibliotek",
    phone="+4512345678", ean="5798001234560", returning=True, dietary="vegetar",
)
BO = Person(name="Bo Lind", email="bol@eksempelbib.dk", title="afdelingsleder", organisation="Eksempelby Bibliotek", ean="5798001234560")
CARL = Person(name="Carl Madsen", title="teamleder", organisation="Eksempelby Bibliotek")
BARE = replace(METTE, ean=None, phone=None, dietary=None, returning=None)
ME = Address(METTE.name or "", METTE.email or "")
SOFIE = Address("Sofie Lund", "sol@eksempelbib.dk")
THREAD = Thread("<sample@eksempelbib.dk>", (), "Tilmelding")
To = Callable[..., Draft]  # kind, seats, and what else the letter says

LINES = (  # as `registration.commands.LineResult` has them
    SimpleNamespace(line="godkend 12", code="done", command="approve"),
    SimpleNamespace(line="tilbyd 13", code="refused", command="offer", reason=Reason("full", {"capacity": "24"})),
    SimpleNamespace(line="gokend 14", code="not_understood", values={"nearest": "godkend 12"}),
    SimpleNamespace(line="hjælp", code="done", command="help"),
)


def registration(person: Person, status: Status = Status.CONFIRMED, number: int = 12, contact: Address | None = None) -> Registration:
    return Registration(id=number, course="", status=status, person=person, received_at=NOW, queued_at=NOW, contact=contact)


def seat(
    person: Person, status: Status = Status.CONFIRMED, *, position: int | None = None, missing: tuple[str, ...] = (),
    contact: Address | None = None, news: str = "", number: int = 12,
) -> Seat:
    return Seat(registration(person, status, number, contact), position, missing, news)


def drafts(course: Course) -> Iterator[tuple[str, Draft]]:
    """(name, draft) of letters that show what the templates can say; the name is the kind with a word for the variant."""

    def to(kind: Kind, *seats: Seat, reply: Thread | None = None, whom: Address = ME, **facts: object) -> Draft:
        return Draft(kind=kind, course=course.id, to=whom, subject_of="registration:12", seats=seats, reply=reply, facts=facts)

    yield from _about_signups(to)
    yield from _about_changes(to)
    yield from _about_offers(to)
    yield from _about_meetings(to, course)
    yield from _others(to)


def _about_signups(to: To) -> Iterator[tuple[str, Draft]]:
    yield "confirmation", to(Kind.CONFIRMATION, seat(METTE), reply=THREAD, question=True)
    yield "confirmation-missing", to(Kind.CONFIRMATION, seat(BARE, missing=("ean",)), reply=THREAD)
    wrong = replace(BARE, title=None, ean_invalid="579800123456")
    yield "confirmation-wrong-ean", to(Kind.CONFIRMATION, seat(wrong, missing=("title", "ean")))
    yield "confirmation-by", to(Kind.CONFIRMATION, seat(METTE, contact=SOFIE))
    yield "confirmation-group", to(
        Kind.CONFIRMATION, seat(METTE, contact=SOFIE, number=12), seat(BO, contact=SOFIE, number=13),
        seat(CARL, Status.WAITING, position=1, missing=("email", "ean"), contact=SOFIE, number=14), reply=THREAD, whom=SOFIE,
    )
    yield "confirmation-offer", to(Kind.CONFIRMATION, replace(seat(METTE), registration=replace(registration(METTE), offered_at=NOW)))
    yield "confirmation-successor", to(Kind.CONFIRMATION, seat(METTE), predecessor="Bo Lind")
    yield "waiting", to(Kind.WAITING, seat(BARE, Status.WAITING, position=3, missing=("ean",)), reply=THREAD)
    yield "waiting-again", to(Kind.WAITING, seat(BARE, Status.WAITING, position=2), expires_at=NOW - timedelta(days=2))
    yield "waiting-group", to(
        Kind.WAITING, seat(METTE, Status.WAITING, position=3, contact=SOFIE), seat(CARL, Status.WAITING, position=4, contact=SOFIE),
        reply=THREAD, whom=SOFIE,
    )
    yield "late", to(Kind.LATE, seat(METTE, Status.WAITING, position=4), reply=THREAD, waiting=True)
    yield "late-review", to(Kind.LATE, seat(METTE, Status.REVIEW), reply=THREAD, waiting=False)


def _about_changes(to: To) -> Iterator[tuple[str, Draft]]:
    yield "updated", to(Kind.UPDATED, seat(METTE), reply=THREAD, changed=("title", "ean"))
    yield "updated-address", to(Kind.UPDATED, seat(METTE), whom=Address(ME.name, "gammel@eksempelbib.dk"), changed=("email",),
                                old_email="gammel@eksempelbib.dk")
    yield "already", to(Kind.ALREADY, seat(METTE), reply=THREAD)
    yield "already-waiting", to(Kind.ALREADY, seat(METTE, Status.WAITING, position=2), reply=THREAD)
    yield "missing_details", to(Kind.MISSING_DETAILS, seat(BARE, missing=("ean",)))
    carl = seat(CARL, missing=("email", "ean"), contact=SOFIE)
    yield "missing_details-contact", to(Kind.MISSING_DETAILS, carl, whom=SOFIE, deadline=True)
    yield "cancelled", to(Kind.CANCELLED, seat(METTE, Status.CANCELLED), reply=THREAD)
    yield "cancelled-late", to(Kind.CANCELLED, seat(METTE, Status.CANCELLED), reply=THREAD, late_cancellation=True)
    yield "cancelled-contact", to(Kind.CANCELLED, seat(BO, Status.CANCELLED, contact=SOFIE), reply=THREAD, whom=SOFIE)
    yield "substituted", to(Kind.SUBSTITUTED, seat(METTE, Status.CANCELLED), reply=THREAD, successor="Bo Lind")


def _about_offers(to: To) -> Iterator[tuple[str, Draft]]:
    offered = replace(seat(BARE, Status.OFFERED), registration=replace(registration(BARE, Status.OFFERED), offer_expires_at=EXPIRES))
    yield "offer", to(Kind.OFFER, offered, expires_at=EXPIRES)
    yield "offer-contact", to(Kind.OFFER, seat(CARL, Status.OFFERED, contact=SOFIE), whom=SOFIE, expires_at=EXPIRES)
    yield "offer_reminder", to(Kind.OFFER_REMINDER, offered, expires_at=EXPIRES)
    yield "offer_lapsed", to(Kind.OFFER_LAPSED, seat(BARE, Status.EXPIRED))
    yield "declined", to(Kind.DECLINED, seat(BARE, Status.DECLINED), reply=THREAD)


def _about_meetings(to: To, course: Course) -> Iterator[tuple[str, Draft]]:
    earlier = course.meetings[0].model_copy(update={"date": course.meetings[0].date - timedelta(days=7)})
    moved = course.meetings[0].model_copy(update={"place": "Odense Hovedbibliotek, Østre Stationsvej 15"})
    yield "meeting_reminder", to(Kind.MEETING_REMINDER, seat(METTE), meeting=moved, number=1, days=14)
    yield "meeting_reminder-contact", to(Kind.MEETING_REMINDER, seat(CARL, contact=SOFIE), whom=SOFIE, meeting=course.meetings[-1],
                                         number=len(course.meetings), days=3)
    yield "place", to(Kind.PLACE, seat(METTE), meeting=moved, number=1, change="place", before=course.meetings[0])
    yield "place-moved", to(Kind.PLACE, seat(METTE), meeting=course.meetings[0], number=1, change="date", before=earlier)
    yield "place-called-off", to(Kind.PLACE, seat(METTE), meeting=course.meetings[0], number=1, change="called_off")


def _others(to: To) -> Iterator[tuple[str, Draft]]:
    yield "receipt", to(Kind.RECEIPT, reply=THREAD)
    yield "verify", to(Kind.VERIFY, seat(METTE), intent="cancel", asker=SOFIE, own=False, names=(METTE.name,))
    yield "verify-own", to(Kind.VERIFY, seat(METTE), intent="substitute", asker=ME, own=True, names=(METTE.name,), successor="Bo Lind")
    yield "answer", to(Kind.ANSWER, reply=THREAD, text="Ja, der er gratis parkering lige ved biblioteket.\n\nGod tur!")
    yield "answer-facts", to(Kind.ANSWER, reply=THREAD, asked=("price", "deadline", "dates", "place", "signup"))
    yield "command_reply", to(Kind.COMMAND_REPLY, reply=THREAD, results=LINES)
    yield "thanks", to(Kind.THANKS, reply=THREAD, intent="update")


def sample_course(language: str) -> Course:
    """The shipped course in this language, as far as the language is ours to choose."""
    raw = tomllib.loads(shipped("data", "hverdagsledelse-2026.toml").read_text("utf-8"))
    return validate_course(raw, "hverdagsledelse-2026.toml").model_copy(update={"language": language})


def samples(templates: Templates, course: Course | None = None) -> Iterator[tuple[str, str, Composed]]:
    """(language, name, letter) of all samples: of `course` in its language, else of the shipped course in each."""
    for language in (course.language,) if course else LANGUAGES:
        subject = course or sample_course(language)
        for name, draft in drafts(subject):
            yield language, name, compose(draft, subject, key=letter_key(b"sample", draft), now=NOW, templates=templates)


def write(directory: Path, course: Course, templates: Templates) -> tuple[Path, ...]:
    """Each sample as `<name>.html` and `<name>.txt` in `directory` (made where it is missing). Raises TemplateError, OSError."""
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for _, name, letter in samples(templates, course):
        for ending, content in (("html", letter.html), ("txt", f"{letter.subject}\n\n{letter.text}")):
            path = directory / f"{name}.{ending}"
            path.write_text(content, "utf-8")
            written.append(path)
    return tuple(written)
