"""How large the maps are on screens of several sizes, and what a person sees before scrolling."""

from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.browser.doing import MAPS, open_page, settled
from tests.conftest import PATIENCE

pytestmark = pytest.mark.browser

PICTURE = """key => {
    const box = document.querySelector(`.st-key-${key} .nsewdrag`).getBoundingClientRect();
    return [box.width, box.height, box.top];
}"""
FOLDED = "!document.querySelector('.st-key-left_fold details[open], .st-key-right_fold details[open]')"


def screen(browser: Browser, served: str, width: int, height: int) -> Page:
    context = browser.new_context(viewport={"width": width, "height": height})
    context.add_cookies([{"name": "welcomed", "value": "1", "url": served}])
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE)
    open_page(opened, served, "compare")
    return opened


@pytest.mark.parametrize(
    ("width", "height", "least"), [(1280, 800, 400), (1440, 900, 400), (1920, 1080, 560), (2560, 1440, 800)]
)
def test_both_maps_are_large_and_in_sight_with_what_the_models_say(
    browser: Browser, served: str, width: int, height: int, least: int
):
    page = screen(browser, served, width, height)
    sizes = [page.evaluate(PICTURE, key) for key in MAPS]
    for wide, high, top in sizes:
        assert wide >= least
        assert high == pytest.approx(wide * 300 / 451, abs=2), "the photo's own shape"
        assert top + high <= height, "all of it is on the first screen"
    assert sizes[0] == pytest.approx(sizes[1], abs=1), "side by side, alike"
    for answer in ("cat 95.8%", "cat 47.3%"):
        assert page.get_by_text(answer, exact=True).first.bounding_box()["y"] < sizes[0][2], "above the maps"
    page.get_by_test_id("stSidebarHeader").hover()  # the button that closes the sidebar is hidden until then
    page.get_by_test_id("stSidebarCollapseButton").locator("button").click()
    page.wait_for_function(f"([wide, key]) => ({PICTURE})(key)[0] > wide + 50", arg=[sizes[0][0], MAPS[0]])
    page.context.close()


def test_a_phone_shows_both_maps_within_two_screens_and_folds_the_options(browser: Browser, served: str):
    page = screen(browser, served, 390, 844)
    for wide, high, top in (page.evaluate(PICTURE, key) for key in MAPS):
        assert wide >= 350
        assert top + high <= 2 * 844
    page.wait_for_function(FOLDED)
    right = page.locator(".st-key-right_fold summary")
    right.click()
    discard = page.locator(".st-key-right_discard").get_by_role("slider")
    discard.wait_for(state="visible")
    discard.press("ArrowRight")
    settled(page)
    assert discard.is_visible(), "what a person unfolds stays unfolded"
    page.context.close()


def test_a_tall_photo_stays_within_the_screen(browser: Browser, served: str):

    page = screen(browser, served, 1440, 900)
    stream = BytesIO()
    Image.new("RGB", (100, 900), "teal").save(stream, "PNG")
    page.locator(".st-key-upload input[type=file]").set_input_files(
        [{"name": "tall.png", "mimeType": "image/png", "buffer": stream.getvalue()}]
    )
    page.wait_for_function(f"key => {{ const [w, h] = ({PICTURE})(key); return Math.abs(h - 9 * w) < 10; }}", arg="left_map")
    assert page.evaluate(PICTURE, "left_map")[1] <= 0.7 * 900 + 1
    page.context.close()
