"""`mailbot course new`: the shipped invitation gives the shipped course file, and what was not found is said."""

from __future__ import annotations

import json
import tomllib
import zipfile
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mailbot.cli import app
from mailbot.cli.common import Failed
from mailbot.cli.coursefile import compose
from mailbot.course import CourseError, validate_course
from mailbot.resources import shipped
from mailbot.understanding.invitation import read

INVITATIONS = Path(__file__).resolve().parent.parent / "understanding" / "invitations"
NAMES = sorted(p.stem for p in INVITATIONS.glob("*.txt"))
NOW = "2026-11-24T12:00:00+01:00"


def run(*words: str | Path) -> tuple[str, str]:
    result = CliRunner().invoke(app, ["course", "new", *map(str, words), "--now", NOW], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout, result.stderr


def test_the_shipped_invitation_gives_the_shipped_file() -> None:
    made, told = run(INVITATIONS / "hverdagsledelse.txt")
    assert made == shipped("data", "hverdagsledelse-2026.toml").read_text("utf-8")
    assert "NOT FOUND    capacity: it names no number of seats; 24 is a guess" in told


@pytest.mark.parametrize("name", NAMES)
def test_every_file_is_a_course(name: str, tmp_path: Path) -> None:
    target = tmp_path / "courses" / f"{name}.toml"
    stdout, told = run(INVITATIONS / f"{name}.txt", "--output", target, "--capacity", "17")
    assert stdout == ""
    assert f"{target} written" in told
    course = validate_course(tomllib.loads(target.read_text("utf-8")), name)
    assert course.capacity == 17
    assert course.signup_deadline is not None
    assert course.signup_opens is not None
    assert course.signup_opens < course.signup_deadline < course.meetings[0].date


def test_as_json_with_its_notes() -> None:
    stdout, told = run(INVITATIONS / "prices.txt", "--json")
    made = json.loads(stdout)
    assert made["course"]["id"] == "biblioteksledelse-i-en-krisetid-2027"
    assert {n["key"] for n in made["notes"]} == {"contact", "price", "signup_opens"}
    assert told == ""


def test_a_file_that_is_there_is_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "course.toml"
    target.write_text("mine")
    with pytest.raises(Failed, match="left alone"):
        run(INVITATIONS / "table.txt", "--output", target)
    assert target.read_text() == "mine"


def test_what_is_no_invitation_is_said(tmp_path: Path) -> None:
    path = tmp_path / "shopping.txt"
    path.write_text("Mælk, brød og smør")
    with pytest.raises(Failed, match="is it an invitation"):
        run(path)


def test_what_is_missing_is_a_comment_that_shows_how(tmp_path: Path) -> None:
    path = tmp_path / "kort.txt"
    path.write_text("Kursus i Odense, skriv til a@kursus-eks.dk")
    with pytest.raises(CourseError, match="meetings"):
        run(path, "--output", tmp_path / "kort.toml")
    text = (tmp_path / "kort.toml").read_text("utf-8")
    assert "# signup_deadline = 2026-03-01" in text
    assert "# [[meetings]]" in text


def test_words_of_an_invitation_stay_in_their_quotes() -> None:
    text = 'Invitation til """ evil = true\\\n\nMålgruppe: "]\\u0000 {{ 7 * 7 }}\n'
    text += 'Dato: 3/2 2027 kl. 10-15\nPris: 1 kr. "\\ # og 5 kr.\na@x-eks.dk'
    found = read(text, date(2026, 11, 24))
    raw = tomllib.loads(compose(found, 3, None, "x"))
    assert "evil" not in raw
    assert "7 * 7" in raw["target_group"]


def test_a_mail_and_a_document(tmp_path: Path) -> None:
    text = (INVITATIONS / "places.txt").read_text("utf-8")
    head = "Subject: VS: Data i biblioteket\nDate: Mon, 02 Nov 2026 09:00:00 +0100\nFrom: sd@dataibib-eks.dk\nMIME-Version: 1.0\n"
    mail = tmp_path / "invitation.eml"
    mail.write_bytes(f"{head}Content-Type: text/plain; charset=utf-8\n\n{text}".encode())
    course = tomllib.loads(run(mail)[0])
    assert course["signup_opens"].isoformat() == "2026-11-02"
    assert [m["place"] for m in course["meetings"]][1:] == ["Kolding Bibliotek", "online (Teams)"]
    word = tmp_path / "invitation.docx"
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    lines = "".join(f"<w:p><w:r><w:t>{line.replace('&', '&amp;')}</w:t></w:r></w:p>" for line in text.split("\n"))
    with zipfile.ZipFile(word, "w") as file:
        file.writestr("word/document.xml", f'<w:document xmlns:w="{space}"><w:body>{lines}</w:body></w:document>')
    assert tomllib.loads(run(word)[0])["meetings"] == course["meetings"]


@pytest.mark.parametrize("name", ["x.docx", "x.pdf", "x.xlsx"])
def test_a_broken_file_is_one_sentence(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(Failed, match=r"^\S+ (cannot be read|is a picture)"):
        run(path)
