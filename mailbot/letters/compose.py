"""A draft put into words and bytes: template, HTML twin, headers (RFC 5322, RFC 3834), calendar file where it belongs.

Composing is pure: the same draft, course, key and time give the same bytes, so that a letter can be made before the
transaction that records it.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

import css_inline
from markupsafe import Markup

from mailbot.course import Course, Kind, Status
from mailbot.letters.calendar import calendar, file_name
from mailbot.letters.clean import foreign
from mailbot.letters.key import message_id, reference
from mailbot.letters.mime import Attachment, address_header, address_of, assemble, ids_header, text_header
from mailbot.letters.templates import Templates
from mailbot.letters.twin import plain, twin
from mailbot.letters.view import values
from mailbot.registration.records import Draft, Thread
from mailbot.understanding.reading import Address

# These answer a message and keep its subject; the others bring news of their own, and their subject says it.
ANSWERS = frozenset({
    Kind.CONFIRMATION, Kind.WAITING, Kind.LATE, Kind.UPDATED, Kind.ALREADY, Kind.CANCELLED, Kind.SUBSTITUTED, Kind.DECLINED,
    Kind.RECEIPT, Kind.ANSWER, Kind.THANKS, Kind.COMMAND_REPLY,
})
WITH_CALENDAR = frozenset({Kind.CONFIRMATION, Kind.MEETING_REMINDER, Kind.PLACE})
_ANSWERED = re.compile(r"(?:(?:sv|re|aw|antw|svar)(?:\[\d{1,3}\])?:\s*){1,20}", re.IGNORECASE)
_MOST_SUBJECT = 160
_QUIET = "\n\n--\n\n"  # what stands below is the quiet line at the foot


@dataclass(frozen=True, slots=True)
class Composed:
    """A letter: `text` and `html` say the same, `raw` is the whole message (CRLF, 7 bit), `recipients` the envelope's.

    `html` is the page as a browser shows it, pictures and all; the one in `raw` refers to its pictures by Content-ID.
    """

    subject: str
    text: str
    html: str
    raw: bytes
    message_id: str
    recipients: tuple[str, ...]


def compose(
    draft: Draft, course: Course, *, key: str, now: datetime, templates: Templates, sender: Address | None = None,
    attachments: Sequence[Attachment] = (),
) -> Composed:
    """The letter of a draft, dated `now` (aware), from `sender` or else the course's contact at its signup address.

    A calendar file goes along by itself where it belongs, before the other `attachments`.

    Raises TemplateError where a template cannot be used.
    """
    words, sentences = templates.words(course.language), templates.sentences(course.language)
    code = {"code": f"mailbot-letter.{key}"} if draft.kind is Kind.COMMAND_REPLY else {}  # an answer that quotes it is known as hers
    subject, body = templates.render(course.language, draft.kind.value, {**values(draft, course, words, sentences), **code})
    if draft.kind in ANSWERS and draft.reply:
        subject = answering(draft.reply.subject, words["reply_prefix"]) or subject
    confirmed = any(seat.registration.status is Status.CONFIRMED for seat in draft.seats)
    dates = (calendar_attachment(course, now),) if draft.kind in WITH_CALENDAR and confirmed else ()
    return finish(subject, body, draft, course, key=key, now=now, templates=templates, sender=sender, attachments=(*dates, *attachments))


def finish(
    subject: str, body: str, draft: Draft, course: Course, *, key: str, now: datetime, templates: Templates,
    sender: Address | None = None, attachments: Sequence[Attachment] = (),
) -> Composed:
    """The bytes of a letter whose words stand: `body` is its text as `twin` understands it."""
    domain = course.signup_address.rpartition("@")[2]
    upper, _, quiet = body.partition(_QUIET)
    page = templates.page({
        "language": course.language, "subject": subject, "body": twin(upper), "quiet": twin(quiet) if quiet else Markup(),
    })
    html = css_inline.inline(page, keep_style_tags=False, keep_at_rules=False, load_remote_stylesheets=False)
    text = plain(f"{upper}\n\n{quiet}" if quiet else upper)
    headers = _headers(subject, draft, course, key, now, sender)
    return Composed(
        subject=subject,
        text=text,
        html=_with_pictures(html, attachments),
        raw=assemble(headers, text, html, attachments, key[:16]),
        message_id=message_id(key, domain),
        recipients=(address_of(draft.to.email),),
    )


def _with_pictures(html: str, attachments: Sequence[Attachment]) -> str:
    for file in attachments:
        if file.cid:
            html = html.replace(f'src="cid:{file.cid}"', f'src="data:{file.kind};base64,{b64encode(file.content).decode()}"')
    return html


def _headers(subject: str, draft: Draft, course: Course, key: str, now: datetime, sender: Address | None) -> list[tuple[str, str]]:
    domain = course.signup_address.rpartition("@")[2]
    author = sender or Address(course.contact.name if course.contact else course.title, course.signup_address)
    thread = draft.reply or Thread("")
    references = ids_header((reference(key, domain), *thread.references, thread.message_id))
    replied = draft.reply is not None and draft.kind in ANSWERS
    return [
        ("From", address_header("From", author)),
        ("To", address_header("To", draft.to)),
        ("Subject", text_header("Subject", subject)),
        ("Date", format_datetime(now.astimezone(course.zone))),
        ("Message-ID", message_id(key, domain)),
        *([("In-Reply-To", answered)] if (answered := ids_header((thread.message_id,))) else []),
        ("References", references),
        ("Auto-Submitted", "auto-replied" if replied else "auto-generated"),
        # Not OOF or NDR: that somebody is away, or cannot be reached, is what we want to hear (MS-OXCMAIL, 2.2.3.2.14).
        ("X-Auto-Response-Suppress", "DR, RN, NRN, AutoReply"),
        ("X-Mailbot-Letter", key),
        ("Content-Language", course.language),
    ]


def calendar_attachment(course: Course, now: datetime) -> Attachment:
    parameters = (("method", "PUBLISH"), ("charset", "utf-8"))
    return Attachment(file_name(course), "text/calendar", calendar(course, now=now), parameters=parameters)


def answering(subject: str, prefix: str) -> str:
    """The subject of an answer: one prefix, however many there were; "" where there is no subject to keep."""
    bare = _ANSWERED.sub("", foreign(subject, _MOST_SUBJECT), count=1).strip()
    return f"{prefix}: {bare}" if bare else ""
