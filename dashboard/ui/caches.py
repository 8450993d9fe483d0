"""Every cache of the project. Keys carry the meaning: model key, photo digest, kind of evidence."""

import gc
import logging
import secrets
import time
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, replace
from threading import Condition, Event, Lock, Thread
from typing import Any

import streamlit as st
import torch
from cachetools import LRUCache, TTLCache, cached

from dashboard.evidence import LIKELIEST, AttentionMaps, Evidence, Question, nbytes
from dashboard.figures.maps import Backdrop, backdrop
from dashboard.models import zoo
from dashboard.models.classifier import Classifier, ModelError, Observation, OutOfMemory
from dashboard.models.turns import ASKED_EVERY
from dashboard.photo import DISPLAY_SIDE, Photo, display_jpeg, forget_pixels, open_photo, sample_photo
from dashboard.studies.attention import HeadSummary
from dashboard.studies.attention import head_summary as summarised
from dashboard.studies.methods import Made
from dashboard.ui.parts import visitors
from dashboard.ui.streamlit_internals import wish

LOG = logging.getLogger(__name__)
EVIDENCE_LIMIT = 512 * 10**6  # bytes
MODELS_KEPT = 6
MAPS_LIMIT = 64 * 1024**2  # bytes
MAP_OVERHEAD = 2048  # bytes, of what a map says of itself
KEPT_LIMIT, KEPT_HOURS = 256 * 1024**2, 24  # of photos that their owners put into links
WATCHED_EVERY = 60  # seconds: a photo whose time is up is gone so much later at most

_loaded: dict[str, Classifier] = {}  # what `classifier` holds
_gone = Event()  # since it went, some model may still be among what is frozen
_crowded_out: set[str] = set()  # models whose pass found no memory on the GPU: the CPU has taken over


def stop_if_left(message: str = "") -> None:
    """Ends this script run where nobody waits for it any longer: whatever waits asks it now and then."""
    if wish() == "stop":
        st.stop()


class _Asking(Condition):
    """A condition whose waiters leave where nobody waits for them any longer."""

    def wait(self, timeout: float | None = None) -> bool:
        """Comes back early too: what is waited for is looked at again then."""
        notified = super().wait(ASKED_EVERY)
        stop_if_left()
        return notified


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
        device = torch.device("cpu") if key in _crowded_out else None
        model = zoo.load(key, stop_if_left, device, may_download=False)
    except zoo.NotHere:  # a page asks before it downloads
        raise
    except ModelError:  # the page shows its sentence, the log where it came from
        LOG.warning("%.200r can't be had", key, exc_info=True)
        raise
    _make_room()
    _loaded[key] = replace(model, note=zoo.NO_ROOM) if key in _crowded_out else model
    _freeze()
    return _loaded[key]


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
    _crowded_out.discard(key)
    _forget(key)


def _forget(key: str) -> None:
    classifier.clear(key)
    _drop(lambda entry: entry[0] == key, *_seen())
    _freeze()


def _seen() -> tuple[tuple[MutableMapping, Any], ...]:
    """The caches of what models saw, with their locks; their keys start with the model's key and the photo's digest."""
    return (observation.cache, observation.cache_lock), (head_summary.cache, head_summary.cache_lock), (_maps, _maps_lock)


def _drop(unwanted: Callable[[tuple], bool], *caches: tuple[MutableMapping, Any]) -> None:
    for cache, lock in caches:
        with lock:
            for entry in [entry for entry in cache if unwanted(entry)]:
                del cache[entry]


def _freeze() -> None:
    """Streamlit collects garbage after every run; what is frozen it need not walk over (220 ms against almost nothing).

    To walk over it here holds up everybody for as long, so that is done only where a model went.
    """
    if _gone.is_set():
        _gone.clear()
        gc.unfreeze()  # or the model would stay: traced graphs point at themselves
    gc.collect()
    gc.freeze()


@cached(
    LRUCache(EVIDENCE_LIMIT, getsizeof=lambda seen: nbytes(seen.evidence)),
    key=lambda key, digest, needs, photo, question=LIKELIEST: (key, digest, needs, question if needs.of_question else None),
    condition=_Asking(),  # one pass, however many ask at once
)
def observation(key: str, digest: str, needs: type[Evidence], photo: Photo, question: Question = LIKELIEST) -> Observation:
    """One look of a model at a photo; immutable, so it is shared and not copied. The oldest go when memory is short.

    `question` matters to evidence that depends on it alone: all others share one look.
    """
    try:
        return classifier(key).observe(photo, needs, stop_if_left, question)
    except OutOfMemory:
        if runs_on_the_cpu(key):
            raise
        go_on_on_the_cpu(key)
        return classifier(key).observe(photo, needs, stop_if_left, question)


def runs_on_the_cpu(key: str) -> bool:
    """Whether a model has no other device to leave for the CPU."""
    return key in _crowded_out or zoo.chosen_device().type == "cpu"


def go_on_on_the_cpu(key: str) -> None:
    """Lets go of a model for whose pass the GPU had no memory: it is loaded anew on the CPU when it is asked next."""
    LOG.warning("%s goes on on the CPU", key, exc_info=True)
    _forget(key)
    _crowded_out.add(key)


def pass_milliseconds(key: str) -> float | None:
    """A model's shortest look of those that are kept: the first ones take longer than any later pass."""
    with observation.cache_lock:
        return min((seen.milliseconds for (owner, *_), seen in observation.cache.items() if owner == key), default=None)


def _map_bytes(made: Made) -> int:
    return made.shown.heatmap.nbytes + made.shown.prediction.logits.nbytes + MAP_OVERHEAD


_maps: LRUCache[tuple, Made] = LRUCache(MAPS_LIMIT, getsizeof=_map_bytes)
_maps_lock = Lock()


def kept_map(meaning: tuple) -> Made | None:
    """A map with what it took, if it is still here; its meaning starts with the model's key."""
    with _maps_lock:
        return _maps.get(meaning)


def keep_map(meaning: tuple, made: Made) -> None:
    """Keeps a map for whoever asks the same."""
    with _maps_lock:
        _maps[meaning] = made


@cached(LRUCache(64), key=lambda key, digest, evidence: (key, digest), condition=_Asking())
def head_summary(key: str, digest: str, evidence: AttentionMaps) -> HeadSummary:
    """How far and how evenly each head of a model looks at a photo, whatever patch is chosen (50 ms for a ViT-B/16)."""
    return summarised(evidence)


def evidence_bytes() -> int:
    """Bytes of evidence that are kept now, at most EVIDENCE_LIMIT."""
    return observation.cache.currsize


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
        _drop(lambda entry, digest=digest: entry[0] == digest, (screen_copy.cache, screen_copy.cache_lock))
        _drop(lambda entry, digest=digest: entry[1] == digest, *_seen())


def _watch() -> None:
    """Looks at the time for as long as any photo is in a link: nobody else may come by."""
    with _watching:
        while _held:
            time.sleep(WATCHED_EVERY)
            forget_what_ended()


@cached(LRUCache(32), key=lambda digest, photo, side=DISPLAY_SIDE: (digest, side), condition=_Asking())
def screen_copy(digest: str, photo: Photo, side: int = DISPLAY_SIDE) -> Backdrop:
    """The photo as figures show it, neither side longer than `side` pixels."""
    return backdrop(photo.size, display_jpeg(photo, side))
