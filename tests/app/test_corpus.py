"""The whole corpus through real servers: delivered by LMTP among unrelated mail, answered over SMTP, killed in between.

Dovecot holds the mailbox, Exim takes the letters and delivers them into Dovecot again, where the participants' own
mailboxes are looked into.
"""

from __future__ import annotations

import email
import random
import smtplib
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import policy
from pathlib import Path

import pytest
from servers.dovecot import Dovecot
from servers.exim import Exim
from servers.person import Person

from app.office import Office, cases, eventually, signup, unrelated
from mailbot.registration.records import LetterState, Outcome
from mailbot.store.sqlite import SqliteStore

FOLDERS = ("Tilmeldinger", "Privat")
FIRST, LAST = ("Anna", "Bent", "Carla", "Dorte", "Emil", "Frida"), ("Holm", "Krogh", "Lund", "Toft", "Winther")


@pytest.fixture
def office(tmp_path: Path, dovecot: Dovecot, exim: Exim, new_person: Callable[[Dovecot], Person]) -> Office:
    return Office(tmp_path, new_person(dovecot), exim.port, capacity=30)


def deliver(office: Office, dovecot: Dovecot, raws: list[bytes]) -> None:
    """As the world does it: by LMTP, one after the other."""
    with smtplib.LMTP("127.0.0.1", dovecot.lmtp_port) as lmtp:
        for raw in raws:
            refused = lmtp.sendmail("sender@eksempel-eks.dk", [office.person.user], raw)
            assert not refused


def arrived(dovecot: Dovecot, address: str) -> list[str]:
    """The letter keys in this address' own mailbox."""
    found = []
    for path in dovecot.maildir(address).glob("new/*"):
        message = email.message_from_bytes(path.read_bytes(), policy=policy.compat32)
        found.append(str(message["X-Mailbot-Letter"]))
    return found


def everything(office: Office) -> tuple[object, object]:
    """All mailboxes with their messages and flags, as another mail program sees them."""
    with office.person.client() as client:
        folders = sorted(name for _, _, name in client.list_folders())
    return folders, office.person.look()


@pytest.mark.slow
def test_the_corpus_among_unrelated_mail(office: Office, dovecot: Dovecot) -> None:
    corpus = [raw for _, raw in cases("dev", "dev2", "own")]
    mixed = corpus + [unrelated(n) for n in range(40)]
    random.Random(2026).shuffle(mixed)
    deliver(office, dovecot, mixed)
    with office.person.client() as client:
        for folder in FOLDERS:
            client.create_folder(folder)
        client.select_folder("INBOX")
        client.add_flags([1, 5, 9], [b"\\Seen"])
        client.add_flags([2], [b"\\Flagged"])
    before = everything(office)

    done = office.once()
    assert sum(done["messages"].values()) == len(mixed)
    assert everything(office) == before
    assert office.once() == {"messages": {}, "due": 0, "letters": 0}
    assert everything(office) == before

    with SqliteStore(office.database) as store:
        outcomes = Counter(entry.outcome for entry in store.entries())
        letters = store.letters()
        roster = store.roster("hverdagsledelse-2026")
        assert not store.unsettled()
    assert sum(outcomes.values()) == len(mixed)
    assert outcomes[Outcome.IGNORED] >= 40
    assert sum(r.seated for r in roster.registrations) == 30
    sent = [letter for letter in letters if letter.state is LetterState.SENT]
    assert done["letters"] == len(sent)
    for address in {letter.to.email for letter in sent}:
        mine = sorted(letter.key for letter in sent if letter.to.email == address)
        # Exim says 250 before it has delivered
        eventually(lambda a=address, keys=mine: sorted(arrived(dovecot, a)) == keys)


def test_two_participants_of_one_mail_both_get_their_letter(office: Office, dovecot: Dovecot) -> None:
    text = (
        "Hej Lisbet\r\n\r\nVi vil gerne tilmelde to til Hverdagsledelse 2026:\r\n\r\n"
        "- Anna Friis Holm, souschef, annafh@nordskov-kom.dk\r\n- Peter Lund Bæk, teamleder, peterlb@nordskov-kom.dk\r\n\r\n"
        "EAN 5798000123458\r\n\r\nVenlig hilsen\r\nGerda Toft\r\nBibliotekschef, Nordskov Bibliotek\r\n"
    )
    head = (
        "From: Gerda Toft <gerdat@nordskov-kom.dk>\r\nTo: lv@fremtidensbiblioteker.dk\r\nSubject: To tilmeldinger\r\n"
        "Message-ID: <to@nordskov-kom.dk>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    )
    deliver(office, dovecot, [(head + text).encode()])
    office.once()
    for address in ("annafh@nordskov-kom.dk", "peterlb@nordskov-kom.dk", "gerdat@nordskov-kom.dk"):
        eventually(lambda a=address: len(arrived(dovecot, a)) == 1)


@pytest.mark.slow
def test_killed_in_the_middle_nothing_is_lost_or_repeated(office: Office, dovecot: Dovecot) -> None:
    people = [(f"{first} {last}", f"{first}.{last}@nordskov-kom.dk".lower()) for first in FIRST for last in LAST]
    deliver(office, dovecot, [signup(name, address, n) for n, (name, address) in enumerate(people)])
    addresses = [address for _, address in people]

    def letters_out() -> int:
        return sum(len(arrived(dovecot, address)) for address in addresses)

    for so_many in (1, 8, 17):  # killed while it is busy, three times
        service = office.start()
        try:
            eventually(lambda enough=so_many: letters_out() >= enough)
        finally:
            service.kill()
            service.wait()
    office.once()
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()  # what the server deferred meanwhile is due again by then
    assert office.run("once", "--now", later).returncode == 0
    with SqliteStore(office.database) as store:
        assert not store.letters(state=LetterState.PLANNED)
        registrations = store.roster("hverdagsledelse-2026").registrations
        uncertain = {letter.to.email for letter in store.letters(state=LetterState.UNCERTAIN)}
    assert sorted(r.person.email or "" for r in registrations) == sorted(addresses)
    eventually(lambda: all(arrived(dovecot, address) for address in addresses if address not in uncertain))
    assert [address for address in addresses if len(arrived(dovecot, address)) > 1] == []
    assert len(uncertain) <= 3  # at most the one letter in flight at each kill
