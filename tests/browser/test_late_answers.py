"""Answers of the server that come late: none to an earlier step takes the depth of curves, small maps and film back.

The components alone, so that the answers come when they are most in the way.
"""

import pytest
from playwright.sync_api import Page

from dashboard.ui.components import joined

pytestmark = pytest.mark.browser

# Curves, small maps and a film of one side, each a script of its own as on the page. `answer(depth, number)` gives all three
# what the server says, `sent` is what they told it, and `marked()` is which depth each shows. The film is a stand-in for
# Plotly's: a rail of nine marks.
PAGE = """async ([curves, grid, film]) => {
    const load = async (code) => (await import(URL.createObjectURL(new Blob([code], { type: "text/javascript" })))).default;
    const [drawCurves, drawGrid, drawFilm] = [await load(curves), await load(grid), await load(film)];
    const [first, second, third] = document.querySelectorAll(".component");
    const plot = document.querySelector(".js-plotly-plot");
    plot._fullLayout = { sliders: [{ active: 0, steps: Array(9).fill({}) }] };
    plot.on = (name, call) => { if (name === "plotly_animatingframe") window.stepped = call; };
    document.querySelector(".slider-rail-touch-rect").addEventListener("mousedown", ({ clientX }) => {
        const { left, width } = document.querySelector(".slider-rail-touch-rect").getBoundingClientRect();
        plot._fullLayout.sliders[0].active = Math.round(((clientX - left - 10) / (width - 20)) * 8);
    });
    window.sent = [];
    const setTriggerValue = (name, told) => window.sent.push([name, told.value, told.number]);
    const painted = {
        rows: 1, columns: 1, shades: btoa("a"), colours: "grey", ring: "", flat: false, values: btoa("aaaa"),
    };
    window.answer = (depth, answered) => {
        const told = { side: "left", depth, asked: "depth_left", answered };
        const values = Array(9).fill(0.5);
        const given = { ...told, curves: [{ title: "Gini", values, chance: values, term: "" }], alt: "curves" };
        const maps = values.map((_, i) => ({
            name: `layer ${i + 1}`, notes: [], more: "", place: "", value: `${i + 1}`, chosen: i + 1 === depth, group: "",
            painted, laid: { unseen: [], box: [0, 0, 100, 100] },
        }));
        const small = {
            ...told, maps, alt: "maps", opacity: 1, photo: "data:,", ratio: 1.5, least: 110, opens: true, depthOf: "left",
            palettes: { grey: btoa("a".repeat(768)) },
        };
        drawCurves({ data: given, parentElement: first, setTriggerValue });
        drawGrid({ data: small, parentElement: second, setTriggerValue });
        drawFilm({ data: { ...told, chart: "film" }, parentElement: third, setTriggerValue });
    };
    window.marked = () => [
        Number(first.querySelector("svg").getAttribute("aria-valuenow")),
        Number(second.querySelector(".chosen").dataset.value),
        plot._fullLayout.sliders[0].active + 1,
    ];
}"""
BODY = """
<div class="component"><div class="curves" style="width: 600px"></div></div>
<div class="component"><div class="grid" style="width: 600px"></div><div class="waiting"></div></div>
<div class="component"></div>
<div class="st-key-reel_film"><div class="st-key-film"><div class="js-plotly-plot">
<svg width="300" height="20"><rect class="slider-rail-touch-rect" width="300" height="20"/></svg></div></div></div>
"""


@pytest.fixture
def depths(page: Page) -> Page:
    """A page with curves, small maps and a film at depth 9, of which the server knows."""
    page.set_content(BODY)
    page.evaluate(PAGE, [joined(name, "js") for name in ("curves", "map_grid", "film_keys")])
    page.evaluate("answer(9, 0)")
    return page


def test_an_answer_to_an_earlier_step_takes_no_later_one_back(depths: Page):
    chart = depths.locator(".curves svg")
    chart.focus()
    for _ in range(3):
        depths.keyboard.press("ArrowLeft")
    assert depths.evaluate("marked()") == [6, 6, 6]
    depths.evaluate("answer(8, 1)")  # to the first
    assert depths.evaluate("marked()") == [6, 6, 6]
    chart.press("ArrowLeft")
    depths.evaluate("answer(6, 3)")  # to the third: the second was never answered
    assert depths.evaluate("marked()") == [5, 5, 5]
    depths.locator("figure[data-value='2'] button").click()
    depths.evaluate("answer(5, 4)")
    assert depths.evaluate("marked()") == [2, 2, 2]
    depths.evaluate("answer(2, 5)")
    assert depths.evaluate("sent") == [
        ["chosen", 8, 1], ["chosen", 7, 2], ["chosen", 6, 3], ["chosen", 5, 4], ["opened", 2, 5],
    ]  # fmt: skip


def test_what_is_chosen_elsewhere_counts(depths: Page):
    depths.locator(".curves svg").press("ArrowLeft")
    depths.evaluate("answer(8, 1)")
    depths.evaluate("answer(3, 1)")  # by the slider, which asks for nothing here
    assert depths.evaluate("marked()") == [3, 3, 3]
    depths.locator(".curves svg").press("ArrowLeft")
    depths.evaluate("answer(7, 0)")  # a new session, which knows of no step
    assert depths.evaluate("marked()") == [7, 7, 7]


def test_where_the_film_rests_no_answer_to_an_earlier_step_moves_it(depths: Page):
    depths.locator(".curves svg").press("ArrowLeft")
    depths.evaluate("document.querySelector('.js-plotly-plot')._fullLayout.sliders[0].active = 3; stepped({ name: '4' })")
    depths.wait_for_function("sent.length === 2")
    depths.evaluate("answer(8, 1)")  # to the key
    assert depths.evaluate("marked()") == [4, 4, 4]
    assert depths.evaluate("sent") == [["chosen", 8, 1], ["rested", 4, 2]]
