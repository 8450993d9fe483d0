"""Areas and SaCo against their definitions, and against models whose curves are known."""

import math

import pytest
import torch

from dashboard.numerics.agreement import spearman
from dashboard.numerics.fidelity import area, curve, removal_order, saco


def test_area_by_its_trapezoids():
    curve = torch.tensor([0.9, 0.4, 0.5, 0.1])
    assert area(curve) == pytest.approx((0.9 + 0.4) / 6 + (0.4 + 0.5) / 6 + (0.5 + 0.1) / 6)


@pytest.mark.parametrize("steps", [1, 2, 20, 1000])
def test_areas_that_are_known(steps: int):
    assert area(torch.ones(steps + 1)) == pytest.approx(1)
    assert area(torch.linspace(1, 0, steps + 1)) == pytest.approx(0.5)
    falls = torch.zeros(steps + 1)
    falls[0] = 1  # a model whose score is gone with the first cell
    assert area(falls) == pytest.approx(1 / (2 * steps))
    assert area(1 - falls) == pytest.approx(1 - 1 / (2 * steps)), "its mirror"


@pytest.mark.parametrize("curve", [torch.ones(1), torch.ones(2, 2)])
def test_a_curve_has_two_points_or_more(curve: torch.Tensor):
    with pytest.raises(ValueError, match="two points or more"):
        area(curve)


def salience_guided(saliences: list[float], drops: list[float]) -> float:
    """The paper's algorithm 1, pair by pair."""
    coefficient = whole = 0.0
    for i in range(len(saliences) - 1):
        for j in range(i + 1, len(saliences)):
            weight = saliences[i] - saliences[j] if drops[i] >= drops[j] else -(saliences[i] - saliences[j])
            coefficient += weight
            whole += abs(weight)
    return coefficient / whole


@pytest.mark.parametrize("seed", range(10))
def test_saco_pair_by_pair(seed: int):
    generator = torch.Generator().manual_seed(seed)
    saliences = torch.rand(9, generator=generator).sort(descending=True).values
    drops = torch.randn(9, generator=generator).round(decimals=1)
    assert saco(saliences, drops) == pytest.approx(salience_guided(saliences.tolist(), drops.tolist()))


def test_the_ends_of_saco():
    saliences = torch.tensor([5.0, 3.0, 1.0, 1.0])
    assert saco(saliences, torch.tensor([0.4, 0.3, 0.1, 0.0])) == 1
    assert saco(saliences, torch.tensor([0.1, 0.2, 0.3, 0.4])) == -1
    assert math.isnan(saco(torch.ones(4), torch.rand(4))), "such a map says nothing"
    assert math.isnan(saco(torch.ones(1), torch.ones(1)))


def test_saco_is_about_zero_for_random_maps():
    generator = torch.Generator().manual_seed(0)
    found = [
        saco(torch.rand(10, generator=generator).sort(descending=True).values, torch.rand(10, generator=generator))
        for _ in range(400)
    ]
    assert sum(found) / len(found) == pytest.approx(0, abs=0.05)


def test_saco_says_what_it_expects():
    with pytest.raises(ValueError, match="the most salient group first"):
        saco(torch.tensor([1.0, 2.0]), torch.zeros(2))
    with pytest.raises(ValueError, match=r"as many drops as saliences, got \(2,\) and \(3,\)"):
        saco(torch.ones(2), torch.ones(3))


def test_each_step_takes_as_many_cells_from_the_most_salient_on():
    heatmap = torch.tensor([[0.1, 0.9, 0.5], [0.4, 0.8, -1.0]])
    assert removal_order(heatmap, 3).tolist() == [[2, 0, 1], [1, 0, 2]]
    assert removal_order(heatmap, 3, least_first=True).tolist() == [[0, 2, 1], [1, 2, 0]]
    assert removal_order(heatmap, 6).tolist() == [[4, 0, 2], [3, 1, 5]]
    sizes = removal_order(torch.rand(5, 7), 8).flatten().bincount()
    assert sizes.max() - sizes.min() <= 1
    assert removal_order(heatmap, 12).max() == 10, "more steps than cells: some take none"


def test_cells_that_tie_go_in_no_order_of_their_place():
    step = removal_order(torch.zeros(10, 10), 100).double()
    place = torch.arange(100.0).view(10, 10)
    assert abs(spearman(step, place)) < 0.3
    assert torch.equal(removal_order(torch.zeros(10, 10), 100).double(), step), "drawn once"


def weighted(weights: torch.Tensor):
    """A model whose answer is what is left of each pixel, times its weight."""
    return lambda photos: (photos.mean(1) * weights).sum((1, 2))


@pytest.mark.parametrize("batch", [1, 4, 100])
@pytest.mark.parametrize("steps", [3, 5, 12])
def test_a_curve_photo_by_photo(steps: int, batch: int):
    generator = torch.Generator().manual_seed(1)
    pixels, other = torch.rand(2, 3, 3, 4, generator=generator)
    weights = torch.rand(3, 4, generator=generator)
    order = removal_order(weights, steps)
    expected = []
    for step in range(steps + 1):
        photo = pixels.clone()
        for y in range(3):
            for x in range(4):
                if order[y, x] < step:
                    photo[:, y, x] = other[:, y, x]
        expected.append(weighted(weights)(photo[None]).item())
    before = pixels.clone(), other.clone(), order.clone()
    found = curve(weighted(weights), pixels, other, order, steps, batch)
    assert found.tolist() == pytest.approx(expected)
    assert found[0] == weighted(weights)(pixels[None])[0]
    assert found[-1] == pytest.approx(weighted(weights)(other[None])[0].item())
    assert all(map(torch.equal, before, (pixels, other, order))), "nothing is changed"


def test_the_true_order_has_the_least_area_for_a_model_that_is_known():
    weights = torch.rand(6, 5, generator=torch.Generator().manual_seed(2))
    pixels, black = torch.ones(3, 6, 5), torch.zeros(3, 6, 5)

    def of(heatmap: torch.Tensor, **order: bool) -> float:
        return area(curve(weighted(weights), pixels, black, removal_order(heatmap, 30, **order), 30) / weights.sum())

    falling = weights.flatten().sort(descending=True).values
    left = torch.cat([falling.sum()[None], falling.sum() - falling.cumsum(0)]) / falling.sum()
    assert of(weights) == pytest.approx(torch.trapezoid(left, dx=1 / 30).item())
    assert of(weights) < of(torch.rand(6, 5)) < of(weights, least_first=True)
    assert of(weights) + of(weights, least_first=True) == pytest.approx(1), "one is the other, turned round"


def test_a_model_that_needs_one_pixel_has_the_ends():
    needle = torch.zeros(4, 4)
    needle[2, 1] = 1
    pixels, black = torch.ones(3, 4, 4), torch.zeros(3, 4, 4)
    deletion = curve(weighted(needle), pixels, black, removal_order(needle, 16), 16)
    insertion = curve(weighted(needle), black, pixels, removal_order(needle, 16), 16)
    assert area(deletion) == pytest.approx(1 / 32)
    assert area(insertion) == pytest.approx(31 / 32)


def test_a_curve_says_what_it_expects():
    with pytest.raises(ValueError, match=r"of \(3, 2, 2\), got \(2, 3\)"):
        curve(weighted(torch.ones(2, 2)), torch.ones(3, 2, 2), torch.ones(3, 2, 2), torch.zeros(2, 3), 2)
