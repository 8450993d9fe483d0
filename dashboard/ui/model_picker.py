"""Choosing the pair of models, and opening them without losing the page when that fails."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.evidence import AttentionMaps, Evidence, FeatureMaps, StageGradients
from dashboard.models import zoo
from dashboard.models.classifier import Classifier, ModelError
from dashboard.ui import caches
from dashboard.ui.links import linked
from dashboard.ui.text import plain

SIDES: dict[str, tuple[tuple[type[Evidence], ...], str, str]] = {
    "cnn": ((FeatureMaps, StageGradients), "Convolutional network", "bundled/cnn"),
    "vit": ((AttentionMaps,), "Vision transformer", "bundled/vit"),
}
PAIRS = {
    "Bundled": {"cnn": "bundled/cnn", "vit": "bundled/vit"},
    "ImageNet": {"cnn": "torchvision/resnet50", "vit": "hf/google/vit-base-patch16-224"},
}
LAST_GOOD, REFUSED = "last_good_models", "refused_models"


def pick_models(notices: DeltaGenerator) -> tuple[Classifier, Classifier]:
    """Draws the choice and gives both models, loaded; why one can't be had is said among the notices."""
    st.caption("Models")
    for name, column in zip(PAIRS, st.columns(len(PAIRS)), strict=True):
        column.button(f"{name} pair", on_click=_choose_pair, args=(name,), key=f"pair_{name}", width="stretch")
    return _opened("cnn", notices), _opened("vit", notices)


def _choose_pair(name: str) -> None:
    for side, key in PAIRS[name].items():
        st.session_state[side] = key


def _opened(side: str, notices: DeltaGenerator) -> Classifier:
    needs, label, default = SIDES[side]
    key = linked(
        st.selectbox, label, _options(side), key=side, accept_new_options=True,
        help="Choose one, or type `torchvision/<name>`, `hf/<hub id>` or `hf/<folder>` for one below the folder "
        "that the environment variable DASHBOARD_MODELS names.",
    )  # fmt: skip
    last = st.session_state.setdefault(LAST_GOOD, {})
    refused = st.session_state.setdefault(REFUSED, {})  # asked again at every run, a dead network would cost 2 s each
    try:
        if refused.get(side, ("", ""))[0] == key:
            raise ModelError(refused[side][1])
        model = _fitting(key or default, needs)
    except ModelError as error:
        refused[side] = (key, str(error))
        _say(side, f"{plain(str(error))} The model before it stays.", refused, notices)
        return _fitting(last.get(side, default), needs)
    refused.pop(side, None)
    last[side] = model.key
    return model


def _say(side: str, sentence: str, refused: dict[str, tuple[str, str]], notices: DeltaGenerator) -> None:
    with notices:
        st.error(sentence)
        st.button("Try again", key=f"retry_{side}", on_click=refused.pop, args=(side, None))


def _fitting(key: str, needs: tuple[type[Evidence], ...]) -> Classifier:
    with st.spinner(f"Opening {zoo.title_of(key)}: files on this machine first, then its hub …"):
        model = caches.classifier(key)
    if not any(kind in model.observers for kind in needs):
        model.check(needs[0])
    return model


def _options(side: str) -> list[str]:
    """Known checkpoints for this side, what lies in the models folder, and what a link named."""
    needs, _, default = SIDES[side]
    known = [checkpoint.key for checkpoint in zoo.MODELS if checkpoint.gives in needs]
    local = [key for key in zoo.local_models() if key not in zoo.KNOWN]
    named = [key for key in (st.session_state.get(side), st.query_params.get(side)) if key]
    return list(dict.fromkeys([default, *known, *local, *named]))
