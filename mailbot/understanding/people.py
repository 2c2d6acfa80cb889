"""Who a message is about: the cast for a given intent. Each voice is read by itself; here they are put together:
who takes part, who leaves, who only writes, and what was told once for all.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from functools import cache

from mailbot.course import Course
from mailbot.mail.message import Message, SegmentKind
from mailbot.understanding import addresses, answers, attachments, names
from mailbot.understanding.casting import SURE, likely, signs
from mailbot.understanding.company import Cast, known, unique
from mailbot.understanding.departures import Departures
from mailbot.understanding.facts import Found, Record
from mailbot.understanding.lexicon import alternatives, cues, group, words
from mailbot.understanding.parts import Part
from mailbot.understanding.reading import Intent, Letter, Reason
from mailbot.understanding.roles import SPOKEN, joined, judge, more, seats
from mailbot.understanding.sentences import context

_MATTERS = frozenset({Intent.SIGNUP, Intent.SUBSTITUTE, Intent.UPDATE, Intent.CANCEL, Intent.ACCEPT, Intent.DECLINE})


def cast(message: Message, intent: Intent, *, courses: Sequence[Course], answered: Letter | None, ours: Collection[str]) -> Cast:
    """The people of `message`, given what it wants. `courses` are the open ones (their contacts are no participants),
    `answered` our letter that it replies to, `ours` the administrators' addresses. Never raises for odd input."""
    if intent not in _MATTERS:
        return Cast()
    scene = Casting(message, intent, courses, answered, frozenset(a.lower() for a in ours))
    if intent is Intent.SIGNUP:
        made = scene.signup()
    elif intent is Intent.SUBSTITUTE:
        made = scene.substitute()
    elif intent is Intent.UPDATE:
        made = scene.update()
    elif intent is Intent.CANCEL:
        made = scene.cancel()
    else:
        made = Cast(contact=scene.answering_for())
    return replace(made, notes=made.notes + scene.notes(made))


def coming_and_leaving(message: Message, *, courses: Sequence[Course], answered: Letter | None, ours: Collection[str]) -> Cast:
    """Who comes and who leaves in a message that may want both; nobody, where nobody is said to."""
    return Casting(message, Intent.SUBSTITUTE, courses, answered, frozenset(a.lower() for a in ours)).substitute(())


