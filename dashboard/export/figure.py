"""Figures for papers and slides of what a page shows: PNG, SVG or PDF, on white whatever the theme of the app.

Texts stay text, marks on maps are vectors, and cells keep their edges. Colours, scales and marks are those on screen.

>>> exhibit = Exhibit(photo, Pair(left, right), models, compare(left, right), Style(), 0.1)
>>> Path("figure.pdf").write_bytes(comparison_figure(exhibit, Sheet("PDF", "One column")))
"""

import dataclasses
import json
from collections.abc import Mapping, Sequence

import numpy as np
from torch import Tensor

from dashboard.compare import OTHER, SLOTS, Comparison, Incomparable, Slot, annotate
from dashboard.explain import Explanation
from dashboard.export.arrays import Build, Layers, Places
from dashboard.export.charts import Curves, Heads, Legend, Matrix, Steps
from dashboard.export.exhibit import Exhibit, class_of, settings
from dashboard.export.paper import blank, drawing, printed
from dashboard.export.plates import Bar, Grid, Laid, Panel, Plate, Words
from dashboard.export.sheet import Sheet
from dashboard.figures.attention import shown_aspect
from dashboard.figures.colouring import Colouring, colouring
from dashboard.figures.layers import FLAT_IN_EVERY_LAYER
from dashboard.figures.maps import (
    DIFFERENCE,
    Style,
    colouring_of,
    measures,
    outliers_in_words,
    seen_palette,
    unseen_rectangles,
)
from dashboard.figures.methods import grid_scale
from dashboard.names import short_names
from dashboard.numbers import percent
from dashboard.numerics.scaling import is_flat
from dashboard.studies.attention import patch_box
from dashboard.studies.trust import RANDOM, WAYS, Lines, Row

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
    options = {name: value for name, value in dataclasses.asdict(shown.method).items() if not (value is None or value is False)}
    told = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in options.items())
    return f"{shown.method.label}{f' ({told})' if told else ''}"


def _measures(shown: Explanation) -> str:
    words = measures(shown)
    return f"{words[:1].upper()}{words[1:]}"


def _bar(style: Style, made: Colouring, measures: str) -> Bar:
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
    bar = Bar(seen_palette(DIFFERENCE, DIFFERENCE_OPACITY, 257), labels, "Left − right, by rank (±100%)")
    return [Panel("Where they disagree", ("Left − right, by rank",), laid, bar, numbers)]


def layers_figure(exhibit: Exhibit, layers: Mapping[Slot, Build], sheet: Sheet | None = None) -> bytes:
    """For each side its map after each layer, each layer's attention and every metric by depth; or its map at each stage."""
    sheet = sheet or Sheet()
    plates: list[Plate] = [Words(exhibit.photo.name, bold=True)]
    for slot, each in layers.items():
        plates += _places(exhibit, slot, each, sheet) if isinstance(each, Places) else _layers(exhibit, slot, each, sheet)
    return _made(exhibit, sheet, [*plates, *_marks(exhibit, list(layers))])


def _layers(exhibit: Exhibit, slot: Slot, each: Layers, sheet: Sheet) -> list[Plate]:
    shown = exhibit.shown[slot]
    depth = getattr(shown.method, "depth", None) or len(each.progression)
    title = f"{exhibit.model_of(slot).title}: {_method(shown)}"
    plates: list[Plate] = [Words(f"{title}, after each layer", bold=True)]
    plates += _by_layer(exhibit, shown, each.progression, depth, sheet, _measures(shown), shown.method.signed)
    plates.append(Words("What each layer attends to by itself", bold=True))
    plates += _by_layer(exhibit, shown, each.attention, depth, sheet, "Share of the attention", signed=False)
    if each.curves:
        plates.append(Words("By depth (dotted: what chance would give)", bold=True))
        plates.append(Curves(2 if sheet.width_of == "One column" else 4, each.curves, depth))
    return plates


