"""Carrying out what the command line asks for: the decision is made by the rules and recorded like any other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from mailbot.cli.common import UsageError

if TYPE_CHECKING:
    from mailbot.app.handle import Rules
    from mailbot.registration.records import Decision, Roster
    from mailbot.store.base import Store
    from mailbot.understanding.reading import Person


def carry_out(
    store: Store, rules: Rules, course: str, now: datetime, decide: Callable[[Roster], Decision], *, send: bool = True
) -> Decision:
    """Decide on a fresh roster and record; with `send` False the letters are recorded as withheld."""
    from mailbot.app.handle import put_into_words
    from mailbot.store.base import Stale
    from mailbot.understanding.reading import Reason

    while True:
        roster = store.roster(course)
        decision = decide(roster)
        if not send:
            decision = replace(decision, letters=tuple(replace(d, withheld=Reason("not_asked_to_send")) for d in decision.letters))
        try:
            store.record(decision, now, letters=put_into_words(decision, roster, store, rules, now))
        except Stale:
            continue
        return decision


def checked_person(**given: str | None) -> Person:
    """A person from the command line or a spreadsheet. Raises UsageError that says which value is wrong and how it should read."""
    import phonenumbers
    from stdnum import ean as ean_check

    from mailbot.understanding.reading import Person

    values = {key: " ".join(value.split()) for key, value in given.items() if value and value.strip()}
    address = values.get("email", "").lower()
    if address and (address.count("@") != 1 or "." not in address.rpartition("@")[2] or " " in address):
        raise UsageError(f"--email {address!r} is no address; write it like mho@bibliotek.dk")
    if address:
        values["email"] = address
    if "ean" in values:
        digits = "".join(c for c in values["ean"] if c.isdigit())
        if len(digits) != 13 or not ean_check.is_valid(digits):
            raise UsageError(f"--ean {values['ean']!r} is no EAN number: it has 13 digits and a check digit, like 5798000123458")
        values["ean"] = digits
    if "phone" in values:
        try:
            number = phonenumbers.parse(values["phone"], "DK")
        except phonenumbers.NumberParseException as problem:
            raise UsageError(f"--phone {values['phone']!r} is no telephone number; write it like 12 34 56 78 or +46 8 123 456") from problem
        values["phone"] = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return Person(**values)  # type: ignore[arg-type]  # the keys are the command's own options
