"""CPR numbers are masked, whatever their spelling, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.understanding.masking import mask_cpr


@pytest.mark.parametrize("number", ["120361-1235", "120361 1235", "cpr.nr. 1203611235", "CPR: 120361-1235"])
def test_a_cpr_number_is_masked_and_keeps_its_place(number: str) -> None:
    text = f"Jeg er født i 1961 ({number}) og vil gerne med."
    masked = mask_cpr(text)
    assert "1235" not in masked
    assert len(masked) == len(text)


@pytest.mark.parametrize("text", ["EAN 5798009142108", "tlf. 79 41 52 06", "11.06.26-2026", "rekv. 20261107", "321361-1235"])
def test_other_numbers_stay(text: str) -> None:
    assert mask_cpr(text) == text


@given(st.text(max_size=300))
def test_masking_never_changes_the_length_and_is_stable(text: str) -> None:
    assert len(mask_cpr(text)) == len(text)
    assert mask_cpr(mask_cpr(text)) == mask_cpr(text)
