"""Tables as CSV files, for spreadsheets and for pandas: what the pages say in numbers."""

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from torch import Tensor

from dashboard.compare import Comparison, Slot
from dashboard.export.arrays import Build, Places
from dashboard.export.exhibit import Exhibit, rounded
from dashboard.metrics import Number, of_map
from dashboard.names import class_names
from dashboard.studies.attention import HeadSummary, TokenAttention, patch_box
from dashboard.studies.trust import WAYS, Lines

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a cell that begins with one of these would be run by a spreadsheet


def comparison_csv(exhibit: Exhibit) -> bytes:
    """Each map's numbers, how far both agree, and every class with both models' scores, highest first: one fact a line."""
    rows: list[Sequence[object]] = [("what", "side", "model", "method", "name", "value", "by chance")]
    for side, shown in exhibit.shown.items():
        about = (side, exhibit.model_of(side).title, shown.method.label)
        numbers = () if shown.flat else of_map(shown.heatmap, share=exhibit.share)
        rows += [("number", *about, number.metric.key, *_number(number)) for number in numbers]
    if isinstance(exhibit.comparison, Comparison):
        rows += [("agreement", "", "", "", each.metric.key, *_number(each)) for each in exhibit.comparison.numbers]
    for side, shown in exhibit.shown.items():
        answer = shown.prediction
        names = class_names(answer.labels)
        for index, _, score in answer.top(len(answer.labels)):
            rows.append((answer.kind, side, exhibit.model_of(side).title, "", names[index], score, ""))
    return _csv(rows)


def layers_csv(exhibit: Exhibit, layers: Mapping[Slot, Build]) -> bytes:
    """Every metric by depth: a line for each layer or stage of each side, and what chance would give where that has a value."""
    found: list[dict[str, object]] = []
    for side, each in layers.items():
        about = {"side": side, "model": exhibit.model_of(side).title}
        if isinstance(each, Places):
            for number, shown in enumerate(each.maps, 1):
                numbers = () if shown.flat else of_map(shown.heatmap, share=exhibit.share)
                told = {number.metric.key: _value(number.value) for number in numbers}
                found.append({**about, "method": shown.method.label, "part": each.what, "layer": number, **told})
            continue
        for layer in range(len(each.progression)):
            told = {curve.metric.key: _value(curve.values[layer]) for curve in each.curves}
            told |= {f"{curve.metric.key} by chance": _value(curve.chance[layer]) for curve in each.curves}
            label = exhibit.shown[side].method.label
            found.append({**about, "method": label, "part": "layer", "layer": layer + 1, **told})
    header = list(dict.fromkeys(name for row in found for name in row))
    return _csv([header, *([row.get(name, "") for name in header] for row in found)])


def methods_csv(exhibit: Exhibit, correlations: Tensor) -> bytes:
    """A line for each method: its map's numbers, and its rank correlation with every other map."""
    names = list(exhibit.shown)
    rows: list[Sequence[object]] = []
    for (name, shown), row in zip(exhibit.shown.items(), correlations.tolist(), strict=True):
        numbers = of_map(shown.heatmap, share=exhibit.share)
        if not rows:
            rows.append(
                ("method", "paper", *(number.metric.key for number in numbers), *(f"rho with {each}" for each in names))
            )
        told = ("" if shown.flat else _value(number.value) for number in numbers)
        rows.append((name, shown.method.paper, *told, *map(_value, row)))
    return _csv(rows)


def heads_csv(exhibit: Exhibit, slot: Slot, summary: HeadSummary) -> bytes:
    """How far and how evenly each head looks, as means over all patches: a line for each head of each layer."""
    title = exhibit.model_of(slot).title
    rows: list[Sequence[object]] = [("model", "layer", "head", "attention distance in patches", "entropy from 0 to 1")]
    for layer, (distances, entropies) in enumerate(zip(summary.distance.tolist(), summary.entropy.tolist(), strict=True), 1):
        for head, (distance, entropy) in enumerate(zip(distances, entropies, strict=True), 1):
            rows.append((title, layer, head, _value(distance), _value(entropy)))
    return _csv(rows)


def patch_csv(exhibit: Exhibit, slot: Slot, token: str) -> bytes:
    """The attention of one patch, or of another token, on the page: a line for each patch that it looks at, or that looks at
    it, with its row and column from 1 and its edges in photo pixels. `token` is its name.
    """
    shown = exhibit.shown[slot]
    method, grid = shown.method, shown.heatmap.shape
    if not isinstance(method, TokenAttention):
        raise TypeError(f"expected the attention of a token, got {method.label}")
    head = f"fused ({method.heads})" if method.head is None else method.head
    about = (exhibit.model_of(slot).title, token, method.direction, method.layer, head)
    rows: list[Sequence[object]] = [
        ("model", "patch", "as", "layer", "head", "row", "column", "left", "top", "right", "bottom", "attention")
    ]
    for (row, column), value in np.ndenumerate(shown.heatmap.numpy()):
        edges = rounded(patch_box(shown.box, (grid[0], grid[1]), (row, column))).values()
        rows.append((*about, row + 1, column + 1, *edges, _value(float(value))))
    return _csv(rows)


def trust_csv(exhibit: Exhibit, drawn: Mapping[Slot, Sequence[Lines]]) -> bytes:
    """Each side's numbers of a map and its model, then its curves, step by step, each beside its controls: one fact a line.

    `drawn` holds the lines of deletion and of insertion; `share` is how much of the cells has changed.
    """
    rows: list[Sequence[object]] = [
        ("side", "model", "method", "in its place", "name", "share", "value", "middle", "random mean", "random deviation")
    ]
    for side, told in exhibit.tested.items():
        about = (side, exhibit.model_of(side).title, exhibit.shown[side].method.label, exhibit.in_place)
        rows += [(*about, row.metric.key, "", *map(_value, (row.value, row.middle, row.mean, row.spread))) for row in told]
    for side, both in drawn.items():
        about = (side, exhibit.model_of(side).title, exhibit.shown[side].method.label, exhibit.in_place)
        for way, lines in zip(WAYS, both, strict=True):
            steps = zip(*(each.tolist() for each in (lines.own, lines.middle, lines.mean, lines.spread)), strict=True)
            rows += [(*about, f"{way} curve", step / (len(lines.own) - 1), *values) for step, values in enumerate(steps)]
    return _csv(rows)


def truth_csv(keys: Sequence[str], rows: Iterable[tuple[str, Sequence[float]]]) -> bytes:
    """A line for each map: its name, and its numbers by the metrics' keys, against a truth that a person gave."""
    return _csv([("map", *keys), *((name, *map(_value, values)) for name, values in rows)])


def tries_csv(rows: Sequence[Sequence[str]], titles: Sequence[str]) -> bytes:
    """A line for each part that was taken away from the photo: how it was chosen, what stood in its place, both answers."""
    return _csv([("taken away", "in its place", *titles), *rows])


def _number(number: Number) -> tuple[object, object]:
    return _value(number.value), "" if number.chance is None else _value(number.chance)


def _value(value: float) -> object:
    return "" if math.isnan(value) else value


def _csv(rows: Iterable[Sequence[object]]) -> bytes:
    """Rows as text that spreadsheets read as UTF-8; texts that they would run as a formula begin with an apostrophe."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    for row in rows:
        writer.writerow([f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell for cell in row])
    return stream.getvalue().encode("utf-8-sig", errors="replace")
