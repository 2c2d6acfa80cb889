"""Which parts of a message are worth fetching, by its BODYSTRUCTURE (RFC 3501, 7.4.2), and a slim message made of them.

Text is fetched, and small attachments that can hold signups (spreadsheets, documents, calendars); a part that nobody
needs stays in the slim message as an empty one with its headers, and with its size in X-Mailbot-Omitted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from typing import Any

MAX_TEXT = 1_000_000         # bytes fetched of a text part; longer ones are cut
MAX_ATTACHMENT = 2_000_000   # bytes of an attachment; larger ones are left out
MAX_REPORT = 100_000         # bytes fetched of what a delivery report returns
MAX_DEPTH = 20
MAX_PARTS = 200
BULK_PLAIN = 1_500           # bytes fetched of the text of a newsletter
BULK_HTML = 8_000
TELLING = 100                # bytes of a plain text that is more than "your program shows no HTML"

_USEFUL = re.compile(
    r"^(?:text/(?:calendar|csv|x-vcard|vcard|tab-separated-values)|application/(?:ics|csv|pdf|msword|rtf|vnd\.ms-excel)"
    r"|application/vnd\.openxmlformats-officedocument\.(?:spreadsheetml\.sheet|wordprocessingml\.document)"
    r"|application/vnd\.oasis\.opendocument\.(?:spreadsheet|text))$"
)
_USEFUL_NAME = re.compile(rb"\.(?:ics|csv|tsv|xlsx|xls|docx|odt|ods|pdf|vcf|eml|txt)(?:\?=)?\"?\r?$", re.IGNORECASE | re.MULTILINE)
_TOKEN = re.compile(rb"[!#$%&'*+.0-9A-Z^_`a-z{|}~-]{1,100}")


class OddStructure(ValueError):
    """The server's description of the message cannot be followed."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A part without parts: `header` as it will stand in the slim message, `fetch` bytes to fetch (0: leave it out)."""

    section: str
    header: bytes
    content_type: str
    size: int
    fetch: int

    @property
    def item(self) -> str:
        return f"BODY.PEEK[{self.section}]" + (f"<0.{self.fetch}>" if self.fetch < self.size else "")


@dataclass(frozen=True, slots=True)
class Multipart:
    header: bytes
    boundary: bytes
    subtype: str
    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Attached:
    """A message/rfc822 part: the attached message's own header has a section of its own."""

    section: str
    header: bytes
    body: Node


Node = Leaf | Multipart | Attached


def plan(structure: Any, *, bulk: bool = False) -> Node:
    """What to fetch of a message with this BODYSTRUCTURE (lists as tuples, see `answers`). Raises OddStructure."""
    try:
        counter = iter(range(MAX_PARTS))
        return _node(structure, "", 0, bulk, counter)
    except OddStructure:
        raise
    except (TypeError, ValueError, IndexError, AttributeError, KeyError) as problem:
        raise OddStructure(str(problem)) from problem


def items(node: Node) -> Iterator[str]:
    """The FETCH items of a plan."""
    match node:
        case Leaf():
            if node.fetch:
                yield node.item
        case Multipart():
            for child in node.children:
                yield from items(child)
        case Attached():
            yield f"BODY.PEEK[{node.section}.HEADER]"
            yield from items(node.body)


def twins(node: Node) -> frozenset[str]:
    """The FETCH items of HTML beside which a plain text says the same (RFC 2046, 5.1.4)."""
    match node:
        case Multipart() if node.subtype == "alternative":
            leaves = [child for child in node.children if isinstance(child, Leaf) and child.fetch]
            if any(leaf.content_type == "text/plain" and leaf.size >= TELLING for leaf in leaves):
                return frozenset(leaf.item for leaf in leaves if leaf.content_type == "text/html")
            return frozenset().union(*(twins(child) for child in node.children))
        case Multipart():
            return frozenset().union(*(twins(child) for child in node.children))
        case _:
            return frozenset()


def assemble(header: bytes, node: Node, fetched: Mapping[bytes, bytes]) -> bytes:
    """The slim message: `header` with its blank line, then the body. `fetched` maps response keys like b"BODY[1]" to bytes."""
    header, _blank, _rest = header.partition(b"\r\n\r\n")  # some servers add the body
    return header.rstrip(b"\r\n") + b"\r\n" + _omitted(node) + b"\r\n" + _body(node, fetched)


def _omitted(node: Node) -> bytes:
    return b"X-Mailbot-Omitted: %d\r\n" % node.size if isinstance(node, Leaf) and not node.fetch and node.size else b""


def _body(node: Node, fetched: Mapping[bytes, bytes]) -> bytes:
    match node:
        case Leaf():
            return _content(node, fetched) if node.fetch else b""
        case Attached():
            header = fetched.get(f"BODY[{node.section}.HEADER]".encode()) or b""
            return assemble(header, node.body, fetched)
        case Multipart():
            lines = []
            for child in node.children:
                lines += [b"--", node.boundary, b"\r\n", child.header, _omitted(child), b"\r\n", _body(child, fetched), b"\r\n"]
            return b"".join([*lines, b"--", node.boundary, b"--\r\n"])


def _content(leaf: Leaf, fetched: Mapping[bytes, bytes]) -> bytes:
    key = f"BODY[{leaf.section}]".encode()
    return fetched.get(key + b"<0>") or fetched.get(key) or b""


