"""The trust page's figures as data."""

import numpy as np
import pytest
import torch

from dashboard.figures.maps import Backdrop, Style
from dashboard.figures.trust import cells_figure, truth_figure
from dashboard.photo import Box
from dashboard.studies.trust import Grid
from tests.export.exhibits import exhibit

BEHIND = Backdrop(60, 45, "data:image/jpeg;base64,AAAA")


@pytest.mark.parametrize("mapped", [True, False])
def test_each_cell_can_be_clicked_and_what_is_gone_is_dark(mapped: bool):
    grid = Grid(Box(10, 5, 50, 45), 4, 5)
    gone = np.zeros((4, 5), bool)
    gone[1, 2] = gone[3, 4] = True
    shown = exhibit().shown["left"] if mapped else None
    figure = cells_figure(shown, grid, gone, BEHIND, Style())
    by_name = {trace.name: trace for trace in figure.data}
    points, dark = by_name["cells"], by_name["gone"]
    assert list(points.customdata) == list(range(20))
    assert (points.x[7], points.y[7]) == (10 + 2.5 * 8, 5 + 1.5 * 10)
    assert points.text[7] == "gone"
    assert points.text[8] == "there"
    assert list(dark.x)[:4] == [26, 34, 34, 26]
    assert list(dark.y)[:4] == [15, 15, 25, 25]
    assert figure.data[-1] is points, "above all, so that clicks reach it"
    assert len(cells_figure(shown, grid, np.zeros((4, 5), bool), BEHIND, Style()).data) == len(figure.data) - 3


def test_a_truth_is_outlined_over_the_whole_photo():
    mask = torch.zeros(9, 12).numpy().astype(bool)
    mask[3:6, 4:8] = True
    figure = truth_figure(mask, (60, 45), BEHIND)
    outlines = [trace for trace in figure.data if trace.name == "truth"]
    assert len(outlines) == 2
    for trace in outlines:
        xs, ys = ([each for each in axis if each is not None] for axis in (trace.x, trace.y))
        assert (min(xs), max(xs), min(ys), max(ys)) == (20, 40, 15, 30)
