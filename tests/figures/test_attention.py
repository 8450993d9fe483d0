"""The attention page's figures as data."""

import re

import numpy as np
import pytest
import torch

from dashboard.compare import annotate
from dashboard.evidence import Prediction
from dashboard.explain import Explanation
from dashboard.figures.attention import heads_figure, heads_in_words, mosaic, patch_figure, summary_figure
from dashboard.figures.colouring import colouring
from dashboard.figures.layers import ACCENT
from dashboard.figures.maps import Backdrop, Style
from dashboard.methods import ClassActivationMap
from dashboard.photo import Box
from dashboard.studies.attention import HeadSummary, TokenAttention

BEHIND = Backdrop(400, 300, "data:image/jpeg;base64,AAAA")
BOX = Box(50, 0, 350, 300)
L, HEADS, ROWS, COLUMNS = 4, 3, 2, 5
MAPS = np.random.default_rng(0).random((L, HEADS, ROWS, COLUMNS)).astype(np.float32)


def explanation(heatmap: torch.Tensor, box: Box, method) -> Explanation:
    return Explanation(heatmap, box, method, "a/b", None, Prediction(torch.ones(1), ("cat",)))


def patch(chosen: tuple[int, int] | None):
    shown = explanation(torch.arange(10.0).view(ROWS, COLUMNS), BOX, TokenAttention(1, 1))
    cam = explanation(torch.ones(3, 3), Box(0, 0, 200, 300), ClassActivationMap())
    return patch_figure(shown, BEHIND, Style(), annotate(shown, cam), "CAM", chosen)


def test_a_click_on_a_patch_gives_its_row_and_column():
    points = patch((1, 3)).data[1]
    assert [told[0] for told in points.customdata] == [
        f"row {row}, column {column}" for row in (1, 2) for column in range(1, 6)
    ]
    assert points.x[:5] == pytest.approx([80, 140, 200, 260, 320]), "row by row"
    assert points.y[:5] == pytest.approx([75] * 5)
    assert points.y[5:] == pytest.approx([225] * 5)


def test_each_patch_tells_its_value_its_rank_and_the_other_map_there():
    told = patch((1, 3)).data[1].customdata
    assert list(told[0]) == ["row 1, column 1", "0", "the lowest patch", "1"]
    assert list(told[5]) == ["row 2, column 1", "5", "above 56% of the other patches", "1"]
    assert list(told[9]) == ["row 2, column 5", "9", "the highest patch", "not seen"]


def test_the_chosen_patch_is_outlined_and_the_unseen_stays_dimmed():
    shapes = [shape for shape in patch((1, 3)).layout.shapes if shape.line.color == ACCENT]
    assert [(s.x0, s.y0, s.x1, s.y1) for s in shapes] == [(230, 150, 290, 300)]
    assert len(patch((1, 3)).layout.shapes) == 2 + 2, "two strips, two lines"
    assert len(patch(None).layout.shapes) == 2


def test_every_map_has_its_place_and_its_own_scale_in_the_mosaic():
    picture = mosaic(MAPS, "linear")
    assert picture.dtype == np.uint8
    assert picture.shape == (HEADS * (ROWS + 1) - 1, L * (COLUMNS + 1) - 1)
    for layer in range(L):
        for head in range(HEADS):
            top, left = head * (ROWS + 1), layer * (COLUMNS + 1)
            found, own = picture[top : top + ROWS, left : left + COLUMNS], MAPS[layer, head]
            assert (found.min(), found.max()) == (1, 255)
            assert np.allclose((found - 1.0) / 254, (own - own.min()) / (own.max() - own.min()), atol=0.003)
            assert not picture[top : top + ROWS + 1, left + COLUMNS : left + COLUMNS + 1].any(), "a gap"


