"""People in sentences: each name with what is said of it. A title, an address or a diet belongs to the person named
last before it in the sentence (or by pronoun or first name), a title also to the name right behind it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache

from mailbot.understanding import addresses, names
from mailbot.understanding.entities import Mark
from mailbot.understanding.facts import Record, from_mark
from mailbot.understanding.lexicon import alternatives, listed, words
from mailbot.understanding.sentences import sentences

_MODULE = "prose"
MAX_MARKS = 120  # of one sentence; more is no sentence


@dataclass(slots=True)
class Prose:
    """What sentences tell: records of those named, the writer's own statements, and numbers told for all."""

    records: list[Record] = field(default_factory=list)
    writer: Record = field(default_factory=lambda: Record(writer=True))
    common: Record = field(default_factory=Record)
    owned: list[tuple[Mark, Record]] = field(default_factory=list)  # EAN, place, reference with the person of their sentence
    writer_name: str = ""
    loose: Record = field(default_factory=Record)  # a diet told by itself: the writer's or the only one's
    everyone: Record = field(default_factory=Record)  # said of all before anybody was named


@dataclass(frozen=True, slots=True)
class Ref:
    """A word that stands for somebody: a name, "jeg", "hun", "begge", a first name."""

    kind: str  # name, self, same, all, first
    start: int
    end: int
    record: Record | None = None


@cache
def _pronouns() -> re.Pattern[str]:
    lists = words("persons")
    own = [w for w in lists["self"] if w not in ("i", "selv")]
    return re.compile(
        rf"(?<!\w)(?:(?P<self>{alternatives(own)}|I(?= am\b|'m| would|'d| have| will| work| head))"
        rf"|(?P<same>{alternatives(lists['same'])})|(?P<all>{alternatives(lists['all'])}))(?!\w)",
        re.IGNORECASE,
    )


_APPOSITION = re.compile(
    r"[\s,(–:/\-]*(?:(?:(?:som|der|who|hun|han)\s+)?(?:jo |nu |i dag |også |begge )?(?:er|is|arbejder som|sidder som"
    r"|har titel af|fungerer som)\s+)?(?:(?:en|et|vores|min|a|our|ny|nye|vores nye|jo|nu|også|begge|selv|konst\."
    r"|hos os|den|der|er|vor)\s+)*",
    re.IGNORECASE,
)


@cache
def _copula() -> re.Pattern[str]:
    return re.compile(
        rf"(?<!\w){alternatives(words('titles')['copula'])}:?(?: (?!ikke\b|ingen\b|min\b(?! \w*\Z)|chef)[\w-]+){{0,3}} ?$"
        rf"|\bI['’]m (?:the |a |an |now |currently )*$",
        re.IGNORECASE,
    )


@cache
def _wishes() -> re.Pattern[str]:
    """What follows on "han" or "hun" who wants to come."""
    return re.compile(
        r" (?:(?:meget|rigtig|også|nu|selv|derfor|allerede|har|vil|ønsker|skal"
        r"|glæder sig til) ?){0,4}(?:gerne )?(?:at )?(?:deltage|med|være med|tilmeldes|følge|sagt ja|på (?:holdet|forløbet"
        r"|hverdagsledelse))\b",
        re.IGNORECASE,
    )


_NOT = re.compile(r"\b(?:ikke|ingen|heller ikke|hverken|min|hans|hendes|til|spørge|ifølge|af|med|sammen med|fra)\s*$", re.IGNORECASE)
_CHIEF = re.compile(r"\b(?:min|mit|vores|hendes|hans|deres|til|en|enhver|alle|som|nærmeste)\s+(?:\w+\s+)?$", re.IGNORECASE)


def read(
    text: str,
    spans: list[tuple[int, int]],
    marks: list[Mark],
    known: list[Record],
    writer_name: str,
    skip: tuple[str, ...],
    asked: list[Record],
) -> Prose:
    """Reads the sentences in the spans of `text`. `known` are records of structures, which sentences may add to;
    `writer_name` is the writer's; names in `skip` are no participants (whom the mail is written to); `asked` are those
    whom "hun" means before anybody is named (the writer of what is forwarded)."""
    prose = Prose(writer_name=writer_name)
    people = list(known)
    last = list(asked)
    for mark in marks:
        if mark.kind == "name":
            _person(mark, text, people, writer_name, skip)
    for start, end in spans:
        for begin, stop in sentences(text, start, end):
            last = _sentence(
                text,
                begin,
                stop,
                [m for m in marks if begin <= m.start and m.end <= stop][:MAX_MARKS],
                prose,
                people,
                writer_name,
                skip,
                last,
            )
    prose.records = [r for r in people if r not in known]
    return prose


