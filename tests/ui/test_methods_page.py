"""The methods page through Streamlit's own test door: every method that fits, what waits, links, and new methods."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
from streamlit.testing.v1 import AppTest
from torch import Tensor

from dashboard import methods
from dashboard.engine import price
from dashboard.engine.fitting import fitting
from dashboard.evidence import AttentionMaps, FeatureMaps
from dashboard.methods import ClassActivationMap, Method
from dashboard.models.classifier import Classifier
from dashboard.models.zoo import load
from dashboard.photo import sample_photo
from dashboard.ui import caches
from dashboard.ui.pages.methods import TO_RUN
from tests.models.tiny import FAMILIES, save
from tests.ui.pages import healthy, notices, opened, without_terms, words
from tests.ui.test_layers_page import figures

MODELS = {"cnn": "bundled/cnn", "vit": "bundled/vit"}
SLOW = ("Score-CAM", "SS-CAM", "IS-CAM", "RISE")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pass counts as 2 ms, however busy this machine is, and no map is left from the test before."""
    monkeypatch.setattr(caches.STORE, "pass_milliseconds", lambda key: 2.0)
    caches.STORE.maps.clear()


def small_maps(app: AppTest) -> dict[str, dict]:
    """The small maps as the browser gets them, by their name, in their order."""
    grid = next(element for element in app.get("bidi_component") if element.proto.component_name == "map_grid")
    return {small["name"]: small for small in json.loads(grid.proto.json)["maps"]}


def waiting(app: AppTest) -> set[str]:
    return {name for name, small in small_maps(app).items() if small["painted"] is None}


@pytest.mark.parametrize("side", MODELS)
def test_every_method_that_fits_is_there_and_every_other_with_its_reason(side: str):
    app = opened("Methods", side=side)
    fits = [method.label for method in fitting(caches.classifier(MODELS[side]))]
    assert list(small_maps(app)) == fits
    assert app.selectbox(key="first").options == app.selectbox(key="second").options == fits
    others = [
        without_terms(caption.value).partition("Not shown: ")[2] for caption in app.caption if "Not shown" in caption.value
    ]
    assert sorted(fits + [name for line in others for name in line.partition(". ")[0].split(", ")]) == sorted(
        method.label for method in methods.METHODS
    )
    assert all(line.partition(". ")[2] for line in others), "a reason for each"


@pytest.mark.parametrize("side", MODELS)
def test_each_says_what_it_took_and_what_it_is(side: str):
    app = opened("Methods", side=side)
    for name, small in small_maps(app).items():
        method = next(method for method in methods.METHODS if method.label == name)
        notes = " ".join(small["notes"])
        assert ("class-agnostic" in notes) != method.class_specific
        assert ("signed" in notes) == method.signed
        assert "pass" in notes
        assert ("not run yet" in notes) == (small["painted"] is None)
        assert ("ρ" in notes) == (small["painted"] is not None)


def test_slow_ones_wait_and_run_when_they_are_asked():
    app = opened("Methods", first="SS-CAM")
    assert set(SLOW) <= waiting(app)
    assert "SS-CAM is not run yet" in words(app)
    assert app.button(key="run_first").label == "Run: 1,024 passes, about 2 s"
    before = waiting(app)
    app.session_state[TO_RUN] = ("Score-CAM",)  # what its button leaves, which AppTest can't press
    app = healthy(app.run())
    assert waiting(app) == before - {"Score-CAM"}
    maps = load("bundled/cnn").observe(sample_photo("chelsea"), FeatureMaps).evidence.activations.flatten(1)
    masks = ((each - each.min()) / (each.max() - each.min()) for each in maps)  # no numbers for a channel without activations
    different = len({tuple(each.nan_to_num().tolist()) for each in masks})
    assert 200 < different < 256
    assert f"1 pass + {different} passes" in " ".join(small_maps(app)["Score-CAM"]["notes"]), "equal masks share a pass"
    app = healthy(app.button(key="run_all").click().run())
    assert waiting(app) == set()
    assert len(json.loads(json.dumps(figures(app)["matrix"]["layout"]["yaxis"]["ticktext"]))) == len(small_maps(app))
    assert "run_all" not in [button.key for button in app.button]


@pytest.mark.parametrize("side", MODELS)
def test_what_waits_depends_on_no_clock(monkeypatch: pytest.MonkeyPatch, side: str):
    """One link, one set of maps: on an idle server, on one that takes a second for every pass, and where no look is kept."""
    waits = []
    for milliseconds in (0.01, 1000.0, None):
        caches.STORE.maps.clear()
        monkeypatch.setattr(caches.STORE, "pass_milliseconds", lambda key, found=milliseconds: found)
        waits.append(waiting(opened("Methods", side=side)))
    assert waits[0] == waits[1] == waits[2] >= {"RISE"}


def test_what_waits_is_the_same_where_quick_maps_are_kept(monkeypatch: pytest.MonkeyPatch):
    """What another visitor has made leaves no room for more."""
    monkeypatch.setattr(price, "TOGETHER", 0.1)
    app = opened("Methods")
    before = waiting(app)
    assert waiting(healthy(app.run())) == before > set(SLOW)


