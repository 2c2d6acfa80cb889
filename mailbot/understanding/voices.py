"""Who speaks in a message: the writer, and each writer of what is forwarded or quoted, with the lines of their body and
of their signature. Builds on the message's segments and finds signatures that no separator announces.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property

from mailbot.mail.message import Address, Message, Segment, SegmentKind
from mailbot.understanding import names, organisations, titles
from mailbot.understanding.lexicon import alternatives, cues, words

MAX_LINES = 400  # of one segment; more is no letter
MAX_VOICE = 20_000  # characters of one segment
MAX_SEGMENTS = 60


@dataclass(frozen=True, slots=True)
class Line:
    """A line `text[start:end]` of the message without its margins; `text` are its characters."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Voice:
    """One writer's words. `sender` as the header shows them; `name` the person's name that it shows ("" if none)."""

    kind: SegmentKind
    depth: int
    sender: Address
    name: str
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    body: tuple[Line, ...]
    signature: tuple[Line, ...]

    @cached_property
    def text(self) -> str:
        """The words of the body."""
        return "\n".join(line.text for line in self.body)


@cache
def _header() -> re.Pattern[str]:
    """A line of the head of a quoted message."""
    return re.compile(rf"{alternatives(words('letters')['quoted_heads'])}\s*:\s", re.IGNORECASE)


@cache
def _rule() -> re.Pattern[str]:
    """A line that parts a quoted message from what stands above it."""
    begins = alternatives(words("letters")["quoted_begins"])
    wrote = "|".join(rf"{on} .{{4,60}} {verb}(?: .{{1,200}})?:$" for on, verb in words("letters")["wrote"])
    return re.compile(rf"[-_=*~>.\s]{{3,}}$|-{{2,}}.{{0,80}}-{{2,}}$|{begins}|>>> .{{0,200}}>>>$|{wrote}", re.IGNORECASE)


@cache
def _footer() -> re.Pattern[str]:
    """What a program adds below a message: "Sendt fra min iPhone", "Hent Outlook til iOS"."""
    sent, means = (alternatives(words("letters")[key]) for key in ("sent", "sent_by"))
    return re.compile(rf"{sent} {means}\b.{{0,60}}$|{alternatives(words('letters')['advertised'])}.*$", re.IGNORECASE)


_PS = re.compile(r"(?:p\.?\s?s\.?|n\.?b\.?|obs)(?:\s*\d)?\s*[:.!)\s]", re.IGNORECASE)


_BARS = re.compile(r"[|•·\t]|\s/\s")  # between the parts of a signature in one line


@cache
def signoff() -> re.Pattern[str]:
    """The beginning of a farewell: `Mvh`, `Med venlig hilsen`, `/Rasmus`."""
    return re.compile(
        rf"[–—\-\s]*(?:{alternatives(words('persons')['signoff'])}(?!\w)|(?:{'|'.join(words('persons')['signed_for'])})(?!\w)"
        rf"|(?:{alternatives(words('persons')['offices'])}),? (?:{alternatives(words('persons')['by'])} |v/ ?)(?=(?-i:[A-ZÆØÅ]))"
        rf"|/(?=[A-ZÆØÅ])|//|v/(?=\s?[A-ZÆØÅ]))[\s,.!/:–-]*",
        re.IGNORECASE,
    )


def voices(message: Message) -> tuple[Voice, ...]:
    """The voices of a message, the writer's first, then by depth in the order of the text."""
    groups: dict[tuple[SegmentKind, int, int], list[Segment]] = {}
    run = 0
    for at, segment in enumerate(message.segments[:MAX_SEGMENTS]):
        kind = segment.owner if segment.kind is SegmentKind.SIGNATURE else segment.kind
        if kind is SegmentKind.NEW:
            groups.setdefault((kind, 0, 0), []).append(segment)
            continue
        known = [key for key, parts in groups.items() if key[0] is kind and key[1] == segment.depth and parts[0].sender == segment.sender]
        if known and segment.sender is not None:
            groups[known[-1]].append(segment)
        else:
            run = at
            groups.setdefault((kind, segment.depth, run), []).append(segment)
    made = [_voice(message, key[0], parts) for key, parts in groups.items()]
    return tuple(sorted(made, key=lambda v: (v.kind is not SegmentKind.NEW, v.depth)))


