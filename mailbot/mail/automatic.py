"""Whether a machine wrote a message, so that it is never answered as a person's (RFC 3834, section 2).

The rules, in this order; names and values of headers are compared without regard to case:

1.  REPORT    a delivery report was read from it (`mailbot.mail.report`; RFC 3464)
2.  RECEIPT   multipart/report with report-type=disposition-notification, or such a part (RFC 8098)
3.  CALENDAR  a text/calendar part whose method is REPLY, COUNTER, DECLINECOUNTER or REFRESH (RFC 5546); a subject such as
              "Accepteret:" with a calendar part or with Content-Class calendarmessage
4.  REPLY     Auto-Submitted: auto-replied, or any other value but no, auto-generated and auto-notified (RFC 3834, section 5);
              auto-generated in answer to something, or with a subject of rule 6
5.  REPLY     X-Autoreply, X-Autorespond, X-Autoresponder, X-Auto-Reply, X-AutoReply-From, X-Mail-Autoreply, X-Vacation present and
              not "no"; Precedence or X-Precedence auto_reply
6.  REPLY     a subject such as "Automatisk svar:", "Fraværende:", "Out of Office:", "Abwesenheitsnotiz" (five languages)
7.  BULK      Precedence or X-Precedence bulk or junk, List-Unsubscribe-Post, Feedback-ID or a mass mailer's header
8.  BULK      Precedence list or any List-* header, unless a person wrote it to us by way of the list: From is no robot, there is
              List-Post or no List-Unsubscribe, and To or Cc holds an address of ours that is not the list's, or the list is at our
              own domain (a group as a shared inbox). "Ours" is the domain of Delivered-To, X-Original-To or Envelope-To;
              without these, any address beside the list's. Such mail is NO: the reader judges it by its words
9.  ROBOT     Auto-Submitted: auto-generated or auto-notified
10. ROBOT     a null reverse-path; From or Sender is noreply, mailer-daemon, postmaster or the like

X-Auto-Response-Suppress proves nothing: people's Outlooks set it too. Auto-Submitted: no proves nothing either.
"""

from __future__ import annotations

import re

from mailbot.mail import headers
from mailbot.mail.message import Address, Automatic
from mailbot.mail.mime import Part

_AUTOREPLY_HEADERS = (
    "x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply", "x-autoreply-from", "x-mail-autoreply", "x-vacation",
    "x-autoresponse",
)
_MASS_HEADERS = (
    "list-unsubscribe-post", "feedback-id", "x-campaign", "x-campaignid", "x-campaign-id", "x-mailchimp-id", "x-mc-user",
    "x-csa-complaints",
)
_ROBOT = re.compile(
    r"(?:(?:no|do[-_.]?not|dont|ingen|svar[-_.]?ikke|ikke)[-_.]?(?:reply|svar|answer|besvar)|svar[-_.]?ikke"
    r"|mailer[-_.]?daemon|postmaster|mail[-_.]?delivery|bounces?|daemon"
    r"|nobody|autosvar|autoreply|auto[-_.]?reply|robot)(?:$|[-_.+=\d])",
)
_REPLY_SUBJECT = re.compile(
    r"(?:(?:sv|re|aw|svar|fwd?|vs) ?: ?){0,3}\[?(?:"
    r"(?:automatisk (?:svar|besked|meddelelse|mail|e-mail|svarmail)|automatiskt svar|automatic reply|automatische antwort"
    r"|autosvar|auto[- ]?reply|auto[- ]?response"
    r"|auto[- ]?svar|autoantwort|automated (?:reply|response)|fraværsbesked|fraværsmeddelelse|fraværsmelding|fraværende"
    r"|fravær|frånvaromeddelande|frånvarande"
    r"|abwesenheitsnotiz|abwesend|abwesenheit|ikke til stede|ikke på kontoret|ude af kontoret|ude af huset"
    r"|out[- ]of[- ](?:the )?office|ooo|feriebesked|ferieautosvar"
    r"|sjálvvirkandi svar|sjálfvirkt svar|vacation reply|away from (?:the )?office)(?: ?[:\]–-]|$| fra | from | von | til )"
    r"|(?:out[- ]of[- ](?:the )?office|ude af kontoret) )",
    re.IGNORECASE,
)
_CALENDAR_SUBJECT = re.compile(
    r"(?:accepteret|accepterer|afvist|afslået|foreløbigt? accepteret|foreløbig|nyt tidspunkt foreslået|accepted|declined"
    r"|tentative(?:ly accepted)?|new time proposed"
    r"|zugesagt|abgelehnt|mit vorbehalt|godtatt|avslått|foreløpig godtatt|accepterat|accepterad|avböjd|avböjt"
    r"|preliminärt(?: godkänt)?|akseptert) ?:",
    re.IGNORECASE,
)
_ANSWERS = frozenset({"reply", "counter", "declinecounter", "refresh"})
_METHOD = re.compile(rb"^METHOD[^:\r\n]{0,100}:\s*([A-Za-z]+)", re.MULTILINE | re.IGNORECASE)


