"""How large the maps are on screens of several sizes, and what a person sees before scrolling."""

from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.browser.doing import MAPS, first_answer, open_page, settled
from tests.conftest import PATIENCE

pytestmark = pytest.mark.browser

PICTURE = """key => {
    const box = document.querySelector(`.st-key-${key} .nsewdrag`).getBoundingClientRect();
    return [box.width, box.height, box.top];
}"""
CUTS = """text => {
    const { bottom } = text.getBoundingClientRect();
    let cuts = 0;
    for (let around = text.parentElement; around; around = around.parentElement) {
        const clips = around.matches("svg, div") && getComputedStyle(around).overflowY !== "visible";
        if (clips && bottom > around.getBoundingClientRect().bottom) cuts += 1;
    }
    return cuts;
}"""  # how many of the elements around a text cut it off below
FOLDED = "!document.querySelector('.st-key-left_fold details[open], .st-key-right_fold details[open]')"


def screen(browser: Browser, served: str, width: int, height: int, query: str = "", first_visit: bool = False) -> Page:
    context = browser.new_context(viewport={"width": width, "height": height})
    if not first_visit:
        context.add_cookies([{"name": "welcomed", "value": "1", "url": served}])
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE)
    open_page(opened, served, "compare", query)
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
    for answer in map(first_answer, ("bundled/cnn", "bundled/vit")):
        assert page.get_by_text(answer, exact=True).first.bounding_box()["y"] < sizes[0][2], "above the maps"
    page.get_by_test_id("stSidebarHeader").hover()  # the button that closes the sidebar is hidden until then
    page.get_by_test_id("stSidebarCollapseButton").locator("button").click()
    page.wait_for_function(f"([wide, key]) => ({PICTURE})(key)[0] > wide + 50", arg=[sizes[0][0], MAPS[0]])
    page.context.close()


@pytest.mark.parametrize("width", [390, 1440])
def test_below_the_maps_come_predictions_then_where_they_disagree_then_words(browser: Browser, served: str, width: int):
    page = screen(browser, served, width, 900)
    for side in ("left", "right"):
        places = (f"{side}_map", f"{side}_top", "difference", f"{side}_words")
        tops = [page.locator(f".st-key-{place}").first.bounding_box()["y"] for place in places]
        assert tops == sorted(tops)
    page.context.close()


@pytest.mark.parametrize(("width", "height", "screens", "least"), [(1280, 800, 1, 400), (390, 844, 2, 350)])
def test_a_first_visitor_sees_both_maps_below_the_welcome(
    browser: Browser, served: str, width: int, height: int, screens: int, least: int
):
    page = screen(browser, served, width, height, first_visit=True)
    welcome = page.locator(".st-key-welcome").bounding_box()
    assert welcome["height"] <= 200
    links = page.get_by_role("link", name="When rollout fails").bounding_box()
    assert links["y"] + links["height"] <= welcome["y"] + welcome["height"]
    for wide, high, top in (page.evaluate(PICTURE, key) for key in MAPS):
        assert wide >= least
        assert top > welcome["y"] + welcome["height"]
        assert top + high <= screens * height
    said = page.get_by_text(first_answer("bundled/cnn"), exact=True).first.bounding_box()
    assert said["y"] < page.evaluate(PICTURE, MAPS[0])[2], "above the maps"
    page.context.close()


def test_both_maps_begin_at_one_height_whatever_is_said_above_them(browser: Browser, served: str):
    page = screen(browser, served, 1280, 800)
    before = page.evaluate(PICTURE, "right_map")[2]
    page.locator(".st-key-maps p").first.evaluate("line => line.append(' or so'.repeat(30))")
    tops = [page.evaluate(PICTURE, key)[2] for key in MAPS]
    assert tops[0] == pytest.approx(tops[1], abs=1)
    assert tops[0] > before + 20
    page.context.close()


def test_on_the_largest_screen_the_colour_bar_keeps_its_texts(browser: Browser, served: str):
    page = screen(browser, served, 2560, 1440, "photo=retriever")  # a square photo: the largest map
    assert page.evaluate(PICTURE, "left_map")[1] > 990
    text = page.locator(".st-key-left_map .annotation-text", has_text="CAM, evidence")
    assert text.evaluate(CUTS) == 0
    box = text.bounding_box()
    assert box["y"] + box["height"] < page.get_by_text("Most evidence for the class").bounding_box()["y"]
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


# The rows of one side's choices: how many stand in each, and how far the last one ends from the right edge.
ROWS = """() => {
    const row = document.querySelector(".st-key-right_row");
    const ends = {};
    for (const key of ["method", "heads", "discard", "depth", "first_layer", "head"]) {
        const { top, right } = row.querySelector(`.st-key-right_${key}`).closest(".stElementContainer").getBoundingClientRect();
        const line = key === "method" ? top - 28 : top; // its label is an element of its own
        (ends[Math.round(line / 20)] ??= []).push(right);
    }
    return Object.values(ends).map((rights) => [rights.length, row.getBoundingClientRect().right - Math.max(...rights)]);
}"""


@pytest.mark.parametrize(("width", "counts"), [(1280, [6]), (1920, [6]), (390, [1, 2, 3])])
def test_a_sides_choices_fill_their_rows(page: Page, served: str, width: int, counts: list[int]):
    page.set_viewport_size({"width": width, "height": 900})
    open_page(page, served, "layers")
    rows = page.evaluate(ROWS)
    assert [count for count, _ in rows] == counts
    assert all(abs(hole) < 2 for _, hole in rows), rows
