"""The service starts again: the course file was edited, the settings name another mode."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from app.office import signup
from mailbot.app.handle import Received, Rules, handle
from mailbot.app.opening import change_mode, keep_course
from mailbot.course import Contact, Course, Kind, Meeting, Mode
from mailbot.letters.templates import Templates
from mailbot.registration.records import LetterRecord, LetterState
from mailbot.store.sqlite import SqliteStore

NOW = datetime.fromisoformat("2026-02-02T10:00:00+01:00")
MEETINGS = tuple(Meeting(date=date(2026, month, 11), start=time(10), end=time(15)) for month in (6, 8))
COURSE = Course(
    id="hverdagsledelse-2026", title="Hverdagsledelse 2026", aliases=("hverdagsledelse",), capacity=1,
    signup_address="lv@fremtidensbiblioteker.dk", contact=Contact(name="Lisbet", email="lv@fremtidensbiblioteker.dk"), meetings=MEETINGS,
)  # fmt: skip
RULES = Rules(administrators=(COURSE.contact_email,), templates=Templates())


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(tmp_path / "bot.db")
    assert keep_course(COURSE, made, RULES, Mode.AUTO, NOW)
    yield made
    made.close()


def meetings(*changes: dict[str, object]) -> Course:
    changed = tuple(m.model_copy(update=c) for m, c in zip(MEETINGS, changes, strict=False))
    return COURSE.model_copy(update={"meetings": changed + MEETINGS[len(changed):]})


def write(store: SqliteStore, name: str, number: int) -> None:
    assert handle(Received(signup(name, f"{name.split()[0].lower()}@norreby.dk", number), NOW), store, RULES, NOW) is not None


def letters(store: SqliteStore, kind: Kind, state: LetterState = LetterState.PLANNED) -> list[LetterRecord]:
    return [letter for letter in store.letters(COURSE.id, state) if letter.kind is kind]


def calendar_of(store: SqliteStore, letter: LetterRecord) -> str:
    message = email.message_from_bytes(store.letter_raw(letter.number) or b"", policy=email.policy.default)
    (part,) = (p for p in message.walk() if p.get_content_type() == "text/calendar")
    return str(part.get_content()).replace("\r\n ", "").replace("\r\n", "\n")


def test_a_meeting_that_moves_in_the_file_reaches_everybody_once(store: SqliteStore) -> None:
    write(store, "Mette Holm", 1)
    write(store, "Bo Beck", 2)
    moved = meetings({}, {"date": date(2026, 8, 18)})
    for _ in range(2):
        keep_course(moved, store, RULES, Mode.AUTO, NOW)
    told = letters(store, Kind.PLACE)
    assert sorted(letter.to.email for letter in told) == ["bo@norreby.dk", "mette@norreby.dk"]
    calendar = calendar_of(store, told[0])
    assert "UID:hverdagsledelse-2026-meeting-2@fremtidensbiblioteker.dk" in calendar
    assert "SEQUENCE:1" in calendar
    assert "DTSTART;TZID=Europe/Copenhagen:20260818T100000" in calendar


def test_a_place_in_the_file_is_told_to_those_with_a_seat_and_another_one_once_more(store: SqliteStore) -> None:
    write(store, "Mette Holm", 1)
    write(store, "Bo Beck", 2)
    for where in ("Odense Hovedbibliotek", "Kolding Bibliotek"):
        keep_course(meetings({"place": where}), store, RULES, Mode.AUTO, NOW)
    told = letters(store, Kind.PLACE)
    assert [letter.to.email for letter in told] == ["mette@norreby.dk"] * 2
    assert "SEQUENCE:2" in calendar_of(store, told[1])


def test_a_crash_before_the_file_is_saved_tells_nothing_twice(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    write(store, "Mette Holm", 1)
    called_off = meetings({"called_off": True})
    with monkeypatch.context() as broken:
        broken.setattr(store, "save_course", lambda *_: (_ for _ in ()).throw(OSError))
        with pytest.raises(OSError):
            keep_course(called_off, store, RULES, Mode.AUTO, NOW)
    keep_course(called_off, store, RULES, Mode.AUTO, NOW)
    assert len(letters(store, Kind.PLACE)) == 1
    assert store.roster(COURSE.id).items == ()   # what the file says now is what was told, so nothing contradicts


def test_what_the_file_says_of_other_things_is_no_news(store: SqliteStore) -> None:
    write(store, "Mette Holm", 1)
    keep_course(COURSE.model_copy(update={"terms": "Afbud er gratis."}), store, RULES, Mode.AUTO, NOW)
    assert letters(store, Kind.PLACE) == []


def test_another_number_of_meetings_is_shown_to_her_and_told_to_nobody(store: SqliteStore) -> None:
    write(store, "Mette Holm", 1)
    keep_course(COURSE.model_copy(update={"meetings": MEETINGS[:1]}), store, RULES, Mode.AUTO, NOW)
    assert letters(store, Kind.PLACE) == []
    assert [i.reasons[0].code for i in store.roster(COURSE.id).items] == ["meetings_recounted"]


def test_another_mode_withholds_what_was_planned_and_offers_anew(store: SqliteStore) -> None:
    write(store, "Mette Holm", 1)
    write(store, "Bo Beck", 2)
    keep_course(COURSE.model_copy(update={"capacity": 2}), store, RULES, Mode.AUTO, NOW)
    change_mode(COURSE.id, store, RULES, Mode.OBSERVE, NOW)
    assert [x.state for x in store.letters(COURSE.id)] == [LetterState.WITHHELD] * 2
    later = NOW + timedelta(days=1)
    change_mode(COURSE.id, store, RULES, Mode.DRAFT, later)
    offered = next(r for r in store.roster(COURSE.id).registrations if r.person.name == "Bo Beck")
    assert (offered.status.value, offered.offer_expires_at) == ("offered", None)
    assert [x.to.email for x in letters(store, Kind.OFFER)] == ["bo@norreby.dk"]
    change_mode(COURSE.id, store, RULES, Mode.AUTO, later)
    again = next(r for r in store.roster(COURSE.id).registrations if r.person.name == "Bo Beck")
    assert again.offer_expires_at is not None
    assert [x.state.value for x in store.letters(COURSE.id) if x.kind is Kind.OFFER] == ["withheld", "planned"]
