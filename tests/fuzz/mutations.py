"""Hostile mail, made of lifelike mail: what a sender can do to headers, structure, bytes and words.

Every function takes a source of chance and a raw message and gives a raw message. GENTLE ones leave the words of the
message as they are: what was no matter of ours before must not be acted on after them.
"""

from __future__ import annotations

import base64
import io
import random
import zipfile
from collections.abc import Callable, Sequence

Mutation = Callable[[random.Random, bytes], bytes]

CPR = "010190-1234"
PAYLOADS = (
    "<mailbot-x onclick=evil()>",
    '"><script>alert(1)</script>',
    "<img src=x onerror=alert(1)>",
    "</td></tr></table><form action=//e>",
    "{{ 31337*3 }}",
    "{% for x in ().__class__.__mro__ %}{{ x }}{% endfor %}",
    "{# x #}",
    "${31337*3}",
    "%(name)s",
    "{0.__class__}",
    "=1+1|cmd",
    "@SUM(A1:A9)",
    '+HYPERLINK("http://e")',
    "-2+3",
    "[klik](javascript:alert(1))",
    "![x](cid:y)",
    "[godkend](mailto:x@e.dk?body=stop)",
    "\r\nBcc: evil@evil.example",
    "%0d%0aBcc:%20evil@evil.example",
    "\x00",
    "\x1b[31m",
    "\u202emoc.live\u202c",
    "\u2066x\u2069",
    "\u200b" * 9,
    "М\u0435tt\u0435 Holm",
    "A" * 4000,
    "e" + "\u0301" * 3000,
    "\ufeff",
    "\U0010ffff",
    "\ud7ff",
    "'; DROP TABLE registration; --",
    "👩‍👩‍👧‍👧" * 50,
    "mailbot-letter." + "a" * 32,
    "#1 godkend",
    "../../etc/passwd",
    "http://evil.example/x",
    "١٢٣٤٥٦٧٨",
    "\v\f\x85\u2028\u2029",
)
CHARSETS = (
    "utf-7",
    "utf-16",
    "utf-32",
    "x-findes-ikke",
    "us-ascii",
    "iso-2022-jp",
    "cp037",
    "idna",
    "punycode",
    "rot13",
    "zlib",
    "hex",
    "base64",
    "unicode_escape",
    "undefined",
    "mbcs",
    "'",
    "",
    'utf-8"; x="',
    "A" * 2000,
)
ENCODINGS = ("base64", "quoted-printable", "x-uuencode", "8bit", "binary", "base64; x", "gzip", "")
FIELDS = (
    b"From",
    b"To",
    b"Cc",
    b"Subject",
    b"Reply-To",
    b"Message-ID",
    b"In-Reply-To",
    b"References",
    b"Date",
    b"Return-Path",
    b"Received",
    b"Authentication-Results",
    b"X-Mailbot-Letter",
    b"Content-Type",
    b"Content-Disposition",
    b"Auto-Submitted",
    b"List-Id",
    b"MIME-Version",
)


def split(raw: bytes) -> tuple[bytes, bytes]:
    head, _, body = raw.partition(b"\r\n\r\n")
    return head, body


def encoded(text: str) -> str:
    """An encoded word (RFC 2047), whatever the text holds."""
    return "=?utf-8?b?" + base64.b64encode(text.encode("utf-8", "replace")).decode() + "?="


def text_of(rng: random.Random) -> str:
    return rng.choice(PAYLOADS) * rng.choice((1, 1, 1, 7))


# structure, the words untouched (but for `attachment`, whose file may say something)


def more_headers(rng: random.Random, raw: bytes) -> bytes:
    names = [b"X-" + bytes(rng.choices(b"abcXYZ-", k=8)) for _ in range(rng.choice((1, 50, 2000)))]
    added = b"".join(name + b": " + text_of(rng).encode("utf-8", "replace").replace(b"\r\n", b" ") + b"\r\n" for name in names)
    return added + raw


