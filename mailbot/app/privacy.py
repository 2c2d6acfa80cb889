"""The record of personal data for the data protection officer (GDPR article 30), made of the actual schema and settings.

What is said of each column stands in `data/privacy.toml`, in Danish and English; where a column has no entry there, this
says so instead of leaving it out, and a test fails.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from mailbot.config import Config
from mailbot.course import Course
from mailbot.resources import shipped
from mailbot.store.schema import columns

ASPECTS = ("why", "ground", "until", "seen_by", "erased")


@dataclass(frozen=True, slots=True)
class Processing:
    """One kind of data: its columns ("table.column"), and what there is to say of it by aspect, in one language."""

    what: str
    columns: tuple[str, ...]
    says: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Record:
    title: str
    intro: str
    settings: tuple[str, ...]
    kinds: tuple[Processing, ...]
    rights: str
    outside: str
    headings: Mapping[str, str]


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(shipped("data", "privacy.toml").read_text("utf-8"))


def without_entry() -> set[str]:
    """Columns of the database of which nothing is said, and those that are spoken of and do not exist."""
    spoken = [column for kind in _table()["kinds"] for column in kind["columns"]]
    twice = {column for column in spoken if spoken.count(column) > 1}
    return (set(columns()) ^ set(spoken)) | twice


def record(config: Config, courses: Sequence[Course], language: str) -> Record:
    """The record as of these settings, in "da" or "en"."""
    words = _table()[language]
    values = _values(config, courses, language)
    kinds = tuple(
        Processing(kind[language]["what"], tuple(kind["columns"]), {a: kind[language][a].format_map(values) for a in ASPECTS})
        for kind in _table()["kinds"]
    )
    if missing := tuple(sorted(set(columns()) - {c for kind in kinds for c in kind.columns})):
        kinds += (Processing("?", missing, dict.fromkeys(ASPECTS, "?")),)
    return Record(
        title=words["title"],
        intro=words["intro"].format_map(values),
        settings=tuple(line.format_map(values) for line in words["settings"]),
        kinds=kinds,
        rights=words["rights"],
        outside=words["outside"],
        headings=words["headings"],
    )


def markdown(record: Record) -> str:
    """The record as text that reads well as it is, and as Markdown."""
    parts = [f"# {record.title}", record.intro, "\n".join(f"- {line}" for line in record.settings)]
    for kind in record.kinds:
        lines = [f"- **{record.headings[aspect]}**: {kind.says[aspect]}" for aspect in ASPECTS]
        fields = ", ".join(f"`{column}`" for column in kind.columns)
        parts.append(f"## {kind.what}\n\n" + "\n".join([*lines, f"- **{record.headings['columns']}**: {fields}"]))
    return "\n\n".join([*parts, record.rights, record.outside]) + "\n"


def _values(config: Config, courses: Sequence[Course], language: str) -> dict[str, str]:
    days = sorted({c.retention_days for c in courses})
    kept = {"da": "{to}, i {days} dage", "en": "{to}, for {days} days"}[language]
    none = {"da": "ingen", "en": "none"}[language]
    bot = config.bot
    return {
        "database": str(config.database),
        "courses": "; ".join(c.title for c in courses),
        "retention": "/".join(map(str, days)),
        "copies": kept.format(to=config.path(bot.backup_to), days=bot.backup_days) if bot.backup_to else none,
        "administrators": ", ".join(bot.administrators or tuple(dict.fromkeys(c.contact_email for c in courses))),
        "mode": bot.mode.value,
    }
