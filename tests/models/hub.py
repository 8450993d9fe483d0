"""A hub on this machine: serves folders the way the Hugging Face hub does, and can hang up half-way."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

COMMIT = "0" * 39 + "1"


@contextmanager
def serving_hub(folder: Path, cut_off: str = "") -> Iterator[str]:
    """The address of a hub whose only model, `lab/model`, is what lies in `folder`; files that end in `cut_off` come half."""

    class Hub(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def _answer(self, body: bool) -> None:
            name = self.path.rpartition("/")[2]
            if self.path.startswith("/api/models/lab/model"):
                files = [{"rfilename": file.name} for file in sorted(folder.iterdir())]
                tree = [{"type": "file", "path": f.name, "size": f.stat().st_size, "oid": "0"} for f in folder.iterdir()]
                answer = tree if "/tree/" in self.path else {"id": "lab/model", "sha": COMMIT, "siblings": files}
                self._send(200, json.dumps(answer).encode(), body)
            elif "/lab/model/resolve/" in self.path and (folder / name).exists():
                self._send(200, (folder / name).read_bytes(), body, half=bool(cut_off) and name.endswith(cut_off))
            else:
                self._send(404, b"{}", body, error="RepoNotFound")

        def _send(self, status: int, data: bytes, body: bool, half: bool = False, error: str = "") -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("ETag", f'"{hashlib.sha256(data).hexdigest()}"')
            self.send_header("X-Repo-Commit", COMMIT)
            if error:
                self.send_header("X-Error-Code", error)
            self.end_headers()
            if body:
                self.wfile.write(data[: len(data) // 2] if half else data)
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
