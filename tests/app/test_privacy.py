"""Personal data: the record for the data protection officer, what the log must not tell, what is never kept."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from servers.person import Person
from typer.testing import CliRunner

from app.office import Office, signup, unrelated
from mailbot.app import privacy
from mailbot.cli import app
from mailbot.demo.server import MailServer

CPR = "010190-1234"


def test_every_column_of_the_database_is_accounted_for() -> None:
    assert privacy.without_entry() == set()


def test_a_column_that_nobody_wrote_about_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = privacy.columns()
    monkeypatch.setattr(privacy, "columns", lambda: (*real, "registration.shoe_size"))
    assert privacy.without_entry() == {"registration.shoe_size"}
    done = CliRunner().invoke(app, ["privacy", "--lang", "en"])
    assert "registration.shoe_size" in done.stdout


@pytest.mark.parametrize(("language", "says"), [("da", "CPR-numre erstattes"), ("en", "365 days after the last meeting")])
def test_the_record_in_both_languages(language: str, says: str) -> None:
    done = CliRunner().invoke(app, ["privacy", "--lang", language])
    assert done.exit_code == 0
    assert says in done.stdout
    assert not re.search(r"\{\w+\}", done.stdout)
    data = json.loads(CliRunner().invoke(app, ["privacy", "--lang", language, "--json"]).stdout)
    assert {c for kind in data["kinds"] for c in kind["columns"]} == set(privacy.columns())
    assert all(kind["says"][aspect] for kind in data["kinds"] for aspect in privacy.ASPECTS)


@pytest.fixture
def office(embedded: MailServer, tmp_path: Path) -> Office:
    return Office(tmp_path, Person(embedded.imap_port, "bot@example.dk", "secret", embedded), embedded.smtp_port, capacity=1)


def written(name: str, address: str, subject: str, text: str) -> bytes:
    head = f"From: {name} <{address}>\nTo: lv@fremtidensbiblioteker.dk\nSubject: {subject}\nMessage-ID: <{abs(hash(text))}@x.dk>\n"
    return (head + f"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n{text}\n").replace("\n", "\r\n").encode()


SIGNUP = "Jeg vil gerne tilmeldes Hverdagsledelse 2026.\n\n{more}\n\nVenlig hilsen\n{name}\nSouschef, Nørreby Bibliotek\nTlf. 51 63 70 08"


def test_the_log_at_info_level_holds_no_personal_data(office: Office, embedded: MailServer) -> None:
    """A season: signups, the waiting list, a question, a cancellation, a bounce, mail that fails to be sent."""
    refusal = "550 5.1.1 no such user eva.krogh@andeby-kom.dk"
    embedded.fault = lambda stage, what: refusal if stage == "RCPT" and "eva" in str(what) else None
    for raw in (
        signup("Mette Holm", "mette.holm@eksempelby-kom.dk", 1), signup("Eva Krogh", "eva.krogh@andeby-kom.dk", 2), unrelated(3),
        written("Bo Beck", "bo.beck@nordskov-kom.dk", "Hemmelig parkering", "Er der parkering på Hverdagsledelse 2026?\n\nMvh Bo Beck"),
        written("Mette Holm", "mette.holm@eksempelby-kom.dk", "Afbud Skovtur", "Jeg melder afbud til Hverdagsledelse 2026.\n\nMette Holm"),
    ):
        embedded.deliver("bot@example.dk", raw)
    told = "".join(office.run("once").stderr for _ in range(2))
    assert "letter_sent" in told
    people = ("mette", "holm", "krogh", "beck", "eksempelby", "andeby", "nordskov", "5798000123458")
    for word in (*people, "Skovtur", "parkering", "Frokost", "Tilmelding"):
        assert word.lower() not in told.lower(), word


WITH_CPR = (
    ("Mette Holm", "Tilmelding", SIGNUP.format(more=f"Mit CPR er {CPR}.", name="Mette Holm")),
    ("Bo Beck", f"Tilmelding {CPR}", SIGNUP.format(more="", name="Bo Beck")),
    (f"Ida Lund {CPR}", "Tilmelding", SIGNUP.format(more="", name="Ida Lund")),
    ("Karl Toft", "Tilmelding", SIGNUP.format(more=f"Reference: {CPR}, jeg spiser ikke nødder ({CPR}).", name=f"Karl Toft\n{CPR}")),
    ("Eva Krogh", f"Spørgsmål om {CPR}", f"Kan I se, om {CPR} er tilmeldt Hverdagsledelse 2026? Mvh Eva Krogh"),
    ("Nils Bak", "Tilmelding", f"Anna Friis Holm ({CPR}) vil måske med på Hverdagsledelse 2026, hvis hun kan. Mvh Nils Bak"),
)


def test_a_cpr_number_never_reaches_the_database(office: Office, embedded: MailServer) -> None:
    """In the text, the subject, a name, a reference, a diet, a question, a proposal: nowhere in the bytes of the file."""
    for n, (name, subject, text) in enumerate(WITH_CPR):
        embedded.deliver("bot@example.dk", written(name, f"person{n}@eksempelby-kom.dk", subject, text))
    office.once()
    assert office.run("digest", "--send").returncode == 0
    kept = b"".join(path.read_bytes() for path in office.folder.glob("mailbot.db*"))
    assert all(f"person{n}@eksempelby-kom.dk".encode() in kept for n in range(len(WITH_CPR)))
    for number in (CPR, CPR.replace("-", ""), CPR.replace("-", " ")):
        assert number.encode() not in kept
    assert not any(CPR.encode() in letter.raw for letter in embedded.sent)


def test_before_somebody_is_erased_she_is_told_what_the_accounts_need(office: Office, embedded: MailServer) -> None:
    embedded.deliver("bot@example.dk", signup("Mette Holm", "mette.holm@eksempelby-kom.dk", 1))
    office.once()
    asked = office.run("forget", "mette.holm@eksempelby-kom.dk")   # nobody answers
    assert asked.returncode != 0
    assert "for the accounts, where it must stay" in asked.stdout
    assert "ean 5798000123458, price 7500" in asked.stdout
    told = json.loads(office.run("person", "mette.holm@eksempelby-kom.dk").stdout)
    assert (len(told["registrations"]), len(told["letters"]), len(told["messages"])) == (1, 1, 1)
    assert "Hverdagsledelse" in told["letters"][0]["text"]
    done = json.loads(office.run("forget", "mette.holm@eksempelby-kom.dk", "--yes", "--json").stdout)
    assert done["registrations"] == 1
    assert [row["name"] for row in done["for_the_accounts"]] == ["Mette Holm"]
    kept = b"".join(path.read_bytes() for path in office.folder.glob("mailbot.db*"))
    assert b"mette" not in kept.lower()
