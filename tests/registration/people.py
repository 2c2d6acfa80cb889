"""The people of the histories, and the two situations in which most of them begin."""

from __future__ import annotations

from world import World, person

METTE, JESPER, ANNA, BO = "Mette Holm <mho@greve.dk>", "Jesper Bro <jbr@soro.dk>", "Anna Lund <alu@koge.dk>", "Bo Beck <bbe@lemvig.dk>"
BOSS = "Bente Lassen <brla@slagelse.dk>"
SANNE, MORTEN, DEMI = (person(f"{n} Dahl <{n.lower()}@slagelse.dk>") for n in ("Sanne", "Morten", "Demi"))


def full(capacity: int = 1, **changes: object) -> World:
    """A full course with Mette in the first seat, then Jesper and Anna waiting (with capacity 1)."""
    w = World.open(capacity=capacity, **changes)
    w.signup("2026-01-13 09:00", METTE)
    w.signup("2026-01-13 10:00", JESPER)
    w.signup("2026-01-13 11:00", ANNA)
    return w


def offered(**changes: object) -> World:
    """Mette has left, and Jesper holds her seat as an offer since Monday at ten; Anna waits."""
    w = full(**changes)
    w.cancel("2026-02-02 10:00", METTE)
    return w
