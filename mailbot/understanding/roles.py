"""Who of those named does what: takes part, leaves, stays, or is only mentioned. The words around a name decide,
with the intent of the message.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise

from mailbot.understanding.facts import Record
from mailbot.understanding.lexicon import alternatives, cues, ending, group, words
from mailbot.understanding.sentences import contexts
from mailbot.understanding.told import Told

SPOKEN = ("prose", "copied")  # people of sentences, whose part the words around them decide


@cache
def _numbers() -> dict[str, int]:
    """Number words with their value."""
    return {word: value for value, row in enumerate(words("roles")["numbers"], 1) for word in row}


@cache
def _seats() -> re.Pattern[str]:
    """`tre gode pladser`, `vi kommer to i alt`."""
    several = alternatives(n for n, value in _numbers().items() if value > 1)
    return re.compile(
        rf"(?<![\w.,-])(?P<n>\d{{1,2}}|{alternatives(_numbers())})(?: {group('roles', 'kind_of_seats')}\b)?(?: \w{{2,14}})? ?"
        rf"{alternatives(words('roles')['seats'])}(?!\w)"
        rf"|\b{group('roles', 'how_many')} (?P<m>\d|{several})(?= (?:{group('roles', 'in_all')}|:)|[:.,!]|$)",
        re.IGNORECASE | re.MULTILINE,
    )


def seats(text: str) -> int | None:
    """How many seats the text asks for (the largest number said), None where it says no number."""
    found = []
    for match in _seats().finditer(text[:4_000]):
        before = text[max(0, match.start() - 25) : match.start()].lower()
        if ending("roles", "no_seats").search(before) or _employees().match(text[match.end() - 12 : match.end()].lower()):
            continue
        word = (match.group("n") or match.group("m")).lower()
        found.append(int(word) if word.isdigit() else _numbers()[word])
    return max((n for n in found if n < 30), default=None)


@cache
def _employees() -> re.Pattern[str]:
    return re.compile(rf"\s*{alternatives(words('roles')['employees'])}")


def more(text: str, named: int) -> int:
    """How many seats are asked for besides those of the `named` others: `en plads mere`, `mig og en kollega`."""
    text = text[:4_000]
    if hit := cues("roles", "one_more").search(text):
        word = hit.group("n").lower()
        return int(word) if word.isdigit() else _numbers().get(word, 1)
    return 1 if not named and cues("roles", "with_somebody").search(text) else 0


def _near(pattern_key: str, text: str, behind: bool) -> re.Match[str] | None:
    compiled = _edge("roles" if pattern_key in words("roles") else "persons", pattern_key, behind)
    return compiled.search(text) if behind else compiled.match(text)


@cache
def _edge(file: str, key: str, behind: bool) -> re.Pattern[str]:
    """Patterns that stand right before a name (with a few words or other names between), or right after it."""
    gap = r"[^.!?;:\n]{0,60}?(?<!\w)"
    entries = "|".join(f"(?:{e.replace('…', gap)})" for e in words(file)[key])
    if behind:
        return re.compile(rf"(?<!\w)(?:{entries})(?:\s+(?:[\w\-]+,?\s+){{0,3}})?[\s(,:–-]*$", re.IGNORECASE)
    return re.compile(rf"(?:{entries})", re.IGNORECASE)


def judge(told: Told, records: list[Record]) -> None:
    """Sets on each record of sentences how strongly the words around it say that the person takes part: the strongest
    of all that is said of them."""
    for record in records:
        if record.form not in SPOKEN or "name" not in record.fields:
            continue
        around = contexts(told.text, record, told.spans, records)
        said = 0.5 * ("title" in record.fields) + 0.7 * ("email" in record.fields) + 1.0 * record.wished
        scores = [_joins(before, after) for before, after in around]
        only = [s < 0 for s in scores]
        record.only_mentioned = (
            record.declined
            or (any(only) and max(scores) < (1.0 if _was_there(around, scores) else 1.5) and not record.wished)
            or any(_already(told, before) for before, _ in around)
        )
        record.joins = said + (min(scores) if record.only_mentioned else max(*scores, 0.0) if record.wished else max(scores))
        record.waiting_only = any(cues("roles", "waiting_only").search(before[-150:] + " " + after[:150]) for before, after in around)
    if len(records) == 1 and told.says("roles", "both"):
        _makes_two(told, records[0])
    _together(told, records)


def _makes_two(told: Told, other: Record) -> None:
    """`Begge to`, `os to`: the writer and the only one named, unless that is the chief."""
    if not any(cues("persons", "only_mentioned").search(_clause(before)[-50:]) for before, _ in contexts(told.text, other, told.spans, [])):
        other.joins, other.only_mentioned = max(other.joins, 2.0), False


def _joins(before: str, after: str) -> float:
    """How strongly one mention says that the person takes part; below 0 where it is said of somebody in passing."""
    begins = cues("roles", "new_clause").search(before) and (cues("roles", "has_verb").match(after) or beside("", after))
    clause = "" if begins else _clause(before)
    joining = _near("joins", clause, True)
    score = 1.0 * bool(joining) + 0.7 * bool(_edge("persons", "comes", False).search(after[:60]))
    together = beside(before, after)
    score += 1.5 * together + 1.0 * bool(_announced().search(before))
    return score - 3.0 if _passing(clause, after, bool(joining) or together) else score


@cache
def _announced() -> re.Pattern[str]:
    """`… tilmelder følgende: `, and perhaps a title, before a name."""
    title = alternatives(words("particles")["title_endings"])
    announces = rf"(?<!\w){group('roles', 'announces')}\b[^:\n]{{0,60}}"
    return re.compile(rf"\w\s[^:\n]{{8,}}:\s+$|{announces}:\s+[\w-]*{title}\s$", re.IGNORECASE)


@cache
def _and_me() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """The writer right behind a name, and right before it: `Bo (souschef) og jeg …`, `jeg selv og Bo`."""
    joint, me = alternatives([*words("particles")["and"], *words("roles")["plus"]]), alternatives(words("roles")["me"])
    myself = alternatives(words("roles")["myself"])
    where, is_me, together = group("roles", "from_where"), group("roles", "is_me"), group("roles", "along_with")
    return (
        re.compile(rf"(?: \([^)]{{0,80}}\)|\)| {where})?,? {joint} (?:{me}\b(?P<rest>[^.!?\n]*)|{is_me}\b)"),
        re.compile(rf"\b{me}(?: {myself})?(?: \([^()]{{1,60}}\))? {joint} (?:\w+,? ){{0,3}}$|{together} (?:\w+ ){{0,3}}$"),
    )


def beside(before: str, after: str) -> bool:
    """Whether the writer comes with somebody: `Bo og jeg vil gerne …`, but not `Bo og jeg ringer stadig sammen`."""
    behind, before_ = _and_me()
    if match := behind.match(after):
        rest = match.group("rest") or ""
        return not re.match(r" [a-zæøå]{3}", rest) or bool(cues("persons", "together_wish").search(rest))
    return bool(before_.search(before))


def _passing(clause: str, after: str, joining: bool) -> bool:
    """Whether somebody is named in passing: the chief who has agreed, last year's participant."""
    passing = cues("persons", "only_mentioned").search(clause[-50:]) and not ending("roles", "billed").search(clause[-50:])
    return (
        bool(passing and not joining and (ending("roles", "by_whom").search(clause) or not cues("persons", "wishes").match(after)))
        or bool(cues("persons", "mentioned_after").match(after[:90]))
        or bool(cues("persons", "not_coming").match(after[:90]))
    )


