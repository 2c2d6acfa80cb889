"""Delivery reports of many servers, and which letter of ours they are about."""

from __future__ import annotations

import pytest

from mailbot.mail.message import Address, Automatic, Message
from mailbot.mail.parse import parse

ORIGINAL = (
    "From: Lisbet <lv@bib.example>\r\nTo: Mette <mhj@brobib.example>\r\nSubject: =?utf-8?q?Bekr=C3=A6ftelse?=\r\n"
    "Message-ID: <brev-1@bib.example>\r\n"
    "References: <noegle@bib.example> <svar@brobib.example>\r\nX-Mailbot-Letter: noegle\r\n\r\nDu har en plads.\r\n"
)


def report(body: str, *lines: str, sender: str = "Mail Delivery Subsystem <MAILER-DAEMON@mx.example>",
    subject: str = "Undelivered Mail Returned to Sender") -> Message:
    head = [f"From: {sender}", "To: lv@bib.example", f"Subject: {subject}", *lines]
    return parse(("\r\n".join(head) + "\r\n\r\n" + body).encode())


def dsn(status: str, *, original: str = f"Content-Type: message/rfc822\r\n\r\n{ORIGINAL}") -> Message:
    body = (
        "--b\r\nContent-Type: text/plain\r\n\r\nIt did not work.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example\r\n\r\n"
        f"{status}\r\n--b\r\n{original}\r\n--b--\r\n"
    )
    return report(body, "Content-Type: multipart/report; report-type=delivery-status; boundary=b", "Return-Path: <>")


FAILED = (
    "Final-Recipient: rfc822; MHJ@brobib.example\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp;"
    " 550 5.1.1 User unknown\r\n"
)


@pytest.mark.parametrize("original", [
    f"Content-Type: message/rfc822\r\n\r\n{ORIGINAL}", f"Content-Type: text/rfc822-headers\r\n\r\n{ORIGINAL}",
    f"Content-Type: message/global\r\n\r\n{ORIGINAL}",
])
def test_a_report_tells_who_failed_and_which_letter(original: str) -> None:
    message = dsn(FAILED, original=original)
    assert message.automatic is Automatic.REPORT
    assert message.report is not None
    failure, = message.report.failures
    assert (failure.recipient, failure.action, failure.status, failure.diagnostic) == ("mhj@brobib.example", "failed", "5.1.1",
        "550 5.1.1 User unknown")
    assert message.report.original_message_id == "<brev-1@bib.example>"
    assert message.report.original_references == ("<noegle@bib.example>", "<svar@brobib.example>")
    assert message.report.letter_key == "noegle"
    assert message.report.original_subject == "Bekræftelse"
    assert message.report.original_from == Address("Lisbet", "lv@bib.example")
    assert message.report.original_to == (Address("Mette", "mhj@brobib.example"),)


def test_delays_and_several_recipients() -> None:
    late = FAILED.replace("failed", "delayed").replace("5.1.1\r\n", "4.4.7\r\n").replace("MHJ", "ole")
    message = dsn(f"{FAILED}\r\n{late}\r\nFinal-Recipient: rfc822; c@x.example\r\nStatus: 2.0.0\r\n")
    assert message.report is not None
    assert [(f.recipient, f.action) for f in message.report.failures] == [
        ("mhj@brobib.example", "failed"), ("ole@brobib.example", "delayed"), ("c@x.example", "delivered")]


def test_a_returned_letter_is_history_never_a_forward() -> None:
    message = dsn(FAILED)
    assert [s.kind.value for s in message.segments] == ["new", "history"]


@pytest.mark.parametrize(("subject", "body", "action", "status"), [
    ("failure notice",
    "Hi. This is the qmail-send program at mx.example.\r\nI'm afraid I wasn't able to deliver your message to the following addresses.\r\n"
     "This is a permanent error; I've given up.\r\n\r\n<mhj@brobib.example>:\r\nSorry, no mailbox here by that name. (#5.1.1)\r\n\r\n"
     f"--- Below this line is a copy of the message.\r\n\r\nReturn-Path: <lv@bib.example>\r\n{ORIGINAL}", "failed", "5.1.1"),
    ("Mail delivery failed: returning message to sender", "A message that you sent could not be delivered to all of its recipients.\r\n"
     "The following address(es) failed:\r\n\r\n  mhj@brobib.example\r\n    SMTP error: 550 5.1.1 unknown user\r\n\r\n"
     f"------ This is a copy of the message, including all the headers. ------\r\n\r\n{ORIGINAL}", "failed", "5.1.1"),
    ("Warning: message 1x delayed 4 hours",
    "A message that you sent has not yet been delivered to one or more of its recipients.\r\n\r\n  mhj@brobib.example\r\n"
     "    451 4.7.1 Greylisted\r\n\r\nDelivery attempts will continue.\r\n\r\n"
     "------ This is a copy of the message's headers. ------\r\n\r\n" + ORIGINAL, "delayed", "4.7.1"),
    ("Kan ikke leveres: Bekræftelse",
    "Meddelelsen til mhj@brobib.example kunne ikke leveres.\r\n\r\nFejl: 550 5.1.10 RecipientNotFound\r\n\r\n"
     f"Oprindelige meddelelse:\r\n\r\n{ORIGINAL}", "failed", "5.1.10"),
])
def test_reports_in_plain_words(subject: str, body: str, action: str, status: str) -> None:
    message = report(body, subject=subject)
    assert message.automatic is Automatic.REPORT
    assert message.report is not None
    assert [(f.recipient, f.action, f.status) for f in message.report.failures] == [("mhj@brobib.example", action, status)]
    assert message.report.letter_key == "noegle"


def test_exims_header_names_the_recipients() -> None:
    message = report("It failed.\r\n", "X-Failed-Recipients: mhj@brobib.example, ole@brobib.example", subject="Mail delivery failed")
    assert message.report is not None
    assert {f.recipient for f in message.report.failures} == {"mhj@brobib.example", "ole@brobib.example"}


def test_a_person_who_writes_about_a_bounce_is_no_report() -> None:
    text = "Hej\r\nMin mail til mhj@brobib.example kunne ikke leveres: 550 5.1.1 unknown\r\n"
    assert report(text, sender="Ole <ole@x.example>", subject="Undelivered Mail").automatic is Automatic.NO
    forwarded = (
        f"--b\r\n\r\nSe her\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: MAILER-DAEMON@x\r\n"
        f"Subject: Undelivered\r\n\r\n{text}--b--"
    )
    assert report(forwarded, "Content-Type: multipart/mixed; boundary=b", sender="Ole <ole@x.example>").report is None


@pytest.mark.parametrize("status", ["", "\x00\xff", "Final-Recipient", "Final-Recipient: ;;;\r\nAction: \r\nStatus: 9.9",
    "Action: failed\r\n" * 500])
def test_broken_reports_raise_nothing(status: str) -> None:
    assert dsn(status).automatic is Automatic.REPORT
