"""A page on paper."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.doing import MAPS, open_page

pytestmark = pytest.mark.browser
A4 = {"portrait": (703, 1032), "landscape": (1032, 703)}  # CSS pixels between margins of 12 mm
PLACES = """keys => keys.map(key => {
    const place = document.querySelector(`.st-key-${key} .main-svg`).getBoundingClientRect();
    return [place.left, place.top, place.right];
})"""


@pytest.mark.parametrize(
    ("path", "charts"),
    [("compare", MAPS), ("attention", ("patch_map", "other_map")), ("attention", ("head_grid", "head_summary"))],
)
def test_what_is_side_by_side_on_the_screen_is_so_on_paper(page: Page, served: str, path: str, charts: tuple[str, str]):
    open_page(page, served, path)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    for width, height in A4.values():
        page.set_viewport_size({"width": width, "height": height})
        left, right = page.evaluate(PLACES, list(charts))
        assert left[1] == pytest.approx(right[1], abs=2), "at one height"
        assert left[2] <= right[0], "none over the other"
        assert right[2] <= width + 1, "all of it on the sheet"
    for control in ("toolbar", "downloads"):
        expect(page.locator(f".st-key-{control}").first).to_be_hidden()


def test_a_chart_wider_than_its_place_on_the_sheet_is_made_smaller(page: Page, served: str):
    page.set_viewport_size({"width": 1920, "height": 1000})
    open_page(page, served, "compare")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    zoom = "Number(getComputedStyle(document.querySelector('.st-key-left_map .stPlotlyChart')).zoom)"
    whole = page.evaluate(zoom)
    page.locator(".stMain").evaluate("main => { main.style.width = '703px' }")  # the chart itself is not drawn anew at once
    assert page.evaluate(zoom) < 0.9 < whole == 1


def test_a_long_page_takes_several_sheets(page: Page, served: str):
    open_page(page, served, "layers")
    assert page.pdf(format="A4").count(b"/Type /Page\n") >= 2
