"""From an arrow key on a slider to both maps as they should be, in a browser: the dashboard and the bare page take turns."""

import statistics
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.timing import Row
from tests import chromium
from tests.conftest import ROOT, serving

ROUNDS = 61
SIZE = """(({ width, height }) => `width=${Math.round(width)}&height=${Math.round(height)}`)(
    document.querySelector('.st-key-left_map .js-plotly-plot')._fullLayout)"""
# The time of the last change inside each map, from the moment the key went down.
WATCH = """() => {
    window.repaints = {};
    addEventListener('keydown', () => { window.repaints = {}; window.pressed = performance.now(); }, true);
    new MutationObserver(changes => {
        for (const { target } of changes) {
            const map = target.closest?.('.st-key-left_map, .st-key-right_map');
            if (map && target.closest('.js-plotly-plot'))
                window.repaints[map.className.match(/st-key-(\\w+_map)/)[1]] = performance.now() - window.pressed;
        }
    }).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""


def slider_row() -> Row:
    """The dashboard's median, and its ratio to the page that imports nothing else.

    The slider is of the right map, which alone changes. The bare page repaints both, as it can't tell.
    """
    bare_script = Path(__file__).with_name("bare_page.py")
    with (
        serving(ROOT / "streamlit_app.py") as ours,
        serving(bare_script) as bare,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium.find(), args=chromium.FLAGS) as browser,
    ):
        # The bare page's two figures show the rocket, so the dashboard does too; they are as large as the dashboard's.
        mine = _opened(browser, f"{ours}/?photo=rocket")
        size = mine.evaluate(SIZE)
        pages = [mine, _opened(browser, f"{bare}/?{size}")]
        times: list[list[float]] = [[], []]
        for turn in range(ROUNDS + 2):
            for page, kept, changes in zip(pages, times, (1, 2), strict=True):
                page.bring_to_front()
                took = _repaint(page, "ArrowLeft" if turn % 2 else "ArrowRight", changes)
                if turn > 1:
                    kept.append(took)
    taken, yardstick = map(statistics.median, times)
    ratio = taken / yardstick
    return Row(
        "arrow key on a slider to both maps as they should be, bundled pair",
        f"{taken:.0f} ms, {ratio:.2f} x of a bare page with two figures of that size, {size} ({yardstick:.0f} ms)",
        "at most 200 ms and 1.0 x",
        taken <= 200 and ratio <= 1,
    )


def _opened(browser: Browser, url: str) -> Page:
    page = browser.new_page(viewport={"width": 1440, "height": 1000})
    page.goto(url)
    for key in ("left_map", "right_map"):
        page.locator(f".st-key-{key} .heatmaplayer").first.wait_for(state="attached", timeout=60_000)
    page.wait_for_timeout(3000)
    page.evaluate(WATCH)
    return page


def _repaint(page: Page, key: str, changes: int) -> float:
    """The milliseconds until the last of so many maps has changed."""
    page.locator(".st-key-right_discard input[type=range], .st-key-right_discard [role=slider]").first.press(key)
    page.wait_for_function("changes => Object.keys(window.repaints).length === changes", arg=changes)
    page.wait_for_timeout(500)  # nothing repaints this long after
    return max(page.evaluate("Object.values(window.repaints)"))
