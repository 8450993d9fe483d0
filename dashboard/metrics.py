"""The numbers that stand beside a map, or beside a pair of maps: one frozen dataclass each, its fields are its options.

To add one: its formula in `numerics`, a dataclass here, its name in `METRICS`, and a test that computes it a second way. The
compare page, the report, the settings, the layers' curves and the methods page's matrix then show it.

What a number describes decides its call: a `MapMetric` takes a map, a `PairMetric` two maps on one grid, an `AttentionMetric`
the attention of a layer. A number that needs something else as well, such as the model or a mask, is another such class with
a call of its own.
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
from dashboard.numerics.concentration import entropy, gini
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
        return sentence if self.better == "neither" else f"{sentence} Its authors prefer {self.better} values."


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


METRICS: tuple[type[Metric], ...] = (Entropy, Gini, Spearman, TopOverlap, AttentionDistance, AttentionEntropy)

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
