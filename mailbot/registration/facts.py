"""What `Draft.facts` holds for each kind of letter, beside its seats: the contract between the rules and the templates.

Times are aware, in UTC. `meeting` is a `course.Meeting` as it stands after the decision, `number` its number from 1.
What is missing, and whether an EAN was impossible, stands on each seat (`Seat.missing`, `registration.person.ean_invalid`).
"""

from __future__ import annotations

from collections.abc import Mapping

from mailbot.course import Kind

FACTS: Mapping[Kind, Mapping[str, str]] = {
    Kind.CONFIRMATION: {
        "question": "bool: the message also asks something; a person will answer",
        "late": "bool: it came after the deadline",
        "predecessor": "str: who had the seat before, where it was handed on; else absent",
    },
    Kind.WAITING: {"question": "bool, as above", "predecessor": "str, as above"},
    Kind.LATE: {"question": "bool, as above", "waiting": "bool: on the waiting list; False: a person will decide"},
    Kind.UPDATED: {
        "question": "bool, as above",
        "changed": "tuple of field names of Person, in its order; with 'email' the letter also goes to the old address",
        "old_email": "str: the address before, where that changed; else ''",
    },
    Kind.ALREADY: {"question": "bool, as above"},
    Kind.MISSING_DETAILS: {"deadline": "bool: the last request, five working days before the deadline"},
    Kind.CANCELLED: {
        "question": "bool, as above",
        "late_cancellation": "bool: later than `cancel_free_until`; she will write about payment",
    },
    Kind.SUBSTITUTED: {"question": "bool, as above", "successor": "str: the name (or address) of who takes over"},
    Kind.OFFER: {"expires_at": "datetime, or None where the clock starts later (drafts)", "predecessor": "str, as above"},
    Kind.OFFER_REMINDER: {"expires_at": "datetime"},
    Kind.OFFER_LAPSED: {},
    Kind.DECLINED: {"question": "bool, as above"},
    Kind.MEETING_REMINDER: {"number": "int", "meeting": "Meeting", "days": "int: calendar days left, counted from now"},
    Kind.PLACE: {"number": "int", "meeting": "Meeting", "change": "'place', 'date' or 'called_off'", "before": "Meeting as it was"},
    Kind.RECEIPT: {},
    Kind.VERIFY: {
        "intent": "'cancel', 'substitute', 'update', 'accept' or 'decline': what is asked for",
        "asker": "Address: who asks (the address itself, where it may be forged)",
        "own": "bool: it came from the very address that is asked",
        "names": "tuple of str: whom it is about",
        "successor": "str: who would take over; '' if nobody",
        "changes": "tuple of field names that would be overwritten",
    },
    Kind.ANSWER: {
        "text": "str: her words; '' where the course's file answers",
        "asked": "tuple of 'price', 'deadline', 'dates', 'place', 'signup': what the file answers; absent where she does",
    },
    Kind.THANKS: {"intent": "str: 'update': a colleague's details were noted"},
}
