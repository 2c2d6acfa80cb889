"""A TCP proxy that does to a connection what networks do: cuts it at a given byte, holds it up, changes what is said."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self


class Proxy:
    """Listens on `port` and passes on to `target`; `passed` and `uploaded` count bytes from the server and from the client.

    After `cut_after` bytes from the server, or `cut_upload_after` from the client, a connection ends (None: never). `change` sees each
    piece that the server sends and returns what the client gets. At a `pace` of (bytes, seconds) so many pass, then it rests so long.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.cut_after: int | None = None
        self.cut_upload_after: int | None = None
        self.change: Callable[[bytes], bytes] = lambda data: data
        self.pace: tuple[int, float] = (65536, 0.0)
        self.passed = self.uploaded = 0
        self.connections = 0

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop()

    def drop(self) -> None:
        """Reset every connection."""
        for sock in self._sockets:
            _reset(sock)
        self._sockets.clear()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            server = socket.create_connection(("127.0.0.1", self.target))
            self._sockets += [client, server]
            threading.Thread(target=self._pass, args=(client, server, False), daemon=True).start()
            threading.Thread(target=self._pass, args=(server, client, True), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, from_server: bool) -> None:
        sent = 0
        with contextlib.suppress(OSError):
            while data := source.recv(self.pace[0]):
                time.sleep(self.pace[1])
                cut = self.cut_after if from_server else self.cut_upload_after
                if from_server:
                    self.passed += len(data)
                    data = self.change(data)
                else:
                    self.uploaded += len(data)
                if cut is not None and sent + len(data) >= cut:
                    sink.sendall(data[:cut - sent])
                    break
                sink.sendall(data)
                sent += len(data)
                if from_server and data.startswith(b"* BYE"):
                    break  # a server that says so closes the connection (RFC 3501, 7.1.5)
        for sock in (source, sink):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


def _reset(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
    sock.close()
