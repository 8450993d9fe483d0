"""All methods side by side as numbers, each against its plainer definition."""

import math
from dataclasses import replace

import pytest
import torch

from dashboard.compare import Incomparable, compare
from dashboard.evidence import Prediction
from dashboard.explain import Explanation
from dashboard.methods import ClassActivationMap
from dashboard.metrics import PairMetric, Spearman, TopOverlap
from dashboard.photo import Box
from dashboard.studies.methods import each_with_each, in_order, spread

SHAPES = [(7, 9), (7, 9), (14, 5), (3, 20), (1, 1), (28, 28), (7, 9)]


def maps() -> list[Explanation]:
    """Of several grids, one of them flat, one with ties, all over a part of the photo."""
    draws = torch.Generator().manual_seed(0)
    heatmaps = [torch.randn(shape, generator=draws) for shape in SHAPES]
    heatmaps[-1] = heatmaps[0].round()
    plain = Explanation(heatmaps[0], Box(12.5, 0, 87.5, 60), ClassActivationMap(), "m", 0, Prediction(torch.ones(1), ("a",)))
    return [replace(plain, heatmap=heatmap) for heatmap in heatmaps]


@pytest.mark.parametrize("metric", [Spearman(), TopOverlap(0.3)], ids=lambda metric: metric.label)
def test_a_metric_of_each_with_each_is_that_of_every_pair(metric: PairMetric):
    shown, found = maps(), each_with_each(maps(), metric)
    for i, first in enumerate(shown):
        for j, second in enumerate(shown):
            pair = compare(first, second, 0.3)
            if isinstance(pair, Incomparable):
                assert found[i, j].isnan(), (i, j)
            else:
                assert found[i, j].item() == pytest.approx(pair.number(type(metric)).value, abs=1e-6), (i, j)
    assert math.isnan(found[4, 4]), "a flat map has no number"
    assert found[5, 5] == pytest.approx(1)


def test_the_orders():
    costs, agreement = [2.0, 1.0, 2.0, 1.0], [math.nan, -0.5, 0.9, 0.2]
    assert in_order(costs, agreement, "family") == [0, 1, 2, 3]
    assert in_order(costs, agreement, "cost") == [1, 3, 0, 2], "of equals the first comes first"
    assert in_order(costs, agreement, "agreement") == [2, 3, 1, 0]


def test_the_spread_of_a_matrix():
    nan = math.nan
    matrix = torch.tensor([[1, 0.8, -0.3, nan], [0.8, 1, 0.4, nan], [-0.3, 0.4, 1, nan], [nan] * 4])
    found = spread(matrix)
    assert (round(found.median, 6), found.least, round(found.lowest, 6)) == (0.4, (0, 2), -0.3)
    assert spread(torch.tensor([[1.0]])) is None
    assert spread(torch.full((3, 3), nan)) is None
