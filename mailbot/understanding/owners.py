"""Whose something is that a sentence tells: the title, address, number, diet or place of whom it speaks. A title belongs to
the name beside it, in front of it or behind, or to the subject of the verb that says it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from mailbot.understanding import addresses
from mailbot.understanding.entities import Mark
from mailbot.understanding.facts import Record
from mailbot.understanding.lexicon import alternatives, cues, ending, group, listed, pattern, words
from mailbot.understanding.numbers import corrected_before
from mailbot.understanding.refs import Prose, Ref, in_order, resolve


def _cue(key: str) -> re.Pattern[str]:
    return cues("whose", key)


def _end(key: str) -> re.Pattern[str]:
    return ending("whose", key)


@cache
def _apposition() -> re.Pattern[str]:
    """What may stand between a name and their title: `fra Varde, som nu er vores nye`."""
    at, also, who, now, has_title, a = (alternatives(words("whose")[key]) for key in ("at", "also", "who", "now", "has_title", "a"))
    return re.compile(
        rf"(?:\s{at}\s{{1,2}}(?=[\s,(]))?(?:\s{also}(?=\s?[(,]))?[\s,;(–:/\-]*"
        rf"(?:(?:{who}\s+)?(?:{now} )?{has_title}\s+)?(?:{a}\s+)*",
        re.IGNORECASE,
    )


@cache
def _copula() -> re.Pattern[str]:
    """What leads up to a title that it gives to somebody: `er nu`, `titlen er`."""
    aside = r"(?:(?: ?, | [(–-] ?)[^,.;:!?()\n–]{2,40}(?:,|\)| [–-]))?"  # "er, med mellemrum, "
    return re.compile(
        rf"(?<!\w){alternatives(words('titles')['copula'])}:?{aside}(?: (?!{group('whose', 'nobody_is')})[\w-]+\.?){{0,4}} ?[\"'”“„»]?$"
        rf"|{group('whose', 'i_am')}|{group('whose', 'was_made')}",
        re.IGNORECASE,
    )


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence that begins at `text[begin]`: what is marked in it, who its words stand for, and who was spoken of last
    before it. `people` are all who are known so far."""

    text: str
    begin: int
    marks: list[Mark]
    refs: list[Ref]
    prose: Prose
    people: list[Record]
    last: list[Record]

    def words(self, ref: Ref) -> str:
        return self.text[ref.start : ref.end].lower()

    def before(self, mark: Mark) -> list[Ref]:
        return [r for r in self.refs if r.end <= mark.start]

    def lead(self, mark: Mark) -> str:
        """The words right before a mark."""
        return self.text[max(self.begin, mark.start - 60) : mark.start]

    def without_marks(self, start: int, end: int) -> str:
        """`text[start:end]` without the marks in it, so that a row of data reads like an apposition."""
        left = self.text[start:end]
        for mark in sorted((m for m in self.marks if start <= m.start and m.end <= end), key=lambda m: -m.start):
            left = left[: mark.start - start] + left[mark.end - start :]
        return left

    def whoever_speaks(self) -> list[Record]:
        """The person spoken of last, else the writer."""
        return self.last[-1:] or [self.prose.writer]


def of_title(sentence: Sentence, title: Mark) -> list[Record]:
    """Whose title it is; nobody's where the title is only mentioned ("min chef siger")."""
    ways = (_in_turn, _named_behind, _put_right, _as_theirs, _beside, _at_the_start, _stated)
    return next((owners for way in ways if (owners := way(sentence, title)) is not None), [])


def _in_turn(sentence: Sentence, mark: Mark) -> list[Record] | None:
    """Whose it is in a row that follows the row of names: `A, B og C (hhv. leder, souschef og teamleder)`. None: no such row."""
    text = sentence.text
    cue = _cue("in_turn").search(text, sentence.begin, mark.start)
    if cue is None:
        return None
    row = [m for m in sentence.marks if m.kind == mark.kind and m.start >= cue.end()]
    named = [r for r in sentence.refs if r.end <= cue.start() and r.kind in ("name", "first", "self")]
    people = [owner for ref in named for owner in resolve(ref, sentence.prose, [])]
    if len(people) != len(row):
        people = in_order(sentence.people, cue.start())[-len(row) :]
    return [people[row.index(mark)]] if len(people) == len(row) > 1 else None


