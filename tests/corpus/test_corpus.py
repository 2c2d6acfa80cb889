"""The corpus itself: every case builds, and every label says what the message can tell and a number that can be one."""

from __future__ import annotations

import email
import email.utils
import importlib.util
import re
from pathlib import Path
from typing import Any

import phonenumbers
import pytest
import yaml
from stdnum import ean

HERE = Path(__file__).resolve().parent
_spec = importlib.util.spec_from_file_location("corpus_build", HERE / "build.py")
assert _spec is not None
assert _spec.loader is not None
corpus = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(corpus)

CASES: list[dict[str, Any]] = [case for path in sorted(HERE.glob("cases/*.yaml")) for case in yaml.safe_load(path.read_text("utf-8"))]
INTENTS = {"signup", "cancel", "substitute", "update", "accept", "decline", "question", "unrelated", "auto_reply", "bounce"}
LABELS = {"intent", "action", "question", "participants", "seats", "withdrawn", "contact"}
FIELDS = {"name", "email", "title", "organisation", "phone", "ean", "ean_invalid", "reference", "dietary", "returning"}


def test_ids_are_unique() -> None:
    assert len({case["id"] for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_case_builds_and_its_label_is_sound(case: dict[str, Any]) -> None:
    raw = corpus.build(case)
    assert email.message_from_bytes(raw)["From"]
    assert raw == corpus.build(case)
    gold = case["gold"]
    assert case["why"]
    assert set(gold) <= LABELS
    assert gold["intent"] in INTENTS
    assert gold["action"] in {"auto", "review", "ignore"}
    assert ("participants" in gold) == (gold["intent"] in {"signup", "substitute", "update"})
    assert ("withdrawn" in gold) == (gold["intent"] in {"cancel", "substitute"})
    for person in gold.get("participants", []):
        assert set(person) <= FIELDS
        assert (number := person.get("ean")) is None or (len(number) == 13 and number.startswith("579") and ean.is_valid(number))
        assert (number := person.get("ean_invalid")) is None or not (len(number) == 13 and ean.is_valid(number))
        assert (address := person.get("email")) is None or re.fullmatch(r"[^\sA-Z@]+@[^\sA-Z@]+", address)
        assert (phone := person.get("phone")) is None or phonenumbers.is_valid_number(phonenumbers.parse(phone))


def test_the_sample_inbox_lies_in_order_of_receipt() -> None:
    files = sorted((HERE.parent.parent / "data" / "sample-inbox").glob("*.eml"))
    received = [email.utils.parsedate_to_datetime(email.message_from_bytes(f.read_bytes())["Received"].rpartition(";")[2]) for f in files]
    assert len(files) >= 30
    assert received == sorted(received)