def _sentence(
    text: str,
    begin: int,
    stop: int,
    marks: list[Mark],
    prose: Prose,
    people: list[Record],
    writer_name: str,
    skip: tuple[str, ...],
    last: list[Record],
) -> list[Record]:
    refs = _refs(text, begin, stop, marks, prose, people, writer_name, skip)
    named = [r.record for r in refs if r.record is not None and r.kind in ("name", "first")]
    for mark in marks:
        if mark.kind == "name":
            continue
        owners = (
            _title_owners(text, begin, mark, marks, refs, prose, last)
            if mark.kind == "title"
            else _owners(text, begin, mark, refs, prose, people, last)
        )
        _give(text, mark, owners, prose)
    for ref in refs:
        if ref.kind == "same" and (ref.record or last) and _wishes().match(text, ref.end, stop):
            (ref.record or last[-1]).wished = True
    subjects = [r for r in named if not r.writer]
    return subjects or last


def _refs(
    text: str, begin: int, stop: int, marks: list[Mark], prose: Prose, people: list[Record], writer_name: str, skip: tuple[str, ...]
) -> list[Ref]:
    refs: list[Ref] = []
    taken: list[tuple[int, int]] = [(m.start, m.end) for m in marks]
    for mark in marks:
        if mark.kind != "name":
            continue
        if writer_name and names.same(mark.value, writer_name) == 2:
            prose.writer.put("name", from_mark(mark, _MODULE))
            prose.writer.spoken_of(mark.start, mark.end)
            refs.append(Ref("name", mark.start, mark.end, prose.writer))
            continue
        record = _person(mark, text, people, writer_name, skip)
        if record is not None:
            refs.append(Ref("name", mark.start, mark.end, record))
    for word in re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*").finditer(text, begin, stop):
        if not word.group()[0].isupper() or any(a < word.end() and word.start() < b for a, b in taken):
            continue
        plain = re.sub(r"s$", "", word.group())
        owner = next((r for r in people if r.name and names.first_name(r.name) in (word.group(), plain)), None)
        if owner is not None and not _greeted(text, word.start()):
            owner.spoken_of(word.start(), word.end())
            refs.append(Ref("first", word.start(), word.end(), owner))
        elif writer_name and names.first_name(writer_name) == word.group():
            refs.append(Ref("first", word.start(), word.end(), prose.writer))
    refs += [
        Ref(match.lastgroup or "", match.start(), match.end())
        for match in _pronouns().finditer(text, begin, stop)
        if not any(a < match.end() and match.start() < b for a, b in taken)
    ]
    return _with_pronouns(text, sorted(refs, key=lambda r: r.start))


def _with_pronouns(text: str, refs: list[Ref]) -> list[Ref]:
    """ "Hun" means the person named last before it in the sentence, if there is one."""
    recent: Record | None = None
    made = []
    for ref in refs:
        if ref.record is not None and not ref.record.writer and not (recent and _bracketed(text, ref)):
            recent = ref.record
        made.append(Ref("same", ref.start, ref.end, recent) if ref.kind == "same" and recent is not None else ref)
    return made


def _bracketed(text: str, ref: Ref) -> bool:
    """Whether somebody is named in brackets only, beside the one that the sentence is about."""
    before = text[max(0, ref.start - 60) : ref.start]
    return before.rfind("(") > before.rfind(")")


def _person(mark: Mark, text: str, people: list[Record], writer_name: str, skip: tuple[str, ...]) -> Record | None:
    """The record of a name: a known person's, or a new one; None for the writer and for whom the mail is written to."""
    if writer_name and names.same(mark.value, writer_name) == 2:
        return None
    if any(names.same(mark.value, other) == 2 for other in skip) or _greeted(text, mark.start):
        return None
    record = next(
        (r for r in people if r.name and (names.same(r.name, mark.value) == 2 or names.same(r.name, re.sub(r"s$", "", mark.value)) == 2)),
        None,
    )
    if record is not None and mark.value.endswith("s") and names.same(record.name, mark.value) != 2:
        record.spoken_of(mark.start, mark.end)
        return record
    if record is None:
        record = Record(place=mark.start)
        record.fields["name"] = from_mark(mark, _MODULE)
        people.append(record)
    elif len(mark.value) > len(record.name) or record.form == "copied":
        record.fields["name"] = from_mark(mark, _MODULE)
    record.spoken_of(mark.start, mark.end)
    return record


