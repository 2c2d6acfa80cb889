"""Details merged field by field, the newest word winning; each field remembers the message and the words it came from.

Who may overwrite what: the participant and who registered them may; a colleague may fill what is empty; to overwrite, or
to change the address, the registered address is asked (DESIGN: What is missing; Trust).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from mailbot.course import Kind, Status
from mailbot.registration.change import Change, both, own_address
from mailbot.registration.identity import Same, fold, same_name
from mailbot.registration.matter import Matter
from mailbot.registration.offers import fill
from mailbot.registration.records import Draft, Registration, Source
from mailbot.registration.subjects import Meant, named, own, spoken_for, writers
from mailbot.registration.trust import May, Standing, ask, may, standing
from mailbot.understanding.reading import Address, Person, Reason

FIELDS = tuple(f.name for f in fields(Person) if f.name not in ("evidence", "waiting_only"))
OF_THE_PAYER = ("ean", "ean_invalid", "cvr", "reference", "invoice_email", "organisation", "municipality")


@dataclass(frozen=True, slots=True)
class Merged:
    """`filled` were empty, `changed` had another value and were overwritten, `kept` had one and were not."""

    registration: Registration
    filled: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    @property
    def news(self) -> tuple[str, ...]:
        return tuple(f for f in FIELDS if f in self.filled or f in self.changed)


def given(person: Person) -> tuple[str, ...]:
    """The fields that a message tells."""
    return tuple(f for f in FIELDS if getattr(person, f) not in (None, ""))


def merge(registration: Registration, person: Person, matter: Matter, *, overwrite: bool, address: bool = False) -> Merged:
    """The registration with what the message tells. Without `overwrite` only empty fields are filled; the address is
    replaced only with `address`. A word older than the one we have never wins."""
    old = registration.person
    values: dict[str, object] = {}
    filled, changed, kept = [], [], []
    for name in given(person):
        before, value = getattr(old, name), getattr(person, name)
        if before == value or (name == "name" and not address and _no_better(before, value)):
            continue
        if name == "ean_invalid" and (person.ean or (old.ean and not overwrite)):
            continue
        source = registration.sources.get(name)
        newer = source is None or source.at <= matter.origin.received_at
        if before in (None, ""):
            filled.append(name)
        elif newer and (address if name == "email" else overwrite or name == "name"):
            changed.append(name)
        else:
            kept += [name] if newer else []
            continue
        values[name] = value
    if "ean" in values and old.ean_invalid:
        values["ean_invalid"] = None
    told = sources(person, matter, tuple(values))
    newer_person = replace(old, **values)  # type: ignore[arg-type]  # fields of Person with values of a Person
    merged = replace(registration, person=newer_person, sources={**registration.sources, **told})
    return Merged(merged, tuple(filled), tuple(changed), tuple(kept))


def _no_better(before: str | None, value: str) -> bool:
    """A name is replaced only by a fuller spelling of it."""
    return bool(before) and not (same_name(before, value) is not Same.NO and len(fold(value)) > len(fold(before)))


def sources(person: Person, matter: Matter, names: tuple[str, ...]) -> dict[str, Source]:
    return {name: Source(matter.origin.fingerprint, matter.origin.received_at, person.evidence.get(name)) for name in names}


def update(change: Change, matter: Matter) -> tuple[Reason, ...]:
    """Carry out an update; the reasons why it is left to the administrator, if it is."""
    people = matter.finding.participants
    if matter.finding.part_will_do and not any(set(given(p)) - {"name", "email"} for p in people):
        return _part_will_do(change, matter)
    if not people:
        return (Reason("nothing_told"),)
    pairs: list[tuple[Registration, Person]] = []
    for person in people:
        found = _meant(change, matter, person)
        if found.reasons:
            return found.reasons
        pairs += [(r, person) for r in found.registrations]
    return _carry_out(change, matter, pairs)


def _meant(change: Change, matter: Matter, person: Person) -> Meant:
    """Whose details these are: by name, else the writer's own, else, for what the payer pays with, all that they pay for."""
    roster, writer = change.roster, matter.writer.email
    mine, theirs = own(roster, writer), spoken_for(roster, writer)
    if person.email and person.email != writer and (by_address := own(roster, person.email)):
        return Meant(by_address) if len(by_address) == 1 else named(roster, matter, (person.name or person.email,))
    if person.name and not (len(mine) == 1 and same_name(mine[0].person.name, person.name) is not Same.NO):
        found = named(roster, matter, (person.name,))
        if found.registrations or not (mine or theirs) or same_name(person.name, matter.writer.name) is Same.NO:
            return found
    told = set(given(person)) - {"name", "email"}
    if not told:
        return writers(roster, matter)
    if told <= set(OF_THE_PAYER) and len(mine + theirs) > 1:
        return _paid_for(mine + theirs, told)
    return writers(roster, matter)


