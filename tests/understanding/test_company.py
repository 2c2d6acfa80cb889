"""Whole companies: who of those named takes part, and what belongs to whom, in messages of every shape."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from mailbot.course import validate_course
from mailbot.mail.parse import parse
from mailbot.resources import shipped
from mailbot.understanding.people import cast
from mailbot.understanding.reading import Intent

COURSE = validate_course(tomllib.loads(shipped("data", "hverdagsledelse-2026.toml").read_text("utf-8")), "course")
HEADER = """From: {sender}
To: lv@fremtidensbiblioteker.dk
Subject: {subject}
{more}Date: Mon, 12 Jan 2026 10:00:00 +0100
Message-ID: <c1@eksempelby.dk>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

"""

MESSAGES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).resolve().parent / "company.yaml").read_text("utf-8"))


@pytest.mark.parametrize("case", MESSAGES, ids=lambda c: c["why"])
def test_who_takes_part_and_what_is_whose(case: dict[str, Any]) -> None:
    more = f"Cc: {case['cc']}\n" if "cc" in case else ""
    sender = case.get("from", "Anne Holm Krag <ahk@eksempelby.dk>")
    raw = HEADER.format(sender=sender, subject=case.get("subject", "Tilmelding til Hverdagsledelse"), more=more) + case["body"]
    made = cast(parse(raw.encode()), Intent(case.get("intent", "signup")), courses=[COURSE], answered=None, ours=frozenset())
    assert [p.name for p in made.participants] == [p["name"] for p in case["people"]]
    for got, told in zip(made.participants, case["people"], strict=True):
        assert {field: getattr(got, field) for field in told} == told
    if "withdrawn" in case:
        assert list(made.withdrawn) == case["withdrawn"]
    if "contact" in case:
        assert (made.contact.name if made.contact else None) == case["contact"]
