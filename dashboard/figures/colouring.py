"""From raw values to colours: one rule for every map, and for several maps on one scale. Knows no Plotly."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np

from dashboard.numbers import counted, plural, short, times
from dashboard.numerics.scaling import is_flat

Scale = Literal["auto", "linear", "robust", "rank"]
ENDS = (2, 98)  # percentiles at which robust colours stop
CROWDED = 0.1  # if half of the cells share less than this part of the colours, a few outliers flatten them
CLEARLY = 1.5  # robust ends must give these cells this many times more of the colours to be worth leaving outliers out


@dataclass(frozen=True)
class Colouring:
    """How values become colours: by `scale`, from `low`, the value with the first colour, to `high`, the value with the last.

    Values below `low` have the first colour too, values above `high` the last. `least` and `most` are the lowest and the
    highest of all values. In a `signed` map zero has the middle colour. In a `flat` map all values are the same. `ordered`
    holds all values, lowest first (for a signed map their absolute values); ranks are looked up in it.
    """

    scale: Literal["linear", "robust", "rank"]
    low: float
    high: float
    least: float
    most: float
    signed: bool
    flat: bool
    ordered: np.ndarray = field(repr=False, compare=False)

    def positions(self, values: np.ndarray) -> np.ndarray:
        """Each value's position among the colours, from 0 to 1, in the same shape."""
        values = values.astype(np.float64)
        if self.flat:
            return np.full(values.shape, 0.5)
        if self.scale != "rank":
            return ((values - self.low) / (self.high - self.low)).clip(0, 1)
        return 0.5 + 0.5 * np.sign(values) * self._ranks(np.abs(values)) if self.signed else self._ranks(values)

    def _ranks(self, values: np.ndarray) -> np.ndarray:
        """For each value the share of the other values below it, 0 to 1; ties count half."""
        first, last = (np.searchsorted(self.ordered, values, side) for side in ("left", "right"))
        return (first + last - 1) / 2 / max(len(self.ordered) - 1, 1)

    def drawn(self, values: np.ndarray, smooth: bool) -> np.ndarray:
        """The numbers that a figure colours from `limits[0]` to `limits[1]`: raw values, or positions if colours are ranks.

        If cells are blended (`smooth`), values are clipped first: else one outlier would outshine all cells around it.
        """
        if self.scale == "rank" and not self.flat:
            return self.positions(values).astype(np.float32)
        return values.clip(self.low, self.high) if smooth and self.cut else values

    @property
    def limits(self) -> tuple[float, float]:
        """The numbers returned by `drawn` that have the first and the last colour."""
        if self.flat:
            return self.low - 0.5, self.high + 0.5
        return (0.0, 1.0) if self.scale == "rank" else (self.low, self.high)

    @property
    def cut(self) -> bool:
        """Whether any values lie beyond the ends of the colours."""
        return self.least < self.low or self.most > self.high

    def beyond(self, values: np.ndarray) -> np.ndarray:
        """True where a value lies beyond an end."""
        return (values < self.low) | (values > self.high)

    @property
    def by_rank(self) -> str:
        """What a colour bar adds to the name of what it measures; empty unless colours are ranks."""
        return ", by rank" if self.scale == "rank" else ""

    @property
    def labels(self) -> list[tuple[float, str]]:
        """A colour bar's labels, as positions from 0 to 1 and texts: the values at both ends, and zero for a signed map."""
        first = f"{'≤ ' if self.least < self.low else ''}{short(self.low)}"
        last = f"{'≥ ' if self.most > self.high else ''}{short(self.high)}"
        return [(0.0, first), *([(0.5, "0")] if self.signed else []), (1.0, last)]


