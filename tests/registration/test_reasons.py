"""The contracts that other rooms rely on: every reason is described, and every letter has its facts."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from mailbot.registration.facts import FACTS
from mailbot.registration.reasons import REASONS

ROOM = Path(__file__).parents[2] / "mailbot" / "registration"
MODULES = sorted(ROOM.glob("*.py"))


def test_every_reason_is_described_and_every_description_used() -> None:
    used = set()
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("Reason", "RuleError") and node.args:
                used |= {n.value for n in ast.walk(node.args[0]) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    assert used - {"change"} <= set(REASONS)
    assert set(REASONS) - used == set()


def test_every_fact_that_a_letter_gets_is_in_the_table() -> None:
    known = {name for facts in FACTS.values() for name in facts}
    for path in MODULES:
        if path.name == "facts.py":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "facts" and isinstance(node.value, ast.Dict):
                keys = {k.value for k in node.value.keys if isinstance(k, ast.Constant)}
                assert keys <= known, (path.name, keys - known)


def test_no_danish_stands_in_the_rules() -> None:
    for path in MODULES:
        text = re.sub(r"_SPELLINGS = .*|.*å, aa.*", "", path.read_text("utf-8"))
        assert not re.search(r"[æøåÆØÅ]", text), path.name
