"""What went wrong is told to her in her language, with the program's own words behind it for whoever helps her."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from app.desk import embedded_desk, text_of
from mailbot.app.trouble import kind_of
from mailbot.demo.server import MailServer
from mailbot.letters.templates import Templates
from mailbot.mail import errors
from mailbot.mail.errors import InboxError


def test_a_refused_sign_in_stands_in_the_digest_in_danish_first(embedded: MailServer, tmp_path: Path) -> None:
    with closing(embedded_desk(embedded, tmp_path)) as desk:
        desk.arrive()
        embedded.users["bot@example.dk"] = "changed"
        embedded.drop_imap()
        desk.service.inbox.close()
        with pytest.raises(InboxError):
            desk.service.once()
        embedded.users["bot@example.dk"] = "secret"
        told = text_of(desk.digest())
        assert "Noget er gået galt" in told
        danish, technical = told.index("Jeg kom ikke ind i mailboksen"), told.index("(Teknisk: 127.0.0.1")
        assert danish < technical < told.index("refused the sign-in of bot@example.dk")


@pytest.mark.parametrize("language", ["da", "en"])
def test_each_kind_has_its_sentence(language: str) -> None:
    kinds = {kind_of(error("why")) for error in (errors.SignInRefused, errors.Unreachable, errors.MailboxMissing, errors.ConnectionLost,
                                                 errors.UnreadableAnswer, errors.InboxError)}
    assert kinds == {"sign_in_refused", "unreachable", "mailbox_missing", "connection_lost", "last_error"}
    sentences = Templates().words(language).section("troubles")
    for kind in kinds | {"not_tidied", "backup_failed", "held", "clock_stepped"}:
        said = sentences[kind].format(at="i dag kl. 8", what="550 no")
        assert said.index("i dag kl. 8") < said.index("550 no"), kind
