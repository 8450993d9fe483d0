"""Many people ask one model at once, by every method: each gets what it would get alone, and the model stays as it was."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from pathlib import Path

import pytest
import torch
from transformers import ConvNextConfig, ConvNextForImageClassification

from dashboard.evidence import Probe
from dashboard.explain import explain
from dashboard.methods import METHODS, Method
from dashboard.models import zoo
from dashboard.models.classifier import Classifier
from tests.models.tiny import FAMILIES, LABELS, photo, randomised, save

THREADS = 8
QUESTIONS = [(0, None), (1, 2), (2, None), (3, 0)]  # a class, or one rather than another
PHOTOS = [photo(40 + 9 * seed, 33 + 4 * seed, seed) for seed in range(THREADS // 2)]
QUICK = {"copies": 2, "steps": 2, "masks": 20, "cells": 4, "stage": 1}
KEYS = ("bundled/cnn", "bundled/vit", "hf/vit", "hf/convnext")


@pytest.fixture
def folders(models: Path) -> None:
    save(FAMILIES["vit"].build(), models / "vit")
    shape = {"hidden_sizes": [8, 8, 16, 16], "depths": [1, 1, 1, 1], "id2label": LABELS}
    save(randomised(ConvNextForImageClassification(ConvNextConfig(**shape))), models / "convnext", 64, 64)


def quick(kind: type[Method]) -> Method:
    method = kind()
    return replace(method, **{field.name: QUICK[field.name] for field in fields(method) if field.name in QUICK})


@pytest.mark.usefixtures("folders")
@pytest.mark.parametrize("key", KEYS)
def test_threads_get_what_each_would_get_alone(key: str):
    model = zoo.load(key)
    module = model.network.module
    before = {name: value.clone() for name, value in module.state_dict().items()}
    for method in map(quick, (kind for kind in METHODS if kind.needs in model.observers)):
        asked = [(each, model, method, *question) for each, question in zip(PHOTOS, QUESTIONS, strict=True)]
        alone = [explain(*each).heatmap for each in asked]
        with ThreadPoolExecutor(THREADS) as pool:
            together = list(pool.map(lambda each: explain(*each).heatmap, asked * 2))
        for one, other in zip(alone * 2, together, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6, msg=f"{method.label} mixes people up")
    assert all(parameter.grad is None for parameter in module.parameters())
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())


def test_every_method_is_asked() -> None:
    """The four models together fit every method."""
    kinds: set[type] = {Probe}
    for key in KEYS[:2]:
        model: Classifier = zoo.load(key)
        kinds |= set(model.observers)
    assert {method.needs for method in METHODS} <= kinds
