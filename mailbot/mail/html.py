"""HTML mail to text that reads as the letter looked: a line a paragraph, a table row as one line with tabs between its
cells, "> " before quoted lines, "- " before list items.

One walk over the tree that Lexbor builds, without recursion and with a cap on nodes; what a reader would not see is left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import unquote

from selectolax.lexbor import LexborHTMLParser, LexborNode

MAX_HTML = 4_000_000     # characters
MAX_NODES = 100_000
MAX_TABLES = 12          # nested deeper, tables are plain blocks
MAX_ATTRIBUTES = 300     # of one tag; the library compares each with each
MAX_COST = 20_000_000    # open elements, summed over all tags
MAX_QUOTES = 15
RULE = "_" * 32

_SKIPPED = frozenset({
    "head", "style", "script", "template", "title", "meta", "link", "noscript", "svg", "object", "iframe", "select", "textarea",
    "-comment", "!doctype", "-doctype", "-document-type", "map", "audio", "video", "canvas", "math",
})
_BLOCKS = frozenset({
    "address", "article", "aside", "body", "center", "dd", "div", "dl", "dt", "fieldset", "figure", "figcaption", "footer", "form",
    "h1", "h2", "h3", "h4", "h5", "h6", "header", "li", "main", "nav", "ol", "p", "pre", "section", "ul", "blockquote", "table",
    "tr", "td", "th", "caption", "hr", "html", "tbody", "thead", "tfoot", "details", "summary",
})
_VOID = frozenset({"br", "img", "hr", "meta", "link", "input", "col", "area", "base", "wbr", "o:p", "p", "li", "td", "tr", "th"})
_FORMATTING = frozenset({"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"})
_TAG = re.compile(r"<(/?)([a-zA-Z][\w:-]{0,30})[^<>]*")
_SPACED = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6"})
_SPACE = re.compile(r"[ \t\r\n\f\u00a0]+")
_HIDDEN = re.compile(r"display:none|visibility:hidden|mso-hide:all|(?:^|;)font-size:0(?:\.0+)?(?:p[xt]|em|%)?(?:;|!|$)")
_NO_MARGIN = re.compile(r"(?:^|;)margin(?:-(?:top|bottom))?:0(?:\.0+)?(?:cm|in|p[xt]|em)?(?:;|\s|$)")
_INDENT = re.compile(r"border(?:-left)?:none|margin:0(?:px)?0(?:px)?0(?:px)?[34]\dpx")
_PRE = re.compile(r"white-space:pre")


@dataclass(slots=True)
class _Block:
    """A stretch of output: finished lines with their quote depth, and the line being written."""

    lines: list[tuple[int, str]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    prefix: str = ""

    def add(self, words: str) -> None:
        self.words.append(words)

    def end(self, quote: int) -> None:
        """Ends the line being written, if there is anything on it; a hard space alone is Word's blank line."""
        if not self.words:
            return
        written = "".join(self.words)
        self.words.clear()
        line = _SPACE.sub(" ", written).strip(" ")
        if line:
            self.lines.append((quote, self.prefix + line))
            self.prefix = ""
        elif "\u00a0" in written:
            self.lines.append((quote, ""))

    def broken(self, quote: int) -> None:
        """A line break: ends the line, empty or not."""
        before = len(self.lines)
        self.end(quote)
        if len(self.lines) == before:
            self.lines.append((quote, ""))

    def blank(self, quote: int) -> None:
        if self.lines and self.lines[-1][1]:
            self.lines.append((quote, ""))


@dataclass(slots=True)
class _Table:
    layout: bool
    quote: int
    rows: list[list[_Block]] = field(default_factory=list)


def to_text(markup: str) -> str:
    """The text of an HTML body, "\\n" line ends. Never raises; what lies beyond the caps is left out."""
    markup = markup[:MAX_HTML]
    if len(markup) > 20_000 and _costly(markup):
        return _stripped(markup)
    tree = LexborHTMLParser(markup)
    root = tree.body or tree.root
    return _Walk().text(root) if root is not None else ""


