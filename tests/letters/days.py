# ruff: noqa: E501 - samples read best as rows
"""Three days in the life of a course, as the digest tells them: an empty one, a normal one, a bad one.

`python -m letters.days FOLDER` (with tests/ on the path) writes each as a page and a text, to look at. The people are invented.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mailbot.course import Kind, Mode, Status
from mailbot.letters.compose import Composed
from mailbot.letters.digest import build, compose_digest
from mailbot.letters.preview import sample_course
from mailbot.letters.templates import Templates
from mailbot.registration.records import Item, ItemKind, LetterRecord, LetterState, Registration, Roster, Settings, Source
from mailbot.understanding.lexicon import words
from mailbot.understanding.reading import Address, Finding, Intent, Person, Reason

COURSE = sample_course("da")
NOW = datetime.fromisoformat("2026-02-17T07:30:00+01:00")
HER = Address("Lisbet Vestergaard", "lv@fremtidensbiblioteker.dk")
AUTO = Settings(mode=Mode.AUTO)
CODE = "abcdefghijklmnopqrstuvwxyz234567"

PEOPLE = tuple(
    Person(name=name, title=title, organisation=house, email=f"{name.split()[0].lower()}@{domain}", ean="5798001234560")
    for name, title, house, domain in (
        ("Mette Holm Jørgensen", "souschef", "Brønderslev Bibliotek", "99454545.dk"),
        ("Bo Lind", "afdelingsleder", "Odense Bibliotekerne", "odense.dk"),
        ("Karen Skov", "teamleder", "Aalborg Bibliotekerne", "aalborg.dk"),
        ("Jens Peter Dam", "områdeleder", "Vejle Bibliotekerne", "vejle.dk"),
        ("Fatima Yilmaz", "teamleder", "Københavns Biblioteker", "kff.kk.dk"),
        ("Anne-Grethe Bach", "souschef", "Roskilde Bibliotekerne", "roskilde.dk"),
        ("Ole Friis", "afdelingsleder", "Esbjerg Kommunes Biblioteker", "esbjerg.dk"),
        ("Line Kjær", "teamkoordinator", "Herning Bibliotekerne", "herning.dk"),
        ("Søren Munk", "biblioteksleder", "Bornholms Folkebiblioteker", "brk.dk"),
        ("Pia Toft", "souschef", "Silkeborg Bibliotek", "silkeborg.dk"),
        ("Rikke Aagaard", "afdelingsleder", "Aarhus Kommunes Biblioteker", "aarhus.dk"),
        ("Thomas Vang", "teamleder", "Odense Bibliotekerne", "odense.dk"),
        ("Hanne Lorenzen", "souschef", "Sønderborg Bibliotek", "sonderborg.dk"),
        ("Maja Bro", "teamleder", "Randers Bibliotek", "randers.dk"),
        ("Ivan Petersen", "afdelingsleder", "Næstved Bibliotek", "naestved.dk"),
        ("Gitte Ravn", "områdeleder", "Viborg Bibliotekerne", "viborg.dk"),
        ("Ulla Storm", "teamleder", "Kolding Bibliotekerne", "kolding.dk"),
        ("Nikolaj Krogh", "souschef", "Gentofte Bibliotekerne", "gentofte.dk"),
        ("Eva Thorup", "teamleder", "Horsens Kommunes Biblioteker", "horsens.dk"),
        ("Kim Vestergaard Andersen", "afdelingsleder", "Holstebro Bibliotek", "holstebro.dk"),
        ("Birthe Sand", "souschef", "Hjørring Bibliotekerne", "hjoerring.dk"),
        ("Lone Fink", "teamleder", "Odense Bibliotekerne", "odense.dk"),
        ("Peter Holst", "teamleder", "Guldborgsund-bibliotekerne", "guldborgsund.dk"),
        ("Trine Bo Hede", "souschef", "Helsingør Kommunes Biblioteker", "helsingor.dk"),
        ("Asger Ny", "teamleder", "Svendborg Bibliotek", "svendborg.dk"),
        ("Dorte Vinther", "afdelingsleder", "Haderslev Bibliotekerne", "haderslev.dk"),
    )
)


def person(number: int, status: Status = Status.CONFIRMED, *, days: float = 0.4, **changes: Any) -> Registration:
    who = PEOPLE[(number - 1) % len(PEOPLE)]
    at = NOW - timedelta(days=days)
    made = Registration(id=number, course=COURSE.id, status=status, person=who, received_at=at, queued_at=at, message="m")
    return replace(made, **changes)


def letter(
    number: int, kind: Kind, state: LetterState, about: Registration, reason: Reason | None = None, *, days: float = 0.3
) -> LetterRecord:
    to = Address(about.person.name or "", about.person.email or "")
    planned = NOW - timedelta(days=days)
    return LetterRecord(number=number, key="", kind=kind, course=COURSE.id, to=to, about=(about.id,), subject_of=f"registration:{about.id}",
                        version=1, state=state, planned_at=planned, reason=reason)  # fmt: skip


def item(
    number: int, kind: ItemKind, who: Person | None, subject: str, excerpt: str, *reasons: Reason, hours: float = 15, **more: Any
) -> Item:
    sender = Address(who.name or "", who.email or "") if who else None
    at = NOW - timedelta(hours=hours)
    return Item(id=number, course=COURSE.id, kind=kind, opened_at=at, received_at=at, sender=sender, subject=subject, excerpt=excerpt,
                reasons=reasons, message_id=f"<{number}@eksempelby.dk>", **more)  # fmt: skip


def empty_day() -> Roster:
    people = tuple(person(n, days=30 - n) for n in range(1, 8))
    return Roster(COURSE, settings=AUTO, registrations=people, digest_sent_on=date(2026, 2, 16))


def _settled() -> tuple[Registration, ...]:
    return tuple(person(n, days=(31, 30, 30, 27, 25, 24, 20, 18, 17, 15, 13, 11, 10, 8, 6, 4)[n - 1]) for n in range(1, 17))


def normal_day() -> Roster:
    settled = list(_settled())
    corrected = NOW - timedelta(hours=9)
    settled[3] = replace(settled[3], sources={"ean": Source("m", corrected), "title": Source("m", corrected)})
    settled[6] = replace(settled[6], absences=(COURSE.meetings[1].date,))
    new = (person(17), person(18, days=0.3), person(19, days=0.2))
    offered = person(20, Status.OFFERED, days=9, offer_expires_at=NOW + timedelta(days=2, hours=1, minutes=30))
    waiting = (person(21, Status.WAITING, days=5), person(22, Status.WAITING, days=0.1))
    gone = person(23, Status.CANCELLED, days=12, ended_at=NOW - timedelta(hours=10))
    peter = replace(PEOPLE[22], name="Peter Holst", title="bibliotekar")
    items = (
        item(41, ItemKind.REVIEW, peter, "Tilmelding til lederforløb", "Jeg er bibliotekar og vikar for vores souschef frem til sommer. Kan jeg deltage?",
             Reason("outside_target_group", {"name": "Peter Holst", "title": "bibliotekar"}),
             proposal=Finding(intent=Intent.SIGNUP, participants=(peter,))),
        item(42, ItemKind.QUESTION, PEOPLE[0], "SV: Du har en plads på Hverdagsledelse 2026", "Er der mulighed for at overnatte i nærheden, når vi mødes i august?",
             Reason("question"), registrations=(1,)),
        item(44, ItemKind.TAKEN, PEOPLE[8], "Rejsen fra Bornholm", "", Reason("taken_over"), registrations=(9,), hours=40),
    )  # fmt: skip
    planned = letter(60, Kind.MISSING_DETAILS, LetterState.PLANNED, settled[4])
    return Roster(
        COURSE,
        settings=AUTO,
        registrations=(*settled, *new, offered, *waiting, gone),
        items=items,
        letters=(planned,),
        digest_sent_on=date(2026, 2, 16),
    )


def bad_day() -> Roster:
    base = normal_day()
    extra = tuple(person(n, Status.WAITING, days=n / 10) for n in range(24, 27))
    more: list[Item] = [
        item(70, ItemKind.UNCERTAIN, PEOPLE[2], "Tilbud om en plads på Hverdagsledelse 2026", "", Reason("broke_off_while_sending"), registrations=(3,)),
        item(71, ItemKind.QUARANTINE, PEOPLE[9], "Tilmelding (vedhæftet)", "", Reason("quarantined", {"problem": "RecursionError: too deep"})),
        item(72, ItemKind.QUARANTINE, None, "", "", Reason("quarantined", {"problem": "ValueError: no boundary"})),
        item(73, ItemKind.CONFLICT, None, "", "", Reason("file_contradicts", {"key": "capacity", "file": "26", "decided": "24"})),
        item(74, ItemKind.CONFLICT, None, "", "", Reason("file_contradicts", {"key": "meetings.2.place", "file": "Vejle Bibliotek", "decided": "Odense Hovedbibliotek"})),
        item(75, ItemKind.BOUNCE, None, "Undelivered Mail Returned to Sender", "550 5.1.1 <ivan@naestved.dk>: Recipient address rejected: User unknown",
             Reason("undeliverable", {"addresses": "ivan@naestved.dk", "status": "5.1.1"}), registrations=(15,)),
        item(76, ItemKind.REVIEW, PEOPLE[3], "Hastesag", "pladser 99", Reason("command_not_proved")),
        item(77, ItemKind.VERIFY, PEOPLE[10], "Afbud", "Rikke kan desværre ikke alligevel", Reason("asked_registered_address", {"to": "rikke@aarhus.dk"}),
             proposal=Finding(intent=Intent.CANCEL, withdrawn=("Rikke Aagaard",)), registrations=(11,)),
    ]  # fmt: skip
    for n in range(30):
        who = PEOPLE[n % len(PEOPLE)]
        more.append(item(80 + n, ItemKind.REVIEW, who, ("Tilmelding", "Vedr. lederforløb", "SV: Invitation")[n % 3],
                         ("Vi vil gerne have to pladser, navne følger senere.", "Kan jeg stå på venteliste, til jeg har talt med min chef?",
                          "Jeg tager gerne Karens plads, hvis hun ikke kan.")[n % 3],
                         Reason(("no_names", "considering", "not_allowed")[n % 3], {"seats": "2", "who": "colleague"}),
                         proposal=Finding(intent=Intent.SIGNUP, participants=(who,)) if n % 3 else None, hours=20 + n))  # fmt: skip
    by_id = {r.id: r for r in base.registrations}
    by_id[15] = replace(by_id[15], undeliverable=True)
    letters = (
        *base.letters,
        letter(61, Kind.CONFIRMATION, LetterState.FAILED, by_id[15], Reason("refused", {"why": "550 5.1.1 User unknown"})),
        letter(62, Kind.OFFER, LetterState.UNCERTAIN, by_id[3], Reason("broke_off_while_sending")),
        letter(63, Kind.WAITING, LetterState.DRAFTED, by_id[21], days=4),
        letter(64, Kind.CONFIRMATION, LetterState.WITHHELD, by_id[2], Reason("too_many_today", {"limit": "5"})),
    )
    course = COURSE.model_copy(
        update={"meetings": (COURSE.meetings[0].model_copy(update={"date": date(2026, 3, 6)}), *COURSE.meetings[1:])}
    )
    return replace(base, course=course, registrations=(*by_id.values(), *extra), items=(*base.items, *more), letters=letters,
                   settings=replace(AUTO, paused=True))  # fmt: skip


def _told(name: str) -> dict[str, Any]:
    """What the shell knows on that day."""
    well = {"last_pass": NOW - timedelta(minutes=1), "backup": NOW.replace(hour=2, minute=0)}
    reminder = (NOW + timedelta(days=1, hours=1, minutes=30), Kind.OFFER_REMINDER, ("Kim Vestergaard Andersen",))
    return {
        "empty": {"counts": {"ignored": 13}, "left_alone": {"unrelated": 12, "auto_reply": 1}, "health": well},
        "normal": {"counts": {"handled": 9, "review": 2, "ignored": 45}, "left_alone": {"unrelated": 41, "auto_reply": 3, "bounce": 1},
                   "health": well, "coming": (reminder,)},
        "bad": {"counts": {"handled": 3, "review": 38, "ignored": 242}, "left_alone": {"unrelated": 230, "auto_reply": 12},
                "health": well | {"backup": NOW - timedelta(days=4)},
                "troubles": (("backup_failed", NOW.replace(hour=2), "backup: [Errno 28] No space left on device"),
                             ("no_backup", NOW - timedelta(days=4), ""))},
    }[name]  # fmt: skip


def link(command: str) -> str:
    body = f"{command}\r\n\r\nmailbot-link.{CODE}\r\n"
    return f"mailto:{HER.email}?subject={quote(f'{COURSE.title}: {command.strip()}')}&body={quote(body)}"


def digests() -> Iterator[tuple[str, Composed]]:
    for name, roster in (("empty", empty_day()), ("normal", normal_day()), ("bad", bad_day())):
        missing = {r.id: ("ean",) for r in roster.registrations if r.id in (5, 12)} | {18: ("ean", "title")}
        told = build(roster, now=NOW, **_told(name), missing=missing)
        sentences = {code: str(sentence) for code, sentence in words("reasons").items()}
        yield name, compose_digest(told, roster.course, key=CODE, to=HER, templates=Templates(), link=link, sentences=sentences)


def write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, made in digests():
        (folder / f"{name}.html").write_text(made.html, "utf-8")
        (folder / f"{name}.txt").write_text(f"{made.subject}\n\n{made.text}", "utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
