"""What is told once for all (EAN, place of work, reference) goes to each who has none of their own; what is personal
does not. And how a record becomes a `Person`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

from mailbot.mail.message import Address, Message
from mailbot.understanding import addresses, names, organisations
from mailbot.understanding.entities import Mark, scan
from mailbot.understanding.facts import FIELDS, SHARED, Found, Record, from_mark
from mailbot.understanding.gazetteer import municipality_named, municipality_of
from mailbot.understanding.lexicon import alternatives, cues, listed, words
from mailbot.understanding.reading import Evidence, Person
from mailbot.understanding.told import Told


def spread(records: list[Record], main: Told, forwarded: Told | None, message: Message, ours: frozenset[str]) -> list[Record]:
    """Completes the records of those who take part."""
    writer = main.writer
    if forwarded is not None and forwarded.writer in records:
        asked = [r for r in records if r is forwarded.writer or any(r is other for other in forwarded.others)]
        _numbers(asked, forwarded, forwarded.writer)
        _places(asked, forwarded, forwarded.writer, message)
    for record in records:
        record.merge(main.roster.common)
        for key in SHARED:
            record.put(key, main.roster.loose.fields.get(key))
        if record is not writer or len(records) > 1:
            record.merge(main.prose.everyone)
        if record is writer:
            _own_address(record, main, message)
        elif "email" not in record.fields:
            _copied(record, message, ours)
            if main.says("persons", "shared_box"):
                record.put("email", Found(message.sender.email, 0, len(message.sender.email), "people", "from", 0.8))
        if (
            forwarded
            and record is forwarded.writer
            and message.sender.email != forwarded.voice.sender.email
            and forwarded.voice.sender.email
        ):
            record.put("email", Found(forwarded.voice.sender.email, 0, 0, "voices", "text"))
    if len(records) == 1 and records[0] is not writer:
        records[0].merge(main.roster.loose)
        records[0].merge(main.prose.loose)
    if len(records) == 1 and records[0] is not writer:
        _job_before(records[0], main)
    if len(records) == 1 and records[0] is not writer and "invoice_email" in main.prose.common.fields:
        records[0].merge(main.prose.common)
    _numbers(records, main, writer)
    _places(records, main, writer, message)
    if records == [writer] and not main.voice.body and message.subject:
        _subject(writer, message)
    elif writer in records:
        _subject(writer, message, only_named=True)
    alone = writer not in records and len(records) == 1 and records[0].form != "header"
    if alone and writer.returning and not main.says("persons", "i_myself"):
        records[0].returning = records[0].returning or writer.returning
    return records


def _job_before(record: Record, main: Told) -> None:
    """`Vi har fået ny souschef … Hun hedder Karoline Juncker`: the only job that is spoken of before the only name."""
    name = record.fields.get("name")
    if name is None or name.source != "text" or "title" in record.fields or record.form != "prose":
        return
    general = listed("titles", "general")
    body = main.voice.body
    before = {m.value: m for m in main.marks if m.kind == "title" and body and body[0].start <= m.start < name.start}
    before = {value: m for value, m in before.items() if value.lower() not in general and not cues("titles", "likely_own").search(value)}
    held = {f.value for r in main.others for f in [r.fields.get("title")] if f}
    mark = next(iter(before.values())) if len(before) == 1 else None
    if mark and cues("titles", "said_of_me").search(main.text, max(0, mark.start - 60), mark.start):
        return  # "jeg er projektleder på det … Emil Roos kommer i stedet"
    if mark and mark.value not in held and record.place - mark.end < 250:
        record.put("title", from_mark(mark, "prose"))


def _own_address(record: Record, main: Told, message: Message) -> None:
    sender = message.sender.email
    if cues("persons", "unread").match(sender) and message.reply_to:
        record.put("email", Found(message.reply_to[0].email, 0, len(message.reply_to[0].email), "people", "from", 0.8))
    if told := _own_copy(record, main, message):
        record.put("email", Found(told, 0, len(told), "people", "cc", 0.9))
    shown = main.voice.name
    other = len(shown.split()) > 1 and bool(
        shown and record.name and names.same(shown, record.name) == 0 and not addresses.belongs(sender, record.name)
    )
    if not other and sender:
        record.put("email", Found(sender, 0, len(sender), "people", "from"))


def _own_copy(record: Record, main: Told, message: Message) -> str:
    """The writer's other address in Cc, where they ask to have it used."""
    if not record.name or not cues("persons", "in_copy").search(main.body):
        return ""
    own = [a for a in (*message.cc, *message.to) if a.email != message.sender.email and names.display(a)]
    return next((a.email for a in own if names.same(names.display(a), record.name) == 2), "")


