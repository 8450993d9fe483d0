"""The trust page through Streamlit's own test door."""

import io
import json
import re
from typing import Any

import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from dashboard.metrics import METRICS, ModelMetric, SanityMetric, TruthMetric, chosen
from dashboard.models.classifier import Classifier
from dashboard.studies.trust import NEIGHBOURS, SIDE, STEPS, Away
from dashboard.ui import caches
from dashboard.ui.pages.trust import TESTS
from tests.ui.pages import components, figures, healthy, notices, opened, words


def table(app: AppTest, first: str) -> list[list[str]]:
    """The cells of a table whose first heading begins so, row by row, without marks."""
    text = next(each.value for each in app.markdown if each.value.startswith(f"| {first}"))
    lines = [line.replace("\\", "").replace("*", "").strip("| ").split(" | ") for line in text.split("\n")]
    return [[cell.strip() for cell in line] for number, line in enumerate(lines) if number != 1]


def falls(app: AppTest) -> dict:
    return components(app, "falls")["falls"]


def test_both_sides_curves_stand_beside_their_controls():
    app = opened("Trust")
    data = falls(app)
    assert [side["name"] for side in data["sides"]] == ["Left", "Right"]
    for side in data["sides"]:
        assert sorted(set(side["order"])) == list(range(STEPS))
        assert len(side["order"]) == SIDE**2
        for chart in side["charts"]:
            for line in ("own", "middle", "random", "low", "high", "other"):
                assert len(chart[line]) == STEPS + 1
        deletion, insertion = side["charts"]
        assert deletion["own"][0] == insertion["own"][-1], "the photo"
        assert deletion["own"][-1] == insertion["own"][0] == deletion["middle"][-1], "what takes its place"
        own, other = side["answers"]
        assert own["model"] != other["model"]
        for each in (own, other):
            assert len(each["deletion"]) == len(each["insertion"]) == STEPS + 1
            assert each["deletion"][0] == each["insertion"][-1]
    assert data["blur"] > 0


def test_every_number_says_what_it_means_and_stands_beside_its_controls():
    app = opened("Trust")
    labels = [metric.label for metric in METRICS if issubclass(metric, ModelMetric)]
    for side in ("Left", "Right"):
        heading, *rows = table(app, side)
        assert heading[2:4] == ["random", "middle"]
        assert [row[0] for row in rows] == labels
        assert all("±" in row[2] and row[4] for row in rows)
        better = sum(row[4].startswith("beats") for row in rows)
        assert f"beats all 6 random maps in {better} of {len(labels)} numbers" in words(app)
    assert all(f"**{label}**: " in words(app) for label in labels)
    assert "not trained for holes" in words(app)


@pytest.mark.parametrize(("baseline", "colour"), [("black", "rgb(0,0,0)"), ("mean colour", "rgb("), (NEIGHBOURS, "rgb(")])
def test_what_takes_the_place_is_in_the_address(baseline: str, colour: str):
    app = opened("Trust", baseline=baseline)
    assert not notices(app)
    assert app.selectbox(key="baseline").value == baseline
    data = falls(app)
    assert data["blur"] == 0
    assert data["colour"].startswith(colour)
    assert data["filled"] == ("ROAD (Rong" in words(app)) == (baseline == NEIGHBOURS)
    assert data["sides"][0]["charts"][0]["own"] != falls(opened("Trust"))["sides"][0]["charts"][0]["own"]


def test_what_was_asked_is_not_asked_again(monkeypatch: pytest.MonkeyPatch):
    app = opened("Trust")
    monkeypatch.setattr(Classifier, "observe", lambda *a, **b: pytest.fail("a look is kept"))
    trials = len(caches.STORE.trials.items())
    healthy(app.slider(key="opacity").set_value(0.3).run())
    assert len(caches.STORE.trials.items()) == trials
    healthy(app.slider(key="right_discard").set_value(0.8).run())
    assert len(caches.STORE.trials.items()) > trials, "another map is another question"


def test_dear_models_are_asked_after_a_click(monkeypatch: pytest.MonkeyPatch):
    caches.STORE.trials.clear()
    monkeypatch.setattr("dashboard.engine.store.weight_of_a_pass", lambda operations: 0.05)
    app = opened("Trust")
    assert not components(app, "falls")
    button = app.button(key="run_falls")
    assert "passes, about" in button.label
    app = healthy(button.click().run())
    assert falls(app)["sides"]
    caches.STORE.trials.clear()


