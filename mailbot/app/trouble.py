"""What is wrong with the service itself: noted for `status` in the program's words, for the digest by what it means to her."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from mailbot.letters.overview import Trouble
from mailbot.mail.errors import ConnectionLost, MailboxMissing, SignInRefused, Throttled, Unreachable
from mailbot.store.base import Store

LATE_PASS, LATE_BACKUP = timedelta(hours=2), timedelta(hours=50)
ERROR, KIND = "last_error", "last_error_kind"
_KINDS: tuple[tuple[type[Exception], str], ...] = (
    (SignInRefused, "sign_in_refused"), (Unreachable, "unreachable"), (MailboxMissing, "mailbox_missing"),
    (ConnectionLost, "connection_lost"), (Throttled, "connection_lost"),
)  # fmt: skip


def note_trouble(store: Store, kind: str, problem: str, at: datetime) -> None:
    """`kind`: a sentence of the templates' [troubles]; `problem`: what happened, for who looks after the program."""
    store.note(KIND, kind, at)
    store.note(ERROR, problem, at)


def kind_of(problem: Exception) -> str:
    """The sentence for what the inbox raised."""
    return next((kind for error, kind in _KINDS if isinstance(problem, error)), ERROR)


def troubles(notes: Mapping[str, tuple[str, datetime]], since: datetime, now: datetime) -> list[Trouble]:
    """What is to be told in a digest of the time since then."""
    found = []
    if ERROR in notes and notes[ERROR][1] > since:
        problem, at = notes[ERROR]
        kind, noted_at = notes.get(KIND, (ERROR, at))
        found.append((kind if noted_at == at else ERROR, at, problem))
    for code, name, longest in (("no_pass", "last_pass", LATE_PASS), ("no_backup", "backup", LATE_BACKUP)):
        if name in notes and now - notes[name][1] > longest:
            found.append((code, notes[name][1], ""))
    return found
