"""The digest: what needs her first, everything told, nothing that it should not tell, short enough for every mail program."""

from __future__ import annotations

import email
import re
import time
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.policy import default
from typing import Any
from urllib.parse import quote

import pytest

from mailbot.course import Kind, Mode, Status
from mailbot.letters.digest import GUIDE, build, compose_digest
from mailbot.letters.mime import Attachment
from mailbot.letters.preview import BO, CARL, METTE, NOW, SOFIE, registration, sample_course
from mailbot.letters.reasons import sentence_of
from mailbot.letters.templates import Templates
from mailbot.registration.reasons import REASONS
from mailbot.registration.records import Item, ItemKind, LetterRecord, LetterState, Registration, Roster, Settings
from mailbot.resources import shipped
from mailbot.understanding.reading import Finding, Intent, Reason

from .days import digests
from .test_compose import HOSTILE
from .test_twin import said

TEMPLATES = Templates()
COURSE = sample_course("da")
KODE = "  kode " + "x" * 32
MORNING = NOW + timedelta(hours=1)


def item(number: int = 40, kind: ItemKind = ItemKind.REVIEW, **changes: Any) -> Item:
    return replace(
        Item(
            id=number,
            course=COURSE.id,
            kind=kind,
            opened_at=NOW,
            sender=SOFIE,
            subject="Tilmelding?",
            received_at=NOW,
            excerpt="Kan vi være med?",
            reasons=(Reason("maybe_same_person", {"id": "3", "name": "Mette"}),),
            proposal=Finding(intent=Intent.SIGNUP, participants=(BO,)),
        ),
        **changes,
    )


def record(number: int, kind: Kind, state: LetterState, reason: Reason | None = None) -> LetterRecord:
    return LetterRecord(
        number=number,
        key=str(number),
        kind=kind,
        course=COURSE.id,
        to=SOFIE,
        about=(1,),
        subject_of="x",
        version=1,
        state=state,
        planned_at=NOW,
        reason=reason,
    )


def link(command: str) -> str:
    return f"mailto:lv@fremtidensbiblioteker.dk?subject={quote('Hverdagsledelse 2026')}&body={quote(command + KODE)}"


def digest(roster: Roster, **given: Any) -> Any:
    told = build(roster, now=MORNING, **given)
    return compose_digest(told, roster.course, key="k" * 32, to=SOFIE, templates=TEMPLATES, link=link)


def roster(*registrations: Registration, items: tuple[Item, ...] = (), letters: tuple[LetterRecord, ...] = (), **changes: Any) -> Roster:
    return Roster(COURSE, registrations=registrations, items=items, letters=letters, **changes)


FULL = roster(
    registration(METTE, number=1),
    registration(BO, Status.OFFERED, 2),
    registration(CARL, Status.WAITING, 3),
    replace(registration(BO, Status.CANCELLED, 4), ended_at=NOW),
    items=(item(41, ItemKind.QUESTION, proposal=None), item(40)),
    letters=(
        record(60, Kind.OFFER, LetterState.PLANNED),
        record(61, Kind.WAITING, LetterState.FAILED, Reason("refused", {"why": "550 no such user"})),
        record(62, Kind.CONFIRMATION, LetterState.WITHHELD, Reason("observe")),
        record(63, Kind.DIGEST, LetterState.PLANNED),
    ),
)


def test_the_subject_says_it_all_and_what_needs_her_stands_first() -> None:
    made = digest(FULL, counts={"handled": 3, "ignored": 41}, health={"Seneste gennemløb": "kl. 7.28"}, missing={1: ("ean",)})
    assert made.subject == "Hverdagsledelse 2026: 2 af 24 pladser, 1 på venteliste, 2 venter på dig"
    parts = [
        "2 ting venter på dig",
        "#40 Sofie Lund: Tilmelding?",
        "(sol@eksempelbib.dk, tirsdag den 20. januar kl. 9.30)",
        "Det er måske den samme som Mette",
        "»Kan vi være med?«",
        "Forslag: tilmelde Bo Lind, afdelingsleder",
        "godkend 40 · venteliste 40 · afvis 40",
        "#41 Sofie Lund",
        "svar 41: · luk 41",
        "550 no such user · send 61 igen",
        "1 Mette Holm Jørgensen",
        "3 Carl Madsen, Eksempelby Bibliotek: på venteliste (1)",
        "4 Bo Lind, Eksempelby Bibliotek: meldt fra",
        "2 Bo Lind",
        "EAN-nummer",
        "stop 60",
        "62 Sofie Lund: bekræftelse",
        "41 ladt i fred",
        "Seneste gennemløb: kl. 7.28",
        "hjælp",
    ]
    text = " ".join(made.text.split())
    assert [p for p in parts if p not in text] == []
    assert [text.index(p) for p in parts[:9]] == sorted(text.index(p) for p in parts[:9])
    assert made.html.count("mailto:lv@fremtidensbiblioteker.dk?subject") == 8
    assert 'href="mailto:lv@fremtidensbiblioteker.dk?subject=Hverdagsledelse%202026&amp;bcc=mhj@eksempelbib.dk"' in made.html
    assert "overblik →" not in text


