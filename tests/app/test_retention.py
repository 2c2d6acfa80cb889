"""What is erased when: after the last meeting, and a year later, if she has invoiced."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.office import signup
from app.test_opening import COURSE, RULES
from mailbot.app.due import next_moment, work_due
from mailbot.app.handle import Received, handle, put_into_words
from mailbot.app.opening import keep_course
from mailbot.course import Mode
from mailbot.registration.reasons import RuleError
from mailbot.registration.retention import invoiced
from mailbot.store.sqlite import SqliteStore

SIGNED_UP = datetime.fromisoformat("2026-02-02T10:00:00+01:00")
LAST = datetime.fromisoformat("2026-08-11T15:00:00+02:00")
YEAR = timedelta(days=366)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(tmp_path / "bot.db")
    keep_course(COURSE, made, RULES, Mode.AUTO, SIGNED_UP)
    mail = signup("Mette Holm", "mette@norreby.dk").replace(b"EAN", b"Jeg er vegetar.\r\nEAN")
    assert handle(Received(mail, SIGNED_UP), made, RULES, SIGNED_UP) is not None
    yield made
    made.close()


def days_pass(store: SqliteStore, until: datetime, now: datetime = SIGNED_UP) -> list[str]:
    """Do all that falls due until then; gives the codes of what was erased."""
    digest_at, codes = datetime.min.time().replace(hour=7, minute=30), []
    while (moment := next_moment(store, now, digest_at)) is not None and moment <= until:
        now = moment
        codes += [reason.code for step in work_due(store, RULES, now, digest_at) for reason in step.decision.reasons]
    return codes


def acknowledge(store: SqliteStore, now: datetime) -> None:
    roster = store.roster(COURSE.id)
    decision = invoiced(roster, now)
    store.record(decision, now, letters=put_into_words(decision, roster, store, RULES, now), course=COURSE.id)


def test_diets_go_after_the_last_meeting_and_not_before(store: SqliteStore) -> None:
    days_pass(store, LAST - timedelta(hours=1))
    assert store.roster(COURSE.id).registrations[0].person.dietary
    assert "sensitive_erased" in days_pass(store, LAST + timedelta(days=1), LAST - timedelta(hours=1))
    assert store.roster(COURSE.id).registrations[0].person.dietary is None


def test_without_her_word_nobody_is_erased_and_the_digest_goes_on_asking(store: SqliteStore) -> None:
    assert "course_erased" not in days_pass(store, LAST + 2 * YEAR)
    roster = store.roster(COURSE.id)
    assert [r.person.name for r in roster.registrations] == ["Mette Holm"]
    assert [i.kind.value for i in roster.items if i.closed_at is None] == ["invoicing"]
    assert roster.digest_sent_on is not None
    assert roster.digest_sent_on > (LAST + 2 * YEAR - timedelta(days=5)).date()


def test_with_her_word_all_is_erased_a_year_later_and_she_is_told_before(store: SqliteStore) -> None:
    asked = LAST + timedelta(days=3)
    days_pass(store, asked)
    acknowledge(store, asked)
    with pytest.raises(RuleError):
        acknowledge(store, asked)
    soon = LAST + timedelta(days=364)
    assert "course_erased" not in days_pass(store, soon, asked)
    assert [i.reasons[0].code for i in store.roster(COURSE.id).items if i.closed_at is None] == ["erased_soon"]
    assert "course_erased" in days_pass(store, LAST + YEAR, soon)
    assert store.roster(COURSE.id).registrations == ()
    assert store.courses() == ()


def test_her_word_counts_only_when_the_meetings_are_over(store: SqliteStore) -> None:
    with pytest.raises(RuleError, match="meetings_to_come"):
        acknowledge(store, LAST - timedelta(days=1))


def test_late_acknowledgement_erases_at_once(store: SqliteStore) -> None:
    late = LAST + 2 * YEAR
    days_pass(store, late)
    acknowledge(store, late)
    erased = [reason.code for step in work_due(store, RULES, late, late.time()) for reason in step.decision.reasons]
    assert erased == ["course_erased"]
