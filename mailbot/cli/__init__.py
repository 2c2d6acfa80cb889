"""The command line: the only place that prints, and the only one that asks the time of day.

Commands import what they need when they run, so that `mailbot --help` starts at once. Every error that a user can cause
ends here as one sentence on stderr, with the exit code of INTERFACE.md: 1 something failed, 2 wrong usage, 3 wrong
configuration.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from mailbot import __version__
from mailbot.cli import care, course, files, guide, manage, people, reading, service

app = typer.Typer(
    name="mailbot",
    help="Course signups by mail: reads the inbox, understands Danish, keeps the records, writes the answers.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
service.add_to(app)
course.add_to(app)
guide.add_to(app)
reading.add_to(app)
people.add_to(app)
files.add_to(app)
manage.add_to(app)
care.add_to(app)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"mailbot {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and stop.")] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line. A traceback is a defect: what nobody foresaw still ends in one sentence."""
    from mailbot.cli.common import explain

    try:
        app(prog_name="mailbot")
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as problem:  # noqa: BLE001 - the last line of defence, see the docstring
        sentence, code = explain(problem)
        print(f"mailbot: {sentence}", file=sys.stderr)
        sys.exit(code)
