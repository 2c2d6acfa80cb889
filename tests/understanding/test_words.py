"""Words are data: what a Danish speaker may want to extend stands in `words/`, once, under a head that says how; none in Python."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

ROOM = Path(__file__).resolve().parents[2] / "mailbot" / "understanding"
MODULES = sorted(ROOM.glob("*.py"))
LISTS = sorted((ROOM / "words").glob("*.toml"))

# Words that no sentence does without, none of which is a word of English, of regular expressions or of this code
COMMON = frozenset(
    [
        "og", "eller", "ikke", "jeg", "mig", "min", "mit", "du", "dig", "jer", "jeres", "hun", "han", "hende", "ham",
        "hans", "hendes", "vi", "os", "vores", "det", "den", "der", "som", "med", "hos", "på", "til", "fra", "af",
        "efter", "hvis", "skal", "vil", "kan", "må", "har", "være", "mit", "navn", "titel", "stilling", "leder", "chef",
        "plads", "tilmelding", "tilmelde", "afbud", "hej", "hilsen", "bibliotek", "kommune", "faktura", "tlf", "mandag",
        "januar", "och", "jag", "eg", "ikkje", "inte",
    ]
)
NOTATION = {"vocabulary": {"HVEM"}, "figures": {"TAL"}}  # signs that stand for something in the lists
# Keys of lists and names of files, which may look like words
KEYS = re.compile(r"[a-z]+(?:_[a-z0-9]+)+|[a-z]+(?:\.[a-z]+)+")


def strings(tree: ast.AST) -> Iterator[ast.Constant]:
    """The string constants of a module, docstrings left out."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docs = {id(n.body[0].value) for n in ast.walk(tree) if isinstance(n, documented) and n.body and isinstance(n.body[0], ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node


def spoken(text: str) -> set[str]:
    """The words of a language in a string or pattern: those with Danish letters, and the most common ones. Classes of characters
    and escapes are none, nor is a single letter."""
    if KEYS.fullmatch(text):
        return set()
    plain = re.sub(r"\\[a-zA-Z]", " ", re.sub(r"\[\^?\]?[^\]]*\]", " ", text)).replace("(?:", " ")
    words = set(re.findall(r"[^\W\d_]{2,}", plain))
    return {w for w in words if re.search("[æøå]", w.lower()) or w.lower() in COMMON}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.stem)
def test_no_word_of_a_language_stands_in_python(path: Path) -> None:
    found = {(n.lineno, w) for n in strings(ast.parse(path.read_text("utf-8"))) for w in spoken(n.value) - NOTATION.get(path.stem, set())}
    assert not found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (r"\b(?:jeg|mig)\b", {"jeg", "mig"}),
        (r"[A-ZÆØÅ][a-zæøå]{2,20}", set()),
        ("lørdag", {"lørdag"}),
        ("å", set()),
        ("of_others", set()),
        (" og med", {"og", "med"}),
        (r"\s(?=[A-ZÆØÅ])på", {"på"}),
    ],
)
def test_words_are_told_from_patterns_and_keys(text: str, words: set[str]) -> None:
    assert spoken(text) == words


@pytest.mark.parametrize("path", LISTS, ids=lambda p: p.stem)
def test_each_list_says_what_it_is_for_and_how_it_grows(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    head = "\n".join(lines[: next(i for i, line in enumerate(lines) if not line.startswith("#"))])
    assert len(head.splitlines()) >= 2
    assert re.search(r"\b[Ff]øje?s?\b", head)


def lists(table: dict[str, Any], name: str) -> Iterator[tuple[str, list[str]]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from lists(value, f"{name}.{key}")
        elif isinstance(value, list) and all(isinstance(v, str) for v in value):
            yield f"{name}.{key}", value


def test_no_list_stands_twice() -> None:
    """Rules name groups of words, and classes of alike words repeat what other lists know: these two are left out."""
    tables = {path.stem: tomllib.loads(path.read_text("utf-8")) for path in LISTS if path.stem not in ("acts", "concepts")}
    everything = [pair for name, table in tables.items() for pair in lists(table, name)]
    same = [(a, b) for (a, x), (b, y) in combinations(everything, 2) if len(x) > 2 and {w.lower() for w in x} == {w.lower() for w in y}]
    assert not same


SMALL = (  # whose lists the code asks for one by one
    "calendar", "clauses", "particles", "cpr", "out_of_office", "whose", "rows", "names", "organisations", "diets", "persons", "roles",
 "references", "corrections", "phones",
)


def test_each_small_list_is_used() -> None:
    asked = {n.value for path in MODULES for n in strings(ast.parse(path.read_text("utf-8")))}
    small = [name for path in LISTS if path.stem in SMALL for name, _ in lists(tomllib.loads(path.read_text("utf-8")), path.stem)]
    assert not [name for name in small if name.partition(".")[2] not in asked]
