"""The numbers that stand beside a map, or beside a pair of maps: one frozen dataclass each, its fields are its options.

To add one: its formula in `numerics`, a dataclass here, its name in `METRICS`, and a test that computes it a second way. The
compare page, the report, the settings, the layers' curves and the methods page's matrix then show it.

What a number describes decides its call: a `MapMetric` takes a map, a `PairMetric` two maps on one grid, an `AttentionMetric`
the attention of a layer, a `ModelMetric` what the model answered as the photo lost what a map marks, a `SanityMetric` a map and
those of its model as it loses what it learnt, a `TruthMetric` a map and what it should mark. A number that needs something else
as well is another such class with a call of its own.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal, TypeVar

import torch
from torch import Tensor

from dashboard.numbers import signed
from dashboard.numerics.agreement import chance_overlap, spearman, spearman_matrix, top_mask, top_overlap
from dashboard.numerics.attention import attention_distance, attention_entropy
from dashboard.numerics.concentration import entropy, gini, histogram_entropy
from dashboard.numerics.fidelity import area, saco
from dashboard.numerics.localisation import box_overlap, energy_inside, pointing, rank_inside
from dashboard.numerics.scaling import is_flat

TOP_SHARE = 0.2


@dataclass(frozen=True)
class Metric(ABC):
    """One number. The first line of its docstring is what a person reads about it.

    `label` is its name for people, `key` its name in files; `of` says in words what the number describes. `better` is the end
    that the paper prefers, `neither` where it prefers none; `signed` whether the number may be below zero.
    """

    label: ClassVar[str]
    key: ClassVar[str]
    of: ClassVar[str]
    paper: ClassVar[str]
    better: ClassVar[Literal["higher", "lower", "neither"]] = "neither"
    signed: ClassVar[bool] = False

    @property
    def title(self) -> str:
        """The label; a metric whose options say more than its label overrides this."""
        return self.label

    @property
    def meaning(self) -> str:
        """One sentence for a person, with what its paper prefers, if anything."""
        sentence = (self.__doc__ or "").partition("\n")[0]
        return sentence if self.better == "neither" else f"{sentence} {self.better.capitalize()} is better, say its authors."


class MapMetric(Metric):
    """A number of one map. A flat map has none, whatever the formula gives: see `of_map`."""

    of: ClassVar = "a map"

    @abstractmethod
    def __call__(self, values: Tensor) -> float:
        """The number of a map (h, w), which may have negative values and is not flat."""

    def chance(self, values: Tensor) -> float | None:
        """The number of a random map in its place; None where the metric has no such value."""
        return None


class PairMetric(Metric):
    """A number of two maps on one grid. A pair with a flat map has none, whatever the formula gives: see `of_pair`."""

    of: ClassVar = "a pair of maps"

    @abstractmethod
    def __call__(self, first: Tensor, second: Tensor) -> float:
        """The number of two maps (h, w) of which neither is flat."""

    def chance(self, first: Tensor, second: Tensor) -> float | None:
        """The number of unrelated maps in their place; None where the metric has no such value."""
        return None

    def matrix(self, maps: Tensor) -> Tensor:
        """The number of each map with each, (M, h, w) -> (M, M), NaN where either is flat.

        Pair by pair; a metric that can compute all pairs at once overrides this.
        """
        flat = [is_flat(values) for values in maps]
        rows = [
            [math.nan if flat[i] or flat[j] else self(first, second) for j, second in enumerate(maps)]
            for i, first in enumerate(maps)
        ]
        return torch.tensor(rows, dtype=torch.float64)


class AttentionMetric(Metric):
    """A number of each head's attention within a layer, of the patches' rows."""

    of: ClassVar = "a layer's attention"

    @abstractmethod
    def __call__(self, weights: Tensor, grid: tuple[int, int], prefix: int) -> Tensor:
        """Attention (..., T, T) -> (...), with `prefix` tokens before those of the `grid` of patches."""


@dataclass(frozen=True)
class Ablations:
    """What a model scored the explained class as the photo lost what a map marks, or lost the rest.

    `deletion` (S + 1,) while the cells go, most relevant first, and `insertion` (S + 1,) while they come, in the same order;
    `saliences` (G,) of equal groups of cells, most salient first, and `drops` (G,), by how much the score falls without each
    group; `relevance` (n,) of single patches and `losses` (n,), by how much the score falls without each; the score of the
    `whole` photo, and of the photo `under` the map, darkened the more the less relevant a cell is.
    """

    deletion: Tensor
    insertion: Tensor
    saliences: Tensor
    drops: Tensor
    relevance: Tensor
    losses: Tensor
    whole: float
    under: float


class ModelMetric(Metric):
    """A number of a map and of its model's answers to altered photos. A flat map has none, whatever the formula gives."""

    of: ClassVar = "a map and its model"

    @abstractmethod
    def __call__(self, found: Ablations) -> float:
        """The number, NaN where the answers give none."""


