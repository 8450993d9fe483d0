"""The layers page's figures as data."""

import base64
import math

import numpy as np
import pytest

from dashboard.figures.layers import Panel, Reel, curve_data, film, film_in_words, multiples_in_words, small_panels
from dashboard.figures.maps import Backdrop, Style, outline_path
from dashboard.metrics import Entropy, Gini, TopOverlap
from dashboard.photo import Box
from dashboard.studies.layers import Curve

BEHIND = Backdrop(400, 300, "data:image/jpeg;base64,AAAA")
BOX = Box(50, 0, 350, 300)
LEFT, RIGHT = np.random.default_rng(0).random((2, 4, 3, 5))


def reel_film(left: np.ndarray, right: np.ndarray, style: Style | None = None, depth: int = 1, signed: bool = False):
    return film(Reel("a", left, "a, of it", signed), Reel("b", right, "b, of it"), BOX, BEHIND, style or Style(), depth)


def test_a_frame_for_each_layer_of_both_sides():
    figure = reel_film(LEFT, RIGHT, Style(), 2)
    assert [frame.name for frame in figure.frames] == ["1", "2", "3", "4"]
    for layer, frame in enumerate(figure.frames):
        assert (frame.data[0].z == LEFT[layer]).all()
        assert (frame.data[1].z == RIGHT[layer]).all()
        assert list(frame.traces) == [0, 1]
    assert (figure.data[0].z == LEFT[1]).all()
    assert figure.layout.sliders[0].active == 1


def test_each_side_keeps_one_scale_over_all_layers():
    layout = reel_film(LEFT, RIGHT).layout
    assert (layout.coloraxis.cmin, layout.coloraxis.cmax) == (LEFT.min(), LEFT.max())
    assert (layout.coloraxis2.cmin, layout.coloraxis2.cmax) == (RIGHT.min(), RIGHT.max())


def test_in_each_frame_what_lies_beyond_the_colours_of_all_layers_is_ringed():
    left = 1 + LEFT.repeat(3, axis=1)  # (4, 9, 5)
    left[1, 2, 3], left[3, 8, 0] = 70, 75
    figure = reel_film(left, RIGHT)
    axis = figure.layout.coloraxis
    assert axis.cmax < 2.1
    assert axis.cmax == pytest.approx(np.percentile(left, 98))
    for layer, frame in enumerate(figure.frames):
        assert list(frame.traces) == [0, 1, 2, 3]
        values = left[layer]
        x, y = outline_path((values < axis.cmin) | (values > axis.cmax), BOX)
        for ring in frame.data[2:]:
            assert (list(ring.x), list(ring.y), ring.name) == (x, y, "beyond")
    told = film_in_words((Reel("Rollout", left, ""), Reel("Raw", RIGHT, "")), Style())
    assert told.startswith(f"Rollout: one patch holds up to {75 / left[3].sum():.1%} of a map")
    assert "beyond, over all layers, are ringed" in told, "while one layer is on the screen"
    assert "Raw:" not in told


@pytest.mark.parametrize("scale", ["linear", "rank"])
def test_a_film_in_which_nothing_lies_beyond_has_no_rings(scale: str):
    figure = reel_film(LEFT, RIGHT, Style(scale=scale))
    assert {tuple(frame.traces) for frame in figure.frames} == {(0, 1)}
    if scale == "rank":
        together = np.concatenate([frame.data[0].z.flatten() for frame in figure.frames])
        assert sorted(together) == pytest.approx(np.linspace(0, 1, LEFT.size)), "ranks among all layers"
        assert figure.frames[2].data[0].customdata[1][2][0] == f"{LEFT[2, 1, 2]:.3g}"


def test_a_signed_reel_diverges_about_zero_and_its_bar_says_so():
    layout = reel_film(LEFT - 0.2, RIGHT, signed=True).layout
    assert layout.coloraxis.cmin == -layout.coloraxis.cmax
    bars = [image.xref for image in layout.images if image.name == "colours"]
    assert bars == ["x", "x2"]
    texts = [text.text for text in layout.annotations if text.name in ("label", "measure")]
    assert texts[1] == "0"
    assert [text for text in texts if "of it" in text] == ["a, of it", "b, of it"]


