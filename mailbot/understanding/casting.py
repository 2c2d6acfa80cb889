"""Who plays which part: what the lists of `roles` say of each person and the learned traits of `parts`, weighed together.

Of all castings in which somebody leaves (and, where a seat is handed over, somebody comes) the most probable one is taken.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from mailbot.understanding import parts
from mailbot.understanding.facts import Record
from mailbot.understanding.parts import Part
from mailbot.understanding.reading import Intent
from mailbot.understanding.refs import pronouns
from mailbot.understanding.roles import beside, entering, in_passing, leaving, staying
from mailbot.understanding.sentences import contexts
from mailbot.understanding.told import Told

# What a voice may say of its writer, as the lists have it
SAYS = (
    ("persons", "self_signup"), ("persons", "not_self"), ("persons", "self_too"), ("persons", "self_strict"), ("persons", "we"),
    ("persons", "only_i"), ("persons", "for_another"), ("persons", "self_alone"), ("persons", "but_they"), ("persons", "them"),
    ("persons", "i_as_well"), ("persons", "writer_spoken_of"), ("persons", "own_place"),
    ("roles", "writer_leaves"), ("roles", "writer_enters"), ("roles", "on_behalf"), ("roles", "both"), ("roles", "leaves_list"),
)  # fmt: skip
BESIDE = "self:beside"  # the sign of a writer who names somebody and themselves in one breath
SURE = 0.8  # from this probability on a part is sure enough to speak against the lists
LEAST = 0.1  # how probable a part must be to be given because somebody must play it
MANY = 3  # others from which on their number does not matter


def play(likely: Mapping[Record, Mapping[Part, float]], needed: Collection[Part]) -> Mapping[Record, Part]:
    """The most probable part of everybody; a part that is needed is given to somebody of whom it is not far from likely."""
    cast = {record: max(shares, key=lambda part: shares[part]) for record, shares in likely.items()}
    for part in needed:
        if part not in cast.values():
            held = list(cast.values())
            spare = [r for r in cast if likely[r][part] >= LEAST and (cast[r] not in needed or held.count(cast[r]) > 1)]
            if spare:
                cast[max(spare, key=lambda r: likely[r][part] / likely[r][cast[r]])] = part
    return cast


def likely(signs: Mapping[Record, frozenset[str]], intent: Intent) -> Mapping[Record, Mapping[Part, float]]:
    """How probable each part is for everybody, in a message that wants this."""
    return {record: parts.shares(found, intent) for record, found in signs.items()}


def signs(
    told: Told, people: Sequence[Record], writer: Told, asked: Told | None, joining: Collection[Record] = ()
) -> Mapping[Record, frozenset[str]]:
    """What speaks for the part of everybody named in what is `told`, of its `writer`, and of whoever `asked` for it in a mail
    that is sent on; `joining` are those who take part by the lists. `roles.judge` was there before."""
    found = {record: _of_named(told, record, people) for record in people}
    found[writer.writer] = _of_speaker(writer, people)
    if asked is not None and asked.writer not in people:
        found[asked.writer] = _of_named(told, asked.writer, people) | _of_speaker(asked, people) | {"asked"}
    for record in joining:
        if record in found:
            found[record] |= {"self:list:joins" if record is writer.writer else "list:joins"}
    return found


def _of_named(told: Told, record: Record, people: Sequence[Record]) -> frozenset[str]:
    others = [m for other in people if other is not record for m in other.mentions]
    named = list(people)
    said = {
        f"form:{record.form}",
        f"joins:{int(record.joins * 2)}",
        f"enters:{int(entering(told, record, named) * 2)}",
        f"others:{min(MANY, len(people))}",
        *(f"has:{key}" for key in ("title", "email") if key in record.fields),
    }
    holds = {
        "leaves": leaving(told, record, named), "stays": staying(told, record, named),
        "passing": in_passing(told, record, named), "only": record.only_mentioned,
    }  # fmt: skip
    said |= {f"list:{name}" for name, held in holds.items() if held}
    return parts.traits(told.text, told.spans, record.mentions, others) | said


def _of_speaker(told: Told, people: Sequence[Record]) -> frozenset[str]:
    """What speaks for the part of whoever says "jeg"."""
    own = [m.span() for a, b in told.spans for m in pronouns().finditer(told.text, a, b) if m.lastgroup == "self"]
    others = [m for record in people for m in record.mentions]
    said = {f"says:{key}" for name, key in SAYS if told.says(name, key)} | {f"others:{min(MANY, len(people))}", ""}
    said |= {"named"} if told.prose.writer.mention else set()
    around = [pair for r in people if r.mention for pair in contexts(told.text, r, told.spans, [])]
    found = {BESIDE} if any(beside(*pair) for pair in around) else set()
    return frozenset(found) | frozenset(f"self:{one}" for one in parts.traits(told.text, told.spans, own, others) | said)
