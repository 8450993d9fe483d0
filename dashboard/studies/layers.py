"""How both models' pictures build up: what the layers page shows, from evidence alone and without Streamlit."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import get_type_hints

from torch import Tensor

from dashboard.compare import Comparison, compare
from dashboard.evidence import AttentionMaps
from dashboard.explain import Explanation
from dashboard.methods import AttentionRollout, Method, Span
from dashboard.methods.base import M
from dashboard.metrics import AttentionMetric, MapMetric, Metric, Number, PairMetric, chosen, of_map
from dashboard.numerics.agreement import spearman
from dashboard.numerics.attention import read_attention
from dashboard.numerics.rollout import FUSIONS, Fusion, fuse_heads

HEADS: tuple[Fusion, ...] = tuple(FUSIONS)
DISCARDS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.99)


def place_option(method: Method) -> tuple[str, Span] | None:
    """The option that says at which layer or stage a method reads, with its range; None where it has no such option."""
    for name, hint in get_type_hints(type(method), include_extras=True).items():
        span = next((part for part in getattr(hint, "__metadata__", ()) if isinstance(part, Span)), None)
        if span is not None and isinstance(span.high, str):
            return name, span
    return None


def by_place(method: M, extent: Mapping[str, int]) -> list[M] | None:
    """The method at every layer or stage, first one first; None where it has no such option."""
    option = place_option(method)
    if option is None:
        return None
    name, span = option
    return [replace(method, **{name: place}) for place in range(1, int(span.most(extent)) + 1)]


def attention_by_layer(evidence: AttentionMaps, heads: str, head: int | None) -> Tensor:
    """What the head's token attends to within each layer alone, (L, rows, columns).

    Args:
        heads: how heads are fused, as in rollout.
        head: one head from 1, or None for all of them fused.

    Raises:
        ValueError: there is no such head.
    """
    count = evidence.weights.shape[1]
    if head is not None and not 1 <= head <= count:
        raise ValueError(f"expected a head from 1 to {count}, got {head}")
    weights = fuse_heads(evidence.weights, heads) if head is None else evidence.weights[:, head - 1]  # (L, T, T)
    return evidence.on_grid(read_attention(weights, evidence.reads)).cpu()


@dataclass(frozen=True)
class Curve:
    """One metric by depth, first layer first: its `values`, and what `chance` would give, each NaN where there is none.

    A metric of a map is that of the map up to a depth, one of a pair compares that map with another model's, and one of
    attention is the mean over the heads of that layer alone.
    """

    metric: Metric
    values: list[float]
    chance: list[float]


def curves(
    evidence: AttentionMaps, shown: Explanation, rollouts: Tensor, other: Explanation | None, share: float
) -> list[Curve]:
    """Every metric of one photo's rollouts (L, rows, columns), depth by depth, in the order of `METRICS`.

    `shown` is any of the rollouts, `other` another model's map, if any; `share` that of a map's top.
    """
    pairs = [None if other is None else compare(replace(shown, heatmap=rollout), other, share) for rollout in rollouts]
    maps = [of_map(rollout, share=share) for rollout in rollouts]
    found = []
    for metric in chosen(Metric, share=share):
        if isinstance(metric, MapMetric):
            found.append(_curve(metric, [_of(metric, numbers) for numbers in maps]))
        elif isinstance(metric, PairMetric):
            compared = [pair.numbers if isinstance(pair, Comparison) else () for pair in pairs]
            found.append(_curve(metric, [_of(metric, numbers) for numbers in compared]))
        elif isinstance(metric, AttentionMetric):
            found.append(_curve(metric, [_of_layer(metric, layer, evidence) for layer in evidence.weights]))
    return found


def _curve(metric: Metric, by_depth: Sequence[Number]) -> Curve:
    chance = [math.nan if number.chance is None else number.chance for number in by_depth]
    return Curve(metric, [number.value for number in by_depth], chance)


def _of(metric: Metric, numbers: Iterable[Number]) -> Number:
    return next((number for number in numbers if number.metric == metric), Number(metric, math.nan))


def _of_layer(metric: AttentionMetric, weights: Tensor, evidence: AttentionMaps) -> Number:
    """One layer (H, T, T) at a time, as a large model's attention would take its memory twice over."""
    return Number(metric, metric(weights, evidence.grid, evidence.prefix).mean().item())


@dataclass(frozen=True)
class Choice:
    """Rollout with other options at the same depth, and its rank correlation with the current map."""

    method: AttentionRollout
    heatmap: Tensor
    spearman: float


def choices(evidence: AttentionMaps, current: AttentionRollout) -> list[Choice]:
    """Every fusion with six discard ratios, fusions in rows."""
    reference = current(evidence).cpu()
    found = []
    for heads, discard in product(HEADS, DISCARDS):
        method = replace(current, heads=heads, discard=discard)
        heatmap = method(evidence).cpu()
        found.append(Choice(method, heatmap, spearman(heatmap, reference)))
    return found
