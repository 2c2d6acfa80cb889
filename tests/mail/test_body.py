"""How the parts of a body are told apart, client by client; and what holds for every text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.mail.body import Context, flow, fold_doubled, split, unquote_forwards
from mailbot.mail.message import Address, Segment, SegmentKind

METTE = Address("Mette Holm Jørgensen", "mhj@brobib.example")
US = frozenset({"lv@bib.example"})


def parts(text: str, **context: object) -> list[tuple[str, int, str]]:
    """(kind, depth, words) of each segment that holds words."""
    known: dict[str, object] = {"sender": METTE, "recipients": US, "subject": "SV: Invitation", **context}
    segments = split(text, Context(**known))  # type: ignore[arg-type]
    assert "".join(text[s.start:s.end] for s in segments) == text
    shown = [(s, " / ".join(text[s.start:s.end].split("\n")).strip(" /")) for s in segments]
    return [(s.kind.value, s.depth, words) for s, words in shown if words]


def first(text: str, kind: SegmentKind, **context: object) -> Segment:
    known: dict[str, object] = {"sender": METTE, "recipients": US, "subject": "SV: Invitation", **context}
    return next(s for s in split(text, Context(**known)) if s.kind is kind)  # type: ignore[arg-type]


HISTORIES = {
    "outlook da": "Fra: Lisbet V <lv@bib.example>\nSendt: 9. december 2025 11:05\nTil: Alle\nEmne: Invitation\n\nKære alle",
    "outlook with a rule": "________________________________\nFra: Lisbet V <lv@bib.example>\nSendt: 9. december 2025 11:05\nTil: Alle\n"
                           "Emne: Invitation\n\nKære alle",
    "outlook without an address": "Fra: Lisbet V\nSendt: 9. december 2025 11:05\nTil: Alle\nEmne: Invitation\n\nKære alle",
    "outlook mailto": "Fra: Lisbet V [mailto:lv@bib.example]\nSendt: 9. december 2025 11:05\nTil: Alle\nEmne: Invitation\n\nKære alle",
    "outlook bold": "*Fra:* Lisbet V <lv@bib.example>\n*Sendt:* 9. december 2025 11:05\n*Til:* Alle\n*Emne:* Invitation\n\nKære alle",
    "outlook doubled": "Fra: Lisbet V <lv@bib.example>\n\nSendt: 9. december 2025 11:05\n\nTil: Alle\n\nEmne: Invitation\n\nKære alle",
    "outlook en": "-----Original Message-----\nFrom: Lisbet V <lv@bib.example>\nSent: Tuesday, December 9, 2025 11:05 AM\nTo: All\n"
                  "Subject: Invitation\n\nKære alle",
    "outlook old da": "-----Oprindelig meddelelse-----\nFra: Lisbet V <lv@bib.example>\nSendt: 9. december 2025 11:05\nTil: Alle\n"
                      "Emne: Invitation\n\nKære alle",
    "outlook de": "Von: Lisbet V <lv@bib.example>\nGesendet: Dienstag, 9. Dezember 2025 11:05\nAn: Alle\nBetreff: Invitation\n\nKære alle",
    "outlook sv": "Från: Lisbet V <lv@bib.example>\nSkickat: den 9 december 2025 11:05\nTill: Alla\nÄmne: Invitation\n\nKære alle",
    "outlook no": "Fra: Lisbet V <lv@bib.example>\nSendt: tirsdag 9. desember 2025 11:05\nTil: Alle\nEmne: Invitation\n\nKære alle",
    "gmail": "Den tirs. 9. dec. 2025 kl. 11.05 skrev Lisbet V <lv@bib.example>:\n\n> Kære alle",
    "gmail wrapped": "Den tirs. 9. dec. 2025 kl. 11.05 skrev Lisbet V <\nlv@bib.example>:\n\n> Kære alle",
    "gmail en": "On Tue, Dec 9, 2025 at 11:05 AM Lisbet V <lv@bib.example> wrote:\n\n> Kære alle",
    "gmail de": "Am Di., 9. Dez. 2025 um 11:05 Uhr schrieb Lisbet V <lv@bib.example>:\n\n> Kære alle",
    "gmail no": "tir. 9. des. 2025 kl. 11:05 skrev Lisbet V <lv@bib.example>:\n\n> Kære alle",
    "gmail sv": "Den tis 9 dec. 2025 kl 11:05 skrev Lisbet V <lv@bib.example>:\n\n> Kære alle",
    "ios": "Den 9. dec. 2025 kl. 11.05 skrev Lisbet V <lv@bib.example>:\n\n> Kære alle",
    "apple quotes the attribution": "> Den 9. dec. 2025 kl. 11.05 skrev Lisbet V <lv@bib.example>:\n>\n> Kære alle",
    "thunderbird": "Den 09-12-2025 kl. 11:05 skrev Lisbet V:\n> Kære alle",
    "name first": "Lisbet V <lv@bib.example> skrev den 09-12-2025 11:05:\n> Kære alle",
    "yahoo": "Den tirsdag den 9. december 2025 kl. 11.05.12 CET skrev Lisbet V <lv@bib.example>:\n\nKære alle",
    "groupwise": ">>> Lisbet V <lv@bib.example> 09-12-2025 11:05 >>>\nKære alle",
    "you wrote": "Du skrev:\n> Kære alle",
    "marks alone": "> Kære alle\n> Så er vi klar",
}


@pytest.mark.parametrize("client", HISTORIES)
def test_the_history_of_each_client(client: str) -> None:
    text = f"Hej Lisbet\n\nJeg vil gerne med.\n\nMvh\nMette Holm\n\n{HISTORIES[client]}\nDe bedste hilsner\nLisbet\n"
    if HISTORIES[client].splitlines()[-1].startswith(">"):
        text = text.replace("\nDe bedste", "\n> De bedste").replace("\nLisbet\n", "\n> Lisbet\n")
    found = parts(text)
    assert found[0] == ("new", 0, "Hej Lisbet /  / Jeg vil gerne med.")
    assert found[1] == ("signature", 0, "Mvh / Mette Holm")
    assert found[2][:2] == ("history", 1)
    assert found[3][:2] == ("signature", 1)
    assert len(found) == 4


@pytest.mark.parametrize("client", sorted(HISTORIES.keys() - {"outlook without an address", "thunderbird", "you wrote", "marks alone"}))
def test_who_wrote_the_history(client: str) -> None:
    segment = first(f"Ja tak\n\n{HISTORIES[client]}\n", SegmentKind.HISTORY)
    assert segment.sender == Address("Lisbet V", "lv@bib.example")
    assert "2025" in segment.date


FORWARDS = {
    "gmail": "---------- Forwarded message ---------\nFra: Jonas Kvist <jk@bib.example>\nDate: tors. 29. jan. 2026 kl. 14.05\n"
             "Subject: Kursus\n"
             "To: Mette <mhj@brobib.example>\n\n\nHej Mette, jeg vil gerne med.\n",
    "apple": "Start på videresendt besked:\n\nFra: Jonas Kvist <jk@bib.example>\nEmne: Kursus\nDato: 29. jan. 2026 kl. 14.05 CET\n"
             "Til: mhj@brobib.example\n\nHej Mette, jeg vil gerne med.\n",
    "apple en": "Begin forwarded message:\n\nFrom: Jonas Kvist <jk@bib.example>\nSubject: Kursus\nDate: 29 January 2026 at 14.05 CET\n"
                "To: mhj@brobib.example\n\nHej Mette, jeg vil gerne med.\n",
    "thunderbird": "-------- Videresendt meddelelse --------\nEmne: \tKursus\nDato: \tThu, 29 Jan 2026 14:05:00 +0100\n"
                   "Fra: \tJonas Kvist <jk@bib.example>\nTil: \tmhj@brobib.example\n\n\nHej Mette, jeg vil gerne med.\n",
    "outlook": "Fra: Jonas Kvist <jk@bib.example>\nSendt: 29. januar 2026 14:05\nTil: Mette <mhj@brobib.example>\nEmne: Kursus\n\n"
               "Hej Mette, jeg vil gerne med.\n",
    "notes": "----- Videresendt af Mette Holm/BRO den 30-01-2026 10:22 -----\n\nFra:    Jonas Kvist <jk@bib.example>\n"
             "Til:    Mette Holm/BRO@BRO\n"
             "Dato:   29-01-2026 15:49\nEmne:   Kursus\n\nHej Mette, jeg vil gerne med.\n",
}


@pytest.mark.parametrize("prefix", ["VS: Kursus", "Fwd: Kursus", "FW: Kursus", "Videresendt: Kursus", "WG: Kursus"])
@pytest.mark.parametrize("client", FORWARDS)
def test_the_forward_of_each_client(client: str, prefix: str) -> None:
    text = f"Hej Lisbet, se nedenfor.\n\nVh Mette\n\n{FORWARDS[client]}\nVh Jonas\n"
    found = parts(text, subject=prefix)
    assert [(kind, depth) for kind, depth, _ in found] == [("new", 0), ("signature", 0), ("forwarded", 1), ("signature", 1)]
    segment = first(text, SegmentKind.FORWARDED, subject=prefix)
    assert (segment.sender, segment.subject) == (Address("Jonas Kvist", "jk@bib.example"), "Kursus")
    assert text[segment.start:segment.end].endswith("jeg vil gerne med.\n\n")


def test_an_outlook_block_under_an_answer_is_history_whoever_wrote_it() -> None:
    assert parts("Ja tak\n\n" + FORWARDS["outlook"], subject="SV: Kursus")[1][0] == "history"


def test_without_a_prefix_the_writer_of_the_block_decides() -> None:
    assert parts("Se her\n\n" + FORWARDS["outlook"], subject="Kursus")[1][0] == "forwarded"
    assert parts("Ja tak\n\n" + HISTORIES["outlook da"], subject="Kursus")[1][0] == "history"


def test_apples_quoted_forward_reads_as_what_it_is() -> None:
    quoted = "Hej\n\n> " + FORWARDS["apple"].strip().replace("\n", "\n> ") + "\n\nVh"
    below = "Hej\n\nStart på videresendt besked:\n\n> " + FORWARDS["apple"].strip().partition("\n\n")[2].replace("\n", "\n> ") + "\n"
    for text in (quoted, below):
        assert "\nFra: Jonas Kvist <jk@bib.example>\n" in unquote_forwards(text)
        assert parts(unquote_forwards(text), subject="Fwd: Kursus")[1][:2] == ("forwarded", 1)


def test_a_chain_of_forwards_keeps_each_writer_and_signature() -> None:
    def block(name: str, subject: str, words: str) -> str:
        head = f"Fra: {name} <{name.lower()}@bib.example>\nSendt: 18. februar 2026 16:40\nTil: X\nEmne: {subject}\n\n"
        return f"{head}{words}\n\nMvh\n{name}\nTlf. 12345678\n\n"

    text = "Sendes videre.\n\n" + block("Pia", "VS: VS: Må jeg?", "Godkendt.") + block("Rie", "VS: Må jeg?", "Jeg bakker op.") + block(
        "Tom", "Må jeg?", "Kan jeg komme med?")
    assert [(kind, depth) for kind, depth, _ in parts(text, subject="VS: VS: VS: Må jeg?")] == [
        ("new", 0), ("forwarded", 1), ("signature", 1), ("forwarded", 2), ("signature", 2), ("forwarded", 3), ("signature", 3),
    ]
    answered = text.replace("Emne: VS: Må jeg?", "Emne: SV: Må jeg?")
    assert [kind for kind, _, _ in parts(answered, subject="VS: Må jeg?")] == [
        "new", "forwarded", "signature", "forwarded", "signature", "history", "signature"]


def test_what_a_history_forwards_is_history() -> None:
    text = "Ja tak\n\n" + HISTORIES["outlook da"].replace("Emne: Invitation", "Emne: VS: Invitation") + "\n\n" + FORWARDS["outlook"]
    assert [kind for kind, _, _ in parts(text)] == ["new", "history", "history"]


def test_inline_answers_are_new() -> None:
    text = (
        "Den 2. feb. 2026 kl. 14.14 skrev Lisbet <lv@bib.example>:\n\n> Vi mangler\n> - din titel\n\nsouschef\n\n"
        "> - EAN-nummer\n\n5798001048170\n\n> Venlig hilsen\n> Lisbet\n\nhilsen Mette\n"
    )
    assert [(kind, words) for kind, _, words in parts(text) if kind != "history"] == [
        ("new", "souschef"), ("new", "5798001048170"), ("signature", "> Venlig hilsen / > Lisbet"), ("signature", "hilsen Mette")]
    assert all(s.sender == Address("Lisbet", "lv@bib.example") for s in split(text) if s.depth == 1)


@pytest.mark.parametrize("words", [
    "Lisbet skrev i invitationen:\nKom og vær med.",
    "Fra: kl. 10\nTil: kl. 15\nEmne: ledelse",
    "Navn: Mette\nEmne: Tilmelding\nDato: 11. juni",
    "Tilmelding fra Brønderslev:\n- Mette\n- Jonas",
    "Den 11. juni kan jeg ikke.",
    "Den nye leder skrev til mig i går, at hun vil med:",
])
def test_what_only_looks_like_an_introduction_is_new(words: str) -> None:
    assert parts(f"Hej Lisbet\n\n{words}\n\nJeg glæder mig.\n")[0][2].endswith("Jeg glæder mig.")


def test_a_lone_mark_in_a_first_letter_is_a_bullet() -> None:
    assert [kind for kind, _, _ in parts("Vi kommer to:\n> Mette\n> Jonas\n", reply=False, subject="Tilmelding")] == ["new"]
    assert [kind for kind, _, _ in parts("Ja\n> Mette\n> Jonas\n")] == ["new", "history"]


def test_flowed_text_is_joined() -> None:
    assert flow("Jeg vil \ngerne med.\n-- \nMette") == "Jeg vil gerne med.\n-- \nMette"
    assert flow("> Kom og \n> vær med\nJa") == "> Kom og vær med\nJa"
    assert flow("tilmel \nding", delsp=True) == "tilmelding"
    assert flow(" > ikke citat") == "> ikke citat"


def test_doubled_line_breaks_are_folded_only_where_all_are_doubled() -> None:
    doubled = "Hej\n\n\n\nJeg vil med\n\nog min kollega\n\n\nMvh\n\nMette"
    assert fold_doubled(doubled) == "Hej\n\nJeg vil med\nog min kollega\n\nMvh\nMette\n"
    once = "Hej\n\nJeg vil med\n\nMvh\nMette\n\nTlf.\n\n"
    assert fold_doubled(once) == once


MARKS = st.sampled_from([
    "> ", ">> ", "Fra: A <a@b.dk>", "Sendt: 1. maj 2026 10:00", "Til: x", "Emne: y", "Mvh", "Mette Holm", "-- ", "PS: veganer",
    "", "Jeg vil gerne med.",
    "Den 1. maj 2026 kl. 10 skrev A <a@b.dk>:", "---------- Forwarded message ---------", ">>> A 1-1-2026 >>>", "\u2028", "\r",
    "____________",
])


@settings(deadline=None)
@given(st.lists(st.one_of(MARKS, st.text(max_size=30)), max_size=30).map("\n".join), st.booleans(), st.sampled_from(["", "SV: x", "VS: x"]))
def test_segments_cover_every_text_in_order(text: str, reply: bool, subject: str) -> None:
    at = 0
    for segment in split(text, Context(sender=METTE, subject=subject, reply=reply)):
        assert segment.start == at < segment.end
        at = segment.end
    assert at == len(text)


@pytest.mark.parametrize("text", [
    "\n" * 500_000, "> " * 250_000, ">" * 10_000 + "\n" + "a\n" * 10_000, "Fra: a@b.dk\nSendt: 1\n" * 20_000, "Den 1. maj 2026\n" * 30_000,
    "Mvh\n" * 100_000, "a " * 250_000, "-" * 500_000, "\n".join(">" * (i % 40) + "x" for i in range(20_000)), "Mette\n" * 80_000,
    "Fra: " + "a@b.dk; " * 60_000, "a b c d e f g h i j hilsen x\n" * 17_000, "PS\n" * 150_000,
], ids=lambda text: repr(text[:20]))
def test_hostile_texts_take_linear_time(text: str) -> None:
    started = time.perf_counter()
    split(text, Context(sender=METTE))
    assert time.perf_counter() - started < 3
