"""How far two maps on one grid agree. Only the order of values counts: the two maps have different units."""

import math

import torch
from torch import Tensor

from dashboard.numerics.scaling import is_flat, percentiles, ranks


def _same_grid(a: Tensor, b: Tensor) -> None:
    if a.shape != b.shape:
        raise ValueError(f"expected two maps on one grid, got {tuple(a.shape)} and {tuple(b.shape)}")


def spearman(a: Tensor, b: Tensor) -> float:
    """Rank correlation from -1 to 1, ties averaged (Spearman 1904); NaN where a map is flat."""
    _same_grid(a, b)
    if is_flat(a) or is_flat(b):
        return math.nan
    first, second = (ranks(values).flatten() - (values.numel() - 1) / 2 for values in (a, b))
    return (first @ second).item() / math.sqrt((first @ first).item() * (second @ second).item())


def spearman_matrix(maps: Tensor) -> Tensor:
    """Rank correlation of each map with each, (M, h, w) -> (M, M), NaN where either is flat; each map is ranked once."""
    ranked = [ranks(torch.zeros_like(values) if is_flat(values) else values).flatten() for values in maps]
    centred = torch.stack(ranked) - (maps[0].numel() - 1) / 2  # (M, h w)
    products = centred @ centred.T
    squares = products.diagonal()
    scale = (squares[:, None] * squares).sqrt()
    return torch.where(scale > 0, products / scale, torch.nan)


def rank_difference(a: Tensor, b: Tensor) -> Tensor:
    """Percentile in `a` minus percentile in `b` at each cell, -1 to 1."""
    _same_grid(a, b)
    return percentiles(a) - percentiles(b)


def top_mask(values: Tensor, share: float) -> Tensor:
    """True at the round(share n) largest cells, at least one. Of equal cells all are in or none: no accident chooses.

    So the top has fewer cells where many tie for its last rank, such as the zeros of a Grad-CAM, more cells where more than
    round(share n) have the largest value, and none in a flat map.
    """
    if not 0 < share <= 1:
        raise ValueError(f"expected a share above 0 and at most 1, got {share}")
    if is_flat(values):
        return torch.zeros_like(values, dtype=torch.bool)
    count = max(1, round(share * values.numel()))
    descending = values.flatten().sort(descending=True).values
    last = descending[count - 1]
    fits = count == values.numel() or descending[count] < last
    mask = values >= last if fits else values > last
    return mask if mask.any() else values >= last  # more cells have the largest value than the top should hold


def top_overlap(a: Tensor, b: Tensor, share: float) -> float:
    """Intersection over union of the two maps' top cells, 0 to 1; NaN where both are flat."""
    _same_grid(a, b)
    first, second = top_mask(a, share), top_mask(b, share)
    return ((first & second).sum() / (first | second).sum()).item()


def chance_overlap(first: float, second: float) -> float:
    """What `top_overlap` comes to for unrelated maps whose tops hold such shares f and g of all cells: fg / (f + g - fg).

    0.111 where each holds a fifth; NaN where neither holds any.
    """
    either = first + second - first * second
    return first * second / either if either else math.nan
