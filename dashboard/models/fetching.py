"""Files from the network: all who wait for a model share one download, within a bound of bytes; it ends when no caller waits.

A few downloads run at once. Those of one visitor run one after the other, so that they leave room for other visitors'. A file
gets its name only when it is whole. An unfinished file is continued by the next download, or deleted when it is old.
"""

import hashlib
import logging
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from dashboard.models.classifier import ModelError
from dashboard.numbers import in_megabytes

LOG = logging.getLogger(__name__)
PART = ".dashboard-part"  # at the end of a file's name until it is whole
STALLED = 15  # seconds without a byte after which a download ends
GRACE = 1.5  # seconds that a download goes on when no caller waits: a page may be loading anew
ASKED_EVERY = 0.2  # seconds between two checks whether callers still wait
AT_ONCE = 4  # downloads that run at once
KEPT = 24 * 3600  # seconds after which an unfinished file is deleted
CHUNK = 256 * 1024  # bytes
SPARE = 512 * 1024**2  # bytes of the disk that downloads leave free
AGAIN = "Nothing half is used; trying again goes on from there."

Waits = Callable[[], bool]  # whether a caller still waits


class Forsaken(Exception):
    """No caller waits for a download any longer."""


class TooMuch(ModelError):
    """More bytes than were allowed or announced."""


@dataclass(eq=False)
class Download:
    """The download of one model's files: `done` of `total` bytes have come, at most `limit` may. `error` says why it failed,
    empty where it did not. It waits for its turn until `begun` is set, and is over when `ended` is.
    """

    key: str
    title: str
    limit: int
    done: int = 0
    total: int | None = None
    error: str = ""
    begun: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    _waiting: list[tuple[str, Waits]] = field(default_factory=list)  # by visitor
    _wanted: float = field(default_factory=time.monotonic)  # when a caller was last seen to wait
    _asked: float = 0.0

    @property
    def share(self) -> float:
        """The share of the bytes that has come, 0 to 1; 0 where their number is not known."""
        return min(self.done / self.total, 1.0) if self.total else 0.0

    def __str__(self) -> str:
        if not self.begun.is_set():
            return f"{self.title} waits until other downloads have ended"
        whole = f" of {in_megabytes(self.total)}" if self.total else ""
        return f"Downloading {self.title}: {in_megabytes(self.done)}{whole}"

    def expect(self, count: int) -> None:
        """Adds so many bytes to the `total` that is to come.

        Raises:
            TooMuch: the total is above the limit.
        """
        total = (self.total or 0) + count
        if total > self.limit:
            raise TooMuch(
                f"{self.title} takes {in_megabytes(total)}: more than the {in_megabytes(self.limit)} that may be downloaded."
            )
        self.total = total

    def arrived(self, count: int) -> None:
        """Counts bytes that have come.

        Raises:
            TooMuch: all together are above the limit.
            Forsaken: no caller waits any longer.
        """
        self.done += count
        if self.done > self.limit:
            raise TooMuch(f"{self.title}: more than the {in_megabytes(self.limit)} came that may be downloaded.")
        self.ask()

    def ask(self) -> None:
        """Checks now and then that a caller still waits.

        Raises:
            Forsaken: no caller has waited for GRACE seconds.
        """
        now = time.monotonic()
        if now - self._asked < ASKED_EVERY:
            return
        self._asked = now
        with _lock:  # a caller who joins now is either seen here, or starts a new download
            _begin()
            if self.visitors():
                self._wanted = now
            elif now - self._wanted > GRACE:
                _under_way.pop(self.key, None)
                raise Forsaken(self.title)

    def visitors(self) -> set[str]:
        """The visitors who still wait for the download."""
        return {visitor for visitor, waits in self._waiting if waits()}


_under_way: dict[str, Download] = {}  # by the model's key
_lock = threading.Lock()


def start(
    key: str, title: str, limit: int, work: Callable[[Download], None], waits: Waits, visitor: str = "",
) -> Download:  # fmt: skip
    """Starts a model's download in a thread of its own, or joins the one under way. It ends when no caller `waits` any longer.

    A download without a `visitor` may run beside any others.
    """
    with _lock:
        download = _under_way.get(key)
        if download is None:
            download = _under_way[key] = Download(key, title, limit)
            threading.Thread(target=_run, args=(download, work), name=f"download of {key}", daemon=True).start()
        download._waiting.append((visitor, waits))
        _begin()
        return download


def _begin() -> None:
    """Lets downloads begin in the order in which they came, at most AT_ONCE, and one for each visitor at a time.

    A running download without a waiting caller is not counted, though it ends only at the next byte or when it stalls.
    """
    for download in _under_way.values():
        running = [each.visitors() for each in _under_way.values() if each.begun.is_set()]
        served = set().union(*running) - {""}
        if sum(map(bool, running)) < AT_ONCE and download.visitors() - served:
            download.begun.set()


