"""The administrator's lines as she writes them, on a phone or a keyboard, Danish or English."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.registration.lines import Command, Unknown, read_lines

WORDS = tomllib.loads((Path(__file__).parents[2] / "data" / "commands.toml").read_text("utf-8"))


@pytest.mark.parametrize(
    ("line", "name", "numbers", "rest", "meeting"),
    [
        ("godkend 12", "approve", (12,), "", None),
        ("Godkend 12, 14-16", "approve", (12, 14, 15, 16), "", None),
        ("godkend 12 og 14", "approve", (12, 14), "", None),
        ("godkend nr. 12.", "approve", (12,), "", None),
        ("- godkend #12", "approve", (12,), "", None),
        ("approve 12", "approve", (12,), "", None),
        ("afvis 12: uden for målgruppen", "reject", (12,), "uden for målgruppen", None),
        ("venteliste 12", "wait", (12,), "", None),
        ("tilbyd 12", "offer", (12,), "", None),
        ("afmeld 12", "cancel", (12,), "", None),
        ("meld 12 fra", "cancel", (12,), "", None),
        ("ret 12 ean 5798000123458", "correct", (12,), "ean 5798000123458", None),
        ("ret 12 titel: afdelingsleder for børn", "correct", (12,), "title afdelingsleder for børn", None),
        ("sted 2 Odense Hovedbibliotek", "place", (), "Odense Hovedbibliotek", 2),
        ("sted 2026-08-20 Odense", "place", (), "Odense", date(2026, 8, 20)),
        ("svar 14: Ja, der er parkering.", "answer", (14,), "Ja, der er parkering.", None),
        ("send 12 igen", "send", (12,), "", None),
        ("stop 31", "stop", (31,), "", None),
        ("pladser 26", "capacity", (26,), "", None),
        ("tilføj Mette Holm, souschef, Greve, mho@greve.dk", "add", (), "Mette Holm, souschef, Greve, mho@greve.dk", None),
        ("flyt 2 2026-08-21", "move", (), "2026-08-21", 2),
        ("flyt 2 til 21.8.2026 kl. 9.30-14", "move", (), "21.8.2026 kl. 9.30-14", 2),
        ("flyt 2026-08-20 til 2026-08-21", "move", (), "2026-08-21", date(2026, 8, 20)),
        ("aflys 2", "call_off", (), "", 2),
        ("aflys møde 2", "call_off", (), "", 2),
        ("liste", "list", (), "", None),
        ("tilstand kladde", "mode", (), "draft", None),
        ("mode auto", "mode", (), "auto", None),
        ("pause", "pause", (), "", None),
        ("fortsæt", "resume", (), "", None),
        ("fortsæt 12", "resume", (12,), "", None),
        ("Hjælp!", "help", (), "", None),
    ],
)
def test_a_line_is_understood(line: str, name: str, numbers: tuple[int, ...], rest: str, meeting: object) -> None:
    assert read_lines(line, WORDS) == [Command(line, name, numbers, rest, meeting)]


@pytest.mark.parametrize(
    ("line", "nearest"),
    [
        ("godkend", "godkend 12"),
        ("godkend 12 ikke", "godkend 12"),
        ("gokend 12", "godkend 12"),
        ("pladser mange", "pladser 26"),
        ("flyt 2 i morgen", "flyt 2 2026-08-21"),
        ("flyt 2 2026-02-30", "flyt 2 2026-08-21"),
        ("tilstand dvale", "tilstand auto"),
        ("ret 12 skostørrelse 42", "ret 12 ean 5798000123458"),
        ("liste over alt", "liste"),
        ("xyzzy", ""),
    ],
)
def test_what_is_not_understood_says_what_it_resembles(line: str, nearest: str) -> None:
    assert read_lines(line, WORDS) == [Unknown(line, nearest)]


def test_an_answer_takes_the_lines_below_it_until_the_next_command() -> None:
    text = "Svar 14: Kære Susanne\n\nNej, overnatning er ikke med.\nSend gerne flere spørgsmål.\ngodkend 12\n\nMvh Lisbet"
    found = read_lines(text, WORDS)
    assert [c.name for c in found if isinstance(c, Command)] == ["answer", "approve"]
    assert found[0].rest == "Kære Susanne\n\nNej, overnatning er ikke med.\nSend gerne flere spørgsmål."  # type: ignore[union-attr]


def test_a_phone_answer_with_greeting_signature_and_quote() -> None:
    text = "Hej\ngodkend 12\nafvis 13\n\nSendt fra min iPhone\n> godkend 99\nFra: mailbot"
    assert [(c.name, c.numbers) for c in read_lines(text, WORDS) if isinstance(c, Command)] == [("approve", (12,)), ("reject", (13,))]
    assert len(read_lines(text, WORDS)) == 2


def test_a_quoted_command_is_not_carried_out() -> None:
    assert read_lines("> godkend 12\n>> afvis 13", WORDS) == []


def test_a_range_is_capped() -> None:
    (command,) = read_lines("godkend 1-999999999", WORDS)
    assert isinstance(command, Command)
    assert len(command.numbers) <= 201


@given(st.text(max_size=300))
def test_any_text_is_read_without_an_exception(text: str) -> None:
    read_lines(text, WORDS)
