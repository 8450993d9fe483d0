"""Figures as data."""

import base64
import re
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
import torch

from dashboard.compare import annotate, compare
from dashboard.evidence import Prediction
from dashboard.explain import Explanation
from dashboard.figures.maps import (
    Backdrop,
    Colours,
    Show,
    Style,
    backdrop,
    difference_figure,
    map_figure,
    outliers_in_words,
    outline_path,
    seen_palette,
)
from dashboard.methods import AttentionRollout, Attraction, ClassActivationMap
from dashboard.photo import Box

BEHIND = Backdrop(400, 300, "data:image/jpeg;base64,AAAA")
SEEN = Box(50, 0, 350, 300)
ANSWER = Prediction(torch.tensor([1.0]), ("cat",))


def explanation(box: Box = SEEN, method=None, shape: tuple[int, int] = (3, 5)) -> Explanation:
    heatmap = torch.arange(float(np.prod(shape))).view(shape) - 4
    return Explanation(heatmap, box, method or ClassActivationMap(), "a/b", 0, ANSWER)


def drawn(style: Style | None = None, box: Box = SEEN, other_box: Box = SEEN):
    shown, other = explanation(box), explanation(other_box, AttentionRollout())
    return map_figure(shown, BEHIND, style or Style(), annotate(shown, other), "Attention rollout")


def test_cells_cover_what_the_model_saw():
    trace = drawn().data[0]
    assert trace.z.shape == (3, 5)
    assert trace.x0 - trace.dx / 2 == SEEN.left
    assert trace.x0 + trace.dx * 4.5 == SEEN.right
    assert trace.y0 - trace.dy / 2 == SEEN.top
    assert trace.y0 + trace.dy * 2.5 == SEEN.bottom


def test_the_photo_lies_in_its_own_pixels_upright():
    layout = drawn().layout
    assert layout.yaxis.range == (300, 0)
    assert (layout.images[0].sizex, layout.images[0].sizey) == (400, 300)


@pytest.mark.parametrize("box", [SEEN, Box(0, 0, 400, 300), Box(-50, 20, 450, 280), Box(100, 100, 200, 150)])
def test_the_rest_is_dimmed(box: Box):
    dark = np.zeros((300, 400), int)
    for shape in drawn(box=box).layout.shapes:
        dark[int(shape.y0) : int(shape.y1), int(shape.x0) : int(shape.x1)] += 1
    expected = np.ones((300, 400), int)
    expected[max(0, int(box.top)) : int(box.bottom), max(0, int(box.left)) : int(box.right)] = 0
    assert (dark == expected).all(), "once over all that was not seen, and nowhere else"


def test_hovering_tells_value_percentile_and_the_other():
    trace = drawn(other_box=Box(200, 0, 350, 300)).data[0]
    assert trace.customdata[0][0].tolist() == ["the lowest cell", "not seen"]
    assert trace.customdata[1][2][0] == "above 50% of the other cells"
    assert trace.customdata[2][4][0] == "the highest cell"
    assert float(trace.customdata[2][4][1]) > 0
    assert "%{z" in trace.hovertemplate
    assert "Attention rollout here" in trace.hovertemplate


@pytest.mark.parametrize(("show", "opacity"), [("overlay", 0.35), ("map", 1), ("photo", 0), ("outline", 0)])
def test_ways_to_show(show: Show, opacity: float):
    figure = drawn(Style(show, 0.35))
    assert figure.data[0].opacity == opacity
    assert len(figure.data) == (2 if show == "outline" else 1)


def test_smoothing_is_the_browsers_work():
    assert drawn(Style(smooth=True)).data[0].zsmooth == "best"
    assert drawn().data[0].zsmooth is False
    assert (drawn(Style(smooth=True)).data[0].z == drawn().data[0].z).all()


@pytest.mark.parametrize("colours", get_args(Colours))
def test_no_colour_that_streamlit_takes_for_a_placeholder(colours: Colours):
    assert not re.search(r'"#0000[0-3][0-9a-f]"|"#000040"', drawn(Style(colours=colours)).to_json(), re.IGNORECASE)