def _voice(message: Message, kind: SegmentKind, parts: list[Segment]) -> Voice:
    first = parts[0]
    sender = message.sender if kind is SegmentKind.NEW else (first.sender or Address("", ""))
    name = names.display(sender)
    lines: list[Line] = []
    marked: int | None = None
    for segment in parts:
        if segment.kind is SegmentKind.SIGNATURE and marked is None:
            marked = len(lines)
        elif segment.kind is not SegmentKind.SIGNATURE and marked is not None:
            marked = None  # words after what looked like a signature: it was none, or they are found again below
        lines += _lines(message.text, segment, header=kind is not SegmentKind.NEW and segment is first)
    cut = _signature_start(lines, marked, name)
    body, signature = lines[:cut], lines[cut:]
    late = next((at for at, line in enumerate(signature) if at and (_PS.match(line.text) or _about_another(line.text, name, body))), None)
    if late is not None:
        body, signature = body + signature[late:], signature[:late]
    return Voice(
        kind,
        first.depth,
        sender,
        name,
        message.to if kind is SegmentKind.NEW else first.to,
        message.cc if kind is SegmentKind.NEW else first.cc,
        message.subject if kind is SegmentKind.NEW else first.subject,
        tuple(body),
        tuple(signature),
    )


def _about_another(text: str, name: str, body: list[Line]) -> bool:
    """Whether a line below the signature is about somebody else: `Min makker: Bo Friis, …`, `Bos mail: …`."""
    if cues("persons", "below_signature").match(text):
        return True
    whose = cues("persons", "whose_line").match(text)
    if whose is None or name.startswith(whose.group("who")):
        return False
    full = re.compile(rf"(?<!\w){whose.group('who')} [A-ZÆØÅ]")
    return any(full.search(line.text) for line in body)


def _lines(text: str, segment: Segment, header: bool) -> list[Line]:
    lines: list[Line] = []
    at = segment.start
    heading = header
    for raw in text[segment.start : min(segment.end, segment.start + MAX_VOICE)].split("\n")[:MAX_LINES]:
        stripped = raw.lstrip(" \u00a0>")
        start = at + len(raw) - len(stripped)
        stripped = stripped.rstrip(" \u00a0\t")
        at += len(raw) + 1
        if heading and (not stripped or _header().match(stripped) or _rule().match(stripped)):
            continue
        heading = False
        if not _footer().match(stripped):
            lines.append(Line(stripped, start, start + len(stripped)))
    return lines


def _signature_start(lines: list[Line], marked: int | None, name: str) -> int:
    """The index of the first line of the signature: as marked, at a farewell, or where a name stands above an office."""
    last = len(lines)
    while last and not lines[last - 1].text:
        last -= 1
    candidates = [marked] if marked is not None and not _entries(lines[marked:last]) else []
    for at in range(max(0, last - 30), last):
        line = lines[at].text
        farewell = signoff().match(line)
        if farewell and _form_below(lines, at, last):
            continue
        if farewell and len(line) < 90 and (farewell.end() == len(line) or _signed(line[farewell.end() :])):
            if marked is not None and marked < at and (_of_another(lines[marked].text, name) or _announced(lines, marked)):
                candidates.clear()
            candidates.append(at)
            break
    block = _office(lines, last, name)
    if block is not None:
        candidates.append(block)
    return min(candidates, default=last)


def _entries(lines: list[Line]) -> bool:
    """Whether the lines are a list of people rather than one person's signature."""
    heads = [re.split(r"\s*[,|(/·•–\t]\s*|\s-\s", line.text)[0].strip() for line in lines if titles.whole(_after(line.text))]
    people = [h for h in heads if full_name(h)]
    return len(people) > 1 and any(names.same(h, people[0]) == 0 for h in people[1:])


