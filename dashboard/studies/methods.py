"""All methods that fit one model, side by side: the numbers of the methods page."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from dashboard.explain import Explanation
from dashboard.metrics import PairMetric, Spearman
from dashboard.numerics.scaling import crop_resample

RANK_CORRELATION = Spearman()
Sort = Literal["family", "cost", "agreement"]


def each_with_each(maps: Sequence[Explanation], metric: PairMetric = RANK_CORRELATION) -> Tensor:
    """A metric between every two maps of one model, (M, M): what `compare` gives for the pair, on the finer of its two grids.

    All maps are resampled to every grid that a pair needs, over the part that both maps cover, and the metric's `matrix` is
    computed once per grid: for rank correlation that is one matrix product, where 23 maps would need 253 comparisons.
    """
    shapes = torch.tensor([shown.heatmap.shape for shown in maps])  # (M, 2)
    finer = torch.maximum(shapes[:, None], shapes)  # (M, M, 2)
    found = torch.full(finer.shape[:2], torch.nan, dtype=torch.float64)
    common = [[first.box.overlap(second.box) for second in maps] for first in maps]
    for box in {box for row in common for box in row if box is not None}:
        there = torch.tensor([[each == box for each in row] for row in common])  # (M, M)
        for grid in finer[there].unique(dim=0):
            rows, columns = grid.tolist()
            laid = [crop_resample(shown.heatmap.float(), shown.box.shares(box), rows, columns) for shown in maps]
            found = torch.where(there & (finer == grid).all(-1), metric.matrix(torch.stack(laid)), found)
    return found


@dataclass(frozen=True)
class Spread:
    """How far the maps of one model agree: the `median` over all pairs, and the pair that agrees least, with its value."""

    median: float
    least: tuple[int, int]
    lowest: float


def spread(matrix: Tensor) -> Spread | None:
    """Sums up a metric between every two maps (M, M); None if no two maps have a value."""
    pairs = [(value, (i, j)) for i, row in enumerate(matrix.tolist()) for j, value in enumerate(row[:i]) if value == value]
    if not pairs:
        return None
    lowest, (row, column) = min(pairs)
    return Spread(torch.tensor([value for value, _ in pairs]).median().item(), (column, row), lowest)


def in_order(costs: Sequence[float], agreement: Sequence[float], sort: Sort) -> list[int]:
    """The methods' indices in order: as they come, cheapest first, or by agreement with the reference, highest first."""
    places = range(len(costs))
    if sort == "cost":
        return sorted(places, key=costs.__getitem__)
    if sort == "agreement":
        return sorted(places, key=lambda index: math.inf if math.isnan(agreement[index]) else -agreement[index])
    return list(places)
