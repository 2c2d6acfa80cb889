"""What time brings about while one side is in trouble."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from app.desk import Desk, embedded_desk
from app.office import signup
from mailbot.course import Kind
from mailbot.demo.server import MailServer
from mailbot.mail.errors import InboxError

BOT, BO = "bot@example.dk", "bobe@nordskov-kom.dk"


@pytest.fixture
def offered(embedded: MailServer, tmp_path: Path) -> Iterator[tuple[Desk, EmailMessage]]:
    """One seat, which Bo was offered when Mette left; and the letter that says so."""
    with closing(embedded_desk(embedded, tmp_path, capacity=1)) as desk:
        desk.arrive(signup("Mette Holm", "mho@eksempelby-kom.dk"), signup("Bo Beck", BO, 2))
        assert desk.office.run("cancel", "1", "--now", desk.now.isoformat()).returncode == 0
        letters = desk.arrive()
        yield desk, next(x for x in letters if BO in str(x["To"]))


def away_until_it_is_over(desk: Desk, embedded: MailServer) -> None:
    """The mailbox cannot be read (the password was changed); sending goes on."""
    embedded.users[BOT] = "changed"
    embedded.drop_imap()
    desk.service.inbox.close()
    desk.now += timedelta(days=8)
    with pytest.raises(InboxError):
        desk.service.once()
    assert desk.statuses()[3] == "offered"
    embedded.users[BOT] = "secret"


def test_an_answer_in_time_counts_where_the_mailbox_could_not_be_read_until_the_offer_was_over(
    offered: tuple[Desk, EmailMessage], embedded: MailServer
) -> None:
    desk, letter = offered
    answer = desk.write("Ja tak til pladsen.\n\nBo Beck", answers=letter, sender=f"Bo Beck <{BO}>")
    desk.person.deliver(answer, at=desk.now + timedelta(hours=2))
    away_until_it_is_over(desk, embedded)
    desk.service.once()
    assert desk.statuses()[3] == "confirmed"
    kinds = {letter.kind for letter in desk.store.letters("hverdagsledelse-2026")}
    assert not kinds & {Kind.OFFER_LAPSED, Kind.OFFER_REMINDER}  # of something that was over


def test_silence_is_silence_once_the_mailbox_was_read(offered: tuple[Desk, EmailMessage], embedded: MailServer) -> None:
    desk, _letter = offered
    away_until_it_is_over(desk, embedded)
    desk.service.once()
    assert desk.statuses()[3] == "expired"
