"""The figures of an invitation: what a seat costs (in kroner, without VAT) and how many seats there are.

Of several prices the ordinary one counts (no early bird, no discount, no fee for staying away); the others are told as
they stand, for somebody to look at.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from mailbot.understanding.leaflet import cue, sentences
from mailbot.understanding.lexicon import alternatives, words

MOST = Decimal(200_000)  # kroner: what costs more is no price of a seat
VAT = Decimal("0.25")


@dataclass(frozen=True, slots=True)
class Price:
    """`amount` in kroner without VAT at the rate `vat`; `sure` where the text says whether VAT is in it. `others` as written."""

    amount: Decimal
    vat: Decimal
    sure: bool
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Amount:
    value: Decimal
    words: str
    labelled: bool
    ordinary: bool
    taxed: bool | None  # True: VAT is in it; None: not said


_NUMBER = r"(\d{1,3}(?:[., \u00a0]\d{3}){1,2}|\d{1,6})(?:[.,](\d{2})(?!\d)|,-)?"


@cache
def _amount() -> re.Pattern[str]:
    unit = alternatives(words("invitation")["price"]["currency"])
    return re.compile(rf"(?<!\w){unit}\.?\s?{_NUMBER}(?![\d%])|(?<![\d.,/-]){_NUMBER}\s?(?:{unit}\b|,-)", re.IGNORECASE)


def price(text: str) -> Price | None:
    """What a participant pays; None where the text does not say."""
    found = list(_amounts(text))
    ordinary = [a for a in found if a.ordinary and a.value <= MOST]
    no_vat = bool(cue("price", "no_vat").search(text))
    if not ordinary:
        free = any(cue("price", "free").search(s) and not cue("price", "fee").search(s) for s in sentences(text))
        return Price(Decimal(0), VAT, True) if free else None
    chosen = min(ordinary, key=lambda a: (not a.labelled, a.taxed is True))
    others = tuple(dict.fromkeys(a.words for a in found if a is not chosen and not _same(a, chosen)))
    if no_vat:
        return Price(_round(chosen.value), Decimal(0), True, others)
    value = chosen.value / (1 + VAT) if chosen.taxed else chosen.value
    return Price(_round(value), VAT, chosen.taxed is not None, others)


def amounts(text: str, before: Collection[str]) -> Iterator[tuple[Decimal, str]]:
    """Amounts in kroner that stand right behind one of the words `before` ("til", "for"), with their words."""
    for match in _amount().finditer(text):
        last = text[max(0, match.start() - 20) : match.start()].lower().split()[-1:]
        if last and last[0] in before:
            whole, cents = match.group(1) or match.group(3), match.group(2) or match.group(4)
            yield _value(whole, cents), match.group()


def _value(whole: str, cents: str | None) -> Decimal:
    return Decimal(re.sub(r"\D", "", whole) + (f".{cents}" if cents else ""))


def _round(value: Decimal) -> Decimal:
    """Whole kroner where they are whole, else to the øre."""
    cents = value.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return cents.to_integral_value() if cents == cents.to_integral_value() else cents


def _same(one: _Amount, other: _Amount) -> bool:
    """The same price with VAT and without."""
    low, high = sorted((one.value, other.value))
    return one.value == other.value or (one.taxed is not other.taxed and abs(low * (1 + VAT) - high) < 1)


def _amounts(text: str) -> Iterator[_Amount]:
    below = False  # in a list below a heading that speaks of the price
    for piece in sentences(text):
        below = bool(cue("price", "label").search(piece)) or (below and piece.lstrip()[:1] in ("*", "•", "-", "–"))
        matches = list(_amount().finditer(piece))
        for n, match in enumerate(matches):
            following = matches[n + 1].start() if n + 1 < len(matches) else len(piece)
            about = _about(piece, matches[n - 1].end() if n else 0, match, following)
            whole, cents = match.group(1) or match.group(3), match.group(2) or match.group(4)
            special = cue("price", "other").search(about) and not cue("price", "ordinary").search(about)
            yield _Amount(
                _value(whole, cents), " ".join(piece.split())[:120].strip(" *•-–"), below or bool(cue("price", "ordinary").search(piece)),
                not special and not cue("price", "fee").search(piece), _taxed(piece[match.end() : min(following, match.end() + 60)]),
            )  # fmt: skip


def _about(piece: str, before: int, match: re.Match[str], following: int) -> str:
    """The words that say whose price an amount is: those before it and behind it, up to the next comma or bracket."""
    lead, trail = piece[before : match.start()], piece[match.end() : following]
    return (re.split(r"[,;(]", lead)[-1] if before else lead) + " " + re.split(r"[,;(]", trail, maxsplit=1)[0]


def _taxed(after: str) -> bool | None:
    """Whether VAT is in the amount, by the words behind it."""
    lead = after[:45]
    without, within = cue("price", "without_vat").search(lead), cue("price", "with_vat").search(lead)
    if without and (not within or without.start() <= within.start()):
        return False
    return True if within else None


@cache
def _numbers() -> dict[str, int]:
    return {word: n for n, row in enumerate(words("invitation")["numbers"], 1) for word in row}


@cache
def _seats() -> re.Pattern[str]:
    number = rf"(\d{{1,4}}|{alternatives(_numbers())})(?![\w.,]\d|\w)"
    return re.compile("|".join(f"(?:{entry.replace('TAL', number)})" for entry in words("invitation")["capacity"]["said"]), re.IGNORECASE)


def capacity(text: str) -> int | None:
    """The number of seats; None where the text does not say."""
    for match in _seats().finditer(text):
        said = next(group for group in match.groups() if group)
        number = _numbers().get(said.lower()) or int(said) if said.isdigit() or said.lower() in _numbers() else 0
        if number:
            return number
    return None
