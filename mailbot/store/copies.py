"""Safety copies: taken while the service runs, checked before they get their name, one a night for some days."""

from __future__ import annotations

import re
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path

from mailbot.store.base import Corrupt
from mailbot.store.session import PRIVATE_FOLDER, Session, check, connect, copy_to, explaining, known_migrations

_NIGHTLY = re.compile(r"mailbot-(\d{4}-\d{2}-\d{2})\.db")


class Copies(Session):
    def backup(self, target: Path) -> None:
        with explaining(target):
            target.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
            copy_to(self.connection, target)

    def backup_nightly(self, folder: Path, keep_days: int, now: datetime) -> Path | None:
        """Today's copy, where there is none; None where there is. Copies of more than `keep_days` ago go after that."""
        target = folder / f"mailbot-{now.date().isoformat()}.db"
        if target.exists():
            return None
        self.backup(target)
        rotate(folder, keep_days, now)
        return target


def rotate(folder: Path, keep_days: int, now: datetime) -> tuple[Path, ...]:
    """Remove the nightly copies of more than `keep_days` days ago, never the newest; returns what was removed."""
    oldest = now.date() - timedelta(days=keep_days)
    copies = sorted(path for path in folder.iterdir() if _dated(path))
    old = [path for path in copies[:-1] if (day := _dated(path)) and day < oldest]
    with explaining(folder):
        for path in old:
            path.unlink(missing_ok=True)
    return tuple(old)


def verify(path: Path) -> None:
    """Raises StoreError where the file is no whole database of ours: Corrupt, TooNew, CannotOpen. It is left as it is."""
    with explaining(path), closing(connect(path, 5.0, read_only=True)) as connection:
        if not known_migrations(connection, path):
            raise Corrupt(f"{path}: the file is empty; name another copy")
        check(connection, path)


def _dated(path: Path) -> date | None:
    match = _NIGHTLY.fullmatch(path.name)
    try:
        return date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None
