"""A small comparison made by hand, with names that try to be more than text."""

import torch

from dashboard.compare import Pair, compare
from dashboard.evidence import Prediction
from dashboard.explain import Explanation
from dashboard.export.exhibit import Exhibit
from dashboard.figures.maps import Style
from dashboard.methods import AttentionRollout, ClassActivationMap
from dashboard.models.classifier import Classifier
from dashboard.models.network import Network
from dashboard.models.observers.pooled import traced
from dashboard.models.preprocessing import squeeze
from dashboard.photo import Box, Photo
from tests.models import tiny

EVIL = "</script><script>document.title='owned'</script>"
CNN_BOX, VIT_BOX = Box(-6, 4.5, 40, 45), Box(12, 0, 60, 41)


def classifier(key: str) -> Classifier:
    title, labels, preprocessing = f"Model {EVIL}", ("cat", EVIL), squeeze(8, [0.5], [0.5])
    return Classifier(
        key=key, title=title, labels=labels, training_data=f"data {EVIL}", source="local folder",
        device=torch.device("cpu"), parameters=7, memory=28, dtype=torch.float32, preprocessing=preprocessing,
        network=Network(key, title, torch.nn.Linear(6, 1), labels, preprocessing, "local folder", traced),
    )  # fmt: skip


def exhibit(style: Style | None = None, photo: Photo | None = None, **changes) -> Exhibit:
    """Two maps of a 60 x 45 photo with different grids and boxes, one of them reaching past the photo."""
    photo = photo or Photo(tiny.photo().image, "d1ge57", f"photo {EVIL}.png")
    generator = torch.Generator().manual_seed(1)
    answer = Prediction(torch.tensor([0.75, 0.25]).log(), ("cat", EVIL))
    left = Explanation(torch.randn(3, 5, generator=generator), CNN_BOX, ClassActivationMap(), "hf/a", 1, answer)
    right = Explanation(torch.rand(4, 6, generator=generator), VIT_BOX, AttentionRollout("max", 0.8, 2), "hf/b", None, answer)
    values = {
        "photo": photo, "shown": {"left": left, "right": right}, "models": Pair(classifier("hf/a"), classifier("hf/b")),
        "comparison": compare(left, right, 0.2), "style": style or Style(), "share": 0.2, "link": "http://localhost/?a=<b>",
    }  # fmt: skip
    return Exhibit(**values | changes)
