"""The data behind all files: the maps that a page shows, with everything that is needed to make them again."""

import dataclasses
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from dashboard.compare import SLOTS, Comparison, Incomparable, Pair, training_note
from dashboard.explain import Explanation
from dashboard.figures.maps import Style
from dashboard.metrics import Number, of_map
from dashboard.models.classifier import Classifier
from dashboard.names import class_names
from dashboard.photo import Box, Photo
from dashboard.studies.trust import Row

LIBRARIES = ("torch", "torchvision", "transformers")
PART = 40  # bytes of each part in a file's name: five parts and an ending fit into 255


@dataclass(frozen=True)
class Exhibit:
    """The maps `shown` of one photo, the two models of the page, and how the maps were compared and drawn.

    Maps are named by their slots, `left` and `right`; on the methods page, where all are of one model, by their methods, and
    `comparison` is None. `share`, 0 to 1, is the part of a map's cells that counts as its top. `link` is the address of the
    view, empty if it is not known. `tested` holds, by a map's name, the numbers of what its model answers as the photo loses
    what the map marks, with their controls; `in_place` is the name of the baseline that stood there then.
    """

    photo: Photo
    shown: Mapping[Any, Explanation]
    models: Pair[Classifier]
    comparison: Comparison | Incomparable | None
    style: Style
    share: float
    link: str = ""
    tested: Mapping[Any, Sequence[Row]] = field(default_factory=dict)
    in_place: str = ""

    @property
    def note(self) -> str:
        """A sentence on what the models were trained on, which limits what the comparison can tell."""
        return training_note(self.models)

    def model_of(self, name: str) -> Classifier:
        """The model that a map explains."""
        if name in SLOTS:
            return self.models[name]
        return next(model for model in self.models.values() if model.key == self.shown[name].model)


def settings(exhibit: Exhibit) -> dict[str, Any]:
    """Everything needed to make the maps again, as plain data for JSON."""
    photo, comparison = exhibit.photo, exhibit.comparison
    return {
        "photo": {"name": photo.name, "sha256": photo.digest, "size": photo.size, "credit": photo.credit},
        "maps": {
            name: _one_map(shown, exhibit.model_of(name), exhibit.share) | _tested(exhibit, name)
            for name, shown in exhibit.shown.items()
        },
        "agreement": None if comparison is None else _agreement(comparison, exhibit.share),
        "display": dataclasses.asdict(exhibit.style) | {"top_share": exhibit.share},
        "libraries": {name: version(name) for name in LIBRARIES},
        "link": exhibit.link,
        "note": exhibit.note,
    }


def _one_map(shown: Explanation, model: Classifier, share: float) -> dict[str, Any]:
    names = class_names(shown.prediction.labels)
    return {
        "method": shown.method.label,
        "paper": shown.method.paper,
        "options": dataclasses.asdict(shown.method),
        "class": class_of(shown),
        "class_index": shown.target,
        "rather_than": rival_of(shown),
        "rather_than_index": shown.against,
        "answer": [
            {"class": names[index], "class_index": index, shown.prediction.kind: score} for index, score in answers_of(shown)
        ],
        "model": model.key,
        "title": model.title,
        "trained_on": model.training_data,
        "cells": tuple(shown.heatmap.shape),
        "box": rounded(shown.box),
        "numbers": {"none": shown.flat_in_words} if shown.flat else numbers_by_key(of_map(shown.heatmap, share=share)),
    }


def _tested(exhibit: Exhibit, name: str) -> dict[str, Any]:
    """A map's numbers with its model and their controls; nothing where the map was not tested."""
    if name not in exhibit.tested:
        return {}
    numbers = {
        row.metric.key: {
            "value": _value(row.value), "middle": _value(row.middle), "random": [_value(each) for each in row.random]
        }
        for row in exhibit.tested[name]
    }  # fmt: skip
    return {"tested": {"in_its_place": exhibit.in_place, "numbers": numbers}}


def _value(value: float) -> float | None:
    return None if math.isnan(value) else value


def numbers_by_key(numbers: Iterable[Number]) -> dict[str, float | None]:
    """Each number, and what chance would give, by its metric's key; None for a number without a value."""
    found = {}
    for number in numbers:
        found[number.metric.key] = _value(number.value)
        if number.chance is not None:
            found[f"{number.metric.key}_by_chance"] = number.chance
    return found


def _agreement(comparison: Comparison | Incomparable, share: float) -> dict[str, Any]:
    if isinstance(comparison, Incomparable):
        return {"none": comparison.reason}
    figures: dict[str, Any] = numbers_by_key(comparison.numbers)
    return figures | {"cells": tuple(comparison.difference.shape), "box": rounded(comparison.box)}


def rounded(box: Box) -> dict[str, float]:
    """A box's edges in thousandths of a pixel: what a probe of the preprocessing finds is no finer."""
    return {name: round(edge, 3) + 0.0 for name, edge in dataclasses.asdict(box).items()}


def answers_of(shown: Explanation) -> list[tuple[int, float]]:
    """The five classes with the highest scores, plus the explained one if it is not among them: (number from 0, score)."""
    found = {index: score for index, _, score in shown.prediction.top(5)}
    if shown.target is not None:
        found.setdefault(shown.target, shown.prediction.scores[shown.target].item())
    return list(found.items())


def class_of(shown: Explanation) -> str | None:
    """The name of the class that a map explains; None if the method is class-agnostic."""
    return None if shown.target is None else class_names(shown.prediction.labels)[shown.target]


def rival_of(shown: Explanation) -> str | None:
    """The name of the class that the explained one is compared with; None if there is none."""
    return None if shown.against is None else class_names(shown.prediction.labels)[shown.against]


def stem(photo: str, *parts: str) -> str:
    """The beginning of a file's name that says a photo's name, without its extension, and these parts.

    It holds letters, digits, hyphens and underscores, at most `PART` bytes of each part, so that every file system takes it.

    >>> stem("chelsea.png", "SqueezeNet 1.1", "Grad-CAM++")
    'chelsea_squeezenet-1-1_grad-campp'
    """
    told = (re.sub(r"\.\w{1,4}$", "", photo), *parts)
    words = (re.sub(r"[^\w]+", "-", part.replace("+", "p").casefold()).strip("-_") for part in told)
    cut = (word.encode()[:PART].decode(errors="ignore") for word in words)
    return "_".join(word for word in cut if word) or "map"


def to_json(values: dict[str, Any]) -> str:
    """Settings as JSON text that a person can read, too."""
    return json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False)
