"""Arrays, settings and the report, opened as whoever gets them would."""

import dataclasses
import html
import io
import json
import math
from html.parser import HTMLParser

import numpy as np
import pytest
import torch

from dashboard.compare import Incomparable, compare
from dashboard.export.arrays import (
    Layers,
    Places,
    all_attention_bytes,
    all_attention_npz,
    layers_npz,
    maps_npz,
    methods_npz,
    trust_npz,
)
from dashboard.export.exhibit import settings, to_json
from dashboard.export.report import report_html
from dashboard.figures.maps import Backdrop
from dashboard.methods import AttentionRollout
from dashboard.metrics import Gini, ModelMetric, Spearman, chosen
from dashboard.models.zoo import load
from dashboard.photo import Box, sample_photo
from dashboard.studies.layers import Curve, every_choice
from dashboard.studies.trust import Lines, Row
from tests.export.exhibits import CNN_BOX, EVIL, VIT_BOX, exhibit

BEHIND = Backdrop(60, 45, "data:image/jpeg;base64,AAAA")


def loaded(data: bytes) -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        return dict(file)


def test_maps_come_with_their_boxes_and_settings():
    made = exhibit()
    arrays = loaded(maps_npz(made))
    for side, box in (("left", CNN_BOX), ("right", VIT_BOX)):
        assert (arrays[f"{side}_values"] == made.shown[side].heatmap.numpy()).all()
        assert arrays[f"{side}_box"].tolist() == list(dataclasses.astuple(box))
    assert (arrays["difference"] == made.comparison.difference.numpy()).all()
    assert json.loads(str(arrays["settings"])) == json.loads(to_json(settings(made)))


def test_curves_come_with_the_maps_and_their_controls():
    made, own = exhibit(), torch.tensor([1.0, 0.5, 0.0])
    lines = Lines(own, own + 1, None, own + 2, own + 3)
    arrays = loaded(trust_npz(made, {"left": (lines, dataclasses.replace(lines, other=own + 4))}))
    assert (arrays["right_values"] == made.shown["right"].heatmap.numpy()).all()
    assert arrays["share"].tolist() == [0, 0.5, 1]
    for way in ("deletion", "insertion"):
        ends = ("", "_middle", "_random_mean", "_random_deviation")
        assert [float(arrays[f"left_{way}{end}"][0]) for end in ends] == [1, 2, 3, 4]
    assert float(arrays["left_insertion_other"][0]) == 5
    assert "left_deletion_other" not in arrays
    assert json.loads(str(arrays["settings"])) == json.loads(to_json(settings(made)))


def test_maps_without_a_common_part():
    assert "difference" not in loaded(maps_npz(exhibit(comparison=Incomparable("They saw no common part."))))


def test_layers_are_kept_whole():
    rollouts, attention = torch.rand(3, 4, 6), torch.rand(3, 4, 6)
    read = [Curve(Spearman(), [0.5, 0.1, math.nan], [0.0, 0.0, math.nan]), Curve(Gini(), [0.3, 0.2, 0.1], [math.nan] * 3)]
    arrays = loaded(layers_npz(exhibit(), {"right": Layers(rollouts, attention, read)}))
    assert (arrays["right_progression"] == rollouts.numpy()).all()
    assert (arrays["right_attention"] == attention.numpy()).all()
    assert arrays["right_box"].tolist() == list(dataclasses.astuple(VIT_BOX))
    assert arrays["right_curve_spearman"].tolist() == pytest.approx([0.5, 0.1, math.nan], nan_ok=True)
    assert arrays["right_curve_spearman_by_chance"].tolist() == pytest.approx([0.0, 0.0, math.nan], nan_ok=True)
    assert arrays["right_curve_gini"].tolist() == [0.3, 0.2, 0.1]
    assert "right_curve_gini_by_chance" not in arrays


