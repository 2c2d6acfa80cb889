"""What the servers share: a free port, an ordinary user to run as, a certificate, waiting until somebody answers."""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATIENCE = 30.0  # seconds; a busy machine takes its time


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def program(*places: str) -> str | None:
    """The first of these programs that is installed."""
    return next((p for p in places if os.access(p, os.X_OK)), None)


@dataclass(frozen=True)
class Ordinary:
    """An ordinary user: ourselves, or nobody where we are root (mail servers refuse to work as root)."""

    name: str
    group: str
    uid: int
    gid: int

    @classmethod
    def find(cls) -> Ordinary:
        entry = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        return cls(entry.pw_name, grp.getgrgid(entry.pw_gid).gr_name, entry.pw_uid, entry.pw_gid)

    def own(self, folder: Path) -> None:
        if os.getuid() == 0:
            subprocess.run(["chown", "-R", f"{self.uid}:{self.gid}", str(folder)], check=True)

    def start(self, command: list[str], folder: Path) -> subprocess.Popen[bytes]:
        change: dict[str, Any] = {"user": self.uid, "group": self.gid, "extra_groups": []} if os.getuid() == 0 else {}
        with (folder / "stdout").open("wb") as output:
            return subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=folder, start_new_session=True, **change)


def folder(prefix: str) -> Path:
    """A new folder with a short name: Unix socket paths end at 108 characters."""
    return Path(tempfile.mkdtemp(prefix=prefix, dir="/tmp"))


def wait_until_ready(process: subprocess.Popen[bytes], port: int, greeting: bytes, explain: Any) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            with socket.create_connection(("127.0.0.1", port), 2) as sock:
                if sock.recv(100).startswith(greeting):
                    return
        except OSError:
            pass
        if process.poll() is not None:
            break
        time.sleep(0.02)
    process.kill()
    process.wait()
    raise RuntimeError(explain())


def stop(process: subprocess.Popen[bytes], where: Path) -> None:
    """End it and what it started; nothing in its folder is wanted any more, so nobody waits for a tidy end."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    shutil.rmtree(where, ignore_errors=True)


def certificate(where: Path) -> tuple[Path, Path]:
    """A certificate for localhost and 127.0.0.1 that nobody vouches for but itself, and its key."""
    cert, key = where / "cert.pem", where / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", str(key), "-out", str(cert), "-days", "30",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
        check=True, capture_output=True,
    )
    return cert, key
