"""The main job as a person does it, in a real browser."""

import io
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from tests.browser.doing import MAPS, charts_are_drawn, open_page, settled, slider, values, wait_for_change

pytestmark = pytest.mark.browser


def test_the_page_opens_on_the_cat_with_both_maps(page: Page, served: str):
    open_page(page, served)
    expect(page.locator(".st-key-left_top")).to_contain_text("cat")
    assert all(len(values(page, key)) == 8 for key in MAPS)
    main = page.get_by_test_id("stMain")
    expect(main.get_by_text("not which is better")).to_be_visible()
    expect(main.get_by_text("class-agnostic", exact=True)).to_be_visible()
    assert page.locator("[data-testid=stException]").count() == 0


def test_an_arrow_key_on_each_slider_changes_the_rollout_and_not_the_cam(page: Page, served: str):
    open_page(page, served)
    cam = values(page, "left_map")
    for key, stroke in (("right_discard", "ArrowLeft"), ("right_depth", "ArrowLeft")):
        before = values(page, "right_map")
        slider(page, key).press(stroke)
        wait_for_change(page, "right_map", before)
    assert values(page, "left_map") == cam


def test_a_click_on_a_class_explains_it(page: Page, served: str):
    open_page(page, served)
    before, rollout = values(page, "left_map"), values(page, "right_map")
    page.locator(".st-key-left_top button").nth(1).click()
    wait_for_change(page, "left_map", before)
    assert values(page, "right_map") == rollout
    assert "left_class" in parse_qs(urlsplit(page.url).query)


def test_a_link_opens_the_same_view_in_a_new_tab(page: Page, served: str):
    open_page(page, served)
    before = values(page, "right_map")
    page.locator(".st-key-right_heads button", has_text="max").click()
    before = wait_for_change(page, "right_map", before)
    slider(page, "right_depth").press("ArrowLeft")
    chosen = wait_for_change(page, "right_map", before)
    page.wait_for_function("location.search.includes('right_heads=max') && location.search.includes('right_depth=')")
    tab = page.context.new_page()
    tab.goto(page.url)
    charts_are_drawn(tab)
    assert values(tab, "right_map") == chosen
    expect(tab.locator(".st-key-right_heads button", has_text="max")).to_have_attribute("aria-checked", "true")


def test_an_upload_is_explained_and_a_bad_one_keeps_the_photo(page: Page, served: str):
    open_page(page, served)
    before = values(page, "left_map")
    uploader = page.locator(".st-key-upload input[type=file]")
    uploader.set_input_files({"name": "ship<b>at sea</b>.png", "mimeType": "image/png", "buffer": ship()})
    own = wait_for_change(page, "left_map", before)
    uploader.set_input_files({"name": "<img src=x onerror=alert(1)>.png", "mimeType": "image/png", "buffer": b"no photo"})
    alert = page.locator("[data-testid=stAlert]")
    alert.wait_for()
    expect(alert).to_contain_text("<img src=x onerror=alert(1)>.png")
    expect(alert).to_contain_text("not an image")
    settled(page)
    assert values(page, "left_map") == own
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
