"""What the service tells systemd about itself: ready, alive, stopping (sd_notify(3)). Elsewhere nothing happens."""

from __future__ import annotations

import os
import socket

import structlog

log = structlog.get_logger()


def notify(state: str) -> None:
    """Send `state` ("READY=1", "WATCHDOG=1", "STOPPING=1", "STATUS=…") to who started us, where they asked for it."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]  # a name in the abstract namespace of Linux
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.connect(address)
            channel.sendall(state.encode())
    except (OSError, AttributeError) as problem:
        log.warning("cannot_notify_supervisor", problem=str(problem)[:200])
