"""Why a message was read as it was: the words that were found, field by field, and what decided between two intents.

Pure data for the terminal and for a page of HTML. CPR numbers are masked before anything is shown; all text from mail
is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape

from mailbot.mail.message import Message
from mailbot.understanding.lexicon import words
from mailbot.understanding.masking import mask_cpr
from mailbot.understanding.reading import Evidence, Intent, Reading, Reason

FIELDS = (
    "name", "email", "title", "organisation", "municipality", "phone", "ean", "ean_invalid", "reference", "dietary", "returning",
    "cvr", "invoice_email", "waiting_only",
)  # fmt: skip
MOST = 8  # signs that are shown


@dataclass(frozen=True, slots=True)
class Highlight:
    """The characters [start, end) of `Explanation.text` and what they told: a field of a person, or "sign: …"."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class Field:
    """One value of the person numbered `person` (from 1), where it came from, and how sure that is (0..1)."""

    person: int
    name: str
    value: str
    source: str
    words: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Sign:
    """What one sign added for the intent that won and for the next best, in natural logarithms of the odds."""

    name: str
    winner: float
    other: float
    words: str

    @property
    def margin(self) -> float:
        return self.winner - self.other


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that a person needs to see why. `highlights` are in order and do not overlap."""

    subject: str
    sender: str
    text: str
    highlights: tuple[Highlight, ...]
    fields: tuple[Field, ...]
    leaving: tuple[str, ...]  # who gives up a seat
    contact: str  # the writer, where they only write
    intent: str
    action: str
    question: bool
    confidence: float
    runner_up: str
    runner_up_confidence: float
    signs: tuple[Sign, ...]
    reasons: tuple[str, ...]
    course: str

    @property
    def beside(self) -> tuple[tuple[str, str], ...]:
        """Those of whom no fields are told, each with what they do."""
        return (*(("leaves", name) for name in self.leaving), *((("written by", self.contact),) if self.contact else ()))


def explanation(message: Message, reading: Reading) -> Explanation:
    """What was found in the message, and why its intent won over the next best."""
    fields = tuple(_fields(reading))
    second = reading.runner_up or (reading.intent, 0.0)
    return Explanation(
        subject=mask_cpr(message.subject),
        sender=f"{message.sender.name} <{message.sender.email}>".strip(),
        text=mask_cpr(message.text),
        highlights=tuple(_highlights(reading, len(message.text))),
        fields=fields,
        leaving=tuple(_leaving(message, reading)),
        contact=mask_cpr(f"{reading.contact.name} <{reading.contact.email}>") if reading.contact else "",
        intent=reading.intent.value,
        action=reading.action.value,
        question=reading.question,
        confidence=reading.confidence,
        runner_up=second[0].value if reading.runner_up else "",
        runner_up_confidence=second[1],
        signs=tuple(_signs(reading)),
        reasons=tuple(sentence(r) for r in reading.reasons),
        course=reading.course or "",
    )


def sentence(reason: Reason) -> str:
    """The Danish sentence of a reason code with its values in place; the code itself where there is none."""
    text = str(words("reasons").get(reason.code, reason.code))
    for key, value in reason.values.items():
        text = text.replace("{" + key + "}", mask_cpr(str(value)))
    return text


def describe(sign: str) -> str:
    """A sign in words: "yes@offer" is "yes, in answer to an offer"."""
    name, _, context = sign.partition("@")
    text = name.replace("_", " ")
    return f"{text}, in answer to: {context}" if context else text


def _fields(reading: Reading) -> Iterable[Field]:
    for number, person in enumerate(reading.participants, 1):
        for name in FIELDS:
            value = getattr(person, name)
            if value in (None, False, ""):
                continue
            proof = person.evidence.get(name)
            yield Field(
                number,
                name,
                mask_cpr(str(value)),
                proof.source if proof else "",
                mask_cpr(proof.words) if proof else "",
                proof.confidence if proof else 0.0,
            )


def _leaving(message: Message, reading: Reading) -> Iterable[str]:
    """Those named, for each matter in which somebody leaves; else whoever writes."""
    for finding in reading.findings:
        if finding.intent in (Intent.CANCEL, Intent.SUBSTITUTE):
            yield from map(mask_cpr, finding.withdrawn or (message.sender.name or message.sender.email,))


def _highlights(reading: Reading, length: int) -> list[Highlight]:
    """The stretches of the text that told something; fields win over signs, earlier over later."""
    found = [(e, f"{n}. {name}") for n, p in enumerate(reading.participants, 1) for name, e in p.evidence.items()]
    found += [(e, f"sign: {describe(name)}") for name, e in reading.evidence.items() if "@" not in name]
    taken: list[Highlight] = []
    for proof, label in found:
        start, end = _span(proof, length)
        if start < end and all(end <= t.start or start >= t.end for t in taken):
            taken.append(Highlight(start, end, label))
    return sorted(taken, key=lambda h: h.start)


def _span(proof: Evidence, length: int) -> tuple[int, int]:
    return (proof.start, min(proof.end, length)) if proof.source == "text" else (0, 0)


def _signs(reading: Reading) -> list[Sign]:
    """The signs by how far they set the two best intents apart."""
    if not reading.runner_up:
        return []
    first: Mapping[str, float] = reading.weighed.get(reading.intent, {})
    second: Mapping[str, float] = reading.weighed.get(reading.runner_up[0], {})
    signs = []
    for name in sorted({*first, *second}):
        proof = reading.evidence.get(name)
        signs.append(Sign(name, first.get(name, 0.0), second.get(name, 0.0), mask_cpr(proof.words) if proof else ""))
    return sorted((s for s in signs if abs(s.margin) >= 0.05), key=lambda s: -abs(s.margin))[:MOST]


# -- as a page -----------------------------------------------------------------------------------------

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1d2430;background:#fff}
pre{white-space:pre-wrap;background:#f6f5f1;padding:1rem;border-radius:.4rem;font:inherit}
mark{background:#ffe9a8;border-radius:.2rem;padding:0 .1rem}mark.sign{background:#d7e6f5}
table{border-collapse:collapse;width:100%;margin:1rem 0}
td,th{text-align:left;padding:.25rem .6rem;border-bottom:1px solid #ddd;vertical-align:top}
.n{text-align:right;font-variant-numeric:tabular-nums}.quiet{color:#667}
@media(prefers-color-scheme:dark){body{background:#15181d;color:#e6e6e6}pre{background:#20252c}mark{background:#6b5a1c;color:inherit}
mark.sign{background:#274059;color:inherit}td,th{border-color:#333}}
"""


