"""Reading the administrator's lines: which command each one is, with its numbers and words.

What words mean what is data (`data/commands.toml`), handed in as a mapping. A line that is no command, or lacks what its
command needs, comes back as `Unknown` with an example of the nearest one; nothing is dropped but quotes, greetings and
the signature.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, time

Words = Mapping[str, Mapping[str, str]]

MOST_LINES, MOST_NUMBERS, LONGEST_LINE = 500, 200, 2000
WITH_NUMBERS = frozenset({"approve", "reject", "wait", "offer", "cancel", "send", "stop"})
ALONE = frozenset({"invoiced", "list", "pause", "status", "help"})

_NUMBERS = re.compile(r"^[#\s]*(\d{1,9})(?:\s{0,3}[-–]\s{0,3}(\d{1,9}))?")
_BETWEEN = re.compile(r"^[\s,;]*")
_DATE = re.compile(r"^(\d{4})-(\d{2})-(\d{2})\b")
_DANISH_DATE = re.compile(r"^(\d{1,2})[./](\d{1,2})[./-](\d{4})\b")
_TIMES = re.compile(r"^(?:kl\.? ?)?(\d{1,2})(?:[.:](\d{2}))? ?[-–] ?(\d{1,2})(?:[.:](\d{2}))?$")


@dataclass(frozen=True, slots=True)
class Command:
    """One line understood. `name` is a value of the word list; `numbers` name registrations, items, letters or a meeting;
    `day` a date in their place or for a move; `rest` what else the line (for an answer: and those below it) says."""

    line: str
    name: str
    numbers: tuple[int, ...] = ()
    rest: str = ""
    meeting: int | date | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """One line not understood; `nearest` is an example of the command that it most resembles, "" if none."""

    line: str
    nearest: str = ""


def read_lines(text: str, words: Words) -> list[Command | Unknown]:
    """The commands of a message's new text, in order. Quoted lines, greetings and the signature are left out."""
    found: list[Command | Unknown] = []
    for raw in text.splitlines()[:MOST_LINES]:
        line = raw.strip()[:LONGEST_LINE]
        answering = bool(found) and isinstance(last := found[-1], Command) and last.name == "answer"
        if line.startswith(">"):
            continue
        if line in ("--", "-- ") or _begins(line, words["ends"]):
            break
        if not line:
            if answering:
                found[-1] = _longer(found[-1], "")
            continue
        if not found and _begins(line, words["greetings"]) and isinstance(_read(line, words), Unknown):
            continue
        command = _read(line.lstrip("-*•· \t"), words)
        if answering and isinstance(command, Unknown):
            found[-1] = _longer(found[-1], line)
        else:
            found.append(replace(command, line=line))
    return [replace(c, rest=c.rest.strip()) if isinstance(c, Command) else c for c in found]


def _longer(command: Command | Unknown, line: str) -> Command | Unknown:
    return replace(command, rest=f"{command.rest}\n{line}") if isinstance(command, Command) else command


def _begins(line: str, beginnings: Iterable[str]) -> bool:
    low = line.casefold()
    return any(low.startswith(b) and not low[len(b) : len(b) + 1].isalnum() for b in beginnings)


def _read(line: str, words: Words) -> Command | Unknown:
    head, _, rest = line.partition(" ")
    word = head.casefold().rstrip(".,:;!")
    name = words["commands"].get(word)
    if name is None:
        near = difflib.get_close_matches(word[:40], list(words["commands"]), n=1, cutoff=0.6)
        return Unknown(line, words["examples"].get(words["commands"][near[0]], near[0]) if near else "")
    command = _arguments(Command(line, name), rest.strip(), words)
    return command or Unknown(line, words["examples"].get(name, word))


def _arguments(command: Command, rest: str, words: Words) -> Command | None:
    """The command with what it needs, or None where something is missing or too much."""
    name = command.name
    if name in ALONE:
        return command if not rest.strip(" .!") else None
    if name in WITH_NUMBERS:
        numbers, left = _numbers(rest, words)
        note = left.startswith(":")
        return (
            replace(command, numbers=numbers, rest=left[1:].strip() if note else "")
            if numbers and (note or not left.strip(" .!"))
            else None
        )
    if name == "resume":
        numbers, left = _numbers(rest, words)
        return replace(command, numbers=numbers) if not left.strip(" .!") else None
    if name == "mode":
        mode = words["modes"].get(rest.casefold().strip(" .!"))
        return replace(command, rest=mode) if mode else None
    if name == "add":
        return replace(command, rest=rest) if rest else None
    if name in ("place", "move", "call_off"):
        return _meeting(command, rest, words)
    number = _NUMBERS.match(rest)
    if number is None or number[2]:
        return None
    command = replace(command, numbers=(int(number[1]),), rest=rest[number.end() :].strip())
    if name == "answer":
        return replace(command, rest=command.rest.lstrip(":").strip())
    if name == "capacity":
        return command if not command.rest.strip(" .!") else None
    field_word, _, value = command.rest.partition(" ")
    known = words["fields"].get(field_word.casefold().rstrip(":="))
    return replace(command, rest=f"{known} {value.strip()}") if known and value.strip() else None


def _numbers(text: str, words: Words) -> tuple[tuple[int, ...], str]:
    """ "12, 14-16 og 20" as numbers, and what is left of the text."""
    numbers: list[int] = []
    while True:
        text = text[_BETWEEN.match(text).end() :]  # type: ignore[union-attr]  # it matches the empty string
        first, _, after = text.partition(" ")
        if first.casefold().rstrip(".") in words["fillers"]:
            text = after
            continue
        match = _NUMBERS.match(text)
        if match is None or len(numbers) >= MOST_NUMBERS:
            return tuple(dict.fromkeys(numbers)), text
        low, high = int(match[1]), int(match[2] or match[1])
        numbers += range(low, min(high, low + MOST_NUMBERS) + 1)
        text = text[match.end() :]


def _meeting(command: Command, rest: str, words: Words) -> Command | None:
    first, _, after = rest.partition(" ")
    rest = after if first.casefold() in words["fillers"] else rest
    day, left = _date(rest)
    meeting: int | date | None = day
    if day is None and (match := _NUMBERS.match(rest)):
        meeting, left = int(match[1]), rest[match[0].rstrip("-– ").__len__() :]
    if meeting is None:
        return None
    left = left.strip(" :,")
    first, _, after = left.partition(" ")
    if command.name == "move" and first.casefold() in words["fillers"]:
        left = after
    fits = {"place": bool(left), "move": parse_move(left) is not None, "call_off": not left.strip(".!")}
    return replace(command, meeting=meeting, rest=left) if fits[command.name] else None


def _date(text: str) -> tuple[date | None, str]:
    if match := _DATE.match(text):
        parts = (match[1], match[2], match[3])
    elif match := _DANISH_DATE.match(text):
        parts = (match[3], match[2], match[1])
    else:
        return None, text
    try:
        return date(*map(int, parts)), text[match.end() :]
    except ValueError:
        return None, text


def parse_move(text: str) -> tuple[date, time | None, time | None] | None:
    day, left = _date(text)
    if day is None:
        return None
    left = left.strip(" ,.")
    if not left:
        return day, None, None
    match = _TIMES.match(left)
    try:
        return (day, time(int(match[1]), int(match[2] or 0)), time(int(match[3]), int(match[4] or 0))) if match else None
    except ValueError:
        return None
