"""What a person does in the browser, and how a test sees that it was answered."""

import json
import re
from typing import Any

from playwright.sync_api import Locator, Page

from dashboard.engine.fitting import first_fitting
from dashboard.models.zoo import load
from dashboard.photo import sample_photo
from dashboard.samples import SAMPLES

MAPS = ("left_map", "right_map")
COMPARED = (*MAPS, "difference")
BUILD_UP = ("progression",)
PATCHES = ("patch_map", "other_map", "head_grid", "head_summary")
METHODS = ("first_map", "second_map", "difference", "matrix")
SCENE = ("left_known_map", "right_known_map")
CHARTS = {
    "": COMPARED, "compare": COMPARED, "layers": BUILD_UP, "attention": PATCHES, "methods": METHODS,
    "trust": MAPS, "known-truth": SCENE, "models": (),
}  # fmt: skip

PAINTED = {
    "layers": ("curves", "depths", "choices", "by_stage", "stages"),
    "methods": ("grid",),
    "trust": ("falls",),
    "known-truth": ("scenes", "left_known_grid", "right_known_grid"),
}  # not by Plotly

FILM = "document.querySelector('.st-key-progression .js-plotly-plot')"
RECORD = f"""() => {{
    const layers = window.layers_shown = [];
    (function look() {{
        const layer = {FILM}._fullLayout.sliders[0].active;
        if (layer !== layers.at(-1)) layers.push(layer);
        if (layers === window.layers_shown) requestAnimationFrame(look);
    }})();
}}"""

# The numbers that the browser's own figure holds; null while Streamlit puts a new chart in the old one's place.
NUMBERS = """key => {
    const trace = document.querySelector(`.st-key-${key} .js-plotly-plot`)?._fullData?.[0];
    return trace ? JSON.stringify(Array.from(trace.z, row => Array.from(row))) : null;
}"""


def first_answer(key: str) -> str:
    """What a model says to the photo that the dashboard opens with, as the pages write it."""
    model = load(key)
    prediction = model.observe(sample_photo(next(iter(SAMPLES))), first_fitting(model).needs).prediction
    _, label, score = prediction.top(1)[0]
    return f"{label} {score:.1%}"


def open_page(page: Page, address: str, path: str = "", query: str = "") -> None:
    """Opens a page of the dashboard and waits until all of it is there."""
    page.goto(f"{address}/{path}{'?' + query if query else ''}")
    charts_are_drawn(page, path)


def charts_are_drawn(page: Page, path: str = "") -> None:
    """Waits for the charts of a page, and until no script runs."""
    for key in CHARTS[path]:
        page.locator(f".st-key-{key} .js-plotly-plot .main-svg").first.wait_for(state="attached")
    for key in PAINTED.get(path, ()):
        page.locator(f".st-key-{key} figure").first.wait_for(state="attached")
    settled(page)


def settled(page: Page) -> None:
    """Waits until no script run is under way, and what the last one sent is drawn: charts come a picture or two later."""
    page.locator("[data-test-script-state=notRunning]").first.wait_for(state="attached")
    page.evaluate("new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")


def values(page: Page, key: str) -> list[list[float]]:
    """What a map on screen shows."""
    return json.loads(page.wait_for_function(NUMBERS, arg=key).json_value())


def wait_for_change(page: Page, key: str, before: list[list[float]]) -> list[list[float]]:
    """Waits until a map shows something else, and gives that."""
    changed = f"([key, before]) => {{ const now = ({NUMBERS})(key); return now && now !== JSON.stringify(before); }}"
    page.wait_for_function(changed, arg=[key, before])
    settled(page)
    return values(page, key)


def pick(page: Page, key: str, option: str) -> None:
    """Chooses an option of a select box by typing its name."""
    box = page.locator(f".st-key-{key} input")
    box.click()  # the browser scrolls to it: a menu of a box that is partly out of sight does not open
    box.fill(option)
    page.get_by_role("option", name=option, exact=True).click()


def shows(key: str) -> re.Pattern[str]:
    """What a box of models holds while it shows this one: a line that ends with the model's key."""
    return re.compile(rf"(^| · ){re.escape(key)}$")


def slider(page: Page, key: str) -> Locator:
    """The thumb of a slider."""
    return page.locator(f".st-key-{key} input[type=range], .st-key-{key} [role=slider]").first


def go_to(page: Page, title: str) -> None:
    """Another page, by the menu."""
    settled(page)
    page.get_by_role("link", name=title, exact=False).first.click()
    page.wait_for_function("title => document.title.startsWith(title)", arg=title)
    charts_are_drawn(page, title.lower().replace(" ", "-"))


def in_address(page: Page, **settings: str | None) -> None:
    """Waits until the address holds these settings (not those that are None) and the widgets show them: the next step undoes
    what they don't yet.
    """
    has = """settings => Object.entries(settings).every(([key, value]) => {
        const thumb = document.querySelector(`.st-key-${key} input[type=range]`);
        const asked = new URLSearchParams(location.search).get(key) === value;
        return asked && (!thumb || value === null || Math.abs(thumb.value - value) < 1e-6);
    })"""
    page.wait_for_function(has, arg=settings)
    settled(page)


def film(page: Page, what: str) -> Any:
    """Something of the film's own state."""
    return page.evaluate(f"{FILM}.{what}")


def record_film(page: Page) -> None:
    """Notes each layer that the film shows from now on: it plays on, however late a test looks."""
    page.evaluate(RECORD)


def film_showed(page: Page, *layers: int) -> None:
    """Waits until the film has shown these layers in this order, since it is recorded."""
    page.wait_for_function("shown => `,${window.layers_shown},`.includes(`,${shown},`)", arg=",".join(map(str, layers)))


def drag_box(page: Page, key: str, first: tuple[float, float], last: tuple[float, float]) -> None:
    """Drags a box on a figure, from corner to corner, in shares of its width and height."""
    plot = page.locator(f".st-key-{key} .js-plotly-plot")
    plot.locator(".main-svg").first.wait_for()
    settled(page)
    plot.scroll_into_view_if_needed()
    area = plot.locator(".nsewdrag").bounding_box()
    assert area
    for (x, y), press in ((first, page.mouse.down), (last, page.mouse.up)):
        page.mouse.move(area["x"] + x * area["width"], area["y"] + y * area["height"], steps=5)
        press()
