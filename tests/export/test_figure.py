"""Figures for papers and slides, read as data: their size, their words, their marks."""

import dataclasses
import io
import json
import math
import xml.etree.ElementTree as ET

import matplotlib
import pytest
import torch
from PIL import Image
from pypdf import PdfReader

from dashboard.compare import compare
from dashboard.export.arrays import Layers, Places
from dashboard.export.charts import CURVE
from dashboard.export.exhibit import Exhibit
from dashboard.export.figure import attention_figure, comparison_figure, layers_figure, methods_figure, trust_figure
from dashboard.export.plates import ACCENT
from dashboard.export.sheet import SIZES, Sheet
from dashboard.figures.maps import Style
from dashboard.metrics import Metric, ModelMetric, chosen
from dashboard.photo import Box, Photo
from dashboard.studies.layers import Curve
from dashboard.studies.trust import Lines, Row
from tests.export.exhibits import EVIL, exhibit

SVG = "{http://www.w3.org/2000/svg}"


def texts(data: bytes) -> list[str]:
    """The texts of an SVG, in order."""
    return ["".join(node.itertext()) for node in ET.fromstring(data).iter(f"{SVG}text")]


def said(data: bytes) -> str:
    """What a PDF says, as a person would select it."""
    return " ".join(PdfReader(io.BytesIO(data)).pages[0].extract_text().split())


def named(made: Exhibit, *names: str) -> Exhibit:
    """The same with its photo and both models called so."""
    photo, *titles = names
    pair = [dataclasses.replace(model, title=title) for model, title in zip(made.models.values(), titles, strict=True)]
    return dataclasses.replace(made, photo=dataclasses.replace(made.photo, name=photo), models=type(made.models)(*pair))


@pytest.mark.parametrize("width", SIZES)
def test_a_pdf_is_as_wide_as_asked_and_its_text_can_be_selected(width: str):
    made = named(exhibit(), "Zebra", "ResNet-50", "DINOv2-S/14")
    data = comparison_figure(made, Sheet("PDF", width))
    (page,) = PdfReader(io.BytesIO(data)).pages
    assert float(page.mediabox.width) == pytest.approx(SIZES[width].millimetres * 72 / 25.4, abs=0.01)
    words = said(data)
    for told in (
        "Zebra",
        "ResNet-50",
        "DINOv2-S/14",
        "Says cat 75.0%",
        "CAM",
        "Where they disagree",
        "Left higher",
        "Spearman",
    ):
        assert told in words
    assert "heads max, discard 0.8, depth 2" in words
    assert "Dark: parts of the photo that the model does not see." in words
    assert json.loads(PdfReader(io.BytesIO(data)).metadata["/Keywords"])["photo"]["name"] == "Zebra"


def test_an_svg_has_its_words_as_text_and_its_marks_as_paths():
    made = named(exhibit(), "Zebra", "ResNet-50", "DINOv2-S/14")
    data = comparison_figure(made, Sheet("SVG"))
    words = texts(data)
    assert "Zebra" in words
    assert "0" in words, "the zero of a signed map"
    values = made.shown["left"].heatmap.abs().max().item()
    assert f"{values:.3g}" in words
    assert f"−{values:.3g}" in words
    root = ET.fromstring(data)
    assert len(list(root.iter(f"{SVG}image"))) == 4 + 3 + 3, "four photos, three maps, three colour bars"
    assert "fill: #14161c" in data.decode(), "the dark strips are vectors"


@pytest.mark.parametrize("dpi", [150, 300])
def test_a_png_has_the_dots_that_were_asked_for(dpi: int):
    image = Image.open(io.BytesIO(comparison_figure(exhibit(), Sheet("PNG", "One column", dpi))))
    assert image.width == pytest.approx(89 / 25.4 * dpi, abs=1)
    assert image.info["dpi"][0] == pytest.approx(dpi, abs=0.1)
    assert json.loads(image.text["settings"])["link"] == "http://localhost/?a=<b>"
    assert image.convert("RGB").getpixel((0, 0)) == (255, 255, 255), "light, whatever the theme"


def drawn(image: ET.Element) -> tuple[float, float]:
    """A picture's width and height in points, as an SVG has it."""
    across, _, _, down, *_ = map(float, image.get("transform", "").removeprefix("matrix(").removesuffix(")").split())
    return across * float(image.get("width", 0)), down * float(image.get("height", 0))


def of_size(size: tuple[int, int]) -> Exhibit:
    """A comparison of a photo of this width and height, of which both models see all."""
    photo, box = Photo(Image.new("RGB", size, "green"), "d", "odd"), Box(0, 0, *size)
    both = {slot: dataclasses.replace(shown, box=box) for slot, shown in exhibit().shown.items()}
    return exhibit(photo=photo, shown=both, comparison=compare(both["left"], both["right"], 0.2))


