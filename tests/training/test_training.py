"""The training code end to end on a handful of noise images: what it writes, the app loads."""

import dataclasses
import io
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from dashboard.explain import explain
from dashboard.methods import AttentionRollout, ClassActivationMap
from dashboard.models import zoo
from dashboard.models.families import bundled
from dashboard.photo import sample_photo
from training import data, train


@pytest.fixture
def cifar(tmp_path: Path) -> Path:
    dice = np.random.default_rng(0)
    for split, count in (("train", 32), ("test", 20)):
        files = []
        for _ in range(count):
            stream = io.BytesIO()
            Image.fromarray(dice.integers(0, 255, (32, 32, 3), np.uint8)).save(stream, "JPEG")
            files.append(stream.getvalue())
        labels = pa.array(np.arange(count) % 10, pa.int8())
        pq.write_table(pa.table({"image": files, "label": labels}), tmp_path / f"cifar10-{split}.parquet")
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, model: str, cifar: Path, out: str, epochs: int) -> Path:
    monkeypatch.setitem(train.RECIPES, model, dataclasses.replace(train.RECIPES[model], batch=16))
    words = [
        model,
        "--data",
        cifar,
        "--out",
        cifar / out,
        "--runs",
        cifar / out,
        "--teacher",
        cifar / "a/cnn",
        "--epochs",
        epochs,
    ]
    monkeypatch.setattr("sys.argv", ["train", *map(str, words)])
    train.main()
    return cifar / out / model


@pytest.mark.slow
def test_what_is_trained_loads_and_explains(monkeypatch: pytest.MonkeyPatch, cifar: Path):
    for model, method in (("cnn", ClassActivationMap()), ("vit", AttentionRollout())):
        folder = run(monkeypatch, model, cifar, "a", 1)
        card = json.loads((folder / "card.json").read_text())
        assert np.sum(card["confusion"]) == 20
        assert f"{card['test_accuracy']:.2%}" in (folder / "README.md").read_text()
        monkeypatch.setattr(bundled, "BUNDLED", cifar / "a")
        assert explain(sample_photo("chelsea"), zoo.load(f"bundled/{model}"), method).heatmap.shape == (8, 8)


@pytest.mark.slow
def test_a_run_that_was_cut_off_goes_on(monkeypatch: pytest.MonkeyPatch, cifar: Path):
    whole = load_file(run(monkeypatch, "cnn", cifar, "whole", 2) / "model.safetensors")
    keep, saved = train.keep, []

    def stop_after_the_first(*arguments) -> None:
        keep(*arguments)
        saved.append(arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "keep", stop_after_the_first)
    with pytest.raises(KeyboardInterrupt):
        run(monkeypatch, "cnn", cifar, "parts", 2)
    monkeypatch.setattr(train, "keep", keep)
    again = load_file(run(monkeypatch, "cnn", cifar, "parts", 2) / "model.safetensors")
    assert len(saved) == 1
    for name, value in whole.items():
        torch.testing.assert_close(again[name], value, msg=name)


@pytest.mark.parametrize("change", [data.augment, data.zoom])
def test_augmentation_is_seeded_and_keeps_the_shape(change):
    pixels = torch.randn(6, 3, 32, 32)
    first, again = (change(pixels, torch.Generator().manual_seed(1)) for _ in range(2))
    assert torch.equal(first, again)
    assert first.shape == pixels.shape
    assert not torch.equal(first, pixels)


def test_the_bundled_pair_is_small_and_says_how_good_it_is():
    folders = [bundled.BUNDLED / name for name in ("cnn", "vit")]
    assert sum(file.stat().st_size for folder in folders for file in folder.iterdir()) <= 12e6
    for folder, least in zip(folders, (0.91, 0.84), strict=True):
        card = json.loads((folder / "card.json").read_text())
        confusion = np.array(card["confusion"])
        assert confusion.sum() == 10_000
        assert np.trace(confusion) / 10_000 == pytest.approx(card["test_accuracy"], abs=1e-4)
        assert card["test_accuracy"] >= least