_THEIR_NAMES = re.compile(r":?,? (?=[A-ZÆØÅ])")


@cache
def _up_to_name() -> re.Pattern[str]:
    return re.compile(rf"(?: {alternatives(words('whose')['at'])} [A-ZÆØÅ][\w-]+)?,?[ \u00a0]+")


def _put_right(sentence: Sentence, title: Mark) -> list[Record] | None:
    """Whose it is where it stands for another just before it: `teamleder, nej, souschef`, `Ups. Souschef`. None: it does not."""
    if not corrected_before().search(sentence.text, max(0, title.start - 40), title.start):
        return None
    before = [r for r in sentence.before(title) if r.kind != "all"]
    return resolve(before[-1], sentence.prose, sentence.last) if before else sentence.whoever_speaks()


@cache
def _theirs() -> re.Pattern[str]:
    """Between somebody and what they are to another: `er nu hans nye `."""
    is_, now, whose = (alternatives(words("whose")[key]) for key in ("is_or_becomes", "now", "whose_job"))
    return re.compile(rf",?(?: {is_})(?: {now}){{0,2}} {whose}(?: \w+)? ", re.IGNORECASE)


def _as_theirs(sentence: Sentence, title: Mark) -> list[Record] | None:
    """Of whom it is said what they are to another: `Ida er hans stedfortræder`, `hun er min souschef`. None: of nobody."""
    if title.value.lower() in listed("titles", "general"):
        return None
    for ref in reversed(sentence.before(title)):
        if ref.kind in ("name", "first", "same", "self") and _theirs().fullmatch(sentence.text, ref.end, title.start):
            return resolve(ref, sentence.prose, sentence.last)
    return None


@cache
def _is_who() -> re.Pattern[str]:
    """Between a title and who has it: `souschefen er Bo`, `hans stedfortræder hedder Ida`, `leder af filialen er nu Bo`."""
    where, is_, now = group("whose", "where"), group("whose", "is_called"), alternatives(words("whose")["now"])
    return re.compile(rf"(?: {where} ?)?(?: [\w-]+)? {is_}(?: {now})?:? ")


_BRACKET = re.compile(r"[ \u00a0]\((?=[A-ZÆØÅ])")


def _in_a_row(sentence: Sentence, title: Mark) -> bool:
    """Whether a title stands behind a name of a row: `Lise Krogh, souschef, Bo Friis, teamleder, og …`."""
    before = sentence.before(title)
    beside = bool(before) and before[-1].kind == "name" and sentence.text[before[-1].end : title.start] == ", "
    return beside or bool(_cue("who_is").search(sentence.lead(title)))


def _said_of_another(sentence: Sentence, title: Mark) -> bool:
    """Whether a verb says a title of somebody named before it: `Lise Krogh er souschef, Bo Friis er teamleder`."""
    before = sentence.before(title)
    return (
        bool(before)
        and before[-1].kind in ("name", "first", "self", "same")
        and bool(_says().fullmatch(sentence.text, before[-1].end, title.start))
    )


@cache
def _says() -> re.Pattern[str]:
    is_, now, a = group("whose", "is_called"), alternatives(words("whose")["now"]), alternatives(words("whose")["a"])
    return re.compile(rf",? {is_}(?: {now})?(?: {a})? ")


