"""Title, place of work, diet and reference in short messages of every kind, as written or not at all."""

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
HEADER = """From: Anne Holm Krag <ahk@eksempelby.dk>
To: lv@fremtidensbiblioteker.dk
Subject: Tilmelding til Hverdagsledelse
Date: Mon, 12 Jan 2026 10:00:00 +0100
Message-ID: <c1@eksempelby.dk>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

"""

HERE = Path(__file__).resolve().parent
MESSAGES: list[dict[str, Any]] = yaml.safe_load((HERE / "fields.yaml").read_text("utf-8"))
TOLD: dict[str, list[tuple[str, Any]]] = yaml.safe_load((HERE / "one_field.yaml").read_text("utf-8"))


@pytest.mark.parametrize("case", MESSAGES, ids=lambda c: c["body"][:40])
def test_fields_of_a_short_message(case: dict[str, Any]) -> None:
    raw = f"{HEADER}Kære Lisbet\n\n{case['body']}\n\nVenlig hilsen\nAnne Holm Krag\n"
    (person,) = cast(parse(raw.encode()), Intent.SIGNUP, courses=[COURSE], answered=None, ours=frozenset()).participants
    assert {field: getattr(person, field) for field in case["fields"]} == case["fields"]


@pytest.mark.parametrize(
    ("field", "told", "expected"), [(field, *row) for field, rows in TOLD.items() for row in rows], ids=lambda value: str(value)[:50]
)
def test_one_field_told_in_running_text(field: str, told: str, expected: Any) -> None:
    body = told if "hverdagsledelse" in told.lower() else f"Jeg melder mig til Hverdagsledelse 2026. {told}"
    raw = f"{HEADER}Kære Lisbet\n\n{body}\n\nVenlig hilsen\nAnne Holm Krag\n"
    people = cast(parse(raw.encode()), Intent.SIGNUP, courses=[COURSE], answered=None, ours=frozenset()).participants
    assert [getattr(p, field) for p in people] == (expected if isinstance(expected, list) else [expected])
