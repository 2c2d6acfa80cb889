"""Where signatures begin: sign-offs of many kinds, names alone, and all that must not be cut."""

from __future__ import annotations

import pytest

from mailbot.mail.body import Context, split
from mailbot.mail.message import Address, SegmentKind

BODY = "Hej Lisbet\n\nJeg vil gerne med på holdet i år.\n\n"


def cut(text: str, name: str = "Trine Holm", email: str = "trho@bib.example") -> tuple[str, str]:
    """The words of the writer and the signature."""
    segments = split(text, Context(sender=Address(name, email)))
    signature = "".join(text[s.start:s.end] for s in segments if s.kind is SegmentKind.SIGNATURE)
    return "".join(text[s.start:s.end] for s in segments if s.kind is SegmentKind.NEW).strip(), signature.strip()


@pytest.mark.parametrize("signature", [
    "Mvh\nTrine", "mvh trine", "Vh", "Kh Trine", "Dbh\nTrine", "M.v.h.\nTrine Holm", "Med venlig hilsen\nTrine Holm\nSouschef",
    "Venlig hilsen, Trine",
    "De bedste hilsner\nTrine", "Mange hilsner fra os på Als", "Hilsen fra grænselandet\nTrine", "Mange vinterhilsner\n\nTrine Holm",
    "Bedste hilsner",
    "Kærlig hilsen\nTrine", "Kærligst Trine", "Knus Trine", "Venligst\nTrine Holm", "Best regards\nTrine", "Kind regards,\nTrine",
    "Best,\nTrine",
    "Med vänlig hälsning\nTrine", "Mit freundlichen Grüßen\nTrine", "Vennlig hilsen\nTrine", "Vinarliga\nTrine", "Tjóðskapur\nTrine",
    "Inussiarnersumik inuulluaqqusillunga / Med venlig hilsen\n\nTrine", "/Trine", "//Trine Holm", "- Trine",
    "-- \nTrine Holm\nTlf. 12 34 56 78",
    "Trine", "Trine Holm\nSouschef\nVejle Bibliotek", "Trine Holm, souschef, Vejle Bibliotek", "Sendt fra min iPhone",
    "Hent Outlook til iOS",
    "Trine\n\nSendt fra min iPhone", "Tak på forhånd\nTrine", "Hav en god dag\nTrine", "God weekend\nTrine Holm\nSouschef",
    "Hilsen\nTrine og Jens",
    "Mvh\nTrine Holm\nEAN 5798000000000\nAfdelingen lukker kl. 16", "Med venlig hilsen / Kind regards\nTrine",
])
def test_a_signature_begins_at_the_sign_off(signature: str) -> None:
    assert cut(BODY + signature + "\n") == (BODY.strip(), signature)


@pytest.mark.parametrize("words", [
    "Khalid Omar, teamleder, vil også med.", "Takeshi kommer med.", "Hilsendal Bibliotek betaler.", "Tak også for sidst.",
    "Tak for en god dag i går.",
    "Hilsen til Mikael og de andre på holdet.", "Jeg skal hilse fra chefen.", "Mange tak for hjælpen i går, den var god.",
    "Vi ses til møderne, håber jeg.",
    "- Trine Holm\n- Jens Olsen", "Navn: Trine Holm\nTitel: souschef", "Deltagere:\n\nJens Olsen\nsouschef", "Bedst kan jeg om torsdagen.",
    "Vil du sende en hilsen til Mikael?", "Kh. er også en forkortelse for København.", "1. Khalid Omar\n2. Best Olsen",
])
def test_what_begins_like_a_closing_is_not_cut(words: str) -> None:
    new, signature = cut(f"Hej Lisbet\n\n{words}\n\nEAN følger i morgen.\n\nMvh\nTrine Holm\n")
    assert (new, signature) == (f"Hej Lisbet\n\n{words}\n\nEAN følger i morgen.", "Mvh\nTrine Holm")


@pytest.mark.parametrize("postscript", ["PS: jeg er veganer.", "PS. Jeg tåler ikke nødder", "P.S. EAN følger", "NB: jeg kommer kl. 11",
                                        "Jeg glemte at sige, at jeg også gerne vil tilmelde Jens Olsen."])
def test_a_postscript_is_the_writers_word_again(postscript: str) -> None:
    new, signature = cut(f"{BODY}Mvh\nTrine Holm\n\n{postscript}\n\nSendt fra min iPhone\n")
    assert new.endswith(postscript)
    assert signature.startswith("Mvh\nTrine Holm")
    assert signature.endswith("Sendt fra min iPhone")


def test_details_below_the_sign_off_stay_in_the_signature() -> None:
    assert cut(BODY + "Mvh\nTrine Holm\n\nEAN: 5798000000000\nRekv.: 4711\n")[1].endswith("Rekv.: 4711")


def test_somebody_elses_name_without_a_sign_off_is_no_signature() -> None:
    assert cut(BODY + "Jens Olsen\nSouschef\nVejle Bibliotek\n")[1] == ""


def test_a_shared_mailbox_is_signed_by_a_person_it_does_not_name() -> None:
    text = "Til Lisbet\n\nUndertegnede ønsker at følge alle fire møder i år.\n\nOluf Engelbrecht-Møller\nDaglig leder\nHerlev Bibliotek\n"
    assert cut(text, "Herlev Bibliotek", "bibliotek@herlev.example")[1].startswith("Oluf")


def test_the_name_in_the_address_is_enough() -> None:
    assert cut(BODY + "Trine\n", "", "trine.holm@bib.example")[1] == "Trine"
