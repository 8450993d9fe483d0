"""What a figure's map was made of, told in the figure itself: whoever has the picture need not trust the words around it."""

import dataclasses
from typing import Any

import plotly.graph_objects as go

from dashboard.explain import Explanation
from dashboard.names import class_names
from dashboard.photo import Photo


def labelled(figure: go.Figure, shown: Explanation, photo: Photo) -> go.Figure:
    """The same figure, which now holds in its layout's `meta` what `made_of` tells."""
    figure.layout.meta = made_of(shown, photo)
    return figure


def made_of(shown: Explanation, photo: Photo) -> dict[str, Any]:
    """Method, options, model, classes (numbers from 0 and names, None where there is none) and photo, as plain data."""
    names = class_names(shown.prediction.labels)
    target, against = (None if index is None else names[index] for index in (shown.target, shown.against))
    return {
        "method": shown.method.label, "options": dataclasses.asdict(shown.method), "model": shown.model,
        "target": shown.target, "class": target, "against": shown.against, "rival": against,
        "photo": photo.digest, "photo_name": photo.name,
    }  # fmt: skip
