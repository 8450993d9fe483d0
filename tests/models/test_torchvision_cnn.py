"""Which of torchvision's classifiers a class activation map is defined on, and that it adds up to the logit there."""

import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, fx, nn
from torchvision import models as torchvision_models

from dashboard.evidence import AttentionMaps, FeatureMaps, Probe
from dashboard.models.classifier import DoesNotFit, ModelError
from dashboard.models.families import torchvision
from dashboard.models.observers.pooled import cam_observer, find_head
from dashboard.models.observers.stages import OF_STAGES
from dashboard.models.zoo import load
from dashboard.numerics.cam import class_activation_map
from tests.models.tiny import photo

NAMES = torchvision_models.list_models(module=torchvision_models)
WITHOUT = {  # family: what stands between its pooling and its classes
    "alexnet": "does not average",
    "convnext": "normalises after pooling",
    "maxvit": "normalises after pooling",
    "mobilenet_v3": "2 linear layers",
    "vgg": "does not average",
    "vit": "does not average",
}
SMALL = [
    "resnet18", "densenet121", "squeezenet1_1", "mobilenet_v2", "efficientnet_b0", "shufflenet_v2_x0_5", "regnet_y_400mf",
    "mnasnet0_5", "googlenet", "swin_t",
]  # fmt: skip


