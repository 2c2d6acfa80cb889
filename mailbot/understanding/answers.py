"""Answers to our request for what is missing: a bare title or number, answers between our quoted lines, or filled in
behind our own labels in the quoted letter.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from mailbot.mail.message import Message, SegmentKind
from mailbot.understanding import diets, layout, titles, values
from mailbot.understanding.facts import Found
from mailbot.understanding.lexicon import pattern
from mailbot.understanding.reading import Letter
from mailbot.understanding.rosters import Roster
from mailbot.understanding.told import Told
from mailbot.understanding.voices import Voice

_MODULE = "answers"


def fill(told: Told, message: Message, answered: Letter | None, history: Sequence[Voice]) -> None:
    """Adds to the writer's record what only our request explains."""
    _between(told, message)
    _numbered(told, history)
    if pattern("letters", "answered_inline").search(told.body) or not told.body.strip():
        _filled_in(told, answered, history)
    _bare(told)


def _between(told: Told, message: Message) -> None:
    """An answer below a quoted line that asks for one field."""
    segments = message.segments
    for before, segment in pairwise(segments):
        if segment.kind is not SegmentKind.NEW or before.kind is SegmentKind.NEW:
            continue
        asked = [line.strip(" >-•*\t?:.") for line in message.text[before.start : before.end].split("\n") if line.strip(" >\t")]
        keys = _asked(asked[-1]) if asked else ()
        raw = message.text[segment.start : segment.end]
        answer = raw.strip()
        if not keys or not answer or len(answer) > 200:
            continue
        start = segment.start + raw.index(answer)
        line = answer.split("\n")[0]
        for key in keys:
            values.fill(told.writer, key, layout.Cell(line, start, start + len(line)), _MODULE)


_NUMBER = re.compile(r"\s*\(?(\d{1,2})[.):]\s+(?=\S)")


def _numbered(told: Told, history: Sequence[Voice]) -> None:
    """`3) Ja: jordbær`, where our letter asked `3) Er der noget, du ikke tåler?`: a diet or a reference."""
    asked = {n.group(1): line.text[n.end() :] for voice in history[:1] for line in voice.body if (n := _NUMBER.match(line.text))}
    for line in told.voice.body if asked else ():
        number = _NUMBER.match(line.text)
        if number is None:
            continue
        answer = layout.Cell(line.text[number.end() :], line.start + number.end(), line.end)
        for key in set(_asked(asked.get(number.group(1), "").rstrip("?. "))) & {"dietary", "reference"}:
            if len(answer.text) < 80:
                values.fill(told.writer, key, answer, _MODULE)


def _asked(line: str) -> tuple[str, ...]:
    """The field that a line of ours asks for: `din titel`, `EAN-nummer til fakturaen`."""
    whole = layout.fields_of(line)
    if whole:
        return whole
    words = line.split()
    for size in (3, 2, 1):
        for at in range(max(0, len(words) - size + 1)):
            keys = layout.fields_of(" ".join(words[at : at + size]))
            if keys and keys != ("ignored",) and len(words) < 14:
                return keys
    return ()


def _filled_in(told: Told, answered: Letter | None, history: Sequence[Voice]) -> None:
    """Values behind the labels of our quoted letter, where our letter had none."""
    sent = answered.text if answered else ""
    for voice in history[:1]:
        roster = Roster()
        for entry in layout.labelled(voice.body):
            if entry.value.text and entry.value.text not in sent and entry.fields != ("ignored",) and "name" not in entry.fields:
                for key in entry.fields:
                    values.fill(roster.common, key, entry.value, _MODULE)
        told.writer.merge(roster.common)


def _bare(told: Told) -> None:
    """The whole answer is a title, or a diet."""
    writer = told.writer
    lines = [line for line in told.voice.body if line.text and not pattern("particles", "greetings").match(line.text)]
    if "title" in writer.fields and writer.fields["title"].module != "signature":
        return
    for line in lines[:3]:
        text = re.sub(r"\s*[:;]-?[)D(]+|[\U0001F300-\U0001FAFF☀-➿]+", "", line.text).strip(" .!")
        whole = titles.whole(text)
        if whole and len(text) < 70 and whole == text:
            writer.fields["title"] = Found(whole, line.start, line.start + len(whole), _MODULE)
            return
    if "dietary" not in writer.fields and len(lines) == 1 and diets.find(lines[0].text):
        diet = diets.find(lines[0].text)[0]
        writer.put("dietary", Found(diet.value, lines[0].start + diet.start, lines[0].start + diet.end, _MODULE))
