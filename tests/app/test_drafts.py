"""Draft mode: a change of mode to auto releases nothing that lies in Drafts."""

from __future__ import annotations

from pathlib import Path

from servers.person import Person

from app.office import Office, signup
from mailbot.demo.server import MailServer

BOT = "bot@example.dk"


def office(server: MailServer, folder: Path) -> Office:
    return Office(folder, Person(server.imap_port, BOT, "secret", server), server.smtp_port, mode="draft", capacity=1)


def test_from_draft_to_auto_nothing_that_lies_in_drafts_is_sent(embedded: MailServer, tmp_path: Path) -> None:
    here = office(embedded, tmp_path)
    embedded.deliver(BOT, signup("Mette Holm", "mho@eksempelby-kom.dk"))
    here.once()
    assert len(embedded.messages(BOT, "Drafts")) == 1
    settings = tmp_path / "mailbot.toml"
    settings.write_text(settings.read_text("utf-8").replace('mode = "draft"', 'mode = "auto"'), "utf-8")
    here.once()
    here.once()
    assert embedded.sent == []