def _run(download: Download, work: Callable[[Download], None]) -> None:
    try:
        while not download.begun.wait(ASKED_EVERY):
            download.ask()
        work(download)
    except Forsaken:
        LOG.info("nobody waits for %s any longer", download.title)
        download.error = f"The download of {download.title} ended when nobody waited for it."
    except ModelError as error:
        LOG.warning("%s did not come", download.title, exc_info=True)
        download.error = str(error)
    except Exception:  # a thread's boundary: callers who wait must learn of any failure
        LOG.exception("the download of %s failed", download.title)
        download.error = f"{download.title} could not be downloaded, for a reason that the server's log tells."
    finally:
        with _lock:
            if _under_way.get(download.key) is download:
                del _under_way[download.key]
            _begin()
        download.ended.set()


def fetch_file(
    url: str, path: Path, download: Download, headers: Mapping[str, str] | None = None, size: int | None = None,
    sha256: str = "",
) -> None:  # fmt: skip
    """Downloads a file to `path`. It has `size` bytes, where that is known, and its SHA-256 starts with `sha256`.

    Raises:
        ModelError: the file did not come whole, or is another one. The next download continues it, unless it is another one.
        Forsaken: no caller waits for the download any longer.
    """
    part = path.with_name(path.name + PART)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        whole = _stream(url, part, download, headers or {}, size)
        came = part.stat().st_size
        right = _digest(part).startswith(sha256)
    except TooMuch:
        part.unlink(missing_ok=True)
        raise
    except (OSError, HTTPException, ValueError) as error:
        raise ModelError(f"{download.title} could not be downloaded whole: {reason(error)}. {AGAIN}") from error
    if whole is not None and came < whole:
        raise ModelError(
            f"{download.title} could not be downloaded whole: {in_megabytes(came)} of {in_megabytes(whole)} came. {AGAIN}"
        )
    if not right:
        part.unlink()
        raise ModelError(f"{download.title} could not be downloaded: what came is not the file that was announced.")
    part.replace(path)


def _stream(url: str, part: Path, download: Download, headers: Mapping[str, str], size: int | None) -> int | None:
    """Appends what comes to the unfinished file `part`, or begins it anew where the server can't continue. Gives the size of
    the whole file, None where it is not known.
    """
    there = part.stat().st_size if part.exists() else 0
    if there and there == size:
        download.arrived(there)
        return size
    with _answer(url, headers, there) as answer:
        goes_on = answer.status == 206 and answer.headers.get("Content-Range", "").startswith(f"bytes {there}-")
        there = there if goes_on else 0
        announced = None if answer.length is None else there + answer.length
        if size is None and announced is not None:
            download.expect(announced)
        if shutil.disk_usage(part.parent).free < (answer.length or 0) + SPARE:
            raise ModelError(f"The server's disk has no room for {download.title}.")
        size = announced if size is None else size
        with part.open("ab" if goes_on else "wb") as file:
            download.arrived(there)
            while chunk := answer.read1(CHUNK):
                there += len(chunk)
                if size is not None and there > size:
                    raise TooMuch(f"{download.title} could not be downloaded: more came than was announced.")
                download.arrived(len(chunk))
                file.write(chunk)
    return size


def _answer(url: str, headers: Mapping[str, str], there: int = 0) -> HTTPResponse:
    request = Request(url, headers={"Accept-Encoding": "identity"})
    for name, value in headers.items():
        request.add_unredirected_header(name, value)  # a token is for the hub alone, not for where the hub redirects to
    if there:
        request.add_header("Range", f"bytes={there}-")
    try:
        return urlopen(request, timeout=STALLED)
    except HTTPError as error:
        if error.code == 416 and there:  # the server has no bytes after those that are there
            return _answer(url, headers)
        raise


def read_small(url: str, headers: Mapping[str, str], limit: int) -> bytes:
    """The bytes that a url answers.

    Raises:
        OSError, HTTPException, ValueError: no answer came, or more than `limit` bytes.
    """
    with _answer(url, headers) as answer:
        data = answer.read(limit + 1)
    if len(data) > limit:
        raise ValueError("a longer answer than expected")
    return data


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remove_old_parts(folders: Iterable[Path]) -> None:
    """Deletes the unfinished files of downloads that ended over a day ago."""
    for folder in folders:
        for part in folder.glob(f"*{PART}"):
            try:
                if time.time() - part.stat().st_mtime > KEPT:
                    part.unlink()
            except FileNotFoundError:  # it was finished meanwhile
                continue


def reason(error: Exception) -> str:
    """Why a request failed, in a line that names no path of the server's."""
    if isinstance(error, HTTPError):
        return f"its host answered {error.code}"
    inner = getattr(error, "reason", error)
    if isinstance(inner, TimeoutError):
        return f"no byte came for {STALLED} seconds"
    said = getattr(inner, "strerror", None) or str(inner).strip() or type(inner).__name__
    return re.sub(r"\s+", " ", said)[:200].rstrip(".")