def _costly(markup: str) -> bool:
    """Whether building the tree would take time quadratic in the markup: elements left open by the thousand, or formatting
    elements, which each new paragraph opens again."""
    depth = formats = cost = 0
    for match in _TAG.finditer(markup):
        closing, name = match[1], match[2].lower()
        if len(match[0]) > 2_000 and len(match[0].split(None, MAX_ATTRIBUTES)) > MAX_ATTRIBUTES:
            return True
        if name in _VOID:
            continue
        step = -1 if closing else 1
        depth = max(depth + step, 0)
        if name in _FORMATTING:
            formats = max(formats + step, 0)
        cost += depth + 30 * formats
    return cost > MAX_COST


def _stripped(markup: str) -> str:
    """The text between the tags, for markup that no mail client writes."""
    text = re.sub(r"<(?:br|/?(?:p|div|tr|li|table|h\d))\b[^<>]{0,2000}>", "\n", markup, flags=re.IGNORECASE)
    return re.sub(r"\n{3,}", "\n\n", unescape(re.sub(r"<[^<>]{0,2000}>", "", text))).strip()


class _Walk:
    def __init__(self) -> None:
        self.block = _Block()
        self.outer: list[_Block] = []      # the blocks around the table cells that are open
        self.tables: list[_Table] = []
        self.lists: list[int | None] = []  # the counters of the open lists, None for bullets
        self.quote = 0
        self.pre = 0

    def text(self, root: LexborNode) -> str:
        node, seen = root, 0
        open_nodes: list[tuple[LexborNode, list[str]]] = []
        while True:
            seen += 1
            marks = self.enter(node) if seen <= MAX_NODES else None
            child = node.child if marks is not None else None
            if marks is not None and child is not None:
                open_nodes.append((node, marks))
                node = child
                continue
            if marks:
                self.leave(marks)
            following = node.next if open_nodes and seen <= MAX_NODES else None
            while following is None and open_nodes:
                parent, marks = open_nodes.pop()
                self.leave(marks)
                following = parent.next if open_nodes and seen <= MAX_NODES else None
            if following is None:
                break
            node = following
        self.block.end(self.quote)
        return _join(self.block.lines)

    def enter(self, node: LexborNode) -> list[str] | None:
        """Writes what begins with the node and says what ends with it; None where nothing in it is to be read."""
        tag = node.tag
        if tag == "-text":
            self.words(node.text_content or "")
            return []
        if tag is None or tag in _SKIPPED:
            return None
        if tag == "br":
            self.block.broken(self.quote)
            return []
        attributes = node.attributes
        style = (attributes.get("style") or "").replace(" ", "").lower()
        if "hidden" in attributes or (style and _HIDDEN.search(style)):
            return None
        marks: list[str] = []
        if tag in _BLOCKS:
            self.begin(tag, attributes, style, marks)
        elif tag == "a":
            marks.append("a" + _address(attributes.get("href") or "", node))
        elif "mso-list:ignore" in style:  # Word writes its bullets and numbers as text
            label = _SPACE.sub("", node.text() or "")[:8]
            self.block.add(f"{label} " if label[:1].isalnum() and label[-1:] in ".)" else "- ")
            return None
        return marks

    def begin(self, tag: str, attributes: dict[str, str | None], style: str, marks: list[str]) -> None:
        self.block.end(self.quote)
        marks.append("end")
        kind = (attributes.get("class") or "").lower()
        if tag in _SPACED and not ("msonormal" in kind or "msolist" in kind or _NO_MARGIN.search(style)):
            self.block.blank(self.quote)
            marks.append("blank")
        if tag == "hr":
            self.block.lines.append((self.quote, RULE))
        elif tag == "blockquote" and (attributes.get("type") == "cite" or "quote" in kind or not _INDENT.search(style)):
            self.quote += 1
            marks.append("quote")
        elif tag == "pre" or (style and _PRE.search(style)):
            self.pre += 1
            marks.append("pre")
        elif tag in ("ul", "ol"):
            start = attributes.get("start") or "1"
            self.lists.append((int(start[:6]) if start[:6].isdecimal() else 1) if tag == "ol" else None)
            marks.append("list")
        elif tag == "li":
            self.item()
        elif tag == "table" and len(self.tables) < MAX_TABLES:
            if self.tables:
                self.tables[-1].layout = True
            self.tables.append(_Table(attributes.get("role") == "presentation", self.quote))
            marks.append("table")
        elif tag == "tr" and self.tables:
            self.tables[-1].rows.append([])
        elif tag in ("td", "th") and self.tables:
            self.cell(attributes.get("colspan") or "")
            marks.append("cell")

    def item(self) -> None:
        number = self.lists[-1] if self.lists else None
        if number is None:
            self.block.prefix = "- "
        else:
            self.block.prefix = f"{number}. "
            self.lists[-1] = number + 1

    def cell(self, span: str) -> None:
        table = self.tables[-1]
        if not table.rows:
            table.rows.append([])
        self.outer.append(self.block)
        self.block = _Block()
        table.rows[-1].append(self.block)
        if span.isdecimal() and len(span) == 1:
            table.rows[-1].extend(_Block() for _ in range(int(span) - 1))

    def leave(self, marks: list[str]) -> None:
        for mark in reversed(marks):
            if mark.startswith("a"):
                self.block.add(mark[1:])
                continue
            self.block.end(self.quote)
            if mark == "blank":
                self.block.blank(self.quote)
            elif mark == "quote":
                self.quote -= 1
            elif mark == "pre":
                self.pre -= 1
            elif mark == "list":
                self.lists.pop()
            elif mark == "cell":
                self.block = self.outer.pop()
            elif mark == "table":
                self.block.lines.extend(_rows(self.tables.pop()))

    def words(self, words: str) -> None:
        if not self.pre or "\n" not in words:
            self.block.add(words)
            return
        *lines, last = words.replace("\r", "").split("\n")
        for line in lines:
            self.block.add(line)
            self.block.broken(self.quote)
        self.block.add(last)