def _was_there(around: list[tuple[str, str]], scores: list[float]) -> bool:
    """Whether somebody is named in passing only where it is said that they took part before: `Bo var også med sidste år`."""
    return all(
        score >= 0 or (cues("roles", "returning").search(after) and not before.strip(" (\n"))
        for (before, after), score in zip(around, scores, strict=True)
    )


def in_passing(told: Told, record: Record, others: list[Record]) -> bool:
    """Whether all that is said of somebody is said in passing."""
    return all(_passing(_clause(before), after, False) for before, after in contexts(told.text, record, told.spans, others))


def _already(told: Told, before: str) -> bool:
    """Somebody who is in already, or in whose name the writer speaks of a list."""
    clause = _clause(before)
    return bool(cues("roles", "already").search(clause[-40:])) or bool(told.roster.records and cues("roles", "for_whom").search(clause))


def _clause(before: str) -> str:
    return re.split(r"[;:]\s|\s[-–]\s|\) ", before)[-1] if len(before) > 60 else before.rpartition("; ")[2]


def _together(told: Told, records: list[Record]) -> None:
    """Names joined by `og`, `samt` or a comma share the stronger score."""
    for one, other in joined(told, records):
        if not other.only_mentioned and not one.only_mentioned:
            one.joins = other.joins = max(one.joins, other.joins)


