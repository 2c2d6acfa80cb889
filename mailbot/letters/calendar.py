"""The course's meetings as a calendar file (RFC 5545), published (RFC 5546, section 3.2): one file, all meetings.

A REQUEST could hold one meeting only and would bring an answer from every participant into the inbox. UIDs are stable and
SEQUENCE rises with each change, so that a later file corrects the entries of an earlier one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vCalAddress

from mailbot.course import Course, Meeting


def calendar(course: Course, *, now: datetime) -> bytes:
    """The file with CRLF lines; `now` (aware) is when it was made. The same in, the same out."""
    made = Calendar()
    made.add("prodid", "-//mailbot//course meetings//EN")
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", course.title)
    made.add_component(_zone(course))
    for number, meeting in enumerate(course.meetings, 1):
        made.add_component(_event(course, meeting, number, now))
    return bytes(made.to_ical())


def file_name(course: Course) -> str:
    return f"{course.id}.ics"


def _event(course: Course, meeting: Meeting, number: int, now: datetime) -> Event:
    domain = course.signup_address.rpartition("@")[2]
    event = Event()
    event.add("uid", f"{course.id}-meeting-{number}@{domain}")
    event.add("dtstamp", now.astimezone(UTC).replace(microsecond=0))
    event.add("sequence", meeting.sequence)
    event.add("dtstart", course.starts_at(meeting))
    event.add("dtend", course.ends_at(meeting))
    event.add("summary", f"{course.title} ({number}/{len(course.meetings)})" if len(course.meetings) > 1 else course.title)
    if meeting.place:
        event.add("location", meeting.place)
    event.add("status", "CANCELLED" if meeting.called_off else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if meeting.called_off else "OPAQUE")
    organizer = vCalAddress(f"mailto:{quote(course.contact_email, safe='@')}")
    if course.contact:
        organizer.params["CN"] = course.contact.name
    event.add("organizer", organizer)
    return event


def _zone(course: Course) -> Timezone:
    """VTIMEZONE with each change of the clock from the New Year before the first meeting to the one after the last."""
    zone = course.zone
    days = [m.date for m in course.meetings]
    begin, end = datetime(min(days).year, 1, 1, tzinfo=UTC), datetime(max(days).year + 1, 1, 1, tzinfo=UTC)
    made = Timezone()
    made.add("tzid", course.timezone)
    made.add_component(_observance(begin, begin, zone))
    for moment in _changes(begin, end, zone):
        made.add_component(_observance(moment, moment - timedelta(seconds=1), zone))
    return made


def _observance(moment: datetime, before: datetime, zone: ZoneInfo) -> TimezoneStandard | TimezoneDaylight:
    """The offset from `moment` on. DTSTART is the local time by the offset that held before (RFC 5545, section 3.6.5)."""
    local, earlier = moment.astimezone(zone), before.astimezone(zone)
    made = TimezoneDaylight() if local.dst() else TimezoneStandard()
    offset = earlier.utcoffset() or timedelta()
    made.add("dtstart", (moment + offset).replace(tzinfo=None))
    made.add("tzoffsetfrom", offset)
    made.add("tzoffsetto", local.utcoffset() or timedelta())
    made.add("tzname", local.tzname() or "")
    return made


def _changes(begin: datetime, end: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """The moments at which the zone's offset changes, to the minute."""
    day = begin
    while day < end:
        early, late = day, day + timedelta(days=1)
        if early.astimezone(zone).utcoffset() != late.astimezone(zone).utcoffset():
            while late - early > timedelta(minutes=1):
                middle = early + (late - early) / 2
                if middle.astimezone(zone).utcoffset() == day.astimezone(zone).utcoffset():
                    early = middle
                else:
                    late = middle
            yield late.replace(second=0, microsecond=0)
        day += timedelta(days=1)
