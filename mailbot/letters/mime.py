"""RFC 5322 bytes: headers that nothing can be injected into, a body of 7-bit parts with fixed boundaries.

Headers are encoded here and not by `email`'s modern policy, whose folding breaks long message ids into encoded words
(which no server would find again) and raises on odd names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP

from mailbot.letters.clean import line
from mailbot.understanding.reading import Address

_PLAIN_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_ID = re.compile(r"<[!-;=?-~]{1,250}>")
_MOST_SUBJECT, _MOST_NAME, _MOST_IDS = 180, 80, 20


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes along; `cid` names a picture that the page shows, "" a file to open."""

    name: str
    kind: str          # "image/png"
    content: bytes
    cid: str = ""
    parameters: tuple[tuple[str, str], ...] = ()


def assemble(headers: Sequence[tuple[str, str]], text: str, html: str, attachments: Sequence[Attachment], seed: str) -> bytes:
    """A whole message with CRLF lines; `headers` are encoded values (see `text_header` and its like), `seed` makes boundaries."""
    body = EmailMessage(policy=SMTP)
    body.set_content(text, cte="quoted-printable")
    body.add_alternative(html, subtype="html", cte="quoted-printable")
    page = body.get_payload(1)
    for file in attachments:
        main, _, sub = file.kind.partition("/")
        if file.cid:
            page.add_related(file.content, main, sub, cid=f"<{file.cid}>", filename=file.name, disposition="inline")  # type: ignore[union-attr]
    for file in attachments:
        main, _, sub = file.kind.partition("/")
        if not file.cid:
            body.add_attachment(file.content, main, sub, filename=file.name, params=dict(file.parameters))
    for number, part in enumerate(p for p in body.walk() if p.is_multipart()):
        part.set_boundary(f"=_{seed}_{number}")
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return head.encode("ascii") + body.as_bytes()


def text_header(name: str, value: str) -> str:
    """Unstructured text, encoded (RFC 2047) where it is not plain ASCII, folded."""
    clean = line(value, _MOST_SUBJECT)
    charset = "us-ascii" if clean.isascii() and "=?" not in clean else "utf-8"
    return Header(clean, charset, maxlinelen=76, header_name=name).encode(linesep="\r\n")


def address_header(name: str, address: Address) -> str:
    """One mailbox; the display name quoted or encoded as it needs."""
    display = line(address.name, _MOST_NAME)
    email = address_of(address.email)
    if not display:
        return email
    if _PLAIN_NAME.fullmatch(display) and "=?" not in display:
        return f"{display}\r\n <{email}>" if len(name) + len(display) + len(email) > 70 else f"{display} <{email}>"
    if display.isascii() and "=?" not in display:
        quoted = display.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}"\r\n <{email}>'
    return Header(display, "utf-8", maxlinelen=76, header_name=name).encode(linesep="\r\n") + f"\r\n <{email}>"


def ids_header(ids: Sequence[str]) -> str:
    """Message ids, one a line; what is no id is left out, of too many the first and the last ones stay."""
    valid = list(dict.fromkeys(i for raw in ids for i in _ID.findall(raw)))
    if len(valid) > _MOST_IDS:
        valid = [valid[0], *valid[-(_MOST_IDS - 1):]]
    return "\r\n ".join(valid)


def address_of(email: str) -> str:
    """An address that may stand in a header and in the envelope: one line, no angle brackets, the domain in ASCII (IDNA).

    A local part that is not ASCII is left to fail at the server (RFC 6531 is not assumed), written so that nothing breaks.
    """
    local, _, domain = re.sub(r"[\s<>,;:\"()\\]", "", line(email, 254)).rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        domain = domain.encode("ascii", "ignore").decode("ascii")
    return f"{local.encode('ascii', 'replace').decode('ascii')}@{domain}"
