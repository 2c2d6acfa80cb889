"""The open file: private, written through, and every fault of it in a sentence with its mend."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from mailbot.registration.records import Decision
from mailbot.store.base import CannotOpen, Corrupt, DiskFull, Locked, ReadOnly, StoreError
from mailbot.store.sqlite import SqliteStore

from .samples import NOW, content, course, draft, entry, outgoing, registration

POSIX = pytest.mark.skipif(os.name != "posix", reason="file modes and /proc are POSIX")

HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
"""


def record(store: SqliteStore, number: int = 1) -> None:
    person = registration(number)
    store.record(Decision(registrations=(person,)), NOW, entry=entry(number), letters=[outgoing(draft(person))])


@POSIX
def test_the_files_are_private_whatever_the_umask(path: Path) -> None:
    before = os.umask(0)
    try:
        with SqliteStore(path) as store:
            record_course(store)
            files = {p.name: stat.S_IMODE(p.stat().st_mode) for p in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert files == {"mailbot.db": 0o600, "mailbot.db-wal": 0o600, "mailbot.db-shm": 0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def record_course(store: SqliteStore) -> None:
    store.save_course(course(), NOW)


@POSIX
def test_an_open_file_is_made_private(path: Path) -> None:
    with SqliteStore(path):
        pass
    path.chmod(0o644)
    with SqliteStore(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_it_is_written_through_to_the_disk_and_bound_by_its_references(store: SqliteStore) -> None:
    def pragma(name: str) -> object:
        return store.connection.execute(f"PRAGMA {name}").fetchone()[0]

    assert (pragma("journal_mode"), pragma("synchronous"), pragma("foreign_keys"), pragma("secure_delete")) == ("wal", 2, 1, 1)


def test_the_secret_is_made_once(path: Path, tmp_path: Path) -> None:
    with SqliteStore(path) as store, SqliteStore(tmp_path / "other.db") as other:
        assert store.secret_key() != other.secret_key()
        first = store.secret_key()
    with SqliteStore(path) as again:
        assert again.secret_key() == first


def test_where_there_is_none_and_none_is_to_be_made(path: Path) -> None:
    with pytest.raises(CannotOpen, match=r"mailbot\.db: the database cannot be opened; check that its folder is there"):
        SqliteStore(path, create=False)
    assert not path.exists()


class TestFaults:
    """Each leaves the database as it was, and the store goes on when it is mended."""

    def test_in_use_by_another_process(self, store: SqliteStore) -> None:
        before = content(store)
        with subprocess.Popen([sys.executable, "-c", HOLD, store.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
            assert other.stdin
            assert other.stdout
            other.stdout.readline()
            with pytest.raises(Locked, match="in use by another process; stop it"):
                record(store)
            assert content(store) == before   # reading goes on meanwhile
            other.stdin.write(b"\n")
            other.stdin.close()
        record(store)

    def test_disk_full(self, store: SqliteStore) -> None:
        pages = store.connection.execute("PRAGMA page_count").fetchone()[0]
        store.connection.execute(f"PRAGMA max_page_count = {pages}")
        before = content(store)
        with pytest.raises(DiskFull, match="the disk is full; make room"):
            store.record(Decision(registrations=tuple(registration(n, note="x" * 500) for n in range(1, 200))), NOW, entry=entry())
        assert content(store) == before
        store.connection.execute("PRAGMA max_page_count = 1000000")
        record(store)

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux only")
    def test_disk_full_at_a_copy(self, store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """fsync of what could not be written: the copy does not get its name."""
        def no_room(_descriptor: int) -> None:
            with Path("/dev/full").open("wb", buffering=0) as full:
                full.write(b"x")

        monkeypatch.setattr(os, "fsync", no_room)
        with pytest.raises(DiskFull):
            store.backup(tmp_path / "copies" / "copy.db")
        assert list((tmp_path / "copies").iterdir()) == []

    def test_not_to_be_written(self, store: SqliteStore) -> None:
        """Root may write any file, so that SQLite itself is told to refuse."""
        before = content(store)
        store.connection.execute("PRAGMA query_only = ON")
        with pytest.raises(ReadOnly, match="give mailbot's user the right"):
            record(store)
        store.connection.execute("PRAGMA query_only = OFF")
        assert content(store) == before
        record(store)

    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
    def test_a_folder_without_the_right_to_write(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o500)
        with pytest.raises(ReadOnly, match="no right to write it"):
            SqliteStore(tmp_path / "mailbot.db")

    @pytest.mark.skipif(not Path("/proc/self").exists(), reason="Linux only")
    def test_a_folder_that_takes_no_files_from_anybody(self) -> None:
        with pytest.raises(StoreError, match=r"check that its folder|no right to write"):
            SqliteStore(Path("/proc/mailbot.db"))

    def test_a_folder_that_is_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "data").write_text("no folder")
        with pytest.raises(CannotOpen, match="check that its folder is there"):
            SqliteStore(tmp_path / "data" / "mailbot.db")

    def test_no_database(self, tmp_path: Path) -> None:
        path = tmp_path / "mailbot.db"
        path.write_text("[bot]\ndatabase = 'data/mailbot.db'\n" * 50)
        text = path.read_text()
        with pytest.raises(Corrupt, match="no database; name another file"):
            SqliteStore(path)
        assert path.read_text() == text

    def test_a_database_of_another_program(self, tmp_path: Path) -> None:
        path = tmp_path / "places.sqlite"
        with closing(sqlite3.connect(path)) as other:
            other.execute("CREATE TABLE moz_places (id)")
        with pytest.raises(Corrupt, match="of another program"):
            SqliteStore(path)

    def test_damaged(self, store: SqliteStore) -> None:
        for n in range(1, 60):
            record(store, 3 * n)
        store.close()
        size = store.path.stat().st_size
        with store.path.open("rb+") as file:   # the header stays, so that it opens; what follows is noise
            file.seek(4096)
            file.write(b"\xa5" * (size - 4096))
        with pytest.raises(Corrupt, match="damaged; keep the file, and take the last copy"), SqliteStore(store.path) as opened:
            opened.roster("ledelse-2026")


def test_a_reader_sees_one_state_while_somebody_writes(store: SqliteStore, path: Path) -> None:
    """Each registration commits with its letter: a roster never holds one without the other."""
    done = threading.Event()
    seen: list[tuple[int, int, int]] = []

    def look() -> None:
        with SqliteStore(path) as reader:
            while not done.is_set():
                roster = reader.roster("ledelse-2026")
                seen.append((len(roster.registrations), len(roster.letters), roster.next_id))

    thread = threading.Thread(target=look)
    thread.start()
    while not seen:
        pass
    for n in range(1, 120, 2):
        record(store, n)
    done.set()
    thread.join()
    assert all(people == letters and next_id == 2 * people + 1 for people, letters, next_id in seen)
    assert len({people for people, _, _ in seen}) > 1
