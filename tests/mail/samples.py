"""Messages for the inbox to find, and the look at a mailbox that must be as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from servers.person import Person

JPEG = b"QUJDREVG" * 9 + b"\r\n"


def mail(number: int, text: str = "Hej, jeg vil gerne deltage.", extra: str = "") -> bytes:
    return (
        f"Message-ID: <m{number}@example.dk>\r\nFrom: Anna <anna@example.dk>\r\nTo: bot@example.dk\r\nSubject: Mail {number}\r\n"
        f"Date: Mon, 23 Nov 2026 10:00:00 +0100\r\n{extra}MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Transfer-Encoding: 8bit\r\n\r\n{text}\r\n"
    ).encode()


def with_picture(number: int, size: int) -> bytes:
    head = (
        f"Message-ID: <m{number}@example.dk>\r\nFrom: Anna <anna@example.dk>\r\nTo: bot@example.dk\r\nSubject: Mail {number}\r\n"
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"=_A b\"\r\n\r\nPreamble\r\n--=_A b\r\n"
        "Content-Type: multipart/alternative; boundary=inner\r\n\r\n--inner\r\nContent-Type: text/plain; charset=iso-8859-1\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\nEAN 5790001234567, bl=E5b=E6rgr=F8d\r\n--inner\r\n"
        "Content-Type: text/html; charset=utf-8\r\n\r\n<p>EAN 5790001234567, <b>blåbærgrød</b></p>\r\n--inner--\r\n--=_A b\r\n"
        "Content-Type: image/jpeg; name=\"stort billede.jpg\"\r\nContent-Transfer-Encoding: base64\r\n"
        "Content-Disposition: attachment; filename=\"stort billede.jpg\"\r\n\r\n"
    )
    return head.encode() + JPEG * (size // len(JPEG)) + b"--=_A b--\r\n"


@contextmanager
def untouched(person: Person, mailbox: str = "INBOX") -> Iterator[None]:
    before = person.look(mailbox)
    yield
    assert person.look(mailbox) == before
