"""The models page: what is in memory, what is known, and loading it."""

from pathlib import Path

import pytest
from safetensors.torch import save_file
from streamlit.testing.v1 import AppTest
from torchvision.models import resnet18

from dashboard.models.catalogue import KNOWN, MODELS
from dashboard.ui import caches
from tests.conftest import ROOT
from tests.models.tiny import FAMILIES, save
from tests.ui.pages import healthy, opened, settled, words


def rows(app: AppTest) -> list[str]:
    keys = [button.key or "" for button in app.button]
    return [key.removeprefix("load_") for key in keys if key.startswith("load_") and "/" in key]


def test_what_is_loaded_is_described():
    text = words(opened("Models"))
    for fact in ("from] bundled", "CIFAR-10", "91.3% top-1", "MIT", "2.4 M", "float32", "CPU"):
        assert fact in text
    assert ":material/check: CAM" in text
    assert ":material/block: Attention rollout, Raw attention" in text
    assert "Small ResNet (bundled) has no global attention" in text


def test_memory_of_evidence_is_shown():
    app = opened("Models")
    assert "of 512 MB" in app.get("progress")[0].proto.text


def test_the_list_can_be_searched_and_turned():
    app = opened("Models")
    assert len(rows(app)) == 10
    assert rows(app)[0] == "bundled/cnn"
    app = healthy(app.text_input(key="find").set_value("deit DISTILLED").run())
    assert rows(app) == [key for key in KNOWN if "deit" in key and "distilled" in key]
    app = healthy(app.text_input(key="find").set_value("no such thing").run())
    assert rows(app) == []


def test_everything_known_is_reached_by_its_pages():
    found = []
    for page in range(1, 11):
        found += rows(opened("Models", well_known="false", list_page=str(page)))
    assert found == list(KNOWN)


@pytest.mark.parametrize(("gives", "method"), [("CAM", "CAM · "), ("rollout", "rollout · ")])
def test_the_list_by_method(gives: str, method: str):
    app = opened("Models", gives=gives)
    keys = rows(app)
    assert keys
    assert {KNOWN[key].gives for key in keys} == {row.gives for row in MODELS if row.key in keys}
    assert len({KNOWN[key].gives for key in keys}) == 1
    assert method in words(app)


def test_sizes_are_told_before_the_download():
    labels = {button.key: button.label for button in opened("Models").button}
    assert labels["load_torchvision/resnet50"] == "Load (103 MB)"
    assert labels["load_bundled/cnn"] == "Loaded"


def test_a_list_page_beyond_the_last_is_left_when_the_list_shrinks():
    app = opened("Models", well_known="false", list_page="9")
    app = healthy(app.toggle(key="well_known").set_value(True).run())
    assert rows(app)


def test_a_click_loads_and_says_so(models: Path):
    """A model of the models folder that is among the known ones."""
    save_file(resnet18().state_dict(), models / "resnet18.safetensors")
    app = opened("Models", find="resnet18")
    assert app.button(key="load_torchvision/resnet18").label == "Load", "no download"
    app = healthy(app.button(key="load_torchvision/resnet18").click().run())
    assert "is in memory" in words(app)
    assert app.button(key="load_torchvision/resnet18").label == "Loaded"
    assert "from] local folder" in words(app)
    caches.unload("torchvision/resnet18")


def test_a_click_that_fails_says_why(models: Path):
    app = opened("Models", find="resnet50")
    app = settled(app.button(key="load_torchvision/resnet50").click().run())
    assert "can't be reached" in words(app)


def test_another_model_is_loaded_compared_and_unloaded(models: Path):
    save(FAMILIES["dinov2"].build(), models / "lab" / "dino")
    app = opened("Models")
    app.text_input(key="another").set_value(" hf/lab/dino ")
    app = healthy(app.button(key="load_another").click().run())
    assert "lab/dino" in words(app)
    app = healthy(app.button(key="use_right_hf/lab/dino").click().run())
    assert app.selectbox(key="right").value == "hf/lab/dino"
    assert "is on the right of every page now" in words(app)
    app = healthy(app.switch_page("pages/Compare.py").run())
    assert "lab/dino, 0.0 M parameters" in words(app)
    app = healthy(app.switch_page("pages/Models.py").run())
    app = healthy(app.selectbox(key="right").set_value("bundled/vit").run())
    app = healthy(app.button(key="unload_hf/lab/dino").click().run())
    assert "hf/lab/dino" not in [model.key for model in caches.loaded()]


def test_unloading_frees_what_the_model_saw():
    opened()
    before = caches.STORE.looks.used
    caches.unload("bundled/vit")
    assert caches.STORE.looks.used < before


@pytest.mark.parametrize(
    ("name", "asked", "shown"),
    [
        ("gives", "maps", "all"),
        ("well_known", "perhaps", True),
        ("list_page", "99", 1),
        ("list_page", "x", 1),
        ("list_page", "0", 1),
    ],
)
def test_a_wrong_link_falls_back_and_says_so(name: str, asked: str, shown: object):
    app = opened("Models", **{name: asked})
    assert app.session_state[name] == shown
    assert "isn't available here" in words(app)


def test_settings_of_the_other_pages_stay_in_the_address():
    app = opened("", discard="0.8", depth="2", show="map")
    for page in ("Models", "Layers", "Models", "Compare"):
        app = healthy(app.switch_page(f"pages/{page}.py").run())
    assert app.slider(key="right_discard").value == 0.8
    assert app.slider(key="right_depth").value == 2
    assert app.session_state["show"] == "map"


def test_your_models_come_first_with_what_each_gives_or_why_it_is_refused(models: Path):
    for name in ("mine", "lab/odd"):
        save(FAMILIES["vit"].build(), models / name)
    (models / "lab" / "odd" / "config.json").write_text('{"model_type": "bert"}')
    save_file({}, models / "no_such_net.safetensors")
    app = opened("Models")
    headings = [entry.value for entry in app.markdown if entry.value.startswith("## ")]
    assert headings[0] == "## Your models"
    text = words(app)
    assert "Three models in `" in text
    assert "expected a model_type such as vit" in text
    assert "torchvision has no classifier" in text
    assert text.count("not opened yet") == 1
    app = healthy(app.button(key="own_hf/mine").click().run())
    assert app.button(key="own_hf/mine").label == "Loaded"
    assert "not opened yet" not in words(app)
    caches.unload("hf/mine")


def test_a_model_that_failed_says_why_in_its_row(models: Path):
    save(FAMILIES["vit"].build(), models / "mine")
    (models / "mine" / "model.safetensors").write_bytes(b"cut short")
    app = healthy(opened("Models").button(key="own_hf/mine").click().run())
    assert "damaged or cut short" in words(healthy(app.run()))
    save(FAMILIES["vit"].build(), models / "mine")
    app = healthy(app.button(key="own_hf/mine").click().run())
    assert app.button(key="own_hf/mine").label == "Loaded"
    caches.unload("hf/mine")


def test_without_a_folder_the_page_says_how_to_set_one(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("DASHBOARD_MODELS", raising=False)
    app = opened("Models")
    [example] = app.code
    assert "DASHBOARD_MODELS=~/models make run" in example.value
    tree = example.value.partition("\n\n")[0]
    assert tree.count("\n") >= 4
    assert tree in (ROOT / "README.md").read_text()
