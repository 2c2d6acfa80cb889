#!/usr/bin/env python3
"""Build raw messages (.eml) and gold labels (.json) from authored YAML cases.

Usage: build.py CASES.yaml... --out DIR

Each case becomes DIR/<id>.eml and DIR/<id>.json. The YAML format is described in
README.md beside this file. The output is deterministic: the same YAML gives the same bytes.
"""
from __future__ import annotations

import argparse
import base64
import hashlib
import html
import json
import quopri
import re
import sys
from datetime import datetime
from email import policy
from email.header import Header
from email.message import EmailMessage, Message
from email.mime.application import MIMEApplication
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.utils import format_datetime, formataddr, getaddresses, parseaddr
from pathlib import Path
from typing import Any

import yaml

Case = dict[str, Any]

DAYS = ["mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag"]
MONTHS = ["januar", "februar", "marts", "april", "maj", "juni", "juli", "august",
          "september", "oktober", "november", "december"]
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==")


def when(value: Any) -> datetime:
    """A YAML date (string or datetime) as an aware datetime."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))


def long_date(d: datetime) -> str:
    return f"{d.day}. {MONTHS[d.month - 1]} {d.year} {d:%H:%M}"


def short_date(d: datetime) -> str:
    return f"{DAYS[d.weekday()][:3]}. {d.day}. {MONTHS[d.month - 1][:3]}. {d.year} kl. {d:%H.%M}"


def ios_date(d: datetime) -> str:
    return f"{d.day}. {MONTHS[d.month - 1][:3]}. {d.year} kl. {d:%H.%M}"


# -- the thread below the new text, in each client's own manner ------------------------------

def outlook_block(t: Case) -> str:
    head = f"Fra: {t['from']} \nSendt: {long_date(when(t['date']))}\nTil: {t.get('to', 'lv@fremtidensbiblioteker.dk')}\n"
    if t.get("cc"):
        head += f"Cc: {t['cc']}\n"
    return head + f"Emne: {t['subject']}\n\n{t['body'].rstrip()}\n"


def english_outlook_block(t: Case) -> str:
    d = when(t["date"])
    head = f"From: {t['from']}\nSent: {d:%A, %B} {d.day}, {d.year} {d:%I:%M %p}\nTo: {t.get('to', 'lv@fremtidensbiblioteker.dk')}\n"
    return head + f"Subject: {t['subject']}\n\n{t['body'].rstrip()}\n"


def gmail_intro(t: Case) -> str:
    name, address = parseaddr(t["from"])
    return f"Den {short_date(when(t['date']))} skrev {name} <{address}>:"


def ios_intro(t: Case) -> str:
    name, address = parseaddr(t["from"])
    return f"Den {ios_date(when(t['date']))} skrev {name} <{address}>:"


def quote(text: str) -> str:
    return "\n".join("> " + line if line else ">" for line in text.rstrip().splitlines())


def gmail_forward(t: Case) -> str:
    name, address = parseaddr(t["from"])
    return ("---------- Forwarded message ---------\n"
            f"Fra: {name} <{address}>\nDate: {short_date(when(t['date']))}\n"
            f"Subject: {t['subject']}\nTo: <{parseaddr(t.get('to', 'lv@fremtidensbiblioteker.dk'))[1]}>\n\n\n{t['body'].rstrip()}\n")


def ios_forward(t: Case) -> str:
    return ("Start på videresendt besked:\n\n"
            f"Fra: {t['from']}\nDato: {ios_date(when(t['date']))} CET\nTil: {t.get('to', 'lv@fremtidensbiblioteker.dk')}\n"
            f"Emne: {t['subject']}\n\n{t['body'].rstrip()}\n")


def thunderbird_forward(t: Case) -> str:
    return ("-------- Videresendt meddelelse --------\n"
            f"Emne: \t{t['subject']}\nDato: \t{format_datetime(when(t['date']))}\n"
            f"Fra: \t{t['from']}\nTil: \t{t.get('to', 'lv@fremtidensbiblioteker.dk')}\n\n\n{t['body'].rstrip()}\n")


def plain_thread(style: str, thread: list[Case] | None) -> str:
    """The history as plain text, newest first, nested as the client nests it."""
    out = ""
    for t in reversed(thread or []):
        t = dict(t)
        if out:
            t["body"] = t["body"].rstrip() + "\n\n" + out
        forward = t.get("kind") == "forward"
        if style in ("outlook", "outlook-html", "outlook-logo", "owa"):
            out = ("" if t.get("bare") else "________________________________\n") + outlook_block(t)
        elif style == "outlook-en":
            out = "-----Original Message-----\n" + english_outlook_block(t)
        elif style in ("gmail", "gmail-plain"):
            out = gmail_forward(t) if forward else gmail_intro(t) + "\n\n" + quote(t["body"]) + "\n"
        elif style in ("ios", "ios-plain"):
            out = ios_forward(t) if forward else ios_intro(t) + "\n\n" + quote(t["body"]) + "\n"
        else:
            out = thunderbird_forward(t) if forward else gmail_intro(t) + "\n" + quote(t["body"]) + "\n"
    return out


# -- HTML, in each client's own markup --------------------------------------------------------

def inline(text: str) -> str:
    return html.escape(text, quote=False).replace("  ", "&nbsp; ")


def html_table(rows: list[list[str]], word: bool) -> str:
    cell = ('<td width="160" valign="top" style="width:120.0pt;border:solid windowtext 1.0pt;padding:0cm 5.4pt 0cm 5.4pt">'
            '<p class="MsoNormal">{}<o:p></o:p></p></td>' if word else "<td>{}</td>")
    body = "".join("<tr>" + "".join(cell.format(inline(str(c)) or "&nbsp;") for c in row) + "</tr>" for row in rows)
    return ('<table class="MsoTableGrid" border="1" cellspacing="0" cellpadding="0">' if word else "<table>") + body + "</table>"


def html_body(style: str, text: str, table: list[list[str]] | None) -> str:
    word = style.startswith("outlook")
    out = []
    for line in text.rstrip().split("\n"):
        if line.strip() == "{{table}}" and table:
            out.append(html_table(table, word))
        elif word:
            out.append(f'<p class="MsoNormal">{inline(line) or "&nbsp;"}<o:p></o:p></p>')
        elif style == "owa":
            out.append('<div class="elementToProof" style="font-family: Aptos, Calibri, sans-serif; font-size: 12pt;">'
                       f'{inline(line) or "<br>"}</div>')
        else:
            out.append(f"<div>{inline(line) or '<br>'}</div>")
    return "\n".join(out)


def html_thread(style: str, thread: list[Case] | None) -> str:
    out = ""
    for t in reversed(thread or []):
        forward = t.get("kind") == "forward"
        name, address = parseaddr(t["from"])
        if style.startswith("outlook"):
            head = "".join(f"<b>{k}:</b> {html.escape(v)}<br>\n" for k, v in (
                ("Fra", t["from"]), ("Sendt", long_date(when(t["date"]))),
                ("Til", t.get("to", "lv@fremtidensbiblioteker.dk")), ("Emne", t["subject"])))
            out = ('<div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm">'
                   f'<p class="MsoNormal">{head}<o:p></o:p></p></div></div>'
                   + html_body(style, t["body"], None) + out)
        elif style == "owa":
            head = "".join(f"<b>{k}:</b> {html.escape(v)}<br>" for k, v in (
                ("Fra", t["from"]), ("Sendt", long_date(when(t["date"]))),
                ("Til", t.get("to", "lv@fremtidensbiblioteker.dk")), ("Emne", t["subject"])))
            out = ('<hr tabindex="-1" style="display:inline-block; width:98%"><div id="divRplyFwdMsg" dir="ltr">'
                   f'<font face="Calibri, sans-serif">{head}</font></div>' + html_body(style, t["body"], None) + out)
        elif style == "gmail" and forward:
            out = ('<div class="gmail_quote"><div dir="ltr" class="gmail_attr">---------- Forwarded message ---------<br>'
                   f'Fra: <strong class="gmail_sendername" dir="auto">{html.escape(name)}</strong> '
                   f'<span dir="auto">&lt;<a href="mailto:{address}">{address}</a>&gt;</span><br>'
                   f'Date: {short_date(when(t["date"]))}<br>Subject: {html.escape(t["subject"])}<br>'
                   'To: &lt;lv@fremtidensbiblioteker.dk&gt;<br></div><br><br>'
                   + html_body(style, t["body"], None) + out + "</div>")
        elif forward:
            out = ('<blockquote type="cite"><div>Start på videresendt besked:</div><br>'
                   f'<div><b>Fra: </b>{html.escape(t["from"])}<br><b>Emne: </b><b>{html.escape(t["subject"])}</b><br>'
                   f'<b>Dato: </b>{ios_date(when(t["date"]))} CET<br><b>Til: </b>lv@fremtidensbiblioteker.dk</div><br>'
                   + html_body(style, t["body"], None) + out + "</blockquote>")
        else:
            intro = gmail_intro(t) if style == "gmail" else ios_intro(t)
            out = (f'<div class="gmail_quote"><div dir="ltr" class="gmail_attr">{html.escape(intro)}<br></div>'
                   '<blockquote class="gmail_quote" '
                   'style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex">'
                   if style == "gmail" else f'<blockquote type="cite"><div>{html.escape(intro)}</div><br>')
            out += html_body(style, t["body"], None)
            out += "</blockquote></div>" if style == "gmail" else "</blockquote>"
    return out


def html_document(style: str, case: Case) -> str:
    body = html_body(style, case["body"], case.get("table"))
    thread = html_thread(style, case.get("thread"))
    if style == "outlook-logo":
        body += ('<p class="MsoNormal"><img width="160" height="48" src="cid:image001.png@01DC8A1B.7F3E2C10">'
                 '<o:p></o:p></p>')
    if style.startswith("outlook"):
        return ('<html xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
                'xmlns:w="urn:schemas-microsoft-com:office:word">\n<head>'
                '<meta http-equiv="Content-Type" content="text/html; charset=utf-8">'
                '<meta name="Generator" content="Microsoft Word 15 (filtered medium)">\n<style><!--\n@font-face {font-family:Calibri;}\n'
                'p.MsoNormal, li.MsoNormal {margin:0cm; font-size:11.0pt; font-family:"Calibri",sans-serif;}\n'
                '@page WordSection1 {size:612.0pt 792.0pt; margin:3.0cm 2.0cm 3.0cm 2.0cm;}\n--></style></head>\n'
                f'<body lang="DA" link="#0563C1" vlink="#954F72"><div class="WordSection1">\n{body}\n{thread}</div></body></html>\n')
    if style == "gmail":
        return f'<div dir="ltr">{body}</div><br>{thread}\n'
    return ('<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"></head>'
            f'<body dir="auto">{body}<br>{thread}</body></html>\n')


def plain_text(style: str, case: Case) -> str:
    text: str = case["body"].rstrip() + "\n"
    if case.get("table"):
        rows = case["table"]
        if style.startswith("outlook"):   # Word's own text version: a cell a line
            table = "\n\n".join("\n\n".join(str(c) for c in row) for row in rows)
        else:
            table = "\n".join("\t".join(str(c) for c in row) for row in rows)
        text = text.replace("{{table}}", table)
    if case.get("thread"):
        text += "\n" + plain_thread(style, case["thread"])
    if style in ("outlook", "outlook-logo"):   # Outlook's text part doubles the line breaks
        text = re.sub(r"\n(?!\n)", "\n\n", text) if case.get("doubled") else text
    return text


# -- MIME ---------------------------------------------------------------------------------------

def text_part(text: str, subtype: str, charset: str, cte: str, **params: Any) -> MIMENonMultipart:
    part = MIMENonMultipart("text", subtype, charset=charset, **params)
    raw = text.replace("\n", "\r\n").encode(charset, "replace")
    if cte == "base64":
        part["Content-Transfer-Encoding"] = "base64"
        part.set_payload(base64.encodebytes(raw).decode())
    elif cte == "8bit":
        part["Content-Transfer-Encoding"] = "8bit"
        part.set_payload(raw.decode("ascii", "surrogateescape"))
    else:
        part["Content-Transfer-Encoding"] = "quoted-printable"
        part.set_payload(quopri.encodestring(raw.replace(b"\r\n", b"\n")).decode())
    return part


def flowed(text: str, width: int = 72) -> str:
    """RFC 3676: soft breaks end in a space."""
    out = []
    for line in text.split("\n"):
        if line.startswith(">") or len(line) <= width:
            out.append(line.rstrip() if line != "-- " else line)
            continue
        words, cur = line.split(" "), ""
        for w in words:
            if len(cur) + len(w) + 1 > width and cur:
                out.append(cur + " ")
                cur = w
            else:
                cur = w if not cur else cur + " " + w
        out.append(cur)
    return "\n".join(out)


def alternative(plain: str, rich: str, charset: str = "utf-8", cte: str = "qp") -> MIMEMultipart:
    part = MIMEMultipart("alternative")
    part.attach(text_part(plain, "plain", charset, cte))
    part.attach(text_part(rich, "html", charset, cte))
    return part


STYLES = ("plain", "plain-8bit", "latin1", "cp1252-b64", "flowed", "outlook", "outlook-html", "outlook-logo",
          "outlook-en", "owa", "gmail", "gmail-plain", "ios", "ios-plain", "mislabelled", "raw")


def content(style: str, case: Case) -> Message[str, str]:
    text = plain_text(style, case)
    if style in ("plain", "outlook-en", "gmail-plain", "ios-plain"):
        return text_part(text, "plain", "utf-8", "qp")
    if style == "plain-8bit":
        return text_part(text, "plain", "utf-8", "8bit")
    if style == "latin1":
        return text_part(text, "plain", "iso-8859-1", "qp")
    if style == "cp1252-b64":
        return text_part(text, "plain", "windows-1252", "base64")
    if style == "flowed":
        return text_part(flowed(text), "plain", "utf-8", "8bit", format="flowed")
    if style == "mislabelled":   # UTF-8 bytes that claim to be ISO-8859-1
        part = text_part(text, "plain", "utf-8", "8bit")
        part.set_param("charset", "iso-8859-1")
        return part
    rich = html_document(style, case)
    if style == "outlook-html":
        return text_part(rich, "html", "utf-8", "base64")
    if style == "outlook-logo":
        related = MIMEMultipart("related", type="multipart/alternative")
        related.attach(alternative(text, rich))
        logo = MIMEImage(PNG, "png", name="image001.png")
        logo["Content-ID"] = "<image001.png@01DC8A1B.7F3E2C10>"
        logo["Content-Disposition"] = 'inline; filename="image001.png"'
        related.attach(logo)
        return related
    return alternative(text, rich, cte="base64" if style == "owa" else "qp")


def header_value(text: str) -> str:
    return text if text.isascii() else Header(text, "utf-8", maxlinelen=70).encode()


def address_header(value: str) -> str:
    return ", ".join(formataddr(pair, "utf-8") for pair in getaddresses([value]))


def build(case: Case) -> bytes:
    style = case.get("style", "plain")
    if style not in STYLES:
        raise SystemExit(f"{case['id']}: unknown style {style!r}; one of {', '.join(STYLES)}")
    if style == "raw":
        raw_text: str = case["raw"]
        return raw_text.replace("\r\n", "\n").replace("\n", "\r\n").encode(case.get("raw_charset", "utf-8"), "surrogateescape")
    message: Message[Any, Any] = content(style, case)
    if case.get("attachments"):
        mixed = MIMEMultipart("mixed")
        mixed.attach(message)
        for a in case["attachments"]:
            data = base64.b64decode(a["base64"]) if "base64" in a else str(a.get("text", "")).encode()
            part: Message[Any, Any] = MIMEApplication(data, a.get("type", "application/octet-stream").split("/")[1])
            part.replace_header("Content-Type", a.get("type", "application/octet-stream"))
            part.add_header("Content-Disposition", "attachment", filename=a["name"])
            mixed.attach(part)
        message = mixed
    digest = hashlib.sha256(case["id"].encode()).hexdigest()[:20]
    sent = when(case["date"])
    sender = parseaddr(case["from"])[1]
    domain = sender.rpartition("@")[2] or "localhost"
    head = EmailMessage(policy=policy.compat32)
    head["Return-Path"] = f"<{case.get('return_path', sender)}>"
    received = format_datetime(when(case.get("received", sent)))
    head["Received"] = f"from mail.{domain} (mail.{domain} [192.0.2.17]) by mx.fremtidensbiblioteker.dk with ESMTPS; {received}"
    if case.get("auth", "pass") != "none":
        verdict = case.get("auth", "pass")
        head["Authentication-Results"] = (f"mx.fremtidensbiblioteker.dk; spf={verdict} smtp.mailfrom={domain}; "
                                          f"dkim={verdict} header.d={domain}; dmarc={verdict} header.from={domain}")
    head["From"] = address_header(case["from"])
    head["To"] = address_header(case.get("to", "lv@fremtidensbiblioteker.dk"))
    if case.get("cc"):
        head["Cc"] = address_header(case["cc"])
    if case.get("reply_to"):
        head["Reply-To"] = address_header(case["reply_to"])
    head["Subject"] = header_value(case.get("subject", ""))
    head["Date"] = format_datetime(sent)
    if not case.get("no_message_id"):
        head["Message-ID"] = case.get("message_id", f"<{digest}@{domain}>")
    if case.get("in_reply_to"):
        head["In-Reply-To"] = case["in_reply_to"]
        head["References"] = case["in_reply_to"]
    for k, v in (case.get("headers") or {}).items():
        head[k] = header_value(str(v))
    head["MIME-Version"] = "1.0"
    for boundary_owner in message.walk():
        if boundary_owner.is_multipart():
            n = hashlib.sha256((case["id"] + boundary_owner.get_content_type()).encode()).hexdigest()[:16]
            boundary_owner.set_boundary(f"_000_{n}_")
    lines = "".join(f"{k}: {v}\n" for k, v in head.items())
    for part in message.walk():
        del part["MIME-Version"]
    raw = lines.encode("utf-8") + message.as_bytes(policy=policy.compat32.clone(max_line_length=0))
    return raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    seen: set[str] = set()
    for path in args.cases:
        for case in yaml.safe_load(path.read_text("utf-8")):
            if case["id"] in seen:
                raise SystemExit(f"{path}: id {case['id']} stands twice")
            seen.add(case["id"])
            (args.out / f"{case['id']}.eml").write_bytes(build(case))
            gold = dict(case["gold"], id=case["id"], why=case.get("why", ""))
            (args.out / f"{case['id']}.json").write_text(json.dumps(gold, ensure_ascii=False, indent=1, default=str) + "\n", "utf-8")
    sys.stdout.write(f"{len(seen)} messages in {args.out}\n")


if __name__ == "__main__":
    main()
