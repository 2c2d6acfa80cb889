"""Raw messages from files: one message, a folder of .eml, an mbox (RFC 4155) or a Maildir, in a fixed order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


class ArchiveError(ValueError):
    """A path that holds no messages; says so in one sentence."""


def messages(path: Path) -> Iterator[tuple[str, bytes]]:
    """Each message of `path` with the name to show for it, sorted by name (an mbox: in its order, numbered from 1).

    Raises ArchiveError at once where the path is missing or can't be read.
    """
    try:
        if path.is_dir():
            return _folder(path)
        with path.open("rb") as file:
            return _mbox(path) if file.read(5) == b"From " else iter([(path.name, path.read_bytes())])
    except FileNotFoundError:
        raise ArchiveError(f"{path}: there is no such file or folder") from None
    except OSError as error:
        raise ArchiveError(f"{path}: can't be read ({error.strerror or error})") from None


def _folder(path: Path) -> Iterator[tuple[str, bytes]]:
    if (path / "cur").is_dir() and (path / "new").is_dir():
        files = [file for folder in ("cur", "new") for file in (path / folder).iterdir()]
    else:
        files = list(path.glob("*.eml"))
    files = sorted((file for file in files if file.is_file() and not file.name.startswith(".")), key=lambda file: file.name)
    return ((file.name, _read(file)) for file in files)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ArchiveError(f"{file}: can't be read ({error.strerror or error})") from None


def _mbox(path: Path) -> Iterator[tuple[str, bytes]]:
    """The messages between "From " lines that follow a blank line; ">From " is undone (mboxrd)."""
    lines: list[bytes] = []
    number, blank = 0, True
    with path.open("rb") as file:
        for line in file:
            if blank and line.startswith(b"From "):
                if number:
                    yield f"{path.name}:{number}", b"".join(lines)
                number, lines = number + 1, []
            else:
                lines.append(line[1:] if line.startswith(b">") and line.lstrip(b">").startswith(b"From ") else line)
            blank = line in (b"\n", b"\r\n")
    yield f"{path.name}:{number}", b"".join(lines)
