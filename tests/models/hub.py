"""A host on this machine that serves models as the Hugging Face hub and torchvision's host do, on good days and bad ones."""

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMMIT = "0" * 39 + "1"


@dataclass
class Hub:
    """The host of the model `lab/model`, which is what lies in `folder`; any file is at `<address>/<name>` too.

    Files that end in `cut_off` come half. Of those that end in `slow`, the second half comes a `piece` at each `more()`. With
    `sizes` it tells them beforehand; `told` are sizes that it tells instead. `asked` are the paths asked for, with the range.
    """

    folder: Path
    cut_off: str = ""
    slow: str = ""
    piece: int = 4096
    sizes: bool = True
    told: dict[str, int] = field(default_factory=dict)
    address: str = ""
    left: threading.Event = field(default_factory=threading.Event)  # somebody hung up before all had come
    asked: list[tuple[str, str]] = field(default_factory=list)
    _gate: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def more(self, pieces: int = 1) -> None:
        """Lets slow files go on by so many pieces."""
        self._gate.release(pieces)

    def wait(self) -> None:
        """Waits for a piece's turn."""
        self._gate.acquire(timeout=30)

    def count(self, ending: str) -> int:
        """How often a path with this ending was asked for."""
        return sum(path.endswith(ending) for path, _ in self.asked)

    def listing(self) -> bytes:
        """What the hub tells of its model."""
        files = []
        for file in sorted(self.folder.iterdir()):
            facts = {"size": self.told.get(file.name, file.stat().st_size)} if self.sizes else {}
            if self.sizes and file.suffix == ".safetensors":
                facts["lfs"] = {"sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
            files.append({"rfilename": file.name, **facts})
        return json.dumps({"id": "lab/model", "sha": COMMIT, "siblings": files}).encode()


@contextmanager
def serving_hub(folder: Path, **habits: object) -> Iterator[Hub]:
    """A hub that serves a folder for as long as the block lasts; see `Hub` for its habits."""
    hub = Hub(folder, **habits)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            hub.asked.append((path, self.headers.get("Range", "")))
            file = folder / path.rpartition("/")[2]
            if path == "/api/models/lab/model":
                self._send(hub.listing())
            elif file.is_file() and (path.count("/") == 1 or path.startswith("/lab/model/resolve/")):
                self._send(file.read_bytes(), file.name)
            else:
                self._send(b"{}", status=404)

        def _send(self, data: bytes, name: str = "", status: int = 200) -> None:
            first = re.fullmatch(r"bytes=([0-9]+)-", self.headers.get("Range", ""))
            start = int(first[1]) if first else 0
            if start >= len(data):
                status, data = 416, b""
            self.send_response(206 if start and data else status)
            if start and data:
                self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
            self.send_header("Content-Length", str(len(data) - start))
            self.end_headers()
            self._stream(data[start:], name)
            self.close_connection = True

        def _stream(self, data: bytes, name: str) -> None:
            half = len(data) // 2
            try:
                if hub.cut_off and name.endswith(hub.cut_off):
                    self.wfile.write(data[:half])
                elif hub.slow and name.endswith(hub.slow):
                    self.wfile.write(data[:half])
                    for place in range(half, len(data), hub.piece):
                        hub.wait()
                        self.wfile.write(data[place : place + hub.piece])
                else:
                    self.wfile.write(data)
            except OSError:
                hub.left.set()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    hub.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield hub
    finally:
        hub.more(10_000)
        server.shutdown()
        server.server_close()
