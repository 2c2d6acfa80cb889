"""The house stands: every module imports only from the rooms that DESIGN allows it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "mailbot"
FREE = {"mailbot", "mailbot.course", "mailbot.resources"}  # all may import these
MESSAGES = {"mailbot.mail.message"}
READINGS = {"mailbot.understanding.reading"}
ROSTERS = {"mailbot.registration.records"}

# room -> modules of other rooms that it may import ("*" = anything)
ALLOWED: dict[str, set[str]] = {
    "course": set(),
    "resources": set(),
    "mail": set(),
    "understanding": MESSAGES,
    "registration": READINGS,
    "letters": ROSTERS | READINGS,
    "store": ROSTERS | READINGS | MESSAGES,
    "config": {"mailbot.mail", "mailbot.letters", "mailbot.store"},
    "demo": {"*"},
    "app": {"*"},
    "cli": {"*"},
    "__main__": {"*"},
    "__init__": set(),
}


def room_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative import"
            base = node.module or ""
            found |= {f"{base}.{alias.name}" if (PACKAGE.parent / base.replace(".", "/") / f"{alias.name}.py").exists() else base
                      for alias in node.names}
    return {name for name in found if name == "mailbot" or name.startswith("mailbot.")}


def forbidden(module: str, path: Path) -> set[str]:
    room = room_of(module)
    allowed = ALLOWED[room]
    if "*" in allowed:
        return set()
    return {
        name for name in imports(path)
        if name not in FREE and room_of(name) != room
        and not any(name == entry or name.startswith(entry + ".") for entry in allowed)
    }


MODULES = {
    ".".join(("mailbot", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}


@pytest.mark.parametrize("module", MODULES)
def test_each_room_imports_only_what_it_may(module: str) -> None:
    assert forbidden(module, MODULES[module]) == set()
SCREEN = 55  # lines of a function


def test_the_core_has_no_clock_network_file_or_sql() -> None:
    banned = {"sqlite3", "sqlite_utils", "socket", "smtplib", "imapclient", "requests", "urllib.request", "subprocess"}
    for room in ("registration", "understanding"):
        for path in (PACKAGE / room).rglob("*.py"):
            tree = ast.parse(path.read_text("utf-8"))
            names = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
            names |= {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
            assert not names & banned, path
            calls = {ast.unparse(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
            assert not {c for c in calls if c.endswith((".now", ".utcnow", ".today"))}, path


def test_the_rule_sees_a_wrong_import(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.py"
    wrong.write_text("from mailbot.store.base import Store\n", "utf-8")
    assert forbidden("mailbot.understanding.wrong", wrong) == {"mailbot.store.base"}


def test_no_file_is_longer_than_400_lines() -> None:
    files = [*MODULES.values(), *Path(__file__).resolve().parent.rglob("*.py")]
    assert {str(p): n for p in files if (n := len(p.read_text("utf-8").splitlines())) > 400} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long = {
        f"{name}.{node.name}": length
        for name, path in MODULES.items()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (length := (node.end_lineno or 0) - node.lineno + 1) > SCREEN
    }
    assert long == {}
