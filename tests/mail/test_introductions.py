"""Single lines and blocks that introduce another message. How whole bodies are split stands in test_body."""

from __future__ import annotations

import pytest

from mailbot.mail.introductions import forwards, introduction, is_forward
from mailbot.mail.message import Address


@pytest.mark.parametrize(("subject", "forward"), [
    ("VS: x", True), ("Vs: x", True), ("FW: x", True), ("Fwd: SV: x", True), ("WG: x", True), ("VB: x", True), ("Videresendt: x", True),
    ("  fw : x", True),
    ("SV: VS: x", False), ("Re: x", False), ("RE[2]: x", False), ("AW: x", False), ("Svar: x", False), ("x", None), ("", None),
    ("VSOP: x", None), ("Vi: x", None),
])
def test_the_first_prefix_of_a_subject_decides(subject: str, forward: bool | None) -> None:
    assert is_forward(subject) is forward


@pytest.mark.parametrize("line", ["---------- Forwarded message ---------", "-------- Videresendt meddelelse --------",
    "Start på videresendt besked:",
                                  "Begin forwarded message:", "----- Videresendt af Gurli/TOENDER den 18-02-2026 -----",
                                  "-------- Weitergeleitete Nachricht --------"])
def test_announcements(line: str) -> None:
    assert forwards(line)
    assert not forwards(f"Jeg skrev {line}")


@pytest.mark.parametrize(("lines", "sender", "date"), [
    (["Den man. 1. maj 2026 kl. 10.00 skrev A B <a@b.dk>:"], Address("A B", "a@b.dk"), "man. 1. maj 2026 kl. 10.00"),
    (["On Mon, May 1, 2026 at 10:00 AM A B <a@b.dk> wrote:"], Address("A B", "a@b.dk"), "Mon, May 1, 2026 at 10:00 AM"),
    (["On 1 May 2026, at 10.00, A B <a@b.dk>", "wrote:"], Address("A B", "a@b.dk"), "1 May 2026, at 10.00"),
    ([">>> A B <a@b.dk> 01-05-2026 10:00 >>>"], Address("A B", "a@b.dk"), "01-05-2026 10:00"),
    (["Fra: A B [mailto:a@b.dk]", "Sendt: 1. maj 2026 10:00", "Til: c@d.dk; e@f.dk", "Emne: x"], Address("A B", "a@b.dk"),
    "1. maj 2026 10:00"),
    (["From: A B <a@b.dk> On Behalf Of C", "Sent: May 1, 2026", "To: x"], Address("A B", "a@b.dk"), "May 1, 2026"),
])
def test_who_and_when(lines: list[str], sender: Address, date: str) -> None:
    found = introduction(lines, 0)
    assert found is not None
    assert (found.lines, found.sender, found.date) == (len(lines), sender, date)


def test_a_folded_list_of_recipients_belongs_to_the_block() -> None:
    lines = ["Fra: A <a@b.dk>", "Sendt: 1. maj 2026", "Til: c@d.dk;", "e@f.dk", "Cc: g@h.dk", "Emne: x", "Vedhæftede filer: y.pdf", "",
        "Kære"]
    found = introduction(lines, 0)
    assert found is not None
    assert found.lines == 7
    assert [address.email for address in found.to + found.cc] == ["c@d.dk", "e@f.dk", "g@h.dk"]


@pytest.mark.parametrize("lines", [
    ["Fra: Mette"], ["Fra: kl. 10", "Til: kl. 15"], ["Emne: x", "Dato: 1. maj"], ["Hun skrev:"],
    ["Den 1. maj skrev hun til mig, at det går:"], ["-----"], ["______________"],
    [">>> kode"], ["Mette skrev den her:"], ["x" * 500 + " skrev:"], [""],
])
def test_what_introduces_nothing(lines: list[str]) -> None:
    found = introduction(lines, 0)
    assert found is None or found.quoting
