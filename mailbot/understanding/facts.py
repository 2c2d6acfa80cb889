"""What was found about one person while a message is read: values with the words they came from, collected in a
`Record` until it is known who the person is and whether they take part.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache

from mailbot.understanding.entities import Mark
from mailbot.understanding.lexicon import listed
from mailbot.understanding.reading import Evidence

FIELDS = (
    "name",
    "email",
    "title",
    "organisation",
    "municipality",
    "phone",
    "ean",
    "ean_invalid",
    "reference",
    "dietary",
    "cvr",
    "invoice_email",
)
SHARED = ("ean", "ean_invalid", "reference", "organisation", "cvr", "invoice_email")  # told once for all


@dataclass(frozen=True, slots=True)
class Found:
    """A value with its place: the module that found it, the source and the span in it."""

    value: str
    start: int
    end: int
    module: str
    source: str = "text"
    confidence: float = 1.0

    def evidence(self, text: str) -> Evidence:
        return Evidence(self.module, self.source, self.start, self.end, text[self.start : self.end][:300], self.confidence)


@dataclass(slots=True, eq=False)
class Record:
    """One person as a message tells of them. `writer`: the one who speaks ("mig selv"); `place` is where they are named;
    `form` how: table, block, item, prose, header. The flags say what the words around the name mean."""

    place: int = 0
    form: str = "prose"
    writer: bool = False
    fields: dict[str, Found] = field(default_factory=dict)
    returning: Found | None = None
    waiting_only: bool = False
    phone_rank: int = 9  # of the telephone told in sentences: 0 direct … 2 main
    mentions: list[tuple[int, int]] = field(default_factory=list)  # where sentences speak of them, by name or first name
    wished: bool = False  # a later sentence says by pronoun that the person wants to come
    declined: bool = False  # … or is not to come after all
    joins: float = 0.0
    only_mentioned: bool = False

    @property
    def name(self) -> str:
        return self.fields["name"].value if "name" in self.fields else ""

    @property
    def mention(self) -> tuple[int, int] | None:
        """Where a sentence first speaks of them."""
        return self.mentions[0] if self.mentions else None

    def spoken_of(self, start: int, end: int) -> None:
        if (start, end) not in self.mentions:
            self.mentions.append((start, end))

    def put(self, key: str, found: Found | None) -> None:
        """Keeps the first value of a field; a right EAN stands before a wrong one."""
        if found is not None and key == "title" and found.value.endswith(_leads()):
            short = found.value.rpartition(" ")[0]  # what it leads stands apart, as the place of work
            found = replace(found, value=short, end=found.start + len(short))
        if found is not None and found.value and key not in self.fields and not (key == "ean_invalid" and "ean" in self.fields):
            self.fields[key] = found

    def merge(self, other: Record) -> None:
        for key, found in other.fields.items():
            if key != "name":
                self.put(key, found)
        self.returning = self.returning or other.returning
        self.joins = max(self.joins, other.joins)
        self.waiting_only = self.waiting_only or other.waiting_only


def from_mark(mark: Mark, module: str, source: str = "text") -> Found:
    return Found(mark.value, mark.start, mark.end, module, source, mark.score)


def best_phone(marks: list[Mark]) -> Mark | None:
    """Of several telephones the direct or mobile one, else the first that is no main number, else the main number."""
    phones = [m for m in marks if m.kind == "phone"]
    return min(phones, key=lambda m: (m.rank, m.start)) if phones else None


@cache
def _leads() -> tuple[str, ...]:
    """How a title ends that leads on to what somebody is the head of."""
    return tuple(f" {word}" for word in listed("particles", "after_title"))
