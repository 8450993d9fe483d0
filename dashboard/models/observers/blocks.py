"""The blocks of a transformer, opened so that the tokens after each block can be kept, and the head be given other tokens.

What a pass should do is kept in a context variable, as it is for the recording of attention: each thread has its own.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from dashboard.models.classifier import DoesNotFit


@dataclass
class _Watch:
    """What the blocks should do during a pass: keep the tokens that leave them, or, where `instead` is given, compute nothing
    and hand on these tokens.
    """

    tokens: list[Tensor] = field(default_factory=list)
    instead: Tensor | None = None


_WATCH: ContextVar[_Watch | None] = ContextVar("watch", default=None)


@contextmanager
def _watching(watch: _Watch) -> Iterator[list[Tensor]]:
    token = _WATCH.set(watch)
    try:
        yield watch.tokens
    finally:
        _WATCH.reset(token)


def watching() -> Any:
    """Collects the (B, T, D) tokens after every block that runs inside, first block first."""
    return _watching(_Watch())


class _Open(nn.Module):
    """Put before a block's own class, this makes its tokens watchable. `others` is how many values the block returns beside its
    tokens, None where it returns the tokens alone and no tuple.
    """

    others: int | None

    def forward(self, tokens: Tensor, *arguments: Any, **options: Any) -> Any:
        watch = _WATCH.get()
        if watch is not None and watch.instead is not None:
            return watch.instead if self.others is None else (watch.instead, *[None] * self.others)
        answer = super().forward(tokens, *arguments, **options)
        self.others = len(answer) - 1 if isinstance(answer, tuple) else None
        if watch is not None:
            watch.tokens.append(answer[0] if isinstance(answer, tuple) else answer)
        return answer


@cache
def _opened(kind: type[nn.Module]) -> type[nn.Module]:
    return type(kind.__name__, (_Open, kind), {"__module__": kind.__module__})


def open_blocks(model: nn.Module, layers: int) -> None:
    """Opens a model's `layers` blocks to watching; parameters and answers stay as they are.

    Raises:
        DoesNotFit: the model has no such list of blocks.
    """
    lists = (module for module in model.modules() if isinstance(module, nn.ModuleList | nn.Sequential))
    blocks = next((each for each in lists if len(each) == layers and len({type(block) for block in each}) == 1), None)
    if blocks is None:
        raise DoesNotFit(f"no list of {layers} blocks was found in it, so its tokens can't be read.")
    for block in blocks:
        if not isinstance(block, _Open):  # the blocks of a copy of an observed model are open already
            block.__class__ = _opened(type(block))


def head_of(run: Callable[[Tensor], Tensor], pixels: Tensor) -> Callable[[Tensor], Tensor]:
    """The part of a model after its last block, a function of tokens (B, T, D) to logits (B, K). It runs the model on `pixels`
    with the blocks left out.
    """

    def head(tokens: Tensor) -> Tensor:
        with _watching(_Watch(instead=tokens)):
            return run(pixels)

    return head


def check_blocks(run: Callable[[Tensor], Tensor], example: Tensor, name: str) -> None:
    """Raises DoesNotFit where the answer depends on more than the tokens after the last block."""
    with torch.no_grad(), watching() as tokens:
        logits = run(example)
    if not tokens or not all(each.ndim == 3 for each in tokens):
        raise DoesNotFit(f"{name}: its blocks hand on no tokens.")
    with torch.no_grad():
        again = head_of(run, torch.zeros_like(example))(tokens[-1])
    if not torch.allclose(again, logits, rtol=1e-3, atol=1e-3 * max(logits.abs().max().item(), 1)):
        raise DoesNotFit(f"{name}: the tokens after its last block do not settle its answer.")


def patch_logits(head: Callable[[Tensor], Tensor], tokens: Tensor, prefix: int) -> Tensor:
    """The logits (n, K) of each of the n patches alone: the head is given T copies of one patch's token from (1, T, D).

    Where the head is linear and reads the mean of the patches, the mean of these logits is the model's answer. A few patches
    are computed at a time.
    """
    alone = [part[:, None].expand(-1, tokens.shape[1], -1) for part in tokens[0, prefix:].split(16)]
    return torch.cat([head(part.contiguous()) for part in alone])
