"""The open file: private from its first byte, written through to the disk, one transaction for each verb.

What SQLite reports is turned into a StoreError here, in a sentence for people. A store belongs to one thread; each
process or thread that looks at the same file opens a store of its own (WAL: readers never wait for the writer).
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from sqlite_utils import Database

from mailbot.store.base import CannotOpen, Corrupt, DiskFull, Locked, ReadOnly, StoreError, TooNew
from mailbot.store.schema import APPLICATION_ID, migrations

COPIED = "copied"  # the note that a copy carries; its value is "" until what happened since is repeated
PRIVATE = 0o600
PRIVATE_FOLDER = 0o700

_IN_USE = (Locked, "the database is in use by another process; stop it (another mailbot, a backup tool) and try again")
_SHUT = (CannotOpen, "the database cannot be opened; check that its folder is there and may be read and written")
_FIXED = (ReadOnly, "the database cannot be written; give mailbot's user the right to write the file and its folder")
_SENTENCES: dict[int, tuple[type[StoreError], str]] = {
    sqlite3.SQLITE_BUSY: _IN_USE,
    sqlite3.SQLITE_LOCKED: _IN_USE,
    sqlite3.SQLITE_READONLY: _FIXED,
    sqlite3.SQLITE_CANTOPEN: _SHUT,
    sqlite3.SQLITE_PERM: _SHUT,
    sqlite3.SQLITE_FULL: (DiskFull, "the disk is full; make room, nothing is lost and mailbot goes on by itself"),
    sqlite3.SQLITE_CORRUPT: (Corrupt, "the database is damaged; keep the file, and take the last copy with `mailbot restore`"),
    sqlite3.SQLITE_NOTADB: (Corrupt, "this is no database; name another file, or take the last copy with `mailbot restore`"),
    sqlite3.SQLITE_IOERR: (CannotOpen, "the disk reports an error; check it, or whether a network drive went away"),
}


def explained(problem: sqlite3.Error, path: Path) -> StoreError | None:
    """The sentence for what SQLite reports; None for a defect of our own, which must not be dressed up."""
    code = getattr(problem, "sqlite_errorcode", None)
    known = None if code is None else _SENTENCES.get(code & 0xFF)
    return None if known is None else known[0](f"{path}: {known[1]}")


@contextmanager
def explaining(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as problem:
        if (error := explained(problem, path)) is not None:
            raise error from problem
        raise
    except PermissionError as problem:
        raise ReadOnly(f"{path}: no right to write it; give mailbot's user the right to write the file and its folder") from problem
    except OSError as problem:
        if problem.errno == errno.ENOSPC:
            raise DiskFull(f"{path}: the disk is full; make room and try again") from problem
        raise CannotOpen(f"{path}: {problem.strerror or problem}; check that its folder is there and may be written") from problem


def create_private(path: Path) -> None:
    """An empty file that nobody else may read, whatever the umask. An existing one is made private."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, PRIVATE)
    try:
        if os.name == "posix" and os.fstat(descriptor).st_mode & 0o177:
            os.fchmod(descriptor, PRIVATE)
    finally:
        os.close(descriptor)


def connect(path: Path, patience: float, *, read_only: bool = False) -> sqlite3.Connection:
    """An autocommitting connection; `patience` is how many seconds we wait for somebody else's lock."""
    uri = f"{path.resolve().as_uri()}?mode={'ro' if read_only else 'rw'}"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=patience)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")  # what is erased is overwritten
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def copy_to(source: sqlite3.Connection, target: Path, *, copied_at: str = "") -> None:
    """A consistent copy of an open database as one private file, checked and safely on the disk before it has its name.

    With `copied_at` it says of itself that it is a copy, and of when: who takes it back has to look what happened since.

    Raises CannotOpen where a database in use lies under that name: its log would be taken for the copy's.
    """
    if target.with_name(f"{target.name}-wal").exists():
        raise CannotOpen(f"{target}: a database lies here that is in use; name another file")
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    with suppress(FileNotFoundError):
        part.unlink()
    try:
        create_private(part)
        with closing(sqlite3.connect(part, isolation_level=None)) as copy:
            source.backup(copy)
            if copied_at:
                copy.execute("INSERT OR REPLACE INTO note (name, value, at) VALUES (?, '', ?)", (COPIED, copied_at))
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, readable wherever it is carried
            check(copy, target)
        with part.open("rb+") as written:
            os.fsync(written.fileno())
        part.replace(target)
        sync_folder(target.parent)
    finally:
        for leftover in (part, part.with_name(f"{part.name}-journal")):
            leftover.unlink(missing_ok=True)


