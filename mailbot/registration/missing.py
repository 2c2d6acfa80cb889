"""What a registration lacks of what the course requires; nothing else is ever asked for (DESIGN: What is missing)."""

from __future__ import annotations

from mailbot.course import Course
from mailbot.registration.records import Registration


def missing(registration: Registration, course: Course) -> tuple[str, ...]:
    """The fields to ask for, in the order of `course.required`; an alternative such as "ean|cvr" is named by its first field.

    A number that was meant as an EAN and cannot be one asks for a valid one, even where an older valid one is known.
    """
    person = registration.person
    lacks = [
        alternatives[0]
        for alternatives in (entry.split("|") for entry in course.required)
        if not any(getattr(person, field) for field in alternatives)
    ]
    if person.ean_invalid and "ean" not in lacks:
        lacks.append("ean")
    return tuple(lacks)
