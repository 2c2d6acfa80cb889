"""What the writer's signature tells of the writer: name, title, place of work, telephone, EAN; line by line.

Slogans, opening hours, departments and the street are passed over; a department or a municipality counts only where no
library is named.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from itertools import pairwise

from mailbot.mail.message import Address
from mailbot.understanding import diets, items, names, titles
from mailbot.understanding.addresses import belongs, domain
from mailbot.understanding.entities import Mark
from mailbot.understanding.facts import Found, Record, best_phone, from_mark
from mailbot.understanding.gazetteer import ascii_fold
from mailbot.understanding.lexicon import alternatives, cues, listed, pattern, words
from mailbot.understanding.voices import Line, Voice, signoff

_MODULE = "signature"
_BARS = re.compile(r"\s*[|•\t]\s*|\s+(?:[·/]|//)\s+|\s{3,}")
_PARTS = re.compile(r"\s*[,(]\s*|\s+[-–]\s+")
_ADDRESS = re.compile(r"\b\d{4}\s+[A-ZÆØÅ]|\b[A-ZÆØÅ]?-?\d{4,5}\b|\d+[A-Za-z]?(?:,|$)")


def read(voice: Voice, marks: list[Mark]) -> Record:
    """The writer as their signature (and From) shows them. `marks` are those of the signature's lines."""
    made = Record(place=voice.signature[0].start if voice.signature else 0, form="header", writer=True)
    nick: Found | None = None
    for line in voice.signature:
        text, start = line.text, line.start
        while farewell := signoff().match(text):
            text, start = text[farewell.end() :], start + farewell.end()
        if not text:
            continue
        nick = _line(made, text, start, marks, voice, nick)
    _over_two_lines(made, marks, voice)
    inside = [m for m in marks if any(line.start <= m.start < line.end for line in voice.signature)]
    if (phone := best_phone(inside)) is not None:
        made.put("phone", from_mark(phone, _MODULE))
    for mark in inside:
        if mark.kind in ("ean", "ean_invalid", "cvr", "reference", "dietary") and not mark.off:
            made.put(mark.kind, from_mark(mark, _MODULE))
    for line in voice.signature:
        if diets.is_food(food := line.text.strip(" .!")):
            made.put("dietary", Found(food, line.start, line.start + len(food), _MODULE, "text", 0.7))
    places = sorted((m for m in inside if m.kind == "organisation" and not _slogan(m, voice)), key=lambda m: (m.rank, m.start))
    if places:
        made.put("organisation", _place(places[0]))
    else:
        _unknown_place(made, inside, voice)
    _name(made, nick, voice)
    shown = re.search(r"[(\[|,–-]\s*([^()\[\]|]{3,60})[)\]]?\s*$", voice.sender.name)
    if shown and (job := titles.whole(shown.group(1))) and "title" not in made.fields:
        made.put("title", Found(job, shown.start(1), shown.start(1) + len(job), _MODULE, "from", 0.7))
    return made


def signers(voice: Voice, marks: list[Mark]) -> list[tuple[Line, ...]]:
    """The blocks of a signature that several have signed, a person each, the first the writer's; [] where one has signed."""
    heads: list[tuple[int, str]] = []
    for at, line in enumerate(voice.signature):
        lead = _and().match(line.text)
        begin = line.start + (lead.end() if lead else 0)
        name = next((m for m in marks if m.kind == "name" and m.start == begin and m.end <= line.end), None)
        if (
            name
            and name.score > 0.5
            and _HEAD_ENDS.match(line.text, name.end - line.start)
            and all(names.same(name.value, other) == 0 for _, other in heads)
        ):
            heads.append((at, name.value))
    if len(heads) < 2 or not (not voice.name or names.same(heads[0][1], voice.name)):
        return []
    ends = [at for at, _ in heads[1:]] + [len(voice.signature)]
    blocks = [tuple(x for x in voice.signature[at:end] if not _and().fullmatch(x.text)) for (at, _), end in zip(heads, ends, strict=True)]
    told = [any(m.kind in ("title", "email") and x.start <= m.start < x.end for m in marks for x in block) for block in blocks]
    return [tuple(voice.signature[: heads[0][0]]) + blocks[0], *blocks[1:]] if all(told) else []


