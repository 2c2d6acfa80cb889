"""Messages that no person wrote: delivery reports, automatic answers, calendar responses, receipts.

The headers decide (RFC 3834, 3464, 8098; `mail.message.Automatic`); where a system sends none, the words do.
"""

from __future__ import annotations

from mailbot.mail.message import Automatic, Message, SegmentKind
from mailbot.understanding.context import Answers, recognise
from mailbot.understanding.lexicon import listed
from mailbot.understanding.reading import Action, Intent, Letter, Reason

_LETTERS = (Answers.OFFER, Answers.CONFIRMATION, Answers.REQUEST, Answers.PROGRAMME, Answers.WAITING, Answers.VERIFY)
Robot = tuple[Intent, Action, tuple[Reason, ...]]


def robot(message: Message, answered: Letter | None) -> Robot | None:
    """Intent, action and reasons of a message that a machine wrote; None where a person did."""
    if message.automatic is Automatic.REPORT or message.report or _bounced(message):
        return _bounce(message, answered)
    if message.automatic is Automatic.CALENDAR:
        return Intent.AUTO_REPLY, Action.IGNORE, (Reason("calendar_response"),)
    if message.automatic is Automatic.RECEIPT:
        return Intent.AUTO_REPLY, Action.IGNORE, (Reason("read_receipt"),)
    return _reply(message) if message.automatic is Automatic.REPLY or _challenge(message) else None


def by_words(message: Message) -> Robot | None:
    """The same of a message in which only the words of an automatic answer stand: a person's signature may hold them, too
    ("I answer no mail on Fridays"), so that it counts only where nothing else is wanted."""
    return _reply(message) if _away(message) or _ticket(message) else None


def _reply(message: Message) -> Robot:
    text = _text(message)
    if any(cue in text for cue in listed("out_of_office", "left")):
        return Intent.AUTO_REPLY, Action.REVIEW, (Reason("has_left", {"sender": message.sender.name or message.sender.email}),)
    return Intent.AUTO_REPLY, Action.IGNORE, (Reason("automatic_reply"),)


def _away(message: Message) -> bool:
    """An absence told in words only: two kinds of cues, the first before anybody signs off."""
    text, signed = _text(message), next((s.start for s in message.segments if s.kind is SegmentKind.SIGNATURE), len(message.text))
    opening = " ".join(message.text[: min(signed, 6000)].lower().split())
    return (
        len(text) <= 1500
        and any(cue in opening for cue in listed("out_of_office", "away"))
        and sum(cue in text for cue in listed("out_of_office", "meanwhile")) >= 2
    )


def _ticket(message: Message) -> bool:
    """The receipt of a case system that sends no header."""
    text = _text(message)
    return len(text) < 1500 and sum(cue in text for cue in listed("out_of_office", "ticket")) >= 2


def _challenge(message: Message) -> bool:
    """A filter that wants to know whether a person wrote our letter."""
    return message.automatic is Automatic.ROBOT and any(cue in _text(message) for cue in listed("out_of_office", "challenge"))


def _bounced(message: Message) -> bool:
    """A delivery report of an old kind, known by its sender and its words."""
    local = message.sender.email.partition("@")[0]
    machine = message.return_path == "" or local in ("mailer-daemon", "postmaster", "mailerdaemon") or message.automatic is Automatic.ROBOT
    if not machine:
        return False
    text = f"{message.subject.lower()} {_text(message)}"
    return any(cue in text for cue in listed("out_of_office", "bounced"))


def _bounce(message: Message, answered: Letter | None) -> Robot:
    """A report on a letter of ours is for the administrator; one on the invitation, or on her other mail, is nobody's."""
    report = message.report
    recipient = report.failures[0].recipient if report and report.failures else ""
    delayed = report is not None and bool(report.failures) and all(f.action == "delayed" for f in report.failures)
    if answered or (report and report.letter_key) or _about_a_letter(message):
        return Intent.BOUNCE, Action.REVIEW, (Reason("letter_delayed" if delayed else "letter_bounced", {"recipient": recipient}),)
    return Intent.BOUNCE, Action.IGNORE, (Reason("other_bounced"),)


def _about_a_letter(message: Message) -> bool:
    """Whether the returned message reads like a letter about a registration (and not like the invitation)."""
    report = message.report
    subject = report.original_subject if report else ""
    return recognise(message.text, subject) in _LETTERS


def _text(message: Message) -> str:
    return " ".join(message.of(SegmentKind.NEW, SegmentKind.SIGNATURE)[:6000].lower().split())
