"""From a method and a question to a map on the page. Slow ones say what they cost and wait to be asked."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st
import torch
from streamlit.delta_generator import DeltaGenerator

from dashboard.engine.request import Request
from dashboard.evidence import Evidence
from dashboard.explain import Explanation, read
from dashboard.models.classifier import DoesNotFit, ModelError, Observation, OutOfMemory
from dashboard.models.device import is_out_of_memory, slowly
from dashboard.models.turns import OneEach
from dashboard.progress import watched
from dashboard.studies.methods import Made
from dashboard.ui import caches
from dashboard.ui.parts.text import plain
from dashboard.ui.streamlit_internals import visitor, wish

LOG = logging.getLogger(__name__)
PATIENCE = 1.0  # what weighs more waits to be asked, see `Made`
OPERATIONS_A_SECOND, SECONDS_A_PASS = 2e11, 5e-4  # of the machine that weights speak of
PICTURE_SECONDS = 0.2  # between two pictures of the progress
TRUST = 0.05  # the share of the work after which its own pace counts as much as what was expected
SLOW_RUNS = OneEach()  # of each visitor


@contextmanager
def failing_in_words() -> Iterator[None]:
    """Where a model can't look at this photo, as for lack of memory: one sentence stands in place of what was to come."""
    try:
        yield
    except DoesNotFit:
        raise  # the page's to answer
    except ModelError as error:
        LOG.warning("a pass failed", exc_info=True)
        st.error(plain(str(error)))
        st.stop()


def look_behind(asked: Request) -> Observation:
    """The look behind a map: one that has been, or a new one."""
    with failing_in_words():
        return caches.observation(asked.model.key, asked.photo.digest, asked.method.needs, asked.photo, asked.question)


@dataclass(frozen=True)
class Price:
    """What a map takes beyond a look: `units` of work, `worth` so many passes, and about how many `seconds` are to come.

    Seconds are what a person is told. Whether the map waits to be asked for is decided by its `weight`, in which no clock has
    a part, so that one link shows the same maps however busy the server is.
    """

    units: int
    unit: str
    worth: float
    seconds: float
    weight: float = 0.0

    def __str__(self) -> str:
        return f"{self.units:,} {self.unit}, about {in_words(self.seconds)}"


def in_words(seconds: float) -> str:
    """A duration, as rough as an estimate of it is."""
    if seconds < 1:
        return "a moment"
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def whole_cost(asked: Request) -> Price:
    """What the map takes, or took where it is there already."""
    there, method = kept(asked), asked.method
    if there is not None:
        return Price(there.units, method.unit, there.worth, 0.0, there.weight)
    seen = look_behind(asked)
    of_a_pass = (caches.pass_milliseconds(asked.model.key) or seen.milliseconds) / 1000  # no look is kept where memory is short
    evidence, worth = seen.evidence, method.worth(seen.evidence)
    return Price(method.work(evidence), method.unit, worth, method.seconds(evidence, of_a_pass), _weight(asked, evidence))


def _weight(asked: Request, evidence: Evidence) -> float:
    return asked.method.seconds(evidence, asked.model.operations / OPERATIONS_A_SECOND + SECONDS_A_PASS)


def cost_of(asked: Request) -> Price:
    """What is still to be done."""
    return Price(0, asked.method.unit, 0.0, 0.0) if kept(asked) else whole_cost(asked)


def together(asked: Sequence[Request]) -> Price:
    """What is still to be done for all of them, in passes where their units differ."""
    costs = [cost_of(each) for each in asked]
    seconds, worth, weight = (sum(getattr(cost, what) for cost in costs) for what in ("seconds", "worth", "weight"))
    units = {cost.unit for cost in costs if cost.units}
    if len(units) == 1:
        return Price(sum(cost.units for cost in costs), units.pop(), worth, seconds, weight)
    return Price(round(worth), "passes", worth, seconds, weight)


def kept(asked: Request) -> Made | None:
    """The map with what it took, if it is there already."""
    return caches.kept_map(asked.meaning)


def made(asked: Request, slow: bool = False) -> Made:
    """The map with what it took, at once where it is kept. A slow one gives way to all that is quick."""
    found = kept(asked)
    if found is None:
        try:
            found = _make(asked, slow)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            if caches.runs_on_the_cpu(asked.model.key):
                title, label = asked.model.title, asked.method.label
                with failing_in_words():
                    raise OutOfMemory(f"{title} found no memory left on the CPU for {label}.") from error
            torch.cuda.empty_cache()
            caches.go_on_on_the_cpu(asked.model.key)
            found = _make(asked, slow)
        caches.keep_map(asked.meaning, found)
    return found


