"""Choosing the pair of models, and opening them without losing the page when that fails."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.evidence import AttentionMaps, Evidence, FeatureMaps, StageGradients
from dashboard.models import zoo
from dashboard.models.classifier import Classifier, ModelError
from dashboard.ui import caches
from dashboard.ui.parts import opening, visitors
from dashboard.ui.parts.links import linked, put_back, told, turned_to_another_model
from dashboard.ui.parts.text import plain

SIDES: dict[str, tuple[tuple[type[Evidence], ...], str, str]] = {
    "cnn": ((FeatureMaps, StageGradients), "Convolutional network", "bundled/cnn"),
    "vit": ((AttentionMaps,), "Vision transformer", "bundled/vit"),
}
PAIRS = {
    "Bundled": {"cnn": "bundled/cnn", "vit": "bundled/vit"},
    "ImageNet": {"cnn": "torchvision/resnet50", "vit": "hf/google/vit-base-patch16-224"},
}
LAST_GOOD = "last_good_models"
KEEPING = "Keeping the previous model."


def pick_models(notices: DeltaGenerator) -> tuple[Classifier, Classifier]:
    """Draws the choice and gives both models, loaded; why one does not open, or that it is not here, is said in the notices."""
    st.caption("Models")
    for name, column in zip(PAIRS, st.columns(len(PAIRS)), strict=True):
        column.button(f"{name} pair", on_click=_choose_pair, args=(name,), key=f"pair_{name}", width="stretch")
    cnn, vit = _opened("cnn"), _opened("vit")
    visitors.uses((cnn.key, vit.key))
    with notices:
        opening.show(SIDES, KEEPING)
    return cnn, vit


def _choose_pair(name: str) -> None:
    for side, key in PAIRS[name].items():
        st.session_state[side] = key
        opening.drop(side)


def _opened(side: str) -> Classifier:
    """Opens what is chosen, or else what was, before the box is drawn: so the box and the address say what is shown."""
    needs, label, default = SIDES[side]
    last = st.session_state.setdefault(LAST_GOOD, {})
    box, chosen = st.container(), told(side) or default
    turned = chosen != last.get(side, default)
    if turned and side in last:
        turned_to_another_model()
    asked = chosen if turned else opening.ready(side) or chosen
    try:
        model = _fitting(asked, needs)
    except zoo.NotHere:
        opening.offer(side, asked)
        model = _previous(side)
    except ModelError as error:
        opening.refuse(side, asked, str(error))
        model = _previous(side)
    else:
        if turned or asked != chosen:
            opening.drop(side)
    last[side] = model.key
    if model.key != chosen:
        put_back(side, model.key, default)
    with box:
        linked(
            st.selectbox, label, _options(side), key=side, accept_new_options=True,
            help="Choose one, or type `torchvision/<name>`, `hf/<hub id>` or `hf/<folder>` for one below the folder "
            "that the environment variable DASHBOARD_MODELS names.",
        )  # fmt: skip
    return model


def _previous(side: str) -> Classifier:
    """What was shown before, or the default where that does not open any longer."""
    needs, _, default = SIDES[side]
    try:
        return _fitting(st.session_state[LAST_GOOD].get(side, default), needs)
    except ModelError:
        return _fitting(default, needs)


def _fitting(key: str, needs: tuple[type[Evidence], ...]) -> Classifier:
    with st.spinner(f"Opening {plain(zoo.title_of(key)[:80])} …"):
        model = caches.classifier(key)
    if not any(kind in model.observers for kind in needs):
        model.check(needs[0])
    return model


def _options(side: str) -> list[str]:
    """Known checkpoints for this side, what lies in the models folder, and what is shown."""
    needs, _, default = SIDES[side]
    known = [checkpoint.key for checkpoint in zoo.MODELS if checkpoint.gives in needs]
    local = [key for key in zoo.local_models() if key not in zoo.KNOWN]
    return list(dict.fromkeys([default, *known, *local, st.session_state[LAST_GOOD][side]]))
