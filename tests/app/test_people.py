"""The administrator's commands on the command line: what they change, what they say, what they refuse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from app.office import signup
from mailbot.cli import app
from mailbot.cli.common import explain

NOW = "2026-02-02T12:00:00+01:00"


class Shell:
    """The command line on a database of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.database = folder, folder / "mailbot.db"

    def __call__(self, *words: str, timed: bool = True) -> Result:
        extra = ["--now", NOW] if timed else []
        return CliRunner().invoke(app, [*words, "--database", str(self.database), *extra])

    def statuses(self) -> dict[int, str]:
        rows: list[dict[str, Any]] = json.loads(self("list", "--json", timed=False).output)
        return {row["id"]: row["status"] for row in rows}

    def refusal(self, *words: str) -> tuple[str, int]:
        problem = self(*words).exception
        assert isinstance(problem, Exception)
        return explain(problem)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Two signups on a course of two seats."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for n, (name, address) in enumerate((("Mette Holm", "mho@eksempelby-kom.dk"), ("Bo Beck", "bobe@nordskov-kom.dk"))):
        (inbox / f"{n}.eml").write_bytes(signup(name, address, n))
    made = Shell(tmp_path)
    done = CliRunner().invoke(
        app, ["replay", str(inbox), "--database", str(made.database), "--outgoing", str(tmp_path / "out"), "--json"], catch_exceptions=False
    )
    assert done.exit_code == 0
    return made


def test_a_registration_goes_through_what_she_decides(shell: Shell) -> None:
    first, second = sorted(shell.statuses())
    assert shell("cancel", str(first), "--note", "rang").exit_code == 0
    assert shell.statuses()[first] == "cancelled"
    done = shell("substitute", str(second), "--name", "Tanja Holm", "--email", "th@nordskov-kom.dk")
    assert done.exit_code == 0
    assert sorted(shell.statuses().values()) == ["cancelled", "cancelled", "confirmed"]


def test_what_cannot_be_done_says_why(shell: Shell) -> None:
    first = min(shell.statuses())
    said, code = shell.refusal("confirm", str(first))
    assert code == 1
    assert said == "that cannot be done: it is so already"
    said, code = shell.refusal("wait", str(first))
    assert said == "that cannot be done: the person has a seat or an offer; cancel it instead"
    said, code = shell.refusal("cancel", "4711")
    assert code == 1
    assert "nothing with the number 4711" in said
    said, code = shell.refusal("place", "9", "Odense")
    assert code == 1
    assert "no such meeting" in said


def test_a_place_is_told_to_everybody_with_a_seat(shell: Shell) -> None:
    done = shell("place", "2", "Odense Hovedbibliotek")
    assert done.exit_code == 0
    assert "2 letters planned" in done.output


def test_added_by_telephone_without_a_letter(shell: Shell) -> None:
    done = shell("add", "--name", "Ida Lund", "--email", "il@vestby-kom.dk", "--ean", "5798000123458", "--json")
    (added,) = json.loads(done.output)
    assert added["status"] == "confirmed"
    shown = json.loads(shell("show", str(added["id"]), "--json", timed=False).output)
    assert {letter["state"] for letter in shown["letters"]} == {"withheld"}


@pytest.mark.parametrize("name", ["people.xlsx", "people.csv", "people.json"])
def test_exports_are_written_for_their_owner_only(shell: Shell, name: str) -> None:
    target = shell.folder / name
    assert shell("export", str(target)).exit_code == 0
    assert target.stat().st_mode & 0o077 == 0
    assert target.stat().st_size > 100


def test_a_spreadsheet_comes_in_once(shell: Shell) -> None:
    source = shell.folder / "in.csv"
    lines = ("Navn;Mail;Titel;EAN", "Ida Lund;il@vestby-kom.dk;souschef;5798000123458", "Mette Holm;mho@eksempelby-kom.dk;;")
    source.write_text("\n".join(lines), "utf-8")
    results = json.loads(shell("import", str(source), "--json").output)
    assert [("id" in r, r.get("left_out")) for r in results] == [(True, None), (False, "already_registered")]
    source.write_text("Navn;EAN\nIda Lund;123\n", "utf-8")
    said, code = shell.refusal("import", str(source))
    assert code == 2
    assert "line 2" in said
    assert "13 digits" in said


def test_a_person_is_shown_and_forgotten(shell: Shell) -> None:
    address = "mho@eksempelby-kom.dk"
    assert "Mette Holm" in shell("person", address, timed=False).output
    assert shell("forget", address, "--yes").exit_code == 0
    assert "Mette Holm" not in shell("person", address, timed=False).output


def test_a_safety_copy_comes_back(shell: Shell) -> None:
    copy = shell.folder / "copy.db"
    assert shell("backup", str(copy), timed=False).exit_code == 0
    first = min(shell.statuses())
    shell("cancel", str(first))
    assert shell("restore", str(copy), "--yes").exit_code == 0
    assert shell.statuses()[first] == "confirmed"


def test_status_is_for_monitoring(shell: Shell) -> None:
    said, code = shell.refusal("status")
    assert code == 1
    assert "last pass" in said