def test_one_patch_does_not_take_all_colours_of_a_small_map():
    maps = 1 + np.random.default_rng(1).random((2, 2, 8, 9)).astype(np.float32)
    maps[1, 0, 2, 3] = 90
    others = np.delete(mosaic(maps)[:8, 10:19].flatten(), 2 * 9 + 3)
    assert others.max() == 255
    assert np.percentile(others, 75) - np.percentile(others, 25) > 60
    assert np.percentile(mosaic(maps, "linear")[:8, 10:19], 75) < 5


def test_the_same_patch_is_ringed_on_the_large_one_above_the_points_that_are_clicked():
    heatmap = torch.linspace(1, 2, 70).view(7, 10)
    heatmap[3, 4] = 90
    shown = explanation(heatmap, BOX, TokenAttention(1, 1))
    drawn, points, *rings = patch_figure(shown, BEHIND, Style(), annotate(shown, None), "CAM", (1, 3)).data
    assert drawn.zmax < 2
    assert points.mode == "markers"
    assert {(ring.name, ring.hoverinfo) for ring in rings} == {("beyond", "skip")}


def test_a_flat_map_has_no_colour_and_is_hatched_in_its_place():
    assert set(mosaic(np.full((1, 1, 2, 3), 0.1, np.float32)).flatten()) == {0}
    maps = MAPS.copy()
    maps[2, 1] = 0.1
    stripes = heads_figure(maps, 0.5, Style(scale="linear"), 1, None).data[-1]
    assert (stripes.name, stripes.hoverinfo, stripes.fillpattern.shape) == ("flat", "skip", "/")
    half, tall = COLUMNS / 2 / (COLUMNS + 1), ROWS / 2 / (ROWS + 1)
    assert sorted(set(stripes.x[:-1])) == pytest.approx([3 - half, 3 + half]), "layer 3"
    assert sorted(set(stripes.y[:-1])) == pytest.approx([1 - tall, 1 + tall]), "head 1"
    assert heads_in_words(maps, 8 / 9, Style(scale="linear")) == "Where a map is hatched, every patch has the same value."
    assert len(heads_figure(MAPS, 0.5, Style(scale="linear"), 1, None).data) == 2
    assert heads_in_words(MAPS, 8 / 9, Style(scale="linear")) == ""


def test_small_maps_are_ringed_where_their_colours_stop():
    maps = 1 + np.random.default_rng(1).random((2, 3, 8, 9)).astype(np.float32)
    maps[1, 2, 2, 3] = 90
    figure = heads_figure(maps, 8 / 9, Style(), 1, None)
    picture, _ = figure.data
    rings = figure.layout.shapes[:-1]
    beyond = colouring([maps[1, 2]], "auto", signed=False).beyond(maps[1, 2])
    assert beyond[2, 3]
    assert [(ring.name, ring.line.width) for ring in rings] == [("beyond", 2), ("beyond", 1)], "a light line on a dark one"
    small = heads_figure(np.tile(maps, (6, 1, 1, 1)), 8 / 9, Style(), 1, None).data[2:]
    assert [(dot.marker.symbol, dot.marker.color) for dot in small] == [("circle", "rgb(255,255,255)")], "rings would touch"
    assert small[0].marker.size <= 520 / 12 / 10 / 2 + 0.1, "half a cell"
    assert "have a white dot" in heads_in_words(np.tile(maps, (6, 1, 1, 1)), 8 / 9, Style())
    assert (small[0].selected.marker.opacity, small[0].unselected.marker.opacity) == (1, 1), "a click dims none"
    for ring in rings:
        ends = np.array([re.split("[,L]", piece) for piece in ring.path.split("M")[1:]], float).reshape(-1, 2, 2)
        edges = (ends - (picture.x0, picture.y0)) / (picture.dx, picture.dy) + 0.5  # in cells of the picture
        corners = np.array([(0, 0), (0, 1), (1, 0), (1, 1)])
        expected = np.argwhere(beyond)[:, None, ::-1] + corners + (1 * 10, 2 * 9)
        assert np.abs(edges - edges.round()).max() < 0.02, "on the edges of cells"
        assert {*map(tuple, edges.reshape(-1, 2).round())} == {*map(tuple, expected.reshape(-1, 2))}, "around these cells"
    assert heads_in_words(maps, 8 / 9, Style()).startswith(
        "In 1 of these 6 maps colours stop at the 2nd and the 98th percentile"
    )
    for scale in ("linear", "rank"):
        assert len(heads_figure(maps, 1, Style(scale=scale), 1, None).data) == 2
        assert heads_in_words(maps, 8 / 9, Style(scale=scale)) == ""


