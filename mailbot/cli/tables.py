"""Tables for the terminal. Text from mail is put in as `Text`, never as markup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from mailbot.registration.records import LetterRecord, Registration, Roster
    from mailbot.store.base import HistoryLine

COLOURS = {
    "confirmed": "green",
    "offered": "cyan",
    "waiting": "yellow",
    "review": "magenta",
    "handled": "green",
    "ignored": "bright_black",
    "auto": "green",
    "ignore": "bright_black",
}

FACTS = ("email", "title", "organisation", "municipality", "phone", "ean", "ean_invalid", "reference", "dietary", "cvr", "invoice_email")


def words(value: str | None, style: str = "", most: int = 60) -> Text:
    """Text from mail, shown as it is: control characters gone, cut to a line."""
    shown = "".join(c if c.isprintable() else " " for c in value or "")
    return Text(shown if len(shown) <= most else shown[: most - 1] + "…", style=style)


def table(*columns: str) -> Table:
    made = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        made.add_column(column, overflow="ellipsis", no_wrap=True)
    return made


def registrations(console: Console, rows: Sequence[tuple[Roster, Registration]]) -> None:
    """`mailbot list`."""
    if not rows:
        console.print("Nobody yet.")
        return
    wide, wider = console.width >= 96, console.width >= 128
    shown = table("ID", "Status", "Name", *(["Organisation"] if wider else []), "Mail", *(["EAN"] if wide else []), "Received")
    for roster, r in rows:
        position = roster.position(r.id)
        status = r.status.value + (f" {position}" if position else "")
        shown.add_row(
            str(r.id),
            Text(status, style=COLOURS.get(r.status.value, "bright_black")),
            words(r.person.name, most=22),
            *([words(r.person.organisation, most=28)] if wider else []),
            words(r.person.email, most=30),
            *([words(r.person.ean)] if wide else []),
            local(roster, r.received_at)[2:10],
        )
    console.print(shown)
    taken = {roster.course.id: roster for roster, _ in rows}
    for roster in taken.values():
        seated = sum(r.seated for r in roster.registrations)
        console.print(f"\n{roster.course.title}: {seated} of {roster.course.capacity} seats, {len(roster.waiting)} waiting", style="dim")


def local(roster: Roster, at: datetime | None) -> str:
    return at.astimezone(roster.course.zone).strftime("%Y-%m-%d %H:%M") if at else ""


def one_registration(
    console: Console, roster: Roster, r: Registration, history: Sequence[HistoryLine], letters: Sequence[LetterRecord]
) -> None:
    """`mailbot show`."""
    status = (r.status.value, COLOURS.get(r.status.value, ""))
    console.print(Text.assemble((f"{r.id}  ", "bold"), words(r.person.name, "bold"), "  ", status))
    facts = table("", "", "")
    for field in FACTS:
        value = getattr(r.person, field)
        if value:
            source = r.sources.get(field)
            said = source.evidence.words if source and source.evidence else ""
            facts.add_row(Text(field, style="dim"), words(str(value)), words(f"« {said} »" if said and said != value else "", "dim", 70))
    if r.contact:
        facts.add_row(Text("signed up by", style="dim"), words(f"{r.contact.name} <{r.contact.email}>"), "")
    console.print(Padding(facts, (1, 0, 1, 2)))
    if history:
        console.print("History", style="bold")
        lines = table("", "", "")
        for h in history:
            lines.add_row(local(roster, h.at), h.code, words(", ".join(f"{k} {v}" for k, v in h.values.items()), "dim", 90))
        console.print(Padding(lines, (0, 0, 1, 2)))
    if letters:
        console.print("Letters", style="bold")
        lines = table("", "", "", "", "")
        for letter in letters:
            reason = f"({letter.reason.code})" if letter.reason else ""
            when, state = local(roster, letter.sent_at or letter.planned_at), letter.state.value + reason
            lines.add_row(when, letter.kind.value, state, words(letter.to.email), words(letter.subject))
        console.print(Padding(lines, (0, 0, 0, 2)))


def event_row(shown: Table, event: dict[str, Any]) -> None:
    """One event of a replay as a row: when, what, who or which file, and what came of it."""
    at = str(event["at"])[:16].replace("T", " ")
    reasons = ", ".join(event.get("reasons", [])[:3])
    match event["event"]:
        case "message":
            outcome = event.get("outcome", "")
            done = "known already" if event.get("duplicate") else f"{event['intent'] or 'our own'} → {outcome}"
            what = Text(done, style=COLOURS.get(outcome, ""))
            shown.add_row(at, Text("message", style="bold"), words(event["file"], most=44), what, words(reasons, "dim"))
        case "letter":
            withheld = event.get("withheld")
            style = "dim" if withheld else "blue"
            why = words(f"withheld: {withheld}" if withheld else event["subject"], style)
            shown.add_row(at, Text("  letter", style=style), words(event["to"], style, 44), Text(event["kind"], style=style), why)
        case _:
            shown.add_row(at, Text("due", style="yellow"), "", words(reasons, "yellow"), "")


def replay_table(console: Console, events: Iterable[dict[str, Any]]) -> None:
    """`mailbot replay` without --json."""
    shown = table("When", "What", "Message or recipient", "Outcome", "Why, or subject")
    counts: dict[str, int] = {}
    for event in events:
        event_row(shown, event)
        counts[event["event"]] = counts.get(event["event"], 0) + 1
    console.print(shown)
    console.print("\n" + ", ".join(f"{n} {what}{'s' if n != 1 and what != 'due' else ''}" for what, n in counts.items()), style="dim")
