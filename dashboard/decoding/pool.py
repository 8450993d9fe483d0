"""A few processes that decode, shared by everybody, with bounds on seconds, on memory and on the wait for a turn."""

import atexit
import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

try:
    import fcntl
except ImportError:
    fcntl = None

from dashboard.decoding.decode import LARGE, MAX_PIXELS, Decoded
from dashboard.decoding.formats import PhotoError, kind_of
from dashboard.settings import handed_on

LOG = logging.getLogger(__name__)
LOW_PRIORITY = 10
FILES_EACH = 200  # files after which a process is replaced, since decoders leak memory
BAND = 1024**2  # bytes that are read at a time, and that a pipe holds where the system allows
ROOT = Path(__file__).parents[2]
_ARRIVING = threading.Lock()  # held while the pixels of a large photo come in: one at a time

CRASHED = "This file makes its decoder stop working, so it can't be opened: please export it as JPEG."
BUSY = "Many files are being opened just now: try again in a minute."


@dataclass(frozen=True)
class Bounds:
    """What decoding may take.

    At most `workers` processes run at once, each with `memory` bytes. A file gets at most `seconds` of computing, only `quick`
    of them while other files wait, and at most `clock` seconds of time, since a busy machine computes less in a second. At most
    `queue` files wait for a turn, each at most `patience` seconds.
    """

    workers: int = 4
    memory: int = 1024**3
    seconds: int = 10
    quick: float = 2
    clock: float = 30
    patience: float = 60
    queue: int = 64

    @property
    def slow(self) -> str:
        """The sentence for a file that takes too long."""
        return f"This file takes more than {self.seconds} seconds to decode, which no photo needs: please export it as JPEG."

    @property
    def gives_way(self) -> str:
        """The sentence for a file that takes long while others wait."""
        return f"This file takes more than {self.quick:g} seconds to decode, and others were waiting: try again in a minute."


class Unavailable(PhotoError):
    """The file may be fine, but there was no time to decode it; another try may succeed."""


class Worker:
    """One process that decodes, one file at a time."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dashboard.decoding.worker", str(bounds.seconds), str(bounds.memory)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            cwd=ROOT, env=handed_on(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1"),
        )  # fmt: skip
        if self.process.stdin is None or self.process.stdout is None:
            raise OSError("expected pipes to and from the process")
        self._to, self._from = self.process.stdin, self.process.stdout
        if fcntl is not None and hasattr(fcntl, "F_SETPIPE_SZ"):  # only Linux has longer pipes
            with contextlib.suppress(OSError):  # where the system allows less, pixels come in more pieces
                fcntl.fcntl(self._from.fileno(), fcntl.F_SETPIPE_SZ, BAND)
        self.files = 0
        self.stopped_with: PhotoError | None = None  # why this app stopped the process, if it did
        self._started, self._computed = 0.0, 0.0  # when the present file came, and the seconds computed before it

    def decode(self, data: bytes) -> Decoded:
        """Decodes a file in this process.

        Raises:
            PhotoError: the file is refused, or the process was stopped, or crashed.
        """
        self.files += 1
        self._started, self._computed = time.monotonic(), self._cpu()
        clocks = [
            threading.Timer(self.bounds.quick, self._lower_priority),
            threading.Timer(self.bounds.clock, self.stop, [Unavailable(self.bounds.slow)]),
        ]
        for clock in clocks:
            clock.daemon = True
            clock.start()
        try:
            return self._ask(data)
        except (OSError, EOFError, ValueError) as error:
            if isinstance(error, PhotoError):
                raise
            raise self._why_it_ended() from error
        finally:
            for clock in clocks:
                clock.cancel()

    def _ask(self, data: bytes) -> Decoded:
        self._to.write(len(data).to_bytes(8, "big") + data)
        self._to.flush()
        answer = json.loads(self._from.readline())
        if "refusal" in answer:
            if answer["cause"]:
                LOG.info("A file was refused: %s\n%s", answer["refusal"], answer["cause"])
            raise PhotoError(answer["refusal"])
        return Decoded(self._pixels(answer), tuple(answer["notes"]))

    def _pixels(self, answer: dict[str, Any]) -> Image.Image:
        """Reads the rows of a PPM a few at a time, so that memory never holds a second copy of all rows."""
        width, height = answer["size"]
        if not 0 < width * height <= MAX_PIXELS or self._from.readline() != b"P6\n":
            raise EOFError("no pixels")
        self._from.readline()  # width and height
        self._from.readline()  # the largest value
        with _ARRIVING if width * height > LARGE else nullcontext():
            return self._rows(width, height)

    def _rows(self, width: int, height: int) -> Image.Image:
        image = Image.new("RGB", (width, height))
        rows = max(1, BAND // (3 * width))
        band = memoryview(bytearray(3 * width * min(rows, height)))
        for top in range(0, height, rows):
            part = band[: 3 * width * min(rows, height - top)]
            if _read_into(self._from, part) < len(part):
                raise EOFError("the pixels stopped")
            size = width, len(part) // (3 * width)
            # Pillow takes any buffer, but does not say so.
            piece = Image.frombuffer("RGB", size, part, "raw", "RGB", 0, 1)  # pyright: ignore[reportArgumentType]
            image.paste(piece, (0, top))
        return image

    def _why_it_ended(self) -> PhotoError:
        code = self.stop()
        if self.stopped_with is not None:
            return self.stopped_with
        LOG.warning("A decoding process ended with status %s", code)
        return PhotoError(self.bounds.slow if code == -getattr(signal, "SIGXCPU", 0) else CRASHED)

    def _lower_priority(self) -> None:
        """Lowers the priority of a process whose file takes long. It keeps that priority, so it gets no other file."""
        if self.computed() < self.bounds.quick / 2:  # the file is not large, the machine is busy
            return
        self.files = FILES_EACH
        if hasattr(os, "setpriority"):
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self.process.pid, LOW_PRIORITY)

    def computed(self) -> float:
        """Seconds of computing that the present file has taken; seconds by the clock where the system doesn't tell."""
        now = self._cpu()
        return now - self._computed if now else time.monotonic() - self._started

    def _cpu(self) -> float:
        try:
            fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self, because: PhotoError | None = None) -> int:
        """Ends the process, if it hasn't ended, and gives its exit status. `because` is the error for its present file."""
        self.stopped_with = self.stopped_with or because
        if self.process.poll() is None and because is not None:
            self.process.kill()
        try:
            return self.process.wait(1)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def usable(self) -> bool:
        """Whether the process may get another file."""
        return self.files < FILES_EACH and self.process.poll() is None


