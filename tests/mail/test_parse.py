"""Raw bytes to a Message: what is chosen, what is kept, and what can never happen."""

from __future__ import annotations

import base64
import time
import unicodedata
from datetime import datetime
from email import policy
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.mail.message import Address, Automatic, Message, SegmentKind
from mailbot.mail.parse import MAX_TEXT, parse

HEAD = (
    "Return-Path: <mhj@brobib.example>\r\nReceived: from a by b; Thu, 12 Feb 2026 09:31:00 +0100\r\nReceived: from c by a;"
    " Thu, 12 Feb 2026 09:30:30 +0100\r\n"
    "From: Mette Holm <MHJ@brobib.example>\r\nTo: Lisbet <lv@bib.example>\r\nCc: ole@brobib.example\r\n"
    "Subject: =?utf-8?q?Tilmelding_til_m=C3=B8det?=\r\n"
    "Date: Thu, 12 Feb 2026 09:30:00 +0100\r\nMessage-ID: <1@brobib.example>\r\nIn-Reply-To: <k@bib.example>\r\n"
    "References: <k@bib.example> <i@bib.example>\r\n"
    "X-Odd: =?utf-8?q?=C3=A6?=\r\n"
)


def message(body: str = "Hej\r\n\r\nMvh\r\nMette\r\n", *, content_type: str = "text/plain; charset=utf-8", more: str = "",
    head: str = HEAD) -> Message:
    return parse((head + more + f"Content-Type: {content_type}\r\n\r\n{body}").encode())


def check(found: Message) -> None:
    """What holds for every message."""
    assert "".join(found.text[s.start:s.end] for s in found.segments) == found.text
    at = 0
    for segment in found.segments:
        assert segment.start == at < segment.end
        assert segment.depth >= 0
        at = segment.end
    assert len(found.text) <= MAX_TEXT
    assert unicodedata.is_normalized("NFC", found.text)
    assert not set("\r\x00\u202e\u200b") & set(found.text)
    assert not set("\r\n\x00") & set(found.subject + found.sender.name + found.sender.email + found.message_id)
    assert found.sent_at is None or found.sent_at.utcoffset() is not None
    assert found.received_at is None or found.received_at.utcoffset() is not None
    assert len(found.fingerprint) == 64


def test_a_plain_message() -> None:
    found = message()
    assert found.sender == Address("Mette Holm", "mhj@brobib.example")
    assert (found.to, found.cc) == ((Address("Lisbet", "lv@bib.example"),), (Address("", "ole@brobib.example"),))
    assert found.subject == "Tilmelding til mødet"
    assert found.message_id == "<1@brobib.example>"
    assert (found.in_reply_to, found.references) == (("<k@bib.example>",), ("<k@bib.example>", "<i@bib.example>"))
    assert found.sent_at == datetime.fromisoformat("2026-02-12T09:30:00+01:00")
    assert found.received_at == datetime.fromisoformat("2026-02-12T09:31:00+01:00")
    assert (found.return_path, found.automatic, found.problems) == ("mhj@brobib.example", Automatic.NO, ())
    assert found.text == "Hej\n\nMvh\nMette\n"
    assert found.of(SegmentKind.SIGNATURE) == "Mvh\nMette\n"
    assert ("x-odd", "æ") in found.headers
    check(found)


def alternative(plain: str, rich: str) -> Message:
    parts = f"--b\r\nContent-Type: text/plain\r\n\r\n{plain}\r\n--b\r\nContent-Type: text/html\r\n\r\n{rich}\r\n--b--\r\n"
    return message(parts, content_type="multipart/alternative; boundary=b")


def test_html_is_read_for_its_tables_but_not_where_it_says_less() -> None:
    table = "<table><tr><td>Navn</td><td>Titel</td></tr><tr><td>Mette</td><td>leder</td></tr></table>"
    assert alternative("Navn\r\n\r\nTitel\r\n\r\nMette\r\n\r\nleder", table).text == "Navn\tTitel\nMette\tleder\n"
    assert alternative("Jeg vil gerne tilmelde mig kurset", "<p>Se den anden del</p>").text == "Jeg vil gerne tilmelde mig kurset\n"
    assert alternative("Jeg vil gerne med", "").text == "Jeg vil gerne med\n"
    assert alternative("", "<p>Jeg vil gerne med</p>").text == "Jeg vil gerne med\n"


def test_flowed_text_and_a_wrong_charset() -> None:
    assert message("Jeg vil \r\ngerne med.\r\n", content_type="text/plain; format=flowed").text == "Jeg vil gerne med.\n"
    assert message("Rødgrød", content_type="text/plain; charset=iso-8859-1").text == "Rødgrød\n"
    assert message("Rødgrød", content_type="text/plain; charset=x-findes-ikke").text == "Rødgrød\n"