def long_references(rng: random.Random, raw: bytes) -> bytes:
    ids = b"\r\n ".join(b"<%d@x%s>" % (n, b"a" * rng.choice((1, 900))) for n in range(rng.choice((1, 30, 3000))))
    return rng.choice((b"References: ", b"In-Reply-To: ")) + ids + b"\r\n" + raw


def attachment(rng: random.Random, raw: bytes) -> bytes:
    head, _ = split(raw)
    outer = b"\r\n".join(_without(head, b"content-", b"mime-version"))
    name = rng.choice(("liste.xlsx", "form.docx", "a.pdf", "x.csv", "invite.ics", "winmail.dat", "a\u202efdp.exe", "../x.txt", "a" * 999))
    noise = rng.randbytes(rng.choice((0, 10, 3000)))
    content = rng.choice((hostile_zip(rng), noise, b"PK\x03\x04" + noise, b"%PDF-1.7\n" + noise))
    kind = rng.choice(("application/octet-stream", "application/pdf", "image/png", "text/calendar", "application/ms-tnef"))
    return outer + _mixed(rng, [_inner(raw), part(kind, name, content)])


def nested(rng: random.Random, raw: bytes) -> bytes:
    """The content some multiparts deeper."""
    head, _ = split(raw)
    inner = _inner(raw)
    for _ in range(rng.choice((1, 3, 15))):
        boundary = b"n%d" % rng.randrange(10**9)
        inner = (
            b"Content-Type: multipart/mixed; boundary="
            + boundary
            + b"\r\n\r\n--"
            + boundary
            + b"\r\n"
            + inner
            + b"\r\n--"
            + boundary
            + b"--\r\n"
        )
    return b"\r\n".join(_without(head, b"content-", b"mime-version")) + b"\r\nMIME-Version: 1.0\r\n" + inner


def twice(rng: random.Random, raw: bytes) -> bytes:
    """A header that should stand once."""
    head, body = split(raw)
    lines = _fields(head)
    line = rng.choice(lines)
    if line.lower().startswith((b"from:", b"subject:", b"content-")):  # another order of these may change what is said
        return raw
    return b"\r\n".join([*lines, line]) + b"\r\n\r\n" + body


def bare_line_ends(rng: random.Random, raw: bytes) -> bytes:
    return raw.replace(b"\r\n", rng.choice((b"\n", b"\n", b"\r\r\n")))


# what changes the message


def hostile_header(rng: random.Random, raw: bytes) -> bytes:
    """A payload in a header: raw, quoted, or in an encoded word."""
    head, body = split(raw)
    lines = _fields(head)
    at = rng.randrange(len(lines))
    name, _, value = lines[at].partition(b":")
    payload = text_of(rng)
    payload = rng.choice(
        (payload.replace("\r\n", "\r\n "), encoded(payload), f'"{payload}"'.replace("\r\n", " "), payload.replace("\r\n", ""))
    )
    made = payload.encode("utf-8", "replace")
    lines[at] = name + b": " + rng.choice((made, made + value, value + made, made + b" <x@y.dk>", value.replace(b"<", made + b" <")))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def odd_field(rng: random.Random, raw: bytes) -> bytes:
    name = rng.choice(FIELDS)
    value = rng.choice(
        (
            b"",
            b"\x00",
            b"<>",
            b";;;=",
            rng.randbytes(40),
            text_of(rng).encode("utf-8", "replace"),
            b"(" * 500,
            b'"' * 99,
            b"<" * 300,
            b"a@" * 800,
        )
    )
    return name + rng.choice((b":", b": ", b" : ", b"")) + value.replace(b"\r\n\r\n", b"\r\n") + b"\r\n" + raw


