"""Models that did not open. One that is not on this machine is offered with its size and downloaded after a click; for any
other the page says why, and lets the visitor try again.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import streamlit as st

from dashboard.models import zoo
from dashboard.models.fetching import Download
from dashboard.numbers import MEGABYTE, in_megabytes
from dashboard.ui.parts.text import plain
from dashboard.ui.streamlit_internals import is_here, session, visitor

PENDING = "models_that_did_not_open"  # by place: a side of the comparison, or the model's key on the models page
LOOKED_AT = 1.0  # seconds between two looks at a download


@dataclass
class Pending:
    """A model that a visitor asked for and that is not open: it failed, is being downloaded, or waits for their click.

    `ready` says that the next run of the page should open it; `wanted` becomes false when they choose something else.
    """

    key: str
    error: str = ""
    download: Download | None = None
    ready: bool = False
    wanted: bool = True


def _pending() -> dict[str, Pending]:
    return st.session_state.setdefault(PENDING, {})


def places() -> list[str]:
    """All places where a model is pending."""
    return list(_pending())


def is_pending(place: str) -> bool:
    """Whether a model is pending at a place."""
    return place in _pending()


def offer(place: str, key: str) -> None:
    """Offers a visitor to download a model, or tells them why it may not be downloaded."""
    refuse(place, key, too_much(key))


def refuse(place: str, key: str, error: str) -> None:
    """Tells a visitor why a model does not open, and lets them try again."""
    drop(place)
    _pending()[place] = Pending(key, error)


def drop(place: str) -> None:
    """Forgets the model that is pending at a place. Its download stops, unless other visitors wait for it."""
    waiting = _pending().pop(place, None)
    if waiting is not None:
        waiting.wanted = False


def fetch(place: str, key: str) -> None:
    """Starts to download a model, after a click on a button that said its size."""
    if too_much(key):
        refuse(place, key, too_much(key))
        return
    drop(place)
    waiting = _pending()[place] = Pending(key)
    ours = session()
    waiting.download = zoo.start_download(key, lambda: waiting.wanted and is_here(ours), visitor())


def is_ready(place: str) -> bool:
    """Whether the model pending at a place should be opened now: its download has succeeded, or the visitor tries again."""
    waiting = _pending().get(place)
    if waiting is None:
        return False
    if waiting.download is not None and waiting.download.ended.is_set():
        waiting.error, waiting.download = waiting.download.error, None
        waiting.ready = not waiting.error
    return waiting.ready


def ready(place: str) -> str | None:
    """The key of the model that should be opened now at a place, or None. Each is returned only once."""
    if not is_ready(place):
        return None
    waiting = _pending()[place]
    waiting.ready = False
    return waiting.key


def size_of(*keys: str) -> str:
    """The size of the download of these models, in words, as far as it is known in advance."""
    sizes = [known.megabytes if (known := zoo.KNOWN.get(key)) else None for key in keys]
    known_ones = [size for size in sizes if size is not None]
    if len(known_ones) < len(sizes):
        return f"size not known, at most {in_megabytes(len(keys) * zoo.download_limit())}"
    return in_megabytes(sum(known_ones) * MEGABYTE)


def too_much(key: str) -> str:
    """Why a model may not be downloaded; empty if no reason is known."""
    limit, known = zoo.download_limit(), zoo.KNOWN.get(key)
    if not limit:
        return f"{zoo.title_of(key)[:80]} is not on this machine, and this server downloads nothing."
    if known is not None and (known.megabytes or 0) * MEGABYTE > limit:
        return f"{known.title} takes {size_of(key)}: more than the {in_megabytes(limit)} that may be downloaded."
    return ""


def show(here: Iterable[str], keeping: str = "") -> None:
    """Draws errors, offers and downloads of the models pending at these places; `keeping` says what the page does meanwhile."""
    pending = {place: waiting for place in here if (waiting := _pending().get(place))}
    for place, waiting in pending.items():
        if waiting.error:
            st.error(f"{plain(waiting.error)} {keeping}".rstrip())
            _buttons(place, "Try again", f"retry_{place}", again)
        elif waiting.download is None:
            _offer(place, waiting, keeping)
    under_way = [place for place, waiting in pending.items() if waiting.download is not None]
    if under_way:
        _progress(under_way)


def _offer(place: str, waiting: Pending, keeping: str) -> None:
    name = plain(zoo.title_of(waiting.key)[:80])
    st.info(f"**{name}** is not on this machine. {keeping}".rstrip())
    _buttons(place, f"Download and open ({size_of(waiting.key)})", f"download_{place}", fetch, waiting.key)


def _buttons(place: str, label: str, key: str, act: Callable[..., None], *arguments: str) -> None:
    with st.container(horizontal=True):
        st.button(label, key=key, on_click=act, args=(place, *arguments), type="primary")
        st.button("Dismiss", key=f"dismiss_{place}", on_click=drop, args=(place,))


def again(place: str) -> None:
    """Tries a failed model again: downloads it if it is not on this machine, else has the next run open it."""
    waiting = _pending().get(place)
    if waiting is None:
        return
    if not zoo.on_this_machine(waiting.key):
        fetch(place, waiting.key)
        return
    waiting.error, waiting.ready = "", True


@st.fragment(run_every=LOOKED_AT)  # on its own, so that the page stays usable
def _progress(under_way: list[str]) -> None:
    for place in under_way:
        waiting = _pending().get(place)
        if waiting is None or waiting.download is None or waiting.download.ended.is_set():
            st.rerun()
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(waiting.download.share, f"{plain(str(waiting.download))} …")
            st.button("Stop", key=f"stop_{place}", icon=":material/stop:", on_click=drop, args=(place,))
