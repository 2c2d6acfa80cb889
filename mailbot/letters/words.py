"""How things are written in the language of a course: dates, money, numbers, names, lists.

The words themselves stand in `templates/<language>/words.toml`, so that no Danish is hidden in code and nothing depends
on the locale of the machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import phonenumbers

from mailbot.course import Course, Meeting
from mailbot.letters.clean import foreign, line
from mailbot.understanding.reading import Address


@dataclass(frozen=True)
class Words:
    """The words of one language, with the forms made of them."""

    language: str
    table: Mapping[str, Any]

    def __getitem__(self, key: str) -> str:
        return str(self.table[key])

    def section(self, name: str) -> Mapping[str, str]:
        found: Mapping[str, str] = self.table[name]
        return found

    # dates and times

    def date(self, day: date, *, year: bool = True) -> str:
        """"torsdag den 11. juni 2026"."""
        text = self["date"].format(weekday=self.table["weekdays"][day.weekday()], day=day.day, month=self.table["months"][day.month - 1])
        return self["year"].format(date=text, year=day.year) if year else text

    def clock(self, moment: time) -> str:
        """"10" on the hour, else "10.30"."""
        form = self["clock"] if moment.minute else self["full_hour"]
        return form.format(hour=moment.hour, minute=moment.minute)

    def span(self, meeting: Meeting) -> str:
        """"kl. 10–15"."""
        return self["span"].format(start=self.clock(meeting.start), end=self.clock(meeting.end))

    def moment(self, at: datetime, course: Course) -> str:
        """A moment in the course's zone: "torsdag den 11. juni kl. 10"."""
        local = at.astimezone(course.zone)
        return self["at"].format(date=self.date(local.date(), year=False), clock=self.clock(local.time()))

    def recently(self, at: datetime, now: datetime, course: Course) -> str:
        """A moment of today or yesterday by that word, else as `moment` says it: "i dag kl. 7.29"."""
        local = at.astimezone(course.zone)
        days = (now.astimezone(course.zone).date() - local.date()).days
        if days not in (0, 1):
            return self.moment(at, course)
        return self["at"].format(date=self["yesterday" if days else "today"], clock=self.clock(local.time()))

    def meeting(self, meeting: Meeting) -> str:
        """"torsdag den 11. juni 2026 kl. 10–15"."""
        return self["meeting"].format(date=self.date(meeting.date), span=self.span(meeting))

    def meetings(self, meetings: Sequence[Meeting]) -> str:
        """The days in one phrase; the time of day once where they share it, the year once where they share that."""
        one_year = len({m.date.year for m in meetings}) == 1
        spans = {self.span(m) for m in meetings}
        days = [self.date(m.date, year=not one_year or m is meetings[-1]) for m in meetings]
        if len(spans) > 1 or len(meetings) == 1:
            return self.listing([self["meeting"].format(date=day, span=self.span(m)) for day, m in zip(days, meetings, strict=True)])
        form = self["both_days"] if len(meetings) == 2 else self["all_days"]
        return form.format(dates=self.listing(days), span=spans.pop())

    # numbers

    def number(self, amount: Decimal) -> str:
        rounded = amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
        whole = f"{rounded:,.2f}".removesuffix(".00")
        return "".join({",": self["thousands"], ".": self["decimals"]}.get(c, c) for c in whole)

    def money(self, amount: Decimal) -> str:
        """"7.500 kr."."""
        return self["money"].format(amount=self.number(amount))

    def price(self, course: Course) -> str:
        """The price of a participant with and without VAT; "" where the course names none or is free."""
        if not course.price or course.price_with_vat is None:
            return ""
        form = self["price"] if course.vat else self["price_without_vat"]
        return form.format(net=self.money(course.price), gross=self.money(course.price_with_vat))

    # lists and names

    def listing(self, parts: Iterable[str], joiner: str = "and") -> str:
        """"a", "a og b", "a, b og c"."""
        *rest, last = list(parts) or [""]
        return f"{', '.join(rest)} {self[joiner]} {last}" if rest else last

    def genitive(self, name: str) -> str:
        """"Lisbets", "Jens'"."""
        short = name[-1:].lower() in self["genitive_after"].split()
        return name + (self["genitive_short"] if short and name else self["genitive"])

    def greeting(self, to: Address) -> str:
        """By first name; a shared mailbox and somebody without a name are greeted as colleagues."""
        if self.is_shared(to):
            return self["greeting_shared"]
        first = first_name(to.name)
        return self["greeting"].format(name=first) if first else self["greeting_unknown"]

    def is_shared(self, to: Address) -> bool:
        """Whether name or address are a house's and no person's."""
        words = set(re.findall(r"[^\W\d_]+", line(to.name).lower()))
        if words & set(self.table["shared_names"]):
            return True
        return not first_name(to.name) and to.email.partition("@")[0] in self.table["shared_mailboxes"]


def ean(digits: str) -> str:
    """"5798 0012 3456 7"; digits of any other number are grouped the same way."""
    digits = foreign(digits, 40)
    return " ".join(digits[i : i + 4] for i in range(0, len(digits), 4))


def phone(number: str) -> str:
    """"12 34 56 78" for a Danish number (E.164), "+47 22 12 34 56" for a foreign one."""
    if re.fullmatch(r"\+45\d{8}", number):
        return " ".join(number[i : i + 2] for i in range(3, 11, 2))
    try:
        return phonenumbers.format_number(phonenumbers.parse(number), phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    except phonenumbers.NumberParseException:
        return foreign(number, 40)


def first_name(name: str) -> str:
    """The name to greet with: "Holm, Mette (KULT)" and "METTE HOLM" are Mette; "" where there is none to be sure of."""
    plain = re.sub(r"\([^()]*\)|[\"<>]", " ", line(name, 80)).strip()
    if "," in plain:
        family, _, given = plain.partition(",")
        plain = given.strip() or family
    first = plain.split(" ")[0] if plain else ""
    letters = first.replace("-", "").replace("'", "")
    if len(letters) < 2 or not letters.isalpha() or (first.islower() and " " not in plain) or len(first) > 30:
        return ""
    return "-".join(part.capitalize() for part in first.split("-")) if first.isupper() or first.islower() else first