@pytest.mark.parametrize("width", SIZES)
@pytest.mark.parametrize("size", [(12, 9), (640, 427), (1, 1), (5000, 20), (20, 5000), (1, 1000)])
def test_words_and_legends_take_no_room_from_the_maps(size: tuple[int, int], width: str):
    """A map is as wide as its place on the sheet, unless it would then be higher than one and a half times that."""
    sheet = Sheet("SVG", width)
    images = ET.fromstring(comparison_figure(of_size(size), sheet)).iter(f"{SVG}image")
    photo, _, laid, bar, *_ = map(drawn, images)
    assert laid == pytest.approx(photo, abs=0.01), "the map lies over the whole photo"
    wide, tall = size
    columns = 1 if wide > 3 * tall else 2 if width == "One column" else 4
    margins, gaps = 0.5 * sheet.size.points, (columns - 1) * 1.2 * sheet.size.points
    place = (sheet.width - margins - gaps) / columns
    expected = min(place, 1.5 * place * wide / tall)
    assert laid[0] == pytest.approx(expected, abs=0.01)
    assert laid[1] == pytest.approx(expected * tall / wide, abs=0.01)
    assert bar[0] == pytest.approx(place, abs=0.01), "the legend has all of the place, however narrow the map is"


@pytest.mark.parametrize("form", ["PDF", "PNG"])
@pytest.mark.parametrize("size", [(12, 9), (5000, 20), (20, 5000)])
def test_odd_photos_come_in_every_format_as_wide_as_asked(size: tuple[int, int], form: str):
    data = comparison_figure(of_size(size), Sheet(form, "One column", 150))
    if form == "PDF":
        (page,) = PdfReader(io.BytesIO(data)).pages
        assert float(page.mediabox.width) == pytest.approx(89 * 72 / 25.4, abs=0.01)
    else:
        assert Image.open(io.BytesIO(data)).width == pytest.approx(89 / 25.4 * 150, abs=1)


@pytest.mark.parametrize("form", ["PDF", "SVG"])
@pytest.mark.parametrize(
    "name", [EVIL, "$x^2", r"\frac{1}{2}$", "&<>\"'", "猫" * 300, "a" * 5000, "\x00\x07\ud800", "‮evil", "", "{}%s"]
)
def test_names_are_hostile(name: str, form: str):
    data = comparison_figure(named(exhibit(), name, name, name), Sheet(form, "One column", 150))
    if form == "SVG":
        ET.fromstring(data)


@pytest.mark.parametrize("figure", ["comparison", "layers", "methods", "attention", "trust"])
def test_every_figure_names_who_the_photo_is_by(figure: str):
    plain, sheet, both = exhibit(), Sheet("SVG", "One column"), torch.eye(2)
    made = dataclasses.replace(plain, photo=dataclasses.replace(plain.photo, credit="Ian Hex, LGPL 3, cropped"))
    data = {
        "comparison": lambda: comparison_figure(made, sheet),
        "layers": lambda: layers_figure(made, layers_of(made), sheet),
        "methods": lambda: methods_figure(made, both, sheet=sheet),
        "attention": lambda: attention_figure(made, "right", torch.rand(2, 4, 4, 6), (1, 2), sheet),
        "trust": lambda: trust_figure(*trusted(made), sheet),
    }[figure]()
    assert "Photo: Ian Hex, LGPL 3, cropped" in texts(data)
    assert not any(words.startswith("Photo:") for words in texts(comparison_figure(plain, sheet)))


def test_a_mathematical_name_stays_what_it_is():
    made = named(exhibit(), "cost $5 and $6", "a_b", "c")
    assert "cost $5 and $6" in texts(comparison_figure(made, Sheet("SVG", "Slide")))
    assert "cost $5 and $6" in said(comparison_figure(made, Sheet("PDF", "Slide")))


def test_flat_maps_are_hatched_and_say_so():
    both = exhibit().shown
    flat = dataclasses.replace(both["right"], heatmap=torch.full((4, 6), 0.1))
    shown = dict(both) | {"right": flat}
    made = exhibit(shown=shown, comparison=compare(shown["left"], flat, 0.2))
    data = comparison_figure(made, Sheet("SVG"))
    assert "<pattern" in data.decode()
    assert "Every patch has the same" in " ".join(texts(data))
    assert "Where they disagree" not in texts(data)


@pytest.mark.parametrize("style", [Style("map"), Style("photo"), Style("outline"), Style(smooth=True), Style(scale="rank")])
def test_the_style_of_the_screen_is_that_of_the_figure(style: Style):
    words = " ".join(texts(comparison_figure(exhibit(style), Sheet("SVG", "Slide"))))
    assert ("by rank" in words.replace("Left − right, by rank", "")) == (style.scale == "rank")
    assert ("Outlined: the highest 20%" in words) == (style.show == "outline")
    assert ("Share of the whole" in words) == style.coloured


def test_matplotlib_is_left_as_it_was():
    before = dict(matplotlib.rcParams)
    comparison_figure(exhibit(), Sheet("SVG"))
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize(("form", "width", "dpi"), [("GIF", "Slide", 300), ("PDF", "Poster", 300), ("PNG", "Slide", 2)])
def test_a_sheet_that_does_not_exist(form: str, width: str, dpi: int):
    with pytest.raises(ValueError, match="expected"):
        Sheet(form, width, dpi)