def _node(part: Any, section: str, depth: int, bulk: bool, counter: Iterator[int]) -> Node:
    if next(counter, None) is None or depth > MAX_DEPTH:
        raise OddStructure("too many parts")
    if isinstance(part[0], tuple):
        return _multipart(part, section, depth, bulk, counter)
    kind = f"{_text(part[0])}/{_text(part[1])}".lower()
    disposition = _disposition(part, kind)
    header = _header(part, kind, disposition)
    if kind == "message/rfc822" and len(part) > 9 and isinstance(part[8], tuple):
        section = section or "1"
        inner = part[8]
        body = _node(inner, section if isinstance(inner[0], tuple) else f"{section}.1", depth + 1, bulk, counter)
        return Attached(section, header, body)
    size = int(part[6] or 0)
    attached = disposition.startswith(b"attachment")
    return Leaf(section or "1", header, kind, size, _wanted(kind, attached, bool(_USEFUL_NAME.search(header)), size, bulk))


def _multipart(part: Any, section: str, depth: int, bulk: bool, counter: Iterator[int]) -> Multipart:
    inner = tuple(takewhile(lambda child: isinstance(child, tuple), part))
    subtype, written = part[len(inner):][:2]
    parameters = _pairs(written)
    boundary = parameters.get(b"boundary", b"")
    if not boundary or len(boundary) > 200:
        raise OddStructure("no boundary")
    prefix = f"{section}." if section else ""
    children = tuple(_node(child, f"{prefix}{n}", depth + 1, bulk, counter) for n, child in enumerate(inner, 1))
    kind = _text(subtype).lower()
    if bulk and kind == "alternative":
        children = _plain_only(children)
    header = b"Content-Type: multipart/" + kind.encode() + _written(written) + b"\r\n"
    return Multipart(header, boundary, kind, children)


def _plain_only(children: tuple[Node, ...]) -> tuple[Node, ...]:
    """Of a newsletter's renditions the plain one, where it says something."""
    if any(isinstance(c, Leaf) and c.content_type == "text/plain" and c.size >= TELLING for c in children):
        return tuple(c for c in children if isinstance(c, Leaf) and c.content_type == "text/plain")
    return children


def _wanted(kind: str, attached: bool, useful_name: bool, size: int, bulk: bool) -> int:
    """How many bytes of a part to fetch."""
    if kind in ("text/plain", "text/html", "text/enriched") and not attached:
        return min(size, (BULK_HTML if kind == "text/html" else BULK_PLAIN) if bulk else MAX_TEXT)
    if kind.startswith("message/") or kind == "text/rfc822-headers":
        return min(size, MAX_REPORT)
    if bulk and kind != "text/calendar":
        return 0
    if _USEFUL.match(kind) or kind.startswith("text/") or useful_name:
        return size if size <= MAX_ATTACHMENT else 0
    return 0


def _disposition(part: Any, kind: str) -> bytes:
    """The value of Content-Disposition, b"" where there is none. Some servers give it unparsed."""
    index = 9 if kind.startswith("text/") else 11 if kind == "message/rfc822" else 8
    raw = part[index] if len(part) > index else None
    if isinstance(raw, bytes):
        return _one_line(raw)
    if not isinstance(raw, tuple) or not raw or not raw[0]:
        return b""
    return _one_line(raw[0]).lower() + (_written(raw[1]) if len(raw) > 1 else b"")


def _header(part: Any, kind: str, disposition: bytes) -> bytes:
    lines = [b"Content-Type: ", kind.encode("ascii", "replace"), _written(part[2]), b"\r\n"]
    encoding = _text(part[5]).lower()
    if encoding and encoding != "7bit":
        lines += [b"Content-Transfer-Encoding: ", encoding.encode("ascii", "replace"), b"\r\n"]
    if part[3]:
        lines += [b"Content-ID: ", _one_line(part[3]), b"\r\n"]
    if disposition:
        lines += [b"Content-Disposition: ", disposition, b"\r\n"]
    return b"".join(lines)


@lru_cache(1024)
def _written(parameters: Any) -> bytes:
    """Parameters as a header writes them, each on a line of its own."""
    return b"".join(b";\r\n " + key + b"=" + _quoted(key, value) for key, value in _pairs(parameters).items())


def _quoted(key: bytes, value: bytes) -> bytes:
    value = _one_line(value)
    if key.endswith(b"*") and _TOKEN.fullmatch(value):
        return value  # RFC 2231: an encoded value must not be quoted
    return b'"' + value.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def _pairs(parameters: Any) -> dict[bytes, bytes]:
    if not isinstance(parameters, tuple):
        return {}
    flat = [p if isinstance(p, bytes) else str(p).encode() for p in parameters]
    return {_one_line(key).lower(): value for key, value in zip(flat[::2], flat[1::2], strict=False) if _TOKEN.fullmatch(key)}


def _one_line(value: Any) -> bytes:
    raw = value if isinstance(value, bytes) else str(value).encode()
    return re.sub(rb"[\r\n\0]+", b" ", raw)[:2000]


@lru_cache(1024)
def _text(value: Any) -> str:
    if value is None:
        return ""
    text = value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)
    if not re.fullmatch(r"[\w.+$!#&^-]{0,100}", text):
        raise OddStructure("not a token")
    return text
