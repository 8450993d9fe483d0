"""The code that a page gives to take away, run as it is: it makes the page's maps to the bit."""

import ast
import dataclasses
from pathlib import Path

import pytest
import torch

from dashboard.compare import Pair, compare
from dashboard.engine.fitting import fitting
from dashboard.explain import Explanation, explain
from dashboard.export.code import python_of
from dashboard.export.exhibit import Exhibit
from dashboard.figures.maps import Style
from dashboard.methods import METHODS, AttentionRollout, ClassActivationMap, Method
from dashboard.models.device import chosen_device
from dashboard.models.zoo import load
from dashboard.photo import Photo, open_photo, sample_photo
from dashboard.studies.attention import TokenAttention
from tests.ui.pages import png

SMALL = {"copies": 2, "steps": 8, "masks": 100, "cells": 4, "stage": 1, "discard": 0.7, "heads": "max"}


def run(code: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict:
    """What the code leaves, run in a folder of its own."""
    monkeypatch.chdir(folder)
    found: dict = {}
    exec(compile(code, "notebook", "exec"), found)
    return found


def shown(photo: Photo, left: Method, right: Method, **asked) -> Exhibit:
    """Both bundled models' maps."""
    models = Pair(load("bundled/cnn"), load("bundled/vit"))
    maps = Pair(explain(photo, models.left, left, **asked), explain(photo, models.right, right))
    return Exhibit(photo, maps, models, compare(maps.left, maps.right, 0.2), Style("map", scale="rank"), 0.2)


def same_map(ours: torch.Tensor, theirs: torch.Tensor) -> None:
    """To the bit; a GPU adds gradients up in another order each time."""
    near = {"rtol": 1e-3, "atol": 1e-3 * ours.abs().max().item()} if chosen_device().type != "cpu" else {"rtol": 0, "atol": 0}
    torch.testing.assert_close(ours, theirs, **near)


def same(ours: Explanation, theirs: Explanation) -> None:
    same_map(ours.heatmap, theirs.heatmap)
    assert (ours.box, ours.method, ours.target, ours.against) == (theirs.box, theirs.method, theirs.target, theirs.against)


def quick(method: type[Method]) -> Method:
    """The method with options that are not its first ones, and few passes."""
    own = {each.name for each in dataclasses.fields(method)}
    return method(**{name: value for name, value in SMALL.items() if name in own})


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.__name__)
def test_the_code_makes_every_methods_map_to_the_bit(method: type[Method], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    photo = sample_photo("chelsea")
    model = next(each for each in (load("bundled/cnn"), load("bundled/vit")) if method in fitting(each))
    asked = {"target": 4, "against": 2} if method.class_specific else {}
    made = explain(photo, model, quick(method), **asked)
    exhibit = Exhibit(photo, {method.label: made}, Pair(model, model), None, Style(), 0.1)
    same(run(python_of(exhibit), tmp_path, monkeypatch)["maps"][method.label], made)


def test_the_code_makes_both_maps_and_the_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    made = shown(sample_photo("coffee"), ClassActivationMap(), AttentionRollout("max", 0.8, 2), target=3)
    found = run(python_of(made), tmp_path, monkeypatch)
    for slot in ("left", "right"):
        same(found[slot], made.shown[slot])
    assert found["exhibit"].style == made.style
    assert (tmp_path / "figure.pdf").read_bytes().startswith(b"%PDF")


def test_the_code_makes_one_patchs_attention(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    photo, model = sample_photo("rocket"), load("bundled/vit")
    made = explain(photo, model, TokenAttention(7, 3, 2, "max", "key", True))
    exhibit = Exhibit(photo, {"right": made}, Pair(model, model), None, Style(), 0.1)
    same(run(python_of(exhibit), tmp_path, monkeypatch)["right"], made)


@pytest.mark.parametrize(
    "name",
    [
        '"); import os',
        "'''\nimport os\n'''",
        "a\\",
        "\u202egnp.exe",
        "{x}",
        "photo.png",
        "x\n# y",
        "\ud800.png",
        "Chelsea the cat",
    ],
)
def test_a_photo_of_ones_own_is_opened_by_its_name_and_is_only_a_text(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    photo = open_photo(png(), name)
    made = shown(photo, ClassActivationMap(), AttentionRollout())
    code = python_of(made)
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = [node.module if isinstance(node, ast.ImportFrom) else node.names[0].name for node in calls]
    assert all(module == "pathlib" or module.startswith("dashboard") for module in modules), "no import but ours"
    assert code.isascii()
    read = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: png() if str(path) == name else read(path))
    monkeypatch.setattr("dashboard.export.figure.comparison_figure", lambda exhibit, sheet: b"")
    same(run(code, tmp_path, monkeypatch)["left"], made.shown["left"])


def test_hostile_classes_and_keys_are_only_texts():
    made = shown(sample_photo("coffee"), ClassActivationMap(), AttentionRollout(), target=1)
    evil = ("cat", "x\nimport os\n", *"cdefghij")
    answer = dataclasses.replace(made.shown["left"].prediction, labels=evil)
    left = dataclasses.replace(made.shown["left"], prediction=answer, model="hf/'); import os #\n")
    code = python_of(dataclasses.replace(made, shown=Pair(left, made.shown["right"])))
    assert "import os" not in [line.strip() for line in code.splitlines()]
    ast.parse(code)
