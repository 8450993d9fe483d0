"""Stages of torchvision's networks: what they are, and that watching them changes nothing."""

import pytest
import torch
from torch import Tensor, fx, nn
from torchvision import models as torchvision_models

from dashboard.evidence import StageMaps
from dashboard.models.classifier import DoesNotFit
from dashboard.models.observers.stages import stage_observers
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


def test_the_share_of_a_pass_after_each_stage_counts_multiplications():
    """Two convolutions of 3 x 3 on 3 x 4 places each: 4 x 3 x 9 x 12 and, of half the places a side, 5 x 4 x 9 x 12 / 4."""
    net = nn.Sequential(nn.Conv2d(3, 4, 3, 1, 1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 5, 3, 1, 1), nn.ReLU())
    net = nn.Sequential(net, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 7)).eval()
    example = torch.randn(1, 3, 8, 12)
    with torch.no_grad():
        seen, _ = stage_observers(fx.symbolic_trace(net), "two", example).observers[StageMaps](example)
    first, second, head = 4 * 3 * 9 * 96, 5 * 4 * 9 * 24, 5 * 7
    assert [maps.shape[1] for maps in seen.activations] == [8, 4]
    assert seen.after == pytest.approx([(second + head) / (first + second + head), head / (first + second + head)])


def test_a_padded_photo_is_no_stage_and_a_sum_between_blocks_is_one():
    class Padded(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.down, self.block, self.last = (nn.Conv2d(i, o, 3, s, 1) for i, o, s in ((3, 4, 2), (4, 4, 1), (4, 5, 2)))
            self.head = nn.Linear(5, 7)

        def forward(self, pixels: Tensor) -> Tensor:
            start = self.down(nn.functional.pad(pixels, (1, 1, 1, 1)))
            return self.head(self.last(start + self.block(start)).mean((2, 3)))

    net = Padded().eval()
    with torch.no_grad():
        seen, _ = stage_observers(fx.symbolic_trace(net), "padded", EXAMPLE).observers[StageMaps](EXAMPLE)
        start = net.down(nn.functional.pad(EXAMPLE, (1, 1, 1, 1)))
        assert torch.allclose(seen.activations[0], (start + net.block(start))[0])
    assert [len(maps) for maps in seen.activations] == [4, 5]
