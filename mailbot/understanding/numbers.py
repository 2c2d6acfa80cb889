"""Numbers that a signup tells: EAN (GLN), CVR, telephone; each with its span, so that one digit is never read twice.

EAN is the 13-digit GLN of a Danish public body: prefix 579, check digit by GS1's modulo 10. CVR has eight digits and
a modulo 11. Telephones come last, from what is left: most eight digits in a row would pass for one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from mailbot.understanding.lexicon import alternatives, listed, pattern, words

Kind = Literal["ean", "ean_invalid", "cvr", "phone", "fax", "other"]


@dataclass(frozen=True, slots=True)
class Number:
    """A number `text[start:end]`. `value` is normalised (E.164 for telephones). `rank` orders telephones: 0 direct or
    mobile, 1 unlabelled, 2 a main number. `negated`: the words around say that it is the wrong or old one."""

    kind: Kind
    value: str
    start: int
    end: int
    rank: int = 1
    negated: bool = False


def check_digit_right(digits: str) -> bool:
    """GS1's check digit of a GLN-13."""
    total = sum(int(d) * (3 if at % 2 else 1) for at, d in enumerate(digits[:12]))
    return (10 - total % 10) % 10 == int(digits[12])


_SEPARATOR = r"[ \u00a0\u2009\u202f.\-–·]{0,3}"
_EAN = re.compile(rf"(?<![\d+])(?<!\d[.,])5{_SEPARATOR}7{_SEPARATOR}9(?:(?:{_SEPARATOR}|\n)\d){{7,12}}")
_LABELLED = re.compile(
    r"(?<!\w)(?:ean|gln|lokationsn(?:umme)?r)(?:[-. ]?(?:lokations)?(?:nummer|nr|kode"
    r"|no))?\b[^\d\n]{0,25}\n?[ \t]*(\d(?:[ \u00a0.\-–]{0,2}\d){10,16})(?!\d)",
    re.IGNORECASE,
)
_CVR = re.compile(
    r"(?<!\w)(?:cvr|se|vat|ust-idnr|usteuer-id|org)\b[-. ]*(?:nr|nummer|no|id)?[.:]?[^\d\n]{0,12}(\d(?:[ \u00a0.\-]?\d){7,8})(?![\d])",
    re.IGNORECASE,
)
_INTERNATIONAL = re.compile(r"(?<![\w+])\(?(?:\+|00(?=[1-9]))[ ]?\d{1,3}\)?(?:[ \u00a0.\-/]{0,2}(?:\(0\))?\d){6,14}(?!\d)")
_DOMESTIC = re.compile(
    r"(?<![\w+/\-.])(?<!\d[ ,])\d(?:\d{7}|\d/\d\d \d\d \d\d|\d{3}[ \u00a0.\-]\d{4}"
    r"|\d[ \u00a0.\-]\d\d[ \u00a0.\-]\d\d[ \u00a0.\-]\d\d|\d[ \u00a0]\d{3}[ \u00a0]\d{3}"
    r"|\d[ \u00a0.]\d\d[ \u00a0.]\d{4})(?![\w\-/]|[ .]?\d)"
)
_SIX = re.compile(r"(?<![\w+/\-.])\d\d[ \u00a0.]?\d\d[ \u00a0.]?\d\d(?![\w\-/]|[ .]?\d)")
_TRUNK = re.compile(r"(?<![\w+/\-.])0[1-9](?:[ \u00a0.\-/]{0,2}\d){5,11}(?![\w]|[ .]?\d)")
_NORWEGIAN = re.compile(r"(?<![\w+/\-.])[2-9]\d\d[ \u00a0]\d\d[ \u00a0]\d{3}(?![\w\-/]|[ .]?\d)")
_COUNTRIES = {"fo": "298", "gl": "299", "no": "47", "se": "46", "de": "49", "is": "354"}
_YEAR = re.compile(r"20[2-3]\d[ \u00a0.-]")
_SEVERAL = re.compile(r"\d(?:\D{0,4}\d){5}")  # the digits of every number
_DIGITS = re.compile(r"\D")



