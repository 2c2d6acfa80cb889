"""Things in a row: `Rikke Nygaard, souschef, Thisted Bibliotek`, a table cell, a list item, a piece of a signature line.

The pieces between commas, slashes and brackets are typed by what they look like, whatever their order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from mailbot.understanding import diets, names, titles
from mailbot.understanding.entities import Mark
from mailbot.understanding.facts import Found, Record, best_phone, from_mark
from mailbot.understanding.gazetteer import is_first_name, is_place
from mailbot.understanding.lexicon import alternatives, cues, group, listed, pattern, words

_STRONG = re.compile(r"\s+/\s+|\s*[|•;\t]\s*|\s+·\s+|(?<=\D)/(?=\D)(?!\w{1,2}(?:\W|$))")
_BRACKETS = re.compile(r"\s*[()<>\[\]]\s*")


@cache
def _weak() -> re.Pattern[str]:
    """Between the pieces of a row that has no clearer separators."""
    between = alternatives(words("rows")["between"])
    return re.compile(rf"\s*[,;()<>\[\]|•\t]\s*|\s+[-–—/·]\s+|\.\s+(?=[A-ZÆØÅ])|\s+{between}\s+(?=\S)")


@cache
def _lead() -> re.Pattern[str]:
    """A bullet, a number or a letter before an entry: `- `, `2) `, `Deltager 2: `."""
    numbered = rf"{group('rows', 'numbered')}\s*\d{{1,2}}\s*[:.)]?\s*"
    return re.compile(rf"^(?:(?:[-–—*•·‣▪►→✓]|o(?=\s))\s*|\(?\d{{1,2}}[.):]\s*|[a-hA-H][.)]\s+|{numbered})+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    start: int
    end: int


def bullet(text: str) -> int:
    """The length of a bullet or number before an entry, 0 where there is none."""
    lead = _lead().match(text)
    return lead.end() if lead and lead.end() < len(text) else 0


def is_self(text: str) -> bool:
    return bool(cues("rows", "writer").match(text.strip()))


def is_nobody(text: str) -> bool:
    return any(cues("rows", key).match(text.strip()) for key in ("nobody", "name_follows"))


def pieces(text: str, start: int, separator: re.Pattern[str], marks: Sequence[Mark] = ()) -> list[Piece]:
    """The pieces of a text between separators, but for those within a title or a place (`Afdelingsleder / Abteilungsleiter`)."""
    found, at = [], 0
    wholes = [(m.start - start, m.end - start) for m in marks if m.kind in ("title", "organisation")]
    for cut in [*(c for c in separator.finditer(text) if not any(a < c.start() and c.end() < b for a, b in wholes)), None]:
        end = cut.start() if cut else len(text)
        raw = text[at:end]
        inner = raw.strip(" \u00a0\t,.;:–-*")
        if inner:
            left = start + at + raw.index(inner)
            found.append(Piece(inner, left, left + len(inner)))
        if cut:
            at = cut.end()
    return found


def split(text: str, start: int, marks: Sequence[Mark] = ()) -> list[Piece]:
    """The pieces of a row: by strong separators where it has them (and brackets), else by commas as well."""
    if _STRONG.search(text):
        return [p for piece in pieces(text, start, _STRONG, marks) for p in (pieces(piece.text, piece.start, _BRACKETS, marks) or [piece])]
    return pieces(
        text,
        start,
        _weak(),
        [m for m in marks if "," in m.value or (m.kind == "title" and not listed("particles", "and").isdisjoint(m.value.split(" ")))],
    )


def record(text: str, start: int, marks: list[Mark], module: str, form: str = "item", source: str = "text") -> Record:
    """Everything that a row tells. `marks` are those of the whole stretch; `start` is the row's place in the source."""
    end = start + len(text)
    inside = [m for m in marks if start <= m.start and m.end <= end]
    made = Record(place=start, form=form)
    rows = split(text, start, inside)
    if (name := turned(text)) and not any(m.start < start + name[1] for m in inside if m.kind != "name"):
        made.fields["name"] = Found(name[0], start, start + name[1], module, source)
    _who(made, rows, inside, module, source)
    for mark in inside:
        if (
            mark.kind in ("ean", "ean_invalid", "cvr", "reference", "organisation")
            and not (mark.off and mark.kind != "reference")
            and mark.rank < 2
        ):
            made.put(mark.kind, from_mark(mark, module, source))
        elif mark.kind == "email" and not mark.off:
            made.put("email", from_mark(mark, module, source))
    if (phone := best_phone(inside)) is not None:
        made.put("phone", from_mark(phone, module, source))
    _title(made, text, rows, inside, module, source)
    _diet(made, rows, inside, module, source)
    return made


def turned(text: str) -> tuple[str, int] | None:
    """The name of a row that begins with a last name and the first names, and where it ends: `Winkel, Birthe Marie (souschef)`."""
    head = _TURNED.match(text)
    name = names.turned(head.group()) if head and not is_first_name(head.group("last")) else None
    return (name, head.end()) if head and name else None


_TURNED = re.compile(
    r"(?P<last>[A-ZÆØÅ][^\W\d_]+(?:-[^\W\d_]+)?), [A-ZÆØÅ][^\W\d_]+(?:[ -][A-ZÆØÅ][^\W\d_]+)?(?=\s*(?:$|[,;(|/\t:]|[-–]\s))"
)


