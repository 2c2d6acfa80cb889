"""The HTML twin of a letter, made of its plain text, so that the two can never disagree.

What a letter may hold: paragraphs, headings (a line with dashes under it), lists (lines that begin with "- "), rows of a
table ("- 12 who: what" and "- words · [link](address)"), facts (indented lines "Label: value"), matters (a paragraph that
begins with "#12 "; in it, a line in brackets is quiet and one in quotes is somebody's words), addresses and web links,
`[label](address)` for a link with a name of its own, a line of nothing but such links for buttons and
`![words](cid:picture)` for a picture. `plain` is the other way: what of that is seen where there is only text.

Buttons, rows and matters are tables, since Outlook for Windows knows no padding elsewhere.
"""

from __future__ import annotations

import re
from textwrap import wrap

from markupsafe import Markup, escape

WIDTH = 76
_FACT = re.compile(r"  (\S[^:\n]{0,40}):[ ]+(\S.*)")
_NUMBERED = re.compile(r"#\d{1,9} ")
_RULE = re.compile(r"-{3,}")
_NUMBERED_ROW = re.compile(r"- (\d{1,9}) ([^:\n]{1,200}): (.+)")
_ANSWERED_ROW = re.compile(r"- (.+) · (\[[^\[\]\n]+\]\([^()\s]+\))")
_BUTTONS = re.compile(r"\[[^\[\]\n]+\]\([^()\s]+\)(?: · \[[^\[\]\n]+\]\([^()\s]+\)){0,40}")
_TABLE = Markup('<table class="{}" role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0">{}</table>')
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
        return Markup("<h2>{}</h2>").format(lines[0]) + (Markup("\n") + _block(lines[2:]) if lines[2:] else "")
    if _NUMBERED.match(lines[0]):
        told = Markup("").join(_told(line) for line in lines[1:])
        return _TABLE.format("item", Markup('<tr><td class="matter"><p class="who">{}</p>{}</td></tr>').format(_inline(lines[0]), told))
    parts: list[Markup] = []
    at = 0
    kinds = [_kind(x) for x in lines]
    if "rows" in kinds:
        kinds = ["rows" if kind == "list" else kind for kind in kinds]
    while at < len(lines):
        kind = kinds[at]
        end = at + 1
        while end < len(lines) and kinds[end] == kind:
            end += 1
        parts.append(_run(kind, lines[at:end]))
        at = end
    return Markup("\n").join(parts)


def _told(line: str) -> Markup:
    """A line of a matter: what it says, who says it when, somebody's words, or the answers to it."""
    if _kind(line) == "buttons":
        return _run("buttons", [line])
    style = {"(": "when", "»": "words", "“": "words"}.get(line[:1])
    return Markup('<p class="{}">{}</p>').format(style, _inline(line)) if style else Markup("<p>{}</p>").format(_inline(line))


def _kind(line: str) -> str:
    if _BUTTONS.fullmatch(line) and _LINK.match(line):
        return "buttons"
    if _NUMBERED_ROW.fullmatch(line) or (_ANSWERED_ROW.fullmatch(line) and _LINK.search(line)):
        return "rows"
    if line.startswith("- "):
        return "list"
    return "facts" if _FACT.fullmatch(line) else "text"


def _run(kind: str, lines: list[str]) -> Markup:
    if kind == "list":
        return Markup("<ul>{}</ul>").format(Markup("").join(Markup("<li>{}</li>").format(_inline(x[2:])) for x in lines))
    if kind == "rows":
        return _TABLE.format("rows", Markup("").join(map(_row, lines)))
    if kind == "buttons":
        return Markup("").join(_buttons(_LINK.findall(x)) for x in lines)
    if kind == "facts":
        rows = (_FACT.fullmatch(x) for x in lines)
        cells = Markup("").join(
            Markup('<tr><th scope="row">{}:</th><td>{}</td></tr>').format(row[1], _inline(row[2])) for row in rows if row
        )
        return Markup('<table class="facts" cellpadding="0" cellspacing="0">{}</table>').format(cells)
    if len(lines) == 1 and (picture := _PICTURE.fullmatch(lines[0])):
        return Markup('<p class="picture"><img src="{}" alt="{}" width="536"></p>').format(picture[2], picture[1])
    return Markup("<p>{}</p>").format(Markup("<br>\n").join(_inline(x) for x in lines))


def _row(line: str) -> Markup:
    if (found := _ANSWERED_ROW.fullmatch(line)) and _LINK.search(found[2]):
        return Markup('<tr><td colspan="2">{}</td><td class="do">{}</td></tr>').format(_inline(found[1]), _inline(found[2]))
    if found := _NUMBERED_ROW.fullmatch(line):
        return Markup('<tr valign="top"><td class="number">{}</td><td>{}:</td><td class="what">{}</td></tr>').format(
            found[1], _inline(found[2]), _inline(found[3])
        )
    return Markup('<tr><td colspan="3">{}</td></tr>').format(_inline(line[2:]))


def _buttons(links: list[tuple[str, str]]) -> Markup:
    """The first one is the likely answer. They float, so that a phone gets as many lines as it needs."""
    made = Markup("").join(
        Markup('<table class="button" align="left" cellspacing="0"><tr><td class="{}"><a href="{}">{}</a></td></tr></table>')
        .format("yes" if n == 0 else "no", href, label)
        for n, (label, href) in enumerate(links)
    )  # fmt: skip
    return made + Markup('<div class="end"></div>')


def _inline(text: str) -> Markup:
    """Escaped text with its links."""
    made, at = Markup(), 0
    for link in _LINK.finditer(text):
        made += _addresses(text[at : link.start()])
        made += Markup('<a href="{}">{}</a>').format(link[2], link[1])
        at = link.end()
    return made + _addresses(text[at:])


def _addresses(text: str) -> Markup:
    made, at = Markup(), 0
    for found in _ADDRESS.finditer(text):
        href = found["url"] or f"mailto:{found['mail']}"
        made += escape(text[at : found.start()]) + Markup('<a href="{}">{}</a>').format(href, found[0])
        at = found.end()
    return made + escape(text[at:])
