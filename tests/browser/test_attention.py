"""The attention page by mouse and by keyboard."""

import json

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard.ui.components import joined
from tests.browser.doing import go_to, in_address, open_page, settled, values, wait_for_change

pytestmark = pytest.mark.browser
FRAME = "key => document.querySelector(`.st-key-${key} .js-plotly-plot`)?._fullLayout.shapes.at(-1)"


# A point's middle on the screen, where it was brought to.
MIDDLE = """([key, nth]) => {
    const point = document.querySelectorAll(`.st-key-${key} .js-plotly-plot .scatterlayer .point`)[nth];
    point?.scrollIntoView({ block: "center", behavior: "instant" });
    const box = point?.getBoundingClientRect();
    return box && [box.x + box.width / 2, box.y + box.height / 2];
}"""


def click(page: Page, chart: str, nth: int) -> None:
    """Presses the mouse on one of a chart's points."""
    settled(page)
    page.mouse.click(*page.wait_for_function(MIDDLE, arg=[chart, nth]).json_value())


def framed(page: Page, key: str, x: float, y: float) -> None:
    """Waits until a chart's frame is around this place."""
    inside = f"([key, x, y]) => {{ const f = ({FRAME})(key); return f && f.x0 < x && x < f.x1 && f.y0 < y && y < f.y1; }}"
    page.wait_for_function(inside, arg=[key, x, y])


def picture(page: Page) -> Locator:
    return page.locator(".st-key-patch_picture[role=group]")


def test_a_click_on_the_photo_asks_about_that_patch(page: Page, served: str):
    open_page(page, served, "attention", "photo=coffee")
    before = values(page, "patch_map")
    grid = values(page, "head_grid")
    click(page, "patch_map", 11)  # second row, fourth column of 8 x 8 over 600 x 400
    after = wait_for_change(page, "patch_map", before)
    wait_for_change(page, "head_grid", grid)
    in_address(page, patch="row 2, column 4")
    framed(page, "patch_map", 3.5 * 75, 1.5 * 50)
    expect(page.get_by_text("What the patch in row 2, column 4 looks at")).to_be_visible()
    click(page, "patch_map", 40)
    in_address(page, patch="row 6, column 1")
    framed(page, "patch_map", 0.5 * 75, 5.5 * 50)
    click(page, "patch_map", 11)  # again, and back
    in_address(page, patch="row 2, column 4")
    framed(page, "patch_map", 3.5 * 75, 1.5 * 50)
    assert values(page, "patch_map") == after


def test_the_other_map_has_one_frame_for_the_last_patch(page: Page, served: str):
    open_page(page, served, "attention", "photo=coffee&patch=12")
    frames = page.locator(".st-key-other_map .place-mark")
    expect(frames).to_have_count(1)
    for nth, patch in ((40, "row 6, column 1"), (11, "row 2, column 4")):
        click(page, "patch_map", nth)
        in_address(page, patch=patch)
        expect(frames).to_have_count(1)
    box, plot = frames.bounding_box(), page.locator(".st-key-other_map .nsewdrag").bounding_box()
    assert box["x"] - plot["x"] == pytest.approx(3 / 8 * plot["width"], abs=4)
    assert box["y"] - plot["y"] == pytest.approx(1 / 8 * plot["height"], abs=4)


def test_an_arrow_key_at_the_edge_moves_no_patch_that_was_chosen_before(page: Page, served: str):
    open_page(page, served, "attention", "photo=coffee&patch=row 2, column 4")
    picture(page).press("ArrowRight")
    in_address(page, patch="row 2, column 5")
    click(page, "patch_map", 7)
    in_address(page, patch="row 1, column 8")
    picture(page).press("ArrowUp")
    picture(page).press("ArrowLeft")
    in_address(page, patch="row 1, column 7")


def test_arrow_keys_move_the_patch_and_stop_at_the_edge(page: Page, served: str):
    open_page(page, served, "attention", "photo=coffee&patch=12")
    picture(page).focus()
    way = (
        ("ArrowRight", "row 2, column 5"), ("ArrowDown", "row 3, column 5"), ("ArrowLeft", "row 3, column 4"),
        ("ArrowUp", "row 2, column 4"), ("ArrowUp", "row 1, column 4"),
    )  # fmt: skip
    for key, patch in way:
        page.keyboard.press(key)
        in_address(page, patch=patch)
    page.keyboard.press("ArrowUp")
    for _ in range(3):  # faster than the server answers
        page.keyboard.press("ArrowRight")
    in_address(page, patch="row 1, column 7")
    framed(page, "patch_map", 6.5 * 75, 0.5 * 50)
    expect(picture(page)).to_be_focused()


def test_a_click_gives_the_photo_the_keys(page: Page, served: str):
    open_page(page, served, "attention")
    click(page, "patch_map", 0)
    in_address(page, patch="row 1, column 1")
    framed(page, "patch_map", 0.5 * 451 / 8, 0.5 * 300 / 8)
    settled(page)
    page.keyboard.press("ArrowDown")
    in_address(page, patch="row 2, column 1")


def test_the_first_key_from_a_token_without_a_place_starts_in_the_middle(page: Page, served: str):
    open_page(page, served, "attention", "patch=cls")
    picture(page).focus()
    page.keyboard.press("ArrowRight")
    in_address(page, patch="row 5, column 6")


