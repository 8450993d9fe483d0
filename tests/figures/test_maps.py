"""Figures as data."""

import re
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
import torch

from dashboard.evidence import Prediction
from dashboard.explain import Explanation, annotate, compare
from dashboard.figures.maps import (
    Backdrop,
    Colours,
    Look,
    Show,
    backdrop,
    difference_figure,
    map_figure,
    outline_path,
    value_limits,
)
from dashboard.methods import AttentionRollout, ClassActivationMap
from dashboard.photo import Box

BEHIND = Backdrop(400, 300, "data:image/jpeg;base64,AAAA")
SEEN = Box(50, 0, 350, 300)
ANSWER = Prediction(torch.tensor([1.0]), ("cat",))


def explanation(box: Box = SEEN, method=None, shape: tuple[int, int] = (3, 5)) -> Explanation:
    heatmap = torch.arange(float(np.prod(shape))).view(shape) - 4
    return Explanation(heatmap, box, method or ClassActivationMap(), "a/b", 0, ANSWER)


def drawn(look: Look | None = None, box: Box = SEEN, other_box: Box = SEEN):
    shown, other = explanation(box), explanation(other_box, AttentionRollout())
    return map_figure(shown, BEHIND, look or Look(), annotate(shown, other), "Attention rollout")


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
    assert trace.customdata[0][0].tolist() == ["0", "not seen"]
    assert trace.customdata[2][4][0] == "100"
    assert float(trace.customdata[2][4][1]) > 0
    assert "%{z" in trace.hovertemplate
    assert "Attention rollout here" in trace.hovertemplate


@pytest.mark.parametrize(("show", "opacity"), [("overlay", 0.35), ("map", 1), ("photo", 0), ("outline", 0)])
def test_ways_to_show(show: Show, opacity: float):
    figure = drawn(Look(show, 0.35))
    assert figure.data[0].opacity == opacity
    assert len(figure.data) == (2 if show == "outline" else 1)


def test_smoothing_is_the_browsers_work():
    assert drawn(Look(smooth=True)).data[0].zsmooth == "best"
    assert drawn().data[0].zsmooth is False
    assert (drawn(Look(smooth=True)).data[0].z == drawn().data[0].z).all()


@pytest.mark.parametrize("colours", get_args(Colours))
def test_no_colour_that_streamlit_takes_for_a_placeholder(colours: Colours):
    assert not re.search(r'"#0000[0-3][0-9a-f]"|"#000040"', drawn(Look(colours=colours)).to_json(), re.IGNORECASE)


def test_the_middle_of_diverging_colours_is_zero_only_in_signed_maps():
    look = Look(colours="Red-blue")
    trace = drawn(look).data[0]
    assert (trace.zmin, trace.zmax) == (-10, 10)
    shown = explanation(method=AttentionRollout())
    trace = map_figure(shown, BEHIND, look, annotate(shown, shown), "CAM").data[0]
    assert (trace.zmin, trace.zmax) == (-4, 10)


def test_a_flat_map_has_a_scale_of_its_own():
    shown = replace(explanation(), heatmap=torch.full((2, 2), 3.0))
    assert value_limits(shown, Look()) == (2.5, 3.5)


def test_an_unknown_look_is_refused():
    with pytest.raises(ValueError, match="Jet"):
        Look(colours="Jet")


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
    trace = difference_figure(both, BEHIND, ("CNN", "ViT")).data[0]
    assert (trace.zmin, trace.zmax) == (-1, 1)
    assert trace.x0 - trace.dx / 2 == 150


def test_a_backdrop_keeps_the_photos_size():
    assert backdrop((7, 5), b"jpeg") == Backdrop(7, 5, "data:image/jpeg;base64,anBlZw==")
