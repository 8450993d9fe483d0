"""CAM against loops over its definition, and against the logit that it must sum to."""

import pytest
import torch
from torch import nn

from dashboard.numerics.cam import class_activation_map


def test_place_by_place():
    activations, weights = torch.randn(5, 2, 3), torch.randn(5)
    expected = [[sum(weights[k] * activations[k, y, x] for k in range(5)).item() for x in range(3)] for y in range(2)]
    torch.testing.assert_close(class_activation_map(activations, weights), torch.tensor(expected))


def test_its_mean_and_the_bias_are_the_logit():
    activations, head = torch.randn(6, 4, 7), nn.Linear(6, 3)
    logits = head(nn.AdaptiveAvgPool2d(1)(activations[None]).flatten(1))[0]
    for k in range(3):
        torch.testing.assert_close(class_activation_map(activations, head.weight[k]).mean() + head.bias[k], logits[k])


@pytest.mark.parametrize("shape", [(4,), (5, 1), (3, 5)])
def test_channels_that_do_not_fit(shape: tuple[int, ...]):
    with pytest.raises(ValueError, match=r"expected activations \(C, h, w\).*got \(5, 2, 2\)"):
        class_activation_map(torch.ones(5, 2, 2), torch.ones(shape))
