"""What every loaded model is to the rest of the app, whatever family it comes from."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from dashboard.evidence import Evidence, Prediction
from dashboard.models.device import Report, pass_under_way, silent
from dashboard.models.preprocessing import Preprocessing
from dashboard.photo import Box, Photo

Observer = Callable[[Tensor], tuple[Evidence, Tensor]]  # pixels (1, 3, H, W) to evidence and logits (1, K)


class ModelError(Exception):
    """A model that can't be had or used; the text is a sentence for a person."""


class DoesNotFit(ModelError):
    """A model that can't give the evidence a method needs; the text says why."""


@dataclass(frozen=True)
class Observation:
    """One look of a model at a photo: what the pass left, what it answered, and what it cost."""

    evidence: Evidence
    prediction: Prediction
    box: Box
    passes: int
    milliseconds: float


@dataclass(frozen=True, eq=False)
class Classifier:
    """A loaded model, never changed again: many people share it at once.

    `observers` run one forward pass each and keep one kind of evidence; `refusals` say why another kind can't
    be had. `training_data` is empty where it is not known.
    """

    key: str
    title: str
    labels: tuple[str, ...]
    training_data: str
    source: str
    device: torch.device
    parameters: int
    preprocessing: Preprocessing
    observers: Mapping[type[Evidence], Observer] = field(default_factory=dict)
    refusals: Mapping[type[Evidence], str] = field(default_factory=dict)

    def check(self, needs: type[Evidence]) -> None:
        """Raises DoesNotFit, with the reason, where this model can't give such evidence."""
        if needs not in self.observers:
            raise DoesNotFit(self.refusals.get(needs, f"{self.title} gives no {needs.__name__}."))

    def observe(self, photo: Photo, needs: type[Evidence], report: Report = silent) -> Observation:
        """Looks at a photo once.

        Raises:
            DoesNotFit: this model can't give such evidence.
        """
        self.check(needs)
        view = self.preprocessing.view(photo)
        with pass_under_way(self.device, report), torch.no_grad():
            started = time.perf_counter()
            evidence, logits = self.observers[needs](view.pixels[None].to(self.device))
            probabilities = logits[0].float().softmax(-1).cpu()  # also waits for the device
            milliseconds = 1000 * (time.perf_counter() - started)
        return Observation(evidence, Prediction(probabilities, self.labels), view.box, 1, milliseconds)
