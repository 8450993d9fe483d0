"""Whether a map names what a model's answer rests on: what happens to a score as parts of the photo are taken away."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

Score = Callable[[Tensor], Tensor]


def area(curve: Tensor) -> float:
    """The area below a curve (S + 1,) of a score against the share of the photo that was changed, from 0 to 1 in S equal steps.

    By trapezoids, as for deletion and insertion in RISE (Petsiuk et al. 2018, arXiv:1806.07421).
    """
    if curve.ndim != 1 or len(curve) < 2:
        raise ValueError(f"expected a curve of two points or more, got the shape {tuple(curve.shape)}")
    return torch.trapezoid(curve.double(), dx=1 / (len(curve) - 1)).item()


def saco(saliences: Tensor, drops: Tensor) -> float:
    """The salience-guided faithfulness coefficient, -1 to 1, of Wu et al. 2024 (arXiv:2404.01415, algorithm 1).

    The cells of a map are put into K groups of equal size. For every two groups, the one with more salience should also
    lower the score more when it is taken away; each pair counts by the difference of its saliences, for the map where that
    holds and against it where not.

    Args:
        saliences: (K,), the salience of each group, most salient first.
        drops: (K,), by how much the score falls when the group alone is taken away.

    Returns:
        1 where every pair is in order, -1 where none is, about 0 for a random map; NaN where all groups have the same
        salience, as such a map says nothing.
    """
    if saliences.shape != drops.shape or saliences.ndim != 1:
        raise ValueError(f"expected as many drops as saliences, got {tuple(saliences.shape)} and {tuple(drops.shape)}")
    if (saliences.diff() > 0).any():
        raise ValueError("expected the most salient group first")
    first, second = torch.triu_indices(len(saliences), len(saliences), offset=1)
    weights = saliences.double()[first] - saliences.double()[second]  # (K (K - 1) / 2,), none below 0
    in_order = drops[first] >= drops[second]
    whole = weights.sum().item()
    return (weights.where(in_order, -weights).sum() / whole).item() if whole else math.nan


def removal_order(heatmap: Tensor, steps: int, least_first: bool = False) -> Tensor:
    """The step, from 0, at which each cell of a map (h, w) is taken away, so that each step takes as many, (h, w).

    The most salient cells go first, or the least salient. Cells that tie go in an order drawn once, since the order in which
    they lie would follow the photo from its top to its bottom.
    """
    drawn = torch.randperm(heatmap.numel(), generator=torch.Generator().manual_seed(0))
    values = heatmap.flatten()[drawn]
    order = drawn[values.sort(descending=not least_first, stable=True).indices]
    step = torch.empty(heatmap.numel(), dtype=torch.long)
    step[order] = torch.arange(heatmap.numel()) * steps // heatmap.numel()
    return step.view(heatmap.shape)


def curve(answer: Score, pixels: Tensor, other: Tensor, order: Tensor, steps: int, batch: int = 16) -> Tensor:
    """A model's answers while a photo turns into another one, cell by cell, (S + 1, ...): deletion from the photo to a plain
    one, or insertion from a blurred one to the photo (Petsiuk et al. 2018, arXiv:1806.07421).

    Args:
        answer: takes photos (B, 3, H, W) to (B, ...).
        pixels: (3, H, W), the photo at first.
        other: (3, H, W), the photo at last.
        order: (H, W), the step from 0 to `steps` - 1 at which each pixel changes.
        steps: S.
        batch: how many photos are asked about at a time.
    """
    if order.shape != pixels.shape[1:] or other.shape != pixels.shape:
        raise ValueError(
            f"expected an order and another photo of {tuple(pixels.shape)}, got {tuple(order.shape)} and {tuple(other.shape)}"
        )
    parts = torch.arange(steps + 1, device=pixels.device).split(batch)
    return torch.cat([answer(torch.where(order < part[:, None, None, None], other, pixels)) for part in parts])


def taken_away(order: Tensor, steps: int) -> Tensor:
    """Which cells are gone after each step of a `removal_order` (h, w), none at first and all at last: (S + 1, h, w)."""
    return order < torch.arange(steps + 1)[:, None, None]


def grouped(heatmap: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """A map's cells in groups of equal size, most salient first: which cells each holds (K, h, w), and its mean value (K,)."""
    members = removal_order(heatmap, count) == torch.arange(count)[:, None, None]  # (K, h, w)
    means = (members * heatmap.double()).sum((1, 2)) / members.sum((1, 2))
    return members, means.cummin(0).values  # what only rounding raises is not raised


def altered(pixels: Tensor, other: Tensor, share: Tensor) -> Tensor:
    """Photos (B, 3, H, W):  `pixels` (3, H, W) where their `share` (B, H, W) is 0, and the photo `other` where it is 1."""
    return torch.lerp(pixels, other, share[:, None].to(pixels))


def blurred(pixels: Tensor, down: float, across: float) -> Tensor:
    """A photo (3, H, W) blurred by a Gaussian of so many pixels `down` and `across`; beyond its edges it goes on as it ends."""
    return _smoothed(_smoothed(pixels, across).mT, down).mT


def _smoothed(pixels: Tensor, sigma: float) -> Tensor:
    """Rows (3, H, W) blurred along their length."""
    reach = math.ceil(3 * sigma)
    bell = torch.exp(-(torch.arange(-reach, reach + 1).to(pixels) ** 2) / (2 * sigma**2))
    wide = torch.nn.functional.pad(pixels, (reach, reach), mode="replicate")  # (3, H, W + 2 reach)
    return torch.nn.functional.conv1d(wide.flatten(0, 1)[:, None], (bell / bell.sum())[None, None]).view(pixels.shape)


def centred(rows: int, columns: int) -> Tensor:
    """A map that only says "the middle": a Gaussian of a quarter of each side, largest in the middle, (rows, columns)."""
    down, across = (((torch.arange(size) + 0.5) / size - 0.5) / 0.25 for size in (rows, columns))
    return torch.exp(-(down[:, None] ** 2 + across**2) / 2)


def unrelated(count: int, rows: int, columns: int) -> Tensor:
    """So many random maps, the same each time, (count, rows, columns)."""
    return torch.rand(count, rows, columns, generator=torch.Generator().manual_seed(0))
