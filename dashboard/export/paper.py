"""Paper to draw figures on: sheets of the sizes that journals and slides take, with texts that fit and stay text.

Importing it imports matplotlib, so it is imported when a figure is made. Everything is measured in points (1/72 inch), from the
upper left corner down. Matplotlib's settings belong to the whole process: figures are made one at a time, on its own defaults,
and the settings are put back afterwards.
"""

import io
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from threading import RLock
from typing import Any

import matplotlib
import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.textpath import text_to_path
from PIL import Image

from dashboard.export.sheet import Sheet
from dashboard.names import cleaned
from dashboard.photo import Photo, taking_turns

INK, QUIET, PAPER = "#1c2321", "#5f6865", "white"
MOST_PIXELS = 40_000_000  # of a PNG; beyond, its DPI are lowered
MOST_LETTERS = 600  # of one text
MOST_PHOTO = 2_400  # pixels of a photo's longer side in a figure
LINE = 1.25  # from one line of text to the next, in letters' heights
FALLBACKS = ("Noto Sans CJK SC", "Noto Sans CJK JP", "Arial Unicode MS", "Noto Sans Arabic", "Noto Sans Devanagari")
SETTINGS = {
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "figure",  # the same figure gives the same file
    "pdf.fonttype": 42,  # whole fonts (TrueType), so that text can be searched and edited
    "image.composite_image": False,  # else a photo and the map over it become one picture of low resolution
    "axes.unicode_minus": True,
    "hatch.linewidth": 0.6,
}

_turn = RLock()


@contextmanager
def drawing() -> Iterator[None]:
    """Lets one thread at a time draw, with matplotlib's own defaults and the settings of this module."""
    with _turn, matplotlib.style.context(["default", SETTINGS]):
        yield


@lru_cache
def lettered(size: float, bold: bool = False) -> FontProperties:
    """The letters of a size: matplotlib's own font, and what this machine has for characters that it lacks."""
    have = set(fontManager.get_font_names())
    families = ["DejaVu Sans", *(name for name in FALLBACKS if name in have)]
    return FontProperties(family=families, size=size, weight="bold" if bold else "normal")


def length(text: str, size: float, bold: bool = False) -> float:
    """A line's length in points."""
    return text_to_path.get_text_width_height_descent(text, lettered(size, bold), ismath=False)[0]


def fitted(text: str, width: float, size: float, bold: bool = False, most: int = 4) -> list[str]:
    """The text in lines of at most `width` points, at most `most` of them; what does not fit ends in "…".

    A word that is longer than a line is broken.
    """

    def fits(part: str) -> bool:
        return length(part, size, bold) <= width

    said = cleaned(text[: 2 * MOST_LETTERS])
    words = (said if len(said) <= MOST_LETTERS else f"{said[:MOST_LETTERS]}…").split()[::-1]
    lines: list[str] = []
    while words and len(lines) <= most:
        word = words.pop()
        if lines and fits(f"{lines[-1]} {word}"):
            lines[-1] += f" {word}"
            continue
        count = max(_that_fits(word, fits), 1)
        lines.append(word[:count])
        if count < len(word):
            words.append(word[count:])
    if len(lines) <= most:
        return lines
    count = _that_fits(lines[most - 1], lambda part: fits(f"{part}…"))
    return [*lines[: most - 1], f"{lines[most - 1][:count].rstrip()}…"]


def _that_fits(text: str, fits: Callable[[str], bool]) -> int:
    """How many letters from the beginning fit."""
    return bisect_left(range(1, len(text) + 1), True, key=lambda count: not fits(text[:count]))


@dataclass(frozen=True)
class Paper:
    """An empty sheet of a `width` and a `height` in points, with the `photo` that is drawn on it."""

    figure: Figure
    width: float
    height: float
    sheet: Sheet
    photo: Photo

    @property
    def points(self) -> float:
        """The size of the usual letters."""
        return self.sheet.size.points

    @property
    def small(self) -> float:
        """The size of notes and of the numbers at colour bars."""
        return self.sheet.size.small

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """A place to draw in, without frame and ticks."""
        place = (left / self.width, 1 - (top + height) / self.height, width / self.width, height / self.height)
        axes = self.figure.add_axes(place)
        axes.set_axis_off()
        return axes

    def write(self, lines: Sequence[str], left: float, top: float, size: float, **how: Any) -> float:
        """Writes lines of text below `top`; returns where the next line would begin. `how`: bold, colour, align."""
        for number, line in enumerate(lines):
            self.figure.text(
                left / self.width, 1 - (top + (number * LINE + 1) * size) / self.height, line, parse_math=False,
                fontproperties=lettered(size, how.get("bold", False)), color=how.get("colour", INK),
                ha=how.get("align", "left"), va="baseline",
            )  # fmt: skip
        return top + len(lines) * LINE * size

    def upwards(self, line: str, left: float, bottom: float, size: float) -> None:
        """Writes a line that runs upwards from `bottom`, with its letters' feet at `left`."""
        self.figure.text(
            left / self.width, 1 - bottom / self.height, line, parse_math=False, fontproperties=lettered(size), color=INK,
            rotation=90, rotation_mode="anchor", ha="left", va="baseline",
        )  # fmt: skip

    def picture(self, width: float) -> Image.Image:
        """The photo as it is drawn `width` points wide: with as many pixels as the sheet's dots, and at most MOST_PHOTO."""
        dots = self.sheet.dpi if self.sheet.format == "PNG" else self.sheet.size.dpi
        columns, rows = self.photo.size
        pixels = max(columns, rows) * width * dots / 72 / columns
        share = min(pixels, MOST_PHOTO) / max(columns, rows)
        size = (max(round(share * columns), 1), max(round(share * rows), 1))
        with taking_turns(self.photo.size):
            return self.photo.image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def blank(sheet: Sheet, height: float, photo: Photo) -> Paper:
    """A white sheet of this height."""
    width = sheet.width
    return Paper(Figure((width / 72, height / 72), dpi=72, facecolor=PAPER), width, height, sheet, photo)


def printed(paper: Paper, title: str, settings: str) -> bytes:
    """The sheet as a file, with a title and the settings inside: as PNG text, keywords of a PDF, or an SVG's description."""
    stream, form = io.BytesIO(), paper.sheet.format
    said = cleaned(title[:MOST_LETTERS])
    if form == "PNG":
        dots = min(paper.sheet.dpi, 72 * (MOST_PIXELS / (paper.width * paper.height)) ** 0.5)
        paper.figure.set_dpi(dots)
        about = {"Title": said, "settings": settings}
        FigureCanvasAgg(paper.figure).print_png(stream, metadata=about, pil_kwargs={"dpi": (dots, dots)})
    elif form == "PDF":
        about = {"Title": said, "Keywords": settings, "CreationDate": None}
        FigureCanvasPdf(paper.figure).print_pdf(stream, metadata=about)
    else:
        about = {"Title": said, "Description": settings, "Date": None}
        FigureCanvasSVG(paper.figure).print_svg(stream, metadata=about)
    return stream.getvalue()
