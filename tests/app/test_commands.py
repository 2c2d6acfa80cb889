"""Commands by real mail: digest out, her answer in, every line carried out or accounted for; and those that must not work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path

import openpyxl

from app.desk import COURSE, FAIL, HER, PASS, Desk, embedded_desk, kinds, links, outcome, put, quoted, text_of
from app.office import signup
from mailbot.app.commands import MOST_REPLIES
from mailbot.app.tokens import link_token
from mailbot.course import Mode, Status
from mailbot.demo.server import MailServer
from mailbot.registration.records import ItemKind, LetterState


def test_a_day_of_commands_is_carried_out_and_every_line_accounted_for(busy: Desk) -> None:
    digest = busy.digest()
    put(busy, 5, Status.REVIEW)
    text = """Hej

pladser 6
venteliste 5
ret 1 ean 5798000420526
sted 1 Odense Hovedbibliotek
flyt 1 2099-06-12
godkend 10
venteliste 11
svar 9: Ja, der er parkering bag biblioteket.
Kom gerne i god tid.

tilføj Kim Vest, souschef, Greve Bibliotek, kve@greve-kom.dk, 5798000123458
send 1 igen
afmeld 3

Med venlig hilsen
Lisbet Vestergaard"""
    letters = busy.arrive(busy.write(text, answers=digest, quoting=quoted(digest)))
    (reply,) = [x for x in letters if x["To"] == HER]
    said = outcome(reply)
    assert len(said) == 11
    assert set(said.values()) == {"klaret."}
    assert busy.roster.course.capacity == 6
    assert (busy.roster.course.meetings[0].place, str(busy.roster.course.meetings[0].date)) == ("Odense Hovedbibliotek", "2099-06-12")
    first = busy.roster.get(1)
    assert first is not None
    assert first.person.ean == "5798000420526"
    by_name = {r.person.name: r.status for r in busy.roster.registrations}
    assert by_name["Bo Beck"] is Status.CANCELLED
    assert by_name["Per Dahl"] is by_name["Ida Lund"] is Status.OFFERED  # both waited, and there are six seats now
    assert {by_name["Ole Friis"], by_name["Kim Vest"]} <= {Status.CONFIRMED, Status.WAITING, Status.OFFERED}
    assert by_name["Eva Krogh"] in (Status.WAITING, Status.OFFERED)
    assert busy.open_items() == []
    answer = next(x for x in letters if "akr@" in x["To"])
    assert "Ja, der er parkering bag biblioteket. Kom gerne i god tid." in text_of(answer)
    assert "Odense" not in text_of(answer)


def test_offer_stop_pause_resume_call_off_and_the_mode(busy: Desk) -> None:
    first = busy.digest()
    put(busy, 5, Status.EXPIRED)
    letters = busy.arrive(busy.write("tilbyd 5\npause\nafmeld 1\n", answers=first))
    assert kinds(letters, busy) == [("command_reply", "lv@fremtidensbiblioteker.dk")]  # the others wait
    (reply,) = letters
    assert busy.roster.settings.paused
    waiting = [x for x in busy.roster.letters if x.state is LetterState.PLANNED]
    assert {x.kind.value for x in waiting} >= {"offer", "cancelled"}
    stopped = next(x for x in waiting if x.kind.value == "cancelled")
    letters = busy.arrive(busy.write(f"stop {stopped.number}\nfortsæt", answers=reply))
    sent = kinds(letters, busy)
    assert ("offer", "id@bib2-kom.dk") in sent
    assert not [kind for kind, _ in sent if kind == "cancelled"]
    letters = busy.arrive(busy.write("aflys 1\ntilstand observe\ntilbyd 7\n", answers=reply))
    assert kinds(letters, busy) == [("command_reply", "lv@fremtidensbiblioteker.dk")]
    assert busy.roster.course.meetings[0].called_off
    assert busy.roster.settings.mode is Mode.OBSERVE
    letters = busy.arrive(busy.write("status\n", answers=reply))
    assert kinds(letters, busy) == [("command_reply", "lv@fremtidensbiblioteker.dk")]  # whatever the mode


def test_a_thread_that_she_took_over_is_handed_back_and_her_lines_take_none_over(desk: Desk) -> None:
    hers = desk.write("Fint, jeg har skrevet dig op.").replace(b"To: lv@fremtidensbiblioteker.dk", b"To: mho@eksempelby-kom.dk")
    hers = b"In-Reply-To: <mho@eksempelby-kom.dk.1>\r\n" + hers
    desk.person.deliver(hers, mailbox="Sent", at=desk.now)
    desk.arrive(signup("Mette Holm", "mho@eksempelby-kom.dk"))
    (taken,) = desk.open_items()
    assert taken.kind is ItemKind.TAKEN
    first = desk.write(f"fortsæt {taken.id}", answers=desk.digest())
    (reply,) = desk.arrive(first)
    assert outcome(reply) == {f"fortsæt {taken.id}": "klaret."}
    second = desk.write("status", answers=reply)
    for raw in (first, second):
        desk.person.deliver(raw, mailbox="Sent", at=desk.now)
    assert len(desk.arrive(second)) == 1
    assert desk.open_items() == []


def test_she_is_answered_in_draft_as_well(embedded: MailServer, tmp_path: Path) -> None:
    desk = embedded_desk(embedded, tmp_path, mode="draft")
    desk.arrive(signup("Mette Holm", "mho@eksempelby-kom.dk"))
    (reply,) = desk.arrive(desk.write("afmeld 1", answers=desk.digest()))
    assert outcome(reply) == {"afmeld 1": "klaret."}
    assert len(embedded.messages("bot@example.dk", "Drafts")) >= 1  # what goes to Mette waits there
    desk.close()


def test_list_status_and_help_come_in_the_reply(busy: Desk) -> None:
    (reply,) = busy.arrive(busy.write("liste\nstatus\nhjælp", answers=busy.digest()))
    assert "3 af 3 pladser er taget, 1 på venteliste, 3 venter på dig." in text_of(reply)
    assert "godkend 12 – sig ja til et forslag" in text_of(reply)
    (book,) = [part for part in reply.iter_attachments() if part.get_filename() == f"{COURSE}.xlsx"]
    sheet = openpyxl.load_workbook(BytesIO(book.get_content())).worksheets[1]
    assert "Mette Holm" in {cell.value for row in sheet.iter_rows() for cell in row}
    assert reply["Auto-Submitted"] == "auto-replied"


def test_ten_commands_of_which_two_are_wrong(busy: Desk) -> None:
    lines = ["godkend 10", "afvis 11", "gokend 12", "pladser 5", "ret 1 titel leder", "afmeld 999", "status", "sted 1 Odense", "liste"]
    lines.append("afmeld 3")
    (reply,) = [x for x in busy.arrive(busy.write("\n".join(lines), answers=busy.digest())) if x["To"] == HER]
    said = outcome(reply)
    assert list(said) == lines
    assert said["gokend 12"] == "den linje forstod jeg ikke. Mente du »godkend 12«?"
    assert said["afmeld 999"] == "Der er intet med nummer 999."
    assert sum(text == "klaret." for text in said.values()) == 6
    assert busy.roster.course.capacity == 5


def test_a_link_of_the_digest_does_what_it_says_once_and_nothing_else(busy: Desk) -> None:
    found = links(busy.digest())
    assert {"godkend 10", "venteliste 10", "afvis 10", "godkend 11", "svar 9:", "luk 9"} <= set(found)

    (reply,) = [x for x in busy.arrive(busy.write(found["afvis 11"] + "\nSendt fra min iPhone")) if x["To"] == HER]
    assert outcome(reply) == {"afvis 11": "klaret."}
    again = busy.write("Igen: " + found["afvis 11"], Subject="igen")
    (reply,) = busy.arrive(again, busy.write(found["afvis 11"]))[-1:]
    assert "har du allerede sendt én gang" in outcome(reply)["afvis 11"]

    other = found["godkend 10"].replace("godkend 10", "godkend 10\npladser 99")
    letters = busy.arrive(busy.write(other))
    (reply,) = [x for x in letters if x["To"] == HER]
    assert outcome(reply)["godkend 10"] == "klaret."
    assert "Koden passer ikke til linjen" in outcome(reply)["pladser 99"]
    assert busy.roster.course.capacity == 3

    answered = found["svar 9:"].replace("svar 9:", "svar 9: Ja, bag biblioteket.")
    assert ("answer", "akr@eksempelby-kom.dk") in kinds(busy.arrive(busy.write(answered)), busy)


def test_a_link_that_leaves_the_rest_to_her_is_good_for_what_it_began(busy: Desk) -> None:
    """`sted 1 …` and `ret 1 mail …`: any place and any address, once, and no other meeting, person or field."""
    secret = busy.store.secret_key()
    place, address = (link_token(secret, COURSE, begun, busy.now) for begun in ("sted 1 ", "ret 1 mail "))

    def said(text: str, token: str) -> dict[str, str]:
        letters = busy.arrive(busy.write(f"{text}\n\nmailbot-link.{token}\n"))
        return outcome([x for x in letters if x["To"] == HER][-1])

    assert said("sted 1 Odense Hovedbibliotek", place) == {"sted 1 Odense Hovedbibliotek": "klaret."}
    assert "allerede sendt én gang" in said("sted 1 Vejle", place)["sted 1 Vejle"]
    assert said("ret 1 mail mette@bib0-kom.dk", address) == {"ret 1 mail mette@bib0-kom.dk": "klaret."}
    letters = busy.arrive(busy.write(f"ret 3 mail mette@bib0-kom.dk\nret 1 titel chef\nmailbot-link.{address}"))
    assert letters == []  # no token of ours for these lines, and no word of our server
    found = busy.roster.get(1)
    assert found is not None
    assert (busy.roster.course.meetings[0].place, found.person.email) == ("Odense Hovedbibliotek", "mette@bib0-kom.dk")
    assert found.person.title != "chef"


def test_a_line_of_a_digest_counts_once_but_the_reply_is_a_new_word(busy: Desk) -> None:
    digest = busy.digest()
    (first,) = [x for x in busy.arrive(busy.write("pladser 4", answers=digest)) if x["To"] == HER]
    busy.arrive(busy.write("pladser 5", answers=digest))
    (replayed,) = busy.arrive(busy.write("Pladser  4", answers=digest))
    assert "allerede sendt én gang" in outcome(replayed)["Pladser 4"]
    assert busy.roster.course.capacity == 5
    busy.arrive(busy.write("pladser 4", answers=first, quoting=quoted(digest)))  # quoted in the answer to an answer
    assert busy.roster.course.capacity == 4


def test_the_code_in_the_quoted_text_is_enough_and_one_from_a_phone_above_the_quote_is_read(busy: Desk) -> None:
    digest = busy.digest()
    below = f"{quoted(digest).lstrip()}\n\npladser 7\n\n-- \nLisbet\nSendt fra min iPhone\n"
    (reply,) = [x for x in busy.arrive(busy.write("", quoting=below)) if x["To"] == HER]
    assert outcome(reply) == {"pladser 7": "klaret."}
    above = f"Pladser 8\n\nLisbet\n\nSendt fra min iPhone\n{quoted(reply)}{quoted(digest)}"
    (reply,) = [x for x in busy.arrive(busy.write(above)) if x["To"] == HER]
    assert outcome(reply) == {"Pladser 8": "klaret."}
    page = digest.get_body(("html",))
    assert page is not None
    from_outlook = EmailMessage()
    from_outlook["From"], from_outlook["To"], from_outlook["Subject"] = HER, "lv@fremtidensbiblioteker.dk", "SV: Hverdagsledelse"
    from_outlook["Message-ID"] = "<outlook@her.dk>"
    header = "<b>Fra:</b> Lisbet Vestergaard<br><b>Sendt:</b> 24. november 2026 07:30<br><b>Til:</b> Lisbet<br><b>Emne:</b> Hverdagsledelse"
    new = "<div>pladser&nbsp;9</div><div>Hent <a href='https://aka.ms/o0ukef'>Outlook til iOS</a></div><hr>"
    from_outlook.set_content(f"<html><body>{new}<div>{header}</div>{page.get_content()}</body></html>", subtype="html")
    (reply,) = [x for x in busy.arrive(from_outlook.as_bytes(policy=policy.SMTP)) if x["To"] == HER]
    assert outcome(reply) == {"pladser 9": "klaret."}
    assert busy.roster.course.capacity == 9


def test_what_is_forged_changes_nothing_and_is_shown_to_her(busy: Desk) -> None:
    digest = busy.digest()
    wrong = link_token(b"another secret", COURSE, "pladser 99", busy.now)
    letters = busy.arrive(
        busy.write("pladser 99\npause", answers=digest, results=FAIL),      # even with the right key
        busy.write("pladser 99"),                                          # no word of our server, no key
        busy.write("pause"),
        busy.write(f"pladser 99\n\nmailbot-link.{wrong}"),
    )
    assert letters == []
    assert busy.roster.course.capacity == 3
    assert not busy.roster.settings.paused
    reasons = [i.reasons[0].code for i in busy.open_items() if i.id > 11]
    assert reasons == ["authentication_failed", "command_not_proved", "command_not_proved", "command_not_proved"]

    stranger = busy.write("pladser 99", answers=digest, quoting=quoted(digest), sender="Bo Beck <bo@bib1-kom.dk>")
    busy.arrive(stranger)
    assert busy.roster.course.capacity == 3


def test_without_a_token_pause_works_and_the_rest_is_reported_once_a_day(busy: Desk) -> None:
    (reply,) = busy.arrive(busy.write("pladser 99\nafvis 11", results=PASS))
    assert set(outcome(reply).values()) == {"Det kræver et svar på det nyeste overblik, så jeg kan se, at det er dig."}
    assert busy.arrive(busy.write("godkend 10", results=PASS)) == []
    assert [i.reasons[0].code for i in busy.open_items() if i.id > 11] == ["command_without_token"]
    wrong = link_token(b"another secret", COURSE, "pladser 99", busy.now)
    (reply,) = busy.arrive(busy.write(f"pladser 99\nmailbot-link.{wrong}", results=PASS))
    assert "Koden passer ikke til linjen" in outcome(reply)["pladser 99"]
    assert (busy.roster.course.capacity, busy.roster.settings.paused) == (3, False)
    (reply,) = busy.arrive(busy.write("pause", results=PASS))
    assert outcome(reply) == {"pause": "klaret."}
    assert busy.roster.settings.paused


def test_after_fourteen_days_a_token_is_old(busy: Desk) -> None:
    digest = busy.digest()
    busy.now += timedelta(days=14, minutes=-1)
    busy.arrive(busy.write("pladser 4", answers=digest))
    assert busy.roster.course.capacity == 4
    busy.now += timedelta(minutes=2)
    (reply,) = busy.arrive(busy.write("pladser 9", answers=digest))[-1:]
    assert "mere end 14 dage gammel" in outcome(reply)["pladser 9"]
    (reply,) = busy.arrive(busy.write(links(digest)["afvis 11"]))
    assert "mere end 14 dage gammel" in outcome(reply)["afvis 11"]
    assert busy.roster.course.capacity == 4


def test_what_answers_by_itself_from_her_address_is_no_command(busy: Desk) -> None:
    digest = busy.digest()
    letters = busy.arrive(
        busy.write("pladser 99", answers=digest, Auto_Submitted="auto-replied"),
        busy.write("Jeg er på ferie.\npladser 99", Subject="Automatisk svar: Overblik", Precedence="bulk", quoting=quoted(digest)),
    )
    assert letters == []
    assert busy.roster.course.capacity == 3


def test_two_machines_that_answer_each_other_come_to_rest(embedded: MailServer, tmp_path: Path) -> None:
    busy = embedded_desk(embedded, tmp_path)
    letter, replies = busy.digest(), 0
    for _ in range(MOST_REPLIES + 5):
        answered = busy.arrive(busy.write("Tak for din mail", answers=letter))
        replies += len(answered)
        letter = answered[-1] if answered else letter
    assert replies == MOST_REPLIES
    busy.close()


FORWARD = """\
Tilføj hende gerne

