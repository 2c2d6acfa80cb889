"""A break after the last byte: settled by Sent, else uncertain, and never sent twice; while nobody can look, it waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import pytest

from app.office import signup
from mailbot.app.handle import Received, Rules, handle
from mailbot.app.outbox import Delivered, Delivery, Unknown, send_due, settle_interrupted
from mailbot.config import shipped_courses
from mailbot.course import Mode
from mailbot.letters.templates import Templates
from mailbot.mail.errors import ConnectionLost
from mailbot.registration.records import LetterState
from mailbot.store.base import Attempt
from mailbot.store.sqlite import SqliteStore

AT = datetime.fromisoformat("2026-02-06T10:00:00+01:00")


class Broken:
    """A way out whose connection breaks after the last byte; `sent` is what Sent says when asked."""

    def __init__(self, sent: Delivered | Exception | None) -> None:
        self.sent, self.carried = sent, 0

    def carry(self, attempt: Attempt, before_last_byte: Callable[[], None]) -> Delivery:
        self.carried += 1
        before_last_byte()
        return Unknown("broke")

    def find(self, key: str) -> Delivered | None:
        if isinstance(self.sent, Exception):
            raise self.sent
        return self.sent

    def file(self, letters: Sequence[Attempt]) -> Iterator[int]:
        raise AssertionError("nothing here is to be filed")

    def rest(self) -> None: ...


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    made = SqliteStore(tmp_path / "mailbot.db")
    (course,) = shipped_courses()
    made.save_course(course, AT)
    made.set_mode(course.id, Mode.AUTO, AT)
    handle(Received(signup("Mette Holm", "mho@eksempelby-kom.dk"), AT), made, Rules((), Templates()), AT)
    return made


@pytest.mark.parametrize(("sent", "state"), [(Delivered(LetterState.SENT, "<new@x>"), "sent"), (None, "uncertain")])
def test_sent_settles_it_else_it_is_uncertain(store: SqliteStore, sent: Delivered | None, state: str) -> None:
    way_out = Broken(sent)
    send_due(store, way_out, lambda: AT)
    send_due(store, way_out, lambda: AT)
    assert [letter.state for letter in store.letters()] == [state]
    assert way_out.carried == 1


def test_while_nobody_can_look_it_waits_and_is_not_sent_again(store: SqliteStore) -> None:
    way_out = Broken(ConnectionLost("away"))
    send_due(store, way_out, lambda: AT)
    send_due(store, way_out, lambda: AT)
    assert [letter.state for letter in store.letters()] == [LetterState.SENDING]
    way_out.sent = Delivered(LetterState.SENT)
    settle_interrupted(store, way_out, AT)
    assert [letter.state for letter in store.letters()] == [LetterState.SENT]
    assert way_out.carried == 1
