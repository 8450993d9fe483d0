"""Stages of torchvision's networks: what they are, and that watching them changes nothing."""

import pytest
import torch
from torch import Tensor, fx, nn
from torchvision import models as torchvision_models

from dashboard.evidence import StageMaps
from dashboard.models.classifier import DoesNotFit
from dashboard.models.stages import stage_observers
from dashboard.models.zoo import load
from tests.models.tiny import photo

EXAMPLE = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))


def network(name: str) -> nn.Module:
    torch.manual_seed(0)
    return torchvision_models.get_model(name, weights=None).eval()


def observed(model: nn.Module, name: str) -> tuple[StageMaps, Tensor]:
    return stage_observers(fx.symbolic_trace(model), name, EXAMPLE).observers[StageMaps](EXAMPLE)


@pytest.mark.parametrize("name", ["resnet18", "regnet_y_400mf", "mobilenet_v2", "densenet121", "vgg11", "efficientnet_b0"])
@torch.no_grad()
def test_resolutions_fall_and_answers_stay(name: str):
    model = network(name)
    evidence, logits = observed(model, name)
    sizes = [maps.shape[-1] for maps in evidence.activations]
    assert sizes == sorted(set(sizes), reverse=True), "one per resolution, finest first"
    assert sizes[-1] == 2
    assert len(sizes) >= 4
    assert torch.allclose(logits, model(EXAMPLE), atol=1e-5)


@torch.no_grad()
def test_a_residual_networks_stages_are_its_layers():
    model = network("resnet18")
    evidence, _ = observed(model, "resnet18")
    assert evidence.names[-4:] == ("layer1", "layer2", "layer3", "layer4")
    values = model.maxpool(model.relu(model.bn1(model.conv1(EXAMPLE))))
    for name, maps in zip(evidence.names[-4:], evidence.activations[-4:], strict=True):
        values = getattr(model, name)(values)
        assert torch.allclose(maps, values[0], atol=1e-5), name


def test_a_network_without_maps_says_so():
    flat = nn.Sequential(nn.Flatten(), nn.LazyLinear(4))
    flat(EXAMPLE)
    with pytest.raises(DoesNotFit, match="no stages"):
        observed(flat, "Flat")


def test_the_bundled_network_has_stages_of_the_photo():
    seen = load("bundled/cnn").observe(photo(), StageMaps)
    assert [tuple(maps.shape[1:]) for maps in seen.evidence.activations] == [(32, 32), (16, 16), (8, 8)]
