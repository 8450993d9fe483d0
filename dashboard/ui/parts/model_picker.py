"""Choosing the two models. If one does not open, the page goes on with the previous model."""

from dataclasses import dataclass

import streamlit as st

from dashboard.compare import OTHER, SLOTS, Pair, Side, Slot
from dashboard.models import finding, zoo
from dashboard.models.classifier import Classifier, ModelError
from dashboard.ui import caches, visitors
from dashboard.ui.parts import opening
from dashboard.ui.parts.coming import begin
from dashboard.ui.parts.links import keep_in_address, told, turned_to_another_model
from dashboard.ui.parts.model_facts import BETWEEN, MARKS, entries
from dashboard.ui.parts.opening import COMING
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
KEEPING = "Keeping the previous model."


@dataclass
class Wanted:
    """A pair of models that a click asked for. `begun` says whether a download or an attempt to open them was started.
    `before` are the keys of the models on both sides when the pair began to open, None while it does not open.
    """

    name: str
    begun: bool
    before: Pair[str] | None = None


def pick_models(notices: Container) -> tuple[Pair[Side], dict[Slot, caches.Opening]]:
    """Draws the choice of models; returns both sides with their models, loaded, and the models on their way. A side whose model
    is on its way has its previous one.

    `notices` is where the page says why a model does not open, or offers to download it.
    """
    st.caption("Models")
    buttons, boxes = st.container(), Pair.of(lambda slot: st.container())
    _begin_wanted_pair()
    models = Pair.of(_opened)
    if _wanted_pair_failed():
        models = Pair.of(_opened)
    coming = _on_their_way()
    shown = Pair.of(lambda slot: coming[slot].key if slot in coming else models[slot].key)
    for slot, box in boxes.items():
        with box:
            _draw_box(slot)
    with buttons:
        for name, pair in PAIRS.items():
            _pair_button(name, pair, pair == shown)
    visitors.uses({*shown.values(), *(model.key for model in models.values())})
    with notices:
        opening.show((*SLOTS, *PAIR_PLACES.values()), KEEPING)
    return Pair.of(lambda slot: Side(slot, models[slot])), coming


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


def _begin_wanted_pair() -> None:
    """Chooses the wanted pair as soon as both of its models are on this machine. Until then both sides keep their models."""
    wanted = st.session_state.get(WANTED)
    if wanted is None or wanted.before is not None:
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
    wanted.begun, last = True, st.session_state.get(LAST_GOOD, {})
    wanted.before = Pair.of(lambda slot: last.get(slot, DEFAULTS[slot]))
    for slot, key in PAIRS[wanted.name].items():
        keep_in_address(slot, key, DEFAULTS[slot])


def _wanted_pair_failed() -> bool:
    """Whether one model of the wanted pair did not open. Both sides have then chosen their models from before again."""
    wanted, coming = st.session_state.get(WANTED), st.session_state.get(COMING, {})
    if wanted is None or wanted.before is None:
        return False
    pair = PAIRS[wanted.name]
    failed = [slot for slot in SLOTS if opening.key_at(slot) == pair[slot]]
    if not failed:
        if not coming or any(st.session_state[slot] != key for slot, key in pair.items()):  # it is here, or no longer wanted
            del st.session_state[WANTED]
        return False
    for slot in SLOTS:
        if slot in failed:
            opening.move(slot, PAIR_PLACES[slot])
        if slot in coming:
            opening.leave(coming.pop(slot))
        st.session_state[LAST_GOOD][slot] = wanted.before[slot]
        keep_in_address(slot, wanted.before[slot], DEFAULTS[slot])
    wanted.before = None
    return True


def _on_their_way() -> dict[Slot, caches.Opening]:
    """The models on their way, by side. Of a wanted pair the one that is here waits for the other, as both come or neither."""
    coming = dict(st.session_state.get(COMING, {}))
    if len(coming) == 1 and WANTED in st.session_state and st.session_state[WANTED].before is not None:
        [(slot, its)] = coming.items()
        here = PAIRS[st.session_state[WANTED].name][OTHER[slot]]
        coming[OTHER[slot]] = caches.Opening(here, "It is here, and waits for the other one", ended=its.ended)
    return coming


def _opened(slot: Slot) -> Classifier:
    """Opens a side's chosen model, else its previous one. Its box is drawn later, and so names what is shown."""
    last, default = st.session_state.setdefault(LAST_GOOD, {}), DEFAULTS[slot]
    chosen = _meant(told(slot) or default)
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
    return model


def _coming(slot: Slot, key: str) -> caches.Opening | None:
    """The opening of a model that is on this machine but takes longer than a moment to open; None where there is none."""
    coming = st.session_state.setdefault(COMING, {})
    mine = coming.get(slot)
    if mine is not None and mine.key != key:
        opening.leave(coming.pop(slot))
        mine = None
    if caches.is_loaded(key) or not zoo.is_key(key) or not zoo.on_this_machine(key):
        coming.pop(slot, None)
        return None
    if mine is None:
        mine = coming[slot] = begin(key)
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
