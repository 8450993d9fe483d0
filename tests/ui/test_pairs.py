"""Changing both models at once: both come, or neither."""

import threading
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.compare import Pair
from dashboard.models import zoo
from dashboard.models.families import torchvision
from dashboard.ui import caches
from dashboard.ui.parts import model_picker
from tests.models.tiny import FAMILIES, save
from tests.ui.pages import healthy, opened, settled


@pytest.fixture
def mine(models: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fourth pair, of two vision transformers in the models folder."""
    for name in ("before", "after"):
        save(FAMILIES["vit"].build(), models / name)
    monkeypatch.setitem(model_picker.PAIRS, "Mine", Pair("hf/before", "hf/after"))
    yield models
    caches.unload("hf/before")
    caches.unload("hf/after")


def shown(app: AppTest) -> tuple[str, str]:
    return app.selectbox(key="left").value, app.selectbox(key="right").value


def buttons(app: AppTest) -> list:
    return [app.button(key=f"pair_{index}") for index in range(len(model_picker.PAIRS))]


def test_buttons_say_what_they_download_and_which_is_active(models: Path):
    assert [(button.label, button.disabled) for button in buttons(opened())] == [
        ("Small, bundled", True),
        ("ImageNet, small: ResNet-18 and DeiT-Tiny (70 MB)", False),
        ("ImageNet: ResNet-50 and ViT-B/16 (449 MB)", False),
    ]


def test_a_pair_that_opens_is_on_both_sides_and_in_the_link(mine: Path):
    app = healthy(opened(photo="coffee").button(key="pair_3").click().run())
    assert shown(app) == ("hf/before", "hf/after")
    assert app.query_params["left"] == "hf/before"
    assert app.query_params["right"] == "hf/after"
    assert [button.disabled for button in buttons(app)] == [False, False, False, True]
    assert app.selectbox(key="left_method").value == app.selectbox(key="right_method").value == "Attention rollout"
    app = healthy(app.button(key="pair_0").click().run())
    assert shown(app) == ("bundled/cnn", "bundled/vit")
    assert "left" not in app.query_params


@pytest.mark.parametrize("broken", ["before", "after"])
def test_a_pair_of_which_one_does_not_open_changes_neither_side(mine: Path, broken: str):
    (mine / broken / "model.safetensors").write_bytes(b"cut short")
    app = healthy(opened(right_discard="0.7").button(key="pair_3").click().run())
    assert shown(app) == ("bundled/cnn", "bundled/vit")
    assert len(app.error) == 1
    assert "Keeping the previous model." in app.error[0].value
    assert app.slider(key="right_discard").value == 0.7
    place = model_picker.PAIR_PLACES["left" if broken == "before" else "right"]
    save(FAMILIES["vit"].build(), mine / broken)
    app = healthy(app.button(key=f"retry_{place}").click().run())
    assert shown(app) == ("hf/before", "hf/after")
    assert not app.error


def test_a_pair_on_its_way_changes_neither_side_until_both_are_here(models: Path, monkeypatch: pytest.MonkeyPatch):
    """The first of the two arrives, the second is refused."""
    go_on, here = threading.Event(), set()

    def fetch(title: str, weights: object, download: object) -> None:
        go_on.wait(60)
        here.add(title)

    monkeypatch.setattr(torchvision, "fetch_torchvision", fetch)
    monkeypatch.setitem(model_picker.PAIRS, "Theirs", Pair("torchvision/resnet50", "hf/lab/model"))
    app = healthy(opened().button(key="pair_3").click().run())
    assert shown(app) == ("bundled/cnn", "bundled/vit")
    go_on.set()
    app = settled(app)
    assert here == {"ResNet-50"}
    assert shown(app) == ("bundled/cnn", "bundled/vit")
    assert any("can't be reached" in error.value for error in app.error)
    assert not zoo.on_this_machine("hf/lab/model")
    app = healthy(app.button(key="dismiss_right of the pair").click().run())
    assert shown(app) == ("bundled/cnn", "bundled/vit")