def colouring(maps: Sequence[np.ndarray], scale: Scale, signed: bool) -> Colouring:
    """The colours of one map, or of several on one scale: all their cells together.

    `linear` goes from the lowest value to the highest, in signed maps as far below zero as above. `robust` stops at the 2nd
    and the 98th percentile of the cells, in signed maps at the 98th percentile of absolute values on both sides, and in maps
    of less than 51 cells at the second lowest and the second highest value; if both ends are equal, it is linear. `rank`
    colours each cell by its rank, in signed maps by the rank of its absolute value on the side of its sign.

    `auto` is robust if a few cells flatten the rest, else linear. They do if the half of the cells that lies closest together
    has less than a tenth of the linear colours, and robust ends would give it at least 1.5 times as much. Cells of exactly 0
    don't count here: in maps that end with a ReLU, such as Grad-CAM's, most cells may be 0, and no ends could tell them apart.

    Raises:
        ValueError: there is no such scale, or there are no values.
    """
    if scale not in get_args(Scale):
        raise ValueError(f"expected a scale of {get_args(Scale)}, got {scale!r}")
    values = np.concatenate([np.ravel(each) for each in maps]).astype(np.float64)
    ordered = np.sort(np.abs(values) if signed else values)
    least, most, flat = float(values.min()), float(values.max()), is_flat(values)
    linear = (-float(ordered[-1]), float(ordered[-1])) if signed else (least, most)
    robust = _robust_ends(ordered, signed)
    if flat or robust[0] >= robust[1]:
        robust = linear
    if scale == "auto":
        scale = "robust" if not flat and _flattened(values, linear, robust) else "linear"
    elif scale == "robust" and robust == linear:
        scale = "linear"
    low, high = robust if scale == "robust" else linear
    return Colouring(scale, low, high, least, most, signed, flat, ordered)


def _robust_ends(ordered: np.ndarray, signed: bool) -> tuple[float, float]:
    low, high = np.percentile(ordered, ENDS).tolist()
    second, last_but_one = ordered[[min(1, len(ordered) - 1), max(len(ordered) - 2, 0)]].tolist()
    low, high = max(low, second), min(high, last_but_one)
    return (-high, high) if signed else (low, high)


def _flattened(values: np.ndarray, linear: tuple[float, float], robust: tuple[float, float]) -> bool:
    told = values[values != 0]
    before, after = (closest_half((told - low) / (high - low)) for low, high in (linear, robust))
    return before < CROWDED and after >= CLEARLY * before > 0


def closest_half(positions: np.ndarray) -> float:
    """The share of the colours, 0 to 1, that the half of the cells spans that lies closest together."""
    ordered = np.sort(positions.clip(0, 1), axis=None)
    half = (len(ordered) + 1) // 2
    return float((ordered[half - 1 :] - ordered[: len(ordered) - half + 1]).min())


def beyond_in_words(made: Colouring, maps: Sequence[np.ndarray], cell: str, among: str = "") -> str:
    """One sentence on the cells beyond the ends of the colours; empty if there are none.

    It describes the cells that are at least half as extreme as the most extreme one, in that one's map. `among` says over
    what the cells are counted, where not all that are counted need be on the screen.
    """
    marked = int(sum(made.beyond(each).sum() for each in maps))
    if not made.cut or not marked:
        return ""
    told = _extremes(made, [each.astype(np.float64) for each in maps], cell)
    low, high = made.least < made.low, made.most > made.high
    if made.signed:
        where = "the 98th percentile on both sides of zero"
    else:
        where = " and ".join(name for name, cuts in (("the 2nd", low), ("the 98th", high)) if cuts) + " percentile"
    over = f", over {among}," if among else ""
    ringed = "it is ringed" if marked == 1 else f"the {marked:,} {plural(cell)} beyond{over} are ringed"
    return f"{told}: colours stop at {where}, and {ringed}."


def _extremes(made: Colouring, maps: list[np.ndarray], cell: str) -> str:
    up_to, a_map = (" up to", "a map") if len(maps) > 1 else ("", "the map")
    middle = float(np.median(made.ordered))
    if made.signed:
        values = max(maps, key=lambda each: np.abs(each).max())
        middle, furthest = float(np.median(np.abs(values))), values.flat[np.abs(values).argmax()]
        away = f", {times(abs(furthest) / middle)} times as far from zero as the median {cell}" if middle > 0 else ""
        return f"One {cell} reaches {short(furthest)}{away}"
    if made.high - made.least <= 0 or made.low - made.least > made.most - made.high:
        return f"One {cell} is as low as {short(made.least)}, where the median {cell} has {short(middle)}"
    values = max(maps, key=np.max)
    middle, total = float(np.median(values)), float(values.sum())
    if values.min() < 0 or total <= 0:
        return f"One {cell} reaches {short(made.most)}, where the median {cell} has {short(middle)}"
    bright = values[(values > made.high) & (values >= values.max() / 2)]
    one = len(bright) == 1
    share = f"{counted(len(bright), cell)} {'holds' if one else 'hold'}{up_to} {bright.sum() / total:.1%} of {a_map}"
    if middle <= 0:
        return share
    return f"{share}, {'' if one else 'each at least '}{times(bright.min() / middle)} times the median {cell}"
