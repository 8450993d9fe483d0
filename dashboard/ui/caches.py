"""Every cache of the project. Keys carry the meaning: model key, photo digest, kind of evidence."""

import gc

import streamlit as st

from dashboard.evidence import Evidence
from dashboard.figures.maps import Backdrop, backdrop
from dashboard.models import zoo
from dashboard.models.classifier import Classifier, Observation
from dashboard.photo import Photo, display_jpeg, sample_photo


@st.cache_resource(max_entries=6, show_spinner=False)
def classifier(key: str) -> Classifier:
    """A loaded model, shared by everyone.

    Streamlit collects garbage after every run; freezing what the libraries and models hold keeps that from
    walking over all of it each time (220 ms against almost nothing).
    """
    loaded = zoo.load(key)
    gc.collect()
    gc.freeze()
    return loaded


@st.cache_resource(max_entries=24, show_spinner=False)
def observation(key: str, digest: str, needs: type[Evidence], _photo: Photo) -> Observation:
    """One pass of a model over a photo; immutable, so it is shared and not copied."""
    return classifier(key).observe(_photo, needs)


@st.cache_resource(max_entries=16, show_spinner=False)
def sample(sample_id: str) -> Photo:
    """A photo that ships with scikit-image."""
    return sample_photo(sample_id)


@st.cache_resource(max_entries=16, show_spinner=False)
def screen_copy(digest: str, _photo: Photo) -> Backdrop:
    """The photo as figures show it."""
    return backdrop(_photo.size, display_jpeg(_photo))
