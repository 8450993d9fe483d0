"""From a click on the menu to the layers page drawn, in a real browser: the dashboard and a bare page take turns."""

import statistics
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, sync_playwright

from benchmarks.timing import Row
from tests import chromium
from tests.browser.doing import settled
from tests.conftest import ROOT, serving

ROUNDS = 15
# From the moment the button went down: when both of the film's maps stood on the screen, and when anything last changed.
WATCH = """() => {
    window.taken = {};
    addEventListener('pointerdown', () => { window.taken = {}; window.pressed = performance.now(); }, true);
    new MutationObserver(() => {
        const now = performance.now() - window.pressed;
        const film = document.querySelector('.st-key-progression .js-plotly-plot');
        if (!window.taken.film && film?.querySelectorAll('.heatmaplayer image').length === 2)
            requestAnimationFrame(() => { window.taken.film ??= performance.now() - window.pressed; });
        window.taken.all = now;
    }).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""


def page_switch_row() -> Row:
    """The dashboard's median from the click to the film, and until all is drawn, beside the bare page's film."""
    with (
        serving(ROOT / "streamlit_app.py") as ours,
        serving(Path(__file__).with_name("bare_pages.py")) as bare,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium.find(), args=chromium.FLAGS) as browser,
    ):
        pages = [_opened(browser, f"{ours}/?photo=rocket"), _opened(browser, bare)]
        times: list[list[dict[str, float]]] = [[], []]
        for turn in range(ROUNDS + 2):
            for page, kept in zip(pages, times, strict=True):
                page.bring_to_front()
                taken = _switch(page)
                if turn > 1:
                    kept.append(taken)
    film, whole = (statistics.median(each[what] for each in times[0]) for what in ("film", "all"))
    yardstick = statistics.median(each["film"] for each in times[1])
    return Row(
        "click on the menu to all of the layers page drawn, bundled pair",
        f"{whole:.0f} ms, its film {film:.0f} ms; a bare page's film {yardstick:.0f} ms",
        "at most 700 ms",
        whole <= 700,
    )


def _opened(browser: Browser, url: str) -> Page:
    page = browser.new_page(viewport={"width": 1440, "height": 1000})
    page.set_default_timeout(60_000)
    page.goto(url)
    _menu(page, "Layers").wait_for()
    settled(page)
    page.evaluate(WATCH)
    return page


def _menu(page: Page, title: str) -> Locator:
    return page.get_by_test_id("stSidebarNav").get_by_role("link", name=title).first


def _switch(page: Page) -> dict[str, float]:
    """Milliseconds from the click until the film is there, and until nothing more changes; then it goes back."""
    _menu(page, "Layers").click()
    page.wait_for_function("window.taken.film && performance.now() - window.pressed - window.taken.all > 600")
    taken = page.evaluate("window.taken")
    _menu(page, "Compare").click()
    page.locator(".st-key-progression").wait_for(state="detached")
    settled(page)
    page.wait_for_timeout(300)
    return taken
