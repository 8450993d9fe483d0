"""How both models' pictures build up: what the layers page shows, from evidence alone and without Streamlit."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import get_type_hints

from torch import Tensor

from dashboard.compare import Comparison, compare
from dashboard.evidence import AttentionMaps
from dashboard.explain import Explanation
from dashboard.methods import AttentionRollout, Method, Span
from dashboard.metrics import Spearman, TopOverlap
from dashboard.numerics.agreement import spearman
from dashboard.numerics.attention import attention_distance, read_attention
from dashboard.numerics.concentration import entropy, gini
from dashboard.numerics.rollout import fuse_heads
from dashboard.numerics.scaling import is_flat

HEADS = ("mean", "max", "min")
DISCARDS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.99)


def place_option(method: Method) -> tuple[str, Span] | None:
    """The option that says at which layer or stage a method reads, with its range; None where it has no such option."""
    for name, hint in get_type_hints(type(method), include_extras=True).items():
        span = next((part for part in getattr(hint, "__metadata__", ()) if isinstance(part, Span)), None)
        if span is not None and isinstance(span.high, str):
            return name, span
    return None


def by_place(method: Method, extent: Mapping[str, int]) -> list[Method] | None:
    """The method at every layer or stage, first one first; None where it has no such option."""
    option = place_option(method)
    if option is None:
        return None
    name, span = option
    return [replace(method, **{name: place}) for place in range(1, extent[span.high] + 1)]


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
class Curves:
    """One number per depth, first layer first; NaN where the rollout is flat.

    `entropy`, `gini` of the rollout up to that depth; `distance` that patches look in that layer alone, in patches;
    `agreement` (Spearman) and `overlap` (intersection over union of the top cells) of the rollout with the CNN's map, NaN
    where they can't be compared; `chance` is the overlap of unrelated maps.
    """

    entropy: list[float]
    gini: list[float]
    distance: list[float]
    agreement: list[float]
    overlap: list[float]
    chance: list[float]


def curves(evidence: AttentionMaps, shown: Explanation, rollouts: Tensor, other: Explanation | None, share: float) -> Curves:
    """Reads rollouts (L, rows, columns) of one photo depth by depth; `shown` is any of them, `other` the CNN's map, if any."""
    pairs = [None if other is None else compare(replace(shown, heatmap=rollout), other, share) for rollout in rollouts]
    figures = [
        (pair.number(Spearman).value, pair.number(TopOverlap).value, pair.number(TopOverlap).chance)
        if isinstance(pair, Comparison)
        else (math.nan,) * 3
        for pair in pairs
    ]
    return Curves(
        [_unless_flat(entropy, rollout) for rollout in rollouts],
        [_unless_flat(gini, rollout) for rollout in rollouts],
        attention_distance(evidence.weights, evidence.grid, evidence.prefix).mean(-1).tolist(),
        *map(list, zip(*figures, strict=True)),
    )


def _unless_flat(measure: Callable[[Tensor], float], values: Tensor) -> float:
    return math.nan if is_flat(values) else measure(values)


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