def check(connection: sqlite3.Connection, path: Path) -> None:
    """Raises Corrupt where the pages or the references of a database do not fit together."""
    found = [row[0] for row in connection.execute("PRAGMA integrity_check(3)")]
    if found != ["ok"]:
        raise Corrupt(f"{path}: the database is damaged ({found[0]}); keep the file, and take another copy with `mailbot restore`")
    if (row := connection.execute("PRAGMA foreign_key_check").fetchone()) is not None:
        raise Corrupt(f"{path}: the database is damaged ({row[0]} without its {row[2]}); take another copy with `mailbot restore`")


def sync_folder(folder: Path) -> None:
    """A new name in a folder is safe only when the folder itself is on the disk (POSIX; Windows does it by itself)."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class Session:
    """An open database. `create`: make it where there is none, and bring an older one up to date, a copy beside it."""

    def __init__(self, path: Path, *, create: bool = True, patience: float = 5.0, secret: bytes | None = None) -> None:
        self.path, self._secret = path, secret
        with explaining(path):
            if create:
                create_private(path)
            self.connection = connect(path, patience)
        try:
            with explaining(path):
                self._bring_up_to_date()
        except BaseException:
            self.connection.close()
            raise

    def _bring_up_to_date(self) -> None:
        applied = known_migrations(self.connection, self.path)
        self.connection.execute("PRAGMA journal_mode = WAL")
        database = Database(self.connection, execute_plugins=False)
        if not migrations.pending(database):
            return
        if applied:
            copy_to(self.connection, self.path.with_name(f"{self.path.stem}.before-{len(applied) + 1}{self.path.suffix}"))
        with self.transaction():  # all of them or none; who waited for another that did the same finds nothing to do
            migrations.apply(database)
            self.connection.execute("INSERT OR IGNORE INTO meta VALUES ('secret', ?), ('next_id', 1)", [os.urandom(32)])

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, and nobody else writes in between."""
        with explaining(self.path):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:  # some errors of SQLite have rolled back already
                    self.connection.execute("ROLLBACK")
                raise

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Several questions to one and the same state."""
        if self.connection.in_transaction:
            yield
            return
        with explaining(self.path):
            self.connection.execute("BEGIN")
            try:
                yield
            finally:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")

    def rows(self, sql: str, *parameters: Any) -> list[sqlite3.Row]:
        with explaining(self.path):
            cursor = self.connection.execute(sql, parameters)
            cursor.row_factory = sqlite3.Row
            return cursor.fetchall()

    def row(self, sql: str, *parameters: Any) -> sqlite3.Row | None:
        return next(iter(self.rows(sql, *parameters)), None)

    def change(self, sql: str, *parameters: Any) -> int:
        """How many rows it changed."""
        with explaining(self.path):
            return self.connection.execute(sql, parameters).rowcount

    def put(self, table: str, rows: Sequence[dict[str, Any]], key: str = "") -> None:
        """Insert whole rows of the same columns; with `key`, over those of the same key.

        Our own few lines of SQL, since sqlite-utils' `upsert` tries out what SQLite can do by making a table, and where
        the disk is full takes that for an old SQLite and goes on in a way that drops the rows without an error (4.2.1).
        """
        if not rows:
            return
        names = [f'"{name}"' for name in rows[0]]
        sql = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608
        if key:
            sql += f" ON CONFLICT ({key}) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in names)}"
        with explaining(self.path):
            self.connection.executemany(sql, [tuple(row.values()) for row in rows])

    def secret_key(self) -> bytes:
        """What letter keys and tokens are signed with: the owner's own secret where there is one."""
        return self._secret or self.sealing_key()

    def sealing_key(self) -> bytes:
        """The database's own secret, which the hashes of erased people are sealed with as long as it lives."""
        (row,) = self.rows("SELECT value FROM meta WHERE name = 'secret'")
        return bytes(row["value"])

    def next_id(self) -> int:
        (row,) = self.rows("SELECT value FROM meta WHERE name = 'next_id'")
        return int(row["value"])

    def set_next_id(self, number: int) -> None:
        self.change("UPDATE meta SET value = ? WHERE name = 'next_id'", number)

    def close(self) -> None:
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def known_migrations(connection: sqlite3.Connection, path: Path) -> list[str]:
    """The migrations that a database has had; [] for an empty file.

    Raises TooNew where there is one that we do not know, Corrupt where the file belongs to another program.
    """
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if tables == 0:
        return []
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise Corrupt(f"{path}: this is a database of another program; name another file with --database")
    applied = [row.name for row in migrations.applied(Database(connection, execute_plugins=False))]
    known = {migration.name for migration in migrations._migrations}
    if unknown := [name for name in applied if name not in known]:
        raise TooNew(f"{path}: a later version of mailbot has changed this database ({unknown[-1]}); install that version again")
    return applied
