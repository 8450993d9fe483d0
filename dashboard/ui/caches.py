"""What the app keeps for all its visitors: the engine's store over Streamlit's cache of models, and photos."""

import gc
import logging
import secrets
import time
from dataclasses import dataclass
from threading import Event, Lock, Thread

import streamlit as st
from cachetools import TTLCache

from dashboard.engine.shelf import Shelf
from dashboard.engine.store import MODELS_KEPT, Store
from dashboard.evidence import AttentionMaps
from dashboard.figures.maps import Backdrop, backdrop
from dashboard.models import zoo
from dashboard.models.classifier import Classifier, ModelError
from dashboard.photo import DISPLAY_SIDE, Photo, display_jpeg, forget_pixels, open_photo, sample_photo
from dashboard.studies.attention import HeadSummary
from dashboard.studies.attention import head_summary as summarised
from dashboard.ui import visitors
from dashboard.ui.streamlit_internals import wish

LOG = logging.getLogger(__name__)
KEPT_LIMIT, KEPT_HOURS = 256 * 1024**2, 24  # of photos that their owners put into links
WATCHED_EVERY = 60  # seconds: a photo whose time is up is gone so much later at most

_loaded: dict[str, Classifier] = {}  # what `classifier` holds
_gone = Event()  # since it went, some model may still be among what is frozen


def stop_if_left(message: str = "") -> None:
    """Ends this script run where nobody waits for it any longer: whatever waits asks it now and then."""
    if wish() == "stop":
        st.stop()


def _released(model: Classifier) -> None:
    _loaded.pop(model.key, None)
    _gone.set()


@st.cache_resource(max_entries=MODELS_KEPT, show_spinner=False, on_release=_released)
def classifier(key: str) -> Classifier:
    """A loaded model, shared by everyone; it never downloads. Where there is no place left, one that nobody has chosen goes.

    Raises:
        NotHere: its files are not on this machine.
        ModelError: the key names nothing that can be used.
    """
    try:
        model = STORE.open(key, stop_if_left, may_download=False)
    except zoo.NotHere:  # a page asks before it downloads
        raise
    except ModelError:  # the page shows its sentence, the log where it came from
        LOG.warning("%.200r can't be had", key, exc_info=True)
        raise
    _make_room()
    _loaded[key] = model
    _freeze()
    return model


STORE = Store(classifier, stop_if_left)


def _make_room() -> None:
    """Or the one that was not used for longest would go, whoever looks at it."""
    idle = [key for key in tuple(_loaded) if not visitors.users(key)]
    if len(_loaded) >= MODELS_KEPT and idle:
        classifier.clear(idle[0])


def loaded() -> tuple[Classifier, ...]:
    """The models in memory, oldest first."""
    return tuple(_loaded.values())


def unload(key: str) -> None:
    """Lets go of a model and of what it saw: loading it again reads its files anew, and tries the GPU again."""
    STORE.unload(key)
    _freeze()


def _freeze() -> None:
    """Streamlit collects garbage after every run; what is frozen it need not walk over (220 ms against almost nothing).

    To walk over it here holds up everybody for as long, so that is done only where a model went.
    """
    if _gone.is_set():
        _gone.clear()
        gc.unfreeze()  # or the model would stay: traced graphs point at themselves
    gc.collect()
    gc.freeze()


def head_summary(key: str, digest: str, evidence: AttentionMaps) -> HeadSummary:
    """How far and how evenly each head of a model looks at a photo, whatever patch is chosen (50 ms for a ViT-B/16)."""
    return STORE.summary(key, digest, summarised, evidence)


@st.cache_resource(max_entries=16, show_spinner=False)
def sample(sample_id: str) -> Photo:
    """A photo that ships with scikit-image."""
    return sample_photo(sample_id)


@dataclass(frozen=True)
class _Shared:
    """One person's hold on a photo in a link. Others may hold the same file, by links and names of their own."""

    digest: str
    data: bytes
    name: str


_kept: TTLCache[str, _Shared] = TTLCache(KEPT_LIMIT, KEPT_HOURS * 3600, getsizeof=lambda shared: len(shared.data))  # by link
_held: set[str] = set()  # digests of which decoded copies may be here because of a link
_kept_lock = Lock()
SCREEN_COPIES: Shelf[tuple[str, int], Backdrop] = Shelf(32, stop=stop_if_left)  # by the photo's digest and the longer side
_watching = Lock()  # held by the thread that watches the time


def keep_photo(digest: str, data: bytes, name: str) -> str:
    """Keeps a photo's file for those who have its link, until it is old or newer ones need the room; gives the link."""
    link = secrets.token_urlsafe(16)
    with _kept_lock:
        _kept[link] = _Shared(digest, data, name)
        _held.add(digest)
    forget_what_ended()
    if not _watching.locked():
        Thread(target=_watch, name="shared photos", daemon=True).start()
    return link


def forget_photo(link: str) -> None:
    """This link shows the sample from now on; other people's links to the same file stay as they are."""
    with _kept_lock:
        _kept.pop(link, None)
    forget_what_ended()


def kept_photo(link: str) -> Photo | None:
    """A photo that was put into a link, None where it is not here any longer. Links of before were the file's digest."""
    forget_what_ended()
    with _kept_lock:
        shared = _kept.get(link) or next((each for each in _kept.values() if each.digest == link), None)
    return None if shared is None else open_photo(shared.data, shared.name)


def forget_what_ended() -> None:
    """Lets go of every decoded copy of a photo whose last link has ended, by its owner, by time, or for want of room.

    Who has it open as an upload of their own decodes it again.
    """
    with _kept_lock:
        _kept.expire()
        ended = _held - {shared.digest for shared in _kept.values()}
        _held.difference_update(ended)
    for digest in ended:
        forget_pixels(digest)
        SCREEN_COPIES.forget(lambda entry, digest=digest: entry[0] == digest)
        STORE.forget_photo(digest)


def _watch() -> None:
    """Looks at the time for as long as any photo is in a link: nobody else may come by."""
    with _watching:
        while _held:
            time.sleep(WATCHED_EVERY)
            forget_what_ended()


def screen_copy(photo: Photo, side: int = DISPLAY_SIDE) -> Backdrop:
    """The photo as figures show it, neither side longer than `side` pixels."""
    return SCREEN_COPIES.made((photo.digest, side), lambda: backdrop(photo.size, display_jpeg(photo, side)))
