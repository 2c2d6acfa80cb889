"""What the invoice should carry: requisition, PSP element, order, project or account number, an `att.` person or a word
in quotation marks; as written, without its label. Numbers of our own invoices and amounts are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from mailbot.understanding.lexicon import alternatives, cues, fold, group, pattern, words


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference `text[start:end]`; `label` is the span of the words before it, `person` that it names somebody."""

    value: str
    start: int
    end: int
    label_start: int
    person: bool = False


def _any(*keys: str) -> str:
    return alternatives([word for key in keys for word in words("references")[key]])


def _of(key: str) -> str:
    return group("references", key)


def _code() -> str:
    return (
        r"(?P<code>(?:[a-zæøåA-ZÆØÅ]{1,8}[.\-_/])?(?:[A-ZÆØÅa-zæøå]{0,8}[.\-_/]?)?\d[\w\-./_]{0,30}"
        rf"(?: ?[-/] ?[\w-]{{1,12}}| \d[\d\-./]{{1,12}}(?!\w)){{0,4}}(?: {_of('line_of_code')} \d{{1,4}})?)"
    )


def _label() -> str:
    """What a code is called: `rekvisitionsnr.`, `PSP-element`."""
    return rf"(?<![\w-]){_any('codes')}(?:[ .\-]?{_of('number')}\b)?\.?"


def _whose_code() -> str:
    """`rekvirent til vores faktura: `."""
    return rf"[ ]{_any('meant_for')}[ ][\w ]{{2,40}}:[ ]*"


_QUOTED = r"[\"'”“„»«’]{1,2}(?P<quoted>[^\"”“„»«\n]{1,60})[\"'”“«»’]{1,2}"


@cache
def _coded() -> re.Pattern[str]:
    return re.compile(
        rf"{_label()}(?:[ \u00a0]?[:=#.,]+[ \u00a0.]*|[ \u00a0]+{_any('is', 'with')}?[ \u00a0:]*|,? {_any('which')} {_any('is')} "
        rf"|{_whose_code()})(?:{_of('short_number')} ?)?\(?(?:{_QUOTED}|{_code()})"
    )


@cache
def _attention() -> re.Pattern[str]:
    person = r"(?:[^\W\d_a-zæøå]\.|[^\W\d_a-zæøå][\w’'-]*)"
    joint = alternatives(words("particles")["and"])
    return re.compile(rf"(?<![\w-])(?i:{_any('persons')})[.: \u00a0]+(?P<person>{person}(?:[ \u00a0](?:{joint} )?{person}){{0,3}})")


@cache
def _person_after() -> re.Pattern[str]:
    """`Sæt Bo Friis som kontaktperson på fakturaen`."""
    person = r"[^\W\d_a-zæøå][\w’'-]*"
    return re.compile(rf"(?<!\w)(?P<person>{person}(?: {person}){{1,3}}) (?={_any('person_after')}(?!\w))")


@cache
def _on_whose() -> re.Pattern[str]:
    """`MEK4 på hans faktura og IMS2 på min`, `på min faktura skal der stå V-2026, på hendes B-2026`."""
    whose, on = _any("whose"), words("references")["on"]
    behind = "|".join(rf"(?<= {word} )|(?<=\n{word.capitalize()} )" for word in on)
    code = r"(?<![\w@./-])(?P<{}>(?=[A-ZÆØÅ][\w-]{{0,13}}\d)[A-ZÆØÅ]{{1,8}}[\w/-]{{1,14}})(?![\w@])"
    first, second = code.format("first"), code.format("second")
    return re.compile(rf"{first}(?= {alternatives(on)} {whose}(?!\w))|(?:{behind}){whose} (?:{_any('invoice')} )?{second}")


@cache
def _another() -> re.Pattern[str]:
    """The second of `rekvirent 4471 for Ane, 4472 for mig`."""
    meant_for, joint = _any("meant_for"), alternatives(words("particles")["and"])
    whose = alternatives(words("references")["whose"] + words("particles")["put_whom"])
    person = rf"[^\W\d_]{{2,20}}(?: [A-ZÆØÅ]\w{{1,20}})?(?: {_any('invoice')})?"
    first = rf"(?<![\w-])(?i:{_any('codes')}){_of('number')}?[.:]{{0,2}} [\w./-]{{2,20}} {meant_for} {person}"
    return re.compile(rf"{first}(?:,? {joint}|,) (?P<code>\w[\w./-]{{1,20}})(?= {meant_for} (?:{whose}(?!\w)|[A-ZÆØÅ]))")


