"""The digest as it leaves the house: on working days, to the administrator, with the lists on Mondays."""

from __future__ import annotations

import email
from datetime import datetime, timedelta
from email import policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from app.office import signup, unrelated
from mailbot.app.commands import command_words
from mailbot.app.digest import digest_decision
from mailbot.app.due import work_due
from mailbot.app.handle import Received, Rules, handle
from mailbot.config import shipped_courses
from mailbot.course import Kind, Mode
from mailbot.letters.templates import Templates
from mailbot.registration.commands import execute, read_lines
from mailbot.registration.records import ItemKind
from mailbot.store.sqlite import SqliteStore

AT = datetime.fromisoformat("2026-02-06T10:00:00+01:00")  # a Friday
RULES = Rules(administrators=("lv@fremtidensbiblioteker.dk",), templates=Templates())


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    made = SqliteStore(tmp_path / "mailbot.db")
    (course,) = shipped_courses()
    made.save_course(course, AT)
    made.set_mode(course.id, Mode.OBSERVE, AT)
    return made


def digests(store: SqliteStore, at: datetime) -> list[EmailMessage]:
    """Those that fall due at this time."""
    recorded = [letter for step in work_due(store, RULES, at, datetime.fromisoformat("2026-01-01T07:30").time()) for letter in step.letters]
    raws = [store.letter_raw(letter.number) for letter in recorded if letter.kind is Kind.DIGEST]
    return [email.message_from_bytes(raw, policy=policy.default) for raw in raws if raw]  # type: ignore[misc]


def sheets(message: EmailMessage) -> list[str]:
    return [part.get_filename() or "" for part in message.iter_attachments() if (part.get_filename() or "").endswith(".xlsx")]


def test_it_goes_out_once_on_a_working_day_and_in_every_mode(store: SqliteStore) -> None:
    handle(Received(signup("Mette Holm", "mho@eksempelby-kom.dk"), AT), store, RULES, AT)
    assert digests(store, AT.replace(hour=7, minute=0)) == []
    (first,) = digests(store, AT)
    assert first["To"].addresses[0].addr_spec == "lv@fremtidensbiblioteker.dk"
    assert "1 af 24 pladser" in str(first["Subject"])
    assert digests(store, AT + timedelta(hours=1)) == []
    assert digests(store, AT + timedelta(days=1)) == []  # Saturday


def test_the_lists_come_along_on_mondays(store: SqliteStore) -> None:
    handle(Received(signup("Mette Holm", "mho@eksempelby-kom.dk"), AT), store, RULES, AT)
    assert [sheets(m) for m in digests(store, AT)] == [[]]
    assert [sheets(m) for m in digests(store, AT + timedelta(days=3))] == [["hverdagsledelse-2026-2026-02-09.xlsx"]]


def test_the_guide_comes_along_with_the_first_alone(store: SqliteStore) -> None:
    (first,) = digests(store, AT)
    guides = [part for part in first.iter_attachments() if part.get_filename() == "vejledning.txt"]
    assert [part.get_content().splitlines()[0] for part in guides] == ["# Sådan arbejder du sammen med mailbot"]
    (second,) = digests(store, AT + timedelta(days=3))
    assert [part.get_filename() for part in second.iter_attachments() if part.get_content_type() == "text/plain"] == []


def test_a_diet_never_stands_in_it(store: SqliteStore) -> None:
    raw = signup("Mette Holm", "mho@eksempelby-kom.dk").replace(b"EAN 5798", b"Jeg er veganer.\r\nEAN 5798")
    handle(Received(raw, AT), store, RULES, AT)
    (registration,) = store.roster("hverdagsledelse-2026").registrations
    assert registration.person.dietary
    (digest,) = digests(store, AT)
    assert "vegan" not in str(digest).lower()


def test_nor_in_the_words_of_an_open_matter(store: SqliteStore) -> None:
    question = signup("Mette Holm", "mho@eksempelby-kom.dk").replace(
        b"Jeg vil gerne tilmeldes Hverdagsledelse 2026.", "Er der parkering på Hverdagsledelse 2026? Jeg tåler ikke gluten.".encode()
    )
    handle(Received(question, AT), store, RULES, AT)
    (digest,) = digests(store, AT + timedelta(minutes=1))
    assert "Er der parkering på Hverdagsledelse 2026? Jeg tåler" in text(digest)
    assert "gluten" not in text(digest)