def beside(voice: Voice, marks: list[Mark]) -> list[Record]:
    """Those who have signed on the writer's own line: `Anne Krag & Bo Lassen`."""
    made: list[Record] = []
    for line in voice.signature:
        inside = [m for m in marks if m.kind == "name" and line.start <= m.start and m.end <= line.end]
        for one, other in pairwise(inside):
            joined = _beside().fullmatch(line.text[one.end - line.start : other.start - line.start])
            if joined and (made or not voice.name or names.same(one.value, voice.name) == 2) and names.same(one.value, other.value) == 0:
                record = Record(place=other.start, form="block", joins=2.0, fields={"name": from_mark(other, _MODULE)})
                own = next((m for m in marks if m.kind == "email" and belongs(m.value, other.value)), None)
                record.put("email", from_mark(own, _MODULE) if own else None)
                made.append(record)
    return made


@cache
def _beside() -> re.Pattern[str]:
    return re.compile(rf",? ?{alternatives([*words('particles')['and'], '+', '/', ','])} ", re.IGNORECASE)


def card(voice: Voice, block: tuple[Line, ...], marks: list[Mark]) -> Record:
    """The record of somebody who has signed with the writer."""
    other = replace(voice, name="", sender=Address("", ""), signature=block)
    inside = [m for m in marks if block and block[0].start <= m.start and m.end <= block[-1].end]
    made = read(other, inside)
    made.writer, made.form, made.joins = False, "block", 2.0
    for mark in inside:
        if mark.kind == "email" and not mark.off:
            made.put("email", from_mark(mark, _MODULE))
    return made


@cache
def _and() -> re.Pattern[str]:
    return re.compile(rf"{alternatives([*words('particles')['and'], '+'])}(?:[ \u00a0]+|$)", re.IGNORECASE)


_HEAD_ENDS = re.compile(r"\s*(?:$|[,|(/·•\t]|[-–]\s)")


def _unknown_place(made: Record, inside: list[Mark], voice: Voice) -> None:
    """The line below the title, where it is no department, street or slogan: the name of a place that we don't know."""
    seen = False
    for line in voice.signature:
        title = made.fields.get("title")
        if title and line.start <= title.start < line.end:
            seen = True
            continue
        plain = line.text.strip(" ,;|-–_*")
        like = _like_domain(plain, voice.sender.email)
        if (
            not (seen or like)
            or not plain
            or any(m.start < line.end and line.start < m.end for m in inside if m.kind != "name" or (m.score > 0.5 and not like))
            or re.search(r"\d|@|www|[.!?:]$", plain)
            or (not like and pattern("organisations", "no_place").search(plain))
        ):
            continue
        words_ = plain.split()
        department = any(names.never(w) for w in words_)
        if like and not names.same(plain, made.name or plain + "x"):
            made.put("organisation", Found(plain, line.start, line.start + len(plain), _MODULE, "text", 0.7))
            return
        if len(words_) <= 4 and all(w[0].isupper() for w in words_) and not department and not names.same(plain, made.name or plain + "x"):
            made.put("organisation", Found(plain, line.start, line.start + len(plain), _MODULE, "text", 0.5))
            return


def _like_domain(text: str, email: str) -> bool:
    """Whether a line is what the address is named after: `Læsehus Fyn` for …@laesehusfyn.dk."""
    letters, name = (re.sub(r"[^a-z]", "", ascii_fold(t)) for t in (text, domain(email).partition(".")[0].split("-")[0]))
    return len(name) > 5 and text[:1].isupper() and letters.startswith(name) and len(text) < 60


def _slogan(mark: Mark, voice: Voice) -> bool:
    line = next((x for x in voice.signature if x.start <= mark.start < x.end), None)
    return line is not None and len(line.text) > len(mark.value) + 45 and not re.search(r"[|•·,/\t]", line.text)


def _place(mark: Mark) -> Found:
    return Found(mark.value, mark.start, mark.end, _MODULE, "text", 1.0 if mark.rank == 0 else 0.8 if mark.rank == 1 else 0.6)


