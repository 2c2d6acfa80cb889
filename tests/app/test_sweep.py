"""What the sweep looks at again, and what it leaves alone because it knows it."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from servers.person import Person
from servers.proxy import Proxy

from app.desk import Desk
from app.office import signup
from mailbot.demo.server import MailServer


def test_copies_in_other_places_are_fetched_once(
    embedded: MailServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody's rule lays a copy into another folder, a forwarder delivers twice: each is looked at once, not every hour."""
    monkeypatch.setenv("MAILBOT_IMAP__ALSO", "Arkiv")
    heard: list[bytes] = []

    def listen(data: bytes) -> bytes:
        heard.append(data)
        return data

    with Proxy(embedded.imap_port) as proxy:
        proxy.change = listen
        person = Person(proxy.port, "bot@example.dk", "secret", embedded)
        with closing(Desk(person, embedded.smtp_port, tmp_path)) as desk:
            with person.client() as client:
                client.create_folder("Arkiv")
            for mailbox in ("INBOX", "INBOX", "Arkiv"):
                person.deliver(signup("Mette Holm", "mho@eksempelby-kom.dk"), mailbox=mailbox, at=desk.now)
            fetched = []
            for _ in range(3):
                heard.clear()
                desk.now += timedelta(hours=2)  # the sweep comes every hour
                desk.service.once()
                fetched.append(b"".join(heard).count(b"Jeg vil gerne tilmeldes"))
            assert fetched == [3, 0, 0]
            assert desk.statuses() == {1: "confirmed"}
