"""Two services on one database would answer everything twice. The second says so and stops.

The lock is the operating system's: it dies with the process that holds it, however that ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout


class AlreadyRunning(Exception):
    """Another process serves this database."""


@contextmanager
def only_one(database: Path) -> Iterator[None]:
    """Hold the database's service lock. Raises AlreadyRunning, and OSError where the folder cannot be written."""
    database.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(f"{database}.lock", mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout as problem:
        raise AlreadyRunning(f"another mailbot already serves {database}; stop it first (one at a time is enough)") from problem
    try:
        yield
    finally:
        lock.release()