def page(explained: Explanation) -> str:
    """The explanation as a complete page of HTML that needs nothing else."""
    head = (
        f"{escape(explained.intent)} · {escape(explained.action)}{' · asks' if explained.question else ''} "
        f"<span class=quiet>({explained.confidence:.0%}; next: {escape(explained.runner_up or '–')} "
        f"{explained.runner_up_confidence:.0%})</span>"
    )
    reasons = "".join(f"<li>{escape(r)}</li>" for r in explained.reasons)
    people = "".join(f"<p>{what}: {escape(name)}</p>" for what, name in explained.beside)
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width,initial-scale=1'>"
        f"<title>{escape(explained.subject or 'message')}</title><style>{_STYLE}</style>"
        f"<h1>{escape(explained.subject) or '(no subject)'}</h1><p class=quiet>{escape(explained.sender)}</p>"
        f"<h2>{head}</h2><ul>{reasons}</ul><pre>{_marked(explained)}</pre>{people}{_field_table(explained)}{_sign_table(explained)}</html>\n"
    )


def _marked(explained: Explanation) -> str:
    parts, at = [], 0
    for mark in explained.highlights:
        parts.append(escape(explained.text[at : mark.start]))
        kind = " class=sign" if mark.label.startswith("sign") else ""
        parts.append(f"<mark{kind} title='{escape(mark.label)}'>{escape(explained.text[mark.start : mark.end])}</mark>")
        at = mark.end
    return "".join(parts) + escape(explained.text[at:])


def _field_table(explained: Explanation) -> str:
    if not explained.fields:
        return ""
    rows = "".join(
        f"<tr><td>{f.person}</td><td>{escape(f.name)}</td><td>{escape(f.value)}</td>"
        f"<td class=quiet>{escape(f.words)} ({escape(f.source)})</td><td class=n>{f.confidence:.0%}</td></tr>"
        for f in explained.fields
    )
    return f"<table><tr><th>#<th>field<th>value<th>words<th class=n>sure</tr>{rows}</table>"


def _sign_table(explained: Explanation) -> str:
    if not explained.signs:
        return ""
    rows = "".join(
        f"<tr><td>{escape(describe(s.name))}</td><td class=quiet>{escape(s.words)}</td>"
        f"<td class=n>{s.winner:+.1f}</td><td class=n>{s.other:+.1f}</td></tr>"
        for s in explained.signs
    )
    return f"<table><tr><th>sign<th>words<th class=n>{escape(explained.intent)}<th class=n>{escape(explained.runner_up)}</tr>{rows}</table>"
