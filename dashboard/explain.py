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

    `target` is the class that was asked about, None where the method is class-agnostic; `against` the one it was held
    against, if any. `remark` says what there is to know of this very map, empty for most; `attraction` which layer sends the
    largest cell most attention, where the method goes up the layers.
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
        """What is said of a flat map."""
        if not self.heatmap.isfinite().all():
            return "Some values are no numbers (NaN, infinity), so there is nothing to rank."
        return f"Every {self.method.needs.cell} has the same value, so there is nothing to rank."


def explain(
    photo: Photo, model: Classifier, method: M, target: int | None = None, against: int | None = None
) -> Explanation[M]:
    """One look of a model, read by a method. Without a target, the likeliest class is explained.

    With `against`, what speaks for the target rather than for that class is, wherever the method is class-specific.

    >>> explain(sample_photo("chelsea"), load("bundled/cnn"), ClassActivationMap()).heatmap.shape
    torch.Size([8, 8])

    Raises:
        DoesNotFit: the model can't give what the method needs.
        ValueError: an option or a class is out of its range.
    """
    question = method.question(target, against)
    return read(model.observe(photo, method.evidence(), question=question), model.key, method, target, against)


def read(seen: Observation, model: str, method: M, target: int | None = None, against: int | None = None) -> Explanation[M]:
    """The map from a look that has already been; it was asked the same, where its evidence depends on that.

    Pure, and cheap enough for a slider, except where `method.work` says otherwise.
    """
    question = method.question(target, against)
    logits = seen.prediction.logits
    weights = question.weights(logits).to(seen.device)
    evidence = asking(seen.evidence, weights)
    heatmap = method(evidence).detach().cpu().clone()  # whoever keeps one row of a matrix keeps all of it
    specific, box = method.class_specific, seen.box.upper_left(*evidence.under(heatmap.shape))
    return Explanation(
        heatmap, box, method, model, question.chosen(logits) if specific else None, seen.prediction,
        against if specific else None, method.remark(evidence, heatmap), method.attraction(evidence, heatmap),
    )  # fmt: skip
