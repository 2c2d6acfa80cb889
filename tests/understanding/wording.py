"""Our letters as they stand quoted under an answer, and messages built from a line of text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tomllib import loads

from mailbot.course import Course, validate_course
from mailbot.mail.message import Message
from mailbot.mail.parse import parse
from mailbot.resources import shipped

COURSE: Course = validate_course(loads(shipped("data", "hverdagsledelse-2026.toml").read_text("utf-8")), "hverdagsledelse-2026.toml")
HERE = Path(__file__).resolve().parent
OURS = "Lisbet Vestergaard <lv@fremtidensbiblioteker.dk>"

# context -> (subject, date of the answer, text)
QUOTED = {
    "invite": (
        "Invitation: Hverdagsledelse 2026",
        "2026-01-15",
        "Kære alle\n\nSå er invitationen til Hverdagsledelse 2026 klar. Målgruppen er mellemledere. "
        "Møderne ligger 11. juni, 20. august, 29. september og 12. november.\n"
        "TILMELDING: Foregår per mail til lv@fremtidensbiblioteker.dk senest 1. marts 2026.",
    ),
    "nudge": (
        "Hverdagsledelse?",
        "2026-01-20",
        "Hej Bo\n\nTak for snakken i går. Jeg tror, at Hverdagsledelse 2026 kunne være noget for dig. Skal jeg skrive dig på?\n\nKh Lisbet",
    ),
    "confirm": (
        "Du har en plads på Hverdagsledelse 2026",
        "2026-03-10",
        "Kære Bo\n\nTak for din tilmelding. Du har en plads på Hverdagsledelse 2026, og vi glæder os til at se dig.\n\n"
        "Venlig hilsen\nLisbet",
    ),
    "request": (
        "Vi mangler lidt endnu - Hverdagsledelse 2026",
        "2026-02-20",
        "Kære Bo\n\nTak for din tilmelding til Hverdagsledelse 2026. Vi mangler din titel, dit bibliotek "
        "og et EAN-nummer til fakturaen. Er der allergier, vi skal tage hensyn til?\n\nVenlig hilsen\nLisbet",
    ),
    "offer": (
        "Ledig plads på Hverdagsledelse 2026",
        "2026-04-22",
        "Kære Bo\n\nDer er blevet en plads ledig på Hverdagsledelse 2026, og du er den næste på ventelisten. "
        "Vil du have pladsen? Svar ja eller nej senest torsdag.\n\nVenlig hilsen\nLisbet",
    ),
    "verify": (
        "Er det rigtigt, at du melder fra til Hverdagsledelse 2026?",
        "2026-02-02",
        "Kære Bo\n\nOlga Brinch har skrevet, at du melder fra til Hverdagsledelse 2026. Svar ja på denne mail, hvis det er rigtigt, "
        "og nej, hvis det ikke er.\n\nVenlig hilsen\nLisbet",
    ),
    "program": (
        "Program til 20. august",
        "2026-08-18",
        "Kære deltagere i Hverdagsledelse\n\nVi mødes torsdag den 20. august kl. 10 i Middelfart til andet møde. "
        "Her er programmet. Vi ses!\n\nKh Lisbet",
    ),
}


def message(
    text: str,
    context: str = "plain",
    *,
    sender: str = "Bo Krag <bk@egedal-bib.dk>",
    subject: str = "Hverdagsledelse 2026",
    headers: str = "",
) -> Message:
    """A message with this new text, as an answer to one of our letters."""
    day = "2026-02-10"
    if context != "plain":
        quoted_subject, day, quoted = QUOTED[context]
        subject = f"SV: {quoted_subject}"
        text += f"\n\nFra: {OURS}\nSendt: 9. januar 2026 10:05\nTil: Bo Krag <bk@egedal-bib.dk>\nEmne: {quoted_subject}\n\n{quoted}\n"
    raw = f"From: {sender}\nTo: {OURS}\nSubject: {subject}\nMessage-ID: <1@egedal-bib.dk>\n{headers}MIME-Version: 1.0\n"
    raw += f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{text}\n"
    return replace(parse(raw.encode()), received_at=datetime.fromisoformat(f"{day}T09:00:00+01:00"))


@dataclass(frozen=True, slots=True)
class Phrase:
    """One line of phrases*.txt: what it answers, how it must be read, subject, text, and whether it also asks."""

    context: str
    intent: str
    action: str
    subject: str
    text: str
    asks: bool


def phrases(path: Path) -> Iterator[Phrase]:
    """The messages of a file of phrases; the format stands at its top."""
    context = intent = action = ""
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("["):
            context, intent, action = (part.strip() for part in line.strip("[]").split("|"))
        elif line and not line.startswith("#"):
            text = line.removesuffix(" ??")
            subject = "Hej"
            if text.startswith("Emne: "):
                subject, text = text.removeprefix("Emne: ").split(" | ", 1)
            yield Phrase(context, intent, action, subject, text.replace(" / ", "\n"), line.endswith(" ??"))


@dataclass(frozen=True, slots=True)
class Marked:
    """One line of parts*.txt: what the message wants, its text, and the part of each person named and of the writer ("")."""

    intent: str
    text: str
    people: tuple[tuple[str, str], ...]


_MARK = re.compile(r"\{([+=-])([^{}]*)\}")
_PARTS = {"+": "comes", "-": "leaves", "=": "mentioned"}


def casts(path: Path) -> Iterator[Marked]:
    """The messages of a file in which people are marked: {+comes}, {-leaves}, {=only mentioned}, and @ with the writer's part."""
    intent = ""
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("["):
            intent = line.strip("[] ")
        elif line.strip() and not line.startswith("#"):
            text, _, own = line.strip().rpartition(" @")
            people = [(name, _PARTS[mark]) for mark, name in _MARK.findall(text)]
            yield Marked(intent, _MARK.sub(r"\2", text).replace(" / ", "\n"), (*people, ("", _PARTS[own])))
