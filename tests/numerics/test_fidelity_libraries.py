"""Deletion, ROAD and drop against grad-cam's and torchcam's, where those are right.

Where they are not, or measure something else:

- grad-cam's `RemoveMostRelevantFirst` takes away what is at or above a percentile, so of cells that tie it takes all or none,
  and a step may change nothing or half of the photo. Here each step takes as many.
- grad-cam's metrics ask the model about the whole photo again at every percentile.
- torchcam's drop darkens a normalised photo, so that "black" is the mean colour of ImageNet; here black is black. Its map is
  stretched from 0 to 1 first, so that a map's own zero does not count; here negative relevance is 0 and the largest is 1.
- grad-cam's drop is a difference of scores, not the share of the score that its paper takes.
- captum's infidelity and sensitivity are other numbers; none of these libraries has SaCo.
"""

import numpy as np
import pytest
import torch
from pytorch_grad_cam.metrics.cam_mult_image import DropInConfidence
from pytorch_grad_cam.metrics.perturbation_confidence import PerturbationConfidenceMetric, RemoveMostRelevantFirst
from pytorch_grad_cam.metrics.road import NoisyLinearImputer
from pytorch_grad_cam.utils.model_targets import ClassifierOutputSoftmaxTarget
from torch import Tensor, nn
from torchcam.methods import CAM
from torchcam.metrics import ClassificationMetric

from dashboard.metrics import Ablations, AverageDrop, Increase
from dashboard.numerics import filling
from dashboard.numerics.fidelity import curve, removal_order
from dashboard.numerics.filling import interpolated

SIDE, STEPS, TARGET = 16, 8, 2


@pytest.fixture
def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 4)
    ).eval()  # fmt: skip


@pytest.fixture
def pixels() -> Tensor:
    return torch.randn(3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def heatmap() -> Tensor:
    """No two cells tie."""
    return torch.randperm(SIDE**2, generator=torch.Generator().manual_seed(2)).view(SIDE, SIDE) / SIDE**2


def black(pixels: Tensor, there: Tensor) -> Tensor:
    return pixels * there


def test_deletion_is_grad_cams_percentile_by_percentile(network: nn.Module, pixels: Tensor, heatmap: Tensor):
    with torch.no_grad():
        ours = curve(
            lambda photos: network(photos).softmax(-1)[:, TARGET], pixels, torch.zeros_like(pixels),
            removal_order(heatmap, STEPS), STEPS,
        )  # fmt: skip
    targets = [ClassifierOutputSoftmaxTarget(TARGET)]
    for step in range(1, STEPS):
        metric = PerturbationConfidenceMetric(RemoveMostRelevantFirst(100 * (1 - step / STEPS), black))
        theirs = metric(pixels[None], heatmap.numpy()[None], targets, network, return_diff=False)
        assert ours[step].item() == pytest.approx(theirs[0].item(), abs=1e-5), step


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_road_fills_as_grad_cams_does(pixels: Tensor, heatmap: Tensor, share: float, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(filling, "EXACT", 1e-6)
    gone = heatmap >= 1 - share
    theirs = NoisyLinearImputer(noise=0.0)(pixels, (~gone).float())
    assert torch.allclose(interpolated(pixels, gone[None])[0], theirs, atol=1e-4)


def test_the_drop_is_torchcams_and_grad_cams(network: nn.Module, pixels: Tensor):
    """On a photo whose black is 0, and a map that is 0 at its lowest: there all three mean the same."""
    with CAM(network, target_layer="1", fc_layer="4") as extractor:
        metric = ClassificationMetric(extractor, lambda logits: logits.softmax(-1))
        metric.update(pixels[None], TARGET)
        theirs = metric.summary()
        (found,) = extractor(TARGET, network(pixels[None]))
    cam = found[0].nan_to_num(0)
    with torch.no_grad():
        whole, under = network(torch.stack([pixels, cam * pixels])).softmax(-1)[:, TARGET].tolist()
    nothing = torch.zeros(2)
    answers = Ablations(nothing, nothing, nothing, nothing, nothing, nothing, whole, under)
    assert AverageDrop()(answers) == pytest.approx(theirs["avg_drop"], abs=1e-4)
    assert Increase()(answers) == theirs["conf_increase"]
    grad_cams = DropInConfidence()(
        pixels[None], cam.numpy()[None].astype(np.float32), [ClassifierOutputSoftmaxTarget(TARGET)], network
    )  # fmt: skip
    assert whole * AverageDrop()(answers) == pytest.approx(grad_cams[0], abs=1e-4)
