"""Where Sent, Drafts and Junk are: by SPECIAL-USE (RFC 6154) where the server knows it, else by the names that mail programs give them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

NAMES: dict[str, tuple[str, ...]] = {
    "sent": (
        "Sent", "Sent Items", "Sent Messages", "Sent Mail", "Sendt post", "Sendte elementer", "Sendte mails", "Sendt mail", "Sendte",
        "Sendt", "Gesendete Elemente", "Gesendet", "Gesendete Objekte", "Skickat", "Skickade objekt", "Sendte e-poster", "Sendte elementer",
        "Lähetetyt", "Verzonden items", "Verzonden", "Envoyés", "Éléments envoyés", "Elementos enviados", "Enviados", "Posta inviata",
    ),
    "drafts": (
        "Drafts", "Draft", "Kladder", "Kladde", "Udkast", "Entwürfe", "Utkast", "Luonnokset", "Concepten", "Brouillons",
        "Borradores", "Bozze",
    ),
    "junk": (
        "Junk", "Junk Email", "Junk E-mail", "Junk E-Mail", "Spam", "Uønsket mail", "Uønsket post", "Uønsket e-mail", "Junk-E-Mail",
        "Skräppost", "Søppelpost", "Uønsket e-post", "Roskaposti", "Ongewenste e-mail", "Courrier indésirable", "Correo no deseado",
        "Posta indesiderata", "Bulk Mail",
    ),
}
_USES = {"sent": b"\\sent", "drafts": b"\\drafts", "junk": b"\\junk"}
_CONTAINERS = ("INBOX", "[Gmail]", "[Google Mail]")  # what stands before the name on Courier-like servers and at Google

Listed = tuple[tuple[bytes, ...], bytes | None, str]


@dataclass(frozen=True, slots=True)
class Folders:
    """Names of mailboxes as the server writes them; "" where there is none."""

    sent: str = ""
    drafts: str = ""
    junk: str = ""


def find(listed: Iterable[Listed], *, sent: str = "", drafts: str = "", junk: str = "") -> Folders:
    """The folders among those that LIST gave. A name that was configured wins, whether or not it is listed."""
    folders = [(frozenset(f.lower() for f in flags), separator, name) for flags, separator, name in listed if b"\\Noselect" not in flags]
    configured = {"sent": sent, "drafts": drafts, "junk": junk}
    return Folders(**{use: configured[use] or _by_use(folders, use) or _by_name(folders, use) for use in NAMES})


def _by_use(folders: list[tuple[frozenset[bytes], bytes | None, str]], use: str) -> str:
    return next((name for flags, _separator, name in folders if _USES[use] in flags), "")


def _by_name(folders: list[tuple[frozenset[bytes], bytes | None, str]], use: str) -> str:
    wanted = {known.casefold(): rank for rank, known in reversed(list(enumerate(NAMES[use])))}
    found = [
        (wanted[base.casefold()], len(name), name)
        for _flags, separator, name in folders
        if (base := _base(name, (separator or b"/").decode("ascii", "replace"))).casefold() in wanted
    ]
    return min(found, default=(0, 0, ""))[2]


def _base(name: str, separator: str) -> str:
    """The name without a container's: "INBOX.Sent" is a Sent, "Arkiv/2019/Sent" is not."""
    head, found, tail = name.partition(separator)
    return tail if found and head in _CONTAINERS else name