@cache
def _written() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){_any('written')}[ :]+(?:{_any('before_code')} )?(?:{_QUOTED}|{_code()})")


@cache
def _bare_written() -> re.Pattern[str]:
    """`fakturaen mærkes Kulturpuljen 2026`, without quotation marks: a short run up to the end of the clause."""
    return re.compile(
        rf"(?<!\w){_of('marked')}(?: {_any('please')})?(?: {_any('marked_with')})?:? "
        rf"(?P<bare>(?!{_any('no_mark')}\b)[^\W_][\w\-/.]*(?: [\w\-/.]+){{0,3}}?){_stops()}",
        re.IGNORECASE,
    )


@cache
def _numbered() -> re.Pattern[str]:
    """`nummer 4471 på regningen`, whatever the number is called."""
    called, to_stand = "|".join(_of(key) for key in ("number", "short_number", "any_code")), _of("to_stand")
    return re.compile(rf"(?<!\w)(?:{called}) {_code()}(?= (?:{to_stand} )?{_of('on_the_invoice')})")


def _stops() -> str:
    """Where a mark without quotation marks ends."""
    return rf"(?=[,;.!?)\n]|$| {_any('after_mark')} )"


@cache
def _labelled() -> re.Pattern[str]:
    return re.compile(rf"{_label()}(?:[ \u00a0]?[:=#.]{{0,2}}[ \u00a0]{{0,3}}(?:{_any('is')} )?|{_whose_code()})$")


def _capitals(text: str, low: str) -> Iterator[re.Match[str]]:
    """Codes without a digit, known by their capitals, behind a label (`ref. LBA`) or used `som reference`."""
    for match in _CODED.finditer(text):
        code = match.group("code")
        if re.split(r"[-/_]", code)[0] in words("references")["no_capitals"] or _WRITERS.fullmatch(code):
            continue
        begin = max(0, match.start() - 60)
        written = "-" in code and _written_before().search(low, begin, match.start())
        if written or _labelled().search(low, begin, match.start()):
            yield match
    for hit in cues("references", "as_reference").finditer(low):
        token = _ANY.search(text, max(0, hit.start() - 30), hit.start())
        if token and (re.search(r"\d", token.group()) or re.search(r"[A-ZÆØÅ]{2}", token.group())):
            yield token


@cache
def _written_before() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){_any('written')}[ :]+(?:{_any('before_code')} ){{0,2}}$")


@cache
def _wishes() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """`Skriv venligst Ledelse 26 på fakturaen`, `på fakturaen skal der stå Ledelse 26`."""
    bare, asks = r"(?P<bare>[^\W_][\w\-/.]*(?: [\w\-/.&]+){{0,{}}}?)", _any("please", "asked")
    return (
        re.compile(rf"\b{_of('write')}(?: {asks}){{0,3}} {bare.format(4)} {_of('on_the_invoice')}\b"),
        re.compile(
            rf"\b{_of('there')}(?: {_of('must')})?(?: {asks}){{0,2}} {_any('stand')}(?: {_any('marked_with')})?:? "
            rf"{bare.format(3)}{_stops()}"
        ),
    )


def _on_the_invoice(text: str) -> Iterator[re.Match[str]]:
    """`Skriv Ledelse 26 på fakturaen`: a few words with a capital or a number in them, and no `mit navn`."""
    for found in _wishes():
        for match in found.finditer(text):
            if not cues("references", "no_words").search(match.group("bare")) and re.search(r"[\dA-ZÆØÅ]", match.group("bare")):
                yield match


@cache
def _initials() -> re.Pattern[str]:
    return re.compile(rf"\b{_of('initials')}(?: {_any('is')})?:? (?P<code>[A-ZÆØÅ]{{2,6}})(?!\w)", re.IGNORECASE)


@cache
def _attention_lead() -> re.Pattern[str]:
    return re.compile(rf"{_any('attention')}[.: ]+(?=\S)", re.IGNORECASE)


