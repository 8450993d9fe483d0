"""Files from the network: one download for everybody who waits for it, within a bound of bytes, and for nobody else.

A few run at once, and those that one visitor waits for run one after the other, so that they keep nobody else's waiting. A file
moves to its place only when it is whole. What an earlier download left unfinished is gone on with, or deleted when old.
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
GRACE = 1.5  # seconds that a download goes on when nobody waits for it: a page that is loaded anew comes back
ASKED_EVERY = 0.2  # seconds between two questions to those who wait whether they still do
AT_ONCE = 4  # downloads that run at once
KEPT = 24 * 3600  # seconds after which an unfinished file is deleted
CHUNK = 256 * 1024  # bytes
SPARE = 512 * 1024**2  # bytes of the disk that downloads leave free
AGAIN = "Nothing half is used; trying again goes on from there."

Waits = Callable[[], bool]  # whether somebody still waits


class Forsaken(Exception):
    """Nobody waits for a download any longer."""


class TooMuch(ModelError):
    """More bytes than were allowed or announced."""


@dataclass(eq=False)
class Download:
    """One model's files on their way: `done` of `total` bytes, at most `limit`; `error` says why they did not come. It waits
    its turn until it has `begun`.
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
    _wanted: float = field(default_factory=time.monotonic)  # when somebody was last seen to wait
    _asked: float = 0.0

    @property
    def share(self) -> float:
        """How much of it has come, from 0 to 1; 0 where the whole is not known."""
        return min(self.done / self.total, 1.0) if self.total else 0.0

    def __str__(self) -> str:
        if not self.begun.is_set():
            return f"{self.title} waits until other downloads have ended"
        whole = f" of {in_megabytes(self.total)}" if self.total else ""
        return f"Downloading {self.title}: {in_megabytes(self.done)}{whole}"

    def expect(self, count: int) -> None:
        """Says that so many more bytes are to come.

        Raises:
            TooMuch: they are more than the bound.
        """
        total = (self.total or 0) + count
        if total > self.limit:
            raise TooMuch(
                f"{self.title} takes {in_megabytes(total)}: more than the {in_megabytes(self.limit)} that may be downloaded."
            )
        self.total = total

    def arrived(self, count: int) -> None:
        """Counts bytes.

        Raises:
            TooMuch: they are more than the bound.
            Forsaken: nobody waits any longer.
        """
        self.done += count
        if self.done > self.limit:
            raise TooMuch(f"{self.title}: more than the {in_megabytes(self.limit)} came that may be downloaded.")
        self.ask()

    def ask(self) -> None:
        """Asks now and then whether anybody still waits.

        Raises:
            Forsaken: nobody does any longer.
        """
        now = time.monotonic()
        if now - self._asked < ASKED_EVERY:
            return
        self._asked = now
        with _lock:  # somebody who joins now has either been seen here, or finds that this one is over
            _begin()
            if self.visitors():
                self._wanted = now
            elif now - self._wanted > GRACE:
                _under_way.pop(self.key, None)
                raise Forsaken(self.title)

    def visitors(self) -> set[str]:
        """Who still waits for it."""
        return {visitor for visitor, waits in self._waiting if waits()}


_under_way: dict[str, Download] = {}  # by the model's key
_lock = threading.Lock()


def start(
    key: str, title: str, limit: int, work: Callable[[Download], None], waits: Waits, visitor: str = "",
) -> Download:  # fmt: skip
    """Starts a download in a thread of its own, or joins the one that is there; it ends when nobody `waits` any longer.

    Where no `visitor` is named it may run beside any others.
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
    """Lets downloads begin in the order in which they came, while there is room; who waits for one that runs is served.

    One that nobody waits for takes no room, though it ends only when its host's next byte comes, or none.
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
    except Exception:  # a thread's own boundary: those who wait must be told, whatever it was
        LOG.exception("the download of %s failed", download.title)
        download.error = f"{download.title} could not be downloaded, for a reason that the server's log tells."
    finally:
        with _lock:
            if _under_way.get(download.key) is download:
                del _under_way[download.key]
            _begin()
        download.ended.set()


def fetch_file(
    url: str, place: Path, download: Download, headers: Mapping[str, str] | None = None, size: int | None = None,
    sha256: str = "",
) -> None:  # fmt: skip
    """Brings a file of `size` bytes, where that is known, whose SHA-256 starts with `sha256`, to its place.

    Raises:
        ModelError: it did not come whole, or is another one; what came is gone on with next time, unless it is wrong.
        Forsaken: nobody waits for it any longer.
    """
    part = place.with_name(place.name + PART)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
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
    part.replace(place)


def _stream(url: str, part: Path, download: Download, headers: Mapping[str, str], size: int | None) -> int | None:
    """Appends what comes to the part, which is begun anew where the server can't go on; gives the whole size where known."""
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
        request.add_unredirected_header(name, value)  # a token is for the hub alone, not for where it sends us
    if there:
        request.add_header("Range", f"bytes={there}-")
    try:
        return urlopen(request, timeout=STALLED)
    except HTTPError as error:
        if error.code == 416 and there:  # there is no rest
            return _answer(url, headers)
        raise


def read_small(url: str, headers: Mapping[str, str], limit: int) -> bytes:
    """What an address answers.

    Raises:
        OSError, HTTPException, ValueError: it answers nothing, or more than `limit` bytes.
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
    """Deletes what downloads left unfinished over a day ago."""
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
