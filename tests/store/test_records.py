"""What is stored is what was given: every record comes back equal, whatever people wrote."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailbot.course import Mode, Status
from mailbot.registration.records import Audit, Decision, Item, Outcome, Registration, Settings, Source, Thread
from mailbot.store.base import Entry, Outgoing, Place
from mailbot.store.records import clean, stamp
from mailbot.store.sqlite import SqliteStore
from mailbot.understanding.reading import Address, Evidence, Finding, Person, Reason

from .samples import NOW, course, draft, entry, item, outgoing, registration

TEXT = st.text(max_size=30)  # NUL, right-to-left marks, quotes, emoji among it
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=2)), timezone(-timedelta(hours=5, minutes=30))])
TIMES = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=ZONES)
NUMBERS = st.integers(min_value=0, max_value=2**62)
VALUES = st.dictionaries(TEXT, TEXT, max_size=3)
EVIDENCE = st.builds(Evidence, TEXT, TEXT, NUMBERS, NUMBERS, TEXT, st.floats(0, 1))
ADDRESSES = st.builds(Address, TEXT, TEXT)
PEOPLE = st.builds(
    Person, **{name: st.none() | TEXT for name in ("name", "email", "phone", "ean", "dietary", "reference", "cvr", "invoice_email")},
    returning=st.none() | st.booleans(), waiting_only=st.booleans(), evidence=st.dictionaries(TEXT, EVIDENCE, max_size=2),
)
THREADS = st.builds(Thread, TEXT, st.tuples(TEXT, TEXT), TEXT)
REASONS = st.builds(Reason, TEXT, VALUES)
REGISTRATIONS = st.builds(
    Registration, id=st.integers(1, 2**40), course=st.just("ledelse-2026"), status=st.sampled_from(Status), person=PEOPLE,
    received_at=TIMES, queued_at=TIMES, place=NUMBERS, message=TEXT, contact=st.none() | ADDRESSES, thread=st.none() | THREADS,
    late=st.booleans(), group=TEXT, offer_expires_at=st.none() | TIMES, confirmed_at=st.none() | TIMES, payable=st.booleans(),
    absences=st.lists(st.dates(), max_size=3).map(tuple), note=TEXT, missing_asked=NUMBERS,
    sources=st.dictionaries(TEXT, st.builds(Source, TEXT, TIMES, st.none() | EVIDENCE), max_size=2),
)
ITEMS = st.builds(
    Item, id=st.integers(1, 2**40), course=st.just("ledelse-2026"), opened_at=TIMES, message=TEXT, sender=st.none() | ADDRESSES,
    subject=TEXT, received_at=st.none() | TIMES, excerpt=TEXT, registrations=st.tuples(NUMBERS, NUMBERS), contact=st.none() | ADDRESSES,
    reasons=st.tuples(REASONS), proposal=st.none() | st.builds(Finding, participants=st.tuples(PEOPLE), withdrawn=st.tuples(TEXT)),
    thread=st.none() | THREADS, authenticated=st.booleans(), closed_at=st.none() | TIMES, closed_as=TEXT,
)
PLACES = st.builds(Place, TEXT, TEXT, st.integers(1, 2**32), st.integers(1, 2**32))
ENTRIES = st.builds(
    Entry, fingerprint=TEXT, message_id=TEXT, received_at=TIMES, outcome=st.sampled_from([Outcome.HANDLED, Outcome.REVIEW]), intent=TEXT,
    place=st.none() | PLACES, course=st.just("ledelse-2026"), file=TEXT, reasons=st.tuples(REASONS), registrations=st.tuples(NUMBERS),
    summary=st.dictionaries(TEXT, TEXT | st.booleans() | st.none(), max_size=3),
)
LETTERS = st.builds(
    Outgoing, key=TEXT, draft=st.builds(draft, REGISTRATIONS, to=ADDRESSES, subject_of=TEXT, version=NUMBERS),
    subject=TEXT, message_id=TEXT, raw=st.binary(max_size=100), recipients=st.lists(TEXT, max_size=3).map(tuple),
    due_at=TIMES, reason=st.none() | REASONS,
)
EXAMPLES = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@pytest.fixture
def fresh(folder: Path) -> Iterator[SqliteStore]:
    with SqliteStore(folder / "mailbot.db") as opened:
        opened.connection.execute("PRAGMA synchronous = OFF")  # a hundred examples, none of which must survive a power cut
        opened.save_course(course(), NOW)
        yield opened


def emptied(store: SqliteStore) -> SqliteStore:
    """As good as new, without making a file for each example."""
    for table in ("audit", "place", "message", "letter", "item", "registration", "failure", "note"):
        store.change(f"DELETE FROM {table}")
    store.set_next_id(1)
    store._seen.clear()
    return store


@EXAMPLES
@given(REGISTRATIONS)
def test_a_registration_comes_back_as_it_was_given(fresh: SqliteStore, given_: Registration) -> None:
    store = emptied(fresh)
    store.record(Decision(registrations=(given_,)), NOW)
    assert store.registration(given_.id) == given_
    assert store.roster("ledelse-2026").registrations == (given_,)


@EXAMPLES
@given(ITEMS)
def test_an_item_comes_back_as_it_was_given(fresh: SqliteStore, given_: Item) -> None:
    store = emptied(fresh)
    store.record(Decision(items=(given_,)), NOW)
    assert store.roster("ledelse-2026").items == (given_,)


@EXAMPLES
@given(ENTRIES)
def test_an_entry_comes_back_as_it_was_given(fresh: SqliteStore, given_: Entry) -> None:
    store = emptied(fresh)
    store.record(Decision(outcome=given_.outcome), NOW, entry=given_)
    assert store.entries() == (given_,)


@EXAMPLES
@given(LETTERS)
def test_a_letter_comes_back_byte_by_byte(fresh: SqliteStore, given_: Outgoing) -> None:
    store = emptied(fresh)
    (kept,) = store.record(Decision(), NOW, letters=[given_])
    assert (kept.key, kept.to, kept.subject, kept.message_id) == (given_.key, given_.draft.to, given_.subject, given_.message_id)
    assert (kept.about, kept.version, kept.reason) == ((given_.draft.seats[0].registration.id,), given_.draft.version, given_.reason)
    attempt = store.reserve(datetime(2101, 1, 1, tzinfo=UTC))
    assert attempt is not None
    assert (attempt.raw, attempt.recipients) == (given_.raw, given_.recipients)


@EXAMPLES
@given(st.builds(Audit, TEXT, st.just(1), VALUES))
def test_a_line_of_history_comes_back_as_it_was_given(fresh: SqliteStore, given_: Audit) -> None:
    store = emptied(fresh)
    store.record(Decision(registrations=(registration(),), audit=(given_,)), NOW)
    (line,) = store.history(1)
    assert (line.at, line.code, line.values) == (NOW, given_.code, given_.values)


@pytest.mark.parametrize("given_", [
    Settings(mode=Mode.DRAFT, since=NOW, paused=True),
    Settings(mode=Mode.OBSERVE, since=None),
])
def test_settings_come_back_as_they_were_given(fresh: SqliteStore, given_: Settings) -> None:
    fresh.record(Decision(settings=given_), NOW, course="ledelse-2026")
    assert fresh.roster("ledelse-2026").settings == given_


def test_half_a_surrogate_pair_stops_nobody(store: SqliteStore) -> None:
    """Hostile mail can bring text that is no Unicode; it must not come between the message and the book."""
    broken = "Hej \ud83d"
    store.record(
        Decision(registrations=(registration(person=Person(name=broken)),), items=(item(2, subject=broken),)), NOW,
        entry=entry(fingerprint=broken, summary={"subject": broken}), letters=[outgoing(draft(registration()), key=broken, subject=broken)],
    )
    assert store.registration(1) == registration(person=Person(name="Hej ?"))
    assert store.known(broken) is Outcome.HANDLED
    assert store.letter(broken) is not None
    assert store.failed_to_read(Place(broken, broken, 1, 1), broken, broken, NOW) == 1


def test_times_sort_as_text() -> None:
    times = [datetime(2026, 1, 20, 8, 0, 0, n, tzinfo=UTC) for n in (0, 5, 50, 500_000)]
    assert [stamp(t) for t in times] == sorted(stamp(t) for t in times)
    assert stamp(datetime.max.replace(tzinfo=UTC)).startswith("9999")


@pytest.mark.parametrize("text", ["", "abc", "æøå 🎉", "\x00"])
def test_good_text_is_left_alone(text: str) -> None:
    assert clean(text) is text or clean(text) == text


def test_a_changed_registration_is_read_anew(store: SqliteStore) -> None:
    store.record(Decision(registrations=(registration(),)), NOW)
    assert store.roster("ledelse-2026").registrations[0].note == ""
    store.record(Decision(registrations=(replace(registration(), note="ringede"),)), NOW)
    assert store.roster("ledelse-2026").registrations[0].note == "ringede"
