"""Those whom a message may be about, put together from its voices: the records of people as they are finished, and who is
named in the subject alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailbot.mail.message import Address, SegmentKind
from mailbot.understanding import names, spread, told
from mailbot.understanding.entities import scan
from mailbot.understanding.facts import SHARED, Found, Record, from_mark
from mailbot.understanding.reading import Person, Reason
from mailbot.understanding.scene import Scene
from mailbot.understanding.spread import person
from mailbot.understanding.told import Told


@dataclass(frozen=True, slots=True)
class Cast:
    """Who a message is about. `contact` is the writer where they are no participant. `notes` are doubts, as codes:
    sender_is_other, no_names, attachment_only, scan_without_text, name_unclear, cpr_masked, two_eans, who_unclear, …"""

    participants: tuple[Person, ...] = ()
    withdrawn: tuple[str, ...] = ()
    contact: Address | None = None
    seats: int | None = None
    together: bool = False
    part_will_do: bool = False
    notes: tuple[Reason, ...] = ()


class Company(Scene):
    """The people of a scene, whatever it wants."""

    def persons(self, records: list[Record]) -> tuple[Person, ...]:
        if self.main.says("persons", "same_as_others"):
            self._as_before(records)
        if self.forwarded and self.forwarded.writer in records:
            self._on_the_way(self.forwarded)
        complete = spread.spread(records, self.main, self.forwarded, self.message, self.ours)
        for record in complete:
            if (held := record.fields.get("reference")) and any(names.same(held.value, name) == 2 for name in self.skip):
                del record.fields["reference"]  # "Att. Lisbet Vestergaard" is whom the mail is for
        return tuple(person(r, self.message) for r in complete)

    def _on_the_way(self, asked: Told) -> None:
        """The EAN that somebody added between the first writer of a forwarded mail and the one who sends it to us."""
        if any(m.kind == "ean" for m in (*self.main.marks, *asked.marks)):
            return
        text = self.message.text
        between = [v for v in self.voices if v.kind is SegmentKind.FORWARDED and v.depth < asked.voice.depth and not self.is_ours(v)]
        marks = [m for v in between for a, b in told.spans(text, v.body) for m in scan(text, a, b) if m.kind == "ean" and not m.off]
        if len({m.value for m in marks}) == 1:
            asked.writer.put("ean", from_mark(marks[0], "numbers"))

    def _as_before(self, records: list[Record]) -> None:
        """`Samme EAN som de andre`: what an earlier mail of the writer's told once for all."""
        earlier = next((v for v in self.voices if v.kind is SegmentKind.HISTORY and v.sender.email == self.message.sender.email), None)
        if earlier is None:
            return
        before = told.read(earlier, self.message, self.skip, ours=self.ours)
        for record in records:
            for mark, _ in before.prose.owned:
                if mark.kind in SHARED and not mark.off and not any(m.kind == mark.kind for m, _ in self.main.prose.owned):
                    record.put(mark.kind, from_mark(mark, "prose"))
            record.merge(before.roster.common)

    def from_subject(self) -> list[Record]:
        found = []
        told = self.told_by_subject()
        for mark in scan(self.message.subject[:300]):
            writer = self.main.writer.name
            if (
                mark.kind == "name"
                and not (writer and names.same(mark.value, writer))
                and not any(names.same(mark.value, s) for s in self.skip)
            ):
                record = Record(place=0, form="header", joins=1.0)
                record.put("name", Found(mark.value, mark.start, mark.end, "names", "subject", 0.8))
                twin = next((r for r in told.others if names.same(r.name, mark.value) == 2), None) if told else None
                record.put("title", twin.fields.get("title") if twin else None)
                found.append(record)
        return found


def known(record: Record) -> bool:
    """Whether more is told of somebody than a first name."""
    return len(record.name.split()) > 1 or len(record.fields) > 1


def unique(records: list[Record]) -> list[Record]:
    """One record a person: the same name twice is one, its fields merged."""
    kept: list[Record] = []
    for record in records:
        twin = next((k for k in kept if k.name and record.name and names.same(k.name, record.name) == 2), None)
        if twin is None:
            kept.append(record)
        else:
            twin.merge(record)
            if len(record.name) > len(twin.name):
                twin.fields["name"] = record.fields["name"]
    return kept
