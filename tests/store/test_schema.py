"""Older databases are brought up to date with a copy beside them; later ones are refused."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from mailbot.course import Status
from mailbot.registration.records import Decision, ItemKind, LetterState
from mailbot.store.base import TooNew
from mailbot.store.copies import verify
from mailbot.store.schema import migrations
from mailbot.store.sqlite import SqliteStore

from .samples import NOW, content, course, draft, entry, item, make_version_1, outgoing, person, registration


@pytest.fixture
def old(path: Path) -> Path:
    """A database as version 1 left it: a registration with its letter, its message and its history."""
    path.parent.mkdir()
    make_version_1(path)
    return path


def schema(store: SqliteStore) -> list[tuple[str, str]]:
    return sorted((row["name"], " ".join((row["sql"] or "").split())) for row in store.rows("SELECT name, sql FROM sqlite_schema"))


def test_an_old_database_is_brought_up_to_date_and_all_is_there(old: Path, tmp_path: Path) -> None:
    with SqliteStore(old) as store, SqliteStore(tmp_path / "new.db") as new:
        assert schema(store) == schema(new)
        assert store.roster("ledelse-2026").registrations == (registration(),)
        assert store.entries() == (entry(),)
        assert [letter.key for letter in store.letters()] == ["registration:1/confirmation/p1@bibliotek.dk/1"]
        assert store.roster("ledelse-2026").next_id == 3
        assert store.secret_key() == bytes(range(32))


def test_a_copy_of_it_lies_beside(old: Path) -> None:
    before = old.read_bytes()
    with SqliteStore(old):
        pass
    copy = old.with_name("mailbot.before-2.db")
    verify(copy)
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT count(*) FROM _sqlite_migrations").fetchone() == (1,)
    assert before[:16] == copy.read_bytes()[:16]
    with SqliteStore(old):
        pass
    assert len(list(old.parent.glob("*.before-*"))) == 1


def test_every_version_since_the_first_is_brought_up_to_date(path: Path, tmp_path: Path) -> None:
    names = [migration.name for migration in migrations._migrations]
    for number, following in enumerate(names[1:], 1):
        old = path.with_name(f"version-{number}.db")
        old.parent.mkdir(exist_ok=True)
        make_version_1(old)
        with closing(sqlite3.connect(old, isolation_level=None)) as connection:
            migrations.apply(Database(connection), stop_before=following)
            connection.execute(f"UPDATE registration SET {'took_part_before' if number > 3 else '[returning]'} = 1")
        with SqliteStore(old) as store, SqliteStore(tmp_path / f"new-{number}.db") as new:
            assert schema(store) == schema(new)
            (kept,) = store.roster("ledelse-2026").registrations
            assert kept == registration(person=person(returning=True))
        verify(old.with_name(f"{old.stem}.before-{number + 1}.db"))


def test_a_new_database_needs_no_copy(path: Path) -> None:
    with SqliteStore(path):
        pass
    assert [p.name for p in path.parent.iterdir()] == ["mailbot.db"]


def test_a_later_version_is_refused_and_left_alone(store: SqliteStore) -> None:
    store.connection.execute(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('mailbot', '9999_later', '2030-01-01')"
    )
    before = content(store)
    with pytest.raises(TooNew, match="a later version of mailbot has changed this database \\(9999_later\\); install that version"):
        SqliteStore(store.path)
    with pytest.raises(TooNew):
        verify(store.path)
    assert content(store) == before


def test_migrations_are_numbered_without_a_gap() -> None:
    names = [migration.name for migration in migrations._migrations]
    assert [name[:5] for name in names] == [f"{n:04d}_" for n in range(1, len(names) + 1)]


def test_the_views_tell_what_they_are_named_for(store: SqliteStore) -> None:
    people = [registration(1), *(registration(n, status=Status.WAITING, queued_at=NOW.replace(minute=60 - n)) for n in (2, 3))]
    store.record(Decision(registrations=tuple(people)), NOW)
    assert [row["id"] for row in store.rows("SELECT * FROM participants")] == [1]
    assert [(row["position"], row["id"]) for row in store.rows("SELECT * FROM waiting_list")] == [(1, 3), (2, 2)]
    assert [r.id for r in store.roster("ledelse-2026").waiting] == [3, 2]
    assert store.rows("SELECT * FROM open_items") == store.rows("SELECT * FROM outbox") == []


def test_the_views_for_browsing(store: SqliteStore) -> None:
    ean, course_id = "5798001234560", "ledelse-2026"
    store.save_course(course(price=7500, capacity=9), NOW)
    people = [
        registration(1, person=person(1, organisation="Andeby Bibliotek", ean=ean)),
        registration(2, person=person(2, organisation="Andeby Bibliotek", ean=ean)),
        registration(3, person=person(3, organisation="Beby Bibliotek", cvr="12345678"), status=Status.CANCELLED, payable=True),
        registration(4, person=person(4, organisation="Ceby Bibliotek"), status=Status.WAITING),
    ]
    letter = outgoing(draft(people[0]))
    asked = item(9, kind=ItemKind.QUESTION, excerpt="Er der frokost?")
    store.record(Decision(registrations=tuple(people), letters=(letter.draft,), items=(asked,)), NOW, letters=(letter,))
    owed = store.rows("SELECT organisation, ean, cvr, number, net, vat, gross FROM invoicing WHERE course = ?", course_id)
    assert [tuple(row) for row in owed] == [
        ("Andeby Bibliotek", ean, None, 2, 15000.0, 3750.0, 18750.0),
        ("Beby Bibliotek", None, "12345678", 1, 7500.0, 1875.0, 9375.0),
    ]
    assert [row["excerpt"] for row in store.rows("SELECT * FROM open_questions")] == ["Er der frokost?"]
    assert store.rows("SELECT * FROM letters_sent") == []
    store.connection.execute("UPDATE letter SET state = ?, sent_at = planned_at", [LetterState.SENT.value])
    (sent,) = store.rows("SELECT registration, name, kind FROM letters_sent")
    assert tuple(sent) == (1, "Person 1", "confirmation")


def test_the_file_opens_well_in_a_browser(store: SqliteStore) -> None:
    """What Datasette makes links and labels of: foreign keys, a name or title in what they point to, no column that needs quotes."""
    reserved = {"returning", "order", "group", "select", "table", "index", "from", "to", "where", "values", "default", "references"}
    tables = [r["name"] for r in store.rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '%sqlite%'")]
    for table in tables:
        assert not reserved & {row["name"].lower() for row in store.rows("SELECT name FROM pragma_table_info(?)", table)}
    keys = {(t, r["from"], r["table"]) for t in tables for r in store.rows('SELECT "from", "table" FROM pragma_foreign_key_list(?)', t)}
    assert keys >= {(t, "course", "course") for t in ("registration", "item", "letter", "message", "audit")}
    assert ("audit", "registration", "registration") in keys
    assert ("place", "message", "message") in keys
