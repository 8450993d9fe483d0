"""The command that makes the table of known truth: scenes, photos with masks, boxes of COCO's form, and a run that goes on."""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image, ImageDraw

from dashboard.methods import AttentionRollout, ClassActivationMap, EigenCAM, GradCAM, PatchLogitMap
from dashboard.studies.known_truth import MIDDLE, RANDOM
from tools import truth

CHEAP = (ClassActivationMap, GradCAM, EigenCAM, AttentionRollout, PatchLogitMap)


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(truth, "fitting", lambda model: [each for each in CHEAP if each.needs in model.observers])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two photos: one with a mask of its right half, one that has none; and something that is no photo."""
    (tmp_path / "photos" / "star").mkdir(parents=True)
    for name in ("star/one.png", "two.jpg"):
        Image.new("RGB", (40, 30), "red").save(tmp_path / "photos" / name)
    mask = Image.new("L", (40, 30))
    ImageDraw.Draw(mask).rectangle((20, 0, 39, 29), fill=255)
    mask.save(tmp_path / "photos" / "star" / "one.mask.png")
    (tmp_path / "photos" / "broken.jpg").write_bytes(b"no photo")
    mask.save(tmp_path / "photos" / "broken.mask.png")
    return tmp_path / "photos"


def called(monkeypatch: pytest.MonkeyPatch, *words: object) -> None:
    monkeypatch.setattr(sys, "argv", ["truth", *map(str, words)])
    truth.main()


def test_a_part_of_a_run_has_scenes_of_both_kinds():
    cases = list(truth.scenes(6, 3, 2))
    assert [len(case.asked) for case in cases] == [1, 2, 1, 1, 1, 2, 1, 1, 1, 2, 1]
    assert [at for at, case in enumerate(cases) if case.tag is not None] == [2, 7]
    assert len({case.name for case in cases}) == len({case.photo.digest for case in cases}) == 11
    assert all(case.asked[0].name != case.asked[1].name for case in cases if len(case.asked) == 2)


def test_a_mask_lies_beside_its_photo(folder: Path, capsys: pytest.CaptureFixture[str]):
    [case] = truth.masked_photos(folder)
    assert case.name == "star/one.png"
    [asked] = case.asked
    assert asked.name == "star"
    assert torch.equal(asked.mask, (torch.arange(40) >= 20).float().expand(30, 40))
    assert "broken.jpg" in capsys.readouterr().err


def test_boxes_and_outlines_are_those_of_coco(folder: Path):
    listed = {
        "images": [{"id": 7, "file_name": "two.jpg", "width": 80, "height": 60}, {"id": 8, "file_name": "missing.jpg"}],
        "categories": [{"id": 1, "name": "dog"}, {"id": 2, "name": "cat"}],
        "annotations": [
            {"image_id": 7, "category_id": 1, "bbox": [0, 0, 20, 60], "segmentation": {"counts": "", "size": []}},
            {"image_id": 7, "category_id": 1, "bbox": [60, 0, 20, 60]},
            {"image_id": 7, "category_id": 2, "bbox": [0, 0, 80, 60], "segmentation": [[40, 0, 59, 0, 59, 59, 40, 59]]},
        ],
    }
    (folder / "boxes.json").write_text(json.dumps(listed))
    [case] = truth.boxed_photos(folder, folder / "boxes.json")
    cat, dog = case.asked
    assert (cat.name, dog.name) == ("cat", "dog")
    columns = torch.arange(40)
    assert torch.equal(dog.mask, ((columns < 10) | (columns >= 30)).float().expand(30, 40))
    assert torch.equal(cat.mask, ((columns >= 20) & (columns < 30)).float().expand(30, 40))


def test_the_table_has_methods_and_controls_and_says_how_it_was_made(
    cheap: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    counts = ("--scenes", 3, "--pairs", 2, "--tagged", 1)
    called(monkeypatch, *counts, "--out", tmp_path / "t.parquet", "--kept", tmp_path / "kept.jsonl")
    table = pd.read_parquet(tmp_path / "t.parquet")
    assert table.attrs["cases"] == 6
    assert table.attrs["models"] == list(truth.MODELS)
    for key, rows in table.groupby("model"):
        cnn = ["CAM", "Grad-CAM", "Eigen-CAM"]
        assert list(rows["method"]) == [
            *(cnn if key.endswith("cnn") else ["Attention rollout", "Patch logits"]),
            RANDOM,
            MIDDLE,
        ]
        assert (rows["maps"] == 3).all(), "scenes of one object"
        blind = rows[~rows["class_specific"]]
        assert {RANDOM, MIDDLE} < set(blind["method"])
        assert (blind["favoured"] == 0.5).all(), "the same map whichever object is asked about"
    for name in ("energy", "pointing", "rank", "overlap", "on_tag"):
        assert table[name].between(0, 1).all()
        assert (table[f"{name}_low"] <= table[name]).all()
        assert (table[f"{name}_high"] >= table[name]).all()


def test_a_run_that_was_cut_off_goes_on(cheap: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    words = ("--scenes", 2, "--pairs", 1, "--tagged", 0, "--models", truth.MODELS[0], "--out")
    called(monkeypatch, *words, tmp_path / "whole.parquet", "--kept", tmp_path / "whole.jsonl")
    rows_of, asked = truth.rows_of, []

    def stops(store, key, case, seed):
        asked.append(case.name)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return rows_of(store, key, case, seed)

    monkeypatch.setattr(truth, "rows_of", stops)
    with pytest.raises(KeyboardInterrupt):
        called(monkeypatch, *words, tmp_path / "parts.parquet", "--kept", tmp_path / "parts.jsonl")
    with (tmp_path / "parts.jsonl").open("a") as file:
        file.write('{"model": "cut off')
    called(monkeypatch, *words, tmp_path / "parts.parquet", "--kept", tmp_path / "parts.jsonl")
    assert len(asked) == 4, "the first case is not asked again"
    pd.testing.assert_frame_equal(*(pd.read_parquet(tmp_path / f"{name}.parquet") for name in ("whole", "parts")))


def test_other_settings_begin_anew(cheap: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Path):
    kept = tmp_path / "kept.jsonl"
    called(
        monkeypatch, "--scenes", 1, "--pairs", 0, "--tagged", 0, "--models", truth.MODELS[0], "--kept", kept, "--out",
        tmp_path / "a.parquet",
    )  # fmt: skip
    words = ("--photos", folder, "--models", "bundled/cnn", truth.MODELS[1], "--kept", kept, "--out", tmp_path / "b.parquet")
    called(monkeypatch, *words)
    table = pd.read_parquet(tmp_path / "b.parquet")
    assert set(table["model"]) == {"bundled/cnn", truth.MODELS[1]}
    assert np.allclose(table["chance"], 0.5), "the right half"
    assert not table.loc[table["model"] == "bundled/cnn", "right"].any(), "it knows no star"
    assert table["favoured"].isna().all()
    assert len(kept.read_text().splitlines()) == 3, "the settings, and a photo for each model"


def test_a_folder_without_truth_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    with pytest.raises(SystemExit, match=r"holds no photo with a mask: expected dog\.jpg beside dog\.mask\.png"):
        called(monkeypatch, "--photos", tmp_path, "--out", tmp_path / "t.parquet")