def test_the_top_of_a_map_is_taken_away_and_both_answer_again():
    app = opened("Trust", test="Ask again")
    assert {"away_map"} <= set(figures(app))
    app = healthy(app.button(key="away_left").click().run())
    away = Away.read(app.session_state["away"])
    assert (away.kind, int(away.cells.sum())) == ("l20", 39)
    assert "Taken away: top 20% of the left map (39 of 196 cells)." in words(app)
    for title in ("Small ResNet", "Small ViT"):
        heading, *rows = table(app, title)
        assert heading[1:] == ["before", "after", "change"]
        before, after = (sum(float(row[at].rstrip("%")) for row in rows) for at in (1, 2))
        assert 90 < before <= 100.2
        assert 90 < after <= 100.2
        assert abs(sum(float(row[3].rstrip("%")) for row in rows)) < 10
    drawn = next(trace for trace in figures(app)["away_map"]["data"] if trace.get("name") == "gone")
    assert drawn["x"].count(None) == 39


def test_a_box_by_numbers_and_all_put_back():
    app = opened("Trust", test="Ask again")
    app = healthy(app.button(key="away_this_box").click().run())
    away = Away.read(app.session_state["away"])
    expected = torch.zeros(SIDE, SIDE, dtype=torch.bool)
    expected[3:11, 3:11] = True  # the cells whose centres lie between 25% and 75%
    assert away.kind == "b"
    assert torch.equal(away.cells, expected)
    app = healthy(app.button(key="away_none").click().run())
    assert app.session_state["away"] == ""
    assert "Click cells" in words(app)


def test_the_list_of_tries_opens_from_its_address():
    cells = torch.zeros(SIDE, SIDE, dtype=torch.bool)
    cells[4:8, 4:8] = True
    first, second = Away.of("p", cells), Away.of("b", ~cells)
    app = opened("Trust", test="Ask again", away=first.code, tried=second.code)
    assert not notices(app)
    app = healthy(app.button(key="away_keep").click().run())
    heading, *rows = table(app, "taken away")
    assert [row[0] for row in rows] == [second.in_words, first.in_words]
    assert app.session_state["tried"] == f"{second.code},{first.code}"
    assert app.button(key="away_keep").label
    again = opened("Trust", test="Ask again", tried=f"{second.code},{first.code}")
    assert table(again, "taken away") == [heading, *rows]
    app = healthy(app.button(key="tried_none").click().run())
    assert app.session_state["tried"] == ""


@pytest.mark.parametrize("asked", [{"away": "nonsense"}, {"tried": "p~x"}, {"test": "Ask again", "away": "<b>"}])
def test_rubbish_in_the_address_does_no_harm(asked: dict[str, str]):
    app = opened("Trust", **{"test": "Ask again"} | asked)
    assert "Click cells" in words(app)
    assert "isn't available here" in words(app)


