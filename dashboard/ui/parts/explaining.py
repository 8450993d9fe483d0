"""From a request to a map on the page. A slow map is made only after a click on a button that says what it costs."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import streamlit as st
from torch import Tensor

from dashboard.compare import Slot
from dashboard.engine import jobs, price
from dashboard.engine.price import PATIENCE, TOGETHER, Price, waiting
from dashboard.engine.request import Request
from dashboard.engine.store import Made
from dashboard.engine.trial import Trial
from dashboard.evidence import E
from dashboard.explain import Explanation
from dashboard.methods import Method
from dashboard.methods.base import M
from dashboard.models.classifier import DoesNotFit, ModelError, Observation
from dashboard.ui import caches
from dashboard.ui.parts.text import plain
from dashboard.ui.streamlit_internals import Container, visitor, wish

LOG = logging.getLogger(__name__)


@contextmanager
def failing_in_words() -> Iterator[None]:
    """Shows one sentence in place of the block's output if a model can't look at this photo, as for lack of memory."""
    try:
        yield
    except DoesNotFit:
        raise  # pages handle this one themselves
    except ModelError as error:
        LOG.warning("a pass failed", exc_info=True)
        st.error(plain(str(error)))
        st.stop()


def look_behind(request: Request[Method[E]]) -> Observation[E]:
    """The look that a request's map is read from: a kept one, or a new one."""
    with failing_in_words():
        return caches.STORE.look_behind(request)


def whole_price(request: Request) -> Price:
    """What a request's map will cost, or did cost if it is made already."""
    with failing_in_words():
        return caches.STORE.whole_price(request)


def together(requests: Sequence[Request]) -> Price:
    """The price of the maps that are not made yet, all together."""
    with failing_in_words():
        return price.together([caches.STORE.price(each) for each in requests])


def kept(request: Request[M]) -> Made[M] | None:
    """A request's map with the time it took, or None if it is not made yet."""
    return caches.STORE.kept(request)


def made(request: Request[M]) -> Made[M]:
    """A request's map with the time it took: the kept one, or a new one."""
    with failing_in_words():
        return caches.STORE.made(request)


def answers(requests: Sequence[Request[M]], key: str, offer: str = "Run") -> list[Explanation[M]] | None:
    """The maps of these requests, or None if they are slow and have not been asked for: then this draws a button to run them.

    The button says `offer` and the price.
    """
    if not _paid(together(requests), PATIENCE, key, offer, lambda: [jobs.explanation(caches.STORE, each) for each in requests]):
        return None
    return [made(each).shown for each in requests]


def quick_ones(requests: Sequence[Request], key: str) -> list[Explanation | None]:
    """The maps of many requests; None in place of those that are slow and have not been asked for: then this draws a button to
    run them all.
    """
    for each in requests:  # all looks come before the prices, as they show how long a pass takes
        if kept(each) is None:
            look_behind(each)
    waits = waiting([whole_price(each).weight for each in requests])
    late = [each for each, slow in zip(requests, waits, strict=True) if slow and kept(each) is None]
    flag, bar, button = f"{key}_is_wanted", st.empty(), st.empty()
    wanted = st.session_state.pop(flag, False)
    if late and wanted:
        run(late, f"run_{key}", bar, button)
        late = []
    elif late:
        label = f"Run the other {len(late)}: {together(late)}"
        run_button(button, label, f"run_{key}", lambda: st.session_state.update({flag: True}))
    return [None if each in late else made(each).shown for each in requests]


def tried(
    trials: Mapping[Slot, Sequence[Trial]], key: str, offer: str = "Run", patience: float = TOGETHER
) -> dict[Slot, list[Tensor]] | None:
    """The results of each side's trials, or None if they weigh as much as `patience` and have not been asked for: then this
    draws a button as `answers` does.
    """
    every = [each for asked in trials.values() for each in asked]
    with failing_in_words():
        whole = price.together([caches.STORE.price_of_trial(each) for each in every])
    if not _paid(whole, patience, key, offer, lambda: [jobs.trial(caches.STORE, each) for each in every]):
        return None
    with failing_in_words():
        return {slot: [caches.STORE.tried(each) for each in asked] for slot, asked in trials.items()}


def _paid(whole: Price, patience: float, key: str, offer: str, work: Callable[[], Sequence[jobs.Job[Any]]]) -> bool:
    """Whether work need not wait: it weighs little, or a click has asked for it, and then it has run. Else draws the button."""
    flag = f"{key}_is_wanted"
    wanted = st.session_state.pop(flag, False)
    if not whole.units or whole.weight < patience:
        return True
    bar, button = st.empty(), st.empty()
    if wanted:
        _run(work(), whole, f"run_{key}", bar, button)
    else:
        run_button(button, f"{offer}: {whole}", f"run_{key}", lambda: st.session_state.update({flag: True}))
    return wanted


def run_button(box: Container, label: str, key: str, run: Callable[..., None], *arguments: str) -> None:
    """Draws a button that starts a run; its label says what the run costs."""
    box.button(label, key=key, icon=":material/play_arrow:", on_click=run, args=arguments)


def run(requests: Sequence[Request], key: str, bar: Container, button: Container) -> None:
    """Makes the maps one after another, keeps each as soon as it is made, and shows the progress.

    If another page of the same visitor is running methods, these wait until those are done.

    The stop button does nothing by itself, since any click ends this run. It has the key of the button that started the run,
    and so replaces it: Streamlit would show a removed button until the run ends.
    """
    _run([jobs.explanation(caches.STORE, each) for each in requests], together(requests), key, bar, button)


def _run(work: Sequence[jobs.Job[Any]], whole: Price, key: str, bar: Container, button: Container) -> None:
    bar.progress(0.0, text=f"0 of {whole}")
    button.button("Stop", key=key, icon=":material/stop:")

    def told(progress: jobs.Progress) -> None:
        bar.progress(progress.share, text=str(progress))

    def waits() -> None:
        _give_way()
        bar.progress(0.0, text="Waiting for the methods that another page of yours is running.")

    with failing_in_words():
        jobs.run(work, told, _give_way, visitor(), waits)
    bar.empty()
    button.empty()


def _give_way() -> None:
    """Restarts the run if the person has clicked something: else Streamlit would handle the click only when the run ends."""
    caches.stop_if_left()
    if wish() == "start anew":
        st.rerun()
