"""Plain text to page: what a letter may hold, and that both say the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from mailbot.letters.clean import block, foreign, line
from mailbot.letters.twin import plain, shown, twin

TABLE = '<table class="{}" role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0">'


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("Hej\ndu", "<p>Hej<br>\ndu</p>"),
        ("Hej\n\ndu", "<p>Hej</p>\n<p>du</p>"),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("Overskrift\n---", "<h2>Overskrift</h2>"),
        (
            "  Navn:  Mette",
            '<table class="facts" cellpadding="0" cellspacing="0"><tr><th scope="row">Navn:</th><td>Mette</td></tr></table>',
        ),
        ("Skriv til a.b@x.dk.", '<p>Skriv til <a href="mailto:a.b@x.dk">a.b@x.dk</a>.</p>'),
        ("Se https://x.dk/a?b=1&c=2.", '<p>Se <a href="https://x.dk/a?b=1&amp;c=2">https://x.dk/a?b=1&amp;c=2</a>.</p>'),
        ("Svar [ja](mailto:a@x.dk?subject=b%20c)", '<p>Svar <a href="mailto:a@x.dk?subject=b%20c">ja</a></p>'),
        (
            "[ja](mailto:a@x.dk) · [nej](mailto:b@x.dk)",
            '<table class="button" align="left" cellspacing="0"><tr><td class="yes"><a href="mailto:a@x.dk">ja</a></td></tr></table>'
            '<table class="button" align="left" cellspacing="0"><tr><td class="no"><a href="mailto:b@x.dk">nej</a></td></tr></table>'
            '<div class="end"></div>',
        ),
        (
            "- 12 Mette Holm, Greve: har plads\n- og en til",
            TABLE.format("rows")
            + '<tr valign="top"><td class="number">12</td><td>Mette Holm, Greve:</td><td class="what">har plads</td></tr>'
            '<tr><td colspan="3">og en til</td></tr></table>',
        ),
        (
            "- tilbud → Bo · [stop 3](mailto:a@x.dk)",
            TABLE.format("rows")
            + '<tr><td colspan="2">tilbud → Bo</td><td class="do"><a href="mailto:a@x.dk">stop 3</a></td></tr></table>',
        ),
        ("![En bar](cid:seats)", '<p class="picture"><img src="cid:seats" alt="En bar" width="536"></p>'),
        (
            "#12 Mette\n(i går)\nSpørger.\n»Må jeg?«",
            TABLE.format("item") + '<tr><td class="matter"><p class="who">#12 Mette</p><p class="when">(i går)</p><p>Spørger.</p>'
            '<p class="words">»Må jeg?«</p></td></tr></table>',
        ),
        ('<b>&"', "<p>&lt;b&gt;&amp;&#34;</p>"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
    ],
)
def test_each_construct(text: str, markup: str) -> None:
    assert str(twin(text)) == markup


def test_the_plain_part_shows_words_for_links_and_pictures_and_is_wrapped() -> None:
    assert plain("[ja](mailto:a@x.dk)\n\n![En bar](cid:seats)") == "ja\n\nEn bar\n"
    assert max(len(x) for x in plain("ord " * 200).splitlines()) <= 76
    assert plain("- " + "ord " * 30).splitlines()[1].startswith("  ord")
    assert plain("Overskrift\n---\n\nTekst") == "Overskrift\n----------\n\nTekst\n"


def said(html: str) -> str:
    """The words of a page, the alternative texts of its pictures among them."""
    tree = LexborHTMLParser(html)
    for picture in tree.css("img"):
        picture.replace_with(f"\n{picture.attributes.get('alt') or ''}\n")
    return "".join(tree.body.text().split()) if tree.body else ""


@given(st.text(st.characters(codec="utf-8"), max_size=300))
def test_any_text_says_the_same_on_both_sides(text: str) -> None:
    clean = block(text).replace("---", "")
    expected = "".join(x[2:] if x.startswith("- ") else x for x in shown(clean).split("\n"))
    assert said(f"<html><body>{twin(clean)}</body></html>") == "".join(expected.split())


@given(st.text(max_size=400), st.integers(min_value=2, max_value=200))
def test_a_line_is_one_visible_line_and_makes_no_link(text: str, most: int) -> None:
    made = line(text, most)
    assert len(made) <= most + 1
    assert made.isprintable()
    assert "](" not in made


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Mette\r\nBcc: x@y.dk", "Mette Bcc: x@y.dk"),
        ("\u202emoc.live\u202c", "moc.live"),
        ("a\x00b\x1b[31m", "ab[31m"),
        ("Vind penge https://evil.example/x nu", "Vind penge … nu"),
        ("WWW.evil.example", "…"),
        ("me\u0301", "mé"),
        ("x" * 500, "x" * 119 + "…"),
    ],
)
def test_words_of_strangers(text: str, clean: str) -> None:
    assert foreign(text) == clean
