"""What is written in the boxes is what the maps were made of, after every change: read from the browser, not from the server.

Each map's figure tells in its layout's `meta` what it was made of.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision
import transformers
from playwright.sync_api import Locator, Page, TimeoutError, expect
from safetensors.torch import save_file

from dashboard.compare import SLOTS
from dashboard.names import NO_CLASS, TOP
from dashboard.photo import SAMPLES
from tests.browser.doing import go_to, in_address, open_page, settled
from tests.conftest import ROOT, serving
from tests.models.tiny import FAMILIES, PATCH, SHAPE, SIDE, randomised, save

pytestmark = pytest.mark.browser
HARD = dict(enumerate(("nothing", "likeliest", "crane", "crane", "crane (0)", TOP, "")))

# Every box, slider and switch with a key, by its key: the text that a person reads in it.
BOXES = """() => {
    const found = {};
    for (const kind of ["stSelectbox", "stButtonGroup", "stSlider", "stCheckbox"])
        for (const box of document.querySelectorAll(`[data-testid=${kind}]`)) {
            const key = box.closest("[class*=st-key-]")?.className.match(/st-key-([\\w-]+)/)[1];
            const input = box.querySelector("input, [role=slider]");
            const on = (button) => ["aria-checked", "aria-pressed"].some((name) => button.getAttribute(name) === "true");
            found[key] = {
                stSelectbox: () => input.value,
                stButtonGroup: () => [...box.querySelectorAll("button")].filter(on).map((button) => button.innerText).join(),
                stSlider: () => input.getAttribute("aria-valuetext") ?? input.value,
                stCheckbox: () => String(input.checked),
            }[kind]();
        }
    const roots = [...document.querySelectorAll(".st-key-photos *")].map((element) => element.shadowRoot);
    found.photo = roots.find(Boolean)?.querySelector("[aria-checked=true]")?.dataset.id;
    return found;
}"""
META = """() => {
    const key = (element) => element.closest("[class*=st-key-]").className.match(/st-key-([\\w-]+)/)[1];
    const all = [...document.querySelectorAll("[class*=st-key-] *")];
    const plots = all.filter((plot) => plot.layout?.meta?.method).map((plot) => [key(plot), plot.layout.meta]);
    const grids = all.filter((host) => host.shadowRoot).map(
        (host) => [key(host), JSON.parse(host.shadowRoot.querySelector("[data-made]")?.dataset.made ?? "null")]);
    const film = document.querySelector(".st-key-progression .js-plotly-plot")?._fullLayout?.sliders?.[0].active + 1;
    return Object.fromEntries([...plots, ...grids.filter(([, made]) => made), ["depth of the film", film]]);
}"""


def hard() -> torch.nn.Module:
    """A ViT whose classes are called what no class should be."""
    config = transformers.ViTConfig(**SHAPE, id2label=HARD)
    return randomised(transformers.ViTForImageClassification(config))


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboard with a CNN of other classes, and two ViTs: one of names that try to be more than names, one smaller."""
    root: Path = tmp_path_factory.mktemp("models")
    torch.manual_seed(0)
    save_file(torchvision.models.resnet18().state_dict(), root / "resnet18.safetensors")
    save(hard(), root / "hard")
    save(FAMILIES["dinov2"].build(num_hidden_layers=2), root / "other")
    with serving(ROOT / "streamlit_app.py", DASHBOARD_MODELS=str(root)) as served:
        yield served


def choose(page: Page, key: str, option: str) -> None:
    """Chooses an option of a select box, or presses one of a row of buttons, and waits until it is read there."""
    settled(page)
    if key == "photo":
        page.get_by_role("radio", name=SAMPLES[option].title).click()
        expect(page.get_by_role("radio", name=SAMPLES[option].title)).to_be_checked()
        return
    box = page.locator(f".st-key-{key}")
    if box.locator("button[role=radio]", has_text=option).count():
        box.locator("button[role=radio]", has_text=option).first.click()
        page.wait_for_function(f"([key, text]) => ({BOXES})()[key] === text", arg=[key, option])
    else:
        name = re.escape(option).replace("/", r"\/")  # Playwright writes patterns as JavaScript does, between slashes
        pick_option(page, box, option, f"(^| · ){name}$" if key in SLOTS else f"^{name}$")


