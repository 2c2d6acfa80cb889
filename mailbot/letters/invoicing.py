"""The invoicing basis: who pays for whom, and how much. One line a payer and reference, as the accounting office sends invoices.

A payer is known by EAN, else CVR, else the address for invoices, else the library, else the person. Who withdrew later than
`cancel_free_until` stays on the list (`Registration.payable`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from mailbot.course import Course, Status
from mailbot.registration.records import Registration

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Invoice:
    """One line of the basis; amounts are in kroner, None where the course has no price."""

    organisation: str
    ean: str
    cvr: str
    invoice_email: str
    reference: str
    attention: str
    people: tuple[Registration, ...]
    net: Decimal | None
    vat: Decimal | None

    @property
    def gross(self) -> Decimal | None:
        return None if self.net is None or self.vat is None else self.net + self.vat


def invoices(registrations: Sequence[Registration], course: Course) -> tuple[Invoice, ...]:
    """The basis for all who have a seat, or pay all the same; by library, then payer."""
    groups: dict[tuple[str, str], list[Registration]] = {}
    for r in sorted(registrations, key=lambda r: (r.received_at, r.place, r.id)):
        if r.status is Status.CONFIRMED or r.payable:
            groups.setdefault(_payer(r), []).append(r)
    made = (_invoice(tuple(people), course) for people in groups.values())
    return tuple(sorted(made, key=lambda i: (i.organisation.casefold(), i.ean, i.cvr, i.reference)))


def _payer(r: Registration) -> tuple[str, str]:
    p = r.person
    house = f"at {' '.join(p.organisation.casefold().split())}" if p.organisation else f"person {r.id}"
    return p.ean or p.cvr or p.invoice_email or house, (p.reference or "").casefold()


def _invoice(people: tuple[Registration, ...], course: Course) -> Invoice:
    first = people[0].person

    def one(field: str) -> str:
        return next((str(value) for r in people if (value := getattr(r.person, field))), "")

    net = None if course.price is None else (course.price * len(people)).quantize(CENT, ROUND_HALF_UP)
    vat = None if net is None else (net * course.vat).quantize(CENT, ROUND_HALF_UP)
    contact = next((r.contact for r in people if r.contact), None)
    attention = (contact.name or contact.email) if contact else (first.name or first.email or "")
    return Invoice(
        one("organisation"), first.ean or "", one("cvr"), one("invoice_email"), first.reference or "", attention, people, net, vat
    )
