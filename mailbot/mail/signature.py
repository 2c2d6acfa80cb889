"""Where a signature begins in a message, and which lines below it are the writer's words again ("PS …").

A sign-off counts only as a line of its own; words that merely begin like one (Khalid, Hilsendal, "Tak også") do not. Without a
sign-off, the writer's own name above contact lines, or standing last, begins a signature.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

MAX_SIGNATURE = 60   # filled lines below a separator
MAX_SEARCHED = 500   # filled lines at either end of a letter that are looked at
MAX_LINE = 200       # a longer line signs nothing off
MAX_CLOSING = 90

_SHORT = (
    r"m\.? ?v\.? ?h\.?|m/v/?h|v\.? ?h\.?|d\.? ?b\.? ?h\.?|k\.? ?h\.?|b\.? ?h\.?|v\.?b\.?r\.?|m\.? ?f\.? ?g\.?|m\.?f\.?h\.?"
    r"|mvhs?|hils|vhilsen"
    r"|(?:allerbedst|venligst|vänligen|ærbødigst|kærligst|bedst|deres|knus|kram|stort knus|knus og kram|kys og kram|ses"
    r"|vi ses|på gensyn|på glædeligt gensyn)"
    r"|(?:ha|hav|have) (?:det|en) [^\W\d_]+(?: [^\W\d_]+){0,3}|(?:god|fortsat god|rigtig god) (?:dag|weekend|ferie|sommer"
    r"|påske|aften|jul)(?: til dig| til jer)?"
    r"|(?:på )?forhånd (?:mange |tusind )?tak|(?:(?:mange|tusind) )?tak(?: på forhånd| for hjælpen)?|pft\.?|pfh\.?|alt godt"
    r"|alt det bedste|de bedste|de varmeste"
    r"|yours(?: sincerely| faithfully| truly)?|sincerely(?: yours)?|cheers|best|thanks(?: in advance| a lot)?|thank you"
    r"|many thanks|takk|på förhand tack|tack"
    r"|tjóðskapur|inussiarnersumik(?: inuulluaqqusillunga)?|vinarliga|blíðar heilsanir|med hilsen"
)
# "Mange vinterhilsner", "Med venlig hilsen", "Freundliche Grüße": a few words that end in a greeting.
_GREETING = (
    r"((?:[^\W\d_]+[ ,/&]{1,2}){0,6}?)[^\W\d_]*(?:hilsner(?:ne)?|hils[ei]n(?:er)?|hilsninge?r?|hälsning(?:ar|en)?"
    r"|helsing(?:ar)?|gr(?:ü|ue)(?:ß|ss)en?|gru(?:ß|ss)"
    r"|regards|wishes|greetings|kveðj[au]\w*|kvøð[au]\w*|heilsan\w*|hilser)"
)
_CLOSING = re.compile(rf"(?:(?P<greeting>{_GREETING})|(?P<short>{_SHORT}))(?![\w@])[ .,!:;/~*–-]{{0,5}}", re.IGNORECASE)
# Words that make a sentence of it: "Jeg skal hilse", "Send en hilsen".
_SENTENCE = frozenset({
    "jeg", "vi", "du", "i", "han", "hun", "er", "var", "har", "havde", "skal", "vil", "kan", "må", "bliver", "sender", "sendte",
    "sendt", "send", "giv",
    "fik", "får", "til", "på", "din", "dit", "jeres", "hans", "hendes", "som", "at", "den",
    "det", "denne", "tak", "ingen", "ikke", "hvis", "når", "så", "men", "eller", "om",
    "hvem", "hvad", "i'm", "is", "are", "was", "have", "for", "your",
})
# These end many an ordinary line too: they sign off only with a name, or last.
_WEAK = re.compile(
    r"(?:.*\btakk?\b.*|tack|.*\bthanks?\b.*|best|bedst|ses|vi ses|på .*|deres|ha(?:v|ve)? .*|hils[ei]n|hilsner|hilser|hils"
    r"|alt .*|pft|pfh|cheers|(?:fortsat |rigtig )?god .*"
    r"|de bedste|de varmeste|kram|knus|yours|greetings|regards|wishes|bh|b\.h\.|vinarliga)",
    re.IGNORECASE,
)
_FROM = re.compile(r"(?:fra|from|på vegne af|von|från|frá|pva\.?)\s+\S.{1,60}$", re.IGNORECASE)
_NAME = re.compile(
    r"[^\W\d_][\w.'’´`-]{0,30}(?:[ &/,+]{1,3}(?:(?:og|and|und|och|von|van|de|af|der|el|al"
    r"|bin)\s)?[^\W\d_][\w.'’´`-]{0,30}){0,5}[ .!,:)]{0,2}$",
)
_SLASH = re.compile(r"(?:/{1,2}|~|[-–—])\s?([^\W\d_][\w.'’-]{0,30}(?:[ /&]{1,3}[^\W\d_][\w.'’-]{0,30}){0,4})\.?$")
_FOOTER = re.compile(
    r"(?:sendt|sent|skickat|skickades|gesendet|envoyé|senda[ðr]?|sent via|sendt via) (?:fra|from|med|with|från|von|frá|de"
    r"|via|på|using)\s(?:min|mit|my|mina|mein|mínum"
    r"|outlook|mail|yahoo|gmail|proton|samsung|iphone|ipad|android|.{0,30}(?:telefon|ipad|iphone|mobil|android|tablet))"
    r"|(?:hent|hentet|få|get|download|skaffa|holen sie) .{0,12}outlook (?:til|for|für|fra|från)|hentet fra outlook"
    r"|von meinem .{1,40} gesendet"
    r"|(?:sendt fra|sent from) .{0,25}(?:telefon|phone|ipad|tablet|android)",
    re.IGNORECASE,
)
_POSTSCRIPT = re.compile(r"(?:p\.? ?s\.?|ps:?|n\.? ?b\.?|obs|efterskrift|p\.p\.s\.?|pps)(?:[ :.!,–-]|$)", re.IGNORECASE)
_I = re.compile(r"\b(?:jeg|mig)\b", re.IGNORECASE)
_CONTACT = re.compile(
    r"\+?\d[\d ]{6,}\d|@|www\.|https?://|\b(?:tlf|tel|mobil|mob|direkte|telefon|phone|ean|cvr|omstilling|hovednummer)\b"
    r"|biblio|kommun|leder\b|chef|konsulent"
    r"|koordinator|afdeling|sekretær|direktør|formidler|manager|library|bókasavn|assistent|ansvarlig|bestyrer",
    re.IGNORECASE,
)
_ORGANISATION = re.compile(r"biblio|kommun|kontor|kultur|forening|library|sekretariat|administration|post\b|info\b", re.IGNORECASE)
_SEPARATOR = re.compile(r"-{2,3}$|[_*=–—-]{6,}$")
_FOLD = str.maketrans({
    "æ": "ae", "ø": "oe", "å": "aa", "ä": "ae", "ö": "oe", "é": "e", "è": "e", "ü": "u", "ð": "d", "á": "a", "í": "i",
    "ó": "o", "ú": "u", "ý": "y", "þ": "th",
})


def fold(text: str) -> str:
    """Lower case without accents and punctuation, to compare names."""
    return re.sub(r"[\W_]+", " ", text.lower().translate(_FOLD)).strip()


def find(lines: Sequence[str], names: frozenset[str]) -> int | None:
    """The index of the line where the signature begins; None without one. `lines` are stripped of white space and quote
    marks; `names` are the words of the writer's name, folded."""
    filled = [i for i, line in enumerate(lines) if line]
    for index, i in enumerate(filled):
        if MAX_SEARCHED <= index < len(filled) - MAX_SEARCHED:
            continue
        begins = _begins(lines, filled, index, names)
        if begins:
            return i
        if begins is None:  # a separator or footer: the name may stand above it
            above = _unannounced(lines, filled[:index], names)
            return i if above is None else above
    return _unannounced(lines, filled, names)


