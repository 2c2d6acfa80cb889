"""Bytes to text, whatever they claim to be."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.mail.charset import clean, codec, decode, mend

DANISH = "Rødgrød på Ærø – ”café” og fløde"


@pytest.mark.parametrize(("charset", "declared"), [
    ("utf-8", "utf-8"), ("utf-8", "UTF8"), ("utf-8", ""), ("utf-8", "iso-8859-1"), ("utf-8", "windows-1252"), ("utf-8", "us-ascii"),
    ("utf-8", "x-ukendt"),
    ("cp1252", "windows-1252"), ("cp1252", "iso-8859-1"), ("cp1252", ""), ("cp1252", "utf-8"), ("cp1252", "utf8mb4"), ("cp1252", "zlib"),
    ("utf-16", "utf-16"), ("utf-8-sig", "iso-8859-1"), ("cp1252", '"Windows-1252"'),
])
def test_danish_survives_a_wrong_or_missing_claim(charset: str, declared: str) -> None:
    assert decode(DANISH.encode(charset), declared) == DANISH


def test_other_scripts_follow_their_claim() -> None:
    assert decode("Ελλάδα".encode("iso-8859-7"), "iso-8859-7") == "Ελλάδα"
    assert decode("日本".encode("iso-2022-jp"), "iso-2022-jp") == "日本"


def test_one_broken_byte_does_not_spoil_the_rest() -> None:
    assert decode(DANISH.encode()[:-1] + b"\xc3", "utf-8").startswith("Rødgrød på Ærø")
    assert decode((DANISH * 9).encode() + b"\xf8", "utf-8").startswith("Rødgrød på Ærø")


@pytest.mark.parametrize("name", ["punycode", "unicode_escape", "zlib", "hex", "rot13", "idna", "undefined", "mbcs", "../etc", "", "utf-7"])
def test_what_is_no_charset_of_mail_is_not_looked_up(name: str) -> None:
    assert codec(name) == ""


def test_mojibake_is_mended_and_the_rest_left_alone() -> None:
    assert mend("Jeg bor pÃ¥ Ã†rÃ¸") == "Jeg bor på Ærø"
    assert mend("Jeg er på Ærø\n> Tak for din mail, SÃ¸ren") == "Jeg er på Ærø\n> Tak for din mail, Søren"
    assert mend("“citat” og Åse") == "“citat” og Åse"


def test_clean_text_is_what_one_sees() -> None:
    assert clean("a\r\nb\rc\u2028d\u00a0e\u200bf\u202eg\u00adh\ufeffi\x00j\tk") == "a\nb\nc\nd efghij\tk"
    assert clean("A\u030aarhus") == "Åarhus"


@settings(deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["utf-8", "iso-8859-1", "utf-16", "x", "", "big5", "iso-2022-kr", "koi8-r"]))
def test_nothing_raises_and_all_is_clean(data: bytes, declared: str) -> None:
    text = clean(mend(decode(data, declared)))
    assert unicodedata.is_normalized("NFC", text)
    assert not set("\r\x00\u200b\u202e\ufeff") & set(text)
    text.encode()


@pytest.mark.parametrize("text", ["a" + "\u0301\u0323" * 250_000, "Ã¥" * 250_000, "\u202e" * 500_000, "Ã" * 500_000], ids=["marks",
    "mojibake", "bidi", "a tilde"])
def test_hostile_text_takes_linear_time(text: str) -> None:
    started = time.perf_counter()
    clean(mend(text))
    assert time.perf_counter() - started < 3