class SanityMetric(Metric):
    """A number of a map and of those of its model as its weights are shuffled, from the head down to all. See `of_sanity`."""

    of: ClassVar = "a map and its broken model"

    @abstractmethod
    def __call__(self, intact: Tensor, broken: Tensor) -> float:
        """The number of a map (h, w) that is not flat and of the broken model's (S, h, w), NaN where they give none."""

    def chance(self) -> float:
        """The number of broken models' maps that are unrelated to the map and spread as it does."""
        return 0.0


@dataclass(frozen=True)
class Truth:
    """What a map should mark, on the map's own grid (h, w): the share of each cell that is `covered`, 0 to 1, and which cells'
    centres lie `near`, within the pointing game's tolerance.
    """

    covered: Tensor
    near: Tensor


class TruthMetric(Metric):
    """A number of a map (h, w) and of what it should mark. A flat map has none: see `of_truth`."""

    of: ClassVar = "a map and a truth"

    @abstractmethod
    def __call__(self, values: Tensor, truth: Truth) -> float:
        """The number of a map that is not flat, NaN where the truth is empty or the map marks nothing."""

    def chance(self, truth: Truth) -> float | None:
        """The number of a map that knows nothing of the truth; None where the metric has no such value."""
        return None


@dataclass(frozen=True)
class Entropy(MapMetric):
    """How evenly the map is spread, by Shannon's entropy: 0 if one cell holds it all, 1 if all hold the same.

    The complexity of Bhatt et al. 2020 (arXiv:2005.00631), which takes the values without their signs, divided by ln n.
    """

    label: ClassVar = "Entropy"
    key: ClassVar = "entropy"
    paper: ClassVar = "https://arxiv.org/abs/2005.00631"
    better: ClassVar = "lower"

    def __call__(self, values: Tensor) -> float:
        return entropy(values.abs())


@dataclass(frozen=True)
class Gini(MapMetric):
    """How few cells hold the map, by the Gini index: 0 if all hold the same, near 1 if one cell holds it all.

    The sparseness of Chalasani et al. 2020 (arXiv:1810.06583), which takes the values without their signs.
    """

    label: ClassVar = "Gini index"
    key: ClassVar = "gini"
    paper: ClassVar = "https://arxiv.org/abs/1810.06583"
    better: ClassVar = "higher"

    def __call__(self, values: Tensor) -> float:
        return gini(values.abs())


@dataclass(frozen=True)
class Spearman(PairMetric):
    """Rank correlation ρ of the maps: 1 same order, 0 unrelated, -1 reversed.

    Spearman 1904; tied values share the mean of their ranks.
    """

    label: ClassVar = "Spearman"
    key: ClassVar = "spearman"
    paper: ClassVar = "https://doi.org/10.2307/1412159"
    signed: ClassVar = True

    def __call__(self, first: Tensor, second: Tensor) -> float:
        return spearman(first, second)

    def chance(self, first: Tensor, second: Tensor) -> float:
        return 0.0

    def matrix(self, maps: Tensor) -> Tensor:
        return spearman_matrix(maps)


@dataclass(frozen=True)
class TopOverlap(PairMetric):
    """Of the cells in either map's top, the share that is in both.

    Intersection over union (Jaccard 1912) of the `share` of cells with the largest values.
    """

    share: float = TOP_SHARE

    label: ClassVar = "Top overlap"
    key: ClassVar = "overlap"
    paper: ClassVar = "https://doi.org/10.1111/j.1469-8137.1912.tb05611.x"

    @property
    def title(self) -> str:
        return f"Top {self.share:.0%}"

    def __call__(self, first: Tensor, second: Tensor) -> float:
        return top_overlap(first, second, self.share)

    def chance(self, first: Tensor, second: Tensor) -> float:
        """The overlap of unrelated maps whose tops hold as many cells; ties may make a top smaller or larger than `share`."""
        return chance_overlap(*(top_mask(values, self.share).double().mean().item() for values in (first, second)))


