"""The digest's pictures: seats as a bar, signups over time, a map of where participants come from. PNG, a few kilobytes each.

Pillow is an extra; without it there are no pictures, and the digest says the same in words. Text in them is digits only,
since Pillow's own font has no Danish letters and machines differ in theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from io import BytesIO
from math import cos, radians, sqrt
from typing import TYPE_CHECKING

from mailbot.letters.geography import Place, located, outline
from mailbot.letters.mime import Attachment
from mailbot.letters.overview import Digest

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

WIDTH = 1072   # twice the column, for sharp screens
PAPER, INK, QUIET, LAND = "#f7f6f2", "#22303a", "#6b787f", "#dcd9cf"
TAKEN, OFFERED, FREE, MARK = "#1d5c63", "#d9a441", "#dfe5e2", "#a5402d"
MOST_DAYS = 800


def pictures(digest: Digest) -> tuple[Attachment, ...]:
    """The pictures that have something to show; none where Pillow is not installed."""
    try:
        import PIL  # noqa: F401 - an extra
    except ImportError:
        return ()
    made = {"seats": _seats(digest), "signups": _signups(digest), "map": _map(located(r.person for r in digest.people))}
    return tuple(Attachment(f"{cid}.png", "image/png", _png(image), cid=cid) for cid, image in made.items() if image is not None)


def _canvas(height: int) -> tuple[Image, ImageDraw]:
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (WIDTH, height), PAPER)
    return image, ImageDraw.Draw(image)


def _text(draw: ImageDraw, at: tuple[float, float], text: str, *, anchor: str = "la", size: int = 26, fill: str = QUIET) -> None:
    from PIL import ImageFont

    draw.text(at, text, font=ImageFont.load_default(size), fill=fill, anchor=anchor)


def _png(image: Image) -> bytes:
    with BytesIO() as file:
        image.quantize(64).save(file, "PNG", optimize=True)
        return file.getvalue()


def _seats(digest: Digest) -> Image:
    """A bar as long as the capacity (longer, where more are confirmed), with the numbers in it."""
    image, draw = _canvas(112)
    whole = max(digest.course.capacity, digest.taken)
    left, right = 32, WIDTH - 32
    parts = ((digest.confirmed, TAKEN, "#ffffff"), (len(digest.offered), OFFERED, INK), (whole - digest.taken, FREE, INK))
    draw.rounded_rectangle((left, 28, right, 84), 14, fill=FREE)
    x: float = left
    for number, colour, ink in parts:
        end = x + (right - left) * number / whole
        if number:
            draw.rounded_rectangle((x, 28, end, 84), 14 if end - x > 28 else 0, fill=colour)
            if end - x > 44:
                _text(draw, ((x + end) / 2, 56), str(number), anchor="mm", size=30, fill=ink)
        x = end
    return image


def _signups(digest: Digest) -> Image | None:
    """How many had signed up by each day, with the deadline and the capacity as lines."""
    zone = digest.course.zone
    days = sorted(r.received_at.astimezone(zone).date() for r in digest.people)
    if len(days) < 2:
        return None
    first = max(days[0] - timedelta(days=1), days[-1] - timedelta(days=MOST_DAYS))
    last = max(digest.now.astimezone(zone).date(), digest.course.signup_deadline or days[-1], first + timedelta(days=1))
    top = max(len(days), digest.course.capacity) * 1.1
    left, right, upper, lower = 84, WIDTH - 40, 32, 320

    def x(day: date) -> float:
        return left + (right - left) * (day - first).days / max(1, (last - first).days)

    def y(number: float) -> float:
        return lower - (lower - upper) * number / top

    image, draw = _canvas(380)
    line = [(x(first), y(sum(d <= first for d in days)))]
    for day in sorted({d for d in days if d > first}):
        line += [(x(day), line[-1][1]), (x(day), y(sum(d <= day for d in days)))]
    line.append((x(min(last, max(days[-1], digest.now.astimezone(zone).date()))), line[-1][1]))
    draw.polygon([(line[0][0], lower), *line, (line[-1][0], lower)], fill="#c7dbd8")
    draw.line(line, fill=TAKEN, width=5, joint="curve")
    draw.line((left, lower, right, lower), fill=QUIET, width=2)
    _dashed(draw, (left, y(digest.course.capacity)), (right, y(digest.course.capacity)), QUIET)
    _text(draw, (left - 14, y(digest.course.capacity)), str(digest.course.capacity), anchor="rm")
    _text(draw, (left - 14, lower), "0", anchor="rm")
    _text(draw, (left, lower + 14), f"{first.day}/{first.month}")
    _text(draw, (right, lower + 14), f"{last.day}/{last.month}", anchor="ra")
    _text(draw, (line[-1][0] - 8, line[-1][1] - 10), str(len(days)), anchor="rd", size=30, fill=INK)
    deadline = digest.course.signup_deadline
    if deadline is not None and first <= deadline <= last:
        _dashed(draw, (x(deadline), upper - 8), (x(deadline), lower), MARK)
        if left + 90 < x(deadline) < right - 90:
            _text(draw, (x(deadline), lower + 14), f"{deadline.day}/{deadline.month}", anchor="ma", fill=MARK)
    return image


def _dashed(draw: ImageDraw, begin: tuple[float, float], end: tuple[float, float], colour: str) -> None:
    steps = max(1, int(max(abs(end[0] - begin[0]), abs(end[1] - begin[1])) / 9))
    for n in range(0, steps, 2):
        a, b = n / steps, min(1.0, (n + 1) / steps)
        points = [(begin[0] + (end[0] - begin[0]) * t, begin[1] + (end[1] - begin[1]) * t) for t in (a, b)]
        draw.line(points, fill=colour, width=3)


def _map(counts: Mapping[Place, int]) -> Image | None:
    """Denmark (Bornholm in a corner of its own) with a disc for each place, as big as the number of people from there."""
    if not counts:
        return None
    image, draw = _canvas(900)
    for name, points in outline():
        pixels = [_position(*point) for point in points]
        if name == "water":
            draw.line(pixels, fill=PAPER, width=9, joint="curve")
        else:
            draw.polygon(pixels, fill=LAND)
    draw.rectangle((886, 40, 1040, 170), outline=QUIET, width=2)
    for place, number in sorted(counts.items(), key=lambda pair: -pair[1]):
        at, radius = _position(place.longitude, place.latitude), min(60, 11 + 6 * sqrt(number) if number > 1 else 10)
        _disc(draw, at, radius + 3, PAPER)
        _disc(draw, at, radius, TAKEN)
        if number > 1:
            _text(draw, at, str(number), anchor="mm", size=24, fill="#ffffff")
    return image


def _position(east: float, north: float) -> tuple[float, float]:
    """Pixels of a point: longitudes drawn together as at 56 degrees north, Bornholm moved into its box."""
    scale = 262.0
    if east > 14:
        return 963 + (east - 14.92) * cos(radians(56)) * scale, 105 + (55.14 - north) * scale
    return 150 + (east - 8.05) * cos(radians(56)) * scale, 40 + (57.76 - north) * scale


def _disc(draw: ImageDraw, at: tuple[float, float], radius: float, colour: str) -> None:
    draw.ellipse((at[0] - radius, at[1] - radius, at[0] + radius, at[1] + radius), fill=colour)
