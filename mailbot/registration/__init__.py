"""The rules: seats, waiting list, offers, what is due when, the administrator's commands. No I/O, no clock, no SQL."""