def test_the_page_says_what_the_text_says() -> None:
    made = digest(FULL)
    text = "".join(line.removeprefix("- ") for line in made.text.split("\n") if set(line) != {"-"})
    assert said(made.html) == "".join(text.split()).replace("·", "")  # links are buttons there


def test_pictures_come_with_words_and_a_quiet_day_is_one_line() -> None:
    def pictures(made: Any) -> list[str]:
        return [p["Content-ID"] for p in email.message_from_bytes(made.raw, policy=default).walk() if p.get_content_type() == "image/png"]

    full = digest(FULL)
    assert pictures(full) == ["<seats>", "<signups>"]  # nobody's library is on the map
    assert 'alt="1 bekræftede, 1 tilbudte og 22 ledige af 24 pladser."' in full.html
    quiet = digest(replace(roster(replace(registration(METTE), received_at=NOW - timedelta(days=9))), digest_sent_on=date(2026, 1, 19)))
    assert quiet.subject == "Hverdagsledelse 2026: 1 af 24 pladser, intet nyt"
    assert pictures(quiet) == []
    assert quiet.text.count("\n\n") == 2
    assert quiet.text.split("\n\n")[1] == "Intet nyt siden mandag den 19. januar: 1 af 24 pladser er taget, og intet\nventer på dig."


def test_where_people_come_from_and_where_to_meet() -> None:
    people = [
        registration(replace(METTE, organisation=f"{town} Bibliotek", email=None), number=n)
        for n, town in enumerate(("Odense", "Nyborg", "Odense"))
    ]
    made = digest(roster(*people))
    assert "Odense (2) og Nyborg (1)" in " ".join(made.text.split())
    assert "Nemmest at nå for alle tilsammen er Odense" in " ".join(made.text.split())
    assert made.html.count('src="data:image/png;base64,') == 3
    assert b'src=3D"cid:map"' in made.raw


def test_a_meeting_without_a_place_is_warned_of_three_weeks_ahead() -> None:
    first = COURSE.meetings[0]
    for days, warned in ((22, False), (20, True), (-1, False)):
        now = COURSE.starts_at(first) - timedelta(days=days)
        told = build(roster(), now=now)
        made = compose_digest(told, COURSE, key="k", to=SOFIE, templates=TEMPLATES)
        assert ("har intet sted endnu" in " ".join(made.text.split())) is warned


