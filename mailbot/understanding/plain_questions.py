"""Plain questions: those whose every word is known, so that the course's own file can answer them (`answer_facts`).

The vocabulary (`words/questions.toml`) is closed: one word more ("… with a discount?", "… if I miss one?") and it is
another question, which a person answers. So this finds little, and is never wrong about what it finds.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from mailbot.understanding.clauses import Word
from mailbot.understanding.heard import Heard
from mailbot.understanding.lexicon import listed, words

FACTS = ("price", "deadline", "dates", "place", "signup")
MOST = 60  # words of a message that asks a plain question


def asked_facts(heard: Heard) -> tuple[str, ...]:
    """What the message asks and all that it asks, by the names in `FACTS`; empty where a word says more than that."""
    if heard.forwarded.clauses or heard.message.attachments or heard.own.words > MOST:
        return ()
    found: set[str] = set()
    for _, group in groupby(heard.own.clauses, key=lambda h: h.clause.sentence):
        sentence = list(group)
        row = _without_names(heard, [w for h in sentence for w in h.clause.words])
        if " ".join(row) in listed("questions", "courtesy") or not row:
            continue
        facts = _facts(row)
        if not facts or not any(h.clause.asks for h in sentence):
            return ()
        found |= facts
    return tuple(f for f in FACTS if f in found)


def _without_names(heard: Heard, row: list[Word]) -> list[str]:
    """The words, without whom they greet and what the course is called."""
    kept: list[str] = []
    ours = {part.lower() for c in heard.names.courses if c.contact for part in c.contact.name.split()}
    at = 0
    while at < len(row):
        _, length = heard.names.named(row, at)
        if length:
            at += length
            continue
        if row[at].text not in ours | heard.names.years:
            kept.append(row[at].text)
        at += 1
    greeting = next((n for n, word in enumerate(kept) if word not in listed("particles", "greetings")), len(kept))
    return kept[greeting:]


def _facts(row: Iterable[str]) -> set[str]:
    """The facts that a sentence asks for; empty where it holds a word that belongs to none of them."""
    said = set(row) - listed("questions", "common")
    asked = {f for f in FACTS if said & set(words("questions")[f]["one"])}
    if "deadline" in asked:
        asked -= {"dates", "signup"}  # "hvornår er fristen for at tilmelde sig"
    if "price" in asked:
        asked -= {"place"}  # "hvor meget koster det"
    known = {word for f in asked for kind in ("one", "also") for word in words("questions")[f][kind]}
    return asked if said <= known else set()
