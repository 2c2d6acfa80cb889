"""Messages from files, in a fixed order, and one sentence where there are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailbot.mail.archive import ArchiveError, messages


def test_one_message_and_a_folder(tmp_path: Path) -> None:
    for name in ("b.eml", "a.eml", "c.txt"):
        (tmp_path / name).write_bytes(name.encode())
    assert list(messages(tmp_path / "c.txt")) == [("c.txt", b"c.txt")]
    assert list(messages(tmp_path)) == [("a.eml", b"a.eml"), ("b.eml", b"b.eml")]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_an_mbox_in_its_order(tmp_path: Path, end: bytes) -> None:
    lines = [b"From a@b Thu Feb 12 09:30:00 2026", b"Subject: 1", b"", b"Hej", b"From her", b">From x", b">>From y", b"",
        b"From c@d Thu Feb 12 2026", b"Subject: 2", b""]
    (tmp_path / "box").write_bytes(end.join(lines))
    assert [name for name, _ in messages(tmp_path / "box")] == ["box:1", "box:2"]
    first, second = (raw for _, raw in messages(tmp_path / "box"))
    assert first == end.join([b"Subject: 1", b"", b"Hej", b"From her", b"From x", b">From y", b"", b""])
    assert second == b"Subject: 2" + end


def test_a_maildir_with_new_and_read_messages(tmp_path: Path) -> None:
    for folder in ("cur", "new", "tmp"):
        (tmp_path / folder).mkdir()
    (tmp_path / "cur" / "2.x:2,S").write_bytes(b"two")
    (tmp_path / "new" / "1.x").write_bytes(b"one")
    (tmp_path / "tmp" / "0.x").write_bytes(b"half")
    assert [raw for _, raw in messages(tmp_path)] == [b"one", b"two"]


def test_a_missing_path_is_told_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"nowhere: there is no such file or folder$"):
        messages(tmp_path / "nowhere")
