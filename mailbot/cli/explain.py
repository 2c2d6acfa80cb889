"""`mailbot parse` on a terminal: the message with what was found highlighted, the fields, and why the intent won."""

from __future__ import annotations

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from mailbot.cli.tables import COLOURS, table, words
from mailbot.mail.message import Message
from mailbot.understanding.explain import Explanation, describe, explanation
from mailbot.understanding.reading import Reading

MOST_TEXT = 4000  # characters of the message that are shown


def show(console: Console, name: str, message: Message, reading: Reading) -> None:
    """Print how a message was read. Text from mail is shown as it is, never as markup."""
    explained = explanation(message, reading)
    console.rule(words(name, "bold"), align="left")
    console.print(words(f"{explained.sender}: {explained.subject}", "dim", 120))
    console.print(Padding(_marked(explained), (1, 2)))
    verdict = Text.assemble((explained.intent, "bold"), " → ", (explained.action, COLOURS.get(explained.action, "magenta")))
    verdict.append(f"   confidence {explained.confidence:.2f}", "dim")
    if explained.runner_up:
        verdict.append(f", next best {explained.runner_up} {explained.runner_up_confidence:.2f}", "dim")
    verdict.append(f"   course {explained.course or '-'}" + ("   also asks something" if explained.question else ""), "dim")
    console.print(verdict)
    for reason in explained.reasons:
        console.print(words(f"  {reason}", "magenta", 160))
    for what, name in explained.beside:
        console.print(Text.assemble((f"  {what}: ", "cyan"), words(name)))
    if explained.fields:
        _fields(console, explained)
    if explained.signs:
        _signs(console, explained)
    console.print()


def _marked(explained: Explanation) -> Text:
    shown = Text("".join(c if c.isprintable() or c in "\n\t" else " " for c in explained.text[:MOST_TEXT]))
    for mark in explained.highlights:
        style = "dim underline" if mark.label.startswith("sign") else "bold cyan"
        shown.stylize(style, mark.start, min(mark.end, MOST_TEXT))
    if len(explained.text) > MOST_TEXT:
        shown.append(f"\n… {len(explained.text) - MOST_TEXT} more characters", "dim")
    return shown


def _fields(console: Console, explained: Explanation) -> None:
    rows = table("", "Field", "Value", "Words", "From", "Sure")
    for field in explained.fields:
        rows.add_row(
            str(field.person), Text(field.name, style="cyan"), words(field.value), words(field.words, "dim", 50),
            words(field.source, "dim"), f"{field.confidence:.2f}",
        )  # fmt: skip
    console.print(Padding(rows, (1, 0, 0, 2)))


def _signs(console: Console, explained: Explanation) -> None:
    """What spoke for the intent that won, and against the next best."""
    rows = table("Sign", explained.intent, explained.runner_up or "next best", "Words")
    for sign in explained.signs:
        rows.add_row(words(describe(sign.name)), f"{sign.winner:+.1f}", f"{sign.other:+.1f}", words(sign.words, "dim", 60))
    console.print(Padding(rows, (1, 0, 0, 2)))
