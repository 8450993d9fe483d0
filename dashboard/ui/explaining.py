"""From a method and a question to a map on the page. Slow ones say what they cost and wait to be asked."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st

from dashboard.explain import Explanation, read
from dashboard.methods import Method
from dashboard.models.classifier import Classifier, Observation
from dashboard.photo import Photo
from dashboard.progress import watched
from dashboard.ui import caches

PATIENCE = 1.0  # seconds; what takes longer waits to be asked
PICTURE_SECONDS = 0.2  # between two pictures of the progress


@dataclass(frozen=True)
class Asked:
    """One method with its options, asked about one class of one photo, or about it rather than another class."""

    model: Classifier
    photo: Photo
    method: Method
    target: int | None = None
    against: int | None = None

    @property
    def meaning(self) -> tuple:
        """What its answer is kept by."""
        return self.model.key, self.photo.digest, self.method, self.target, self.against

    def look(self) -> Observation:
        """The look behind the map: one that has been, or a new one."""
        question = self.method.question(self.target, self.against)
        return caches.observation(self.model.key, self.photo.digest, self.method.needs, self.photo, question)


@dataclass(frozen=True)
class Cost:
    """What a map takes beyond a look: `units` of work, and about how many `seconds`; nothing where it is there already."""

    units: int
    unit: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.units:,} {self.unit}, about {in_words(self.seconds)}"


def in_words(seconds: float) -> str:
    """A duration, as rough as an estimate of it is."""
    if seconds < 1:
        return "a moment"
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def cost_of(asked: Asked) -> Cost:
    """What is still to be done."""
    seen = asked.look()
    units = 0 if caches.kept_map(asked.meaning) else asked.method.work(seen.evidence)
    return Cost(units, asked.method.unit, units * asked.method.unit_in_passes * seen.milliseconds / 1000)


def answer(asked: Asked) -> Explanation:
    """The map, at once where it is kept; what took work is."""
    shown = caches.kept_map(asked.meaning)
    if shown is None:
        seen = asked.look()
        shown = read(seen, asked.model.key, asked.method, asked.target, asked.against)
        if asked.method.work(seen.evidence):
            caches.keep_map(asked.meaning, shown)
    return shown


def answers(asked: Sequence[Asked], key: str) -> list[Explanation] | None:
    """The maps; None where they are slow and nobody has asked for them yet: then a button says what they cost."""
    costs = [cost_of(each) for each in asked]
    seconds, units = sum(cost.seconds for cost in costs), sum(cost.units for cost in costs)
    if seconds < PATIENCE:
        return [answer(each) for each in asked]
    place = st.empty()
    whole = Cost(units, next(cost.unit for cost in costs if cost.units), seconds)
    if not place.button(f"Run: {whole}", key=f"run_{key}", icon=":material/play_arrow:"):
        return None
    with place.container(), _shown_progress(whole, key):
        found = [answer(each) for each in asked]
    place.empty()
    return found


@contextmanager
def _shown_progress(cost: Cost, key: str) -> Iterator[None]:
    """Tells how far the work is. The button only has to be there: any click ends a run of Streamlit's, and this with it."""
    bar = st.progress(0.0, text=f"0 of {cost.units:,} {cost.unit}")
    st.button("Stop", key=f"stop_{key}", icon=":material/stop:")
    with watched(_watcher(bar.progress, cost)):
        yield


def _watcher(draw: Callable[..., object], cost: Cost) -> Callable[[int], None]:
    done, drawn, started = 0, 0.0, time.monotonic()

    def advanced(units: int) -> None:
        nonlocal done, drawn
        done += units
        now = time.monotonic()
        if now - drawn >= PICTURE_SECONDS:
            drawn = now
            left = (now - started) * max(cost.units - done, 0) / done
            text = f"{min(done, cost.units):,} of {cost.units:,} {cost.unit}, {in_words(left)} left"
            draw(min(done / cost.units, 1.0), text=text)

    return advanced