def figure_of(shown: Explanation, style: Style | None = None):
    return map_figure(shown, BEHIND, style or Style(), annotate(shown, None), "none")


def bar_of(figure) -> tuple[list[str], list[str]]:
    """The texts of a figure's colour bar, and the colours in it, from its picture."""
    image = next(image for image in figure.layout.images if image.name == "colours")
    assert (image.xref, image.x, image.sizex) == ("x", 0, BEHIND.width), "as wide as the photo, wherever that lies"
    svg = base64.b64decode(image.source.partition(",")[2]).decode()
    return [text.text for text in figure.layout.annotations], re.findall(r'stop-color="(.*?)"', svg)


@pytest.mark.parametrize("colours", get_args(Colours))
def test_signed_maps_diverge_about_a_marked_zero_and_no_others_do(colours: Colours):
    signed, unsigned = explanation(), explanation(method=AttentionRollout())
    trace = figure_of(signed, Style(colours=colours)).data[0]
    assert (trace.zmin, trace.zmax) == (-10, 10)
    texts, shades = bar_of(figure_of(signed, Style("map", colours=colours)))
    assert texts[:3] == ["-10", "0", "10"]
    assert shades[16] == "rgb(247,247,247)", "zero has no colour"
    trace = figure_of(unsigned, Style(colours=colours)).data[0]
    assert (trace.zmin, trace.zmax) == (-4, 10)
    texts, shades = bar_of(figure_of(unsigned, Style("map", colours=colours)))
    assert texts[:2] == ["-4", "10"]
    assert shades[16] != "rgb(247,247,247)"


def test_a_colour_bar_says_what_it_measures_and_shows_the_colours_as_they_are_seen():
    shown = replace(explanation(), target=1, against=0, prediction=Prediction(torch.zeros(2), ("<b>cat", "dog, domestic")))
    texts, shades = bar_of(figure_of(shown, Style(opacity=0.25)))
    assert texts[3] == "CAM, evidence for dog compared with &lt;b&gt;cat"
    first = seen_palette("Red-blue", 0.25)[0]
    assert shades[0] == f"rgb({','.join(map(str, first))})"
    assert first.tolist() == [round(0.25 * part + 0.75 * 128) for part in (5, 48, 97)], "a quarter of the colour, the rest grey"
    texts, _ = bar_of(figure_of(explanation(method=AttentionRollout()), Style(scale="rank")))
    assert texts == ["-4", "10", "Attention rollout, share of the whole, by rank"]


@pytest.mark.parametrize("show", ["photo", "outline"])
def test_without_colours_there_is_no_bar_and_no_ring(show: Show):
    figure = figure_of(dotted(), Style(show))
    assert len(figure.layout.images) == 1
    assert not figure.layout.annotations
    assert not [trace for trace in figure.data if trace.name == "beyond"]
    assert outliers_in_words(dotted(), Style(show)) == ""


def dotted() -> Explanation:
    """A map of 14 x 9 patches, one of which outshines all."""
    heatmap = torch.linspace(1, 2, 126).view(14, 9)[torch.randperm(14, generator=torch.Generator().manual_seed(0))]
    heatmap[3, 7] = 80
    return replace(explanation(method=AttentionRollout()), heatmap=heatmap)


def test_one_patch_that_outshines_all_is_ringed_and_told():
    shown = dotted()
    figure = figure_of(shown)
    heatmap, *lines = figure.data
    assert heatmap.zmax < 2.1
    assert heatmap.z.max() == 80, "raw values stay raw"
    assert [line.name for line in lines] == ["beyond", "beyond"]
    beyond = (heatmap.z < heatmap.zmin) | (heatmap.z > heatmap.zmax)
    x, y = outline_path(beyond, SEEN)
    for line in lines:
        assert list(line.x) == x
        assert list(line.y) == y
    texts, _ = bar_of(figure)
    assert texts[0].startswith("≤ 1")
    assert texts[1].startswith("≥ 1.9")
    share, times = 80 / shown.heatmap.sum().item(), 80 / shown.heatmap.median().item()
    assert outliers_in_words(shown, Style()).startswith(
        f"One patch holds {share:.1%} of the map, {times:.0f} times the median patch:"
    )
    assert len(figure_of(shown, Style(scale="linear")).data) == 1


