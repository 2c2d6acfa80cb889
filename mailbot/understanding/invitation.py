"""An invitation to a course, read: its title, days, price, deadline, seats, and who stands behind it.

A fact is read where the text says it and nowhere else; what is not told stays empty, and what somebody should look at
stands in `doubts`. The words that are looked for stand in `words/invitation.toml`. Any text is read without raising, in
time linear in its first `leaflet.MOST_TEXT` characters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from mailbot.understanding import dates, figures, hosts, programme
from mailbot.understanding.figures import Price
from mailbot.understanding.leaflet import clean, cue, section, sentences
from mailbot.understanding.lexicon import alternatives, words
from mailbot.understanding.programme import Held
from mailbot.understanding.reading import Address, Reason

LONGEST_TITLE = 80


@dataclass(frozen=True, slots=True)
class Invitation:
    """What an invitation tells; "", None and () for what it does not."""

    title: str
    aliases: tuple[str, ...]
    language: str  # "da" or "en"
    meetings: tuple[Held, ...]
    deadline: date | None
    cancel_free_until: date | None
    price: Price | None
    capacity: int | None
    address: str
    contact: Address | None
    organisation: str  # the contact's
    organisers: tuple[str, ...]
    facilitators: tuple[str, ...]
    target_group: str
    returning_welcome: str
    terms: str
    doubts: tuple[Reason, ...]


def read(text: str, today: date) -> Invitation:
    """What `text` tells of a course; `today` is the day from which days without a year are counted."""
    text = clean(text)
    told = programme.read(text, today)
    title = _title(text)
    behind = hosts.organisers(text)
    address, sure = hosts.signup_address(text)
    contact, organisation = hosts.contact(text, address, behind)
    price = figures.price(text)
    doubts = list(told.doubts)
    if address and not sure:
        doubts.append(Reason("several_addresses", {"address": address}))
    if price and price.others:
        doubts += [Reason("other_price", {"words": words}) for words in price.others]
    if price and price.amount and not price.sure:
        doubts.append(Reason("vat_unsaid"))
    target, returning = _target_group(text)
    return Invitation(
        title=title, aliases=_aliases(text, title), language=_language(text), meetings=tuple(told.meetings), deadline=told.deadline,
        cancel_free_until=told.cancel_free_until, price=price, capacity=figures.capacity(text), address=address, contact=contact,
        organisation=organisation, organisers=behind, facilitators=hosts.facilitators(text, behind), target_group=target,
        returning_welcome=returning, terms=_sentence(text, "terms"), doubts=tuple(doubts),
    )  # fmt: skip


def _language(text: str) -> str:
    tokens = re.findall(r"[a-zæøå]+", text.lower())
    english, danish = (frozenset(words("invitation")["other"][key]) for key in ("english", "danish"))
    return "en" if sum(t in english for t in tokens) > sum(t in danish for t in tokens) else "da"


# -- the title ----------------------------------------------------------------------------------


def _title(text: str) -> str:
    """What the course is called: behind "Invitation til", as a heading, in quotes behind "kurset", else the first line."""
    lines = [line.strip(" \t*•#_=-–") for line in text.split("\n") if line.strip(" \t*•#_=-–")][:60]
    before = re.compile(rf"(?:{'|'.join(words('invitation')['title']['before'])})\s?[:–-]?\s+(.{{3,{LONGEST_TITLE}}})$", re.IGNORECASE)
    for line in lines[:8]:
        hit = before.match(line)
        if hit and not _unfinished(hit.group(1)) and len(hit.group(1)) <= LONGEST_TITLE:
            return _as_title(hit.group(1))
    heading = max(lines, key=lambda line: (_heading(line), -lines.index(line)), default="")
    if _heading(heading) > 1:
        return _as_title(heading)
    courses = "|".join(words("invitation")["title"]["courses"])
    quoted = re.search(rf"(?i)(?:{courses})\s{{1,2}}[»“”\"'‘„]([^»«“”\"\n]{{3,{LONGEST_TITLE}}})[«“”\"'’]", text)
    if quoted:
        return _as_title(quoted.group(1))
    first = next((line for line in lines if _may_be_title(line)), "")
    return _as_title(first)


def _unfinished(line: str) -> bool:
    return line.split()[-1].lower() in words("invitation")["title"]["unfinished"]


def _may_be_title(line: str) -> bool:
    greeting = line.partition(" ")[0].lower().strip(",:") in words("invitation")["title"]["greeting"]
    return 3 <= len(line) <= LONGEST_TITLE and not greeting and not dates.find(line) and not line.endswith((":", ",")) and "@" not in line


def _heading(line: str) -> int:
    """How much a line looks like the heading of all: capitals, a year, short, no sentence."""
    if not _may_be_title(line) or ":" in line or line.endswith((".", "?", "!")) or len(line) > 60 or _unfinished(line):
        return 0
    letters = [c for c in line if c.isalpha()]
    year = bool(re.search(r"\b20\d\d\b", line))
    loud = len(letters) >= 8 and all(c.isupper() for c in letters) and (year or len(line.split()) > 1)
    return 3 * loud + 2 * (year and line[0].isupper() and len(line.split()) <= 7)


def _as_title(line: str) -> str:
    line = " ".join(line.split()).strip(" \"»«“”.,:;–-")
    letters = [c for c in line if c.isalpha()]
    return line.capitalize() if letters and all(c.isupper() for c in letters) else line


def _aliases(text: str, title: str) -> tuple[str, ...]:
    """What else the course may be called: its title without the year, and what it is invited to ("lederforløb om …")."""
    seasons = alternatives(words("invitation")["title"]["seasons"])
    short = re.sub(rf"(?i)[\s,–-]*(?:{seasons}\s?)?\b20\d\d(?:[/–-]\d{{2,4}})?\b", "", title).strip(" ,–-").lower()
    found = [short] if short and short != title.lower() else []
    before, about = (alternatives(words("invitation")["title"][key]) for key in ("open_before", "open_after"))
    open_end = re.search(rf"(?im)^[^\w\n]{{0,9}}{before} (.{{3,40}}?)\s+({about})\s*$", text)
    if open_end and short:
        found.append(f"{open_end.group(1)} {open_end.group(2)} {short}".lower())
    return tuple(found)


# -- in its own words ---------------------------------------------------------------------------


def _target_group(text: str) -> tuple[str, str]:
    """Whom the course is for, and what it says to those who took part before."""
    flowing = list(sentences(section(text, "target_group")))
    returning = next((s for s in [*flowing, *sentences(text)] if cue("other", "returning").search(s)), "")
    whole = " ".join(s for s in flowing if s != returning)
    prefix = cue("other", "target_prefix").search(whole)
    said = whole[prefix.end() :] if prefix else whole
    return said[:1].upper() + said[1:600], returning[:400]


def _sentence(text: str, key: str) -> str:
    return next((s[:400] for s in sentences(text) if cue("other", key).search(s)), "")
