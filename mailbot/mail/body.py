"""The parts of a body: new text, signature, forwarded and history, as spans that cover the whole text in order.

A message is read line by line at its own quote level. A run of deeper quoted lines is another message; a header block or an
attribution without quote marks makes all that follows at this level another message. What a client can't tell from an answer
(an Outlook block) is a forward if the subject above it says so, or if its writer is nobody that the message is sent to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from mailbot.mail import signature
from mailbot.mail.introductions import Introduction, forwards, introduction, is_forward
from mailbot.mail.message import Address, Segment, SegmentKind

MAX_QUOTES = 15    # quoted deeper, all is one level
MAX_DEPTH = 60     # messages within messages

_QUOTES = re.compile(r"(?:> ?)+")
_OUTLOOK_GAP = re.compile(r"\n+")


@dataclass(frozen=True, slots=True)
class Context:
    """The message that a text belongs to, as far as it helps to tell its parts. `sender` wrote it, `recipients` (addresses)
    got it, `reply` says that it answers something."""

    kind: SegmentKind = SegmentKind.NEW
    depth: int = 0
    sender: Address | None = None
    recipients: frozenset[str] = frozenset()
    subject: str = ""
    reply: bool = True
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    date: str = ""

    @property
    def names(self) -> frozenset[str]:
        """The words of the writer's name, folded, those in the address among them."""
        if self.sender is None:
            return frozenset()
        local = re.sub(r"[\d._+-]+", " ", self.sender.email.partition("@")[0])
        return frozenset(word for word in signature.fold(f"{self.sender.name} {local}").split() if len(word) > 1)


@dataclass(slots=True)
class _Line:
    start: int
    end: int        # after the line end
    quotes: int     # quote marks before it
    text: str       # stripped of white space and all quote marks, "" if blank


@dataclass(slots=True)
class _Run:
    """Lines of one message that stand together; `skip` of them introduce it."""

    context: Context
    first: int
    last: int
    skip: int = 0


@dataclass(slots=True)
class _Splitter:
    lines: list[_Line]
    texts: list[str]
    runs: list[_Run] = field(default_factory=list)

    def level(self, first: int, last: int, quotes: int, context: Context, skip: int = 0) -> None:
        """Splits the lines [first, last) that stand at this quote level; the first `skip` introduce the message."""
        begin, i = first, first + skip
        quoted: Context | None = None   # the message quoted last at this level; it goes on after an inline answer
        pending: Context | None = None  # the message that the attribution at `begin` introduces
        while i < last:
            if self.lines[i].quotes > quotes and (pending or self.is_quote(i, context)):
                if pending is None:
                    self.run(context, begin, i, skip)
                    begin = i
                end = self.quoted(i, last, quotes)
                opening = None if pending or quoted else self.opening(i, end, context)
                quoted, pending = pending or quoted or (opening or (self.inside(context, None), 0))[0], None
                self.level(begin, end, quotes + 1, quoted, (opening[1] if opening else i) - begin)
                begin = i = end
                skip = 0
                continue
            found = introduction(self.texts, i)
            if found is None or (found.quoting and not self.quotes_follow(i + found.lines, last, quotes)):
                i += 1
                continue
            self.run(context, begin, i, skip)
            begin, i = i, min(i + found.lines, last)
            if self.quotes_follow(i, last, quotes):
                pending, skip = self.inside(context, found), 0
                i = self.next_filled(i, last)
            else:
                context, skip, quoted = self.inside(context, found), i - begin, None
        self.run(context, begin, last, skip)

    def opening(self, i: int, end: int, context: Context) -> tuple[Context, int] | None:
        """The message that a run of quoted lines begins with the introduction of (Apple Mail quotes that too), and where its
        own words begin."""
        first = self.next_filled(i, end)
        found = introduction(self.texts, first) if first < end else None
        if found is None or found.quoting or self.lines[first].quotes != self.lines[i].quotes:
            return None
        return self.inside(context, found), min(first + found.lines, end)

    def is_quote(self, i: int, context: Context) -> bool:
        """Whether a line with quote marks quotes: in a first letter a lone ">" may be a bullet."""
        return context.reply or context.depth > 0 or self.lines[i].quotes > 1

    def next_filled(self, i: int, last: int) -> int:
        while i < last and not self.lines[i].text:
            i += 1
        return i

    def quotes_follow(self, i: int, last: int, quotes: int) -> bool:
        while i < last and not self.lines[i].text and self.lines[i].quotes <= quotes:
            i += 1
        return i < last and self.lines[i].quotes > quotes

    def quoted(self, i: int, last: int, quotes: int) -> int:
        """The end of the run of deeper quoted lines that begins at `i`, a single blank line inside it included."""
        while i < last:
            if self.lines[i].quotes > quotes:
                i += 1
            elif not self.lines[i].text and i + 1 < last and self.lines[i + 1].quotes > quotes:
                i += 2
            else:
                break
        return i

    def inside(self, context: Context, found: Introduction | None) -> Context:
        """The context of a message within this one."""
        depth = min(context.depth + 1, MAX_DEPTH)
        if found is None:
            return Context(SegmentKind.HISTORY, depth)
        kind = SegmentKind.FORWARDED if context.kind is not SegmentKind.HISTORY and _forwarded(context, found) else SegmentKind.HISTORY
        recipients = frozenset(address.email for address in found.to + found.cc)
        return Context(kind, depth, found.sender, recipients, found.subject, True, found.to, found.cc, found.date)

    def run(self, context: Context, first: int, last: int, skip: int) -> None:
        if first < last:
            self.runs.append(_Run(context, first, last, min(skip, last - first)))

    def segments(self) -> Iterator[Segment]:
        for run in self.runs:
            context, body = run.context, run.first + run.skip
            texts = self.texts[body:run.last]
            start = signature.find(texts, context.names)
            pieces = [(run.first, run.last, context.kind)]
            if start is not None:
                blank = not run.skip and not any(texts[:start])
                pieces = [(run.first, body + start, SegmentKind.SIGNATURE if blank else context.kind)]
                at = body + start
                for first, last in signature.postscripts(texts, start):
                    pieces += [(at, body + first, SegmentKind.SIGNATURE), (body + first, body + last, context.kind)]
                    at = body + last
                pieces.append((at, run.last, SegmentKind.SIGNATURE))
            for first, last, kind in pieces:
                if first < last:
                    yield self.segment(first, last, kind, context)

    def segment(self, first: int, last: int, kind: SegmentKind, context: Context) -> Segment:
        named = context.depth > 0
        return Segment(
            kind, self.lines[first].start, self.lines[last - 1].end, context.depth, context.kind,
            context.sender if named else None, context.to, context.cc, context.date, context.subject if named else "",
        )


