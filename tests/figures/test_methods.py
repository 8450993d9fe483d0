"""The methods page's figures as data."""

import base64
from dataclasses import replace

import numpy as np
import pytest
import torch
from plotly.colors import sample_colorscale, unlabel_rgb

from dashboard.evidence import Prediction
from dashboard.explain import Explanation
from dashboard.figures.layers import ACCENT
from dashboard.figures.maps import Backdrop, Style, palette
from dashboard.figures.methods import grid_scale, matrix_figure, painted_method, rho_in_words
from dashboard.figures.small_maps import encoded, laid, svg_path
from dashboard.methods import ClassActivationMap, GradCAM
from dashboard.metrics import Spearman, TopOverlap
from dashboard.photo import Box

VALUES = torch.tensor([[-1.0, 0.0, 3.0], [0.5, 0.5, 2.0]])
SIGNED = Explanation(VALUES, Box(50, 0, 350, 300), ClassActivationMap(), "m", 0, Prediction(torch.ones(1), ("a",)))
UNSIGNED = replace(SIGNED, method=GradCAM())
MATRIX = np.array([[1, 0.5, np.nan], [0.5, 1, np.nan], [np.nan, np.nan, np.nan]])
NAMES = ("a", "b", "c")


def shades(shown: Explanation, own_scale: bool) -> list[list[int]]:
    made = painted_method(shown, Style(), own_scale)
    flat = np.frombuffer(base64.b64decode(made["shades"]), np.uint8)
    return flat.reshape(made["rows"], made["columns"]).tolist()


def test_on_the_common_scale_a_shade_is_a_rank():
    assert shades(UNSIGNED, False) == [[0, 51, 255], [128, 128, 204]]
    assert painted_method(UNSIGNED, Style(colours="Cividis"), False)["colours"] == "Cividis"


def test_on_the_common_scale_a_signed_map_has_the_rank_of_its_sizes_and_diverging_colours_about_zero():
    """Sizes 0, 0.5 twice, 1, 2, 3 have ranks 0, 0.3, 0.6, 0.8, 1; -1 speaks against."""
    assert shades(SIGNED, False) == [[51, 128, 255], [166, 166, 230]]
    assert painted_method(SIGNED, Style(colours="Cividis"), False)["colours"] == "Red-blue"


def test_on_its_own_scale_a_shade_is_a_raw_value_and_zero_the_middle_of_a_signed_one():
    assert shades(UNSIGNED, True) == [[0, 64, 255], [96, 96, 191]]
    assert shades(SIGNED, True) == [[85, 128, 255], [149, 149, 212]]
    assert painted_method(SIGNED, Style(), True)["colours"] == "Red-blue"
    assert painted_method(UNSIGNED, Style(colours="Red-blue"), True)["colours"] == "Viridis"


def test_the_common_scale_is_that_of_ranks_unless_another_is_chosen():
    assert [grid_scale(Style(scale="auto"), own_scale) for own_scale in (False, True)] == ["rank", "auto"]
    for scale in ("linear", "robust", "rank"):
        assert {grid_scale(Style(scale=scale), own_scale) for own_scale in (False, True)} == {scale}
    assert painted_method(UNSIGNED, Style(scale="linear"), False) == painted_method(UNSIGNED, Style(), True)


def test_cells_beyond_the_colours_are_ringed_on_a_small_map():
    heatmap = torch.linspace(1, 2, 70).view(7, 10)
    heatmap[2, 4] = 90
    shown = replace(UNSIGNED, heatmap=heatmap)
    assert painted_method(shown, Style(), False)["ring"] == "", "ranks leave nothing out"
    ring = painted_method(shown, Style(), True)["ring"]
    for corner in ("M4 2L5 2", "M4 3L5 3", "M4 2L4 3", "M5 2L5 3"):
        assert corner in ring
    assert svg_path(np.array([[False, True]])) == "M1 0L2 0M1 1L2 1M1 0L1 1M2 0L2 1"


def test_a_flat_map_has_one_shade():
    flat = replace(UNSIGNED, heatmap=torch.ones(2, 2))
    for own_scale in (False, True):
        assert painted_method(flat, Style(), own_scale)["flat"]
        assert not painted_method(UNSIGNED, Style(), own_scale)["flat"]
        (one, *others), *rows = shades(flat, own_scale)
        assert {one, *others, *rows[0]} == {one}


