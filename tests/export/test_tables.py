"""Tables read back as a spreadsheet and as pandas do, and what must never be run as a formula."""

import csv
import dataclasses
import io

import pytest
import torch

from dashboard.compare import Comparison
from dashboard.evidence import Prediction
from dashboard.export.arrays import Layers
from dashboard.export.tables import comparison_csv, layers_csv, methods_csv
from dashboard.metrics import Metric, chosen
from dashboard.studies.layers import Curve
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


def test_a_line_for_each_method_with_what_it_agrees_with():
    left = exhibit().shown["left"]
    made = exhibit(shown={"CAM": left, "Flat": dataclasses.replace(left, heatmap=torch.zeros(2, 2))})
    rows = read(methods_csv(made, torch.tensor([[1.0, float("nan")], [float("nan"), 1.0]])))
    assert [row["method"] for row in rows] == ["CAM", "Flat"]
    assert (rows[0]["rho with CAM"], rows[0]["rho with Flat"], rows[1]["gini"]) == ("1.0", "", "")
