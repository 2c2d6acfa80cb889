"""Taking a safety copy back. The service must not be running: the caller holds its lock.

What people were promised outlives the copy: who was erased after it was made is erased from it again. The database
that was in use stays beside the new one, for the administrator to delete.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from mailbot.registration.records import identity_hash
from mailbot.store.base import StoreError
from mailbot.store.copies import forgotten_beside, verify
from mailbot.store.records import sealed
from mailbot.store.session import PRIVATE_FOLDER, connect, copy_to, explaining, sync_folder
from mailbot.store.sqlite import SqliteStore

ENDINGS = ("-wal", "-shm", "")  # what belongs to a database, its log first: the two are one
_ADDRESSES = (
    "SELECT email FROM registration UNION SELECT contact_email FROM registration UNION SELECT to_email FROM letter"
    " UNION SELECT sender_email FROM item UNION SELECT lower(json_extract(summary, '$.from')) FROM message"
)


def restore(copy: Path, database: Path, at: datetime) -> Path | None:
    """Put `copy` in the place of `database`. Returns where the replaced database lies, None where there was none.

    Raises StoreError where the copy is damaged or of a later version; then the database in use is as it was.
    """
    return put_in_place(stage(copy, database), database, at)


def stage(copy: Path, database: Path, *beside: Path) -> Path:
    """The copy beside `database`, which is left as it is, without those who were erased since; as `put_in_place` takes it.

    Who they are is known from the database in use, from the list beside the copy and those in the folders `beside`.
    Raises StoreError. What an earlier call left is made anew, so whatever broke off may simply be repeated.
    """
    verify(copy)
    promised: dict[str, str] = {}
    for known in (_forgotten(database), *map(forgotten_beside, (copy.parent, *beside))):
        promised |= {who: max(at, promised.get(who, "")) for who, at in known.items()}
    staged = database.with_name(f".{database.name}.restored")
    with explaining(database):
        database.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
        discard(staged)  # of a restore that broke off
        with closing(connect(copy, 5.0, read_only=True)) as source:
            copy_to(source, staged)
        with SqliteStore(staged) as store:
            _forget_again(store, promised)
    return staged


def discard(staged: Path) -> None:
    for ending in ENDINGS:
        staged.with_name(staged.name + ending).unlink(missing_ok=True)


def put_in_place(staged: Path, database: Path, at: datetime) -> Path | None:
    """Make `staged` the database. Returns where the replaced one lies, None where there was none."""
    with explaining(database):
        aside = _set_aside(database, at)
        staged.replace(database)
        sync_folder(database.parent)
    return aside


def _forgotten(database: Path) -> dict[str, str]:
    """Who was erased from the database in use, as far as it can still be read."""
    if not database.exists():
        return {}
    try:
        with explaining(database), closing(connect(database, 5.0)) as connection:
            return dict(connection.execute("SELECT identity, at FROM forgotten").fetchall())
    except (StoreError, sqlite3.Error):
        return {}


def _forget_again(store: SqliteStore, promised: dict[str, str]) -> None:
    kept = {row["identity"]: row["at"] for row in store.rows("SELECT identity, at FROM forgotten")}
    newer = {identity: at for identity, at in promised.items() if at > kept.get(identity, "")}
    secret = store.sealing_key()
    for row in store.rows(_ADDRESSES):
        address = row["email"]
        if address and (at := newer.get(sealed(identity_hash(address), secret))):
            store.forget(address, datetime.fromisoformat(at))
    with store.transaction():
        store.put("forgotten", [{"identity": identity, "at": at} for identity, at in newer.items()], "identity")


def _set_aside(database: Path, at: datetime) -> Path | None:
    if not database.exists():
        return None
    aside = database.with_name(f"{database.stem}.replaced-{at:%Y%m%dT%H%M%S}{database.suffix}")
    for ending in ENDINGS:
        part = database.with_name(database.name + ending)
        if part.exists():
            part.replace(aside.with_name(aside.name + ending))
    return aside
