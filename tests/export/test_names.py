"""Names in every file: of classes, whatever a checkpoint calls them, and of weights that are a person's own."""

import dataclasses
import html
import io
import json
import re

import numpy as np
import pytest
import torch
from PIL import Image

from dashboard.compare import Pair
from dashboard.evidence import Prediction
from dashboard.export.arrays import Layers, layers_npz, maps_npz
from dashboard.export.exhibit import Exhibit, settings, stem
from dashboard.export.picture import map_png
from dashboard.export.report import report_html
from dashboard.figures.made_of import made_of
from dashboard.figures.maps import Backdrop, measured
from dashboard.names import class_names, short_names
from tests.export.exhibits import exhibit
from tests.test_names import HOSTILE

BEHIND = Backdrop(60, 45, "data:image/jpeg;base64,AAAA")
LARGE = tuple(f"thing {index // 2}, of wood" for index in range(21_841))
SETS = [*(labels for labels in HOSTILE if len(labels) > 1), LARGE]


def asked(labels: tuple[str, ...], target: int, against: int) -> Exhibit:
    """The CNN's map explains one class rather than another."""
    made = exhibit()
    answer = Prediction(torch.linspace(3, 0, len(labels)), labels)
    cnn = dataclasses.replace(made.shown["left"], prediction=answer, target=target, against=against)
    return dataclasses.replace(made, shown=made.shown | {"left": cnn})


@pytest.mark.parametrize("labels", SETS, ids=lambda labels: ascii(labels)[:40])
def test_the_name_of_its_own_is_in_every_file_and_figure(labels: tuple[str, ...], monkeypatch: pytest.MonkeyPatch):
    titles: list[str] = []
    monkeypatch.setattr("dashboard.export.picture._shortened", lambda text, font, width: titles.append(text) or text)
    target, against = len(labels) - 1, 0
    made = asked(labels, target, against)
    shown, names, short = made.shown["left"], class_names(labels), short_names(labels)
    held = f"{names[target]} compared with {names[against]}"
    said = settings(made)["maps"]["left"]
    assert (said["class"], said["rather_than"]) == (names[target], names[against])
    assert measured(shown).endswith(f" {short[target]} compared with {short[against]}")
    assert (made_of(shown, made.photo)["class"], made_of(shown, made.photo)["rival"]) == (names[target], names[against])
    assert any(held in title for title in (map_png(made, "left"), titles)[1])
    report = report_html(made, BEHIND)
    assert f"of “{html.escape(names[target])}” compared with “{html.escape(names[against])}”" in report
    for index in {*range(min(5, len(labels))), target}:
        assert f"<tr><td>{html.escape(names[index])}</td>" in report
    with np.load(io.BytesIO(maps_npz(made))) as file:
        assert json.loads(str(file["settings"]))["maps"]["left"]["class"] == names[target]


def test_the_score_of_a_class_outside_the_top_five_is_told():
    made = asked(tuple("abcdefgh"), 7, 0)
    score = made.shown["left"].prediction.scores[7].item()
    told = settings(made)["maps"]["left"]["answer"]
    assert [row["class"] for row in told] == [*"abcde", "h"]
    assert told[-1]["class_index"] == 7
    assert told[-1][made.shown["left"].prediction.kind] == score
    assert f"<tr><td>h</td><td>{made.shown['left'].prediction.in_words(score)}</td></tr>" in report_html(made, BEHIND)


def test_own_weights_are_so_called_in_every_file():
    made = exhibit()
    own = dataclasses.replace(made.models["left"], key="torchvision/resnet50", title="ResNet-50 (your file)", training_data="")
    made = dataclasses.replace(made, models=Pair(own, made.models.right))
    report, said = report_html(made, BEHIND), settings(made)
    assert "· ResNet-50 (your file)</h2>" in report
    assert "Trained on data that is not known. Key torchvision/resnet50." in report
    assert said["note"].startswith("What at least one of the two models was trained on is not known.")
    assert "ImageNet" not in report.partition("<body>")[2]
    files = [maps_npz(made), layers_npz(made, {"right": Layers(torch.rand(2, 4, 6), torch.rand(2, 4, 6))})]
    inside = [str(np.load(io.BytesIO(data))["settings"]) for data in files]
    inside.append(Image.open(io.BytesIO(map_png(made, "left"))).text["settings"])
    for text in inside:
        model = json.loads(text)["maps"]["left"]
        assert (model["title"], model["trained_on"]) == ("ResNet-50 (your file)", "")


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("chelsea.png", "SqueezeNet 1.1", "Grad-CAM++"), "chelsea_squeezenet-1-1_grad-campp"),
        (("a.b.jpeg", "ResNet-50"), "a-b_resnet-50"),
        (("../../etc/passwd", "x"), "etc-passwd_x"),
        (("<b>.png", '\\/:*?"<>|', "CAM"), "b_cam"),
        (("...", ""), "map"),
    ],
)
def test_the_name_of_a_file(parts: tuple[str, ...], name: str):
    assert stem(*parts) == name


@pytest.mark.parametrize("letter", ["a", "ß", "猫", "\N{CAT FACE}x", "ﷺ"])
def test_a_name_fits_every_file_system(letter: str):
    name = stem(*[300 * letter] * 5)
    assert 0 < len(name.encode()) <= 230
    assert re.fullmatch(r"[\w-]+", name)
