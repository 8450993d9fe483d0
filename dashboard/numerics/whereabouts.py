"""Where on the photo a map lies: in which ninth of it, and how little of it holds half of the map."""

import torch
from torch import Tensor


def overlaps(edges: Tensor, marks: Tensor) -> Tensor:
    """Which share of each interval between `edges` (n + 1,) lies in each interval between `marks` (m + 1,), (m, n)."""
    low = torch.maximum(edges[None, :-1], marks[:-1, None])
    high = torch.minimum(edges[None, 1:], marks[1:, None])
    return (high - low).clamp(min=0) / (edges[1:] - edges[:-1])


def in_ninths(values: Tensor, rows: Tensor, columns: Tensor, size: tuple[float, float]) -> Tensor:
    """How much of a map (h, w) lies in each ninth of a photo of `size` (width, height), (3, 3).

    `rows` (h + 1,) and `columns` (w + 1,) are the edges of its cells in photo pixels. What lies beside the photo
    counts nowhere.
    """
    down = overlaps(rows, torch.linspace(0, size[1], 4, dtype=rows.dtype))  # (3, h)
    along = overlaps(columns, torch.linspace(0, size[0], 4, dtype=columns.dtype))  # (3, w)
    return torch.einsum("ih, hw, jw -> ij", down, values, along)


def area_of_half(values: Tensor, areas: Tensor) -> float:
    """The smallest area that holds half of a map of cells with these `values` and `areas` (n,); values below 0 count as 0.

    A cell's value is spread evenly over its area. 0 for a map that holds nothing.
    """
    held = values.clamp(min=0) * (areas > 0)
    order = (held / areas.clamp(min=torch.finfo(areas.dtype).tiny)).argsort(descending=True, stable=True)
    held, areas = held[order], areas[order]
    half = held.sum() / 2
    if half <= 0:
        return 0.0
    last = int((held.cumsum(0) >= half).nonzero()[0])
    rest = (half - held[:last].sum()) / held[last]  # of the last cell only this part is needed
    return (areas[:last].sum() + rest * areas[last]).item()
