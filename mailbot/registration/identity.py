"""Who is the same person: names folded, addresses, libraries, mail domains.

The rule of DESIGN ("The same person"): the same address with the same name, or the same name at the same library or at
the same mail domain that is not public. Two names on one address are two people; one name at two libraries is two people.
Whoever cannot be told is UNSURE, and that goes to the administrator.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from enum import Enum

from mailbot.registration.records import Registration
from mailbot.understanding.reading import Address, Person

# Where anybody can have an address, the domain says nothing about where they work.
PUBLIC_DOMAINS = frozenset(
    {
        "gmail.com",
        "googlemail.com",
        "hotmail.com",
        "hotmail.dk",
        "outlook.com",
        "outlook.dk",
        "live.com",
        "live.dk",
        "msn.com",
        "yahoo.com",
        "yahoo.dk",
        "ymail.com",
        "icloud.com",
        "me.com",
        "mac.com",
        "mail.dk",
        "mail.tele.dk",
        "post.tele.dk",
        "tdcadsl.dk",
        "tele.dk",
        "jubii.dk",
        "ofir.dk",
        "sol.dk",
        "stofanet.dk",
        "youmail.dk",
        "webspeed.dk",
        "privat.dk",
        "get2net.dk",
        "post.cybercity.dk",
        "cybercity.dk",
        "c.dk",
        "fibermail.dk",
        "fiberpost.dk",
        "energimail.dk",
        "waoo.dk",
        "dlgmail.dk",
        "mail.com",
        "gmx.com",
        "gmx.net",
        "gmx.de",
        "web.de",
        "aol.com",
        "proton.me",
        "protonmail.com",
        "pm.me",
        "tutanota.com",
        "fastmail.com",
        "zoho.com",
        "hey.com",
    }
)

# One spelling for what people write in several: ø, oe and o; å, aa and a; ä, æ and ae.
_SPELLINGS = str.maketrans({"æ": "ae", "ä": "ae", "ø": "o", "ö": "o", "å": "a", "ß": "ss", "ð": "d", "þ": "th", "ł": "l", "đ": "d"})
_WORD = re.compile(r"[^\W\d_]+")


class Same(Enum):
    YES = "yes"
    UNSURE = "unsure"
    NO = "no"


def fold(name: str | None) -> tuple[str, ...]:
    """The words of a name in one spelling: lower case, no accents, hyphens as spaces; at most 12 words."""
    lowered = unicodedata.normalize("NFC", (name or "")[:300]).casefold().translate(_SPELLINGS)
    plain = "".join(c for c in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(c))
    return tuple(word.replace("aa", "a").replace("oe", "o") for word in _WORD.findall(plain)[:12])


def _alike(a: str, b: str) -> bool:
    """Whether two words of a name are one, an initial counting for any name that begins with it."""
    return a == b or (min(len(a), len(b)) == 1 and a[0] == b[0])


def _one_slip(a: str, b: str) -> bool:
    """Whether one letter was changed, left out, added or swapped with its neighbour."""
    if a == b:
        return True
    if abs(len(a) - len(b)) > 1:
        return False
    start = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    rest_a, rest_b = a[start:], b[start:]
    return (
        rest_a[1:] == rest_b[1:]
        or rest_a[1:] == rest_b
        or rest_a == rest_b[1:]
        or (rest_a[:2] == rest_b[1::-1] and rest_a[2:] == rest_b[2:])
    )


def same_name(a: str | None, b: str | None) -> Same:
    """Whether two full names are one name: folded, with or without middle names. A first name alone is UNSURE."""
    one, two = fold(a), fold(b)
    if not one or not two:
        return Same.NO
    if sorted(one) == sorted(two):
        return Same.YES if len(one) > 1 else Same.UNSURE
    short, long = sorted((one, two), key=len)
    if len(short) == 1:
        return Same.UNSURE if short[0] == long[0] else Same.NO
    if _alike(short[0], long[0]) and _in_order(short, long):
        return Same.YES
    if short[0] == long[0] and short[-1] == long[-1]:
        return Same.UNSURE  # Anne Marie Holm and Anne Sofie Holm
    if len(short) == len(long) and all(_one_slip(x, y) for x, y in zip(short, long, strict=True)):
        return Same.UNSURE
    return Same.NO


def _in_order(short: Sequence[str], long: Sequence[str]) -> bool:
    """Whether the words of `short` stand in `long` in the same order, others between them."""
    words = iter(long)
    return all(any(_alike(word, other) for other in words) for word in short)


def domain(address: str | None) -> str:
    """The domain of an address, "" where it is public (anybody's) or there is none."""
    found = (address or "").rpartition("@")[2].lower()
    return "" if found in PUBLIC_DOMAINS else found


def same_domain(a: str | None, b: str | None) -> bool:
    """Whether two addresses belong to one organisation; a subdomain counts as its domain."""
    one, two = domain(a), domain(b)
    return bool(one and two) and (one == two or one.endswith("." + two) or two.endswith("." + one))


def same_organisation(a: str | None, b: str | None) -> bool:
    """Whether two names of a library mean one: the shorter one's words all stand in the longer one, endings aside."""
    one, two = fold(a), fold(b)
    short, long = sorted((one, two), key=len)
    if not short:
        return False
    if len(short) == 1:
        return one == two
    return all(any(_stem(word, other) for other in long) for word in short)


def _stem(a: str, b: str) -> bool:
    short, long = sorted((a, b), key=len)
    return a == b or (len(short) >= 5 and long.startswith(short))


def same_person(a: Person, b: Person, contact_a: Address | None = None, contact_b: Address | None = None) -> Same:
    """Whether two descriptions are of one person. Who has no address of their own counts to the contact's domain."""
    names = same_name(a.name, b.name)
    if a.email and a.email == b.email:
        if not fold(a.name) or not fold(b.name):
            return Same.YES
        partly = names is Same.UNSURE and min(len(fold(a.name)), len(fold(b.name))) == 1
        return Same.YES if partly else names
    if names is Same.NO:
        return Same.NO
    mail_a, mail_b = (p.email or (c.email if c else None) for p, c in ((a, contact_a), (b, contact_b)))
    house = same_organisation(a.organisation, b.organisation)
    other_house = bool(a.organisation and b.organisation) and not house
    domains = same_domain(mail_a, mail_b)
    if names is Same.UNSURE:
        return Same.UNSURE if (house or domains) and not (a.email and b.email) else Same.NO
    if house or (domains and not other_house) or (a.phone and a.phone == b.phone):
        return Same.YES
    if domains:  # one domain for many libraries: a name may occur twice, or somebody may have moved
        return Same.UNSURE
    if other_house or (domain(mail_a) and domain(mail_b)):
        return Same.NO
    return Same.YES if (a.ean and a.ean == b.ean) or (a.cvr and a.cvr == b.cvr) else Same.UNSURE


def find_person(
    registrations: Sequence[Registration], person: Person, contact: Address | None
) -> tuple[tuple[Registration, ...], tuple[Registration, ...]]:
    """Those that are the person, and those that may be."""
    verdicts = [(r, same_person(r.person, person, r.contact, contact)) for r in registrations]
    return tuple(r for r, v in verdicts if v is Same.YES), tuple(r for r, v in verdicts if v is Same.UNSURE)
