"""The templates: one plain-text source per letter, `<language>/<kind>.txt`, whose first line is the subject.

The administrator may keep an own folder of them; what is missing there is taken from the shipped one. Templates run in a
sandbox, and an unknown word is an error that names the file, the line and the words that exist.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined, TemplateNotFound, TemplateSyntaxError
from jinja2.exceptions import TemplateError as JinjaError
from jinja2.exceptions import UndefinedError
from jinja2.ext import Extension
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mailbot.letters.words import Words
from mailbot.resources import shipped

LANGUAGES = ("da", "en")


_TAG_LINE = re.compile(r"^[ \t]*(\{%[-+]?[ ]*(?!include\b)(?:(?!%\}).)*)%\}[ \t]*\n", re.MULTILINE)
_COMMENT = re.compile(r"^(\{#(?:(?!#\}).)*)#\}[ \t]*\n", re.MULTILINE | re.DOTALL)


class TagLines(Extension):
    """A line that holds a tag and nothing else (an include aside) leaves no line in the letter: templates can be laid out freely.

    Its line break is moved into the tag: the letter does not have it, and the line numbers of mistakes stay right.
    """

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:  # noqa: ARG002 - jinja2's signature
        return _COMMENT.sub("\\1\n#}", _TAG_LINE.sub("\\1\n%}", source.replace("\r\n", "\n")))


class TemplateError(ValueError):
    """A template that cannot be used: one sentence with the file, the line, what is wrong and how to mend it."""


class Templates:
    """The letters' wording: the shipped templates, or those of `folder` with the shipped ones behind them."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self._folders: tuple[Path, ...] = (*((folder,) if folder else ()), shipped("templates"))
        self._environments: dict[str, ImmutableSandboxedEnvironment] = {}
        self._words: dict[str, Words] = {}
        self._sentences: dict[str, dict[str, str]] = {}

    def render(self, language: str, name: str, values: Mapping[str, Any]) -> tuple[str, str]:
        """(subject, body) of `<language>/<name>.txt`. Raises TemplateError."""
        text = self._rendered(f"{name}.txt", self._environment(language), values).strip()
        first, _, body = text.partition("\n")
        label = self.words(language)["subject_line"]
        if not first.startswith(f"{label}:"):
            raise TemplateError(f"{self.path(language, f'{name}.txt')}, line 1: the first line must be the subject, such as “{label}: …”")
        return first.partition(":")[2].strip(), tidy(body)

    def page(self, values: Mapping[str, Any]) -> str:
        """The page `letter.html` around a letter's body. Raises TemplateError."""
        return self._rendered("letter.html", self._page, values)

    def words(self, language: str) -> Words:
        """The words of a language; keys that the administrator's file leaves out are the shipped ones."""
        if language not in self._words:
            table: dict[str, Any] = {}
            for folder in reversed(self._folders):
                for key, value in self._toml(folder / language / "words.toml").items():
                    table[key] = {**table.get(key, {}), **value} if isinstance(value, dict) else value
            self._words[language] = Words(language, table)
        return self._words[language]

    def sentences(self, language: str) -> Mapping[str, str]:
        """`reasons.toml`: what each code of a reason means, in a sentence with its values in braces."""
        if language not in self._sentences:
            found: dict[str, str] = {}
            for folder in reversed(self._folders):
                found |= {str(k): str(v) for k, v in self._toml(folder / language / "reasons.toml").items()}
            self._sentences[language] = found
        return self._sentences[language]

    def check(self) -> None:
        """Render every letter in every language with sample data. Raises TemplateError for the first that fails."""
        from mailbot.letters.preview import samples  # the samples need the composer, which needs this module

        for _ in samples(self):
            pass

    def path(self, language: str, name: str) -> Path:
        """The file that is used for a template: the administrator's own, else the shipped one."""
        paths = [folder / language / name for folder in self._folders]
        return next((path for path in paths if path.exists()), paths[-1])

    def _toml(self, path: Path) -> dict[str, Any]:
        try:
            return tomllib.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
            raise TemplateError(f"{path}: is no valid TOML: {problem}") from problem

    def _environment(self, language: str) -> ImmutableSandboxedEnvironment:
        if language not in self._environments:
            made = ImmutableSandboxedEnvironment(
                loader=ChoiceLoader([FileSystemLoader(folder / language) for folder in self._folders]),
                undefined=StrictUndefined, autoescape=False,
                extensions=[TagLines],
            )
            spoken = self.words(language)
            made.filters |= {"listing": spoken.listing, "genitive": spoken.genitive, "facts": facts, "sentence": sentence}
            self._environments[language] = made
        return self._environments[language]

    @cached_property
    def _page(self) -> ImmutableSandboxedEnvironment:
        loader = ChoiceLoader([FileSystemLoader(folder) for folder in self._folders])
        return ImmutableSandboxedEnvironment(loader=loader, undefined=StrictUndefined, autoescape=True)

    def _rendered(self, name: str, environment: ImmutableSandboxedEnvironment, values: Mapping[str, Any]) -> str:
        try:
            return environment.get_template(name).render(values)
        except TemplateNotFound as problem:
            raise TemplateError(f"{self._folders[0]}: there is no template {problem.name}") from problem
        except TemplateSyntaxError as problem:
            raise TemplateError(f"{problem.filename or name}, line {problem.lineno}: {problem.message}") from problem
        except UnicodeDecodeError as problem:
            raise TemplateError(f"{self._folders[0]}: {name} is not saved as UTF-8") from problem
        except UndefinedError as problem:
            known = ", ".join(sorted(values))
            raise TemplateError(f"{_place(problem, name)}: {problem.message}; known here are {known}") from problem
        except (JinjaError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as problem:
            raise TemplateError(f"{_place(problem, name)}: {problem}") from problem


def _place(problem: Exception, name: str) -> str:
    """File and line of the innermost template in a traceback, as jinja2 rewrites it."""
    place, step = name, problem.__traceback__
    while isinstance(step, TracebackType):
        if step.tb_frame.f_code.co_filename.endswith((".txt", ".html")):
            place = f"{step.tb_frame.f_code.co_filename}, line {step.tb_lineno}"
        step = step.tb_next
    return place


def tidy(text: str) -> str:
    """The body of a letter: no white space at line ends, single spaces within lines, one empty line between paragraphs."""
    lines = [re.sub(r"(?<=\S)[ \t]+(?=\S)", " ", piece.rstrip()) if not piece.startswith("  ") else piece.rstrip()
             for piece in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def facts(pairs: list[tuple[str, str]]) -> str:
    """Labels with their values as indented lines, the values in a column; the HTML twin makes a table of them."""
    width = max((len(label) for label, _ in pairs), default=0) + 1
    return "\n".join(f"  {f'{label}:':<{width}} {value}" for label, value in pairs)


def sentence(text: str) -> str:
    """The text with a capital letter in front."""
    return text[:1].upper() + text[1:]