def _copied(record: Record, message: Message, ours: frozenset[str]) -> None:
    """The address of somebody named, from Cc or To."""
    quoted = [a for s in message.segments for a in (s.sender, *s.to, *s.cc) if a is not None]
    for address in (*message.cc, *message.to, *quoted):
        if address.email in ours or not address.email or not record.name:
            continue
        shown = names.display(address)
        if (shown and names.same(shown, record.name) == 2) or (not shown and addresses.belongs(address.email, record.name)):
            record.put("email", Found(address.email, 0, len(address.email), "people", "cc"))
            return


def _numbers(records: list[Record], main: Told, writer: Record) -> None:
    """EAN, CVR and references of sentences: one for all, or each to its person; the signature's only where the text has none."""
    for kind in ("ean", "ean_invalid", "cvr", "reference"):
        told = [(m, writer if owner.writer else owner) for m, owner in main.prose.owned if m.kind == kind]
        if kind == "reference":
            told = [t for t in told if not t[0].off] or told
        values = {m.value for m, _ in told}
        named = {id(o) for _, o in told}
        if len(values) > 1 and len(named) > 1:
            for mark, owner in told:
                if owner in records and not (kind == "ean_invalid" and "ean" in owner.fields):
                    _replace(owner, kind, mark)
            rest = {m.value: m for m, owner in told if owner not in records}
            if len(rest) == 1:
                for record in records:
                    record.put(kind, from_mark(next(iter(rest.values())), "numbers"))
        elif kind == "reference" and told and _own_reference(*told[0], main, records):
            _replace(told[0][1], kind, told[0][0])
        elif told:
            mark = told[-1][0] if kind.startswith("ean") and len(values) > 1 else told[0][0]
            for record in records:
                if (
                    kind == "ean_invalid"
                    and "ean" in record.fields
                    and not (record is writer and record.fields["ean"].module == "signature")
                ):
                    continue
                _replace(record, kind, mark)
                if kind == "ean_invalid" and record is writer and "ean" in record.fields and record.fields["ean"].module == "signature":
                    continue
    signed = [writer.fields[k] for k in ("ean", "ean_invalid") if k in writer.fields and writer.fields[k].module == "signature"]
    for record in records:
        if not {"ean", "ean_invalid"} & set(record.fields) and signed:
            key = "ean" if "ean" in writer.fields else "ean_invalid"
            record.put(key, writer.fields[key])
        if "ean" in record.fields:
            record.fields.pop("ean_invalid", None)


def _own_reference(mark: Mark, owner: Record, main: Told, records: list[Record]) -> bool:
    """Whether a reference stands behind the EAN of one person, where each has their own."""
    eans = [(m, o) for m, o in main.prose.owned if m.kind == "ean" and not m.off]
    apart = len({m.value for m, _ in eans}) > 1 and owner in records
    return apart and any((o is owner or (o.writer and owner is main.writer)) and 0 < mark.start - m.end < 60 for m, o in eans)


def _replace(record: Record, kind: str, mark: Mark) -> None:
    held = record.fields.get(kind)
    if held is not None and held.module == "signature":
        del record.fields[kind]
    record.put(kind, from_mark(mark, "numbers" if kind != "reference" else "references"))


