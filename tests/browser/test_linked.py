"""The compare page's maps are linked: one mark, one zoom, and views that fill the screen."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Locator, Page, expect

from tests.browser.doing import COMPARED, MAPS, first_answer, open_page, settled, slider, values, wait_for_change
from tests.conftest import PATIENCE

pytestmark = pytest.mark.browser

# The place of the photo, in its own pixels, that a chart's mark is at; null without a mark.
MARKED = """key => {
    const lens = document.querySelector(`.st-key-${key} .linked-lens`);
    const [down, across] = ["down", "across"].map(name => lens?.querySelector(`.linked-${name}`));
    if (!down || down.hidden) return null;
    const box = lens.getBoundingClientRect();
    const { xaxis, yaxis } = document.querySelector(`.st-key-${key} .js-plotly-plot`)._fullLayout;
    return [
        (down.getBoundingClientRect().x - box.x) / box.width * xaxis.range[1],
        (across.getBoundingClientRect().y - box.y) / box.height * yaxis.range[0],
    ];
}"""
# The part of the photo that a chart shows, as shares of its width and height: left, top, width; the whole if it has no picture.
SHOWN = """key => {
    const chart = document.querySelector(`.st-key-${key}`);
    const picture = chart.querySelector(".linked-picture");
    if (picture.hidden) return [0, 0, 1];
    const { xaxis, yaxis } = chart.querySelector(".js-plotly-plot")._fullLayout;
    const [x, y, width] = picture.shadowRoot.querySelector("svg").getAttribute("viewBox").split(" ").map(Number);
    return [(x - xaxis._offset) / xaxis._length, (y - yaxis._offset) / yaxis._length, width / xaxis._length];
}"""


def lens(page: Page, key: str) -> Locator:
    """What lies over a chart's photo."""
    return page.locator(f".st-key-{key} .linked-lens")


def open_linked(page: Page, served: str, query: str = "") -> None:
    """Opens the compare page and waits until a lens lies over each chart."""
    open_page(page, served, "compare", query)
    for key in COMPARED:
        expect(lens(page, key)).to_be_visible()


def place(page: Page, key: str, x: float, y: float) -> tuple[float, float]:
    """Where on the screen a place of the photo is, given in shares of its width and height, once the chart is in view."""
    lens(page, key).scroll_into_view_if_needed()
    box = lens(page, key).bounding_box()
    assert box
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def marks(page: Page) -> list[list[float]]:
    """The marked place on each chart, in photo pixels."""
    return [page.wait_for_function(MARKED, arg=key).json_value() for key in COMPARED]


def shown(page: Page) -> list[list[float]]:
    return [page.evaluate(SHOWN, key) for key in COMPARED]


