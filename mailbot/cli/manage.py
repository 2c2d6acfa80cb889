"""What the administrator can also do on the command line: decide on registrations, set a place, stop and answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from mailbot.cli.common import (
    ConfigOption,
    CourseOption,
    DatabaseOption,
    Failed,
    JsonOption,
    NowOption,
    NumberArgument,
    UsageError,
    moment,
    only_course,
    open_store,
    print_json,
    rules_of,
    settings,
)

if TYPE_CHECKING:
    from pathlib import Path

    from mailbot.registration.records import Decision, Roster

NoteOption = Annotated[str, typer.Option("--note", help="Kept with the registration.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Change it without sending the letters.")]


# What can be said to one number: the rule of that name in `registration.manual`, in words, with an example.
DECISIONS = {
    "confirm": "Give somebody a seat; in review, say yes.\n\n[dim]mailbot confirm 12[/dim]",
    "wait": "Put somebody on the waiting list.\n\n[dim]mailbot wait 12[/dim]",
    "offer": "Offer somebody on the waiting list a free seat, whatever their turn.\n\n[dim]mailbot offer 12[/dim]",
    "cancel": "Take somebody off; a seat that becomes free is offered to the first on the waiting list.\n\n"
    '[dim]mailbot cancel 12 --note "rang og meldte fra"[/dim]',
    "reject": "Say no to what waits in review. Nothing is sent.\n\n[dim]mailbot reject 12[/dim]",
}


def add_to(app: typer.Typer) -> None:
    for name, text in DECISIONS.items():
        app.command(name, help=text, rich_help_panel="Decide")(_decision(name))
    for command in (substitute, place, resume, invoiced):
        app.command(rich_help_panel="Decide")(command)


def _decision(name: str) -> Callable[..., None]:
    def command(
        number: NumberArgument, note: NoteOption = "", quiet: QuietOption = False, json: JsonOption = False,
        config: ConfigOption = None, database: DatabaseOption = None, now: NowOption = None,
    ) -> None:  # fmt: skip
        from mailbot.registration import manual

        rule = getattr(manual, name)
        _on_registration(number, lambda roster, at: rule(roster, number, at, note=note), quiet, json, config, database, now)

    return command


def substitute(
    number: NumberArgument,
    name: Annotated[str, typer.Option("--name", help="Full name of who takes over.")],
    email: Annotated[str, typer.Option("--email", help="Their address.")],
    title: Annotated[str | None, typer.Option("--title")] = None,
    phone: Annotated[str | None, typer.Option("--phone")] = None,
    quiet: QuietOption = False,
    json: JsonOption = False,
    config: ConfigOption = None,
    database: DatabaseOption = None,
    now: NowOption = None,
) -> None:
    """Hand a seat (or a place on the waiting list) on to somebody else.

    [dim]mailbot substitute 12 --name "Tanja Holm" --email th@bibliotek.dk[/dim]
    """
    from mailbot.cli.record import checked_person
    from mailbot.registration import manual

    person = checked_person(name=name, email=email, title=title, phone=phone)
    _on_registration(number, lambda roster, at: manual.substitute(roster, number, person, at), quiet, json, config, database, now)


def place(
    meeting: Annotated[str, typer.Argument(help="Its number (1-4) or its date.", metavar="MEETING")],
    where: Annotated[str, typer.Argument(help="The place.", metavar="PLACE")],
    quiet: QuietOption = False,
    course: CourseOption = None,
    json: JsonOption = False,
    config: ConfigOption = None,
    database: DatabaseOption = None,
    now: NowOption = None,
) -> None:
    """Set the place of a meeting and tell everybody who has a seat, with updated calendar entries.

    [dim]mailbot place 2 "Odense Hovedbibliotek"[/dim]
    """
    from mailbot.cli.record import carry_out
    from mailbot.registration import manual

    which = _meeting(meeting)
    loaded, at = settings(config), moment(now)
    with open_store(loaded, database) as store:
        chosen = only_course(store, course)
        rules = rules_of(loaded, store.courses())
        decision = _refusal(lambda: carry_out(store, rules, chosen.id, at, lambda r: manual.place(r, which, where, at), send=not quiet))
    if json:
        print_json({"course": chosen.id, "meeting": meeting, "place": where, "letters": 0 if quiet else len(decision.letters)})
        return
    print(f"meeting {meeting} is at {where}; {len(decision.letters)} letters " + ("recorded, not sent" if quiet else "planned"))


def resume(course: CourseOption = None, config: ConfigOption = None, database: DatabaseOption = None, now: NowOption = None) -> None:
    """Go on after a pause, and release letters that are held because there were too many within an hour.

    [dim]mailbot resume[/dim]
    """
    from mailbot.registration import manual

    _on_course(course, manual.resume, config, database, now)
    print("the running service or `mailbot once` goes on")


def invoiced(course: CourseOption = None, config: ConfigOption = None, database: DatabaseOption = None, now: NowOption = None) -> None:
    """Say that the final invoicing basis is in the accounts: only then is a course erased, `retention_days` after its last meeting.

    [dim]mailbot invoiced --course hverdagsledelse-2026[/dim]
    """
    from mailbot.registration import retention

    _on_course(course, retention.invoiced, config, database, now)
    print("noted; the people of the course are erased when its retention ends")


def _on_course(
    course: str | None, decide: Callable[[Roster, datetime], Decision], config: Path | None, database: Path | None, now: str | None
) -> Decision:
    from mailbot.cli.record import carry_out

    loaded, at = settings(config), moment(now)
    with open_store(loaded, database) as store:
        chosen, rules = only_course(store, course), rules_of(loaded, store.courses())
        return _refusal(lambda: carry_out(store, rules, chosen.id, at, lambda roster: decide(roster, at), send=True))


def _meeting(text: str) -> int | date:
    if text.isdigit():
        return int(text)
    try:
        return date.fromisoformat(text)
    except ValueError as problem:
        raise UsageError(f"{text!r} is neither the number of a meeting nor a date like 2026-08-20") from problem


def _on_registration(
    number: int, decide: Callable[[Roster, datetime], Decision], quiet: bool, json: bool,
    config: Path | None, database: Path | None, now: str | None,
) -> None:  # fmt: skip
    """Decide on the roster that holds this number, record, and show what changed."""
    from mailbot.cli.people import as_json
    from mailbot.cli.record import carry_out

    loaded, at = settings(config), moment(now)
    with open_store(loaded, database) as store:
        course = next((c.id for c in store.courses() if _holds(store.roster(c.id), number)), None)
        if course is None:
            raise Failed(f"there is nothing with the number {number}; `mailbot list` shows them all")
        rules = rules_of(loaded, store.courses())
        decision = _refusal(lambda: carry_out(store, rules, course, at, lambda roster: decide(roster, at), send=not quiet))
        roster = store.roster(course)
    if json:
        print_json([as_json(roster, r) for r in decision.registrations])
        return
    for r in decision.registrations:
        print(f"{r.id}: {r.person.name or r.person.email} is {r.status.value}")
    what = "recorded, not sent" if quiet else "planned; the running service or `mailbot once` sends them"
    print(f"{len(decision.letters)} letters {what}")


def _holds(roster: Roster, number: int) -> bool:
    return roster.get(number) is not None or any(item.id == number for item in roster.items)


def _refusal(step: Callable[[], Decision]) -> Decision:
    """Put a rule's no into a sentence."""
    from mailbot.registration.reasons import REASONS, RuleError

    try:
        return step()
    except RuleError as problem:
        values = ", ".join(f"{key} {value}" for key, value in problem.reason.values.items())
        said = REASONS.get(problem.reason.code, problem.reason.code).rpartition(": ")[2]
        raise Failed(f"that cannot be done: {said}" + (f" ({values})" if values else "")) from problem
