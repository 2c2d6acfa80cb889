"""Header values: encoded words, raw 8-bit bytes, addresses, ids and dates, as people, programs and attackers write them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.mail import headers
from mailbot.mail.message import Address


@pytest.mark.parametrize(("raw", "words"), [
    (b"Tilmelding", "Tilmelding"),
    ("Tilmelding til mødet".encode(), "Tilmelding til mødet"),
    ("Tilmelding til mødet".encode("cp1252"), "Tilmelding til mødet"),
    (b"=?utf-8?q?Tilmelding_til_m=C3=B8det?=", "Tilmelding til mødet"),
    (b"=?UTF-8?B?bcO4?= =?UTF-8?B?ZGU=?=", "møde"),
    (b"=?utf-8?b?bcM=?= =?utf-8?b?uGRl?=", "møde"),                        # a character cut in two
    (b"=?iso-8859-1?q?m=F8de?= i =?iso-8859-1?q?=C5rhus?=", "møde i Århus"),
    (b"=?iso-8859-1*da?q?m=F8de?=", "møde"),                               # RFC 2231 language
    (b"=?x-unknown?q?m=C3=B8de?=", "møde"),
    (b"=?punycode?q?abc?= =?unicode_escape?q?=5Cn?=", "abc\\n"),
    (b"=?utf-8?q?m=C3=83=C2=B8de?=", "møde"),                              # mojibake
    (b"=?utf-8?b?!!!?= =?utf-8?q?", "=?utf-8?q?"),
    (b"=?utf-8?q?a=0D=0ABcc:_x@y.dk?=", "a Bcc: x@y.dk"),                  # header injection
    (b"a\x00b\x7f", "ab"),
])
def test_text(raw: bytes, words: str) -> None:
    assert headers.text(raw) == words


@pytest.mark.parametrize(("raw", "found"), [
    (b"Mette Holm <MHJ@Bib.example>", [("Mette Holm", "mhj@bib.example")]),
    (b"mhj@bib.example", [("", "mhj@bib.example")]),
    (b"<mhj@bib.example>", [("", "mhj@bib.example")]),
    (b"mhj@bib.example (Mette Holm)", [("Mette Holm", "mhj@bib.example")]),
    (b'"Holm, Mette" <mhj@bib.example>', [("Holm, Mette", "mhj@bib.example")]),
    (b"=?utf-8?q?S=C3=B8rensen=2C_Mette?= <mhj@bib.example>", [("Sørensen, Mette", "mhj@bib.example")]),
    (b"Holm, Mette <mhj@bib.example>", [("Holm, Mette", "mhj@bib.example")]),
    (b"a@x.dk, B C <b@x.dk>; c@x.dk", [("", "a@x.dk"), ("B C", "b@x.dk"), ("", "c@x.dk")]),
    (b"Ledere: a@x.dk, B <b@x.dk>;", [("", "a@x.dk"), ("B", "b@x.dk")]),
    (b"undisclosed-recipients:;", []),
    (b'"a@x.dk" <a@x.dk>', [("", "a@x.dk")]),
    (b"'Mette Holm' <a@x.dk>", [("Mette Holm", "a@x.dk")]),
    (b'"Mette \\"Mis\\" Holm" <a@x.dk>', [("Mette Mis Holm", "a@x.dk")]),
    (b"Rasmus Ravn (RAQM) <raqm@x.dk>", [("Rasmus Ravn (RAQM)", "raqm@x.dk")]),
    (b"lv@bib.example <ond@x.dk>", [("lv@bib.example", "ond@x.dk")]),
    (b"Erik Tychsen/BIB/TOENDER", [("Erik Tychsen/BIB/TOENDER", "")]),
    ("Søren Ø <s@x.dk>".encode("cp1252"), [("Søren Ø", "s@x.dk")]),
    ("\u202eeteM\u202c <a@x.dk>".encode(), [("eteM", "a@x.dk")]),
    (b"", []),
])
def test_addresses(raw: bytes, found: list[tuple[str, str]]) -> None:
    assert headers.addresses(raw) == tuple(Address(*pair) for pair in found)


def test_ids_keep_their_order_and_brackets() -> None:
    assert headers.ids(b"<a@x> <b@x>\r\n <a@x> junk <c@x") == ("<a@x>", "<b@x>")


@pytest.mark.parametrize(("raw", "written"), [
    (b"Thu, 12 Feb 2026 09:30:00 +0100", "2026-02-12T09:30:00+01:00"),
    (b"12 Feb 2026 09:30 GMT", "2026-02-12T09:30:00+00:00"),
    (b"Thu, 12 Feb 2026 09:30:00 -0000", "2026-02-12T09:30:00+00:00"),
    (b"Thu, 12 Feb 2026 09:30:00 +0100 (CET)", "2026-02-12T09:30:00+01:00"),
    (b"Thu, 99 Feb 2026 09:30:00 +0100", None), (b"", None), (b"i morgen", None), (b"Thu, 12 Feb 9999 09:30:00 +0100", None),
    (b"Thu, 12 Feb 2026 09:30:00 +99999999", None),
])
def test_dates_are_aware_or_absent(raw: bytes, written: str | None) -> None:
    found = headers.date(raw)
    assert (found and found.isoformat()) == written


@settings(deadline=None)
@given(st.binary(max_size=200) | st.text(alphabet='=?utf-8qb<>@,;:()"\\ \næ', max_size=80).map(str.encode))
def test_no_value_raises(raw: bytes) -> None:
    for address in headers.addresses(raw):
        assert address.email == address.email.lower()
        assert not set("\r\n\x00") & set(address.email + address.name)
    assert "\n" not in headers.text(raw)
    headers.ids(raw)
    headers.date(raw)


@pytest.mark.parametrize("raw", [b"(" * 100_000, b"a:" * 50_000, b"=?a?q?" * 16_000, b"a@b.dk," * 14_000, b'"' * 100_000, b"<" * 100_000,
    b"a@" * 50_000,
                                 b"=?utf-8?q?a?= " * 7_000, "a\u0301\u0323".encode() * 20_000], ids=lambda raw: repr(raw[:12]))
def test_hostile_values_take_linear_time(raw: bytes) -> None:
    started = time.perf_counter()
    headers.addresses(raw)
    headers.text(raw)
    headers.ids(raw)
    assert time.perf_counter() - started < 1.5