def told(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-{key} .linked-told")


def sent_by(page: Page) -> list[Any]:
    """A list of all that the browser sends to the server from the next page on."""
    sent: list[Any] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    return sent


@pytest.mark.parametrize("key", COMPARED)
def test_a_pointer_over_one_chart_marks_the_same_place_on_all_and_tells_the_server_nothing(page: Page, served: str, key: str):
    sent = sent_by(page)
    open_linked(page, served, "photo=coffee")  # 600 x 400
    before = len(sent)
    assert before
    page.mouse.move(*place(page, key, 0.7, 0.3))
    for x, y in marks(page):
        assert x == pytest.approx(420, abs=3)
        assert y == pytest.approx(120, abs=3)
    expect(told(page, key)).to_contain_text("Left: CAM ")
    expect(told(page, key)).to_contain_text("Right: Attention rollout ")
    expect(told(page, key)).to_contain_text("by rank: ")
    expect(told(page, "right_map")).to_contain_text("of the other patches")
    assert len(sent) == before
    page.mouse.move(5, 5)
    for other in COMPARED:
        expect(told(page, other)).to_be_hidden()


def test_each_map_tells_the_value_of_its_own_cell(page: Page, served: str):
    open_linked(page, served, "photo=coffee")
    page.mouse.move(*place(page, "left_map", 0.7, 0.3))  # of 8 x 8 cells: row 2, column 5, from 0
    for key in MAPS:
        cell = values(page, key)[2][5]
        number = re.search(r"(?:CAM|rollout) (−?[\d.e-]+)", told(page, key).inner_text())
        assert number
        assert float(number[1].replace("−", "-")) == pytest.approx(cell, rel=0.01)


def test_the_wheel_enlarges_all_charts_alike_and_a_double_click_shows_the_whole(page: Page, served: str):
    sent = sent_by(page)
    open_linked(page, served)
    before = len(sent)
    page.mouse.move(*place(page, "right_map", 0.25, 0.75))
    page.mouse.wheel(0, -400)
    page.wait_for_function(f"key => ({SHOWN})(key)[2] < 0.6", arg="left_map")
    first, *others = shown(page)
    assert first[0] + 0.25 * first[2] == pytest.approx(0.25, abs=0.01)  # the place under the pointer stays there
    assert first[1] + 0.75 * first[2] == pytest.approx(0.75, abs=0.01)
    for other in others:
        assert other == pytest.approx(first, abs=0.01)
    for _ in range(30):
        page.mouse.wheel(0, -400)
    page.wait_for_function(f"key => ({SHOWN})(key)[2] < 0.07", arg="left_map")
    page.mouse.dblclick(*place(page, "left_map", 0.5, 0.5))
    page.wait_for_function(f"key => ({SHOWN})(key)[2] === 1", arg="difference")
    assert shown(page) == [[0, 0, 1]] * 3
    assert len(sent) == before


def test_an_enlarged_map_is_dragged_and_never_leaves_the_photo(page: Page, served: str):
    open_linked(page, served)
    page.mouse.move(*place(page, "left_map", 0.5, 0.5))
    page.mouse.wheel(0, -400)
    page.wait_for_function(f"key => ({SHOWN})(key)[2] < 0.6", arg="left_map")
    [(left, _, width), *_] = shown(page)
    page.mouse.down()
    page.mouse.move(*place(page, "left_map", 0.6, 0.5))
    page.wait_for_function(f"([key, x]) => Math.abs(({SHOWN})(key)[0] - x) < 0.01", arg=["right_map", left - 0.1 * width])
    page.mouse.move(*place(page, "left_map", 3, 3))
    page.mouse.up()
    page.wait_for_function(f"key => ({SHOWN})(key)[0] === 0", arg="right_map")
    for x, y, _ in shown(page):
        assert (x, y) == (0, 0)


def test_a_slider_and_another_photo_keep_and_reset_the_zoom(page: Page, served: str):
    open_linked(page, served, "photo=coffee")
    page.mouse.move(*place(page, "left_map", 0.3, 0.3))
    page.mouse.wheel(0, -400)
    page.wait_for_function(f"key => ({SHOWN})(key)[2] < 0.6", arg="right_map")
    enlarged, before = shown(page), values(page, "right_map")
    slider(page, "right_discard").press("ArrowLeft")
    wait_for_change(page, "right_map", before)
    for now, then in zip(shown(page), enlarged, strict=True):
        assert now == pytest.approx(then, abs=0.01)
    cells = page.evaluate(
        """() => document.querySelector(".st-key-right_map .linked-picture").shadowRoot.querySelector(".hm image").href.baseVal
        === document.querySelector(".st-key-right_map .js-plotly-plot .hm image").href.baseVal"""
    )
    assert cells  # the enlarged picture is of the new map
    before = values(page, "left_map")
    page.get_by_role("radio", name="Rocket at night").click()
    wait_for_change(page, "left_map", before)
    page.wait_for_function(f"key => ({SHOWN})(key)[2] === 1", arg="left_map")


SCROLLED = "() => document.querySelector('.stMain').scrollTop"


def test_the_wheel_scrolls_the_page_over_a_whole_map_and_where_scrolling_began_outside(page: Page, served: str):
    page.set_viewport_size({"width": 1440, "height": 500})
    open_linked(page, served)
    page.mouse.move(*place(page, "left_map", 0.5, 0.5))
    before = page.evaluate(SCROLLED)
    page.mouse.wheel(0, 100)  # smaller than whole
    page.wait_for_function(f"before => ({SCROLLED})() > before", arg=before)
    assert shown(page) == [[0, 0, 1]] * 3
    page.mouse.wheel(0, -100)  # the pointer has not moved since, wherever the map is now: the page scrolls on
    page.wait_for_function(f"before => ({SCROLLED})() <= before", arg=before)
    assert shown(page) == [[0, 0, 1]] * 3
    page.mouse.move(*place(page, "left_map", 0.4, 0.5))
    page.mouse.wheel(0, -100)
    page.wait_for_function(f"key => ({SHOWN})(key)[2] < 1", arg="left_map")


def test_arrow_keys_mark_cell_by_cell_and_are_read_out(page: Page, served: str):
    sent = sent_by(page)
    open_linked(page, served, "photo=coffee")
    before = len(sent)
    cells = values(page, "right_map")
    best = max((value, row, column) for row, line in enumerate(cells) for column, value in enumerate(line))
    live = page.locator(".linked-live")
    expect(live).to_have_attribute("aria-live", "polite")
    lens(page, "right_map").press("Home")
    expect(live).to_contain_text(f"Row {best[1] + 1} of 8, column {best[2] + 1} of 8. Left: CAM")
    expect(live).to_contain_text("the highest patch")
    for _ in range(8):
        page.keyboard.press("ArrowUp")
        page.keyboard.press("ArrowLeft")
    expect(live).to_contain_text("Row 1 of 8, column 1 of 8")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(live).to_contain_text("Row 2 of 8, column 5 of 8")
    for x, y in marks(page):
        assert (x, y) == (pytest.approx(4.5 * 75, abs=3), pytest.approx(1.5 * 50, abs=3))
    page.keyboard.press("+")
    page.wait_for_function(f"key => ({SHOWN})(key)[2] < 0.7", arg="difference")
    page.keyboard.press("0")
    page.wait_for_function(f"key => ({SHOWN})(key)[2] === 1", arg="difference")
    assert len(sent) == before


def test_a_lens_can_be_reached_by_tab(page: Page, served: str):
    open_linked(page, served)
    lens(page, "left_map").focus()
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('.st-key-right_map') !== null"):
            break
    expect(lens(page, "right_map")).to_be_focused()
    expect(told(page, "right_map")).to_be_visible()
    settled(page)


def fingers(touching: CDPSession, kind: str, *places: tuple[float, float]) -> None:
    """A touch event with these fingers, as a phone's browser would get it."""
    touching.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in places]})


