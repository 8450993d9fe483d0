"""Choosing the two models. If one does not open, the page goes on with the previous model."""

import time
from dataclasses import dataclass

import streamlit as st

from dashboard.compare import SLOTS, Pair, Side, Slot
from dashboard.models import finding, zoo
from dashboard.models.classifier import Classifier, ModelError
from dashboard.ui import caches, visitors
from dashboard.ui.parts import opening
from dashboard.ui.parts.links import keep_in_address, told, turned_to_another_model
from dashboard.ui.parts.model_facts import BETWEEN, MARKS, entries
from dashboard.ui.parts.text import plain
from dashboard.ui.streamlit_internals import Container

PAIRS = {  # visitors start with the first
    "Small, bundled": Pair("bundled/cnn", "bundled/vit"),
    "ImageNet, small: ResNet-18 and DeiT-Tiny": Pair("torchvision/resnet18", "hf/facebook/deit-tiny-patch16-224"),
    "ImageNet: ResNet-50 and ViT-B/16": Pair("torchvision/resnet50", "hf/google/vit-base-patch16-224"),
}
DEFAULTS = next(iter(PAIRS.values()))
PAIR_PLACES = Pair("left of the pair", "right of the pair")  # names under which a pair's models are pending
LAST_GOOD, WANTED = "last_good_models", "wanted_pair"
COMING = "models_on_their_way"  # by side
PATIENCE = 0.4  # seconds in which a small model opens before the page shows that it is on its way
KEEPING = "Keeping the previous model."


@dataclass
class Wanted:
    """A pair of models that a click asked for. `begun` says whether a download or an attempt to open them was started."""

    name: str
    begun: bool


def pick_models(notices: Container) -> tuple[Pair[Side], dict[Slot, caches.Opening]]:
    """Draws the choice of models; returns both sides with their models, loaded, and the models on their way. A side whose model
    is on its way has its previous one.

    `notices` is where the page says why a model does not open, or offers to download it.
    """
    st.caption("Models")
    buttons = st.container()
    _open_wanted_pair()
    sides = Pair.of(lambda slot: Side(slot, _opened(slot)))
    shown = Pair.of(lambda slot: sides[slot].model.key)
    with buttons:
        for name, pair in PAIRS.items():
            _pair_button(name, pair, pair == shown)
    visitors.uses(shown.values())
    with notices:
        opening.show((*SLOTS, *PAIR_PLACES.values()), KEEPING)
    return sides, dict(st.session_state.get(COMING, {}))


def _pair_button(name: str, pair: Pair[str], active: bool) -> None:
    missing = [key for key in pair.values() if not zoo.on_this_machine(key)]
    size = f" ({opening.size_of(*missing)})" if missing else ""
    st.button(
        f"{name}{size}", on_click=_want_pair, args=(name,), key=f"pair_{list(PAIRS).index(name)}", width="stretch",
        icon=":material/check:" if active else None, disabled=active,
        help="Both sides show this pair." if active else None,
    )  # fmt: skip


def _want_pair(name: str) -> None:
    """Starts to download the pair's missing models, whose size the button has said, and notes that the pair is wanted."""
    missing: list[Slot] = [slot for slot, key in PAIRS[name].items() if not zoo.on_this_machine(key)]
    for slot in SLOTS:
        opening.drop(slot)
        opening.drop(PAIR_PLACES[slot])
    for slot in missing:
        opening.fetch(PAIR_PLACES[slot], PAIRS[name][slot])
    st.session_state[WANTED] = Wanted(name, begun=bool(missing))


def _open_wanted_pair() -> None:
    """Shows the wanted pair as soon as both of its models open. Until then both sides keep their models."""
    wanted = st.session_state.get(WANTED)
    if wanted is None:
        return
    pending = [place for place in PAIR_PLACES.values() if opening.is_pending(place)]
    if wanted.begun and not pending:  # the visitor stopped the downloads
        del st.session_state[WANTED]
        return
    arrived = [opening.is_ready(place) for place in pending]  # a list, so that `is_ready` notes the end of every download
    if not all(arrived):
        return
    for place in pending:
        opening.drop(place)
    wanted.begun = True
    pair = PAIRS[wanted.name]
    if all(_open_or_say(PAIR_PLACES[slot], key) for slot, key in pair.items()):
        del st.session_state[WANTED]
        for slot, key in pair.items():
            keep_in_address(slot, key, DEFAULTS[slot])