def _named_behind(sentence: Sentence, title: Mark) -> list[Record] | None:
    """Whom the words behind a title name: `souschef Bo Friis`, `leder ligesom jeg`, `konsulent (Bo)`. None: nobody."""
    text, refs = sentence.text, sentence.refs
    if title.end - title.start > len(title.value) and _THEIR_NAMES.match(text, title.end):  # "vores teamledere: A, B og C"
        return [r.record for r in refs if r.start > title.end and r.kind in ("name", "first") and r.record is not None]
    general = title.value.lower() in listed("titles", "general")
    if title.value.lower() in listed("whose", "mere_staff") and _cue("article").search(sentence.lead(title)):
        return []  # "vores medarbejder Bo Friis"
    behind = (
        r for r in refs if r.start >= title.end and (r.kind == "name" or (r.kind == "first" and r.start == title.end + 1 and not general))
    )
    after = next((r for r in behind if _up_to_name().fullmatch(text, title.end, r.start)), None)
    apart = "," in text[title.end : after.start] if after is not None else False
    if after is not None and after.record is not None and not (apart and (_in_a_row(sentence, title) or _said_of_another(sentence, title))):
        return [after.record]
    behind = (r for r in refs if r.start > title.end and r.kind == "name" and r.record is not None)
    plain = title.value.split()[-1].lower() in listed("titles", "general")  # "min nærmeste leder er Bo"
    if not plain and (is_ := next((r for r in behind if _is_who().fullmatch(sentence.without_marks(title.end, r.start))), None)):
        return [is_.record] if is_.record is not None else None
    if _cue("for_both").match(text, title.end, title.end + 20):
        return [sentence.prose.everyone]
    if _cue("like_me").match(text, title.end, title.end + 30):
        named = [r.record for r in sentence.before(title) if r.record is not None and r.kind in ("name", "first")]
        return [*(named[-1:] or sentence.last[-1:]), sentence.prose.writer]
    if _BRACKET.match(text, title.end):
        within = next((r for r in refs if r.kind in ("name", "first") and r.start == title.end + 2), None)
        if within is not None and within.record is not None:
            return [within.record]
    return None


_OPENED = re.compile(r"[ \u00a0]?\($")
_NOTHING_MORE = re.compile(r"[\s,(–-]*")


@cache
def _who_am() -> re.Pattern[str]:
    return re.compile(rf"\s*[,()–-][\s,]*{group('whose', 'who_am')}?")


def _beside(sentence: Sentence, title: Mark) -> list[Record] | None:
    """Whose title it is by standing right behind them: `Bo Friis, souschef`, `X og Y, begge ledere`, `jeg, der er leder`,
    `Bo, vores souschef`. None: nobody's."""
    text, before = sentence.text, sentence.before(title)
    if not before:
        return None
    if _cue("no_longer").search(sentence.lead(title)):
        return []
    nearest, prior = before[-1], before[-2] if len(before) > 1 else None
    if _OPENED.search(text, max(0, title.start - 2), title.start) and nearest.kind in ("name", "first", "self"):
        return resolve(nearest, sentence.prose, sentence.last)  # "Bo Friis, der skal af sted (souschef, …)"
    if nearest.kind in ("name", "first") and _cue("stands_in").search(text, max(sentence.begin, nearest.start - 25), nearest.start):
        return resolve(prior, sentence.prose, sentence.last) if prior else sentence.whoever_speaks()
    gap = sentence.without_marks(nearest.end, title.start)
    apposition = bool(_apposition().fullmatch(gap))
    beside_a_name = prior is not None and prior.kind == "name" and bool(_NOTHING_MORE.fullmatch(text, prior.end, nearest.start))
    if nearest.kind in ("name", "first") and apposition and nearest.record is not None:
        return [nearest.record]
    if nearest.kind == "all" and len(before) > 2 and apposition and beside_a_name:
        return [r.record for r in before if r.kind == "name" and r.record is not None]
    if nearest.kind != "self":
        return None
    word = sentence.words(nearest)
    if word not in listed("persons", "mine") and (_who_am().fullmatch(gap) or (gap == " " and word in listed("persons", "formal_self"))):
        return [sentence.prose.writer]
    if word in listed("persons", "ours") and apposition and prior is not None and not _copula().search(sentence.lead(title)):
        return resolve(prior, sentence.prose, sentence.last) if beside_a_name else []
    return None


_COMMA = re.compile(r",\s*$")


