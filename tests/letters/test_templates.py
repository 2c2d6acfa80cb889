"""The administrator's own templates: what is missing is taken from the shipped ones, and a mistake is named in a sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mailbot.letters.preview import sample_course, samples
from mailbot.letters.templates import LANGUAGES, TemplateError, Templates
from mailbot.resources import shipped


def own(folder: Path, name: str, text: str) -> Templates:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return Templates(folder)


def test_the_shipped_templates_are_in_order() -> None:
    Templates().check()


def test_an_own_template_wins_and_the_others_are_the_shipped_ones(tmp_path: Path) -> None:
    templates = own(tmp_path, "da/receipt.txt", "Emne: Hej\n\n{{ greeting }}\n\nTak.\n")
    letters = {name: letter for _, name, letter in samples(templates, sample_course("da"))}
    assert letters["receipt"].text == "Kære Mette,\n\nTak.\n"
    assert letters["declined"].text.startswith("Kære Mette,\n\nTak, fordi du svarede.")


def test_own_words_win_one_by_one(tmp_path: Path) -> None:
    templates = own(tmp_path, "da/words.toml", 'greeting = "Hej {name}"\n[fields]\nemail = "E-mail"\n')
    letters = {name: letter for _, name, letter in samples(templates, sample_course("da"))}
    assert letters["confirmation"].text.startswith("Hej Mette\n")
    assert "E-mail:" in letters["confirmation"].text
    assert "Titel:" in letters["confirmation"].text


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        (
            "{# a\n   b #}\nEmne: Hej\n\n{% if you %}\nKære {{ nmae }}\n{% endif %}\n",
            "receipt.txt, line 6",
            "'nmae' is undefined; known here are",
        ),
        ("Emne: Hej\n\n{% if you %}\n", "receipt.txt, line 4", ""),
        ("Emne: Hej\n{{ greeting|upcase }}\n", "receipt.txt, line 2", "upcase"),
        ("Emne: Hej\n{{ 1 / 0 }}\n", "receipt.txt, line 2", "division"),
        ("Emne: Hej\n{{ course.__class__.__mro__ }}\n", "receipt.txt, line 2", "__class__"),
        ("Emne: Hej\n{% include 'nope.txt' %}\n", "", "nope.txt"),
        ("Kære alle\n", "receipt.txt, line 1", "Emne: …"),
    ],
)
def test_a_mistake_is_one_sentence_with_its_place(tmp_path: Path, text: str, place: str, words: str) -> None:
    with pytest.raises(TemplateError) as caught:
        own(tmp_path, "da/receipt.txt", text).check()
    assert place in str(caught.value)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content"), [("da/words.toml", b"x = "), ("da/receipt.txt", b"Emne: H\xe6j\n"), ("letter.html", b"{{ nope }}")]
)
def test_broken_files_are_named(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / "da").mkdir()
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TemplateError, match=re.escape(name.rpartition("/")[2])):
        Templates(tmp_path).check()


def test_a_folder_that_is_empty_is_as_good_as_none(tmp_path: Path) -> None:
    Templates(tmp_path / "missing").check()


def test_templates_with_windows_line_ends(tmp_path: Path) -> None:
    templates = own(tmp_path, "da/receipt.txt", "")
    (tmp_path / "da/receipt.txt").write_bytes(b"Emne: Hej\r\n\r\n{% if you %}\r\nTak.\r\n{% endif %}\r\n\r\nHej.\r\n")
    assert {n: x for _, n, x in samples(templates, sample_course("da"))}["receipt"].text == "Tak.\n\nHej.\n"


def test_each_template_tells_when_it_is_sent() -> None:
    for language in LANGUAGES:
        for path in shipped("templates", language).glob("*.txt"):
            assert path.read_text("utf-8").startswith("{#"), path
    assert {p.name for p in shipped("templates", "da").iterdir()} == {p.name for p in shipped("templates", "en").iterdir()}


# the page

PAGE = shipped("templates", "letter.html").read_text("utf-8")
LIGHT, DARK = PAGE.split("prefers-color-scheme: dark")


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def colour(css: str, selector: str, name: str) -> str:
    rule = re.search(rf"^\s*{re.escape(selector)} \{{([^}}]*)\}}", css, re.MULTILINE)
    assert rule, selector
    found = re.search(rf"(?<![-\w]){name}: (#[0-9a-f]{{6}})", rule[1])
    assert found, (selector, name)
    return found[1]


@pytest.mark.parametrize(
    ("css", "ink", "paper"),
    [
        (LIGHT, ".text", ".letter"),
        (LIGHT, "h2", ".letter"),
        (LIGHT, "a", ".letter"),
        (LIGHT, ".quiet", ".letter"),
        (LIGHT, ".facts th", ".facts"),
        (LIGHT, "a", ".facts"),
        (LIGHT, ".text", ".item"),
        (LIGHT, "a", ".item"),
        (LIGHT, ".matter .when", ".item"),
        (LIGHT, ".rows .what", ".letter"),
        (LIGHT, ".rows .number", ".letter"),
        (LIGHT, ".button a", ".button td"),
        (LIGHT, ".button .no a", ".button .no"),
        (DARK, ".text", ".letter"),
        (DARK, "h2, a", ".letter"),
        (DARK, ".quiet", ".letter"),
        (DARK, ".facts th", ".facts"),
        (DARK, ".facts td", ".facts"),
        (DARK, "h2, a", ".facts"),
        (DARK, ".text", ".item"),
        (DARK, "h2, a", ".item"),
        (DARK, ".matter .when, .rows .number", ".item"),
        (DARK, ".rows .what", ".letter"),
        (DARK, ".button a", ".button td"),
        (DARK, ".button .no a", ".button .no"),
    ],
)
def test_contrast_is_enough_for_weak_eyes(css: str, ink: str, paper: str) -> None:
    assert contrast(colour(css, ink, "color"), colour(css, paper, "background")) >= 4.5
