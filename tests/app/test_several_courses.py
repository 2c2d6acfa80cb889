"""Two courses are open at once: what names one goes there, and what may be meant for either is hers to say."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from servers.person import Person

from app.desk import Desk, kinds, text_of
from app.office import COURSE, signup
from mailbot.app.digest import digest_decision
from mailbot.cli.service import service_of
from mailbot.config import load
from mailbot.demo.server import MailServer

OTHER = COURSE.replace("Hverdagsledelse", "Formidling").replace("lederforløb om ", "").replace("hverdagsledelse", "formidling")


def both(server: MailServer, folder: Path) -> Desk:
    desk = Desk(Person(server.imap_port, "bot@example.dk", "secret", server), server.smtp_port, folder, capacity=3)
    (folder / "other.toml").write_text(OTHER.format(signup="lv@fremtidensbiblioteker.dk", capacity=3), "utf-8")
    settings = folder / "mailbot.toml"
    settings.write_text(settings.read_text("utf-8").replace('["course.toml"]', '["course.toml", "other.toml"]'), "utf-8")
    desk.service = service_of(load(settings, desk.office.environment), desk.store, lambda: desk.now)
    return desk


def asking(text: str, name: str, address: str, number: int) -> bytes:
    return signup(name, address, number).replace(b"Jeg vil gerne tilmeldes Hverdagsledelse 2026.", text.encode())


def digests(desk: Desk) -> dict[str, str]:
    """What she reads, by course."""
    for course in desk.store.courses():
        decision, letters = digest_decision(desk.store.roster(course.id), desk.store, desk.service.rules, desk.now)
        desk.store.record(decision, desk.now, letters=letters)
    return {str(letter["Subject"]).partition(":")[0]: text_of(letter) for letter in desk.arrive()}


def test_each_message_goes_where_it_belongs_and_what_may_be_meant_for_either_is_hers_to_say(embedded: MailServer, tmp_path: Path) -> None:
    with closing(both(embedded, tmp_path)) as desk:
        answered = desk.arrive(
            asking("Jeg vil gerne tilmeldes Formidling 2026.", "Mette Holm", "mho@eksempelby-kom.dk", 1),
            asking("Jeg vil gerne tilmeldes kurset.", "Bo Beck", "bobe@nordskov-kom.dk", 2),
            asking("Jeg vil gerne tilmeldes Formidling 2026 og Hverdagsledelse 2026.", "Ida Lund", "ida@vestby-kom.dk", 3),
        )
        assert kinds(answered, desk) == [("confirmation", "mho@eksempelby-kom.dk")]
        assert "Formidling 2026" in text_of(answered[0])
        assert "Hverdagsledelse" not in text_of(answered[0])
        seated = {r.person.name: r.course for c in desk.store.courses() for r in desk.store.roster(c.id).registrations if r.seated}
        assert seated == {"Mette Holm": "formidling-2026"}
        told = digests(desk)
        assert "Mailen kan gælde flere forløb." in told["Hverdagsledelse 2026"]   # Ida's
        assert "godkend 5 · venteliste 5 · afvis 5" in told["Hverdagsledelse 2026"]
        assert "Bo Beck: Tilmelding" in told["Formidling 2026"]
        assert "det kan være en tilmelding, men også noget helt andet" in " ".join(told["Formidling 2026"].split())
