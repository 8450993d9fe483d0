"""Figures for papers and slides of what a page shows: PNG, SVG or PDF, on white whatever the theme of the app.

Texts stay text, marks on maps are vectors, and cells keep their edges. Colours, scales and marks are those on screen.

>>> exhibit = Exhibit(photo, Pair(left, right), models, compare(left, right), Style(), 0.1)
>>> Path("figure.pdf").write_bytes(comparison_figure(exhibit, Sheet("PDF", "One column")))
"""

import dataclasses
import json
from collections.abc import Sequence

import numpy as np

from dashboard.compare import OTHER, SLOTS, Comparison, Incomparable, Slot, annotate
from dashboard.explain import Explanation
from dashboard.export.exhibit import Exhibit, settings
from dashboard.export.paper import blank, drawing, printed
from dashboard.export.plates import Bar, Grid, Laid, Panel, Plate, Words
from dashboard.export.sheet import Sheet
from dashboard.figures.colouring import colouring
from dashboard.figures.maps import (
    DIFFERENCE,
    Style,
    colouring_of,
    measured,
    outliers_in_words,
    seen_palette,
    unseen_rectangles,
)
from dashboard.names import short_names
from dashboard.numbers import percent

MARGIN = 0.25  # letters' heights around a figure: journals cut and place it themselves
GAP = 0.9  # letters' heights between plates
DIFFERENCE_OPACITY = 0.85


def comparison_figure(exhibit: Exhibit, sheet: Sheet | None = None) -> bytes:
    """The photo, both maps, and where they disagree, if they can be compared."""
    sheet = sheet or Sheet()
    panels = [Panel(exhibit.photo.name), *(map_panel(exhibit, slot) for slot in SLOTS), *_difference(exhibit)]
    grid = Grid(panels, exhibit.photo.size, _columns(exhibit, sheet, len(panels)))
    notes = [note for slot in SLOTS for note in _notes(exhibit, slot)]
    return _made(exhibit, sheet, [grid, *_marks(exhibit, list(exhibit.shown)), *(Words(note, small=True) for note in notes)])


def _columns(exhibit: Exhibit, sheet: Sheet, count: int) -> int:
    """How many pictures are beside each other: two on one column, else all; a panorama has a row of its own."""
    width, height = exhibit.photo.size
    if width > 3 * height:
        return 1
    return min(2, count) if sheet.width_of == "One column" else count


def map_panel(exhibit: Exhibit, slot: str) -> Panel:
    """One map with what its model says, how it was made, and its colour bar."""
    shown = exhibit.shown[slot]
    made = colouring_of(shown, exhibit.style)
    bar = _bar(exhibit.style, made, _measures(shown)) if exhibit.style.coloured and not made.flat else None
    below = shown.flat_in_words if exhibit.style.coloured and made.flat else ""
    says = (_answered(shown), _method(shown))
    return Panel(exhibit.model_of(slot).title, says, _laid(exhibit, slot), bar, below)


def _answered(shown: Explanation) -> str:
    """What the model says: its top prediction."""
    index, _, score = shown.prediction.top(1)[0]
    return f"Says {short_names(shown.prediction.labels)[index]} {shown.prediction.in_words(score)}"


def _method(shown: Explanation) -> str:
    """The method with its options; those that are not set are left out."""
    options = {name: value for name, value in dataclasses.asdict(shown.method).items() if value is not None}
    told = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in options.items())
    return f"{shown.method.label}{f' ({told})' if told else ''}"


def _measures(shown: Explanation) -> str:
    words = measured(shown).removeprefix(f"{shown.method.label}, ")
    return f"{words[:1].upper()}{words[1:]}"


def _bar(style: Style, made, measures: str) -> Bar:
    return Bar(
        seen_palette(style.colours_of(made.signed), style.heatmap_opacity, 257), made.labels, f"{measures}{made.by_rank}"
    )


def _laid(exhibit: Exhibit, slot: str) -> Laid:
    shown, style = exhibit.shown[slot], exhibit.style
    made = colouring_of(shown, style)
    top = None
    if style.show == "outline":
        other = exhibit.shown.get(OTHER[slot]) if slot in SLOTS else None
        top = annotate(shown, other, exhibit.share).top.numpy()
    return Laid(
        shown.heatmap.numpy(), shown.box, made, style.colours_of(made.signed), style.heatmap_opacity, style.smooth,
        style.coloured, top,
    )  # fmt: skip


def _difference(exhibit: Exhibit) -> list[Panel]:
    comparison = exhibit.comparison
    if not isinstance(comparison, Comparison):
        return []
    values = comparison.difference.numpy().astype(np.float32)
    ends = np.array([-1.0, 1.0])
    laid = Laid(values, comparison.box, colouring([ends], "linear", signed=True), DIFFERENCE, DIFFERENCE_OPACITY)
    numbers = "; ".join(
        f"{number.metric.title} {number.in_words}{f' ({number.chance_in_words})' if number.chance_in_words else ''}"
        for number in comparison.numbers
    )
    labels = [(0.0, "Right higher"), (0.5, "0"), (1.0, "Left higher")]
    bar = Bar(seen_palette(DIFFERENCE, DIFFERENCE_OPACITY, 257), labels, "Difference in rank, ±100%")
    return [Panel("Where they disagree", ("Left − right, by rank",), laid, bar, numbers)]


def _notes(exhibit: Exhibit, slot: Slot) -> list[str]:
    """What a map's colours leave out, and what else is said of it; empty for most maps."""
    shown = exhibit.shown[slot]
    told = outliers_in_words(shown, exhibit.style) if not shown.flat else ""
    return [f"{slot.capitalize()} map: {words}" for words in (told, shown.remark) if words]


def _marks(exhibit: Exhibit, slots: Sequence[str]) -> list[Words]:
    """What dark strips and outlines mean, and why there is no difference, if a figure needs to say it."""
    maps = [exhibit.shown[slot] for slot in slots]
    told = []
    if any(unseen_rectangles(exhibit.photo.size, shown.box) for shown in maps):
        told.append("Dark: parts of the photo that the model does not see.")
    if exhibit.style.show == "outline":
        told.append(f"Outlined: the highest {percent(exhibit.share)} of a map.")
    if isinstance(exhibit.comparison, Incomparable):
        told.append(exhibit.comparison.reason)
    return [Words(" ".join(told), small=True)] if told else []


def _made(exhibit: Exhibit, sheet: Sheet, plates: Sequence[Plate]) -> bytes:
    """The plates below each other, as a file."""
    margin, gap = MARGIN * sheet.size.points, GAP * sheet.size.points
    width = sheet.width - 2 * margin
    with drawing():
        heights = [plate.height(sheet, width) for plate in plates]
        paper = blank(sheet, sum(heights) + (len(plates) - 1) * gap + 2 * margin, exhibit.photo)
        top = margin
        for plate, height in zip(plates, heights, strict=True):
            plate.draw(paper, margin, top, width)
            top += height + gap
        title = f"What two models look at in {exhibit.photo.name}"
        return printed(paper, title, json.dumps(settings(exhibit)))  # in ASCII: not every format takes every character
