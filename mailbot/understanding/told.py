"""What one voice of a message tells of people: its structures, its sentences and its signature read together, the
writer's own record put together from all three.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cache

from mailbot.mail.message import Message
from mailbot.understanding import addresses, blocks, layout, lists, names, prose, rosters, signature, values
from mailbot.understanding.entities import Mark, scan
from mailbot.understanding.facts import Found, Record, from_mark
from mailbot.understanding.lexicon import cue_in, cues, listed, pattern, words
from mailbot.understanding.refs import Prose
from mailbot.understanding.rosters import Roster
from mailbot.understanding.sentences import returning, sentences
from mailbot.understanding.voices import Line, Voice


@dataclass(slots=True)
class Told:
    """One voice, read. `writer` is who speaks; `listed` whether a structure names them; `body` the text of the body;
    `spans` where its sentences stand."""

    voice: Voice
    text: str
    writer: Record
    roster: Roster
    prose: Prose
    marks: list[Mark]
    spans: list[tuple[int, int]] = field(default_factory=list)
    listed: bool = False
    said: dict[tuple[str, str], bool] = field(default_factory=dict)

    @property
    def body(self) -> str:
        return self.voice.text

    @property
    def others(self) -> list[Record]:
        """Everybody named besides the writer, structures first."""
        return [r for r in [*self.roster.records, *self.prose.records] if not r.writer]

    def says(self, name: str, key: str) -> bool:
        if (name, key) not in self.said:
            self.said[name, key] = cue_in(name, key, self.body) is not None
        return self.said[name, key]


@cache
def _introduced() -> re.Pattern[str]:
    """What stands right before the name that a writer gives themselves."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(words('persons')['introduces'])})\s+$", re.IGNORECASE)


def read(
    voice: Voice,
    message: Message,
    skip: tuple[str, ...],
    known: tuple[Record, ...] = (),
    copied: tuple[Record, ...] = (),
    ours: frozenset[str] = frozenset(),
) -> Told:
    """Reads a voice. `skip` are names that are no participants; `known` people that it may speak of by pronoun (the
    writer of what it forwards), `copied` those in Cc, whom it may name by their first names; `ours` are our own
    addresses, which are nobody's."""
    text = message.text
    domain = addresses.domain(voice.sender.email or message.sender.email)
    contacts = skip
    first_names = {names.first_name(name).lower() for name in skip}

    def useful(mark: Mark) -> bool:
        """Not one of our addresses, no greeting (`Aluu Lisbet`) taken for a name, and not `Att.` one of our own."""
        if mark.kind == "name":
            return mark.value.split()[-1].lower() not in first_names
        if mark.kind == "reference" and mark.off:
            return not any(names.same(mark.value, name) == 2 for name in contacts)
        return mark.kind != "email" or mark.value not in ours

    marks = [m for start, end in spans(text, voice.body) for m in scan(text, start, end, domain) if useful(m)]
    signed = [m for start, end in spans(text, voice.signature) for m in scan(text, start, end, domain) if useful(m)]
    skip = (*skip, *_spoken_to(voice, marks, skip))
    voice, company, own = _company(voice, signed)
    writer = signature.read(voice, own)
    _own_box(writer, own, voice)
    _introduce(writer, marks, text, voice)
    _labelled_below(writer, voice, domain)
    roster = Roster(domain=domain, records=list(company))
    _structures(voice, marks, roster, skip)
    _only_name(writer, roster, voice)
    rest = _rest(text, voice.body, roster.lines)
    inside = [m for m in marks if any(a <= m.start and m.end <= b for a, b in rest)]
    rest = _unbroken([sentence for a, b in rest for sentence in sentences(text, a, b)], marks)
    told = prose.read(text, rest, inside, [*known, *roster.records, *copied], writer.name, skip, list(known))
    made = Told(voice, text, writer, roster, told, marks + signed, rest, listed=bool(company))
    _own(made)
    return made


def _spoken_to(voice: Voice, marks: list[Mark], skip: tuple[str, ...]) -> list[str]:
    """Other readers whom a mail to several speaks to on lines of their own: `Lisbet: Jeg vil gerne … / Bo: Så ved du, …`."""
    called = {names.first_name(name) for name in skip}
    if not any(line.text.partition(":")[0] in called for line in voice.body if ":" in line.text[:30]):
        return []
    starts = {line.start: line for line in voice.body}
    return [
        mark.value
        for mark in marks
        if mark.kind == "name"
        and (line := starts.get(mark.start))
        and line.text[mark.end - mark.start :].startswith(": ")
        and not any(m.kind != "name" and line.start <= m.start < line.end for m in marks)
    ]


