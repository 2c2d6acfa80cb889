"""Reasons in sentences: the codes of the rules and the reader, with their values, in the language of the course."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from mailbot.letters.clean import foreign
from mailbot.letters.words import Words
from mailbot.understanding.reading import Reason

_VALUE = re.compile(r"\{(\w{1,40})\}")
_SECTIONS: Mapping[str, str] = {
    "status": "statuses", "intent": "intents", "other": "intents", "first": "intents", "second": "intents", "who": "standings",
}
DATES = frozenset({"dates", "until", "expires_at"})


def sentence_of(reason: Reason, sentences: Mapping[str, str], words: Words) -> str:
    """A reason in a sentence; a code that nobody knows gives a general one, a value that is not there an ellipsis."""
    values = {**reason.values, "code": reason.code}
    form = sentences.get(reason.code) or sentences.get("unknown", "{code}")
    return _VALUE.sub(lambda found: _value(found[1], str(values.get(found[1], "…")), words), form)


def _value(name: str, value: str, words: Words) -> str:
    if name in ("field", "fields"):
        return fields_of((part.strip() for part in value.split(",")), words)
    if name == "asked":
        facts = words.section("course_facts")
        return words.listing(facts.get(part, foreign(part)) for part in value.split(","))
    if name == "key":
        return _key(value, words)
    if name in DATES:
        return words.listing(_day(part.strip(), words) for part in value.split(","))
    return words.section(_SECTIONS[name]).get(value, foreign(value)) if name in _SECTIONS else foreign(value, 200)


def _day(text: str, words: Words) -> str:
    """An ISO date, or a local moment, as people write it."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return foreign(text)
    day = words.date(at.date())
    return day if len(text) == len("2026-02-09") else words["at"].format(date=day, clock=words.clock(at.time()))


def _key(key: str, words: Words) -> str:
    """What a key of the course file is about: "capacity", "meetings.2.place"."""
    first, _, rest = key.partition(".")
    number, _, name = rest.partition(".")
    forms = words.section("course_keys")
    return forms.get(name or first, foreign(key)).format(n=foreign(number))


def fields_of(fields: Iterable[str], words: Words) -> str:
    """Names of fields as a list in words; alternatives ("phone|email") joined by "or"."""
    table = words.section("missing_short")
    return words.listing(table.get(f) or words.listing([table.get(part, foreign(part)) for part in f.split("|")], "or") for f in fields)