@cache
def _stands_alone() -> re.Pattern[str]:
    return re.compile(rf"\s*(?:[,.;(\n/]|$|{alternatives(words('whose')['after_alone'])} \w)| (?=[A-ZÆØÅ])")


def _at_the_start(sentence: Sentence, title: Mark) -> list[Record] | None:
    """Whose title it is that begins a sentence or a line, like one of a signature. None: it begins none."""
    text = sentence.text
    lead_in = sentence.without_marks(sentence.begin, title.start)
    line = text[text.rfind("\n", 0, title.start) + 1 : title.start]
    begins = (not line.strip(" >") and not (_end("goes_on").search(lead_in) or _COMMA.search(lead_in))) or lead_in.rstrip().endswith(":")
    opened = lead_in.strip(" \n–-•*,.;/()").lower()
    begins = begins or not opened or opened in listed("titles", "still") or _before_place(sentence, title, lead_in)
    if begins and _stands_alone().match(text[title.end : title.end + 20]):
        before = [r for r in sentence.before(title) if r.kind != "all"] if lead_in.rstrip().endswith(":") else []  # "Mine data: …"
        return resolve(before[-1], sentence.prose, sentence.last) if before else sentence.whoever_speaks()
    return None


def _before_place(sentence: Sentence, title: Mark, lead_in: str) -> bool:
    """Whether a title stands right before its place, told of nobody and after no article: `… souschef Lunde Bibliotek`."""
    place = any(m.kind == "organisation" and m.start == title.end + 1 for m in sentence.marks)
    return place and not sentence.before(title) and not _cue("article").search(lead_in)


def _stated(sentence: Sentence, title: Mark) -> list[Record]:
    """Of whom a verb says the title: `jeg er souschef`, `hun arbejder som leder`."""
    lead = sentence.lead(title)
    if _cue("but_now").search(lead) and pattern("whose", "is").search(sentence.text, max(sentence.begin, title.start - 110), title.start):
        return sentence.whoever_speaks()
    if _cue("former").search(lead):
        return []
    if (_cue("recorded").search(lead) and not _cue("formally").search(lead)) or _cue("sought").search(lead):
        return []  # what a list says so far, or somebody who is still to be found
    if (
        not _copula().search(lead)
        or (_end("others_title").search(lead) and not _end("title_of").search(lead))
        or _cue("denied_title").search(lead)
    ):
        return []
    before = sentence.before(title)
    subjects = [r for r in before if _may_be_subject(sentence, r)]
    if (
        len(subjects) > 1
        and title.end - title.start > len(title.value)
        and sentence.text[subjects[-2].end : subjects[-1].start].strip(" ") in listed("particles", "and")
    ):
        return [owner for subject in subjects[-2:] for owner in resolve(subject, sentence.prose, sentence.last)]
    if not before and _end("we_are").search(lead):
        return [sentence.prose.everyone] if title.value.lower() not in listed("titles", "general") else []  # "vi er to ledere"
    if subjects and (relieved := _relieves(sentence, subjects)) is not None:
        return resolve(relieved, sentence.prose, sentence.last)
    if subjects:
        office = _end("as").search(lead) and subjects[0].kind in ("self", "same") and not _end("works_as").search(lead)
        return resolve(subjects[0] if office else subjects[-1], sentence.prose, sentence.last)
    if before and before[-1].kind == "same":
        return resolve(before[-1], sentence.prose, sentence.last)
    return sentence.whoever_speaks()


def _relieves(sentence: Sentence, subjects: list[Ref]) -> Ref | None:
    """Who takes over as what is told: `hun afløser mig som filialleder`, `Ida overtager efter Bo som leder`."""
    if len(subjects) < 2 or not _cue("takes_over").fullmatch(sentence.text, subjects[-2].end, subjects[-1].start):
        return None
    return subjects[-2]


def _may_be_subject(sentence: Sentence, ref: Ref) -> bool:
    """Whether a verb may say something of whom a word stands for: of `alle`, not of `vores`, but of `vores titel`."""
    word = sentence.words(ref)
    if ref.kind == "all" and word not in listed("persons", "all_subjects"):
        return False
    return word not in listed("persons", "no_subjects") or bool(_cue("own_title").match(sentence.text, ref.end))


