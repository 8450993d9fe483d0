"""Attention by itself, layer by layer. L layers, H heads, T tokens; rows are queries, columns are keys."""

import torch
from torch import Tensor, einsum


def read_attention(weights: Tensor, reads: Tensor) -> Tensor:
    """What the tokens that the head reads attend to within each layer, (..., T, T) -> (..., T).

    In plain ViT the CLS token's row; where the head reads several tokens, their rows weighted by `reads` (T,).
    """
    return einsum("...qk,q->...k", weights, reads.to(weights))


def attention_distance(weights: Tensor, grid: tuple[int, int], prefix: int) -> Tensor:
    """How far patches look, in patches: the mean distance from a patch to those it attends to, (..., T, T) -> (...).

    Dosovitskiy et al. 2020, arXiv:2010.11929, appendix D.7. Attention to the tokens before the patches has no
    distance: it is left out, and each row's rest is divided by its sum.
    """
    between = weights[..., prefix:, prefix:]  # (..., n, n), patches only
    shares = between / between.sum(-1, keepdim=True).clamp_min(torch.finfo(between.dtype).tiny)
    distances = _distances(*grid).to(shares)
    return (shares * distances).sum(-1).mean(-1)


def _distances(rows: int, columns: int) -> Tensor:
    """(n, n) between the centres of all patches, in patches."""
    y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    places = torch.stack([y.flatten(), x.flatten()], -1).double()  # (n, 2)
    return torch.cdist(places, places)
