"""The digest's pictures: seats as a bar, signups over time, a map of where participants come from. PNG, a few kilobytes each.

Pillow is an extra; without it there are no pictures, and the digest says the same in words. Text in them is digits only,
since Pillow's own font has no Danish letters and machines differ in theirs. They have no ground of their own, and colours
that can be seen on white and on black alike, since nobody can tell whether a mail program shows them by day or by night.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from io import BytesIO
from math import cos, radians, sqrt

from mailbot.letters.geography import Place, located, outline
from mailbot.letters.mime import Attachment
from mailbot.letters.overview import Digest

Point = tuple[float, float]
Colour = str | tuple[int, int, int, int]

WIDTH, FINER = 1072, 2   # twice the column, for sharp screens; drawn finer still, for smooth edges
GROUND = (0, 0, 0, 0)
QUIET, LAND, FREE, AREA = "#7c898f", (128, 140, 138, 96), (128, 140, 138, 72), (44, 138, 143, 84)
TAKEN, OFFERED, MARK = "#26818a", "#d9a441", "#cf6450"
ON_TAKEN, ON_OFFERED = "#ffffff", "#22303a"
LABEL = 38               # 13 pixels on a phone
MOST_DAYS = 800


def pictures(digest: Digest) -> tuple[Attachment, ...]:
    """The pictures that have something to show; none where Pillow is not installed."""
    try:
        import PIL  # noqa: F401 - an extra
    except ImportError:
        return ()
    made = {"seats": _seats(digest), "signups": _signups(digest), "map": _map(located(r.person for r in digest.people))}
    return tuple(Attachment(f"{cid}.png", "image/png", canvas.png(), cid=cid) for cid, canvas in made.items() if canvas is not None)


class _Canvas:
    """A picture to draw on, in its own pixels; what is drawn with GROUND is rubbed out again."""

    def __init__(self, height: int) -> None:
        from PIL import Image, ImageDraw

        self.height = height
        self.image = Image.new("RGBA", (WIDTH * FINER, height * FINER), GROUND)
        self.draw = ImageDraw.Draw(self.image)

    def bar(self, box: tuple[float, float, float, float], colour: Colour, *, round_left: bool, round_right: bool) -> None:
        corners = (round_left, round_right, round_right, round_left)
        self.draw.rounded_rectangle([n * FINER for n in box], 14 * FINER, fill=colour, corners=corners)

    def area(self, points: Sequence[Point], colour: Colour) -> None:
        self.draw.polygon(_finer(points), fill=colour)

    def line(self, points: Sequence[Point], colour: Colour, width: int) -> None:
        self.draw.line(_finer(points), fill=colour, width=width * FINER, joint="curve")

    def dashed(self, begin: Point, end: Point, colour: Colour) -> None:
        steps = max(1, int(max(abs(end[0] - begin[0]), abs(end[1] - begin[1])) / 9))
        for n in range(0, steps, 2):
            ends = (n / steps, min(1.0, (n + 1) / steps))
            self.line([(begin[0] + (end[0] - begin[0]) * t, begin[1] + (end[1] - begin[1]) * t) for t in ends], colour, 3)

    def disc(self, at: Point, radius: float, colour: Colour) -> None:
        self.draw.ellipse([n * FINER for n in (at[0] - radius, at[1] - radius, at[0] + radius, at[1] + radius)], fill=colour)

    def text(self, at: Point, text: str, *, anchor: str = "la", size: int = LABEL, colour: Colour = QUIET) -> None:
        from PIL import ImageFont

        self.draw.text((at[0] * FINER, at[1] * FINER), text, font=ImageFont.load_default(size * FINER), fill=colour, anchor=anchor)

    def png(self) -> bytes:
        from PIL import Image

        small = self.image.resize((WIDTH, self.height), Image.Resampling.BOX)
        with BytesIO() as file:
            small.quantize(64, Image.Quantize.FASTOCTREE).save(file, "PNG", optimize=True)
            return file.getvalue()


def _finer(points: Sequence[Point]) -> list[Point]:
    return [(x * FINER, y * FINER) for x, y in points]


def _seats(digest: Digest) -> _Canvas:
    """A bar as long as the capacity (longer, where more are confirmed), with the numbers in it."""
    canvas = _Canvas(84)
    whole = max(digest.course.capacity, digest.taken)
    parts: list[tuple[int, Colour, Colour]]
    parts = [(digest.confirmed, TAKEN, ON_TAKEN), (len(digest.offered), OFFERED, ON_OFFERED), (whole - digest.taken, FREE, QUIET)]
    parts = [part for part in parts if part[0]]
    x: float = 0
    for n, (number, colour, ink) in enumerate(parts):
        end = x + WIDTH * number / whole
        canvas.bar((x, 6, end, 78), colour, round_left=n == 0, round_right=n == len(parts) - 1)
        if end - x > 56:
            canvas.text(((x + end) / 2, 42), str(number), anchor="mm", size=42, colour=ink)
        x = end
    return canvas


def _signups(digest: Digest) -> _Canvas | None:
    """How many had signed up by each day, with the deadline and the capacity as lines."""
    zone = digest.course.zone
    days = sorted(r.received_at.astimezone(zone).date() for r in digest.people)
    if len(days) < 2:
        return None
    first = max(days[0] - timedelta(days=1), days[-1] - timedelta(days=MOST_DAYS))
    today = digest.now.astimezone(zone).date()
    last = max(today, digest.course.signup_deadline or days[-1], first + timedelta(days=1))
    top = max(len(days), digest.course.capacity) * 1.12
    left, right, upper, lower = 66, WIDTH - 8, 56, 330

    def x(day: date) -> float:
        return left + (right - left) * (day - first).days / max(1, (last - first).days)

    def y(number: float) -> float:
        return lower - (lower - upper) * number / top

    canvas = _Canvas(392)
    line = [(x(first), y(sum(d <= first for d in days)))]
    for day in sorted({d for d in days if d > first}):
        line += [(x(day), line[-1][1]), (x(day), y(sum(d <= day for d in days)))]
    line.append((x(min(last, max(days[-1], today))), line[-1][1]))
    canvas.area([(line[0][0], lower), *line, (line[-1][0], lower)], AREA)
    canvas.line(line, TAKEN, 6)
    canvas.line([(left, lower), (right, lower)], QUIET, 2)
    full = y(digest.course.capacity)
    canvas.dashed((left, full), (right, full), QUIET)
    canvas.text((left - 12, full), str(digest.course.capacity), anchor="rm")
    canvas.text((left - 12, lower), "0", anchor="rm")
    canvas.text((left, lower + 12), f"{first.day}/{first.month}")
    at, height = line[-1]
    beside = at < right - 90
    place, anchor = ((at + 14, height), "lm") if beside else ((at - 14, height - 14), "rd")
    canvas.text(place, str(len(days)), anchor=anchor, size=42, colour=TAKEN)
    _deadline(canvas, digest, (first, last), x, (upper - 40, lower))
    return canvas


def _deadline(
    canvas: _Canvas, digest: Digest, days: tuple[date, date], x: Callable[[date], float], between: tuple[float, float]
) -> None:
    """The deadline as a line with its date, and the last day beside it where there is room."""
    deadline, (first, last), (upper, lower) = digest.course.signup_deadline, days, between
    marked = deadline is not None and first <= deadline <= last
    if marked:
        assert deadline is not None
        at = x(deadline)
        canvas.dashed((at, upper), (at, lower), MARK)
        anchor = "ra" if at > WIDTH - 70 else "ma"
        if at > x(first) + 180:
            canvas.text((min(at, WIDTH - 8), lower + 12), f"{deadline.day}/{deadline.month}", anchor=anchor, colour=MARK)
    if not marked or (deadline is not None and x(last) - x(deadline) > 150):
        canvas.text((x(last), lower + 12), f"{last.day}/{last.month}", anchor="ra")


def _map(counts: Mapping[Place, int]) -> _Canvas | None:
    """Denmark (Bornholm in a corner of its own) with a disc for each place, as big as the number of people from there."""
    if not counts:
        return None
    canvas = _Canvas(900)
    for name, points in outline():
        pixels = [_position(*point) for point in points]
        if name == "water":
            canvas.line(pixels, GROUND, 9)
        else:
            canvas.area(pixels, LAND)
    canvas.line([(886, 40), (1040, 40), (1040, 170), (886, 170), (886, 40)], QUIET, 2)
    for place, number in sorted(counts.items(), key=lambda pair: -pair[1]):
        at, radius = _position(place.longitude, place.latitude), min(64, 16 + 8 * sqrt(number) if number > 1 else 13)
        canvas.disc(at, radius + 4, GROUND)
        canvas.disc(at, radius, TAKEN)
        if number > 1:
            canvas.text((at[0], at[1] + 1), str(number), anchor="mm", size=34 if number < 100 else 28, colour=ON_TAKEN)
    return canvas


def _position(east: float, north: float) -> Point:
    """Pixels of a point: longitudes drawn together as at 56 degrees north, Bornholm moved into its box."""
    scale = 262.0
    if east > 14:
        return 963 + (east - 14.92) * cos(radians(56)) * scale, 105 + (55.14 - north) * scale
    return 150 + (east - 8.05) * cos(radians(56)) * scale, 40 + (57.76 - north) * scale
