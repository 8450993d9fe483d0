"""What every page has at its side: the photo, the models, how maps are drawn, and the link."""

from dataclasses import dataclass

import streamlit as st

from dashboard.figures.maps import Look
from dashboard.models.classifier import Classifier
from dashboard.photo import Photo
from dashboard.ui.address import copy_link
from dashboard.ui.display import pick_look
from dashboard.ui.model_picker import pick_models
from dashboard.ui.photo_picker import pick_photo
from dashboard.ui.style import style
from dashboard.ui.welcome import welcome


@dataclass(frozen=True)
class Chosen:
    """What is looked at, by whom, and how it is drawn; `share` is the part of cells that counts as a map's top."""

    photo: Photo
    cnn: Classifier
    vit: Classifier
    look: Look
    share: float


def common_sidebar() -> Chosen:
    """Draws the sidebar; the same on every page, so that no setting is lost between them. What it has to say comes here."""
    style()
    welcome()
    notices = st.container()
    with st.sidebar:
        photo = pick_photo()
        cnn, vit = pick_models(notices)
        look, share = pick_look()
        copy_link()
    return Chosen(photo, cnn, vit, look, share)