_QUOTE = re.compile(_QUOTED)
_VALUE = re.compile(r"[\d\"'”“„»«’]")
_THOUSANDS = re.compile(r"\d{1,3}(?:\.\d{3})+")
_CODED = re.compile(r"(?<![\w@./-])(?P<code>[A-ZÆØÅ]{2,8}(?:[-/_]\w{2,12}){0,3}(?: \d{3,6}(?![ .]?\d))?)(?![\w@/-]|\.\w)")
_WRITERS = re.compile(r"[A-ZÆØÅ]{2,4}/[a-zæøå]{2,3}")  # who wrote a letter and who typed it
_ANY = re.compile(r"(?P<code>\w[\w./-]{1,25})$")


@cache
def _never() -> re.Pattern[str]:
    """What ends right before a number that is no reference."""
    return re.compile(rf"{_any('never')}[.: ]*(?:{_of('short_number')})?[.: ]*$", re.IGNORECASE)


def find(text: str) -> list[Reference]:
    """The references of `text`, in order."""
    found: list[Reference] = []
    for match, person in _candidates(text):
        reference = _reference(text, match, person)
        if reference and not any(reference.start < f.end and f.start < reference.end for f in found):
            found.append(reference)
    return sorted(found, key=lambda f: f.start)


def _candidates(text: str) -> Iterator[tuple[re.Match[str], bool]]:
    """What may be a reference, the surest first, and whether it is a person."""
    low = fold(text)  # patterns in small letters are far faster than patterns that ignore case
    if _VALUE.search(text):
        yield from ((match, False) for match in (*_coded().finditer(low), *_written().finditer(low), *_numbered().finditer(low)))
    yield from ((match, False) for match in _capitals(text, low))
    yield from ((match, True) for match in _attention().finditer(text) if text[match.end() : match.end() + 1] != "/")
    yield from ((match, True) for match in _person_after().finditer(text))
    if _VALUE.search(text):
        yield from ((match, False) for match in _another().finditer(text))
    for match in _on_whose().finditer(text):
        if cues("references", "speaks_of_invoices").search(text, max(0, match.start() - 160), match.end() + 20):
            yield match, False
    for match in _initials().finditer(text):
        if match.group("code").isupper() and cues("references", "speaks_of_invoices").search(
            text, max(0, match.start() - 80), match.start()
        ):
            yield match, False
    for match in _QUOTE.finditer(text):
        before = _CLAUSE.split(text[max(0, match.start() - 90) : match.start()])[-1]
        after = _CLAUSE.split(text[match.end() : match.end() + 40])[0]
        if cues("references", "of_an_invoice").search(f"{before} {after}"):
            yield match, False
    for match in (*_bare_written().finditer(text), *_on_the_invoice(text)):
        if "@" not in match.group("bare") and not pattern("references", "other_fields").search(match.group("bare")):
            yield match, False


_CLAUSE = re.compile(r"[.!?]\s|\n")


def _reference(text: str, match: re.Match[str], person: bool) -> Reference | None:
    """The reference of a match, without what surrounds it; None where it is an amount, an EAN or an invoice of ours."""
    group = match.lastgroup or ""
    start, end = match.span(group)
    while end > start and text[end - 1] in (" ,;-/" if group == "quoted" else " .,;-/"):
        end -= 1
    if group == "quoted" and (lead := _attention_lead().match(text, start, end)):
        start = lead.end()
    value = " ".join(text[start:end].split())
    digits = re.sub(r"\D", "", value)
    coded = group == "code"
    if person and value.split()[0] in words("references")["no_capitals"]:
        return None  # "stiles til EAN …"
    if not value or (coded and _never().search(text, max(0, match.start() - 20), match.start())):
        return None
    if (
        (digits.startswith("579") and len(digits) >= 12)
        or (coded and len(digits) < 2 and not re.match(r"[A-ZÆØÅ]{2}", value))
        or cues("references", "amounts").match(text[end : end + 8])
        or (_THOUSANDS.fullmatch(value) and re.match(r" [a-zæøå]{4}", text[end : end + 5]))
    ):
        return None
    return Reference(value, start, end, match.start(), person)
