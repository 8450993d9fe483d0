"""From raw values to what is drawn."""

from typing import Any, Protocol

import torch
from torch import Tensor


def ranks(values: Tensor) -> Tensor:
    """Ranks from 0 to n - 1 of all entries, ties sharing the mean of theirs; the shape stays, in float64."""
    distinct, inverse, counts = values.flatten().unique(return_inverse=True, return_counts=True)
    if distinct.isnan().any():
        raise ValueError("expected numbers to rank, got NaN")
    last = counts.cumsum(0).double()
    return (last - (counts + 1) / 2)[inverse].view(values.shape)


ROUNDING = 1e-6  # of the largest value: float32 sums of equal things differ by less


class Values(Protocol):
    """What `is_flat` needs of a tensor or a NumPy array."""

    def min(self) -> Any:
        """The smallest."""
        ...

    def max(self) -> Any:
        """The largest."""
        ...


def is_flat(values: Values) -> bool:
    """Whether all entries are equal up to rounding, or some are NaN or infinite: in both cases nothing can be ranked."""
    low, high = values.min().item(), values.max().item()
    return not high - low > ROUNDING * max(abs(low), abs(high))  # which NaN never does, nor infinity with infinity on the right


def percentiles(values: Tensor) -> Tensor:
    """The share of the other entries that each entry exceeds, 0 to 1 (ties count half)."""
    return ranks(values) / max(values.numel() - 1, 1) if values.numel() > 1 else torch.full_like(values, 0.5)


def crop_resample(heatmap: Tensor, region: tuple[float, float, float, float], rows: int, columns: int) -> Tensor:
    """Values of a map at the centres of a rows x columns grid laid over a region of it, bilinear.

    Args:
        heatmap: (h, w).
        region: left, top, right, bottom in shares of the map, 0 to 1.

    Returns:
        (rows, columns). Laying a map's own grid over the whole of it gives the map back.
    """
    left, top, right, bottom = region
    down = _centres(top, bottom, rows)[:, None].expand(rows, columns)
    across = _centres(left, right, columns)[None].expand(rows, columns)
    grid = 2 * torch.stack([across, down], -1).to(heatmap)[None] - 1  # (1, rows, columns, 2)
    sampled = torch.nn.functional.grid_sample(
        heatmap[None, None], grid, mode="bilinear", padding_mode="border", align_corners=False
    )
    return sampled[0, 0]


def inside(region: tuple[float, float, float, float], rows: int, columns: int) -> Tensor:
    """True where a cell's centre lies on the map, (rows, columns), for a grid laid over a region as in `crop_resample`."""
    left, top, right, bottom = region
    down, across = _centres(top, bottom, rows), _centres(left, right, columns)
    return ((down >= 0) & (down <= 1))[:, None] & ((across >= 0) & (across <= 1))


def _centres(low: float, high: float, count: int) -> Tensor:
    """The centres of `count` equal cells between two numbers."""
    return low + (high - low) * (torch.arange(count) + 0.5) / count