def joined(told: Told, records: list[Record]) -> list[tuple[Record, Record]]:
    """Pairs of people whose names stand together: `Knud Aage Lodberg og Mia Thrane`."""
    ordered = sorted((r for r in records if r.mention is not None), key=lambda r: r.mention or (0, 0))
    pairs = []
    for one, other in pairwise(ordered):
        between = told.text[(one.mention or (0, 0))[1] : (other.mention or (0, 0))[0]]
        if (len(between) < 120 and _between().fullmatch(between)) or (
            _title_between().fullmatch(between)
            and any(m.kind == "title" and (one.mention or (0, 0))[1] < m.start < (other.mention or (0, 0))[0] for m in told.marks)
        ):
            pairs.append((one, other))
    return pairs


@cache
def _between() -> re.Pattern[str]:
    """Between two names that stand together: `(souschef) og desuden vores teamleder`."""
    joint, also = alternatives([*words("particles")["and"], ",", "+", ";"]), alternatives(words("roles")["also"])
    return re.compile(
        rf"\s*(?:\([^)]{{0,90}}\)|[^()]{{0,90}}\))?(?:,[^,.;()]{{0,60}},)?\s*{joint}\s*(?:{also} ){{0,3}}"
        rf"(?:{group('roles', 'called')} ){{0,3}}",
        re.IGNORECASE,
    )


@cache
def _title_between() -> re.Pattern[str]:
    """`, som nu er souschef, og endelig`."""
    joint, finally_ = alternatives(words("particles")["and"]), alternatives(words("roles")["finally"])
    along, who_is = group("roles", "along"), group("roles", "who_is")
    return re.compile(rf"(?: {along})?, (?:{who_is} )?[^,.;()]{{2,60}},\s(?:{joint} )?(?:{finally_} ){{0,3}}")


def leaving(told: Told, record: Record, others: list[Record]) -> bool:
    """Whether the words around a name say that the person gives up the seat."""
    return any(_leaves(before, after) for before, after in contexts(told.text, record, told.spans, others))


def _leaves(before: str, after: str) -> bool:
    if re.match(r"\s*(?:-+>|=+>|→|⇒|>>)", after) or _close().search(before):
        return True
    own = cues("roles", "because_i").split(after[:90])[0]  # "Bo overtager min, da jeg går på orlov"
    return bool(_near("leaves_before", _clause(before), True)) or bool(_edge("roles", "leaves_after", False).match(own))


@cache
def _close() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(words('roles')['leaves_close'])})\s+(?:\w+ )?$", re.IGNORECASE)


def entering(told: Told, record: Record, others: list[Record]) -> float:
    """How strongly the words around a name say that the person takes over a seat."""
    around = contexts(told.text, record, told.spans, others)
    if len(around) > 1:
        around = [a for a in around if not _leaves(*a)]
    score = 0.8 * ("email" in record.fields) + 0.6 * ("title" in record.fields)
    said = [
        1.0 * bool(_near("enters_before", _clause(before), True)) + 0.7 * bool(_edge("roles", "enters_after", False).match(after[:90]))
        for before, after in around
    ]
    return score + max(said, default=0.0)


def staying(told: Told, record: Record, others: list[Record]) -> bool:
    """Whether the person keeps the seat, as planned."""
    return any(_edge("roles", "stays", False).match(after[:90]) for _, after in contexts(told.text, record, told.spans, others))
