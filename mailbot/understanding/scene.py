"""A message with its voices read: the writer's own words, the one whose wish is forwarded, those in Cc. Who does what
is decided in `people`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from mailbot.course import Course
from mailbot.mail.message import Address, Message, SegmentKind
from mailbot.understanding import names
from mailbot.understanding import told as voices_told
from mailbot.understanding.entities import scan
from mailbot.understanding.facts import Found, Record, from_mark
from mailbot.understanding.lexicon import cues, pattern
from mailbot.understanding.masking import find_cpr, mask_cpr
from mailbot.understanding.reading import Intent, Letter, Reason
from mailbot.understanding.roles import SPOKEN, judge
from mailbot.understanding.sentences import returning, sentences
from mailbot.understanding.told import Told
from mailbot.understanding.voices import Line, Voice, voices

MAX_TEXT = 400_000  # characters of a message that are looked at for people


class Scene:
    """A message with its voices read, the writer's first."""

    def __init__(self, message: Message, intent: Intent, courses: Sequence[Course], answered: Letter | None, ours: frozenset[str]) -> None:
        self.masked = bool(find_cpr(message.text[:MAX_TEXT]))
        message = replace(message, text=_legible(message.text), subject=_legible(message.subject[:300]))
        self.message, self.answered = message, answered
        self.ours = ours | {c.signup_address.lower() for c in courses} | {c.contact_email.lower() for c in courses}
        self.skip = tuple({c.contact.name for c in courses if c.contact} | {f for c in courses for f in c.facilitators})
        self.voices = voices(message)
        self.forwarded = self._forwarded(intent)
        asker = self.forwarded.writer if self.forwarded else None
        first = self._own_words() or next((v for v in self.voices if v.kind is SegmentKind.NEW), None) or _silent(message)
        first = _of_our_course(first, [c.title.split()[0].lower() for c in courses if c.title.split()])
        self.copied = self._copied()
        self.copied += self._quoted(first)
        self.main = voices_told.read(first, message, self.skip, (asker,) if asker else (), tuple(self.copied), self.ours)
        self.attached: list[Reason] = []
        self.doubted: list[str] = []  # of whom it is unclear whether they take part

    # -- the voices ---------------------------------------------------------------------------

    def _own_words(self) -> Voice | None:
        """An earlier mail of the writer's own that they send again with hardly a word above it."""
        own = [v for v in self.voices if v.kind is SegmentKind.FORWARDED and v.sender.email == self.message.sender.email]
        wish = cues("persons", "self_signup")
        if not own or any(wish.search(v.text) for v in self.voices if v.kind is SegmentKind.NEW):
            return None
        return next((v for v in own if wish.search(v.text)), None)

    def _copied(self) -> list[Record]:
        """Those in Cc and To: the text may speak of them by first name."""
        made = []
        for address in (*self.message.cc, *self.message.to):
            shown = names.display(address)
            if shown and address.email not in self.ours and address.email != self.message.sender.email:
                record = Record(form="copied")
                record.put("name", Found(shown, 0, len(shown), "people", "cc"))
                record.put("email", Found(address.email, 0, len(address.email), "people", "cc"))
                made.append(record)
        return made

    def _quoted(self, first: Voice) -> list[Record]:
        """Those whom the writer calls by their first names only, where the subject or the quoted mail has one full name to each."""
        known = {names.first_name(name) for name in (*(r.name for r in self.copied), first.name, *self.skip)}
        signed = "\n".join(line.text for line in first.signature)
        called = set(_CALLED.findall(first.text)) - known - set(_FULL.findall(f"{first.text}\n{signed}"))
        elsewhere = (
            set(_FULL.findall(self.message.text))
            | set(_FULL.findall(self.message.subject))
            | {names.first_name(names.display(a)) for s in self.message.segments for a in (s.sender, *s.to, *s.cc) if a}
        )
        called = {w for w in called & elsewhere if names.shaped(w)}
        if not called:
            return []
        found: dict[str, dict[str, Record]] = {w: {} for w in _CALLED.findall(first.text) if w in called}  # in the order of the text
        for record in self._full_names(first, called):
            word = names.first_name(record.name)
            if word in found and not any(names.same(record.name, s) == 2 for s in self.skip):
                twin = next((r for r in found[word].values() if names.same(r.name, record.name) == 2), None)
                if twin is None:
                    found[word][record.name] = record
                else:
                    twin.merge(record)
        return [r for people in found.values() if len(people) == 1 for r in people.values()]

    def _full_names(self, first: Voice, called: set[str]) -> Iterator[Record]:
        """Everybody of the quoted headers, the subject and the quoted text (where it has one of those called), in that order."""
        for voice in self.voices:
            if voice is first:
                continue
            for address in (voice.sender, *voice.to, *voice.cc):
                shown = names.display(address)
                if len(shown.split()) > 1 and address.email not in self.ours and address.email != self.message.sender.email:
                    record = Record(form="copied")
                    record.put("name", Found(shown, 0, len(shown), "people", "cc"))
                    record.put("email", Found(address.email, 0, len(address.email), "people", "cc"))
                    yield record
        subject = self.message.subject
        for mark in scan(subject):
            if mark.kind == "name":
                yield Record(form="copied", fields={"name": from_mark(mark, "names", "subject")})
        for voice in self.voices:
            words = "\n".join(x.text for x in (*voice.body, *voice.signature))
            if voice.kind is not SegmentKind.NEW and called & set(_FULL.findall(words)):
                told = voices_told.read(voice, self.message, self.skip, ours=self.ours)
                for told_of in (*told.others, told.writer):
                    if len(told_of.name.split()) > 1:
                        yield Record(form="copied", fields={k: f for k, f in told_of.fields.items() if k in ("name", "title", "email")})

    def others(self) -> list[Record]:
        """Everybody named besides the writer (and the one whose wish is forwarded), those of Cc where the text speaks of them."""
        asker = self.forwarded.writer if self.forwarded else None
        people = [r for r in self.main.others if r is not asker]
        for record in self.copied:
            if record.mention is not None and not any(r.name and names.same(r.name, record.name) == 2 for r in people):
                record.place = record.mention[0]
                people.append(record)
        return people

    def company(self) -> list[Record]:
        """Those whom the first writer of a forwarded wish registers too: who sign it as well, or `Bo og jeg vil gerne …`."""
        asked = self.forwarded
        if asked is None:
            return []
        others = asked.others
        judge(asked, others)
        beside = asked.says("persons", "self_too")
        return [
            r for r in others if r.name and r.joins >= 1.5 and (r.form not in SPOKEN or (beside and not r.only_mentioned and " " in r.name))
        ]

    def told_by_subject(self) -> Told | None:
        """The subject read as if it were a sentence of the writer's, spans and all in the subject."""
        subject = self.message.subject
        if not subject:
            return None
        line = Line(subject, 0, len(subject))
        voice = replace(self.main.voice, body=(line,), signature=())
        told = voices_told.read(voice, replace(self.message, text=subject, segments=()), self.skip, (), tuple(self.copied), self.ours)
        for record in told.others:
            record.fields = {key: replace(found, source="subject") for key, found in record.fields.items()}
        return told

    def is_ours(self, voice: Voice) -> bool:
        return voice.sender.email in self.ours or bool(voice.name and any(names.same(voice.name, n) == 2 for n in self.skip))

    def _forwarded(self, intent: Intent) -> Told | None:
        """The first writer of what is forwarded, where that is a wish of theirs (deepest first)."""
        if intent not in (Intent.SIGNUP, Intent.SUBSTITUTE, Intent.CANCEL):
            return None
        kinds = (SegmentKind.FORWARDED,) if intent is not Intent.SIGNUP else (SegmentKind.FORWARDED, SegmentKind.HISTORY)
        others = [
            v
            for v in self.voices
            if v.kind in kinds and not self.is_ours(v) and (v.sender.email or v.name) and v.sender.email != self.message.sender.email
        ]
        others.sort(key=lambda v: -v.depth)
        if not others:
            return None
        passed = self.passed_on()
        wish = cues("persons", "self_signup")
        for voice in others:
            if (passed or voice.kind is SegmentKind.FORWARDED) and wish.search(voice.text):
                return voices_told.read(voice, self.message, self.skip, ours=self.ours)
        new = [v for v in self.voices if v.kind is SegmentKind.NEW]
        own = any(wish.search(v.text) for v in new)
        spoken_of = not any(cues("persons", "self_strict").search(v.text) for v in new) and any(
            _speaks_of(v.text, other) for v in new for other in others if other.kind is SegmentKind.FORWARDED
        )
        if (passed and not own) or spoken_of or intent is not Intent.SIGNUP:
            for voice in others:
                if (
                    voice.kind is SegmentKind.FORWARDED
                    and not cues("persons", "suggests").search(voice.text)
                    and (told := voices_told.read(voice, self.message, self.skip, ours=self.ours)).writer.name
                ):
                    return told
        return None

    def passed_on(self) -> bool:
        text = " ".join(v.text for v in self.voices if v.kind is SegmentKind.NEW)
        return bool(cues("persons", "passed_on").search(text))

    # -- the writer ---------------------------------------------------------------------------

    def contact(self) -> Address:
        return Address(self.main.writer.name or self.message.sender.name, self.message.sender.email)

    def said_before(self) -> Found | None:
        """What the writer said in an earlier mail of the thread: that they took part before."""
        text = self.message.text
        earlier = [v for v in self.voices if v.kind is SegmentKind.HISTORY and v.sender.email == self.message.sender.email]
        spans = [s for v in earlier for a, b in voices_told.spans(text, v.body) for s in sentences(text, a, b)]
        return returning(text, spans, [m.start for a, b in spans for m in scan(text, a, b) if m.kind == "name"])

    def answering_for(self) -> Address | None:
        """The writer who answers an offer that was made to somebody else."""
        sender = self.message.sender.email
        offered = [self.answered.to, *self.answered.people] if self.answered else []
        if not offered:
            letter = next((v for v in self.voices if v.kind is not SegmentKind.NEW and self.is_ours(v)), None)
            offered = [a for a in letter.to if a.email not in self.ours] if letter else []
        if any(a.email == sender or (a.name and self.main.voice.name and names.same(a.name, self.main.voice.name) == 2) for a in offered):
            return None
        if offered or cues("persons", "in_place_of").search(self.main.body):
            return self.contact()
        return None