def _line(made: Record, text: str, start: int, marks: list[Mark], voice: Voice, nick: Found | None) -> Found | None:
    """Reads one line; returns the first name or initials of the sign-off, if the line is that."""
    for piece in items.pieces(text, start, _BARS, marks):
        inside = [m for m in marks if piece.start <= m.start and m.end <= piece.end]
        parts = items.pieces(piece.text, piece.start, _PARTS, [m for m in inside if m.kind == "organisation"])
        named = next((m for m in inside if m.kind == "name"), None)
        if named and "name" not in made.fields and not _addressed(piece.text) and _fits(named, voice, piece):
            made.put("name", from_mark(named, _MODULE))
        elif parts and "name" not in made.fields and _in_small_letters(parts[0].text, voice):
            made.put("name", Found(" ".join(parts[0].text.split()), parts[0].start, parts[0].end, _MODULE))
        elif parts and "name" not in made.fields and nick is None:
            first = _from_an_office().match(parts[0].text)
            called = first.group(1) if first else parts[0].text
            nick = Found(called, parts[0].start, parts[0].start + len(called), _MODULE, "text", 0.6) if _nick(called) else None
        if "title" not in made.fields:
            _job(made, parts, inside)
    return nick


def _in_small_letters(text: str, voice: Voice) -> bool:
    """The writer's full name in small letters: `rikke munkholm`."""
    if text != text.lower() or not 2 <= len(text.split()) <= 4:
        return False
    return names.same(text, voice.name) == 2 if voice.name else names.known(text)


def _fits(named: Mark, voice: Voice, piece: items.Piece) -> bool:
    """A name in a long sentence after the farewell is somebody else's."""
    return len(piece.text) < 90 or bool(voice.name and names.same(named.value, voice.name))


def _addressed(text: str) -> bool:
    return bool(cues("persons", "to_somebody").match(text))


@cache
def _from_an_office() -> re.Pattern[str]:
    return re.compile(rf"([A-ZÆØÅ][\w-]+(?: [A-ZÆØÅ][\w-]+)?) {alternatives(words('whose')['at'])} \w")


def _nick(text: str) -> bool:
    return (
        text.lower() not in listed("names", "starters")
        and len(text.split()) <= 3
        and (names.shaped(text) or (len(text.split()) == 1 and text.isalpha() and len(text) < 15))
        and not titles.whole(text)
    )


def _job(made: Record, parts: list[items.Piece], inside: list[Mark]) -> None:
    """The title of a line's parts, with the areas behind it: `Teamleder, Børn og Unge`."""
    for at, part in enumerate(parts):
        text, start = part.text, part.start
        if _ADDRESS.search(text) or len(_SENTENCE_BEHIND.split(text)[0]) > 90:
            continue
        named = next((m for m in inside if m.kind == "name" and m.start == start and m.end <= part.end), None)
        if named:
            text = text[named.end - start :].lstrip(" ,.:–-")
            start = part.end - len(text)
        whole = titles.whole(text) if text else None
        if whole is None:
            told = next((m for m in inside if m.kind == "title" and m.start == start), None) if _SENTENCE_BEHIND.search(part.text) else None
            if told is None:
                continue
            made.put("title", from_mark(told, _MODULE))
            return
        first = next((m for m in inside if m.kind == "title" and m.start >= start), None)
        if first is None or first.end > part.end:
            made.put("title", Found(whole, start, start + len(text), _MODULE))
            return
        office = next((m for m in inside if m.kind in ("organisation", "name") and m.rank < 2 and start < m.start < part.end), None)
        if office:
            lead = _at_end().sub("", text[: office.start - start]).strip(" ,–-")
            goes_on = lead.rpartition(" ")[2].lower() in listed("titles", "stop_after")  # "souschef her på …"
            value = lead if office.kind == "organisation" and titles.whole(lead) and not goes_on else first.value
            made.put("title", Found(value, start, start + len(value), _MODULE))
            return
        begin = start + text.index(whole.split()[0]) if whole.split()[0] in text else start
        _with_areas(made, Found(whole, begin, begin + len(whole), _MODULE), parts[at + 1 :], inside)
        return