def test_the_layer_behind_a_patch_that_outshines_all_is_told():
    shown = replace(dotted(), attraction=Attraction(2, 0.1293, 1 / 127))
    assert outliers_in_words(shown, Style()).endswith(
        " The brightest one draws most attention in layer 2: 12.9% of all that is paid there, where an even share is 0.8%."
    )
    assert outliers_in_words(shown, Style(scale="linear")) == ""


def test_ranks_are_drawn_and_raw_values_told():
    shown = dotted()
    heatmap = figure_of(shown, Style(scale="rank")).data[0]
    assert (heatmap.zmin, heatmap.zmax) == (0, 1)
    assert sorted(heatmap.z.flatten()) == pytest.approx(np.linspace(0, 1, 126))
    assert heatmap.z[3, 7] == 1
    assert heatmap.customdata[3][7][2] == "80"
    assert "%{customdata[2]}" in heatmap.hovertemplate


def test_where_neighbours_are_blended_one_patch_does_not_hide_those_around_it():
    heatmap = figure_of(dotted(), Style(smooth=True)).data[0]
    assert heatmap.z.max() == pytest.approx(heatmap.zmax), "values stop at the end before they are blended"
    assert heatmap.customdata[3][7][2] == "80"


def test_a_flat_map_is_hatched_and_has_no_bar():
    shown = replace(explanation(method=AttentionRollout()), heatmap=torch.full((2, 2), 3.0))
    figure = figure_of(shown)
    assert len({colour for _, colour in figure.data[0].colorscale}) == 1
    assert (figure.data[1].name, figure.data[1].fillpattern.shape) == ("flat", "/")
    assert (min(figure.data[1].x), max(figure.data[1].y)) == (SEEN.left, SEEN.bottom)
    assert len(figure.layout.images) == 1
    (note,) = figure.layout.annotations
    assert note.text.replace("<br>", " ") == "Every patch has the same value, so there is nothing to rank."
    assert not figure.data[0].showscale


def test_an_unknown_look_is_refused():
    with pytest.raises(ValueError, match="Jet"):
        Style(colours="Jet")


def test_an_outline_parts_inside_from_outside():
    """Each piece of the line lies between a cell of the mask and one that is not, and none is missing."""
    mask = np.random.default_rng(0).random((4, 6)) > 0.6
    x, y = outline_path(mask, Box(0, 0, 6, 4))  # cells of one pixel
    pieces = {(x[i], y[i], x[i + 1], y[i + 1]) for i in range(0, len(x), 3)}
    expected = set()
    for row in range(-1, 5):
        for column in range(-1, 7):

            def inside(r: int, c: int) -> bool:
                return 0 <= r < 4 and 0 <= c < 6 and bool(mask[r, c])

            if inside(row, column) != inside(row + 1, column):
                expected.add((column, row + 1, column + 1, row + 1))
            if inside(row, column) != inside(row, column + 1):
                expected.add((column + 1, row, column + 1, row + 1))
    assert pieces == expected


def test_the_difference_lies_where_both_saw():
    both = compare(explanation(), explanation(Box(150, 0, 400, 300)))
    trace = difference_figure(both, BEHIND).data[0]
    assert (trace.zmin, trace.zmax) == (-1, 1)
    assert trace.x0 - trace.dx / 2 == 150
    assert "-0%" not in trace.customdata.flatten().tolist()


def test_the_bar_of_a_difference_says_which_end_is_whose():
    texts, shades = bar_of(difference_figure(compare(explanation(), explanation()), BEHIND))
    assert texts == ["Right higher", "0", "Left higher", "Left − right, by rank (±100%)"]
    assert shades[16] == "rgb(229,229,229)", "the middle of the colours, white, over grey"


def test_a_backdrop_keeps_the_photos_size():
    assert backdrop((7, 5), b"jpeg") == Backdrop(7, 5, "data:image/jpeg;base64,anBlZw==")
