"""`mailbot course new`: a course file from an invitation."""

from __future__ import annotations

import sys
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from mailbot.cli.common import Failed, JsonOption, NowOption, moment, print_json

group = typer.Typer(no_args_is_help=True, help="Course files.\n\n[dim]mailbot course new invitation.txt[/dim]")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="course", rich_help_panel="Start")


@group.command()
def new(
    source: Annotated[Path, typer.Argument(help="The invitation: .txt, .eml, .docx or .pdf.", metavar="INVITATION")],
    output: Annotated[Path | None, typer.Option("--output", help="Where to write it; else it is printed.", metavar="FILE")] = None,
    capacity: Annotated[int | None, typer.Option("--capacity", min=1, help="Number of seats, where the invitation names none.")] = None,
    json: JsonOption = False,
    now: NowOption = None,
) -> None:
    """Read an invitation into a commented course file, say what was not found, and validate the file.

    [dim]mailbot course new invitation.txt --output data/hverdagsledelse-2026.toml[/dim]
    """
    from mailbot.cli.coursefile import compose, found, notes, text_and_day
    from mailbot.course import validate_course
    from mailbot.understanding.invitation import read

    if output and output.exists():
        raise Failed(f"{output} is there already and was left alone; name another file, or move it away")
    text, day = text_and_day(source)
    # An invitation tells of days to come: a little before now, in case it has been lying for a while.
    invitation = read(text, day or moment(now).date() - timedelta(days=7))
    if not invitation.meetings and not invitation.address:
        raise Failed(f"{source}: neither dates nor an address for signups were found; is it an invitation to a course?")
    made, told = compose(invitation, capacity, day, source.stem), list(notes(invitation, capacity, day))
    if output:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(made, "utf-8")
    if json:
        raw = tomllib.loads(made)
        print_json({"course": raw, "notes": [{"kind": n.kind, "key": n.key, "says": n.says} for n in told]})
    elif not output:
        print(made, end="")
    for what, value in found(invitation):
        if value and not json:
            print(f"{what:<12} {value}", file=sys.stderr)
    for note in () if json else told:
        print(f"{'NOT FOUND' if note.kind == 'missing' else 'CHECK':<12} {note.key}: {note.says}", file=sys.stderr)
    validate_course(tomllib.loads(made), str(output or "the course file"))
    if output and not json:
        print(f"{output} written; add it to courses under [bot] in mailbot.toml and run: mailbot check", file=sys.stderr)
