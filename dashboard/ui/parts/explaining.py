"""From a request to a map on the page. A slow map is made only after a click on a button that says what it costs."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import streamlit as st

from dashboard.engine import jobs, price
from dashboard.engine.price import PATIENCE, Price
from dashboard.engine.request import Request
from dashboard.engine.store import Made
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
    flag, whole = f"{key}_is_wanted", together(requests)
    wanted = st.session_state.pop(flag, False)
    if whole.weight >= PATIENCE:
        bar, button = st.empty(), st.empty()
        if not wanted:
            run_button(button, f"{offer}: {whole}", f"run_{key}", lambda: st.session_state.update({flag: True}))
            return None
        run(requests, f"run_{key}", bar, button)
    return [made(each).shown for each in requests]


def run_button(box: Container, label: str, key: str, run: Callable[..., None], *arguments: str) -> None:
    """Draws a button that starts a run; its label says what the run costs."""
    box.button(label, key=key, icon=":material/play_arrow:", on_click=run, args=arguments)


def run(requests: Sequence[Request], key: str, bar: Container, button: Container) -> None:
    """Makes the maps one after another, keeps each as soon as it is made, and shows the progress.

    If another page of the same visitor is running methods, these wait until those are done.

    The stop button does nothing by itself, since any click ends this run. It has the key of the button that started the run,
    and so replaces it: Streamlit would show a removed button until the run ends.
    """
    bar.progress(0.0, text=f"0 of {together(requests)}")
    button.button("Stop", key=key, icon=":material/stop:")

    def told(progress: jobs.Progress) -> None:
        bar.progress(progress.share, text=str(progress))

    def waits() -> None:
        _give_way()
        bar.progress(0.0, text="Waiting for the methods that another page of yours is running.")

    with failing_in_words():
        jobs.run([jobs.explanation(caches.STORE, each) for each in requests], told, _give_way, visitor(), waits)
    bar.empty()
    button.empty()


def _give_way() -> None:
    """Restarts the run if the person has clicked something: else Streamlit would handle the click only when the run ends."""
    caches.stop_if_left()
    if wish() == "start anew":
        st.rerun()
