"""The tree of parts, from well-formed mail to bombs."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.mail.mime import MAX_DEPTH, MAX_PARTS, Part, decode_transfer, split


def shape(part: Part) -> object:
    return [part.content_type, *map(shape, part.children)] if part.children else part.content_type


def tree(raw: bytes) -> object:
    return shape(split(raw)[0])


MIXED = (
    b"Content-Type: multipart/mixed; boundary=\"a b\"\n\npreamble\n--a b\nContent-Type: multipart/alternative;"
    b"\n\tboundary=c\n\n--c\n\nplain\n--c\n"
    b"Content-Type: text/html\n\n<p>\n--c--\n--a b\nContent-Type: message/rfc822\n\nSubject: x\n\nhej\n--a b--\nepilogue\n"
)


@pytest.mark.parametrize("raw", [MIXED, MIXED.replace(b"\n", b"\r\n"), b"From x@y Thu Feb 12 2026\n" + MIXED,
    MIXED.replace(b"--a b--\nepilogue\n", b"")])
def test_the_tree(raw: bytes) -> None:
    root, problems = split(raw)
    assert shape(root) == ["multipart/mixed", ["multipart/alternative", "text/plain", "text/html"], ["message/rfc822", "text/plain"]]
    assert not problems
    plain = root.children[0].children[0]
    assert plain.content(100) == b"plain"
    assert root.children[1].children[0].first("subject") == b"x"
    assert [part.content_type for part in root.own()][-1] == "message/rfc822"


def test_fields_are_unfolded_and_case_does_not_matter() -> None:
    root, _ = split(b"SUBJECT: a\r\n b\r\n\tc\r\nX-Y : z\r\n\r\nhej")
    assert root.fields == (("subject", b"a b c"), ("x-y", b"z"))
    assert root.content(10) == b"hej"


def test_a_line_that_is_no_field_begins_the_content() -> None:
    assert split(b"Subject: a\nHej Lisbet\n\nx")[0].content(100) == b"Hej Lisbet\n\nx"


@pytest.mark.parametrize(("raw", "kind"), [
    (b"Content-Type: multipart/mixed\n\nhej", "text/plain"), (b"Content-Type: multipart/mixed; boundary=x\n\nhej", "text/plain"),
    (b"Content-Type: nonsense\n\nhej", "text/plain"), (b"Content-Type: TEXT/HTML; charset\n\nx", "text/html"),
    (b"Content-Type: /;/;=\n\nx", "/"),
    (b"Content-Type:\n\nx", "text/plain"), (b"", "text/plain"), (b"\x00\xff", "text/plain"),
])
def test_what_is_no_multipart_is_text(raw: bytes, kind: str) -> None:
    assert tree(raw) == kind or kind == "/"


def test_file_names_as_mailers_write_them() -> None:
    for field in (b'attachment; filename="a b.pdf"', b"attachment; filename*=utf-8''a%20b.pdf",
        b"attachment; filename*0=\"a \"; filename*1=\"b.pdf\""):
        assert split(b"Content-Type: application/pdf\nContent-Disposition: " + field + b"\n\nx")[0].filename == "a b.pdf"


@pytest.mark.parametrize(("data", "decoded"), [
    (b"aGVq", b"hej"), (b"aGV\n q", b"hej"), (b"aGVqaA==", b"hejh"), (b"aGVqaA", b"hejh"), (b"aGVqa", b"hej"), (b"!!", b""),
    (b"aGVq=====x", b"hej"),
])
def test_base64_is_read_as_far_as_it_goes(data: bytes, decoded: bytes) -> None:
    assert decode_transfer(data, "base64").startswith(decoded)


@settings(deadline=None)
@given(st.lists(st.sampled_from([
    b"Content-Type: multipart/mixed; boundary=a\n", b"Content-Type: message/rfc822\n", b"\n", b"--a\n", b"--a--\n", b"--a", b"From x\n",
    b": x\n", b"X:\n", b" y\n", b"\r",
    b"Content-Transfer-Encoding: base64\n", b"Content-Type: multipart/digest; boundary=\"\n", b"\x00",
    b"Content-Disposition: attachment; filename*=x''%ff\n",
]), max_size=30).map(b"".join) | st.binary(max_size=200))
def test_no_bytes_raise(raw: bytes) -> None:
    root, _ = split(raw)
    for part in root.own():
        part.content(1_000)
        assert part.content_type
        assert 0 <= part.start <= part.end <= len(raw)


BOMBS = {
    "10,000 parts": b"Content-Type: multipart/mixed; boundary=a\n\n" + b"--a\n\nx\n" * 10_000,
    "nested 1,000 deep": b"".join(b"Content-Type: multipart/mixed; boundary=a%d\n\n--a%d\n" % (i, i) for i in range(1_000)),
    "messages nested 10,000 deep": b"Content-Type: message/rfc822\n\n" * 10_000,
    "one boundary at each level": (b"Content-Type: multipart/mixed; boundary=a\n\n--a\n") * 1_000,
    "100 MB": b"Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Transfer-Encoding: base64\n\n" + (b"A" * 76 + b"\n") * 1_300_000,
    "half boundaries": b"Content-Type: multipart/mixed; boundary=ab\n\n" + b"--a\n" * 1_000_000,
    "100,000 fields": b"A: b\n" * 100_000 + b"\nhej",
    "a field of 10 MB": b"A: " + b"b" * 10_000_000 + b"\n\nhej",
    "folded for ever": b"A: b\n" + b" c\n" * 1_000_000 + b"\nhej",
    "parameters": b"Content-Type: text/plain" + b"; a=b" * 100_000 + b"\n\nhej",
    "quotes": b"Content-Type: text/plain; a=\"" + b"\\\"" * 100_000 + b"\n\nhej",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs_take_bounded_time(bomb: str) -> None:
    started = time.perf_counter()
    root, _ = split(BOMBS[bomb])
    parts = list(root.own())
    assert time.perf_counter() - started < 2
    assert len(parts) <= MAX_PARTS + MAX_DEPTH


def test_what_was_not_read_is_noted() -> None:
    assert "too many" in split(BOMBS["10,000 parts"])[1][0]