def test_a_layer_that_is_the_same_everywhere_is_hatched_in_its_frame():
    left = LEFT.copy()
    left[2] = 0.5
    figure = reel_film(left, RIGHT)
    assert [[len(trace.x) for trace in frame.data[2:]] for frame in figure.frames] == [[0], [0], [5], [0]]
    flat = reel_film(np.full_like(left, 0.1), RIGHT).layout
    assert [image.xref for image in flat.images if image.name == "colours"] == ["x2"], "a flat film has no bar"


def panels(count: int = 5) -> list[Panel]:
    return [Panel(f"panel {i}", np.linspace(0, i + 1, 6).reshape(2, 3), BOX, str(i + 1), i == 2) for i in range(count)]


def shades(painted: dict) -> list[int]:
    return list(base64.b64decode(painted["shades"]))


def test_small_maps_share_a_scale_where_they_can_be_compared():
    together = small_panels(panels(), Style(), one_scale=True)
    assert [shades(painted)[-1] for painted in together] == [51, 102, 153, 204, 255]
    apart = small_panels(panels(), Style(), one_scale=False)
    assert [shades(painted)[-1] for painted in apart] == [255] * 5
    assert {painted["colours"] for painted in apart} == {"Viridis"}


def test_small_maps_of_a_signed_method_diverge_about_zero():
    painted = small_panels(panels(), Style(), one_scale=True, signed=True)
    assert {each["colours"] for each in painted} == {"Red-blue"}
    assert shades(painted[4])[0] == 128, "0 has the colour in the middle"
    assert shades(painted[4])[-1] == 255


def test_small_maps_ring_what_lies_beyond_and_hatch_what_is_flat():
    crowd = [Panel(str(i), 1 + np.linspace(0, 1, 80).reshape(8, 10), BOX, str(i)) for i in range(3)]
    crowd[1].values[4, 6] = 60
    crowd.append(Panel("flat", np.full((8, 10), 1.0), BOX, "3"))
    for one_scale in (True, False):
        painted = small_panels(crowd, Style(), one_scale)
        assert "M6 4L7 4" in painted[1]["ring"]
    assert [each["flat"] for each in small_panels(crowd, Style(), one_scale=False)] == [False, False, False, True]
    own = multiples_in_words(crowd, Style(), one_scale=False)
    assert own.startswith("In 1 of these 4 maps colours stop at the 2nd and the 98th percentile")
    assert own.endswith("Where a map is hatched, every patch has the same value.")
    assert multiples_in_words(crowd, Style(), one_scale=True).startswith("One patch holds up to")
    assert multiples_in_words(panels(), Style(), one_scale=True) == ""


def test_a_map_that_is_the_same_everywhere_is_hatched_on_a_scale_of_many_too():
    painted = small_panels([*panels(2), Panel("flat", np.full((2, 3), 1.0), BOX)], Style(), one_scale=True)
    assert [each["flat"] for each in painted] == [False, False, True]


def curves(chance: list[float]) -> list[Curve]:
    nothing = [math.nan] * 3
    return [
        Curve(Entropy(), [0.1, 0.2, 0.3], nothing), Curve(Gini(), [0.5, 0.4, 0.3], nothing),
        Curve(TopOverlap(0.4), [0.0, 0.1, math.nan], chance),
    ]  # fmt: skip


def test_a_curve_says_none_where_it_has_no_value():
    drawn = [curve_data(curve) for curve in curves([0.2, 0.3, math.nan])]
    assert [curve["title"] for curve in drawn] == ["Entropy", "Gini index", "Top 40%"]
    assert drawn[2] == {"title": "Top 40%", "values": [0.0, 0.1, None], "chance": [0.2, 0.3, None]}
    assert drawn[0]["chance"] == [None] * 3


def test_the_slider_begins_right_of_the_buttons_at_any_width():
    layout = reel_film(LEFT, RIGHT).layout
    [menu], [slider] = layout.updatemenus, layout.sliders
    assert [button.label for button in menu.buttons] == ["Play", "Pause"]
    assert (slider.x, slider.len, slider.pad.l >= 120) == (0, 1, True), "in pixels, not as a share of the width"
