"""People in sentences: each name with what is said of it. A title, an address or a diet belongs to the person named
last before it in the sentence (or by pronoun or first name), a title also to the name right behind it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cache

from mailbot.understanding import addresses
from mailbot.understanding.entities import Mark
from mailbot.understanding.facts import Record, from_mark
from mailbot.understanding.lexicon import alternatives, listed, words
from mailbot.understanding.refs import MODULE, Prose, Ref, find, met, resolve

MAX_MARKS = 120  # of one sentence; more is no sentence


_APPOSITION = re.compile(
    r"(?:\s(?:fra|på|ved|hos|i)\s{1,2}(?=[\s,(]))?(?:\s(?:også|desuden|selv|med)(?=\s?[(,]))?[\s,(–:/\-]*"
    r"(?:(?:(?:som|der|who|hun|han)\s+)?(?:jo |nu |i dag |også |begge )?(?:er|is|arbejder som|sidder som"
    r"|har titel af|fungerer som)\s+)?(?:(?:en|et|vores|min|a|our|ny|nye|vores nye|jo|nu|også|begge|selv|konst\."
    r"|hos os|den|der|er|vor)\s+)*",
    re.IGNORECASE,
)


@cache
def _copula() -> re.Pattern[str]:
    return re.compile(
        rf"(?<!\w){alternatives(words('titles')['copula'])}:?(?: (?!ikke\b|ingen\b|min\b(?! \w*\Z)|chef)[\w-]+\.?){{0,4}} ?$"
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
    """Reads the sentences `spans` of `text`. `known` are records of structures, which sentences may add to;
    `writer_name` is the writer's; names in `skip` are no participants (whom the mail is written to); `asked` are those
    whom "hun" means before anybody is named (the writer of what is forwarded)."""
    prose = Prose(writer_name=writer_name)
    people = list(known)
    last = list(asked)
    for mark in marks:
        if mark.kind == "name":
            met(mark, text, people, writer_name, skip)
    starts = [m.start for m in marks]
    for begin, stop in spans:
        inside = [m for m in marks[bisect_left(starts, begin) : bisect_left(starts, stop)] if m.end <= stop][:MAX_MARKS]
        last = _sentence(text, begin, stop, inside, prose, people, writer_name, skip, last)
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
    refs = find(text, begin, stop, marks, prose, people, writer_name, skip)
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
    if not subjects and last and len(last[-1].name.split()) == 1 and any(r.kind == "self" for r in refs):
        return []  # somebody mentioned in passing is not spoken of any more
    return subjects or last


def _title_owners(text: str, begin: int, mark: Mark, marks: list[Mark], refs: list[Ref], prose: Prose, last: list[Record]) -> list[Record]:
    """Whose title it is; nobody's where the title is only mentioned ("min chef siger")."""
    after = next(
        (
            r
            for r in refs
            if r.start >= mark.end
            and (
                r.kind == "name"
                or (r.kind == "first" and r.start == mark.end + 1 and mark.value.lower() not in listed("titles", "general"))
            )
            and re.fullmatch(r"(?: (?:i|på|ved|hos) [A-ZÆØÅ][\w-]+)?,?[ \u00a0]+", text[mark.end : r.start])
        ),
        None,
    )
    if after is not None and after.record is not None:
        return [after.record]
    if re.match(r" (?:for|til) (?:os|dem|jer)?\s?(?:begge|alle)\b", text[mark.end : mark.end + 20]):
        return [prose.everyone]
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
        together = nearest.kind == "all" and len(before) > 2 and _APPOSITION.fullmatch(gap)
        if together and before[-2].kind == "name" and re.fullmatch(r"[\s,(–-]*", text[before[-2].end : nearest.start]):
            return [r.record for r in before if r.kind == "name" and r.record is not None]  # "X og Y, begge afdelingsledere"
        if (
            nearest.kind == "self"
            and (
                re.fullmatch(r"\s*[,()–-][\s,]*(?:som (?:er )?|der er )?", gap)
                or (gap == " " and text[nearest.start : nearest.end].lower() == "undertegnede")
            )
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
                resolve(prior, prose, last) if prior.kind == "name" and re.fullmatch(r"[\s,(–-]*", text[prior.end : nearest.start]) else []
            )
    lead_in = _without(text, begin, mark.start, marks)
    line = text[text.rfind("\n", 0, mark.start) + 1 : mark.start]
    if not line.strip(" >") and not re.search(r"\b(?:min|vores|en|som|er|af|til|og)\s*$|,\s*$", lead_in):
        lead_in = ""  # the line begins with it, like one of a signature
    elif lead_in.rstrip().endswith(":"):
        lead_in = ""
    if not lead_in.strip(" \n–-•*,.;/()") and re.match(r"\s*(?:[,.(\n/]|$|(?:på|ved|hos|i|fra) \w)", text[mark.end : mark.end + 20]):
        return last[-1:] if last else [prose.writer]
    if re.search(r"\bmen (?:nu |derimod |i dag )?$", lead) and re.search(r"\b(?:er|blevet|am|var)\b", lead):
        return [prose.writer] if not last else last[-1:]
    if re.search(r"\b(?:står(?! for\b| i\b)|stod|opført|noteret|registreret|skrevet)\b[^.!?]{0,60}\bsom\s*$", lead):
        return []  # what a list says so far
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
        return resolve(subject[0] if office else subject[-1], prose, last)
    if before and before[-1].kind in ("same",):
        return resolve(before[-1], prose, last)
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
                    r"\s?\(|\)?,? (?:(?:skal bruges |bruges |gælder |er )?(?:til|for)|gælder|dækker|vedrører) ", text[mark.end : r.start]
                )
            ),
            None,
        )
        if given is not None:
            return resolve(given, prose, last)
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
            return resolve(direct[-1], prose, last)
    if before:
        return resolve(before[-1], prose, last)
    if mark.kind == "dietary" and text[max(0, begin - 2) : begin].endswith("\n"):
        return [prose.loose]
    return last[-1:]


