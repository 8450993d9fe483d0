"""Plates with numbers: curves by depth and by step, the agreement of every two maps, and every head's small map."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from dashboard.export.paper import INK, LINE, QUIET, Paper, fitted, length, lettered
from dashboard.export.plates import ACCENT, FINEST, Bar
from dashboard.export.sheet import Sheet
from dashboard.figures.attention import mosaic
from dashboard.figures.colouring import Scale
from dashboard.figures.maps import SHADES, palette
from dashboard.figures.methods import matrix_colours, shades_of
from dashboard.studies.layers import Curve
from dashboard.studies.trust import Lines

CURVE = "#148c82"
GAP = 1.6  # letters' heights between two curves


@dataclass(frozen=True)
class Legend:
    """A colour bar for several pictures, over a part of the width."""

    bar: Bar

    def height(self, sheet: Sheet, width: float) -> float:
        return self.bar.height(sheet, self._wide(sheet, width))

    def draw(self, paper: Paper, left: float, top: float, width: float) -> None:
        self.bar.draw(paper, left, top, self._wide(paper.sheet, width))

    def _wide(self, sheet: Sheet, width: float) -> float:
        return width * (0.75 if sheet.width_of == "One column" else 0.4)


@dataclass(frozen=True)
class Charts:
    """Equal charts in rows, `columns` beside each other: a title above each, which `titled` lists, and what `_fill` draws."""

    columns: int

    @property
    def titled(self) -> Sequence[str]:
        """The charts' titles."""
        raise NotImplementedError

    def height(self, sheet: Sheet, width: float) -> float:
        rows = -(-len(self.titled) // self.columns)
        return rows * self._high(sheet, width) + (rows - 1) * GAP * sheet.size.points

    def draw(self, paper: Paper, left: float, top: float, width: float) -> None:
        gap, high, small = GAP * paper.points, self._high(paper.sheet, width), paper.small
        wide = (width - (self.columns - 1) * gap) / self.columns
        for number, title in enumerate(self.titled):
            row, column = divmod(number, self.columns)
            x, y = left + column * (wide + gap), top + row * (high + gap)
            paper.write(fitted(title, wide, small, most=1), x, y, small)
            axes = paper.axes(x + 2.6 * small, y + 1.6 * small, wide - 2.6 * small, high - 3.4 * small)
            axes.set_axis_on()
            self._fill(axes, number, small)
            axes.locator_params(axis="y", nbins=4)
            _plain(axes, small)

    def _fill(self, axes: Axes, number: int, small: float) -> None:
        raise NotImplementedError

    def _high(self, sheet: Sheet, width: float) -> float:
        return 0.55 * width / self.columns + 2.5 * sheet.size.small


@dataclass(frozen=True)
class Curves(Charts):
    """A curve over the layers for each metric; `depth` is marked. Dotted: what chance gives."""

    curves: Sequence[Curve]
    depth: int

    @property
    def titled(self) -> Sequence[str]:
        return [curve.metric.title for curve in self.curves]

    def _fill(self, axes: Axes, number: int, small: float) -> None:
        curve = self.curves[number]
        layers = range(1, len(curve.values) + 1)
        if not all(map(math.isnan, curve.chance)):
            axes.plot(layers, curve.chance, linestyle=":", color=QUIET, linewidth=0.08 * small)
        axes.plot(layers, curve.values, marker="o", markersize=0.35 * small, color=CURVE, linewidth=0.14 * small)
        if 1 <= self.depth <= len(curve.values):
            axes.plot([self.depth], [curve.values[self.depth - 1]], marker="o", markersize=0.6 * small, color=ACCENT)
        axes.set_xticks(list(layers)[:: -(-len(layers) // 6)])


@dataclass(frozen=True)
class Steps(Charts):
    """A model's score by the percentage of a photo that has changed, for each of some titles, beside the controls' scores."""

    steps: Sequence[tuple[str, Lines]]

    @property
    def titled(self) -> Sequence[str]:
        return [title for title, _ in self.steps]

    def _fill(self, axes: Axes, number: int, small: float) -> None:
        drawn = self.steps[number][1]
        shares = np.linspace(0, 100, len(drawn.own))
        mean, spread = drawn.mean.numpy(), drawn.spread.numpy()
        axes.fill_between(shares, mean - spread, mean + spread, color=QUIET, alpha=0.25, linewidth=0)
        axes.plot(shares, mean, color=QUIET, linewidth=0.08 * small)
        axes.plot(shares, drawn.middle.numpy(), linestyle="--", color=QUIET, linewidth=0.1 * small)
        if drawn.other is not None:
            axes.plot(shares, drawn.other.numpy(), color=ACCENT, linewidth=0.1 * small)
        axes.plot(shares, drawn.own.numpy(), color=CURVE, linewidth=0.18 * small)


def _plain(axes: Axes, small: float) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set(linewidth=FINEST, edgecolor=QUIET)
    axes.tick_params(length=0.25 * small, width=FINEST, color=QUIET, pad=0.25 * small)
    for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        label.set(fontproperties=lettered(small), color=INK)


@dataclass(frozen=True)
class Matrix:
    """The rank correlation of every two of `names`, (M, M), in the colours of the page and, where there is room, in digits."""

    values: np.ndarray
    names: Sequence[str]

    def height(self, sheet: Sheet, width: float) -> float:
        labels, cell = self._sizes(sheet, width)
        return labels + cell * len(self.names)

    def draw(self, paper: Paper, left: float, top: float, width: float) -> None:
        labels, cell = self._sizes(paper.sheet, width)
        size, count = paper.small, len(self.names)
        axes = paper.axes(left + labels, top + labels, cell * count, cell * count)
        shades, dark = shades_of(self.values, *matrix_colours(self.values, signed=True))
        for index, (row, column) in enumerate(np.ndindex(self.values.shape)):
            self._cell(axes, row, column, shades[index] / 255, "white" if dark[index] else INK, min(size, 0.3 * cell))
        axes.set_xlim(0, count)
        axes.set_ylim(count, 0)
        for number, name in enumerate(self.names):
            middle = labels + (number + 0.5) * cell
            (line,) = fitted(name, labels - 0.5 * size, size, most=1) or [""]
            paper.write([line], left + labels - 0.4 * size, top + middle - 0.65 * size, size, align="right")
            paper.upwards(line, left + middle + 0.35 * size, top + labels - 0.4 * size, size)

    def _cell(self, axes: Axes, row: int, column: int, colour: np.ndarray, ink: str, letters: float) -> None:
        value = self.values[row, column]
        if math.isnan(value):
            axes.add_patch(Rectangle((column, row), 1, 1, fill=False, edgecolor=QUIET, linewidth=FINEST, hatch="//"))
            return
        axes.add_patch(Rectangle((column, row), 1, 1, facecolor=colour.tolist(), edgecolor="white", linewidth=FINEST))
        digits = f"{round(value, 2) + 0.0:.2f}".replace("-", "−")
        if letters >= 3.5:
            axes.text(column + 0.5, row + 0.5, digits, ha="center", va="center_baseline", color=ink,
                      fontproperties=lettered(letters), parse_math=False)  # fmt: skip

    def _sizes(self, sheet: Sheet, width: float) -> tuple[float, float]:
        """How long the labels are, and how large a cell is."""
        size = sheet.size.small
        labels = min(max((length(name, size) for name in self.names), default=0) + size, 0.35 * width)
        return labels, min((width - labels) / max(len(self.names), 1), 3 * size)


@dataclass(frozen=True)
class Heads:
    """Small maps (L, 1 + H, rows, columns): layers from left to right, fused heads first and then each head below each other.

    Each has its own scale; `aspect` is a map's height divided by its width.
    """

    maps: np.ndarray
    aspect: float
    colours: str
    scale: Scale
    chosen: tuple[int, int]

    def height(self, sheet: Sheet, width: float) -> float:
        wide = self._wide(sheet, width)
        return LINE * 2 * sheet.size.small + self.maps.shape[1] * wide * self.aspect

    def draw(self, paper: Paper, left: float, top: float, width: float) -> None:
        small, wide = paper.small, self._wide(paper.sheet, width)
        layers, heads, rows, columns = self.maps.shape
        across, down = columns / (columns + 1), rows / (rows + 1)  # the rest is the gap to the next
        high, first, above = wide * self.aspect, left + self._label(paper.sheet), top + LINE * 2 * small
        paper.write(["layer"], first, top, small, colour=QUIET)
        for layer in range(layers):
            paper.write([str(layer + 1)], first + (layer + 0.5 * across) * wide, top + LINE * small, small, align="center")
        for head in range(heads):
            name = f"head {head}" if head else "fused"
            paper.write([name], first - 0.4 * small, above + (head + 0.5 * down) * high - 0.65 * small, small, align="right")
        axes = paper.axes(first, above, layers * wide, heads * high)
        axes.imshow(self._picture(), extent=(0, layers, heads, 0), interpolation="none", aspect="auto")
        layer, head = self.chosen
        axes.add_patch(Rectangle((layer - 1, head), across, down, fill=False, edgecolor=ACCENT, linewidth=1.2, clip_on=False))
        axes.set_xlim(0, layers)
        axes.set_ylim(heads, 0)

    def _picture(self) -> np.ndarray:
        """All small maps as one picture, (heads (rows + 1), L (columns + 1), 4) bytes; gaps between them are clear."""
        shades = np.pad(mosaic(self.maps, self.scale), ((0, 1), (0, 1)))
        colours = palette(self.colours)[np.maximum(shades.astype(int) - 1, 0) * (SHADES - 1) // 254]
        picture = np.concatenate([colours, np.where(shades > 0, 255, 0).astype(np.uint8)[..., None]], -1)
        times = max(-(-1200 // picture.shape[1]), 1)
        return picture.repeat(times, 0).repeat(times, 1)

    def _label(self, sheet: Sheet) -> float:
        return length("head 88 ", sheet.size.small)

    def _wide(self, sheet: Sheet, width: float) -> float:
        """How wide a small map is; few layers leave a part of the width free."""
        return min((width - self._label(sheet)) / self.maps.shape[0], 0.12 * width)