def _forwarded(context: Context, found: Introduction) -> bool:
    if found.forward is not None:
        return found.forward
    said = is_forward(context.subject)
    if said is not None:
        return said
    if found.sender is None or not found.sender.email or not context.recipients:
        return False
    return found.sender.email not in context.recipients and (context.sender is None or found.sender.email != context.sender.email)


def split(text: str, context: Context | None = None) -> tuple[Segment, ...]:
    """The segments of `text`, in order, covering all of it; () for an empty text. Linear in the length of the text."""
    lines = _lines(text)
    if not lines:
        return ()
    splitter = _Splitter(lines, [line.text for line in lines])
    splitter.level(0, len(lines), 0, context or Context())
    return tuple(splitter.segments())


def _lines(text: str) -> list[_Line]:
    lines: list[_Line] = []
    at = 0
    for line in text.split("\n"):
        quotes, words = 0, line.strip()
        if words.startswith(">") and not words.startswith(">>> ") and (match := _QUOTES.match(words)):
            quotes, words = min(match[0].count(">"), MAX_QUOTES), words[match.end():].strip()
        end = min(at + len(line) + 1, len(text))
        if end > at:
            lines.append(_Line(at, end, quotes, words))
        at = end
    return lines


def unquote_forwards(text: str) -> str:
    """Takes one level of quote marks from a message that a client forwards as a quotation (Apple Mail), so that it reads as
    what it is."""
    if ">" not in text:
        return text
    lines = text.split("\n")
    i = 0
    while i < len(lines):
        quoted = lines[i].startswith(">")
        if forwards(lines[i].lstrip("> ").strip()):
            i += 0 if quoted else 1
            while i < len(lines) and not quoted and not lines[i].strip():
                i += 1
            while i < len(lines) and lines[i].startswith(">"):
                lines[i] = lines[i][2 if lines[i].startswith("> ") else 1:]
                i += 1
            continue
        i += 1
    return "\n".join(lines)


def flow(text: str, delsp: bool = False) -> str:
    """Joins the soft line breaks of format=flowed (RFC 3676)."""
    out: list[str] = []
    depth_before, open_line = 0, False
    for line in text.split("\n"):
        rest = line.lstrip(">")
        depth = len(line) - len(rest)
        rest = rest[1:] if rest.startswith(" ") else rest  # space-stuffing
        soft = rest.endswith(" ") and rest != "-- "
        words = rest[:-1] if soft and delsp else rest
        if open_line and depth == depth_before and rest != "-- ":
            out.append(words)
        else:
            out.append(("\n" if out else "") + (">" * depth + " " if depth else "") + words)
        depth_before, open_line = depth, soft
    return "".join(out)


def fold_doubled(text: str) -> str:
    """Undoes Outlook's doubled line breaks: where no line but a blank one follows another, one blank line is none."""
    bare = re.sub(r"(?m)^[ \t]+$", "", text).strip("\n")
    gaps = list(map(len, _OUTLOOK_GAP.findall(bare)))
    if len(gaps) < 4 or 1 in gaps or max(gaps) < 3:
        return text
    return _OUTLOOK_GAP.sub(lambda gap: "\n" if len(gap[0]) == 2 else "\n\n", bare) + "\n"
