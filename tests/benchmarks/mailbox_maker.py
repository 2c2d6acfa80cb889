"""A mailbox of a person with a public address: 10,000 messages of about 526 MB, a hundred signups among them, written as a Maildir.

Of a hundred messages 41 are newsletters (plain text, and HTML of 15 to 90 kB), 44 are written by people (plain text of about 700 bytes,
twice what the corpus has, and Outlook's HTML), 14 carry pictures and films besides, and one is a signup; eight of the signups have
photographs of 5 to 25 MB. Headers are as long as Exchange Online makes them. The same seed gives the same bytes.
"""

from __future__ import annotations

import base64
import os
import random
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

BEGIN = datetime(2025, 11, 1, 8, tzinfo=UTC)
BIG = (5, 7, 8, 10, 12, 15, 20, 25)     # MB of the photographs on some signups
ENCODED = 78 / 57                       # base64 with its line ends
TEXTS = 28_000                          # bytes of an average message without attachments
WORDS = [
    "vi", "har", "fået", "en", "ny", "aftale", "om", "møde", "i", "næste", "uge", "og", "sender", "hermed", "dagsorden", "referat",
    "bilag", "til", "orientering", "biblioteket", "kommunen", "lederen", "samarbejde", "projekt", "formidling", "børn", "voksne", "digital",
    "strategi", "økonomi", "budget", "personale", "ferie", "kaffe", "læsning", "forfatter", "udstilling", "tirsdag", "torsdag", "formiddag",
    "tak", "for", "sidst", "håber", "at", "du", "kan", "give", "tilbagemelding", "inden", "fredag", "med", "venlig", "hilsen", "konsulent",
]
ALTERNATIVE = 'multipart/alternative; boundary="alt"'
MIXED = 'multipart/mixed; boundary="mix"'
CELL = '<tr><td style="font-family:Arial,Helvetica,sans-serif;font-size:14px;line-height:20px;color:#333;padding:9px 24px">{}</td></tr>\r\n'
WORD = "</span><o:p></o:p></p>\r\n<p class=MsoNormal><span style='font-size:11.0pt;mso-fareast-language:EN-US'>"
OFFICE = '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>' + "@font-face{panose-1:2 4 5 3}" * 60 + "</style></head>"
NEWS = "List-Unsubscribe: <https://nyhedsbrev.example.org/af>\r\nList-Id: nyt <nyt.example.org>\r\nPrecedence: bulk\r\n"
TRACES = ("AntiSpam-MessageData", "CrossTenant-Id", "Organization-SCL-Detail", "Transport-Latency", "Processing")
SIGNUP = "Hej\r\n\r\nJeg vil gerne tilmelde mig Hverdagsledelse 2026.\r\n\r\nNavn: Kim Prøve {0}\r\nEAN 5790000000{0:03}\r\n\r\nMvh Kim"


