"""Tables as CSV files, for spreadsheets and for pandas: what the pages say in numbers."""

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence

from torch import Tensor

from dashboard.compare import Comparison, Slot
from dashboard.export.arrays import Layers
from dashboard.export.exhibit import Exhibit
from dashboard.metrics import Number, of_map
from dashboard.names import class_names

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


def layers_csv(exhibit: Exhibit, layers: Mapping[Slot, Layers]) -> bytes:
    """Every metric by depth: a line for each layer of each side, and what chance would give where that has a value."""
    rows: list[Sequence[object]] = []
    for side, each in layers.items():
        about = (side, exhibit.model_of(side).title, exhibit.shown[side].method.label)
        header = [name for curve in each.curves for name in (curve.metric.key, f"{curve.metric.key} by chance")]
        if not rows:
            rows.append(("side", "model", "method", "layer", *header))
        for layer in range(len(each.progression)):
            values = [_value(number[layer]) for curve in each.curves for number in (curve.values, curve.chance)]
            rows.append((*about, layer + 1, *values))
    return _csv(rows)


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
