"""The picture against a second definition, one pixel at a time."""

import io
import json

import numpy as np
import pytest
from PIL import Image, ImageFont
from plotly.colors import sample_colorscale, unlabel_rgb

from dashboard.export.picture import MOST_LETTERS, _shortened, blend, map_png
from dashboard.figures.maps import SCALES, Colours, Look, value_limits
from tests.export.exhibits import exhibit


def cell_values(values: np.ndarray, x: float, y: float, smooth: bool) -> float:
    """The value at (x, y) in cells: of the cell itself, or between the centres of its neighbours."""
    rows, columns = values.shape
    if not smooth:
        return values[int(y), int(x)]
    x, y = min(max(x - 0.5, 0), columns - 1), min(max(y - 0.5, 0), rows - 1)
    left, top = min(int(x), columns - 2), min(int(y), rows - 2)
    above, below = ((1 - x + left) * values[row, left] + (x - left) * values[row, left + 1] for row in (top, top + 1))
    return (1 - y + top) * above + (y - top) * below


def by_pixel(photo: np.ndarray, shown, look: Look) -> np.ndarray:
    box, values, (low, high) = shown.box, shown.heatmap.numpy(), value_limits(shown, look)
    result = photo.astype(float)
    for row in range(photo.shape[0]):
        for column in range(photo.shape[1]):
            x = (column + 0.5 - box.left) / box.width * values.shape[1]
            y = (row + 0.5 - box.top) / box.height * values.shape[0]
            if 0 <= x < values.shape[1] and 0 <= y < values.shape[0]:
                share = (cell_values(values, x, y, look.smooth) - low) / (high - low)
                colour = np.array(unlabel_rgb(sample_colorscale(SCALES[look.colours], [min(max(share, 0), 1)])[0]))
                result[row, column] += look.heatmap_opacity * (colour - result[row, column])
            else:
                result[row, column] += 0.62 * (np.array([20, 22, 28]) - result[row, column])
    return result


@pytest.mark.parametrize("side", ["cnn", "vit"])
@pytest.mark.parametrize(
    "look",
    [Look(), Look("map", colours="Red-blue"), Look("photo"), Look("overlay", 0.3, "Inferno", True), Look(colours="Greys")],
)
def test_every_pixel(side: str, look: Look):
    made = exhibit(look)
    shown = made.shown[side]
    image = blend(made.photo.image, shown.heatmap.numpy(), shown.box, value_limits(shown, look), look)
    expected = by_pixel(np.asarray(made.photo.image), shown, look)
    assert image.size == made.photo.size
    apart = np.abs(np.asarray(image, float) - expected).max(-1)
    # Colours come from a table of 256; edges off the pixels' borders (4.5) are rounded by whole pixels.
    assert (apart > 3).sum() <= made.photo.size[0]
    assert np.median(apart) <= 1


@pytest.mark.parametrize("colours", SCALES)
def test_every_colour_scale(colours: Colours):
    assert opened(map_png(exhibit(Look(colours=colours)), "cnn")).mode == "RGB"


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_the_png_is_the_photo_wide_with_a_legend_below_and_the_settings_inside():
    made = exhibit()
    image = opened(map_png(made, "vit"))
    assert image.width == 60
    assert image.height > 45
    shown = made.shown["vit"]
    plain = blend(made.photo.image, shown.heatmap.numpy(), shown.box, value_limits(shown, made.look), made.look)
    assert image.crop((0, 0, 60, 45)).tobytes() == plain.tobytes()
    assert json.loads(image.text["settings"])["maps"]["vit"]["options"] == {
        "heads": "max",
        "discard": 0.8,
        "depth": 2,
        "first_layer": 1,
    }


def test_the_legend_runs_from_the_first_colour_to_the_last():
    photo = Image.new("RGB", (720, 100))
    made = exhibit()
    image = opened(map_png(exhibit(photo=type(made.photo)(photo, "d", "wide")), "cnn"))
    bar = np.asarray(image)[100 + 2 * 20 + 4, 10:-10].astype(int)
    first, last = (np.array(unlabel_rgb(colour)) for colour in sample_colorscale("Viridis", [0, 1]))
    assert np.abs(bar[1] - first).max() <= 4
    assert np.abs(bar[-2] - last).max() <= 4


def test_the_outline_marks_the_top_cells_alone():
    made = exhibit(Look("outline"))
    drawn, without = (
        np.asarray(opened(map_png(exhibit(Look(show)), "vit")).crop((0, 0, 60, 45)), int) for show in ("outline", "photo")
    )
    changed = (drawn != without).any(-1)
    assert (drawn[changed] == (255, 176, 0)).all()
    top = (made.shown["vit"].heatmap >= made.shown["vit"].heatmap.flatten().topk(5).values.min()).nonzero()
    for row, column in top.tolist():
        x, y = 12 + (column + 0.5) * 8, (row + 0.5) * 41 / 4
        near = changed[max(int(y - 7), 0) : int(y + 8), max(int(x - 6), 0) : int(x + 7)]
        assert near.any(), (row, column)


def test_a_large_photo_keeps_its_resolution():
    made = exhibit()
    large = type(made.photo)(made.photo.image.resize((2400, 1800)), "d", "large")
    assert opened(map_png(exhibit(photo=large), "cnn")).width == 2400


@pytest.mark.parametrize("width", [5, 120, 333, 10_000_000])
def test_a_long_title_is_cut_where_it_no_longer_fits(width: int):
    """A name of 100 kB was measured once for every letter that did not fit, each time as a whole."""
    measured = []

    class Watched:
        def getlength(self, text: str) -> float:
            measured.append(len(text))
            return font.getlength(text)

    font = ImageFont.load_default(12)
    text = "class activation map of crane, machine · Model · " * 2000
    cut = _shortened(text, Watched(), width)
    assert cut.endswith("…")
    assert text.startswith(cut[:-1])
    if width < 10_000_000:
        assert cut == "…" or font.getlength(cut) <= width < font.getlength(text[: len(cut)] + "…")
    assert sum(measured) <= 15 * MOST_LETTERS
    assert _shortened("short", font, 333) == "short"