def test_a_click_on_a_small_map_enlarges_it(page: Page, served: str):
    open_page(page, served, "attention", "photo=coffee")
    before = values(page, "patch_map")
    click(page, "head_grid", 6 * 2 + 3)  # six layers: the third row is head 2
    after = wait_for_change(page, "patch_map", before)
    in_address(page, patch_layer="4", patch_head="2")
    framed(page, "head_grid", 4, 2)
    click(page, "head_grid", 3)
    fused = wait_for_change(page, "patch_map", after)
    page.wait_for_function("!new URLSearchParams(location.search).has('head')")
    in_address(page, patch_layer="4")
    framed(page, "head_grid", 4, 0)
    assert fused not in (before, after)


def test_a_click_on_a_point_chooses_its_head(page: Page, served: str):
    open_page(page, served, "attention")
    before = values(page, "patch_map")
    told = page.evaluate("document.querySelector('.st-key-head_summary .js-plotly-plot')._fullData[0].customdata")
    click(page, "head_summary", 4)
    wait_for_change(page, "patch_map", before)
    assert told[4] == [2, 2]
    in_address(page, patch_layer="2", patch_head="2")
    framed(page, "head_grid", 2, 2)
    go_to(page, "Layers")
    in_address(page, patch_layer="2", patch_head="2")


def test_a_link_opens_the_same_in_a_new_tab(page: Page, served: str):
    open_page(page, served, "attention", "photo=rocket")
    page.locator(".st-key-direction button", has_text="key").click()
    in_address(page, direction="key")
    page.locator(".st-key-hide_cls label").click()
    in_address(page, direction="key", hide_cls="true")
    page.locator(".st-key-patch input").fill("row 4, column 6")
    page.keyboard.press("Enter")
    in_address(page, patch="row 4, column 6")
    framed(page, "patch_map", 5.5 * 80, 3.5 * 53.4)
    tab = page.context.new_page()
    open_page(tab, *page.url.split("/attention?")[:1], "attention", page.url.partition("?")[2])
    assert values(tab, "patch_map") == values(page, "patch_map")
    assert values(tab, "head_grid") == values(page, "head_grid")
    expect(tab.get_by_text("Who looks at the patch in row 4, column 6")).to_be_visible()


def test_what_a_click_sends_back_is_small(page: Page, served: str):
    """Two maps and one row per head, never the attention of all tokens: for 6 layers of 3 heads that alone would be 300 kB.

    Each of the two maps comes with the photo and up to 20 kB of figure: cells, words for each, axes, its colour bar. All else
    on the page (small maps with a byte for each cell, a point for each head, controls, two short scripts) takes up to 40 kB.
    """
    received: list[int] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda data: received.append(len(data))))
    open_page(page, served, "attention", "photo=chelsea")
    photo = page.evaluate("document.querySelector('.st-key-patch_map .js-plotly-plot')._fullLayout.images[0].source.length")
    before, sofar = values(page, "patch_map"), len(received)
    click(page, "patch_map", 5)
    wait_for_change(page, "patch_map", before)
    assert sum(received[sofar:]) < 2 * (photo + 20_000) + 40_000, json.dumps(received[sofar:])


def test_the_other_map_is_read_cell_by_cell(page: Page, served: str):
    open_page(page, served, "attention", "photo=coffee")
    lens = page.locator(".st-key-other_map .linked-lens")
    lens.focus()
    lens.press("Home")
    first = page.locator(".st-key-other_map .linked-told").inner_text()
    assert first.startswith("CAM ")
    lens.press("ArrowDown")
    expect(page.locator(".st-key-other_map .linked-told")).not_to_have_text(first)
    expect(page.locator(".linked-live")).to_contain_text("Row ")
    lens.press("f")
    expect(page.get_by_role("dialog", name="CAM of Small ResNet (bundled)")).to_be_visible()
    page.keyboard.press("Escape")
    click(page, "patch_map", 11)  # another patch draws the charts anew, and the lens stays over the other map
    in_address(page, patch="row 2, column 4")
    lens.press("ArrowLeft")
    expect(page.locator(".st-key-other_map .linked-told")).to_be_visible()


def test_an_answer_to_an_earlier_key_takes_no_later_one_back(page: Page):
    """The component alone, so that the answers come when they are most in the way."""
    page.set_content('<div class="st-key-photo"></div>')
    page.evaluate(
        """async code => {
            const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
            const { default: keys } = await import(url);
            window.sent = [];
            window.drawn = (column, answered) => {
                const data = { picture: "photo", rows: 2, columns: 9, row: 0, column, answered };
                keys({ data, parentElement: document.body, setTriggerValue: (name, value) => window.sent.push(value.value) });
            };
        }""",
        joined("patch_keys", "js"),
    )
    page.evaluate("drawn(0, 0)")
    page.locator(".st-key-photo").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.evaluate("drawn(1, 1)")  # the answer to the first
    page.keyboard.press("ArrowRight")
    page.evaluate("drawn(3, 3)")  # to the third: the second was never answered
    page.keyboard.press("ArrowRight")
    assert page.evaluate("sent") == [2, 3, 4, 5]
    page.locator(".st-key-photo").dispatch_event("click")
    page.evaluate("drawn(7, 4)")  # the click chose another patch
    page.keyboard.press("ArrowLeft")
    page.evaluate("drawn(1, 0)")  # a new session knows of no move: what it shows counts after a click
    page.locator(".st-key-photo").dispatch_event("click")
    page.evaluate("drawn(1, 0)")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("sent") == [2, 3, 4, 5, 7, 3]