@pytest.fixture
def untouched_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves parameters as they come, so that even the largest network is built without touching its memory."""
    for name in [name for name in vars(nn.init) if name.endswith("_") and not name.startswith("_")]:
        monkeypatch.setattr(nn.init, name, lambda tensor, *_, **__: tensor)
    for name in ("normal_", "uniform_", "zero_", "fill_", "clamp_", "erfinv_"):
        monkeypatch.setattr(Tensor, name, lambda tensor, *_, **__: tensor)
    for name in ("ones", "zeros"):
        monkeypatch.setattr(torch, name, torch.empty)


def build(name: str) -> nn.Module:
    return torchvision_models.get_model(name, weights=None, **torchvision.eval_options(name)).eval()


@pytest.mark.usefixtures("untouched_weights")
@pytest.mark.parametrize("name", NAMES)
def test_every_classifier_has_a_head_or_a_reason(name: str) -> None:
    reason = next((text for family, text in WITHOUT.items() if name.startswith(family)), None)
    graph = fx.symbolic_trace(build(name))
    if reason is None:
        head = find_head(graph, name)
        assert isinstance(head.features, fx.Node)
        assert (head.linear is None) == name.startswith("squeezenet")
    else:
        with pytest.raises(DoesNotFit, match=rf"^{name} .*{reason}.*CAM is undefined\.$"):
            find_head(graph, name)


def test_how_many_fit() -> None:
    without = [name for name in NAMES if name.startswith(tuple(WITHOUT))]
    assert (len(NAMES), len(without)) == (80, 21)


@pytest.mark.parametrize("name", SMALL)
def test_the_maps_of_a_class_add_up_to_its_logit(name: str) -> None:
    """Zhou et al. 2016, section 2: the class score is the mean of its map, plus the bias; on an oblong input."""
    torch.manual_seed(0)
    model = randomised_head(build(name))
    pixels = torch.randn(1, 3, 96, 160)
    with torch.no_grad():
        evidence, logits = cam_observer(model, name, pixels)(pixels)
        plain = model(pixels)
    torch.testing.assert_close(logits, plain, rtol=1e-4, atol=1e-4)
    bias = next((m.bias for m in reversed(list(model.modules())) if isinstance(m, nn.Linear)), torch.zeros(1000))
    rows, columns = evidence.activations.shape[1:]
    assert rows < columns
    for target in (0, 7, 999):
        heatmap = class_activation_map(evidence.activations, evidence.class_weights[target])
        assert heatmap.shape == (rows, columns)
        torch.testing.assert_close(heatmap.mean() + bias[target], plain[0, target], rtol=1e-3, atol=1e-3)


def randomised_head(model: nn.Module) -> nn.Module:
    """Biases that differ, so that a forgotten one is seen."""
    for module in model.modules():
        if isinstance(module, nn.Linear) and module.bias is not None:
            module.bias.data = torch.randn(module.bias.shape)
    return model


class Headed(nn.Module):
    """Pools and classifies, with whatever stands between."""

    def __init__(self, between: nn.Module, pool: nn.Module, channels: int = 4) -> None:
        super().__init__()
        self.conv, self.pool, self.between = nn.Conv2d(3, channels, 3), pool, between

    def forward(self, pixels: Tensor) -> Tensor:
        return self.between(self.pool(self.conv(pixels)).flatten(1))


def test_a_broken_identity_is_refused() -> None:

    model = Headed(nn.Linear(4, 5), nn.AdaptiveAvgPool2d(1))
    pixels = torch.randn(1, 3, 12, 20)
    cam_observer(model, "whole", pixels)
    model.between.register_forward_hook(lambda module, inputs, output: 2 * output)
    with pytest.raises(ModelError, match=r"broken: the class activation map misses the logit by"):
        cam_observer(model, "broken", pixels)


def test_logits_that_are_not_finite_are_refused() -> None:
    model = Headed(nn.Linear(4, 5), nn.AdaptiveAvgPool2d(1))
    model.conv.weight.data[:] = float("nan")
    with pytest.raises(ModelError, match="misses the logit"):
        cam_observer(model, "nan", torch.randn(1, 3, 12, 20))


@pytest.mark.parametrize(
    ("between", "pool", "reason"),
    [
        (nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 5)), nn.AdaptiveAvgPool2d(1), "2 linear layers"),
        (nn.Sequential(nn.LayerNorm(4), nn.Linear(4, 5)), nn.AdaptiveAvgPool2d(1), "normalises after pooling"),
        (nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 5)), nn.AdaptiveAvgPool2d(1), "normalises after pooling"),
        (nn.Sequential(nn.Linear(4, 5), nn.Sigmoid()), nn.AdaptiveAvgPool2d(1), "Sigmoid after pooling"),
        (nn.Linear(16, 5), nn.AdaptiveAvgPool2d(2), "does not average"),
        (nn.Linear(4, 5), nn.AdaptiveMaxPool2d(1), "does not average"),
    ],
)
def test_heads_without_a_class_activation_map(between: nn.Module, pool: nn.Module, reason: str) -> None:
    with pytest.raises(DoesNotFit, match=rf"^it .*{reason}.*CAM is undefined\.$"):
        cam_observer(Headed(between, pool).eval(), "it", torch.randn(1, 3, 12, 20))


def state(name: str) -> dict[str, Tensor]:
    """As torchvision's own files hold it: GoogLeNet's with its heads for training."""
    options = {"init_weights": False} if name == "googlenet" else {}
    return torchvision_models.get_model(name, weights=None, **options).state_dict()


@pytest.mark.parametrize("name", ["resnet18", "densenet121", "mnasnet0_5", "googlenet"])
def test_a_state_below_the_models_folder(name: str, models: Path) -> None:
    save_file(state(name), models / f"{name}.safetensors")
    classifier = load(f"torchvision/{name}")
    assert (classifier.source, classifier.key) == ("local folder", f"torchvision/{name}")
    assert set(classifier.observers) == {Probe, FeatureMaps, *OF_STAGES}
    assert "no global attention" in classifier.refusals[AttentionMaps]
    seen = classifier.observe(photo(), FeatureMaps)
    assert seen.prediction.scores.sum() == pytest.approx(1, abs=1e-5)
    assert seen.prediction.labels[0] == "tench"


def test_half_precision_is_loaded_as_floats(models: Path) -> None:
    save_file({key: value.half() if value.is_floating_point() else value for key, value in state("resnet18").items()},
              models / "resnet18.safetensors")  # fmt: skip
    assert load("torchvision/resnet18").observe(photo(), FeatureMaps).evidence.activations.dtype == torch.float32


def test_densenet_under_its_old_names(models: Path) -> None:
    """torchvision's own files still say `norm.1` where the code says `norm1`."""
    now = state("densenet121")
    old = {re.sub(r"(denselayer\d+\.)(norm|conv)(\d)", r"\1\2.\3", key): value for key, value in now.items()}
    assert "features.denseblock1.denselayer1.norm.1.weight" in old
    save_file(old, models / "densenet121.safetensors")
    assert load("torchvision/densenet121").observers


@pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
def test_inception_keeps_the_input_scale_of_its_weights(name: str) -> None:
    assert build(name).transform_input


def test_a_state_without_the_head_is_refused(models: Path) -> None:
    save_file({key: value for key, value in state("googlenet").items() if not key.startswith("fc")},
              models / "googlenet.safetensors")  # fmt: skip
    with pytest.raises(ModelError, match="do not fit"):
        load("torchvision/googlenet")
