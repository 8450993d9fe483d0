"""The outline of the truth: where it lies, in which colour, and that a large and a small map have the same."""

import re

import numpy as np
import plotly.graph_objects as go

from dashboard.figures.known_truth import outline_of, outlined, painted_map
from dashboard.figures.maps import TRUTH, Style
from dashboard.ui.components import FOLDER

MASK = np.zeros((5, 8), np.float32)
MASK[1:3, 4:7] = 1
MASK[3, 4] = 0.4  # less than half is not outlined
LINE = re.compile(r"M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)")


def test_a_large_maps_outline_is_on_the_edges_of_the_mask():
    figure = outlined(go.Figure(), MASK)
    dark, light = figure.data
    assert light.line.color == TRUTH
    assert dark.line.width > light.line.width
    for line in (dark, light):
        x, y = ([value for value in values if value is not None] for values in (line.x, line.y))
        assert (min(x), max(x), min(y), max(y)) == (4, 7, 1, 3)
        assert len(x) == 2 * (2 * 3 + 2 * 2), "an edge of a pixel each"


def test_a_small_maps_outline_is_the_same_in_the_same_colour():
    small = outline_of(MASK, MASK[::-1])
    assert (small["rows"], small["columns"]) == MASK.shape
    edges = np.array([list(map(float, found)) for found in LINE.findall(small["ring"])])
    first, second = np.split(edges, 2)
    assert (first.min(0)[:2].tolist(), first.max(0)[2:].tolist()) == ([4, 1], [7, 3])
    assert (second.min(0)[:2].tolist(), second.max(0)[2:].tolist()) == ([4, 2], [7, 4])
    assert TRUTH.replace(",", " ") in (FOLDER / "map_grid.css").read_text()


def test_only_signed_maps_have_diverging_colours():
    values = np.linspace(-1, 2, 12).reshape(3, 4)
    assert painted_map(values, Style(), signed=True)["colours"] == "Red-blue"
    assert painted_map(values, Style(), signed=False)["colours"] == "Viridis"
