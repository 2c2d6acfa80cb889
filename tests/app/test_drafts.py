"""Draft mode: the clock of an offer starts when her mail program has sent the draft, and a change of mode releases no backlog."""

from __future__ import annotations

from pathlib import Path

from servers.person import Person

from app.office import Office, signup
from mailbot.course import Kind
from mailbot.demo.server import MailServer
from mailbot.store.sqlite import SqliteStore

BOT = "bot@example.dk"


def office(server: MailServer, folder: Path) -> Office:
    return Office(folder, Person(server.imap_port, BOT, "secret", server), server.smtp_port, mode="draft", capacity=1)


def clock(here: Office) -> object:
    return next(r for r in here.registrations() if r["status"] == "offered")["offer_expires_at"]


def test_the_clock_of_an_offer_starts_when_its_draft_is_sent(embedded: MailServer, tmp_path: Path) -> None:
    here = office(embedded, tmp_path)
    embedded.deliver(BOT, signup("Mette Holm", "mho@eksempelby-kom.dk"))
    here.once()
    embedded.deliver(BOT, signup("Bo Krag", "bok@eksempelby-kom.dk"))
    here.once()
    assert here.run("cancel", "1").returncode == 0
    here.once()
    assert embedded.sent == []
    assert clock(here) is None
    with SqliteStore(here.database) as store:
        (offer,) = (letter for letter in store.letters() if letter.kind is Kind.OFFER)
    (draft,) = (m for m in embedded.messages(BOT, "Drafts") if offer.key.encode() in m.raw)
    embedded.deliver(BOT, draft.raw, "Sent")
    embedded.remove(BOT, draft.uid, "Drafts")
    here.once()
    assert clock(here) is not None


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
