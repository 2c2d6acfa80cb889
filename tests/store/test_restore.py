"""Taking a copy back: the copy's state, but nobody comes back who was erased since."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from mailbot.registration.records import Decision, identity_hash
from mailbot.store.base import Corrupt
from mailbot.store.restore import restore
from mailbot.store.sqlite import SqliteStore

from .samples import HOUR, NOW, content, draft, entry, outgoing, registration


@pytest.fixture
def copy(store: SqliteStore, tmp_path: Path) -> Path:
    """A copy with two people, made before the database lived on."""
    people = (registration(1), registration(2))
    store.record(Decision(registrations=people), NOW, entry=entry(), letters=[outgoing(draft(r)) for r in people])
    store.backup(tmp_path / "copy.db")
    return tmp_path / "copy.db"


def test_a_lost_database_is_the_copy_again(store: SqliteStore, copy: Path, path: Path) -> None:
    before = content(store)
    store.close()
    path.unlink()
    assert restore(copy, path, NOW) is None
    with SqliteStore(path) as restored:
        assert content(restored) == before
    assert [p.name for p in path.parent.iterdir()] == ["mailbot.db"]
    assert copy.exists()


def test_the_replaced_database_lies_beside_with_all_that_it_held(store: SqliteStore, copy: Path, path: Path) -> None:
    store.record(Decision(registrations=(registration(9),)), NOW)
    aside = restore(copy, path, NOW + HOUR)   # the store still holds the file, as after a crash: its log is not empty
    assert aside == path.with_name("mailbot.replaced-20260120T090000.db")
    with SqliteStore(aside) as replaced:
        assert replaced.registration(9) == registration(9)
    with SqliteStore(path) as restored:
        assert restored.registration(9) is None
        assert restored.registration(1) == registration(1)


def test_who_was_erased_since_the_copy_stays_erased(store: SqliteStore, copy: Path, path: Path) -> None:
    store.forget("p1@bibliotek.dk", NOW + HOUR)
    store.close()
    restore(copy, path, NOW + 2 * HOUR)
    with SqliteStore(path) as restored:
        assert restored.registration(1) is None
        assert restored.registration(2) == registration(2)
        assert [letter.about for letter in restored.letters()] == [(2,)]
        assert restored.forgotten_at("p1@bibliotek.dk") == NOW + HOUR
        assert identity_hash("p1@bibliotek.dk") in restored.roster("ledelse-2026").forgotten
    assert b"p1@bibliotek.dk" not in path.read_bytes()


def test_who_was_erased_before_and_signed_up_again_stays(store: SqliteStore, path: Path, tmp_path: Path) -> None:
    store.forget("p1@bibliotek.dk", NOW - timedelta(days=9))
    store.record(Decision(registrations=(registration(1),)), NOW)
    store.backup(tmp_path / "copy.db")
    store.close()
    restore(tmp_path / "copy.db", path, NOW)
    with SqliteStore(path) as restored:
        assert restored.registration(1) == registration(1)


def test_a_damaged_copy_changes_nothing(store: SqliteStore, copy: Path, path: Path) -> None:
    data = copy.read_bytes()
    copy.write_bytes(data[:4096] + b"\xa5" * (len(data) - 4096))
    before = content(store)
    with pytest.raises(Corrupt):
        restore(copy, path, NOW)
    assert content(store) == before
    assert not list(path.parent.glob("*replaced*"))


def test_a_damaged_database_does_not_stand_in_the_way(store: SqliteStore, copy: Path, path: Path) -> None:
    store.close()
    path.write_bytes(b"\xa5" * 10_000)
    aside = restore(copy, path, NOW)
    assert aside is not None
    assert aside.read_bytes() == b"\xa5" * 10_000
    with SqliteStore(path) as restored:
        assert restored.registration(1) == registration(1)


def test_what_a_broken_off_restore_left_is_no_trouble(store: SqliteStore, copy: Path, path: Path) -> None:
    store.close()
    for ending in ("", "-wal", "-shm"):
        path.with_name(f".mailbot.db.restored{ending}").write_bytes(b"\xa5" * 100)
    restore(copy, path, NOW)
    with SqliteStore(path) as restored:
        assert restored.registration(1) == registration(1)
    assert sorted(p.name for p in path.parent.iterdir()) == ["mailbot.db", "mailbot.replaced-20260120T080000.db"]
