"""FETCH answers as imaplib hands them over, well formed and otherwise."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.mail.answers import fetched, internaldate


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ([None], {}),
        ([b"3 (UID 7 FLAGS (\\Seen $Done) RFC822.SIZE 120)"], {7: {b"UID": 7, b"FLAGS": (b"\\Seen", b"$Done"), b"RFC822.SIZE": 120}}),
        ([b'3 (uid 7 INTERNALDATE " 1-Jan-2026 10:00:00 +0100")'], {7: {b"UID": 7, b"INTERNALDATE": b" 1-Jan-2026 10:00:00 +0100"}}),
        (
            [(b"1 (UID 5 BODY[HEADER.FIELDS (FROM TO)] {4}", b"a(\"b"), b")", b"2 (FLAGS ())", (b"3 (BODY[1]<0> {2}", b"xy"), b" UID 6)"],
            {5: {b"UID": 5, b"BODY[HEADER.FIELDS (FROM TO)]": b'a("b'}, 6: {b"UID": 6, b"BODY[1]<0>": b"xy"}},
        ),
        (
            [b'1 (UID 5 BODYSTRUCTURE ("TEXT" "PLAIN" ("NAME" "a\\"b\\\\c)") NIL nil "7BIT" 12))'],
            {5: {b"UID": 5, b"BODYSTRUCTURE": (b"TEXT", b"PLAIN", (b"NAME", b'a"b\\c)'), None, None, b"7BIT", 12)}},
        ),
        (
            [(b"1 (UID 5 BODYSTRUCTURE ((\"TEXT\" \"PLAIN\" (\"NAME\" {3}", b"\xe6\"("), b') NIL) "MIXED") BODY[] NIL)'],
            {5: {b"UID": 5, b"BODYSTRUCTURE": ((b"TEXT", b"PLAIN", (b"NAME", b'\xe6"('), None), b"MIXED"), b"BODY[]": None}},
        ),
        ([b"1 (UID 5 FLAGS ())", b"1 (UID 5 BODY[1] \"\")"], {5: {b"UID": 5, b"FLAGS": (), b"BODY[1]": b""}}),
        ([b"1 (UID 99999999999999999999999999 FLAGS ())"], {}),
    ],
)
def test_answers(data: list[Any], found: dict[int, Any]) -> None:
    assert fetched(data) == found


@pytest.mark.parametrize(
    "data",
    [
        [b"1 (UID 5"], [b"1 UID 5)"], [b"1 (UID 5))"], [b'1 (UID 5 X "abc)'], [b"1 (UID)"], [b"1"], [b"1 " + b"(" * 5_000],
        [(b"1 (UID 5 BODY[] {3}", b"abc")], [b"1 ((A) 5)"],
    ],
)
def test_what_is_no_answer(data: list[Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        fetched(data)


@given(st.lists(st.binary(max_size=60) | st.tuples(st.binary(max_size=60), st.binary(max_size=9)) | st.none(), max_size=5))
def test_nothing_does_harm(data: list[Any]) -> None:
    with contextlib.suppress(ValueError, TypeError):
        fetched(data)


def test_long_answers_take_no_longer_than_their_length() -> None:
    with pytest.raises(ValueError, match="not understood"):
        fetched([b'1 (UID 5 X "' + b"\\\\" * 400_000])
    assert fetched([b"1 (UID 5 X (" + b'"a" ' * 200_000 + b"))"])[5][b"X"] == (b"a",) * 200_000


@pytest.mark.parametrize(
    ("written", "at"),
    [
        (b"17-Jul-2026 02:44:25 +0200", datetime(2026, 7, 17, 0, 44, 25, tzinfo=UTC)),
        (b" 1-Jan-2026 00:00:00 -0130", datetime(2026, 1, 1, 1, 30, tzinfo=UTC)),
        (b"01-JAN-2026 00:00:60 +0000", datetime(2026, 1, 1, 0, 0, 59, tzinfo=UTC)),
        (b"31-Feb-2026 00:00:00 +0000", None),
        (b"01-Foo-2026 00:00:00 +0000", None),
        (b"01-Jan-0001 00:00:00 +2300", None),
        (b"yesterday", None),
        (None, None),
    ],
)
def test_the_time_of_receipt(written: Any, at: datetime | None) -> None:
    assert internaldate(written) == at
