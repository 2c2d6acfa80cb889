"""Registrations on the command line: look at them, add one, see the digest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
    console,
    moment,
    only_course,
    open_store,
    print_json,
    rules_of,
    settings,
)

if TYPE_CHECKING:
    from mailbot.registration.records import Registration, Roster



def add_to(app: typer.Typer) -> None:
    app.command("list", rich_help_panel="People")(list_)
    app.command(rich_help_panel="People")(show)
    app.command(rich_help_panel="People")(add)
    app.command(rich_help_panel="People")(digest)


def _statuses() -> list[str]:
    from mailbot.course import Status

    return [status.value for status in Status]


def list_(
    course: CourseOption = None,
    status: Annotated[
        str | None, typer.Option("--status", help="Only those with this status.", metavar="S", autocompletion=lambda: _statuses())
    ] = None,
    json: JsonOption = False,
    config: ConfigOption = None,
    database: DatabaseOption = None,
) -> None:
    """List the registrations.

    [dim]mailbot list --status waiting[/dim]
    """
    from mailbot.course import Status

    if status is not None and status not in set(Status):
        raise UsageError(f"{status!r} is no status; known are {', '.join(Status)}")
    with open_store(settings(config), database) as store:
        rosters = [store.roster(c.id) for c in store.courses() if course in (None, c.id)]
    if course is not None and not rosters:
        raise UsageError(f"there is no course {course!r} in this database")
    rows = [(roster, r) for roster in rosters for r in in_order(roster) if status in (None, r.status)]
    if json:
        print_json([as_json(roster, r) for roster, r in rows])
        return
    from mailbot.cli.tables import registrations

    registrations(console(), rows)


def in_order(roster: Roster) -> list[Registration]:
    """Seats first, then the waiting list in its order, then what a person must look at, then those who left."""
    from mailbot.course import Status

    ranks = {status: n for n, status in enumerate(Status)}
    return sorted(roster.registrations, key=lambda r: (ranks[r.status], roster.position(r.id) or 0, r.received_at, r.place, r.id))


def as_json(roster: Roster, r: Registration) -> dict[str, Any]:
    """One entry of `list --json` (INTERFACE.md)."""
    from mailbot.registration.missing import missing

    person = r.person
    return {
        "id": r.id,
        "course": r.course,
        "status": r.status.value,
        "position": roster.position(r.id),
        "name": person.name,
        "email": person.email,
        "title": person.title,
        "organisation": person.organisation,
        "municipality": person.municipality,
        "phone": person.phone,
        "ean": person.ean,
        "reference": person.reference,
        "dietary": person.dietary,
        "returning": person.returning,
        "cvr": person.cvr,
        "invoice_email": person.invoice_email,
        "waiting_only": person.waiting_only,
        "contact": {"name": r.contact.name, "email": r.contact.email} if r.contact else None,
        "received_at": r.received_at.isoformat(),
        "offer_expires_at": r.offer_expires_at.isoformat() if r.offer_expires_at else None,
        "missing": list(missing(r, roster.course)) if r.live else [],
        "absent": [day.isoformat() for day in r.absences],
    }


def show(number: NumberArgument, json: JsonOption = False, config: ConfigOption = None, database: DatabaseOption = None) -> None:
    """Show one registration with its history, its evidence and its letters.

    [dim]mailbot show 12[/dim]
    """
    with open_store(settings(config), database) as store:
        registration = store.registration(number)
        if registration is None:
            raise Failed(f"there is no registration {number}; `mailbot list` shows them all")
        roster = store.roster(registration.course)
        history = store.history(number)
        letters = [letter for letter in store.letters(registration.course) if number in letter.about]
    if json:
        print_json(
            as_json(roster, registration)
            | {
                "history": [{"at": h.at.isoformat(), "code": h.code, **h.values, "message": h.message} for h in history],
                "evidence": {
                    field: {"message": s.message, "at": s.at.isoformat(), "words": s.evidence.words if s.evidence else ""}
                    for field, s in registration.sources.items()
                },
                "letters": [
                    {
                        "number": letter.number,
                        "kind": letter.kind.value,
                        "to": letter.to.email,
                        "state": letter.state.value,
                        "sent_at": letter.sent_at.isoformat() if letter.sent_at else None,
                        "subject": letter.subject,
                        "reason": letter.reason.code if letter.reason else None,
                    }
                    for letter in letters
                ],
            }
        )
        return
    from mailbot.cli.tables import one_registration

    one_registration(console(), roster, registration, history, letters)


def add(
    name: Annotated[str, typer.Option("--name", help="Full name.")],
    email: Annotated[str, typer.Option("--email", help="Address.")],
    title: Annotated[str | None, typer.Option("--title")] = None,
    organisation: Annotated[str | None, typer.Option("--organisation")] = None,
    phone: Annotated[str | None, typer.Option("--phone")] = None,
    ean: Annotated[str | None, typer.Option("--ean")] = None,
    reference: Annotated[str | None, typer.Option("--reference")] = None,
    dietary: Annotated[str | None, typer.Option("--dietary")] = None,
    send: Annotated[bool, typer.Option("--send", help="Also send the letter.")] = False,
    course: CourseOption = None,
    json: JsonOption = False,
    config: ConfigOption = None,
    database: DatabaseOption = None,
    now: NowOption = None,
) -> None:
    """Add somebody who signed up by telephone. Nothing is sent unless you say --send.

    [dim]mailbot add --name "Mette Holm" --email mho@bibliotek.dk --ean 5798000123458[/dim]
    """
    from mailbot.cli.record import carry_out, checked_person
    from mailbot.registration import manual

    loaded = settings(config)
    person = checked_person(
        name=name, email=email, title=title, organisation=organisation, phone=phone, ean=ean, reference=reference, dietary=dietary
    )
    at = moment(now)
    with open_store(loaded, database) as store:
        chosen = only_course(store, course)
        decision = carry_out(
            store, rules_of(loaded, store.courses()), chosen.id, at, lambda roster: manual.add(roster, person, at), send=send
        )
        roster = store.roster(chosen.id)
    added = [r for r in decision.registrations if r.person.email == person.email]
    if json:
        print_json([as_json(roster, r) for r in added])
        return
    for r in added:
        position = roster.position(r.id)
        print(f"{r.id}: {r.person.name} is {r.status.value}" + (f", number {position} on the waiting list" if position else ""))


def digest(
    html: Annotated[Path | None, typer.Option("--html", help="Write it as a page instead of showing it.", metavar="FILE")] = None,
    send: Annotated[bool, typer.Option("--send", help="Lay it in the outbox; the running service or `mailbot once` sends it.")] = False,
    course: CourseOption = None,
    json: JsonOption = False,
    config: ConfigOption = None,
    database: DatabaseOption = None,
    now: NowOption = None,
) -> None:
    """Show today's digest, write it as a page, or send it.

    [dim]mailbot digest --html digest.html[/dim]
    """
    from mailbot.app.digest import digest_decision, preview

    loaded = settings(config)
    at = moment(now)
    with open_store(loaded, database) as store:
        rules = rules_of(loaded, store.courses())
        chosen = only_course(store, course)
        roster = store.roster(chosen.id)
        composed = preview(roster, store, rules, at)
        if send:
            decision, letters = digest_decision(roster, store, rules, at)
            store.record(decision, at, letters=letters)
    if html:
        html.write_text(composed.html, "utf-8")
    if json:
        print_json({"subject": composed.subject, "text": composed.text, "page": str(html) if html else None, "planned": send})
    elif html:
        print(html)
    elif not send:
        print(f"{composed.subject}\n\n{composed.text}")
