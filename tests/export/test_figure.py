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
from dashboard.export.arrays import Layers
from dashboard.export.exhibit import Exhibit
from dashboard.export.figure import attention_figure, comparison_figure, layers_figure, methods_figure
from dashboard.export.sheet import SIZES, Sheet
from dashboard.figures.maps import Style
from dashboard.metrics import Metric, chosen
from dashboard.photo import Box, Photo
from dashboard.studies.layers import Curve
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
    assert "rgb(" in data.decode() or "fill: #14161c" in data.decode(), "the dark strips are vectors"


@pytest.mark.parametrize("dpi", [150, 300])
def test_a_png_has_the_dots_that_were_asked_for(dpi: int):
    image = Image.open(io.BytesIO(comparison_figure(exhibit(), Sheet("PNG", "One column", dpi))))
    assert image.width == pytest.approx(89 / 25.4 * dpi, abs=1)
    assert image.info["dpi"][0] == pytest.approx(dpi, abs=0.1)
    assert json.loads(image.text["settings"])["link"] == "http://localhost/?a=<b>"
    assert image.convert("RGB").getpixel((0, 0)) == (255, 255, 255), "light, whatever the theme"


@pytest.mark.parametrize(("size", "form"), [((1, 1000), "PDF"), ((5000, 20), "SVG"), ((12, 9), "PNG"), ((1, 1), "SVG")])
def test_odd_photos(size: tuple[int, int], form: str):
    photo, box = Photo(Image.new("RGB", size, "green"), "d", "odd"), Box(0, 0, *size)
    both = {slot: dataclasses.replace(shown, box=box) for slot, shown in exhibit().shown.items()}
    made = exhibit(photo=photo, shown=both, comparison=compare(both["left"], both["right"], 0.2))
    assert len(comparison_figure(made, Sheet(form, "One column", 150))) > 1000


@pytest.mark.parametrize("form", ["PDF", "SVG"])
@pytest.mark.parametrize(
    "name", [EVIL, "$x^2", r"\frac{1}{2}$", "&<>\"'", "猫" * 300, "a" * 5000, "\x00\x07\ud800", "‮evil", "", "{}%s"]
)
def test_names_are_hostile(name: str, form: str):
    data = comparison_figure(named(exhibit(), name, name, name), Sheet(form, "One column", 150))
    if form == "SVG":
        ET.fromstring(data)


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


def test_the_methods_figure_has_every_map_and_how_far_they_agree():
    made = named(exhibit(), "Zebra", "ResNet-50", "DINOv2-S/14")
    shown = {"CAM": made.shown["left"], "Grad-CAM": dataclasses.replace(made.shown["left"], heatmap=torch.rand(7, 7))}
    one = dataclasses.replace(made, shown=shown, comparison=None)
    words = texts(methods_figure(one, torch.tensor([[1.0, -0.25], [-0.25, math.nan]]), False, Sheet("SVG", "One column")))
    assert words.count("CAM") == words.count("Grad-CAM") == 3, "a map, a row and a column"
    assert words.count("−0.25") == 2
    assert "Signed maps, by rank within each map" in words


@pytest.mark.parametrize("cell", [(1, 2), None])
def test_the_attention_figure_has_every_head(cell: tuple[int, int] | None):
    made = named(exhibit(), "Zebra", "ResNet-50", "DINOv2-S/14")
    data = attention_figure(made, "right", torch.rand(2, 4, 4, 6), cell, Sheet("SVG"))
    words = texts(data)
    assert [word for word in words if word.startswith(("fused", "head "))] == ["fused", "head 1", "head 2", "head 3"]
    assert data.count(b"#e27d00") == (2 if cell else 1), "the patch is framed, and the head"
