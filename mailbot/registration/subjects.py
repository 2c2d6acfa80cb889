"""Who is meant: the registrations that a message speaks of, by name, by address, by the letter it answers.

Names are looked for first among those that the writer speaks for, where a first name is enough ("kun Peter"), then in
the whole course, where it is not. What fits several people fits nobody: the administrator decides.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mailbot.course import LIVE, Status
from mailbot.registration.identity import Same, fold, same_domain, same_name
from mailbot.registration.matter import Matter
from mailbot.registration.records import Registration, Roster
from mailbot.registration.trust import answered_letter
from mailbot.understanding.reading import Reason

ANSWERABLE = LIVE | {Status.EXPIRED, Status.DECLINED}


@dataclass(frozen=True, slots=True)
class Meant:
    """`reasons` say why somebody could not be told; then nothing is to be done by itself."""

    registrations: tuple[Registration, ...] = ()
    reasons: tuple[Reason, ...] = ()


def own(roster: Roster, address: str, statuses: Iterable[Status] = LIVE) -> tuple[Registration, ...]:
    """The registrations of the person (or people) with this address."""
    wanted = frozenset(statuses)
    return tuple(r for r in roster.registrations if address and r.person.email == address and r.status in wanted)


def spoken_for(roster: Roster, address: str, statuses: Iterable[Status] = LIVE) -> tuple[Registration, ...]:
    """The registrations that this address made for others."""
    wanted = frozenset(statuses)
    return tuple(
        r
        for r in roster.registrations
        if address and r.contact and r.contact.email == address and r.person.email != address and r.status in wanted
    )


def writers(roster: Roster, matter: Matter, statuses: Iterable[Status] = LIVE) -> Meant:
    """The registration of the writer where the message names nobody: their own, else the ones they answer for."""
    wanted = frozenset(statuses)
    mine = own(roster, matter.writer.email, wanted)
    if len(mine) > 1:  # a shared mailbox: the display name may tell whose message it is
        named = tuple(r for r in mine if same_name(r.person.name, matter.writer.name) is Same.YES)
        mine = named or mine
    theirs = mine or spoken_for(roster, matter.writer.email, wanted) or _by_another_address(roster, matter, wanted)
    letter = answered_letter(roster, matter.origin)
    if len(theirs) > 1 and letter is not None and letter.to.email == matter.writer.email:
        theirs = tuple(r for r in theirs if r.id in letter.about) or theirs
    if not theirs:
        return Meant((), (unknown(roster, matter, matter.writer.name or matter.writer.email),))
    if len(theirs) > 1:
        return Meant((), (Reason("several_people", {"names": _names(theirs)}),))
    return Meant(theirs)


def _by_another_address(roster: Roster, matter: Matter, wanted: frozenset[Status]) -> tuple[Registration, ...]:
    """Somebody who was signed up by a colleague, or under another address of the same house, writes for themselves."""
    writer = matter.writer
    return tuple(
        r
        for r in roster.registrations
        if r.status in wanted
        and same_name(r.person.name, writer.name) is Same.YES
        and same_domain(r.person.email or (r.contact.email if r.contact else None), writer.email)
    )


def named(roster: Roster, matter: Matter, names: Sequence[str], statuses: Iterable[Status] = LIVE) -> Meant:
    """The registrations behind these names or addresses; all of them or none."""
    wanted = frozenset(statuses)
    found: list[Registration] = []
    reasons: list[Reason] = []
    for name in names:
        hits = _hits(roster, matter, name, wanted)
        if len(hits) == 1:
            found += [r for r in hits if r not in found]
        elif hits:
            reasons.append(Reason("several_people", {"names": _names(hits)}))
        else:
            reasons.append(unknown(roster, matter, name))
    return Meant((), tuple(reasons)) if reasons else Meant(tuple(found))


def meant(roster: Roster, matter: Matter, names: Sequence[str], statuses: Iterable[Status] = LIVE) -> Meant:
    return named(roster, matter, names, statuses) if names else writers(roster, matter, statuses)


def _hits(roster: Roster, matter: Matter, name: str, wanted: frozenset[Status]) -> tuple[Registration, ...]:
    everybody = tuple(r for r in roster.registrations if r.status in wanted)
    if "@" in name:
        return tuple(r for r in everybody if r.person.email == name.strip().lower())
    writer = matter.writer.email
    theirs = own(roster, writer, wanted) + spoken_for(roster, writer, wanted)
    letter = answered_letter(roster, matter.origin)
    if letter is not None and letter.to.email == writer:
        theirs += tuple(r for r in everybody if r.id in letter.about and r not in theirs)
    colleagues = tuple(
        r for r in everybody if same_domain(r.person.email or (r.contact.email if r.contact else None), writer) and r not in theirs
    )
    for group, fits in ((theirs, _called), (colleagues, _nearly_called), (everybody, _is_called)):
        sure = tuple(r for r in group if _is_called(r, name)) or tuple(r for r in group if fits(r, name))
        if sure:
            return sure
    return ()


def _is_called(registration: Registration, name: str) -> bool:
    return same_name(registration.person.name, name) is Same.YES


def _nearly_called(registration: Registration, name: str) -> bool:
    """A full name with a slip of the pen or an ending; among colleagues, where the registered address is asked anyway."""
    return len(fold(name)) > 1 and same_name(registration.person.name, name) is not Same.NO


def _called(registration: Registration, name: str) -> bool:
    """Whether part of the name is enough among few people: a first name, a last name, a slip of the pen."""
    words, full = fold(name), fold(registration.person.name)
    if not words or not full:
        return False
    return set(words) <= set(full) or same_name(registration.person.name, name) is Same.UNSURE


def unknown(roster: Roster, matter: Matter, name: str) -> Reason:
    """Nobody by that name, with the nearest ones that there are, and whether somebody like that has left already."""
    ended = [
        r
        for r in roster.registrations
        if not r.live and (r.person.email == matter.writer.email or same_name(r.person.name, name) is Same.YES)
    ]
    if ended:
        return Reason("already_ended", {"name": ended[-1].person.name or ended[-1].person.email or "", "status": ended[-1].status.value})
    names = {r.person.name or r.person.email or "": r for r in roster.registrations if r.live}
    near = difflib.get_close_matches(name[:100], [n[:100] for n in names][:1000], n=3, cutoff=0.5)
    return Reason("unknown_person", {"name": name[:100], "nearest": ", ".join(near)})


def _names(registrations: Iterable[Registration]) -> str:
    return ", ".join(r.person.name or r.person.email or str(r.id) for r in registrations)
