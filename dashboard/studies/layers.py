"""How maps build up layer by layer: the numbers of the layers page, computed from evidence alone."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import get_type_hints

import torch
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
    """The option that sets the layer or stage at which a method reads, with its range; None if it has no such option."""
    for name, hint in get_type_hints(type(method), include_extras=True).items():
        span = next((part for part in getattr(hint, "__metadata__", ()) if isinstance(part, Span)), None)
        if span is not None and isinstance(span.high, str):
            return name, span
    return None


def by_place(method: M, extent: Mapping[str, int]) -> list[M] | None:
    """The method set to every layer or stage, the first one first; None if it has no option for that."""
    option = place_option(method)
    if option is None:
        return None
    name, span = option
    return [replace(method, **{name: place}) for place in range(1, int(span.most(extent)) + 1)]


def attention_by_layer(evidence: AttentionMaps, heads: str, head: int | None) -> Tensor:
    """What the token that the classification head reads attends to within each layer alone, (L, rows, columns).

    Args:
        heads: how heads are fused, as in rollout.
        head: the head's number, from 1, or None for all heads, fused.

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
    """One metric by depth, first layer first: its `values`, and what `chance` would give, NaN if there is no value.

    A metric of one map measures the map up to that depth, a metric of a pair compares this map with another model's, and a
    metric of attention is the mean over the heads of that layer alone.
    """

    metric: Metric
    values: list[float]
    chance: list[float]


def curves(
    evidence: AttentionMaps, shown: Explanation, rollouts: Tensor, other: Explanation | None, share: float
) -> list[Curve]:
    """Every metric of one photo's rollouts (L, rows, columns), depth by depth, in the order of `METRICS`.

    `shown` is the explanation of any depth, and `other` another model's map or None. `share`, 0 to 1, is the part of a map's
    cells that counts as its top.
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
    """A metric's mean over the heads of one layer (H, T, T). One layer at a time: all at once would double the memory."""
    return Number(metric, metric(weights, evidence.grid, evidence.prefix).mean().item())


def every_choice(evidence: AttentionMaps, current: AttentionRollout) -> Tensor:
    """Rollout with every fusion and each ratio of `DISCARDS`, after each layer: (3, D, L, rows, columns)."""
    each = [
        [replace(current, heads=heads, discard=discard).progression(evidence).cpu() for discard in DISCARDS] for heads in HEADS
    ]
    return torch.stack([torch.stack(maps) for maps in each])


@dataclass(frozen=True)
class Choice:
    """Rollout with other options at the same depth, and its rank correlation with the current map."""

    method: AttentionRollout
    heatmap: Tensor
    spearman: float


def choices(current: AttentionRollout, map_of: Callable[[AttentionRollout], Tensor]) -> list[Choice]:
    """Rollout with every fusion and each ratio of `DISCARDS`, all ratios of the first fusion first.

    `map_of` gives a method's map (rows, columns), so that maps that are kept somewhere are not made again.
    """
    reference = map_of(current)
    methods = [replace(current, heads=heads, discard=discard) for heads, discard in product(HEADS, DISCARDS)]
    return [Choice(method, heatmap := map_of(method), spearman(heatmap, reference)) for method in methods]