def _greeted(text: str, start: int) -> bool:
    line = text[text.rfind("\n", 0, start) + 1 : start]
    return bool(
        re.fullmatch(r"\s*(?:kære|hej|hejsa|til|goddag|dear|hi|hello|godmorgen|hei|moin)(?: \w+ og| alle| både)?\s*", line, re.IGNORECASE)
    )


def _resolve(ref: Ref, prose: Prose, last: list[Record]) -> list[Record]:
    if ref.record is not None:
        return [ref.record]
    if ref.kind == "self":
        return [prose.writer]
    if ref.kind == "same":
        return last[-1:]
    return [prose.everyone]


def _title_owners(text: str, begin: int, mark: Mark, marks: list[Mark], refs: list[Ref], prose: Prose, last: list[Record]) -> list[Record]:
    """Whose title it is; nobody's where the title is only mentioned ("min chef siger")."""
    after = next(
        (
            r
            for r in refs
            if r.kind == "name"
            and r.start >= mark.end
            and re.fullmatch(r"(?: (?:i|på|ved|hos) [A-ZÆØÅ][\w-]+)?,?[ \u00a0]+", text[mark.end : r.start])
        ),
        None,
    )
    if after is not None and after.record is not None:
        return [after.record]
    if re.match(r",? (?:ligesom|lige som|som) (?:jeg|mig|undertegnede)\b", text[mark.end : mark.end + 30]):
        named = [r.record for r in refs if r.record is not None and r.end <= mark.start and r.kind in ("name", "first")]
        return [*(named[-1:] or last[-1:]), prose.writer]
    bracket = re.match(r"[ \u00a0]\((?=[A-ZÆØÅ])", text[mark.end : mark.end + 3])
    within = next((r for r in refs if r.kind in ("name", "first") and r.start == mark.end + 2), None) if bracket else None
    if within is not None and within.record is not None:
        return [within.record]
    before = [r for r in refs if r.end <= mark.start]
    lead = text[max(begin, mark.start - 60) : mark.start]
    if before:
        nearest = before[-1]
        gap = _without(text, nearest.end, mark.start, marks)
        if nearest.kind in ("name", "first") and _APPOSITION.fullmatch(gap) and nearest.record is not None:
            return [nearest.record]
        if (
            nearest.kind == "self"
            and re.fullmatch(r"\s*[,()–-][\s,]*(?:som (?:er )?|der er )?", gap)
            and text[nearest.start : nearest.end].lower() not in ("min", "mit", "mine", "my")
        ):
            return [prose.writer]
        if (
            nearest.kind == "self"
            and text[nearest.start : nearest.end].lower() in ("min", "mit", "vores")
            and _APPOSITION.fullmatch(gap)
            and len(before) > 1
            and not _copula().search(lead)
        ):
            prior = before[-2]
            return (
                _resolve(prior, prose, last) if prior.kind == "name" and re.fullmatch(r"[\s,(–-]*", text[prior.end : nearest.start]) else []
            )
    lead_in = _without(text, begin, mark.start, marks)
    if not lead_in.strip(" \n–-•*,.;/()") and re.match(r"\s*(?:[,.(\n/]|$|(?:på|ved|hos|i|fra) \w)", text[mark.end : mark.end + 20]):
        return last[-1:] if last else [prose.writer]
    if re.search(r"\bmen (?:nu |derimod |i dag )?$", lead) and re.search(r"\b(?:er|blevet|am|var)\b", lead):
        return [prose.writer] if not last else last[-1:]
    if re.search(r"\b(?:ansætte\w*|søger|slår|opslå\w*|mangler|leder efter|finder)\b[^,.]{0,40}$", lead):
        return []  # somebody who is still to be found
    if not _copula().search(lead) or (_NOT.search(lead) and not re.search(r"\b(?:til|titel af|som)\s*$", lead)):
        return []
    if re.search(r"\b(?:ikke|ingen)\b[^,.]{0,25}$", lead) or (_CHIEF.search(lead) and not _copula().search(lead)):
        return []
    subject = [
        r
        for r in before
        if r.kind != "all"
        or text[r.start : r.end].lower() in ("begge", "alle", "de", "alle tre", "begge to", "alle fire", "hver", "dem", "both", "they")
    ]
    subject = [
        r
        for r in subject
        if text[r.start : r.end].lower() not in ("min", "mit", "mine", "vores", "hans", "hendes", "deres", "dem", "ham", "hende", "my")
        or re.match(r" (?:titel|stilling|title)", text[r.end : r.end + 10])
    ]
    if subject:
        office = (
            re.search(r"\bsom\s*$", lead)
            and subject[0].kind in ("self", "same")
            and not re.search(r"\b(?:arbejder|ansat|har)\s+som\s*$", lead)
        )
        return _resolve(subject[0] if office else subject[-1], prose, last)
    if before and before[-1].kind in ("same",):
        return _resolve(before[-1], prose, last)
    return [prose.writer] if not last else last[-1:]


