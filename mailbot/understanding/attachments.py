"""Attachments as a second source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailbot.mail.message import Attachment
from mailbot.understanding.facts import Record
from mailbot.understanding.reading import Reason


@dataclass(frozen=True, slots=True)
class Attached:
    """The people whom attachments name, and doubts."""

    records: tuple[Record, ...] = ()
    notes: tuple[Reason, ...] = ()


def read(attachments: Sequence[Attachment]) -> Attached:
    return Attached()
