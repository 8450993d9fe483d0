"""Both models' look at the chosen photo."""

from dataclasses import dataclass

import streamlit as st

from dashboard.figures.maps import Backdrop
from dashboard.methods import AttentionRollout, ClassActivationMap
from dashboard.models.classifier import Classifier, Observation
from dashboard.ui import caches
from dashboard.ui.sidebar import Chosen


@dataclass(frozen=True)
class Looked:
    """A model, and what it saw."""

    model: Classifier
    seen: Observation


def both_look(chosen: Chosen) -> tuple[Looked, Looked, Backdrop]:
    """The network's look, the transformer's, and the photo as figures show it."""
    photo = chosen.photo
    with st.spinner("Both models are looking at the photo …"):
        seen = [
            caches.observation(model.key, photo.digest, method.needs, photo)
            for model, method in ((chosen.cnn, ClassActivationMap), (chosen.vit, AttentionRollout))
        ]
        behind = caches.screen_copy(photo.digest, photo)
    # asked for again, as a pass may have moved a model to the CPU
    cnn, vit = (Looked(caches.classifier(model.key), look) for model, look in zip((chosen.cnn, chosen.vit), seen, strict=True))
    return cnn, vit, behind
