"""A GPU without room: said, and the CPU takes over. No GPU is needed to see it."""

import gc
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from dashboard.evidence import AttentionMaps, FeatureMaps
from dashboard.models import zoo
from dashboard.models.classifier import OutOfMemory
from dashboard.models.families.bundled import Bundled
from dashboard.ui import caches
from tests.models.tiny import photo

CPU, GPU = torch.device("cpu"), torch.device("cuda")


@pytest.fixture
def full_gpu(monkeypatch: pytest.MonkeyPatch) -> list[torch.device]:
    """A machine whose GPU takes the weights of the bundled models and has no room for a pass; lists where they were loaded."""
    loaded_on, load, second_half = [], Bundled.open, zoo.classifier_of

    def no_room(pixels, question):
        raise torch.OutOfMemoryError("out of memory")

    def on_this(family, name, title, report, device):
        loaded_on.append(device)
        return load(family, name, title, report, CPU)

    def observed(network):
        model = second_half(network)
        return model if loaded_on[-1] == CPU else replace(model, observers=dict.fromkeys(model.observers, no_room))

    monkeypatch.setattr(Bundled, "open", on_this)
    monkeypatch.setattr(zoo, "classifier_of", observed)
    monkeypatch.setattr(zoo, "chosen_device", lambda: GPU)
    caches.classifier.clear()
    caches.STORE.looks.clear()
    yield loaded_on
    caches.unload("bundled/cnn")
    caches.unload("bundled/vit")


def test_no_room_for_the_weights(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    load = Bundled.open

    def on_cpu_only(family, name, title, report, device):
        if device == GPU:
            raise torch.OutOfMemoryError("out of memory")
        return load(family, name, title, report, device)

    monkeypatch.setattr(Bundled, "open", on_cpu_only)
    model = zoo.load("bundled/cnn", device=GPU)
    assert model.device == CPU
    assert "runs on the CPU" in model.note
    assert "out of memory" in caplog.text
    assert model.observe(photo(), FeatureMaps).prediction.scores.sum() == pytest.approx(1)


def test_no_room_for_a_pass_is_an_error_of_its_own(full_gpu: list, models: Path) -> None:
    with pytest.raises(OutOfMemory, match="no memory left"):
        zoo.load("bundled/vit").observe(photo(), AttentionMaps)


def test_no_room_for_a_pass_moves_the_model(full_gpu: list, caplog: pytest.LogCaptureFixture) -> None:
    one = photo()
    seen = caches.STORE.look("bundled/vit", one, AttentionMaps)
    assert seen.evidence.layers == 6
    assert full_gpu == [GPU, CPU]
    assert "runs on the CPU" in caches.classifier("bundled/vit").note
    assert "goes on on the CPU" in caplog.text
    assert "out of memory" in caplog.text, "the log holds where it came from"
    other = photo(seed=1)
    caches.STORE.look("bundled/vit", other, AttentionMaps)
    assert full_gpu == [GPU, CPU], "it stays there"


def test_unloading_tries_the_gpu_again(full_gpu: list) -> None:
    one = photo()
    caches.STORE.look("bundled/vit", one, AttentionMaps)
    caches.unload("bundled/vit")
    caches.classifier("bundled/vit")
    assert full_gpu == [GPU, CPU, GPU]


def test_a_load_walks_over_nothing_that_is_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    """To collect the garbage of everything holds up every visitor for a third of a second: only where a model went."""
    caches.classifier("bundled/cnn")
    frozen, collect = [], gc.collect
    monkeypatch.setattr(gc, "collect", lambda *asked: frozen.append(gc.get_freeze_count()) or collect(*asked))
    caches.classifier("bundled/vit")
    assert frozen
    assert min(frozen) > 0
    frozen.clear()
    caches.unload("bundled/vit")
    assert frozen[0] == 0
