"""The picture against a second definition, one pixel at a time."""

import dataclasses
import io
import json

import numpy as np
import pytest
import torch
from PIL import Image, ImageFont
from plotly.colors import sample_colorscale, unlabel_rgb

from dashboard.export import picture
from dashboard.export.picture import MOST_LETTERS, PAPER, _shortened, blend, map_png
from dashboard.figures.maps import FLAT, SCALES, Colours, Style, colouring_of, outline_path
from dashboard.photo import Box
from tests.export.exhibits import exhibit


@pytest.fixture(autouse=True)
def as_it_is(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures have the photo's own size, so that a test counts the pixels of a small photo."""
    if "as_people_get_it" not in request.fixturenames:
        monkeypatch.setattr(picture, "LEAST", 1)


@pytest.fixture
def as_people_get_it() -> None:
    """Pictures of small photos are enlarged."""


def cell_values(values: np.ndarray, x: float, y: float, smooth: bool) -> float:
    """The value at (x, y) in cells: of the cell itself, or between the centres of its neighbours."""
    rows, columns = values.shape
    if not smooth:
        return values[int(y), int(x)]
    x, y = min(max(x - 0.5, 0), columns - 1), min(max(y - 0.5, 0), rows - 1)
    left, top = min(int(x), columns - 2), min(int(y), rows - 2)
    above, below = ((1 - x + left) * values[row, left] + (x - left) * values[row, left + 1] for row in (top, top + 1))
    return (1 - y + top) * above + (y - top) * below


def by_pixel(photo: np.ndarray, shown, style: Style) -> np.ndarray:
    box, made = shown.box, colouring_of(shown, style)
    values, scale = made.positions(shown.heatmap.numpy()), SCALES[style.colours_of(shown.method.signed)]
    result = photo.astype(float)
    for row in range(photo.shape[0]):
        for column in range(photo.shape[1]):
            x = (column + 0.5 - box.left) / box.width * values.shape[1]
            y = (row + 0.5 - box.top) / box.height * values.shape[0]
            if 0 <= x < values.shape[1] and 0 <= y < values.shape[0]:
                share = cell_values(values, x, y, style.smooth)
                colour = np.array(unlabel_rgb(sample_colorscale(scale, [min(max(share, 0), 1)])[0]))
                result[row, column] += style.heatmap_opacity * (colour - result[row, column])
            else:
                result[row, column] += 0.62 * (np.array([20, 22, 28]) - result[row, column])
    return result


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(
    "style",
    [
        Style(),
        Style("map", colours="Red-blue"),
        Style("photo"),
        Style("overlay", 0.3, "Inferno", True),
        Style(colours="Greys"),
        Style(scale="rank"),
    ],
)
def test_every_pixel(side: str, style: Style):
    made = exhibit(style)
    shown = made.shown[side]
    image = blend(made.photo.image, shown.heatmap.numpy(), shown.box, colouring_of(shown, style), style)
    expected = by_pixel(np.asarray(made.photo.image), shown, style)
    assert image.size == made.photo.size
    apart = np.abs(np.asarray(image, float) - expected).max(-1)
    # Colours come from a table of 256; edges off the pixels' borders (4.5) are rounded by whole pixels.
    assert (apart > 3).sum() <= made.photo.size[0]
    assert np.median(apart) <= 1


@pytest.mark.parametrize("colours", SCALES)
def test_every_colour_scale(colours: Colours):
    assert opened(map_png(exhibit(Style(colours=colours)), "left")).mode == "RGB"


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_the_png_is_the_photo_wide_with_a_legend_below_and_the_settings_inside():
    made = exhibit()
    image = opened(map_png(made, "right"))
    assert image.width == 60
    assert image.height > 45
    shown = made.shown["right"]
    plain = blend(made.photo.image, shown.heatmap.numpy(), shown.box, colouring_of(shown, made.style), made.style)
    assert image.crop((0, 0, 60, 45)).tobytes() == plain.tobytes()
    assert json.loads(image.text["settings"])["maps"]["right"]["options"] == {
        "heads": "max",
        "discard": 0.8,
        "depth": 2,
        "first_layer": 1,
    }


@pytest.mark.parametrize("opacity", [1.0, 0.3])
def test_the_legend_runs_from_the_first_colour_to_the_last_as_they_are_seen(opacity: float):
    photo = Image.new("RGB", (720, 100))
    made = exhibit(Style(opacity=opacity))
    for side, scale in (("left", "RdBu_r"), ("right", "Viridis")):
        image = opened(map_png(exhibit(made.style, photo=type(made.photo)(photo, "d", "wide")), side))
        bar = np.asarray(image)[100 + 4].astype(int)
        first, last = (np.array(unlabel_rgb(colour)) for colour in sample_colorscale(scale, [0, 1]))
        assert np.abs(bar[0] - (opacity * first + (1 - opacity) * 128)).max() <= 4
        assert np.abs(bar[-1] - (opacity * last + (1 - opacity) * 128)).max() <= 4
    middle = np.asarray(opened(map_png(exhibit(made.style, photo=type(made.photo)(photo, "d", "wide")), "left")))[104, 360]
    assert middle.tolist() == [20, 22, 28], "zero is marked"


def test_cells_beyond_the_colours_are_ringed():
    heatmap = torch.linspace(1, 2, 80).view(8, 10)
    heatmap[3, 4] = 70
    both = exhibit().shown
    shown = {"left": both["left"], "right": dataclasses.replace(both["right"], heatmap=heatmap)}
    photo = Image.new("RGB", (480, 450))
    large = type(exhibit().photo)(photo, "d", "large")
    box = Box(0, 0, 480, 440)
    shown["right"] = dataclasses.replace(shown["right"], box=box)
    ringed, linear = (
        np.asarray(opened(map_png(exhibit(Style(scale=scale), large, shown=shown), "right")), int)
        for scale in ("auto", "linear")
    )
    x, y = outline_path(colouring_of(shown["right"], Style()).beyond(heatmap.numpy()), box)
    for i in range(0, len(x), 3):
        column, row = round((x[i] + x[i + 1]) / 2), round((y[i] + y[i + 1]) / 2)
        if not (0 < column < 480 and 0 < row < 440):
            continue  # on the picture's edge half of the line is cut off
        around = ringed[max(row - 4, 0) : row + 5, max(column - 4, 0) : column + 5].reshape(-1, 3).tolist()
        assert [255, 255, 255] in around, "a light line"
        assert [20, 22, 28] in around, "on a dark one"
    assert not (linear[:440] == 255).all(-1).any()
    assert ringed.shape[0] > linear.shape[0], "a sentence below says it"


def test_a_flat_map_is_hatched_and_has_no_bar():
    both = exhibit().shown
    flat = dataclasses.replace(both["right"], heatmap=torch.full((4, 6), 0.1), box=Box(12, 0, 60, 45))
    image = np.asarray(opened(map_png(exhibit(Style("map"), shown=both | {"right": flat}), "right")).crop((12, 0, 60, 45)))
    colours = {tuple(colour) for colour in image.reshape(-1, 3).tolist()}
    assert colours == {FLAT, (20, 22, 28)}


@pytest.mark.usefixtures("as_people_get_it")
def test_who_the_photo_is_by_stands_below_the_legend():
    plain = exhibit()
    made = dataclasses.replace(plain, photo=dataclasses.replace(plain.photo, credit="Ian Hex, LGPL 3, cropped"))
    without, with_credit = (np.asarray(opened(map_png(each, "left"))) for each in (plain, made))
    assert with_credit.shape[0] > without.shape[0]
    assert (with_credit[: without.shape[0] - 10] == without[:-10]).all(), "all else is where it was"
    added = with_credit[without.shape[0] - 10 :]
    assert not (added == PAPER).all()


def test_the_outline_marks_the_top_cells_alone():
    made = exhibit(Style("outline"))
    drawn, without = (
        np.asarray(opened(map_png(exhibit(Style(show)), "right")).crop((0, 0, 60, 45)), int) for show in ("outline", "photo")
    )
    changed = (drawn != without).any(-1)
    assert (drawn[changed] == (255, 176, 0)).all()
    top = (made.shown["right"].heatmap >= made.shown["right"].heatmap.flatten().topk(5).values.min()).nonzero()
    for row, column in top.tolist():
        x, y = 12 + (column + 0.5) * 8, (row + 0.5) * 41 / 4
        near = changed[max(int(y - 7), 0) : int(y + 8), max(int(x - 6), 0) : int(x + 7)]
        assert near.any(), (row, column)


def test_a_large_photo_keeps_its_resolution():
    made = exhibit()
    large = type(made.photo)(made.photo.image.resize((2400, 1800)), "d", "large")
    assert opened(map_png(exhibit(photo=large), "left")).width == 2400


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


@pytest.mark.usefixtures("as_people_get_it")
@pytest.mark.parametrize(
    ("size", "enlarged"), [((12, 9), (1200, 900)), ((1, 1000), (4, 4000)), ((5000, 20), (5000, 20)), ((640, 427), (1280, 854))]
)
def test_a_picture_is_at_least_1200_wide_and_its_words_take_no_room_from_the_map(size: tuple, enlarged: tuple):
    made = exhibit(Style("map"), photo=type(exhibit().photo)(Image.new("RGB", size, "green"), "d", "odd"))
    whole = dataclasses.replace(made.shown["right"], box=Box(0, 0, *size))
    image = opened(map_png(dataclasses.replace(made, shown=dict(made.shown) | {"right": whole}), "right"))
    width, height = enlarged
    assert image.width == max(width, 1200)
    assert 0 < image.height - height < 0.3 * max(width, 1200), "below the map"
    left = (image.width - width) // 2
    cells = np.asarray(image)[:height, left : left + width]
    assert not (cells == PAPER).all(-1).any(), "the map has all of its place"
    rows, columns = whole.heatmap.shape
    if min(width // columns, height // rows) >= 4:
        middle = cells[height // (2 * rows) :: height // rows, width // (2 * columns) :: width // columns]
        assert middle.shape[:2] == (rows, columns)
        assert (middle[0, 0] == cells[2, 2]).all(), "a cell has one colour up to its edge"
