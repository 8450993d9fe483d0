"""From a request to a map on the page. Slow ones say what they cost and wait to be asked."""

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
    """Where a model can't look at this photo, as for lack of memory: one sentence stands in place of what was to come."""
    try:
        yield
    except DoesNotFit:
        raise  # the page's to answer
    except ModelError as error:
        LOG.warning("a pass failed", exc_info=True)
        st.error(plain(str(error)))
        st.stop()


def look_behind(asked: Request[Method[E]]) -> Observation[E]:
    """The look that a map is read from: one that has been, or a new one."""
    with failing_in_words():
        return caches.STORE.look_behind(asked)


def whole_price(asked: Request) -> Price:
    """What the map takes, or took where it is there already."""
    with failing_in_words():
        return caches.STORE.whole_price(asked)


def together(asked: Sequence[Request]) -> Price:
    """What is still to be done for all of them."""
    with failing_in_words():
        return price.together([caches.STORE.price(each) for each in asked])


def kept(asked: Request[M]) -> Made[M] | None:
    """The map with what it took, if it is there already."""
    return caches.STORE.kept(asked)


def made(asked: Request[M]) -> Made[M]:
    """The map with what it took, at once where it is kept."""
    with failing_in_words():
        return caches.STORE.made(asked)


def answers(asked: Sequence[Request[M]], key: str, offer: str = "Run") -> list[Explanation[M]] | None:
    """The maps; None where they are slow and nobody has asked for them yet: then a button with this offer says their cost."""
    flag, whole = f"{key}_is_wanted", together(asked)
    wanted = st.session_state.pop(flag, False)
    if whole.weight >= PATIENCE:
        bar, button = st.empty(), st.empty()
        if not wanted:
            run_button(button, f"{offer}: {whole}", f"run_{key}", lambda: st.session_state.update({flag: True}))
            return None
        run(asked, f"run_{key}", bar, button)
    return [made(each).shown for each in asked]


def run_button(place: Container, label: str, key: str, run: Callable[..., None], *arguments: str) -> None:
    """A button that says what a run costs before it starts one."""
    place.button(label, key=key, icon=":material/play_arrow:", on_click=run, args=arguments)


def run(asked: Sequence[Request], key: str, bar: Container, button: Container) -> None:
    """Makes the maps one after another, each kept as soon as it is there, and tells how far the work is. Where another page
    of the same visitor's runs some, these wait for it.

    The button only has to be there: any click ends this. With the key of the one that started it, it takes that one's place;
    Streamlit leaves keyed widgets that are gone in sight until a run ends.
    """
    bar.progress(0.0, text=f"0 of {together(asked)}")
    button.button("Stop", key=key, icon=":material/stop:")

    def told(progress: jobs.Progress) -> None:
        bar.progress(progress.share, text=str(progress))

    def waits() -> None:
        _give_way()
        bar.progress(0.0, text="This starts when the methods that another page of yours runs are done.")

    with failing_in_words():
        jobs.run([jobs.explanation(caches.STORE, each) for each in asked], told, _give_way, visitor(), waits)
    bar.empty()
    button.empty()


def _give_way() -> None:
    """Starts anew where a person has clicked something: Streamlit lets a fragment end before it looks at its clicks."""
    caches.stop_if_left()
    if wish() == "start anew":
        st.rerun()
