"""Letter keys: one for each letter, not to be guessed, and found again in what comes back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.course import Kind
from mailbot.letters.key import keys_in, letter_key, message_id, reference
from mailbot.registration.records import Draft
from mailbot.understanding.reading import Address

DRAFT = Draft(kind=Kind.OFFER, course="c", to=Address("Mette", "m@x.dk"), subject_of="registration:12")
KEY = letter_key(b"secret", DRAFT)


def test_a_key_is_the_same_for_the_same_letter_and_other_for_any_other() -> None:
    others = [
        replace(DRAFT, kind=Kind.WAITING),
        replace(DRAFT, course="d"),
        replace(DRAFT, version=2),
        replace(DRAFT, subject_of="registration:1"),
        replace(DRAFT, to=Address("Mette", "n@x.dk")),
    ]
    assert letter_key(b"secret", replace(DRAFT, to=Address("M. Holm", "M@x.dk"), facts={"a": 1})) == KEY
    assert len({KEY, letter_key(b"other", DRAFT), *(letter_key(b"secret", d) for d in others)}) == 7
    assert len(KEY) == 32
    assert KEY.lower() == KEY


@pytest.mark.parametrize(
    "mangled",
    [
        message_id(KEY, "x.dk"),
        reference(KEY, "x.dk"),
        f"<other@y.dk> {reference(KEY, 'x.dk')}",
        reference(KEY, "x.dk").upper(),
        f"<mailbot-letter.{KEY[:10]}\r\n {KEY[10:]}@x.dk>",
        f"<mailbot-letter%2E{KEY}@x.dk>",
        f"mailbot.{KEY}@x.dk",
    ],
)
def test_keys_are_found_in_references_however_they_come_back(mangled: str) -> None:
    assert keys_in([mangled]) == (KEY,)


def test_what_is_not_ours_holds_no_key_and_the_latest_comes_first() -> None:
    assert keys_in([f"<{KEY}@x.dk>", "<mailbot.tooshort@x.dk>", f"<mailbot.{KEY}aa@x.dk>", ""]) == ()
    newer = letter_key(b"secret", replace(DRAFT, version=2))
    assert keys_in([reference(KEY, "x.dk"), message_id(newer, "x.dk"), reference(KEY, "x.dk")]) == (KEY, newer)


@given(st.lists(st.text(max_size=200), max_size=20))
def test_any_references_are_read_without_a_fault(references: list[str]) -> None:
    assert isinstance(keys_in(references), tuple)