def test_it_works_without_any_map(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(caches.STORE, "pass_milliseconds", lambda key: 2.0)
    app = opened("Trust", test="Ask again", left_method="RISE", photo="coffee")
    assert app.button(key="run_left").label.startswith("Run")
    assert app.button(key="away_left").disabled
    assert "not been run yet" in app.button(key="away_left").help
    assert app.button(key="away_none").help == "Nothing is taken away yet."
    app = healthy(app.button(key="away_right").click().run())
    assert "top 20% of the right map" in words(app)
    assert not app.button(key="away_none").disabled


def test_four_photos_show_whether_a_method_tells_classes_apart():
    app = opened("Trust", test="Four photos")
    grids = components(app, "map_grid")
    assert {"left_four", "right_four"} <= set(grids)
    assert [small["name"] for small in grids["left_four"]["maps"]] == ["cat", "dog", "bird", "frog"]
    tables = [each.value for each in app.markdown if each.value.startswith("| photo")]
    means = [float(text.split("| **mean** | | **")[1].partition("*")[0]) for text in tables]
    assert means[0] > 0.5, "CAM asks for a class"
    assert means[1] == pytest.approx(0.25, abs=0.01), "rollout does not"


def test_all_methods_stand_against_ones_own_truth():
    app = opened("Trust", test="My own truth", truth_left="0", truth_right="50")
    assert not notices(app)
    heading, *rows = table(app, "method")
    assert heading[1:] == [metric.label for metric in METRICS if issubclass(metric, TruthMetric)]
    named = {row[0]: [float(cell) for cell in row[1:]] for row in rows}
    assert {"CAM", "Grad-CAM", "a map of the middle", "20 random maps, mean"} <= set(named)
    assert named["20 random maps, mean"][0] == pytest.approx(0.25, abs=0.03), "its share of the photo"
    energies = [float(row[1]) for row in rows[:-2]]
    assert energies == sorted(energies, reverse=True)
    assert any(button.label.startswith("Run the other") for button in app.button)


def masked(app: AppTest, data: bytes) -> Any:
    """The field for a mask, with this file in it."""
    return next(each for each in app.file_uploader if each.key == "truth_mask").set_value(("mask.png", data, "image/png"))


def test_a_mask_is_uploaded():
    image = Image.new("L", (40, 20))
    image.paste(255, (0, 0, 20, 20))
    stream = io.BytesIO()
    image.save(stream, "PNG")
    app = healthy(masked(opened("Trust", test="My own truth"), stream.getvalue()).run())
    named = {row[0]: row[1:] for row in table(app, "method")[1:]}
    assert float(named["20 random maps, mean"][0]) == pytest.approx(0.5, abs=0.05)
    app = healthy(masked(opened("Trust", test="My own truth"), b"no picture").run())
    assert app.error


def test_an_empty_truth_gives_no_numbers():
    app = opened("Trust", test="My own truth", truth_left="60", truth_right="40")
    assert "The truth is empty" in words(app)
    assert {cell for row in table(app, "method")[1:] for cell in row[1:]} == {"none"}


def test_a_broken_models_map_is_told():
    caches.STORE.trials.clear()
    app = opened("Trust", test="Sanity")
    assert not components(app, "map_grid")
    for side in ("left", "right"):
        app = healthy(app.button(key=f"run_broken_{side}").click().run())
    grids = components(app, "map_grid")
    assert [small["name"] for small in grids["right_broken"]["maps"]] == [
        "intact", "head", "last quarter", "last half", "last three quarters", "all layers",
    ]  # fmt: skip
    assert grids["right_broken"]["maps"][1]["notes"] == ["ρ +1.00"]
    text = words(app)
    assert ":orange-badge[never reads the head]" in text, "rollout"
    assert text.count("never reads") == 1
    for metric in chosen(SanityMetric):
        for side in ("CAM", "Attention rollout"):
            row = next(row for row in table(app, side) if row[0] == metric.title)
            assert re.fullmatch(r"[+-]\d\.\d\d", row[1])
            assert row[2] == "0.00"
        assert f"{metric.title}: " in text
    assert "mirrored, the map mirrored back" in text


def test_a_broken_models_maps_can_be_averaged_over_noisy_copies():
    app = opened("Trust", test="Sanity", smooth_sanity="true")
    app = healthy(app.button(key="run_broken_left").click().run())
    assert {row[0] for row in table(app, "CAM")[1:]} == {"sMPRT", "eMPRT"}


def test_the_tests_are_linkable():
    for test in TESTS:
        app = opened("Trust", test=test)
        assert app.session_state["test"] == test
        assert not notices(app)


def test_a_flat_map_earns_nothing():
    app = opened("Trust", right_discard="0.99", photo="car")
    assert "nothing to rank" in words(app)
    assert [side["name"] for side in falls(app)["sides"]] == ["Left"]
    top = opened("Trust", test="Ask again", right_discard="0.99", photo="car").button(key="away_right")
    assert top.disabled
    assert "the same everywhere" in top.help


def test_the_curves_are_a_file():
    app = opened("Trust")
    offered = {button.key for button in app.get("download_button")}
    assert {"download_figure", "download_steps", "download_trust", "download_settings", "download_report"} <= offered


def test_all_that_the_browser_gets_is_plain():
    json.dumps(falls(opened("Trust")), allow_nan=False)
