"""The main job as a person does it, in a real browser."""

import io
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
MAPS = ("cnn_map", "vit_map")


def open_compare(page: Page, url: str) -> None:
    page.goto(url)
    for key in (*MAPS, "difference"):
        page.locator(f".st-key-{key} .js-plotly-plot .heatmaplayer").first.wait_for(state="attached")
    settled(page)


def settled(page: Page) -> None:
    """Waits until no script run is under way."""
    page.locator("[data-test-script-state=notRunning]").first.wait_for(state="attached")


# The numbers that the browser's own figure holds; null while Streamlit puts a new chart in the old one's place.
NUMBERS = """key => {
    const trace = document.querySelector(`.st-key-${key} .js-plotly-plot`)?._fullData?.[0];
    return trace ? JSON.stringify(Array.from(trace.z, row => Array.from(row))) : null;
}"""


def values(page: Page, key: str) -> list[list[float]]:
    return json.loads(page.wait_for_function(NUMBERS, arg=key).json_value())


def wait_for_change(page: Page, key: str, before: list[list[float]]) -> list[list[float]]:
    changed = f"([key, before]) => {{ const now = ({NUMBERS})(key); return now && now !== JSON.stringify(before); }}"
    page.wait_for_function(changed, arg=[key, before])
    settled(page)
    return values(page, key)


def slider(page: Page, key: str):
    return page.locator(f".st-key-{key} input[type=range], .st-key-{key} [role=slider]").first


def test_the_page_opens_on_the_cat_with_both_maps(page: Page, served: str):
    open_compare(page, served)
    expect(page.locator(".st-key-cnn_top")).to_contain_text("cat")
    assert all(len(values(page, key)) == 8 for key in MAPS)
    expect(page.get_by_text("never which of them is better")).to_be_visible()
    expect(page.get_by_text("class-agnostic")).to_be_visible()
    assert page.locator("[data-testid=stException]").count() == 0


def test_an_arrow_key_on_each_slider_changes_the_rollout_and_not_the_cam(page: Page, served: str):
    open_compare(page, served)
    cam = values(page, "cnn_map")
    for key, stroke in (("discard", "ArrowLeft"), ("depth", "ArrowLeft")):
        before = values(page, "vit_map")
        slider(page, key).press(stroke)
        wait_for_change(page, "vit_map", before)
    assert values(page, "cnn_map") == cam


def test_a_click_on_a_class_explains_it(page: Page, served: str):
    open_compare(page, served)
    before, rollout = values(page, "cnn_map"), values(page, "vit_map")
    page.locator(".st-key-cnn_top button").nth(1).click()
    wait_for_change(page, "cnn_map", before)
    assert values(page, "vit_map") == rollout
    assert "cnn_class" in parse_qs(urlsplit(page.url).query)


def test_a_link_opens_the_same_view_in_a_new_tab(page: Page, served: str):
    open_compare(page, served)
    before = values(page, "vit_map")
    page.locator(".st-key-heads button", has_text="max").click()
    before = wait_for_change(page, "vit_map", before)
    slider(page, "depth").press("ArrowLeft")
    chosen = wait_for_change(page, "vit_map", before)
    page.wait_for_function("location.search.includes('heads=max') && location.search.includes('depth=')")
    tab = page.context.new_page()
    open_compare(tab, page.url)
    assert values(tab, "vit_map") == chosen
    expect(tab.locator(".st-key-heads button", has_text="max")).to_have_attribute("aria-checked", "true")


def test_an_upload_is_explained_and_a_bad_one_keeps_the_photo(page: Page, served: str):
    open_compare(page, served)
    before = values(page, "cnn_map")
    uploader = page.locator(".st-key-upload input[type=file]")
    uploader.set_input_files({"name": "ship<b>at sea</b>.png", "mimeType": "image/png", "buffer": ship()})
    own = wait_for_change(page, "cnn_map", before)
    uploader.set_input_files({"name": "<img src=x onerror=alert(1)>.png", "mimeType": "image/png", "buffer": b"no photo"})
    alert = page.locator("[data-testid=stAlert]")
    alert.wait_for()
    expect(alert).to_contain_text("<img src=x onerror=alert(1)>.png")
    expect(alert).to_contain_text("not an image")
    settled(page)
    assert values(page, "cnn_map") == own
    assert page.locator("[data-testid=stException]").count() == 0


def ship() -> bytes:
    image = Image.new("RGB", (500, 320), (140, 180, 220))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 220, 500, 320), fill=(30, 70, 120))
    draw.polygon([(100, 190), (400, 190), (360, 250), (140, 250)], fill=(110, 50, 40))
    draw.rectangle((200, 130, 300, 190), fill=(240, 240, 240))
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()
