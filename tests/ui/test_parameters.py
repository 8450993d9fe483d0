"""Every query parameter has one owner, and what older links called it still means the same."""

import sys
from dataclasses import fields
from typing import Any

import pytest

from dashboard.methods import METHODS
from dashboard.ui.pages.known_truth import SECTIONS
from dashboard.ui.pages.trust import TESTS
from dashboard.ui.parts import links, parameters
from tests.ui.pages import notices, opened

PAGES = ("", "Layers", "Attention", "Methods", "Trust", "Known_Truth", "Models")
PAIRS = ({}, {"left": "bundled/vit", "right": "bundled/cnn"}, {"left": "bundled/vit", "right": "bundled/vit"})


@pytest.fixture
def drawers(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str]]:
    """By parameter, the modules below dashboard.ui that asked for its widget."""
    found: dict[str, set[str]] = {}
    draw = links.linked

    def noted(*arguments: Any, key: str, **options: Any) -> Any:
        frame = sys._getframe(1)
        while frame.f_globals["__name__"] == links.__name__:
            frame = frame.f_back
        found.setdefault(key, set()).add(frame.f_globals["__name__"].removeprefix("dashboard.ui."))
        return draw(*arguments, key=key, **options)

    for name, module in list(sys.modules.items()):
        if name.startswith("dashboard.ui.") and getattr(module, "linked", None) is draw:
            monkeypatch.setattr(module, "linked", noted)
    return found


def test_every_parameter_that_is_drawn_has_one_owner_who_draws_it(drawers: dict[str, set[str]]):
    for page in PAGES:
        for pair in PAIRS:
            opened(page, **pair)
    for test in TESTS:
        opened("Trust", test=test)
    for section in SECTIONS:
        opened("Known_Truth", section=section, objects="two")
    opened("Known_Truth", objects="your own", second_shape="star")
    found = {name: modules for name, modules in drawers.items() if modules != {parameters.owner(name)}}
    assert not found
    # No widgets are bound to these: the thumbnails' choice, a link to a photo that was put into it, the choice of models, a
    # stop of the tour, the cells that are or were taken away, and a game's number.
    asked = {"own", "photo", "left", "right", "tour", "away", "tried", "game"}
    by_side = {f"{slot}_{name}" for slot in ("left", "right") for name in parameters.OWNERS_BY_SIDE}
    assert {*parameters.OWNERS, *by_side} - {*drawers} == asked


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.__name__)
def test_every_option_has_an_owner_on_either_side(method: type):
    for field in fields(method):
        assert parameters.owner(f"left_{field.name}") == parameters.owner(f"right_{field.name}") == parameters.OPTIONS


@pytest.mark.parametrize("name", ["", "left_", "_left", "up_method", "left_colour", "cnn", "vit_method", "discard"])
def test_what_is_no_parameter_has_no_owner(name: str):
    assert parameters.owner(name) is None


@pytest.mark.parametrize(
    ("page", "old", "present"),
    [
        ("Compare", "cnn", "left"), ("Compare", "vit", "right"), ("Compare", "cnn_method", "left_method"),
        ("Compare", "vit_class", "right_class"), ("Compare", "cnn_against", "left_against"),
        ("Compare", "cnn_stage", "left_stage"),
        ("Compare", "heads", "right_heads"), ("Compare", "discard", "right_discard"), ("Layers", "depth", "right_depth"),
        ("Layers", "first_layer", "right_first_layer"), ("Layers", "head", "right_head"), ("Compare", "layer", "right_layer"),
        ("Attention", "layer", "patch_layer"), ("Attention", "head", "patch_head"), ("Attention", "heads", "patch_heads"),
        ("Compare", "photo", "photo"), ("Methods", "first", "first"), ("Compare", "strange", "strange"),
    ],
)  # fmt: skip
def test_what_older_links_called_it(page: str, old: str, present: str):
    assert parameters.present_name(old, page) == present
    assert parameters.present_name(present, page) == present, "a present name stays"


def test_of_an_old_and_a_present_name_the_present_one_counts():
    assert parameters.present_names(["discard", "right_discard"], "Compare") == {"right_discard": "right_discard"}


def test_an_old_link_opens_the_same_view_under_present_names():
    app = opened(
        cnn="bundled/cnn", vit="bundled/vit", cnn_method="Grad-CAM", cnn_stage="2", cnn_class="dog",
        vit_method="Attention rollout", heads="max", discard="0.7", depth="3",
    )  # fmt: skip
    assert not notices(app)
    assert app.selectbox(key="left_method").value == "Grad-CAM"
    assert app.slider(key="left_stage").value == 2
    assert app.selectbox(key="left_class").value == "dog"
    assert app.segmented_control(key="right_heads").value == "max"
    assert app.slider(key="right_discard").value == 0.7
    assert app.slider(key="right_depth").value == 3
    assert set(app.query_params) == {
        "left_method", "left_stage", "left_class", "right_heads", "right_discard", "right_depth",
    }  # fmt: skip


def test_an_old_link_with_the_models_in_each_others_place():
    """Even then, bare options were the transformer's, which stood in the place called vit."""
    app = opened(vit="bundled/vit", cnn="bundled/vit", discard="0.9", cnn_discard="0.2")
    assert app.slider(key="right_discard").value == 0.9
    assert app.slider(key="left_discard").value == 0.2
