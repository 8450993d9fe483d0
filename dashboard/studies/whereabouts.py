"""A map in words: where on the photo it is bright."""

import torch
from torch import Tensor

from dashboard.explain import Explanation
from dashboard.numbers import percent
from dashboard.numerics.whereabouts import area_of_half, in_ninths, overlaps

NINTHS = (("upper left", "top", "upper right"), ("left", "centre", "right"), ("lower left", "bottom", "lower right"))
SLIGHT = 0.1  # of the strongest value of the other sign: what is weaker can hardly be seen on the map
EVEN = 0.45  # of the photo: where half of a map needs as much, it is spread about evenly


def in_words(shown: Explanation, size: tuple[int, int]) -> str:
    """Where a map is bright on a photo of `size` (width, height), as sentences: the ninth of the photo that holds most of it,
    and the share of the photo that holds half of it. A signed map tells this of what speaks for the class, and where most
    speaks against it.
    """
    if shown.flat:
        return shown.flat_in_words
    if not shown.method.signed:
        return f"Brightest: {_most(shown, shown.heatmap, size)}. {_half(shown, shown.heatmap, size)}"
    specific = shown.method.class_specific
    above, below = ("evidence for the class", "evidence against it") if specific else ("above zero", "below zero")
    return f"{_strongest(shown, shown.heatmap, size, above)} {_strongest(shown, -shown.heatmap, size, below, False)}"


def _strongest(shown: Explanation, values: Tensor, size: tuple[int, int], name: str, half: bool = True) -> str:
    if not (values > 0).any():
        return f"No {name}." if shown.method.class_specific else f"Nothing {name}."
    if values.max() < SLIGHT * -values.min():
        return f"Hardly any {name}." if shown.method.class_specific else f"Hardly anything {name}."
    return f"Most {name}: {_most(shown, values, size)}.{' ' + _half(shown, values, size) if half else ''}"


def _edges(shown: Explanation) -> tuple[Tensor, Tensor]:
    """The edges of a map's rows (h + 1,) and columns (w + 1,), in photo pixels."""
    (rows, columns), box = shown.heatmap.shape, shown.box
    return (
        torch.linspace(box.top, box.bottom, rows + 1, dtype=torch.float64),
        torch.linspace(box.left, box.right, columns + 1, dtype=torch.float64),
    )


def _most(shown: Explanation, values: Tensor, size: tuple[int, int]) -> str:
    """The ninth of the photo that holds most of the values above zero."""
    held = in_ninths(values.double().cpu().clamp(min=0), *_edges(shown), size)
    row, column = divmod(int(held.argmax()), 3)
    return NINTHS[row][column]


def half_share(shown: Explanation, values: Tensor, size: tuple[int, int]) -> float:
    """The share of the photo, 0 to 1, that holds half of the values above zero."""
    rows, columns = _edges(shown)
    down = overlaps(rows, torch.tensor([0.0, size[1]], dtype=torch.float64))[0]  # (h,): which part of a row is on the photo
    along = overlaps(columns, torch.tensor([0.0, size[0]], dtype=torch.float64))[0]  # (w,)
    on_photo = down[:, None] * along  # (h, w)
    areas = on_photo * (rows.diff()[:, None] * columns.diff())
    held = values.double().cpu().clamp(min=0) * on_photo
    return area_of_half(held.flatten(), areas.flatten()) / (size[0] * size[1])


def _half(shown: Explanation, values: Tensor, size: tuple[int, int]) -> str:
    share = half_share(shown, values, size)
    if share >= EVEN:
        return f"It is spread almost evenly: half of it takes {percent(share)} of the photo."
    return f"Half of it lies in {percent(share)} of the photo." if share else "It lies outside the photo."
