"""HTML mail as one would read it aloud: lines, tables, quotes, lists, and nothing that is hidden."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.mail.html import RULE, to_text


def row(*cells: str) -> str:
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


@pytest.mark.parametrize(("markup", "text"), [
    ("<div>Hej</div><div><br></div><div>Jeg vil\n  gerne <b>med</b></div>", "Hej\n\nJeg vil gerne med"),
    ("<p>Hej</p><p>Jeg vil med</p>", "Hej\n\nJeg vil med"),
    ('<p class="MsoNormal">Hej<o:p></o:p></p><p class=MsoNormal>&nbsp;</p><p class=MsoNormal>Mvh</p><p class=MsoNormal>Mette</p>',
    "Hej\n\nMvh\nMette"),
    ('<p style="margin: 0cm">a</p><p style="margin:0cm">b</p>', "a\nb"),
    ("a<br>b<br><br>c", "a\nb\n\nc"),
    ("<table>" + row("Navn", "Titel") + row("Mette Holm", "souschef") + "</table>", "Navn\tTitel\nMette Holm\tsouschef"),
    ("<table>" + row("<p>Mette</p><p>Holm</p>", "", "EAN") + row("Ole", "b", "c") + "</table>", "Mette, Holm\t\tEAN\nOle\tb\tc"),
    ('<table><tr><th colspan="2">To</th><td>x</td></tr>' + row("a", "b", "c") + "</table>", "To\t\tx\na\tb\tc"),
    ("<table>" + row("<img>", "<p>Mette Holm</p><p>Souschef</p><p>Tlf. 1</p>") + "</table>", "Mette Holm\n\nSouschef\n\nTlf. 1"),
    ("<table>" + row("<table>" + row("Navn", "Titel") + row("Mette", "leder") + "</table>") + "</table>", "Navn\tTitel\nMette\tleder"),
    ('<table role="presentation">' + row("Hej", "du") + row("der", "!") + "</table>", "Hej\ndu\nder\n!"),
    ("<ul><li>Mette</li><li>Ole</li></ul>", "- Mette\n- Ole"),
    ('<ol start="3"><li>Mette<li>Ole</ol>', "3. Mette\n4. Ole"),
    ("<p class=MsoListParagraph><span style='mso-list:Ignore'>·<span>&nbsp;&nbsp;</span></span>Mette</p>", "- Mette"),
    ("<p class=MsoListParagraph><span style='mso-list:Ignore'>2.<span>&nbsp;</span></span>Ole</p>", "2. Ole"),
    ("Ja<blockquote type=cite><div>Vil du med?</div><blockquote type=cite>Hm</blockquote></blockquote>Mette",
    "Ja\n> Vil du med?\n>> Hm\nMette"),
    ('<blockquote style="margin:0 0 0 40px;border:none;padding:0px">indrykket</blockquote>', "indrykket"),
    ("Hej<hr>Fra: x", f"Hej\n{RULE}\nFra: x"),
    ('<a href="mailto:mhj@bib.example?subject=x">Mette Holm</a>', "Mette Holm <mhj@bib.example>"),
    ('<a href="mailto:mhj@bib.example">mhj@bib.example</a> <a href="https://x.example">side</a>', "mhj@bib.example side"),
    ("<style>p{}</style><script>x()</script><!-- c --><title>t</title>Hej", "Hej"),
    ('Hej<div style="display: none">tilmeld mig</div><span style="font-size:0px">x</span><p hidden>y</p>', "Hej"),
    ("<pre>a\n  b\n\nc</pre>", "a\nb\n\nc"),
    ("", ""), ("<html></html>", ""), ("ren tekst", "ren tekst"),
])
def test_to_text(markup: str, text: str) -> None:
    assert to_text(markup) == text


def test_outlooks_header_block_stays_a_block() -> None:
    markup = ('<p class=MsoNormal>Ja tak</p><div style="border:none;'
              'border-top:solid #E1E1E1 1.0pt"><p class=MsoNormal><b>Fra:</b> A &lt;a@b.dk&gt;<br>\n'
              "<b>Sendt:</b> 1. maj 2026 10:00<br>\n<b>Emne:</b> x<o:p></o:p></p></div><p class=MsoNormal>Kære</p>")
    assert to_text(markup) == "Ja tak\nFra: A <a@b.dk>\nSendt: 1. maj 2026 10:00\nEmne: x\nKære"


@settings(deadline=None)
@given(st.lists(st.sampled_from([
    "<div>", "</div>", "<table>", "</table>", "<tr>", "<td>", "</td>", "<p>", "<br>", "<blockquote>", "</blockquote>", "<ul>",
    "<ol start=x>", "<li>", "</ul>",
    "<pre>", "\n", "x", "<a href='mailto:a@b.dk'>", "</a>", "<b hidden>", "&nbsp;", "<", ">", "<!--", "-->", "<style>", "\x00",
]), max_size=40).map("".join) | st.text(max_size=100))
def test_no_markup_raises(markup: str) -> None:
    to_text(markup)


@pytest.mark.parametrize("markup", [
    "<div>" * 300_000, "<table><tr><td>" * 60_000, "<b>" * 300_000, "".join(f"<b a={i}>" for i in range(60_000)), "<ul><li>" * 60_000,
    "<blockquote>x" * 60_000,
    "<div " + " ".join(f"a{i}=1" for i in range(60_000)) + ">x", "<table>" + row("a", "b") * 30_000, "<" * 1_000_000, "a" * 3_000_000,
    "<p>x" * 300_000,
    "<font a=1>" * 100 + "<p>x" * 100_000, "<select>" + "<option>" * 60_000, "&amp" * 500_000,
], ids=lambda markup: markup[:16])
def test_hostile_markup_takes_bounded_time(markup: str) -> None:
    started = time.perf_counter()
    to_text(markup)
    assert time.perf_counter() - started < 3
