"""What is fetched of a message: the same reading from a fraction of the bytes, and nothing that a hostile structure can break."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from servers.dovecot import Dovecot
from servers.person import Person

from mailbot.mail import fetch as fetching
from mailbot.mail.parse import parse
from mailbot.mail.slim import MAX_ATTACHMENT, MAX_TEXT, Leaf, OddStructure, assemble, items, plan

CORPUS = Path(__file__).parent.parent / "corpus"


def text(size: int, subtype: bytes = b"PLAIN", disposition: Any = None) -> tuple[Any, ...]:
    return (b"TEXT", subtype, (b"CHARSET", b"utf-8"), None, None, b"7BIT", size, 10, None, disposition, None, None)


def file(kind: bytes, size: int, name: bytes = b"a.bin") -> tuple[Any, ...]:
    major, minor = kind.split(b"/")
    return (major, minor, (b"NAME", name), None, None, b"BASE64", size, None, (b"ATTACHMENT", (b"FILENAME", name)), None, None)


def mixed(*parts: tuple[Any, ...], boundary: bytes = b"b", subtype: bytes = b"MIXED") -> tuple[Any, ...]:
    return (*parts, subtype, (b"BOUNDARY", boundary), None, None, None)


@pytest.mark.parametrize(
    ("structure", "wanted"),
    [
        (text(100), ["BODY.PEEK[1]"]),
        (text(0), []),
        (text(MAX_TEXT + 1), [f"BODY.PEEK[1]<0.{MAX_TEXT}>"]),
        (file(b"image/jpeg", 100), []),
        (mixed(text(10), file(b"image/png", 9)), ["BODY.PEEK[1]"]),
        (mixed(text(10), file(b"application/pdf", 9)), ["BODY.PEEK[1]", "BODY.PEEK[2]"]),
        (mixed(text(10), file(b"application/pdf", MAX_ATTACHMENT + 1)), ["BODY.PEEK[1]"]),
        (mixed(text(10), file(b"application/octet-stream", 9, b"Deltagere.XLSX")), ["BODY.PEEK[1]", "BODY.PEEK[2]"]),
        (mixed(text(10), file(b"application/octet-stream", 9, b"setup.exe")), ["BODY.PEEK[1]"]),
        (mixed(mixed(text(1), text(2, b"HTML"), subtype=b"ALTERNATIVE"), text(3)), ["BODY.PEEK[1.1]", "BODY.PEEK[1.2]", "BODY.PEEK[2]"]),
        (mixed(text(10, b"CALENDAR")), ["BODY.PEEK[1]"]),
        (mixed(text(10), text(20, b"PLAIN", (b"ATTACHMENT", (b"FILENAME", b"navne.txt")))), ["BODY.PEEK[1]", "BODY.PEEK[2]"]),
    ],
)
def test_what_is_fetched(structure: Any, wanted: list[str]) -> None:
    assert list(items(plan(structure))) == wanted


def test_of_a_newsletter_the_beginning_of_its_plain_text_is_enough() -> None:
    both = mixed(text(50_000), text(90_000, b"HTML"), subtype=b"ALTERNATIVE")
    assert list(items(plan(mixed(both, file(b"application/pdf", 9)), bulk=True))) == ["BODY.PEEK[1.1]<0.1500>"]
    stub = mixed(text(40), text(90_000, b"HTML"), subtype=b"ALTERNATIVE")
    assert list(items(plan(stub, bulk=True))) == ["BODY.PEEK[1]", "BODY.PEEK[2]<0.8000>"]


def test_a_part_that_is_left_out_keeps_its_headers_and_its_size() -> None:
    node = plan(mixed(text(3), file(b"image/jpeg", 5_000_000, b'a"\r\nBcc: x.jpg')))
    raw = assemble(b'Subject: x\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n', node, {b"BODY[1]": b"Hej"})
    assert raw == (
        b'Subject: x\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
        b'--b\r\nContent-Type: text/plain;\r\n charset="utf-8"\r\n\r\nHej\r\n'
        b'--b\r\nContent-Type: image/jpeg;\r\n name="a\\" Bcc: x.jpg"\r\nContent-Transfer-Encoding: base64\r\n'
        b'Content-Disposition: attachment;\r\n filename="a\\" Bcc: x.jpg"\r\nX-Mailbot-Omitted: 5000000\r\n\r\n\r\n--b--\r\n'
    )
    assert [a.data for a in parse(raw).attachments] == [None]


def deep(levels: int) -> Any:
    structure: Any = text(1)
    for _ in range(levels):
        structure = mixed(structure)
    return structure


@pytest.mark.parametrize(
    "structure",
    [
        None, (), ((),), (b"TEXT",), mixed(text(1), boundary=b""), mixed(*[text(1)] * 1000), deep(50),
        (b"TEXT", b"a\r\nb", None, None, None, b"7BIT", 1),
    ],
)
def test_a_structure_that_cannot_be_followed_is_said_to_be_odd(structure: Any) -> None:
    with pytest.raises(OddStructure):
        plan(structure)


junk = st.recursive(
    st.none() | st.integers(-5, 2**40) | st.binary(max_size=12) | st.sampled_from([b"TEXT", b"PLAIN", b"MESSAGE", b"RFC822", b"BOUNDARY"]),
    lambda inner: st.lists(inner, max_size=9).map(tuple) | st.lists(inner, max_size=4),
    max_leaves=40,
)


@given(junk, st.booleans())
def test_no_structure_does_harm(structure: Any, bulk: bool) -> None:
    try:
        node = plan(structure, bulk=bulk)
    except OddStructure:
        return
    assert all(item.startswith("BODY.PEEK[") and "\r" not in item for item in items(node))
    parse(assemble(b"Subject: x\r\n\r\n", node, {}))


@given(st.binary(max_size=60), st.binary(min_size=1, max_size=60))
def test_no_parameter_breaks_out_of_its_header(name: bytes, value: bytes) -> None:
    node = plan((b"APPLICATION", b"PDF", (name, value), None, None, b"BASE64", 9, None, (b"ATTACHMENT", (b"FILENAME", value)), None, None))
    assert isinstance(node, Leaf)
    for line in node.header.rstrip(b"\r\n").split(b"\r\n"):
        assert line.startswith((b"Content-", b" ")), node.header
        assert b"\n" not in line


def test_the_parts_of_an_attached_message_are_numbered_below_it() -> None:
    inner = (text(5), text(6, b"HTML"), b"ALTERNATIVE", (b"BOUNDARY", b"i"), None, None, None)
    message = (b"MESSAGE", b"RFC822", None, None, None, b"7BIT", 999, (None,) * 10, inner, 20, None, None, None, None)
    node = plan(mixed(text(1), message))
    assert list(items(node)) == ["BODY.PEEK[1]", "BODY.PEEK[2.HEADER]", "BODY.PEEK[2.1]", "BODY.PEEK[2.2]"]


def corpus() -> list[bytes]:
    """All messages of the corpus as raw bytes with CRLF."""
    import yaml

    sys.path.insert(0, str(CORPUS))
    try:
        from build import build  # type: ignore[import-not-found]
    finally:
        sys.path.pop(0)
    raws = []
    for path in sorted((CORPUS / "cases").glob("*.yaml")):
        raws += [build(case) for case in yaml.safe_load(path.read_text("utf-8"))]
    return [raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") for raw in raws]


def test_the_corpus_reads_the_same_slim_as_full(
    dovecot: Dovecot, new_person: Callable[[Dovecot], Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "SMALL", 0)
    person, raws = new_person(dovecot), corpus()[::3]
    with person.client() as client:
        for raw in raws:
            client.append("INBOX", raw, msg_time=datetime(2026, 1, 1, tzinfo=UTC))
    with person.inbox() as inbox:
        slims = [inbound.raw for inbound in inbox.fetch("INBOX")]
    assert len(slims) == len(raws)
    for raw, slim in zip(raws, slims, strict=True):
        full, read = parse(raw), parse(slim)
        if read.automatic != "bulk":
            assert (read.fingerprint, read.text) == (full.fingerprint, full.text), full.message_id
        kept = [(a.name, a.content_type) for a in full.attachments]
        assert [(a.name, a.content_type) for a in read.attachments] == kept or read.automatic == "bulk"
        assert (read.automatic, read.report, read.letter_key, read.references) == (
            full.automatic, full.report, full.letter_key, full.references)
        assert read.authentication_results == full.authentication_results