def test_maps_of_stages_come_each_with_its_box():
    made = exhibit()
    maps = [dataclasses.replace(made.shown["left"], heatmap=torch.rand(side, side)) for side in (8, 4)]
    arrays = loaded(layers_npz(made, {"left": Places("stage", maps, maps[1])}))
    assert (arrays["left_stage_1"] == maps[0].heatmap.numpy()).all()
    assert arrays["left_stage_2"].shape == (4, 4)
    assert arrays["left_stage_2_box"].tolist() == list(dataclasses.astuple(CNN_BOX))


def test_maps_of_one_model_come_by_their_methods_names():
    both = exhibit()
    maps = {shown.method.label: shown for shown in both.shown.values()}
    made = exhibit(shown=maps, comparison=None)
    matrix = torch.tensor([[1.0, -0.5], [-0.5, 1.0]])
    arrays = loaded(methods_npz(made, matrix))
    assert arrays["names"].tolist() == ["CAM", "Attention rollout"]
    assert (arrays["correlations"] == matrix.numpy()).all()
    for name, shown in maps.items():
        assert (arrays[name] == shown.heatmap.numpy()).all()
    assert arrays["boxes"].tolist() == [list(dataclasses.astuple(box)) for box in (CNN_BOX, VIT_BOX)]
    assert list(json.loads(str(arrays["settings"]))["maps"]) == list(maps)


def test_settings_make_the_same_map_again():
    read = json.loads(to_json(settings(exhibit())))
    assert read["photo"] == {"name": f"photo {EVIL}.png", "sha256": "d1ge57", "size": [60, 45], "credit": ""}
    assert read["maps"]["right"]["options"] == {"heads": "max", "discard": 0.8, "depth": 2, "first_layer": 1}
    assert (read["maps"]["left"]["class_index"], read["maps"]["left"]["class"]) == (1, EVIL)
    assert read["maps"]["right"]["class"] is None
    assert read["display"] == {
        "show": "overlay",
        "opacity": 0.6,
        "colours": "Viridis",
        "smooth": False,
        "scale": "auto",
        "top_share": 0.2,
    }
    assert "not which is better" in read["note"]


def test_a_class_held_against_another_is_told_in_every_file():
    both = exhibit()
    cnn = dataclasses.replace(both.shown["left"], target=0, against=1)
    made = exhibit(shown=both.shown | {"left": cnn})
    read = json.loads(to_json(settings(made)))["maps"]
    assert [read["left"][key] for key in ("class", "class_index", "rather_than", "rather_than_index")] == ["cat", 0, EVIL, 1]
    assert read["right"]["rather_than"] is None
    assert f"of “cat” compared with “{html.escape(EVIL)}”" in report_html(made, BEHIND)


def test_what_there_is_to_know_of_a_map_is_in_the_report():
    both = exhibit()
    vit = dataclasses.replace(both.shown["right"], remark="It is <b>settled</b>.")
    assert "It is &lt;b&gt;settled&lt;/b&gt;." in report_html(exhibit(shown=both.shown | {"right": vit}), BEHIND)


def test_numbers_of_a_map_and_its_model_are_in_the_report_and_the_settings_beside_their_controls():
    numbers = [Row(metric, 0.25, 0.5, (0.1, 0.3)) for metric in chosen(ModelMetric)]
    plain, made = exhibit(), exhibit(tested={"left": numbers}, in_place="blur <b>")
    told = settings(made)["maps"]
    assert told["left"]["tested"]["in_its_place"] == "blur <b>"
    assert told["left"]["tested"]["numbers"]["saco"] == {"value": 0.25, "middle": 0.5, "random": [0.1, 0.3]}
    assert set(told["left"]["tested"]["numbers"]) == {metric.key for metric in chosen(ModelMetric)}
    assert "tested" not in told["right"]
    report = report_html(made, BEHIND)
    for metric in chosen(ModelMetric):
        assert report.count(html.escape(metric.meaning)) == 1, metric.label
    assert "<td>+0.25</td><td>+0.20</td><td>+0.50</td><td>like random</td>" in report
    assert "In its place: blur &lt;b&gt;." in report
    assert "In its place" not in report_html(plain, BEHIND)


