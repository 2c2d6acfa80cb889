"""People in sentences: each name with what is said of it. A title, an address or a diet belongs to the person named
last before it in the sentence (or by pronoun or first name), a title also to the name right behind it.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from mailbot.understanding import addresses
from mailbot.understanding.entities import Mark
from mailbot.understanding.facts import Found, Record, from_mark
from mailbot.understanding.lexicon import affixes, cue_in, cues, listed
from mailbot.understanding.owners import Sentence, of_mark, of_title
from mailbot.understanding.refs import MODULE, Prose, Ref, find, met, resolve

MAX_MARKS = 120  # of one sentence; more is no sentence


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
    named = [
        r.record
        for r in refs
        if r.record is not None
        and r.kind in ("name", "first")
        and not cues("persons", "denied").search(text, max(begin, r.start - 20), r.start)
    ]
    sentence = Sentence(text, begin, marks, refs, prose, people, last)
    for mark in marks:
        if mark.kind != "name":
            _give(text, mark, of_title(sentence, mark) if mark.kind == "title" else of_mark(sentence, mark), prose)
    _were_there(sentence, stop)
    for ref in refs:
        if ref.kind == "same" and (ref.record or last):
            _by_pronoun(text, ref, stop, ref.record or last[-1])
    subjects = [r for r in named if not r.writer]
    if not subjects and last and len(last[-1].name.split()) == 1 and any(r.kind == "self" for r in refs):
        return []  # somebody mentioned in passing is not spoken of any more
    if not subjects and last and cues("persons", "self_strict").search(text, begin, stop) and not any(r.kind == "same" for r in refs):
        return []  # nor is anybody once the writer signs up
    return subjects or last


def _by_pronoun(text: str, ref: Ref, stop: int, meant: Record) -> None:
    """What "han", "hende" is said to do: wants to come, is sent, is not to come after all."""
    if cues("persons", "declined").match(text, ref.end, stop):
        meant.declined = True
    sent = cues("persons", "given").search(text, max(0, ref.start - 30), ref.start) and cues("persons", "onto_course").match(
        text, ref.end, stop
    )
    surely = cues("persons", "given_surely").search(text, max(0, ref.start - 40), ref.start)
    if surely and not cues("persons", "given_up").match(text, ref.end, stop):
        meant.wished = True
    if sent or cues("persons", "wishes").match(text, ref.end, stop):
        meant.wished = True


def _were_there(sentence: Sentence, stop: int) -> None:
    """Of whom a sentence says that they took part before; the writer's own words are read by themselves."""
    text = sentence.text
    hit = cue_in("roles", "returning", text, sentence.begin, stop)
    if hit is None or cue_in("roles", "not_returning", text, sentence.begin, stop):
        return
    spoken_of = [r for r in sentence.refs if r.start < hit.end() and r.kind in ("name", "first", "same", "self")]
    beside = len(spoken_of) > 1 and text[spoken_of[-2].end : spoken_of[-1].start].strip(" ") in listed("particles", "and")
    for ref in spoken_of[-2:] if beside else spoken_of[-1:]:
        for owner in resolve(ref, sentence.prose, sentence.last) if ref.kind != "self" else ():
            if not owner.writer:
                owner.returning = owner.returning or Found("true", hit.start(), hit.end(), MODULE, "text", 0.9)


def _better(text: str, title: Mark, held: str) -> bool:
    """Whether a later title wins: one that is stated as such, or a precise one over `leder`."""
    general = listed("titles", "general")
    now = cues("whose", "title_now").search(text, max(0, title.start - 45), title.start) and not listed("titles", "general") & {
        title.value.lower()
    }
    return bool(now or cues("whose", "title_stated").search(text, max(0, title.start - 30), title.start)) or (
        held.lower() in general and title.value.lower() not in general
    )


def _give(text: str, mark: Mark, owners: list[Record], prose: Prose) -> None:
    if mark.off and mark.kind != "reference":
        return
    if mark.kind in ("ean", "ean_invalid", "reference", "organisation", "cvr"):
        if mark.rank < 3 or mark.kind == "reference":
            alone = mark.kind == "organisation" or not owners
            prose.owned += [(mark, owner) for owner in (owners[-1:] if alone else owners) or [prose.writer]]
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
    return bool(cues("whose", "invoice_words").search(before)) or mark.value.startswith(affixes("whose", "invoice_boxes"))
