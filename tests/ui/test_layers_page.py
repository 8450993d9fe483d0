"""The layers page through Streamlit's own test door."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.models.classifier import Classifier
from dashboard.ui import caches
from tests.models.tiny import FAMILIES, save
from tests.ui.pages import components, figures, healthy, opened, words


def small_maps(app: AppTest, key: str) -> dict[str, dict]:
    """One grid's small maps as the browser gets them, by what a click gives."""
    return {small["value"]: small for small in components(app, "map_grid")[key]["maps"]}


def test_every_figure_is_there():
    app = opened("Layers")
    assert set(figures(app)) == {"progression"}
    assert set(components(app, "map_grid")) == {"depths", "by_stage", "stages", "choices"}
    assert set(components(app, "curves")) == {"curves"}


def test_the_film_has_a_frame_for_each_layer_and_runs_in_the_browser():
    film = figures(opened("Layers"))["progression"]
    assert [frame["name"] for frame in film["frames"]] == list("123456")
    assert {step["method"] for step in film["layout"]["sliders"][0]["steps"]} == {"animate"}
    assert film["layout"]["updatemenus"][0]["buttons"][0]["method"] == "animate"


def test_a_depth_is_marked_everywhere():
    app = opened("Layers", depth="3")
    assert figures(app)["progression"]["layout"]["sliders"][0]["active"] == 2
    assert [value for value, small in small_maps(app, "depths").items() if small["chosen"]] == ["3"]
    assert components(app, "curves")["curves"]["depth"] == components(app, "film_keys")["progression_keys"]["depth"] == 3


def test_a_film_that_is_opened_again_starts_at_the_depth_of_that_time():
    app = opened("Layers", depth="3")
    app = healthy(app.slider(key="right_depth").set_value(5).run())
    app = healthy(app.switch_page("pages/Compare.py").run().switch_page("pages/Layers.py").run())
    assert figures(app)["progression"]["layout"]["sliders"][0]["active"] == 4


def test_a_head_is_shown_alone():
    fused, one = (figures(opened("Layers", head=head))["progression"] for head in ("fused", "2"))
    assert fused["frames"][0]["data"][0] == one["frames"][0]["data"][0], "rollout stays"
    assert fused["frames"][0]["data"][1] != one["frames"][0]["data"][1]
    assert "head 2" in json.dumps(one["layout"])


@pytest.mark.parametrize("head", ["99", "0", "x", "-1", "1.5"])
def test_a_head_that_is_not_there(head: str):
    app = opened("Layers", head=head)
    assert app.selectbox(key="right_head").value == "fused"
    assert "isn't available here" in words(app)


def test_a_head_of_the_model_before_is_forgotten(models: Path):
    save(FAMILIES["vit"].build(), models / "small")  # two heads
    app = opened("Layers", head="3")
    app = healthy(app.selectbox(key="right").set_value("hf/small").run())
    assert app.selectbox(key="right_head").value == "fused"
    caches.unload("hf/small")


def test_no_setting_runs_a_model(monkeypatch: pytest.MonkeyPatch):
    app = opened("Layers")
    looked, observe = [], Classifier.observe
    monkeypatch.setattr(Classifier, "observe", lambda *a, **b: looked.append(1) or observe(*a, **b))
    for key, value in (("right_discard", 0.8), ("right_depth", 2), ("top", 40)):
        healthy(app.slider(key=key).set_value(value).run())
    healthy(app.selectbox(key="right_head").set_value("1").run())
    healthy(app.selectbox(key="left_class").set_value("dog").run())
    assert not looked, "another class's gradients go back from the same look"


def test_settings_survive_changing_pages():
    app = opened("", discard="0.8", depth="2", heads="min", photo="coffee", left_class="dog")
    app = healthy(app.switch_page("pages/Layers.py").run())
    assert app.slider(key="right_discard").value == 0.8
    assert app.slider(key="right_depth").value == 2
    assert app.session_state["right_heads"] == "min"
    assert app.selectbox(key="left_class").value == "dog"
    assert "Cup of coffee" in words(app)


def test_the_current_choice_agrees_with_itself_and_is_framed():
    choices = small_maps(opened("Layers", heads="max", discard="0.9"), "choices")
    assert [value for value, small in choices.items() if small["chosen"]] == ["max 0.9"]
    assert choices["max 0.9"]["notes"] == ["ρ +1.00"]
    assert list(dict.fromkeys(small["group"] for small in choices.values())) == [
        "Head fusion: mean", "Head fusion: max", "Head fusion: min",
    ]  # fmt: skip


def test_a_flat_map_has_no_rank_correlation():
    choices = small_maps(opened("Layers", photo="car"), "choices")
    assert choices["mean 0.99"]["notes"] == ["no ρ"], "the token reads no patch there"
    assert choices["mean 0.99"]["painted"]["flat"]


def test_cam_says_why_its_stages_are_another_methods():
    app = opened("Layers")
    assert "CAM has one map and none per stage. These are Grad-CAM's" in words(app)
    assert not components(app, "map_grid")["by_stage"]["opens"], "CAM has no stage to choose"
    app = opened("Layers", left_method="LayerCAM", left_stage="2")
    assert "**LayerCAM, for each stage**" in words(app)
    assert components(app, "map_grid")["by_stage"]["opens"]
    assert [value for value, small in small_maps(app, "by_stage").items() if small["chosen"]] == ["2"]


@pytest.mark.parametrize(("right_method", "offers"), [("LeGrad", {"Run for the curves above", "Run for each stage"}),
                                                    ("Raw attention", {"Run for each stage"})])  # fmt: skip
def test_a_slow_method_says_what_each_run_is_for(monkeypatch: pytest.MonkeyPatch, right_method: str, offers: set[str]):
    """A single layer's attention has no curves, so nobody is asked to run the CNN's map for them."""
    monkeypatch.setattr(caches.STORE, "pass_milliseconds", lambda key: 2.0)
    app = opened("Layers", photo="rocket", left_method="SS-CAM", right_method=right_method)
    assert {button.label.partition(":")[0] for button in app.button if button.label.startswith("Run")} == offers


FILES = ("figure", "layers", "curves", "settings")


def offered(app: AppTest) -> list[str]:
    return [button.key for button in app.get("download_button")]


def test_files_are_offered_with_a_film_and_without():
    app = opened("Layers", right_method="Patch logits")
    assert offered(app) == [f"download_{kind}" for kind in FILES]
    app = healthy(app.selectbox(key="right_method").set_value("Attention rollout").run())
    assert offered(app) == [f"download_{kind}" for kind in FILES]


def test_two_cnns_have_files_and_code_of_the_stages_that_are_framed():
    app = opened("Layers", right="bundled/cnn", right_method="LayerCAM", right_stage="2", photo="coffee")
    assert offered(app) == [f"download_{kind}" for kind in FILES]
    code = next(block.value for block in app.code if block.language == "python")
    assert "LayerCAM(stage=2)" in code
    assert "GradCAM(stage=" in code, "CAM has no stages: what is drawn is Grad-CAM"
    compile(code, "notebook", "exec")
