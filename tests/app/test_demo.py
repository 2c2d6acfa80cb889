"""The demo is the first thing that anybody sees: it must work, tell its story, and leave what it says it leaves."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from mailbot.demo.run import run_demo
from mailbot.registration.records import LetterState
from mailbot.store.sqlite import SqliteStore


@pytest.mark.slow
def test_the_demo_tells_its_story(tmp_path: Path) -> None:
    shown = StringIO()
    digest = run_demo(Console(file=shown, width=120), tmp_path / "demo")
    told = shown.getvalue()
    assert "33 messages read" in told
    assert "8 of 8 seats" in told
    for kind in ("confirmation", "waiting", "cancelled", "offer", "substituted", "late"):
        assert kind in told
    assert "Traceback" not in told
    assert digest.read_text("utf-8").startswith("<!DOCTYPE html>")
    with SqliteStore(tmp_path / "demo" / "mailbot.db") as store:
        letters = store.letters()
    assert {letter.state for letter in letters} <= {LetterState.SENT, LetterState.WITHHELD}
    assert len(list((tmp_path / "demo" / "letters").glob("*.eml"))) == sum(letter.state is LetterState.SENT for letter in letters)
