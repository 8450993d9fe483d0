"""Attention read by itself, against sums written out cell by cell."""

import math

import pytest
import torch

from dashboard.numerics.attention import attention_distance, attention_entropy, read_attention, token_attention

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


def test_a_token_as_query_and_as_key():
    weights = attention(4, 2)
    row, column = token_attention(weights, 3, "query"), token_attention(weights, 3, "key")
    assert row.shape == column.shape == (4, 2, TOKENS)
    for other in range(TOKENS):
        assert row[1, 0, other] == weights[1, 0, 3, other]
        assert column[1, 0, other] == weights[1, 0, other, 3]


@pytest.mark.parametrize(("token", "direction"), [(TOKENS, "query"), (-1, "key"), (0, "value")])
def test_a_token_or_direction_that_is_not_there(token: int, direction: str):
    with pytest.raises(ValueError, match=f"from 0 to {TOKENS - 1}, got '{direction}' and {token}"):
        token_attention(attention(1), token, direction)


def test_entropy_written_out():
    weights = attention(2, 3)
    total = 0.0
    for query in range(PREFIX, TOKENS):
        total -= sum(share * math.log(share) for share in weights[1, 2, query].tolist())
    found = attention_entropy(weights, PREFIX)
    assert found.shape == (2, 3)
    assert found[1, 2].item() == pytest.approx(total / (ROWS * COLUMNS) / math.log(TOKENS), rel=1e-5)


def test_entropy_of_one_token_and_of_all_alike():
    assert attention_entropy(torch.eye(TOKENS), PREFIX).item() == 0
    assert attention_entropy(torch.full((TOKENS, TOKENS), 1 / TOKENS), PREFIX).item() == pytest.approx(1)
