"""Work that costs passes: its price is told before it starts, its progress while it runs, and it can be stopped."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from torch import Tensor

from dashboard.engine.price import Price, in_words
from dashboard.engine.request import Request
from dashboard.engine.shelf import never
from dashboard.engine.store import Made, Store
from dashboard.engine.trial import Trial
from dashboard.methods.base import M
from dashboard.models.classifier import Classifier
from dashboard.models.turns import OneEach, Stop
from dashboard.progress import watched

TOLD_EVERY = 0.2  # seconds between two reports of progress
TRUST = 0.05  # the share of the work after which its pace counts as much as the time that was expected
SLOW_RUNS = OneEach()  # one at a time for each visitor
T = TypeVar("T")


@dataclass(frozen=True)
class Job(Generic[T]):
    """Work with a label for people and a price. `price` is called anew each time and tells what is still to be done, since
    another run may have done part of it.

    The work calls `dashboard.progress.advance` with its units as they are done, and ends where a watcher raises.
    """

    label: str
    price: Callable[[], Price]
    work: Callable[[], T]


def explanation(store: Store, request: Request[M]) -> Job[Made[M]]:
    """A map as a job. The store keeps it."""
    return Job(request.method.label, lambda: store.price(request), lambda: store.made(request, slow=True))


def of_passes(store: Store, key: str, label: str, passes: int, work: Callable[[Classifier], T]) -> Job[T]:
    """Work that takes so many passes of a model, such as a curve; see `Store.worked`. The store does not keep its result."""
    return Job(label, lambda: store.price_of_passes(key, passes), lambda: store.worked(key, label, work))


def trial(store: Store, trial: Trial) -> Job[Tensor]:
    """Questions about altered photos as a job. The store keeps the logits."""
    return Job("Altered photos", lambda: store.price_of_trial(trial), lambda: store.tried(trial, slow=True))


@dataclass(frozen=True)
class Progress:
    """How far a run is: how many units of the present job's `price` are `done`, which `share` of all jobs (0 to 1) is done, and
    about how many seconds are `left` for all jobs. `label` is the present job's, empty where all jobs have the same.
    """

    label: str
    done: int
    price: Price
    share: float
    left: float

    def __str__(self) -> str:
        name = f"{self.label}: " if self.label else ""
        return f"{name}{self.done:,} of {self.price.units:,} {self.price.unit}, {in_words(self.left)} left"


Told = Callable[[Progress], object]


def untold(progress: Progress) -> None:
    """Progress that nobody watches."""


def run(
    jobs: Sequence[Job[T]], told: Told = untold, stop: Stop = never, visitor: str = "", waits: Stop | None = None
) -> list[T]:
    """Does the jobs one after another, and gives their results. `told` is called now and then with the progress; `stop` is
    called at every step, and may raise to end the run.

    Each `visitor` has one run under way at a time. A second run waits for the first, and calls `waits` meanwhile, by default
    `stop`. So no job may start another run.
    """
    with SLOW_RUNS.under_way(visitor, waits or stop):
        prices = [job.price() for job in jobs]
        whole, before, started = sum(price.seconds for price in prices), 0.0, time.monotonic()
        several, results = len({job.label for job in jobs}) > 1, []
        for job, price in zip(jobs, prices, strict=True):
            share = Share(before / whole if whole else 0.0, price.seconds / whole if whole else 0.0, started, whole)
            with watched(_watcher(told, stop, price, share, job.label if several else "")):
                results.append(job.work())
            before += price.seconds
        return results


@dataclass(frozen=True)
class Share:
    """One job's part of a run: the share of the run `before` the job, the job's own `part` of it, the moment when the run
    `started`, and how many seconds the run was `expected` to take.
    """

    before: float
    part: float
    started: float
    expected: float


def seconds_left(elapsed: float, reached: float, expected: float) -> float:
    """How many seconds the rest takes, by the pace so far; at first, when the pace says little, by what was `expected`."""
    return (elapsed + TRUST * expected) / (reached + TRUST) * (1 - reached)


def _watcher(told: Told, stop: Stop, price: Price, share: Share, label: str) -> Callable[[int], None]:
    done, last = 0, 0.0

    def advanced(units: int) -> None:
        nonlocal done, last
        stop()
        if not units:  # the work waits for its turn
            return
        done += units
        now = time.monotonic()
        if now - last >= TOLD_EVERY:
            last = now
            reached = min(share.before + share.part * min(done / max(price.units, 1), 1.0), 1.0)
            left = seconds_left(now - share.started, reached, share.expected)
            told(Progress(label, min(done, price.units), price, reached, left))

    return advanced
