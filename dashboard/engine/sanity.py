"""Whether a map follows its model: maps of copies of the model that have lost what they learnt."""

from collections.abc import Sequence

import torch
from torch import Tensor

from dashboard.engine.request import Request
from dashboard.engine.trial import Trial
from dashboard.evidence import Probe
from dashboard.explain import explain
from dashboard.models.classifier import Classifier, Observation
from dashboard.models.device import loading
from dashboard.models.observers.ladder import classifier_of
from dashboard.models.shuffled import from_the_head_down, shuffled
from dashboard.photo import Photo
from dashboard.progress import advance

PASSES_TO_OPEN = 30  # what it takes to see what a copy gives, in passes


def randomised(request: Request, target: int, work: int, photos: Sequence[Photo]) -> Trial:
    """A trial whose result is not logits but maps (1 + S, h, w) of the class `target`: the model's own, then one by each of the
    copies of it whose parameters are shuffled from the head down, by `shuffled.PARTS`. Each is the mean over `photos`: the
    request's own or copies of it. `work` is how many passes a map of one photo takes.
    """
    method = request.method
    parts = from_the_head_down(request.model.network.module)

    def mean_map(model: Classifier) -> Tensor:
        found = [explain(photo, model, method, target, request.against).heatmap for photo in photos]
        return torch.stack(found).mean(0)

    def maps(model: Classifier, seen: Observation[Probe]) -> Tensor:
        found = [mean_map(model)]
        for names in parts:
            with loading():
                copy = classifier_of(shuffled(model.network, names))
            advance(PASSES_TO_OPEN)
            found.append(mean_map(copy))
        return torch.stack(found)

    what = ("randomised", method, target, request.against, tuple(photo.digest for photo in photos))
    each = len(photos) * work
    return Trial(request.model, request.photo, what, each + len(parts) * (PASSES_TO_OPEN + each), maps)
