"""`mailbot vejledning`: the Danish guide for the administrator, as it ships in `data/vejledning.md`."""

from __future__ import annotations

import sys

import typer


def add_to(app: typer.Typer) -> None:
    app.command(rich_help_panel="Start")(vejledning)


def vejledning() -> None:
    """Show the guide for the administrator, in Danish: what the bot does, how to answer it, how to pause it.

    The first digest of an installation carries it as well.

    [dim]mailbot vejledning[/dim]
    """
    from mailbot.resources import shipped

    text = shipped("data", "vejledning.md").read_text("utf-8")
    if not sys.stdout.isatty():
        print(text, end="")
        return
    from rich.markdown import Markdown

    from mailbot.cli.common import console

    console().print(Markdown(text), width=min(100, console().width))
