"""What waits for a click, and what no click does to others: they keep the models that they have chosen."""

import threading
from pathlib import Path

import pytest

from dashboard.models import downloads
from dashboard.models.families import torchvision
from dashboard.numbers import in_megabytes
from dashboard.ui import caches, visitors
from tests.models.tiny import FAMILIES, save
from tests.ui.pages import healthy, notices, opened, settled, words


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


@pytest.fixture
def mine(models: Path) -> Path:
    """Two models in the models folder."""
    for name in ("mine", "ours"):
        save(FAMILIES["vit"].build(), models / name)
    yield models
    for name in ("mine", "ours"):
        caches.unload(f"hf/{name}")


@pytest.mark.parametrize("text", ["mine", "MINE", "hf/mine", "min"])
def test_a_part_of_a_name_that_means_one_model_opens_it(text: str, mine: Path):
    """By a link; what is typed into the box comes the same way, as a browser test says."""
    app = opened(right=text)
    assert app.selectbox(key="right").value == "hf/mine"
    assert app.query_params == {"right": "hf/mine"}
    assert not app.error
    assert not notices(app)
    app = healthy(app.selectbox(key="right").set_value("bundled/vit").run())
    assert "right" not in app.query_params, "what comes first anyway is not in the address"


def test_a_part_of_several_names_offers_those_on_this_machine_first(mine: Path):
    save(FAMILIES["vit"].build(), mine / "deit-mine")
    app = opened(right="deit")
    [told] = [box.value for box in app.info if "models match “deit”" in box.value]
    assert "Keeping the previous model." in told
    assert not app.error, "a part of a name is no mistake"
    assert app.selectbox(key="right").value == "bundled/vit"
    offers = [button for button in app.button if (button.key or "").startswith("instead_")]
    assert offers[0].key == "instead_right_hf/deit-mine"
    assert len(offers) > 1
    assert "retry_right" not in [button.key for button in app.button], "trying a text again would give the same"


@pytest.mark.parametrize("text", ["mien", "hf/mien"])
def test_a_slip_of_the_finger_is_mended_by_a_click(text: str, mine: Path):
    app = opened(right=text)
    assert app.selectbox(key="right").value == "bundled/vit"
    offer = app.button(key="instead_right_hf/mine")
    assert offer.label == "Did you mean hf\\/mine?"
    app = healthy(offer.click().run())
    assert app.selectbox(key="right").value == "hf/mine"
    assert app.query_params["right"] == "hf/mine"
    assert not app.error


def test_a_hub_id_without_its_family_is_offered_with_it(models: Path):
    app = opened(right="lab/model")
    app = healthy(app.button(key="instead_right_hf/lab/model").click().run())
    assert app.button(key="download_right").label.startswith("Download and open")


@pytest.mark.parametrize("text", ["<b>zq</b>", "**x** :red[zq]", "zzz " * 200, "\u202ezzz", "$zzz$ · zzz"])
def test_a_hostile_text_is_shown_as_it_is(text: str, mine: Path):
    app = opened(right=text)
    assert app.selectbox(key="right").value == "bundled/vit"
    assert "No model is called" in app.error[0].value
    assert "**x**" not in app.error[0].value


def test_an_entry_says_what_a_model_gives_its_size_and_where_it_is(mine: Path):
    app = opened(right="mine")
    entries = app.selectbox(key="right").options
    assert entries[0] == "Small ViT (bundled) · attention · ✓ 7 MB · bundled/vit"
    assert "ResNet-50 · CAM · ↓ 103 MB · torchvision/resnet50" in entries
    weights = in_megabytes((mine / "mine" / "model.safetensors").stat().st_size)
    assert f"mine · attention · ✓ {weights} · hf/mine" in entries, "once opened, what it gives is known"
    assert f"ours · ✓ {weights} · hf/ours" in entries


def test_names_that_look_alike_stay_apart(models: Path):
    for name in ("mine", "mi\u200bne", "mine\u200b"):
        save(FAMILIES["vit"].build(), models / name)
    entries = opened().selectbox(key="right").options
    assert len(set(entries)) == len(entries)


def test_a_model_that_fails_on_its_way_goes_back_and_is_tried_once(mine: Path, monkeypatch: pytest.MonkeyPatch):
    tried, load = [], caches.STORE.open
    monkeypatch.setattr(caches.STORE, "open", lambda key, *args, **options: tried.append(key) or load(key, *args, **options))
    (mine / "mine" / "model.safetensors").write_bytes(b"cut short")
    app = opened(right="hf/mine")
    assert "damaged or cut short" in app.error[0].value
    assert app.selectbox(key="right").value == "bundled/vit"
    assert tried.count("hf/mine") == 1


def test_who_leaves_ends_the_opening(mine: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(caches, "is_here", lambda page: False)
    opening = caches.open_aside("hf/mine")
    assert opening.ended.wait(60)
    assert "Nobody waits" in str(opening.error)
    assert not caches.refused("hf/mine"), "the model is not to blame"
