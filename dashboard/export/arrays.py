"""Raw values as NumPy files, which `numpy.load(file)` opens; nothing in them is pickled."""

import io
import math
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor

from dashboard.compare import Comparison, Slot
from dashboard.evidence import AttentionMaps
from dashboard.explain import Explanation
from dashboard.export.exhibit import Exhibit, rounded, settings, to_json
from dashboard.photo import Box
from dashboard.studies.layers import DISCARDS, HEADS, Curve
from dashboard.studies.trust import WAYS, Lines

_all_attention = Lock()  # one such file at a time: each needs twice its size
CHOICES = ("heads", "discard", "layer", "row", "column")  # the axes of rollout's choices


def maps_npz(exhibit: Exhibit) -> bytes:
    """Each map's raw values and its box (left, top, right, bottom in photo pixels), the difference, and the settings."""
    return _npz(_maps(exhibit), exhibit)


def trust_npz(exhibit: Exhibit, drawn: Mapping[Slot, Sequence[Lines]]) -> bytes:
    """As `maps_npz`, and for each side the explained class's score after each step, (S + 1,), as `<slot>_deletion` and
    `<slot>_insertion`, with `..._middle`, `..._other`, `..._random_mean` and `..._random_deviation` beside each; `share`
    (S + 1,) is how much of the cells has changed.
    """
    arrays = _maps(exhibit)
    for slot, both in drawn.items():
        for way, lines in zip(WAYS, both, strict=True):
            name = f"{slot}_{way}"
            told = {"": lines.own, "_middle": lines.middle, "_random_mean": lines.mean, "_random_deviation": lines.spread}
            told |= {} if lines.other is None else {"_other": lines.other}
            arrays |= {f"{name}{end}": values.numpy() for end, values in told.items()}
            arrays["share"] = np.linspace(0, 1, len(lines.own))
    return _npz(arrays, exhibit)


def _maps(exhibit: Exhibit) -> dict[str, Any]:
    arrays: dict[str, Any] = {}
    for side, shown in exhibit.shown.items():
        arrays |= {f"{side}_values": shown.heatmap.numpy(), f"{side}_box": _corners(shown.box)}
    if isinstance(exhibit.comparison, Comparison):
        arrays |= {"difference": exhibit.comparison.difference.numpy(), "difference_box": _corners(exhibit.comparison.box)}
    return arrays


class Layers(NamedTuple):
    """A method's maps up to each layer and each layer's own attention, both (L, rows, columns), and every metric by layer.

    `choices` makes rollout with every head fusion, discard ratio and depth, (3, D, L, rows, columns); None for other methods.
    """

    progression: Tensor
    attention: Tensor
    curves: Sequence[Curve] = ()
    choices: Callable[[], Tensor] | None = None


class Places(NamedTuple):
    """A method's `maps` at every stage or layer (`what`) that it can read, the first one first, and the `chosen` one."""

    what: str
    maps: Sequence[Explanation]
    chosen: Explanation


Build = Layers | Places  # how one side's map builds up


def layers_npz(exhibit: Exhibit, layers: Mapping[Slot, Build]) -> bytes:
    """For each side that has layers: its maps and each layer's attention, (L, rows, columns), their box; and the settings.

    For a side with a map for each stage, `<slot>_stage_<number>` and its box, as these differ in size. Rollout has
    `<slot>_choices` too, (3, D, L, rows, columns), for every head fusion, discard ratio and depth. Each curve (L,) is named
    after its metric's key, `<slot>_curve_<key>`; `..._by_chance` is added if chance has a value.
    """
    arrays: dict[str, Any] = {}
    for slot, each in layers.items():
        if isinstance(each, Places):
            for number, shown in enumerate(each.maps, 1):
                name = f"{slot}_{each.what}_{number}"
                arrays |= {name: shown.heatmap.numpy(), f"{name}_box": _corners(shown.box)}
            continue
        arrays |= {f"{slot}_progression": each.progression.numpy(), f"{slot}_attention": each.attention.numpy()}
        arrays[f"{slot}_box"] = _corners(exhibit.shown[slot].box)
        if each.choices is not None:
            arrays |= {f"{slot}_choices": each.choices().numpy(), f"{slot}_choices_axes": np.array(CHOICES)}
            arrays |= {f"{slot}_choices_heads": np.array(HEADS), f"{slot}_choices_discard": np.array(DISCARDS)}
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


def all_attention_npz(evidence: AttentionMaps, box: Box) -> bytes:
    """What every token attends to in every layer and head, `attention` (L, H, T, T), with its axes; `reads` (T,) is
    the share of each token that the head of the network reads. The last rows x columns tokens are the patches of `grid`, which
    cover `box`.
    """
    with _all_attention:
        return _all_attention_npz(evidence, box)


def _all_attention_npz(evidence: AttentionMaps, box: Box) -> bytes:
    arrays: dict[str, Any] = {
        "attention": evidence.weights.float().cpu().numpy(),
        "axes": np.array(("layer", "head", "query", "key")),
    }
    arrays |= {"reads": evidence.reads.cpu().numpy(), "grid": np.array(evidence.grid), "box": _corners(box)}
    stream = io.BytesIO()
    np.savez(stream, **arrays)  # attention hardly gets smaller by compression, which takes seconds
    return stream.getvalue()


def all_attention_bytes(evidence: AttentionMaps) -> int:
    """About how large that file is."""
    return 4 * evidence.weights.numel()


def _corners(box: Box) -> np.ndarray:
    return np.array(list(rounded(box).values()))


def _npz(arrays: dict[str, Any], exhibit: Exhibit) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays, settings=np.array(to_json(settings(exhibit))))
    return stream.getvalue()
