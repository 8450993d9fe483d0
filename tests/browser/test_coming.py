"""The photo that stands where a map will be: the map comes in its place, and moves nothing on the page."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.doing import settled
from tests.conftest import PATIENCE, ROOT, serving
from tests.models.tiny import FAMILIES, save

pytestmark = pytest.mark.browser
# The dashboard as `make run` serves it, but a model of the models folder is read only when its gate, a file, is there.
SLOW = """
import time
from pathlib import Path

if __name__ == "__main__":
    from dashboard.ui.front_door import open_page

    open_page(Path({root!r}) / "pages")
else:
    import streamlit as st

    from dashboard.models.families.hugging_face import HuggingFace
    from dashboard.ui.serving import prepare, warmed

    load = HuggingFace.open

    def slowly(self, name, title, report, device):
        while not Path({gates!r}, name).exists():
            report("Reading its weights: 1 MB of 2 MB")
            time.sleep(0.05)
        return load(self, name, title, report, device)

    HuggingFace.open = slowly
    prepare()
    app = st.App(Path(__file__), lifespan=warmed)
"""
# Where an element is on the page, once it has been there for 30 frames: the browser loads some widgets only when they come.
BOX = """async selector => {
    const look = () => {
        const box = document.querySelector(selector)?.getBoundingClientRect();
        const scrolled = document.querySelector("[data-testid=stMain]").scrollTop;
        return box && [box.x, box.y + scrolled, box.width, box.height].map(Math.round);
    };
    let [last, steady] = [look(), 0];
    while (steady < 30) {
        await new Promise(drawn => requestAnimationFrame(drawn));
        const now = look();
        steady = now && String(now) === String(last) ? steady + 1 : 0;
        last = now;
    }
    return last;
}"""
NAMES = ("compare", "layers", "attention", "methods")


class Place(NamedTuple):
    """A slow dashboard: its address, and where a model's gate is opened by a file of the model's name."""

    address: str
    gates: Path

    def open(self, name: str) -> None:
        (self.gates / name).touch()


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("slow")
    models, gates = folder / "models", folder / "gates"
    gates.mkdir()
    for name in [f"{name}{width}" for name in NAMES for width in (1440, 390)]:
        save(FAMILIES["vit"].build(), models / name)
    (folder / "app.py").write_text(SLOW.format(root=str(ROOT), gates=str(gates)))
    variables = {"DASHBOARD_DEVICE": "cpu", "DASHBOARD_MODELS": str(models), "PYTHONPATH": str(ROOT)}
    with serving(folder / "app.py", **variables) as address:
        yield Place(address, gates)


@pytest.fixture(params=[1440, 390])
def screen(request: pytest.FixtureRequest, browser: Browser, slow: Place) -> Iterator[Page]:
    width: int = request.param
    context = browser.new_context(viewport={"width": width, "height": 1000 if width > 500 else 844})
    context.add_cookies([{"name": "welcomed", "value": "1", "url": slow.address}])
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE)
    yield opened
    context.close()


@pytest.mark.parametrize(
    ("path", "query", "photo", "chart"),
    [
        ("compare", "", ".st-key-frame_coming_right", ".st-key-frame_right_map"),
        ("layers", "", ".st-key-reel_coming_right", ".st-key-reel_progression"),
        ("attention", "", ".st-key-frame_coming_right", ".st-key-frame_patch_map"),
        ("methods", "side=right", ".st-key-grid_coming", ".st-key-grid"),
    ],
)
def test_the_map_comes_where_the_photo_is(screen: Page, slow: Place, path: str, query: str, photo: str, chart: str):
    name = f"{path}{screen.viewport_size['width']}"
    screen.goto(f"{slow.address}/{path}?right=hf/{name}&{query}")
    expect(screen.get_by_text("Reading its weights: 1 MB of 2 MB")).to_be_visible()
    screen.locator(f"{photo} img").first.wait_for()
    settled(screen)
    before = screen.evaluate(BOX, photo)
    slow.open(name)
    screen.locator(f"{chart} .main-svg, {chart} figure").first.wait_for(state="attached")
    settled(screen)
    after = screen.evaluate(BOX, chart)
    assert after[:3] == pytest.approx(before[:3], abs=3), "its left, its top and its width"
