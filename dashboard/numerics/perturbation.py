"""Methods that ask the model again about changed photos. `score` takes (B, 3, H, W) to (B,).

Occlusion, integrated gradients and the gradients of SmoothGrad are captum's.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from dashboard.numerics.cam import stretched

Score = Callable[[Tensor], Tensor]
BATCH = 16
GRADIENT_BATCH = 4  # where gradients are needed: such a step takes three times as long
FINEST = 32  # cells per side that maps of single pixels are summed into


def _captum() -> Any:
    """captum's methods. They take a second to import, and no map of a page that opens first needs them."""
    from captum import attr

    return attr


def masked_scores(score: Score, pixels: Tensor, masks: Tensor) -> Tensor:
    """The score of the photo under each mask (C, h, w), stretched to its size, (C,). Equal masks are asked about once."""
    distinct, inverse = masks.flatten(1).unique(dim=0, return_inverse=True)
    parts = distinct.view(-1, *masks.shape[1:]).split(BATCH)
    return torch.cat([score(pixels * stretched(part, pixels.shape[2:])[:, None]) for part in parts])[inverse]


def occlusion(score: Score, pixels: Tensor, cells: int) -> Tensor:
    """How much the score drops where the photo is covered by the colour that the model takes for 0, (cells, cells).

    A square of 2 x 2 cells slides by one; each place gets the mean of the drops of all squares over it.
    Zeiler and Fergus 2013, arXiv:1311.2901.
    """
    steps = tuple(max(size // cells, 1) for size in pixels.shape[2:])
    drops = (
        _captum()
        .Occlusion(score)
        .attribute(pixels, (3, *(2 * step for step in steps)), strides=(3, *steps), baselines=0, perturbations_per_eval=BATCH)
    )
    return _pooled(drops[0, 0], (cells, cells))  # the same in all three colours


def occlusion_passes(size: tuple[int, int], cells: int) -> int:
    """How many passes `occlusion` takes."""
    steps = [max(side // cells, 1) for side in size]
    return 1 + math.prod(math.ceil((side - 2 * step) / step) + 1 for side, step in zip(size, steps, strict=True))


def integrated_gradients(score: Score, pixels: Tensor, steps: int) -> Tensor:
    """Each place's part of the score's difference from a photo of the colour that the model takes for 0, (h, w).

    The map adds up to that difference.

    Sundararajan et al. 2017, arXiv:1703.01365.
    """
    parts = (
        _captum().IntegratedGradients(score).attribute(pixels, baselines=0, n_steps=steps, internal_batch_size=GRADIENT_BATCH)
    )
    return summed_cells(parts[0].sum(0))


def smooth_grad(score: Score, pixels: Tensor, samples: int, noise: float) -> Tensor:
    """The size of the score's mean gradient over noisy copies of the photo, (h, w).

    Smilkov et al. 2017, arXiv:1706.03825. The noise is drawn here: captum's comes from a generator that threads share.
    """
    spread = noise * (pixels.max() - pixels.min())
    copies = pixels + spread * torch.randn(samples, *pixels.shape[1:], generator=_seeded()).to(pixels)
    saliency = _captum().Saliency(score)
    gradients = torch.cat([saliency.attribute(part.requires_grad_(), abs=False) for part in copies.split(GRADIENT_BATCH)])
    return summed_cells(gradients.mean(0).abs().sum(0))


def rise(score: Score, pixels: Tensor, samples: int, cells: int) -> Tensor:
    """The mean of random masks, weighted by the score of the photo under them less the mean score, (h, w).

    Petsiuk et al. 2018, arXiv:1806.07421, equation 6, with its masks: cells of a coarse grid left open with a chance of a
    half, stretched bilinearly and shifted. The paper weights by a probability; a logit has no zero of its own, so the
    mean score is taken off: 0 is a place that makes no difference. captum has no RISE.
    """
    weighted, plain, scores = torch.zeros_like(pixels[0, 0]), torch.zeros_like(pixels[0, 0]), []
    height, width = pixels.shape[2:]
    for masks in rise_masks(samples, cells, (height, width), _seeded()):
        masks = masks.to(pixels)
        scores.append(score(pixels * masks[:, None]))
        weighted += torch.einsum("n,nhw->hw", scores[-1], masks)
        plain += masks.sum(0)
    return _pooled((weighted - torch.cat(scores).mean() * plain) / (0.5 * samples), _cells(pixels))


def rise_masks(samples: int, cells: int, size: tuple[int, int], draws: torch.Generator) -> Iterator[Tensor]:
    """So many random masks with values from 0 to 1, a batch (B, H, W) at a time."""
    tall, wide = (math.ceil(side / cells) for side in size)
    for count in map(len, torch.arange(samples).split(BATCH)):
        coarse = (torch.rand(count, cells + 1, cells + 1, generator=draws) < 0.5).float()
        fine = stretched(coarse, ((cells + 1) * tall, (cells + 1) * wide))
        tops, lefts = (torch.randint(0, side, (count,), generator=draws).tolist() for side in (tall, wide))
        yield torch.stack([
            mask[top : top + size[0], left : left + size[1]] for mask, top, left in zip(fine, tops, lefts, strict=True)
        ])  # fmt: skip


def summed_cells(values: Tensor) -> Tensor:
    """One value per pixel, (H, W), summed into at most 32 x 32 cells."""
    rows, columns = _cells(values)
    return _pooled(values, (rows, columns)) * (values.numel() / (rows * columns))


def _pooled(values: Tensor, cells: tuple[int, int]) -> Tensor:
    """Means over cells, on the CPU: Apple's GPUs can't pool a size that is no multiple of the cells."""
    return F.adaptive_avg_pool2d(values.cpu()[None], cells)[0]


def _cells(values: Tensor) -> tuple[int, int]:
    """The most cells per side, up to 32, that all hold the same number of pixels."""
    rows, columns = (max(n for n in range(1, FINEST + 1) if side % n == 0) for side in values.shape[-2:])
    return rows, columns


def _seeded() -> torch.Generator:
    """A generator of draws that are the same every time, so that one question has one answer."""
    return torch.Generator().manual_seed(0)


def ablated(activations: Tensor) -> Iterator[Tensor]:
    """Batches of the maps (C, h, w) with one channel after the other set to 0, (B, C, h, w) each."""
    for channels in torch.arange(len(activations)).split(BATCH):
        batch = activations.repeat(len(channels), 1, 1, 1)
        batch[torch.arange(len(channels)), channels] = 0
        yield batch