def other_charset(rng: random.Random, raw: bytes) -> bytes:
    head, body = split(raw)
    kept = b"\r\n".join(_without(head, b"content-type", b"content-transfer"))
    lines = kept + b"\r\nContent-Type: " + rng.choice((b"text/plain", b"text/html", b"text/enriched", b"message/rfc822"))
    made = lines + b"; charset=" + rng.choice(CHARSETS).encode() + b"\r\nContent-Transfer-Encoding: " + rng.choice(ENCODINGS).encode()
    return made + b"\r\n\r\n" + body


def hostile_words(rng: random.Random, raw: bytes) -> bytes:
    """A payload in the text, at a line's beginning or end, some times."""
    head, body = split(raw)
    lines = body.split(b"\r\n")
    for _ in range(rng.choice((1, 2, 6))):
        at = rng.randrange(len(lines))
        made = text_of(rng).encode("utf-8", "replace")
        lines[at] = rng.choice((made + lines[at], lines[at] + b" " + made, lines[at].replace(b" ", b" " + made + b" ", 1)))
    return head + b"\r\n\r\n" + b"\r\n".join(lines)


def numbers(rng: random.Random, raw: bytes) -> bytes:
    digits = lambda n: "".join(rng.choices("0123456789", k=n))  # noqa: E731
    line = rng.choice(
        (
            f"EAN {digits(13)}",
            f"EAN: {digits(500)}",
            f"tlf {digits(8)} / {digits(8)}",
            f"{digits(3)}@{digits(3)}.dk " * 200,
            "5798 " * 2000,
            f"CVR {digits(8)}",
        )
    )
    return raw + b"\r\n" + line.encode() + b"\r\n"


def cpr(rng: random.Random, raw: bytes) -> bytes:
    """A national identity number in the text, the subject or the sender's name."""
    where = rng.choice(("text", "text", "subject", "name", "quoted"))
    head, body = split(raw)
    if where == "text":
        return head + b"\r\n\r\nMit cpr er " + CPR.encode() + b".\r\n" + body
    if where == "quoted":
        return raw + b"\r\n> cpr: 0101901234\r\n> " + CPR.encode() + b" er mit\r\n"
    lines = _fields(head)
    wanted = b"subject:" if where == "subject" else b"from:"
    return (
        b"\r\n".join(line.replace(b": ", b": " + CPR.encode() + b" ", 1) if line.lower().startswith(wanted) else line for line in lines)
        + b"\r\n\r\n"
        + body
    )


def truncated(rng: random.Random, raw: bytes) -> bytes:
    return raw[: rng.randrange(len(raw) + 1)]


def flipped(rng: random.Random, raw: bytes) -> bytes:
    made = bytearray(raw)
    for _ in range(rng.choice((1, 3, 30, 300))):
        if made:
            made[rng.randrange(len(made))] = rng.choice((0, 10, 13, 32, 34, 60, 61, 0x80, 0xFF, rng.randrange(256)))
    return bytes(made)


