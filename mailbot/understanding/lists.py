"""People in lists: entries with a bullet or a number, lines that begin with a name (or a title and a name), cards whose
data stand on the lines below, and lines that are nothing but data.
"""

from __future__ import annotations

import re
from functools import cache

from mailbot.understanding import diets, items, names, titles
from mailbot.understanding.entities import Mark
from mailbot.understanding.facts import SHARED, Found, Record, from_mark
from mailbot.understanding.gazetteer import is_first_name
from mailbot.understanding.lexicon import alternatives, cues, pattern, words
from mailbot.understanding.rosters import Roster
from mailbot.understanding.voices import Line


def from_lists(lines: tuple[Line, ...], marks: list[Mark], roster: Roster, skip: tuple[str, ...], source: str = "text") -> None:
    """The people of list entries: lines with a bullet or number, and lines that begin with a name. `skip`: names that
    are no participants (whom the mail is written to)."""
    for at, line in enumerate(lines):
        if at in roster.lines or not line.text or len(line.text) > 300:
            continue
        lead = items.bullet(line.text)
        start, text = line.start + lead, line.text[lead:]
        inside = [m for m in marks if start <= m.start and m.end <= line.end]
        people = [m for m in inside if m.kind == "name"]
        if len(people) > 1 and not pattern("rows", "copy_to").search(text):
            continue
        if lead and (items.is_nobody(text) or cues("rows", "name_follows").search(text)):
            roster.nobody += 1
            roster.lines.add(at)
            continue
        office = people and _titled(text[: people[0].start - start], [m for m in inside if m.end <= people[0].start])
        entry = (people and (people[0].start <= start + 1 or office)) or (
            lead and (items.is_self(text) or (people and people[0].start < start + 45))
        )
        if lead and not people and not entry:
            head = re.split(r"\s*[,;(/]\s*|\s[-–]\s", text)[0].strip()
            entry = (
                (len(head.split()) > 1 and (names.shaped(head) or names.known(head)))
                or (names.shaped(head) and is_first_name(head) and head != text)
                or items.turned(text) is not None
            )
        turned = items.turned(text) if not lead and any(m.kind in ("title", "email", "phone") for m in inside) else None
        if not lead and turned and text[turned[1] :].strip():
            entry, people = True, []
        if not entry:
            continue
        if not lead and not _row(text, people[0].end - start if people else turned[1] if turned else 0, lines):
            continue
        if people and any(names.same(people[0].value, name) == 2 for name in skip):
            continue
        if office and people[0].start > start and _area_below(text[: people[0].start - start], at, lines, roster):
            continue
        record = items.record(text, start, marks, "items", source=source)
        if "name" in record.fields or record.writer:
            _like_above(record, text, roster.records)
            record.joins = 1.5 if lead or len(record.fields) > 1 else 0.5
            roster.records.append(record)
            roster.lines.add(at)


def _area_below(lead: str, at: int, lines: tuple[Line, ...], roster: Roster) -> bool:
    """Whether a title with a comma behind it stands below the name of a card, so that its area follows and no second name."""
    above = next((r for r in roster.records if lines[at - 1].start <= r.place < lines[at - 1].end), None) if at else None
    return lead.endswith(", ") and above is not None and "title" not in above.fields


def _like_above(record: Record, text: str, above: list[Record]) -> None:
    """`samme titel og samme sted`: what the entry above says. And whether the entry says that the person took part before."""
    for key, same in (("title", "same_title"), ("organisation", "same_place"), ("ean", "same_ean"), ("reference", "same_reference")):
        if above and key not in record.fields and cues("rows", same).search(text):
            record.put(key, above[-1].fields.get(key))
    if hit := cues("roles", "returning").search(text):
        start = record.place + hit.start()
        record.returning = record.returning or Found("true", start, start + len(hit.group()), "items", "text", 0.9)