def _address(href: str, node: LexborNode) -> str:
    """The address behind a name that is a mailto link, to be written after it."""
    if not href.lower().startswith("mailto:"):
        return ""
    address = unquote(href[7:300]).partition("?")[0].strip()
    if not re.fullmatch(r"[^\s@<>]{1,100}@[^\s@<>]{1,100}", address) or "@" in (node.text() or "")[:1_000]:
        return ""
    return f" <{address}>"


def _rows(table: _Table) -> list[tuple[int, str]]:
    """The lines of a table: a row a line where it holds data, the cells' lines one after another where it only lays out."""
    filled = [[[line for line in cell.lines if line[1]] for cell in row] for row in table.rows]
    single = len([row for row in filled if any(row)]) < 2
    tall = 1 if single else 3
    layout = table.layout or any(len(cell) > tall or any(len(line[1]) > 400 for line in cell) for row in filled for cell in row)
    lines: list[tuple[int, str]] = []
    for row, cells in zip(table.rows, filled, strict=True):
        if layout or (sum(map(bool, cells)) < 2 and len(cells) == 1):
            for cell in row:
                lines.extend(cell.lines)
        elif any(cells):
            lines.append((table.quote, "\t".join(_one_line([line for _, line in cell]) for cell in cells)))
    return lines


def _one_line(lines: list[str]) -> str:
    joined = ""
    for line in lines:
        joined += (" " if not joined or joined[-1] in ",:;-/&" else ", ") + line if joined else line
    return joined.replace("\t", " ")


def _join(lines: list[tuple[int, str]]) -> str:
    """The lines with their quote marks; no blank lines at the ends, never three in a row."""
    written: list[str] = []
    blank = 2
    for quote, line in lines:
        blank = 0 if line else blank + 1
        if blank <= 2:
            written.append(f"{'>' * min(quote, MAX_QUOTES)} {line}".rstrip() if quote else line.rstrip())
    return "\n".join(written).strip("\n")
