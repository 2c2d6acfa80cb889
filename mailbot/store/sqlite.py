"""`SqliteStore`: the store in one SQLite file. Its verbs stand with their matter; here is what binds them: `record`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from mailbot.registration.records import Decision, LetterRecord
from mailbot.store.base import Entry, Outgoing, Stale
from mailbot.store.copies import Copies
from mailbot.store.courses import Courses
from mailbot.store.messages import Messages
from mailbot.store.privacy import Privacy
from mailbot.store.records import dumps, item_row, registration_row, stamp


class SqliteStore(Courses, Messages, Privacy, Copies):
    """Implements `mailbot.store.base.Store`; every verb may raise StoreError, and then nothing of it was done.

    With `create`, the file is made where there is none. `patience` is how many seconds a verb waits for another
    process that is writing; `secret` stands in for the database's own in letter keys and tokens. A store is used by the
    thread that opened it.
    """

    def __init__(self, path: Path, *, create: bool = True, patience: float = 5.0, secret: bytes | None = None) -> None:
        super().__init__(path, create=create, patience=patience, secret=secret)
        self._seen = {}

    def record(
        self,
        decision: Decision,
        at: datetime,
        *,
        entry: Entry | None = None,
        letters: Sequence[Outgoing] = (),
        course: str | None = None,
    ) -> tuple[LetterRecord, ...]:
        with self.transaction():
            if entry is not None and not self._enter(entry, at):
                recorded = (self.letter(letter.key) for letter in letters)
                return tuple(letter for letter in recorded if letter is not None)
            course = course or self._course_of(decision, entry, letters)
            self._guard(decision, course)
            if decision.settings is not None:
                if course is None:
                    raise ValueError("settings without a course: say which with `course`")
                self._keep_settings(course, decision.settings)
            if decision.course is not None:
                self._keep_course(decision.course)
            self.put("registration", [registration_row(r) for r in decision.registrations], "id")
            self.put("item", [item_row(i) for i in decision.items], "id")
            for number, reason in decision.withhold:
                self._withhold(number, reason)
            self._keep_history(decision, at, course, entry.fingerprint if entry else "")
            first = max(self.next_id(), *(r.id + 1 for r in decision.registrations), *(i.id + 1 for i in decision.items), 1)
            planned = self._plan(letters, first, at)
            self.set_next_id(max(first, *(letter.number + 1 for letter in planned), 1))
            return planned

    def _course_of(self, decision: Decision, entry: Entry | None, letters: Sequence[Outgoing]) -> str | None:
        """The course that a decision is about: said by what it holds, else the only one there is."""
        if entry is not None and entry.course is not None:
            return entry.course
        if decision.course is not None:
            return decision.course.id
        named = [r.course for r in decision.registrations] + [i.course for i in decision.items] + [x.draft.course for x in letters]
        known = named or [course.id for course in self.courses()]
        return known[0] if named or len(known) == 1 else None

    def _guard(self, decision: Decision, course: str | None) -> None:
        """Raises Stale where the decision was made on a roster that is no longer true."""
        touched = {r.course for r in decision.registrations} | {i.course for i in decision.items}
        if course is not None and (decision.settings or decision.course or decision.withhold):
            touched.add(course)
        for name in sorted(touched):
            self._touch(name)
        next_id = self.next_id()
        numbers = [("registration", r.id, r.course) for r in decision.registrations] + [("item", i.id, i.course) for i in decision.items]
        for table, number, name in numbers:
            row = self.row(f"SELECT course FROM {table} WHERE id = ?", number)  # noqa: S608
            if (row is None and number < next_id) or (row is not None and row["course"] != name):
                raise Stale(f"the number {number} was given to something else meanwhile")

    def _keep_history(self, decision: Decision, at: datetime, course: str | None, message: str) -> None:
        """A line that is there already, word for word and of the same moment, is not repeated."""
        courses = {r.id: r.course for r in decision.registrations}
        for line in decision.audit:
            values = (stamp(at), line.code, courses.get(line.registration or 0, course), line.registration, dumps(line.values), message)
            self.change(
                "INSERT INTO audit (at, code, course, registration, details, message) SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE NOT EXISTS"
                " (SELECT 1 FROM audit WHERE at = ?1 AND code = ?2 AND registration IS ?4 AND details = ?5 AND message = ?6)",
                *values,
            )
