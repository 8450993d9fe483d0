"""The layers page's figures as data."""

import numpy as np
import pytest

from dashboard.figures.layers import ACCENT, Panel, curves_figure, film, multiples
from dashboard.figures.maps import Backdrop, Look
from dashboard.layers import Curves
from dashboard.photo import Box

BEHIND = Backdrop(400, 300, "data:image/jpeg;base64,AAAA")
BOX = Box(50, 0, 350, 300)
LEFT, RIGHT = np.random.default_rng(0).random((2, 4, 3, 5))


def test_a_frame_for_each_layer_of_both_sides():
    figure = film(LEFT, RIGHT, ("a", "b"), BOX, BEHIND, Look(), 2)
    assert [frame.name for frame in figure.frames] == ["1", "2", "3", "4"]
    for layer, frame in enumerate(figure.frames):
        assert (frame.data[0].z == LEFT[layer]).all()
        assert (frame.data[1].z == RIGHT[layer]).all()
        assert list(frame.traces) == [0, 1]
    assert (figure.data[0].z == LEFT[1]).all()
    assert figure.layout.sliders[0].active == 1


def test_each_side_keeps_one_scale_over_all_layers():
    layout = film(LEFT, RIGHT, ("a", "b"), BOX, BEHIND, Look(), 1).layout
    assert (layout.coloraxis.cmin, layout.coloraxis.cmax) == (LEFT.min(), LEFT.max())
    assert (layout.coloraxis2.cmin, layout.coloraxis2.cmax) == (RIGHT.min(), RIGHT.max())


def panels(count: int = 5) -> list[Panel]:
    return [Panel(f"panel {i}", np.full((2, 3), float(i)), BOX, i + 1, i == 2) for i in range(count)]


def test_small_maps_share_a_scale_where_they_can_be_compared():
    heatmaps = list(multiples(panels(), BEHIND, Look(), 3, one_scale=True).select_traces({"type": "heatmap"}))
    assert len(heatmaps) == 5
    assert {(trace.zmin, trace.zmax) for trace in heatmaps} == {(0.0, 4.0)}
    apart = multiples(panels(), BEHIND, Look(), 3, one_scale=False).select_traces({"type": "heatmap"})
    assert {(trace.zmin, trace.zmax) for trace in apart} == {(None, None)}


def test_a_click_anywhere_on_a_small_map_tells_which_it_is():
    points = list(multiples(panels(), BEHIND, Look(), 3, one_scale=True).select_traces({"type": "scatter"}))
    for index, trace in enumerate(points):
        assert set(trace.customdata) == {index + 1}
        assert sorted(set(trace.x)) == [100, 200, 300], "the middles of the columns"
        assert sorted(set(trace.y)) == [75, 225]


def test_the_chosen_one_is_framed():
    shapes = multiples(panels(), BEHIND, Look(), 3, one_scale=True).layout.shapes
    assert [(shape.xref, shape.line.color) for shape in shapes] == [("x3", ACCENT)]


@pytest.mark.parametrize("count", [1, 6, 7, 18, 24])
def test_any_number_of_small_maps(count: int):
    assert len(multiples(panels(count), BEHIND, Look(), 6, one_scale=True).data) == 2 * count


def curves(agreement: list[float]) -> Curves:
    return Curves([0.1, 0.2, 0.3], [0.5, 0.4, 0.3], [1.0, 2.0, 3.0], agreement, agreement, 0.11)


def test_each_curve_marks_the_chosen_depth_and_tells_its_points():
    figure = curves_figure(curves([0.0, 0.1, 0.2]), 2)
    assert len(figure.data) == 4
    for trace in figure.data:
        assert trace.marker.color == ("rgb(20,140,130)", ACCENT, "rgb(20,140,130)")
        assert list(trace.customdata) == [1, 2, 3]
    assert [shape.y0 for shape in figure.layout.shapes] == [0], "the line of chance"


def test_curves_without_a_common_part():
    assert len(curves_figure(curves([]), 1).data[3].y) == 0
