"""What the app keeps for all visitors: the engine's store, which loads models by Streamlit's cache, and photos."""

import gc
import logging
import secrets
from contextvars import ContextVar
from dataclasses import dataclass, field
from threading import Event, Lock, Thread

import streamlit as st
from cachetools import TTLCache

from dashboard.engine.shelf import Shelf
from dashboard.engine.store import MODELS_KEPT, Store
from dashboard.evidence import AttentionMaps
from dashboard.figures.maps import Backdrop, backdrop
from dashboard.models import zoo
from dashboard.models.classifier import Classifier, ModelError
from dashboard.models.device import STILL_OPENING
from dashboard.photo import DISPLAY_SIDE, Photo, display_jpeg, forget_pixels, open_photo, sample_photo
from dashboard.studies.attention import HeadSummary
from dashboard.studies.attention import head_summary as summarised
from dashboard.ui import visitors
from dashboard.ui.streamlit_internals import is_here, session, wish
from dashboard.ui.watcher import Watcher

LOG = logging.getLogger(__name__)
KEPT_LIMIT, KEPT_HOURS = 256 * 1024**2, 24  # how many bytes of photos stay available by their links, and for how long
WATCHED_EVERY = 60  # seconds between two checks: an expired photo goes at most this much later

_loaded: dict[str, Classifier] = {}  # the models that `classifier` keeps
_refused: dict[str, str] = {}  # why a model did not open when it was last tried, by its key
_gone = Event()  # set when a model was released, which the garbage collector's frozen objects may still hold


@dataclass(eq=False)
class Opening:
    """A model that is being opened in a thread of its own, for all pages (by their `session`) that wait for it.

    `told` says how far it is; `error` why it did not open, once it has `ended`.
    """

    key: str
    told: str = ""
    error: ModelError | None = None
    ended: Event = field(default_factory=Event)
    pages: set[str] = field(default_factory=set)


class Forsaken(ModelError):
    """No page waits for a model any longer."""


_openings: dict[str, Opening] = {}  # by the model's key, while it is being opened
_openings_lock = Lock()
_aside: ContextVar[Opening | None] = ContextVar("aside", default=None)  # what the present thread opens for pages that wait


def open_aside(key: str) -> Opening:
    """Begins to open a model in a thread of its own, or joins those who wait for it already."""
    with _openings_lock:
        opening = _openings.get(key) or Opening(key)
        opening.pages.add(session())
        if key not in _openings:
            _openings[key] = opening
            Thread(target=_open, args=(opening,), name=f"opening {key}", daemon=True).start()
        return opening


def wait_no_longer(opening: Opening) -> None:
    """This page has chosen another model."""
    with _openings_lock:
        opening.pages.discard(session())


def _open(opening: Opening) -> None:
    _aside.set(opening)
    try:
        classifier(opening.key)
    except ModelError as error:
        opening.error = error
    finally:
        with _openings_lock:
            _drop(opening)
        opening.ended.set()


def _drop(opening: Opening) -> None:
    """Has the next page that asks for the model begin anew."""
    if _openings.get(opening.key) is opening:
        del _openings[opening.key]


def _tell(key: str, message: str, aside: Opening | None) -> None:
    """Tells those who wait for a model how far it is; ends what a thread opens `aside` where nobody waits any longer."""
    stop_if_left()
    with _openings_lock:
        opening = _openings.get(key)
        if opening is None:
            return
        if message != STILL_OPENING:
            opening.told = message
        if opening is not aside or any(is_here(page) for page in opening.pages):
            return
        _drop(opening)
    raise Forsaken(f"Nobody waits for {zoo.title_of(key)} any longer.")


def stop_if_left(message: str = "") -> None:
    """Ends this script run if its visitor has left or started another. Code that waits calls this now and then."""
    if wish() == "stop":
        st.stop()


def _released(model: Classifier) -> None:
    _loaded.pop(model.key, None)
    _gone.set()


@st.cache_resource(max_entries=MODELS_KEPT, show_spinner=False, on_release=_released)
def classifier(key: str) -> Classifier:
    """Loads a model, which all visitors share; never downloads. If the cache is full, a model that nobody has chosen goes.

    Raises:
        NotHere: the model's files are not on this machine.
        ModelError: the key names no model that can be used.
    """
    aside = _aside.get()  # here, as the weights are read in another thread
    try:
        model = STORE.open(key, lambda message: _tell(key, message, aside), may_download=False)
    except (zoo.NotHere, Forsaken):  # no failure: the page offers the download, or is gone
        raise
    except ModelError as error:  # the page shows the error's sentence, the log its traceback
        if zoo.is_own(key):  # of all other keys there is no end
            _refused[key] = str(error)
        LOG.warning("%.200r does not open", key, exc_info=True)
        raise
    _make_room()
    _loaded[key] = model
    _refused.pop(key, None)
    _freeze()
    return model


