"""The course in effect: what its file says, with what the administrator decided since on top, key by key.

A decision remembers what the file said when it was made. A later edit of the file that says what was decided settles
it; one that says something else is a contradiction, told once for each new value, while the decision stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError

from mailbot.course import Course, Meeting

Flat = dict[str, Any]                 # "capacity" -> 24, "meetings.2.place" -> "Odense" (meetings count from 1)
Decided = Mapping[str, Mapping[str, Any]]   # key -> {"value": what she decided, "file": what the file said then}

SEQUENCE = "sequence"
TOLD = tuple(name for name in Meeting.model_fields if name != SEQUENCE)  # a change of these is news to participants


class Contradiction(NamedTuple):
    key: str
    file: Any
    decided: Any


class Refiled(NamedTuple):
    course: Course
    decided: Decided
    contradictions: tuple[Contradiction, ...]


def flat(course: Course) -> Flat:
    values = course.model_dump(mode="json")
    meetings = values.pop("meetings")
    return values | {f"meetings.{n}.{name}": value for n, meeting in enumerate(meetings, 1) for name, value in meeting.items()}


def course_of(values: Flat) -> Course:
    meetings: dict[int, Flat] = {}
    rest: Flat = {}
    for key, value in values.items():
        if key.startswith("meetings."):
            _, number, name = key.split(".")
            meetings.setdefault(int(number), {})[name] = value
        else:
            rest[key] = value
    return Course.model_validate(rest | {"meetings": [meetings[n] for n in sorted(meetings)]})


def in_effect(file: Course, decided: Decided) -> Course:
    if not decided:
        return file
    return course_of(flat(file) | {key: entry["value"] for key, entry in decided.items()})


def decide(file: Course, effective: Course) -> Decided:
    """What was decided, given the course as it is to be from now on."""
    said = flat(file)
    return {key: {"value": value, "file": said.get(key)} for key, value in flat(effective).items() if value != said.get(key)}


def refile(old: Course, decided: Decided, new: Course) -> Refiled:
    """The course in effect, what is still decided and what contradicts it, when the file is edited from `old` to `new`."""
    before, said = in_effect(old, decided), flat(new)
    kept: dict[str, Mapping[str, Any]] = {}
    contradictions = []
    for key, entry in decided.items():
        value, file = entry["value"], said.get(key)
        if file == value:
            continue
        if key.startswith("meetings.") and key.rpartition(".")[0] + ".date" not in said and entry["file"] is not None:
            contradictions.append(Contradiction(key, None, value))  # the file has no such meeting any more
            continue
        if file != entry["file"] and not key.endswith(SEQUENCE):
            contradictions.append(Contradiction(key, file, value))
        kept[key] = {"value": value, "file": file}
    try:
        after = in_effect(new, kept)
    except ValidationError:  # such as meetings that no longer stand in order: as far as they go, the file waits for her word
        after = course_of({k: v for k, v in flat(new).items() if not k.startswith("meetings.")}
                          | {k: v for k, v in flat(before).items() if k.startswith("meetings.")}
                          | {k: e["value"] for k, e in kept.items() if not k.startswith("meetings.")})
        contradictions = [c for c in contradictions if not c.key.startswith("meetings.")]
        contradictions.append(Contradiction("meetings", _dates(new), _dates(before)))
    after = _renumbered(before, after)
    return Refiled(after, decide(new, after), tuple(contradictions))


def _renumbered(before: Course, after: Course) -> Course:
    """A meeting that changed has a higher SEQUENCE, or calendars keep its old entry (RFC 5545, section 3.8.7.4)."""
    meetings = list(after.meetings)
    for n, (old, new) in enumerate(zip(before.meetings, after.meetings, strict=False)):
        changed = any(getattr(old, name) != getattr(new, name) for name in TOLD)
        least = old.sequence + 1 if changed else old.sequence
        meetings[n] = new.model_copy(update={SEQUENCE: max(new.sequence, least)})
    return after.model_copy(update={"meetings": tuple(meetings)})


def _dates(course: Course) -> str:
    return ", ".join(meeting.date.isoformat() for meeting in course.meetings)
