"""The parts of a raw message: header fields and a tree of MIME parts (RFC 2045, 2046).

The standard library's parser reads line by line, nests generators as deep as the message nests and raises on hostile
input. This one finds boundaries in the one buffer, so that a message costs its length a few times over, whatever it holds:
the number of parts, their nesting and the bytes searched are all capped, and what lies beyond is noted, not read.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message as Fields
from email.utils import collapse_rfc2231_value
from functools import lru_cache

MAX_RAW = 40_000_000        # bytes of a message that are looked at
MAX_PARTS = 500
MAX_DEPTH = 20
MAX_SEARCHED = 200_000_000  # bytes searched for boundaries, all levels together
MAX_FIELDS = 1_000
MAX_FIELD = 100_000         # bytes of one header field
MAX_HEADER = 2_000_000

_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:[ \t]*([^\n]*(?:\n[ \t][^\n]*)*)(?:\n|\Z)")
_FOLD = re.compile(rb"\r?\n[ \t]+|\r")
_REST = re.compile(rb"(--)?[ \t]{0,99}\r?(?=\n|\Z)")  # of a line that begins with a boundary
_NONE = [b""]
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]+")


@dataclass(frozen=True, slots=True)
class Part:
    """One MIME part. `fields` are the header fields, names lower case, values unfolded but not decoded. `content_type` is
    lower case and never empty; `start` and `end` bound the undecoded content in `raw`."""

    fields: tuple[tuple[str, bytes], ...]
    by_name: Mapping[str, list[bytes]]
    content_type: str
    params: tuple[tuple[str, str], ...]
    disposition: str
    filename: str               # RFC 2231 decoded, RFC 2047 not
    raw: bytes = field(repr=False)
    start: int = 0
    end: int = 0
    children: tuple[Part, ...] = ()

    def first(self, name: str) -> bytes:
        """The value of the first field of this name, b"" if there is none."""
        return self.by_name.get(name, _NONE)[0]

    def all(self, name: str) -> Sequence[bytes]:
        return self.by_name.get(name, [])

    def param(self, name: str) -> str:
        return next((value for key, value in self.params if key == name), "")

    @property
    def encoding(self) -> str:
        return self.first("content-transfer-encoding").split(b";")[0].strip().decode("ascii", "replace").lower()

    @property
    def size(self) -> int:
        """Bytes of the decoded content, about."""
        length = self.end - self.start
        return length * 3 // 4 if self.encoding == "base64" else length

    def content(self, limit: int) -> bytes:
        """The content with its transfer encoding undone, at most about `limit` bytes."""
        return decode_transfer(self.raw[self.start:min(self.end, self.start + 2 * limit)], self.encoding)[:limit]

    def own(self) -> Iterator[Part]:
        """This part and all below it, in order, but nothing inside an attached message."""
        yield self
        if self.content_type.startswith("multipart/"):
            for child in self.children:
                yield from child.own()


def decode_transfer(data: bytes, encoding: str) -> bytes:
    """Undoes base64 or quoted-printable as far as it can be undone (RFC 2045, section 6)."""
    if encoding == "base64":
        return _base64(data)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(data)
    return data


def _base64(data: bytes) -> bytes:
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        digits = _NOT_BASE64.sub(b"", data).split(b"=", 1)[0]
        digits = digits[:-1] if len(digits) % 4 == 1 else digits
        return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))


def read_fields(raw: bytes, start: int, end: int) -> tuple[tuple[tuple[str, bytes], ...], int]:
    """The header fields that begin at `start`, and where the content after them begins. A line that is no field ends them."""
    fields: list[tuple[str, bytes]] = []
    limit = min(end, start + MAX_HEADER)
    if raw.startswith((b"From ", b">From "), start):  # an mbox separator
        start = (raw.find(b"\n", start, limit) + 1) or limit
    while len(fields) < MAX_FIELDS and (match := _FIELD.match(raw, start, limit)):
        value = match[2][:MAX_FIELD].strip()
        folded = b"\n" in value or b"\r" in value
        fields.append((match[1].decode("ascii").lower(), _FOLD.sub(b" ", value) if folded else value))
        start = match.end()
    if len(fields) == MAX_FIELDS:
        found = re.compile(rb"\r?\n\r?\n").search(raw, start, limit)
        start = found.end() if found else limit
    elif raw.startswith(b"\r\n", start):
        start += 2
    elif raw.startswith(b"\n", start):
        start += 1
    return tuple(fields), min(start, end)


def split(raw: bytes) -> tuple[Part, list[str]]:
    """The message as a tree of parts, and notes on what was not read."""
    problems: list[str] = []
    if len(raw) > MAX_RAW:
        raw, problems = raw[:MAX_RAW], [f"only the first {MAX_RAW} bytes were read"]
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    return _Splitter(raw, problems).part(0, len(raw), 0, "text/plain"), problems


class _Splitter:
    def __init__(self, raw: bytes, problems: list[str]) -> None:
        self.raw = raw
        self.problems = problems
        self.parts = 0
        self.searched = 0

    def part(self, start: int, end: int, depth: int, default: str) -> Part:
        self.parts += 1
        fields, body = read_fields(self.raw, start, end)
        by_name: dict[str, list[bytes]] = {}
        for name, value in fields:
            by_name.setdefault(name, []).append(value)
        kind, placed = (by_name.get(name, _NONE)[0][:4_000] for name in ("content-type", "content-disposition"))
        content_type, params, disposition, filename = _describe(kind, placed, default)
        children: tuple[Part, ...] = ()
        if content_type.startswith("multipart/"):
            children = tuple(self._children(body, end, depth, content_type, dict(params).get("boundary", "")))
            content_type = content_type if children else "text/plain"
        elif content_type in ("message/rfc822", "message/global") and self._may(depth):
            children = (self._message(by_name, body, end, depth),)
        return Part(fields, by_name, content_type, params, disposition, filename, self.raw, body, end, children)

    def _message(self, by_name: Mapping[str, list[bytes]], start: int, end: int, depth: int) -> Part:
        encoding = by_name.get("content-transfer-encoding", _NONE)[0].strip().lower()
        if encoding not in (b"base64", b"quoted-printable"):
            return self.part(start, end, depth + 1, "text/plain")
        inner = _Splitter(decode_transfer(self.raw[start:end], encoding.decode()), self.problems)  # against RFC 2046, but it happens
        inner.parts, inner.searched = self.parts, self.searched
        part = inner.part(0, len(inner.raw), depth + 1, "text/plain")
        self.parts, self.searched = inner.parts, inner.searched
        return part

    def _may(self, depth: int) -> bool:
        if depth < MAX_DEPTH and self.parts < MAX_PARTS and self.searched < MAX_SEARCHED:
            return True
        self._note("the message has too many or too deeply nested parts; not all were read")
        return False

    def _note(self, problem: str) -> None:
        if problem not in self.problems:
            self.problems.append(problem)

    def _children(self, start: int, end: int, depth: int, content_type: str, boundary: str) -> Iterator[Part]:
        if not boundary or not self._may(depth):
            return
        default = "message/rfc822" if content_type == "multipart/digest" else "text/plain"
        self.searched += end - start
        begin = -1
        for at, rest in self._delimiters(b"\n--" + boundary.encode("utf-8", "surrogateescape"), max(start - 1, 0), end):
            if begin >= 0:
                yield self.part(begin, self._line_end(at, begin), depth + 1, default)
            if rest[1] or not self._may(depth):
                return
            begin = min(rest.end() + 1, end)
        if 0 <= begin < end:
            yield self.part(begin, end, depth + 1, default)

    def _delimiters(self, mark: bytes, start: int, end: int) -> Iterator[tuple[int, re.Match[bytes]]]:
        """Where each delimiter line begins (at the line end before it), and what stands behind the boundary."""
        at = self.raw.find(mark, start, end)
        while at >= 0:
            rest = _REST.match(self.raw, at + len(mark), end)
            if rest:
                yield at, rest
            at = self.raw.find(mark, rest.end() if rest else at + 1, end)

    def _line_end(self, newline: int, begin: int) -> int:
        return max(begin, newline - 1 if self.raw[newline - 1:newline] == b"\r" else newline)


@lru_cache(256)  # most mail is written by a few programs
def _describe(kind: bytes, placed: bytes, default: str) -> tuple[str, tuple[tuple[str, str], ...], str, str]:
    """Content type, its parameters, disposition and file name, as far as the fields (b"" for none) can be read."""
    if not kind and not placed:
        return default, (), "", ""
    probe = Fields()
    for name, value in (("content-type", kind), ("content-disposition", placed)):
        if value:
            probe[name] = value.decode("utf-8", "replace")
    content_type, disposition, filename = default, "", ""
    params: tuple[tuple[str, str], ...] = ()
    try:
        if "content-type" in probe:
            listed = probe.get_params([], unquote=True) or []
            content_type = listed[0][0].strip().lower() if listed else default
            params = tuple((name.lower(), collapse_rfc2231_value(value)) for name, value in listed[1:])
        if "content-disposition" in probe:
            disposition = probe.get_content_disposition() or ""
        filename = probe.get_filename("") or ""
    except Exception:  # noqa: BLE001 -- the library raises half a dozen kinds on hostile parameters
        return (content_type if "/" in content_type else default), params, disposition, filename
    return (content_type if content_type.count("/") == 1 else default), params, disposition, filename
