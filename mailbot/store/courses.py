"""Courses, what was decided about them, and the roster of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from pydantic_core import from_json

from mailbot.course import LIVE, Course, Kind, Mode
from mailbot.registration.records import Item, ItemKind, LetterState, Registration, Roster, Settings
from mailbot.store import overrides
from mailbot.store.base import HistoryLine, Stale
from mailbot.store.records import (
    LETTER_COLUMNS,
    Row,
    clean,
    dumps,
    forgotten,
    history_of,
    item_of,
    item_row,
    letter_of,
    moment,
    registration_of,
    stamp,
)
from mailbot.store.session import Session
from mailbot.understanding.reading import Reason

TO_HER = (Kind.DIGEST.value, Kind.COMMAND_REPLY.value)  # letters to the administrator go out in every mode
RECENT = timedelta(days=2)


class Courses(Session):
    """`_seen`: the revision of each course when this store last read its roster."""

    _seen: dict[str, int]

    def save_course(self, course: Course, at: datetime, mode: Mode = Mode.OBSERVE) -> None:
        """Keep the course as its file says (a new one in this mode); what the administrator decided since stays on top.

        Where an edit of the file contradicts her, an item asks her, once for each edit. An erased course stays erased.
        """
        file = course.model_dump_json()
        with self.transaction():
            row = self.row("SELECT * FROM course WHERE id = ?", course.id)
            if row is None:
                (count,) = self.rows("SELECT count(*) AS n FROM course")
                self.put("course", [{
                    "id": course.id, "title": course.title, "position": count["n"] + 1, "saved_at": stamp(at),
                    "mode": mode.value, "since": stamp(at), "file": file, "decided": "{}",
                }])
                return
            if row["file"] == file or row["erased_at"] is not None:
                return
            refiled = overrides.refile(Course.model_validate_json(row["file"]), from_json(row["decided"]), course)
            self._ask_about(refiled.contradictions, course.id, at)
            self.change(
                "UPDATE course SET file = ?, decided = ?, title = ?, revision = revision + 1 WHERE id = ?",
                file, dumps(refiled.decided), refiled.course.title, course.id,
            )

    def refiled(self, course: Course) -> Course:
        """The course as it would be in effect were it saved now."""
        row = self.row("SELECT * FROM course WHERE id = ?", course.id)
        if row is None:
            return course
        return overrides.refile(Course.model_validate_json(row["file"]), from_json(row["decided"]), course).course

    def _ask_about(self, contradictions: Sequence[overrides.Contradiction], course: str, at: datetime) -> None:
        if not contradictions:
            return
        number = self.next_id()
        items = [
            Item(
                id=number + n, course=course, kind=ItemKind.CONFLICT, opened_at=at,
                reasons=(Reason("file_contradicts", {"key": c.key, "file": _words(c.file), "decided": _words(c.decided)}),),
            )
            for n, c in enumerate(contradictions)
        ]
        self.put("item", [item_row(item) for item in items], "id")
        self.set_next_id(number + len(items))

    def courses(self) -> tuple[Course, ...]:
        rows = self.rows("SELECT file, decided FROM course WHERE erased_at IS NULL ORDER BY position")
        return tuple(_in_effect(row) for row in rows)

    def roster(self, course: str) -> Roster:
        """Raises KeyError for a course that was never saved."""
        with self.snapshot():
            row = self.row("SELECT * FROM course WHERE id = ?", course)
            if row is None:
                raise KeyError(course)
            roster = Roster(
                course=_in_effect(row),
                settings=_settings_of(row),
                registrations=tuple(map(registration_of, self.rows("SELECT * FROM registration WHERE course = ? ORDER BY id", course))),
                letters=tuple(map(letter_of, self._remembered(course))),
                items=tuple(map(item_of, self.rows("SELECT * FROM item WHERE course = ? ORDER BY id", course))),
                next_id=self.next_id(),
                forgotten=forgotten((r["identity"] for r in self.rows("SELECT identity FROM forgotten")), self.sealing_key()),
                digest_sent_on=self._digest_sent_on(course),
            )
        self._seen[course] = row["revision"]
        return roster

    def _remembered(self, course: str) -> list[Any]:
        """The letters about registrations, what else was planned in the two days up to the latest one, and what went wrong."""
        latest = self.row("SELECT max(planned_at) AS at FROM letter WHERE course = ?", course)
        since = moment(latest["at"]) if latest else None
        return self.rows(
            f"SELECT {LETTER_COLUMNS} FROM letter WHERE course = ?"  # noqa: S608
            " AND (about <> '[]' OR planned_at >= ? OR state IN ('failed', 'uncertain')) ORDER BY number",
            course, stamp(since - RECENT) if since else "",
        )

    def _digest_sent_on(self, course: str) -> date | None:
        row = self.row(
            "SELECT max(subject_of) AS last FROM letter WHERE course = ? AND kind = 'digest' AND subject_of LIKE 'digest:____-__-__'",
            course,
        )
        return date.fromisoformat(row["last"][7:]) if row and row["last"] else None

    def settings(self, course: str) -> Settings:
        row = self.row("SELECT mode, since, paused FROM course WHERE id = ?", course)
        if row is None:
            raise KeyError(course)
        return _settings_of(row)

    def set_mode(self, course: str, mode: Mode, at: datetime) -> None:
        with self.transaction():
            now = self.settings(course)
            self._keep_settings(course, now if now.mode == mode else replace(now, mode=mode, since=at))

    def _keep_settings(self, course: str, settings: Settings) -> None:
        """Within a transaction. A change of mode releases no backlog: what was planned before it is withheld."""
        values = (settings.mode.value, settings.since and stamp(settings.since), int(settings.paused))
        row = self.row("SELECT mode, since, paused FROM course WHERE id = ?", course)
        if row is None:
            raise KeyError(course)
        if tuple(row) == values:
            return
        if row["mode"] != settings.mode:
            self.change(
                "UPDATE letter SET state = ?, reason = ? WHERE course = ? AND state = ? AND kind NOT IN (?, ?)",
                LetterState.WITHHELD.value, dumps(Reason("mode_changed")), course, LetterState.PLANNED.value, *TO_HER,
            )
        self.change("UPDATE course SET mode = ?, since = ?, paused = ?, revision = revision + 1 WHERE id = ?", *values, course)

    def _keep_course(self, course: Course) -> None:
        """Within a transaction: the course as it is to be in effect from now on."""
        row = self.row("SELECT file FROM course WHERE id = ?", course.id)
        if row is None:
            raise KeyError(course.id)
        decided = overrides.decide(Course.model_validate_json(row["file"]), course)
        self.change("UPDATE course SET decided = ?, title = ? WHERE id = ?", dumps(decided), course.title, course.id)

    def _touch(self, course: str) -> None:
        """Within a transaction, before anything of the course is written. Raises Stale where the roster was overtaken."""
        row = self.row("SELECT revision FROM course WHERE id = ?", course)
        if row is None:
            raise KeyError(course)
        if self._seen.get(course, row["revision"]) != row["revision"]:
            raise Stale(f"the course {course} has changed meanwhile")
        self.change("UPDATE course SET revision = revision + 1 WHERE id = ?", course)

    def live_courses(self, address: str) -> tuple[str, ...]:
        rows = self.rows(
            "SELECT DISTINCT course FROM registration WHERE (email = ?1 OR contact_email = ?1)"
            " AND status IN (SELECT value FROM json_each(?2)) ORDER BY course",
            clean(address), dumps(sorted(LIVE)),
        )
        return tuple(row["course"] for row in rows) if address else ()

    def registration(self, number: int) -> Registration | None:
        row = self.row("SELECT * FROM registration WHERE id = ?", number)
        return None if row is None else registration_of(row)

    def history(self, registration: int) -> tuple[HistoryLine, ...]:
        return tuple(map(history_of, self.rows("SELECT * FROM audit WHERE registration = ? ORDER BY id", registration)))


def _settings_of(row: Row) -> Settings:
    return Settings(mode=Mode(row["mode"]), since=moment(row["since"]), paused=bool(row["paused"]))


def _in_effect(row: Row) -> Course:
    return overrides.in_effect(Course.model_validate_json(row["file"]), from_json(row["decided"]))


def _words(value: object) -> str:
    return "" if value is None else ", ".join(map(str, value)) if isinstance(value, list) else str(value)