def _who(made: Record, rows: list[Piece], inside: list[Mark], module: str, source: str) -> None:
    named = next((m for m in inside if m.kind == "name"), None)
    if rows and is_self(rows[0].text):
        made.writer = True
    if "name" in made.fields:
        return
    if named is not None and not any(pattern("rows", "copy_to").match(r.text) and r.start <= named.start < r.end for r in rows):
        made.fields["name"] = from_mark(named, module, source)
        return
    for piece in rows[:2]:
        taken = any(m.start < piece.end and piece.start < m.end for m in inside if m.kind not in ("name", "reference"))
        if (
            not taken
            and not is_self(piece.text)
            and not is_nobody(piece.text)
            and (names.shaped(piece.text) or names.known(piece.text))
            and not _plain_word(piece.text)
        ):
            made.fields["name"] = Found(" ".join(piece.text.split()), piece.start, piece.end, module, source, 0.7)
            return


def _plain_word(text: str) -> bool:
    return diets.value(text) is None or is_place(text) or bool(pattern("diets", "kinds").fullmatch(text))


def _last_area(rows: list[Piece], inside: list[Mark], row: str, place: int) -> Piece:
    """The last of the areas that begin with the first of `rows`: `teamleder, musik og film`."""
    last = rows[0]
    for more in rows[1:]:
        if (
            row[last.end - place : more.start - place].strip(" ") not in listed("particles", "and")
            or len(more.text.split()) > 1
            or not _area(more, inside, True)
        ):
            break
        last = more
    return last


def _title(made: Record, row: str, rows: list[Piece], inside: list[Mark], module: str, source: str) -> None:
    name = made.fields.get("name")
    for at, piece in enumerate(rows):
        text, start = piece.text, piece.start
        if name and name.start <= start < name.end:
            text, start = text[name.end - start :].lstrip(" ,.:–-"), piece.end - len(text[name.end - start :].lstrip(" ,.:–-"))
        job = next((m for m in inside if m.kind == "title" and start <= m.start < piece.end), None)
        if job is None:
            continue
        whole = titles.whole(text) if text else None
        if whole is None or any(m.kind in ("organisation", "name") and m.rank < 3 and start <= m.start < piece.end for m in inside):
            made.put("title", from_mark(job, module, source))
            return
        end = start + len(text)
        following = rows[at + 1] if at + 1 < len(rows) else None
        acronym = following is not None and following.text.split()[0].isupper() and len(following.text.split()[0]) > 1
        if following and acronym and following.text[0].isalpha() and _area(following, inside, bool(name)):
            made.put("title", Found(whole, start, min(end, start + len(whole)), module, source))
            made.put("organisation", Found(following.text, following.start, following.end, module, source, 0.6))
        elif following and following.start - piece.end == 2 and end == piece.end and _area(following, inside, bool(name)):
            last = _last_area(rows[at + 1 :], inside, row, made.place)
            area = row[following.start - made.place : last.end - made.place]
            made.put("title", Found(f"{whole}, {area}", start, last.end, module, source, 0.8))
        else:
            made.put("title", Found(whole, start, min(end, start + len(whole)), module, source))
        return


def _area(piece: Piece, inside: list[Mark], in_list: bool) -> bool:
    """Whether the piece after a title still belongs to it: `Teamleder, Børn og Familier`."""
    if any(m.start < piece.end and piece.start < m.end for m in inside if m.kind != "name") or re.search(r"\d|@", piece.text):
        return False
    if (
        cues("rows", "remarks").match(piece.text)
        or cues("rows", "same_answer").fullmatch(piece.text)
        or piece.text.split()[0].lower() in listed("names", "starters")
        or is_place(piece.text)
        or len(piece.text.split()) > 6
        or pattern("rows", "never_area").search(piece.text)
    ):
        return False
    return piece.text[0].isupper() or not in_list or _one_or_two(piece.text)


def _one_or_two(text: str) -> bool:
    """Whether a text is one word, or two with `og` between them: `musik og film`."""
    said = text.split(" ")
    joint = len(said) == 3 and said[1] in listed("particles", "and")
    return (len(said) == 1 or joint) and all(re.fullmatch(r"[\w-]+", word) for word in (said[0], said[-1]))


def _diet(made: Record, rows: list[Piece], inside: list[Mark], module: str, source: str) -> None:
    """The diet of a row: the whole of its piece (`delvis vegetar, helst fisk`) where that says little more, without its label."""
    mark = next((m for m in inside if m.kind == "dietary"), None)
    if mark is None:
        return
    piece = next((r for r in rows if r.start <= mark.start and mark.end <= r.end), None)
    if piece is None or len(piece.text) - len(mark.value) >= 14 or cues("rows", "sentence").search(piece.text):
        made.put("dietary", from_mark(mark, module, source))
        return
    label = _LABEL.match(piece.text) or cues("rows", "before_diet").match(piece.text)
    skip = label.end() if label and piece.start + label.end() <= mark.start else 0
    made.put("dietary", Found(piece.text[skip:], piece.start + skip, piece.end, module, source))


_LABEL = re.compile(r"[^\W\d_]{2,12}[:!]\s*")