@cache
def _from_there() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){alternatives(words('persons')['from_there'])} $", re.IGNORECASE)


@cache
def _comes() -> re.Pattern[str]:
    """Between a place and who comes from it: `fra Varde Bibliotek kommer Bo`."""
    return re.compile(rf" (?:{'|'.join(words('persons')['comes_from'])})(?: \w+){{0,3}} ")


def of_mark(sentence: Sentence, mark: Mark) -> list[Record]:
    """Whose address, number, diet or place it is, as far as the sentence tells."""
    text, prose, last = sentence.text, sentence.prose, sentence.last
    if (in_turn := _in_turn(sentence, mark)) is not None:
        return in_turn
    if mark.kind == "email" and (owner := _bearer(mark.value, prose, sentence.people)) is not None:
        return [owner]
    if mark.kind in ("ean", "ean_invalid", "reference", "dietary"):
        given = next((r for r in sentence.refs if r.start >= mark.end and _cue("given_to").fullmatch(text, mark.end, r.start)), None)
        if given is None and mark.kind == "reference":  # "MEK4 på hans faktura"
            given = next((r for r in sentence.refs if r.start == mark.end + 4 and sentence.words(r) in words("references")["whose"]), None)
        if given is not None:
            return resolve(given, prose, last)
        if _cue("given_to_all").match(text, mark.end, mark.end + 40):
            return [prose.everyone]
    if mark.kind == "organisation" and _from_there().search(text, max(sentence.begin, mark.start - 8), mark.start):
        comes = next((r for r in sentence.refs if r.start >= mark.end and r.kind == "name"), None)
        if comes is not None and _comes().fullmatch(text, mark.end, comes.start):
            return resolve(comes, prose, last)
    before = sentence.before(mark)
    if mark.kind == "dietary":
        before = [r for r in before if not (r.kind == "all" and _from_there().search(text, max(0, r.start - 8), r.start))]  # "Bo fra os"
    if mark.kind in ("email", "phone"):
        before = [r for r in before if r.kind != "all"]
        direct = [r for r in before if r.kind in ("name", "first", "same")]
        if direct and not (before[-1].kind == "self" and sentence.words(before[-1]) in listed("persons", "i_or_my")):
            return resolve(direct[-1], prose, last)
    both = len(before) > 1 and text[before[-2].end : before[-1].start].strip(" ") in listed("particles", "and")
    if mark.kind == "dietary" and both and _cue("both_are").match(text, before[-1].end):
        return [owner for ref in before[-2:] for owner in resolve(ref, prose, last)]
    if mark.kind in ("ean", "ean_invalid", "reference") and before and before[-1].kind in ("name", "first"):
        return [owner for ref in _row_before(sentence, before) for owner in resolve(ref, prose, last)]
    if before:
        return resolve(before[-1], prose, last)
    if mark.kind == "dietary" and text[max(0, sentence.begin - 2) : sentence.begin].endswith("\n"):
        return [prose.loose]
    return last[-1:]


def _row_before(sentence: Sentence, before: list[Ref]) -> list[Ref]:
    """The last one named and those named in a row with them: `Bo, Ida og Lis går på 5798…`."""
    at = len(before) - 1
    joints = {",", *listed("particles", "and")}
    while (
        at
        and before[at - 1].kind in ("name", "first", "self")
        and sentence.text[before[at - 1].end : before[at].start].strip(" ") in joints
    ):
        at -= 1
    return before[at:]


def _bearer(address: str, prose: Prose, people: list[Record]) -> Record | None:
    """The one person whose name an address bears; the writer comes after everybody else."""
    fits = [(addresses.belongs(address, r.name), r) for r in people if r.name]
    if prose.writer_name and addresses.belongs(address, prose.writer_name) and not any(fit for fit, _ in fits):
        return prose.writer
    best = max(fits, key=lambda f: f[0], default=None)
    return best[1] if best and best[0] and sum(fit == best[0] for fit, _ in fits) == 1 else None
