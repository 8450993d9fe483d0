"""The only join of model and method. Works in a notebook, with no Streamlit running."""

from dataclasses import dataclass

import torch
from torch import Tensor

from dashboard.evidence import Prediction, asking
from dashboard.methods import Attraction, Method
from dashboard.models.classifier import Classifier, Observation
from dashboard.numbers import signed
from dashboard.numerics.agreement import chance_overlap, rank_difference, spearman, top_mask, top_overlap
from dashboard.numerics.scaling import crop_resample, inside, is_flat, percentiles
from dashboard.photo import Box, Photo

TOP_SHARE = 0.2
CAVEAT = "This page compares what two models look at, never which of them is better."


@dataclass(frozen=True)
class Explanation:
    """One map: `heatmap` (h, w) raw values at the method's own resolution over `box` of the photo.

    `target` is the class that was asked about, None where the method is class-agnostic; `against` the one it was held
    against, if any. `remark` says what there is to know of this very map, empty for most; `attraction` which layer sends the
    largest cell most attention, where the method goes up the layers.
    """

    heatmap: Tensor
    box: Box
    method: Method
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
    photo: Photo, model: Classifier, method: Method, target: int | None = None, against: int | None = None
) -> Explanation:
    """One look of a model, read by a method. Without a target, the likeliest class is explained.

    With `against`, what speaks for the target rather than for that class is, wherever the method is class-specific.

    >>> explain(sample_photo("chelsea"), load("bundled/cnn"), ClassActivationMap()).heatmap.shape
    torch.Size([8, 8])

    Raises:
        DoesNotFit: the model can't give what the method needs.
        ValueError: an option or a class is out of its range.
    """
    question = method.question(target, against)
    return read(model.observe(photo, method.needs, question=question), model.key, method, target, against)


def read(seen: Observation, model: str, method: Method, target: int | None = None, against: int | None = None) -> Explanation:
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


@dataclass(frozen=True)
class Comparison:
    """How far two maps agree, on one grid over the part of the photo that both models saw.

    `difference` (rows, columns): percentile in the first map minus percentile in the second.
    """

    box: Box
    difference: Tensor
    spearman: float
    overlap: float
    chance: float

    @property
    def spearman_in_words(self) -> str:
        """With its sign."""
        return signed(self.spearman)


@dataclass(frozen=True)
class Incomparable:
    """Two maps between which there is no difference and no number; `reason` is a sentence for a person."""

    reason: str


def compare(first: Explanation, second: Explanation, share: float = TOP_SHARE) -> Comparison | Incomparable:
    """Compares two maps of one photo on the finer of their grids, per axis, where both models saw it and neither is flat."""
    box = first.box.overlap(second.box)
    if box is None:
        return Incomparable("The two models saw no common part of this photo, so their maps can't be compared.")
    rows, columns = (max(sizes) for sizes in zip(first.heatmap.shape, second.heatmap.shape, strict=True))
    a, b = (crop_resample(e.heatmap, e.box.shares(box), rows, columns) for e in (first, second))
    for shown, common in ((first, a), (second, b)):
        if is_flat(common):
            where = "" if shown.flat else ", in the part that both models saw"
            return Incomparable(f"{shown.method.label}{where}: {shown.flat_in_words}")
    chance = chance_overlap(*(top_mask(values, share).double().mean().item() for values in (a, b)))
    return Comparison(box, rank_difference(a, b), spearman(a, b), top_overlap(a, b, share), chance)


@dataclass(frozen=True)
class Annotations:
    """What is told about each cell of a map, all (h, w).

    `percentiles` 0 to 1, NaN in a flat map; `other` the other map's value at the cell's centre, NaN where its model saw
    nothing; `top` true at the largest cells.
    """

    percentiles: Tensor
    other: Tensor
    top: Tensor


def annotate(own: Explanation, other: Explanation | None, share: float = TOP_SHARE) -> Annotations:
    """Reads one map's cells against each other and against another map of the same photo, if there is one."""
    rows, columns = own.heatmap.shape
    ranked = torch.full((rows, columns), torch.nan) if own.flat else percentiles(own.heatmap)
    top = top_mask(own.heatmap, share)
    if other is None:
        return Annotations(ranked, torch.full((rows, columns), torch.nan), top)
    region = other.box.shares(own.box)
    values = crop_resample(other.heatmap, region, rows, columns)
    return Annotations(ranked, values.where(inside(region, rows, columns), float("nan")), top)


def training_note(first: Classifier, second: Classifier) -> str:
    """The sentence about what both models were trained on."""
    if not (first.training_data and second.training_data):
        return f"What at least one of the two models was trained on is not known. {CAVEAT}"
    if first.training_data == second.training_data:
        return f"Both models were trained on {first.training_data}. {CAVEAT}"
    return (
        f"The two models were trained on different data: {first.title} on {first.training_data}; "
        f"{second.title} on {second.training_data}. {CAVEAT}"
    )
