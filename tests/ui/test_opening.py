"""What waits for a click, and what no click does to others: they keep the models that they have chosen."""

import threading

import pytest

from dashboard.models import downloads
from dashboard.models.families import torchvision
from dashboard.ui import caches, visitors
from tests.models.tiny import FAMILIES, save
from tests.ui.pages import healthy, opened, settled, words


@pytest.fixture
def somebody_else(monkeypatch: pytest.MonkeyPatch) -> dict:
    """The choices of visitors, to put another one's in."""
    chosen: dict = {}
    monkeypatch.setattr(visitors, "_chosen", chosen)
    return chosen


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hosts that were asked for a connection."""
    hosts, ask = [], downloads.require_network
    monkeypatch.setattr(downloads, "require_network", lambda *to: hosts.append(to[0]) or ask(*to))
    return hosts


@pytest.mark.parametrize(
    ("key", "size"), [("torchvision/resnet50", "103 MB"), ("hf/lab/model", "size not known, at most 3,000 MB")]
)
def test_the_click_says_the_size_and_nothing_is_asked_before(key: str, size: str, models, asked: list[str]):
    side = "left" if "torchvision" in key else "right"
    app = opened(**{side: key})
    assert app.button(key=f"download_{side}").label == f"Download and open ({size})"
    assert not asked
    app = settled(healthy(app.button(key=f"download_{side}").click().run()))
    assert len(asked) == 1
    app = healthy(app.button(key=f"dismiss_{side}").click().run())
    assert "can't be reached" not in words(app)


def test_a_visitors_second_download_waits_for_the_first(models, monkeypatch: pytest.MonkeyPatch):
    go_on = threading.Event()
    monkeypatch.setattr(torchvision, "fetch_torchvision", lambda title, weights, download: go_on.wait(60))
    app = opened(left="torchvision/resnet50", right="torchvision/vit_b_16")
    app = healthy(app.button(key="download_left").click().run())
    app = healthy(app.button(key="download_right").click().run())
    said = [bar.proto.text.replace("\\", "") for bar in app.get("progress")]
    go_on.set()
    settled(app)
    assert said == ["Downloading ResNet-50: 0 MB …", "ViT-B/16 (torchvision) waits until other downloads have ended …"]


@pytest.mark.parametrize(
    ("megabytes", "said"), [("0", "this server downloads nothing"), ("50", "more than the 50 MB that may be downloaded")]
)
def test_a_bound_that_is_known_before_is_said_without_asking(
    megabytes: str, said: str, models, asked: list[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("DASHBOARD_DOWNLOAD_MB", megabytes)
    app = opened("Models", left="torchvision/resnet50", find="resnet50")
    assert said in words(app)
    assert "download_left" not in [button.key for button in app.button]
    healthy(app.button(key="load_torchvision/resnet50").click().run())
    healthy(app.button(key="retry_left").click().run())
    assert not asked


def test_what_others_use_is_not_unloaded(somebody_else: dict):
    app = opened("Models")
    assert not app.button(key="unload_bundled/vit").disabled
    somebody_else["their page"] = "them", frozenset({"bundled/vit"})
    healthy(app.button(key="unload_bundled/vit").click().run())
    assert "bundled/vit" in [model.key for model in caches.loaded()], "they chose it after the button was drawn"
    button = opened("Models").button(key="unload_bundled/vit")
    assert button.disabled
    assert button.help == "In use by 1 other visitor."


def test_where_room_is_short_what_nobody_has_chosen_goes(models, somebody_else: dict, monkeypatch: pytest.MonkeyPatch):
    for name in ("idle", "new"):
        save(FAMILIES["vit"].build(), models / name)
    opened()
    somebody_else["their page"] = "them", frozenset({"bundled/cnn", "bundled/vit"})
    caches.classifier("hf/idle")
    monkeypatch.setattr(caches, "MODELS_KEPT", len(caches.loaded()))
    caches.classifier("hf/new")
    left = [model.key for model in caches.loaded()]
    assert {"bundled/cnn", "bundled/vit", "hf/new"} <= set(left)
    caches.unload("hf/idle")
    caches.unload("hf/new")
