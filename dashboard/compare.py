"""Two explanations of one photo beside each other: how far they agree, and where."""

from dataclasses import dataclass

import torch
from torch import Tensor

from dashboard.explain import Explanation
from dashboard.metrics import TOP_SHARE, Metric, Number, of_pair
from dashboard.models.classifier import Classifier
from dashboard.numerics.agreement import rank_difference, top_mask
from dashboard.numerics.scaling import crop_resample, inside, is_flat, percentiles
from dashboard.photo import Box

CAVEAT = "This page compares what two models look at, never which of them is better."


@dataclass(frozen=True)
class Comparison:
    """How far two maps agree, on one grid over the part of the photo that both models saw.

    `difference` (rows, columns): percentile in the first map minus percentile in the second. `numbers`: what each metric of a
    pair comes to.
    """

    box: Box
    difference: Tensor
    numbers: tuple[Number, ...]

    def number(self, metric: type[Metric]) -> Number:
        """One of the numbers.

        Raises:
            LookupError: the metric is not in `METRICS`, or not of a pair.
        """
        found = next((number for number in self.numbers if type(number.metric) is metric), None)
        if found is None:
            raise LookupError(f"expected one of {[number.metric.label for number in self.numbers]}, got {metric.label}")
        return found


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
    return Comparison(box, rank_difference(a, b), of_pair(a, b, share=share))


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
