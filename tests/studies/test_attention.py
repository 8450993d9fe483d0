"""What the attention page computes, against plain second definitions."""

import dataclasses

import pytest
import torch

from dashboard.evidence import AttentionMaps, Prediction
from dashboard.explain import Explanation
from dashboard.methods import ClassActivationMap
from dashboard.numerics.attention import attention_distance, attention_entropy
from dashboard.photo import Box
from dashboard.studies.attention import (
    SMALL_MAPS,
    Spot,
    TokenAttention,
    head_summary,
    middle_token,
    patch_box,
    place,
    prefix_shares,
    small_maps,
    spot,
    token_names,
)

L, H, ROWS, COLUMNS = 4, 3, 2, 5


def maps(prefix: int) -> AttentionMaps:
    tokens = prefix + ROWS * COLUMNS
    weights = torch.randn(L, H, tokens, tokens, generator=torch.Generator().manual_seed(0)).mul(2).softmax(-1)
    return AttentionMaps(weights, (ROWS, COLUMNS), prefix, torch.eye(tokens)[0])


@pytest.mark.parametrize("direction", ["query", "key"])
@pytest.mark.parametrize(("prefix", "token"), [(0, 7), (1, 0), (1, 4), (3, 2), (3, 12)])
def test_one_head_written_out(prefix: int, token: int, direction: str):
    evidence = maps(prefix)
    found = TokenAttention(token, 3, 2, direction=direction)(evidence)
    assert found.shape == (ROWS, COLUMNS)
    for row in range(ROWS):
        for column in range(COLUMNS):
            other = prefix + row * COLUMNS + column
            query, key = (token, other) if direction == "query" else (other, token)
            assert found[row, column] == evidence.weights[2, 1, query, key]


@pytest.mark.parametrize("heads", ["mean", "max", "min"])
def test_fused_heads_written_out(heads: str):
    evidence = maps(1)
    found = TokenAttention(4, 2, None, heads)(evidence).flatten()
    for patch in range(ROWS * COLUMNS):
        each = [evidence.weights[1, head, 4, 1 + patch].item() for head in range(H)]
        assert found[patch].item() == pytest.approx({"mean": sum(each) / H, "max": max(each), "min": min(each)}[heads])


@pytest.mark.parametrize("direction", ["query", "key"])
def test_hidden_tokens_leave_the_rest_in_its_proportions(direction: str):
    evidence = maps(3)
    asked = TokenAttention(5, 1, 1, direction=direction)
    whole, patches = asked(evidence), dataclasses.replace(asked, hide_cls=True)(evidence)
    assert patches.sum().item() == pytest.approx(1)
    assert torch.allclose(patches / patches[1, 2], whole / whole[1, 2])


def test_hidden_tokens_that_took_everything_leave_nothing():
    evidence = dataclasses.replace(maps(1), weights=torch.zeros(L, H, 11, 11))
    evidence.weights[..., 0] = 1
    assert TokenAttention(3, 1, hide_cls=True)(evidence).tolist() == [[0] * COLUMNS] * ROWS


def test_every_head_has_the_fused_ones_first():
    evidence = maps(1)
    asked = TokenAttention(6, 2, heads="max", direction="key")
    each = asked.every_head(evidence)
    assert each.shape == (L, 1 + H, 11)
    for layer in range(L):
        for head in (None, 1, 2, 3):
            alone = dataclasses.replace(asked, layer=layer + 1, head=head).over_tokens(evidence)
            assert torch.equal(each[layer, head or 0], alone)


def test_small_maps_stay_as_they_are_where_they_fit():
    maps = torch.rand(12, 13, 14, 14)
    assert torch.equal(small_maps(maps), maps)


def test_small_maps_of_a_large_model_are_means_of_their_cells():
    maps = torch.rand(24, 17, 24, 36)
    small = small_maps(maps)
    assert small.shape == (24, 17, 12, 12)
    assert small.numel() <= SMALL_MAPS
    for row, column in ((0, 0), (5, 11)):
        cells = maps[3, 4, 2 * row : 2 * row + 2, 3 * column : 3 * column + 3]
        assert small[3, 4, row, column].item() == pytest.approx(sum(cells.flatten().tolist()) / 6, rel=1e-5)


@pytest.mark.parametrize("wrong", [{"layer": 0}, {"layer": 5}, {"head": 4}, {"head": -1}, {"token": 11}, {"token": -1}])
def test_what_is_not_there(wrong: dict[str, int]):
    with pytest.raises(ValueError, match="expected"):
        TokenAttention(**{"token": 1, "layer": 1} | wrong)(maps(1))


@pytest.mark.parametrize(("prefix", "first"), [(0, []), (1, ["cls"]), (3, ["cls", "extra1", "extra2"])])
def test_every_token_has_a_name_and_only_patches_a_place(prefix: int, first: list[str]):
    evidence = maps(prefix)
    names = token_names(evidence)
    assert names[: prefix + 2] == [*first, "row 1, column 1", "row 1, column 2"]
    assert names[-1] == f"row {ROWS}, column {COLUMNS}"
    assert len(set(names)) == evidence.weights.shape[-1]
    places = [place(evidence, token) for token in range(len(names))]
    assert places == [None] * prefix + [(row, column) for row in range(ROWS) for column in range(COLUMNS)]
    assert place(evidence, middle_token(evidence)) == (1, 2)


def test_the_share_of_each_token_before_the_patches():
    tokens = torch.tensor([2.0, 1.0, 1.0] + [0.6] * 10)
    assert prefix_shares(maps(3), tokens) == pytest.approx([0.2, 0.1, 0.1])
    assert prefix_shares(maps(0), tokens) == []


def test_where_a_patch_lies():
    box = patch_box(Box(50, -10, 350, 290), (3, 5), (2, 1))
    assert (box.left, box.top, box.right, box.bottom) == (110, 190, 170, 290)


def cam(values: list[list[float]]) -> Explanation:
    return Explanation(
        torch.tensor(values), Box(0, 0, 40, 20), ClassActivationMap(), "a/b", 0, Prediction(torch.ones(1), ("a",))
    )


def test_a_map_at_a_spot_is_read_between_its_cells_centres():
    shown = cam([[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0]])
    found = spot(shown, Box(10, 0, 20, 10))  # its middle is that of a cell
    assert (found.value, found.percentile) == (1, 1.5 / 8)
    found = spot(shown, Box(10, 5, 20, 15))  # between two rows
    assert (found.value, found.percentile) == (3, 3.5 / 8)


@pytest.mark.parametrize("where", [Box(38, 0, 48, 10), Box(0, -20, 10, -5), Box(0, 16, 10, 26)])
def test_a_spot_that_the_model_never_saw(where: Box):
    assert spot(cam([[0.0, 1.0], [2.0, 3.0]]), where) is None


def test_a_spot_of_a_flat_map_has_no_rank():
    assert spot(cam([[2.0, 2.0], [2.0, 2.0]]), Box(0, 0, 20, 10)) == Spot(2, None)


def test_the_summary_is_that_of_each_layer():
    evidence = maps(1)
    found = head_summary(evidence)
    assert torch.allclose(found.distance, attention_distance(evidence.weights, evidence.grid, 1))
    assert torch.allclose(found.entropy, attention_entropy(evidence.weights, 1))
    assert found.entropy.shape == (L, H)
