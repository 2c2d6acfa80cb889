"""What the invoice should carry: requisition, PSP element, order, project or account number, an `att.` person or a word
in quotation marks; as written, without its label. Numbers of our own invoices and amounts are none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from mailbot.understanding.lexicon import alternatives, fold, words


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference `text[start:end]`; `label` is the span of the words before it, `person` that it names somebody."""

    value: str
    start: int
    end: int
    label_start: int
    person: bool = False


_CODE = (
    r"(?P<code>(?:[A-ZÆØÅa-zæøå]{0,8}[.\-_/]?)?\d[\w\-./_]{0,30}(?: ?[-/] ?[\w-]{1,12}| \d[\d\-./]{1,12}(?!\w)){0,4}"
    r"|[a-zæøå]{2,8}-[a-zæøå]{2,10}(?![\w-]))"
)
_QUOTED = r"[\"'”“„»«’]{1,2}(?P<quoted>[^\"”“„»«\n]{1,60})[\"'”“«»’]{1,2}"


@cache
def _coded() -> re.Pattern[str]:
    lists = words("references")
    return re.compile(
        rf"(?<![\w-]){alternatives(lists['codes'])}(?:[ .\-]?(?:nr|nummer(?:et)?|no|number|element|id)\b)?\.?"
        rf"(?:[ \u00a0]?[:=#.,]+[ \u00a0.]*|[ \u00a0]+(?:er|bliver|skal være|is|på|med)?[ \u00a0:]*"
        rf"|[ ](?:til|for|på)[ ][\w ]{{2,40}}:[ ]*)(?:nr\.? ?)?\(?(?:{_QUOTED}|{_CODE})"
    )


@cache
def _attention() -> re.Pattern[str]:
    person = r"(?:[^\W\d_a-zæøå]\.|[^\W\d_a-zæøå][\w’'-]*)"
    return re.compile(
        rf"(?<![\w-])(?i:{alternatives(words('references')['persons'])})[.: \u00a0]+(?P<person>{person}(?:[ \u00a0](?:og "
        rf"|& )?{person}){{0,3}})"
    )


@cache
def _written() -> re.Pattern[str]:
    return re.compile(
        rf"(?<!\w){alternatives(words('references')['written'])}[ :]+(?:venligst |gerne |med |på den |den |teksten |koden "
        rf"|også |altid )?(?:{_QUOTED}|{_CODE})"
    )


@cache
def _bare_written() -> re.Pattern[str]:
    """`fakturaen mærkes Kulturpuljen 2026`, without quotation marks: a short run up to the end of the clause."""
    return re.compile(
        r"(?<!\w)(?:(?:faktura(?:en)?|regning(?:en)?|den)[ \w]{0,25}?\b(?:mærkes|mærket)|mærk (?:den|fakturaen"
        r"|regningen))"
        r"(?: venligst| gerne)?(?: med)?:? (?P<bare>(?!(?:mit|min|vores|navn|med|et|en)\b)[^\W_][\w\-/.]*(?: [\w\-/.]+){0,3}?)"
        r"(?=[,;.!?)\n]|$| så "
        r"| og | ellers )",
        re.IGNORECASE,
    )


_INITIALS = re.compile(r"\b(?:initialer(?:ne)?|initials)(?: er)?:? (?P<code>[A-ZÆØÅ]{2,6})(?!\w)", re.IGNORECASE)
_INVOICE = re.compile(r"\b(?:faktura|regning|invoice|ean|mærk|påfør|skriv|anfør|angiv)", re.IGNORECASE)
_QUOTE = re.compile(_QUOTED)
_VALUE = re.compile(r"[\d\"'”“„»«’]")
_NEVER = re.compile(r"(?:faktura(?:en|nr|nummer|nummeret)?|invoice(?: no)?|reservation|sag|uge|kl)[.: ]*(?:nr\.?)?[.: ]*$", re.IGNORECASE)


def find(text: str) -> list[Reference]:
    """The references of `text`, in order."""
    found: list[Reference] = []

    def add(match: re.Match[str], person: bool = False) -> None:
        group = match.lastgroup or ""
        start, end = match.span(group)
        while end > start and text[end - 1] in " .,;-/":
            end -= 1
        value = " ".join(text[start:end].split())
        digits = re.sub(r"\D", "", value)
        if (
            not value
            or any(start < f.end and f.start < end for f in found)
            or (group == "code" and _NEVER.search(text, max(0, match.start() - 20), match.start()))
        ):
            return
        if (
            (digits.startswith("579") and len(digits) >= 12)
            or (group == "code" and len(digits) < 2 and not value.isupper())
            or re.match(r" ?(?:kr\b|kroner|,-)", text[end : end + 8])
        ):
            return
        found.append(Reference(value, start, end, match.start(), person))

    low = fold(text)  # patterns in small letters are far faster than patterns that ignore case
    if _VALUE.search(text):
        for match in _coded().finditer(low):
            add(match)
        for match in _written().finditer(low):
            add(match)
    for match in _attention().finditer(text):
        add(match, person=True)
    for match in _INITIALS.finditer(text):
        if match.group("code").isupper() and _INVOICE.search(text, max(0, match.start() - 80), match.start()):
            add(match)
    for match in _QUOTE.finditer(text):
        before = re.split(r"[.!?]\s|\n", text[max(0, match.start() - 90) : match.start()])[-1]
        after = re.split(r"[.!?]\s|\n", text[match.end() : match.end() + 40])[0]
        if re.search(r"\b(?:faktura|regning|bilag|bogholder)", f"{before} {after}", re.IGNORECASE):
            add(match)
    for match in _bare_written().finditer(text):
        if not re.search(r"@|\b(?:ean|psp|att)\b", match.group("bare"), re.IGNORECASE):
            add(match)
    return sorted(found, key=lambda f: f.start)
