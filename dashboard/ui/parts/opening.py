"""Models that did not open. One that is not on this machine is offered with its size and downloaded after a click; for any
other the page says why, and lets the visitor try again.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import streamlit as st

from dashboard.models import finding, zoo
from dashboard.models.fetching import Download
from dashboard.numbers import MEGABYTE, in_megabytes
from dashboard.ui import caches
from dashboard.ui.parts.coming import in_words
from dashboard.ui.parts.text import plain
from dashboard.ui.streamlit_internals import is_here, session, visitor

PENDING = "models_that_did_not_open"  # by place: a side of the comparison, or the model's key on the models page
COMING = "models_on_their_way"  # the openings that a side of the comparison waits for
LOOKED_AT = 1.0  # seconds between two looks at a download


@dataclass
class Pending:
    """A model that a visitor asked for and that is not open: it failed, is on its way, or waits for their click.

    `ready` says that the next run of the page should open it; `wanted` becomes false when they choose something else. The
    models `close` to what they asked for are offered in its place.
    """

    key: str
    error: str = ""
    close: tuple[str, ...] = ()
    download: Download | None = None
    opening: caches.Opening | None = None
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


def is_under_way(place: str) -> bool:
    """Whether the model pending at a place is being downloaded or opened."""
    waiting = _pending().get(place)
    return waiting is not None and not (waiting.download is None and waiting.opening is None)


def key_at(place: str) -> str | None:
    """The key of the model that is pending at a place, None where there is none."""
    waiting = _pending().get(place)
    return waiting and waiting.key


def move(place: str, to: str) -> None:
    """Has the model that is pending at a place wait at another one."""
    _pending()[to] = _pending().pop(place)


def hold(place: str, its: caches.Opening) -> None:
    """Shows at a place how far a model is that is being opened."""
    drop(place)
    _pending()[place] = Pending(its.key, opening=its)


def held(place: str) -> caches.Opening | None:
    """What `hold` put to a place, once it has ended; returned only once."""
    waiting = _pending().get(place)
    if waiting is None or waiting.opening is None or not waiting.opening.ended.is_set():
        return None
    return _pending().pop(place).opening


def leave(its: caches.Opening) -> None:
    """This page no longer waits for an opening, unless another place of it does."""
    others = (*st.session_state.get(COMING, {}).values(), *(waiting.opening for waiting in _pending().values()))
    if its not in others:
        caches.wait_no_longer(its)


def offer(place: str, key: str, close: tuple[str, ...] = ()) -> None:
    """Offers a visitor to download a model, or tells them why it may not be downloaded."""
    refuse(place, key, too_much(key), close)


def refuse(place: str, key: str, error: str, close: tuple[str, ...] = ()) -> None:
    """Tells a visitor why a model does not open, and lets them try again, or choose one that is `close` to it."""
    drop(place)
    _pending()[place] = Pending(key, error, close)


def close_to(text: str, titles: Mapping[str, str]) -> tuple[str, ...]:
    """The keys of a few models that a person may have meant by a text; those on this machine come first."""
    found = dict.fromkeys([*finding.matching(text, titles), *finding.alike(text, titles)])
    found.pop(text, None)
    nearest = sorted(found, key=lambda key: not zoo.on_this_machine(key))[: finding.OFFERED]
    return (*nearest, f"hf/{text}") if zoo.may_be_on_the_hub(text) else tuple(nearest)


def named(text: str, titles: Mapping[str, str]) -> str:
    """Why a text opens no model: several match it, or none does."""
    count = len(finding.matching(text, titles))
    if count:
        return f"{count} models match “{text[:80]}”."
    return f"No model is called “{text[:80]}”: expected a part of a name, or a key such as hf/<hub id> or torchvision/<name>."


def drop(place: str) -> None:
    """Forgets the model that is pending at a place. Its download or opening stops, unless other visitors wait for it."""
    waiting = _pending().pop(place, None)
    if waiting is not None:
        waiting.wanted = False
        if waiting.opening is not None:
            leave(waiting.opening)


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
    """Draws errors, offers, downloads and openings at these places; `keeping` says what the page does meanwhile."""
    pending = {place: waiting for place in here if (waiting := _pending().get(place))}
    for place, waiting in pending.items():
        if waiting.error:
            tell = st.info if waiting.close and "/" not in waiting.key else st.error  # a text that is close is no failure
            tell(f"{plain(waiting.error)} {keeping}".rstrip())
            _buttons(place, waiting, "Try again", f"retry_{place}", again)
        elif not is_under_way(place):
            _offer(place, waiting, keeping)
    under_way = list(filter(is_under_way, pending))
    if under_way:
        _progress(under_way)


def _offer(place: str, waiting: Pending, keeping: str) -> None:
    name = plain(zoo.title_of(waiting.key)[:80])
    st.info(f"**{name}** is not on this machine. {keeping}".rstrip())
    _buttons(place, waiting, f"Download and open ({size_of(waiting.key)})", f"download_{place}", fetch, waiting.key)


def _buttons(place: str, waiting: Pending, label: str, key: str, act: Callable[..., None], *arguments: str) -> None:
    """The models that may have been meant; a button that acts, where the model's name is one; and one that does nothing."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if len(waiting.close) > 1:
            st.markdown("Did you mean one of these?", width="content")
        for close in waiting.close:
            asked = plain(close) if len(waiting.close) > 1 else f"Did you mean {plain(close)}?"
            st.button(asked, key=f"instead_{place}_{close}", on_click=instead, args=(place, close))
        if zoo.is_key(waiting.key):
            st.button(label, key=key, on_click=act, args=(place, *arguments), type="primary")
        st.button("Dismiss", key=f"dismiss_{place}", on_click=drop, args=(place,))


def instead(place: str, key: str) -> None:
    """Has the next run open another model in place of the pending one."""
    drop(place)
    _pending()[place] = Pending(key, ready=True)


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
        its = waiting and (waiting.download or waiting.opening)
        if its is None or its.ended.is_set():
            st.rerun()
        with st.container(horizontal=True, vertical_alignment="center"):
            if isinstance(its, Download):
                st.progress(its.share, f"{plain(str(its))} …")
            else:
                st.markdown(in_words(its))
            st.button("Stop", key=f"stop_{place}", icon=":material/stop:", on_click=drop, args=(place,))