@dataclass(frozen=True)
class AttentionDistance(AttentionMetric):
    """How far patches look within a layer, in patches: the mean distance to the patches that they attend to.

    Dosovitskiy et al. 2020, arXiv:2010.11929, appendix D.7.
    """

    label: ClassVar = "Distance, patches"
    key: ClassVar = "attention_distance"
    paper: ClassVar = "https://arxiv.org/abs/2010.11929"

    def __call__(self, weights: Tensor, grid: tuple[int, int], prefix: int) -> Tensor:
        return attention_distance(weights, grid, prefix)


@dataclass(frozen=True)
class AttentionEntropy(AttentionMetric):
    """How evenly patches spread their attention within a layer: 0 if each looks at one token alone, 1 if at all equally.

    Zhai et al. 2023, arXiv:2303.06296, section 3, divided by ln T.
    """

    label: ClassVar = "Attention entropy"
    key: ClassVar = "attention_entropy"
    paper: ClassVar = "https://arxiv.org/abs/2303.06296"

    def __call__(self, weights: Tensor, grid: tuple[int, int], prefix: int) -> Tensor:
        return attention_entropy(weights, prefix)


@dataclass(frozen=True)
class Deletion(ModelMetric):
    """The mean score while cells are taken away, most relevant first: low if the score falls at once.

    The area below the curve of Petsiuk et al. 2018 (arXiv:1806.07421).
    """

    label: ClassVar = "Deletion"
    key: ClassVar = "deletion"
    paper: ClassVar = "https://arxiv.org/abs/1806.07421"
    better: ClassVar = "lower"

    def __call__(self, found: Ablations) -> float:
        return area(found.deletion)


@dataclass(frozen=True)
class Insertion(ModelMetric):
    """The mean score while cells are put back, most relevant first: high if the first cells are enough.

    The area below the curve of Petsiuk et al. 2018 (arXiv:1806.07421).
    """

    label: ClassVar = "Insertion"
    key: ClassVar = "insertion"
    paper: ClassVar = "https://arxiv.org/abs/1806.07421"
    better: ClassVar = "higher"

    def __call__(self, found: Ablations) -> float:
        return area(found.insertion)


@dataclass(frozen=True)
class Saco(ModelMetric):
    """Whether groups of cells that the map ranks higher also cost more score: 1 always, 0 as a random map, -1 never.

    The salience-guided faithfulness coefficient of Wu et al. 2024 (arXiv:2404.01415).
    """

    label: ClassVar = "SaCo"
    key: ClassVar = "saco"
    paper: ClassVar = "https://arxiv.org/abs/2404.01415"
    better: ClassVar = "higher"
    signed: ClassVar = True

    def __call__(self, found: Ablations) -> float:
        return saco(found.saliences, found.drops)


@dataclass(frozen=True)
class SinglePatch(ModelMetric):
    """Rank correlation of the map with what each single patch costs when it alone is taken away: 1 same order, 0 unrelated.

    After the in-domain single deletion score of Hesse et al. 2024 (arXiv:2407.11910), whose models are trained for such holes;
    these are not.
    """

    label: ClassVar = "Single patches"
    key: ClassVar = "single_patches"
    paper: ClassVar = "https://arxiv.org/abs/2407.11910"
    better: ClassVar = "higher"
    signed: ClassVar = True

    def __call__(self, found: Ablations) -> float:
        return spearman(found.relevance, found.losses)


@dataclass(frozen=True)
class AverageDrop(ModelMetric):
    """The share of the score that is lost where the map darkens the photo: 0 if none, 1 if all.

    Chattopadhay et al. 2018 (arXiv:1710.11063), for one photo. A map that marks everything loses nothing.
    """

    label: ClassVar = "Drop"
    key: ClassVar = "drop"
    paper: ClassVar = "https://arxiv.org/abs/1710.11063"
    better: ClassVar = "lower"

    def __call__(self, found: Ablations) -> float:
        return max(0.0, found.whole - found.under) / found.whole if found.whole > 0 else math.nan


