"""Whom our own server vouches for, and who only says so."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.mail.authentication import aligned, organisational, results, verdict
from mailbot.mail.message import Verdict
from mailbot.mail.parse import parse

TRUSTED = ["mx.example.dk", ".hosted.example"]


def judged(*values: str, sender: str = "Mette <mhj@brobib.dk>", more: str = "", exchange_online: bool = False) -> Verdict:
    lines = "".join(f"Authentication-Results: {value}\r\n" for value in values)
    return verdict(parse(f"{lines}{more}From: {sender}\r\n\r\nHej".encode()), TRUSTED, exchange_online=exchange_online)


@pytest.mark.parametrize(("value", "expected"), [
    ("mx.example.dk; dmarc=pass header.from=brobib.dk", Verdict.PASS),
    ("MX.Example.DK 1; spf=none; dkim=none; DMARC=Pass (p=REJECT; sp=x) header.from=brobib.dk", Verdict.PASS),
    ("mx7.hosted.example; dmarc=pass", Verdict.PASS),
    ("mx.example.dk; dmarc=fail header.from=brobib.dk; spf=pass smtp.mailfrom=brobib.dk", Verdict.FAIL),
    ("mx.example.dk; dkim=pass header.d=brobib.dk", Verdict.PASS),
    ("mx.example.dk; dkim=fail header.d=brobib.dk; dkim=pass header.i=@mail.brobib.dk", Verdict.PASS),
    ('mx.example.dk; spf=pass smtp.mailfrom="mhj@brobib.dk"', Verdict.PASS),
    ("mx.example.dk; dmarc=none; spf=pass smtp.mailfrom=brobib.dk", Verdict.PASS),
    ("mx.example.dk; dkim=pass header.d=ond.example; spf=pass smtp.mailfrom=ond.example", Verdict.NONE),
    ("mx.example.dk; spf=pass smtp.helo=brobib.dk", Verdict.NONE),
    ("mx.example.dk; dmarc=pass header.from=ond.example", Verdict.NONE),
    ("mx.example.dk; spf=fail smtp.mailfrom=brobib.dk; dkim=fail header.d=brobib.dk", Verdict.FAIL),
    ("mx.example.dk; spf=fail smtp.mailfrom=brobib.dk", Verdict.NONE),
    ("mx.example.dk; none", Verdict.NONE),
    ("mx.example.dk; dmarc=temperror", Verdict.NONE),
    ("ond.example; dmarc=pass header.from=brobib.dk", Verdict.NONE),
    ("hosted.example; dmarc=pass", Verdict.NONE),
    ("mx.example.dk.ond.example; dmarc=pass", Verdict.NONE),
    ("xmx.example.dk; dmarc=pass", Verdict.NONE),
    ("mx.example.dk (comment; dmarc=pass)", Verdict.NONE),
    ('mx.example.dk; spf=none reason="; dmarc=pass"', Verdict.NONE),
    ("spf=pass smtp.mailfrom=brobib.dk; dmarc=pass action=none header.from=brobib.dk", Verdict.NONE),   # no authserv-id
    ("", Verdict.NONE), (";;;", Verdict.NONE), ("(((((", Verdict.NONE),
])
def test_verdict(value: str, expected: Verdict) -> None:
    assert judged(value) is expected


def test_only_the_topmost_header_counts() -> None:
    good, bad = "mx.example.dk; dmarc=pass header.from=brobib.dk", "mx.example.dk; dmarc=fail header.from=brobib.dk"
    assert judged(bad, good) is Verdict.FAIL
    assert judged("mx.example.dk; spf=none", good) is Verdict.NONE
    assert judged("ond.example; dmarc=none", good) is Verdict.NONE
    assert judged() is Verdict.NONE


def test_exchange_online_writes_no_server() -> None:
    own = (
        "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=brobib.dk; dkim=pass header.d=brobib.dk;"
        "dmarc=pass action=none header.from=brobib.dk;compauth=pass reason=100"
    )
    assert judged(own, exchange_online=True) is Verdict.PASS
    assert judged(own.replace("dmarc=pass", "dmarc=fail"), own, exchange_online=True) is Verdict.FAIL
    assert judged("ond.example; dmarc=pass", own, exchange_online=True) is Verdict.NONE
    internal = "X-MS-Exchange-Organization-AuthAs: Internal\r\n"
    assert judged(more=internal, exchange_online=True) is Verdict.PASS
    assert judged(more=internal) is Verdict.NONE


def test_two_senders_are_never_vouched_for() -> None:
    good = "mx.example.dk; dmarc=pass header.from=brobib.dk"
    assert judged(good, sender="a@brobib.dk, b@ond.example") is Verdict.NONE
    assert judged(good, more="From: b@ond.example\r\n") is Verdict.NONE
    assert judged(more="X-MS-Exchange-Organization-AuthAs: Internal\r\nFrom: b@ond.example\r\n", exchange_online=True) is Verdict.NONE


@pytest.mark.parametrize(("one", "other", "same"), [
    ("mail.brobib.dk", "brobib.dk", True), ("a.gov.uk", "b.gov.uk", False), ("x.a.co.uk", "a.co.uk", True), ("a.onmicrosoft.com",
    "b.onmicrosoft.com", False),
    ("dk", "dk", False), ("", "", False), ("brobib.dk.ond.example", "brobib.dk", False), ("@BROBIB.dk.", "brobib.dk", True), ("co.uk",
    "co.uk", False),
])
def test_alignment(one: str, other: str, same: bool) -> None:
    assert aligned(one, other) is same
    assert organisational("x.y.brobib.dk") == "brobib.dk"


@settings(deadline=None)
@given(st.text(alphabet='abdkmx.;=()" \\/1@', max_size=120))
def test_no_value_raises(value: str) -> None:
    results(value)


def test_hostile_values_take_linear_time() -> None:
    started = time.perf_counter()
    for value in ("(" * 1_000_000, "a=b;" * 300_000, "a" * 1_000_000, "a=b " + "x.y=" * 300_000, '"' * 1_000_000):
        results(value)
    assert time.perf_counter() - started < 1
