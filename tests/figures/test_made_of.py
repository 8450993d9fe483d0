"""What a figure tells of its own map."""

import json
from dataclasses import replace

from dashboard.compare import annotate
from dashboard.evidence import Prediction
from dashboard.figures.made_of import labelled
from dashboard.figures.maps import Style, map_figure
from dashboard.methods import AttentionRollout
from tests.figures.test_maps import BEHIND, explanation
from tests.models import tiny


def told(**changes) -> dict:
    shown = replace(explanation(), **changes)
    figure = labelled(map_figure(shown, BEHIND, Style(), annotate(shown, None), ""), shown, tiny.photo())
    return json.loads(figure.to_json())["layout"]["meta"]


def test_it_tells_method_model_classes_and_photo():
    answer = Prediction(explanation().prediction.logits.new_tensor([1.0, 2.0]), ("crane", "crane"))
    meta = told(prediction=answer, target=1, against=0)
    assert meta == {
        "method": "CAM", "options": {}, "model": "a/b", "target": 1, "class": "crane #1", "against": 0, "rival": "crane #0",
        "photo": "60x45-0", "photo_name": "noise",
    }  # fmt: skip


def test_no_class_is_none():
    meta = told(method=AttentionRollout("max", 0.8, 2), target=None)
    assert meta["target"] is meta["class"] is meta["rival"] is None
    assert meta["options"] == {"heads": "max", "discard": 0.8, "depth": 2, "first_layer": 1}
