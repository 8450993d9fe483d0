"""How far two maps on one grid agree. Only the order of values counts: the two maps have different units."""

import math

import torch
from torch import Tensor

from dashboard.numerics.scaling import percentiles, ranks


def _same_grid(a: Tensor, b: Tensor) -> None:
    if a.shape != b.shape:
        raise ValueError(f"expected two maps on one grid, got {tuple(a.shape)} and {tuple(b.shape)}")


def spearman(a: Tensor, b: Tensor) -> float:
    """Rank correlation from -1 to 1, ties averaged (Spearman 1904); NaN where a map is constant."""
    _same_grid(a, b)
    first, second = (ranks(values).flatten() - (values.numel() - 1) / 2 for values in (a, b))
    scale = math.sqrt((first @ first).item() * (second @ second).item())
    return (first @ second).item() / scale if scale else math.nan


def spearman_matrix(maps: Tensor) -> Tensor:
    """Rank correlation of each map with each, (M, h, w) -> (M, M), NaN where either is constant; each map is ranked once."""
    centred = torch.stack([ranks(values).flatten() for values in maps]) - (maps[0].numel() - 1) / 2  # (M, h w)
    products = centred @ centred.T
    squares = products.diagonal()
    scale = (squares[:, None] * squares).sqrt()
    return torch.where(scale > 0, products / scale, torch.nan)


def rank_difference(a: Tensor, b: Tensor) -> Tensor:
    """Percentile in `a` minus percentile in `b` at each cell, -1 to 1."""
    _same_grid(a, b)
    return percentiles(a) - percentiles(b)


def top_mask(values: Tensor, share: float) -> Tensor:
    """True at the round(share n) largest cells, at least one; ties go to the cell that comes first."""
    if not 0 < share <= 1:
        raise ValueError(f"expected a share above 0 and at most 1, got {share}")
    count = max(1, round(share * values.numel()))
    order = values.flatten().argsort(descending=True, stable=True)
    mask = torch.zeros(values.numel(), dtype=torch.bool, device=values.device)
    mask[order[:count]] = True
    return mask.view(values.shape)


def top_overlap(a: Tensor, b: Tensor, share: float) -> float:
    """Intersection over union of the two maps' top cells, 0 to 1."""
    _same_grid(a, b)
    first, second = top_mask(a, share), top_mask(b, share)
    return ((first & second).sum() / (first | second).sum()).item()


def chance_overlap(share: float) -> float:
    """What `top_overlap` comes to for unrelated maps: f / (2 - f), 0.111 for a fifth."""
    return share / (2 - share)