def _of_our_course(voice: Voice, called: Sequence[str]) -> Voice:
    """The voice without the entries of a list that are about other events: `A) Hverdagsledelse: … B) Temadag om …: …`."""
    entries = [line for line in voice.body if _ENTRY.match(line.text)]
    ours = [line for line in entries if any(word in line.text.lower() for word in called)]
    others = [line for line in entries if line not in ours and cues("roles", "other_event").search(line.text.partition(":")[0])]
    return replace(voice, body=tuple(line for line in voice.body if line not in others)) if ours and others else voice


_ENTRY = re.compile(r"(?:[A-Ha-h1-9][.):]|[-–*•·])\s[^:]{3,90}:\s")


def _speaks_of(text: str, other: Voice) -> bool:
    """Whether words above a forwarded mail are about its writer: by first name or pronoun."""
    called = re.findall(r"[^\W\d_]+", text)
    first = names.first_name(other.name)
    return (bool(first) and bool({first, f"{first}s"} & set(called))) or bool(pattern("persons", "somebody").search(text))


_CALLED = re.compile(r"(?<![\w@.])[A-ZÆØÅ][a-zæøåéöäü]+(?:-[A-ZÆØÅ][a-zæøåéöäü]+)?(?![\w@-])")
_FULL = re.compile(r"(?<![\w@.])([A-ZÆØÅ][\w-]+)(?= [A-ZÆØÅ])")  # first names that a surname follows
_ENDLESS = re.compile(r"\S{160,}")


def _legible(text: str) -> str:
    """The text with CPR numbers masked and endless words blanked out; every character keeps its place."""
    return mask_cpr(_ENDLESS.sub(lambda m: " " * len(m.group()), text[:MAX_TEXT]))


def _silent(message: Message) -> Voice:
    return Voice(SegmentKind.NEW, 0, message.sender, names.display(message.sender), message.to, message.cc, message.subject, (), ())