def _places(records: list[Record], main: Told, writer: Record, message: Message) -> None:
    """The place of work: each their own where sentences tell several, else the one told, the signature's, the sender's."""
    told = [(m, writer if owner.writer else owner) for m, owner in main.prose.owned if m.kind == "organisation"]
    signed = writer.fields.get("organisation")
    best = [t for t in told if t[0].rank == 0] or [t for t in told if t[0].rank == 1] or ([] if signed else told)
    values = {m.value.lower() for m, _ in best}
    if len(values) > 1:
        for mark, owner in best:
            if owner in records:
                owner.put("organisation", from_mark(mark, "organisations"))
        own = writer.fields.get("title")
        for mark, owner in best:
            if owner is writer and signed and own and own.module == "prose" and 0 <= mark.start - own.end <= 12:
                writer.fields["organisation"] = from_mark(mark, "organisations")
    fallback: list[Found] = []
    first = from_mark(best[0][0], "organisations") if best else None
    if signed and signed.confidence >= 0.8 and (len(values) != 1 or writer in records):
        fallback.append(signed)
    if first and (len(values) == 1 or not signed):
        fallback.append(first)
    if signed:
        fallback.append(signed)
    fallback += _shown(message.sender) + [replace(f, source="subject", confidence=0.6) for f in _shown(Address(message.subject, ""))]
    for record in records:
        if not fallback and "organisation" not in record.fields:
            record.put("organisation", _after_title(record, main.text))
        if "organisation" not in record.fields and fallback:
            choice = next((f for f in fallback if not _municipal(f)), fallback[0])
            record.put("organisation", choice)
        if record is writer and signed and _municipal(record.fields["organisation"]) and first and not _municipal(first):
            record.fields["organisation"] = first


def _after_title(record: Record, text: str) -> Found | None:
    """`teamleder på Dokk1`: a capitalised name behind the title, where nothing else tells the place."""
    title = record.fields.get("title")
    if title is None or title.source != "text":
        return None
    match = _at_a_place().match(text, title.end)
    return Found(match.group(1), match.start(1), match.end(1), "organisations", "text", 0.5) if match else None


@cache
def _at_a_place() -> re.Pattern[str]:
    return re.compile(rf" {alternatives(words('organisations')['housed'])} ([A-ZÆØÅ][\w-]*(?: [A-ZÆØÅ][\w-]*){{0,3}})")


def _municipal(found: Found) -> bool:
    return found.value.lower().rpartition(" ")[2] in listed("organisations", "municipality") or found.confidence < 0.7


def _shown(sender: Address) -> list[Found]:
    """A shared mailbox' name is often the library's."""
    places = organisations.find(sender.name)
    return [Found(p.value, p.start, p.end, "organisations", "from", 0.7) for p in places[:1]]


def _subject(writer: Record, message: Message, only_named: bool = False) -> None:
    subject = message.subject[:300]
    marks = scan(subject)
    if only_named and not any(m.kind == "name" and writer.name and names.same(m.value, writer.name) == 2 for m in marks):
        return
    for mark in marks:
        if mark.kind in FIELDS and mark.kind != "name" and not mark.off:
            writer.put(mark.kind, from_mark(mark, "people", "subject"))


def person(record: Record, message: Message) -> Person:
    """The finished record of one person, with the evidence of each field."""
    values: dict[str, str] = {key: record.fields[key].value for key in FIELDS if key in record.fields}
    evidence = {key: _evidence(found, message) for key, found in record.fields.items()}
    if record.returning:
        evidence["returning"] = _evidence(record.returning, message)
    if "municipality" not in values:
        place = municipality_named(values.get("organisation", "")) or municipality_of(
            addresses.domain(values.get("email") or message.sender.email)
        )
        if place:
            values["municipality"] = place
            evidence["municipality"] = Evidence("gazetteer", "domain", 0, 0, values.get("organisation") or message.sender.email, 0.8)
    return Person(returning=True if record.returning else None, waiting_only=record.waiting_only, evidence=evidence, **values)


def _evidence(found: Found, message: Message) -> Evidence:
    if found.source == "text":
        return found.evidence(message.text)
    if found.source == "subject":
        return found.evidence(message.subject)
    return Evidence(found.module, found.source, found.start, found.end, found.value, found.confidence)