def _opened(slot: Slot) -> Classifier:
    """Opens a side's chosen model, else its previous one, and then draws its box: so box and address name what is shown."""
    last, default = st.session_state.setdefault(LAST_GOOD, {}), DEFAULTS[slot]
    box, chosen = st.container(), _meant(told(slot) or default)
    turned = chosen != last.get(slot, default)
    if turned and slot in last:
        turned_to_another_model()
    wanted = chosen if turned else opening.ready(slot) or chosen
    coming = _coming(slot, wanted)
    opened = None if coming else _open_or_say(slot, wanted)
    if coming or (opened and (turned or wanted != chosen)):
        opening.drop(slot)
    model = opened or _previous(slot)
    last[slot] = model.key
    keep_in_address(slot, wanted if coming else model.key, default)
    with box:
        _draw_box(slot)
    return model


def _coming(slot: Slot, key: str) -> caches.Opening | None:
    """The opening of a model that is on this machine but takes longer than a moment to open; None where there is none."""
    coming = st.session_state.setdefault(COMING, {})
    mine = coming.get(slot)
    if caches.is_loaded(key) or not zoo.is_key(key) or not zoo.on_this_machine(key):
        coming.pop(slot, None)
        return None
    if mine is None or mine.key != key:
        mine = coming[slot] = caches.open_aside(key)
        waited = time.monotonic() + PATIENCE
        while not mine.ended.wait(0.02) and time.monotonic() < waited:
            caches.stop_if_left()
    return None if mine.ended.is_set() else mine


def _meant(text: str) -> str:
    """The key of the model that a text means. A text that means none, or several, stays as it is."""
    titles = _titles()
    at_the_end = text.rpartition(BETWEEN)[2]  # of an entry, which the browser may still have as it was
    if at_the_end in titles:
        return at_the_end
    found = finding.matching(text, titles)
    return found[0] if len(found) == 1 and not zoo.is_key(text) else text


def _titles() -> dict[str, str]:
    """All keys that a person can choose from, with their titles."""
    return {key: zoo.title_of(key) for key in _keys()}


def _open_or_say(place: str, key: str) -> Classifier | None:
    """Opens a model. If it does not open, notes at `place` why, or that it can be downloaded, and returns None."""
    try:
        tried = st.session_state.get(COMING, {}).pop(place, None)
        if tried is not None and tried.key == key and tried.error:
            raise tried.error
        if not zoo.is_key(key):
            raise ModelError(opening.named(key, _titles()))
        return _classifier(key)
    except zoo.NotHere:
        opening.offer(place, key, () if key in zoo.KNOWN else opening.close_to(key, _titles()))
    except ModelError as error:
        opening.refuse(place, key, str(error), () if key in zoo.KNOWN else opening.close_to(key, _titles()))
    return None


def _draw_box(slot: Slot) -> None:
    keys = list(dict.fromkeys([DEFAULTS[slot], *_keys(), st.session_state[slot]]))
    lines = entries(keys)

    def line(key: str) -> str:
        return lines.get(key, key)

    st.selectbox(
        f"{slot.capitalize()} model", keys, key=slot, accept_new_options=True, format_func=line,
        help="Type a part of a name: `resnet50`, `dino`. Any other model of the Hugging Face hub: `hf/<hub id>`.\n\n"
        f"{MARKS} How to add your own models is on the models page.",
    )  # fmt: skip


def _previous(slot: Slot) -> Classifier:
    """The model that a side showed before, or its default if that does not open any longer."""
    try:
        return _classifier(st.session_state[LAST_GOOD].get(slot, DEFAULTS[slot]))
    except ModelError:
        return _classifier(DEFAULTS[slot])


def _classifier(key: str) -> Classifier:
    with st.spinner(f"Opening {plain(zoo.title_of(key)[:80])} …"):
        return caches.classifier(key)


def _keys() -> list[str]:
    """The keys in both boxes: a person's own models, then the known checkpoints."""
    own = [key for key in zoo.local_models() if key not in zoo.KNOWN]
    return [*own, *zoo.KNOWN]