def _without(text: str, start: int, end: int, marks: list[Mark]) -> str:
    """`text[start:end]` without the marks in it, so that a row of data reads like an apposition."""
    left = text[start:end]
    for mark in sorted((m for m in marks if start <= m.start and m.end <= end), key=lambda m: -m.start):
        left = left[: mark.start - start] + left[mark.end - start :]
    return left


def _owners(text: str, begin: int, mark: Mark, refs: list[Ref], prose: Prose, people: list[Record], last: list[Record]) -> list[Record]:
    """Whose address, number, diet or place it is, as far as the sentence tells."""
    if mark.kind == "email":
        if (
            prose.writer_name
            and addresses.belongs(mark.value, prose.writer_name)
            and not any(addresses.belongs(mark.value, r.name) for r in people if r.name)
        ):
            return [prose.writer]
        fits = [(addresses.belongs(mark.value, r.name), r) for r in people if r.name]
        best = max(fits, key=lambda f: f[0], default=(0, None))
        if best[0] and best[1] is not None and sum(f[0] == best[0] for f in fits) == 1:
            return [best[1]]
    if mark.kind in ("ean", "ean_invalid", "reference", "dietary"):
        given = next(
            (
                r
                for r in refs
                if r.start >= mark.end
                and re.fullmatch(
                    r"\)?,? (?:(?:skal bruges |bruges |gælder |er )?(?:til|for)|gælder|dækker|vedrører) ", text[mark.end : r.start]
                )
            ),
            None,
        )
        if given is not None:
            return _resolve(given, prose, last)
        if re.match(
            r"\)?,? (?:(?:skal bruges |bruges |gælder |er )?(?:til|for)|gælder|dækker) (?:de (?:to|tre|fire|andre|øvrige"
            r"|første|sidste)|resten)\b",
            text[mark.end : mark.end + 40],
        ):
            return [prose.everyone]
    before = [r for r in refs if r.end <= mark.start]
    if mark.kind in ("email", "phone"):
        before = [r for r in before if r.kind != "all"]
        direct = [r for r in before if r.kind in ("name", "first", "same")]
        if direct and not (before[-1].kind == "self" and text[before[-1].start : before[-1].end].lower() in ("min", "jeg", "mit")):
            return _resolve(direct[-1], prose, last)
    if before:
        return _resolve(before[-1], prose, last)
    if mark.kind == "dietary" and text[max(0, begin - 2) : begin].endswith("\n"):
        return [prose.loose]
    return last[-1:]


def _give(text: str, mark: Mark, owners: list[Record], prose: Prose) -> None:
    if mark.off and mark.kind != "reference":
        return
    if mark.kind in ("ean", "ean_invalid", "reference", "organisation", "cvr"):
        if mark.rank < 3 or mark.kind == "reference":
            prose.owned.append((mark, owners[-1] if owners else prose.writer))
        return
    if mark.kind == "email" and _for_invoices(text, mark):
        prose.common.put("invoice_email", from_mark(mark, _MODULE))
        return
    for owner in owners or [prose.writer]:
        if mark.kind in ("title", "email", "phone", "dietary"):
            if mark.kind == "title" and not owners:
                return
            if mark.kind == "phone" and mark.rank < owner.phone_rank:
                owner.phone_rank = mark.rank
                owner.fields.pop("phone", None)
            held = owner.fields.get(mark.kind)
            if mark.kind == "title" and held and held.value.lower() in listed("titles", "general") and mark.value.lower() not in listed("titles", "general"):
                del owner.fields["title"]
            if mark.kind == "email" and held and addresses.belongs(mark.value, owner.name) > addresses.belongs(held.value, owner.name):
                del owner.fields["email"]
            owner.put(mark.kind, from_mark(mark, _MODULE))


def _for_invoices(text: str, mark: Mark) -> bool:
    before = re.split(r"[.!?\n;]\s", text[max(0, mark.start - 90) : mark.start])[-1]
    return bool(re.search(r"\b(?:faktura\w*|regning\w*|invoice\w*|bogholder\w*|betaling\w*)\b", before, re.IGNORECASE)) or bool(
        re.match(r"(?:faktura|bogholderi|regnskab|okonomi|oekonomi|invoice|kreditor)", mark.value)
    )
