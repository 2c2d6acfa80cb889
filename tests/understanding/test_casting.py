"""Who comes and who leaves: the same words with the people changed round, one of several, the writer, a mail that is sent on."""

from __future__ import annotations

import pytest

from mailbot.understanding.casting import LEAST, play
from mailbot.understanding.facts import Found, Record
from mailbot.understanding.parts import Part
from mailbot.understanding.people import cast
from mailbot.understanding.read import read
from mailbot.understanding.reading import Action, Intent
from understanding.wording import COURSE, message

OURS = frozenset({"lv@fremtidensbiblioteker.dk"})
IDA, KAJ = "Ida Munk Holm", "Kaj Overgaard"


@pytest.mark.parametrize(
    ("text", "coming", "leaving"),
    [
        ("I stedet for {a} kommer {b} på Hverdagsledelse.", "b", "a"),
        ("{b} kommer på Hverdagsledelse i stedet for {a}.", "b", "a"),
        ("{a} er gået på barsel. Vi sender {b}.", "b", "a"),
        ("{b} overtager pladsen efter {a}, der har fået nyt job.", "b", "a"),
        ("Pladsen, som {a} havde, går til {b}.", "b", "a"),
        ("{a} må blive hjemme og passe butikken, så {b} får stolen.", "b", "a"),
        ("Hidtil har {a} stået på listen. Fremover skal der stå {b}.", "b", "a"),
        ("Vil du bytte {a} ud med {b}?", "b", "a"),
        ("Jeg har fået nyt job, så {b} overtager min plads.", "b", ""),
        ("{b} har sagt ja til at tage min plads, for jeg skal opereres.", "b", ""),
        ("{a} er sygemeldt, så jeg tager pladsen.", "writer", "a"),
    ],
)
@pytest.mark.parametrize("people", [(IDA, KAJ), (KAJ, IDA)], ids=["", "changed round"])
def test_who_takes_over_whose_seat(text: str, coming: str, leaving: str, people: tuple[str, str]) -> None:
    who = {"a": people[0], "b": people[1], "writer": "Bo Krag"}
    found = cast(message(text.format(**who)), Intent.SUBSTITUTE, courses=[COURSE], answered=None, ours=OURS)
    assert [p.name for p in found.participants] == [who[coming]]
    assert list(found.withdrawn) == ([who[leaving]] if leaving else [])
    assert (found.contact is None) == (coming == "writer" or not leaving)


@pytest.mark.parametrize(
    ("text", "leaving"),
    [
        ("{a} kan desværre ikke være med på Hverdagsledelse alligevel. {b} kommer som aftalt.", ["a"]),
        ("Må jeg melde {a} fra Hverdagsledelse? Det er aftalt med {b}, vores chef.", ["a"]),
        ("{a} og {b} må begge melde fra.", ["a", "b"]),
        ("Både {a} og jeg må melde fra.", ["a", "writer"]),
        ("Jeg må melde afbud til Hverdagsledelse. {b} hilser.", []),
    ],
)
def test_who_leaves(text: str, leaving: list[str]) -> None:
    who = {"a": IDA, "b": KAJ, "writer": "Bo Krag"}
    found = cast(message(text.format(**who)), Intent.CANCEL, courses=[COURSE], answered=None, ours=OURS)
    assert sorted(found.withdrawn) == sorted(who[w] for w in leaving)


def person(name: str) -> Record:
    return Record(fields={"name": Found(name, 0, 0, "test")})


def chances(comes: float, leaves: float) -> dict[Part, float]:
    return {Part.COMES: comes, Part.LEAVES: leaves, Part.MENTIONED: 1 - comes - leaves}


def test_the_most_probable_part_is_played() -> None:
    ida, kaj = person(IDA), person(KAJ)
    assert play({ida: chances(0.8, 0.1), kaj: chances(0.1, 0.6)}, ()) == {ida: Part.COMES, kaj: Part.LEAVES}


def test_a_needed_part_goes_to_whom_it_fits_best() -> None:
    ida, kaj = person(IDA), person(KAJ)
    assert play({ida: chances(0.8, 0.15), kaj: chances(0.1, 0.3)}, (Part.COMES, Part.LEAVES)) == {ida: Part.COMES, kaj: Part.LEAVES}


def test_a_needed_part_is_nobodys_where_it_fits_nobody() -> None:
    ida = person(IDA)
    assert play({ida: chances(LEAST / 2, 0.1)}, (Part.COMES,)) == {ida: Part.MENTIONED}


@pytest.mark.parametrize(
    ("text", "unclear"),
    [
        ("Vi vil gerne tilmelde souschef Louise Bitsch til Hverdagsledelse. Det er aftalt med Jakob Thrane, vores chef.", False),
        ("Til Hverdagsledelse indstilles Ferdinand Holm. Indstillingen er tiltrådt af Gunvor Elle, direktør.", True),
    ],
)
def test_who_may_only_be_mentioned_is_asked_about(text: str, unclear: bool) -> None:
    found = read(message(text), [COURSE], None)
    assert ("who_unclear" in {r.code for r in found.reasons}) is unclear
    assert (found.action is Action.REVIEW) or not unclear
