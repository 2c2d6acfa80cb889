"""Who stands behind an invitation: the organisers, those who lead the course, where to sign up, and whom to write to."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mailbot.understanding import addresses, names, organisations, titles
from mailbot.understanding.addresses import Spot
from mailbot.understanding.gazetteer import is_first_name
from mailbot.understanding.leaflet import cue, end, sentences, value
from mailbot.understanding.lexicon import alternatives, words
from mailbot.understanding.reading import Address

NEAR = 90  # characters before an address that say what it is for
MOST = 12


# -- organisers and facilitators ----------------------------------------------------------------


def organisers(text: str) -> tuple[str, ...]:
    """Those who offer the course, as they are named."""
    told = value(text, "organisers")
    if told:
        return _listed(told)
    for sentence in sentences(text):
        if hit := cue("people", "organised").search(sentence):
            return _listed(sentence[hit.end() :])
    for sentence in sentences(text):
        hit = cue("people", "inviting").search(sentence)
        who = _article().sub("", sentence[: hit.start()].strip()) if hit else ""
        if who[:1].isupper() and len(who.split()) > 1 and (organisations.find(who) or all(w[0].isupper() for w in who.split())):
            return _listed(who)
    return ()


def _listed(text: str) -> tuple[str, ...]:
    """The parts of "A, B og C"; each begins with a capital and is no sentence."""
    end = re.search(rf"\.(?:\s|$)|\s{alternatives(words('invitation')['people']['going_on'])}\s(?=[a-zæøå])|\n", text)
    pieces = cue("people", "joined").split(text[: end.start() if end else 400])
    found = (" ".join(piece.split()).strip(" .:()") for piece in pieces)
    return tuple(dict.fromkeys(p for p in found if 2 < len(p) <= 80 and p[0].isupper() and len(p.split()) <= 8))[:MOST]


def _article() -> re.Pattern[str]:
    return re.compile(rf"(?i)^{alternatives(words('invitation')['people']['articles'])}\s")


def facilitators(text: str, hosts: Sequence[str]) -> tuple[str, ...]:
    """The people who lead the course."""
    told = value(text, "facilitators")
    if told and (found := people(told, hosts)):
        return found
    return tuple(dict.fromkeys(n for s in sentences(text) if cue("people", "facilitated").search(s) for n in people(s, hosts)))[:MOST]


def people(text: str, hosts: Sequence[str]) -> tuple[str, ...]:
    """The people named in `text`, organisers left out."""
    return tuple(dict.fromkeys(name.value for name in _names(text, hosts)))


def _names(text: str, hosts: Sequence[str]) -> list[names.Name]:
    claimed = [m.span() for host in hosts for m in re.finditer(re.escape(host), text)]
    claimed += [m.span() for m in re.finditer(rf"(?i)(?<!\w){alternatives(words('invitation')['people']['from'])}(?!\w)", text)]
    claimed += [(p.start, p.end) for p in organisations.find(text)] + [(t.start, t.end) for t in titles.find(text)]
    found = [n for n in names.find(text, claimed) if n.score >= 0.5]
    # Whoever is never a participant (`words/names.toml`) may well lead the course.
    for match in _SHAPED.finditer(text):
        taken = [*claimed, *((n.start, n.end) for n in found)]
        if is_first_name(match.group(1)) and not any(a < match.end() and match.start() < b for a, b in taken):
            found.append(names.Name(match.group(), match.start(), match.end(), 0.5))
    return sorted(found, key=lambda n: n.start)


_SHAPED = re.compile(r"(?<!\w)([A-ZÆØÅ][a-zæøåéü]{1,20}) [A-ZÆØÅ][a-zæøåéü]{1,24}(?!\w)")


# -- where to sign up, and whom to ask ----------------------------------------------------------


def signup_address(text: str) -> tuple[str, bool]:
    """The address that signups are sent to ("" where there is none), and whether the text leaves no choice."""
    spots = addresses.find(text)
    if not spots:
        return "", False
    ranked = sorted(spots, key=lambda spot: -_fits(text, spot))
    best = ranked[0]
    alone = len({s.email for s in spots}) == 1
    return best.email, alone or _fits(text, best) > max(_fits(text, s) for s in ranked if s.email != best.email)


def _fits(text: str, spot: Spot) -> int:
    before = re.split(rf"\n\s*\n|{end().pattern}", text[max(0, spot.start - NEAR) : spot.start])[-1]
    line = text[text.rfind("\n", 0, spot.start) + 1 : spot.start]
    near, off = cue("signup", "near"), cue("signup", "not_near")
    return (
        2 * bool(near.search(before)) + 2 * bool(near.search(line)) + 2 * bool(cue("signup", "local").search(addresses.local(spot.email)))
        - 3 * bool(off.search(line) or off.search(before[-40:]))
    )  # fmt: skip


def contact(text: str, address: str, hosts: Sequence[str]) -> tuple[Address | None, str]:
    """Whom to write to, with their organisation: who is named as contact, else whose address signups go to."""
    told = value(text, "contact")
    spots = addresses.find(told)
    flowing = [(sentence, name) for sentence in sentences(text) for name in _names(sentence, hosts)]
    if told and (named := people(told, hosts)):
        who = Address(named[0], spots[0].email if spots else address)
    else:
        fitting = max((name for _, name in flowing), key=lambda n: addresses.belongs(address, n.value), default=None)
        if fitting is None or not addresses.belongs(address, fitting.value):
            return None, ""
        who = Address(fitting.value, address)
    return (who, _house([(s, n) for s, n in flowing if n.value == who.name], hosts)) if who.email else (None, "")


def _house(where: Sequence[tuple[str, names.Name]], hosts: Sequence[str]) -> str:
    """The organiser that stands behind the name ("Lisbet Vestergaard fra Tænketanken"), or the only one."""
    for text, name in where:
        after = " ".join(text[name.end : name.end + 60].split())
        for host in hosts:
            if re.match(rf"(?i),?\s?\(?(?:{'|'.join(words('invitation')['people']['from'])})?\s?{re.escape(host.split()[0])}", after):
                return host
    return hosts[0] if len(hosts) == 1 else ""