def _company(voice: Voice, signed: list[Mark]) -> tuple[Voice, list[Record], list[Mark]]:
    """Those who have signed with the writer, the voice with the writer's own part of the signature, and the marks of that."""
    if not cues("persons", "we_sign").search(voice.text):
        return voice, [], signed
    signers = signature.signers(voice, signed)
    if not signers:
        return voice, signature.beside(voice, signed), signed
    company = [signature.card(voice, block, signed) for block in signers[1:]]
    return replace(voice, signature=signers[0]), company, [m for m in signed if m.start < signers[1][0].start]


def _structures(voice: Voice, marks: list[Mark], roster: Roster, skip: tuple[str, ...]) -> None:
    """The people of tables, forms, lists and data lines."""
    if len(voice.body) < 1_000:
        rosters.from_tables(layout.tables(voice.body), roster)
        blocks.from_labels(layout.labelled(voice.body), voice.body, roster)
        lists.from_lists(voice.body, marks, roster, skip)
        lists.from_data(voice.body, marks, roster)


def spans(text: str, lines: tuple[Line, ...]) -> list[tuple[int, int]]:
    """The stretches of text that the lines cover, cut where something else stands between them."""
    found: list[tuple[int, int]] = []
    for line in lines:
        if found and not text[found[-1][1] : line.start].strip(" \n\t\u00a0>"):
            found[-1] = (found[-1][0], line.end)
        else:
            found.append((line.start, line.end))
    return found


