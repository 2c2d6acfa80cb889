from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailbot.course import Mode
from mailbot.store.sqlite import SqliteStore

from .samples import NOW, course


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "mailbot.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    """A store with one course that sends letters."""
    with SqliteStore(path, patience=0.05) as opened:
        opened.save_course(course(), NOW)
        opened.set_mode("ledelse-2026", Mode.AUTO, NOW)
        yield opened