def test_everything_that_a_day_may_bring_is_told() -> None:
    """What the three sample days hold stands in their digests, in words that a person would use."""
    made = {name: " ".join(composed.text.split()) for name, composed in digests()}
    for words in (
        "Ikke med hver gang ------------------ - 7 Ole Friis, Esbjerg Kommunes Biblioteker: torsdag den 20. august",
        "Det sender jeg som det næste",
        "onsdag den 18. februar kl. 9: påmindelse om tilbud → Kim Vestergaard Andersen",
        "Søren Munk: Rejsen fra Bornholm – 9 Søren Munk (har plads) · fortsæt 44",
        "9 mails klaret, 2 lagt frem til dig og 45 ladt i fred (41 om andre ting, 3 autosvar og 1 der kom retur)",
        "Seneste gennemløb: i dag kl. 7.29. Seneste sikkerhedskopi: i dag kl. 2.",
        "omkring 100 km i luftlinje",
    ):
        assert words in made["normal"], words
    for words in (
        "sat på pause",
        "Noget er gået galt",
        "Sikkerhedskopien kunne ikke gemmes i dag kl. 2.30. (Teknisk: backup: [Errno 28] No space left on device)",
        "#72 En mail, der ikke kunne læses",
        "Du har besluttet »Odense Hovedbibliotek« om stedet for møde 2, men nu siger forløbets fil »Vejle Bibliotek«.",
        "godkend 74 · afvis 74",
        "ret 15 mail · luk 75",
        "Møde 1, fredag den 6. marts 2026 kl. 10–15, har intet sted endnu · sted 1",
        "bekræftelse → Ivan Petersen: Mailserveren afviste det: 550 5.1.1 User unknown · send 61 igen",
        "Adressen virker ikke: Ivan Petersen · ret 15 mail",
        "Ligger stadig i Kladder: plads på ventelisten → Birthe Sand · stop 63",
        "Og 15 mere. De står i den vedhæftede tekst",
    ):
        assert words in made["bad"], words
    nothing = "Kære Lisbet, Intet nyt siden mandag den 16. februar: 7 af 24 pladser er taget, og intet venter på dig. Siden"
    assert made["empty"].startswith(nothing)


def test_the_subject_leads_to_the_original_where_her_mail_is_on_the_web() -> None:
    told = build(replace(FULL, items=(item(40, subject="[EKSTERN] Tilmelding", message_id="<a%b@x.dk>"),)), now=MORNING)
    web = "https://mail.google.com/mail/#search/rfc822msgid:{message_id}"
    made = compose_digest(told, COURSE, key="k", to=SOFIE, templates=TEMPLATES, link=link, original=web)
    assert '<a href="https://mail.google.com/mail/#search/rfc822msgid:a%25b@x.dk"' in made.html
    assert "#40 Sofie Lund: (EKSTERN) Tilmelding" in made.text


def test_a_letter_to_everybody_is_split_where_one_link_would_be_too_long() -> None:
    people = [registration(replace(METTE, email=f"fornavn.efternavn{n}@eksempelby-kommune.dk"), number=n) for n in range(120)]
    page = digest(roster(*people)).html
    found = re.findall(r'href="(mailto:[^"]*bcc=([^"]*))"', page)
    assert len(found) == 3
    assert max(len(href.replace("&amp;", "&")) for href, _ in found) <= 1900
    assert {a for _, bcc in found for a in bcc.split(",")} == {r.person.email for r in people}
    assert "Skriv til deltagerne (2 af 3)" in page


def test_diet_is_never_in_it() -> None:
    told = replace(registration(METTE), sources={"dietary": object()})  # type: ignore[dict-item]
    assert "vegetar" not in digest(roster(replace(told, sources={}))).text + digest(FULL).html


def test_observe_says_what_would_have_been_sent_and_pause_is_said() -> None:
    assert "Det ville jeg have sendt" in digest(FULL).text
    assert "Ikke sendt" in digest(replace(FULL, settings=Settings(mode=Mode.AUTO))).text
    assert "sat på pause" in digest(replace(FULL, settings=Settings(mode=Mode.AUTO, paused=True))).text


def test_five_hundred_registrations_and_two_hundred_items() -> None:
    towns = ("Odense", "Aalborg", "Vejle", "Køge")
    people = [
        registration(
            replace(METTE, organisation=f"{towns[n % 4]} Bibliotek", email=f"a{n}@x.dk"), [Status.CONFIRMED, Status.WAITING][n % 2], n
        )
        for n in range(500)
    ]
    items = tuple(item(1000 + n, excerpt="ord " * 75) for n in range(200))
    letters = tuple(record(2000 + n, Kind.OFFER, LetterState.PLANNED) for n in range(200))
    began = time.perf_counter()
    made = digest(roster(*people, items=items, letters=letters), missing=dict.fromkeys(range(500), ("ean",)))
    assert time.perf_counter() - began < 5  # measured: 0.7 s on a quiet machine
    html = email.message_from_bytes(made.raw, policy=default).get_body(("html",))  # type: ignore[attr-defined]
    assert len(html.get_content().encode()) < 100_000
    assert "Og 188 mere." in made.text
    assert "… og 190 mere" in made.text
    files = {p.get_filename(): p for p in email.message_from_bytes(made.raw, policy=default).walk() if p.get_filename()}
    rest = files["hverdagsledelse-2026-2026-01-20.txt"].get_content()
    assert rest.count("#1") == 200
    assert rest.count("tilbud om plads → Sofie Lund") == 200
    assert "mailbot-letter" not in rest


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_are_harmless(words: str) -> None:
    person = replace(METTE, name=words, organisation=words, title=words)
    sender = replace(SOFIE, name=words)
    bad = item(
        subject=words,
        excerpt=words,
        sender=sender,
        reasons=(Reason("unknown_person", {"name": words, "nearest": words}), Reason(words)),
        proposal=Finding(intent=Intent.CANCEL, withdrawn=(words,)),
    )
    made = digest(roster(registration(person), items=(bad,), letters=(replace(FULL.letters[1], to=sender),)))
    assert "<script" not in made.html
    assert "evil.example" not in made.html + made.text
    assert made.raw.isascii()
    assert "49" not in made.text