def _read_into(stream: Any, part: memoryview) -> int:
    """Fills `part` with what the stream holds, and gives how many bytes came; fewer than `part` holds at the stream's end."""
    got = 0
    while got < len(part):
        count = stream.readinto(part[got:])
        if not count:
            break
        got += count
    return got


class Pool:
    """A few decoding processes, started as they are needed. They end when this process does."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self._changed = threading.Condition()
        self._idle: list[Worker] = []
        self._busy: list[Worker | None] = []  # None stands for a process that is being started
        self._waiting = 0
        self._owner = os.getpid()

    def decode(self, data: bytes) -> Decoded:
        """Decodes a file in a process of its own.

        Raises:
            PhotoError: the file is no photo that is opened here, or takes too much to decode.
            Unavailable: there was no time to decode it; the file may be fine.
        """
        kind_of(data)  # a file that its first bytes rule out needs no turn
        if self._owner != os.getpid():  # after a fork, the pipes belong to the parent process
            self.__init__(self.bounds)
        with self._turn() as worker:
            return worker.decode(data)

    def close(self) -> None:
        """Ends the processes that have nothing to do."""
        with self._changed:
            for worker in self._idle:
                worker.stop(Unavailable(BUSY))
            self._idle.clear()

    @contextmanager
    def _turn(self) -> Iterator[Worker]:
        with self._changed:
            self._wait()
            worker = self._idle.pop() if self._idle else None
            self._busy.append(worker)
        held = worker
        try:
            if worker is None or not worker.usable():
                worker = Worker(self.bounds)
                self._replace(held, worker)
                held = worker
            yield worker
        finally:
            with self._changed:
                self._busy.remove(held)
                if worker is not None and worker.usable():
                    self._idle.append(worker)
                self._changed.notify_all()
            if worker is not None and not worker.usable():
                worker.stop(Unavailable(BUSY))

    def _replace(self, held: Worker | None, worker: Worker) -> None:
        with self._changed:
            self._busy[self._busy.index(held)] = worker
            self._changed.notify_all()

    def _wait(self) -> None:
        """Waits until a process is free. Where all of them decode files that take long, stops the one that has taken longest.

        Raises:
            Unavailable: too many files wait, or this one has waited too long.
        """
        if len(self._busy) >= self.bounds.workers and self._waiting >= self.bounds.queue:
            raise Unavailable(BUSY)
        self._waiting += 1
        until = time.monotonic() + self.bounds.patience
        try:
            while len(self._busy) >= self.bounds.workers:
                if time.monotonic() > until:
                    raise Unavailable(BUSY)
                self._changed.wait(0.2)
                self._make_way()
        finally:
            self._waiting -= 1

    def _make_way(self) -> None:
        taken = {worker: worker.computed() for worker in self._busy if worker is not None}
        if len(taken) >= self.bounds.workers and min(taken.values()) > self.bounds.quick:
            max(taken, key=taken.__getitem__).stop(Unavailable(self.bounds.gives_way))


POOL = Pool(Bounds())
atexit.register(POOL.close)