def test_a_tap_marks_and_two_fingers_enlarge(browser: Browser, served: str):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    open_linked(page, served, "photo=coffee")
    page.touchscreen.tap(*place(page, "left_map", 0.5, 0.6))
    for x, y in marks(page):
        assert (x, y) == (pytest.approx(300, abs=4), pytest.approx(240, abs=4))
    expect(told(page, "right_map")).to_contain_text("Attention rollout")
    a, b = place(page, "left_map", 0.45, 0.5), place(page, "left_map", 0.55, 0.5)
    touching = context.new_cdp_session(page)
    fingers(touching, "touchStart", a, b)
    for wider in (20, 40, 60):
        fingers(touching, "touchMove", (a[0] - wider, a[1]), (b[0] + wider, b[1]))
    fingers(touching, "touchEnd")
    page.wait_for_function(f"key => ({SHOWN})(key)[2] < 0.4", arg="right_map")
    first, *others = shown(page)
    for other in others:
        assert other == pytest.approx(first, abs=0.01)
    context.close()


STAGE = "dialog.linked-dialog"


def pictures(page: Page, within: str = STAGE) -> Locator:
    """The visible lenses of a view."""
    return page.locator(f"{within} .linked-lens")


def press(page: Page, name: str) -> None:
    """A button of the page's toolbar."""
    page.locator(".linked-bar").get_by_role("button", name=name).click()