def _form_below(lines: list[Line], at: int, last: int) -> bool:
    """Whether a form with a name field follows, so that what looked like a farewell was none."""
    return any(_name_field().match(x.text) for x in lines[at + 1 : last])


@cache
def _name_field() -> re.Pattern[str]:
    return re.compile(rf"(?:{'|'.join(words('persons')['name_fields'])})\b[ .]{{0,30}}:", re.IGNORECASE)


def _of_another(line: str, name: str) -> bool:
    """Whether a block above the farewell is somebody else's card that the writer pasted in."""
    return bool(name) and len(line.split()) > 1 and names.shaped(line) and names.same(line, name) == 0


def _announced(lines: list[Line], at: int) -> bool:
    """Whether the words before a block announce it: `tilmelder hermed:`."""
    return next((x.text.endswith(":") for x in reversed(lines[:at]) if x.text), False)


def _signed(rest: str) -> bool:
    """What may follow a farewell on its line: a name, initials, an office; no sentence."""
    words_ = rest.split()
    return (
        len(words_) <= 12
        and not (rest.endswith(":") and rest[:1].islower())
        and (not words_ or words_[0][0].isupper() or len(words_) == 1 or not _speaks().search(rest))
    )


def _office(lines: list[Line], last: int, name: str) -> int | None:
    """Where a signature without farewell begins: a line with the writer's name, followed only by short lines."""
    others = 0
    for at in range(last - 1, max(-1, last - 16), -1):
        line = lines[at].text.strip("\t")
        if len(line) > (250 if len(_BARS.findall(line)) > 2 else 110) or re.match(r"[-*•]\s|\d+[.)]\s", line):
            return None
        head = re.split(r"\s*[,|/(·•–\t]\s*|\s-\s", line)[0].strip()
        if not head or not (names.shaped(head) or names.known(head)) or organisations.find(head):
            continue
        full = len(head.split()) > 1
        if full and head != line and titles.whole(_after(line)) and not (name and names.same(head, name)):
            others += 1
        if not (at == 0 or not lines[at - 1].text or _closed(lines[at - 1].text)):
            continue
        following = [x.text for x in lines[at + 1 : last] if x.text]
        if (not name and others > 1) or (full and _announced(lines, at) and not (name and names.same(head, name))):
            return None  # a list of people
        if name and names.same(head, name):
            return at if not others else None
        if (
            name
            and full_name(head)
            and names.same(head, name) == 0
            and any(signoff().match(x.text) for x in lines[at + 1 : last] if x.text)
        ):
            return None
        if full and (not name or (following and titles.whole(re.split(r"[,|]", following[0])[0]))) and len(following) <= 10:
            return at
        if full and head != line and titles.whole(_after(line)) and not following and at > 0:
            return at if not _listed(lines, at) else None
    return None


def full_name(text: str) -> bool:
    return len(text.split()) > 1 and names.shaped(text)


def _after(line: str) -> str:
    """The piece of a line behind the name that it begins with."""
    pieces = re.split(r"[,|(/·•–\t]|\s-\s", line)
    return pieces[1] if len(pieces) > 1 else ""


def _closed(text: str) -> bool:
    return (
        text[-1] in ".!?)😊"
        or bool(re.match(r"[-_=*]{3,}$", text))
        or bool(re.search(r"[:;]-?\)$", text))
        or not re.search(r"[a-zæøå],?$", text)
    )


def _listed(lines: list[Line], at: int) -> bool:
    """Whether the line before has the same form, so that both are entries of a list."""
    before = next((x.text for x in reversed(lines[:at]) if x.text), "")
    head = re.split(r"\s*[,|/(·•–]\s*", before)[0]
    return before.endswith(":") or (names.shaped(head) and head != before)


@cache
def _speaks() -> re.Pattern[str]:
    """A word that no name or office holds."""
    return re.compile(rf"\b(?:{'|'.join(words('persons')['speaking'])})\b", re.IGNORECASE)