@pytest.mark.parametrize("colours", ["Viridis", "Inferno", "Red-blue"])
def test_a_palette_goes_from_a_scales_first_colour_to_its_last(colours: str):
    made = palette(colours)
    assert made.shape == (256, 3)
    assert len(base64.b64decode(encoded(made))) == 768
    ends = {"Viridis": ((68, 1, 84), (253, 231, 37)), "Inferno": ((0, 0, 4), (252, 255, 164)),
            "Red-blue": ((5, 48, 97), (103, 0, 31))}[colours]  # fmt: skip
    assert (tuple(made[0]), tuple(made[-1])) == ends


def test_it_is_said_in_percent_what_the_model_saw_and_what_not():
    made = laid(Backdrop(400, 300, "data:image/jpeg;base64,AAAA"), SIGNED.box)
    assert made["box"] == [12.5, 0, 75, 100]
    assert made["unseen"] == [[0, 0, 12.5, 100], [87.5, 0, 12.5, 100]]


def test_a_click_on_a_cell_tells_its_two_maps():
    heat, points, _ = matrix_figure(MATRIX, NAMES, None, Spearman()).data
    assert np.array_equal(heat.z, MATRIX.astype(np.float32), equal_nan=True)
    for x, y, names in zip(points.x, points.y, points.customdata, strict=True):
        assert list(names) == [NAMES[y], NAMES[x]], "its row's first, its column's second"
    assert (heat.zmin, heat.zmax) == (0, 1), "0 is among the colours of a metric with a sign"


def test_values_are_said_and_a_flat_map_has_none():
    text = matrix_figure(MATRIX, NAMES, None, Spearman()).data[1].text
    assert list(text[:3]) == ["Spearman +1.00", "Spearman +0.50", "Spearman none"]
    assert [rho_in_words(value) for value in (-0.004, float("nan"))] == ["ρ +0.00", "no ρ"]


def test_a_metric_without_a_sign_has_colours_from_its_lowest_value_to_its_highest():
    heat, points, _ = matrix_figure(np.abs(MATRIX), NAMES, None, TopOverlap(0.4)).data
    assert (heat.zmin, heat.zmax) == (0.5, 1)
    assert heat.colorbar.title.text == "Top 40%"
    assert points.text[1] == "Top 40% 0.50"


def coloured(figure, value: float) -> np.ndarray:
    """The colour that a matrix gives to a value."""
    heat = figure.data[0]
    at = (value - heat.zmin) / (heat.zmax - heat.zmin)
    return np.array(unlabel_rgb(sample_colorscale([list(stop) for stop in heat.colorscale], [at])[0]))


def test_agreement_of_a_value_has_one_colour_in_every_matrix_and_none_at_zero():
    higher, lower = (matrix_figure(np.array([[1, low], [low, 1]]), "ab", None, Spearman()) for low in (0.4, -0.7))
    for value in (0.0, 0.5, 0.6, 0.9, 1.0):
        assert coloured(higher, value) == pytest.approx(coloured(lower, value), abs=1.5)
    assert coloured(lower, 0) == pytest.approx([247] * 3, abs=1.5)
    assert np.abs(coloured(higher, 0.9) - coloured(higher, 0.6)).sum() > 200, "clearly different"
    red, _, blue = coloured(lower, -0.6)
    assert blue > red


def test_each_cell_has_its_number_in_black_or_white_with_contrast():
    figure = matrix_figure(MATRIX, NAMES, None, Spearman())
    numbers = figure.data[2]
    assert list(numbers.text[:3]) == ["1.00", "0.50", ""]
    for x, y, colour in zip(numbers.x, numbers.y, numbers.textfont.color, strict=True):
        if not np.isnan(MATRIX[y, x]):
            ink, paper = luminance(np.array(unlabel_rgb(colour))), luminance(coloured(figure, MATRIX[y, x]))
            assert (max(ink, paper) + 0.05) / (min(ink, paper) + 0.05) >= 4.5


def luminance(colour: np.ndarray) -> float:
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour / 255]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def test_the_pair_is_framed():
    shape = matrix_figure(MATRIX, NAMES, (0, 2), Spearman()).layout.shapes[0]
    assert (shape.x0, shape.x1, shape.y0, shape.y1, shape.line.color) == (1.5, 2.5, -0.5, 0.5, ACCENT)
    assert not matrix_figure(MATRIX, NAMES, None, Spearman()).layout.shapes


@pytest.mark.parametrize("count", [1, 2, 23])
def test_any_number_of_maps(count: int):
    assert len(matrix_figure(np.eye(count), [str(i) for i in range(count)], None, Spearman()).data[1].x) == count**2
