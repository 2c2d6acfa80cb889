"""An explanation shows the words, the fields and the reasons, and nothing from mail gets out unescaped."""

from __future__ import annotations

from mailbot.understanding.explain import describe, explanation, page, sentence
from mailbot.understanding.read import read
from mailbot.understanding.reading import Reason
from understanding.wording import COURSE, message

TEXT = (
    "Jeg vil gerne tilmelde mig Hverdagsledelse 2026. Mit CPR-nummer er 010190-1234.\n<script>alert(1)</script>\n\nMvh\nBo Krag\nSouschef"
)


def test_fields_and_signs_point_at_the_words() -> None:
    mail = message(TEXT)
    explained = explanation(mail, read(mail, [COURSE], None))
    names = {f.name: f.value for f in explained.fields}
    assert names["name"] == "Bo Krag"
    assert names["title"] == "Souschef"
    for mark in explained.highlights:
        assert 0 <= mark.start < mark.end <= len(explained.text)
    assert all(a.end <= b.start for a, b in zip(explained.highlights, explained.highlights[1:], strict=False))
    assert explained.signs
    assert explained.signs[0].margin > 0


def test_the_page_is_escaped_and_without_cpr() -> None:
    mail = message(TEXT, subject="<b>Tilmelding</b>")
    html = page(explanation(mail, read(mail, [COURSE], None)))
    assert "<script>alert" not in html
    assert "<b>Tilmelding" not in html
    assert "010190-1234" not in html
    assert html.startswith("<!doctype html>")


def test_who_leaves_and_who_writes_is_told() -> None:
    mail = message("Ib Lund er stoppet. I hans sted sender vi Mads Holm.", "confirm", sender="Eva Dam <ed@egedal-bib.dk>")
    explained = explanation(mail, read(mail, [COURSE], None))
    assert explained.leaving == ("Ib Lund",)
    assert explained.contact == "Eva Dam <ed@egedal-bib.dk>"
    assert "leaves: Ib Lund" in page(explained)
    own = message("Jeg må desværre melde fra Hverdagsledelse.", "confirm")
    assert explanation(own, read(own, [COURSE], None)).leaving == ("Bo Krag",)


def test_words_of_the_subject_are_not_marked_in_the_text() -> None:
    mail = message("Hej Lisbet\n\nAllan Bjerg er stoppet. I hans sted sender vi Mads Holm.", subject="SV: Tak for tilmeldingen")
    found = read(mail, [COURSE], None)
    proof = found.evidence["receipt"]
    assert (proof.source, proof.words) == ("subject", "Tak for tilmeldingen")
    assert all(mark.end != len("Tak for tilmeldingen") for mark in explanation(mail, found).highlights)


def test_a_reason_is_a_danish_sentence_with_its_values() -> None:
    assert "3" in sentence(Reason("seats_without_names", {"seats": "3"}))
    assert sentence(Reason("no_such_code")) == "no_such_code"


def test_signs_are_named_in_words() -> None:
    assert describe("yes@offer") == "yes, in answer to: offer"
