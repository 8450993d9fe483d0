"""Raw values as NumPy files, which `numpy.load(file)` opens; nothing in them is pickled."""

import io
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor

from dashboard.compare import Comparison, Slot
from dashboard.export.exhibit import Exhibit, settings, to_json
from dashboard.photo import Box
from dashboard.studies.layers import Curve


def maps_npz(exhibit: Exhibit) -> bytes:
    """Each map's raw values and its box (left, top, right, bottom in photo pixels), the difference, and the settings."""
    arrays: dict[str, Any] = {}
    for side, shown in exhibit.shown.items():
        arrays |= {f"{side}_values": shown.heatmap.numpy(), f"{side}_box": _corners(shown.box)}
    if isinstance(exhibit.comparison, Comparison):
        arrays |= {"difference": exhibit.comparison.difference.numpy(), "difference_box": _corners(exhibit.comparison.box)}
    return _npz(arrays, exhibit)


class Layers(NamedTuple):
    """A method's maps up to each layer and each layer's own attention, both (L, rows, columns), and every metric by layer."""

    progression: Tensor
    attention: Tensor
    curves: Sequence[Curve] = ()


def layers_npz(exhibit: Exhibit, layers: Mapping[Slot, Layers]) -> bytes:
    """For each side that has layers: its maps and each layer's attention, (L, rows, columns), their box; and the settings.

    Each curve (L,) is named after its metric's key, `<slot>_curve_<key>`; `..._by_chance` is added if chance has a value.
    """
    arrays: dict[str, Any] = {}
    for slot, each in layers.items():
        arrays |= {f"{slot}_progression": each.progression.numpy(), f"{slot}_attention": each.attention.numpy()}
        arrays[f"{slot}_box"] = _corners(exhibit.shown[slot].box)
        for curve in each.curves:
            name = f"{slot}_curve_{curve.metric.key}"
            arrays[name] = np.array(curve.values)
            if not all(map(math.isnan, curve.chance)):
                arrays[f"{name}_by_chance"] = np.array(curve.chance)
    return _npz(arrays, exhibit)


def attention_npz(exhibit: Exhibit, slot: Slot, tokens: Tensor, grid: tuple[int, int]) -> bytes:
    """One token's attention in every layer, (L, 1 + H, T) with the fused heads first, its grid and box; and the settings.

    The last rows x columns tokens are the patches of `grid`, which cover `box`.
    """
    shown = exhibit.shown[slot]
    arrays = {"attention": tokens.numpy(), "grid": np.array(grid), "shown": shown.heatmap.numpy()}
    return _npz(arrays | {"box": _corners(shown.box)}, exhibit)


def methods_npz(exhibit: Exhibit, correlations: Tensor) -> bytes:
    """Each method's raw values by its name, boxes (M, 4), rank correlations (M, M), the names in order; and the settings."""
    maps = {name: shown.heatmap.numpy() for name, shown in exhibit.shown.items()}
    boxes = np.stack([_corners(shown.box) for shown in exhibit.shown.values()])
    return _npz(maps | {"names": np.array(list(maps)), "correlations": correlations.numpy(), "boxes": boxes}, exhibit)


def _corners(box: Box) -> np.ndarray:
    return np.array([box.left, box.top, box.right, box.bottom])


def _npz(arrays: dict[str, Any], exhibit: Exhibit) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays, settings=np.array(to_json(settings(exhibit))))
    return stream.getvalue()
