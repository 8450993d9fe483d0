"""Gradients against finite differences: of stages in every family of CNNs, of attention and tokens in a transformer."""

from collections.abc import Callable

import pytest
import torch
import transformers
from torch import Tensor
from transformers import PreTrainedModel

from dashboard.evidence import (
    AttentionGradients,
    LayerScores,
    Question,
    StageProbe,
    TokenMaps,
    asking,
)  # fmt: skip
from dashboard.models.classifier import Fit
from tests.models.test_second_definitions import ASKED as OF_TRANSFORMER
from tests.models.test_second_definitions import ByHand
from tests.models.test_torchvision_cnn import build
from tests.models.tiny import LABELS
from tests.networks import COLUMNS, ROWS, fit_of_hugging_face, fit_of_torchvision, seen_by

TORCHVISION = (
    "alexnet", "convnext_tiny", "densenet121", "efficientnet_b0", "googlenet", "inception_v3", "maxvit_t", "mnasnet0_5",
    "mobilenet_v2", "mobilenet_v3_small", "regnet_y_400mf", "resnet18", "resnext50_32x4d", "shufflenet_v2_x0_5",
    "squeezenet1_1", "swin_t", "swin_v2_t", "vgg11_bn",
)  # fmt: skip
SMALL = {"hidden_sizes": [8, 12], "depths": [1, 1], "id2label": LABELS}
HUGGING_FACE: dict[str, Callable[[], PreTrainedModel]] = {
    "resnet": lambda: transformers.ResNetForImageClassification(transformers.ResNetConfig(embedding_size=8, **SMALL)),
    "regnet": lambda: transformers.RegNetForImageClassification(
        transformers.RegNetConfig(embedding_size=8, groups_width=4, **SMALL)
    ),
    "convnext": lambda: transformers.ConvNextForImageClassification(transformers.ConvNextConfig(num_stages=2, **SMALL)),
    "convnextv2": lambda: transformers.ConvNextV2ForImageClassification(transformers.ConvNextV2Config(num_stages=2, **SMALL)),
    "mobilenet_v1": lambda: transformers.MobileNetV1ForImageClassification(
        transformers.MobileNetV1Config(depth_multiplier=0.1, id2label=LABELS)
    ),
    "mobilenet_v2": lambda: transformers.MobileNetV2ForImageClassification(
        transformers.MobileNetV2Config(depth_multiplier=0.1, id2label=LABELS)
    ),
    "efficientnet": lambda: transformers.EfficientNetForImageClassification(
        transformers.EfficientNetConfig(width_coefficient=0.1, depth_coefficient=0.1, hidden_dim=128, id2label=LABELS)
    ),
    "poolformer": lambda: transformers.PoolFormerForImageClassification(
        transformers.PoolFormerConfig(
            depths=[1, 1], hidden_sizes=[8, 12], num_encoder_blocks=2, patch_sizes=[7, 3], strides=[4, 2], padding=[2, 1],
            id2label=LABELS,
        )
    ),
}  # fmt: skip
ASKED = Question(1)


def slope(score: Callable[..., Tensor], at: Tensor, way: Tensor, *more: object) -> Tensor:
    """How steeply a score of a place, and of more that stays, rises along a direction: by central differences."""
    step = (1e-6 if at.dtype == torch.double else 1e-2) * at.norm() / way.norm()
    return (score(at + step * way, *more) - score(at - step * way, *more)) / (2 * step)


def noisy(gradients: Tensor) -> Tensor:
    """A direction that goes uphill, and sideways as much."""
    draws = torch.Generator().manual_seed(0)
    return gradients + gradients.std() * torch.randn(gradients.shape, generator=draws, dtype=gradients.dtype)


@torch.no_grad()
def agree_with_differences(fit: Fit, example: Tensor, answer: Callable[[Tensor], Tensor]) -> None:
    """At every stage, what comes after it gives the logits, and the gradient is the slope along any direction."""
    probe, logits = fit.observers[StageProbe](example, ASKED)
    probe = asking(probe, ASKED.weights(logits[0]))
    torch.testing.assert_close(logits, answer(example))
    torch.testing.assert_close(probe.probe.logits(example), logits)  # without gradients, from a copy
    torch.testing.assert_close(probe.probe.logits(example.clone().requires_grad_()).detach(), logits)
    all_stages = probe.gradients(0)
    for stage, (maps, again) in enumerate(zip(probe.activations, probe.maps(example), strict=True)):
        torch.testing.assert_close(again[0], maps)
        torch.testing.assert_close(probe.rest(stage, maps[None]), logits)
        gradients, *later = probe.gradients(stage)
        for known, other in zip(later, all_stages[stage + 1 :], strict=True):
            torch.testing.assert_close(known, other)
        way = noisy(gradients) * (maps != 0)  # a maximum over zeros has a kink
        found = slope(lambda at, stage: probe.rest(stage, at[None])[0] @ probe.asked, maps, way, stage)
        torch.testing.assert_close(found, (way * gradients).sum(), rtol=1e-2, atol=0, msg=f"at {probe.names[stage]}")


@pytest.mark.slow
@pytest.mark.parametrize("name", TORCHVISION)
def test_stages_of_torchvisions_networks(name: str):
    torch.manual_seed(0)
    model = build(name).double().requires_grad_(False)
    side = {"inception_v3": 96, "maxvit_t": 224}.get(name, 64)
    example = torch.randn(1, 3, side, side, dtype=torch.double)
    agree_with_differences(fit_of_torchvision(model, name, example), example, model)


@pytest.mark.parametrize("name", HUGGING_FACE)
def test_stages_of_hugging_faces_networks(name: str):
    torch.manual_seed(0)
    model = HUGGING_FACE[name]().eval().double().requires_grad_(False)
    example = torch.randn(1, 3, 64, 64, dtype=torch.double)
    agree_with_differences(fit_of_hugging_face(model, name, example), example, lambda at: model(at).logits)


@torch.no_grad()
@pytest.mark.parametrize("kind", [AttentionGradients, LayerScores])
def test_a_transformers_attention(kind: type[AttentionGradients] | type[LayerScores]):
    """The pass by hand goes on from changed attention: to the end, or, for LeGrad, to the head from that layer."""
    by_hand, evidence = ByHand("vit"), seen_by(kind, OF_TRANSFORMER, kind="vit")
    for layer, gradients in enumerate(evidence.gradients):
        before, last = [by_hand.start, *by_hand.tokens][layer], layer + 1 if kind is LayerScores else None
        way = noisy(gradients)
        found = slope(lambda at, *where: by_hand.score(*where, at[None]), evidence.weights[layer], way, before, layer, last)
        torch.testing.assert_close(found, (way * gradients).sum(), rtol=2e-2, atol=0, msg=f"layer {layer + 1}")


@torch.no_grad()
def test_a_transformers_tokens():
    by_hand, evidence = ByHand("vit"), seen_by(TokenMaps, OF_TRANSFORMER, kind="vit")
    assert evidence.token_layers == len(by_hand.blocks) - 1
    for layer, gradients in enumerate(evidence.gradients):
        cls, patches = by_hand.tokens[layer].split([1, ROWS * COLUMNS], 1)
        way = noisy(gradients).view_as(patches)
        found = slope(lambda at, cls, after: by_hand.score(torch.cat([cls, at], 1), after), patches, way, cls, layer + 1)
        torch.testing.assert_close(found, (way * gradients.view_as(way)).sum(), rtol=2e-2, atol=0, msg=f"layer {layer + 1}")
