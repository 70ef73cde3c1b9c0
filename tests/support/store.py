"""S3-compatible storage on this machine that checks signatures, and a way to it that can break off."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import fsspec
from fsspec import AbstractFileSystem

KEY, SECRET = "AKTALLYHOUSETEST", "test-secret-0123456789abcdef"
_CHUNK = 1 << 16


@dataclass
class Way:
    """What clients connect to; it hands everything on to the store.

    `sent` bytes came back through it; once they would be more than `at_most`, connections break off.
    """

    port: int
    store: int
    at_most: int | None = None
    sent: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def pass_on(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self.store)) as server:
            forth = threading.Thread(target=_pump, args=(client, server), daemon=True)
            forth.start()
            with suppress(OSError):
                while data := server.recv(_CHUNK):
                    with self._lock:
                        self.sent += len(data)
                        broken = self.at_most is not None and self.sent > self.at_most
                    if broken:
                        break
                    client.sendall(data)
            for end in (client, server):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)


@dataclass
class Store:
    """`root` holds a folder for each bucket; `fresh` turns to a new one."""

    root: Path
    way: Way
    bucket: str = ""
    made: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.way.port}"

    def fresh(self) -> None:
        self.made += 1
        self.bucket = f"logs-{self.made}"
        (self.root / self.bucket).mkdir()
        self.way.at_most = None

    def put(self, key: str, content: str | bytes) -> None:
        """Upload an object, past the way."""
        self._client().pipe_file(f"{self.bucket}/{key}", content.encode() if isinstance(content, str) else content)

    def delete(self, key: str) -> None:
        self._client().rm_file(f"{self.bucket}/{key}")

    def _client(self) -> AbstractFileSystem:
        url = f"http://127.0.0.1:{self.way.store}"
        return fsspec.filesystem("s3", key=KEY, secret=SECRET, endpoint_url=url)


@contextmanager
def serving(root: Path) -> Iterator[Store]:
    """A store over the folder for as long as the block runs."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    given = ("--data-dir", str(root), "--host", "127.0.0.1", "--port", str(port), "--log-level", "error")
    process = subprocess.Popen(
        [sys.executable, "-m", "nanio", "serve", *given, "--no-access-log"],
        env={**os.environ, "NANIO_ACCESS_KEY": KEY, "NANIO_SECRET_KEY": SECRET},
    )
    try:
        _wait_for(port, process)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            way = Way(listener.getsockname()[1], port)
            threading.Thread(target=_accept, args=(listener, way), daemon=True).start()
            yield Store(root, way)
    finally:
        process.terminate()
        process.wait(timeout=20)


def _accept(listener: socket.socket, way: Way) -> None:
    with suppress(OSError):  # the block has ended
        while True:
            client, _ = listener.accept()
            threading.Thread(target=way.pass_on, args=(client,), daemon=True).start()


def _pump(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(_CHUNK):
            other.sendall(data)
        other.shutdown(socket.SHUT_WR)


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        assert process.poll() is None, "nanio has ended"
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise AssertionError("nanio does not answer")