def _better(text: str, title: Mark, held: str) -> bool:
    """Whether a later title wins: one that is stated as such, or a precise one over `leder`."""
    general = listed("titles", "general")
    return bool(_STATED.search(text, max(0, title.start - 30), title.start)) or (
        held.lower() in general and title.value.lower() not in general
    )


_STATED = re.compile(r"\b(?:titlen|stillingen|stillingsbetegnelsen|titel) (?:er|hedder|lyder på) $", re.IGNORECASE)


def _give(text: str, mark: Mark, owners: list[Record], prose: Prose) -> None:
    if mark.off and mark.kind != "reference":
        return
    if mark.kind in ("ean", "ean_invalid", "reference", "organisation", "cvr"):
        if mark.rank < 3 or mark.kind == "reference":
            prose.owned.append((mark, owners[-1] if owners else prose.writer))
        return
    if mark.kind == "email" and _for_invoices(text, mark):
        prose.common.put("invoice_email", from_mark(mark, MODULE))
        return
    for owner in owners or [prose.writer]:
        if mark.kind in ("title", "email", "phone", "dietary"):
            if mark.kind == "title" and not owners:
                return
            if mark.kind == "phone" and mark.rank < owner.phone_rank:
                owner.phone_rank = mark.rank
                owner.fields.pop("phone", None)
            held = owner.fields.get(mark.kind)
            if mark.kind == "title" and held and _better(text, mark, held.value):
                del owner.fields["title"]
            if mark.kind == "email" and held and addresses.belongs(mark.value, owner.name) > addresses.belongs(held.value, owner.name):
                del owner.fields["email"]
            owner.put(mark.kind, from_mark(mark, MODULE))


def _for_invoices(text: str, mark: Mark) -> bool:
    before = re.split(r"[.!?\n;]\s", text[max(0, mark.start - 90) : mark.start])[-1]
    return bool(re.search(r"\b(?:faktura\w*|regning\w*|invoice\w*|bogholder\w*|betaling\w*)\b", before, re.IGNORECASE)) or bool(
        re.match(r"(?:faktura|bogholderi|regnskab|okonomi|oekonomi|invoice|kreditor)", mark.value)
    )
