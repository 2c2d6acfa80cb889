"""Who gives up a seat, and who takes it over."""

from __future__ import annotations

from collections.abc import Collection

from mailbot.understanding import names, told
from mailbot.understanding.casting import BESIDE, likely, play, signs
from mailbot.understanding.company import Cast, Company, known
from mailbot.understanding.parts import Part
from mailbot.understanding.reading import Intent
from mailbot.understanding.roles import judge, leaving
from mailbot.understanding.told import Told


class Departures(Company):
    """The people of a scene in which somebody leaves."""

    def substitute(self, needed: Collection[Part] = (Part.COMES, Part.LEAVES)) -> Cast:
        """Those who come, and those who leave in their favour (none named where it is the writer); `needed` are the parts that
        somebody must play."""
        main, writer = self.main, self.main.writer
        people = self.others()
        if not any(known(r) for r in people) and not main.roster.withdrawn:
            subject = self.told_by_subject()
            named = [r for r in subject.others if known(r)] if subject else []
            if subject and named:
                self._reread(subject)
                writer, main, people = self.main.writer, subject, named
        gone = [f.value for f in main.roster.withdrawn]
        people = [r for r in people if r.name and not any(names.same(r.name, g) == 2 for g in gone)]
        judge(main, people)
        chances = likely(signs(main, people, self.main, self.forwarded), Intent.SUBSTITUTE)
        cast = play(chances, [p for p in needed if p is not Part.LEAVES or not gone])
        coming = [r for r in chances if cast[r] is Part.COMES]
        gone += [r.name or self.message.sender.email for r in chances if cast[r] is Part.LEAVES and r is not writer]
        contact = None if writer in coming or cast[writer] is Part.LEAVES else self.contact()
        return Cast(self.persons(coming), tuple(dict.fromkeys(gone)), contact)

    def cancel(self) -> Cast:
        """Those who leave; none named where it is the writer."""
        main, writer = self.main, self.main.writer
        people = [r for r in self.others() or self.from_subject() if r.name]
        judge(main, people)
        found = signs(main, people, main, self.forwarded)
        chances = likely(found, Intent.CANCEL)
        gone = [f.value for f in main.roster.withdrawn]
        cast = play(chances, () if gone else (Part.LEAVES,))
        left = [r for r in chances if cast[r] is Part.LEAVES]
        others = [r for r in left if r is not writer]
        if writer in left and others and BESIDE not in found[writer]:  # hardly anybody tells of somebody else and means both
            surest = max(left, key=lambda r: chances[r][Part.LEAVES])
            left = [writer] if surest is writer else others
        gone += [r.name for r in left if r is not writer or len(left) > 1]
        return Cast(withdrawn=tuple(dict.fromkeys(gone)), contact=self.contact() if writer not in left else None)

    def _reread(self, subject: Told) -> None:
        """Reads the body again, where "han" is the one who enters by the subject."""
        new = [r for r in subject.others if not leaving(subject, r, subject.others)]
        if len(new) == 1:
            self.main = told.read(self.main.voice, self.message, self.skip, (new[0],), tuple(self.copied), self.ours)
