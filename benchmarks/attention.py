"""From a click on the attention page to its figures repainted, in a real browser: the bundled pair, and a large one."""

import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page, sync_playwright
from safetensors.torch import save_file
from torchvision.models import resnet50
from transformers import ViTImageProcessor

from benchmarks.models import models_folder, vit_b16
from benchmarks.timing import Row
from tests import chromium
from tests.browser.doing import open_page
from tests.conftest import ROOT, serving

ROUNDS, WARM_UP = 31, 8
CHANGED = ("patch_map", "head_grid", "head_summary")  # the other model's map stays
# The time of the last change inside each figure, from the moment the button went down.
WATCH = """() => {
    window.repaints = {};
    addEventListener('pointerdown', () => { window.repaints = {}; window.pressed = performance.now(); }, true);
    new MutationObserver(changes => {
        const now = performance.now() - window.pressed;
        for (const { target } of changes) {
            const figure = target.closest?.('.js-plotly-plot')?.closest('[class*="st-key-"]');
            if (figure && !target.closest('.hoverlayer'))
                window.repaints[figure.className.match(/st-key-(\\w+)/)[1]] = now;
        }
    }).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""
REPAINTED = """keys => keys.every(key => key in window.repaints)
    && performance.now() - window.pressed - Math.max(...keys.map(key => window.repaints[key])) > 400"""
MIDDLE = """([key, nth]) => {
    const points = document.querySelectorAll(`.st-key-${key} .scatterlayer .point`);
    const { x, y, width, height } = points[nth % points.length].getBoundingClientRect();
    return [x + width / 2, y + height / 2];
}"""


def attention_page_rows() -> list[Row]:
    """A click on a patch, and a click on a head, until every figure that changes has changed."""
    rows = _rows("bundled pair", {}, 200)
    with large_pair() as settings:
        return [*rows, *_rows("ResNet-50 and ViT-B/16", settings, 300)]


@contextmanager
def large_pair() -> Iterator[dict[str, str]]:
    """The settings that choose a ResNet-50 and a ViT-B/16 with random weights, below a folder of local models."""
    with models_folder() as folder:
        save_file(resnet50().state_dict(), folder / "resnet50.safetensors")
        vit_b16().save_pretrained(folder / "vit-b16")
        ViTImageProcessor().save_pretrained(folder / "vit-b16")
        yield {"cnn": "torchvision/resnet50", "vit": "hf/vit-b16"}


def _rows(pair: str, settings: dict[str, str], bound: int) -> list[Row]:
    with (
        serving(ROOT / "streamlit_app.py") as address,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium.find(), args=chromium.FLAGS) as browser,
    ):
        page = _opened(browser, address, settings)
        patch = _clicks(page, "patch_map", ("patch_map", "head_grid"))
        head = _clicks(page, "head_grid", CHANGED)
    return [_row(f"{what}, {pair}", taken, bound) for what, taken in (("click on a patch", patch), ("click on a head", head))]


def _opened(browser: Browser, address: str, settings: dict[str, str]) -> Page:
    page = browser.new_page(viewport={"width": 1440, "height": 1400})
    page.set_default_timeout(120_000)
    open_page(page, address, "attention", urlencode({"photo": "rocket"} | settings))
    page.wait_for_timeout(3000)
    page.evaluate(WATCH)
    return page


def _clicks(page: Page, chart: str, changed: tuple[str, ...]) -> list[float]:
    """Milliseconds from each click to the last figure's last change, after a few that do not count."""
    taken = []
    for nth in islice(cycle((3, 10, 17, 8)), ROUNDS + WARM_UP):
        page.mouse.move(0, 0)
        page.mouse.click(*page.evaluate(MIDDLE, [chart, nth]))
        page.wait_for_function(REPAINTED, arg=changed)
        taken.append(max(page.evaluate("Object.values(window.repaints)")))
    return taken[WARM_UP:]


def _row(what: str, taken: list[float], bound: int) -> Row:
    median, late = statistics.median(taken), statistics.quantiles(taken, n=20)[-1]
    return Row(
        f"attention page: {what}",
        f"{median:.0f} ms median, {late:.0f} ms for 95%",
        f"median at most {bound} ms",
        median <= bound,
    )