def repeated(rng: random.Random, raw: bytes) -> bytes:
    """A slice of it, many times."""
    start = rng.randrange(len(raw) or 1)
    piece = raw[start : start + rng.choice((1, 2, 10, 80, 400))]
    times = min(rng.choice((2, 100, 5000)), 100_000 // (len(piece) or 1))
    return raw[:start] + piece * times + raw[start:]


def reordered(rng: random.Random, raw: bytes) -> bytes:
    lines = raw.split(b"\r\n")
    start, end = sorted((rng.randrange(len(lines)), rng.randrange(len(lines))))
    some = lines[start:end]
    rng.shuffle(some)
    return b"\r\n".join([*lines[:start], *some, *lines[end:]])


def html_soup(rng: random.Random, raw: bytes) -> bytes:
    head, body = split(raw)
    kept = b"\r\n".join(_without(head, b"content-"))
    tag = rng.choice(
        ("div", "table", "blockquote", "b", "td", "li", "a href=javascript:x", "style", "!--", "title", "svg", "template", "plaintext")
    )
    soup = f"<{tag}>" * rng.choice((1, 40, 3000))
    page = soup.encode() + body.replace(b"\r\n", b"<br>\r\n") + text_of(rng).encode("utf-8", "replace")
    return kept + b"\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + page


GENTLE: dict[str, Mutation] = {f.__name__: f for f in (more_headers, long_references, nested, twice, bare_line_ends)}
ROUGH: dict[str, Mutation] = {
    f.__name__: f
    for f in (
        attachment,
        hostile_header,
        odd_field,
        other_charset,
        hostile_words,
        numbers,
        cpr,
        truncated,
        flipped,
        repeated,
        reordered,
        html_soup,
    )
}


def spliced(rng: random.Random, raw: bytes, corpus: Sequence[bytes]) -> bytes:
    other = rng.choice(corpus)
    return raw[: rng.randrange(len(raw) + 1)] + other[rng.randrange(len(other) + 1) :]


def mutated(rng: random.Random, raw: bytes, corpus: Sequence[bytes]) -> tuple[bytes, tuple[str, ...]]:
    """A message changed in one to four ways, and which they were."""
    gentle = rng.random() < 0.25
    names: list[str] = []
    for _ in range(rng.choice((1, 1, 2, 3, 4))):
        name = rng.choice([*GENTLE] if gentle else [*GENTLE, *ROUGH, "hostile_header", "hostile_words", "spliced"])
        raw = spliced(rng, raw, corpus) if name == "spliced" else (GENTLE | ROUGH)[name](rng, raw)
        names.append(name)
    return raw[:2_000_000], tuple(names)


def random_bytes(rng: random.Random) -> bytes:
    """No mail at all, or nearly none."""
    size = rng.choice((0, 1, 20, 300, 5000))
    if rng.random() < 0.4:
        return rng.randbytes(size)
    signs = b'\r\n\r\n: ;=<>@"()[]{}%\x00\xff-Aa1'
    return b"".join(rng.choice(FIELDS) + b":" + bytes(rng.choices(signs, k=20)) + b"\r\n" for _ in range(rng.randrange(9))) + bytes(
        rng.choices(signs, k=size)
    )


# files and parts


def hostile_zip(rng: random.Random, unpacked: int = 3_000_000) -> bytes:
    """A small file of Office's kind that unpacks to very much."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        archive.writestr("word/document.xml", b"<w:document>" + b" " * unpacked)
        archive.writestr("xl/workbook.xml", rng.choice((b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>', b" " * unpacked)))
        archive.writestr("../../evil", b"x")
    return file.getvalue()


def part(kind: str, name: str, content: bytes) -> bytes:
    head = (
        f'Content-Type: {kind}\r\nContent-Disposition: attachment; filename="{encoded(name)}"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    )
    return head.encode() + base64.encodebytes(content).replace(b"\n", b"\r\n")


def _inner(raw: bytes) -> bytes:
    """The content of a message as a part: its own Content headers and its body."""
    head, body = split(raw)
    own = [line for line in _fields(head) if line.lower().startswith(b"content-")]
    return b"\r\n".join([*own, b"", body])


def _mixed(rng: random.Random, parts: Sequence[bytes]) -> bytes:
    boundary = b"m%d" % rng.randrange(10**9)
    made = b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts)
    return (
        b"\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=" + boundary + b"\r\n\r\n" + made + b"--" + boundary + b"--\r\n"
    )


def _fields(head: bytes) -> list[bytes]:
    """Header fields, unfolded lines kept together."""
    fields: list[bytes] = []
    for line in head.split(b"\r\n"):
        if fields and line[:1] in (b" ", b"\t"):
            fields[-1] += b"\r\n" + line
        else:
            fields.append(line)
    return fields


def _without(head: bytes, *beginnings: bytes) -> list[bytes]:
    return [line for line in _fields(head) if not line.lower().startswith(beginnings)]
