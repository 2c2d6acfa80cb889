"""Tokens hold for what they were made for and for nothing else, whatever mail programs do to the text around them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.app.tokens import LIFETIME, canonical, find, in_time, issued_at, link_token, mailto, use_of, without

SECRET = b"0123456789abcdef0123456789abcdef"
AT = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
LINES = st.text(min_size=1, max_size=60).filter(lambda line: canonical(line) != "")
KEY = "abcdefghijklmnopqrstuvwxyz234567"


@given(LINES)
def test_a_token_tells_when_it_was_issued_and_case_and_space_do_not_count(line: str) -> None:
    token = link_token(SECRET, "course", line, AT)
    assert issued_at(SECRET, token, "course", f"  {line} ") == AT
    assert find(f"\nMailbot-Link.{token.upper()}\n", ()).links == (token,)


@given(LINES, LINES)
def test_a_token_is_good_for_its_line_only(line: str, other: str) -> None:
    token = link_token(SECRET, "course", line, AT)
    assert (issued_at(SECRET, token, "course", other) is not None) == (canonical(line) == canonical(other))
    assert issued_at(SECRET, token, "another course", line) is None
    assert issued_at(b"another secret", token, "course", line) is None


@given(st.integers(0, 31), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_no_sign_of_a_token_can_be_changed(place: int, sign: str) -> None:
    token = link_token(SECRET, "course", "godkend 12", AT)
    changed = token[:place] + sign + token[place + 1 :]
    assert (issued_at(SECRET, changed, "course", "godkend 12") is not None) == (changed == token)


@given(st.text())
def test_any_text_may_be_looked_through(text: str) -> None:
    find(text, (text,))
    assert not find(without(f"{text} mailbot-link.{KEY}"), ()).links


@pytest.mark.parametrize(
    "text",
    [
        f"> Koden viser, at svaret er dit: mailbot-letter.{KEY}",
        f"> > mailbot-letter.{KEY} Hej",
        f"Mailbot-letter.{KEY.upper()}.",
        f"»mailbot-letter.{KEY}«",
    ],
)
def test_the_key_of_a_letter_is_found_wherever_it_is_quoted(text: str) -> None:
    assert find(text, ()).keys == (KEY,)
    assert find("", (f"<mailbot-letter.{KEY}@example.dk>",)).keys == (KEY,)


def test_what_only_looks_like_a_token_is_none() -> None:
    assert find(f"mailbot-letter.{KEY}a mailbot-link.{KEY[1:]} {KEY}", ()) == find("", ())


@pytest.mark.parametrize(("age", "good"), [(0, True), (14 * 24 * 60, True), (14 * 24 * 60 + 1, False), (-5, True), (-60, False)])
def test_a_token_lasts_fourteen_days(age: int, good: bool) -> None:
    assert timedelta(days=14) == LIFETIME
    assert in_time(AT, AT + timedelta(minutes=age)) is good


def test_a_use_is_of_one_token_and_one_line() -> None:
    uses = {use_of(SECRET, token, line) for token in ("a", "b") for line in ("godkend 12", "afvis 12")}
    assert len(uses) == 4
    assert use_of(SECRET, "a", "Godkend  12") in uses


@given(LINES, st.text(max_size=40))
def test_a_link_says_what_it_was_given_and_can_be_put_anywhere(line: str, subject: str) -> None:
    line = " ".join(line.split())
    href = mailto("lv+kurser@fremtidensbiblioteker.dk", subject, line, KEY)
    assert not set(href) & set(" ()<>\"'\r\n")
    parts = urlsplit(href)
    assert unquote(parts.path) == "lv+kurser@fremtidensbiblioteker.dk"
    values = parse_qs(parts.query, keep_blank_values=True)
    assert values == {"subject": [subject], "body": [f"{line}\r\n\r\nmailbot-link.{KEY}\r\n"]}
