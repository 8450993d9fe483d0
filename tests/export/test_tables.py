"""Tables read back as a spreadsheet and as pandas do, and what must never be run as a formula."""

import csv
import dataclasses
import io

import pytest
import torch

from dashboard.compare import Comparison
from dashboard.evidence import Prediction
from dashboard.export.arrays import Layers, Places
from dashboard.export.tables import (
    comparison_csv,
    heads_csv,
    layers_csv,
    methods_csv,
    patch_csv,
    tries_csv,
    trust_csv,
    truth_csv,
)
from dashboard.metrics import Metric, ModelMetric, chosen
from dashboard.studies.attention import HeadSummary, TokenAttention
from dashboard.studies.layers import Curve
from dashboard.studies.trust import Lines, Row
from tests.export.exhibits import exhibit


def read(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def test_the_comparison_has_both_models_scores_and_every_number():
    made = exhibit()
    rows = read(comparison_csv(made))
    scores = [(row["side"], row["name"], float(row["value"])) for row in rows if row["what"] == "probability"]
    assert [(side, name) for side, name, _ in scores][::2] == [("left", "cat"), ("right", "cat")]
    assert [round(score, 6) for *_, score in scores] == [0.75, 0.25, 0.75, 0.25]
    assert isinstance(made.comparison, Comparison)
    agreement = {row["name"]: float(row["value"]) for row in rows if row["what"] == "agreement"}
    assert agreement == {each.metric.key: each.value for each in made.comparison.numbers}


@pytest.mark.parametrize("label", ['=cmd|"/C calc"!A0', "+1", "-1", "@SUM(A1)", 'a "quoted", name\n=x'])
def test_no_name_is_run_as_a_formula(label: str):
    answer = Prediction(torch.tensor([2.0, 1.0]), (label, "cat"))
    shown = {slot: dataclasses.replace(each, prediction=answer) for slot, each in exhibit().shown.items()}
    rows = list(csv.reader(io.StringIO(comparison_csv(exhibit(shown=shown)).decode("utf-8-sig"))))
    assert len({len(row) for row in rows}) == 1
    assert not any(
        cell.startswith(("=", "+", "@")) or (cell.startswith("-") and not _number(cell)) for row in rows for cell in row
    )


def _number(cell: str) -> bool:
    return cell.lstrip("-").replace(".", "").replace("e", "").replace("-", "").isdigit()


def test_a_line_for_each_layer():
    metrics = chosen(Metric, share=0.2)[:2]
    curves = [Curve(metric, [0.1, 0.2, 0.3], [float("nan"), 0.5, 0.6]) for metric in metrics]
    rows = read(layers_csv(exhibit(), {"right": Layers(torch.rand(3, 4, 6), torch.rand(3, 4, 6), curves)}))
    assert [row["layer"] for row in rows] == ["1", "2", "3"]
    assert [row[metrics[1].key] for row in rows] == ["0.1", "0.2", "0.3"]
    assert rows[0][f"{metrics[0].key} by chance"] == "", "no value"


def test_a_line_for_each_stage_beside_the_lines_for_layers():
    made, metrics = exhibit(), chosen(Metric, share=0.2)[:1]
    stages = [dataclasses.replace(made.shown["left"], heatmap=heatmap) for heatmap in (torch.rand(8, 8), torch.zeros(2, 2))]
    curve = Curve(metrics[0], [0.1, 0.2, 0.3], [float("nan")] * 3)
    films = Layers(torch.rand(3, 4, 6), torch.rand(3, 4, 6), [curve])
    rows = read(layers_csv(made, {"right": films, "left": Places("stage", stages, stages[0])}))
    assert [(row["side"], row["part"], row["layer"]) for row in rows] == [
        *(("right", "layer", number) for number in "123"), ("left", "stage", "1"), ("left", "stage", "2"),
    ]  # fmt: skip
    assert 0 < float(rows[3]["gini"]) < 1
    assert rows[4]["gini"] == "", "a flat map has no numbers"


def test_a_line_for_each_method_with_what_it_agrees_with():
    left = exhibit().shown["left"]
    made = exhibit(shown={"CAM": left, "Flat": dataclasses.replace(left, heatmap=torch.zeros(2, 2))})
    rows = read(methods_csv(made, torch.tensor([[1.0, float("nan")], [float("nan"), 1.0]])))
    assert [row["method"] for row in rows] == ["CAM", "Flat"]
    assert (rows[0]["rho with CAM"], rows[0]["rho with Flat"], rows[1]["gini"]) == ("1.0", "", "")


def test_a_line_for_each_head():
    summary = HeadSummary(torch.tensor([[1.5, float("nan")], [3.0, 4.0], [5.0, 6.0]]), torch.arange(6).reshape(3, 2) / 8)
    rows = read(heads_csv(exhibit(), "right", summary))
    assert [(row["layer"], row["head"]) for row in rows] == [(f"{layer}", f"{head}") for layer in (1, 2, 3) for head in (1, 2)]
    assert [row["attention distance in patches"] for row in rows] == ["1.5", "", "3.0", "4.0", "5.0", "6.0"]
    assert [row["entropy from 0 to 1"] for row in rows] == ["0.0", "0.125", "0.25", "0.375", "0.5", "0.625"]


def test_a_line_for_each_patch_with_its_place_in_the_photo():
    made = exhibit()
    shown = dataclasses.replace(made.shown["right"], method=TokenAttention(9, 3, None, "max", "key"))
    rows = read(patch_csv(dataclasses.replace(made, shown={**made.shown, "right": shown}), "right", "row 2, column 3"))
    assert len(rows) == 24
    assert {(row["patch"], row["as"], row["layer"], row["head"]) for row in rows} == {
        ("row 2, column 3", "key", "3", "fused (max)")
    }
    row = rows[6 + 2]
    assert (row["row"], row["column"]) == ("2", "3")
    assert [float(row[edge]) for edge in ("left", "top", "right", "bottom")] == [28, 10.25, 36, 20.5], "8 x 10.25 from 12, 0 on"
    assert float(row["attention"]) == pytest.approx(shown.heatmap[1, 2].item())
    with pytest.raises(TypeError, match="Attention rollout"):
        patch_csv(made, "right", "cls")


def test_the_trust_page_has_every_number_and_every_step_beside_its_controls():
    made = exhibit()
    numbers = [Row(metric, 0.25, 0.5, (0.1, 0.3)) for metric in chosen(ModelMetric)]
    lines = Lines(torch.tensor([1.0, 0.5, 0.0]), torch.ones(3), None, torch.zeros(3), torch.full((3,), 0.125))
    made = dataclasses.replace(made, tested={"left": numbers}, in_place="blur")
    rows = read(trust_csv(made, {"left": (lines, lines)}))
    told = {row["name"]: row for row in rows if not row["share"]}
    assert set(told) == {metric.key for metric in chosen(ModelMetric)}
    saco = told["saco"]
    assert [float(saco[name]) for name in ("value", "middle", "random mean", "random deviation")] == pytest.approx(
        [0.25, 0.5, 0.2, 0.1414], abs=1e-3
    )
    curve = [row for row in rows if row["name"] == "insertion curve"]
    assert [(float(row["share"]), float(row["value"]), float(row["random deviation"])) for row in curve] == [
        (0, 1, 0.125), (0.5, 0.5, 0.125), (1, 0, 0.125),
    ]  # fmt: skip
    assert {row["in its place"] for row in rows} == {"blur"}


def test_tries_and_truths_are_rows_that_no_spreadsheet_runs():
    rows = read(tries_csv([("a box", "black", "=cat 1%", "dog 2%")], ["left", "right"]))
    assert rows == [{"taken away": "a box", "in its place": "black", "left": "'=cat 1%", "right": "dog 2%"}]
    rows = read(truth_csv(["energy_inside"], [("CAM", [0.5]), ("flat", [float("nan")])]))
    assert rows == [{"map": "CAM", "energy_inside": "0.5"}, {"map": "flat", "energy_inside": ""}]
