"""A message through the whole house, from bytes to letters and digest, and what must hold whatever it was.

No exception; time and memory within bounds; letters whose headers nothing was injected into, whose page holds no markup
but ours, whose text holds no invisible signs and no template that ran; sheets without formulas; a database without CPR.
"""

from __future__ import annotations

import csv
import email
import inspect
import io
import re
import time
import unicodedata
import zipfile
from contextlib import suppress
from datetime import datetime, timedelta
from email import policy
from html.parser import HTMLParser
from pathlib import Path

from app.office import signup

from fuzz.mutations import CPR
from mailbot.app.digest import preview
from mailbot.app.handle import Handled, Received, Rules, handle
from mailbot.config import shipped_courses
from mailbot.course import Mode
from mailbot.letters import twin
from mailbot.letters.sheets import csv_table, workbook
from mailbot.letters.templates import Templates
from mailbot.resources import shipped
from mailbot.store.sqlite import SqliteStore
from mailbot.understanding.reading import Action

AT = datetime.fromisoformat("2026-02-06T10:00:00+01:00")
SECONDS, SECONDS_EACH_MB = 2.0, 0.6  # of CPU time
MEMORY, MEMORY_EACH_BYTE = 100_000_000, 8  # of peak above what was held before
HEADERS = frozenset({
    "from", "to", "subject", "date", "message-id", "in-reply-to", "references", "auto-submitted", "x-auto-response-suppress",
    "x-mailbot-letter", "content-language", "mime-version", "content-type", "content-transfer-encoding",
})  # fmt: skip
_MARKUP = shipped("templates", "letter.html").read_text("utf-8") + inspect.getsource(twin)  # what our own pages are made of
TAGS = frozenset(re.findall(r"<([a-z][a-z0-9]*)", _MARKUP)) | {"tbody"}
ATTRIBUTES = frozenset(re.findall(r"[\s]([a-z-]+)=", _MARKUP))
LINKS = ("mailto:", "https://", "http://", "cid:", "data:image/png;base64,")
RECIPIENT = re.compile(r"[^\s<>,;:\"()\\\x00-\x1f\x7f-\uffff]{1,254}@[A-Za-z0-9.\-_]{0,254}")


class Broken(AssertionError):
    """Something that must hold does not."""


def must(holds: object, what: str) -> None:
    if not holds:
        raise Broken(what)


