"""Ranks, their correlation and overlap against SciPy, chance and hand-made cases; resampling against straight lines."""

import math

import pytest
import torch
from scipy import stats

from dashboard.numerics.agreement import chance_overlap, rank_difference, spearman, spearman_matrix, top_mask, top_overlap
from dashboard.numerics.scaling import crop_resample, inside, percentiles, ranks


def with_ties(seed: int) -> torch.Tensor:
    return torch.randint(0, 8, (5, 9), generator=torch.Generator().manual_seed(seed)).float()


@pytest.mark.parametrize("seed", range(4))
def test_ranks_and_spearman_are_scipys(seed: int):
    a, b = with_ties(seed), with_ties(seed + 10)
    assert (ranks(a).flatten().numpy() == stats.rankdata(a.flatten().numpy()) - 1).all()
    assert spearman(a, b) == pytest.approx(stats.spearmanr(a.flatten().numpy(), b.flatten().numpy()).statistic)


def test_only_order_counts():
    a = torch.randn(6, 4)
    assert spearman(a, a.exp() + 3) == pytest.approx(1)
    assert spearman(a, -a) == pytest.approx(-1)
    assert rank_difference(a, 5 * a).abs().max() == 0


def test_a_flat_map_has_no_correlation():
    assert math.isnan(spearman(torch.ones(3, 3), torch.randn(3, 3)))
    assert math.isnan(spearman(torch.randn(3, 3), 0.1 + 1e-8 * torch.rand(3, 3)))


def test_the_matrix_is_that_of_every_pair():
    maps = torch.stack([*(with_ties(seed) for seed in range(5)), 1 + 1e-7 * torch.rand(5, 9), -with_ties(0)])
    found = spearman_matrix(maps)
    for i, first in enumerate(maps):
        for j, second in enumerate(maps):
            assert found[i, j].item() == pytest.approx(spearman(first, second), nan_ok=True)
    assert found[0, 6] == pytest.approx(-1)
    assert found[5].isnan().all()


def test_nan_is_refused():
    with pytest.raises(ValueError, match="NaN"):
        ranks(torch.tensor([1.0, math.nan]))


def test_percentiles_run_from_zero_to_one():
    assert percentiles(torch.tensor([[3.0, 1.0, 2.0]])).tolist() == [[1.0, 0.0, 0.5]]
    assert percentiles(torch.tensor([[7.0]])).tolist() == [[0.5]]


def test_overlap_of_equal_opposite_and_unrelated_maps():
    a = torch.arange(100.0).view(10, 10)
    assert top_overlap(a, a, 0.2) == 1
    assert top_overlap(a, -a, 0.2) == 0
    generator = torch.Generator().manual_seed(0)
    draws = [top_overlap(torch.rand(20, 20, generator=generator), torch.rand(20, 20, generator=generator), 0.2)
             for _ in range(300)]  # fmt: skip
    assert sum(draws) / len(draws) == pytest.approx(chance_overlap(0.2, 0.2), abs=0.005)


def slow_top(values: list[float], share: float) -> list[bool]:
    """Whole groups of equals, largest first, for as long as they have room; the first one always."""
    room, top = max(1, round(share * len(values))), []
    for value in sorted(set(values), reverse=True):
        room -= values.count(value)
        if room < 0 and top:
            break
        top.append(value)
    return [value in top for value in values]


@pytest.mark.parametrize("share", [0.01, 0.2, 0.5, 0.93, 1])
@pytest.mark.parametrize("seed", range(4))
def test_of_equals_all_are_in_the_top_or_none(seed: int, share: float):
    values = with_ties(seed) - 3
    assert top_mask(values, share).flatten().tolist() == slow_top(values.flatten().tolist(), share)


def test_the_zeros_of_a_map_are_no_top():
    values = torch.zeros(5, 6)
    values[3, 1:4] = torch.tensor([1.0, 3.0, 2.0])
    assert torch.equal(top_mask(values, 0.2), values > 0)
    assert not top_mask(torch.zeros(5, 4), 0.2).any()
    assert top_mask(torch.tensor([[1.0, 0.0], [0.0, 0.0]]), 0.01).sum() == 1


def test_chance_where_the_tops_differ_in_size():
    generator = torch.Generator().manual_seed(0)
    draws = []
    for _ in range(300):
        a, b = torch.rand(20, 20, generator=generator), torch.rand(20, 20, generator=generator)
        a[a < 0.9] = 0  # a tenth is above zero
        draws.append(top_overlap(a, b, 0.3))
    assert sum(draws) / len(draws) == pytest.approx(chance_overlap(0.1, 0.3), abs=0.005)
    assert math.isnan(chance_overlap(0, 0))


def test_a_share_that_is_none():
    with pytest.raises(ValueError, match="got 0"):
        top_mask(torch.zeros(2, 2), 0)


def test_grids_that_differ_are_refused():
    with pytest.raises(ValueError, match=r"\(2, 3\) and \(3, 2\)"):
        spearman(torch.ones(2, 3), torch.ones(3, 2))


def test_a_map_on_its_own_grid_stays():
    heatmap = torch.randn(4, 7)
    torch.testing.assert_close(crop_resample(heatmap, (0, 0, 1, 1), 4, 7), heatmap)


def test_resampling_follows_a_straight_line():
    """Cell centres of 10 columns lie at 0.05 to 0.95; between them a ramp stays a ramp."""
    ramp = ((torch.arange(10) + 0.5) / 10).expand(6, 10) + 10 * ((torch.arange(6) + 0.5) / 6)[:, None]
    region, rows, columns = (0.2, 0.25, 0.8, 0.75), 3, 4
    across = 0.2 + 0.6 * (torch.arange(columns) + 0.5) / columns
    down = 0.25 + 0.5 * (torch.arange(rows) + 0.5) / rows
    torch.testing.assert_close(crop_resample(ramp, region, rows, columns), across + 10 * down[:, None])


def test_inside():
    assert inside((-0.5, 0, 1.5, 1), 1, 4).tolist() == [[False, True, True, False]]