def test_many_quick_ones_wait_too_when_they_take_long_together(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(price, "TOGETHER", 0.05)
    assert {"Occlusion", "Integrated gradients"} <= waiting(opened("Methods"))
    assert "CAM" not in waiting(opened("Methods"))


def test_rather_than_a_class_changes_what_is_class_specific_alone():
    plain, held = (small_maps(opened("Methods", side="right", **against)) for against in ({}, {"right_against": "dog"}))
    for name, small in plain.items():
        method = next(method for method in methods.METHODS if method.label == name)
        if small["painted"] is not None:
            assert (small["painted"] == held[name]["painted"]) != method.class_specific, name


@pytest.mark.parametrize("side", MODELS)
def test_signed_maps_have_diverging_colours_on_the_common_scale_and_on_their_own(side: str):
    common, own = (small_maps(opened("Methods", side=side, own_scale=choice)) for choice in ("false", "true"))
    for name in common:
        method = next(method for method in methods.METHODS if method.label == name)
        if common[name]["painted"]:
            assert common[name]["painted"]["colours"] == own[name]["painted"]["colours"]
            assert common[name]["painted"]["colours"] == ("Red-blue" if method.signed else "Viridis")


def test_a_link_restores_the_settings():
    app = opened(
        "Methods", side="right", sort="agreement", reference="LeGrad", own_scale="true", first="Patch logits",
        second="Generic relevance", right_class="dog", right_against="cat",
    )  # fmt: skip
    assert next(iter(small_maps(app))) == "LeGrad", "it agrees with itself most"
    assert small_maps(app)["Patch logits"]["place"] == "left"
    assert small_maps(app)["Generic relevance"]["place"] == "right"
    assert "evidence for **dog** compared with **cat**" in words(app)
    assert not notices(app)


@pytest.mark.parametrize(
    ("name", "asked", "shown"),
    [
        ("side", "both", "left"), ("metric", "beauty", "Spearman"),
        ("sort", "beauty", "family"), ("reference", "LeGrad", "CAM"), ("own_scale", "perhaps", False),
        ("first", "Attention rollout", "CAM"), ("second", "<b>x</b>", "Grad-CAM"),
    ],
)  # fmt: skip
def test_a_wrong_link_falls_back_and_says_so(name: str, asked: str, shown: object):
    app = opened("Methods", **{name: asked})
    assert app.session_state[name] == shown
    assert len(notices(app)) == 1
    assert notices(app)[0].endswith(f"isn't available here; using {shown}.")


def test_the_other_side_keeps_what_fits_it():
    app = opened("Methods", first="Occlusion", second="LayerCAM", sort="cost")
    app = healthy(app.segmented_control(key="side").set_value("right").run())
    assert app.session_state["first"] == "Occlusion"
    assert app.session_state["second"] == "Raw attention"
    assert app.session_state["sort"] == "cost"
    assert app.session_state["reference"] == "Attention rollout"


def test_the_cheapest_come_first():
    names = list(small_maps(opened("Methods", sort="cost")))
    assert names[:2] == ["CAM", "Eigen-CAM"], "one pass each, as they come"
    assert names[-1] == "SS-CAM"


def test_a_flat_map_has_no_correlation_anywhere(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ClassActivationMap, "__call__", lambda self, evidence: evidence.activations[0] * 0)
    app = opened("Methods")
    assert {small["notes"][0] for small in small_maps(app).values() if small["painted"]} == {"no ρ"}
    assert not app.metric, "no number is made of it"
    assert "CAM: Every cell has the same value, so there is nothing to rank." in words(app)


def test_no_choice_on_the_page_runs_a_model(monkeypatch: pytest.MonkeyPatch):
    app = opened("Methods")
    looked, observe = [], Classifier.observe
    monkeypatch.setattr(Classifier, "observe", lambda *arguments, **more: looked.append(1) or observe(*arguments, **more))
    healthy(app.selectbox(key="first").set_value("LayerCAM").run())
    healthy(app.toggle(key="own_scale").set_value(True).run())
    healthy(app.segmented_control(key="sort").set_value("agreement").run())
    assert not looked


@dataclass(frozen=True)
class Newcomer(Method):
    """A map that nobody has thought of before (Nobody 2031)."""

    label: ClassVar = "Newcomer"
    needs: ClassVar = FeatureMaps
    paper: ClassVar = "https://example.org/newcomer"
    why: ClassVar = "It was registered a moment ago."

    def __call__(self, evidence: FeatureMaps) -> Tensor:
        return evidence.activations[0]


@dataclass(frozen=True)
class NewAttention(Newcomer):
    """One of attention that nobody has thought of before (Nobody 2031)."""

    label: ClassVar = "New attention"
    needs: ClassVar = AttentionMaps

    def __call__(self, evidence: AttentionMaps) -> Tensor:
        return evidence.on_grid(evidence.weights[0, 0, 0])


@pytest.mark.parametrize("page", ["", "Layers", "Methods", "Models"])
def test_a_new_method_is_on_every_page_by_its_row_alone(monkeypatch: pytest.MonkeyPatch, page: str):
    monkeypatch.setattr(methods, "METHODS", (*methods.METHODS, Newcomer, NewAttention))
    for side, method in (("left", Newcomer), ("right", NewAttention)):
        if page == "Methods":
            shown = small_maps(opened(page, side=side, first=method.label))[method.label]
            assert shown["painted"] is not None
            assert shown["place"] == "left"
        elif page == "Models":
            assert f", {method.label}" in words(opened(page))
        else:
            app = opened(page, **{f"{side}_method": method.label})
            assert app.session_state[f"{side}_method"] == method.label
            assert not notices(app)
            if page == "":
                assert figures(app)[f"{side}_map"]["data"][0]["hovertemplate"].startswith(f"{method.label} ")


def test_another_model_with_other_methods(models: Path):
    save(FAMILIES["vit"].build(), models / "small")
    app = opened("Methods", side="right", right="hf/small", first="LeGrad")
    assert small_maps(app)["LeGrad"]["place"] == "left"
    assert "class " in words(app)
    caches.unload("hf/small")