@cache
def _taken_back() -> re.Pattern[str]:
    """Words behind a number that take it back, unless they speak of another one ("det gamle udgår")."""
    lists = words("corrections")
    clause, pointing, older = (alternatives(lists[key]) for key in ("new_clause", "pointing", "older"))
    return re.compile(
        rf"^(?!\s*(?:[(–-]|,(?: {clause})? )?\s?{pointing} {older})[^.!?\n\d]{{0,60}}?\b(?:{'|'.join(lists['behind'])})\b",
        re.IGNORECASE,
    )


@cache
def corrected() -> re.Pattern[str]:
    """What takes back at once what stands before it, for another that follows: `, nej, …`, ` – hov, …`, `. Nej vent, …`."""
    at_once, more = (alternatives(words("corrections")[key]) for key in ("at_once", "at_once_more"))
    return re.compile(rf"(?:,|\)| ?[–-]| ?\.\.\.| ?…)? ?{at_once}(?!\w)|[.!] ?{at_once}(?: {more}){{0,2}} ?[,.:!…–-]", re.IGNORECASE)


@cache
def corrected_before() -> re.Pattern[str]:
    """The same, right before what stands in the other's place."""
    at_once, more = (alternatives(words("corrections")[key]) for key in ("at_once", "at_once_more"))
    return re.compile(rf"(?<!\w){at_once}(?: {more}){{0,2}}[,.:!…–-]{{0,3}} $", re.IGNORECASE)


_ANOTHER = re.compile(r"\d(?:[ \u00a0.\-–]{0,3}\d){5,15}")
_REACH = 160  # characters in which a number that is put right is told again


def _told_again(text: str, start: int, end: int) -> bool:
    """Whether another number about as long (or another address) follows."""
    told = len(_DIGITS.sub("", text[start:end]))
    if "@" in text[start:end]:
        return "@" in text[end : end + _REACH]
    return any(abs(len(_DIGITS.sub("", m.group())) - told) <= 3 for m in _ANOTHER.finditer(text, end, end + _REACH))


@cache
def _apart() -> re.Pattern[str]:
    return re.compile(rf"[.!?]\s|[;\n]|\)?, {alternatives(words('corrections')['new_clause'])} (?=\w)")


def negated(text: str, start: int, end: int, back: int = 90, surely: bool = False) -> bool:
    """Whether the words before or after say that the number (or address) is the old or the wrong one. `surely`: a "not"
    before it counts only where another follows ("jeg kan ikke nås på …")."""
    before = _apart().split(text[max(0, start - back) : start])[-1]
    cue = max(pattern("corrections", "wrong").finditer(before), key=lambda m: m.end(), default=None)
    if (
        cue
        and not pattern("corrections", "right").search(before, cue.end())
        and not re.search(r"\d{6}", before[cue.end() :])
        and (not surely or cue.group().lower() not in listed("corrections", "not") or _told_again(text, start, end))
    ):
        return True
    if pattern("corrections", "new_before").search(before[-25:]):
        return False
    if corrected().match(text, end) and _told_again(text, start, end):
        return True
    return bool(_taken_back().search(text[end : end + 80]))


def find(text: str, claimed: Sequence[tuple[int, int]] = (), domain: str = "") -> list[Number]:
    """All numbers of `text`, in order. `claimed` are spans that are something else (addresses, references, dates);
    `domain` is the writer's, whose country tells how a number without a country code is meant."""
    if not _SEVERAL.search(text):
        return []
    taken = list(claimed)
    found: list[Number] = []
    country = _COUNTRIES.get(domain.rpartition(".")[2], "45")
    for search in (_eans, _labelled_eans, _cvrs, lambda text: _phones(text, country)):
        for number in search(text):
            if not any(number.start < end and start < number.end for start, end in taken):
                found.append(number)
                taken.append((number.start, number.end))
    return sorted(found, key=lambda n: n.start)


