"""Choosing a photo in a real browser: thumbnails by mouse and keys, a link that asks, and what a reload keeps."""

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from dashboard.samples import SAMPLES
from tests.browser.doing import in_address, open_page, settled, values, wait_for_change
from tests.conftest import PATIENCE
from tests.ui.pages import png

pytestmark = pytest.mark.browser
HOSTILE = "<img src=x onerror=alert(1)> **mine**.png"
QUESTION = "This link shows a sample. Include your photo (kept 24 h in this server's memory)?"


def tile(page: Page, name: str) -> Locator:
    return page.get_by_role("radiogroup", name="Photo").get_by_role("radio", name=name, exact=True)


def bring(page: Page, name: str, colour: str) -> None:
    """Uploads a photo, and waits until its thumbnail is chosen."""
    page.locator(".st-key-upload input[type=file]").set_input_files(
        {"name": name, "mimeType": "image/png", "buffer": png(colour)}
    )
    expect(tile(page, name)).to_be_checked()
    settled(page)


def test_thumbnails_are_chosen_by_mouse_and_keys(page: Page, served: str):
    open_page(page, served, query="photo=moose")
    tiles = page.get_by_role("radio").filter(has=page.locator("img"))
    assert tiles.evaluate_all("all => all.map(one => one.getAttribute('aria-label'))") == [
        sample.title for sample in SAMPLES.values()
    ]
    expect(tile(page, "Moose")).to_be_checked()
    before = values(page, "left_map")
    tile(page, "Osprey").click()
    before = wait_for_change(page, "left_map", before)
    in_address(page, photo="osprey")
    expect(tile(page, "Osprey")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(tile(page, "Golden toad")).to_be_focused()
    expect(tile(page, "Osprey")).to_be_checked()  # keys alone have no model look
    page.keyboard.press("ArrowDown")
    expect(tile(page, "Rowing boat")).to_be_focused()
    page.keyboard.press("Enter")
    wait_for_change(page, "left_map", before)
    expect(tile(page, "Rowing boat")).to_be_checked()
    expect(tile(page, "Rowing boat")).to_be_focused()
    in_address(page, photo="boat")
    assert tiles.evaluate_all("all => all.filter(one => one.tabIndex === 0).length") == 1, "one stop for the Tab key"


def test_own_photos_stay_in_the_list_and_in_the_tab_alone(page: Page, served: str):
    open_page(page, served)
    bring(page, "red.png", "red")
    bring(page, HOSTILE, "blue")
    tile(page, "Cup of coffee").click()
    expect(tile(page, "Cup of coffee")).to_be_checked()
    tile(page, "red.png").click()
    expect(page.get_by_text("red.png, 70 x 50 pixels")).to_be_visible()
    settled(page)
    page.reload()
    expect(tile(page, "red.png")).to_be_checked()
    expect(tile(page, HOSTILE)).to_be_visible()
    expect(page.get_by_text("red.png, 70 x 50 pixels")).to_be_visible()
    other = page.context.new_page()
    open_page(other, served)
    expect(tile(other, "Cup of coffee")).to_be_visible()
    expect(tile(other, "red.png")).to_have_count(0)
    settled(page)
    page.get_by_role("button", name="Remove this photo").click()
    expect(tile(page, "red.png")).to_have_count(0)
    settled(page)
    page.reload()
    expect(tile(page, HOSTILE)).to_be_visible()
    expect(tile(page, "red.png")).to_have_count(0)
    tile(page, HOSTILE).click()
    expect(tile(page, HOSTILE)).to_be_checked()
    settled(page)
    page.goto(f"{served}/?photo=moose")  # another link in the same tab
    expect(tile(page, HOSTILE)).to_be_visible()
    expect(tile(page, "Moose")).to_be_checked()


def test_a_link_asks_before_it_includes_a_photo(page: Page, browser: Browser, served: str):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=served)
    open_page(page, served, query="photo=coffee")
    bring(page, "mine.png", "green")
    copy = page.get_by_role("button", name="Copy link")
    copy.click()
    expect(page.get_by_text(QUESTION)).to_be_visible()
    page.get_by_role("button", name="Copy without it").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").endswith("?photo=coffee")
    expect(page.get_by_text(QUESTION)).to_be_hidden()
    copy.click()
    page.get_by_role("button", name="Include my photo").click()
    expect(page.get_by_text("Everyone with the link sees your photo")).to_be_visible()
    page.wait_for_function("navigator.clipboard.readText().then(text => text.includes('own='))")
    expect(page.get_by_text(QUESTION)).to_be_hidden()

    friend = browser.new_context().new_page()
    friend.set_default_timeout(PATIENCE)
    friend.goto(page.evaluate("navigator.clipboard.readText()"))
    expect(tile(friend, "mine.png (from a link)")).to_be_checked()
    settled(page)
    page.get_by_role("button", name="Stop sharing this photo").click()
    page.wait_for_function("location.search === '?photo=coffee'")
    friend.reload()
    expect(friend.get_by_text("This link's photo has expired; using the sample.")).to_be_visible()
    friend.context.close()


@pytest.mark.parametrize("width", [390, 1440])
def test_thumbnails_are_large_enough_to_touch(page: Page, served: str, width: int):
    page.set_viewport_size({"width": width, "height": 844})
    open_page(page, served)
    if width == 390:
        page.get_by_test_id("stExpandSidebarButton").click()
    last = tile(page, "Man with a camera")
    last.scroll_into_view_if_needed()
    box = last.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 40
    assert page.evaluate("document.documentElement.scrollWidth") <= width
