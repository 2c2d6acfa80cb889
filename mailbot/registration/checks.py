"""Values that an administrator types for one field of a registration, checked and brought into their one form."""

from __future__ import annotations

import re

import phonenumbers
from stdnum import ean
from stdnum.dk import cvr

from mailbot.registration.reasons import RuleError
from mailbot.registration.updates import FIELDS

EMAIL = re.compile(r"^[^@\s<>]{1,64}@[^@\s<>.]+(?:\.[^@\s<>.]+)+$")
LONGEST = 200
EDITABLE = tuple(f for f in FIELDS if f not in ("ean_invalid", "returning"))


def checked(field: str, value: str) -> str:
    """The value in the form of `Person`. Raises RuleError (`not_a_field`, `not_valid`)."""
    value = " ".join(value.split())[:LONGEST]
    if field not in EDITABLE:
        raise RuleError("not_a_field", field=field)
    if not value:
        raise RuleError("not_valid", field=field, value="")
    right: str | None = value
    if field in ("email", "invoice_email"):
        right = value.lower() if EMAIL.match(value) else None
    elif field == "ean":
        digits = re.sub(r"\D", "", value)
        right = digits if len(digits) == 13 and ean.is_valid(digits) else None
    elif field == "cvr":
        digits = re.sub(r"\D", "", value)
        right = digits if cvr.is_valid(digits) else None
    elif field == "phone":
        right = _phone(value)
    if right is None:
        raise RuleError("not_valid", field=field, value=value)
    return right


def _phone(value: str) -> str | None:
    try:
        number = phonenumbers.parse(value, "DK")
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if phonenumbers.is_possible_number(number) else None