def from_data(lines: tuple[Line, ...], marks: list[Mark], roster: Roster) -> None:
    """Lines that are nothing but data (`områdeleder / Nyborg Bibliotek / mobil 4093 6128`): of the person whose entry
    stands right above, else of the writer or of the only participant."""
    entries = {line.start: at for at, line in enumerate(lines)}
    above = {
        at: r for r in roster.records if r.form in ("item", "table") for start, at in entries.items() if start <= r.place <= lines[at].end
    }
    for at, line in enumerate(lines):
        owner = above.get(at - 1)
        if at in roster.lines or not line.text or (data := _data(line, marks, owner)) is None:
            continue
        start, text, inside = data
        diet = next((m for m in marks if m.kind == "dietary" and start <= m.start and m.end == start + len(text)), None)
        if owner and diets.is_food(text):
            owner.put("dietary", Found(text, start, start + len(text), "items", "text", 0.8))
            roster.lines.add(at)
        elif owner and diet and (diet.start == start or text.lower().startswith(tuple(words("diets")["eaten"]))):
            owner.put("dietary", from_mark(diet, "items"))
            roster.lines.add(at)
            above[at] = owner
        elif owner and not inside and not _job(text) and _aside(text):
            above[at] = owner
        elif (owner and _job(text)) or _nothing_else(text, start, inside, owner):
            for_all = bool(cues("rows", "for_all").search(line.text))
            _share(items.record(text, start, marks, "items"), owner, for_all, roster)
            if start + len(text) >= line.end - 2:
                roster.lines.add(at)
            if owner and not for_all:
                above[at] = owner


def _data(line: Line, marks: list[Mark], owner: Record | None) -> tuple[int, str, list[Mark]] | None:
    """What may be data of a line: where it begins, its text behind a label or bullet, and what is marked in it."""
    if len(line.text) > 250:
        return None
    lead = re.match(r"[^:.!?\d]{0,60}:\s+(?=\S)", line.text)
    if lead and (names.person_word(first := re.split(r"\W", line.text)[0]) or names.person_word(first.removesuffix("s"))):
        return None  # "Bos oplysninger: …"
    start = line.start + (lead.end() if lead else items.bullet(line.text))
    text = line.text[start - line.start :]
    inside = [m for m in marks if start <= m.start and m.end <= line.end and m.kind != "dietary"]
    if any(m.kind == "name" for m in inside) and not (owner and _job(text)):
        return None
    if (not owner and len({m.kind for m in inside}) < 2) or (not inside and not owner):
        return None
    sentence = re.split(r"\.\s+(?=[A-ZÆØÅ])", text)[0]
    if len(sentence) < len(text) - 2 and not owner:
        text = sentence
        inside = [m for m in inside if m.end <= start + len(text)]
    return start, text, inside


def _job(text: str) -> bool:
    return titles.whole(text) is not None and len(text) < 60 and not re.search(r"[.!?]\s", text)


def _nothing_else(text: str, start: int, inside: list[Mark], owner: Record | None) -> bool:
    """Whether a line is data and little else."""
    rows = items.split(text, start)
    typed = sum(any(m.start < r.end and r.start < m.end for m in inside) for r in rows)
    covered = sum(m.end - m.start for m in inside)
    alone = owner is not None and len(inside) == 1 and _labelled(text, start, inside[0])
    return (
        typed >= (0.5 if owner else 0.6) * len(rows)
        and (covered >= 0.45 * len(text) or alone)
        and not pattern("rows", "verbs").search(text)
    )


def _share(made: Record, owner: Record | None, for_all: bool, roster: Roster) -> None:
    """Gives data to their owner, or to all what is told for all."""
    for key, found in made.fields.items():
        if key in ("email", "phone") and for_all and owner is None:
            continue  # whom the invoice goes to
        if key != "name":
            target = roster.common if for_all and key in SHARED else owner
            (target or (roster.common if key in SHARED and roster.records else roster.loose)).put(key, found)


def _labelled(text: str, start: int, mark: Mark) -> bool:
    """Whether a line is one reference behind its label: `projektnr. 22-1702`."""
    return mark.kind == "reference" and mark.end >= start + len(text) - 1 and mark.start - start < 30


@cache
def _degrees() -> re.Pattern[str]:
    return re.compile(rf"{alternatives(words('titles')['degrees'])}\.?[\w.]*", re.IGNORECASE)


def _titled(lead: str, marks: list[Mark]) -> bool:
    """Whether only a title (or a degree) stands before the name of an entry: `Souschef Mads Kjær`."""
    plain = _degrees().sub("", lead).strip(" ,.:")
    return not plain or (any(m.kind == "title" for m in marks) and len(plain) < 50 and plain.lower() == marks[0].value.lower())


def _aside(text: str) -> bool:
    """A department or a street between a person's data: short and no sentence."""
    return len(text.split()) <= 6 and not re.search(r"[.!?:]$", text) and text[0].isupper()


def _row(text: str, end: int, lines: tuple[Line, ...]) -> bool:
    """Whether a line that begins with a name is an entry, no sentence."""
    rest = text[end:]
    if not rest.strip():
        return len(lines) > 1
    return (
        bool(re.match(r"\s*(?:[,(<;|\t/:]|[-–]\s|\s[-–])", rest))
        and not re.search(r"[.!?]\s+[A-ZÆØÅ]\w+ \w+ \w+", rest)
        and len(text) < 200
    )
