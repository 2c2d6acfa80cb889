"""Her yes to what the course's file says against an earlier decision of hers: it is done as if she had commanded it."""

from __future__ import annotations

from datetime import date, datetime, time

from mailbot.registration import manual
from mailbot.registration.reasons import RuleError
from mailbot.registration.records import Decision, Item, Roster


def as_filed(roster: Roster, item: Item, now: datetime) -> Decision:
    """The course as the file says, in the one thing that the item is about. Raises `nothing_proposed` where that cannot be done
    by a command (a meeting that the file has no more, a meeting that is held after all)."""
    values = next((r.values for r in item.reasons if r.code == "file_contradicts"), {})
    key, said = values.get("key", ""), values.get("file", "")
    first, _, rest = key.partition(".")
    number, _, name = rest.partition(".")
    try:
        if first == "capacity":
            return manual.set_capacity(roster, int(said), now)
        meeting = int(number)
        match name:
            case "place":
                return manual.place(roster, meeting, said, now)
            case "date":
                return manual.move_meeting(roster, meeting, date.fromisoformat(said), now)
            case "start" | "end":
                return manual.move_meeting(
                    roster, meeting, roster.course.meetings[meeting - 1].date, now, **{name: time.fromisoformat(said)}
                )
            case "called_off" if said == "True":
                return manual.call_off(roster, meeting, now)
    except (ValueError, IndexError) as problem:
        raise RuleError("nothing_proposed") from problem
    raise RuleError("nothing_proposed")