@pytest.mark.parametrize("native", [True, False])
def test_each_map_fills_the_screen_and_escape_leaves(page: Page, served: str, native: bool):
    if not native:
        page.add_init_script("delete Element.prototype.requestFullscreen")
    sent = sent_by(page)
    open_linked(page, served, "photo=coffee")
    before = len(sent)
    for key, name in zip(COMPARED, ("Left map", "Right map", "Where they disagree"), strict=True):
        fill = page.get_by_role("button", name=f"{name}: full screen")
        expect(fill).to_have_attribute("title", f"{name}: full screen")
        fill.click()
        expect(page.locator(STAGE)).to_be_visible()
        page.wait_for_function("native => (document.fullscreenElement !== null) === native", arg=native)
        expect(pictures(page)).to_have_count(1)
        box = pictures(page).bounding_box()
        chart = lens(page, key).bounding_box()
        assert box
        assert chart
        assert box["height"] > 0.7 * 1000
        assert box["width"] / box["height"] == pytest.approx(1.5, rel=0.01)  # the photo's shape
        page.keyboard.press("Escape")
        expect(page.locator(STAGE)).to_be_hidden()
        page.wait_for_function("document.fullscreenElement === null")
        page.wait_for_function("label => document.activeElement.ariaLabel === label", arg=f"{name}: full screen")
    assert len(sent) == before


CELLS_ON_STAGE = """() => [...document.querySelectorAll("dialog.linked-dialog .linked-picture")].map(
    picture => picture.shadowRoot.querySelector(".heatmaplayer").style.display)"""


def test_present_shows_what_each_model_says_and_turns_to_the_next_photo(page: Page, served: str):
    sent = sent_by(page)
    open_linked(page, served)
    before, here = len(sent), values(page, "left_map")
    press(page, "Present")
    stage = page.locator(STAGE)
    expect(stage.locator(".linked-head")).to_have_text(
        [re.compile(first_answer(key)) for key in ("bundled/cnn", "bundled/vit")]
    )
    expect(stage.locator(".linked-hint")).to_contain_text("Esc leaves")
    boxes = [each.bounding_box() for each in pictures(page).all()]
    assert len(boxes) == 2
    for box in boxes:
        assert box
        assert box["width"] > 0.45 * 1440
    page.keyboard.press("o")
    page.wait_for_function(f"({CELLS_ON_STAGE})().every(display => display === 'none')")
    page.keyboard.press(" ")
    page.wait_for_function(f"({CELLS_ON_STAGE})().every(display => display === '')")
    assert len(sent) == before
    page.keyboard.press("ArrowRight")
    wait_for_change(page, "left_map", here)
    page.wait_for_function("new URLSearchParams(location.search).has('photo')")
    expect(stage.locator(".linked-head").first).not_to_contain_text(first_answer("bundled/cnn"))
    expect(stage).to_be_visible()
    there = values(page, "left_map")
    page.keyboard.press("ArrowLeft")
    wait_for_change(page, "left_map", there)
    assert values(page, "left_map") == here
    expect(stage.locator(".linked-head").first).to_contain_text(first_answer("bundled/cnn"))
    page.keyboard.press("Escape")
    expect(stage).to_be_hidden()


def test_present_stands_one_above_the_other_on_a_phone_and_has_buttons_for_all_keys(page: Page, served: str):
    page.set_viewport_size({"width": 390, "height": 844})
    open_linked(page, served, "photo=coffee")
    press(page, "Present")
    left, right = (each.bounding_box() for each in pictures(page).all())
    assert left
    assert right
    assert right["y"] > left["y"] + left["height"]
    assert right["y"] + right["height"] <= 844
    buttons = page.locator(".linked-controls")
    for name in ("Previous photo", "Next photo", "Photo only", "Swipe", "Blink", "Side by side", "Keys", "Leave"):
        page.mouse.move(100, 100 + len(name))  # they come with the pointer
        expect(buttons.get_by_role("button", name=name)).to_be_visible()
    buttons.get_by_role("button", name="Leave").click()
    expect(page.locator(STAGE)).to_be_hidden()


