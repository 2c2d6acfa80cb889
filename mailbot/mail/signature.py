"""Where a signature begins in a message, and which lines below it are the writer's words again ("PS …").

A sign-off counts only as a line of its own; words that merely begin like one (Khalid, Hilsendal, "Tak også") do not. Without a
sign-off, the writer's own name followed by contact lines, or standing last, begins a signature.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_CLOSINGS = (
    r"(?:med|m\.?) ?(?:de )?(?:aller)?(?:venlige?|venligste?|bedste|kærligst?e?|kærlige|varme|varmeste|glade|kollegial|gode|solrige|faglige|god|sommerlige|julelige"
    r"|vennlig|hjertelig|vänlig|vänliga|bästa)(?: og (?:venlig|god|varm|kærlig|glad)e?)? ?(?:hilsner|hilsen|hilsninger|hilsn|hälsning|hälsningar)"
    r"|(?:de |mine |en |mange |rigtig |mange gode |allerbedste |aller)*(?:bedste|venlige?|venligste|kærlige?|kærligste|varme|varmeste|glade|gode|mange|hjertelige|søde"
    r"|dejlige|solrige|sommerlige|kollegiale|faglige|tusind|beste|vennlig|vänliga?|bästa|kære|god|stor|store) (?:hilsner|hilsen|hilsninger|hilsn|hälsningar|hälsning)"
    r"|(?:hilsen|hilsner|hilsnerne|hilser|hälsningar|hälsning|helsing|hils)"
    r"|(?:mvh|m\.? ?v\.? ?h\.?|m/v/h|v\.? ?h\.?|d\.?b\.?h\.?|k\.? ?h\.?|bh|b\.h\.|vbr|br|vhs|m\.?f\.?h\.?|mfg|mhj|vhilsen|m\.? ?venlig ?hilsen|ha det godt|hav det godt"
    r"|hav en (?:god|dejlig|fortsat god) (?:dag|weekend|aften|uge|sommer)|venligst|ærbødigst|deres|knus|kram|stort knus|knus og kram|ses|vi ses|på gensyn|på forhånd tak"
    r"|på forhånd mange tak|tak på forhånd|tak|mange tak|tusind tak|pft|pfh|kærligst|bedst|alt godt|alt det bedste)"
    r"|(?:with |many |my |warm |kind |best |yours )*(?:regards|wishes|greetings)|yours (?:sincerely|faithfully|truly)|sincerely|cheers|best|thanks|thank you|many thanks"
    r"|(?:mit )?(?:freundlichen|besten|herzlichen|lieben|vielen|viele|liebe|beste|herzliche) grüße?n?|mit freundlichem gruss"
    r"|(?:við )?(?:vinarligari|vinaligari|góðari|bestu|kærari|vinarligum) (?:heilsan|kvøðu|kvøðum|kveðju|kveðjur)|(?:með )?(?:bestu|góðri|góðum|vinsemd)(?: kveðju| kveðjum)?"
    r"|tjóðskapur|heilsan|kvøða|blíðar heilsanir|kveðja|inussiarnersumik(?: inuulluaqqusillunga)?"
)
# Thanks and wishes are sign-offs only where nothing but a name comes after them.
_WEAK = re.compile(
    r"(?:(?:på forhånd )?(?:mange |tusind )?tak(?: på forhånd)?|på forhånd tak|thanks|thank you|many thanks|best|bedst|ses|vi ses|på gensyn|deres|hav .*|ha det godt"
    r"|hilsen|hilsner|hilser|hils|br|alt .*|pft|pfh|cheers)",
    re.IGNORECASE,
)
_CLOSING = re.compile(rf"(?:{_CLOSINGS})(?![\w@])[ .,!:;/~*–-]{{0,5}}", re.IGNORECASE)
_FROM_US = re.compile(r"(?:fra|from|på vegne af|von|från|pva\.?)\s+.{2,60}$", re.IGNORECASE)
_NAME = re.compile(r"[^\W\d_][\w.'’´`-]{0,30}(?:[ &/,+]{1,3}(?:(?:og|and|von|van|de|af|der|el|al|bin)\s)?[^\W\d_][\w.'’´`-]{0,30}){0,5}[ .!,:)]{0,2}$")
_SLASH = re.compile(r"(?://?|~|[-–—] ?)\s?([^\W\d_][\w.'’-]{1,30}(?: [^\W\d_][\w.'’-]{0,30}){0,3})\.?$")
_FOOTER = re.compile(
    r"(?:sendt fra (?:min|mit|outlook|mail|yahoo|gmail|proton|e-boks|samsung)|sent from (?:my|outlook|mail|yahoo|proton|samsung)|hentet fra outlook|få outlook (?:til|for)|get outlook for"
    r"|von meinem .{1,40} gesendet|gesendet von|skickat från|skickades från|sendt med (?:outlook|proton|min)|sent with (?:outlook|proton)|envoyé de"
    r"|sendt via |sent via |sendt fra\b.{0,30}(?:telefon|ipad|iphone|mobil|android|tablet))",
    re.IGNORECASE,
)
_POSTSCRIPT = re.compile(r"(?:p\.? ?s\.?|nb|n\.b\.|obs|efterskrift)(?:[ :.!,–-]|$)", re.IGNORECASE)
_PROSE = re.compile(r"\b(?:jeg|mig|min|mit|mine|vi|os|i|me|my|we)\b", re.IGNORECASE)
_CONTACT = re.compile(
    r"\+?\d[\d ]{6,}\d|@|www\.|https?://|\b(?:tlf|tel|mobil|mob|direkte|telefon|phone|ean|cvr|omstilling|hovednummer)\b"
    r"|biblio|kommun|leder\b|chef|konsulent|souschef|koordinator|afdeling|sekretær|direktør|formidler|manager|library|bókasavn|stadsbib",
    re.IGNORECASE,
)
_DASHES = re.compile(r"--+ ?$|[_*=–—-]{3,}$")
MAX_SIGNATURE = 60   # filled lines
MAX_LINE = 200


def find(lines: Sequence[str], names: frozenset[str]) -> int | None:
    """The index of the line where the signature begins; None without one. `lines` are stripped of white space and quote
    marks; `names` are the words of the writer's name, folded."""
    filled = [i for i, line in enumerate(lines) if line]
    if not filled:
        return None
    for index, i in enumerate(filled):
        if _begins(lines, filled, index, i, names):
            return i
    return _unannounced(lines, filled, names)


