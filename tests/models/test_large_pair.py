"""Every method on a ResNet-50 and a ViT-B/16 with random weights, loaded from local folders as a person's own would be."""

from dataclasses import fields, replace

import pytest
import torch
from safetensors.torch import save_file
from torchvision.models import resnet50
from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor

from dashboard.evidence import FeatureMaps, Probe
from dashboard.explain import explain
from dashboard.methods import METHODS, AblationCAM
from dashboard.models import zoo
from dashboard.models.classifier import Classifier
from dashboard.models.observers.attention import OF_TOKENS
from dashboard.models.observers.stages import OF_STAGES
from dashboard.photo import sample_photo

# Of the first stage's 64 channels, not the last one's 2,048; Ablation-CAM runs the layers after its stage alone.
FEW = {"copies": 1, "steps": 1, "masks": 4, "cells": 4, "stage": 1}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Classifier]:
    folder = tmp_path_factory.mktemp("models")
    torch.manual_seed(0)
    save_file(resnet50().state_dict(), folder / "resnet50.safetensors")
    ViTForImageClassification(ViTConfig(num_labels=1000)).save_pretrained(folder / "vit-b16")
    ViTImageProcessor().save_pretrained(folder / "vit-b16")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("DASHBOARD_MODELS", str(folder))
        return {"cnn": zoo.load("torchvision/resnet50"), "vit": zoo.load("hf/vit-b16")}


def test_together_they_give_every_kind_of_evidence(pair: dict[str, Classifier]):
    assert set(pair["cnn"].observers) == {Probe, FeatureMaps, *OF_STAGES}
    assert set(pair["vit"].observers) == {Probe, *OF_TOKENS}


@pytest.mark.parametrize("kind", METHODS, ids=lambda kind: kind.__name__)
def test_every_method(pair: dict[str, Classifier], kind: type):
    method = kind()
    if kind is not AblationCAM:
        method = replace(method, **{field.name: FEW[field.name] for field in fields(method) if field.name in FEW})
    for side, model in pair.items():
        if kind.needs in model.observers:
            shown = explain(sample_photo("rocket"), model, method, 7)
            assert shown.heatmap.isfinite().all(), side
            assert shown.heatmap.untyped_storage().nbytes() == shown.heatmap.nbytes, "kept maps hold no more than themselves"
