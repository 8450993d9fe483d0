"""The only join of model and method. Works in a notebook, with no Streamlit running."""

from dataclasses import dataclass
from typing import Generic

from torch import Tensor

from dashboard.evidence import Prediction, asking
from dashboard.methods import Attraction
from dashboard.methods.base import M, M_co
from dashboard.models.classifier import Classifier, Observation
from dashboard.numerics.scaling import is_flat
from dashboard.photo import Box, Photo


@dataclass(frozen=True)
class Explanation(Generic[M_co]):
    """One map by a method of the kind `M_co`: `heatmap` (h, w) raw values at the method's own resolution over `box` of the
    photo.

    `target` is the class that is explained, None where the method is class-agnostic; `against` is the class that it is compared
    with, if any. `remark` is a sentence about this very map, empty for most maps. `attraction` says which layer sends the most
    attention to the map's largest cell, None where the method does not go up the layers.
    """

    heatmap: Tensor
    box: Box
    method: M_co
    model: str
    target: int | None
    prediction: Prediction
    against: int | None = None
    remark: str = ""
    attraction: Attraction | None = None

    @property
    def flat(self) -> bool:
        """Whether every cell has the same value, so that there is nothing to rank, to compare or to colour."""
        return is_flat(self.heatmap)

    @property
    def flat_in_words(self) -> str:
        """The sentence that stands beside a flat map."""
        if not self.heatmap.isfinite().all():
            return "Some values are no numbers (NaN, infinity), so there is nothing to rank."
        return f"Every {self.method.needs.cell} has the same value, so there is nothing to rank."


def explain(
    photo: Photo, model: Classifier, method: M, target: int | None = None, against: int | None = None
) -> Explanation[M]:
    """One look of a model, read by a method. Without a target, the top prediction is explained.

    With `against`, a class-specific method explains what speaks for the target rather than for that class.

    >>> explain(sample_photo("chelsea"), load("bundled/cnn"), ClassActivationMap()).heatmap.shape
    torch.Size([8, 8])

    Raises:
        DoesNotFit: the model can't give what the method needs.
        ValueError: an option or a class is out of its range.
    """
    question = method.question(target, against)
    return read(model.observe(photo, method.evidence(), question=question), model.key, method, target, against)


def read(seen: Observation, model: str, method: M, target: int | None = None, against: int | None = None) -> Explanation[M]:
    """The map that a method reads from a look which a model has already taken. Where the evidence depends on the question, the
    look was taken with the same question.

    Pure, and cheap enough for a slider, except where `method.work` says otherwise.
    """
    question = method.question(target, against)
    logits = seen.prediction.logits
    weights = question.weights(logits).to(seen.device)
    evidence = asking(seen.evidence, weights)
    heatmap = method(evidence).detach().cpu().clone()  # a view of one row would keep the whole matrix in memory
    specific, box = method.class_specific, seen.box.upper_left(*evidence.under(heatmap.shape))
    return Explanation(
        heatmap, box, method, model, question.chosen(logits) if specific else None, seen.prediction,
        against if specific else None, method.remark(evidence, heatmap), method.attraction(evidence, heatmap),
    )  # fmt: skip
