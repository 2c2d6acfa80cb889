"""Bombs, one of each kind: parts, depth, size, archives and walls of one sign around the words of a plain signup."""

from __future__ import annotations

import random
from collections.abc import Callable

from fuzz.mutations import hostile_zip, part

HEAD = (
    b"From: Mette Holm <mho@eksempelby-kom.dk>\r\nTo: lv@fremtidensbiblioteker.dk\r\nSubject: Tilmelding til Hverdagsledelse 2026\r\n"
    b"Date: Mon, 02 Feb 2026 10:00:00 +0100\r\nMessage-ID: <bomb@eksempelby-kom.dk>\r\nMIME-Version: 1.0\r\n"
)
WORDS = b"Hej Lisbet\r\n\r\nJeg vil gerne tilmeldes Hverdagsledelse 2026.\r\n\r\nVenlig hilsen\r\nMette Holm\r\n"
PLAIN = b"Content-Type: text/plain; charset=utf-8\r\n\r\n"


def _multipart(parts: bytes, kind: bytes = b"mixed") -> bytes:
    return HEAD + b"Content-Type: multipart/" + kind + b"; boundary=b\r\n\r\n" + parts + b"--b--\r\n"


def _file(name: str, kind: str, content: bytes) -> bytes:
    return _multipart(b"--b\r\n" + PLAIN + WORDS + b"--b\r\n" + part(kind, name, content) + b"\r\n")


def bombs(scale: int = 1) -> dict[str, Callable[[], bytes]]:
    """Name → the message; made on demand, since they are large. A `scale` above one makes them that much smaller."""
    s = scale
    docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    rng = random.Random(6)
    return {
        "10,000 parts": lambda: _multipart((b"--b\r\n" + PLAIN + WORDS) * (10_000 // s)),
        "10,000 attachments": lambda: _multipart((b"--b\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\nx\r\n") * (10_000 // s)),
        "nested 1,000 deep": lambda: (
            HEAD + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(1_000)) + PLAIN + WORDS
        ),
        "1,000 messages in each other": lambda: (
            HEAD + b"Content-Type: message/rfc822\r\n\r\n" + (HEAD + b"Content-Type: message/rfc822\r\n\r\n") * 1_000 + HEAD + PLAIN + WORDS
        ),
        "one boundary for all levels": lambda: (
            HEAD
            + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
            + (b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n") * 1_000
            + b"--b\r\n"
            + PLAIN
            + WORDS
        ),
        "100 MB of text": lambda: HEAD + PLAIN + WORDS + b"x" * (100_000_000 // s),
        "100 MB of lines": lambda: HEAD + PLAIN + WORDS + b"hej med dig\r\n" * (8_000_000 // s),
        "100 MB attached": lambda: _file("a.pdf", "application/pdf", b"\x00" * (75_000_000 // s)),
        "100 MB of HTML": lambda: HEAD + b"Content-Type: text/html\r\n\r\n" + WORDS + b"<div>" * (20_000_000 // s),
        "HTML nested 200,000 deep": lambda: HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div>" * (200_000 // s) + WORDS,
        "HTML with 200,000 cells": lambda: (
            HEAD + b"Content-Type: text/html\r\n\r\n<table><tr>" + b"<td>Mette Holm" * (200_000 // s) + WORDS
        ),
        "a zip of 1 GB as .docx": lambda: _file("a.docx", docx, hostile_zip(rng, 1_000_000_000 // s)),
        "a zip of 1 GB as .xlsx": lambda: _file("a.xlsx", docx, hostile_zip(rng, 1_000_000_000 // s)),
        "a word of 10 MB": lambda: HEAD + PLAIN + WORDS + b"a" * (10_000_000 // s) + b"\r\n" + WORDS,
        "a word of 200 kB": lambda: HEAD + PLAIN + WORDS + b"abcdefghij" * (20_000 // s) + b"\r\n" + WORDS,
        "a header of 10 MB": lambda: b"Subject: " + b"tilmelding " * (1_000_000 // s) + b"\r\n" + HEAD + PLAIN + WORDS,
        "200,000 header lines": lambda: b"X-A: b\r\n" * (200_000 // s) + HEAD + PLAIN + WORDS,
        "100,000 recipients": lambda: b"Cc: " + b"a@b.dk,\r\n " * (100_000 // s) + b"c@d.dk\r\n" + HEAD + PLAIN + WORDS,
        "100,000 references": lambda: b"References: " + b"<a@b.dk>\r\n " * (100_000 // s) + b"<c@d.dk>\r\n" + HEAD + PLAIN + WORDS,
        "100,000 encoded words": lambda: b"From: " + b"=?utf-8?q?Mette?= " * (100_000 // s) + b"<a@b.dk>\r\n" + HEAD + PLAIN + WORDS,
        "quoted 10,000 deep": lambda: HEAD + PLAIN + WORDS + b"".join(b">" * n + b" Mette skrev:\r\n" for n in range(0, 10_000 // s, 5)),
        "100,000 people": lambda: HEAD + PLAIN + WORDS + b"- Anna Friis Holm, souschef, af@nordskov-kom.dk\r\n" * (100_000 // s),
        "100,000 numbers": lambda: HEAD + PLAIN + WORDS + b"EAN 5798000123458 tlf 12345678 " * (100_000 // s),
        "NUL bytes": lambda: (HEAD + PLAIN + WORDS).replace(b" ", b"\x00 \x00") + b"\x00" * (1_000_000 // s),
        "a boundary of 1 MB": lambda: HEAD + b"Content-Type: multipart/mixed; boundary=" + b"b" * (1_000_000 // s) + b"\r\n\r\n" + WORDS,
        "1,000,000 accents": lambda: HEAD + PLAIN + WORDS + ("e" + "\u0301" * (1_000_000 // s)).encode() + b" Holm\r\n",
        "1,000,000 joiners": lambda: HEAD + PLAIN + WORDS + ("\u200d\u202e" * (500_000 // s)).encode() + b"\r\n",
        "a wall of dots and at-signs": lambda: HEAD + PLAIN + WORDS + b"a@a.a." * (150_000 // s) + b" " + b"." * (500_000 // s),
        "a wall of brackets": lambda: HEAD + PLAIN + WORDS + b"(" * (300_000 // s) + b"[<{" * (100_000 // s),
        "a wall of blanks": lambda: HEAD + PLAIN + WORDS + b"a" + b" " * (1_000_000 // s) + b"b\t" + b"\t" * (500_000 // s),
        "a wall of dashes": lambda: (
            HEAD + PLAIN + WORDS + b"- " * (300_000 // s) + b"\r\n" + b"_" * (300_000 // s) + b"\r\n-- \r\n" * (50_000 // s)
        ),
    }
