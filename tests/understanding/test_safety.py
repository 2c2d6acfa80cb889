"""When the reader asks instead of acting: each rule with the message that it is there for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailbot.mail.message import Automatic, Verdict
from mailbot.understanding.lexicon import words
from mailbot.understanding.read import read
from mailbot.understanding.reading import Action, Intent, Reading
from mailbot.understanding.safety import MATTERS
from understanding.wording import COURSE, message

BY_ANOTHER = "Tina Holm <th@egedal-bib.dk>"


def reading(text: str, context: str = "plain", **kwargs: str) -> Reading:
    return read(message(text, context, **kwargs), [COURSE], None)


def codes(found: Reading) -> set[str]:
    return {reason.code for reason in found.reasons}


@pytest.mark.parametrize(
    ("text", "context", "code"),
    [
        ("Jeg vil gerne tilmelde mig Hverdagsledelse 2026, hvis min chef siger ja.", "plain", "conditional"),
        ("Foreløbig tilmelding til Hverdagsledelse 2026: Bo Krag, teamleder.", "plain", "conditional"),
        ("Vi tilmelder fire personer til Hverdagsledelse 2026. Navne følger.", "plain", "seats_without_names"),
        ("Jeg er bibliotekar uden ledelsesansvar, men vil gerne tilmelde mig Hverdagsledelse.", "plain", "outside_target_group"),
        ("Jeg overvejer at deltage i Hverdagsledelse 2026.", "plain", "considering"),
        ("Er der parkering ved Hverdagsledelse?", "plain", "question"),
        ("Jeg kan desværre ikke komme den 20. august.", "program", "single_meeting"),
        ("Jeg vil gerne tilmelde mig Hverdagsledelse 2019.", "plain", "other_year"),
        ("Jeg er sagsbehandler og har ingen under mig, men vil gerne tilmelde mig Hverdagsledelse.", "plain", "outside_target_group"),
        ("Vil du tilmelde min kollega Ib Lund, teamleder, til Hverdagsledelse? Det skal være en overraskelse.", "plain", "unasked"),
        ("Jeg tilmelder Ib Lund og Pia Dam til Hverdagsledelse og jeres andet kursus, en på hvert.", "plain", "other_event_too"),
        ("Tilmeld mig enten Hverdagsledelse eller jeres andet forløb, det som passer bedst.", "plain", "either"),
        ("Vi sender enten Ib Lund eller Pia Dam på Hverdagsledelse og siger til.", "plain", "either"),
        ("Skriv vores leder Ib Lund på Hverdagsledelse. Han ved ingenting, det er en gave.", "plain", "unasked"),
        ("Jeg tilmelder mig Hverdagsledelse til 2.250 kr. og er teamleder.", "plain", "other_price"),
        ("Jeg bliver desværre nok nødt til at melde fra. Må jeg vente med det endelige afbud til mandag?", "confirm", "conditional"),
        ("Kan jeg komme senere den første dag? I så fald siger jeg ja tak til pladsen.", "offer", "conditional"),
        ("Skriv Ib Lund på Hverdagsledelse, han er teamleder. Men skriv ikke til ham endnu.", "plain", "unasked"),
        ("Jeg er pensioneret, men vil gerne tilmeldes Hverdagsledelse 2026.", "plain", "outside_target_group"),
        ("Jeg melder mig fra Hverdagsledelse, medmindre jeg får flyttet min ferie i morgen.", "confirm", "conditional"),
        ("Ib Lund og Pia Dam er stoppet hos os. I stedet kommer kun Mads Rold.", "confirm", "fewer_successors"),
        (
            "Jeg er forhindret alligevel. Souschef Ib Lund og teamleder Pia Dam vil begge gerne overtage min plads.",
            "confirm",
            "several_successors",
        ),
    ],
)
def test_a_doubt_is_shown_with_its_reason(text: str, context: str, code: str) -> None:
    found = reading(text, context)
    assert found.action is Action.REVIEW
    assert code in codes(found)


@pytest.mark.parametrize(
    ("text", "context", "intent"),
    [
        ("Jeg vil gerne tilmelde mig Hverdagsledelse 2026.", "plain", Intent.SIGNUP),
        ("Jeg må desværre melde fra.", "confirm", Intent.CANCEL),
        ("Ja tak!", "offer", Intent.ACCEPT),
        ("Nej tak.", "offer", Intent.DECLINE),
        ("Min titel er teamleder, og EAN er 5798009142108.", "request", Intent.UPDATE),
    ],
)
def test_what_is_plain_is_done_without_asking(text: str, context: str, intent: Intent) -> None:
    found = reading(text, context)
    assert (found.intent, found.action) == (intent, Action.AUTO)
    assert found.confidence > 0.8


@pytest.mark.parametrize(
    ("text", "coming", "leaving"),
    [
        (
            "Vi vil gerne tilmelde Anne Møller til Hverdagsledelse. Til gengæld må vi melde Hans Berg fra forløbet, han er stoppet.",
            "Anne Møller",
            "Hans Berg",
        ),
        (
            "Bo Krag må desværre melde afbud til Hverdagsledelse. Samtidig vil vi gerne tilmelde souschef Anne Møller.",
            "Anne Møller",
            "Bo Krag",
        ),
    ],
)
def test_two_matters_in_one_message_are_told_apart_and_neither_is_done(text: str, coming: str, leaving: str) -> None:
    found = reading(text, sender=BY_ANOTHER)
    by_intent = {f.intent: f for f in found.findings}
    assert found.action is Action.REVIEW
    assert "two_matters" in codes(found)
    assert [p.name for p in by_intent[Intent.SIGNUP].participants] == [coming]
    assert by_intent[Intent.CANCEL].withdrawn == (leaving,)


def test_a_sender_who_is_not_who_they_say_is_asked_about() -> None:
    text = "Jeg vil gerne tilmelde mig Hverdagsledelse 2026.\n\nMvh\nAnne Møller"
    assert codes(reading(text, sender="Per Holst <ph@egedal-bib.dk>")) & {"sender_differs", "sender_is_other"}
    failed = read(message("Jeg må melde fra.", "confirm"), [COURSE], None, authentication=Verdict.FAIL)
    assert (failed.action, "authentication_failed" in codes(failed)) == (Action.REVIEW, True)


@pytest.mark.parametrize("automatic", [Automatic.BULK, Automatic.ROBOT])
@pytest.mark.parametrize("text", ["Jeg tilmelder mig Hverdagsledelse 2026.", "Jeg melder mig fra Hverdagsledelse 2026.", "Ja tak"])
def test_no_system_is_obeyed(text: str, automatic: Automatic) -> None:
    found = read(replace(message(text), automatic=automatic), [COURSE], None)
    assert found.action is not Action.AUTO or found.intent not in MATTERS


@pytest.mark.parametrize(
    ("text", "subject", "intent"),
    [
        ("Please take Ib Lund off the course, he leaves us in May.", "Re: The reading list", Intent.CANCEL),
        ("Jeg vil gerne med på det kursus for ledere, du nævnte på messen.\n\nHilsen Bo Krag\nEAN 5798009142108", "Kursus", Intent.SIGNUP),
    ],
)
def test_what_may_be_ours_after_all_is_shown_as_what_it_may_be(text: str, subject: str, intent: Intent) -> None:
    found = read(message(text, subject=subject), [COURSE], None)
    assert (found.intent, found.action) == (intent, Action.REVIEW)


def test_an_answer_to_a_question_of_ours_is_never_left_alone() -> None:
    for text in ("Xyz.", "28 64 10 73", "Hm."):
        for context in ("request", "offer", "nudge"):
            assert reading(text, context).action is not Action.IGNORE


@pytest.mark.parametrize("said", ["7.500 kr.", "9.375 kr. i alt", "15.000 kr. for to"])
def test_our_own_price_is_no_doubt(said: str) -> None:
    found = reading(f"Jeg tilmelder mig Hverdagsledelse til {said} og er teamleder.")
    assert (found.intent, found.action) == (Intent.SIGNUP, Action.AUTO)


def test_full_details_stand_for_the_name_of_the_course() -> None:
    full = "Så skriv mig på. Jeg er teamleder, EAN 5798009142108."
    assert "course_unnamed" not in codes(reading(full, subject="Hej"))
    for less in ("Så skriv mig på.", f"{full} Jeg så det i nyhedsbrevet om netværk."):
        assert "course_unnamed" in codes(reading(less, subject="Hej"))


def test_every_code_has_its_sentence() -> None:
    assert {"two_matters", "low_confidence", "conditional", "question"} <= set(words("reasons"))


def test_who_is_registered_and_tells_more_is_not_asked_whether_it_is_a_signup() -> None:
    mail = message("Hej Lisbet. Jeg glemte at skrive, at jeg ikke tåler gluten. Vil du notere det til møderne?", "invite")
    stranger = read(mail, [COURSE], None)
    registered = read(mail, [COURSE], None, writer_courses=(COURSE.id,))
    assert (stranger.intent, registered.intent) == (Intent.UPDATE, Intent.UPDATE)
    assert (stranger.action, registered.action) == (Action.REVIEW, Action.AUTO)


NOTICE = "Jeg arbejder mandag til torsdag og svarer ikke på mails om fredagen.\nJeg holder ferie i uge 9. Kontakt Bo, hvis det haster."


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        (f"Undertegnede ønsker en plads på Hverdagsledelse 2026.\n\nMed venlig hilsen\nBo Krag\nTeamleder\n{NOTICE}", Intent.SIGNUP),
        (f"Jeg vil gerne tilmelde mig Hverdagsledelse.\n{NOTICE}", Intent.SIGNUP),
        (NOTICE, Intent.AUTO_REPLY),
        (f"Tak for din mail.\n{NOTICE}\n\nMed venlig hilsen\nBo Krag\nTeamleder", Intent.AUTO_REPLY),
    ],
)
def test_an_absence_beside_a_wish_is_only_mentioned(text: str, intent: Intent) -> None:
    assert reading(text).intent is intent


@pytest.mark.parametrize(
    ("text", "subject", "action"),
    [
        ("Skriv mig på det der lederkursus i juni, som du talte om på årsmødet. Bo Krag, teamleder", "Kursus", Action.REVIEW),
        ("Hermed tilmelding til todageskurset for nye ledere. EAN 5798009142108", "Kursus", Action.REVIEW),
        ("Vi tilmelder to til temadagen. EAN 5798009142108", "Tilmelding: Temadag om læselyst, 15. april", Action.IGNORE),
    ],
)
def test_a_course_without_its_name_is_shown_another_that_is_named_is_left_alone(text: str, subject: str, action: Action) -> None:
    assert reading(text, subject=subject).action is action


def test_where_a_confirmation_should_go_is_no_other_event() -> None:
    found = reading(
        "Kursus: Hverdagsledelse 2026\nDeltager: Ib Lund\nStilling: teamleder\n\nBekræftelse bedes sendt til deltageren.", sender=BY_ANOTHER
    )
    assert "other_event_too" not in codes(found)


def test_the_days_of_the_course_stand_for_its_name() -> None:
    days = "Jeg melder mig til alle gangene, den 11. juni, 20. august, 29. september og 12. november."
    assert "course_unnamed" not in codes(reading(days, subject="Hej"))
    assert "course_unnamed" in codes(reading("Så skriv mig på. Den 11. juni passer fint.", subject="Hej"))


def test_a_question_beside_a_clear_wish_holds_nothing_back() -> None:
    found = reading("Tilmelding først: Jeg vil gerne deltage i Hverdagsledelse 2026. Spørgsmålet er, om alle fire steder har elevator?")
    assert (found.intent, found.action, found.question) == (Intent.SIGNUP, Action.AUTO, True)


def test_before_anybody_else_is_no_condition() -> None:
    found = reading("Du må hellere skrive mig på Hverdagsledelse, inden nogen andre her i huset får samme idé.")
    assert (found.intent, found.action) == (Intent.SIGNUP, Action.AUTO)
