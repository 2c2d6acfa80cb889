"""Machines are told from people, header by header (RFC 3834)."""

from __future__ import annotations

import pytest

from mailbot.mail.parse import parse


def kind(*lines: str, sender: str = "Mette Holm <mhj@brobib.example>", subject: str = "SV: Invitation", to: str = "lv@bib.example",
    body: str = "Hej") -> str:
    head = [f"From: {sender}", f"To: {to}", f"Subject: {subject}", *lines]
    if not any(line.lower().startswith("content-type") for line in lines):
        head.append("Content-Type: text/plain")
    return parse(("\r\n".join(head) + f"\r\n\r\n{body}\r\n").encode()).automatic.value


CALENDAR = "--b\r\nContent-Type: text/calendar; method={}\r\n\r\nBEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n--b--"


@pytest.mark.parametrize(("line", "expected"), [
    ("Auto-Submitted: no", "no"), ("Auto-Submitted: No (human)", "no"), ("AUTO-SUBMITTED: AUTO-REPLIED", "reply"),
    ("Auto-Submitted: auto-replied; x=y", "reply"),
    ("Auto-Submitted: auto-generated", "robot"), ("Auto-Submitted: auto-notified; owner=x", "robot"), ("Auto-Submitted: something",
    "reply"),
    ("Precedence: bulk", "bulk"), ("Precedence: BULK", "bulk"), ("precedence: Junk", "bulk"), ("Precedence: auto_reply", "reply"),
    ("Precedence: first-class", "no"),
    ("X-Autoreply: yes", "reply"), ("X-Autorespond: Re: x", "reply"), ("X-Auto-Response-Suppress: All", "no"),
    ("X-Auto-Response-Suppress: OOF, AutoReply", "no"),
    ("List-Unsubscribe: <https://x.example>", "bulk"), ("List-Unsubscribe-Post: List-Unsubscribe=One-Click", "bulk"),
    ("Feedback-ID: 1:2:3", "bulk"),
    ("Return-Path: <>", "robot"), ("Return-Path: <mhj@brobib.example>", "no"), ("Sender: noreply@brobib.example", "robot"),
    ("X-Nothing: x", "no"),
])
def test_headers(line: str, expected: str) -> None:
    assert kind(line) == expected


def test_an_answer_that_is_generated_is_a_reply() -> None:
    assert kind("Auto-Submitted: auto-generated", "In-Reply-To: <a@b>") == "reply"


@pytest.mark.parametrize("subject", [
    "Automatisk svar: Invitation", "AUTOMATISK SVAR: x", "Autosvar: x", "Fraværende: x", "Ikke til stede: x", "Out of Office: x",
    "Out of office", "Automatic reply: x",
    "Automatische Antwort: x", "Abwesenheitsnotiz: x", "Automatiskt svar: x", "Frånvaromeddelande: x", "SV: Automatisk svar: x",
    "Ude af kontoret", "Auto-reply: x",
    "Fraværsbesked", "Autosvar - x",
])
def test_subjects_of_automatic_replies(subject: str) -> None:
    assert kind(subject=subject) == "reply"


@pytest.mark.parametrize("subject", ["Automatisering af svar", "Fraværet den 11. juni", "SV: Invitation", "Fravær den 11. juni",
    "Officeplads?", "Læst: bogen", "Accepteret: ja"])
def test_subjects_of_people(subject: str) -> None:
    assert kind(subject=subject) == "no"


@pytest.mark.parametrize(("sender", "expected"), [
    ("noreply@x.example", "robot"), ("No-Reply <no-reply@x.example>", "robot"), ("do_not_reply@x.example", "robot"),
    ("ingen-svar@x.example", "robot"),
    ("MAILER-DAEMON@x.example", "robot"), ("Postmaster <postmaster@x.example>", "robot"), ("noreply-123@x.example", "robot"),
    ("svar-ikke@x.example", "robot"),
    ("noreplysen@x.example", "no"), ("Daemon Hansen <dh@x.example>", "no"), ("kontakt@x.example", "no"), ("nobody.jensen@x.example",
    "robot"),
])
def test_senders(sender: str, expected: str) -> None:
    assert kind(sender=sender) == expected


def test_calendar_answers_and_read_receipts() -> None:
    mixed = "Content-Type: multipart/mixed; boundary=b"
    assert kind(mixed, body=CALENDAR.format("REPLY"), subject="Ja") == "calendar"
    assert kind(mixed, body=CALENDAR.format("counter"), subject="Nyt forslag") == "calendar"
    assert kind(mixed, body=CALENDAR.format("REQUEST"), subject="Møde") == "no"
    assert kind(mixed, body=CALENDAR.format("X"), subject="Foreløbigt accepteret: Møde") == "calendar"
    assert kind("Content-Class: urn:content-classes:calendarmessage", subject="Afvist: 1. møde") == "calendar"
    receipt = (
        "--b\r\n\r\nDin besked blev læst\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\n"
        "Final-Recipient: rfc822; a@b.dk\r\n--b--"
    )
    assert kind("Content-Type: multipart/report; report-type=disposition-notification; boundary=b", body=receipt) == "receipt"
    assert kind("Content-Type: multipart/report; boundary=b", body=receipt) == "receipt"


GROUP = ("Precedence: list", "List-Id: Tilmelding <lv.bib.example>", "List-Post: <mailto:lv@bib.example>",
    "List-Unsubscribe: <mailto:x@bib.example>")


def test_a_person_who_writes_to_us_by_way_of_a_group_is_a_person() -> None:
    assert kind(*GROUP, "Delivered-To: lisbet@bib.example") == "no"
    assert kind("List-Id: <netvaerk.liste.example>", to="netvaerk@liste.example, lv@bib.example") == "no"
    assert kind("List-Id: <netvaerk.liste.example>", "Delivered-To: lisbet@bib.example",
        to="netvaerk@liste.example, lv@bib.example") == "no"


def test_a_list_that_is_not_ours_and_a_newsletter_are_bulk() -> None:
    assert kind("Precedence: list", "List-Id: <netvaerk.liste.example>", "List-Post: <mailto:netvaerk@liste.example>",
        to="netvaerk@liste.example") == "bulk"
    assert kind(*GROUP, "Delivered-To: lisbet@bib.example", sender="noreply@x.example") == "bulk"
    assert kind("Precedence: bulk", *GROUP[1:], "Delivered-To: lisbet@bib.example") == "bulk"
    assert kind("List-Unsubscribe: <https://x.example>", "Delivered-To: lv@bib.example") == "bulk"
    assert kind("Precedence: list", "List-Id: <netvaerk.liste.example>", "Delivered-To: lisbet@bib.example",
        to="netvaerk@liste.example") == "bulk"
