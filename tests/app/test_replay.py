"""Stored messages in the order in which they came."""

from __future__ import annotations

from pathlib import Path

from app.office import signup
from mailbot.app.replay import in_order_of_receipt
from mailbot.mail.archive import messages


def test_of_one_second_an_mbox_is_replayed_as_it_is_stored(tmp_path: Path) -> None:
    """The twelfth message of a file stands behind the second, whatever its name is sorted as."""
    file = tmp_path / "INBOX"
    file.write_bytes(b"".join(b"From x@y Mon Feb  2 10:00:00 2026\n" + signup("Mette Holm", f"p{n}@x.dk", n) + b"\n" for n in range(12)))
    assert [name for _at, name, _raw in in_order_of_receipt(messages(file))] == [f"INBOX:{n}" for n in range(1, 13)]
