"""The trust page in a real browser: what follows a slider without the server, and what a click on a cell takes away."""

import re

import pytest
from playwright.sync_api import Page, expect

from dashboard.studies.trust import Away
from tests.browser.doing import drag_box, open_page, settled

pytestmark = pytest.mark.browser
AWAY = "() => new URLSearchParams(location.search).get('away')"
SPREAD = """async (filled) => {
    const image = Object.assign(new Image(), { src: filled.href.baseVal });
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height });
    const pen = canvas.getContext('2d');
    pen.drawImage(image, 0, 0);
    const reds = pen.getImageData(0, 0, image.width, image.height).data.filter((_, i) => i % 4 === 0);
    return Math.max(...reds) - Math.min(...reds);
}"""  # of what fills the holes
PLACE = """([row, column]) => {
    const plot = document.querySelector('.st-key-away_map .js-plotly-plot'), { _fullLayout: layout } = plot;
    const points = plot._fullData.find(({ name }) => name === 'cells'), at = 14 * row + column;
    const { left, top } = plot.getBoundingClientRect();
    const [x, y] = [layout.xaxis.d2p(points.x[at]), layout.yaxis.d2p(points.y[at])];
    return [left + layout.xaxis._offset + x, top + layout.yaxis._offset + y];
}"""


def test_the_altered_photo_and_both_answers_follow_the_slider_without_the_server(page: Page, served: str):
    open_page(page, served, "trust")
    messages: list[object] = []
    falls = page.locator(".st-key-falls")
    slider = falls.get_by_role("slider", name="Share of the cells, most relevant first")
    picture = falls.locator(".seen > svg").first
    expect(picture).to_have_attribute("aria-label", "The photo without the 25% most relevant cells of CAM")
    answers = falls.locator(".answers").first
    page.on("websocket", lambda socket: socket.on("framesent", lambda data: messages.append(data)))
    said, cells = answers.inner_text(), picture.locator("clipPath path").get_attribute("d")
    slider.focus()
    page.keyboard.press("Home")
    expect(falls.get_by_text("0% taken away")).to_be_visible()
    expect(picture.locator("clipPath path")).to_have_attribute("d", "")
    whole = answers.inner_text()
    assert said != whole
    page.keyboard.press("End")
    expect(picture).to_have_attribute("aria-label", "The photo without the 100% most relevant cells of CAM")
    assert (picture.locator("clipPath path").get_attribute("d") or "").count("M") == 14 * 14
    falls.get_by_role("radio", name="Put back").check()
    expect(picture).to_have_attribute("aria-label", "The photo with only the 100% most relevant cells of CAM")
    assert answers.inner_text() == whole, "all cells are back"
    assert cells
    assert not messages


def test_holes_are_filled_from_around_them_in_the_browser(page: Page, served: str):
    """Without the server: what lies around a hole shows in it, and nothing else does."""
    open_page(page, served, "trust", query="baseline=neighbours+(ROAD)")
    picture = page.locator(".st-key-falls .seen > svg").first
    filled = picture.locator("g[clip-path] image")
    expect(filled).to_have_attribute("href", re.compile("^data:image/png"))
    first = filled.get_attribute("href")
    slider = page.locator(".st-key-falls").get_by_role("slider", name="Share of the cells, most relevant first")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(picture).to_have_attribute("aria-label", "The photo without the 30% most relevant cells of CAM")
    assert filled.get_attribute("href") != first
    assert filled.evaluate(SPREAD) > 20
    page.keyboard.press("End")
    expect(picture).to_have_attribute("aria-label", "The photo without the 100% most relevant cells of CAM")
    assert filled.evaluate(SPREAD) <= 1, "nothing is left to fill it from: one colour"


def test_a_box_that_is_dragged_is_the_truth(page: Page, served: str):
    open_page(page, served, "compare")
    page.goto(f"{served}/trust?test=My+own+truth")
    drag_box(page, "truth", (0.1, 0.2), (0.5, 0.8))
    page.wait_for_function("new URLSearchParams(location.search).get('truth_left') !== null")
    settled(page)
    told = page.evaluate("Object.fromEntries(new URLSearchParams(location.search))")
    found = [int(told[f"truth_{edge}"]) for edge in ("left", "top", "right", "bottom")]
    assert found == pytest.approx([10, 20, 50, 80], abs=2)
    expect(page.locator(".st-key-truth [role=figure]")).to_have_attribute("aria-label", re.compile("outlined: 2[3-5]% of it"))


def test_a_click_takes_a_cell_away_and_another_gives_it_back(page: Page, served: str):
    open_page(page, served, "compare")
    page.goto(f"{served}/trust?test=Ask+again&over=photo")
    page.locator(".st-key-away_map .js-plotly-plot .main-svg").first.wait_for()
    settled(page)
    expect(page.get_by_text("both models then answer again")).to_be_visible()
    for expected in (1, 0):
        page.locator(".st-key-away_map").scroll_into_view_if_needed()
        place = page.evaluate(PLACE, [3, 5])
        page.mouse.move(place[0] + 2, place[1] + 2)
        page.mouse.move(*place)
        page.locator(".st-key-away_map .hoverlayer .hovertext").wait_for()
        page.mouse.click(*place)
        if expected:
            page.wait_for_function(f"{AWAY[6:]} !== null")
            away = Away.read(page.evaluate(AWAY))
            assert away is not None
            assert away.cells.nonzero().tolist() == [[3, 5]]
            expect(page.get_by_text("Taken away: cells chosen one by one (1 of 196 cells).")).to_be_visible()
        else:
            page.wait_for_function(f"{AWAY[6:]} === null")
        settled(page)
