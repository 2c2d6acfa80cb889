"""The Danish guide: shown as it is to programs, and no word in it that the bot does not know."""

from __future__ import annotations

import re
import tomllib

from typer.testing import CliRunner

from mailbot.cli import app
from mailbot.resources import shipped

TEXT = shipped("data", "vejledning.md").read_text("utf-8")


def test_it_is_shown_as_it_is_where_no_terminal_is() -> None:
    assert CliRunner().invoke(app, ["vejledning"]).stdout == TEXT


def test_every_command_in_it_is_one() -> None:
    table = tomllib.loads(shipped("data", "commands.toml").read_text("utf-8"))
    said = {word for line in re.findall(r"`([^`]+)`", TEXT) if not line.startswith("mailbot") for word in line.split()[:1]}
    assert said <= set(table["commands"])
    assert {"godkend", "afvis", "pause", "fortsæt", "svar", "sted", "tilstand", "hjælp"} <= said
    assert set(re.findall(r"`tilstand (\w+)`", TEXT)) <= set(table["modes"])
    programs = set(re.findall(r"`mailbot (\w+)", TEXT))
    assert programs <= {c.name or (c.callback.__name__ if c.callback else "") for c in app.registered_commands}
