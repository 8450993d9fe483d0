"""Files that people take away: downloaded, opened and checked."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from dashboard.compare import annotate
from dashboard.export.picture import blend
from dashboard.figures.maps import Show, Style, backdrop, colouring_of, map_figure
from dashboard.photo import Photo, sample_photo
from tests.browser.doing import FILM, film, in_address, open_page, pick, settled, slider, values, wait_for_change
from tests.export.exhibits import exhibit

pytestmark = pytest.mark.browser


def downloaded(page: Page, label: str) -> tuple[str, bytes]:
    """A file's name and bytes, by the button in the popover."""
    with page.expect_download() as under_way:
        page.get_by_role("button", name=label, exact=False).click()
    return under_way.value.suggested_filename, Path(under_way.value.path()).read_bytes()


@pytest.fixture
def compared(page: Page, served: str) -> Page:
    open_page(page, served, query="photo=rocket&right_heads=max")
    before = values(page, "right_map")
    slider(page, "right_discard").press("ArrowRight")  # in the fragment, after the page was drawn
    wait_for_change(page, "right_map", before)
    page.locator(".st-key-downloads button").first.click()
    return page


def test_settings_and_raw_maps_are_those_on_screen(compared: Page):
    name, data = downloaded(compared, "Settings (JSON)")
    read = json.loads(data)
    assert name == "rocket-at-night_small-resnet-bundled_cam_small-vit-bundled_attention-rollout.json"
    assert read["maps"]["right"]["options"] == {"heads": "max", "discard": 0.51, "depth": 6, "first_layer": 1}
    assert "right_discard=0.51" in read["link"]
    name, data = downloaded(compared, "Raw maps (NPZ)")
    arrays = np.load(io.BytesIO(data), allow_pickle=False)
    assert name == "rocket-at-night_small-resnet-bundled_cam_small-vit-bundled_attention-rollout.npz"
    assert np.allclose(arrays["right_values"], values(compared, "right_map"), rtol=1e-5)
    assert np.allclose(arrays["left_values"], values(compared, "left_map"), rtol=1e-5)


def test_pictures_have_the_photos_resolution(compared: Page):
    photo = sample_photo("rocket")
    for side, told in (("Left", "small-resnet-bundled_cam"), ("Right", "small-vit-bundled_attention-rollout")):
        name, data = downloaded(compared, f"{side} map (PNG)")
        image = Image.open(io.BytesIO(data))
        assert name == f"rocket-at-night_{told}.png"
        assert image.width == 2 * photo.size[0], "at least 1,200"
        assert image.height > 2 * photo.size[1]
        assert json.loads(image.text["settings"])["photo"]["sha256"] == photo.digest


def test_files_are_named_and_made_of_the_method_that_was_changed_to(page: Page, served: str):
    open_page(page, served, query="photo=rocket")
    for method, told in (("Grad-CAM", "grad-cam"), ("HiResCAM", "hirescam"), ("Grad-CAM", "grad-cam")):
        pick(page, "left_method", method)
        in_address(page, left_method=method)
        settled(page)
        page.locator(".st-key-downloads button").first.click()
        name, data = downloaded(page, "Left map (PNG)")
        assert name == f"rocket-at-night_small-resnet-bundled_{told}.png"
        assert json.loads(Image.open(io.BytesIO(data)).text["settings"])["maps"]["left"]["method"] == method
        page.keyboard.press("Escape")


def test_the_report_opens_without_a_server_and_without_a_network(compared: Page, browser: Browser, tmp_path: Path):
    name, data = downloaded(compared, "Report (HTML)")
    (tmp_path / name).write_bytes(data)
    cut_off = browser.new_context(offline=True)
    page, troubles, asked = cut_off.new_page(), [], []
    page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto((tmp_path / name).as_uri())
    page.locator("#difference .heatmaplayer").wait_for(state="attached")
    assert page.locator(".js-plotly-plot .heatmaplayer").count() == 3
    widths = page.evaluate("[...document.querySelectorAll('.js-plotly-plot')].map(e => [e._fullLayout.width, e.clientWidth])")
    assert all(abs(drawn - column) <= 1 for drawn, column in widths), widths
    shown = page.evaluate("Array.from(document.querySelector('#right-map')._fullData[0].z, row => Array.from(row))")
    assert np.allclose(shown, values(compared, "right_map"), rtol=1e-5)
    assert troubles == []
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    cut_off.close()


def test_every_layer_as_numbers(page: Page, served: str):
    open_page(page, served, "layers", "right_head=2")
    page.locator(".st-key-downloads button").first.click()
    _, data = downloaded(page, "Maps of every layer (NPZ)")
    arrays = np.load(io.BytesIO(data), allow_pickle=False)
    assert arrays["right_progression"].shape == arrays["right_attention"].shape == (6, 8, 8)
    page.locator(".st-key-progression").focus()
    for key, layer in (("Home", 0), ("ArrowRight", 1), ("End", 5)):
        page.keyboard.press(key)
        page.wait_for_function(f"{FILM}._fullLayout.sliders[0].active === {layer}")
        page.wait_for_timeout(300)
        maps = "_fullData.filter(trace => trace.type === 'heatmap').map(trace => Array.from(trace.z, row => Array.from(row)))"
        rollout, attention = film(page, maps)
        assert np.allclose(rollout, arrays["right_progression"][layer], rtol=1e-5)
        assert np.allclose(attention, arrays["right_attention"][layer], rtol=1e-5)


SMOOTH = Image.merge("RGB", [Image.linear_gradient("L").rotate(turn).resize((60, 45)) for turn in (0, 90, 180)])


@pytest.mark.parametrize(("show", "smooth"), [("overlay", False), ("overlay", True), ("map", False), ("photo", False)])
@pytest.mark.parametrize("side", ["left", "right"])
def test_the_picture_is_what_the_chart_shows(page: Page, side: str, show: Show, smooth: bool):
    """Plotly's own drawing, eight times as large, is the picture's second definition."""
    style = Style(
        show, 0.5, smooth=smooth, scale="linear"
    )  # a ring is at least a pixel wide, which is much of so small a photo
    made = exhibit(style, Photo(SMOOTH, "d1ge57", "smooth"))
    (width, height), stream = made.photo.size, io.BytesIO()
    made.photo.image.save(stream, "PNG")
    shown, other = made.shown[side], made.shown["right" if side == "left" else "left"]
    figure = map_figure(shown, backdrop((width, height), stream.getvalue()), style, annotate(shown, other, 0.2), "other")
    figure.update_layout(margin={"l": 0, "r": 0, "t": 0, "b": 0}, width=8 * width, height=8 * height)
    figure.update_traces({"showscale": False}, {"type": "heatmap"})
    figure.layout.images[0].source = figure.layout.images[0].source.replace("image/jpeg", "image/png")
    page.set_viewport_size({"width": 8 * width, "height": 8 * height})
    page.set_content(f"<style>body {{ margin: 0 }}</style>{figure.to_html(config={'staticPlot': True})}")
    page.locator(".main-svg .imagelayer image").first.wait_for(state="attached")
    page.wait_for_timeout(500)
    drawn = Image.open(io.BytesIO(page.screenshot())).convert("RGB").resize((width, height), Image.Resampling.BOX)
    ours = blend(made.photo.image, shown.heatmap.numpy(), shown.box, colouring_of(shown, style), style)
    apart = np.abs(np.asarray(drawn, float) - np.asarray(ours, float)).max(-1)
    assert np.median(apart) <= 2
    assert np.mean(apart > 12) < 0.12, "only where a cell's edge runs through a pixel"