def layers_of(made: Exhibit) -> dict:
    maps = torch.rand(3, 4, 6)
    maps[0] = 0.5
    shown = made.shown["right"]
    metrics = [Curve(metric, [0.1, 0.2, 0.3], [math.nan] * 3) for metric in chosen(Metric, share=0.2)[:3]]
    assert shown.method.depth == 2
    return {"right": Layers(maps, torch.rand(3, 4, 6), metrics)}


def test_the_layers_figure_has_a_map_for_every_layer_and_marks_the_depth():
    made = named(exhibit(), "Zebra", "ResNet-50", "DINOv2-S/14")
    data = layers_figure(made, layers_of(made), Sheet("SVG"))
    words = texts(data)
    assert "DINOv2-S/14: Attention rollout (heads max, discard 0.8, depth 2, first layer 1), after each layer" in words
    assert [words.count(layer) >= 2 for layer in "123"] == [True, True, True]
    assert "Share of the attention" in words
    assert chosen(Metric, share=0.2)[0].title in words
    assert b"<pattern" in data, "the first layer is the same everywhere"


def test_the_layers_figure_has_a_map_for_each_stage_where_there_is_no_film():
    made = named(exhibit(), "Zebra", "ResNet-50", "DINOv2-S/14")
    maps = [dataclasses.replace(made.shown["left"], heatmap=torch.randn(side, side)) for side in (16, 8, 4)]
    one = dataclasses.replace(made, shown={"left": maps[2]}, comparison=None)
    data = layers_figure(one, {"left": Places("stage", maps, maps[2])}, Sheet("SVG"))
    words = texts(data)
    assert [word for word in words if word.startswith("stage ")] == ["stage 1", "stage 2", "stage 3"]
    assert any(word.startswith("ResNet-50: CAM of ") for word in words)
    assert "Zebra" in words
    assert "Each map on its own scale" in words
    assert len(list(ET.fromstring(data).iter(f"{SVG}image"))) == 3 + 3 + 1, "photos, maps, a colour bar"
    assert data.count(b"#e27d00") == 1, "the chosen stage is framed"


def test_the_methods_figure_has_every_map_and_how_far_they_agree():
    made = named(exhibit(), "Zebra", "ResNet-50", "DINOv2-S/14")
    shown = {"CAM": made.shown["left"], "Grad-CAM": dataclasses.replace(made.shown["left"], heatmap=torch.rand(7, 7))}
    one = dataclasses.replace(made, shown=shown, comparison=None)
    words = texts(methods_figure(one, torch.tensor([[1.0, -0.25], [-0.25, math.nan]]), False, Sheet("SVG", "One column")))
    assert words.count("CAM") == words.count("Grad-CAM") == 3, "a map, a row and a column"
    assert words.count("−0.25") == 2
    assert "Signed maps, by rank within each map" in words


def trusted(made: Exhibit) -> tuple[Exhibit, dict]:
    """The same with numbers of its left map, and that map's curves."""
    numbers = [Row(metric, 0.25, 0.5, (0.1, 0.3)) for metric in chosen(ModelMetric)]
    fall = torch.linspace(0.75, 0, 21)
    lines = Lines(fall, fall.sqrt(), None, fall, torch.full((21,), 0.125))
    return dataclasses.replace(made, tested={"left": numbers}, in_place="blur"), {"left": (lines, lines)}


def test_the_trust_figure_has_both_maps_and_every_curve_beside_its_controls():
    made, drawn = trusted(named(exhibit(), "Zebra", "ResNet-50", "DINOv2-S/14"))
    data = trust_figure(made, drawn, Sheet("SVG"))
    words = texts(data)
    assert "Left map, deletion: 0.25 (0.20, 0.50)" in words
    assert "Left map, insertion: 0.25 (0.20, 0.50)" in words
    assert {"Zebra", "ResNet-50", "DINOv2-S/14"} < set(words)
    told = " ".join(words)
    assert "what is gone: blur." in told
    assert not any(word.startswith("Right map,") for word in words), "it was not tested"
    assert data.count(CURVE.encode()) == 2, "a line of its own in each chart"
    other = {"left": tuple(dataclasses.replace(each, other=each.own) for each in drawn["left"])}
    assert trust_figure(made, other, Sheet("SVG")).count(ACCENT.encode()) == data.count(ACCENT.encode()) + 2


@pytest.mark.parametrize("cell", [(1, 2), None])
def test_the_attention_figure_has_every_head(cell: tuple[int, int] | None):
    made = named(exhibit(), "Zebra", "ResNet-50", "DINOv2-S/14")
    data = attention_figure(made, "right", torch.rand(2, 4, 4, 6), cell, Sheet("SVG"))
    words = texts(data)
    assert [word for word in words if word.startswith(("fused", "head "))] == ["fused", "head 1", "head 2", "head 3"]
    assert data.count(b"#e27d00") == (2 if cell else 1), "the patch is framed, and the head"
