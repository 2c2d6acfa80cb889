"""Header values to what they mean: text with encoded words (RFC 2047), addresses (RFC 5322, section 3.4), dates and ids.

Each function takes the unfolded raw value and never raises: what can't be read is "" or None or left out. All are linear
in the length of the value.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from mailbot.mail.charset import clean, decode, mend
from mailbot.mail.message import Address

MAX_ADDRESSES = 500
MAX_IDS = 500

_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]{0,4000})\?=")
_BETWEEN = re.compile(r"(\?=)\s+(?==\?[^?\s]{1,60}\?[bBqQ]\?)")
_ID = re.compile(r"<[^<>\s]{1,900}>")
_ADDRESS = re.compile(r"[^\s@<>\"(),:;\\]{1,200}@[^\s@<>\"(),:;\\]{1,200}")


def raw_text(value: bytes) -> str:
    """The value as characters: raw 8-bit bytes are UTF-8 or Windows-1252 (RFC 6532 allows the first)."""
    return value.decode("ascii") if value.isascii() else decode(value, "")


def text(value: bytes) -> str:
    """An unstructured value such as Subject: encoded words decoded, white space folded, no control characters."""
    return fold(words(raw_text(value)))


def fold(value: str) -> str:
    return " ".join(clean(mend(value)).split())


def words(value: str) -> str:
    """`value` with its encoded words decoded. Adjacent words of one charset are joined as bytes first, since many mailers
    cut a character in two."""
    if "=?" not in value:
        return value
    value = _BETWEEN.sub(r"\1", value)
    found: list[str] = []
    pending, charset, at = b"", "", 0
    for match in _WORD.finditer(value):
        if pending and (match.start() != at or match[1].lower() != charset):
            found.append(decode(pending, charset))
            pending = b""
        found.append(value[at:match.start()])
        charset, at = match[1].lower(), match.end()
        pending += _word(match[2], match[3])
    if pending:
        found.append(decode(pending, charset))
    return "".join([*found, value[at:]])


def _word(encoding: str, payload: str) -> bytes:
    data = payload.encode("utf-8", "replace")
    if encoding in "qQ":
        return binascii.a2b_qp(data, header=True)
    try:
        return binascii.a2b_base64(data + b"=" * (-len(data) % 4))
    except binascii.Error:
        return b""


def addresses(value: bytes) -> tuple[Address, ...]:
    """The addresses of a From, To, Cc or Reply-To: groups are flattened, comments dropped, names decoded after the
    addresses are told apart, since an encoded "Efternavn, Fornavn" holds a comma."""
    found: list[Address] = []
    surname = ""
    for entry in _entries(raw_text(value)):
        address = address_of(f"{surname}, {entry}" if surname else entry)
        surname = ""
        if not address.email and "<" not in entry and address.name:
            surname = entry  # "Holm, Mette <m@x.dk>" without its quotation marks
        elif address.email or address.name:
            found.append(address)
        if len(found) >= MAX_ADDRESSES:
            break
    if surname:
        found.append(Address(fold(words(surname)).strip("\"' "), ""))
    return tuple(found)


def reverse_path(values: Sequence[bytes]) -> str | None:
    """The address of the first Return-Path; "" for the null reverse-path `<>` of robots (RFC 5321, section 4.5.5), None where
    there is none or it is no address."""
    said = raw_text(values[0]).strip() if values else ""
    return address_of(said).email or ("" if values and not said.strip("<> ") else None)


def address_of(entry: str) -> Address:
    """One address as `Name <address>`, `address (name)` or the bare address."""
    head, bracket, tail = entry.rpartition("<")
    if bracket and (match := _ADDRESS.search(tail)):
        name = head
    elif match := _ADDRESS.search(entry):
        name = entry[:match.start()] + entry[match.end():]
    else:
        name = entry
    email = match[0].strip(".'").lower() if match else ""
    name = fold(words(_unquote(name))).strip(" <>\"',;")
    if name.startswith("(") and name.endswith(")"):
        name = name[1:-1].strip()
    return Address("" if name.lower() == email else name[:200], clean(email))


def _unquote(name: str) -> str:
    return re.sub(r"\\(.)", r"\1", name).replace('"', "") if '"' in name or "\\" in name else name


def _entries(value: str) -> list[str]:
    """`value` cut at the commas (and Outlook's semicolons) that stand outside quotes, comments and angle brackets."""
    found: list[str] = []
    start, quoted, comment, angle, escaped, group = 0, False, 0, False, False, True
    for at, character in enumerate(value):
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == '"' and not comment:
            quoted = not quoted
        elif quoted:
            continue
        elif character == "(":
            comment += 1
        elif character == ")":
            comment = max(comment - 1, 0)
        elif comment:
            continue
        elif character in "<>":
            angle = character == "<"
        elif angle:
            continue
        elif character == "@":
            group = False
        elif character in ",;":
            found.append(value[start:at].strip())
            start, group = at + 1, True
        elif character == ":" and group:  # the name of a group
            start = at + 1
    found.append(value[start:].strip())
    return [entry for entry in found if entry]


def ids(value: bytes) -> tuple[str, ...]:
    """The message ids of Message-ID, In-Reply-To or References, with their angle brackets, in order."""
    return tuple(dict.fromkeys(_ID.findall(clean(raw_text(value)))))[:MAX_IDS]


def date(value: bytes) -> datetime | None:
    """A Date (RFC 5322, section 3.3), aware; an unknown zone counts as UTC; None where it can't be read or can't be true."""
    try:
        found = parsedate_to_datetime(raw_text(value[:200]))
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        return found if 1980 <= found.year <= 2200 and found.utcoffset() is not None else None
    except (ValueError, TypeError, OverflowError, IndexError, AttributeError):
        return None
