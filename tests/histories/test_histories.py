"""Histories: a few messages over time in one course, and the state and letters that must follow (DESIGN: Life of a registration).

Each history of `*.yaml` beside this file runs through `mailbot replay` and `mailbot list --json`, in this process. The
format, beyond the message cases of `tests/corpus/README.md`:

- id: h01
  why: what it shows
  course: {capacity: 2, offer_hours: 48}          # overrides of the course file; meetings: dates, or {date, start, end, place}
  mode: auto                                       # observe | draft | auto
  until: 2026-02-01T12:00:00+01:00
  messages: [...]                                  # cases without gold; `received` orders them, else `date`
  then: [{until: ..., course: {...}, messages: [...]}]   # replayed afterwards into the same database, with another course file
  expect:
    registrations:                                 # each found by `name` and/or `email`; `status` one or a list of allowed ones
      - {email: a@x.dk, status: confirmed}
      - {name: Bo Beck, status: [waiting, offered], position: 1}
    none: [c@x.dk]                                 # no registration in any live state for this address or name
    counts: {confirmed: 2}
    total: 3                                       # live registrations in all
    queue: [a@x.dk, b@x.dk]                        # the waiting list, in order
    missing: {a@x.dk: [title]}                     # fields that must still be missing; [] for nothing
    letters:                                       # letters to an address, by kind; n exact, or min/max
      - {to: a@x.dk, kind: confirmation, n: 1, at: 2026-02-16T09:0}   # `at`: the beginnings of allowed times, local
      - {to: a@x.dk, kind: cancelled, says: [payment], hides: [diet]}  # words that each of these letters must, or must not, hold
    absent: {a@x.dk: [2026-08-20]}                 # meetings that they said they miss
    silent: [spam@x.dk]                            # never written to
    outcomes: [handled, review, ignored]           # what became of each message, in order
    max_letters: {a@x.dk: 3}
    over: true                                     # more people are seated than the capacity allows (it was lowered)
"""

from __future__ import annotations

import email
import email.policy
import importlib.util
import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from typer.testing import CliRunner

from mailbot.cli import app

HERE = Path(__file__).resolve().parent
_spec = importlib.util.spec_from_file_location("corpus_build", HERE.parent / "corpus" / "build.py")
assert _spec is not None
assert _spec.loader is not None
corpus = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(corpus)

History = dict[str, Any]
LIVE = {"confirmed", "waiting", "offered", "review"}
COURSE: History = {
    "id": "hverdagsledelse-2026", "title": "Hverdagsledelse 2026",
    "aliases": ["hverdagsledelse", "lederforløb om hverdagsledelse"], "language": "da", "timezone": "Europe/Copenhagen",
    "signup_address": "lv@fremtidensbiblioteker.dk", "signup_opens": "2025-11-01", "signup_deadline": "2026-03-01",
    "capacity": 24, "price": 7500, "vat": 0.25, "after_deadline": "waiting", "offer_hours": 72, "reminders": [14, 3],
    "retention_days": 365,
}  # fmt: skip
DATES = {"signup_opens", "signup_deadline", "cancel_free_until"}
MEETINGS = ("2026-06-11", "2026-08-20", "2026-09-29", "2026-11-12")
FILES = sorted(HERE.glob("*.yaml"))
HISTORIES: list[History] = [history for path in FILES for history in yaml.safe_load(path.read_text("utf-8"))]


def course_file(overrides: History) -> str:
    settings = {**COURSE, **overrides}
    meetings = settings.pop("meetings", MEETINGS)
    lines = [f"{key} = {value if key in DATES else json.dumps(value, ensure_ascii=False)}" for key, value in settings.items()]
    lines.append('contact = { name = "Lisbet Vestergaard", email = "lv@fremtidensbiblioteker.dk" }')
    lines.append('organisers = ["Tænketanken Fremtidens Biblioteker"]')
    for meeting in meetings:
        m = {"start": "10:00", "end": "15:00", "place": "", **(meeting if isinstance(meeting, dict) else {"date": meeting})}
        lines += ["", "[[meetings]]", f"date = {m['date']}", f"start = {m['start']}:00", f"end = {m['end']}:00", f'place = "{m["place"]}"']
    return "\n".join(lines) + "\n"


