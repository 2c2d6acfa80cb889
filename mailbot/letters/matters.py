"""Open matters in the digest: each with who and when, the reason in a sentence, the words that matter, a proposal, its answers.

The answers are commands; with a `Link` each is the address of a prefilled, signed letter that gives it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from mailbot.course import Course
from mailbot.letters.clean import foreign, line
from mailbot.letters.reasons import sentence_of
from mailbot.letters.words import Words
from mailbot.registration.records import Item, ItemKind, Registration
from mailbot.understanding.reading import Finding, Intent, Person

Link = Callable[[str], str]   # a command ("godkend 12") to the address of a prefilled, signed answer ("mailto:…")


@dataclass(frozen=True, slots=True)
class ItemView:
    number: int
    title: str                   # who and what, the subject as a link where the original can be linked to
    origin: str                  # address and time of receipt
    reasons: tuple[str, ...]
    excerpt: str
    about: str                   # the registrations it concerns
    proposal: str
    answers: tuple[str, ...]     # links, as `twin` reads them


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the words of an item need: `original` is an address with `{message_id}` in it, "" where mail has none."""

    course: Course
    words: Words
    sentences: Mapping[str, str]
    people: Mapping[int, Registration]
    link: Link | None = None
    original: str = ""

    def items(self, items: Iterable[Item]) -> tuple[ItemView, ...]:
        return tuple(map(self.item, items))

    def item(self, item: Item) -> ItemView:
        about = (self.people[n] for n in item.registrations if n in self.people)
        return ItemView(
            number=item.id,
            title=self.title(item),
            origin=self._origin(item),
            reasons=tuple(dict.fromkeys(sentence_of(r, self.sentences, self.words) for r in item.reasons))[:6],
            excerpt=foreign(item.excerpt, 300),
            about=self.words.listing(f"{r.id} {_name(r)} ({self.words.section('statuses')[r.status.value]})" for r in about),
            proposal=self._proposal(item.proposal) if item.proposal else "",
            answers=tuple(
                self.answer(command, item, number=item.registrations[0] if command == "address" else None) for command in _commands(item)
            ),
        )

    def title(self, item: Item) -> str:
        subject = foreign(item.subject) or self.words.section("matters").get(item.kind.value, "")
        if self.original and item.message_id and self.link:
            address = self.original.replace("{message_id}", quote(item.message_id.strip("<>"), safe="@"))
            subject = f"[{subject.translate(_ROUND)}]({address})" if subject else ""
        name = foreign(item.sender.name or item.sender.email) if item.sender else ""
        return f"{name}: {subject}" if name and subject else name or subject

    def answer(self, command: str, item: Item | None = None, *, number: int | None = None) -> str:
        """A command as a link; without links its words. It names the item, or `number`."""
        text = self.words.section("commands")[command].format(n=item.id if item and number is None else number)
        return f"[{text.strip()}]({self.link(text)})" if self.link else text.strip()

    def _origin(self, item: Item) -> str:
        received = self.words.moment(item.received_at or item.opened_at, self.course)
        return f"{line(item.sender.email)}, {received}" if item.sender and item.sender.name and item.sender.email else received

    def _proposal(self, finding: Finding) -> str:
        forms = self.words.section("proposals")
        people = self.words.listing(_described(p) for p in finding.participants) or forms["the_writer"]
        withdrawn = self.words.listing(foreign(w) for w in finding.withdrawn) or forms["the_writer"]
        return forms.get(finding.intent.value, "").format(people=people, withdrawn=withdrawn)


_ROUND = str.maketrans("[]", "()")


def _commands(item: Item) -> tuple[str, ...]:
    """The answers that fit an open matter, the likely one first."""
    if item.kind is ItemKind.HELD:
        return ("resume",)
    if item.kind is ItemKind.INVOICING:
        return ("invoiced",)
    if item.kind is ItemKind.CONFLICT:
        return ("approve", "reject")
    if item.proposal is not None:
        return ("approve", "wait", "reject") if item.proposal.intent is Intent.SIGNUP else ("approve", "reject")
    if item.kind is ItemKind.BOUNCE and item.registrations:
        return ("address", "close")
    if item.sender and item.kind in (ItemKind.QUESTION, ItemKind.REVIEW):
        return ("answer", "close")
    return ("close",)


def _described(person: Person) -> str:
    parts = (person.name or person.email, person.title, person.organisation)
    return ", ".join(foreign(part) for part in parts if part)


def who(registration: Registration) -> str:
    """"12 Mette Holm, Greve Bibliotek"."""
    house = foreign(registration.person.organisation or "")
    return f"{registration.id} {_name(registration)}, {house}" if house else f"{registration.id} {_name(registration)}"


def _name(registration: Registration) -> str:
    return foreign(registration.person.name or registration.person.email or "")
