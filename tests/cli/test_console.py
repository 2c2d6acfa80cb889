"""The command line as a whole: quick to start, quiet unless a person looks on, one sentence for every mistake, help at Tab."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mailbot.cli import app, main

DATA = Path(__file__).resolve().parent.parent.parent / "data"
INBOX = DATA / "sample-inbox"
ADDED = ("add", "--name", "Mette Holm", "--email", "mho@bibliotek.dk")
# What a command needs when it runs and `mailbot --help` does not.
HEAVY = {
    "pydantic", "jinja2", "sqlite_utils", "sqlite3", "imapclient", "structlog", "phonenumbers", "holidays", "icalendar", "selectolax",
    "xlsxwriter", "openpyxl", "pypdf", "PIL", "ftfy", "css_inline", "msal", "ssl", "asyncio", "smtplib",
}  # fmt: skip


def mailbot(*words: str | Path, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mailbot", *map(str, words)]
    return subprocess.run(command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database that holds a course and one registration."""
    folder = tmp_path_factory.mktemp("office")
    database = ("--database", str(folder / "m.db"))
    for words in (("replay", str(INBOX / "08-manglende-oplysninger.eml"), "--outgoing", str(folder / "out")), ADDED):
        CliRunner().invoke(app, [*words, *database], catch_exceptions=False)
    return folder