def pick_option(page: Page, box: Locator, option: str, whole: str) -> None:
    """Types and clicks what reads like `whole`; again where a page that is drawn in that moment has closed the list."""
    for _ in range(10):
        box.locator("input").click()
        box.locator("input").fill(option)
        try:
            page.get_by_role("option", name=re.compile(whole)).click(timeout=4000)
            return expect(box.locator("input")).to_have_value(re.compile(whole))
        except TimeoutError:
            page.keyboard.press("Escape")
            settled(page)
    raise AssertionError(f"no option {option!r} could be clicked")


def agrees(page: Page, told: Callable[[dict[str, str], dict[str, dict]], list[tuple[str, object, object]]]) -> None:
    """Waits until what the boxes say is what the maps were made of; says what does not agree where that never comes."""
    wrong: list = ["nothing was drawn"]
    for _ in range(50):
        settled(page)
        boxes, maps = page.evaluate(BOXES), page.evaluate(META)
        try:
            wrong = [(what, box, made) for what, box, made in told(boxes, maps) if box != made]
        except KeyError as missing:  # a chart that is put in the place of another
            wrong = [missing]
        if not wrong:
            return
        page.wait_for_timeout(200)
    raise AssertionError(f"{wrong} at {page.url}")


def of_side(side: str, boxes: dict[str, str], made: dict[str, Any]) -> list[tuple[str, object, object]]:
    """What the boxes of one side say beside what its map tells: (box, what it says, what was drawn)."""
    told: list[tuple[str, object, object]] = [
        ("photo", SAMPLES[boxes["photo"]].title, made["photo_name"]),
        (side, boxes[side].rpartition(" · ")[2], made["model"]),  # a model's entry ends in its key
    ]
    chosen, rival = boxes.get(f"{side}_class", TOP), boxes.get(f"{side}_against", NO_CLASS)
    if made["class"] is not None and chosen != TOP:
        told.append((f"{side}_class", chosen, made["class"]))
    if made["class"] is not None:
        told.append((f"{side}_against", rival, made["rival"] or NO_CLASS))
    return told


def of_options(side: str, boxes: dict[str, str], made: dict[str, Any]) -> list[tuple[str, object, object]]:
    """The same for the method's options that have a box."""
    told = []
    for name, value in made.get("options", {}).items():
        key = f"{side}_{name}"
        if key in boxes:
            said = boxes[key]
            if isinstance(value, bool):
                told.append((key, said, str(value).lower()))
            elif isinstance(value, int | float):
                told.append((key, float(said) if said.replace(".", "").isdigit() else said, value))
            else:
                told.append((key, said, value or ("fused" if name == "head" else said)))
    return told


def compared(boxes: dict[str, str], maps: dict[str, dict]) -> list:
    told = []
    for side in ("left", "right"):
        made = maps[f"{side}_map"]
        told += of_side(side, boxes, made) + of_options(side, boxes, made)
        told.append((f"{side}_method", boxes[f"{side}_method"], made["method"]))
    return told


def built_up(boxes: dict[str, str], maps: dict[str, dict]) -> list:
    film, stages = maps["progression"], maps["by_stage"]
    staged = "Grad-CAM" if boxes["left_method"] == "CAM" else boxes["left_method"]
    return [
        *of_side("right", boxes, film), *of_options("right", boxes, film),
        ("right_method", boxes["right_method"], film["method"]),
        ("right_depth", boxes["right_depth"], str(maps["depth of the film"])),
        *of_side("left", boxes, stages), ("left_method", staged, stages["method"]),
    ]  # fmt: skip


def attended(boxes: dict[str, str], maps: dict[str, dict]) -> list:
    made = maps["patch_map"]
    told = [each for each in of_options("right", boxes, made) if each[0] != "token"]
    token, columns = made["options"]["token"], 8 if boxes["right"].endswith("bundled/vit") else SIDE // PATCH
    row, column = divmod(token - 1, columns)  # one token before the patches
    patch = f"row {row + 1}, column {column + 1}" if token else "cls"
    return [*of_side("right", boxes, made), *told, ("patch", boxes["patch"], patch)]


