"""Entropy and Gini against their definitions and their ends."""

import math

import pytest
import torch

from dashboard.numerics.concentration import entropy, gini

MAP = torch.tensor([[0.1, 0.5, 0.0], [2.0, 0.3, 0.1]])


def test_entropy_written_out():
    shares = [value / 3 for value in (0.1, 0.5, 2.0, 0.3, 0.1)]
    assert entropy(MAP) == pytest.approx(-sum(p * math.log(p) for p in shares) / math.log(6))


def test_gini_is_half_the_mean_difference_over_the_mean():
    values = MAP.flatten().tolist()
    differences = sum(abs(a - b) for a in values for b in values)
    assert gini(MAP) == pytest.approx(differences / (2 * len(values) ** 2 * (sum(values) / len(values))))


@pytest.mark.parametrize("n", [1, 2, 7])
def test_the_ends(n: int):
    one = torch.zeros(n)
    one[0] = 4
    assert gini(torch.ones(n)) == pytest.approx(0)
    assert gini(one) == pytest.approx((n - 1) / n)
    assert entropy(one) == 0
    assert n == 1 or entropy(torch.ones(n)) == pytest.approx(1)


@pytest.mark.parametrize("measure", [entropy, gini])
def test_neither_scale_nor_place_counts(measure):
    assert measure(7 * MAP.T) == pytest.approx(measure(MAP))
    assert math.isnan(measure(torch.zeros(2, 2)))
    with pytest.raises(ValueError, match="without negative values, got a least value of -1"):
        measure(torch.tensor([1.0, -1.0]))