def test_attachments_beside_the_text() -> None:
    sheet = base64.b64encode(b"PK-regneark").decode()
    parts = (
        "--b\r\n\r\nSe vedlagte\r\n--b\r\nContent-Type: image/png; name=logo.png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0K\r\n"
        f"--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"=?utf-8?q?=C3=A6.xlsx?=\"\r\n"
        f"Content-Transfer-Encoding: base64\r\n\r\n{sheet}\r\n--b\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\n\r\nx\r\n"
        "--b\r\nContent-Type: text/plain; name=liste.txt\r\nContent-Disposition: attachment\r\n\r\nNavn\r\n--b\r\n\r\n"
        "Mvh Mette\r\n--b--\r\n"
    )
    found = message(parts, content_type="multipart/mixed; boundary=b")
    assert found.text == "Se vedlagte\n\nMvh Mette\n"
    assert [(a.name, a.data) for a in found.attachments] == [
        ("logo.png", None), ("æ.xlsx", b"PK-regneark"), ("winmail.dat", b"x"), ("liste.txt", b"Navn")]


def test_an_attachment_that_was_not_fetched_keeps_its_size() -> None:
    parts = "--b\r\nContent-Type: application/pdf; name=a.pdf\r\nX-Mailbot-Omitted: 7000000\r\n\r\n\r\n--b--"
    attachment, = message(parts, content_type="multipart/mixed; boundary=b").attachments
    assert (attachment.name, attachment.size, attachment.data) == ("a.pdf", 7_000_000, None)


def test_a_signed_message_is_read_through_its_signature() -> None:
    parts = "--b\r\n\r\nJeg vil med\r\n--b\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\n\r\nx\r\n--b--\r\n"
    assert message(parts, content_type="multipart/signed; boundary=b").text == "Jeg vil med\n"


def test_an_attached_message_is_a_forwarded_one() -> None:
    inner = (
        "From: Birthe <b@brobib.example>\r\nTo: mhj@brobib.example\r\nSubject: Kursus\r\n"
        "Date: Wed, 11 Feb 2026 08:00:00 +0100\r\n\r\nJeg vil med\r\n\r\nMvh Birthe\r\n"
    )
    parts = f"--b\r\n\r\nSe vedhæftede\r\n\r\nVh\r\nMette\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n{inner}\r\n--b--\r\n"
    found = message(parts, content_type="multipart/mixed; boundary=b")
    check(found)
    assert [(s.kind.value, s.depth, s.owner.value) for s in found.segments] == [
        ("new", 0, "new"), ("signature", 0, "new"), ("forwarded", 1, "forwarded"), ("signature", 1, "forwarded")]
    forwarded = found.segments[2]
    assert (forwarded.sender, forwarded.subject, forwarded.date) == (Address("Birthe", "b@brobib.example"), "Kursus",
        "2026-02-11T08:00:00+01:00")
    assert found.text[forwarded.start:forwarded.end].strip() == "Jeg vil med"


def test_several_senders_are_noted() -> None:
    twice = parse(b"From: a@x.dk\r\nFrom: b@x.dk\r\n\r\nHej")
    assert twice.sender.email == "a@x.dk"
    assert "several addresses in From" in twice.problems[0]
    assert "several addresses in From" in parse(b"From: a@x.dk, b@x.dk\r\n\r\nHej").problems[0]
    assert parse(b"Subject: x\r\n\r\nHej").problems == ("no sender address",)


def test_return_path() -> None:
    assert parse(b"Return-Path: <>\r\n\r\nHej").return_path == ""
    assert parse(b"Subject: x\r\n\r\nHej").return_path is None


def test_the_fingerprint_is_of_the_content_not_of_its_way() -> None:
    one = message()
    assert message(more="Received: from x by y; Thu, 12 Feb 2026 10:00:00 +0100\r\nX-Spam: no\r\n").fingerprint == one.fingerprint
    assert parse((HEAD.replace("\r\n",
        "\n") + "Content-Type: text/plain; charset=utf-8\n\nHej\n\nMvh\nMette\n").encode()).fingerprint == one.fingerprint
    assert message("Hej igen\r\n").fingerprint != one.fingerprint
    assert message(head=HEAD.replace("<1@", "<2@")).fingerprint != one.fingerprint
    assert message(head=HEAD.replace("Mette Holm <MHJ@", "Mette Holm <ole@")).fingerprint != one.fingerprint


def test_the_fingerprint_survives_servers_that_alter_raw_bytes_and_fetches_that_leave_attachments_out() -> None:
    raw = b"From: a@x.dk\r\nSubject: M\xc3\xb8de\r\nMessage-ID: <1@x>\r\n\r\nHej"
    altered = {parse(raw.replace(b"\xc3\xb8", other)).fingerprint for other in (b"\xf8", b"??", b"", b"\xef\xbf\xbd\xef\xbf\xbd",
        b"\xc3\xb8")}
    assert len(altered) == 1
    full = (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHej\r\n--b\r\nContent-Type: application/pdf;"
        b" name=a.pdf\r\n\r\nDATA\r\n--b--"
    )
    assert parse(full).fingerprint == parse(full.replace(b"DATA", b"")).fingerprint