def _rest(text: str, lines: tuple[Line, ...], used: set[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    before = -2
    for at, line in enumerate(lines):
        if at in used:
            continue
        if found and before == at - 1 and not text[found[-1][1] : line.start].strip(" \n\t\u00a0>"):
            found[-1] = (found[-1][0], line.end)
        else:
            found.append((line.start, line.end))
        before = at
    return found


def _unbroken(parts: list[tuple[int, int]], marks: list[Mark]) -> list[tuple[int, int]]:
    """The sentences, put together again where they were cut within a mark: `Gl. Rye Bibliotek`."""
    found: list[tuple[int, int]] = []
    at = 0
    for begin, stop in parts:
        while at < len(marks) and marks[at].end <= begin:
            at += 1
        if found and at < len(marks) and marks[at].start < begin and found[-1][1] == begin:
            found[-1] = (found[-1][0], stop)
        else:
            found.append((begin, stop))
    return found


def _own_box(writer: Record, signed: list[Mark], voice: Voice) -> None:
    """The address in the signature of somebody who writes from another's account, or from one that bears no name."""
    if addresses.belongs(voice.sender.email, writer.name) or (voice.name and names.same(voice.name, writer.name)):
        return
    own = next((m for m in signed if m.kind == "email" and not m.off and addresses.belongs(m.value, writer.name)), None)
    writer.put("email", from_mark(own, "signature") if own else None)


def _labelled_below(writer: Record, voice: Voice, domain: str) -> None:
    """Labelled fields in the signature: `Allergier: fisk`, `Stilling: …`."""
    for entry in layout.labelled(voice.signature):
        for key in set(entry.fields) & {"dietary", "reference", "title", "organisation", "invoice_email", "returning", "ean", "cvr"}:
            if key in ("ean", "title", "organisation"):
                writer.fields.pop(key, None)
            values.fill(writer, key, entry.value, "signature", domain=domain)


def _introduce(writer: Record, marks: list[Mark], text: str, voice: Voice) -> None:
    """`Jeg hedder Nanna Weltz`: the writer's name in their own words wins over the header's."""
    for mark in marks:
        if mark.kind == "name" and (
            _introduced().search(text, max(0, mark.start - 60), mark.start) or cues("persons", "self_after").match(text, mark.end)
        ):
            held = writer.fields.get("name")
            if held is None or held.source == "from" or len(held.value.split()) < 2:
                writer.fields["name"] = from_mark(mark, "prose")
            return
        if (
            mark.kind == "name"
            and voice.body
            and mark.start - voice.body[0].start < 120
            and cues("persons", "here_is").search(text[max(0, mark.start - 12) : mark.start])
            and cues("persons", "who_writes").match(text[mark.end : mark.end + 40])
        ):
            writer.fields["name"] = from_mark(mark, "prose")
            return
    closing = next((line.text.strip(" ,./-") for line in reversed(voice.body) if line.text), "") if not writer.name else ""
    for mark in marks:
        if mark.kind == "name" and closing and closing == names.first_name(mark.value) != mark.value:
            writer.fields["name"] = from_mark(mark, "prose")  # signed with no more than "Birgitte"
            return
        if mark.kind == "name" and voice.name and names.same(mark.value, voice.name) == 2 and _fuller(mark.value, writer):
            writer.fields["name"] = from_mark(mark, "prose")


def _fuller(name: str, writer: Record) -> bool:
    """Whether a name of the text says more than the header's; a mere part of it does not."""
    held = writer.fields.get("name")
    return held is None or (held.source == "from" and not set(names.tokens(name)) < set(names.tokens(held.value)))


def _only_name(writer: Record, roster: Roster, voice: Voice) -> None:
    """Where neither header nor signature has a full name, a single record whose name fits the address is the writer."""
    if len(writer.name.split()) > 1:
        return
    fits = [
        r
        for r in roster.records
        if r.name and not r.writer and (addresses.belongs(voice.sender.email, r.name) or (writer.name and names.same(r.name, writer.name)))
    ]
    office = pattern("persons", "office_says").search(voice.text) and not pattern("persons", "one_says").search(voice.text)
    if not fits and len(roster.records) == 1 and not writer.name and not office:
        fits = roster.records
    if len(fits) == 1:
        writer.fields["name"] = fits[0].fields["name"] if "name" in fits[0].fields else Found("", 0, 0, "blocks")


_SIGNED = ("title", "email", "phone", "organisation", "ean", "ean_invalid", "reference")


def _own(made: Told) -> None:
    """Puts together what the voice says of its writer: structures first, then the signature, then sentences."""
    writer = made.writer
    signed = dict(writer.fields)
    for key in _SIGNED:
        writer.fields.pop(key, None)
    _of_structures(made)
    told = made.prose.writer
    for record in made.prose.records:
        if record.name and writer.name and names.same(record.name, writer.name) == 2:
            record.writer = True
            told.merge(record)
    _of_sentences(made, signed.get("title"))
    for key, found in signed.items():
        if key == "email" and (addresses.belongs(made.voice.sender.email, writer.name) or not addresses.belongs(found.value, writer.name)):
            continue
        if key != "name":
            writer.put(key, found)
    if "name" in told.fields and ("name" not in writer.fields or len(writer.name.split()) == 1 or _fuller(told.name, writer)):
        writer.fields["name"] = told.fields["name"]
    alone = not any(not r.writer for r in made.roster.records)
    if alone:
        for extra in (made.roster.common, made.roster.loose):
            held = writer.fields
            held.update({k: f for k, f in extra.fields.items() if k not in held or held[k].module == "signature"})
    writer.merge(told)
    if alone:
        writer.merge(made.prose.loose)
    writer.returning = returning(made.text, made.spans, _named(made)) or writer.returning
    nobody_else = alone and all(r.writer for r in made.prose.records)
    writer.waiting_only = writer.waiting_only or (nobody_else and made.says("roles", "waiting_only_self"))


def _of_structures(made: Told) -> None:
    """What tables, forms and lists tell of the writer."""
    writer = made.writer
    for record in made.roster.records:
        if record.writer or (record.name and writer.name and names.same(record.name, writer.name) == 2):
            record.writer = True
            made.listed = True
            writer.place, writer.form = record.place, record.form
            if "name" in record.fields and (len(record.name.split()) > 1 or not writer.name):
                writer.fields["name"] = record.fields["name"]
            writer.merge(record)


def _of_sentences(made: Told, signed: Found | None) -> None:
    """What sentences tell of the writer that wins over the signature: `signed` is its title."""
    writer, told = made.writer, made.prose.writer
    writer.put("phone", told.fields.get("phone"))
    title = told.fields.get("title")
    fuller = title and signed and title.value.lower().startswith(f"{signed.value.lower()} ")
    if title and (fuller or _stated(made, title)):
        writer.put("title", title)
    writer.put("email", told.fields.get("email"))


def _named(made: Told) -> list[int]:
    """Where the sentences name others than the writer, in full or by first name."""
    full = [m.start for m in made.marks if m.kind == "name" and not (made.writer.name and names.same(m.value, made.writer.name) == 2)]
    return full + [begin for r in made.others for begin, _ in r.mentions]


def _stated(made: Told, title: Found) -> bool:
    """Whether the writer states the title as a field would (`min titel er …`), or as a new one (`jeg er lige blevet …`)."""
    lead = made.text[max(0, title.start - 110) : title.start]
    return bool(cues("titles", "instead").search(lead) or cues("titles", "as_a_field").search(lead)) or (
        bool(cues("titles", "newly").search(lead)) and title.value.lower() not in listed("titles", "general")
    )
