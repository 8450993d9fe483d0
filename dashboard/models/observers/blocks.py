"""The blocks of a transformer, open to watching: what tokens leave each, and what the head makes of other tokens.

The request lives in a context variable, as the recording of attention does: each thread has its own.
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
    """What is wanted of the blocks: to keep their tokens, or, where `instead` is given, to let those pass unchanged."""

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


class _Open:
    """A block whose tokens can be watched; `others` is how much more it answers than them, None where that is no tuple."""

    others: int | None

    def forward(self, tokens: Tensor, *arguments: Any, **options: Any) -> Any:
        watch = _WATCH.get()
        if watch is not None and watch.instead is not None:
            return watch.instead if self.others is None else (watch.instead, *[None] * self.others)
        answer = super().forward(tokens, *arguments, **options)
        self.others = len(answer) - 1 if isinstance(answer, tuple) else None
        if watch is not None:
            watch.tokens.append(answer if self.others is None else answer[0])
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
    """What comes after the last block: tokens (B, T, D) to logits (B, K). The blocks themselves are left out."""

    def head(tokens: Tensor) -> Tensor:
        with _watching(_Watch(instead=tokens)):
            return run(pixels)

    return head


def check_blocks(run: Callable[[Tensor], Tensor], example: Tensor, name: str) -> None:
    """Raises DoesNotFit where the tokens after the last block do not settle the answer."""
    with torch.no_grad(), watching() as tokens:
        logits = run(example)
    if not tokens or not all(each.ndim == 3 for each in tokens):
        raise DoesNotFit(f"{name}: its blocks hand on no tokens.")
    with torch.no_grad():
        again = head_of(run, torch.zeros_like(example))(tokens[-1])
    if not torch.allclose(again, logits, rtol=1e-3, atol=1e-3 * max(logits.abs().max().item(), 1)):
        raise DoesNotFit(f"{name}: the tokens after its last block do not settle its answer.")


def patch_logits(head: Callable[[Tensor], Tensor], tokens: Tensor, prefix: int) -> Tensor:
    """What the head says where every token is that patch's, (1, T, D) -> (n, K), a few patches at a time.

    A head that reads the patches' mean and is linear has these patches' mean as its answer.
    """
    alone = [part[:, None].expand(-1, tokens.shape[1], -1) for part in tokens[0, prefix:].split(16)]
    return torch.cat([head(part.contiguous()) for part in alone])