def test_who_the_photo_is_by_is_in_the_report_and_the_settings():
    plain = exhibit()
    made = dataclasses.replace(plain, photo=dataclasses.replace(plain.photo, credit="<b>Ian Hex</b>, LGPL 3"))
    assert "Photo: &lt;b&gt;Ian Hex&lt;/b&gt;, LGPL 3" in report_html(made, BEHIND)
    assert "Photo:" not in report_html(plain, BEHIND)
    assert settings(made)["photo"]["credit"] == "<b>Ian Hex</b>, LGPL 3"


def test_a_flat_map_has_no_rank_correlation():
    shown = exhibit().shown
    flat = dataclasses.replace(shown["right"], heatmap=torch.full((4, 6), 0.1))
    made = exhibit(shown=shown | {"right": flat}, comparison=compare(shown["left"], flat))
    reason = "Attention rollout: Every patch has the same value, so there is nothing to rank."
    assert json.loads(to_json(settings(made)))["agreement"] == {"none": reason}
    report = report_html(made, BEHIND)
    assert reason in report
    assert "Spearman" not in report
    assert "difference" not in loaded(maps_npz(made))


class Tags(HTMLParser):
    """What a browser would load or run."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def report() -> str:
    return report_html(exhibit(), BEHIND)


def test_the_report_loads_nothing_from_elsewhere(report: str):
    for tag, attributes in Tags(report).found:
        assert tag not in ("link", "img", "iframe")
        assert "src" not in attributes
        assert tag != "a" or attributes["href"].startswith(("https://arxiv.org/", "https://doi.org/", "http://localhost/"))


def test_names_stay_text_in_the_report(report: str):
    assert EVIL not in report
    assert report.count("&lt;/script&gt;") > 5
    assert "not which is better" in report


def test_the_report_has_three_figures_with_alternatives(report: str):
    figures = [attributes for tag, attributes in Tags(report).found if tag == "figure"]
    assert len(figures) == 3
    assert all(attributes["aria-label"] for attributes in figures)


def test_a_report_without_a_common_part():
    assert "no &lt;common&gt; part" in report_html(exhibit(comparison=Incomparable("They saw no <common> part.")), BEHIND)


def test_rollout_has_every_choice_as_one_array_with_its_axes():
    model, photo = load("bundled/vit"), sample_photo("coffee")
    evidence = model.observe(photo, AttentionRollout.needs).evidence
    current = AttentionRollout("mean", 0.5, 3)
    maps = current.progression(evidence).cpu()
    layers = Layers(maps, maps, choices=lambda: every_choice(evidence, current))
    with np.load(io.BytesIO(layers_npz(exhibit(), {"right": layers}))) as file:
        assert file["right_choices_axes"].tolist() == ["heads", "discard", "layer", "row", "column"]
        heads, discards = file["right_choices_heads"].tolist(), file["right_choices_discard"].tolist()
        assert file["right_choices"].shape == (len(heads), len(discards), 6, 8, 8)
        for i, j, depth in ((0, 0, 1), (2, 3, 6), (1, 5, 4)):
            expected = AttentionRollout(heads[i], discards[j], depth)(evidence).cpu()
            assert np.allclose(file["right_choices"][i, j, depth - 1], expected)


def test_the_attention_of_all_patches_is_told_before_and_whole():
    evidence = load("bundled/vit").observe(sample_photo("coffee"), AttentionRollout.needs).evidence
    data = all_attention_npz(evidence, Box(0, 1 / 3, 7, 8))
    assert all_attention_bytes(evidence) < len(data) < 1.1 * all_attention_bytes(evidence)
    with np.load(io.BytesIO(data)) as file:
        assert np.array_equal(file["attention"], evidence.weights.cpu().numpy())
        assert file["axes"].tolist() == ["layer", "head", "query", "key"]
        assert file["box"].tolist() == [0, 0.333, 7, 8]
