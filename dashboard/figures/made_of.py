"""How a figure's map was made, stored in the figure itself, so that it does not depend on the words around it."""

import dataclasses
from typing import Any

import plotly.graph_objects as go

from dashboard.explain import Explanation
from dashboard.names import class_names
from dashboard.photo import Photo


def labelled(figure: go.Figure, shown: Explanation, photo: Photo) -> go.Figure:
    """Stores what `made_of` returns in the figure's `layout.meta`; returns the same figure."""
    figure.layout.meta = made_of(shown, photo)
    return figure


def made_of(shown: Explanation, photo: Photo) -> dict[str, Any]:
    """Method, options, model, classes (numbers from 0 and names, or None) and photo of a map, as plain data."""
    names = class_names(shown.prediction.labels)
    target, against = (None if index is None else names[index] for index in (shown.target, shown.against))
    return {
        "method": shown.method.label, "options": dataclasses.asdict(shown.method), "model": shown.model,
        "target": shown.target, "class": target, "against": shown.against, "rival": against,
        "photo": photo.digest, "photo_name": photo.name,
    }  # fmt: skip