@cache
def _at_end() -> re.Pattern[str]:
    """What leads from a title to the place: `souschef på`."""
    return re.compile(rf"\s+{alternatives(words('organisations')['at'])}?\s*$")


_SENTENCE_BEHIND = re.compile(r"[a-zæøå]{3}\. (?=[A-ZÆØÅ])")


def _with_areas(made: Record, title: Found, behind: list[items.Piece], inside: list[Mark]) -> None:
    """Puts a title with what follows it on its line, as far as that is its area; what is all capitals is the place."""
    value, end = title.value, title.end
    for more in behind:
        taken = any(m.start < more.end and more.start < m.end for m in inside if m.kind != "name" or m.score > 0.9)
        if not taken and more.text.split()[0].isupper() and len(more.text.split()[0]) > 1:
            made.put("organisation", Found(more.text, more.start, more.end, _MODULE, "text", 0.5))
            break
        if (
            more.start - end > 2
            or taken
            or re.search(r"\d|@|www", more.text)
            or cues("titles", "no_area").match(more.text)
            or not more.text[0].isupper()
        ):
            break
        value, end = f"{value}, {more.text}", more.end
    made.put("title", Found(value, title.start, end, _MODULE))


def _over_two_lines(made: Record, marks: list[Mark], voice: Voice) -> None:
    """`Teamleder for Bibliotek` above `og Borgerservice`: a title that the next line goes on with."""
    title = made.fields.get("title")
    at = next((n for n, x in enumerate(voice.signature) if title and x.start <= title.start < x.end and title.source == "text"), None)
    if title is None or at is None or at + 1 >= len(voice.signature):
        return
    line, below = voice.signature[at], voice.signature[at + 1]
    open_ended = bool(_goes_on()[0].search(line.text))
    if (
        not (open_ended or (_goes_on()[1].match(below.text) and title.end >= line.end))
        or len(below.text) > 45
        or re.search(r"[\d@|:]", below.text)
    ):
        return
    if any(m.kind in ("organisation", "name", "title") and m.rank < 2 and m.start < below.end and below.start < m.end for m in marks):
        return
    first = line.text[title.start - line.start :].rstrip(" ,") + ("," if line.text.endswith(",") else "")
    made.fields["title"] = Found(f"{first} {below.text}".rstrip(" ,."), title.start, below.end, _MODULE, "text", 0.9)


@cache
def _goes_on() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """The end of a line that the next one goes on with, and the beginning of one that goes on."""
    joint = alternatives([*words("particles")["and"], *words("titles")["of"], *words("titles")["in_area"]])
    return re.compile(rf"(?:,|&|(?<!\w){joint})$"), re.compile(rf"{joint} \w")


def _shortened(name: str, full: str) -> bool:
    """Whether a name is the full one cut short: `Niels Kr.` for Niels Kristian Bjerrehuus, `A. Munk` for Asger Munk-Petersen."""
    rest = iter(names.tokens(full))
    return len(name) < len(full) and all(any(whole.startswith(short) for whole in rest) for short in names.tokens(name))


def _name(made: Record, nick: Found | None, voice: Voice) -> None:
    """The full name of the text first, then the header's, then a first name that the text ends with."""
    if "name" in made.fields:
        initial = len(names.tokens(made.name)[0]) == 1 and voice.name and len(names.tokens(voice.name)[0]) > 1
        if voice.name and (
            set(names.tokens(made.name)) < set(names.tokens(voice.name))
            or (initial and names.same(made.name, voice.name) == 2)
            or _shortened(made.name, voice.name)
        ):
            made.fields["name"] = Found(voice.name, 0, len(voice.name), "names", "from", 0.9)
        return
    if voice.name:
        if nick and not names.same(nick.value, voice.name) and len(nick.value) > 3 and names.shaped(nick.value):
            made.put("name", Found(voice.name, 0, len(voice.name), "names", "from", 0.8))
            return
        made.put("name", Found(voice.name, 0, len(voice.name), "names", "from", 0.9))
    elif nick and len(nick.value) > 1:
        made.put("name", nick)
