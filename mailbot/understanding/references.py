"""What the invoice should carry: requisition, PSP element, order, project or account number, an `att.` person or a word
in quotation marks; as written, without its label. Numbers of our own invoices and amounts are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
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
    r"(?P<code>(?:[a-zæøåA-ZÆØÅ]{1,8}[.\-_/])?(?:[A-ZÆØÅa-zæøå]{0,8}[.\-_/]?)?\d[\w\-./_]{0,30}"
    r"(?: ?[-/] ?[\w-]{1,12}| \d[\d\-./]{1,12}(?!\w)){0,4}(?: (?:linje|line|pos\.?|position|løbenr\.?) \d{1,4})?)"
)
_QUOTED = r"[\"'”“„»«’]{1,2}(?P<quoted>[^\"”“„»«\n]{1,60})[\"'”“«»’]{1,2}"


@cache
def _coded() -> re.Pattern[str]:
    lists = words("references")
    return re.compile(
        rf"(?<![\w-]){alternatives(lists['codes'])}(?:[ .\-]?(?:nr|nummer(?:et)?|no|number|element|id)\b)?\.?"
        rf"(?:[ \u00a0]?[:=#.,]+[ \u00a0.]*|[ \u00a0]+(?:er|bliver|skal være|is|på|med)?[ \u00a0:]*"
        rf"|,? (?:som|der|which) (?:er|hedder|bliver|is) "
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
def _person_after() -> re.Pattern[str]:
    """`Sæt Bo Friis som kontaktperson på fakturaen`."""
    person = r"[^\W\d_a-zæøå][\w’'-]*"
    return re.compile(rf"(?<!\w)(?P<person>{person}(?: {person}){{1,3}}) (?={alternatives(words('references')['person_after'])}(?!\w))")


@cache
def _on_whose() -> re.Pattern[str]:
    """`MEK4 på hans faktura og IMS2 på min`, `på min faktura skal der stå V-2026, på hendes B-2026`."""
    whose = alternatives(words("references")["whose"])
    code = r"(?<![\w@./-])(?P<{}>(?=[\w-]{{0,14}}\d)[A-ZÆØÅ]{{1,8}}[\w/-]{{1,14}})(?![\w@])"
    first, second = code.format("first"), code.format("second")
    return re.compile(rf"{first}(?= på {whose}(?!\w))|(?:(?<= på )|(?<=\nPå )){whose} (?:faktura |regning )?{second}")


@cache
def _another() -> re.Pattern[str]:
    """The second of `rekvirent 4471 for Ane, 4472 for mig`."""
    codes, whose = alternatives(words("references")["codes"]), alternatives(words("references")["whose"] + words("particles")["put_whom"])
    person = r"[^\W\d_]{2,20}(?: [A-ZÆØÅ]\w{1,20})?(?: faktura)?"
    first = rf"(?<![\w-])(?i:{codes})(?:nr|nummer)?[.:]{{0,2}} [\w./-]{{2,20}} (?:for|til|på) {person}"
    return re.compile(rf"{first}(?:, og|,| og| samt) (?P<code>\w[\w./-]{{1,20}})(?= (?:for|til|på) (?:{whose}(?!\w)|[A-ZÆØÅ]))")


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


@cache
def _labelled() -> re.Pattern[str]:
    return re.compile(
        rf"(?<![\w-]){alternatives(words('references')['codes'])}(?:[ .\-]?(?:nr|nummer(?:et)?|no|number|element|id)\b)?\.?"
        rf"(?:[ \u00a0]?[:=#.]{{0,2}}[ \u00a0]{{0,3}}(?:(?:er|hedder|bliver|skal være|is) )?|[ ](?:til|for|på)[ ][\w ]{{2,40}}:[ ]*)$"
    )


def _capitals(text: str, low: str) -> Iterator[re.Match[str]]:
    """Codes without a digit, known by their capitals, behind a label (`ref. LBA`) or used `som reference`."""
    for match in _CODED.finditer(text):
        code = match.group("code")
        if re.split(r"[-/_]", code)[0] in _NO_CODE or _WRITERS.fullmatch(code):
            continue
        begin = max(0, match.start() - 60)
        written = "-" in code and _written_before().search(low, begin, match.start())
        if written or _labelled().search(low, begin, match.start()):
            yield match
    for hit in _AS_REFERENCE.finditer(low):
        token = _ANY.search(text, max(0, hit.start() - 30), hit.start())
        if token and (re.search(r"\d", token.group()) or re.search(r"[A-ZÆØÅ]{2}", token.group())):
            yield token


@cache
def _written_before() -> re.Pattern[str]:
    return re.compile(
        rf"(?<!\w){alternatives(words('references')['written'])}[ :]+(?:(?:venligst|gerne|med|teksten|koden|også|altid) ){{0,2}}$"
    )


_WRITE = re.compile(
    r"\b[Ss]kriv(?:er)?(?: (?:I|du|venligst|gerne|lige|bare|så"
    r"|blot)){0,3} (?P<bare>[^\W_][\w\-/.]*(?: [\w\-/.&]+){0,4}?) på (?:fakturaen|regningen|bilaget)\b"
)
_THERE = re.compile(
    r"\b(?:[Pp]å (?:fakturaen|regningen)|[Ff]aktura(?:en)?:?|[Rr]egning(?:en)?:?)(?: (?:må|skal|bedes|kan|vil) (?:I|du|der|vi))?"
    r"(?: (?:gerne|venligst|lige|bare|også)){0,2} (?:skrive?|stå|skrives|angives|anføres|påføres|påskrives)(?: med)?:? "
    r"(?P<bare>[^\W_][\w\-/.]*(?: [\w\-/.&]+){0,3}?)(?=[,;.!?)\n]|$| så | og | ellers |, tak)"
)
_WHAT = re.compile(
    r"\b(?:mit|min|mine|vores|deres|hans|hendes|jeres|navn\w*|hvem|hvad|at|ikke|en|et|den|det|dem|begge|noget|som|på|til"
    r"|adressen?|om|kr|kroner)\b",
    re.IGNORECASE,
)


def _on_the_invoice(text: str) -> Iterator[re.Match[str]]:
    """`Skriv Ledelse 26 på fakturaen`: a few words with a capital or a number in them, and no `mit navn`."""
    for found in (_WRITE, _THERE):
        for match in found.finditer(text):
            if not _WHAT.search(match.group("bare")) and re.search(r"[\dA-ZÆØÅ]", match.group("bare")):
                yield match


_INITIALS = re.compile(r"\b(?:initialer(?:ne)?|initials)(?: er)?:? (?P<code>[A-ZÆØÅ]{2,6})(?!\w)", re.IGNORECASE)
_INVOICE = re.compile(r"\b(?:faktura|regning|invoice|ean|mærk|påfør|skriv|anfør|angiv)", re.IGNORECASE)
_QUOTE = re.compile(_QUOTED)
_VALUE = re.compile(r"[\d\"'”“„»«’]")
_ATTENTION_LEAD = re.compile(r"(?:att|attn|attention)[.: ]+(?=\S)", re.IGNORECASE)
_THOUSANDS = re.compile(r"\d{1,3}(?:\.\d{3})+")
_CODED = re.compile(r"(?<![\w@./-])(?P<code>[A-ZÆØÅ]{2,8}(?:[-/_]\w{2,12}){0,3}(?: \d{3,6}(?![ .]?\d))?)(?![\w@/-]|\.\w)")
_WRITERS = re.compile(r"[A-ZÆØÅ]{2,4}/[a-zæøå]{2,3}")  # who wrote a letter and who typed it
_NO_CODE = frozenset(
    {"EAN", "CVR", "GLN", "PSP", "PO", "IO", "TLF", "VH", "MVH", "ATT", "OBS", "PS", "NB", "OG", "ER", "PÅ", "VI", "JEG", "TIL"}
)
_AS_REFERENCE = re.compile(r"[ \u00a0]som (?:vores |jeres |deres |intern |faktura)?reference(?!\w)")
_ANY = re.compile(r"(?P<code>\w[\w./-]{1,25})$")
_NEVER = re.compile(r"(?:faktura(?:en|nr|nummer|nummeret)?|invoice(?: no)?|reservation|sag|uge|kl)[.: ]*(?:nr\.?)?[.: ]*$", re.IGNORECASE)


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
        yield from ((match, False) for match in (*_coded().finditer(low), *_written().finditer(low)))
    yield from ((match, False) for match in _capitals(text, low))
    yield from ((match, True) for match in _attention().finditer(text) if text[match.end() : match.end() + 1] != "/")
    yield from ((match, True) for match in _person_after().finditer(text))
    if _VALUE.search(text):
        yield from ((match, False) for match in _another().finditer(text))
    for match in _on_whose().finditer(text):
        if _INVOICE.search(text, max(0, match.start() - 160), match.end() + 20):
            yield match, False
    for match in _INITIALS.finditer(text):
        if match.group("code").isupper() and _INVOICE.search(text, max(0, match.start() - 80), match.start()):
            yield match, False
    for match in _QUOTE.finditer(text):
        before = _CLAUSE.split(text[max(0, match.start() - 90) : match.start()])[-1]
        after = _CLAUSE.split(text[match.end() : match.end() + 40])[0]
        if _OF_AN_INVOICE.search(f"{before} {after}"):
            yield match, False
    for match in (*_bare_written().finditer(text), *_on_the_invoice(text)):
        if not re.search(r"@|\b(?:ean|psp|att)\b", match.group("bare"), re.IGNORECASE):
            yield match, False


_CLAUSE = re.compile(r"[.!?]\s|\n")
_OF_AN_INVOICE = re.compile(r"\b(?:faktura|regning|bilag|bogholder|ean|gln|referencen?\b)", re.IGNORECASE)


def _reference(text: str, match: re.Match[str], person: bool) -> Reference | None:
    """The reference of a match, without what surrounds it; None where it is an amount, an EAN or an invoice of ours."""
    group = match.lastgroup or ""
    start, end = match.span(group)
    while end > start and text[end - 1] in (" ,;-/" if group == "quoted" else " .,;-/"):
        end -= 1
    if group == "quoted" and (lead := _ATTENTION_LEAD.match(text, start, end)):
        start = lead.end()
    value = " ".join(text[start:end].split())
    digits = re.sub(r"\D", "", value)
    coded = group == "code"
    if not value or (coded and _NEVER.search(text, max(0, match.start() - 20), match.start())):
        return None
    if (
        (digits.startswith("579") and len(digits) >= 12)
        or (coded and len(digits) < 2 and not re.match(r"[A-ZÆØÅ]{2}", value))
        or re.match(r" ?(?:kr\b|kroner|,-)", text[end : end + 8])
        or (_THOUSANDS.fullmatch(value) and re.match(r" [a-zæøå]{4}", text[end : end + 5]))
    ):
        return None
    return Reference(value, start, end, match.start(), person)