---------- Forwarded message ---------
Fra: Pia Toft <pto@roskilde-kom.dk>
Date: man. 2. feb. 2026 kl. 10.00
Subject: Tilmelding
To: Lisbet Vestergaard <lv@fremtidensbiblioteker.dk>

Hej Lisbet

Jeg vil gerne tilmeldes Hverdagsledelse 2026.

Pia Toft, souschef, Roskilde Bibliotek, EAN 5798000123458
"""


def test_mail_of_hers_that_is_no_command_goes_the_ordinary_way(desk: Desk) -> None:
    desk.arrive(desk.write(FORWARD, results=PASS, Subject="Fwd: Tilmelding"))
    assert [r.person.name for r in desk.roster.registrations] == ["Pia Toft"]
    desk.arrive(desk.write("Hej Bo. Skal vi spise frokost på torsdag?", results=PASS, Subject="Frokost"))
    assert desk.open_items() == []


def test_a_pause_without_a_token_holds_in_every_course(embedded: MailServer, tmp_path: Path) -> None:
    desk = embedded_desk(embedded, tmp_path)
    second = desk.roster.course.model_copy(update={"id": "ledelse-2027", "title": "Ledelse 2027"})
    desk.store.save_course(second, desk.now)
    desk.arrive(desk.write("pause", results=PASS))
    assert [desk.store.roster(course.id).settings.paused for course in desk.store.courses()] == [True, True]
    desk.close()


def test_the_program_itself_reads_her_answer(embedded: MailServer, tmp_path: Path) -> None:
    desk = embedded_desk(embedded, tmp_path, mode="observe")
    desk.now = datetime.now(UTC)  # the program looks at the clock of the machine
    answer = desk.write("tilstand auto", answers=desk.digest())
    desk.close()
    embedded.deliver("bot@example.dk", answer)
    assert desk.office.once() == {"messages": {"handled": 1}, "due": 0, "letters": 1}
    (reply,) = desk.letters()
    assert outcome(reply) == {"tilstand auto": "klaret."}