def mailbot(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def play(history: History, folder: Path) -> tuple[list[History], list[History]]:
    """Runs the history in this folder; returns the registrations and the events (INTERFACE: list and replay --json)."""
    events: list[History] = []
    database, until = str(folder / "bot.db"), ""
    for number, part in enumerate([history, *history.get("then", [])]):
        inbox, course = folder / f"inbox-{number}", folder / f"course-{number}.toml"
        inbox.mkdir()
        for place, message in enumerate(part.get("messages") or []):
            case = {"id": f"{history['id']}-{number}-{place:02d}", **message}
            (inbox / f"{place:03d}.eml").write_bytes(corpus.build(case))
        course.write_text(course_file({**history.get("course", {}), **part.get("course", {})}), "utf-8")
        until = str(part["until"]).replace(" ", "T")
        output = mailbot("replay", str(inbox), "--course", str(course), "--database", database, "--outgoing", str(folder / "out"),
                         "--until", until, "--mode", history.get("mode", "auto"), "--json")  # fmt: skip
        events += [with_words(json.loads(line), folder / "out") for line in output.splitlines() if line.startswith("{")]
    rows: list[History] = json.loads(mailbot("list", "--json", "--database", database))
    return rows, events


def with_words(event: History, outgoing: Path) -> History:
    return event | {"text": words_of(outgoing / event["file"])} if event["event"] == "letter" and event.get("file") else event


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def matching(rows: Iterable[History], who: History) -> list[History]:
    return [
        row for row in rows
        if all((row.get(key) or "").casefold() == who[key].casefold() for key in ("email", "name") if key in who)
    ]  # fmt: skip


def wrong_registration(rows: list[History], want: History) -> str | None:
    who: History = {key: want[key] for key in ("name", "email") if key in want}
    hits, allowed = matching(rows, who), as_list(want["status"])
    good = [row for row in hits if row["status"] in allowed]
    if sum(row["status"] in LIVE for row in hits) > 1:
        return f"{who} is registered more than once"
    if not good:
        return f"{who} is {[row['status'] for row in hits] or 'not there'}, expected {allowed}"
    for key in sorted(set(want) - {"name", "email", "status"}):
        if not any(row.get(key) == want[key] for row in good):
            return f"{who} {key} is {[row.get(key) for row in good]}, expected {want[key]!r}"
    return None


def words_of(path: Path) -> str:
    """What a letter says in its text, on one line."""
    letter = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    body = letter.get_body(("plain",))
    return " ".join(str(body.get_content() if body else "").replace("\u00a0", " ").split())


def wrong_words(letters: list[History], want: History) -> str | None:
    for letter in letters:
        said = str(letter.get("text", ""))
        if missing := [text for text in as_list(want.get("says", [])) if text not in said]:
            return f"{letter['kind']} to {letter['to']} does not say {missing}: {said}"
        if told := [text for text in as_list(want.get("hides", [])) if text in said]:
            return f"{letter['kind']} to {letter['to']} says {told}: {said}"
    return None


def wrong_letters(letters: list[History], want: History) -> str | None:
    to_them = [x for x in letters if want["to"].casefold() == x["to"].casefold()]
    hits = [x for x in to_them if "kind" not in want or x["kind"] in as_list(want["kind"])]
    usual = {"min": want["n"], "max": want["n"]} if "n" in want else {"min": 0 if "max" in want else 1, "max": 10**6}
    low, high = ({**usual, **want}[bound] for bound in ("min", "max"))
    if not low <= len(hits) <= high:
        return f"{len(hits)} letters {want.get('kind', '')} to {want['to']}, expected {low}..{high}; sent: {[x['kind'] for x in to_them]}"
    times = [datetime.fromisoformat(x["at"]).astimezone(ZoneInfo(COURSE["timezone"])).isoformat() for x in hits if "at" in want]
    late = [at for at in times if not at.startswith(tuple(str(begin) for begin in as_list(want["at"])))]
    if late:
        return f"{want.get('kind', '')} to {want['to']} at {late}, expected {want['at']}"
    return wrong_words(hits, want)


def wrong(history: History, rows: list[History], events: list[History]) -> list[str]:
    """Everything in which the outcome differs from what is expected, in words."""
    expect = history["expect"]
    letters = [x for x in events if x["event"] == "letter" and not x.get("withheld")]
    live = [row for row in rows if row["status"] in LIVE]
    found = [wrong_registration(rows, want) for want in expect.get("registrations", [])]
    found += [wrong_letters(letters, want) for want in expect.get("letters", [])]
    found += [wrong_letters(letters, {"to": address, "n": 0}) for address in expect.get("silent", [])]
    found += [wrong_letters(letters, {"to": address, "max": most}) for address, most in expect.get("max_letters", {}).items()]
    for who in expect.get("none", []):
        if matching(live, {"email" if "@" in who else "name": who}):
            found.append(f"{who} has a registration")
    for status, count in expect.get("counts", {}).items():
        if (got := sum(row["status"] == status for row in rows)) != count:
            found.append(f"{got} {status}, expected {count}")
    if "total" in expect and len(live) != expect["total"]:
        found.append(f"{len(live)} live registrations, expected {expect['total']}: {[(r['name'], r['email'], r['status']) for r in live]}")
    if "outcomes" in expect and (became := [x.get("outcome") for x in events if x["event"] == "message"]) != expect["outcomes"]:
        found.append(f"the messages became {became}, expected {expect['outcomes']}")
    if "queue" in expect and (got := [r["email"] or r["name"] for r in queue(rows)]) != expect["queue"]:
        found.append(f"the waiting list is {got}, expected {expect['queue']}")
    for address, fields in expect.get("missing", {}).items():
        if (lacks := [sorted(r["missing"]) for r in matching(live, {"email": address})]) != [sorted(fields)]:
            found.append(f"{address} lacks {lacks}, expected {fields}")
    for address, days in expect.get("absent", {}).items():
        if (missed := [r["absent"] for r in matching(live, {"email": address})]) != [[str(day) for day in days]]:
            found.append(f"{address} is absent on {missed}, expected {days}")
    return [text for text in found if text] + broken_rules(history, rows)


def queue(rows: list[History]) -> list[History]:
    return sorted((row for row in rows if row["status"] == "waiting"), key=lambda row: row["position"])


def broken_rules(history: History, rows: list[History]) -> list[str]:
    """What holds in every history: nobody beyond the capacity, positions 1..n, nobody else has a position."""
    last = history.get("then", [history])[-1]
    capacity = {**COURSE, **history.get("course", {}), **last.get("course", {})}["capacity"]
    seated = sum(row["status"] in ("confirmed", "offered") for row in rows)
    broken = []
    if seated > capacity and not history["expect"].get("over"):
        broken.append(f"{seated} people on {capacity} seats")
    if [row["position"] for row in queue(rows)] != list(range(1, len(queue(rows)) + 1)):
        broken.append(f"positions {[row['position'] for row in queue(rows)]}")
    if any(row["position"] is not None for row in rows if row["status"] != "waiting"):
        broken.append("somebody has a position who does not wait")
    return broken


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history["id"])
def test_history(history: History, tmp_path: Path) -> None:
    rows, events = play(history, tmp_path)
    found = wrong(history, rows, events)
    assert not found, "\n".join([history["why"], *found])


def test_every_history_has_a_name_of_its_own() -> None:
    assert len({history["id"] for history in HISTORIES}) == len(HISTORIES)