def _places(exhibit: Exhibit, slot: Slot, each: Places, sheet: Sheet) -> list[Plate]:
    """A map for each stage or layer, each on its own scale: their values are of different sizes and units."""
    style, method = exhibit.style, each.chosen.method
    colours, opacity, panels = style.colours_of(method.signed), style.least_opacity, []
    for number, shown in enumerate(each.maps, 1):
        values = shown.heatmap.numpy()
        made = colouring([values], style.scale, method.signed)
        laid = Laid(values, shown.box, made, colours, opacity, style.smooth)
        panels.append(Panel(f"{each.what} {number}", laid=laid, chosen=shown is each.chosen))
    labels = [(0.0, "against"), (0.5, "0"), (1.0, "for")] if method.signed else [(0.0, "lowest"), (1.0, "highest")]
    legend = Legend(Bar(seen_palette(colours, opacity, 257), labels, "Each map on its own scale"))
    name = class_of(each.chosen)
    title = f"{exhibit.model_of(slot).title}: {method.label}{f' of {name}' if name else ''}, for each {each.what}"
    columns = 3 if sheet.width_of == "One column" else 5
    return [Words(title, bold=True), Grid(panels, exhibit.photo.size, columns, small=True, gap=0.6), legend]


def _by_layer(
    exhibit: Exhibit, shown: Explanation, maps: Tensor, depth: int, sheet: Sheet, measures: str, signed: bool
) -> list[Plate]:
    """Maps (L, rows, columns) of the part of the photo that `shown` covers, in small, on one scale, with its colour bar."""
    style = exhibit.style
    made = colouring([maps.numpy()], style.scale, signed)
    opacity = style.least_opacity
    panels = [
        Panel(
            str(layer), chosen=layer == depth,
            laid=Laid(values, shown.box, _flat_or(made, values), style.colours_of(signed), opacity, style.smooth),
        )
        for layer, values in enumerate(maps.numpy(), 1)
    ]  # fmt: skip
    columns = 4 if sheet.width_of == "One column" else 6
    grid = Grid(panels, exhibit.photo.size, columns, small=True, gap=0.6)
    if made.flat:
        return [grid, Words(FLAT_IN_EVERY_LAYER, small=True)]
    bar = Bar(seen_palette(style.colours_of(signed), opacity, 257), made.labels, f"{measures}{made.by_rank}")
    return [grid, Legend(bar)]


def _flat_or(made: Colouring, values: np.ndarray) -> Colouring:
    """The colours of one of several maps on one scale; a map that is the same everywhere is flat by itself."""
    return dataclasses.replace(made, flat=True) if is_flat(values) else made


def methods_figure(exhibit: Exhibit, correlations: Tensor, own_scale: bool = False, sheet: Sheet | None = None) -> bytes:
    """Every map of one model in small, and the rank correlation of every two of them, (M, M)."""
    sheet, style = sheet or Sheet(), exhibit.style
    scale, opacity = grid_scale(style, own_scale), style.least_opacity
    panels, signs = [], set()
    for name, shown in exhibit.shown.items():
        values, signed = shown.heatmap.numpy(), shown.method.signed
        made = colouring([values], scale, signed)
        signs |= set() if made.flat else {signed}
        panels.append(Panel(name, laid=Laid(values, shown.box, made, style.colours_of(signed), opacity, style.smooth)))
    name = next((class_of(shown) for shown in exhibit.shown.values() if shown.target is not None), None)
    first = next(iter(exhibit.shown))
    title = f"{exhibit.model_of(first).title}{f': evidence for {name}' if name else ''}"
    columns = 3 if sheet.width_of == "One column" else 5
    ends = ("lowest", "highest") if scale == "rank" else ("low", "high")
    unit = "by rank within each map" if scale == "rank" else "each map on its own scale"
    bars: list[Plate] = [
        Legend(Bar(seen_palette(style.colours_of(signed), opacity, 257),
                   [(0.0, "against"), (0.5, "0"), (1.0, "for")] if signed else [(0.0, ends[0]), (1.0, ends[1])],
                   f"{'Signed maps' if signed else 'Maps without a sign'}, {unit}"))
        for signed in sorted(signs)
    ]  # fmt: skip
    grid = Grid([Panel(exhibit.photo.name), *panels], exhibit.photo.size, columns, small=True, gap=0.8)
    return _made(exhibit, sheet, [
        Words(title, bold=True), grid, *bars,
        *_marks(exhibit, list(exhibit.shown)), Words("Rank correlation of every two maps", bold=True),
        Matrix(correlations.numpy(), list(exhibit.shown)),
    ])  # fmt: skip


