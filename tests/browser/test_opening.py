"""A model that is not on this machine: a link alone asks no hub for it, a click downloads and opens it; leaving ends that."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Page, expect

from tests.browser.doing import go_to, open_page, settled, shows, values, wait_for_change
from tests.browser.test_doors import neighbour
from tests.conftest import PATIENCE, ROOT, serving
from tests.models.hub import Hub, serving_hub
from tests.models.tiny import FAMILIES, save

pytestmark = pytest.mark.browser
OFFER = "Download and open (size not known, at most 3,000 MB)"


class Supply(NamedTuple):
    """A hub on this machine, where a dashboard keeps what comes from there, and the variables that tell it so."""

    hub: Hub
    cache: Path
    variables: dict[str, str]


class Place(NamedTuple):
    """A dashboard with such a hub."""

    address: str
    hub: Hub
    cache: Path


@pytest.fixture
def supply(tmp_path: Path) -> Iterator[Supply]:
    cache = tmp_path / "cache"
    with serving_hub(save(FAMILIES["vit"].build(), tmp_path / "served"), slow=".safetensors", piece=16) as hub:
        variables = {"HF_ENDPOINT": hub.address, "HF_HUB_CACHE": str(cache), "DASHBOARD_DEVICE": "cpu", "DASHBOARD_MODELS": ""}
        yield Supply(hub, cache, variables)


@pytest.fixture
def place(supply: Supply) -> Iterator[Place]:
    with serving(ROOT / "streamlit_app.py", **supply.variables) as address:
        yield Place(address, supply.hub, supply.cache)


def test_a_link_asks_no_hub_and_a_click_opens_the_model(page: Page, place: Place):
    open_page(page, place.address, query="right=hf/lab/model")
    before = values(page, "right_map")
    expect(page.get_by_text("lab/model is not on this machine. Keeping the previous model.")).to_be_visible()
    expect(page.locator(".st-key-right input")).to_have_value(shows("bundled/vit"))
    page.wait_for_function("!location.search.includes('right')")
    assert place.hub.asked == [], "a link alone"

    page.get_by_role("button", name=OFFER).click()
    expect(page.get_by_text("Downloading lab/model")).to_be_visible()
    page.get_by_role("radio", name="Cup of coffee").click()  # the page stays usable meanwhile
    before = wait_for_change(page, "right_map", before)
    expect(page.get_by_text("Downloading lab/model")).to_be_visible()

    place.hub.more(1_000_000)
    wait_for_change(page, "right_map", before)
    expect(page.locator(".st-key-right input")).to_have_value(shows("hf/lab/model"))
    expect(page.get_by_text("Downloading lab/model")).to_have_count(0)
    assert "right=hf" in page.url
    page.reload()
    expect(page.locator(".st-key-right input")).to_have_value(shows("hf/lab/model"))
    assert place.hub.count(".safetensors") == 1


def test_who_leaves_ends_the_download(page: Page, place: Place):
    open_page(page, place.address, query="right=hf/lab/model")
    page.get_by_role("button", name=OFFER).click()
    expect(page.get_by_text("Downloading lab/model")).to_be_visible()
    page.goto("about:blank")
    while not place.hub.left.wait(0.05):  # all of it would take a minute
        place.hub.more()
        assert not list(place.cache.rglob("*.safetensors"))


def test_a_hidden_frame_of_another_site_asks_no_hub(page: Page, supply: Supply, tmp_path: Path):
    variables = supply.variables
    with neighbour(tmp_path) as site, serving(ROOT / "streamlit_app.py", **variables, DASHBOARD_FRAMES=site) as address:
        frame = f"<iframe src='{address}/?right=hf/lab/model' style='display: none'></iframe>"
        (tmp_path / "index.html").write_text(f"<h1>Neighbour</h1>{frame}")
        page.goto(site)
        offer = page.frame_locator("iframe").get_by_text("lab/model is not on this machine.")
        expect(offer).to_be_attached(timeout=2 * PATIENCE)  # browsers slow down what is hidden
        assert supply.hub.asked == []
        assert not list(supply.cache.rglob("*"))


def test_back_forth_and_reload_after_a_model_that_does_not_open(page: Page, place: Place):
    open_page(page, place.address, query="photo=coffee&right=bundled/vit&right_depth=3")
    page.goto(f"{place.address}/?photo=coffee&right=torchvision/nothing&right_depth=2")
    for step in (lambda: None, page.reload, page.go_back, page.go_forward, page.reload):
        step()
        expect(page.locator(".st-key-right input")).to_have_value(shows("bundled/vit"))
        page.wait_for_function("!location.search.includes('nothing')")
        settled(page)
    box = page.locator(".st-key-right input")
    box.fill("hf/nobody/nothing here")
    box.press("Enter")
    expect(page.locator("[data-testid=stAlert]").first).to_contain_text("Keeping the previous model.")
    expect(box).to_have_value(shows("bundled/vit"))
    go_to(page, "Layers")
    expect(page.locator(".st-key-progression")).to_be_visible()
    page.go_back()
    expect(page.locator(".st-key-right_map .js-plotly-plot")).to_be_visible()
    expect(box).to_have_value(shows("bundled/vit"))
    assert "nothing" not in page.url
    tab = page.context.new_page()  # a copied link
    tab.goto(page.url)
    expect(tab.locator(".st-key-right input")).to_have_value(shows("bundled/vit"))
    expect(tab.locator(".st-key-right_depth")).to_contain_text("2")
    expect(tab.locator("[data-testid=stAlert]")).to_have_count(0)


def test_a_part_of_a_name_is_typed_and_the_nearest_comes_first(page: Page, tmp_path: Path):
    for name in ("mine", "lab/other"):
        save(FAMILIES["vit"].build(), tmp_path / "models" / name)
    variables = {"DASHBOARD_DEVICE": "cpu", "DASHBOARD_MODELS": str(tmp_path / "models"), "HF_HUB_CACHE": str(tmp_path / "hub")}
    with serving(ROOT / "streamlit_app.py", **variables) as address:
        open_page(page, address)
        box = page.locator(".st-key-right input")
        box.click()  # the browser scrolls to it: the list of a box that is partly out of sight does not open
        box.fill("resnet50")
        expect(page.get_by_role("option").nth(1)).to_have_text(
            re.compile(r"^ResNet-50 · CAM · . 103 MB · torchvision/resnet50$")
        )
        box.fill("min")
        expect(page.get_by_role("option").nth(1)).to_have_text(re.compile(r"^mine · ✓ .* · hf/mine$"))
        before = values(page, "right_map")
        box.press("Enter")
        before = wait_for_change(page, "right_map", before)
        expect(box).to_have_value(shows("hf/mine"))
        page.wait_for_function("location.search.includes('right=hf%2Fmine')")
        box.fill("othre")
        box.press("Enter")
        page.get_by_role("button", name="Did you mean hf/lab/other?").click()
        expect(box).to_have_value(shows("hf/lab/other"))
        page.wait_for_function("location.search.includes('other')")