def test_every_code_of_the_rules_has_a_sentence_in_both_languages() -> None:
    for language in ("da", "en"):
        told: Mapping[str, str] = tomllib.loads(shipped("templates", language, "reasons.toml").read_text("utf-8"))
        assert set(REASONS) - set(told) == set()


def test_values_of_reasons_are_put_into_words_and_unknown_codes_do_no_harm() -> None:
    words, sentences = TEMPLATES.words("da"), TEMPLATES.sentences("da")
    assert sentence_of(Reason("overwrites", {"fields": "title, ean"}), sentences, words).endswith("skrevet op: titel og EAN-nummer.")
    assert (
        sentence_of(Reason("already_ended", {"name": "Bo", "status": "cancelled"}), sentences, words)
        == "Bo er ikke længere tilmeldt (meldt fra)."
    )
    assert sentence_of(Reason("no_names", {}), sentences, words) == "Der bedes om … pladser, men ingen er nævnt ved navn."
    assert sentence_of(Reason("brand_new"), sentences, words) == "Der er noget, jeg ikke kan afgøre alene (brand_new)."


def test_news_is_what_came_since_the_last_digest() -> None:
    earlier = replace(record(70, Kind.DIGEST, LetterState.SENT), planned_at=NOW - timedelta(hours=26))
    joined = replace(registration(METTE), received_at=NOW - timedelta(hours=25))
    assert build(roster(joined, letters=(earlier,)), now=MORNING).joined == (joined,)
    assert build(roster(joined), now=MORNING).joined == ()
    today = replace(earlier, planned_at=NOW)
    assert build(roster(replace(joined, received_at=NOW), letters=(today,)), now=MORNING).joined != ()


def test_a_letter_given_up_after_days_of_trying_is_told_when_it_failed() -> None:
    planned = NOW - timedelta(days=3)
    letter = replace(record(71, Kind.CONFIRMATION, LetterState.FAILED), planned_at=planned)
    for failed, told in ((NOW - timedelta(hours=1), True), (NOW - timedelta(days=2), False)):
        reason = Reason("gave_up", {"why": "450 busy", "at": failed.isoformat()})
        made = build(roster(letters=(replace(letter, reason=reason),)), now=NOW, since=NOW - timedelta(days=1))
        assert bool(made.undelivered) is told


def test_a_draft_that_lies_too_long_is_told() -> None:
    friday = datetime(2026, 1, 16, 9, tzinfo=UTC)
    draft = replace(record(72, Kind.CONFIRMATION, LetterState.DRAFTED), planned_at=friday)
    for since, late in ((friday - timedelta(days=1), False), (friday + timedelta(days=1), True)):
        assert bool(build(roster(letters=(draft,)), now=friday + timedelta(days=3), drafts_since=since).drafted) is late



def test_the_guide_is_spoken_of_where_it_goes_along() -> None:
    guide = Attachment(GUIDE, "text/plain", b"Kom godt i gang")
    for attachments, told in (((guide,), True), ((), False)):
        made = compose_digest(
            build(FULL, now=NOW, since=NOW - timedelta(days=1)), COURSE, key="k", to=SOFIE, templates=Templates(), attachments=attachments
        )
        assert ("vejledning.txt" in made.text) is told