def _paid_for(registrations: tuple[Registration, ...], told: set[str]) -> Meant:
    """A bare number from somebody who answers for several: it is for those who lack it, else for all who share the old one."""
    field = "ean" if told & {"ean", "ean_invalid"} else sorted(told)[0]
    lacking = tuple(r for r in registrations if not getattr(r.person, field))
    if lacking:
        return Meant(lacking)
    if len({getattr(r.person, field) for r in registrations}) == 1:
        return Meant(registrations)
    names = ", ".join(r.person.name or str(r.id) for r in registrations)
    return Meant((), (Reason("several_people", {"names": names}),))


def _carry_out(change: Change, matter: Matter, pairs: list[tuple[Registration, Person]]) -> tuple[Reason, ...]:
    to_ask: list[Registration] = []
    fields_asked: list[str] = []
    ready: list[tuple[Registration, Merged, Standing]] = []
    for registration, told in pairs:
        # the sender's own address stands on every reading of a message about themselves: no change of address
        person = replace(told, email=None) if told.email == matter.writer.email and not _moves(matter, registration, told) else told
        who = standing(change.roster, matter, registration)
        new_address = bool(person.email and registration.person.email and person.email != registration.person.email)
        allowed = may(change.roster, matter, registration, harm=new_address)
        if allowed is May.NO:
            return (Reason("not_allowed", {"who": who.value}),)
        trusted = allowed is May.YES
        merged = merge(registration, person, matter, overwrite=trusted, address=trusted)
        if not trusted and (merged.kept or "email" in merged.filled):
            to_ask.append(registration)
            fields_asked += [*merged.kept, *(["email"] if "email" in merged.filled else [])]
        ready.append((registration, merged, who))
    if to_ask:
        asked = ask(change, matter, tuple(to_ask), changes=tuple(dict.fromkeys(fields_asked)))
        return () if asked else (Reason("overwrites", {"fields": ", ".join(dict.fromkeys(fields_asked))}),)
    for registration, merged, who in ready:
        _put(change, matter, registration, merged, who)
    return ()


def _moves(matter: Matter, registration: Registration, person: Person) -> bool:
    """Whether somebody writes about themselves from another address, which is then to be theirs."""
    return person.email != registration.person.email and same_name(matter.writer.name, registration.person.name) is Same.YES


def _put(change: Change, matter: Matter, before: Registration, merged: Merged, who: Standing) -> None:
    registration = merged.registration
    if merged.news:
        change.put(registration, "updated", fields=", ".join(merged.news), **_earlier(before, merged))
    if before.status is Status.REVIEW:
        change.note("details_noted", registration.id)
        return
    if not merged.news:
        change.tell(registration, Kind.ALREADY, facts={"question": matter.question})
        change.note("nothing_new", registration.id)
        return
    old = before.person.email if "email" in merged.changed else None
    facts = {"changed": merged.news, "old_email": old or "", "question": matter.question}
    to = [matter.writer, *own_address(registration)]
    if who is Standing.COLLEAGUE:  # they need not see what we know of somebody else
        to = list(both(registration))
        _thank(change, matter, registration)
    elif who is Standing.ADMINISTRATOR:
        to = list(both(registration))
    if old:
        to.append(Address(before.person.name or "", old))
    change.tell(registration, Kind.UPDATED, to=to, facts=facts)


def _thank(change: Change, matter: Matter, registration: Registration) -> None:
    if matter.writer.email in [a.email for a in both(registration)]:
        return
    change.write(
        Draft(
            kind=Kind.THANKS,
            course=change.course.id,
            to=matter.writer,
            subject_of=f"message:{matter.origin.fingerprint}",
            reply=matter.thread,
            facts={"intent": "update"},
        )
    )


def _earlier(before: Registration, merged: Merged) -> dict[str, str]:
    """What the values were, for the history; diet is nobody's business there."""
    return {f"{f}_before": str(getattr(before.person, f)) for f in merged.changed if f != "dietary"}


def _part_will_do(change: Change, matter: Matter) -> tuple[Reason, ...]:
    """A group that wanted all or none lets us seat some of them."""
    writer, waiting = matter.writer.email, {Status.WAITING}
    group = [r for r in own(change.roster, writer, waiting) + spoken_for(change.roster, writer, waiting) if r.group]
    if not group:
        return (Reason("nothing_told"),)
    for r in group:
        change.put(replace(r, part_will_do=True), "part_will_do")
        change.tell(r, Kind.UPDATED, facts={"changed": (), "old_email": "", "question": matter.question})
    fill(change)
    return ()
