"""What the digest and its help tell her to answer is understood as it stands."""

from __future__ import annotations

import re
import tomllib

import pytest

from mailbot.letters.templates import LANGUAGES, Templates
from mailbot.registration.lines import Command, read_lines
from mailbot.resources import shipped

WORDS = tomllib.loads(shipped("data", "commands.toml").read_text("utf-8"))


def offered(language: str) -> list[str]:
    """The answers that the digest offers, and the examples of the help."""
    links = [form.format(n=12) for form in Templates().words(language).section("commands").values()]
    text = shipped("templates", language, "command_reply.txt").read_text("utf-8")
    helped = [
        re.split(", | eller | or ", example)[0] if example.startswith(("pause", "tilstand", "mode")) else example
        for example in re.findall(r"^- (.+?) – ", text, re.MULTILINE)
    ]
    return [x + "tekst" if x.endswith(" ") else x.replace("5798…", "5798001234560") for x in links + helped]


@pytest.mark.parametrize(("language", "line"), [(language, line) for language in LANGUAGES for line in offered(language)])
def test_each_answer_that_is_offered_is_a_command(language: str, line: str) -> None:
    (read,) = read_lines(line, WORDS)
    assert isinstance(read, Command), read