def _make(asked: Request, slow: bool) -> Made:
    seen = look_behind(asked)

    def reading() -> tuple[Explanation, float]:
        started = time.perf_counter()
        shown = read(seen, asked.model.key, asked.method, asked.target, asked.against)
        return shown, 1000 * (time.perf_counter() - started)

    with watched(lambda _: caches.stop_if_left()):
        shown, milliseconds = slowly(reading, seen.device, asked.model.operations) if slow else reading()
    work, worth = (measure(seen.evidence) for measure in (asked.method.work, asked.method.worth))
    return Made(shown, seen.milliseconds, milliseconds, work, worth, _weight(asked, seen.evidence))


def answer(asked: Request) -> Explanation:
    """The map, at once where it is kept."""
    return made(asked).shown


def answers(asked: Sequence[Request], key: str, offer: str = "Run") -> list[Explanation] | None:
    """The maps; None where they are slow and nobody has asked for them yet: then a button with this offer says their cost."""
    flag, whole = f"{key}_is_wanted", together(asked)
    wanted = st.session_state.pop(flag, False)
    if whole.weight >= PATIENCE:
        bar, button = st.empty(), st.empty()
        if not wanted:
            run_button(button, f"{offer}: {whole}", f"run_{key}", lambda: st.session_state.update({flag: True}))
            return None
        run(asked, f"run_{key}", bar, button)
    return [answer(each) for each in asked]


def run_button(place: DeltaGenerator, label: str, key: str, run: Callable[..., None], *arguments: str) -> None:
    """A button that says what a run costs before it starts one."""
    place.button(label, key=key, icon=":material/play_arrow:", on_click=run, args=arguments)


def run(asked: Sequence[Request], key: str, bar: DeltaGenerator, button: DeltaGenerator) -> None:
    """Makes the maps one after another, each kept as soon as it is there, and tells how far the work is. Where another page
    of the same visitor's runs some, these wait for it.

    The button only has to be there: any click ends this. With the key of the one that started it, it takes that one's place;
    Streamlit leaves keyed widgets that are gone in sight until a run ends.
    """
    bar.progress(0.0, text=f"0 of {together(asked)}")
    button.button("Stop", key=key, icon=":material/stop:")

    def waits() -> None:
        _give_way()
        bar.progress(0.0, text="This starts when the methods that another page of yours runs are done.")

    with SLOW_RUNS.under_way(visitor(), waits):
        _run(asked, bar)
    bar.empty()
    button.empty()


def _run(asked: Sequence[Request], bar: DeltaGenerator) -> None:
    costs = [cost_of(each) for each in asked]
    whole, done, started = sum(cost.seconds for cost in costs), 0.0, time.monotonic()
    for each, cost in zip(asked, costs, strict=True):
        share = Share(done / whole if whole else 0.0, cost.seconds / whole if whole else 0.0, started, whole)
        name = f"{each.method.label}: " if len({other.method.label for other in asked}) > 1 else ""
        with watched(_watcher(bar.progress, cost, share, name)):
            made(each, slow=True)
        done += cost.seconds


@dataclass(frozen=True)
class Share:
    """One map's part of the work: the share `before` it, its own `part`, when all of it `started`, and how many seconds
    that was `expected` to take.
    """

    before: float
    part: float
    started: float
    expected: float


def seconds_left(elapsed: float, reached: float, expected: float) -> float:
    """How long the rest takes, by the pace so far, and at first, when that says little, by what was expected."""
    return (elapsed + TRUST * expected) / (reached + TRUST) * (1 - reached)


def _watcher(draw: Callable[..., object], cost: Price, share: Share, name: str) -> Callable[[int], None]:
    done, drawn = 0, 0.0

    def advanced(units: int) -> None:
        nonlocal done, drawn
        _give_way()
        if not units:  # it waits for its turn
            return
        done += units
        now = time.monotonic()
        if now - drawn >= PICTURE_SECONDS:
            drawn = now
            reached = min(share.before + share.part * min(done / max(cost.units, 1), 1.0), 1.0)
            left = seconds_left(now - share.started, reached, share.expected)
            draw(reached, text=f"{name}{min(done, cost.units):,} of {cost.units:,} {cost.unit}, {in_words(left)} left")

    return advanced


def _give_way() -> None:
    """Starts anew where a person has clicked something: Streamlit lets a fragment end before it looks at its clicks."""
    caches.stop_if_left()
    if wish() == "start anew":
        st.rerun()