def classify(root: Part, subject: str, sender: Address, recipients: frozenset[str], *, reported: bool) -> Automatic:
    """Why a machine wrote the message, NO for a person's. `recipients` are the addresses of To and Cc, `reported` says that a
    delivery report was read from it."""
    if reported:
        return Automatic.REPORT
    if _is_receipt(root):
        return Automatic.RECEIPT
    if _answers_meeting(root, subject):
        return Automatic.CALENDAR
    submitted = _value(root, "auto-submitted")
    generated = submitted in ("auto-generated", "auto-notified")
    says_reply = bool(_REPLY_SUBJECT.match(subject[:200]))
    if (submitted and submitted != "no" and not generated) or (generated and (says_reply or root.first("in-reply-to"))):
        return Automatic.REPLY
    precedence = {_value(root, "precedence"), _value(root, "x-precedence")}
    if says_reply or "auto_reply" in precedence or any(_value(root, name) not in ("", "no") for name in _AUTOREPLY_HEADERS):
        return Automatic.REPLY
    if precedence & {"bulk", "junk"} or any(root.all(name) for name in _MASS_HEADERS):
        return Automatic.BULK
    listed = "list" in precedence or any(name.startswith("list-") for name, _ in root.fields)
    robot = generated or _is_robot(root, sender)
    if listed and (robot or not _written_to_us(root, sender, recipients)):
        return Automatic.BULK
    return Automatic.ROBOT if robot else Automatic.NO


def _value(root: Part, name: str) -> str:
    """The keyword of a header, without parameters and comments."""
    written = root.first(name)[:200]
    return re.split(r"[;(\s]", headers.raw_text(written).strip().lower(), maxsplit=1)[0] if written else ""


def _is_receipt(root: Part) -> bool:
    if root.content_type == "multipart/report" and root.param("report-type").lower() == "disposition-notification":
        return True
    return any(part.content_type == "message/disposition-notification" for part in root.own())


def _answers_meeting(root: Part, subject: str) -> bool:
    calendars = [part for part in root.own() if part.content_type in ("text/calendar", "application/ics")]
    for part in calendars:
        method = part.param("method") or ((found := _METHOD.search(part.content(4_000))) and found[1].decode()) or ""
        if method.lower() in _ANSWERS:
            return True
    marked = bool(calendars) or "calendarmessage" in headers.raw_text(root.first("content-class")[:200]).lower()
    return marked and bool(_CALENDAR_SUBJECT.match(subject))


def _is_robot(root: Part, sender: Address) -> bool:
    if headers.reverse_path(root.all("return-path")) == "":
        return True
    addresses = (sender, *headers.addresses(root.first("sender")))
    return any(_ROBOT.match(address.email.partition("@")[0]) for address in addresses if address.email)


def _written_to_us(root: Part, sender: Address, recipients: frozenset[str]) -> bool:
    """Rule 8: whether a person wrote this to us by way of a list."""
    if not sender.email or (root.all("list-unsubscribe") and not root.all("list-post")):
        return False
    posting = {address.email for name in ("list-post", "mailing-list") for value in root.all(name)
               for address in headers.addresses(value.replace(b"mailto:", b""))}
    list_id = headers.raw_text(root.first("list-id")[:1_000]).rpartition("<")[2].strip(" >").lower()
    own = {address for address in recipients if address in posting or address.replace("@", ".") == list_id}
    ours = {address.email.rpartition("@")[2] for name in ("delivered-to", "x-original-to", "envelope-to")
            for value in root.all(name) for address in headers.addresses(value)}
    if not ours:
        return bool(recipients - own - {sender.email})
    return any(address.rpartition("@")[2] in ours for address in recipients)