def test_help_starts_without_what_only_a_command_needs() -> None:
    code = (
        "import sys, mailbot.cli\n"
        "try: mailbot.cli.app(['--help'])\n"
        "except SystemExit: print('\\n'.join(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True)
    loaded = {line.partition(".")[0] for line in done.stderr.splitlines()}
    assert not loaded & HEAVY
    assert len([line for line in done.stderr.splitlines() if line.startswith("mailbot")]) <= 14


def on_a_terminal(*words: str | Path, folder: Path) -> tuple[str, str]:
    """What stands on stdout (a pipe) and on stderr (a terminal)."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "mailbot", *map(str, words)]
    with (folder / "stdout").open("wb") as file:
        process = subprocess.Popen(command, cwd=folder, stdout=file, stderr=theirs, env=os.environ | {"TERM": "xterm"})
    os.close(theirs)
    shown = b""
    while piece := _read(ours):
        shown += piece
    os.close(ours)
    assert process.wait(300) == 0, shown
    return (folder / "stdout").read_text("utf-8"), shown.decode(errors="replace")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other side has closed it
        return b""


def test_long_work_shows_how_far_it_has_come_on_a_terminal_only(tmp_path: Path) -> None:
    replay = ("replay", INBOX / "01-tilmelding-maja.eml", INBOX / "20-spam.eml", "--database", "r.db", "--outgoing", "letters")
    stdout, shown = on_a_terminal(*replay, folder=tmp_path)
    assert "Replaying messages" in shown
    assert "2/" in shown
    assert "Replaying" not in stdout
    (tmp_path / "people.csv").write_text("Navn;Mail\nBo Lind;bo@bibliotek.dk\n", "utf-8")
    assert "1/1" in on_a_terminal("import", "people.csv", "--database", "r.db", folder=tmp_path)[1]
    stdout, shown = on_a_terminal("parse", "--json", INBOX / "20-spam.eml", folder=tmp_path)
    assert shown == ""
    assert json.loads(stdout)["intent"] == "unrelated"


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("list", "--database", "none.db"), 1, "no database yet"),
        (("list", "--status", "sleeping"), 2, "no status"),
        (("list", "--course", "other", "--database", "m.db"), 2, "no course"),
        (("show", "4711", "--database", "m.db"), 1, "no registration 4711"),
        (("confirm", "4711", "--database", "m.db"), 1, "nothing with the number 4711"),
        (("list", "--database", "text.txt"), 1, "text.txt"),
        (("list", "--config", "none.toml"), 3, "none.toml"),
        (("list", "--config", "broken.toml"), 3, "broken.toml"),
        (("parse", "none.eml"), 1, "no such file"),
        (("parse", "--course", "broken.toml", "mail.eml"), 3, "broken.toml"),
        (("replay", "mail.eml", "--database", "x.db", "--outgoing", "out", "--mode", "loud"), 2, "no mode"),
        (("replay", "mail.eml", "--database", "x.db", "--outgoing", "out", "--until", "soon"), 2, "no time"),
        ((*ADDED, "--ean", "123", "--database", "m.db"), 2, "no EAN number"),
        ((*ADDED, "--now", "2026-02-01", "--database", "m.db"), 2, "lacks its offset"),
        (("add", "--name", "Bo", "--email", "bo", "--database", "m.db"), 2, "no address"),
        (("export", "x.doc", "--database", "m.db"), 2, "no kind of file"),
        (("export", "none/x.csv", "--database", "m.db"), 1, "No such file"),
        (("import", "none.csv", "--database", "m.db"), 1, "No such file"),
        (("import", "text.txt", "--database", "m.db"), 2, "no kind of file"),
        (("import", "broken.xlsx", "--database", "m.db"), 1, "cannot be read"),
        (("import", "empty.csv", "--database", "m.db"), 2, "no column"),
        (("place", "soon", "Odense", "--database", "m.db"), 2, "neither the number"),
        (("place", "9", "Odense", "--database", "m.db"), 1, "cannot be done"),
        (("restore", "text.txt", "--database", "m2.db"), 1, "text.txt"),
        (("course", "new", "none.txt"), 1, "No such file"),
        (("course", "new", "text.txt"), 1, "is it an invitation"),
        (("login",), 1, "sign-in is by password"),
        (("once",), 1, "host and user are not set"),
    ],
)
def test_every_mistake_is_one_sentence(
    office: Path, words: tuple[str, ...], code: int, says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (office / "text.txt").write_text("ikke en database\n" * 200)
    (office / "broken.toml").write_text("id = \n[[")
    (office / "broken.xlsx").write_bytes(b"PK\x03\x04 no")
    (office / "empty.csv").write_text("")
    (office / "mail.eml").write_text("Subject: Hej\n\nHej")
    monkeypatch.chdir(office)
    monkeypatch.setattr(sys, "argv", ["mailbot", *words])
    with pytest.raises(SystemExit) as end:
        main()
    told = capsys.readouterr().err
    assert end.value.code == code, told
    assert says in told
    assert "fault in the program" not in told
    assert len(told.strip().splitlines()) == 1


def complete(folder: Path, *words: str) -> list[str]:
    line = " ".join(("mailbot", *words, ""))
    done = mailbot(folder=folder, _MAILBOT_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(len(words) + 1))
    return done.stdout.split()


def test_the_shell_completes_commands_numbers_courses_and_statuses(office: Path) -> None:
    assert {"list", "show", "course"} <= set(complete(office))
    listed = json.loads(mailbot("list", "--json", "--database", "m.db", folder=office).stdout)
    live = sorted(str(r["id"]) for r in listed if r["status"] in ("confirmed", "waiting", "offered", "review"))
    assert sorted(complete(office, "show", "--database", "m.db")) == live
    assert complete(office, "export", "--database", "m.db", "--course") == ["hverdagsledelse-2026"]
    assert "waiting" in complete(office, "list", "--status")
    assert complete(office, "show", "--database", "none.db") == []
    assert "complete -o default -F" in mailbot("--show-completion", "bash", folder=office).stdout


def test_a_spreadsheet_from_danish_excel_is_read_whatever_its_encoding(office: Path) -> None:
    (office / "excel.csv").write_bytes("Navn;Mail;Bibliotek\r\nSøren Kjær;sk@bibliotek.dk;Ærø Bibliotek\r\n".encode("cp1252"))
    done = mailbot("import", "excel.csv", "--json", "--database", "m.db", folder=office)
    assert json.loads(done.stdout)[0]["name"] == "Søren Kjær"
