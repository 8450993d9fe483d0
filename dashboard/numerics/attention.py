"""Attention by itself, layer by layer. L layers, H heads, T tokens; rows are queries, columns are keys."""

import math

import torch
from torch import Tensor, einsum


def read_attention(weights: Tensor, reads: Tensor) -> Tensor:
    """What the tokens that the head reads attend to within each layer, (..., T, T) -> (..., T).

    In plain ViT the CLS token's row; where the head reads several tokens, their rows weighted by `reads` (T,).
    """
    return einsum("...qk,q->...k", weights, reads.to(weights))


def token_attention(weights: Tensor, token: int, direction: str) -> Tensor:
    """One token's attention, (..., T, T) -> (..., T): its row, to what it attends (`query`), or its column, what attends to
    it (`key`).

    Raises:
        ValueError: `direction` is neither `query` nor `key`, or there is no such token.
    """
    tokens = weights.shape[-1]
    if direction not in ("query", "key") or not 0 <= token < tokens:
        raise ValueError(f"expected query or key and a token from 0 to {tokens - 1}, got {direction!r} and {token}")
    return weights[..., token, :] if direction == "query" else weights[..., token]


def attention_distance(weights: Tensor, grid: tuple[int, int], prefix: int) -> Tensor:
    """How far patches look, in patches: the mean distance from a patch to those it attends to, (..., T, T) -> (...).

    Dosovitskiy et al. 2020, arXiv:2010.11929, appendix D.7. Attention to the tokens before the patches has no
    distance: it is left out, and each row's rest is divided by its sum.
    """
    between = weights[..., prefix:, prefix:]  # (..., n, n), patches only
    total = between.sum(-1).clamp_min(torch.finfo(between.dtype).tiny)
    return ((between * _distances(*grid).to(between)).sum(-1) / total).mean(-1)


def attention_entropy(weights: Tensor, prefix: int) -> Tensor:
    """How evenly patches spread their attention, 0 (one token each) to 1 (all alike): (..., T, T) -> (...).

    The attention entropy of Zhai et al. 2023, arXiv:2303.06296, section 3: Shannon's entropy of each query's row, in nats.
    Here it is divided by ln T, and the mean is over the patches' rows alone, without those of the tokens before them.
    """
    rows = weights[..., prefix:, :].float()  # (..., n, T)
    return torch.special.entr(rows).sum(-1).mean(-1) / math.log(max(rows.shape[-1], 2))


def _distances(rows: int, columns: int) -> Tensor:
    """The distances between the centres of all n patches, (n, n), in patches."""
    y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    centres = torch.stack([y.flatten(), x.flatten()], -1).double()  # (n, 2)
    return torch.cdist(centres, centres)
