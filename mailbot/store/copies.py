"""Safety copies: taken while the service runs, checked before they get their name, one a night for some days."""

from __future__ import annotations

import re
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path

from mailbot.store.base import Corrupt
from mailbot.store.records import moment, stamp
from mailbot.store.session import (
    COPIED,
    PRIVATE_FOLDER,
    Session,
    check,
    connect,
    copy_to,
    create_private,
    explaining,
    known_migrations,
    sync_folder,
)

FORGOTTEN = "mailbot-forgotten.txt"
_SEALED, _STAMP = re.compile(r"[0-9a-f]{32}"), re.compile(r"[0-9T:.+Z-]{10,40}")
_NIGHTLY = re.compile(r"mailbot-(\d{4}-\d{2}-\d{2})\.db")


class Copies(Session):
    def backup(self, target: Path, at: datetime | None = None) -> None:
        with explaining(target):
            target.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
            copy_to(self.connection, target, copied_at=stamp(at) if at else "")

    def backup_nightly(self, folder: Path, keep_days: int, now: datetime) -> Path | None:
        """Today's copy, where there is none; None where there is. Copies of more than `keep_days` ago go after that."""
        target = folder / f"mailbot-{now.date().isoformat()}.db"
        if target.exists():
            return None
        self.backup(target, now)
        self.write_forgotten(folder)
        rotate(folder, keep_days, now)
        return target


    def write_forgotten(self, folder: Path) -> None:
        """Lay the hashes of erased people beside the copies, so that an older copy that is taken back erases them again."""
        here = {row["identity"]: row["at"] for row in self.rows("SELECT identity, at FROM forgotten")}
        known = forgotten_beside(folder)
        if here.items() <= known.items():
            return
        with explaining(folder):
            folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
            part = folder / f".{FORGOTTEN}.part"
            create_private(part)
            part.write_text("".join(f"{who} {at}\n" for who, at in sorted((known | here).items())), "ascii")
            part.replace(folder / FORGOTTEN)
            sync_folder(folder)

    def copied_at(self) -> datetime | None:
        """When this copy was made, where it is one that was taken back and what happened since is still to be repeated."""
        row = self.row("SELECT at FROM note WHERE name = ? AND value = ''", COPIED)
        return moment(row["at"]) if row else None

    def mark_as_copy(self) -> None:
        """A copy of an older version carries no mark: its last sign of life is the best that is known."""
        with self.transaction():
            self.change(
                "INSERT OR IGNORE INTO note (name, value, at) SELECT ?, '', max(at) FROM (SELECT max(at) AS at FROM note UNION ALL"
                " SELECT max(handled_at) FROM message UNION ALL SELECT max(planned_at) FROM letter) HAVING max(at) IS NOT NULL", COPIED,
            )

    def mark_as_repeated(self, at: datetime) -> None:
        """What happened since the copy was made is done once more; a repetition that broke off begins again until then."""
        with self.transaction():
            self.put("note", [{"name": COPIED, "value": "repeated", "at": stamp(at)}], "name")


def forgotten_beside(folder: Path) -> dict[str, str]:
    """Who was erased (sealed) and when, as the list beside the copies says; what cannot be read of it is left out."""
    try:
        lines = (folder / FORGOTTEN).read_text("ascii", "replace").splitlines()
    except OSError:
        return {}
    return {who: at for who, _, at in (line.partition(" ") for line in lines) if _SEALED.fullmatch(who) and _STAMP.fullmatch(at)}


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
