"""Two sides of a comparison, and two explanations of one photo beside each other: how far they agree, and where."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

import torch
from torch import Tensor

from dashboard.explain import Explanation
from dashboard.metrics import TOP_SHARE, Metric, Number, Spearman, of_pair
from dashboard.models.classifier import Classifier
from dashboard.numerics.agreement import rank_difference, top_mask
from dashboard.numerics.scaling import crop_resample, inside, is_flat, percentiles
from dashboard.photo import Box

Slot = Literal["left", "right"]
SLOTS: tuple[Slot, Slot] = ("left", "right")
OTHER: dict[Slot, Slot] = {"left": "right", "right": "left"}
T = TypeVar("T")
CAVEAT = "This compares where they look, not which is better."


@dataclass(frozen=True)
class Pair(Mapping[Slot, T]):
    """The same kind of thing for both sides of a comparison, by slot: two models, two maps, two files."""

    left: T
    right: T

    @classmethod
    def of(cls, made: Callable[[Slot], T]) -> "Pair[T]":
        """The pair that the function `made` gives, called with each slot, left first."""
        return cls(made("left"), made("right"))

    def __getitem__(self, slot: Slot) -> T:
        return self.left if slot == "left" else self.right

    def __iter__(self) -> Iterator[Slot]:
        return iter(SLOTS)

    def __len__(self) -> int:
        return 2


@dataclass(frozen=True)
class Side:
    """One of the two sides of a comparison: its `slot`, and the model that stands there. Any model fits either side."""

    slot: Slot
    model: Classifier

    @property
    def name(self) -> str:
        """What the side is called on screen."""
        return self.slot.capitalize()

    def key(self, setting: str) -> str:
        """The name of this side's own setting, chart or button, which links use too."""
        return f"{self.slot}_{setting}"


AGREEMENT = (  # for each least rank correlation its words, the highest first
    (0.95, "The two maps are almost the same."),
    (0.6, "The two maps agree well."),
    (0.3, "The two maps agree in part."),
    (-0.3, "The two maps have little in common."),
    (-math.inf, "The two maps disagree: where one is high, the other tends to be low."),
)


@dataclass(frozen=True)
class Comparison:
    """How far two maps agree, on one grid over the part of the photo that both models saw.

    `difference` (rows, columns): percentile in the first map minus percentile in the second. `numbers` holds the
    value of each metric of a pair.
    """

    box: Box
    difference: Tensor
    numbers: tuple[Number, ...]

    def number(self, metric: type[Metric]) -> Number:
        """The number of one metric.

        Raises:
            LookupError: the metric is not in `METRICS`, or not of a pair.
        """
        found = next((number for number in self.numbers if type(number.metric) is metric), None)
        if found is None:
            raise LookupError(f"expected one of {[number.metric.label for number in self.numbers]}, got {metric.label}")
        return found

    @property
    def in_words(self) -> str:
        """How far the maps agree, as a sentence for a person: by the rank correlation, which is 0 for unrelated maps."""
        value = self.number(Spearman).value
        return next(words for least, words in AGREEMENT if value >= least)


@dataclass(frozen=True)
class Incomparable:
    """Two maps between which there is no difference and no number; `reason` is a sentence for a person."""

    reason: str


def compare(first: Explanation, second: Explanation, share: float = TOP_SHARE) -> Comparison | Incomparable:
    """Compares two maps of one photo in the part that both models saw, on as many rows and columns as the finer map has.

    Maps that share no part of the photo, or of which one is flat there, are incomparable.
    """
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
    """What a chart tells about each cell of a map: three tensors (h, w).

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


def training_note(models: Pair[Classifier]) -> str:
    """The sentence about what both models were trained on."""
    first, second = models.values()
    if first.key == second.key:
        return "Both sides show the same model."
    if not (first.training_data and second.training_data):
        return f"What at least one of the two models was trained on is not known. {CAVEAT}"
    if first.training_data == second.training_data:
        return f"Both models were trained on {first.training_data}. {CAVEAT}"
    less, more = sorted((first, second), key=lambda model: len(model.training_data))
    _, shared, rest = more.training_data.partition(f"{less.training_data} and ")
    if shared:
        return (
            f"Both models were trained on {less.training_data}. {more.title} also learned from {rest}, so expect them to agree "
            f"more than usual. {CAVEAT}"
        )
    return (
        f"The two models were trained on different data: {first.title} on {first.training_data}; "
        f"{second.title} on {second.training_data}. {CAVEAT}"
    )
