"""Bytes to text: the declared charset where it can be true, else UTF-8, else Windows-1252; mended, cleaned and in NFC.

What people see is what should be read: invisible and direction-changing characters go, odd spaces become spaces, and line
ends are "\\n" (RFC 2046, section 4.1.2 for the charsets; UAX #15 for NFC).
"""

from __future__ import annotations

import codecs
import re
import unicodedata

from ftfy import fix_encoding

# Codecs that people write mail in. Not: punycode (quadratic), unicode_escape, zlib, rot13 and others that are no charsets.
_CHARSET = re.compile(
    r"(?:utf-?(?:8|16|32)(?:-?[lb]e)?|iso-?8859-?\d{1,2}|latin-?\d|(?:windows-?|cp|ibm)\d{3,4}|mac-?roman|koi8-?[rut]"
    r"|big5(?:-?hkscs)?|gb(?:2312|k|18030)|hz|euc-?(?:jp|kr)|shift-?jis|iso-?2022-?(?:jp(?:-?[123])?|kr)|tis-?620)",
)
_WESTERN = frozenset({"iso8859-1", "iso8859-15", "cp1252", "ascii", ""})
_MOJIBAKE = re.compile("[ÂÃÅâÐÑ][\u0080-\u00bf\u0152-\u0178\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]")
_BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\ufe00-\ufe0f\U000e0000-\U000e007f]",
)
# Reordering a long run of combining marks is quadratic in the standard library: only these runs can hold one.
_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0590-\u1cff\u1dc0-\u1dff\u20d0-\u20ff\u2cef-\u2df1\u302a-\u309a\ua66f-\uabff\ufb1e\ufe20-\ufe2f"
    "\U00010000-\U0010ffff]{24,}",
)


def codec(name: str) -> str:
    """The canonical name of a charset, "" where it is none that mail is written in."""
    name = name.strip().strip("\"'").partition("*")[0].lower().replace("_", "-")
    if name in ("us-ascii", "ascii", "ansi-x3.4-1968"):
        return "ascii"
    if not _CHARSET.fullmatch(name):
        return ""
    try:
        return codecs.lookup(name).name
    except LookupError:
        return ""


def decode(data: bytes, declared: str) -> str:
    """The text of `data`, whatever it claims to be; not yet cleaned. Never raises."""
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-8-sig" if data[0] == 0xEF else "utf-16", "replace")
    name = codec(declared)
    if data.isascii() and (name in _WESTERN or name == "utf-8"):
        return data.decode("ascii")
    if name and name not in _WESTERN:
        text = _strict(data, name)
        if text is not None:
            return text
    text = _strict(data, "utf-8")  # UTF-8 that claims to be Latin-1 is common, Latin-1 that is valid UTF-8 is not
    if text is None:
        text = _mostly_utf8(data)
    return data.decode("cp1252", "replace") if text is None else text


def _strict(data: bytes, name: str) -> str | None:
    try:
        return data.decode(name)
    except (UnicodeError, ValueError):
        return None


def _mostly_utf8(data: bytes) -> str | None:
    """UTF-8 with a few broken bytes (a cut at the end, one pasted line); None where it is something else."""
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    good = sum(map(len, re.findall("[^\x00-\x7f\ufffd]+", text)))
    return text if good > 3 * broken else None


def mend(text: str) -> str:
    """Undoes UTF-8 that was read as Windows-1252 somewhere on its way; what is right stays as it is."""
    return fix_encoding(text) if not text.isascii() and _MOJIBAKE.search(text) else text


def clean(text: str) -> str:
    """Line ends, spaces, invisible characters and composition put in order."""
    if text.isascii() and text.isprintable():
        return text
    text = _BREAKS.sub("\n", text)
    if not text.isascii():
        text = _SPACES.sub(" ", text)
        text = _INVISIBLE.sub("", text)
        text = unicodedata.normalize("NFC", _MARKS.sub(_few_marks, text))
    elif _INVISIBLE.search(text):
        text = _INVISIBLE.sub("", text)
    return text


def _few_marks(match: re.Match[str]) -> str:
    kept: list[str] = []
    marks = 0
    for character in match[0]:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= 8:
            kept.append(character)
    return "".join(kept)
