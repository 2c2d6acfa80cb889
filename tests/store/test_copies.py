"""Safety copies: whole or not there, and one a night."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from mailbot.registration.records import Decision
from mailbot.store.base import CannotOpen, Corrupt
from mailbot.store.copies import rotate, verify
from mailbot.store.sqlite import SqliteStore

from .samples import NOW, content, draft, entry, outgoing, registration


@pytest.fixture
def full(store: SqliteStore) -> SqliteStore:
    person = registration()
    store.record(Decision(registrations=(person,)), NOW, entry=entry(), letters=[outgoing(draft(person))])
    return store


def test_a_copy_holds_all_and_is_one_private_file(full: SqliteStore, tmp_path: Path) -> None:
    target = tmp_path / "copies" / "copy.db"
    full.backup(target)
    assert [p.name for p in target.parent.iterdir()] == ["copy.db"]
    if os.name == "posix":
        assert stat.S_IMODE(target.stat().st_mode) == 0o600
    verify(target)
    assert [p.name for p in target.parent.iterdir()] == ["copy.db"]   # looking at it leaves nothing behind
    with SqliteStore(target) as copy:
        assert content(copy) == content(full)


def test_a_copy_is_taken_while_others_write(full: SqliteStore, path: Path, tmp_path: Path) -> None:
    with SqliteStore(path) as other:
        other.connection.execute("BEGIN IMMEDIATE")
        other.change("UPDATE registration SET note = 'half done'")
        full.backup(tmp_path / "copy.db")
        other.connection.execute("ROLLBACK")
    with SqliteStore(tmp_path / "copy.db") as copy:
        assert copy.registration(1) == registration()


def test_an_older_copy_is_replaced_only_by_a_whole_one(full: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "copy.db"
    full.backup(target)
    before = target.read_bytes()
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("the folder went away")))
    full.record(Decision(registrations=(registration(10),)), NOW)
    with pytest.raises(CannotOpen, match="the folder went away; check that its folder"):
        full.backup(target)
    assert target.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["copy.db", "data"]


def test_a_damaged_database_makes_no_copy(full: SqliteStore, tmp_path: Path) -> None:
    """A reference that points nowhere, as a failing disk may leave it."""
    full.connection.execute("PRAGMA foreign_keys = OFF")
    full.change("UPDATE registration SET course = 'gone'")
    with pytest.raises(Corrupt, match="registration without its course"):
        full.backup(tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


def test_the_database_is_not_its_own_copy(full: SqliteStore, path: Path) -> None:
    before = content(full)
    with pytest.raises(CannotOpen, match="in use; name another file"):
        full.backup(path)
    assert content(full) == before


class TestVerify:
    def test_an_empty_file_is_no_copy(self, tmp_path: Path) -> None:
        (tmp_path / "copy.db").touch()
        with pytest.raises(Corrupt, match="empty"):
            verify(tmp_path / "copy.db")

    def test_a_missing_one(self, tmp_path: Path) -> None:
        with pytest.raises(CannotOpen):
            verify(tmp_path / "copy.db")
        assert list(tmp_path.iterdir()) == []

    def test_one_that_was_cut_short(self, full: SqliteStore, tmp_path: Path) -> None:
        full.backup(tmp_path / "copy.db")
        data = (tmp_path / "copy.db").read_bytes()
        (tmp_path / "copy.db").write_bytes(data[: len(data) // 2 // 4096 * 4096])
        with pytest.raises(Corrupt):
            verify(tmp_path / "copy.db")


class TestNightly:
    def test_one_a_day_for_some_days(self, full: SqliteStore, tmp_path: Path) -> None:
        folder = tmp_path / "nightly"
        for day in range(10):
            assert full.backup_nightly(folder, 3, NOW + timedelta(days=day)) is not None
            assert full.backup_nightly(folder, 3, NOW + timedelta(days=day, hours=5)) is None
        assert sorted(p.name for p in folder.iterdir()) == [f"mailbot-2026-01-{day}.db" for day in (26, 27, 28, 29)]

    def test_the_newest_stays_and_so_does_what_is_not_ours(self, tmp_path: Path) -> None:
        names = ["mailbot-2020-01-01.db", "mailbot-2020-01-02.db", "mailbot-2020-99-99.db", "mailbot.db", "notes.txt"]
        for name in names:
            (tmp_path / name).touch()
        assert rotate(tmp_path, 7, NOW) == (tmp_path / "mailbot-2020-01-01.db",)
        assert sorted(p.name for p in tmp_path.iterdir()) == names[1:]


def test_a_copy_opens_without_a_log_beside_it(full: SqliteStore, tmp_path: Path) -> None:
    """So that it can be read where nothing can be written."""
    full.backup(tmp_path / "copy.db")
    uri = f"{(tmp_path / 'copy.db').as_uri()}?immutable=1"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        assert connection.execute("SELECT count(*) FROM registration").fetchone() == (1,)
