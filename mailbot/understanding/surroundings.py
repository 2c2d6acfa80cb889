"""What surrounds the words: which course or event the message speaks of, whom it is written to and by, what kind of mail it
is, and whether it says little more than what it carries.
"""

from __future__ import annotations

from collections.abc import Collection

from mailbot.mail.message import Automatic
from mailbot.understanding.attachments import said
from mailbot.understanding.context import Answers
from mailbot.understanding.heard import Feature, Heard, any_of, flag, other_topic, said_or_headed, strongest, to_colleague, to_us, value
from mailbot.understanding.speech import listen

_BUSY = frozenset({
    "join", "join_held", "join_perhaps", "join_asked", "leave", "leave_soft", "absent", "replace", "correct", "supply",
    "data", "asks", "consider", "no", "number", "join_forwarded",
})  # fmt: skip
_TOLD = ("registered", "join_elsewhere", "supply", "correct", "join", "join_held", "leave", "replace")


def surround(heard: Heard, found: dict[str, Feature], ours: Collection[str]) -> None:
    """Adds the features of the surroundings to those of the clauses, which are `found` already."""
    _topic(heard, found)
    _kind(heard, found)
    _addressed(heard, found, ours)
    _little_said(heard, found, ours)
    found["own_signup"] = flag(any(a.kind == "join" and not a.asked for a in heard.history.acts))
    found["own_wish"] = flag(any(a.kind == "join" for a in heard.history.acts))


def _topic(heard: Heard, found: dict[str, Feature]) -> None:
    named = "course" in heard.groups
    own = "course" in heard.own.groups or (named and not heard.context.reply)
    found["course"] = flag(own and "other_year" not in heard.groups)
    found["course_topic"] = flag(named)
    found["generic"] = flag("generic" in heard.groups)
    found["other"] = flag(other_topic(heard))
    found["other_too"] = flag(named and "other" in heard.groups)
    found["topicless"] = flag(not _tied(heard))
    found["next_year"] = strongest(heard, heard.own.of("next_year"))


def _tied(heard: Heard) -> bool:
    """Whether anything ties the message to a course of ours."""
    passed = heard.forwarded.groups | heard.history.groups
    return (
        bool({"course", "generic"} & (heard.groups | passed))
        or heard.answers_us
        or {"date", "enrol"} <= heard.own.groups
        or (heard.context.reply and "signup_word" in heard.subject.groups and not other_topic(heard))
    )


def _kind(heard: Heard, found: dict[str, Feature]) -> None:
    """What kind of mail it is besides signups: from a machine, advertisement, receipt, daily work."""
    found["bulk"] = flag(heard.message.automatic is Automatic.BULK)
    found["robot"] = flag(heard.message.automatic is Automatic.ROBOT)
    found["promo"] = Feature(min(1.0, len(heard.own.of("promo")) / 2))
    found["receipt"] = said_or_headed(heard, "receipt")
    found["work"] = strongest(heard, heard.own.of("work"))
    found["work_subject"] = flag("work" in heard.subject.groups)
    found["newsletter"] = said_or_headed(heard, "newsletter")
    found["invite_us"] = strongest(heard, heard.own.of("invite_us"))
    found["more_time"] = strongest(heard, heard.own.of("more_time"))


def _addressed(heard: Heard, found: dict[str, Feature], ours: Collection[str]) -> None:
    sender = heard.message.sender.email
    domain = sender.rpartition("@")[2]
    found["house"] = flag(sender not in ours and domain and domain in {a.rpartition("@")[2] for a in ours})
    found["to_colleague"] = flag(to_colleague(heard, ours))
    found["to_us"] = flag(to_us(heard.message, ours))
    found["foreign"] = flag(not _tied(heard) and not to_us(heard.message, ours))


def _little_said(heard: Heard, found: dict[str, Feature], ours: Collection[str]) -> None:
    """Thanks and no more; data, people, a file or a forwarded mail and hardly a word about them."""
    named = "course" in heard.groups
    busy = any_of(found, _BUSY)
    found["thanks_only"] = flag(heard.own.of("thanks") and heard.own.words <= 30 and not busy)
    found["signup_file"] = flag(not busy and _signup_file(heard))
    bare = any_of(found, ("number", "title", "form"))
    expected = heard.context.answers in (Answers.NOTHING, Answers.INVITATION, Answers.NUDGE)
    found["details"] = flag(named and bare and expected and not any_of(found, (*_TOLD, "asks")))
    listing = value(found, "people") >= 1 and not {"registered", "work"} & heard.own.groups
    found["list"] = flag(named and listing and not value(found, "join_elsewhere"))
    plain = heard.own.words <= 16 and "suggest" not in heard.own.groups and not to_colleague(heard, ours)
    found["forwarded_plain"] = Feature(value(found, "join_forwarded") * plain)


def _signup_file(heard: Heard) -> bool:
    """A few words that say nothing, above a file that is for the course: "vedhæftet fremsendes"."""
    if heard.own.words > 40 or not heard.message.attachments:
        return False
    groups = listen(said(heard.message.attachments)[:8_000], heard.names).groups
    return "course" in groups and not {"work", "promo", "receipt"} & heard.own.groups