CLIP = "within => document.querySelector(`${within} .linked-surface`).previousElementSibling.style.clipPath"


@pytest.mark.parametrize("within", [".linked-cover", STAGE])
def test_a_divider_between_both_maps_is_moved_by_keys_and_mouse(page: Page, served: str, within: str):
    sent = sent_by(page)
    open_linked(page, served, "photo=coffee")
    before = len(sent)
    if within == STAGE:
        press(page, "Present")
        page.keyboard.press("s")
    else:
        press(page, "Swipe")
    divider = page.locator(within).get_by_role("slider")
    expect(divider).to_be_focused()
    first, second = (each.bounding_box() for each in pictures(page, within).all())
    assert first == second
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
    page.wait_for_function(f"within => ({CLIP})(within).includes('49%')", arg=within)
    box = page.locator(f"{within} .linked-surface").bounding_box()
    assert box
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.up()
    page.wait_for_function(f"within => ({CLIP})(within).includes('80%')", arg=within)
    expect(divider).to_have_value("20")
    assert len(sent) == before


def test_the_swipe_follows_a_slider_and_closes_with_escape(page: Page, served: str):
    open_linked(page, served, "photo=coffee")
    press(page, "Swipe")
    maps = page.locator(".st-key-maps").bounding_box()
    assert page.locator(".linked-cover").bounding_box() == maps
    expect(page.locator(".linked-bar [aria-pressed=true]")).to_have_text("Swipe")
    before = values(page, "right_map")
    slider(page, "right_discard").press("ArrowLeft")
    wait_for_change(page, "right_map", before)
    page.wait_for_function(
        """() => document.querySelector(".linked-cover .linked-picture").shadowRoot.querySelector(".hm image").href.baseVal
        === document.querySelector(".st-key-right_map .js-plotly-plot .hm image").href.baseVal"""
    )
    page.locator(".linked-cover").get_by_role("slider").press("Escape")
    expect(page.locator(".linked-cover")).to_have_count(0)
    expect(page.locator(".linked-bar [aria-pressed=true]")).to_have_count(0)


# Presses B so many times at once; returns which map is then shown.
BLINK = """([times, repeat]) => {
    const surface = document.querySelector(".linked-cover .linked-surface");
    for (let i = 0; i < times; i++)
        surface.dispatchEvent(new KeyboardEvent("keydown", { key: "b", repeat, bubbles: true, cancelable: true }));
    return surface.getAttribute("aria-label").split(",")[0];
}"""


def test_blinking_is_slow_enough_for_everybody(page: Page, served: str):
    page.emulate_media(reduced_motion="reduce")
    open_linked(page, served)
    press(page, "Blink")
    surface = page.locator(".linked-cover .linked-surface")
    expect(surface).to_be_focused()
    expect(surface).to_have_attribute("aria-label", re.compile(f"^Left, .*{first_answer('bundled/cnn')}"))
    page.wait_for_function(f"({BLINK})([1, false]) === 'Right'")
    assert page.evaluate(BLINK, [50, False]) == "Right"  # all in one moment: too soon
    page.wait_for_function(f"({BLINK})([1, false]) === 'Left'")
    page.wait_for_function(f"({BLINK})([1, false]) === 'Right'")
    held = "new Promise(later => setTimeout(later, 400)).then(() => blink([1, true]))"  # when a new press would have an effect
    assert page.evaluate(f"() => {{ const blink = {BLINK}; return {held}; }}") == "Right"
    hidden = page.locator(".linked-cover .linked-lens").evaluate_all("lenses => lenses.map(lens => lens.style.visibility)")
    assert sorted(hidden) == ["", "hidden"]
