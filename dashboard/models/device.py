"""Where models run, how many passes run there at once, and the one lock under which models load."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, TypeVar

import torch

from dashboard.models.turns import ASKED_EVERY, Turns
from dashboard.progress import advance, watched
from dashboard.settings import SettingError, settings

# from_pretrained sets the process's default dtype for a moment: two loads at once would take each other's.
LOADING = threading.RLock()

STILL_OPENING = "Opening a model …"  # what a report is told now and then where there is nothing new
NO_MEMORY = ("can't allocate memory", "not enough memory")  # torch's words where a CPU's memory is used up
PASSES = {"cpu": 2, "mps": 1, "cuda": 4}  # forward passes under way at once
OPERATIONS_A_STEP = {"cpu": 4e10, "mps": 4e11, "cuda": 4e12}  # in a step of a slow method: about a fifth of a second
NICE = 5  # leaves a slow thread a third of the processor's time beside a busy one
_PHOTOS_A_STEP: ContextVar[int | None] = ContextVar("photos_a_step", default=None)
Report = Callable[[str], None]
Result = TypeVar("Result")


def silent(message: str) -> None:
    """The `Report` of a caller who wants none."""


@cache
def chosen_device() -> torch.device:
    """`DASHBOARD_DEVICE` where it is set, else CUDA, else MPS, else the CPU.

    Raises:
        SettingError: `DASHBOARD_DEVICE` names no device of this machine.
    """
    wanted = settings().device
    if wanted:
        return _checked(wanted)
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def _checked(wanted: str) -> torch.device:
    found = ["cpu"]
    if torch.cuda.is_available():
        found += ["cuda", *(f"cuda:{index}" for index in range(torch.cuda.device_count()))]
    if torch.backends.mps.is_available():
        found.append("mps")
    if wanted not in found:
        raise SettingError(f"expected DASHBOARD_DEVICE to name one of {', '.join(found)}, got {wanted!r}")
    return torch.device(wanted)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a device, or the machine itself, had no memory left: torch says it on a CPU as a plain RuntimeError."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in NO_MEMORY)


def kind_of(device: torch.device) -> str:
    """A device in a word for people: `CPU` or `GPU`."""
    return "CPU" if device.type == "cpu" else "GPU"


def device_name(device: torch.device) -> str:
    """A device's name for people: `CPU`, or the GPU's own name."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type.upper()


@cache
def _turns(kind: str) -> Turns:
    return Turns(PASSES[kind])


@contextmanager
def pass_under_way(device: torch.device, report: Report = silent) -> Iterator[None]:
    """Holds one of the device's seats for a pass; inside `slow_work`, the seat that is held already. `report` and the watchers
    of progress are called while the pass waits, and may raise to leave the queue.
    """

    def stop() -> None:
        report("Waiting for other passes on this machine to end …")
        advance(0)

    with _turns(device.type).quick(stop):
        yield


@contextmanager
def slow_work(device: torch.device, operations: int) -> Iterator[None]:
    """Holds one of the device's seats for all that a slow method does, and gives way to others whenever the method calls
    `advance`.

    A pass over one photo takes so many `operations`; a step takes so few photos that it lasts a fraction of a second.
    """
    most = max(int(OPERATIONS_A_STEP[device.type] / max(operations, 1)), 1)
    with _turns(device.type).slow(lambda: advance(0)) as stepped, watched(stepped):
        token = _PHOTOS_A_STEP.set(most)
        try:
            yield
        finally:
            _PHOTOS_A_STEP.reset(token)


@contextmanager
def loading(report: Report = silent) -> Iterator[None]:
    """Holds the one lock under which models load; `report` is called while waiting and may raise to leave."""
    while not LOADING.acquire(timeout=ASKED_EVERY):
        report("Waiting for another model to load …")
    try:
        yield
    finally:
        LOADING.release()


class _Left(Exception):
    """Raised inside work in the background whose caller has left."""


class _Steps:
    """Counts the units that work in the background does, in its thread, and tells them to the watchers of the caller's."""

    def __init__(self) -> None:
        self._left, self._units, self._passed_on = threading.Event(), 0, 0

    def __call__(self, units: int) -> None:
        """Counts a step, in the work's thread. Raises _Left where the caller has left."""
        if self._left.is_set():
            raise _Left
        self._units += units

    def pass_on(self) -> None:
        """Tells the watchers of the caller's thread what is new."""
        new = self._units - self._passed_on
        self._passed_on += new
        advance(new)

    def leave(self) -> None:
        """Ends the work at its next step."""
        self._left.set()


def _aside(work: Callable[[], Result], steps: _Steps) -> Result:
    """The result of `work`, done in this thread, which from now on leaves the processor to threads that need it."""
    if sys.platform == "linux":  # other systems would lower the priority of the whole process
        me = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, me, os.getpriority(os.PRIO_PROCESS, me) + NICE)
    with watched(steps):
        return work()


def in_the_background(work: Callable[[], Result], report: Report = silent) -> Result:
    """The result of `work`, done in a thread of its own with a low priority.

    Meanwhile `report` and the watchers of the caller's progress are called now and then. They may raise to leave: the work then
    ends at its next call of `advance`.
    """
    steps = _Steps()
    with ThreadPoolExecutor(1, thread_name_prefix="background") as apart:  # at its end, this waits for the work to end
        doing = apart.submit(_aside, work, steps)
        try:
            while not wait([doing], ASKED_EVERY).done:
                report(STILL_OPENING)
                steps.pass_on()
        except BaseException:
            steps.leave()
            raise
    result = doing.result()
    steps.pass_on()
    return result


def slowly(work: Callable[[], Result], device: torch.device, operations: int) -> Result:
    """The result of a slow method's `work`, done in the background, where it gives way to others; see `slow_work`."""

    def in_turn() -> Result:
        with slow_work(device, operations):
            return work()

    return in_the_background(in_turn)


def guarded(call: Callable[..., Any], device: torch.device) -> Callable[..., Any]:
    """The same call, which first waits for one of the device's seats."""

    def waiting(*arguments: Any) -> Any:
        with pass_under_way(device):
            return call(*arguments)

    return waiting


def counted(call: Callable[..., Any], device: torch.device, batch: int = 0, times: int = 1) -> Callable[..., Any]:
    """The same call, which waits for one of the device's seats, and tells the watchers of progress how many passes it did.

    `batch` is the position of the argument that is the batch; each of its photos counts as `times` passes, and twice as many
    where gradients will follow. Within slow work a large batch is answered in parts.
    """
    calm = guarded(call, device)

    def told(*arguments: Any) -> Any:
        result, values = calm(*arguments), arguments[batch]
        advance(times * len(values) * (2 if values.requires_grad else 1))
        return result

    def split(*arguments: Any) -> Any:
        most = _PHOTOS_A_STEP.get()
        if most is None or len(arguments[batch]) <= most:
            return told(*arguments)
        parts = [told(*arguments[:batch], part, *arguments[batch + 1 :]) for part in arguments[batch].split(most)]
        return torch.cat(parts) if isinstance(parts[0], torch.Tensor) else tuple(map(torch.cat, zip(*parts, strict=True)))

    return split