class Casting(Departures):
    """The people of a scene, for each intent."""

    def signup(self) -> Cast:
        main, writer = self.main, self.main.writer
        writer.returning = writer.returning or self.said_before()
        people = self.others()
        judge(main, people)
        joining = self.by_lists(people)
        self.doubted = self._doubted(people, joining)
        wanted = seats(main.body) or seats(self.message.subject)
        joining += _the_rest(people, joining, wanted)
        joining = unique(sorted(joining, key=lambda r: r.place))
        unnamed = main.roster.nobody or more(main.body, sum(r is not writer for r in joining))
        wanted = max(wanted or 0, len(joining) + unnamed if unnamed else 0)
        participants = self.persons(joining)
        return Cast(
            participants,
            (),
            None if writer in joining or (joining and " " not in writer.name and main.says("persons", "shared_box")) else self.contact(),
            wanted if wanted > len(participants) else None,
            main.says("roles", "together"),
            main.says("roles", "part_will_do"),
            () if participants else (Reason("no_names", {}),),
        )

    def by_lists(self, people: list[Record]) -> list[Record]:
        """Who takes part by what the lists say of each, the writer among them."""
        main, writer = self.main, self.main.writer
        others_meant = main.says("persons", "not_self") and any(r.joins > 0 and not r.only_mentioned and known(r) for r in people)
        self_signup = main.says("persons", "self_signup") and not others_meant
        joining = self._joining(people, self_signup)
        asker = self._asker(joining, self_signup)
        if asker is not None:
            joining = [asker, *self.company(), *joining]
        joining += self._attached(joining)
        own = main.prose.writer
        if own.mention and any(own in pair and (pair[0] in joining or pair[1] in joining) for pair in joined(main, [*people, own])):
            main.listed = True
            writer.place = own.mention[0]
        wanted = seats(main.body) or seats(self.message.subject)
        if self._writer_joins(joining, self_signup, wanted, asker is not None):
            writer.place = self._own_place(joining)
            joining.append(writer)
        return joining

    def _doubted(self, people: list[Record], joining: list[Record]) -> list[str]:
        """Those of whom sentences alone tell, and of whom what was learned is sure that the lists are wrong."""
        main, named = self.main, [r for r in people if r.name]
        apart = main.listed or self.forwarded is not None or any(r.form not in SPOKEN and r is not main.writer for r in joining)
        if apart or not any(r.form in SPOKEN for r in named):
            return []
        chances = likely(signs(main, named, main, None, joining), Intent.SIGNUP)
        return [r.name for r, shares in chances.items() if (shares[Part.COMES] <= 1 - SURE if r in joining else shares[Part.COMES] >= SURE)]

    def _joining(self, people: list[Record], self_signup: bool) -> list[Record]:
        """Who of the others takes part: those of lists, those whom sentences send, else whoever is named and nobody else is meant."""
        main = self.main
        structured = [r for r in people if r.form not in SPOKEN and r.joins >= 1.0]
        strict = main.says("persons", "self_strict")
        needed = 0.5 if main.says("persons", "for_another") else 1.2 if strict else 1.0 if structured or self_signup else 0.5
        joining = structured + [r for r in people if r.form in SPOKEN and r.joins >= needed and not r.only_mentioned and known(r)]
        joining = [r for r in joining if r.form not in SPOKEN or not main.says("persons", "self_alone")]
        if joining or main.listed or self_signup or self.forwarded:
            return joining
        least = 0.1 if main.says("persons", "only_i") and not main.says("persons", "we") else 0.0  # "jeg" may mean nobody else
        return [r for r in people if not r.only_mentioned and r.joins >= (least if known(r) else 1.0)] or self.from_subject()

    def _asker(self, joining: list[Record], self_signup: bool) -> Record | None:
        """The first writer of a forwarded wish, unless the writer only speaks of their own or gives a list."""
        if self.forwarded is None or any(r.form not in SPOKEN for r in joining):
            return None
        asker = self.forwarded.writer
        if any(r.name and names.same(r.name, asker.name) == 2 for r in joining):
            return None
        if self_signup and not self.main.says("persons", "self_too") and not self.passed_on():
            return None
        return asker

    def _writer_joins(self, joining: list[Record], self_signup: bool, wanted: int | None, asked: bool) -> bool:
        main = self.main
        if main.listed:
            return True
        signed = "\n".join(line.text for line in main.voice.signature)
        if (main.says("persons", "not_self") or cues("persons", "not_self").search(signed)) and (joining or not self_signup):
            return False
        if joining and (not main.writer.name or main.says("persons", "for_another")):
            return False
        if joining:
            if main.says("persons", "them") and not cues("persons", "self_too").search(_ASIDE.sub(" ", main.body)):
                return False  # "… i ledergruppen (Bo, Ida og mig). Meld dem til"
            if len(joining) == 1 and joining[0].wished and main.says("persons", "but_they") and not main.says("persons", "self_strict"):
                return False  # "Bo og jeg har talt om det, og han vil gerne …"
            if len(joining) == 1 and main.says("persons", "only_them") and not main.says("persons", "self_strict"):
                return False  # "Bo og jeg har talt om det. Meld ham til"
            both = len(joining) == 1 and joining[0].form in SPOKEN and main.says("roles", "both")
            return (main.says("persons", "self_too") or main.says("persons", "self_strict") or both) and not (
                asked and not main.says("persons", "i_as_well")
            )
        if self_signup:
            return True
        nameless = wanted is not None and wanted >= 1 and not main.says("persons", "i_come")
        return not (
            (nameless and ((wanted or 0) > 1 or not main.writer.name)) or self._points_to_attachment() or main.says("roles", "on_behalf")
        )

    def _points_to_attachment(self) -> bool:
        files = [
            a for a in self.message.attachments if a.name and not re.search(r"\.(?:png|jpe?g|gif|ics|p7s|vcf|asc)$", a.name, re.IGNORECASE)
        ]
        return bool(files) and self.main.says("persons", "enclosed")

    def _own_place(self, joining: list[Record]) -> int:
        main = self.main
        if main.listed or not joining:
            return main.writer.place
        told = main.text[main.voice.body[0].start : main.voice.body[-1].end] if main.voice.body else ""
        hit = cues("persons", "beside_others").search(told) or cues("persons", "self_strict").search(told)
        return main.voice.body[0].start + hit.start() if hit else len(main.text)

    def _attached(self, joining: list[Record]) -> list[Record]:
        """People whom only an attachment names."""
        read = attachments.read(self.message.attachments)
        self.attached = list(read.notes)
        fresh = []
        for record in read.records:
            twin = next((r for r in [*joining, self.main.writer] if r.name and names.same(r.name, record.name) == 2), None)
            if twin:
                twin.merge(record)
            else:
                fresh.append(record)
        if fresh and (self._points_to_attachment() or not joining):
            self.attached.append(Reason("attachment_only", {"names": ", ".join(r.name for r in fresh)}))
            return fresh
        return []

    def update(self) -> Cast:
        main, writer = self.main, self.main.writer
        answers.fill(main, self.message, self.answered, [v for v in self.voices if v.kind is SegmentKind.HISTORY])
        told = self._well_spelt(self.others())
        beside = joined(main, told) if main.prose.owned else []
        people = [r for r in told if r.form not in SPOKEN or len(r.fields) > 1 + (r.form == "copied" and "email" in r.fields)]
        pairs = [pair for pair in beside if (pair[0] in people) != (pair[1] in people)]
        people += [r for pair in pairs for r in pair if r not in people and "name" in r.fields]  # a number told for both
        with_writer = [r for r in main.others if r not in people and cues("persons", "and_me").match(self._after(r))]
        if with_writer or (people and self._own_diet()):
            return Cast(self.persons([*people, *with_writer, writer]))
        if not people and not main.listed and self._speaks_for_another():
            people = [r for r in main.others if not r.only_mentioned] or self.from_subject()
        if not people and not main.listed and not main.says("persons", "writer_spoken_of"):
            people = [r for r in told if r.form == "prose" and " " in r.name and not r.only_mentioned] or self.from_subject()
        letter = self._letter_people()
        if not people and letter and not any(names.same(n, writer.name) for n in letter if writer.name) and len(letter) == 1:
            people = [Record(form="header", fields={"name": Found(letter[0], 0, 0, "people", "letter", 0.7)})]
            for key, found in main.prose.writer.fields.items():
                if key not in ("name", "phone", "email"):
                    people[0].put(key, found)
        if people and not main.listed:
            return Cast(self.persons(people), contact=self.contact())
        chosen = unique(sorted([*people, writer] if people else [writer], key=lambda r: r.place))
        return Cast(self.persons(chosen))

    def _own_diet(self) -> bool:
        """Whether the writer says what they eat themselves, and so takes part: `Karen er veganer, og jeg tåler ikke fisk`."""
        diet = self.main.prose.writer.fields.get("dietary")
        clause = re.split(r"[.!?\n,;:]\s", self.main.text[max(0, diet.start - 80) : diet.start])[-1] if diet else ""
        return bool(cues("persons", "only_i").search(clause))

    def _well_spelt(self, people: list[Record]) -> list[Record]:
        """The people without the names that are how others' are wrongly spelt: `hun hedder Kristiane og ikke Kristine`."""
        kept = []
        for record in people:
            wrong = record.mention and _not_so().search(self.main.text, max(0, record.mention[0] - 12), record.mention[0])
            twins = [r for r in (*people, self.main.writer) if r is not record and r.name and _alike(r.name, record.name)]
            if not wrong or not twins:
                kept.append(record)
            elif record.form != "copied":
                twins[0].merge(record)
        return kept

    def _after(self, record: Record) -> str:
        return context(self.main.text, record, self.main.spans, [])[1]

    def _letter_people(self) -> list[str]:
        return [a.name for a in self.answered.people if a.name] if self.answered else []

    def _speaks_for_another(self) -> bool:
        if self.main.says("persons", "for_somebody"):
            return True
        around = (context(self.main.text, r, self.main.spans, []) for r in self.main.others if r.form == "prose")
        return any(_about().search(before) or cues("persons", "about_theirs").match(after) for before, after in around)

    def notes(self, made: Cast) -> tuple[Reason, ...]:
        notes = list(self.attached)
        if self.doubted:
            notes.append(Reason("who_unclear", {"names": ", ".join(self.doubted)}))
        shown, written = self.main.voice.name, self.main.writer.name
        if shown and written and names.same(shown, written) == 0 and not addresses.belongs(self.message.sender.email, written):
            notes.append(Reason("sender_is_other", {"sender": shown, "writer": written}))
        if self.masked:
            notes.append(Reason("cpr_masked", {}))
        eans = {m.value for m in self.main.marks if m.kind == "ean" and not m.off}
        used = {p.ean for p in made.participants if p.ean}
        if len(eans) > 1 and len(used) == 1 and len(made.participants) <= 1 and not any(m.off for m in self.main.marks if m.kind == "ean"):
            notes.append(Reason("two_eans", {"eans": ", ".join(sorted(eans))}))
        if any(p.name is None or len(p.name.split()) < 2 for p in made.participants):
            notes.append(Reason("name_unclear", {}))
        return tuple(notes)


def _the_rest(people: list[Record], joining: list[Record], wanted: int | None) -> list[Record]:
    """Those named besides, where they make up the number that is said: `vi bliver to: … og så er der Bo Friis`."""
    others = [r for r in people if r not in joining and r.form in SPOKEN and r.joins >= 0 and not r.only_mentioned and " " in r.name]
    besides = any(r.writer for r in joining)  # "mig selv og to kolleger"
    return others if joining and wanted and len(joining) + len(others) in (wanted, wanted + besides) else []


def _alike(one: str, other: str) -> bool:
    return SequenceMatcher(None, one.lower()[:60], other.lower()[:60]).ratio() > 0.6


_ASIDE = re.compile(r"\([^()\n]{0,200}\)")


@cache
def _not_so() -> re.Pattern[str]:
    """Right before a name as it is not spelt: `og ikke "`."""
    return re.compile(rf"\b{alternatives(words('persons')['not_so'])} [\"'”“„»«’]{{0,2}}$")


@cache
def _about() -> re.Pattern[str]:
    """Right before a name whom the writer's words are about: `tilmeldingen for vores `."""
    return re.compile(rf"\b{group('persons', 'about')}[: ]+(?:\w+ ){{0,2}}$", re.IGNORECASE)
