"""The README tells the truth: every command, setting, course key and letter is documented, and nothing else is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from mailbot.cli import app
from mailbot.config import Bot, Imap, OAuth, Smtp
from mailbot.course import Course, Kind, Meeting

README = (Path(__file__).resolve().parent.parent / "README.md").read_text("utf-8")
COMMANDS = sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented(command: str) -> None:
    assert f"`mailbot {command}" in README


def test_no_command_is_documented_that_is_not_there() -> None:
    assert set(re.findall(r"`mailbot ([a-z]+)", README)) <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    made = typer.main.get_command(app)
    help_text = made.commands[command].help or ""  # type: ignore[attr-defined]
    assert f"[dim]mailbot {command}" in help_text


@pytest.mark.parametrize(
    ("section", "key"),
    [(name, key) for name, model in (("imap", Imap), ("smtp", Smtp), ("oauth", OAuth), ("bot", Bot)) for key in model.model_fields],
)
def test_every_setting_is_documented(section: str, key: str) -> None:
    chapter = README.split(f"\n`[{section}]`\n", 1)[1].split("\n`[", 1)[0]
    assert f"`{key}`" in chapter


@pytest.mark.parametrize("key", [*Course.model_fields, *(k for k in Meeting.model_fields if k not in ("sequence", "called_off"))])
def test_every_key_of_a_course_file_is_documented(key: str) -> None:
    assert f"`{key}`" in README.split("## The course file", 1)[1].split("\n## ", 1)[0]


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_of_letter_is_documented(kind: Kind) -> None:
    assert f"`{kind.value}`" in README


def test_every_test_that_is_named_exists() -> None:
    here = Path(__file__).resolve().parent
    text = (here / "README.md").read_text("utf-8")
    named = re.findall(r"`tests/([\w/]+\.py)::(\w+)", text)
    assert len(named) > 50
    assert [f"{file}::{test}" for file, test in named if f"def {test}(" not in (here / file).read_text("utf-8")] == []
    assert [f for f in re.findall(r"`tests/([\w/.-]+)`", text) if not (here / f).exists()] == []
