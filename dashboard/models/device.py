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

# from_pretrained sets the process's default dtype for a moment: two loads at once would mix theirs up.
LOADING = threading.RLock()

NO_MEMORY = ("can't allocate memory", "not enough memory")  # torch's words for it on a CPU
PASSES = {"cpu": 2, "mps": 1, "cuda": 4}  # forward passes under way at once
OPERATIONS_A_STEP = {"cpu": 4e10, "mps": 4e11, "cuda": 4e12}  # on numbers, in a pass of a slow method: a fifth of a second
NICE = 5  # a third of the processor's time beside somebody who needs it all
_PHOTOS_A_STEP: ContextVar[int | None] = ContextVar("photos_a_step", default=None)
Report = Callable[[str], None]
Result = TypeVar("Result")


def silent(message: str) -> None:
    """Progress that nobody watches."""


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
    """For people: `CPU` or `GPU`."""
    return "CPU" if device.type == "cpu" else "GPU"


def device_name(device: torch.device) -> str:
    """For people: `CPU`, or the GPU's own name."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type.upper()


@cache
def _turns(kind: str) -> Turns:
    return Turns(PASSES[kind])


@contextmanager
def pass_under_way(device: torch.device, report: Report = silent) -> Iterator[None]:
    """Holds one of the device's places; `report` is called while waiting and may raise to leave the queue, and so may those
    who watch the progress. Inside `slow_work` it goes on in the place that is held.
    """

    def asked() -> None:
        report("Waiting for other passes on this machine to end …")
        advance(0)

    with _turns(device.type).quick(asked):
        yield


@contextmanager
def slow_work(device: torch.device, operations: int) -> Iterator[None]:
    """Holds one of the device's places for all that a slow method does, and gives way to others at every step it tells of.

    Where a pass over one photo takes so many `operations`, no step takes more photos than a fraction of a second's work.
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
    """Raised inside work that nobody waits for any longer."""


def in_the_background(work: Callable[[], Result], report: Report = silent) -> Result:
    """What `work` gives, done in a thread of its own that leaves the processor to whoever needs it.

    Meanwhile `report` is called, and those who watch the progress here are told of it, now and then. They may raise to leave:
    the work ends at the next step that it tells of.
    """
    left, units, passed_on = threading.Event(), 0, 0

    def told(more: int) -> None:
        nonlocal units
        if left.is_set():
            raise _Left
        units += more

    def pass_on() -> None:
        nonlocal passed_on
        new = units - passed_on
        passed_on += new
        advance(new)

    def done() -> Result:
        if sys.platform == "linux":  # elsewhere it would be the whole process that goes second
            me = threading.get_native_id()
            os.setpriority(os.PRIO_PROCESS, me, os.getpriority(os.PRIO_PROCESS, me) + NICE)
        with watched(told):
            return work()

    with ThreadPoolExecutor(1, thread_name_prefix="background") as apart:  # which waits for the work to end
        doing = apart.submit(done)
        try:
            while not wait([doing], ASKED_EVERY).done:
                report("Opening a model …")
                pass_on()
        except BaseException:
            left.set()
            raise
    result = doing.result()
    pass_on()
    return result


def slowly(work: Callable[[], Result], device: torch.device, operations: int) -> Result:
    """What the `work` of a slow method gives, done in the background, where it gives way to others; see `slow_work`."""

    def in_turn() -> Result:
        with slow_work(device, operations):
            return work()

    return in_the_background(in_turn)


def guarded(call: Callable[..., Any], device: torch.device) -> Callable[..., Any]:
    """The same call, among the device's other passes."""

    def waiting(*arguments: Any) -> Any:
        with pass_under_way(device):
            return call(*arguments)

    return waiting


def counted(call: Callable[..., Any], device: torch.device, batch: int = 0, times: int = 1) -> Callable[..., Any]:
    """The same call, among the device's other passes, and told to whoever watches; argument `batch` is the batch.

    A pass that gradients will follow counts twice, once for the way back. `times` is how often any counts. Within slow work a
    large batch is answered in parts.
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
