"""Work that costs passes: its price is told first, then how far it is, and it stops when somebody wants it to."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from dashboard.engine.price import Price, in_words
from dashboard.engine.request import Request
from dashboard.engine.shelf import never
from dashboard.engine.store import Made, Store
from dashboard.methods.base import M
from dashboard.models.classifier import Classifier
from dashboard.models.turns import OneEach, Stop
from dashboard.progress import watched

TOLD_EVERY = 0.2  # seconds between two words of how far the work is
TRUST = 0.05  # the share of the work after which its own pace counts as much as what was expected
SLOW_RUNS = OneEach()  # of each visitor
T = TypeVar("T")


@dataclass(frozen=True)
class Job(Generic[T]):
    """Work with a label for people and a price: what is still to be done, asked anew each time, as others may do it first.

    The work tells `dashboard.progress.advance` of its units as they are done, and ends where a watcher raises.
    """

    label: str
    price: Callable[[], Price]
    work: Callable[[], T]


def explanation(store: Store, request: Request[M]) -> Job[Made[M]]:
    """A map as a job. The store keeps it."""
    return Job(request.method.label, lambda: store.price(request), lambda: store.made(request, slow=True))


def of_passes(store: Store, key: str, label: str, passes: int, work: Callable[[Classifier], T]) -> Job[T]:
    """Work that runs a model so many times, such as a curve; see `Store.worked`. The store does not keep what it gives."""
    return Job(label, lambda: store.price_of_passes(key, passes), lambda: store.worked(key, label, work))


@dataclass(frozen=True)
class Progress:
    """How far a run is: `done` units of what the job under way costs, the `share` of all jobs from 0 to 1, and about how many
    seconds are `left` for all of them. The `label` is empty where all jobs have the same.
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
    """Does the jobs one after another, and gives what they give. `told` hears now and then how far they are; `stop` is asked at
    every step, and raises to end the run.

    Of one `visitor`, one run is under way at a time. Another waits for it, and calls `waits` meanwhile, by default `stop`. So
    no job may start another run.
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
    """One job's part of a run: the share `before` it, its own `part`, when all of it `started`, and how many seconds that was
    `expected` to take.
    """

    before: float
    part: float
    started: float
    expected: float


def seconds_left(elapsed: float, reached: float, expected: float) -> float:
    """How long the rest takes, by the pace so far, and at first, when that says little, by what was expected."""
    return (elapsed + TRUST * expected) / (reached + TRUST) * (1 - reached)


def _watcher(told: Told, stop: Stop, price: Price, share: Share, label: str) -> Callable[[int], None]:
    done, last = 0, 0.0

    def advanced(units: int) -> None:
        nonlocal done, last
        stop()
        if not units:  # it waits for its turn
            return
        done += units
        now = time.monotonic()
        if now - last >= TOLD_EVERY:
            last = now
            reached = min(share.before + share.part * min(done / max(price.units, 1), 1.0), 1.0)
            left = seconds_left(now - share.started, reached, share.expected)
            told(Progress(label, min(done, price.units), price, reached, left))

    return advanced
