"""Localisation against its definitions, written again cell by cell, on grids that are not square."""

import math

import numpy as np
import pytest
import torch

from dashboard.numerics.localisation import box_overlap, energy_inside, pointing, rank_inside, widened

SEEDS = range(12)
FORMULAS = (energy_inside, pointing, rank_inside, box_overlap)


def scene(seed: int, ties: bool = True) -> tuple[torch.Tensor, torch.Tensor]:
    """A map with some negative and, if wanted, many equal values, and a mask that is not empty."""
    generator = torch.Generator().manual_seed(seed)
    heatmap = torch.randn(4, 7, generator=generator)
    mask = torch.rand(4, 7, generator=generator) < 0.3
    mask[1, 5] = True
    return (heatmap * 2).round() / 2 if ties else heatmap, mask


def cells(heatmap: torch.Tensor, mask: torch.Tensor) -> list[tuple[float, bool]]:
    return [(heatmap[y, x].item(), bool(mask[y, x])) for y in range(heatmap.shape[0]) for x in range(heatmap.shape[1])]


@pytest.mark.parametrize("seed", SEEDS)
def test_energy_cell_by_cell(seed: int):
    heatmap, mask = scene(seed)
    positive = [(value, true) for value, true in cells(heatmap, mask) if value > 0]
    inside = sum(value for value, true in positive if true)
    assert energy_inside(heatmap, mask) == pytest.approx(inside / sum(value for value, _ in positive))


@pytest.mark.parametrize("seed", SEEDS)
def test_pointing_is_what_a_random_choice_among_the_largest_hits(seed: int):
    heatmap, mask = scene(seed)
    most = max(value for value, _ in cells(heatmap, mask))
    largest = [true for value, true in cells(heatmap, mask) if value == most]
    assert pointing(heatmap, mask) == pytest.approx(sum(largest) / len(largest))


@pytest.mark.parametrize("seed", SEEDS)
def test_rank_is_what_random_orders_of_ties_give_on_average(seed: int):
    heatmap, mask = scene(seed)
    count, random = int(mask.sum()), np.random.default_rng(seed)
    found = []
    for _ in range(4000):
        order = sorted(cells(heatmap, mask), key=lambda cell: (-cell[0], random.random()))
        found.append(sum(true for _, true in order[:count]) / count)
    assert rank_inside(heatmap, mask) == pytest.approx(np.mean(found), abs=0.02)


@pytest.mark.parametrize("seed", SEEDS)
def test_boxes_from_their_corners(seed: int):
    heatmap, mask = scene(seed, ties=False)
    strong = heatmap >= 0.2 * heatmap.max()

    def corners(chosen: torch.Tensor) -> tuple[int, int, int, int]:
        ys, xs = zip(*[(y, x) for y in range(4) for x in range(7) if chosen[y, x]], strict=True)
        return min(xs), min(ys), max(xs) + 1, max(ys) + 1

    a, b = corners(strong), corners(mask)
    across, down = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    common = max(across, 0) * max(down, 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    assert box_overlap(heatmap, mask) == pytest.approx(common / (sum(areas) - common))


@pytest.mark.parametrize("formula", FORMULAS)
def test_what_must_not_matter_does_not(formula):
    heatmap, mask = scene(3)
    value = formula(heatmap, mask)
    assert formula(5 * heatmap, mask) == pytest.approx(value), "the scale"
    assert formula(heatmap.flip(0, 1), mask.flip(0, 1)) == pytest.approx(value), "where up and left are"
    assert formula(heatmap.T, mask.T) == pytest.approx(value)
    assert formula(heatmap.double(), mask.float()) == pytest.approx(value)


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_map_of_the_truth_is_right_and_one_of_the_rest_is_wrong(formula):
    mask = torch.zeros(5, 3)
    mask[1:3, 1:] = 1
    assert formula(mask, mask) == 1
    elsewhere = torch.zeros(5, 3)
    elsewhere[4, 0] = 1
    assert formula(elsewhere, mask) == pytest.approx(0 if formula is not rank_inside else 3 / 14), "of the zeros that tie"


def test_a_constant_map_gets_the_share_that_chance_has():
    _, mask = scene(5)
    share = mask.float().mean().item()
    for formula in (energy_inside, pointing, rank_inside):
        assert formula(torch.ones(4, 7), mask) == pytest.approx(share)


def test_an_empty_mask_earns_nothing():
    heatmap, _ = scene(1)
    nothing = torch.zeros(4, 7, dtype=torch.bool)
    assert pointing(heatmap, nothing) == 0
    for formula in (energy_inside, rank_inside, box_overlap):
        assert math.isnan(formula(heatmap, nothing))


def test_a_map_without_positive_relevance_has_no_energy_and_no_box():
    _, mask = scene(2)
    for values in (torch.zeros(4, 7), -torch.rand(4, 7) - 0.1):
        assert math.isnan(energy_inside(values, mask))
        assert math.isnan(box_overlap(values, mask))


def test_a_mask_may_cover_a_part_of_a_cell():
    heatmap, mask = torch.tensor([[1.0, 3.0]]), torch.tensor([[1.0, 0.25]])
    assert energy_inside(heatmap, mask) == pytest.approx((1 + 0.75) / 4)
    assert pointing(heatmap, mask) == 0.25


def test_tolerance_counts_rows_and_columns_apart():
    mask = torch.zeros(6, 7)
    mask[2, 3] = 1
    expected = torch.zeros(6, 7)
    expected[1:4, 1:6] = 1
    assert torch.equal(widened(mask, 1, 2).float(), expected)
    assert torch.equal(widened(mask, 0, 0).float(), mask)
    with pytest.raises(ValueError, match="0 or more rows and columns, got -1 and 2"):
        widened(mask, -1, 2)


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize(
    ("heatmap", "mask", "words"),
    [
        (torch.rand(2, 3), torch.ones(3, 2), r"on the map's grid \(2, 3\), got \(3, 2\)"),
        (torch.full((2, 3), math.nan), torch.ones(2, 3), "finite numbers"),
        (torch.rand(2, 3), torch.full((2, 3), 255.0), "from 0 to 1, got 255"),
    ],
)
def test_what_does_not_fit_is_said(formula, heatmap: torch.Tensor, mask: torch.Tensor, words: str):
    with pytest.raises(ValueError, match=words):
        formula(heatmap, mask)


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_input_is_changed(formula):
    heatmap, mask = scene(4)
    before = heatmap.clone(), mask.clone()
    formula(heatmap, mask)
    assert torch.equal(heatmap, before[0])
    assert torch.equal(mask, before[1])
