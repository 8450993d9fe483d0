"""What figures are made of: maps over the photo side by side with their colour bars, and texts above and below them.

A plate says how high it is on a sheet of a certain width, and draws itself there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patches import Rectangle
from PIL import Image
from plotly.colors import unlabel_rgb

from dashboard.export.paper import INK, LINE, QUIET, Paper, fitted, length
from dashboard.export.sheet import Sheet
from dashboard.figures.colouring import Colouring
from dashboard.figures.maps import (
    DIM_COLOUR,
    DIM_OPACITY,
    FLAT,
    OUTLINE,
    RING,
    SHADES,
    outline_pieces,
    palette,
    unseen_rectangles,
)
from dashboard.photo import Box

ON_SCREEN = 450  # pixels of a map on screen: lines in a figure are as thick, measured against the map
ACCENT = "#e27d00"
FINEST = 0.35  # points: the thinnest line that print shows
CELLS_WIDE = 800  # pixels across a map's cells, at least: every viewer then shows them sharp
MOST_LINES = 6  # of a text over the whole width
HIGHEST = 1.5  # a map's height, measured against the width that there is for it


class Plate(Protocol):
    """A part of a figure, as wide as the sheet."""

    def height(self, sheet: Sheet, width: float) -> float:
        """Its height in points where it is `width` points wide."""
        ...

    def draw(self, paper: Paper, left: float, top: float, width: float) -> None:
        """Draws it with its upper left corner there."""
        ...


@dataclass(frozen=True)
class Words:
    """A text over the whole width."""

    text: str
    bold: bool = False
    small: bool = False

    def height(self, sheet: Sheet, width: float) -> float:
        return len(self._lines(sheet, width)) * LINE * self._size(sheet)

    def draw(self, paper: Paper, left: float, top: float, width: float) -> None:
        colour = QUIET if self.small else INK
        paper.write(self._lines(paper.sheet, width), left, top, self._size(paper.sheet), bold=self.bold, colour=colour)

    def _size(self, sheet: Sheet) -> float:
        return sheet.size.small if self.small else sheet.size.points

    def _lines(self, sheet: Sheet, width: float) -> list[str]:
        return fitted(self.text, width, self._size(sheet), self.bold, MOST_LINES)


@dataclass(frozen=True)
class Laid:
    """One map as it lies over the photo: `values` (h, w) over `box`, its colours, and what is marked on it.

    `outlined` (h, w) is true where cells are outlined, and `framed` is a part of the photo with a frame around it. If not
    `coloured`, the map has no colours and nothing is ringed or hatched.
    """

    values: np.ndarray
    box: Box
    made: Colouring
    colours: str
    opacity: float
    smooth: bool = False
    coloured: bool = True
    outlined: np.ndarray | None = None
    framed: Box | None = None

    @cached_property
    def cells(self) -> np.ndarray:
        """The cells in colours, (h k, w k, 4) bytes: each is k x k pixels, so that no viewer blurs it. Smoothing blends values
        between the cells' centres, as the screen does, rather than colours.
        """
        rows, columns = self.values.shape
        times = max(-(-CELLS_WIDE // max(rows, columns)), 1)
        places = Image.fromarray(self.made.positions(self.values).astype(np.float32))
        blended = Image.Resampling.BILINEAR if self.smooth else Image.Resampling.NEAREST
        large = np.asarray(places.resize((times * columns, times * rows), blended))
        shades = palette(self.colours)[(large * (SHADES - 1) + 0.5).astype(np.uint8)]
        if self.made.flat:
            shades = np.broadcast_to(np.array(FLAT, np.uint8), shades.shape)
        alpha = np.full((*shades.shape[:2], 1), round(255 * self.opacity), np.uint8)
        return np.concatenate([shades, alpha], -1)

    def draw(self, axes: Axes, size: tuple[int, int], points: float) -> None:
        """Draws it on axes in photo pixels, in a place `points` wide."""
        thick = points / ON_SCREEN
        if self.opacity > 0:
            edges = (self.box.left, self.box.right, self.box.bottom, self.box.top)
            axes.imshow(self.cells, extent=edges, interpolation="none", aspect="auto", zorder=1)
        for left, top, right, bottom in unseen_rectangles(size, self.box):
            corner = (left, top), right - left, bottom - top
            axes.add_patch(Rectangle(*corner, facecolor=_colour(DIM_COLOUR), alpha=DIM_OPACITY, linewidth=0, zorder=3))
        if self.coloured and self.made.flat:
            seen = self.box.overlap(Box(0, 0, *size)) or self.box
            stripes = Rectangle((seen.left, seen.top), seen.width, seen.height, fill=False, hatch="////", linewidth=0, zorder=2)
            stripes.set_edgecolor(_colour(DIM_COLOUR))
            axes.add_patch(stripes)
        elif self.coloured:
            for colour, width in RING:
                _lines(axes, outline_pieces(self.made.beyond(self.values), self.box), colour, max(width * thick, FINEST))
        if self.outlined is not None:
            _lines(axes, outline_pieces(self.outlined, self.box), OUTLINE, max(3 * thick, 2 * FINEST))
        if self.framed is not None:
            for colour, width in ((_colour(DIM_COLOUR), 5), (ACCENT, 3)):
                frame = (self.framed.left, self.framed.top), self.framed.width, self.framed.height
                axes.add_patch(Rectangle(*frame, fill=False, edgecolor=colour, linewidth=max(width * thick, FINEST), zorder=5))


def _lines(axes: Axes, pieces: Sequence, colour: str, width: float) -> None:
    if pieces:
        rgb = _colour(unlabel_rgb(colour))
        axes.add_collection(
            LineCollection(pieces, colors=[rgb], linewidths=width, capstyle="projecting", zorder=4), autolim=False
        )


def _colour(rgb: Sequence[float]) -> tuple[float, float, float]:
    red, green, blue = rgb
    return red / 255, green / 255, blue / 255


@dataclass(frozen=True)
class Bar:
    """A colour bar: its `shades` (n, 3) from the first to the last, `labels` at positions from 0 to 1, and what it measures."""

    shades: np.ndarray
    labels: Sequence[tuple[float, str]]
    measures: str

    def height(self, sheet: Sheet, width: float) -> float:
        small = sheet.size.small
        return (0.8 + LINE + 0.2) * small + len(self._measured(sheet, width)) * LINE * small

    def draw(self, paper: Paper, left: float, top: float, width: float) -> None:
        small = paper.small
        axes = paper.axes(left, top, width, 0.7 * small)
        axes.imshow(self.shades[None], extent=(0, 1, 0, 1), interpolation="none", aspect="auto")
        axes.add_patch(Rectangle((0, 0), 1, 1, fill=False, edgecolor=QUIET, linewidth=FINEST, clip_on=False))
        below, ends = top + 0.9 * small, {0.0: "left", 1.0: "right"}
        for at, text in self._fitting(small, width):
            paper.write([text.replace("-", "−")], left + at * width, below, small, align=ends.get(at, "center"))
            if at not in ends:
                axes.plot([at, at], [0, 1], color=INK, linewidth=2 * FINEST, clip_on=False)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        paper.write(self._measured(paper.sheet, width), left, below + LINE * small, small, colour=QUIET)

    def _fitting(self, small: float, width: float) -> Sequence[tuple[float, str]]:
        """The labels; the ends alone where there is no room for one between them."""
        room = width - sum(length(text, small) for _, text in self.labels) - 2 * small
        return self.labels if room > 0 else [label for label in self.labels if label[0] in (0, 1)]

    def _measured(self, sheet: Sheet, width: float) -> list[str]:
        return fitted(self.measures, width, sheet.size.small, most=3)


@dataclass(frozen=True)
class Panel:
    """A picture of the photo with its title, a map over it if there is one, and its colour bar or what else is below it."""

    title: str
    says: tuple[str, ...] = ()
    laid: Laid | None = None
    bar: Bar | None = None
    below: str = ""
    chosen: bool = False


@dataclass(frozen=True)
class Grid:
    """Panels of one photo of `size` (width, height) in rows, all alike in size; `columns` of them are in a row at most.

    A photo that is very high has its pictures as high as HIGHEST allows, and narrower than their place.
    """

    panels: Sequence[Panel]
    size: tuple[int, int]
    columns: int
    small: bool = False
    gap: float = field(default=1.2, kw_only=True)  # in letters' heights

    def height(self, sheet: Sheet, width: float) -> float:
        heights = [self._row(sheet, width, row) for row in self._rows()]
        return sum(map(sum, heights)) + (len(heights) - 1) * 0.8 * sheet.size.points

    def draw(self, paper: Paper, left: float, top: float, width: float) -> None:
        place, gap = self._place(paper.sheet, width)
        for row in self._rows():
            above, pictured, below = self._row(paper.sheet, width, row)
            for number, panel in enumerate(row):
                self._draw(paper, panel, left + number * (place + gap), top, width, above)
            top += above + pictured + below + 0.8 * paper.points

    def _rows(self) -> list[Sequence[Panel]]:
        count = min(self.columns, len(self.panels))
        return [self.panels[start : start + count] for start in range(0, len(self.panels), count)]

    def _place(self, sheet: Sheet, width: float) -> tuple[float, float]:
        """The width for each panel, and the gap between two."""
        count, gap = min(self.columns, len(self.panels)), self.gap * sheet.size.points
        return (width - (count - 1) * gap) / count, gap

    def _picture(self, sheet: Sheet, width: float) -> tuple[float, float]:
        """A picture's width and height."""
        place, _ = self._place(sheet, width)
        columns, rows = self.size
        high = min(place * rows / columns, HIGHEST * place)
        return high * columns / rows, high

    def _titles(self, sheet: Sheet) -> tuple[float, float]:
        return (sheet.size.small, sheet.size.small) if self.small else (sheet.size.points, sheet.size.small)

    def _above(self, sheet: Sheet, width: float, panel: Panel) -> tuple[list[str], list[str]]:
        place, _ = self._place(sheet, width)
        large, small = self._titles(sheet)
        says = [line for text in panel.says for line in fitted(text, place, small, most=3)]
        return fitted(panel.title, place, large, not self.small or panel.chosen, 2), says

    def _row(self, sheet: Sheet, width: float, row: Sequence[Panel]) -> tuple[float, float, float]:
        """The heights of a row's titles, of its pictures, and of what is below them."""
        place, _ = self._place(sheet, width)
        large, small = self._titles(sheet)
        above = [self._above(sheet, width, panel) for panel in row]
        titles = max(LINE * (large * len(title) + small * len(says)) for title, says in above) + 0.4 * small
        below = max(self._bar(sheet, place, panel) for panel in row)
        return titles, self._picture(sheet, width)[1], below

    def _bar(self, sheet: Sheet, place: float, panel: Panel) -> float:
        small = sheet.size.small
        words = LINE * small * len(fitted(panel.below, place, small, most=8))
        bar = 0.5 * small + panel.bar.height(sheet, place) if panel.bar else 0
        return bar + words + (0.3 * small if words and not bar else 0)

    def _draw(self, paper: Paper, panel: Panel, left: float, top: float, width: float, above: float) -> None:
        sheet, (place, _) = paper.sheet, self._place(paper.sheet, width)
        large, small = self._titles(sheet)
        title, says = self._above(sheet, width, panel)
        end = paper.write(title, left, top, large, bold=not self.small or panel.chosen)
        paper.write(says, left, end, small, colour=QUIET)
        wide, high = self._picture(sheet, width)
        self._pictured(paper, panel, left, top + above, wide, high)
        under = top + above + high
        if panel.bar:
            panel.bar.draw(paper, left, under + 0.5 * sheet.size.small, place)
            under += 0.5 * sheet.size.small + panel.bar.height(sheet, place)
        else:
            under += 0.3 * sheet.size.small
        paper.write(fitted(panel.below, place, sheet.size.small, most=8), left, under, sheet.size.small, colour=QUIET)

    def _pictured(self, paper: Paper, panel: Panel, left: float, top: float, wide: float, high: float) -> None:
        axes, (columns, rows) = paper.axes(left, top, wide, high), self.size
        axes.imshow(
            np.asarray(paper.picture(wide)), extent=(0, columns, rows, 0), interpolation="none", aspect="auto", zorder=0
        )
        if panel.laid:
            panel.laid.draw(axes, self.size, wide)
        if panel.chosen:
            frame = Rectangle((0, 0), columns, rows, fill=False, edgecolor=ACCENT, linewidth=1.2, clip_on=False, zorder=6)
            axes.add_patch(frame)
        axes.set_xlim(0, columns)
        axes.set_ylim(rows, 0)
