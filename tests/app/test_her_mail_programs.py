"""Her answers as the mail programs of phones and desks write them, and every form of a line: each is accounted for in one reply."""

from __future__ import annotations

from email import policy
from email.message import EmailMessage

import pytest

from app.desk import HER, Desk, kinds, outcome, quoted, text_of
from mailbot.course import Mode, Status
from mailbot.registration.records import LetterState


def html_of(letter: EmailMessage) -> str:
    part = letter.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def mail(desk: Desk, text: str, page: str = "") -> bytes:
    """An answer of hers without References, as some programs send it: only what it quotes shows that it is hers."""
    desk.number += 1
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = HER, "lv@fremtidensbiblioteker.dk", "Sv: Hverdagsledelse 2026"
    made["Message-ID"] = f"<program-{desk.number}@her.dk>"
    if text:
        made.set_content(text)
    if page and text:
        made.add_alternative(page, subtype="html")
    elif page:
        made.set_content(page, subtype="html")
    return made.as_bytes(policy=policy.SMTP)


def iphone(desk: Desk, digest: EmailMessage, lines: list[str]) -> bytes:
    """Signature above the quote; the plain part quotes with ">", the HTML part with a blockquote."""
    when = "Den 24. nov. 2026 kl. 07.30 skrev Lisbet Vestergaard <lv@fremtidensbiblioteker.dk>:"
    text = "\n".join(lines) + "\n\nSendt fra min iPhone\n" + quoted(digest).replace("Den tir. 24. nov.", "\nDen 24. nov.")
    divs = "".join(f"<div>{line}</div>" for line in lines)
    page = (
        f'<html><body dir="auto">{divs}<div><br></div><div dir="ltr">Sendt fra min iPhone</div><div dir="ltr"><br>'
        f'<blockquote type="cite">{when}<br><br></blockquote></div><blockquote type="cite">{html_of(digest)}</blockquote></body></html>'
    )
    return mail(desk, text, page)


def outlook(desk: Desk, digest: EmailMessage, lines: list[str]) -> bytes:
    """HTML alone, every line a paragraph of Word's, the old mail below a line with its headers, nothing marked as quoted."""
    new = "".join(f'<p class="MsoNormal"><span lang="DA">{line}<o:p></o:p></span></p>' for line in lines)
    header = (
        '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal"><b>Fra:</b> Lisbet '
        "Vestergaard &lt;lv@fremtidensbiblioteker.dk&gt; <br><b>Sendt:</b> 24. november 2026 07:30<br><b>Til:</b> Lisbet Vestergaard "
        "&lt;lv@fremtidensbiblioteker.dk&gt;<br><b>Emne:</b> Hverdagsledelse 2026: 3 af 3 pladser</p></div>"
    )
    signature = '<p class="MsoNormal">Med venlig hilsen<o:p></o:p></p><p class="MsoNormal">Lisbet Vestergaard<br>Tlf. 12 34 56 78</p>'
    return mail(desk, "", f'<html><body lang="DA"><div class="WordSection1">{new}{signature}{header}{html_of(digest)}</div></body></html>')


def android(desk: Desk, digest: EmailMessage, lines: list[str]) -> bytes:
    """Gmail: a div of its own for the quote, in plain text the line that introduces it broken in two."""
    text = "\n".join(lines) + "\n\n" + quoted(digest).replace("skrev Lisbet Vestergaard ", "skrev Lisbet Vestergaard\n")
    page = (
        f'<div dir="auto">{"<br>".join(lines)}</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">Den tir. 24. nov. 2026 '
        f"07.30 skrev Lisbet:<br></div><blockquote class=\"gmail_quote\">{html_of(digest)}</blockquote></div>"
    )
    return mail(desk, text, page)


@pytest.mark.parametrize("program", [iphone, outlook, android], ids=["iphone", "outlook", "gmail"])
def test_what_she_writes_above_the_quote_is_read_whatever_she_writes_with(busy: Desk, program: object) -> None:
    digest = busy.digest()
    lines = ["Godkend 10", "Sted 1: Odense Hovedbibliotek", "afmeld 999"]
    letters = busy.arrive(program(busy, digest, lines))  # type: ignore[operator]
    (reply,) = [x for x in letters if x["To"] == HER]
    said = outcome(reply)
    assert list(said) == lines
    assert said["Godkend 10"] == said["Sted 1: Odense Hovedbibliotek"] == "klaret."
    assert said["afmeld 999"] == "Der er intet med nummer 999."
    assert busy.roster.course.meetings[0].place == "Odense Hovedbibliotek"


def test_a_reply_of_a_reply_of_a_reply_still_carries_the_code(busy: Desk) -> None:
    letter = busy.digest()
    for capacity in (4, 5, 6):
        deep = f"pladser {capacity}\n{quoted(letter)}"
        (letter,) = [x for x in busy.arrive(mail(busy, deep)) if x["To"] == HER]
        assert outcome(letter) == {f"pladser {capacity}": "klaret."}
    assert busy.roster.course.capacity == 6