@dataclass(frozen=True)
class Increase(ModelMetric):
    """1 if the score rises where the map darkens the photo, else 0.

    Chattopadhay et al. 2018 (arXiv:1710.11063), for one photo.
    """

    label: ClassVar = "Increase"
    key: ClassVar = "increase"
    paper: ClassVar = "https://arxiv.org/abs/1710.11063"
    better: ClassVar = "higher"

    def __call__(self, found: Ablations) -> float:
        return float(found.under > found.whole)


@dataclass(frozen=True)
class Randomisation(SanityMetric):
    """Mean rank correlation of the map with the maps of the shuffled model: 0 if nothing is left of it, 1 if nothing changes.

    The model parameter randomisation test of Adebayo et al. 2018 (arXiv:1810.03292), from the head down; sMPRT (Hedström et
    al. 2024, arXiv:2401.06465) where each map is the mean over noisy copies of the photo. Flat maps don't count.
    """

    smooth: bool = False

    label: ClassVar = "MPRT"
    key: ClassVar = "mprt"
    paper: ClassVar = "https://arxiv.org/abs/1810.03292"
    better: ClassVar = "lower"
    signed: ClassVar = True

    @property
    def title(self) -> str:
        return "sMPRT" if self.smooth else self.label

    def __call__(self, intact: Tensor, broken: Tensor) -> float:
        found = [spearman(intact, each) for each in broken if not is_flat(each)]
        return sum(found) / len(found) if found else math.nan


@dataclass(frozen=True)
class ComplexityRise(SanityMetric):
    """By what share the map's values spread more once all weights are shuffled: below 0 if the broken model's map is simpler.

    The efficient model parameter randomisation test of Hedström et al. 2024 (arXiv:2401.06465).
    """

    label: ClassVar = "eMPRT"
    key: ClassVar = "emprt"
    paper: ClassVar = "https://arxiv.org/abs/2401.06465"
    better: ClassVar = "higher"
    signed: ClassVar = True

    def __call__(self, intact: Tensor, broken: Tensor) -> float:
        before = histogram_entropy(intact)
        return (histogram_entropy(broken[-1]) - before) / before if before else math.nan


@dataclass(frozen=True)
class EnergyInside(TruthMetric):
    """The share of the map's positive relevance that lies inside the truth: 1 if all of it does.

    The relevance mass accuracy of Arras et al. 2022 (arXiv:2003.07258).
    """

    label: ClassVar = "Energy inside"
    key: ClassVar = "energy_inside"
    paper: ClassVar = "https://arxiv.org/abs/2003.07258"
    better: ClassVar = "higher"

    def __call__(self, values: Tensor, truth: Truth) -> float:
        return energy_inside(values, truth.covered)

    def chance(self, truth: Truth) -> float:
        return truth.covered.double().mean().item()


@dataclass(frozen=True)
class Pointing(TruthMetric):
    """1 if the centre of the map's largest cell lies on the truth, or 15 of 224 pixels beside it; cells that tie share it.

    The pointing game of Zhang et al. 2018 (arXiv:1608.00507).
    """

    label: ClassVar = "Pointing"
    key: ClassVar = "pointing"
    paper: ClassVar = "https://arxiv.org/abs/1608.00507"
    better: ClassVar = "higher"

    def __call__(self, values: Tensor, truth: Truth) -> float:
        return pointing(values, truth.near)

    def chance(self, truth: Truth) -> float:
        return truth.near.double().mean().item()


@dataclass(frozen=True)
class RankInside(TruthMetric):
    """Of as many of the map's largest cells as the truth has, the share that lies inside it: 1 if all do.

    The relevance rank accuracy of Arras et al. 2022 (arXiv:2003.07258).
    """

    label: ClassVar = "Rank inside"
    key: ClassVar = "rank_inside"
    paper: ClassVar = "https://arxiv.org/abs/2003.07258"
    better: ClassVar = "higher"

    def __call__(self, values: Tensor, truth: Truth) -> float:
        return rank_inside(values, truth.covered)

    def chance(self, truth: Truth) -> float:
        return (truth.covered >= 0.5).double().mean().item()


