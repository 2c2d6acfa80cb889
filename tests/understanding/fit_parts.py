"""Learns `words/parts.tsv` — who comes, who leaves, who is only mentioned — from the corpus and from `parts*.txt`.

    python tests/understanding/fit_parts.py [--write] [--held-out FILE …]

needs numpy and scipy, which mailbot itself does not. `--held-out` fits on all other files and reports how the people of
these are cast then.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from mailbot.mail.message import Message  # noqa: E402
from mailbot.mail.parse import parse  # noqa: E402
from mailbot.understanding import names, parts  # noqa: E402
from mailbot.understanding.casting import signs  # noqa: E402
from mailbot.understanding.parts import PARTS, Part  # noqa: E402
from mailbot.understanding.people import Casting  # noqa: E402
from mailbot.understanding.reading import Intent  # noqa: E402
from mailbot.understanding.roles import judge  # noqa: E402
from understanding.learning import Example, cases, chances, learn, matrix, write  # noqa: E402
from understanding.wording import COURSE, casts, message  # noqa: E402

TABLE = ROOT / "mailbot/understanding/words/parts.tsv"
OURS = frozenset({"lv@fremtidensbiblioteker.dk"})
PENALTY = 0.5
HONEST = "parts"  # files that the lists were not made with: what the lists are worth is learned from these
HEAD = f"""# Who comes, who leaves, who is only mentioned: trait, then hundredths for {" ".join(PARTS)}.
# Written by tests/understanding/fit_parts.py; change the examples, not this file. < before the name, > behind it, a number
# how near, | before the next person named, ~class (concepts.toml), list: the lists of roles.toml, writer: "jeg", @ intent.
"""
Truth = Callable[[str], Part | None]  # the part of somebody by name; None where nobody says


@dataclass(frozen=True, kw_only=True)
class Played(Example):
    """An example with the intent of its message."""

    intent: Intent


def examples() -> list[Played]:
    found: list[Played] = []
    for file, _, raw, gold in cases():
        found += _of_case(file, parse(raw), gold)
    for file in sorted(HERE.glob("parts*.txt")):
        for line in casts(file):
            mail = message(line.text, subject="Hverdagsledelse 2026")
            marked = dict(line.people)
            found += _played(file.stem, mail, Intent(line.intent), partial(_of_marks, marked), lambda _, marked=marked: Part(marked[""]))
    return found


def _of_case(file: str, mail: Message, gold: dict[str, Any]) -> list[Played]:
    if gold["intent"] not in ("signup", "substitute", "cancel", "update", "accept", "decline", "question"):
        return []
    coming = [p["name"] for p in gold.get("participants") or [] if p.get("name")]
    leaving = gold.get("withdrawn") or []

    def truth(name: str) -> Part:
        if any(_same(name, other) for other in coming):
            return Part.COMES
        return Part.LEAVES if any(_same(name, other) for other in leaving) else Part.MENTIONED

    intent = Intent(gold["intent"])

    def own(name: str) -> Part:
        quits = "contact" not in gold and intent in (Intent.CANCEL, Intent.SUBSTITUTE) and truth(name) is not Part.COMES
        return Part.LEAVES if quits else truth(name)

    return list(_played(file, mail, intent, truth, own))


def _of_marks(marked: dict[str, str], name: str) -> Part | None:
    return next((Part(part) for other, part in marked.items() if _same(name, other)), None)


def _same(one: str, other: str) -> bool:
    alike = names.same(one, other) if one and other else 0
    return alike == 2 or (alike > 0 and 1 in (len(one.split()), len(other.split())))


def _played(file: str, mail: Message, intent: Intent, truth: Truth, own: Truth) -> Iterator[Played]:
    scene = Casting(mail, intent, [COURSE], None, OURS)
    people = [r for r in scene.others() if r.name]
    judge(scene.main, people)
    joining = scene.by_lists(people) if intent is Intent.SIGNUP and file.startswith(HONEST) else []
    for record, traits in signs(scene.main, people, scene.main, scene.forwarded, joining).items():
        part = own(record.name) if record is scene.main.writer else truth(record.name)
        name = "the writer" if record is scene.main.writer else record.name
        if part is not None:
            asked = tuple(parts.patterns(traits, intent))
            text = f"{name}: {' '.join(mail.text.split())[:140]}"
            yield Played(file=file, text=text, truth=PARTS.index(part), patterns=asked, scale=parts.scale(traits), intent=intent)


def held_out(data: list[Played], files: set[str]) -> str:
    rest, test = [e for e in data if e.file not in files], [e for e in data if e.file in files]
    known, weights = learn(rest, len(PARTS), PENALTY)
    guess = chances(matrix(test, known) @ weights).argmax(1)
    right: Counter[tuple[str, str]] = Counter()
    told: Counter[tuple[str, str]] = Counter()
    misses = []
    for e, g in zip(test, guess, strict=True):
        kind = (e.intent.value, "writer" if e.text.startswith("the writer: ") else "others")
        told[kind] += 1
        right[kind] += int(g) == e.truth
        if int(g) != e.truth:
            misses.append(f"  {e.intent.value}: {PARTS[e.truth]} → {PARTS[int(g)]}: {e.text}")
    table = [f"{intent} {who}: {right[intent, who]} of {n}" for (intent, who), n in sorted(told.items())]
    return "\n".join([f"{', '.join(sorted(files))}: {sum(right.values())} of {len(test)}", *table, *misses])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--held-out", nargs="*", default=[])
    parser.add_argument("--without", nargs="*", default=[], help="files that nothing is learned from")
    args = parser.parse_args()
    data = [e for e in examples() if e.file not in args.without]
    if args.held_out:
        print(held_out(data, set(args.held_out)), flush=True)  # noqa: T201
    if args.write:
        known, weights = learn(data, len(PARTS), PENALTY)
        print(f"{write(TABLE, HEAD, known, weights)} traits")  # noqa: T201


if __name__ == "__main__":
    main()