def test_english_words_ranges_and_lists(busy: Desk) -> None:
    lines = [
        "Seats 4",
        "approve 10",
        "reject #11, 9",
        "correct 1 title: head of section",
        "place 1 Odense Central Library",
        "send 1 again",
        "cancel 1, 3-5 and 7",
        "add Kim West, deputy, Greve Library, kwe@greve-kom.dk, 5798000123458",
        "status",
        "help",
    ]
    (reply,) = [x for x in busy.arrive(busy.write("\n".join(lines), answers=busy.digest())) if x["To"] == HER]
    text = text_of(reply)
    for line in lines:
        assert f"»{line}«" in text
    assert text.count("»cancel 1, 3-5 and 7«") == 5  # 1, 3, 4, 5 and 7
    by_name = {r.person.name: r for r in busy.roster.registrations}
    assert {by_name[n].status for n in ("Mette Holm", "Bo Beck", "Ida Lund", "Per Dahl")} == {Status.CANCELLED}
    assert by_name["Mette Holm"].person.title == "head of section"
    assert by_name["Kim West"].person.ean == "5798000123458"
    assert busy.open_items() == []


def test_every_field_is_corrected(busy: Desk) -> None:
    values = {
        "navn": ("Mette Holm Jensen", "name", "Mette Holm Jensen"),
        "mail": ("mhj@bib0-kom.dk", "email", "mhj@bib0-kom.dk"),
        "titel": ("afdelingsleder", "title", "afdelingsleder"),
        "bibliotek": ("Sønderby Bibliotek", "organisation", "Sønderby Bibliotek"),
        "kommune": ("Sønderby Kommune", "municipality", "Sønderby Kommune"),
        "telefon": ("12 34 56 78", "phone", "+4512345678"),
        "ean": ("5798 0004 20526", "ean", "5798000420526"),
        "cvr": ("13585628", "cvr", "13585628"),
        "reference": ("att. Mette", "reference", "att. Mette"),
        "fakturamail": ("faktura@bib0-kom.dk", "invoice_email", "faktura@bib0-kom.dk"),
        "kost": ("ingen nødder", "dietary", "ingen nødder"),
    }
    lines = [f"ret 1 {word} {value}" for word, (value, _, _) in values.items()]
    wrong = ["ret 1 ean 123", "ret 1 mail nej", "ret 1 sko 43", "ret 1", "ret 999 titel leder"]
    (reply,) = [x for x in busy.arrive(busy.write("\n".join(lines + wrong), answers=busy.digest())) if x["To"] == HER]
    said = outcome(reply)
    assert [said[line] for line in lines] == ["klaret."] * len(lines)
    assert [said[line] for line in wrong] == [
        "»123« kan ikke være rigtigt (EAN-nummer).",
        "»nej« kan ikke være rigtigt (mailadresse).",
        "den linje forstod jeg ikke. Mente du »ret 12 ean 5798000123458«?",
        "den linje forstod jeg ikke. Mente du »ret 12 ean 5798000123458«?",
        "Der er intet med nummer 999.",
    ]
    found = busy.roster.get(1)
    assert found is not None
    assert {field: getattr(found.person, field) for _, field, _ in values.values()} == {f: v for _, f, v in values.values()}
    assert "ingen nødder" not in text_of(reply).split("Det kan du svare")[0].replace("ret 1 kost ingen nødder", "")


def test_an_answer_over_several_lines_ends_where_the_next_command_begins(busy: Desk) -> None:
    text = "svar 9: Hej Anne\n\nJa, der er parkering.\nDet koster ikke noget.\n\ngodkend 10\n\nMvh Lisbet"
    letters = busy.arrive(busy.write(text, answers=busy.digest()))
    answer = next(x for x in letters if "akr@" in x["To"])
    body = answer.get_body(("plain",))
    assert body is not None
    assert "Hej Anne\n\nJa, der er parkering.\nDet koster ikke noget." in str(body.get_content()).replace("\r\n", "\n")
    assert "godkend" not in str(body.get_content())
    assert {"answer", "confirmation"} & {kind for kind, _ in kinds(letters, busy)} >= {"answer"}


def test_move_call_off_and_the_mode(busy: Desk) -> None:
    digest = busy.digest()
    lines = ["flyt 1 til 2099-06-12 kl. 9-14", "aflys 1", "aflys 1", "flyt 7 2099-06-12", "tilstand kladde", "tilstand ligeglad", "fortsæt"]
    (reply,) = [x for x in busy.arrive(busy.write("\n".join(lines), answers=digest)) if x["To"] == HER]
    said = outcome(reply)
    (meeting,) = busy.roster.course.meetings
    assert (str(meeting.date), str(meeting.start), str(meeting.end)) == ("2099-06-12", "09:00:00", "14:00:00")
    assert busy.roster.settings.mode is Mode.DRAFT
    assert said["flyt 7 2099-06-12"] == "Der er intet møde 7."
    assert said["tilstand ligeglad"] == "den linje forstod jeg ikke. Mente du »tilstand auto«?"
    assert said["fortsæt"] in ("Sådan er det allerede.", "det var gjort i forvejen.")
    assert not [x for x in busy.roster.letters if x.state is LetterState.PLANNED and x.kind.value == "place"]
