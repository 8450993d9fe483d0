"""What the layers page computes, against plain second definitions."""

import math

import pytest
import torch

from dashboard.compare import compare
from dashboard.evidence import AttentionMaps, Prediction
from dashboard.explain import Explanation
from dashboard.methods import AttentionRollout, ClassActivationMap
from dashboard.metrics import (
    METRICS,
    AttentionDistance,
    AttentionMetric,
    Entropy,
    MapMetric,
    Metric,
    Number,
    PairMetric,
    Spearman,
    TopOverlap,
)
from dashboard.photo import Box
from dashboard.studies.layers import DISCARDS, HEADS, Curve, attention_by_layer, choices, curves

L, H, ROWS, COLUMNS = 4, 3, 2, 5
BOX = Box(0, 0, 50, 20)


@pytest.fixture
def evidence() -> AttentionMaps:
    tokens = 1 + ROWS * COLUMNS
    weights = torch.randn(L, H, tokens, tokens, generator=torch.Generator().manual_seed(0)).mul(2).softmax(-1)
    return AttentionMaps(weights, (ROWS, COLUMNS), 1, torch.eye(tokens)[0])


def explanation(heatmap: torch.Tensor, method, box: Box = BOX) -> Explanation:
    return Explanation(heatmap, box, method, "a/b", None, Prediction(torch.ones(1), ("cat",)))


def of(read: list[Curve], kind: type[Metric]) -> Curve:
    return next(curve for curve in read if type(curve.metric) is kind)


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
    by_layer = (MapMetric, PairMetric, AttentionMetric)
    assert [type(curve.metric) for curve in read] == [metric for metric in METRICS if issubclass(metric, by_layer)]
    assert {len(curve.values) for curve in read} == {len(curve.chance) for curve in read} == {L}
    for layer, rollout in enumerate(rollouts):
        pair = compare(explanation(rollout, method), cam, 0.2)
        for kind in (Spearman, TopOverlap):
            curve = of(read, kind)
            assert Number(curve.metric, curve.values[layer], curve.chance[layer]) == pair.number(kind)
    shares = rollouts[1].flatten() / rollouts[1].sum()
    evenness = -(shares * shares.log()).sum().item() / math.log(ROWS * COLUMNS)
    assert of(read, Entropy).values[1] == pytest.approx(evenness, abs=1e-5)
    assert of(read, TopOverlap).chance[1] == pytest.approx(0.2 / 1.8)


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
    assert of(read, AttentionDistance).values[2] == pytest.approx(total / (H * ROWS * COLUMNS), rel=1e-4)


def test_curves_without_a_common_part(evidence: AttentionMaps):
    method = AttentionRollout()
    rollouts = method.progression(evidence)
    elsewhere = explanation(torch.randn(3, 4), ClassActivationMap(), Box(60, 0, 90, 20))
    read = curves(evidence, explanation(rollouts[-1], method), rollouts, elsewhere, 0.2)
    for curve in read:
        without = math.isnan if isinstance(curve.metric, PairMetric) else math.isfinite
        assert all(map(without, curve.values)), curve.metric.label
        assert all(map(math.isnan, curve.chance))


def test_curves_have_gaps_where_the_rollout_is_flat(evidence: AttentionMaps):
    method = AttentionRollout()
    rollouts = method.progression(evidence)
    rollouts[1] = 0.1
    read = curves(evidence, explanation(rollouts[-1], method), rollouts, explanation(torch.randn(3, 4), method), 0.2)
    for curve in read:
        of_maps = isinstance(curve.metric, MapMetric | PairMetric)
        assert [math.isnan(value) for value in curve.values] == [False, of_maps, False, False]


def test_every_choice_at_the_same_depth(evidence: AttentionMaps):
    current = AttentionRollout("max", 0.8, 3)
    found = choices(current, lambda method: method(evidence))
    assert [(choice.method.heads, choice.method.discard) for choice in found] == [(h, d) for h in HEADS for d in DISCARDS]
    assert all(choice.method.depth == 3 for choice in found)
    own = next(choice for choice in found if choice.method == current)
    assert own.spearman == pytest.approx(1)
    assert torch.equal(own.heatmap, current(evidence))
