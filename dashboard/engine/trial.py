"""Altered copies of a photo about which a model is asked: the passes that tell whether a map can be believed."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from torch import Tensor

from dashboard.evidence import Probe
from dashboard.models.classifier import Classifier, Observation
from dashboard.photo import Photo


@dataclass(frozen=True)
class Trial:
    """A model asked about so many altered copies of a photo. `work` takes the model and its look at the photo to the logits
    (N, K); `what` says what `work` does, so that two trials that say the same have the same logits.
    """

    model: Classifier
    photo: Photo
    what: Hashable
    passes: int
    work: Callable[[Classifier, Observation[Probe]], Tensor] = field(compare=False, repr=False)

    @property
    def meaning(self) -> tuple:
        """The key of the logits in a store."""
        return self.model.key, self.photo.digest, self.what