def _begins(lines: Sequence[str], filled: Sequence[int], index: int, names: frozenset[str]) -> bool | None:
    """Whether the signature begins at the filled line `index`; None for a separator or footer that a name may stand above."""
    line = lines[filled[index]]
    if len(line) > MAX_LINE:
        return False
    after = len(filled) - index - 1
    if (line == "--" and after <= MAX_SIGNATURE) or (_FOOTER.match(line) and after <= 3):
        return None
    if len(line) <= MAX_CLOSING and (closing := _CLOSING.match(line)) and _signs_off(lines, filled, index, closing, names):
        return True
    slash = _SLASH.match(line) if index > 0 else None
    return slash is not None and _slashed(lines, filled, index, slash[1], names)


def _slashed(lines: Sequence[str], filled: Sequence[int], index: int, name: str, names: frozenset[str]) -> bool:
    """Whether "/Trine" or "- Trine" signs: a dash only before the writer's own name and not in a list."""
    known, after = bool(names & set(fold(name).split())), len(filled) - index - 1
    line, before = lines[filled[index]], lines[filled[index - 1]]
    if line[0] in "-–—":
        return known and before[0] not in "-–—•*" and (after == 0 or not lines[filled[index + 1]].startswith(line[0])) and after <= 12
    return (known and after <= MAX_SIGNATURE) or (after <= 1 and name[0].isupper())