@pytest.mark.parametrize("raw", [
    b"From: =?utf-8?q?=22?= <a@b.dk>\n\n", b"To: :;\n\n", b"To: <\n\n", b'From: "\n\n', b"From: a@b.dk (((\n\n", b"Message-ID: <\n\n",
    b"Message-ID: []@\n\n", b"References: <<>>\n\n",
    b"Content-Type: text/plain; charset*=x'\n\nx", b"Content-Type: text/plain; charset*0*=utf-8''%zz; charset*2=x\n\nx",
    b"Content-Disposition: attachment; filename*=\n\nx",
    b"Content-Type: multipart/report; boundary=a\n\n--a--\n", b"Content-Type: message/rfc822\n\n",
    b"Content-Type: message/partial; id=\"\n\nx",
    b"Content-Transfer-Encoding: x-uuencode\n\nbegin 644 a\n#86)C\nend\n", b"Content-Transfer-Encoding: \xff\n\nx",
    b"Date: \xff\nReceived: ;;;\n\nx", b"Subject: \xf8=?=?=?\n\n",
    b"Content-Type: text/html; charset=utf-16\n\n<p>x", b"Content-Type: text/plain; charset=\"utf-8\n\n\xff\xfe",
    b"From: @\nTo: a@@b\nCc: a@b@c\n\n", b"Content-Type: text/html\n\n\x00<",
])
def test_headers_that_break_parsers(raw: bytes) -> None:
    check(parse(raw))


LINES = st.sampled_from([
    b"From: Mette <a@b.dk>", b"Subject: =?utf-8?b?w7g=?=", b"Content-Type: multipart/mixed; boundary=a",
    b"Content-Type: multipart/alternative; boundary=a",
    b"Content-Type: text/html; charset=iso-8859-1", b"Content-Type: text/plain; format=flowed", b"Content-Type: message/rfc822",
    b"Content-Type: message/delivery-status",
    b"Content-Type: text/calendar; method=REPLY", b"Content-Transfer-Encoding: base64", b"Content-Transfer-Encoding: quoted-printable",
    b"", b"", b"--a", b"--a--",
    b"<table><tr><td>x<td>y</table>", b"> Fra: a@b.dk", b"> Sendt: 1. maj 2026 10:00", b"Mvh", b"Mette", b"=C3=A6 ", b"SGVq", b"\xf8\xe6",
    b"Start p\xc3\xa5 videresendt besked:",
    b"Authentication-Results: x; dmarc=pass", b"Date: Thu, 12 Feb 2026 09:30:00 +0100", b"Return-Path: <>",
    b"Final-Recipient: rfc822; a@b.dk", b"X-Failed-Recipients: a@b.dk",
])


@settings(deadline=None, max_examples=300)
@given(st.lists(LINES | st.binary(max_size=40), max_size=30).map(b"\r\n".join))
def test_no_bytes_raise(raw: bytes) -> None:
    check(parse(raw))


HOSTILE = {
    "5 MB in a line": b"\n\n" + b"a" * 5_000_000,
    "5 MB of short lines": b"\n\n" + b"hej\n" * 1_250_000,
    "5 MB of quoted-printable": b"Content-Transfer-Encoding: quoted-printable\n\n" + b"=C3=A6" * 800_000,
    "1,000,000 blank lines": b"\n" * 1_000_000,
    "5 MB of html": b"Content-Type: text/html\n\n" + b"<p>hej " * 700_000,
    "a bounce of 5 MB": b"From: MAILER-DAEMON@x.dk\nSubject: Undelivered\n\n" + b"<a@b.dk>: 550\n" * 350_000,
    "1,000 attached messages": b"Content-Type: multipart/digest; boundary=a\n\n" + b"--a\n\nSubject: x\n\nhej\n" * 1_000,
    "10,000 addresses": b"To: " + b"A B <a@b.dk>, " * 10_000 + b"\n\nhej",
    "100 kB subject": b"Subject: " + b"=?utf-8?q?=C3=A6?= " * 5_000 + b"\n\nhej",
    "20 MB attached": b"Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n" + (b"A" * 76 + b"\n") * 260_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_messages_take_bounded_time(name: str) -> None:
    started = time.perf_counter()
    found = parse(HOSTILE[name])
    assert time.perf_counter() - started < 4
    check(found)


def test_the_standard_librarys_own_messages_come_back() -> None:
    sent = EmailMessage(policy=policy.SMTP)
    sent["From"], sent["To"], sent["Subject"] = "Søren Ø <s@x.dk>", "lv@bib.example", "Tilmelding – æøå " * 6
    sent.set_content("Kære Lisbet\n\nJeg vil gerne med på ”holdet”.\n")
    sent.add_alternative("<p>Kære Lisbet</p><p>Jeg vil gerne med på ”holdet”.</p>", subtype="html")
    sent.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="blanket æ.pdf")
    found = parse(sent.as_bytes())
    assert found.sender == Address("Søren Ø", "s@x.dk")
    assert found.subject == ("Tilmelding – æøå " * 6).strip()
    assert found.text == "Kære Lisbet\n\nJeg vil gerne med på ”holdet”.\n"
    assert found.attachments[0].name == "blanket æ.pdf"
