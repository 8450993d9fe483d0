"""Families of transformers through the real loading code, against the table that their papers and docs give."""

from pathlib import Path

import pytest
import torch
import transformers
from torch import Tensor
from transformers import AutoModelForImageClassification

from dashboard.evidence import AttentionMaps, Probe, StageGradients
from dashboard.methods import METHODS, AttentionRollout, ClassActivationMap
from dashboard.models.classifier import DoesNotFit
from dashboard.models.zoo import load
from tests.models.tiny import CLASSES, FAMILIES, HEADS, LABELS, LAYERS, PATCH, SIDE, Family, photo, save


def pixels(height: int = SIDE, width: int = SIDE) -> Tensor:
    return torch.randn(1, 3, height, width, generator=torch.Generator().manual_seed(1))


def eager(folder: Path, inputs: Tensor, **options: bool) -> tuple[Tensor, Tensor]:
    """Second definition: transformers' own maps (L, H, T, T) and logits."""
    model = AutoModelForImageClassification.from_pretrained(folder, attn_implementation="eager").eval()
    with torch.no_grad():
        output = model(inputs, output_attentions=True, **options)
    return torch.cat(output.attentions), output.logits


def shares(family: Family, patches: int) -> Tensor:
    """Second definition of `reads`: the weights of tokens in the vector that the head multiplies, (T,)."""
    rows = [torch.eye(family.prefix + patches)[token] for token in range(family.cls)]
    if family.patches:
        rows.append(torch.tensor([0.0] * family.prefix + [1 / patches] * patches))
    return torch.stack(rows).mean(0)


@pytest.mark.parametrize("name", FAMILIES)
def test_family(name: str, models: Path) -> None:
    family = FAMILIES[name]
    folder = save(family.build(), models / name)
    classifier = load(f"hf/{name}")
    assert AttentionMaps in classifier.observers
    assert classifier.labels == tuple(LABELS.values())
    assert classifier.source == "local folder"

    with torch.no_grad():
        evidence, logits = classifier.observers[AttentionMaps](pixels())
    maps, plain = eager(folder, pixels())
    side = SIDE // PATCH
    tokens = family.prefix + side * side
    assert evidence.weights.shape == (LAYERS, HEADS, tokens, tokens)
    torch.testing.assert_close(evidence.weights.sum(-1), torch.ones(LAYERS, HEADS, tokens))
    assert (evidence.grid, evidence.prefix) == ((side, side), family.prefix)
    torch.testing.assert_close(evidence.reads, shares(family, side * side))
    torch.testing.assert_close(evidence.weights, maps, rtol=0, atol=1e-5)
    torch.testing.assert_close(logits, plain, rtol=1e-4, atol=1e-5)
    assert plain.std() > 0.01  # else everything would agree with everything

    seen = classifier.observe(photo(), AttentionMaps)
    assert seen.prediction.logits.shape == (CLASSES,)
    heatmap = AttentionRollout()(seen.evidence)
    assert heatmap.shape == (side, side)
    assert heatmap.isfinite().all()
    assert heatmap.max() > 0


@pytest.mark.parametrize("name", ["vit", "deit-distilled", "dinov2", "clip", "siglip", "ijepa"])
def test_positions_are_interpolated_off_the_native_size(name: str, models: Path) -> None:
    folder = save(FAMILIES[name].build(), models / name, height=32, width=48)
    classifier = load(f"hf/{name}")
    assert classifier.preprocessing.view(photo()).pixels.shape == (3, 32, 48)
    with torch.no_grad():
        evidence, logits = classifier.observers[AttentionMaps](pixels(32, 48))
    options = {} if name == "dinov2" else {"interpolate_pos_encoding": True}
    maps, plain = eager(folder, pixels(32, 48), **options)
    assert evidence.grid == (4, 6)
    torch.testing.assert_close(evidence.reads, shares(FAMILIES[name], 24))
    torch.testing.assert_close(evidence.weights, maps, rtol=0, atol=1e-5)
    torch.testing.assert_close(logits, plain, rtol=1e-4, atol=1e-5)
    assert AttentionRollout()(evidence).shape == (4, 6)


def test_a_model_of_native_oblong_size(models: Path) -> None:
    folder = save(FAMILIES["vit"].build(image_size=(32, 48)), models / "oblong", height=32, width=48)
    with torch.no_grad():
        evidence, logits = load("hf/oblong").observers[AttentionMaps](pixels(32, 48))
    maps, plain = eager(folder, pixels(32, 48))
    assert evidence.grid == (4, 6)
    torch.testing.assert_close(evidence.weights, maps, rtol=0, atol=1e-5)
    torch.testing.assert_close(logits, plain, rtol=1e-4, atol=1e-5)


def test_a_folder_within_a_folder(models: Path) -> None:
    save(FAMILIES["vit"].build(), models / "lab" / "vit")
    assert load("hf/lab/vit").key == "hf/lab/vit"


SWIN = {"image_size": 32, "patch_size": 2, "embed_dim": 8, "depths": [1, 1], "num_heads": [1, 2], "window_size": 4}
WITHOUT_GLOBAL_ATTENTION = {
    "swin": lambda: transformers.SwinForImageClassification(transformers.SwinConfig(**SWIN, id2label=LABELS)),
    "resnet": lambda: transformers.ResNetForImageClassification(
        transformers.ResNetConfig(embedding_size=8, hidden_sizes=[8, 8], depths=[1, 1], layer_type="basic", id2label=LABELS)
    ),
    "convnext": lambda: transformers.ConvNextForImageClassification(
        transformers.ConvNextConfig(hidden_sizes=[8, 8], depths=[1, 1], num_stages=2, id2label=LABELS)
    ),
}


@pytest.mark.parametrize("name", WITHOUT_GLOBAL_ATTENTION)
def test_no_global_attention_is_refused_with_a_reason(name: str, models: Path) -> None:
    save(WITHOUT_GLOBAL_ATTENTION[name]().eval(), models / name)
    classifier = load(f"hf/{name}")
    with pytest.raises(DoesNotFit, match=rf"{name} .*rollout is undefined.*ViT, DeiT"):
        classifier.observe(photo(), AttentionRollout.needs)
    with pytest.raises(DoesNotFit, match=r"comes from Hugging Face"):
        classifier.observe(photo(), ClassActivationMap.needs)
    assert set(classifier.observers) >= ({Probe} if name == "swin" else {Probe, StageGradients})
    assert {method.needs for method in METHODS} == set(classifier.refusals) | set(classifier.observers)
