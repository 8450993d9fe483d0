"""An attention function that keeps its weights when asked, and is plain SDPA when not.

Whether to keep them stands in a context variable: each thread has its own, so threads that share a model can't mix maps up.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch
from torch import Tensor

_RECORD: ContextVar[list[Tensor] | None] = ContextVar("record", default=None)


@contextmanager
def recording() -> Iterator[list[Tensor]]:
    """Collects the (B, H, T, T) attention of every layer that runs inside, first layer first."""
    maps: list[Tensor] = []
    token = _RECORD.set(maps)
    try:
        yield maps
    finally:
        _RECORD.reset(token)


def is_recording() -> bool:
    """Whether this thread's pass is to keep its attention."""
    return _RECORD.get() is not None


def recorded_attention(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, scale: float) -> Tensor:
    """softmax(q k^T scale) v, its weights kept: (B, H, T, D) three times -> (B, H, T, D)."""
    scores = query @ key.mT * scale
    if mask is not None:
        floor = torch.finfo(scores.dtype).min
        scores = scores.masked_fill(~mask, floor) if mask.dtype == torch.bool else scores + mask
    weights = scores.softmax(-1, dtype=torch.float32).to(query.dtype)  # (B, H, T, T)
    if torch.is_grad_enabled() and not weights.requires_grad:
        weights.requires_grad_()  # with frozen parameters the first layer's weights are the leaf
    if (maps := _RECORD.get()) is not None:
        maps.append(weights)
    return weights @ value
