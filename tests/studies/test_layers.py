"""What the layers page computes, against plain second definitions."""

import math

import pytest
import torch

from dashboard.compare import compare
from dashboard.evidence import AttentionMaps, Prediction
from dashboard.explain import Explanation
from dashboard.methods import AttentionRollout, ClassActivationMap
from dashboard.metrics import Spearman, TopOverlap
from dashboard.photo import Box
from dashboard.studies.layers import DISCARDS, HEADS, attention_by_layer, choices, curves

L, H, ROWS, COLUMNS = 4, 3, 2, 5
BOX = Box(0, 0, 50, 20)


@pytest.fixture
def evidence() -> AttentionMaps:
    tokens = 1 + ROWS * COLUMNS
    weights = torch.randn(L, H, tokens, tokens, generator=torch.Generator().manual_seed(0)).mul(2).softmax(-1)
    return AttentionMaps(weights, (ROWS, COLUMNS), 1, torch.eye(tokens)[0])


def explanation(heatmap: torch.Tensor, method, box: Box = BOX) -> Explanation:
    return Explanation(heatmap, box, method, "a/b", None, Prediction(torch.ones(1), ("cat",)))


@pytest.mark.parametrize("heads", HEADS)
def test_fused_attention_of_each_layer(evidence: AttentionMaps, heads: str):
    fused = {"mean": evidence.weights.mean(1), "max": evidence.weights.amax(1), "min": evidence.weights.amin(1)}[heads]
    found = attention_by_layer(evidence, heads, None)
    for layer in range(L):
        assert torch.allclose(found[layer], fused[layer, 0, 1:].view(ROWS, COLUMNS))


def test_one_head_of_each_layer(evidence: AttentionMaps):
    found = attention_by_layer(evidence, "mean", 2)
    assert torch.equal(found, evidence.weights[:, 1, 0, 1:].view(L, ROWS, COLUMNS))


@pytest.mark.parametrize("head", [0, 4, -1])
def test_a_head_that_is_not_there(evidence: AttentionMaps, head: int):
    with pytest.raises(ValueError, match=f"from 1 to 3, got {head}"):
        attention_by_layer(evidence, "mean", head)


def test_curves_have_one_point_per_depth(evidence: AttentionMaps):
    method = AttentionRollout()
    rollouts = method.progression(evidence)
    cam = explanation(torch.randn(3, 4), ClassActivationMap())
    read = curves(evidence, explanation(rollouts[-1], method), rollouts, cam, 0.2)
    assert {len(values) for values in (read.entropy, read.gini, read.distance, read.agreement, read.overlap)} == {L}
    for layer, rollout in enumerate(rollouts):
        pair = compare(explanation(rollout, method), cam, 0.2)
        assert read.agreement[layer] == pair.number(Spearman).value
        assert read.overlap[layer] == pair.number(TopOverlap).value
    shares = rollouts[1].flatten() / rollouts[1].sum()
    assert read.entropy[1] == pytest.approx(-(shares * shares.log()).sum().item() / torch.tensor(10.0).log().item(), abs=1e-5)
    assert read.chance[1] == pytest.approx(0.2 / 1.8)


def test_distance_is_that_of_the_patches_alone(evidence: AttentionMaps):
    method = AttentionRollout()
    rollouts = method.progression(evidence)
    read = curves(evidence, explanation(rollouts[-1], method), rollouts, explanation(torch.randn(3, 4), method), 0.2)
    total = 0.0
    for head in range(H):
        among = evidence.weights[2, head, 1:, 1:]
        among = among / among.sum(-1, keepdim=True)
        for query in range(ROWS * COLUMNS):
            for key in range(ROWS * COLUMNS):
                away = ((query // COLUMNS - key // COLUMNS) ** 2 + (query % COLUMNS - key % COLUMNS) ** 2) ** 0.5
                total += among[query, key].item() * away
    assert read.distance[2] == pytest.approx(total / (H * ROWS * COLUMNS), rel=1e-4)


def test_curves_without_a_common_part(evidence: AttentionMaps):
    method = AttentionRollout()
    rollouts = method.progression(evidence)
    elsewhere = explanation(torch.randn(3, 4), ClassActivationMap(), Box(60, 0, 90, 20))
    read = curves(evidence, explanation(rollouts[-1], method), rollouts, elsewhere, 0.2)
    assert all(math.isnan(value) for value in (*read.agreement, *read.overlap, *read.chance))
    assert all(math.isfinite(value) for value in read.entropy)


def test_curves_have_gaps_where_the_rollout_is_flat(evidence: AttentionMaps):
    method = AttentionRollout()
    rollouts = method.progression(evidence)
    rollouts[1] = 0.1
    read = curves(evidence, explanation(rollouts[-1], method), rollouts, explanation(torch.randn(3, 4), method), 0.2)
    for values in (read.entropy, read.gini, read.agreement, read.overlap, read.chance):
        assert [math.isnan(value) for value in values] == [False, True, False, False]


def test_every_choice_at_the_same_depth(evidence: AttentionMaps):
    current = AttentionRollout("max", 0.8, 3)
    found = choices(evidence, current)
    assert [(choice.method.heads, choice.method.discard) for choice in found] == [(h, d) for h in HEADS for d in DISCARDS]
    assert all(choice.method.depth == 3 for choice in found)
    own = next(choice for choice in found if choice.method == current)
    assert own.spearman == pytest.approx(1)
    assert torch.equal(own.heatmap, current(evidence))
