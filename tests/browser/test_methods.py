"""The methods page as people use it: small maps, the matrix, and slow methods that run, tell how far they are, and stop."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.doing import in_address, open_page, settled, values

pytestmark = pytest.mark.browser


def cell(page: Page, name: str) -> Locator:
    """One small map with its words."""
    return page.locator(f'.st-key-grid [data-name="{name}"]')


def test_a_click_on_a_small_map_shows_it_on_the_right_and_the_one_before_on_the_left(page: Page, served: str):
    open_page(page, served, "methods")
    expect(cell(page, "CAM").locator(".place")).to_have_text("left")
    for name, left in (("LayerCAM", "Grad-CAM"), ("Eigen-CAM", "LayerCAM")):
        cell(page, name).locator(".map").click()
        expect(cell(page, name).locator(".place")).to_have_text("right")
        expect(cell(page, left).locator(".place")).to_have_text("left")
    in_address(page, first="LayerCAM", second="Eigen-CAM")
    expect(page.locator(".st-key-second_map")).to_be_visible()
    assert len(values(page, "first_map")) == 8


def test_a_click_on_a_cell_of_the_matrix_shows_its_pair(page: Page, served: str):
    open_page(page, served, "methods", "side=right")
    names = page.evaluate("document.querySelector('.st-key-matrix .js-plotly-plot')._fullLayout.yaxis.ticktext")
    row, column = names.index("LeGrad"), names.index("Patch logits")
    point = page.locator(".st-key-matrix .js-plotly-plot .scatterlayer .point").nth(row * len(names) + column)
    point.scroll_into_view_if_needed()
    box = point.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    in_address(page, first="LeGrad", second="Patch logits", side="right")
    expect(cell(page, "LeGrad").locator(".place")).to_have_text("left")


def test_a_slow_method_runs_stops_and_runs_again(page: Page, served: str):
    page.goto(f"{served}/methods?photo=coffee&first=SS-CAM")
    slow = cell(page, "SS-CAM")
    expect(slow).to_contain_text("not run yet: 1,024 passes")
    expect(page.get_by_text("SS-CAM is not run yet")).to_be_visible()
    expect(page.locator(".st-key-run_first")).to_contain_text("1,024 passes")
    slow.get_by_role("button", name="Run SS-CAM").click()
    progress = page.get_by_test_id("stProgress")
    expect(progress).to_contain_text("of 1,024 passes")
    page.locator(".st-key-stop_methods button").click()
    progress.wait_for(state="detached")
    settled(page)
    page.wait_for_timeout(1500)
    expect(slow).to_contain_text("not run yet")
    slow.get_by_role("button", name="Run SS-CAM").click()
    expect(slow).to_contain_text("1 pass + 1,024 passes")
    assert len(values(page, "first_map")) == 8


def test_on_the_compare_page_stop_takes_the_place_of_run_and_gives_it_back(page: Page, served: str):
    page.goto(f"{served}/?photo=coffee&left_method=SS-CAM&left_copies=40")
    button, progress = page.locator(".st-key-run_left button"), page.get_by_test_id("stProgress")
    expect(button).to_contain_text("Run: 10,240 passes")
    settled(page)
    button.click()
    expect(progress).to_contain_text("of 10,240 passes")
    expect(button).to_have_text(re.compile("Stop$"))
    expect(progress).to_be_visible()
    button.click()
    progress.wait_for(state="detached")
    expect(button).to_contain_text("Run: 10,240 passes")
    settled(page)
    page.wait_for_timeout(1500)
    expect(button).to_contain_text("Run: 10,240 passes")


def test_what_was_done_stays_when_the_rest_is_stopped(page: Page, served: str):
    open_page(page, served, "methods", "photo=rocket")
    page.locator(".st-key-run_all button").click()
    progress = page.get_by_test_id("stProgress")
    expect(progress).to_contain_text("SS-CAM: ")  # Score-CAM was before it
    page.locator(".st-key-stop_methods button").click()
    progress.wait_for(state="detached")
    settled(page)
    expect(cell(page, "Score-CAM")).to_contain_text("ρ")
    expect(cell(page, "SS-CAM")).to_contain_text("not run yet")
    expect(page.locator(".st-key-run_all")).to_contain_text("that wait")


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("width", [390, 1280])
def test_small_maps_fit_the_screen(page: Page, served: str, width: int, side: str):
    page.set_viewport_size({"width": width, "height": 844})
    open_page(page, served, "methods", f"side={side}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    edges = page.locator(".st-key-grid figure").evaluate_all("all => all.map(e => e.getBoundingClientRect().right)")
    assert max(edges) <= width


def test_the_keyboard_reaches_every_small_map(page: Page, served: str):
    open_page(page, served, "methods")
    cell(page, "CAM").locator(".map").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    in_address(page, first="Grad-CAM", second="Grad-CAM++")


def test_colours_on_screen_are_those_of_the_numbers(page: Page, served: str):
    """The lowest cell has the scale's first colour, the highest its last."""
    open_page(page, served, "methods", "opacity=1")
    painted = (
        cell(page, "Grad-CAM")
        .locator("canvas")
        .evaluate("e => Array.from(e.getContext('2d').getImageData(0, 0, e.width, e.height).data)")
    )
    colours = [tuple(painted[i : i + 3]) for i in range(0, len(painted), 4)]
    cam = [value for row in values(page, "second_map") for value in row]
    assert len(colours) == len(cam) == 64
    assert colours[cam.index(min(cam))] == (68, 1, 84), "Viridis from here"
    assert colours[cam.index(max(cam))] == (253, 231, 37), "to here"


def test_the_two_large_maps_are_read_cell_by_cell_together(page: Page, served: str):
    open_page(page, served, "methods")
    lens = page.locator(".st-key-first_map .linked-lens")
    lens.press("Home")
    told = [page.locator(f".st-key-{key} .linked-told").inner_text() for key in ("first_map", "second_map", "difference")]
    assert told[0].startswith("Left: ")
    assert told[0].splitlines()[1] == told[1], "both values are told where a person is"
    assert told[1].startswith("Right: ")
    assert told[2]
    lens.press("ArrowRight")
    expect(page.locator(".st-key-second_map .linked-told")).not_to_have_text(told[1])
    expect(page.get_by_role("button", name="Present")).to_have_count(0)
