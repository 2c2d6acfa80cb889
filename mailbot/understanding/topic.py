"""What a message is about: the names of our courses, their years and dates, and everything else that goes by a name.

Course names come from the course files (title and aliases); a slip of two letters, a compound and a split word still
count. Which of several courses is meant is decided in `which_course`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from mailbot.course import Course
from mailbot.understanding.clauses import Clause, Word
from mailbot.understanding.dates import months
from mailbot.understanding.lexicon import affixes, listed

ALIKE = 3  # letters at the beginning in which a slip makes it another word
YEAR = re.compile(r"20[1-4]\d")


@dataclass(frozen=True)
class Names:
    """The names and dates of some courses, ready to be found in clauses."""

    courses: tuple[Course, ...]

    @cached_property
    def words(self) -> dict[str, tuple[str, ...]]:
        """Each long word of a title or alias with the ids of the courses that bear it."""
        found: dict[str, set[str]] = {}
        for course in self.courses:
            for name in (course.title, *course.aliases):
                for word in re.findall(r"[^\W\d_]{9,}", name.lower()):
                    if word not in listed("particles", "of_any_course"):
                        found.setdefault(word, set()).add(course.id)
            if not any(course.id in ids for ids in found.values()):
                for word in re.findall(r"[^\W\d_]{4,}", course.title.lower()):
                    found.setdefault(word, set()).add(course.id)
        return {word: tuple(sorted(ids)) for word, ids in found.items()}

    @cached_property
    def by_beginning(self) -> dict[str, list[tuple[str, tuple[str, ...]]]]:
        """The same by the first letters, in which a slip is none."""
        found: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
        for name, ids in self.words.items():
            found.setdefault(name[:ALIKE], []).append((name, ids))
        return found

    @cached_property
    def dates(self) -> frozenset[tuple[int, int]]:
        return frozenset((m.date.day, m.date.month) for c in self.courses for m in c.meetings)

    @cached_property
    def years(self) -> frozenset[str]:
        return frozenset(year for c in self.courses for year in c.years)

    def named(self, row: Sequence[Word], i: int) -> tuple[tuple[str, ...], int]:
        """The courses that the words from `i` on name, and how many words that takes; ((), 0) for none."""
        word = row[i].text
        for name, ids in self.by_beginning.get(word[:ALIKE], ()):
            if _same(word, name):
                return ids, 1
            if len(word) >= 4 and word[:4] == name[:4] and i + 1 < len(row) and _same(word + row[i + 1].text, name):
                return ids, 2
        return (), 0

    def mark(self, clause: Clause, found: dict[str, list[tuple[int, int]]]) -> None:
        """Add the groups course, to_course, other_year and date."""
        row = clause.words
        i = 0
        while i < len(row):
            ids, length = self.named(row, i)
            if ids:
                found.setdefault("course", []).append((i, i + length))
                following = row[i + length].text if i + length < len(row) else ""
                if YEAR.fullmatch(following) and following not in self.years:
                    found.setdefault("other_year", []).append((i, i + length + 1))
            word = row[i].text
            if word.startswith("20") and YEAR.match(word) and (year := word[:4]) not in self.years and self.years:
                found.setdefault("next_year" if year > max(self.years) else "past", []).append((i, i + 1))
            if len(word) > 9 and word.endswith(affixes("events", "endings")) and word not in listed("events", "generic"):
                found.setdefault("other", []).append((i, i + 1))
            if word.isdecimal() and meeting_day(row, i) in self.dates:
                found.setdefault("date", []).append((i, i + 1))
            i += length or 1
        self._mark_other(row, found)
        self._mark_way(row, found)

    def _mark_way(self, row: Sequence[Word], found: dict[str, list[tuple[int, int]]]) -> None:
        """Whether the words before the course lead onto it ("med på"), away from it ("ud af") or only to it."""
        for group in ("course", "generic"):
            for start, end in found.get(group, []):
                near = [w.text for w in row[max(0, start - 4) : start]]
                if not listed("particles", "towards_course").isdisjoint(near):
                    found.setdefault("to_course", []).append((start, end))
                near = near[-3:]
                if group == "course" and not listed("particles", "onto_course").isdisjoint(near):
                    found.setdefault("onto_course", []).append((start, end))
                if near and _leads_away(near):
                    found.setdefault("off_course", []).append((max(0, start - 2), end))

    def _mark_other(self, row: Sequence[Word], found: dict[str, list[tuple[int, int]]]) -> None:
        """ "Tilmelding til Sommerskolen": what one signs up for, where it is a thing of its own and not the course."""
        if not {"enrol", "signup_noun", "signup_noun_hard"} & found.keys() or {"course", "generic"} & found.keys():
            return
        definite = affixes("particles", "definite_endings")
        for i, word in enumerate(row[:-1]):
            if word.text not in listed("particles", "signed_up_to"):
                continue
            for thing in row[i + 1 : i + 3]:
                known = thing.text in listed("events", "ours") or thing.text in months()
                if len(thing.text) >= 7 and not known and thing.text.isalpha() and thing.text.endswith(definite):
                    found.setdefault("other", []).append((i, i + 2))


def _leads_away(near: Sequence[str]) -> bool:
    last = near[-1]
    return last in listed("particles", "leaving_course_alone") or (
        last in listed("particles", "leaving_course") and not listed("particles", "off").isdisjoint(near[:-1])
    )


def _same(word: str, name: str) -> bool:
    """The name itself, a compound that begins with it, or a slip of up to two letters in a long one (they begin alike)."""
    if word.startswith(name):
        return True
    if len(name) < 8 or abs(len(word) - len(name)) > 2:
        return False
    return _distance_at_most(word, name, 2)


def _distance_at_most(a: str, b: str, most: int) -> bool:
    """Whether `most` edits turn one into the other (words are short: plain dynamic programming)."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (x != y))
    return row[-1] <= most


def meeting_day(row: Sequence[Word], i: int) -> tuple[int, int]:
    """(day, month) where a date begins at word `i` ("20. august", "20 8" of "20/8"), else (0, 0)."""
    if not row[i].text.isdecimal() or i + 1 >= len(row) or len(row[i].text) > 2:
        return 0, 0
    day, following = int(row[i].text), row[i + 1].text
    if following in months():
        return day, months()[following]
    near = row[i + 1].start - row[i].end == 1
    return (day, int(following)) if near and following.isdecimal() and len(following) <= 2 else (0, 0)


def dates_in(row: Sequence[Word], course: Course) -> list[date]:
    """The meetings of a course whose dates the words name."""
    days = {(m.date.day, m.date.month): m.date for m in course.meetings}
    return [days[day] for i in range(len(row)) if (day := meeting_day(row, i)) in days]
