"""torchvision's vision transformer, opened to recording, against an untouched copy of itself."""

import copy
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torchvision import models as torchvision_models
from torchvision.models import VisionTransformer

from dashboard.evidence import AttentionMaps, FeatureMaps, Probe
from dashboard.methods import AttentionRollout
from dashboard.models.families.torchvision import eval_options
from dashboard.models.observers.attention import OF_TOKENS
from dashboard.models.observers.recording import is_recording, recording
from dashboard.models.zoo import load
from tests.models.tiny import photo, randomised
from tests.networks import fit_of_torchvision


@pytest.fixture
def vit() -> VisionTransformer:
    return randomised(VisionTransformer(image_size=32, patch_size=8, num_layers=3, num_heads=2, hidden_dim=16, mlp_dim=32))


@pytest.fixture
def pixels() -> Tensor:
    return torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(1))


def attention_by_need_weights(model: VisionTransformer, pixels: Tensor) -> Tensor:
    """Second definition, (L, H, T, T): each layer asked for its weights again, on the input that it saw."""
    maps = []

    def ask(module: nn.MultiheadAttention, inputs: tuple[Tensor, ...], output: object) -> None:
        query, key, value = inputs
        maps.append(nn.MultiheadAttention.forward(module, query, key, value, need_weights=True, average_attn_weights=False)[1])

    for layer in model.encoder.layers:
        layer.self_attention.register_forward_hook(ask)
    with torch.no_grad():
        model(pixels)
    return torch.cat(maps)


def test_maps_and_logits_are_those_of_an_untouched_copy(vit: VisionTransformer, pixels: Tensor) -> None:
    untouched = copy.deepcopy(vit)
    keys = list(vit.state_dict())
    observe = fit_of_torchvision(vit, "vit", pixels).observers[AttentionMaps]
    with torch.no_grad():
        evidence, logits = observe(pixels)
        plain = vit(pixels)
        expected = untouched(pixels)
    assert list(vit.state_dict()) == keys
    assert evidence.weights.shape == (3, 2, 17, 17)
    torch.testing.assert_close(evidence.weights, attention_by_need_weights(untouched, pixels), rtol=0, atol=1e-5)
    torch.testing.assert_close(logits, expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(plain, expected, rtol=1e-4, atol=1e-5)
    assert (evidence.grid, evidence.prefix) == ((4, 4), 1)
    torch.testing.assert_close(evidence.reads, torch.eye(17)[0])
    assert AttentionRollout()(evidence).shape == (4, 4)


def test_recording_ends_with_its_block(vit: VisionTransformer, pixels: Tensor) -> None:
    fit_of_torchvision(vit, "vit", pixels)
    with pytest.raises(AssertionError, match="width"), recording():
        vit(pixels[..., :8])
    assert not is_recording()
    with torch.no_grad():
        vit(pixels)  # keeps nothing, needs no list


def test_nested_recordings_are_apart(vit: VisionTransformer, pixels: Tensor) -> None:
    fit_of_torchvision(vit, "vit", pixels)
    with torch.no_grad(), recording() as outer:
        vit(pixels)
        with recording() as inner:
            vit(pixels)
    assert (len(outer), len(inner)) == (3, 3)


def test_the_largest_is_built_for_the_size_of_its_weights() -> None:
    crop = torchvision_models.get_model_weights("vit_h_14").DEFAULT.transforms().crop_size
    assert [eval_options("vit_h_14")["image_size"]] == crop


def test_a_state_below_the_models_folder(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under the name of vit_b_32, in its size of photo and patch, but narrow."""

    def narrow(name: str, weights: None) -> VisionTransformer:
        return randomised(VisionTransformer(image_size=224, patch_size=32, num_layers=2, num_heads=2, hidden_dim=8, mlp_dim=8))

    monkeypatch.setattr(torchvision_models, "get_model", narrow)
    save_file(narrow("vit_b_32", None).state_dict(), models / "vit_b_32.safetensors")
    classifier = load("torchvision/vit_b_32")
    assert set(classifier.observers) == {Probe, *OF_TOKENS}
    assert "CAM is undefined" in classifier.refusals[FeatureMaps]
    assert classifier.observe(photo(), AttentionMaps).evidence.weights.shape == (2, 2, 50, 50)