STORE = Store(classifier, stop_if_left)


def _make_room() -> None:
    """Unloads a model that nobody has chosen if the cache is full: it would drop the least recently used one, chosen or not."""
    idle = [key for key in tuple(_loaded) if not visitors.users(key)]
    if len(_loaded) >= MODELS_KEPT and idle:
        classifier.clear(idle[0])


def is_loaded(key: str) -> bool:
    """Whether a model is in memory."""
    return key in _loaded


def loaded() -> tuple[Classifier, ...]:
    """The models in memory, oldest first."""
    return tuple(_loaded.values())


def refused(key: str) -> str:
    """Why a model did not open when it was last tried; empty if it opened, or was never tried."""
    return _refused.get(key, "")


def unload(key: str) -> None:
    """Unloads a model with all its evidence and maps. Loading it again reads its files anew and tries the GPU again."""
    STORE.unload(key)
    _refused.pop(key, None)
    _freeze()


def _freeze() -> None:
    """Freezes all objects, so that the garbage collection that Streamlit runs after every script run skips them.

    Without this each collection takes 220 ms, with it almost nothing. Unfreezing makes the collection here take as long and
    holds up every visitor, so that happens only after a model was released.
    """
    if _gone.is_set():
        _gone.clear()
        gc.unfreeze()  # a traced graph refers to itself, so only a full collection frees a released model
    gc.collect()
    gc.freeze()


def head_summary(key: str, digest: str, evidence: AttentionMaps) -> HeadSummary:
    """How far and how evenly each head looks, over all patches of a photo. Kept, since it takes 50 ms for a ViT-B/16."""
    return STORE.summary(key, digest, summarised, evidence)


@st.cache_resource(max_entries=16, show_spinner=False)
def sample(sample_id: str) -> Photo:
    """One of the photos that a newcomer can choose."""
    return sample_photo(sample_id)


@dataclass(frozen=True)
class _Shared:
    """A photo that its owner put into a link. Other people may share the same file by other links and under other names."""

    digest: str
    data: bytes
    name: str


_kept: TTLCache[str, _Shared] = TTLCache(KEPT_LIMIT, KEPT_HOURS * 3600, getsizeof=lambda shared: len(shared.data))  # by link
_held: set[str] = set()  # digests of the photos that have or had a link, and whose decoded copies may still be in memory
_kept_lock = Lock()
SCREEN_COPIES: Shelf[tuple[str, int], Backdrop] = Shelf(32, stop=stop_if_left)  # by the photo's digest and the longer side


def keep_photo(digest: str, data: bytes, name: str) -> str:
    """Keeps a photo's file for visitors with its link, until it expires or newer photos need the room; returns the link."""
    link = secrets.token_urlsafe(16)
    with _kept_lock:
        _kept[link] = _Shared(digest, data, name)
        _held.add(digest)
    forget_what_ended()
    WATCHER.begin()
    return link


def forget_photo(link: str) -> None:
    """Ends a link: it shows the sample from now on. Other people's links to the same file still work."""
    with _kept_lock:
        _kept.pop(link, None)
    forget_what_ended()


def kept_photo(link: str) -> Photo | None:
    """The photo of a link, or None if it has expired. Older links hold the file's digest instead of a token."""
    forget_what_ended()
    with _kept_lock:
        shared = _kept.get(link) or next((each for each in _kept.values() if each.digest == link), None)
    return None if shared is None else open_photo(shared.data, shared.name)


def has_link(link: str) -> bool:
    """Whether a link still leads to a photo."""
    forget_what_ended()
    with _kept_lock:
        return link in _kept


def forget_what_ended() -> None:
    """Drops all decoded copies of the photos whose last link has ended: by their owner, by time, or for lack of room.

    A visitor who has the same file open as an upload gets it decoded again.
    """
    with _kept_lock:
        _kept.expire()
        ended = _held - {shared.digest for shared in _kept.values()}
        _held.difference_update(ended)
    for digest in ended:
        forget_pixels(digest)
        SCREEN_COPIES.forget(lambda entry, digest=digest: entry[0] == digest)
        STORE.forget_photo(digest)


WATCHER = Watcher("shared photos", WATCHED_EVERY, forget_what_ended, lambda: bool(_held))


def screen_copy(photo: Photo, side: int = DISPLAY_SIDE) -> Backdrop:
    """The photo as figures show it, with neither side longer than `side` pixels."""
    return SCREEN_COPIES.made((photo.digest, side), lambda: backdrop(photo.size, display_jpeg(photo, side)))