def _signs_off(lines: Sequence[str], filled: Sequence[int], index: int, closing: re.Match[str], names: frozenset[str]) -> bool:
    line, greeting = lines[filled[index]], closing["greeting"]
    if greeting and _SENTENCE & set(greeting.lower().split()[:-1]):
        return False
    rest = line[closing.end():].strip()
    from_us = bool(_FROM.match(rest))
    if rest and not from_us and not _is_name(rest, names):
        return False
    weak = bool(_WEAK.fullmatch((greeting or closing["short"]).strip()))
    following = [lines[i] for i in filled[index + 1:index + 5]]
    if not weak or not following:
        return not weak or not rest or from_us or bool(names & set(fold(rest).split())) or (index > 0 and not _thanks(line))
    if any(map(_is_sentence, following)) or (index == 0 and len(filled) > 4):
        return False
    return _is_name(following[0], names) or bool(_SEPARATOR.match(following[0])) or bool(_FOOTER.match(following[0])) or bool(
        names & set(fold(rest).split()) and not from_us)


def _thanks(line: str) -> bool:
    return line.lower().startswith(("tak", "thank", "tusind", "mange"))


def _is_sentence(line: str) -> bool:
    return len(line.split()) > 6 and line[-1:] in ".?!"


def _is_name(line: str, names: frozenset[str]) -> bool:
    if len(line) > 80 or not _NAME.match(line):
        return False
    return line[0].isupper() or bool(names & set(fold(line).split()))


def _unannounced(lines: Sequence[str], filled: Sequence[int], names: frozenset[str]) -> int | None:
    """The writer's name without a sign-off: standing last, or above nothing but short lines with something to contact."""
    for index in range(len(filled) - 1, max(len(filled) - 15, 0), -1):
        line, before = lines[filled[index]], lines[filled[index - 1]]
        if len(line) > 80 or (line[-1:] in ".?!" and len(line.split()) > 5):
            return None
        name, _, rest = line.replace("|", ",").partition(",")  # "Mette Holm, souschef, Vejle Bibliotek"
        words = set(fold(name).split())
        known = len(names & words)
        listed = before.endswith(":") or before[0] in "-–•*" or line[0] in "-–•*"
        if not known or known < len(words) - 1 or listed or not _is_name(name.strip(), names) or (rest and not _CONTACT.search(rest)):
            continue
        below = [lines[i] for i in filled[index + 1:]]
        if below and not any(map(_CONTACT.search, below)):
            continue
        while index > 1 and (above := set(fold(lines[filled[index - 1]]).split())) and above <= names:
            index -= 1  # "Thea", and her full name below it
        return _block_start(lines, filled[index])
    return _shared(lines, filled, names)


def _block_start(lines: Sequence[str], i: int) -> int:
    """Where the lines above the name belong to it too: "Oluf Holm", "Daglig leder", "Herlev Bibliotek" with the last one known."""
    start = i
    while start > 0 and i - start < 3 and _is_label(lines[start - 1]):
        start -= 1
    return start if start > 0 and not lines[start - 1] else i


def _is_label(line: str) -> bool:
    """Whether a line is a name or a title, as they stand in signatures, and no sentence."""
    words = line.split()
    capitals = sum(word[0].isupper() for word in words)
    if len(line) >= 50 or not _NAME.match(line) or line[-1] in ".!":
        return False
    return 2 * capitals > len(words) or bool(_CONTACT.search(line))


def _shared(lines: Sequence[str], filled: Sequence[int], names: frozenset[str]) -> int | None:
    """A name above contact lines, last in the letter, where the address tells no person's name (a shared mailbox)."""
    if (names and not any(map(_ORGANISATION.search, names))) or len(filled) < 4:
        return None
    start = filled[-1]
    while start > 0 and lines[start - 1]:
        start -= 1
    block = [line for line in lines[start:] if line]
    above = [i for i in filled if i < start]
    if not above or not 2 <= len(block) <= 8 or any(len(line) > 60 or ":" in line[:12] or line[0] in "-–•*" for line in block):
        return None
    if lines[above[-1]].endswith(":") or not any(_is_sentence(lines[i]) for i in above):
        return None
    return start if block[0].istitle() and _is_name(block[0], names) and " " in block[0] and any(map(_CONTACT.search, block[1:])) else None


def postscripts(lines: Sequence[str], start: int) -> list[tuple[int, int]]:
    """The stretches below `start` that are the writer's words again: a postscript, and paragraphs with a sentence of "jeg"."""
    found: list[tuple[int, int]] = []
    i = start + 1
    while i < len(lines):
        if _POSTSCRIPT.match(lines[i]) or (not lines[i - 1] and _is_sentence(lines[i]) and _I.search(lines[i])):
            end = i
            while end < len(lines) and (lines[end] or end == i) and not (end > i and _FOOTER.match(lines[end])):
                end += 1
            found.append((i, end))
            i = end
        i += 1
    return found
