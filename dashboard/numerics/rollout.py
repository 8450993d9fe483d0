"""Attention rollout (Abnar and Zuidema 2020, arXiv:2005.00928), every depth at once.

Letters: L layers, H heads, T tokens. Rows are queries, columns are keys.
"""

import math
from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

Fusion = Literal["mean", "max", "min"]  # how the heads of a layer become one matrix
FUSIONS: dict[Fusion, Callable[..., Tensor]] = {"mean": torch.mean, "max": torch.amax, "min": torch.amin}


def fuse_heads(weights: Tensor, mode: str) -> Tensor:
    """One matrix per layer: the mean, maximum or minimum over heads, (L, H, T, T) -> (L, T, T).

    Rows sum to 1 after the mean only; `with_residual` normalises them again.

    Raises:
        ValueError: `mode` is not `mean`, `max` or `min`, or `weights` has no head axis.
    """
    if mode not in FUSIONS:
        raise ValueError(f"expected head fusion to be one of {', '.join(FUSIONS)}, got {mode!r}")
    if weights.ndim < 3 or weights.shape[-1] != weights.shape[-2]:
        raise ValueError(f"expected attention (..., H, T, T), got {tuple(weights.shape)}")
    return FUSIONS[mode](weights, dim=-3)


def discard_lowest(fused: Tensor, ratio: float) -> Tensor:
    """Sets the floor(ratio T^2) smallest entries of each matrix to 0, (..., T, T) -> (..., T, T).

    The idea is of github.com/jacobgil/vit-explain. As there, entry (0, 0) is never dropped. Entries equal
    to the smallest entry that stays, stay too: no accident chooses between equals.

    Raises:
        ValueError: `ratio` is not in 0 to 0.99.
    """
    if not 0 <= ratio <= 0.99:
        raise ValueError(f"expected a discard ratio from 0 to 0.99, got {ratio}")
    flat = fused.flatten(-2)  # (..., T T)
    count = math.floor(ratio * flat.shape[-1])
    if count == 0:
        return fused
    kept = flat * (flat >= _smallest_kept(flat, count))
    kept[..., 0] = flat[..., 0]
    return kept.view_as(fused)


def _smallest_kept(flat: Tensor, count: int) -> Tensor:
    """(..., 1): the smallest of the entries that stay when `count` go."""
    if flat.device.type == "cpu":  # NumPy's partition takes a seventh of topk's time there
        values = flat.numpy(force=True).copy()
        values.partition(count, axis=-1)
        return torch.from_numpy(values[..., count : count + 1])
    return flat.topk(flat.shape[-1] - count, sorted=False).values.amin(-1, keepdim=True)


def starting_at(matrices: Tensor, first: int) -> Tensor:
    """The matrices, those of the layers before `first` (from 0) set to 0, so that there only the skip connection hands on.

    (L, ..., T, T) -> (L, ..., T, T). The start layer of Chefer et al. 2021 (arXiv:2103.15679), in their code.

    Raises:
        ValueError: there is no such layer.
    """
    if not 0 <= first < len(matrices):
        raise ValueError(f"expected a first layer from 0 to {len(matrices) - 1}, got {first}")
    return torch.cat([torch.zeros_like(matrices[:first]), matrices[first:]]) if first else matrices


def with_residual(fused: Tensor) -> Tensor:
    """Adds the skip connection, 0.5 A + 0.5 I, and divides rows by their sums, (..., T, T) -> (..., T, T)."""
    mixed = 0.5 * fused + 0.5 * torch.eye(fused.shape[-1], dtype=fused.dtype, device=fused.device)
    return mixed / mixed.sum(-1, keepdim=True)


def rollout_rows(steps: Tensor, reads: Tensor) -> Tensor:
    """What the head's token has gathered from each input token, for every depth, (L, T, T) -> (L, T).

    Row d is reads a_d a_(d-1) ... a_0. Only rows are carried down, from all depths together: O(L^2 T^2) where
    the product of whole matrices takes O(L T^3).

    Args:
        steps: (L, T, T), each layer's attention with its residual; in rollout rows sum to 1.
        reads: (T,), the share of each output token that the head reads; sums to 1.

    Raises:
        ValueError: the shapes do not fit, or `reads` does not sum to 1.
    """
    if steps.ndim != 3 or steps.shape[1] != steps.shape[2] or reads.shape != steps.shape[2:]:
        raise ValueError(f"expected steps (L, T, T) and reads (T,), got {tuple(steps.shape)} and {tuple(reads.shape)}")
    if not math.isclose(reads.sum().item(), 1, abs_tol=1e-4):
        raise ValueError(f"expected reads that sum to 1, got a sum of {reads.sum().item():.4g}")
    rows = reads.to(steps).expand(len(steps), -1).clone()  # (L, T)
    for layer in range(len(steps) - 1, -1, -1):
        rows[layer:] = rows[layer:] @ steps[layer]
    return rows