@pytest.mark.parametrize(("head", "row"), [(None, 0), (2, 2)])
def test_the_grid_of_heads_lies_where_its_points_are(head: int | None, row: int):
    figure = heads_figure(MAPS, 0.5, Style(), 3, head)
    picture, points, *_ = figure.data
    assert [list(told) for told in points.customdata] == [[x, y] for y in range(HEADS) for x in range(1, L + 1)]
    for layer, y in points.customdata:
        left = (layer - 1) * (COLUMNS + 1)  # of the map in the mosaic, which has its middle at (layer, y)
        assert picture.x0 + picture.dx * (left + (COLUMNS - 1) / 2) == pytest.approx(layer)
        assert picture.y0 + picture.dy * (y * (ROWS + 1) + (ROWS - 1) / 2) == pytest.approx(y)
    frame = figure.layout.shapes[-1]
    assert (frame.x0, frame.y0, frame.x1, frame.y1) == (2.5, row - 0.5, 3.5, row + 0.5)


def test_no_colour_in_the_gaps_whatever_the_colours():
    for colours in ("Viridis", "Inferno", "Greys", "Red-blue"):
        scale = heads_figure(MAPS, 1, Style(colours=colours), 1, None).data[0].colorscale
        assert [colour for _, colour in scale[:2]] == ["rgba(0,0,0,0)"] * 2
        assert scale[1][0] < 1 / 255
        assert scale[-1][0] == pytest.approx(1)


def test_the_grid_of_a_large_model_travels_light():
    figure = heads_figure(np.random.default_rng(0).random((12, 13, 14, 14)), 1, Style(), 1, None)
    assert len(figure.to_json()) < 60_000
    figure = heads_figure(np.random.default_rng(0).random((12, 13, 14, 14)), 1, Style(scale="robust"), 1, None)
    assert len(figure.to_json()) < 90_000, "with over a thousand dots"
    ringed = heads_figure(np.random.default_rng(0).random((6, 7, 13, 13)), 1, Style(scale="robust"), 1, None)
    assert (len(ringed.data), len(ringed.layout.shapes)) == (2, 3), "the picture, points to click, a frame and rings"
    assert len(ringed.to_json()) < 90_000, "with hundreds of rings"


def test_every_head_is_a_point_and_the_chosen_ones_are_marked():
    summary = HeadSummary(torch.arange(6.0).view(3, 2), torch.arange(6.0).view(3, 2) / 10)
    points = summary_figure(summary, 2, 1).data[0]
    assert [tuple(told) for told in points.customdata] == [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (3, 2)]
    assert list(points.x) == [0, 1, 2, 3, 4, 5]
    assert list(points.marker.color) == [1, 1, 2, 2, 3, 3]
    assert [colour == ACCENT for colour in points.marker.line.color] == [False, False, True, False, False, False]
    fused = summary_figure(summary, 2, None).data[0]
    assert [colour == ACCENT for colour in fused.marker.line.color] == [False, False, True, True, False, False]


def test_what_the_colours_measure_is_said_and_their_ends():
    bar = heads_figure(MAPS, 0.5, Style(), 1, None).data[0].colorbar
    assert list(bar.ticktext) == ["lowest", "highest"]
    assert "share of the attention" in bar.title.text
    summary = HeadSummary(torch.rand(12, 2), torch.rand(12, 2))
    ticks = summary_figure(summary, 2, 1).data[0].marker.colorbar.tickvals
    assert (ticks[0], ticks[-1]) == (1, 12)
