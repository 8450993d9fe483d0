"""A fresh server imports its libraries and opens the first pair in a thread; who comes meanwhile sees the shell of the page."""

from collections.abc import Callable
from threading import Event, Thread

import streamlit as st

from dashboard.ui.components import FOLDER
from dashboard.ui.streamlit_internals import wish

LOOKED_AT = 0.05  # seconds between two looks
SKELETON = '<div class="waiting-maps" aria-hidden="true"><div class="waiting-map"></div><div class="waiting-map"></div></div>'

_begun, _ended = Event(), Event()


def begin(work: Callable[[], None]) -> None:
    """Starts the work in a thread of its own. Until it ends, `waited` waits."""
    _begun.set()
    Thread(target=_run, args=(work,), name="warm-up", daemon=True).start()


def _run(work: Callable[[], None]) -> None:
    try:
        work()
    finally:  # pages then find out themselves what is wrong
        _ended.set()


def waited() -> None:
    """Draws skeletons in the page's place while the server gets ready, and returns when it is; without a server, at once."""
    if not _begun.is_set() or _ended.is_set():
        return
    place = st.empty()
    with place.container(key="waiting"):
        st.html(FOLDER / "waiting.css")
        st.caption("Getting ready: this server has just started.")
        st.html(SKELETON)
    while not _ended.wait(LOOKED_AT):
        if wish() == "stop":
            st.stop()
    place.empty()
