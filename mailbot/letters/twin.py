"""The HTML twin of a letter, made of its plain text, so that the two can never disagree.

What a letter may hold: paragraphs, headings (a line with dashes under it), lists (lines that begin with "- "), facts
(indented lines "Label: value"), matters (a paragraph that begins with "#12 "), addresses and web links,
`[label](address)` for a link with a name of its own and `![words](cid:picture)` for a picture. `plain` is the other way:
what of that is seen where there is only text.
"""

from __future__ import annotations

import re
from textwrap import wrap

from markupsafe import Markup, escape

WIDTH = 76
_FACT = re.compile(r"  (\S[^:\n]{0,40}):[ ]+(\S.*)")
_NUMBERED = re.compile(r"#\d{1,9} ")
_RULE = re.compile(r"-{3,}")
_PICTURE = re.compile(r"!\[([^\[\]\n]*)\]\((cid:[\w.@-]+)\)")
_LINK = re.compile(r"\[([^\[\]\n]+)\]\(((?:mailto:|https?://|cid:)[^()\s]+)\)")
_ADDRESS = re.compile(
    r"(?P<url>https?://[^\s<>\"”»]+[^\s<>\"”».,;:!?)])|(?P<mail>(?<![\w.+-])[A-Za-z0-9][\w.+-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5})"
)


def twin(text: str) -> Markup:
    """The body of the HTML page: safe markup, all text escaped."""
    return Markup("\n").join(_block(piece.split("\n")) for piece in text.split("\n\n") if piece.strip())


def plain(text: str) -> str:
    """The plain part: paragraphs wrapped, links and pictures shown by their words."""
    return "\n\n".join(_paragraph(piece.split("\n")) for piece in shown(text).split("\n\n")) + "\n"


def shown(text: str) -> str:
    """The text with links and pictures replaced by their words."""
    return _LINK.sub(r"\1", _PICTURE.sub(r"\1", text))


def _paragraph(lines: list[str]) -> str:
    if len(lines) > 1 and _RULE.fullmatch(lines[1]):
        lines = [lines[0], "-" * len(lines[0]), *lines[2:]]
    return "\n".join(_wrapped(line) for line in lines)


def _wrapped(line: str) -> str:
    if len(line) <= WIDTH:
        return line
    fact = _FACT.fullmatch(line)
    hang = len(line) - len(fact[2]) if fact else 2 if line.startswith("- ") else 0
    return "\n".join(wrap(line, WIDTH, subsequent_indent=" " * min(hang, 30), break_long_words=False, break_on_hyphens=False))


def _block(lines: list[str]) -> Markup:
    if len(lines) >= 2 and _RULE.fullmatch(lines[1]):
        return Markup('<h2>{}</h2>').format(lines[0]) + (Markup("\n") + _block(lines[2:]) if lines[2:] else "")
    if _NUMBERED.match(lines[0]):
        rest = _run("text", lines[1:]) if lines[1:] else ""
        return Markup('<div class="item"><p class="who">{}</p>{}</div>').format(_inline(lines[0]), rest)
    parts: list[Markup] = []
    at = 0
    while at < len(lines):
        kind = _kind(lines[at])
        end = at + 1
        while end < len(lines) and _kind(lines[end]) == kind:
            end += 1
        parts.append(_run(kind, lines[at:end]))
        at = end
    return Markup("\n").join(parts)


def _kind(line: str) -> str:
    if line.startswith("- "):
        return "list"
    return "facts" if _FACT.fullmatch(line) else "text"


def _run(kind: str, lines: list[str]) -> Markup:
    if kind == "list":
        return Markup("<ul>{}</ul>").format(Markup("").join(Markup("<li>{}</li>").format(_inline(x[2:])) for x in lines))
    if kind == "facts":
        rows = (_FACT.fullmatch(x) for x in lines)
        cells = Markup("").join(
            Markup("<tr><th scope=\"row\">{}:</th><td>{}</td></tr>").format(row[1], _inline(row[2])) for row in rows if row
        )
        return Markup('<table class="facts" cellpadding="0" cellspacing="0">{}</table>').format(cells)
    if len(lines) == 1 and (picture := _PICTURE.fullmatch(lines[0])):
        return Markup('<p class="picture"><img src="{}" alt="{}" width="536"></p>').format(picture[2], picture[1])
    return Markup("<p>{}</p>").format(Markup("<br>\n").join(_inline(x) for x in lines))


def _inline(text: str) -> Markup:
    """Escaped text with its links."""
    made, at = Markup(), 0
    for link in _LINK.finditer(text):
        made += _addresses(text[at : link.start()])
        made += Markup('<a class="named" href="{}">{}</a>').format(link[2], link[1])
        at = link.end()
    return made + _addresses(text[at:])


def _addresses(text: str) -> Markup:
    made, at = Markup(), 0
    for found in _ADDRESS.finditer(text):
        href = found["url"] or f"mailto:{found['mail']}"
        made += escape(text[at : found.start()]) + Markup('<a href="{}">{}</a>').format(href, found[0])
        at = found.end()
    return made + escape(text[at:])
