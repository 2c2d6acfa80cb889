"""The codes of this room's reasons, with what they mean and the values that come with them. Templates put them into words.

`RuleError` is how a rule says no to the administrator; what it carries is a reason from here.
"""

from __future__ import annotations

from collections.abc import Mapping

from mailbot.understanding.reading import Reason


class RuleError(Exception):
    """What was asked for cannot be done; `reason` says why."""

    def __init__(self, code: str, **values: str) -> None:
        super().__init__(code)
        self.reason = Reason(code, values)


REASONS: Mapping[str, str] = {
    # why something is left to the administrator
    "authentication_failed": "the sender's own domain says that the message is forged (dmarc=fail)",
    "no_sender": "the message has no readable sender",
    "written_by_a_machine": "an automatic message that looks like more",
    "taken_over": "she has answered in this thread herself",
    "course_unknown": "a signup that does not say for which course",
    "no_names": "a signup without names; seats: how many it asks for",
    "more_seats_than_names": "seats, names: asked for and named; the named ones are handled",
    "maybe_same_person": "id, name: somebody registered who may be the same person",
    "already_registered": "id: the person is registered already",
    "rejected_before": "id: the same person was rejected before",
    "forgotten": "the address belongs to somebody who was erased",
    "after_deadline": "it came after the deadline",
    "too_close_to_start": "later than last_offer_days before the first meeting",
    "unknown_person": "name: nobody registered is called so; nearest: those who nearly are",
    "already_ended": "name, status: the registration has ended already",
    "several_people": "names: it may be any of these",
    "unequal_substitution": "leave, come: how many leave and how many take over",
    "not_allowed": "who: what the writer is to the registration (colleague, stranger, …); they may not do this",
    "not_proved": "the sender is not proved, or is not the one whose offer it is",
    "no_open_offer": "status: a yes or no, but there is no open offer",
    "nothing_told": "an update that tells nothing",
    "overwrites": "fields: somebody else's word against what we have",
    "asked_registered_address": "to: the registered address was asked whether it is meant so",
    "verify_unanswered": "the registered address did not answer within two working days",
    "answered_from_the_file": "the course's file answered it: asked",
    "absent": "dates: single meetings given up",
    "offer_extended": "expires_at: an out-of-office answer extended an offer",
    "undeliverable": "addresses, status: a letter did not arrive; also: why a letter is withheld",
    "offer_not_written": "name: an offer whose letter may not go out; its clock stands still",
    "invoicing_final": "until: all meetings are over; once she has invoiced, the course is erased after that day",
    "erased_soon": "until: after that day the people of the course are erased",
    "letters_held": "limit: more letters than that were to leave within an hour; they wait for her word",
    "meetings_recounted": "before, after: the course file has more or fewer meetings now",
    # why a letter is withheld
    "no_address": "there is nobody to write to",
    "our_own_address": "it would go to the mailbox itself",
    "machine_address": "the address is a machine's",
    "once_a_day": "a letter of this kind went to this address today",
    "too_many_today": "limit: so many letters went to this address today",
    "mode_changed": "the mode was changed since it was planned",
    "withheld_by_her": "the administrator stopped it",
    "no_longer_true": "what the letter says is no longer so",
    # why a command is refused
    "meetings_to_come": "there are meetings to come",
    "already_so": "it is so already",
    "unknown_number": "number: there is nothing with this number",
    "not_possible": "status: not from this status",
    "full": "capacity: no seat is free",
    "has_a_seat": "the person has a seat or an offer; cancel it instead",
    "observing": "nothing is offered while the mode is observe",
    "nothing_proposed": "there is nothing to say yes to",
    "nobody_to_answer": "the item has no sender",
    "no_such_meeting": "meeting: there is no such meeting",
    "meetings_out_of_order": "meetings must stand in the order of their dates",
    "not_a_field": "field: no field of a registration",
    "not_valid": "field, value: the value cannot be right",
    "too_few": "the number must be at least 1",
    "not_planned": "the letter is not waiting to be sent",
    "cannot_send_again": "kind: this letter cannot be sent again, or is no longer true",
}
