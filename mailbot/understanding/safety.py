"""When to act and when to ask: each rule that keeps a careful assistant from acting alone, with its reason.

A reason is a code of `words/reasons.toml`. Notes are told to the administrator without holding anything back.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from mailbot.mail.message import Automatic, SegmentKind, Verdict
from mailbot.understanding.company import Cast
from mailbot.understanding.context import Answers
from mailbot.understanding.entities import scan
from mailbot.understanding.figures import amounts
from mailbot.understanding.heard import Heard
from mailbot.understanding.intent import Choice
from mailbot.understanding.lexicon import cues, listed, words
from mailbot.understanding.reading import Action, Intent, Person, Reason
from mailbot.understanding.which_course import Which

MATTERS = frozenset({Intent.SIGNUP, Intent.CANCEL, Intent.SUBSTITUTE, Intent.UPDATE, Intent.ACCEPT, Intent.DECLINE})
TOLD = frozenset(
    {"cpr_masked", "name_unclear", "attachment_unreadable", "attachment_too_large", "attachment_reader_missing", "scan_without_text"}
)
ASKED = frozenset(
    {Answers.OFFER, Answers.INVITATION, Answers.NUDGE, Answers.REQUEST, Answers.CONFIRMATION, Answers.WAITING, Answers.VERIFY}
)
LEFT_ALONE = frozenset({"work", "promo", "newsletter", "receipt", "bulk", "robot", "house", "join_elsewhere", "other"})
SURE = 0.7  # below it two readings are shown to the administrator
NOT_OURS = 0.15  # and so they are where it is no matter of ours with this probability
TOLD_CLEARLY = 0.8  # how clearly both of two matters must be told
BESIDE = 0.08  # … and how probable the second must be
CLEAR = 0.9  # as sure as this, full details stand for a wish that is told in no words known
MAYBE_OURS = 0.12  # an unrelated message that may be a matter with this probability is shown, too


@dataclass(frozen=True, slots=True)
class Judged:
    """What to do, why not more, and what the administrator should know anyway."""

    action: Action
    reasons: tuple[Reason, ...] = ()


def second_matter(heard: Heard, choice: Choice) -> Intent | None:
    """Somebody is signed up and somebody else withdrawn in one message: the intent that did not win. Where it is all but
    ruled out, the people must tell it (`told_by_people`)."""
    beside = {Intent.SIGNUP: Intent.CANCEL, Intent.CANCEL: Intent.SIGNUP}.get(choice.intent)
    both = all(name in heard.features and heard.features[name].value >= TOLD_CLEARLY for name in ("join", "leave"))
    return beside if both else None


def told_by_people(choice: Choice, beside: Intent, both: Cast) -> bool:
    """Whether a second matter is one: likely enough by the words, or by some of them and by people who come and who leave."""
    told = bool(both.participants and both.withdrawn)
    return choice.probabilities[beside] >= (BESIDE / 10 if told else BESIDE)


def judge(
    heard: Heard,
    choice: Choice,
    cast: Cast,
    which: Which,
    authentication: Verdict,
    ours: Collection[str],
    beside: Intent | None = None,
    registered: bool = False,
) -> Judged:
    """The action for a message that a person wrote; `beside` is a second matter in it, that keeps both from being done alone;
    `registered`: the writer has a live registration in this course, for themselves or for others."""
    if choice.intent is Intent.UNRELATED:
        return _unrelated(heard)
    if choice.intent is Intent.QUESTION:
        return Judged(Action.REVIEW, tuple(_question(heard)))
    reasons = [
        *_sender(heard, authentication),
        *_course(heard, choice, cast, which),
        *(_confidence(heard, choice, registered) or _one_day(heard, choice)),
    ]
    notes: list[Reason] = []
    if beside:
        told_of = words("intents")
        reasons.append(Reason("two_matters", {"intent": told_of[choice.intent.value], "other": told_of[beside.value]}))
    reasons += _half_a_yes(heard, choice)
    if choice.intent is Intent.SIGNUP:
        reasons += [*_doubtful_signup(heard, _told_in_full(choice, cast)), *_other_price(heard, which), *_who(heard, cast)]
        reasons += _differs(heard, cast, ours)
        for person in cast.participants:
            blocked, told = _target_group(heard, person)
            reasons += blocked
            notes += told
    blocked, told = _noted(heard, cast, reasons)
    reasons += blocked
    notes += told
    if choice.intent is Intent.SUBSTITUTE:
        reasons += _successor(cast)
    return Judged(Action.REVIEW if reasons else Action.AUTO, tuple(reasons + notes))


def _half_a_yes(heard: Heard, choice: Choice) -> list[Reason]:
    """An offer accepted if something asked turns out well; a seat given up only perhaps."""
    features = heard.features
    if (
        choice.intent is Intent.ACCEPT
        and "asks" in features
        and (all(a.condition for a in heard.own.of("yes")) or _says(heard, "otherwise"))
    ):
        return [Reason("conditional", {"words": features["asks"].evidence[0].words})]
    if choice.intent is Intent.CANCEL and (unless := cues("targets", "unless").search(heard.message.of(SegmentKind.NEW)[:20_000])):
        return [Reason("conditional", {"words": unless[0]})]
    perhaps = {"tentative", "consider"} & features.keys() or _says(heard, "perhaps")
    asked = next((h.clause for h in heard.own.clauses if h.clause.asks), None)
    if choice.intent is Intent.CANCEL and perhaps and asked:
        return [Reason("conditional", {"words": heard.message.text[asked.start : asked.end][:200]})]
    return []


def _successor(cast: Cast) -> list[Reason]:
    """Nobody is named for the seat, more people than there are seats given up, or fewer."""
    named = [p.name for p in cast.participants if p.name]
    if not named:
        return [Reason("successor_unnamed")]
    if len(cast.withdrawn) > len(named):
        return [Reason("fewer_successors", {"gone": ", ".join(cast.withdrawn), "names": ", ".join(named)})]
    return [Reason("several_successors", {"names": ", ".join(named)})] if len(named) > max(1, len(cast.withdrawn)) else []


def _told_in_full(choice: Choice, cast: Cast) -> bool:
    """Each participant with name, title and EAN: what only a signup tells, also where no known words say so."""
    told = all(p.name and p.title and (p.ean or p.ean_invalid) for p in cast.participants)
    return bool(cast.participants) and told and choice.confidence >= CLEAR


def _says(heard: Heard, cues: str) -> bool:
    text = heard.message.of(SegmentKind.NEW).lower()[:20_000]
    return any(cue in text for cue in listed("targets", cues))


def _noted(heard: Heard, cast: Cast, known: Collection[Reason]) -> tuple[list[Reason], list[Reason]]:
    """What was noticed about the people: doubts that hold back, and what she should only know."""
    codes = {r.code for r in known}
    blocked: list[Reason] = []
    told: list[Reason] = []
    for note in cast.notes:
        if note.code == "sender_is_other" and "sender_differs" not in codes and _is_person(heard.message.sender.name):
            blocked.append(note)
        elif note.code == "attachment_only":
            (told if "join" in heard.features else blocked).append(Reason("people_from_attachment", note.values))
        elif note.code == "who_unclear":
            blocked.append(note)
        elif note.code in TOLD:
            told.append(note)
    return blocked, told


def after_all(heard: Heard, choice: Choice) -> Choice:
    """The choice with a registration matter in the first place where "unrelated" won, but it might be one of ours after all:
    it is too unlikely to be acted on, and is shown for what it might be."""
    matter, chance = max(((i, p) for i, p in choice.probabilities.items() if i in MATTERS), key=lambda pair: pair[1])
    if choice.intent is not Intent.UNRELATED or heard.message.automatic is not Automatic.NO:
        return choice
    elsewhere = _elsewhere(heard)
    least = 3 * MAYBE_OURS if elsewhere else MAYBE_OURS  # colleagues in the house write about it daily
    if chance < least and (elsewhere or not _to_us_after_all(heard)):
        return choice
    return replace(choice, intent=matter, confidence=chance, runner_up=(Intent.UNRELATED, choice.confidence))


def _elsewhere(heard: Heard) -> bool:
    features = heard.features.keys()
    return {"house", "work"} <= features or {"newsletter", "topicless"} <= features or bool({"thanks_only", "foreign"} & features)


def _unrelated(heard: Heard) -> Judged:
    """Left alone; what it is instead."""
    features = heard.features
    if heard.message.automatic is not Automatic.NO or "promo" in features:
        code = "newsletter"
    elif "newsletter" in features:
        code = "registration_newsletter"
    else:
        code = "other_event" if "other" in features else "work_mail" if "work" in features or "house" in features else "nothing_for_us"
    return Judged(Action.IGNORE, (Reason(code),))


def _to_us_after_all(heard: Heard) -> bool:
    """What answers our question, gives an EAN, or wishes for one of our days is never left alone; nor who signs up for
    something that the subject does not name ("the course for leaders in June"), or withdraws from "the course", though
    another event is spoken of."""
    features = heard.features
    dated = "join" in features and "date" in heard.own.groups
    signed = any(m.kind == "ean" for m in scan(heard.message.of(SegmentKind.SIGNATURE)[:2_000]))
    wished = bool({"join", "join_elsewhere"} & features.keys()) and ("number" in features or signed or "generic" in heard.groups)
    wished |= "leave_elsewhere" in features and bool({"generic", "vague"} & heard.own.groups) and "other" not in heard.own.groups
    if wished and "other" not in heard.subject.groups and not (LEFT_ALONE - {"other", "join_elsewhere"}) & features.keys():
        return True
    told = "number" in features and "foreign" not in features
    return (told or dated or heard.context.answers in ASKED) and not LEFT_ALONE & features.keys()


def _question(heard: Heard) -> list[Reason]:
    features = heard.features
    if "absent" in features or "replace_once" in features:
        return [Reason("single_meeting", {"dates": ""})]
    if "asks" in features:
        return [Reason("question")]
    if "to_colleague" in features:
        return [Reason("written_to_another")]
    return [Reason("considering" if "consider" in features else "question")]


def _sender(heard: Heard, authentication: Verdict) -> list[Reason]:
    reasons = []
    if authentication is Verdict.FAIL:
        reasons.append(Reason("authentication_failed"))
    if heard.message.automatic is not Automatic.NO:
        reasons.append(Reason("automatic_sender"))
    if not heard.message.whole:
        reasons.append(Reason("half_read"))
    if "to_colleague" in heard.features and not {"join", "course"} <= heard.features.keys():
        reasons.append(Reason("written_to_another"))
    files = [a.name for a in heard.message.attachments if not a.content_type.startswith(("image/", "text/calendar"))]
    if heard.own.words == 0 and files:
        reasons.append(Reason("attachment_only", {"file": files[0]}))
    return reasons


def _course(heard: Heard, choice: Choice, cast: Cast, which: Which) -> list[Reason]:
    if which.doubt == "course_unnamed" and choice.intent is Intent.SIGNUP and _can_only_be_ours(heard, choice, cast):
        return []
    return [Reason(which.doubt)] if which.doubt else [] if which.course else [Reason("course_unclear")]


def _can_only_be_ours(heard: Heard, choice: Choice, cast: Cast) -> bool:
    """Nothing else is hinted at, and they tell all that our course asks for, or come again."""
    hints = {"newsletter", "other", "date"} & (heard.own.groups | heard.subject.groups)
    again = choice.confidence >= CLEAR and any(p.returning for p in cast.participants)
    return not hints and (again or _told_in_full(choice, cast))


def _confidence(heard: Heard, choice: Choice, registered: bool) -> list[Reason]:
    """Two readings, some chance that it is no matter of ours, or rules that see none where the words do.

    Of somebody registered who tells more, another reading as a signup is no doubt: it comes to the same, as details are merged.
    Nor is it one whether "yes" takes a seat that was offered or asks for one: the rules know whether one was.
    """
    idle = choice.probabilities[Intent.QUESTION] + choice.probabilities[Intent.UNRELATED]
    seen = choice.by_rules in MATTERS or (choice.intent is Intent.SIGNUP and choice.confidence >= CLEAR and "join" in heard.features)
    yes = sum(choice.probabilities[i] for i in (Intent.SIGNUP, Intent.ACCEPT)) if choice.intent in (Intent.SIGNUP, Intent.ACCEPT) else 0.0
    if max(choice.confidence, yes) >= SURE and idle < NOT_OURS and seen:
        return []
    if registered and choice.intent is choice.by_rules is Intent.UPDATE and choice.confidence + choice.probabilities[Intent.SIGNUP] >= SURE:
        return []
    return [
        Reason("low_confidence", {"intent": words("intents")[choice.intent.value], "other": words("intents")[choice.runner_up[0].value]})
    ]


def _one_day(heard: Heard, choice: Choice) -> list[Reason]:
    """Somebody leaves, and names the date of a meeting, but nothing says that all of the course is meant."""
    if choice.intent is not Intent.CANCEL or "date" not in heard.own.groups or "whole" in heard.own.groups:
        return []
    return [Reason("low_confidence", {"intent": words("intents")[Intent.CANCEL.value], "other": words("intents")[Intent.QUESTION.value]})]


def _doubtful_signup(heard: Heard, told_in_full: bool) -> list[Reason]:
    """Conditions of their own, a seat to share, a wish that is only considered."""
    features = heard.features
    reasons = []
    if (
        ("tentative" in features and "join_forwarded" not in features)
        or ("join" not in features and "join_held" in features)
        or _tentative_subject(heard)
    ):
        proof = features.get("tentative", features.get("join_held"))
        said = proof.evidence[0].words if proof and proof.evidence else heard.context.topic
        reasons.append(Reason("conditional", {"words": said}))
    elif not {"join", "join_subject"} & features.keys() and {"join_perhaps", "plea", "consider"} & features.keys() and not told_in_full:
        reasons.append(Reason("considering"))
    if "signup_file" in features and "join" not in features:
        reasons.append(Reason("attachment_only", {"file": next(a.name for a in heard.message.attachments if a.name)}))
    if "join_elsewhere" in features or _says(heard, "several_courses"):
        reasons.append(Reason("other_event_too"))
    if "work_subject" in features and not told_in_full and not any({"self", "me"} & a.about for a in heard.own.of("join")):
        reasons.append(Reason("work_mail"))
    if _says(heard, "shared"):
        reasons.append(Reason("shared_seat"))
    if either := cues("targets", "either").search(heard.message.of(SegmentKind.NEW)[:20_000]):
        reasons.append(Reason("either", {"words": either[0]}))
    if _says(heard, "unasked"):
        reasons.append(Reason("unasked"))
    return reasons


def _other_price(heard: Heard, which: Which) -> list[Reason]:
    """Signs up for something "til 1.950 kr.", and that is neither our price, nor ours with VAT, nor a multiple of these."""
    course = next((c for c in heard.names.courses if c.id == which.course), None)
    ours = [p for p in (course.price, course.price_with_vat) if p] if course else []
    told = amounts(heard.message.of(SegmentKind.NEW)[:20_000], listed("targets", "priced")) if ours else ()
    return [Reason("other_price", {"amount": said}) for value, said in told if value and all(value % price for price in ours)][:1]


def _tentative_subject(heard: Heard) -> bool:
    return bool(heard.context.subject) and "tentative" in heard.subject.groups


def _who(heard: Heard, cast: Cast) -> list[Reason]:
    named = [p for p in cast.participants if p.name]
    alone = len(named) == 1 and named[0].email == heard.message.sender.email
    if cast.seats and cast.seats > 1 and alone and not _includes_self(heard):
        return [Reason("seats_without_names", {"seats": str(cast.seats)})]
    if named or (len(cast.participants) == 1 and cast.participants[0].email):
        return []
    if cast.seats:
        return [Reason("seats_without_names", {"seats": str(cast.seats)})]
    files = [a.name for a in heard.message.attachments if not a.content_type.startswith(("image/", "application/pkcs7", "text/calendar"))]
    return [Reason("attachment_only", {"file": files[0]}) if files else Reason("nobody_named")]


def _includes_self(heard: Heard) -> bool:
    """Whether whoever asks for seats says that one of them is for themselves."""
    return any("self" in a.about for a in heard.own.of("join")) or _says(heard, "includes_self")


def _differs(heard: Heard, cast: Cast, ours: Collection[str]) -> list[Reason]:
    """Somebody signs up "for me", but under another name and from an address that is not theirs."""
    sender = heard.message.sender
    if len(cast.participants) != 1 or cast.contact or sender.email in ours:
        return []
    person = cast.participants[0]
    if not person.name or person.email == sender.email or not _is_person(sender.name):
        return []
    if _tokens(person.name) & (_tokens(sender.name) | _tokens(sender.email.partition("@")[0])):
        return []
    return [Reason("sender_differs", {"sender": sender.name or sender.email, "name": person.name})]


def _tokens(name: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]{2,}", name.lower()))


def _is_person(name: str) -> bool:
    """A From name of a person and not of a library or an office."""
    found = _tokens(name)
    return len(found) > 1 and not any(t.startswith(tuple(words("targets")["offices"])) for t in found)


def _target_group(heard: Heard, person: Person) -> tuple[list[Reason], list[Reason]]:
    """Whether somebody is outside the target group (held back), or a chief where only small libraries send theirs (told)."""
    title = (person.title or "").lower()
    values = {"name": person.name or person.email or "", "title": person.title or ""}
    if _says(heard, "leads_nobody") or (title and not _says(heard, "leads") and _without_leadership(title)):
        return [Reason("outside_target_group", {**values, "title": values["title"] or words("targets")["untitled"]})], []
    if any(title.startswith(chief) for chief in listed("targets", "chiefs")) and not _says(heard, "small_library"):
        return [], [Reason("chief_of_library", values)]
    return [], []


def _without_leadership(title: str) -> bool:
    tokens = re.findall(r"[^\W\d_]+", title)
    if any(t.endswith(tuple(words("targets")["leading"])) for t in tokens):
        return False
    return any(t.endswith(tuple(words("titles")["no_leadership"])) for t in tokens[:3])