def _eans(text: str) -> list[Number]:
    found = []
    for match in _EAN.finditer(text):
        start, end = match.span()
        found += _ean(text, start, end)
    return found


def _ean(text: str, start: int, end: int) -> list[Number]:
    """The run of digits that begins with 579, cut where its groups make thirteen, else grown to its real end."""
    tail = re.compile(r"\d*").match(text, end)
    grown = tail.end() if tail else end
    digits = ""
    for group in re.compile(r"\d+").finditer(text, start, grown):
        joined = digits + group.group()
        if "\n" in text[start : group.start()] and len(digits) >= 11 and not (len(joined) == 13 and check_digit_right(joined)):
            grown = start + text[start:grown].index("\n")  # the next line is something else
            break
        digits = joined
        if len(digits) == 13:
            grown = group.end()
            break
    if len(digits) < 11:
        return []
    right = len(digits) == 13 and check_digit_right(digits)
    return [Number("ean" if right else "ean_invalid", digits, start, grown, negated=negated(text, start, grown))]


def _labelled_eans(text: str) -> list[Number]:
    found = []
    for match in _LABELLED.finditer(text):
        digits = _DIGITS.sub("", match.group(1))
        right = len(digits) == 13 and check_digit_right(digits)
        found.append(Number("ean" if right else "ean_invalid", digits, *match.span(1), negated=negated(text, *match.span(1))))
    return found


def _cvrs(text: str) -> list[Number]:
    return [
        Number("cvr" if len(digits) == 8 else "other", digits, *m.span(1))
        for m in _CVR.finditer(text)
        if (digits := _DIGITS.sub("", m.group(1)))
    ]


def _phones(text: str, country: str) -> list[Number]:
    found = []
    for match in _INTERNATIONAL.finditer(text):
        digits = _DIGITS.sub("", match.group().replace("(0)", "")).removeprefix("00")
        if 8 <= len(digits) <= 15:
            found.append(_phone(text, "+" + digits, *match.span()))
    for match in _DOMESTIC.finditer(text):
        digits = _DIGITS.sub("", match.group())
        if digits[0] not in "01" and not _YEAR.match(match.group()):
            found.append(_phone(text, f"+{country if country in ('45', '47') else '45'}{digits}", *match.span()))
    for match in _NORWEGIAN.finditer(text):
        line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()][-40:]
        if country == "47" or pattern("phones", "label").search(line) or pattern("phones", "direct").search(line):
            found.append(_phone(text, f"+{'47' if country == '47' else '45'}{_DIGITS.sub('', match.group())}", *match.span()))
    if country in ("298", "299", "46", "49"):
        for match in (_SIX if country in ("298", "299") else _TRUNK).finditer(text):
            line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
            if pattern("phones", "label").search(line):
                found.append(_phone(text, f"+{country}{_DIGITS.sub('', match.group()).removeprefix('0')}", *match.span()))
    return found


def _phone(text: str, value: str, start: int, end: int) -> Number:
    line = max(text.rfind("\n", 0, start), text.rfind("|", 0, start), start - 45) + 1
    before, after = text[line:start], text[end : end + 25].partition("\n")[0]
    bracket = re.match(r"\s*\(\s*", after)
    ranks = [
        (hit.end(), level)
        for level, key in ((0, "direct"), (2, "main"), (3, "fax"))
        for hit in pattern("phones", key).finditer(before)
        if not re.match(r"[^\d]{0,3}\)", before[hit.end() :]) and not re.search(r"\d\d[ .]?\d\d", before[hit.end() :])
    ]
    behind = [
        level for level, key in ((0, "direct"), (2, "main"), (3, "fax")) if bracket and pattern("phones", key).match(after, bracket.end())
    ]
    rank = behind[0] if behind else max(ranks)[1] if ranks else 1
    return Number("fax" if rank == 3 else "phone", value, start, end, rank, negated(text, start, end, surely=True))
