"""The known-truth page in a real browser: scenes by their thumbnails, maps by a click, and the game's guess."""

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard.studies.known_truth import EACH, anonymous, one_object
from tests.browser.doing import drag_box, open_page, settled

pytestmark = pytest.mark.browser
SAYS = "([name, value]) => new URLSearchParams(location.search).get(name) === value"
OUTLINE = """map => {
    const [truth, box] = [map.querySelector(".truth path + path"), map.getBoundingClientRect()];
    const line = truth.getBoundingClientRect();
    return [(line.left - box.left) / box.width, (line.top - box.top) / box.height,
            (line.right - box.left) / box.width, (line.bottom - box.top) / box.height];
}"""


def maps(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-{key} figure")


def test_a_thumbnail_chooses_a_scene_and_the_truth_lies_where_its_object_is(page: Page, served: str):
    open_page(page, served, "known-truth")
    maps(page, "scenes").nth(7).locator("button").click()
    page.wait_for_function(SAYS, arg=["scene", "7"])
    settled(page)
    asked = one_object(7).asked[0]
    expect(page.get_by_text(f"The answer is {asked.name}, outlined in pink")).to_be_visible()
    rows, columns = (asked.mask >= 0.5).nonzero(as_tuple=True)
    expected = [columns.min() / 64, rows.min() / 64, (columns.max() + 1) / 64, (rows.max() + 1) / 64]
    for key in ("scene_truth", "left_known_grid", "right_known_grid"):
        line = maps(page, key).last.locator(".map").evaluate(OUTLINE)
        assert line == pytest.approx([float(edge) for edge in expected], abs=0.03), key
    page.reload()
    expect(page.get_by_text(f"The answer is {asked.name}, outlined in pink")).to_be_visible()


def test_a_box_that_is_dragged_places_an_object_of_a_scene_of_ones_own(page: Page, served: str):
    page.goto(f"{served}/known-truth?objects=your+own&second_shape=star&asked=second")
    drag_box(page, "own_scene", (0.5, 0.1), (0.9, 0.5))
    page.wait_for_function("new URLSearchParams(location.search).get('second_down') !== null")
    settled(page)
    told = page.evaluate("Object.fromEntries(new URLSearchParams(location.search))")
    assert [int(told[f"second_{name}"]) for name in ("across", "down", "size")] == pytest.approx([70, 30, 40], abs=2)
    for key in ("left_known_grid", "right_known_grid"):
        line = maps(page, key).last.locator(".map").evaluate(OUTLINE)
        assert (line[0] + line[2]) / 2 == pytest.approx(0.7, abs=0.04), key
        assert line[1] == pytest.approx(0.1, abs=0.04), key


def test_a_click_shows_a_map_large_and_its_numbers_beside_the_controls(page: Page, served: str):
    open_page(page, served, "known-truth")
    maps(page, "left_known_grid").filter(has_text="LayerCAM").locator("button").click()
    page.wait_for_function(SAYS, arg=["left_known", "LayerCAM"])
    settled(page)
    expect(page.locator(".st-key-left_known input")).to_have_value("LayerCAM")
    expect(page.locator(".st-key-left_known_grid figure.chosen")).to_contain_text("LayerCAM")
    expect(page.get_by_role("columnheader", name="random maps").first).to_be_visible()


def test_a_guess_reveals_which_pair_cheats(page: Page, served: str):
    page.goto(f"{served}/known-truth?section=Which+one+cheats%3F")
    expect(maps(page, "seen_a_left")).to_have_count(2 * EACH)
    settled(page)
    expect(page.get_by_text("on the tag")).to_have_count(0)
    cheats = next(name for name, world in anonymous(1).items() if world == "cheating")
    page.get_by_role("radio", name=cheats).click()
    expect(page.get_by_text(f"Right: {cheats} cheats")).to_be_visible()
    expect(page.get_by_role("heading", name=f"{cheats} · the cheating pair").first).to_be_visible()
    expect(maps(page, "moved_b_right")).to_have_count(2 * EACH)
    page.get_by_role("button", name="Play again").click()
    page.wait_for_function(SAYS, arg=["game", "2"])
    page.wait_for_function(SAYS, arg=["guess", None])
    expect(page.get_by_text("the cheating pair")).to_have_count(0)
