"""Attention evidence from any model whose layers attend from every token to every token.

Grid, prefix tokens and what the head reads are measured once at load, not looked up by family.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dashboard.evidence import AttentionMaps
from dashboard.models.classifier import DoesNotFit, ModelError

Run = Callable[[Tensor], tuple[Tensor, Sequence[Tensor]]]  # pixels to logits and one (B, H, T, T) per layer


@dataclass(frozen=True)
class AttentionObserver:
    """One pass to attention maps and logits.

    `patch` (height, width) in pixels; `prefix_read` one flag per token before the patches; `patches_read` whether the
    head averages the patches.
    """

    run: Run
    patch: tuple[int, int]
    prefix_read: tuple[bool, ...]
    patches_read: bool

    def __call__(self, pixels: Tensor) -> tuple[AttentionMaps, Tensor]:
        logits, maps = self.run(pixels)
        grid = (pixels.shape[2] // self.patch[0], pixels.shape[3] // self.patch[1])
        reads = self._reads(grid[0] * grid[1]).to(pixels.device)
        return AttentionMaps(torch.cat(list(maps)), grid, len(self.prefix_read), reads), logits

    def _reads(self, patches: int) -> Tensor:
        """Each prefix token that is read counts once, the patches' mean once; (T,) sums to 1."""
        parts = sum(self.prefix_read) + self.patches_read
        prefix = torch.tensor(self.prefix_read, dtype=torch.float32) / parts
        return torch.cat([prefix, torch.full((patches,), self.patches_read / parts / patches)])


def attention_observer(run: Run, model: nn.Module, name: str, example: Tensor, layers: int | None) -> AttentionObserver:
    """Probes a model with `example` (1, 3, H, W).

    Raises:
        DoesNotFit: not every layer attends globally, so rollout is undefined.
        ModelError: the head reads no token at all, as one of zeros does.
    """
    patch = _patch_size(model, name)
    pixels = example.clone().requires_grad_()
    with torch.enable_grad():
        logits, maps = run(pixels)
        _check_global(maps, name, layers)
        gradient = torch.autograd.grad(logits.logsumexp(-1).sum(), maps[-1])[0]  # (1, H, T, T)
    read = gradient.abs().sum((0, 1, 3)) > 0  # (T,): a row without gradient belongs to a token nobody reads
    if not read.any():
        raise ModelError(f"{name}: the classes depend on no token, as with an untrained head of zeros.")
    patches = (example.shape[2] // patch[0]) * (example.shape[3] // patch[1])
    prefix = len(read) - patches
    if prefix < 0:
        raise DoesNotFit(f"{name} merges patches on its way: rollout needs one token per patch in every layer.")
    return AttentionObserver(run, patch, tuple(read[:prefix].tolist()), bool(read[prefix:].any()))


def _patch_size(model: nn.Module, name: str) -> tuple[int, int]:
    """The first convolution that steps by its own size is the patch embedding."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d) and module.kernel_size == module.stride and max(module.stride) > 1:
            return module.kernel_size
    raise DoesNotFit(f"{name} cuts the photo into no patches: rollout is undefined. {WHAT_FITS}")


def _check_global(maps: Sequence[Tensor], name: str, layers: int | None) -> None:
    shapes = {tuple(weights.shape[2:]) for weights in maps}
    square = all(weights.ndim == 4 and weights.shape[0] == 1 for weights in maps) and len(shapes) == 1
    if not maps or (layers is not None and len(maps) != layers):
        found = f"{len(maps)} attention maps for {layers or 'its'} layers"
        raise DoesNotFit(f"{name} gives {found}: rollout is undefined. {WHAT_FITS}")
    if not square or len(set(next(iter(shapes)))) != 1:
        raise DoesNotFit(f"{name} attends within windows or to fewer tokens: rollout is undefined. {WHAT_FITS}")


WHAT_FITS = "Models with global attention fit: ViT, DeiT, BEiT, DINOv2, CLIP, SigLIP and their like."