@dataclass(frozen=True)
class BoxOverlap(TruthMetric):
    """Intersection over union of the box around the map's high cells with the truth's box: 1 if the two are the same.

    The localisation of Zhou et al. 2016 (arXiv:1512.04150); high are cells of a fifth of the largest value or more.
    """

    label: ClassVar = "Box IoU"
    key: ClassVar = "box_iou"
    paper: ClassVar = "https://arxiv.org/abs/1512.04150"
    better: ClassVar = "higher"

    def __call__(self, values: Tensor, truth: Truth) -> float:
        return box_overlap(values, truth.covered)


METRICS: tuple[type[Metric], ...] = (
    Entropy, Gini, Spearman, TopOverlap, AttentionDistance, AttentionEntropy,
    Deletion, Insertion, Saco, SinglePatch, AverageDrop, Increase, Randomisation, ComplexityRise,
    EnergyInside, Pointing, RankInside, BoxOverlap,
)  # fmt: skip

Kind = TypeVar("Kind", bound=Metric)


def chosen(kind: type[Kind], **options: Any) -> list[Kind]:
    """The metrics of one kind, each with those of the options that it has, in the order of `METRICS`.

    >>> [metric.title for metric in chosen(PairMetric, share=0.1)]
    ['Spearman', 'Top 10%']
    """
    return [_with(metric, options) for metric in METRICS if issubclass(metric, kind)]


def _with(metric: type[Kind], options: dict[str, Any]) -> Kind:
    names = {field.name for field in fields(metric)}
    return metric(**{name: value for name, value in options.items() if name in names})


@dataclass(frozen=True)
class Number:
    """A metric's `value`, NaN where it has none, and the value that `chance` would give, None where the metric has none."""

    metric: Metric
    value: float
    chance: float | None = None

    @property
    def in_words(self) -> str:
        """Two digits, with a sign where the metric has one."""
        if math.isnan(self.value):
            return "none"
        return signed(self.value) if self.metric.signed else f"{self.value:.2f}"

    @property
    def chance_in_words(self) -> str:
        """The chance value, as it stands beside the number; empty where the metric has none."""
        return "" if self.chance is None else f"chance {self.chance:.2f}"


def of_map(values: Tensor, **options: Any) -> tuple[Number, ...]:
    """Every number of a map (h, w); NaN where it is flat."""
    metrics = chosen(MapMetric, **options)
    if is_flat(values):
        return tuple(Number(metric, math.nan) for metric in metrics)
    return tuple(Number(metric, metric(values), metric.chance(values)) for metric in metrics)


def of_pair(first: Tensor, second: Tensor, **options: Any) -> tuple[Number, ...]:
    """Every number of two maps (h, w) on one grid; NaN where either is flat."""
    metrics = chosen(PairMetric, **options)
    if is_flat(first) or is_flat(second):
        return tuple(Number(metric, math.nan) for metric in metrics)
    return tuple(Number(metric, metric(first, second), metric.chance(first, second)) for metric in metrics)


def of_model(found: Ablations | None, **options: Any) -> tuple[Number, ...]:
    """Every number of a map and its model; NaN where there are no answers, as for a flat map."""
    metrics = chosen(ModelMetric, **options)
    return tuple(Number(metric, math.nan if found is None else metric(found)) for metric in metrics)


def of_sanity(intact: Tensor, broken: Tensor, **options: Any) -> tuple[Number, ...]:
    """Every number of a map (h, w) and of its broken model's (S, h, w); NaN where the map is flat."""
    metrics = chosen(SanityMetric, **options)
    if is_flat(intact):
        return tuple(Number(metric, math.nan) for metric in metrics)
    return tuple(Number(metric, metric(intact, broken), metric.chance()) for metric in metrics)


def of_truth(values: Tensor, truth: Truth, **options: Any) -> tuple[Number, ...]:
    """Every number of a map (h, w) and what it should mark; NaN where the map is flat or the truth is empty."""
    metrics = chosen(TruthMetric, **options)
    if is_flat(values) or not truth.covered.any():
        return tuple(Number(metric, math.nan) for metric in metrics)
    return tuple(Number(metric, metric(values, truth), metric.chance(truth)) for metric in metrics)
