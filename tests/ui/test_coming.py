"""What stands on each page while a model that is on this machine is being opened, and what works meanwhile."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.compare import Pair
from dashboard.models.classifier import Classifier
from dashboard.models.device import Report
from dashboard.ui import caches
from dashboard.ui.parts import coming, model_picker
from tests.models.tiny import FAMILIES, save
from tests.ui.pages import components, figures, healthy, notices, opened, words

Held = dict[str, threading.Event]
MINE, OURS = "hf/mine", "hf/ours"
HALF = "Reading its weights: 1 of 2 MB"


@pytest.fixture
def mine(models: Path) -> Iterator[Path]:
    """Two models in the models folder."""
    for key in (MINE, OURS):
        save(FAMILIES["vit"].build(), models / key.partition("/")[2])
    yield models
    for key in (MINE, OURS):
        caches.unload(key)


@pytest.fixture
def held(mine: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    """Holds the opening of both models after half of their weights, each until its event is set."""
    go_on, load = {MINE: threading.Event(), OURS: threading.Event()}, caches.STORE.open

    def slowly(key: str, report: Report, **options: bool) -> Classifier:
        if key in go_on:
            report(HALF)
            assert go_on[key].wait(60)
        return load(key, report, **options)

    monkeypatch.setattr(coming, "PATIENCE", 0)
    monkeypatch.setattr(caches.STORE, "open", slowly)
    monkeypatch.setitem(model_picker.PAIRS, "Mine", Pair(MINE, OURS))
    yield go_on
    for key in go_on:
        come(go_on, key)


def come(held: Held, key: str) -> None:
    """Lets a model go on, and waits until it is open."""
    opening = caches._openings.get(key)
    held[key].set()
    assert opening is None or opening.ended.wait(60)


def skeletons(app: AppTest) -> int:
    """How many dimmed photos stand in the place of maps."""
    return sum(element.proto.body.count("<img") for element in app.get("html"))


def shown(app: AppTest) -> tuple[str, str]:
    return app.selectbox(key="left").value, app.selectbox(key="right").value


def test_a_model_on_its_way_leaves_the_other_side_usable(held: Held):
    """Its own settings stay in the link, and are read when it has come."""
    app = opened(right=MINE, right_depth="2")
    [opening] = caches._openings.values()
    assert "Opening mine" in words(app)
    assert skeletons(app) == 1
    assert app.selectbox(key="right").value == MINE
    assert app.query_params == {"right": MINE, "right_depth": "2"}
    assert "left_method" in [box.key for box in app.selectbox]
    assert "right_method" not in [box.key for box in app.selectbox]
    app = healthy(app.selectbox(key="left_class").set_value("dog").run())
    assert HALF in words(app)
    assert opened(right=MINE).query_params == {"right": MINE}, "another visitor joins"
    assert list(caches._openings.values()) == [opening], "one load for both"
    come(held, MINE)
    app = healthy(app.run())
    assert "Opening mine" not in words(app)
    assert app.slider(key="right_depth").value == 2
    assert app.selectbox(key="left_class").value == "dog"
    assert not notices(app)


@pytest.mark.parametrize(
    ("page", "query", "photos", "others", "its"),
    [
        ("Layers", {"left": MINE}, 2, {"right_progression", "right_curves"}, "left_method"),
        ("Layers", {"right": MINE}, 2, {"stages"}, "right_method"),
        ("Attention", {"left": MINE}, 1, {"patch_map", "head_grid"}, "left_method"),
        ("Attention", {"right": MINE}, 1, {"other_map"}, "patch"),
        ("Methods", {"right": MINE, "side": "right"}, 12, set(), "right_class"),
        ("Methods", {"right": MINE}, 0, {"first_map", "matrix"}, "right_class"),
    ],
)
def test_every_page_shows_what_comes_and_the_other_model(
    held: Held, page: str, query: dict[str, str], photos: int, others: set[str], its: str
):
    """Nothing that is on the page is of the model that was there before, and no file or code can be taken of it."""
    app = opened(page, **query)
    assert "Opening mine" in words(app)
    assert HALF in words(healthy(app.run()))
    assert skeletons(app) == photos
    drawn = {*figures(app), *components(app, "map_grid"), *components(app, "curves")}
    assert others <= drawn
    assert bool(others) == bool(drawn)
    assert its not in [widget.key for widget in app.selectbox]
    assert app.button(key="downloads_meanwhile").disabled
    side = "left" if "left" in query else "right"
    app = healthy(app.selectbox(key=side).set_value("bundled/vit").run())
    assert "Opening mine" not in words(app), "another choice ends it"
    assert "downloads_meanwhile" not in [button.key for button in app.button]


def test_both_models_of_a_pair_come_together(held: Held):
    """The first that is here waits for the other; settings stay."""
    app = healthy(opened(photo="coffee", right_discard="0.7").button(key="pair_3").click().run())
    assert skeletons(app) == 2
    assert shown(app) == (MINE, OURS), "the boxes name what comes"
    assert app.query_params["left"] == MINE
    assert not app.button(key="pair_0").disabled
    assert "left_method" not in [box.key for box in app.selectbox]
    come(held, MINE)
    app = healthy(app.run())
    assert skeletons(app) == 2
    assert "It is here, and waits for the other one" in words(app)
    assert HALF in words(app)
    come(held, OURS)
    app = healthy(app.run())
    assert skeletons(app) == 0
    assert shown(app) == (MINE, OURS)
    assert app.slider(key="right_discard").value == 0.7
    assert {"left_map", "right_map"} <= set(figures(app))
    assert model_picker.WANTED not in app.session_state


@pytest.mark.parametrize("page", ["", "Layers", "Methods", "Attention"])
def test_where_one_of_a_pair_fails_both_sides_are_as_before(held: Held, mine: Path, page: str):
    (mine / "ours" / "model.safetensors").write_bytes(b"cut short")
    app = opened(page, right_discard="0.7", left_method="Grad-CAM")
    before = set(figures(app))
    app = healthy(app.button(key="pair_3").click().run())
    assert "Opening ours" in words(app) or page == "Methods"
    come(held, MINE)
    healthy(app.run())
    come(held, OURS)
    app = healthy(app.run())
    assert [error.value.count("damaged or cut short") for error in app.error] == [1]
    assert app.error[0].value.endswith("Keeping the previous model.")
    assert shown(app) == ("bundled/cnn", "bundled/vit")
    assert set(figures(app)) == before
    assert app.query_params["right_discard"] == "0.7"
    assert app.query_params["left_method"] == "Grad-CAM"
    assert skeletons(app) == 0


def test_another_choice_ends_a_pair_and_the_other_half_still_comes(held: Held):
    app = healthy(opened().button(key="pair_3").click().run())
    app = healthy(app.selectbox(key="left").set_value("bundled/vit").run())
    assert skeletons(app) == 1
    assert shown(app) == ("bundled/vit", OURS)
    come(held, OURS)
    assert shown(healthy(app.run())) == ("bundled/vit", OURS)
    app = healthy(app.button(key="pair_0").click().run())
    assert shown(app) == ("bundled/cnn", "bundled/vit")


def test_the_models_page_says_how_far_a_model_is_and_stays_usable(held: Held):
    app = opened("Models", left_method="Grad-CAM")
    app = healthy(app.button(key="own_hf/mine").click().run())
    assert "Opening mine" in words(app)
    assert (app.button(key="own_hf/mine").label, app.button(key="own_hf/mine").disabled) == ("Loading …", True)
    app = healthy(app.text_input(key="find").set_value("dino").run())
    assert HALF in words(app)
    come(held, MINE)
    app = healthy(app.run())
    assert "**mine** is in memory" in words(app)
    assert app.button(key="own_hf/mine").label == "Loaded"
    assert shown(app) == ("bundled/cnn", "bundled/vit")


def test_a_model_that_is_stopped_on_the_models_page_still_comes_to_a_side(held: Held):
    app = opened("Models", right=MINE)
    app = healthy(app.button(key="own_hf/mine").click().run())
    app = healthy(app.button(key="stop_load hf/mine").click().run())
    assert app.button(key="own_hf/mine").label == "Load"
    come(held, MINE)
    app = healthy(app.run())
    assert shown(app) == ("bundled/cnn", MINE)
    assert not app.error


def test_a_model_that_fails_on_the_models_page_says_why_once_and_is_tried_again(held: Held, mine: Path):
    (mine / "mine" / "model.safetensors").write_bytes(b"cut short")
    app = healthy(opened("Models").button(key="own_hf/mine").click().run())
    come(held, MINE)
    app = healthy(app.run())
    assert [error.value.count("damaged or cut short") for error in app.error] == [1]
    save(FAMILIES["vit"].build(), mine / "mine")
    app = healthy(app.button(key="retry_load hf/mine").click().run())
    come(held, MINE)
    app = healthy(app.run())
    assert not app.error
    assert "**mine** is in memory" in words(app)