def side_by_side(boxes: dict[str, str], maps: dict[str, dict]) -> list:
    side, told = boxes["side"], []
    for place in ("first", "second"):
        made = maps[f"{place}_map"]
        told += [*of_side(side, boxes, made), (place, boxes[place], made["method"])]
    return told


WALKS = {
    "compare": ("left_class=dog&left_against=cat&right_depth=5", compared, [
        ("left", "torchvision/resnet18"), ("photo", "coffee"), ("right", "hf/hard"), ("right_class", "nothing"),
        ("left", "bundled/cnn"), ("right_method", "Grad-CAM on tokens"), ("right_against", "crane #3"), ("left_class", "frog"),
        ("left_method", "Grad-CAM"), ("right", "hf/other"), ("right", "bundled/vit"), ("right_method", "Attention rollout"),
    ]),
    "layers": ("right_head=3&left_class=dog&right_depth=5", built_up, [
        ("right", "hf/other"), ("left", "torchvision/resnet18"), ("left_method", "Grad-CAM"), ("photo", "coffee"),
        ("right_method", "Gradient rollout"), ("right", "bundled/vit"), ("right_method", "Attention rollout"),
        ("right_heads", "max"), ("left", "bundled/cnn"),
    ]),
    "attention": ("patch=60&patch_layer=6&patch_head=3", attended, [
        ("right", "hf/other"), ("photo", "coffee"), ("direction", "key"), ("patch_head", "2"), ("right", "bundled/vit"),
        ("patch", "row 1, column 7"),
    ]),
    "methods": ("left_class=dog&left_against=cat", side_by_side, [
        ("side", "right"), ("right", "hf/hard"), ("right_class", "crane #2"), ("first", "Raw attention"), ("second", "LeGrad"),
        ("photo", "coffee"),
        ("side", "left"), ("left", "torchvision/resnet18"), ("side", "right"), ("right", "bundled/vit"),
    ]),
}  # fmt: skip


@pytest.mark.parametrize("path", WALKS)
def test_every_box_says_what_the_maps_were_made_of_after_every_change(page: Page, url: str, path: str):
    query, told, steps = WALKS[path]
    page.goto(f"{url}/{path}?{query}")
    agrees(page, told)
    for key, option in steps:
        choose(page, key, option)
        agrees(page, told)
    boxes, maps = page.evaluate(BOXES), page.evaluate(META)
    tab = page.context.new_page()  # the address says the same
    tab.goto(page.url)
    agrees(tab, told)
    assert tab.evaluate(BOXES) == boxes
    assert tab.evaluate(META) == maps


def test_boxes_on_the_models_page_and_after_it(page: Page, url: str):
    open_page(page, url, "models", "left_class=dog&left_against=cat")
    choose(page, "left", "torchvision/resnet18")
    expect(page.locator("[data-testid=stMain]", has_text="ResNet-18").first).to_be_visible()
    choose(page, "gives", "rollout")
    in_address(page, gives="rollout")
    go_to(page, "Compare")
    agrees(page, compared)
    assert page.evaluate(BOXES)["left_class"] == TOP


def test_a_class_that_the_new_model_lacks_is_told_of_and_no_link_is_blamed(page: Page, url: str):
    page.set_viewport_size({"width": 1280, "height": 900})
    open_page(page, url, "compare", "left_class=dog&left_against=cat")
    choose(page, "left", "torchvision/resnet18")
    agrees(page, compared)
    said = page.locator("[data-testid=stAlert]", has_text="is not a class of")
    expect(said).to_contain_text("dog is not a class of ResNet-18")
    expect(said).to_contain_text("cat is not a class of ResNet-18")
    assert page.get_by_text("The link asked for").count() == 0
    assert page.get_by_test_id("stToast").count() == 0
    choose(page, "left_method", "Grad-CAM")
    said.wait_for(state="detached")


NAMES_OF_THINGS = """() => ["aria-label", "title", "alt", "placeholder"].flatMap((name) =>
    [...document.querySelectorAll(`[${name}]`)].map((element) => element.getAttribute(name)))"""


@pytest.mark.parametrize("path", WALKS)
def test_what_is_read_aloud_has_no_backslashes(page: Page, url: str, path: str):
    open_page(page, url, path, "right=hf/hard")
    assert [name for name in page.evaluate(NAMES_OF_THINGS) if "\\" in name] == []