def text(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return " ".join(str(part.get_content()).split())


def test_it_tells_what_was_left_alone_and_how_the_service_is(store: SqliteStore) -> None:
    for n in range(3):
        handle(Received(unrelated(n), AT - timedelta(hours=2)), store, RULES, AT - timedelta(hours=2))
    store.note("last_pass", "", AT - timedelta(hours=5))
    store.note("backup", "", AT - timedelta(hours=8))
    store.note("last_error", "the server said <no>", AT - timedelta(hours=5))
    (digest,) = digests(store, AT)
    today = text(digest)
    assert "3 ladt i fred (3 om andre ting)" in today
    assert "Mailboksen er ikke læst siden" in today
    assert "the server said" in today
    assert "Seneste sikkerhedskopi" in today


def test_what_the_next_day_brings_is_foretold_once(store: SqliteStore) -> None:
    store.set_mode("hverdagsledelse-2026", Mode.AUTO, AT - timedelta(days=20))
    bare = signup("Mette Holm", "mho@eksempelby-kom.dk").replace(b"EAN 5798000123458\r\n", b"")
    joined = datetime.fromisoformat("2026-02-02T10:00:00+01:00")
    handle(Received(bare, joined), store, RULES, joined)
    for day, when in ((5, ""), (6, "mandag den 9. februar kl. 9"), (9, "i dag kl. 9"), (10, "")):
        if day == 10:
            assert digests(store, datetime.fromisoformat("2026-02-09T09:00:00+01:00")) == []   # it is asked then
        (digest,) = digests(store, datetime.fromisoformat(f"2026-02-{day:02}T07:35:00+01:00"))
        assert (f"{when}: spørgsmål om det, der mangler → Mette Holm" in text(digest)) is bool(when), day


def test_words_of_strangers_go_to_the_owner_of_the_mailbox_alone(store: SqliteStore) -> None:
    rules = Rules(administrators=("lv@fremtidensbiblioteker.dk", "vikar@fremtidensbiblioteker.dk"), templates=Templates())
    question = signup("Mette Holm", "mho@eksempelby-kom.dk").replace(
        b"Jeg vil gerne tilmeldes Hverdagsledelse 2026.", b"Er der parkering, hvor Hverdagsledelse 2026 holdes?"
    )
    handle(Received(question, AT), store, rules, AT)
    _, letters = digest_decision(store.roster("hverdagsledelse-2026"), store, rules, AT + timedelta(minutes=1))
    told = {x.recipients[0]: text(email.message_from_bytes(x.raw, policy=policy.default)) for x in letters}  # type: ignore[arg-type]
    assert "Er der parkering" in told["lv@fremtidensbiblioteker.dk"]
    assert "Er der parkering" not in told["vikar@fremtidensbiblioteker.dk"]
    assert "svar " in told["vikar@fremtidensbiblioteker.dk"]


def test_the_file_against_her_word_is_settled_by_her_yes(store: SqliteStore) -> None:
    """Her capacity and place hold until she says yes to the file's; no keeps hers."""
    course, lines = "hverdagsledelse-2026", command_words()

    def command(text: str) -> list[str]:
        decision, results = execute(read_lines(text, lines), store.roster(course), AT)
        store.record(decision, AT, course=course)
        return [r.code for r in results]

    assert command("pladser 30\nsted 1 Odense") == ["done", "done"]
    (file,) = shipped_courses()
    meetings = (file.meetings[0].model_copy(update={"place": "Vejle"}), *file.meetings[1:])
    store.save_course(file.model_copy(update={"capacity": 26, "meetings": meetings}), AT)
    conflicts = {r.values["key"]: i.id for i in store.roster(course).items if i.kind is ItemKind.CONFLICT for r in i.reasons}
    assert set(conflicts) == {"capacity", "meetings.1.place"}
    assert store.roster(course).course.capacity == 30
    assert command(f"godkend {conflicts['capacity']}\nafvis {conflicts['meetings.1.place']}") == ["done", "done"]
    now = store.roster(course)
    assert (now.course.capacity, now.course.meetings[0].place) == (26, "Odense")
    assert [i for i in now.items if i.closed_at is None] == []
