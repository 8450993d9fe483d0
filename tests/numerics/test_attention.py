"""Attention read by itself, against sums written out cell by cell."""

import math

import pytest
import torch

from dashboard.numerics.attention import attention_distance, read_attention

ROWS, COLUMNS, PREFIX = 2, 3, 2
TOKENS = PREFIX + ROWS * COLUMNS


def attention(*leading: int) -> torch.Tensor:
    return torch.rand(*leading, TOKENS, TOKENS, generator=torch.Generator().manual_seed(1)).softmax(-1)


def test_reading_is_a_weighted_sum_of_rows():
    weights, reads = attention(4, 2), torch.rand(TOKENS).softmax(0)
    read = read_attention(weights, reads)
    assert read.shape == (4, 2, TOKENS)
    by_hand = sum(reads[q] * weights[3, 1, q] for q in range(TOKENS))
    assert torch.allclose(read[3, 1], by_hand)
    assert torch.allclose(read.sum(-1), torch.ones(4, 2))


def test_distance_written_out():
    weights = attention(2, 3)
    places = [(row, column) for row in range(ROWS) for column in range(COLUMNS)]
    total = 0.0
    for q, here in enumerate(places):
        row = weights[1, 2, PREFIX + q, PREFIX:].tolist()
        total += sum(share * math.dist(here, there) for share, there in zip(row, places, strict=True)) / sum(row)
    found = attention_distance(weights, (ROWS, COLUMNS), PREFIX)
    assert found.shape == (2, 3)
    assert found[1, 2].item() == pytest.approx(total / len(places), rel=1e-5)


def test_who_looks_at_itself_looks_nowhere():
    assert attention_distance(torch.eye(TOKENS)[None], (ROWS, COLUMNS), PREFIX).item() == 0


def test_who_looks_at_the_prefix_alone_has_no_distance():
    weights = torch.zeros(1, TOKENS, TOKENS)
    weights[..., 0] = 1
    assert attention_distance(weights, (ROWS, COLUMNS), PREFIX).item() == 0