def _begins(lines: Sequence[str], filled: Sequence[int], index: int, i: int, names: frozenset[str]) -> bool:
    line = lines[i]
    if len(line) > MAX_LINE:
        return False
    after = len(filled) - index - 1
    if line in ("--", "-- "):
        return after <= MAX_SIGNATURE
    closing = _CLOSING.match(line)
    if closing and _signs_off(lines, filled, index, line, closing, names):
        return True
    if _FOOTER.match(line):
        return after <= 3
    slash = _SLASH.match(line)
    if slash and index > 0:
        known = bool(names & set(fold(slash[1]).split()))
        listed = line[0] in "-–—" and (lines[filled[index - 1]][:1] in "-–—•*" or not known)
        return not listed and (known and after <= MAX_SIGNATURE or line[0] == "/" and after == 0)
    return False


def _signs_off(lines: Sequence[str], filled: Sequence[int], index: int, line: str, closing: re.Match[str], names: frozenset[str]) -> bool:
    rest = line[closing.end():].strip()
    words = closing[0].strip(" .,!:;/~*–-")
    weak = bool(_WEAK.fullmatch(words))
    if rest and not (_FROM_US.match(rest) or _is_name(rest, names)):
        return False
    if rest and weak and not _FROM_US.match(rest) and not names & set(fold(rest).split()) and index + 1 < len(filled):
        return False
    if index == 0 and weak and len(filled) > 3:
        return False
    following = [lines[i] for i in filled[index + 1:]]
    if not weak:
        return True
    if not following:
        return not words.lower().startswith(("tak", "thank", "mange tak", "på forhånd"))
    return _is_name(following[0], names) and not any(map(_is_words, following[1:4]))


def _is_words(line: str) -> bool:
    return len(line.split()) > 6 and line[-1:] in ".?!"


def _is_name(line: str, names: frozenset[str]) -> bool:
    if len(line) > 80 or not _NAME.match(line):
        return False
    first = line.split()[0]
    return first[:1].isupper() or bool(names & set(fold(line).split()))


def _unannounced(lines: Sequence[str], filled: Sequence[int], names: frozenset[str]) -> int | None:
    """The writer's name without a sign-off: standing last, or above nothing but short lines with something to contact."""
    for index in range(len(filled) - 1, max(len(filled) - 15, 0) - 1, -1):
        i = filled[index]
        line = lines[i]
        if len(line) > 80 or line[-1:] in ".?!" and len(line.split()) > 5:
            return None
        own = names & set(fold(line).split())
        if not own or index == 0 or not _is_name(line, names) or lines[i - 1] and index + 1 < len(filled):
            continue
        if lines[filled[index - 1]].endswith(":") or len(own) < len(fold(line).split()) - 1:
            continue
        below = [lines[j] for j in filled[index + 1:]]
        if not below or any(map(_CONTACT.search, below)):
            return i
    return None


def postscripts(lines: Sequence[str], start: int) -> list[tuple[int, int]]:
    """The stretches below `start` that are the writer's words again: a postscript up to the next blank line, and sentences
    that speak of "jeg"."""
    found: list[tuple[int, int]] = []
    i = start + 1
    while i < len(lines):
        if _POSTSCRIPT.match(lines[i]) or lines[i - 1] == "" and _is_words(lines[i]) and _PROSE.search(lines[i]) and _I.search(lines[i]):
            end = i
            while end < len(lines) and lines[end] and not (end > i and _FOOTER.match(lines[end])):
                end += 1
            found.append((i, end))
            i = end
        i += 1
    return found


_I = re.compile(r"\b(?:jeg|mig|I)\b")
_FOLD = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "ä": "ae", "ö": "oe", "é": "e", "ü": "u", "ð": "d", "á": "a", "í": "i", "ó": "o", "ú": "u", "ý": "y"})


def fold(text: str) -> str:
    """Lower case without accents and punctuation, to compare names."""
    return re.sub(r"[^\w]+", " ", text.lower().translate(_FOLD)).strip()
