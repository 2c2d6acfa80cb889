"""`mailbot` in processes of their own that kill themselves (SIGKILL) at their n-th step, as isync's test suite does it.

A step is what lies between two things that last: just before each command to a server, just before each commit, and,
for a command that changes something out there, also when the server has done it and nobody has read its answer yet.
The program itself knows nothing of this: its sockets and its database connection are wrapped here, in the test's process.

Run as a script it is the nursery: everything is imported once, then each line of JSON on stdin (`words`, `cwd`, `env`,
`kill_at`, `kill_after` seconds, `trace`) becomes a forked process, and a line on stdout tells how that one ended.
"""

from __future__ import annotations

import json
import os
import re
import select
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import Any

_IMAP = re.compile(rb"[A-P]{4}\d+ ((?:UID )?[A-Z]+)")
_SMTP = re.compile(rb"(EHLO|AUTH|MAIL|RCPT|DATA|RSET|QUIT|NOOP)\b", re.IGNORECASE)
_CHANGES = ("final dot", "APPEND ends", "UID STORE", "UID MOVE", "UID COPY", "UID EXPUNGE")
STORE = f"{os.sep}mailbot{os.sep}store{os.sep}"


class Steps:
    """Counts steps, writes each into the trace before it is taken, and dies at step `last` (0: never)."""

    def __init__(self, last: int, trace: Path) -> None:
        self.last, self.count = last, 0
        self.trace = os.open(trace, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self.waiting: dict[int, str] = {}    # file descriptor -> the change whose answer is to come
        self.imap: set[int] = set()          # file descriptors that speak IMAP
        self.appending: set[int] = set()

    def at(self, step: str) -> None:
        self.count += 1
        os.write(self.trace, f"{step}\n".encode())
        if self.count == self.last:
            os.kill(os.getpid(), signal.SIGKILL)

    def send(self, sock: socket.socket, data: Any) -> None:
        step = self._named(sock, bytes(data[:200]))
        if step is None:
            return
        self.at(f"before {step}")
        if step.endswith(_CHANGES):
            self.waiting[sock.fileno()] = step

    def receive(self, sock: socket.socket) -> None:
        step = self.waiting.pop(sock.fileno(), None)
        if step is not None:
            select.select([sock], [], [], 20)
            self.at(f"done, not heard: {step}")

    def statement(self, sql: str) -> None:
        if sql == "COMMIT":
            self.at(f"before commit of {_verb()}")

    def _named(self, sock: socket.socket, data: bytes) -> str | None:
        if imap := _IMAP.match(data):
            self.imap.add(sock.fileno())
            command = imap[1].decode()
            if command == "APPEND":
                self.appending.add(sock.fileno())
            return f"IMAP {command}"
        if sock.fileno() in self.imap:
            if data != b"\r\n" or sock.fileno() not in self.appending:
                return None   # what a command goes on with, such as the message to append; the line end after it makes the server keep it
            self.appending.discard(sock.fileno())
            return "IMAP APPEND ends"
        if smtp := _SMTP.match(data):
            return f"SMTP {smtp[1].decode().upper()}"
        return "SMTP final dot" if data == b".\r\n" else "SMTP text"


def _verb() -> str:
    """The store's verb that is under way: the outermost of its functions on the stack."""
    frame, verb = sys._getframe(1), "?"
    while frame is not None:
        if STORE in frame.f_code.co_filename:
            verb = frame.f_code.co_name
        frame = frame.f_back  # type: ignore[assignment]
    return "opening" if verb == "__init__" else verb


def wrap(steps: Steps) -> None:
    """From now on this process counts its steps."""
    from mailbot.store import session

    connect, sendall, recv_into = session.connect, socket.socket.sendall, socket.socket.recv_into

    def counted_connect(*args: Any, **options: Any) -> Any:
        connection = connect(*args, **options)
        connection.set_trace_callback(steps.statement)
        return connection

    def counted_sendall(self: socket.socket, data: Any, *rest: Any) -> None:
        steps.send(self, data)
        sendall(self, data, *rest)

    def counted_recv_into(self: socket.socket, *args: Any) -> int:
        steps.receive(self)
        return recv_into(self, *args)

    session.connect = counted_connect
    socket.socket.sendall = counted_sendall  # type: ignore[method-assign]
    socket.socket.recv_into = counted_recv_into  # type: ignore[method-assign,assignment]


def _warm_up() -> None:
    """Import and read what every run needs."""
    from app.office import signup

    import mailbot.cli.check
    import mailbot.letters.twin  # noqa: F401
    from mailbot.app import connect, service  # noqa: F401
    from mailbot.config import shipped_courses
    from mailbot.letters.templates import Templates
    from mailbot.mail.parse import parse
    from mailbot.understanding.read import read

    read(parse(signup("Mette Holm", "mho@eksempelby-kom.dk")), shipped_courses(), None)
    Templates().check()


def _run(order: dict[str, Any]) -> None:
    """In the forked process: the command line as a user gives it."""
    from mailbot.cli import main

    os.chdir(order["cwd"])
    os.environ.update(order["env"])
    for number, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    wrap(Steps(order["kill_at"], Path(order["trace"])))
    if order["kill_after"]:
        moment = threading.Timer(order["kill_after"], os.kill, (os.getpid(), signal.SIGKILL))
        moment.daemon = True
        moment.start()
    sys.argv = ["mailbot", *order["words"]]
    main()


def _say(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


def serve() -> None:
    _warm_up()
    _say("ready")
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                _run(json.loads(line))
                code = 0
            except SystemExit as end:
                code = int(end.code or 0)
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        _say(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])))


if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]
    serve()
