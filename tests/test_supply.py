"""What mailbot is built from: everything declared is used, locked by hash, and under a licence that a library may accept."""

from __future__ import annotations

import ast
import re
from importlib.metadata import packages_distributions
from pathlib import Path
from tomllib import loads

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
SHIPPED = [name for name in EXTRAS if name not in ("all", "test")]
DECLARED = [Requirement(r) for r in [*PROJECT["dependencies"], *(r for name in SHIPPED for r in EXTRAS[name])]]
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
LOCKED = {canonicalize_name(name): version for name, version in re.findall(r"^([\w.\-]+)==([\w.+!]+)", LOCK, re.MULTILINE)}
FREE = {
    "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "LGPL-2.1-or-later", "MIT", "MIT-0", "MIT-CMU", "MPL-2.0", "PSF-2.0",
    "Public domain",
}  # fmt: skip


@pytest.mark.parametrize("requirement", DECLARED, ids=lambda r: r.name)
def test_what_is_declared_is_locked_at_a_version_that_it_allows(requirement: Requirement) -> None:
    version = LOCKED[canonicalize_name(requirement.name)]
    assert requirement.specifier.contains(version), f"run the command at the top of requirements.lock: {requirement} is locked at {version}"


def test_every_locked_package_has_a_hash() -> None:
    entries = re.split(r"^(?=[\w.\-]+==)", re.sub(r"^#.*\n", "", LOCK, flags=re.MULTILINE), flags=re.MULTILINE)
    assert not [entry.split()[0] for entry in entries if entry.strip() and "--hash=sha256:" not in entry]


def test_every_locked_package_has_a_licence_that_may_be_shipped() -> None:
    rows = [line.split(";") for line in (ROOT / "data/licences.csv").read_text("utf-8").splitlines()[1:]]
    licences = {canonicalize_name(name): licence for name, licence in rows}
    assert licences.keys() == LOCKED.keys()
    assert not {n: v for n, v in licences.items() if not FREE & set(re.split(r" (?:OR|AND) ", v))}


def test_every_declared_library_is_imported_somewhere() -> None:
    imported = set()
    for path in (ROOT / "mailbot").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                imported.add(node.module.split(".")[0])
    used = {canonicalize_name(d) for module in imported for d in packages_distributions().get(module, ())}
    assert {canonicalize_name(r.name) for r in DECLARED if not r.marker} <= used