def attention_figure(
    exhibit: Exhibit, slot: Slot, maps: Tensor, cell: tuple[int, int] | None, sheet: Sheet | None = None
) -> bytes:
    """One patch's attention over the photo, the other side's map if there is one, and the patch's attention in every head:
    `maps` (L, 1 + H, rows, columns), fused heads first. `cell` is the patch's row and column, None for a token without a place.
    """
    sheet, shown, style = sheet or Sheet(), exhibit.shown[slot], exhibit.style
    panel, method = map_panel(exhibit, slot), shown.method
    rows, columns = shown.heatmap.shape
    layer, head = (getattr(method, name, None) or 0 for name in ("layer", "head"))
    if cell is not None and panel.laid:
        framed = patch_box(shown.box, (rows, columns), cell)
        panel = dataclasses.replace(panel, laid=dataclasses.replace(panel.laid, framed=framed))
    panels = [Panel(exhibit.photo.name), panel, *(map_panel(exhibit, each) for each in exhibit.shown if each != slot)]
    aspect = shown_aspect(shown.box.height / shown.box.width)
    heads = Heads(maps.numpy(), aspect, style.colours_of(False), style.scale, (layer, head))
    return _made(exhibit, sheet, [
        Grid(panels, exhibit.photo.size, _columns(exhibit, sheet, len(panels))), *_marks(exhibit, list(exhibit.shown)),
        Words("The same in every layer and head, each on its own scale", bold=True), heads,
    ])  # fmt: skip


def trust_figure(exhibit: Exhibit, drawn: Mapping[Slot, Sequence[Lines]], sheet: Sheet | None = None) -> bytes:
    """The maps, and for each what its model's score does as the photo loses what the map marks, and as it gets it, beside maps
    that know nothing of the photo. `drawn` holds the lines of deletion and of insertion.
    """
    sheet = sheet or Sheet()
    panels = [Panel(exhibit.photo.name), *(map_panel(exhibit, slot) for slot in exhibit.shown)]
    steps = [
        (f"{slot.capitalize()} map, {_area(exhibit.tested[slot], way)}", lines)
        for slot, both in drawn.items()
        for way, lines in zip(WAYS, both, strict=True)
    ]
    legend = (
        "The explained class's score, by the percentage of cells that are gone (deletion) or there (insertion). In place of "
        f"what is gone: {exhibit.in_place}. Green: the map. Orange: the other side's map. Grey: {RANDOM} random maps, mean and "
        "standard deviation. Dashed: a map that only says “the middle”. Numbers: the area below the green line; in brackets "
        "those below random maps' and the middle's."
    )
    return _made(exhibit, sheet, [
        Grid(panels, exhibit.photo.size, _columns(exhibit, sheet, len(panels))), *_marks(exhibit, list(exhibit.shown)),
        Words("What the map's own model says, step by step", bold=True), Steps(2, steps), Words(legend, small=True),
    ])  # fmt: skip


def _area(numbers: Sequence[Row], way: str) -> str:
    """The area under a curve, beside its controls'."""
    row = next(row for row in numbers if row.metric.key == way)
    return f"{way}: {row.value:.2f} ({row.mean:.2f}, {row.middle:.2f})"


def _notes(exhibit: Exhibit, slot: str) -> list[str]:
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
    """The plates below each other, and who the photo is by, as a file."""
    margin, gap = MARGIN * sheet.size.points, GAP * sheet.size.points
    width = sheet.width - 2 * margin
    if credit := exhibit.photo.credit:
        plates = [*plates, Words(f"Photo: {credit}", small=True)]
    with drawing():
        heights = [plate.height(sheet, width) for plate in plates]
        paper = blank(sheet, sum(heights) + (len(plates) - 1) * gap + 2 * margin, exhibit.photo)
        top = margin
        for plate, height in zip(plates, heights, strict=True):
            plate.draw(paper, margin, top, width)
            top += height + gap
        title = f"What two models look at in {exhibit.photo.name}"
        return printed(paper, title, json.dumps(settings(exhibit)))  # in ASCII: not every format takes every character
