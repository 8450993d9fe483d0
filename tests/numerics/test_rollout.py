"""Rollout against the paper's definition, written again as a sum over every path of tokens."""

import itertools
import math

import pytest
import torch
from torch import Tensor

from dashboard.evidence import AttentionMaps
from dashboard.methods import AttentionRollout
from dashboard.numerics.rollout import FUSIONS, discard_lowest, fuse_heads, rollout_rows, starting_at, with_residual

RATIOS = (0.0, 0.3, 0.5, 0.9, 0.99)


def attention(layers: int = 3, heads: int = 4, tokens: int = 7, seed: int = 0) -> Tensor:
    """Sharp and asymmetric, so that a transposed axis shows."""
    noise = torch.randn(layers, heads, tokens, tokens, generator=torch.Generator().manual_seed(seed))
    return (3 * noise).softmax(-1)


def over_all_paths(steps: Tensor, start: int, end: int) -> float:
    """Every way from the last layer's token `start` down to the input token `end`, its weights multiplied."""
    layers, tokens = len(steps), steps.shape[-1]
    total = 0.0
    for between in itertools.product(range(tokens), repeat=layers - 1):
        path = (start, *between, end)
        total += math.prod(steps[layers - 1 - i, path[i], path[i + 1]].item() for i in range(layers))
    return total


def slow_discard(matrix: Tensor, ratio: float) -> Tensor:
    """One matrix at a time, entry by entry, smallest first."""
    entries = sorted((value, index) for index, value in enumerate(matrix.flatten().tolist()))
    kept = matrix.flatten().clone()
    for _, index in entries[: math.floor(ratio * matrix.numel())]:
        if index != 0:
            kept[index] = 0
    return kept.view_as(matrix)


def test_it_is_the_sum_over_all_paths_of_tokens():
    steps = with_residual(fuse_heads(attention(tokens=4), "mean"))
    for depth in (1, 2, 3):
        row = rollout_rows(steps, torch.eye(4)[2])[depth - 1]
        expected = [over_all_paths(steps[:depth], 2, token) for token in range(4)]
        torch.testing.assert_close(row, torch.tensor(expected))


@pytest.mark.parametrize("mode", FUSIONS)
def test_every_depth_is_the_product_of_whole_matrices(mode: str):
    steps = with_residual(discard_lowest(fuse_heads(attention(layers=5), mode), 0.5))
    reads = torch.tensor([0.5, 0, 0.1, 0.1, 0.1, 0.1, 0.1])
    rows = rollout_rows(steps, reads)
    product = torch.eye(7)
    for depth in range(5):
        product = steps[depth] @ product
        torch.testing.assert_close(rows[depth], reads @ product)
    torch.testing.assert_close(rows.sum(1), torch.ones(5))


def test_layers_before_the_first_hand_on_what_they_get():
    fused = fuse_heads(attention(layers=3, tokens=4), "max")
    steps = with_residual(starting_at(fused, 1))
    assert torch.equal(steps[0], torch.eye(4))
    expected = [over_all_paths(with_residual(fused)[1:], 2, token) for token in range(4)]
    torch.testing.assert_close(rollout_rows(steps, torch.eye(4)[2])[2], torch.tensor(expected))
    assert starting_at(fused, 0) is fused


@pytest.mark.parametrize("mode", FUSIONS)
@pytest.mark.parametrize("ratio", RATIOS)
def test_rows_sum_to_one_after_every_step(mode: str, ratio: float):
    steps = with_residual(discard_lowest(fuse_heads(attention(), mode), ratio))
    assert (steps.sum(-1) - 1).abs().max() < 1e-5
    assert (steps >= 0).all()


@pytest.mark.parametrize("ratio", RATIOS)
def test_discarding_against_one_entry_at_a_time(ratio: float):
    fused = fuse_heads(attention(tokens=9, seed=1), "max")
    expected = torch.stack([slow_discard(matrix, ratio) for matrix in fused])
    assert torch.equal(discard_lowest(fused, ratio), expected)


def test_the_first_entry_is_never_dropped():
    matrix = torch.arange(16.0).view(1, 4, 4) + 1
    assert discard_lowest(matrix, 0.9)[0, 0, 0] == 1


def test_equal_entries_stay_together():
    uniform = torch.full((2, 5, 5), 0.2)
    assert torch.equal(discard_lowest(uniform, 0.9), uniform)


def test_discarding_leaves_its_input_alone():
    fused = fuse_heads(attention(), "mean")
    before = fused.clone()
    discard_lowest(fused, 0.9)
    assert torch.equal(fused, before)


@pytest.mark.parametrize("mode", FUSIONS)
def test_fusion_entry_by_entry(mode: str):
    weights = attention(layers=1, heads=3, tokens=2)[0]
    pick = {"mean": lambda values: sum(values) / len(values), "max": max, "min": min}[mode]
    expected = [[pick([weights[h, i, j].item() for h in range(3)]) for j in range(2)] for i in range(2)]
    torch.testing.assert_close(fuse_heads(weights[None], mode)[0], torch.tensor(expected))


def test_two_prefix_tokens_on_an_oblong_grid():
    """A lone patch at row 1, column 2 of 2 x 3 is where the map has its value."""
    tokens, patch = 2 + 2 * 3, 2 + 1 * 3 + 2
    weights = torch.zeros(1, 1, tokens, tokens)
    weights[0, 0, :, patch] = 1
    reads = torch.zeros(tokens)
    reads[:2] = 0.5
    heatmap = AttentionRollout("mean", 0.0)(AttentionMaps(weights, (2, 3), 2, reads))
    expected = torch.zeros(2, 3)
    expected[1, 2] = 0.5
    torch.testing.assert_close(heatmap, expected)


def test_a_head_that_reads_the_patches_mean():
    weights = attention(layers=2, tokens=6)
    reads = torch.full((6,), 1 / 6)
    steps = with_residual(fuse_heads(weights, "mean"))
    expected = torch.stack([rollout_rows(steps, torch.eye(6)[token]) for token in range(6)]).mean(0)
    torch.testing.assert_close(rollout_rows(steps, reads), expected)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: fuse_heads(attention(), "median"), "mean, max, min.*'median'"),
        (lambda: fuse_heads(torch.ones(3, 4), "mean"), r"\(3, 4\)"),
        (lambda: discard_lowest(torch.ones(2, 2), 1.0), "0 to 0.99, got 1.0"),
        (lambda: discard_lowest(torch.ones(2, 2), -0.1), "got -0.1"),
        (lambda: starting_at(torch.ones(2, 3, 3), 2), "from 0 to 1, got 2"),
        (lambda: rollout_rows(torch.ones(2, 3, 3), torch.ones(4)), r"\(2, 3, 3\) and \(4,\)"),
        (lambda: rollout_rows(torch.ones(2, 3, 3), torch.ones(3)), "sum of 3"),
        (lambda: AttentionMaps(torch.ones(1, 1, 5, 5), (2, 3), 1, torch.ones(5)), "2 x 3 patches"),
    ],
)
def test_wrong_settings_say_what_was_expected_and_what_came(call, words: str):
    with pytest.raises(ValueError, match=words):
        call()