class Maker:
    """Makes messages one after the other, so that `total` of them have about `size` bytes."""

    def __init__(self, seed: int, total: int, size: int) -> None:
        self.random = random.Random(seed)
        self.every = total // max(len(BIG), total // 100)  # each so many there is a signup
        photographs = sum(BIG) * 1_000_000 * ENCODED
        self.attachment = max(1_000, (size - total * TEXTS - photographs) / ENCODED / (total * 0.14))

    def message(self, number: int) -> tuple[bytes, datetime]:
        at = BEGIN + timedelta(minutes=17 * number)
        if number % self.every == 7 % self.every:
            return self._signup(number, at), at
        kind = self.random.random()
        if kind < 0.41:
            return self._newsletter(number, at), at
        film = self.random.choice(("image/jpeg", "image/png", "video/mp4")) if kind > 0.86 else ""
        return self._letter(number, at, film), at

    def prose(self, size: float) -> str:
        sentences: list[str] = []
        length = 0
        while length < size:
            sentences.append(" ".join(self.random.choices(WORDS, k=self.random.randint(6, 16))).capitalize() + ".")
            length += len(sentences[-1]) + 2
        return "\r\n".join(sentences)

    def head(self, number: int, at: datetime, sender: str, subject: str, content: str, more: str = "") -> bytes:
        date, rnd = format_datetime(at), self.random
        hops = "".join(
            f"Received: from mail{n}.example.org (2603:10a6:{n}::{number:x}) by AS8PR04MB{number}.eurprd04.prod.outlook.com with\r\n"
            f" Microsoft SMTP Server (version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.20.{number}.{n}; {date}\r\n"
            for n in range(4)
        )
        trace = "".join(f"X-MS-Exchange-{name}: {rnd.getrandbits(400):x}\r\n" for name in TRACES)
        return (
            f"Return-Path: <{sender}>\r\n{hops}Authentication-Results: spf=pass smtp.mailfrom=example.org; dkim=pass; dmarc=pass\r\n"
            f" action=none header.from=example.org;compauth=pass reason=100\r\n"
            f"DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=s1; bh={rnd.getrandbits(256):x}; b={rnd.getrandbits(2048):x}\r\n"
            f"From: Afsender {number} <{sender}>\r\nTo: <lv@example.dk>\r\nSubject: {subject}\r\nDate: {date}\r\n"
            f"Message-ID: <{number}.{rnd.getrandbits(64):x}@example.org>\r\n{more}{trace}MIME-Version: 1.0\r\nContent-Type: {content}\r\n"
        ).encode()

    def _newsletter(self, number: int, at: datetime) -> bytes:
        head = self.head(number, at, f"nyt{number % 40}@example.org", "Nyt fra branchen", ALTERNATIVE, NEWS)
        rows = "".join(CELL.format(self.prose(120)) for _ in range(self.random.randint(55, 330)))
        return head + b"\r\n" + _both(self.prose(self.random.randint(800, 6_000)), f"<html><body><table>{rows}</table></body></html>")

    def _letter(self, number: int, at: datetime, film: str) -> bytes:
        plain = self.prose(self.random.lognormvariate(6.3, 0.7))
        body = _both(plain, f"{OFFICE}<body lang=DA><p class=MsoNormal>{plain.replace(chr(13) + chr(10), WORD)}</p></body></html>")
        sender = f"person{number % 900}@example.org"
        if not film:
            return self.head(number, at, sender, "SV: " + plain[:30].split(".")[0], ALTERNATIVE) + b"\r\n" + body
        size = int(self.random.expovariate(1 / self.attachment))
        return self._with_file(self.head(number, at, sender, "Bilag", MIXED), body, film, size)

    def _signup(self, number: int, at: datetime) -> bytes:
        index = number // self.every
        plain = SIGNUP.format(index)
        body = _both(plain, "<html><body><p>" + plain.replace("\r\n", "<br>\r\n") + "</p></body></html>")
        sender = f"kim{index}@bibliotek.example.org"
        if index >= len(BIG):
            return self.head(number, at, sender, "Tilmelding", ALTERNATIVE) + b"\r\n" + body
        return self._with_file(self.head(number, at, sender, "Tilmelding", MIXED), body, "image/jpeg", BIG[index] * 1_000_000)

    def _with_file(self, head: bytes, body: bytes, kind: str, size: int) -> bytes:
        piece = base64.encodebytes(self.random.randbytes(57_000)).replace(b"\n", b"\r\n")
        data = (piece * (size // 57_000 + 1))[:int(size * ENCODED)]
        return b"".join((
            head, b"\r\n--mix\r\nContent-Type: ", ALTERNATIVE.encode(), b"\r\n\r\n", body, b"\r\n--mix\r\nContent-Type: ", kind.encode(),
            b'; name="IMG_0042"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename="IMG_0042"\r\n\r\n',
            data, b"\r\n--mix--\r\n",
        ))


def _both(plain: str, html: str) -> bytes:
    return "".join(
        f'--alt\r\nContent-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}\r\n'
        for kind, text in (("plain", plain), ("html", html))
    ).encode() + b"--alt--\r\n"


def write(maildir: Path, total: int, size: int, seed: int = 1) -> int:
    """Write the mailbox; returns its size in bytes. File names carry the sizes, as those that Dovecot delivers do."""
    for name in ("cur", "new", "tmp"):
        (maildir / name).mkdir(parents=True)
    maker, written = Maker(seed, total, size), 0
    for number in range(total):
        raw, at = maker.message(number)
        path = maildir / "cur" / f"{int(at.timestamp())}.M{number}P1.mx,S={len(raw)},W={len(raw)}:2,S"
        path.write_bytes(raw)
        os.utime(path, (at.timestamp(), at.timestamp()))
        written += len(raw)
    return written