class House:
    """A course of four seats, two of which are taken and one person waits for more; every letter goes out at once."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "mailbot.db"
        self.store = SqliteStore(self.path)
        (course,) = shipped_courses()
        self.course = course.model_copy(update={"capacity": 4, "max_letters_per_day": 3})
        self.store.save_course(self.course, AT)
        self.store.set_mode(course.id, Mode.AUTO, AT)
        self.rules = Rules(("lv@fremtidensbiblioteker.dk",), Templates())
        self.now = AT
        for n, name in enumerate(("Karen Toft", "Poul Riis")):
            self.take(signup(name, f"{name.split()[0].lower()}@nordskov-kom.dk", n), bounded=False)

    def take(self, raw: bytes, *, bounded: bool = True) -> Handled | None:
        """Work a message through. Raises Broken."""
        self.now += timedelta(minutes=1)
        forget_peak()
        held, began = memory("VmRSS"), time.process_time()
        handled = handle(Received(raw, self.now), self.store, self.rules, self.now)
        seconds, peak = time.process_time() - began, memory("VmHWM") - held
        if handled is None:
            return None
        must(handled.settled, f"an exception: {self._problem()}")
        if bounded:
            must(seconds < SECONDS + SECONDS_EACH_MB * len(raw) / 1e6, f"{seconds:.1f} s of CPU time")
            must(peak < MEMORY + MEMORY_EACH_BYTE * len(raw), f"{peak / 1e6:.0f} MB for {len(raw) / 1e6:.1f} MB")
        for letter in handled.letters:
            made = self.store.letter_raw(letter.number)
            must(made is not None, "a letter without bytes")
            check_letter(made or b"")
        return handled

    def _problem(self) -> str:
        return "; ".join(row["problem"] for row in self.store.rows("SELECT problem FROM failure"))

    def end_of_day(self) -> None:
        """Digest, sheets and the bytes of the database. Raises Broken."""
        roster = self.store.roster(self.course.id)
        check_letter(preview(roster, self.store, self.rules, self.now).raw)
        words = self.rules.templates.words("da")
        with zipfile.ZipFile(io.BytesIO(workbook(roster, words, now=self.now))) as book:
            pages = [book.read(name) for name in book.namelist() if "/worksheets/" in name]
        must(not any(re.search(rb"<f[ >]|<hyperlink", page) for page in pages), "a formula or a link in the workbook")
        cells = [cell for row in csv.reader(io.StringIO(csv_table(roster, words).decode("utf-8-sig")), delimiter=";") for cell in row]
        must(not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells), "a formula in the table")
        self.store.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        kept = self.path.read_bytes()
        must(CPR.encode() not in kept, "a CPR number in the database" + self._where(CPR))

    def _where(self, text: str) -> str:
        found = []
        for (table,) in self.store.connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
            for row in self.store.rows(f"SELECT * FROM {table}"):
                found += [f" {table}.{key}" for key in row.keys() if text in str(row[key])]  # noqa: SIM118
        return ",".join(sorted(set(found)))

    def close(self) -> None:
        self.store.close()


class _Page(HTMLParser):
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        must(tag in TAGS, f"the tag <{tag[:40]}> in a letter")
        for name, value in attrs:
            must(name in ATTRIBUTES, f"the attribute {name[:40]} in a letter")
            if name in ("href", "src"):
                must((value or "").startswith(LINKS), f"a link to {value!r:.60} in a letter")

    def handle_pi(self, data: str) -> None:
        must(False, "a processing instruction in a letter")


def check_letter(raw: bytes) -> None:
    head, _, _ = raw.partition(b"\r\n\r\n")
    must(not re.search(rb"(?<!\r)\n|\r(?!\n)|\x00", raw), "a bare CR, LF or NUL in a letter")
    must(max(map(len, raw.split(b"\r\n"))) <= 998, "a line of more than 998 bytes in a letter")
    names = []
    for line in head.split(b"\r\n"):
        must(line.isascii() and all(c >= 32 for c in line), "odd bytes in a letter's header")
        if line[:1] != b" ":
            names.append(line.partition(b": ")[0].decode().lower())
    must(set(names) <= HEADERS, f"headers that are not ours: {set(names) - HEADERS}")
    must(len(names) == len(set(names)), "a header that stands twice")
    message = email.message_from_bytes(raw, policy=policy.default)
    _check_words(str(message["Subject"]) + str(message["From"]), "header")
    for kind in ("plain", "html"):
        body = message.get_body((kind,))
        must(body is not None, f"a letter without {kind}")
        text = str(body.get_content()) if body is not None else ""
        _check_words(text, kind)
        if kind == "html":
            _Page(convert_charrefs=True).feed(text)


def _check_words(text: str, where: str) -> None:
    must("94011" not in text, f"a template of a stranger ran ({where})")
    odd = {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Co", "Cs") and c not in "\r\n\t\u00ad"}
    must(not odd, f"invisible signs in a letter ({where}): {odd}")
    must(CPR not in text, f"a CPR number in a letter ({where})")


def acts(handled: Handled | None) -> bool:
    return handled is not None and handled.reading is not None and handled.reading.action is Action.AUTO


def memory(what: str) -> int:
    """Bytes; 0 where the system does not tell."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text("ascii", "replace").splitlines():
            if line.startswith(what + ":"):
                return int(line.split()[1]) * 1024
    return 0


def forget_peak() -> None:
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", "ascii")
